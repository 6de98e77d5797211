//! How an invariant comes to be broken, as short as can be, in words.

use std::fmt;

/// The shortest way to a moment that breaks an invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// The invariant's name.
    pub broken: String,
    /// In what it is broken.
    pub why: String,
    /// What happened, one step after another.
    pub steps: Vec<String>,
}

/// A numbered list, and what it comes to.
impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.steps.iter().enumerate() {
            writeln!(f, "{:>3}. {step}", index + 1)?;
        }
        writeln!(f, "This breaks: {}", self.broken)?;
        write!(f, "because {}", self.why)
    }
}
