//! The customer's domain, pure: keeping contractor placements insured. Feature `placement`.
//!
//! Neutral words only: no vendor's field name, no I/O. An applicant tracking system (ATS) says [`facts`]; the
//! insurer is asked [`call`]s. Nothing outside this folder may use it.

pub mod call;
pub mod facts;
