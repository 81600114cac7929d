//! A private control plane for tests.
//!
//! ```no_run
//! use quicktour_testkit::cluster::{self, Cluster, Component, Options};
//!
//! # fn main() -> anyhow::Result<()> {
//! let shared = cluster::shared(); // most tests: one cluster for all, each test in a namespace of its own
//! let namespace = shared.namespace("quota")?;
//! shared.apply(&format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: a, namespace: {namespace}}}}}"))?;
//!
//! let own = Cluster::start(&Options::new().without(Component::Scheduler))?; // a test that breaks things
//! own.pause(Component::ControllerManager)?;
//! # Ok(())
//! # }
//! ```
//!
//! The module is split by duty: [`Options`] is what a test chooses, `parts` the command lines, `pki` and `kubeconfig`
//! the credentials, `start` the order of things, and `running` (here) what can be done with a cluster that runs.

mod audit;
mod kubeconfig;
mod kubectl;
mod options;
mod parts;
mod pki;
mod ports;
mod shared;
mod start;
mod users;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

pub use audit::{AuditEvent, AuditLog, Mark, ObjectReference};
pub use kubeconfig::CONTEXT;
pub use kubectl::{Namespace, unique};

pub use options::{Component, Options};
pub use shared::{STATE_VARIABLE, shared, try_shared};
pub use users::{Access, User};

use crate::binaries::{self, Binaries};
use crate::supervisor::{Lifetime, Process, Program, Request, Signal, Supervisor};
use ports::Ports;

/// A running control plane. Dropping the one that [`Cluster::start`] gave ends it and removes its folder.
#[derive(Debug)]
pub struct Cluster {
    state: State,
    supervisor: Supervisor,
    binaries: &'static Binaries,
}

/// What another process must know to use a running cluster; kept as `state.json` in its folder.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct State {
    dir: PathBuf,
    /// The apiserver's URL.
    server: String,
    ports: Ports,
    components: Vec<Program>,
}

/// The file in a cluster's folder by which other processes can [`Cluster::attach`] to it.
const STATE: &str = "state.json";

impl Cluster {
    /// Starts a cluster of the test's own, in about five seconds.
    ///
    /// # Errors
    /// When its programs cannot be built, or a component does not come up: then with the end of that one's log.
    pub fn start(options: &Options) -> anyhow::Result<Self> {
        start::start(options)
    }

    /// A folder with an authority for users and a supervisor, for a control plane that comes from elsewhere.
    pub(crate) fn without_components(lifetime: Lifetime) -> anyhow::Result<Self> {
        start::without_components(lifetime)
    }

    /// Says where the control plane of [`Cluster::without_components`] serves, and makes what every cluster has.
    pub(crate) fn serve_at(&mut self, server: String) -> anyhow::Result<()> {
        self.state.server = server;
        start::complete(self)
    }

    /// Uses a cluster that another process has started, by its state file ([`Cluster::state_file`]).
    ///
    /// # Errors
    /// When there is no such file or the cluster has ended.
    pub fn attach(state_file: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(state_file)
            .with_context(|| format!("reading the test cluster's state `{}`", state_file.display()))?;
        let state: State = serde_json::from_str(&text)
            .with_context(|| format!("reading the test cluster's state `{}`", state_file.display()))?;
        let supervisor = Supervisor::of(&state.dir);
        supervisor.status()?;
        Ok(Self { state, supervisor, binaries: binaries::ensure()? })
    }

    /// Ends the cluster now, whoever started it, and waits until it is gone.
    pub fn end(&self) -> anyhow::Result<()> {
        self.supervisor.request(&Request::End).map(drop)
    }

    /// The file by which other processes can use this cluster.
    #[must_use]
    pub fn state_file(&self) -> PathBuf {
        self.state.dir.join(STATE)
    }

    /// The cluster's folder: certificates (`ca.crt`, `ca.key`, …), kubeconfigs, logs, etcd's data.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.state.dir
    }

    /// The programs it was built from.
    #[must_use]
    pub fn binaries(&self) -> &'static Binaries {
        self.binaries
    }

    /// The apiserver's URL, as kubeconfigs name it.
    #[must_use]
    pub fn server(&self) -> String {
        self.state.server.clone()
    }

    /// The URL for etcd's clients; plain HTTP, no authentication. Not of a cluster that kubeadm made.
    #[must_use]
    pub fn etcd_client_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.state.ports.etcd)
    }

    /// Where etcd shows `/metrics` and `/health`, without its clients' port. Not of a cluster that kubeadm made.
    #[must_use]
    pub fn etcd_metrics_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.state.ports.etcd_metrics)
    }

    /// The administrator's kubeconfig: a token, everything embedded, context [`CONTEXT`].
    #[must_use]
    pub fn kubeconfig(&self) -> PathBuf {
        self.state.dir.join("admin.kubeconfig")
    }

    /// The log of requests. A cluster that kubeadm made has none.
    #[must_use]
    pub fn audit(&self) -> AuditLog<'_> {
        AuditLog::new(self)
    }

    /// The file a component writes its log to.
    #[must_use]
    pub fn log(&self, component: Component) -> PathBuf {
        self.state.dir.join(format!("{}.log", component.program()))
    }

    /// Holds a component still (`SIGSTOP`): it keeps its port and its leases and does nothing.
    pub fn pause(&self, component: Component) -> anyhow::Result<()> {
        self.signal(component.program(), Signal::Pause)
    }

    /// Lets a paused component go on.
    pub fn resume(&self, component: Component) -> anyhow::Result<()> {
        self.signal(component.program(), Signal::Resume)
    }

    /// Ends a component; returns when it is gone.
    pub fn stop(&self, component: Component) -> anyhow::Result<()> {
        self.stop_program(component.program())
    }

    /// Starts a stopped component again, with the same arguments; returns when its process runs, not when it is ready.
    pub fn restart(&self, component: Component) -> anyhow::Result<()> {
        let program = self.state.components.iter().find(|program| program.name == component.program());
        let program = program.with_context(|| format!("this cluster has no {}", component.program()))?;
        self.spawn(program.clone())
    }

    /// Starts a further program (a kubelet, a webhook) that ends with the cluster.
    pub fn spawn(&self, program: Program) -> anyhow::Result<()> {
        self.supervisor.request(&Request::Spawn(program)).map(drop)
    }

    /// Runs a program when all others have ended, before the folder is removed: for what outlives processes
    /// (network devices, for example). The last one given runs first.
    pub fn at_end(&self, program: Program) -> anyhow::Result<()> {
        self.supervisor.request(&Request::AtEnd(program)).map(drop)
    }

    /// Signals a program of [`Cluster::spawn`].
    pub fn signal(&self, name: &str, signal: Signal) -> anyhow::Result<()> {
        self.supervisor.request(&Request::Signal { name: name.to_owned(), signal }).map(drop)
    }

    /// Ends a program of [`Cluster::spawn`]; returns when it is gone.
    pub fn stop_program(&self, name: &str) -> anyhow::Result<()> {
        self.supervisor.request(&Request::Stop { name: name.to_owned() }).map(drop)
    }

    /// All programs ever started in this cluster, with their process ids and how they ended.
    pub fn processes(&self) -> anyhow::Result<Vec<Process>> {
        self.supervisor.status()
    }

    /// The process id of the supervisor, where this process started it.
    #[must_use]
    pub fn supervisor_pid(&self) -> Option<u32> {
        self.supervisor.pid()
    }
}
