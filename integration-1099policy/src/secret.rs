//! A text that must not be seen: an API key, a webhook secret.
//!
//! Deliberately absent: `Debug`, `Display`, `Serialize`, comparison. What cannot be printed cannot end in a log.

/// A secret text. It can be shown in one way only, by [`Secret::reveal`].
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Takes the text in.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that must send or compute with it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing to hide.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
