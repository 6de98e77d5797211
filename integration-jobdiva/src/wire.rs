//! Reading what JobDiva sends: envelopes, rows, columns and the scalar forms its tenants use.
//!
//! Everything here is pure. A column that is not asked for by name is never decoded, so tax ids, social security
//! numbers and visa states that travel along in pay rows do not enter the process's memory as values.
//! Envelopes are in `envelope.rs`, rows in `row.rs`, the columns asked for in `columns.rs`, dates in `date.rs`,
//! amounts and flags in `scalar.rs`, descriptions in `html.rs`. What is made of a row is `assemble.rs`.

pub(crate) mod columns;
pub(crate) mod date;
pub(crate) mod envelope;
pub(crate) mod html;
pub(crate) mod reader;
pub(crate) mod row;
pub(crate) mod scalar;
