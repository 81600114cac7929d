//! A real node for a test cluster: kubelet, containerd and runc, for what only running pods show (crash loops, failed
//! pulls, memory kills, a node that is not ready).
//!
//! ```no_run
//! use quicktour_testkit::node::{self, NodeOptions};
//!
//! # fn main() -> anyhow::Result<()> {
//! let Ok(()) = node::require_root() else { return Ok(()) };
//! let shared = node::shared(); // one cluster with one node for all tests of this process
//! let namespace = shared.cluster().namespace("crash-loop")?;
//!
//! // A test that stops the kubelet takes a cluster of its own, which notices soon.
//! let cluster = quicktour_testkit::cluster::Cluster::start(&node::cluster_options())?;
//! let node = cluster.start_node(&NodeOptions::new())?;
//! node.stop_kubelet()?;
//! node.wait_until_not_ready()?;
//! # Ok(())
//! # }
//! ```
//!
//! The node's processes live in namespaces of their own, for processes and for mounts: when the first of them ends, the
//! kernel ends the rest. That is how nothing is left behind even when a test is killed. The network device and the
//! containers' control groups are removed by `node/cleanup.sh`: by the supervisor at the end or, had that been killed
//! too, when the next cluster starts.

pub(crate) mod images;
pub(crate) mod machine;
mod network;
mod root;

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::Context as _;

pub use images::{MISSING, PRIVATE, RATE_LIMITED, UNREACHABLE, WEB, WEB_NAMED_USER, WEB_V2, WEB_V3};
pub(crate) use machine::sweep;
pub use root::{Skip, require_root};

use crate::cluster::{Cluster, Options};
use crate::supervisor::Program;
use crate::wait::wait_for;
use machine::{Machine, Plan};

const KUBELET: &str = include_str!("../../node/kubelet.yaml");
/// Ready takes two seconds on an idle machine; this also holds while a compiler keeps it busy.
const PATIENCE: Duration = Duration::from_mins(2);
/// A kubelet renews its lease every 10 s; with less than that a busy machine would make a healthy node not ready.
const GRACE: Duration = Duration::from_secs(16);

/// What a test may choose about its node.
#[derive(Debug, Clone)]
pub struct NodeOptions {
    name: Option<String>,
    sync: Duration,
    kubelet: Vec<String>,
}

impl Default for NodeOptions {
    fn default() -> Self {
        Self { name: None, sync: Duration::from_secs(5), kubelet: Vec::new() }
    }
}

impl NodeOptions {
    /// A plain node.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The node's name; default `node-N`, where N is unique among the nodes that run on this machine.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// How often the kubelet looks at a pod that does not change: 5 s here, a minute by Kubernetes' default, with which
    /// a crash loop's first back-offs are shown as `terminated`, not as `CrashLoopBackOff`.
    #[must_use]
    pub fn sync_frequency(mut self, every: Duration) -> Self {
        self.sync = every;
        self
    }

    /// Adds a line to the kubelet's configuration, such as `maxPods: 3`.
    #[must_use]
    pub fn kubelet(mut self, line: &str) -> Self {
        self.kubelet.push(line.to_owned());
        self
    }
}

/// The options of a cluster that notices a silent kubelet after 16 s instead of 50.
#[must_use]
pub fn cluster_options() -> Options {
    Options::new().node_monitor_grace(GRACE)
}

/// A node that runs until its cluster ends.
#[derive(Debug)]
pub struct Node<'c> {
    cluster: &'c Cluster,
    name: String,
    machine: Machine,
}

impl Cluster {
    /// Starts a node and waits until it is ready (a few seconds). Needs root: ask [`require_root`] first.
    ///
    /// # Errors
    /// When a program is missing (which, and how to install it) or the node does not come up, with the end of its log.
    pub fn start_node(&self, options: &NodeOptions) -> anyhow::Result<Node<'_>> {
        let sync = format!("{}s", options.sync.as_secs());
        let kubelet = KUBELET.replace("@SYNC@", &sync) + &options.kubelet.join("\n");
        let plan = Plan { apart: false, files: vec![("kubelet.yaml", kubelet)] };
        let machine = Machine::start(self, &plan).context("starting a node")?;
        let name = options.name.clone().unwrap_or_else(|| format!("node-{}", machine.network.number()));
        let node = Node { cluster: self, name, machine };
        node.start_kubelet()?;
        Ok(node)
    }
}

impl<'c> Node<'c> {
    /// The cluster it belongs to.
    #[must_use]
    pub fn cluster(&self) -> &'c Cluster {
        self.cluster
    }

    /// Its name in the API.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its folder, in that of its cluster.
    #[must_use]
    pub fn dir(&self) -> &std::path::Path {
        &self.machine.dir
    }

    /// Its network device.
    #[must_use]
    pub fn link(&self) -> String {
        self.machine.network.link()
    }

    /// The logs of its programs: kubelet's and containerd's.
    #[must_use]
    pub fn logs(&self) -> [PathBuf; 2] {
        [self.machine.log("kubelet"), self.machine.log("containerd")]
    }

    /// Starts the kubelet (again) and waits until the node is ready.
    pub fn start_kubelet(&self) -> anyhow::Result<()> {
        let kubelet = self.cluster.binaries().path("kubelet").display().to_string();
        let dir = self.machine.dir.display();
        let arguments = [
            format!("--config={dir}/kubelet.yaml"),
            format!("--kubeconfig={}", self.cluster.kubeconfig_of_node(&self.name)?.display()),
            format!("--root-dir={dir}/kubelet"),
            format!("--cert-dir={dir}/certificates"),
            format!("--node-ip={}", self.machine.network.address()),
            format!("--hostname-override={}", self.name),
        ];
        self.cluster.spawn(Program {
            name: self.machine.program("kubelet"),
            program: "nsenter".into(),
            args: self.machine.inside().into_iter().chain([kubelet]).chain(arguments).collect(),
            env: Vec::new(),
            log: self.machine.log("kubelet"),
        })?;
        self.wait_for_ready(&["True"])
            .with_context(|| format!("kubelet's log ends with:\n{}", self.machine.log_end("kubelet")))
    }

    /// Kills the kubelet; its pods run on, and after a while the node is not ready.
    pub fn stop_kubelet(&self) -> anyhow::Result<()> {
        self.cluster.stop_program(&self.machine.program("kubelet"))
    }

    /// Waits until the cluster says that the node is not ready: about 20 s after [`Node::stop_kubelet`] in a cluster
    /// of [`cluster_options`], a minute in others.
    pub fn wait_until_not_ready(&self) -> anyhow::Result<()> {
        self.wait_for_ready(&["False", "Unknown"])
    }

    fn wait_for_ready(&self, wanted: &[&str]) -> anyhow::Result<()> {
        let what = format!("the condition `Ready` of node `{}` to become {}", self.name, wanted.join(" or "));
        let path = "--output=jsonpath={.status.conditions[?(@.type==\"Ready\")].status}";
        let kubelet = self.machine.program("kubelet");
        wait_for(&what, PATIENCE, || {
            let output = self.cluster.kubectl(&["get", "node", &self.name, path]).ok()?;
            if wanted.contains(&output.stdout.trim()) {
                return Some(Ok(()));
            }
            let process = self.cluster.processes().ok()?.into_iter().rev().find(|process| process.name == kubelet)?;
            // A stopped kubelet makes a node not ready; it never makes one ready.
            let how = process.ended.filter(|_| wanted.contains(&"True"))?;
            Some(Err(anyhow::anyhow!("kubelet ended ({how})")))
        })?
    }
}

/// The node that the tests of this process share, in a cluster of its own.
///
/// # Panics
/// When it does not start: a test without its node fails, and says why.
#[must_use]
#[expect(clippy::panic, reason = "a missing node must fail the test, whichever way the test handles errors")]
pub fn shared() -> &'static Node<'static> {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    static NODE: OnceLock<Result<Node<'static>, String>> = OnceLock::new();
    let start = || {
        let cluster = Cluster::start(&cluster_options())?;
        CLUSTER.get_or_init(|| cluster).start_node(&NodeOptions::new())
    };
    match NODE.get_or_init(|| start().map_err(|error| format!("{error:#}"))) {
        Ok(node) => node,
        Err(error) => panic!("{error}"),
    }
}
