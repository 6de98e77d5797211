//! The customer's domain, pure: keeping contractor placements insured. Feature `placement`.
//!
//! Neutral words only: no vendor's field name, no I/O. An applicant tracking system (ATS) says [`facts`]; by a tenant's
//! [`rules`] they amount to [`terms`]; the insurer is asked [`call`]s. The workflows are [`placement`], [`contractor`],
//! [`certificate`] and [`invoice`]; what people decided is [`by_hand`], what they paused [`gate`]; who is told of it
//! by [`notice`]s; [`coverage_days`] looks back at one
//! placement's. Nothing outside this folder may use it.

pub mod by_hand;
pub mod call;
pub mod certificate;
pub mod contractor;
pub mod coverage_days;
pub mod facts;
pub mod gate;
#[cfg(feature = "postgres")]
pub mod in_sql;
pub mod invoice;
pub mod notice;
pub mod placement;
pub mod rules;
pub mod terms;
pub mod timesheet;

/// The vocabulary of the insurance workflows.
#[derive(Debug)]
pub struct Insurance;

impl crate::workflow::Domain for Insurance {
    type Call = call::Call;
    type Answer = call::Answer;
    type Rules = rules::Rules;
}
