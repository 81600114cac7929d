//! Text from the cluster, made safe to show.

use std::fmt;

/// A word or sentence that came from the cluster (a name, a message), with everything that could drive a terminal or
/// mislead a reader made visible: control characters, escape sequences, line ends, bidirectional and invisible marks.
///
/// There is no other way from cluster text into a human format.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(String);

impl Text {
    /// Takes raw text; what comes out of `Display` is printable on one line.
    #[must_use]
    pub fn new(raw: &str) -> Self {
        Self(raw.to_owned())
    }

    /// The safe text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for Text {
    fn from(raw: &str) -> Self {
        Self::new(raw)
    }
}
