//! Which workload is meant: a kind that rolls out, and a name.

use quicktour_client::views::{Resource, View as _, apps};
use quicktour_client::{Kind as Whole, Manifest};
use quicktour_report::message::Message;
use quicktour_report::suggest;

/// The kinds that roll out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Pods that can be replaced by any other.
    Deployment,
    /// Pods with names and volumes of their own.
    StatefulSet,
    /// A pod for each node.
    DaemonSet,
}

/// As kubectl spells them, short names and plurals too.
const SPELLINGS: &[(&str, Kind)] = &[
    ("deployment", Kind::Deployment),
    ("deployments", Kind::Deployment),
    ("deploy", Kind::Deployment),
    ("deployments.apps", Kind::Deployment),
    ("deployment.apps", Kind::Deployment),
    ("statefulset", Kind::StatefulSet),
    ("statefulsets", Kind::StatefulSet),
    ("sts", Kind::StatefulSet),
    ("statefulset.apps", Kind::StatefulSet),
    ("daemonset", Kind::DaemonSet),
    ("daemonsets", Kind::DaemonSet),
    ("ds", Kind::DaemonSet),
    ("daemonset.apps", Kind::DaemonSet),
];

impl Kind {
    /// What the API calls it and where it is served.
    #[must_use]
    pub const fn resource(self) -> Resource {
        match self {
            Self::Deployment => apps::Deployment::RESOURCE,
            Self::StatefulSet => apps::StatefulSet::RESOURCE,
            Self::DaemonSet => apps::DaemonSet::RESOURCE,
        }
    }

    /// The same, for objects that are read and written as a whole.
    #[must_use]
    pub const fn whole(self) -> Whole {
        match self {
            Self::Deployment => Whole::DEPLOYMENT,
            Self::StatefulSet => Whole::STATEFUL_SET,
            Self::DaemonSet => Whole::DAEMON_SET,
        }
    }

    /// As kubectl writes it before a slash.
    #[must_use]
    pub const fn typed(self) -> &'static str {
        match self {
            Self::Deployment => "deployment",
            Self::StatefulSet => "statefulset",
            Self::DaemonSet => "daemonset",
        }
    }

    /// Of a kind's name as in `kind: Deployment`.
    #[must_use]
    pub fn of(manifest: &Manifest) -> Option<Self> {
        [Self::Deployment, Self::StatefulSet, Self::DaemonSet]
            .into_iter()
            .find(|kind| *manifest.resource() == kind.resource())
    }
}

/// One workload of a namespace.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Workload {
    /// Its kind.
    pub kind: Kind,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl Workload {
    /// Reads `NAME`, which is a Deployment, or `TYPE/NAME` as kubectl takes it. The error says what was meant instead.
    pub fn parse(typed: &str, namespace: &str) -> Result<Self, Message> {
        let (kind, name) = match typed.split_once('/') {
            None => (Kind::Deployment, typed),
            Some((kind, name)) => (kind_of(kind)?, name),
        };
        if !is_dns_subdomain(name) {
            return Err(Message::new("workload-bad-name").arg("name", name));
        }
        Ok(Self { kind, namespace: namespace.to_owned(), name: name.to_owned() })
    }

    /// As kubectl takes it: `deployment/web`.
    #[must_use]
    pub fn typed(&self) -> String {
        format!("{}/{}", self.kind.typed(), self.name)
    }
}

fn kind_of(typed: &str) -> Result<Kind, Message> {
    let lower = typed.to_ascii_lowercase();
    let known = SPELLINGS.iter().find(|(spelling, _)| *spelling == lower);
    known.map(|(_, kind)| *kind).ok_or_else(|| {
        let nearest = suggest::nearest(&lower, SPELLINGS.iter().map(|(spelling, _)| *spelling));
        match nearest {
            Some(nearest) => Message::new("workload-bad-type-nearest").arg("type", typed).arg("nearest", nearest),
            None => Message::new("workload-bad-type").arg("type", typed),
        }
    })
}

/// What the API takes as a workload's name: a DNS subdomain (RFC 1123) of at most 253 characters.
#[must_use]
pub fn is_dns_subdomain(name: &str) -> bool {
    name.len() <= 253 && name.split('.').all(is_label_text)
}

/// Lower-case letters, digits and `-`, which stands neither first nor last; at most 63 characters (RFC 1123).
#[must_use]
pub fn is_dns_label(name: &str) -> bool {
    name.len() <= 63 && is_label_text(name)
}

fn is_label_text(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('-')
        && !name.ends_with('-')
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use quicktour_report::catalogue::Catalogue;

    use super::*;

    fn parse(typed: &str) -> Result<(Kind, String), String> {
        let parsed = Workload::parse(typed, "shop").map(|workload| (workload.kind, workload.name));
        parsed.map_err(|message| Catalogue::english().check(&message).unwrap())
    }

    #[test]
    fn types_are_spelled_as_kubectl_spells_them() {
        for (typed, kind, name) in [
            ("web", Kind::Deployment, "web"),
            ("deploy/web", Kind::Deployment, "web"),
            ("Deployment/web.v1", Kind::Deployment, "web.v1"),
            ("deployment.apps/web", Kind::Deployment, "web"),
            ("sts/db-0", Kind::StatefulSet, "db-0"),
            ("daemonsets/agent", Kind::DaemonSet, "agent"),
        ] {
            assert_eq!(parse(typed), Ok((kind, name.to_owned())), "{typed}");
        }
    }

    #[test]
    fn what_is_no_workload_is_said_with_what_may_be_meant() {
        assert!(parse("deplyment/web").unwrap_err().contains("did you mean `deployment`?"));
        assert!(parse("pod/web").unwrap_err().contains("`pod`"));
        for name in ["", "Web", "a b", "-a", "a..b", "web/x/y", "web_1", "\u{1b}[2J"] {
            assert!(parse(name).is_err(), "{name}");
        }
        assert!(!is_dns_subdomain(&"a".repeat(254)));
    }
}
