//! Whether something was read, and if not, why not.

use quicktour_client::Error;
use quicktour_report::finding::{NotCheckedWhy, RbacRule};
use quicktour_report::message::Message;

/// The outcome of asking for one part of a survey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading<T> {
    /// It was read.
    Read(T),
    /// The user may not read it; the rule that is missing.
    Forbidden(RbacRule),
    /// The cluster has no such API.
    Absent,
    /// The read failed; the cause in words.
    Failed(Message),
    /// Nobody asked: no rule wanted it, or it lies outside the scope.
    NotAsked,
}

impl<T> Reading<T> {
    /// The value, if it was read.
    pub const fn read(&self) -> Option<&T> {
        match self {
            Self::Read(value) => Some(value),
            _ => None,
        }
    }

    /// Why there is no value; `None` when there is one or nobody asked for it.
    pub(crate) fn without_value(&self) -> Option<Reading<()>> {
        match self {
            Self::Read(_) | Self::NotAsked => None,
            Self::Forbidden(rule) => Some(Reading::Forbidden(rule.clone())),
            Self::Absent => Some(Reading::Absent),
            Self::Failed(cause) => Some(Reading::Failed(cause.clone())),
        }
    }

    /// What an error of the client means for the survey.
    pub(crate) fn from_error(error: &Error) -> Self {
        match (error.not_checked(), error.rule()) {
            (NotCheckedWhy::Forbidden, Some(rule)) => Self::Forbidden(rule.clone()),
            (NotCheckedWhy::Absent, _) => Self::Absent,
            _ => Self::Failed(error.problem().cause),
        }
    }
}
