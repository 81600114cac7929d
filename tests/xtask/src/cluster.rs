//! `cargo xtask cluster`: one private cluster that outlives the command, for a person to play with.

use std::env;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use quicktour_testkit::cluster::{Cluster, Options};
use quicktour_testkit::kubeadm::Kubeadm;
use quicktour_testkit::node::{self, NodeOptions};
use quicktour_testkit::supervisor::{Lifetime, Request, Supervisor};
use quicktour_testkit::talk::say;

#[derive(clap::Subcommand)]
pub(crate) enum Task {
    /// Start it, and print the line that points kubectl at it: `eval "$(cargo xtask cluster up)"`
    ///
    /// A real etcd, kube-apiserver, kube-controller-manager and kube-scheduler on free loopback ports. It runs until
    /// `down`; its data is thrown away. Only the `export` line goes to standard output.
    Up {
        /// Add a real node (containerd and kubelet), so that pods run; needs root
        #[arg(long)]
        node: bool,
        /// Have kubeadm make it, on one real node: the control plane in static pods, CoreDNS, kube-proxy; needs root
        #[arg(long, conflicts_with = "node")]
        kubeadm: bool,
    },
    /// End it and remove its data
    Down,
    /// Show its address, its folder and its processes; exit code 1 if there is none
    Status,
}

pub(crate) fn run(task: &Task) -> anyhow::Result<()> {
    match task {
        Task::Up { kubeadm: true, .. } => up_kubeadm(),
        Task::Up { node, .. } => up(*node),
        Task::Down => down(),
        Task::Status => status(),
    }
}

fn up(with_node: bool) -> anyhow::Result<()> {
    let cluster = match running()? {
        Some(state) => {
            let cluster = Cluster::attach(&state)?;
            say(&format!("the cluster is running already at {}", cluster.server()));
            cluster
        }
        None => start(with_node)?,
    };
    if with_node && cluster.get(&["nodes"])?["items"].as_array().is_none_or(Vec::is_empty) {
        say("starting a node");
        let node = cluster.start_node(&NodeOptions::new())?;
        say(&format!("`{}` is ready", node.name()));
    }
    export(&cluster)
}

fn up_kubeadm() -> anyhow::Result<()> {
    if let Some(state) = running()? {
        bail!("a cluster is running already at {}\nhint: cargo xtask cluster down", Cluster::attach(&state)?.server());
    }
    say("starting a cluster with kubeadm");
    let made = Kubeadm::start(Lifetime::Detached)?;
    remember(made.cluster())?;
    export(made.cluster())
}

fn export(cluster: &Cluster) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "export KUBECONFIG={}", cluster.kubeconfig().display())?;
    Ok(())
}

fn start(with_node: bool) -> anyhow::Result<Cluster> {
    say("starting a cluster");
    let options = if with_node { node::cluster_options() } else { Options::new() };
    let cluster = Cluster::start(&options.detached())?;
    remember(&cluster)?;
    Ok(cluster)
}

/// Makes it the one that `status` and `down` find.
fn remember(cluster: &Cluster) -> anyhow::Result<()> {
    let pointer = pointer()?;
    let folder = pointer.parent().context("the state file has no folder")?;
    fs::create_dir_all(folder).with_context(|| format!("making the folder `{}`", folder.display()))?;
    fs::write(&pointer, cluster.state_file().display().to_string())
        .with_context(|| format!("writing `{}`", pointer.display()))?;
    say(&format!("Kubernetes {} is ready at {}", cluster.binaries().version(), cluster.server()));
    say(&format!("its kubectl: {}", cluster.binaries().path("kubectl").display()));
    say("end it with: cargo xtask cluster down");
    Ok(())
}

fn down() -> anyhow::Result<()> {
    let Some(state) = running()? else {
        say("no cluster is running");
        return Ok(());
    };
    let folder = state.parent().context("the state file has no folder")?;
    Supervisor::of(folder).request(&Request::End)?;
    fs::remove_file(pointer()?).context("removing the state file")?;
    say("the cluster has ended");
    Ok(())
}

fn status() -> anyhow::Result<()> {
    let Some(state) = running()? else {
        bail!("no cluster is running\nhint: cargo xtask cluster up");
    };
    let cluster = Cluster::attach(&state)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "server      {}", cluster.server())?;
    writeln!(out, "kubeconfig  {}", cluster.kubeconfig().display())?;
    writeln!(out, "folder      {}", cluster.dir().display())?;
    for process in cluster.processes()? {
        let state = process.ended.unwrap_or_else(|| "running".to_owned());
        writeln!(out, "process     {} {} {state}", process.pid, process.name)?;
    }
    Ok(())
}

/// The state file of the running cluster, if one runs.
fn running() -> anyhow::Result<Option<PathBuf>> {
    let Ok(state) = fs::read_to_string(pointer()?) else { return Ok(None) };
    let state = PathBuf::from(state.trim());
    let alive = state.parent().is_some_and(|folder| Supervisor::of(folder).status().is_ok());
    Ok(alive.then_some(state))
}

/// The file that names the running cluster's state file.
fn pointer() -> anyhow::Result<PathBuf> {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = set("XDG_STATE_HOME").or_else(|| set("HOME").map(|home| home.join(".local/state")));
    let state = state.context("no place to remember the cluster\nhint: set HOME or XDG_STATE_HOME")?;
    Ok(state.join("quicktour/cluster"))
}
