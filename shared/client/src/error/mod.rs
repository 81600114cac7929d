//! What can go wrong between a user and their cluster, as situations that the user understands.
//!
//! A situation carries data, never a sentence: `translate` makes it, once, from the types of the layers below and from
//! the server's `Status`; `words` turns it into messages of the catalogue. To add one: a variant in `situation`, the
//! place in `translate` that recognises it, its cause and hint in `words`, their text in the report room's
//! `client.ftl`, and a row in the table of `tests/it/situations`.

mod refused;
mod situation;
pub(crate) mod translate;
mod words;

use std::sync::Arc;

use quicktour_report::exit::ExitCode;
use quicktour_report::finding::{NotCheckedWhy, RbacRule};
use quicktour_report::problem::Problem;

pub use self::situation::{
    Contested, Credential, Deadline, Distrust, Entry, ExecFailure, Flaw, Garbled, Lost, Situation, Unreachable,
};
use crate::flags::ConnectFlags;
use crate::views::Resource;

/// Where objects are looked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// The whole cluster: all namespaces of a namespaced kind.
    Cluster,
    /// One namespace.
    Namespace(String),
}

impl Scope {
    /// The namespace, if it is one.
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        match self {
            Self::Cluster => None,
            Self::Namespace(name) => Some(name),
        }
    }
}

/// What was being done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doing {
    /// Finding out which cluster is meant and how to log in.
    Connect,
    /// Listing objects.
    List(Resource, Scope),
    /// Following the changes of objects.
    Watch(Resource, Scope),
    /// Reading one object.
    Get {
        /// The kind.
        resource: Resource,
        /// `None` for objects of the cluster's scope.
        namespace: Option<String>,
        /// The name.
        name: String,
    },
    /// Asking for a path such as `/readyz`.
    Ask(String),
    /// Writing one object.
    Write {
        /// How.
        act: Act,
        /// The kind.
        resource: Resource,
        /// `None` for objects of the cluster's scope.
        namespace: Option<String>,
        /// The name, or what the server is to make one of.
        name: String,
        /// Whether the server was only to say what would happen.
        dry_run: bool,
    },
    /// Reading a container's log.
    Logs {
        /// The pod's namespace.
        namespace: String,
        /// The pod.
        pod: String,
    },
    /// Opening a connection to a port of a pod.
    Forward {
        /// The pod's namespace.
        namespace: String,
        /// The pod.
        pod: String,
        /// The port.
        port: u16,
    },
    /// Asking whether one may do something.
    Review {
        /// The verb of RBAC.
        verb: String,
        /// The kind.
        resource: Resource,
        /// Where; `None` for everywhere.
        namespace: Option<String>,
    },
}

/// The ways to write an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Server-side apply: it is created or changed.
    Apply,
    /// It is created, and must not be there.
    Create,
    /// Some fields are changed.
    Patch,
    /// The number of its replicas is changed.
    Scale,
    /// It is deleted.
    Delete,
}

/// A failed call: what was being done, where, and the situation that stopped it.
#[derive(Clone, Debug)]
pub struct Error(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    doing: Doing,
    place: Place,
    situation: Situation,
}

/// Which cluster was meant, as far as it is known, and how the user named it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place {
    pub(crate) context: Option<String>,
    pub(crate) server: Option<String>,
    pub(crate) flags: Arc<ConnectFlags>,
}

impl Error {
    pub(crate) fn new(doing: Doing, place: Place, situation: Situation) -> Self {
        Self(Box::new(Inner { doing, place, situation }))
    }

    /// What stopped the call.
    #[must_use]
    pub fn situation(&self) -> &Situation {
        &self.0.situation
    }

    /// What was being done.
    #[must_use]
    pub fn doing(&self) -> &Doing {
        &self.0.doing
    }

    /// What to tell the user.
    #[must_use]
    pub fn problem(&self) -> Problem {
        words::problem(&self.0.doing, &self.0.place, &self.0.situation)
    }

    /// How a report files what could not be read.
    #[must_use]
    pub fn not_checked(&self) -> NotCheckedWhy {
        match &self.0.situation {
            Situation::Forbidden { .. } => NotCheckedWhy::Forbidden,
            Situation::ApiAbsent { .. } => NotCheckedWhy::Absent,
            _ => NotCheckedWhy::Failed,
        }
    }

    /// The RBAC rule that is missing, when that is the trouble.
    #[must_use]
    pub fn rule(&self) -> Option<&RbacRule> {
        match &self.0.situation {
            Situation::Forbidden { rule, .. } => Some(rule),
            _ => None,
        }
    }

    /// Whether what the user typed, or a file they named, is at fault (exit code 2).
    #[must_use]
    pub fn is_input(&self) -> bool {
        matches!(
            self.0.situation,
            Situation::NoKubeconfig { .. } | Situation::BadKubeconfig { .. } | Situation::NotInKubeconfig { .. }
        )
    }

    /// Whether a deadline that the user set has passed (exit code 4).
    #[must_use]
    pub fn is_users_deadline(&self) -> bool {
        matches!(
            self.0.situation,
            Situation::TimedOut { deadline: Deadline::RequestTimeout, .. }
                | Situation::OutcomeUnknown { lost: Lost::TimedOut { deadline: Deadline::RequestTimeout, .. } }
        )
    }

    /// Whether the server understood a write and surely did nothing (exit code 1). RBAC's refusals are not among them.
    #[must_use]
    pub fn is_refused_write(&self) -> bool {
        matches!(self.0.doing, Doing::Write { .. })
            && matches!(
                self.0.situation,
                Situation::Conflict { .. }
                    | Situation::Changed
                    | Situation::AlreadyExists
                    | Situation::Refused { .. }
                    | Situation::NamespaceMissing { .. }
                    | Situation::NamespaceTerminating { .. }
            )
    }

    /// Whether a write may or may not have taken place: look before writing again.
    #[must_use]
    pub fn is_outcome_unknown(&self) -> bool {
        matches!(self.0.situation, Situation::OutcomeUnknown { .. })
    }

    /// The exit code of a run that this error ended.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        if self.is_input() {
            ExitCode::Usage
        } else if self.is_users_deadline() {
            ExitCode::TimedOut
        } else if self.is_refused_write() {
            ExitCode::Findings
        } else {
            ExitCode::NotChecked
        }
    }

    /// Whether there is no such object.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self.0.situation, Situation::NotFound { .. })
    }

    /// Whether no other call can fare better: nothing is reached, or nobody is let in. A survey need not go on.
    #[must_use]
    pub fn is_hopeless(&self) -> bool {
        self.is_input()
            || matches!(
                self.0.situation,
                Situation::Unreachable { .. }
                    | Situation::NotTrusted { .. }
                    | Situation::Unauthenticated { .. }
                    | Situation::MayNotImpersonate { .. }
                    | Situation::ExecPlugin { .. }
            )
    }

    /// Whether a list went stale in the middle: what was delivered is part of an answer that cannot be completed, and
    /// the caller may list again with a fresh fold.
    #[must_use]
    pub fn is_stale_list(&self) -> bool {
        matches!((&self.0.doing, &self.0.situation), (Doing::List(..), Situation::ServerError { status: 410, .. }))
    }
}
