//! The thresholds that rules judge by: one data file, each figure with its source.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::SignedDuration;
use serde::Deserialize;

/// One figure of `figures.yaml`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// The number, in `unit`.
    pub value: u32,
    /// What the number counts.
    pub unit: String,
    /// `ours`, or the published document.
    pub source: String,
    /// When a published source was read.
    pub date: Option<String>,
    /// The reason for a figure of our own.
    pub why: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    figures: BTreeMap<String, Figure>,
}

/// The thresholds of the rules. Rules take it as an argument, so that a test can pass others.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    figures: BTreeMap<String, Figure>,
}

impl Limits {
    /// The figures that the project ships.
    #[must_use]
    pub fn published() -> &'static Self {
        static PUBLISHED: LazyLock<Limits> = LazyLock::new(|| {
            #[expect(clippy::expect_used, reason = "the file is part of the binary and a test reads it")]
            let file: File =
                serde_saphyr::from_str(include_str!("../figures.yaml")).expect("figures.yaml is well-formed");
            Limits { figures: file.figures }
        });
        &PUBLISHED
    }

    /// A figure by its name in the file; rules name only figures that a test knows to exist.
    #[must_use]
    pub fn figure(&self, name: &str) -> Option<&Figure> {
        self.figures.get(name)
    }

    /// The names of all figures.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.figures.keys().map(String::as_str)
    }

    /// The value of a figure that the file has; 0 for any other.
    #[must_use]
    pub fn value(&self, name: &str) -> u32 {
        debug_assert!(self.figures.contains_key(name), "no figure is called {name}");
        self.figures.get(name).map_or(0, |figure| figure.value)
    }

    /// The value of a figure in seconds as a span of time.
    #[must_use]
    pub fn seconds(&self, name: &str) -> SignedDuration {
        SignedDuration::from_secs(i64::from(self.value(name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_of_our_own_says_why_and_a_published_one_says_when() {
        for (name, figure) in &Limits::published().figures {
            assert_eq!(figure.source == "ours", figure.why.is_some(), "{name}");
            assert_eq!(figure.source != "ours", figure.date.is_some(), "{name}");
        }
    }
}
