//! What goes into a rollout, and what it asks for in return.

use jiff::Timestamp;
use quicktour_client::views::apps::{ControllerRevision, ReplicaSet};
use quicktour_client::views::core::{Event, PersistentVolumeClaim};
use quicktour_client::views::node::Node;
use quicktour_client::views::pod::Pod;
use quicktour_report::finding::NotChecked;

use super::{LogTail, Subject};
use crate::cause::pod::Warning;
use crate::cause::scheduling::Room;

/// The sorts of objects that are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sort {
    /// The workload.
    Workload,
    /// A deployment's replica sets.
    ReplicaSets,
    /// The revisions of stateful sets and daemon sets.
    Revisions,
    /// Pods.
    Pods,
    /// Warnings.
    Events,
    /// Claims.
    Claims,
    /// Nodes.
    Nodes,
}

/// One thing that was seen.
#[derive(Clone, Debug, PartialEq)]
pub enum Seen {
    /// A watch began anew: what it showed before is void, and all objects follow.
    Again(Sort),
    /// The workload is there, or has changed.
    Workload(Box<Subject>),
    /// The workload is gone.
    WorkloadGone,
    /// A replica set.
    ReplicaSet(Box<ReplicaSet>),
    /// A replica set is gone: its UID.
    ReplicaSetGone(String),
    /// A revision.
    Revision(Box<ControllerRevision>),
    /// A revision is gone: its UID.
    RevisionGone(String),
    /// A pod.
    Pod(Box<Pod>),
    /// A pod is gone: its UID.
    PodGone(String),
    /// A warning.
    Event(Box<Event>),
    /// A claim.
    Claim(Box<PersistentVolumeClaim>),
    /// A node.
    Node(Box<Node>),
    /// A node is gone: its name.
    NodeGone(String),
    /// Something that cannot be read.
    Unread(Sort, Box<NotChecked>),
    /// A log that was [wanted](Want::Log); `None` when it could not be read.
    Log(String, Option<LogTail>),
    /// The arithmetic that was [wanted](Want::Room).
    Room(String, Vec<Room>),
}

/// What would tell more of a cause.
#[derive(Clone, Debug, PartialEq)]
pub enum Want {
    /// The end of a container's log, for the cause of this key.
    Log {
        /// The cause.
        key: String,
        /// The pod.
        pod: String,
        /// The container.
        container: String,
        /// Of the instance before the present one.
        previous: bool,
    },
    /// How much room nodes have, for the cause of this key.
    Room {
        /// The cause.
        key: String,
        /// A pod that found none.
        pod: Box<Pod>,
        /// What it is short of.
        short: Vec<String>,
    },
    /// The claims of the namespace.
    Claims,
}

/// When an event was first and last seen; events without any time are of the moment.
pub(super) fn times(event: &Event, now: Timestamp) -> (Timestamp, Timestamp) {
    let at = |time: Option<quicktour_client::views::scalar::Time>| super::instant(time);
    let made = at(event.metadata.as_ref().and_then(|meta| meta.creation_timestamp));
    let first = at(event.first_timestamp).or(at(event.event_time)).or(made).unwrap_or(now);
    let series = event.series.as_ref().and_then(|series| at(series.last_observed_time));
    let last = series.or(at(event.last_timestamp)).or(at(event.event_time)).or(made).unwrap_or(now);
    (first, last)
}

/// A warning of an event.
pub(super) fn warning(event: &Event, now: Timestamp) -> Warning {
    let (first, last) = times(event, now);
    let path = &event.involved_object().field_path;
    let container = path.split_once('{').and_then(|(_, rest)| rest.strip_suffix('}')).map(str::to_owned);
    Warning {
        reason: event.reason.clone(),
        message: event.message.clone(),
        latest: event.message.clone(),
        container,
        first,
        last,
    }
}
