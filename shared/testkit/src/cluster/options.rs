//! What a test may choose about its cluster.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::supervisor::Lifetime;

/// A program of the control plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Component {
    /// etcd, one member.
    Etcd,
    /// kube-apiserver
    ApiServer,
    /// kube-controller-manager
    ControllerManager,
    /// kube-scheduler
    Scheduler,
}

impl Component {
    /// All of them, in the order in which they start.
    pub const ALL: [Self; 4] = [Self::Etcd, Self::ApiServer, Self::ControllerManager, Self::Scheduler];

    /// The name of its program and of its log (`NAME.log` in the cluster's folder).
    #[must_use]
    pub fn program(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::ApiServer => "kube-apiserver",
            Self::ControllerManager => "kube-controller-manager",
            Self::Scheduler => "kube-scheduler",
        }
    }
}

/// What kind of cluster to start; the default is a whole, plain control plane.
#[derive(Debug, Clone)]
pub struct Options {
    pub(crate) components: Vec<Component>,
    pub(crate) extra: BTreeMap<Component, Vec<String>>,
    pub(crate) env: BTreeMap<Component, Vec<(String, String)>>,
    pub(crate) advertise: IpAddr,
    pub(crate) node_monitor_grace: Option<Duration>,
    pub(crate) lifetime: Lifetime,
    pub(crate) keep: bool,
}

/// Where a node of the harness finds the apiserver; see [`Options::advertise`].
pub(crate) const NODE_ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 18, 255, 1));

impl Default for Options {
    fn default() -> Self {
        Self {
            components: Component::ALL.to_vec(),
            extra: BTreeMap::new(),
            env: BTreeMap::new(),
            advertise: NODE_ADDRESS,
            node_monitor_grace: None,
            lifetime: Lifetime::Mine,
            keep: false,
        }
    }
}

impl Options {
    /// A whole, plain control plane.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Leaves a component out. Without the controller-manager no namespace gets its default service account, and
    /// nothing that is deleted in the foreground ever goes.
    #[must_use]
    pub fn without(mut self, component: Component) -> Self {
        self.components.retain(|kept| *kept != component);
        self
    }

    /// Adds an argument to a component's command line; of a flag given twice the last counts.
    #[must_use]
    pub fn arg(mut self, component: Component, arg: impl Into<String>) -> Self {
        self.extra.entry(component).or_default().push(arg.into());
        self
    }

    /// Sets a variable in a component's environment, which is empty but for `PATH`.
    #[must_use]
    pub fn env(mut self, component: Component, name: &str, value: &str) -> Self {
        self.env.entry(component).or_default().push((name.to_owned(), value.to_owned()));
        self
    }

    /// The address that the `kubernetes` Service leads to. Nothing listens there unless the test makes the apiserver
    /// do so (`--bind-address`); it may not be a loopback address. Default: 198.18.255.1.
    #[must_use]
    pub fn advertise(mut self, address: IpAddr) -> Self {
        self.advertise = address;
        self
    }

    /// After how much silence of its kubelet a node counts as not ready (Kubernetes' default: 50 s).
    #[must_use]
    pub fn node_monitor_grace(mut self, grace: Duration) -> Self {
        self.node_monitor_grace = Some(grace);
        self
    }

    /// Keeps the folder with the logs and the data after the end.
    #[must_use]
    pub fn keep(mut self) -> Self {
        self.keep = true;
        self
    }

    /// Lets the cluster live on after this process, until [`super::Cluster::end`].
    #[must_use]
    pub fn detached(mut self) -> Self {
        self.lifetime = Lifetime::Detached;
        self
    }
}
