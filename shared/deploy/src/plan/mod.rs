//! What will be sent, decided before anything is: a plan is one value, and its steps are all that is ever sent.
//!
//! [`run`], [`expose`], [`scale`], [`update`], [`undo`], [`restart`], [`pause`] and [`resume`] are pure: they take what was
//! wished and what was found ([`found`]) and make a plan, or say why there can be none ([`Stop`]).

mod change;
mod expose;
pub mod found;
mod json_patch;
mod run;
mod stop;
#[cfg(test)]
mod tests;

use quicktour_client::{Manifest, Patch, Precondition, Target};
use quicktour_report::message::Message;
use serde_json::Value;

pub use self::change::{Change, EnvChange, pause, restart, resume, scale, undo, update};
pub use self::expose::expose;
pub use self::found::{Autoscaler, Found};
pub use self::run::run;
pub use self::stop::Stop;
use crate::labels::RunId;

/// Everything that will be sent, in this order, and to where.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Which cluster, as whom, in which namespace.
    pub target: Target,
    /// What the user asked for.
    pub action: Action,
    /// The run whose label the objects bear; a plan that creates nothing has none.
    pub run: Option<RunId>,
    /// What is sent.
    pub steps: Vec<Step>,
    /// What a careful operator would want to hear first.
    pub warnings: Vec<Message>,
}

/// What the user asked for, as kubectl's wording tells it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is a verb of the command")]
pub enum Action {
    Run,
    Expose,
    Scale,
    Update,
    Undo,
    Restart,
    Pause,
    Resume,
    Cleanup,
}

/// One request that writes.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Server-side apply: creates the object, or makes the fields that are named as they are named.
    Apply {
        /// The object.
        manifest: Manifest,
        /// Whether to take over fields that others own. Set by the user's own wish, or by the preview where the only
        /// other owners are earlier writes of ours (a scale, an update).
        force: bool,
    },
    /// Some fields of an object, only while it is as it was seen.
    Patch {
        /// As it was seen.
        seen: Manifest,
        /// As it should be.
        wanted: Manifest,
        /// The difference.
        patch: Patch,
    },
    /// The number of pods, through the `scale` subresource, only while it is as it was seen.
    Scale {
        /// As it was seen.
        seen: Manifest,
        /// How many there shall be.
        replicas: u32,
    },
    /// The end of an object, only of this very one.
    Delete {
        /// As it was seen.
        seen: Manifest,
        /// Its UID, and its state where that matters.
        only_if: Precondition,
    },
}

impl Step {
    /// The object as it was seen, or, when it is to be applied, as it is sent: what names it.
    #[must_use]
    pub fn object(&self) -> &Manifest {
        match self {
            Self::Apply { manifest, .. } => manifest,
            Self::Patch { seen, .. } | Self::Scale { seen, .. } | Self::Delete { seen, .. } => seen,
        }
    }

    /// The object as the plan alone knows it will be, without a server's defaults; `None` when it will be gone.
    #[must_use]
    pub fn wanted(&self) -> Option<Manifest> {
        match self {
            Self::Apply { manifest, .. } => Some(manifest.clone()),
            Self::Patch { wanted, .. } => Some(wanted.clone()),
            Self::Scale { seen, replicas } => {
                let mut wanted = seen.clone();
                wanted.value_mut()["spec"]["replicas"] = (*replicas).into();
                Some(wanted)
            }
            Self::Delete { .. } => None,
        }
    }

    /// The same step for the object as it is now, when nothing but its status has changed since it was seen: a rollout
    /// that is under way writes status all the time. `None` when it is another object or another wish by now, which
    /// the user must see first.
    #[must_use]
    pub fn rebased(&self, live: &Manifest) -> Option<Self> {
        if !is_same_wish(self.object(), live) {
            return None;
        }
        match self {
            Self::Apply { .. } | Self::Delete { .. } => None,
            Self::Patch { wanted, patch, .. } => {
                let version = Value::from(live.resource_version());
                let (mut wanted, mut patch) = (wanted.clone(), patch.clone());
                wanted.value_mut()["metadata"]["resourceVersion"] = version.clone();
                if let Patch::Json(operations) = &mut patch {
                    json_patch::set_version(operations, version);
                }
                Some(Self::Patch { seen: live.clone(), wanted, patch })
            }
            Self::Scale { replicas, .. } => Some(Self::Scale { seen: live.clone(), replicas: *replicas }),
        }
    }
}

/// Whether an object is still the very one that was seen, and nothing but its status has changed.
pub(crate) fn is_same_wish(seen: &Manifest, live: &Manifest) -> bool {
    seen.uid() == live.uid() && seen.clone().without_server_fields() == live.clone().without_server_fields()
}

impl Plan {
    fn new(target: &Target, action: Action) -> Self {
        Self { target: target.clone(), action, run: None, steps: Vec::new(), warnings: Vec::new() }
    }

    /// Lets every apply take over fields that others own: the user's `--force-conflicts`.
    #[must_use]
    pub fn forcing_conflicts(mut self) -> Self {
        for step in &mut self.steps {
            if let Step::Apply { force, .. } = step {
                *force = true;
            }
        }
        self
    }
}
