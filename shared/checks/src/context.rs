//! What every judge is given.

use std::time::Duration;

use jiff::Timestamp;
use quicktour_report::finding::ObjectRef;
use quicktour_report::shell;
use quicktour_survey::views::View;
use quicktour_survey::{Part, Survey};

use crate::facts::Facts;
use crate::figures::Limits;
use crate::pods::Troubled;

/// What was read, what to judge by, and when.
pub(crate) struct Context<'a> {
    pub(crate) survey: &'a Survey,
    pub(crate) facts: &'a Facts,
    /// The pods in trouble among the facts.
    pub(crate) troubled: &'a Troubled<'a>,
    pub(crate) limits: &'a Limits,
    pub(crate) now: Timestamp,
    /// How a pasted command begins: `kubectl`, with the context and kubeconfig that this run was given.
    pub(crate) kubectl: &'a str,
}

impl Context<'_> {
    /// Whether a part was read in full, so that what it does not hold is known not to be.
    pub(crate) fn has(&self, part: Part) -> bool {
        self.survey.has(part)
    }

    /// A command that can be pasted; names of the cluster are quoted.
    pub(crate) fn command(&self, words: &[&str]) -> String {
        words.iter().fold(self.kubectl.to_owned(), |mut command, word| {
            command.push(' ');
            command.push_str(&shell::quote(word));
            command
        })
    }

    /// How long ago in whole seconds, never negative.
    pub(crate) fn since(&self, since: Option<Timestamp>) -> Duration {
        let seconds = since.map_or(0, |since| self.now.duration_since(since).as_secs());
        Duration::from_secs(seconds.try_into().unwrap_or_default())
    }
}

/// An object of the report.
pub(crate) fn object<T: View>(namespace: &str, name: &str) -> ObjectRef {
    ObjectRef {
        api_version: T::RESOURCE.api_version(),
        kind: T::RESOURCE.kind.to_owned(),
        namespace: (!namespace.is_empty()).then(|| namespace.to_owned()),
        name: name.to_owned(),
    }
}
