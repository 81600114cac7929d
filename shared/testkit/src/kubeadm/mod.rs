//! A cluster as kubeadm makes it: the control plane in static pods of `kube-system`, `CoreDNS` as a Deployment,
//! kube-proxy as a `DaemonSet`, all of it written by kubeadm itself and run by the one node, which is the control plane.
//!
//! ```no_run
//! use quicktour_testkit::{kubeadm, node};
//!
//! # fn main() -> anyhow::Result<()> {
//! let Ok(()) = node::require_root() else { return Ok(()) };
//! let shared = kubeadm::shared(); // one for all tests of this process; about 20 s
//! let system = shared.cluster().get(&["pods", "--namespace=kube-system"])?;
//!
//! // A test that breaks things takes one of its own. Without its manifest a static pod goes.
//! let own = kubeadm::Kubeadm::start(Default::default())?;
//! std::fs::remove_file(own.etc().join("manifests/kube-scheduler.yaml"))?;
//! # Ok(())
//! # }
//! ```
//!
//! The node is a machine of [`crate::node`] with a network of its own, so that everything listens where kubeadm has it
//! listen (6443, 2379, 10257 ...) and kube-proxy writes rules that no one else meets; and with an `/etc` of its own.
//! No registry is asked: the images that kubeadm names are made of the programs that tests/cluster builds.

mod images;

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context as _, bail};

use crate::binaries::{self, last_lines};
use crate::cluster::Cluster;
use crate::node::machine::{Machine, Plan};
use crate::supervisor::{Lifetime, Program};
use crate::wait::wait_for;

const CONFIG: &str = include_str!("../../node/kubeadm.yaml");
/// The file of that in the machine's folder.
const CONFIG_FILE: &str = "kubeadm.yaml";
/// The node's name; static pods carry it behind their own.
pub const NODE: &str = "control-plane";
/// The static pods, two of `CoreDNS` and one of kube-proxy.
const SYSTEM_PODS: usize = 7;
/// kubeadm is done after 6 s and everything ready after 20 on two idle cores; this also holds while a compiler keeps
/// them busy.
const PATIENCE: Duration = Duration::from_mins(4);

/// What kubeadm does before there must be a kubelet; the rest needs one that runs.
const BEFORE_KUBELET: &str = "certs,kubeconfig,etcd,control-plane,kubelet-start";
const AFTER_KUBELET: &str =
    "wait-control-plane,upload-config,upload-certs,mark-control-plane,bootstrap-token,kubelet-finalize,addon";

/// A running cluster that kubeadm made.
#[derive(Debug)]
pub struct Kubeadm {
    cluster: Cluster,
    machine: Machine,
}

impl Kubeadm {
    /// Starts one and waits until every pod of `kube-system` is ready. Needs root: ask [`crate::node::require_root`].
    ///
    /// # Errors
    /// When a program is missing or cannot be built, or something does not come up: with what kubeadm said and the end
    /// of the kubelet's log.
    pub fn start(lifetime: Lifetime) -> anyhow::Result<Self> {
        let archive = images::archive()?;
        let cluster = Cluster::without_components(lifetime)?;
        let config = CONFIG.replace("@VERSION@", cluster.binaries().version());
        // Nobody answers there. The host's own resolver is none of a test's business, and may lead back to the pods.
        let resolver = "nameserver @ADDRESS@\n".to_owned();
        let plan = Plan { apart: true, files: vec![(CONFIG_FILE, config), ("etc/resolv.conf", resolver)] };
        let machine = Machine::start(&cluster, &plan);
        let mut made = match machine {
            Ok(machine) => Self { cluster, machine },
            Err(error) => {
                // A detached supervisor would otherwise outlive the failure.
                let _ = cluster.end();
                return Err(error.context("starting the machine of a kubeadm cluster"));
            }
        };
        match made.bring_up(&archive) {
            Ok(()) => Ok(made),
            Err(error) => {
                let log = made.machine.log_end("kubelet");
                let _ = made.cluster.end();
                Err(error.context(format!("starting a kubeadm cluster; kubelet's log ends with:\n{log}")))
            }
        }
    }

    /// The cluster. Its kubeconfig is kubeadm's `admin.conf`; users and namespaces are made as in any other. It has no
    /// audit log and none of the harness's own components.
    #[must_use]
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// The control plane's `/etc/kubernetes`, with `manifests` and `pki`.
    #[must_use]
    pub fn etc(&self) -> PathBuf {
        self.machine.dir.join("etc/kubernetes")
    }

    fn bring_up(&mut self, archive: &std::path::Path) -> anyhow::Result<()> {
        self.machine.import_images(archive)?;
        // kubeadm takes an authority that is there already; so the harness can make users.
        let pki = self.etc().join("pki");
        fs::create_dir_all(&pki)?;
        for file in ["ca.crt", "ca.key"] {
            fs::copy(self.cluster.dir().join(file), pki.join(file))?;
        }
        self.kubeadm(AFTER_KUBELET)?;
        self.start_kubelet()?;
        self.kubeadm(BEFORE_KUBELET)?;
        let admin = self.cluster.kubeconfig();
        fs::copy(self.etc().join("admin.conf"), &admin)?;
        fs::set_permissions(&admin, fs::Permissions::from_mode(0o600))?;
        self.cluster.serve_at(format!("https://{}:6443", self.machine.address_apart()))?;
        self.wait_for_system()
    }

    /// Runs `kubeadm init` without these phases, and without its look at the host, which is not what it takes it for.
    fn kubeadm(&self, skipped: &str) -> anyhow::Result<()> {
        let [kubeadm, _] = binaries::ensure_kubeadm()?;
        let output = Command::new("nsenter")
            .args(self.machine.inside())
            .arg(kubeadm.path("kubeadm"))
            .args(["init", "--config"])
            .arg(self.machine.dir.join(CONFIG_FILE))
            .arg(format!("--skip-phases=preflight,show-join-command,{skipped}"))
            // Variables for proxies would end up in the static pods.
            .env_clear()
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .output()
            .context("running kubeadm")?;
        if !output.status.success() {
            let said = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
            bail!("`kubeadm init` failed ({}):\n{}", output.status, last_lines(&said, 20));
        }
        Ok(())
    }

    /// As the package of kubeadm has it run.
    fn start_kubelet(&self) -> anyhow::Result<()> {
        let arguments = [
            "--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf".to_owned(),
            "--kubeconfig=/etc/kubernetes/kubelet.conf".to_owned(),
            "--config=/var/lib/kubelet/config.yaml".to_owned(),
            format!("--hostname-override={NODE}"),
            format!("--node-ip={}", self.machine.address_apart()),
        ];
        let kubelet = self.cluster.binaries().path("kubelet").display().to_string();
        self.cluster.spawn(Program {
            name: self.machine.program("kubelet"),
            program: "nsenter".into(),
            args: self.machine.inside().into_iter().chain([kubelet]).chain(arguments).collect(),
            env: Vec::new(),
            log: self.machine.log("kubelet"),
        })
    }

    fn wait_for_system(&self) -> anyhow::Result<()> {
        let mut seen = String::new();
        let path = "--output=jsonpath={range .items[*]}{.metadata.name} {.status.conditions[?(@.type==\"Ready\")].status}{\"\\n\"}{end}";
        let ready = wait_for("every pod of kube-system to be ready", PATIENCE, || {
            seen = self.cluster.kubectl(&["get", "pods", "--namespace=kube-system", path]).ok()?.stdout;
            let ready = seen.lines().filter(|line| line.ends_with(" True")).count();
            (ready == seen.lines().count() && ready >= SYSTEM_PODS).then_some(())
        });
        ready.with_context(|| format!("the pods are:\n{seen}"))
    }
}

/// The one that the tests of this process share.
///
/// # Panics
/// When it does not start: a test without its cluster fails, and says why.
#[must_use]
#[expect(clippy::panic, reason = "a missing cluster must fail the test, whichever way the test handles errors")]
pub fn shared() -> &'static Kubeadm {
    static SHARED: OnceLock<Result<Kubeadm, String>> = OnceLock::new();
    match SHARED.get_or_init(|| Kubeadm::start(Lifetime::Mine).map_err(|error| format!("{error:#}"))) {
        Ok(shared) => shared,
        Err(error) => panic!("{error}"),
    }
}
