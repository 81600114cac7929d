//! Starts the components in their order and says precisely why one did not come up.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use super::kubeconfig::{self, Credentials};
use super::options::{Component, Options};
use super::ports::Ports;
use super::{Cluster, State, kubectl, parts, pki};
use crate::binaries::{self, last_lines};
use crate::owner;
use crate::supervisor::{self, Lifetime, Program, Request, Supervisor};

/// How the folders are named, so that those of killed runs can be found.
const FOLDER: &str = "quicktour-cluster-";
/// How long a component may take before the start counts as failed. A start takes about five seconds on two cores;
/// this also holds while a compiler keeps them busy.
const PATIENCE: Duration = Duration::from_mins(1);
/// What a component says when its port was taken between choosing and using it.
const PORT_TAKEN: &str = "address already in use";
/// Lines of a component's log that an error shows.
const LOG_LINES: usize = 20;

/// A user who may read what the role `view` allows: no secrets, no nodes.
const VIEWER: &str = "
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: quicktour-test-viewer}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: viewer}]
";

pub(super) fn start(options: &Options) -> anyhow::Result<Cluster> {
    sweep();
    let mut attempts = 4;
    loop {
        attempts -= 1;
        match attempt(options) {
            Err(error) if attempts > 0 && format!("{error:#}").contains(PORT_TAKEN) => {}
            done => return done,
        }
    }
}

fn supervised_folder(lifetime: Lifetime, keep: bool) -> anyhow::Result<(PathBuf, Supervisor)> {
    // For this user alone: it holds keys and tokens, and scripts that root may run.
    let only_ours = fs::Permissions::from_mode(0o700);
    let dir = tempfile::Builder::new().prefix(FOLDER).permissions(only_ours).tempdir();
    let dir = dir.context("making the cluster's folder")?.keep();
    let supervisor = Supervisor::start(&dir, lifetime, keep).inspect_err(|_| {
        let _ = fs::remove_dir_all(&dir);
    })?;
    Ok((dir, supervisor))
}

pub(super) fn without_components(lifetime: Lifetime) -> anyhow::Result<Cluster> {
    sweep();
    let binaries = binaries::ensure()?;
    let (dir, supervisor) = supervised_folder(lifetime, false)?;
    let state = State { server: String::new(), components: Vec::new(), ports: Ports::choose()?, dir };
    let cluster = Cluster { state, supervisor, binaries };
    pki::write_authority(cluster.dir())?;
    Ok(cluster)
}

/// The parts of a cluster that others look for by name.
pub(super) fn complete(cluster: &Cluster) -> anyhow::Result<()> {
    cluster.kubeconfig_of_member("viewer", "viewers")?;
    cluster.apply(VIEWER)?;
    write_state(cluster)
}

fn write_state(cluster: &Cluster) -> anyhow::Result<()> {
    fs::write(cluster.state_file(), serde_json::to_string_pretty(&cluster.state)?)
        .with_context(|| format!("writing `{}`", cluster.state_file().display()))
}

fn attempt(options: &Options) -> anyhow::Result<Cluster> {
    let binaries = binaries::ensure()?;
    let (dir, supervisor) = supervised_folder(options.lifetime, options.keep)?;
    let ports = Ports::choose()?;
    let components = options.components.iter().map(|component| Program {
        name: component.program().to_owned(),
        program: binaries.path(component.program()),
        args: parts::arguments(*component, &dir, &ports, options),
        env: options.env.get(component).cloned().unwrap_or_default(),
        log: dir.join(format!("{}.log", component.program())),
    });
    let server = format!("https://127.0.0.1:{}", ports.apiserver);
    let state = State { components: components.collect(), server, ports, dir };
    let cluster = Cluster { state, supervisor, binaries };
    match write_files(&cluster, options).and_then(|()| bring_up(&cluster, options)) {
        Ok(()) => Ok(cluster),
        Err(error) => {
            // A detached supervisor would otherwise outlive the failure.
            let _ = cluster.supervisor.request(&Request::End);
            Err(error.context("starting the test cluster"))
        }
    }
}

fn write_files(cluster: &Cluster, options: &Options) -> anyhow::Result<()> {
    let dir = cluster.dir();
    pki::write(dir, &[Ipv4Addr::LOCALHOST.into(), IpAddr::from([198, 19, 0, 1]), options.advertise])?;
    fs::write(dir.join("audit-policy.yaml"), parts::AUDIT_POLICY)?;
    fs::create_dir(dir.join("home"))?;
    let (admin, viewer) = (kubectl::unique("admin"), kubectl::unique("viewer"));
    fs::write(
        dir.join("tokens.csv"),
        format!("{admin},admin,admin,\"system:masters\"\n{viewer},viewer,viewer,\"viewers\"\n"),
    )?;
    let authority = fs::read_to_string(dir.join(format!("{}.crt", pki::AUTHORITY)))?;
    let write = |name: &str, user: &str, credentials: &Credentials<'_>| {
        kubeconfig::write(&dir.join(name), &cluster.server(), &authority, user, credentials)
    };
    write("admin.kubeconfig", "admin", &Credentials::Token(&admin))?;
    write("viewer.kubeconfig", "viewer", &Credentials::Token(&viewer))?;
    for component in ["kube-controller-manager", "kube-scheduler"] {
        let user = format!("system:{component}");
        let (certificate, key) = pki::user(dir, &user, None)?;
        write(&format!("{component}.kubeconfig"), &user, &Credentials::Certificate(&certificate, &key))?;
    }
    write_state(cluster)
}

fn bring_up(cluster: &Cluster, options: &Options) -> anyhow::Result<()> {
    let ports = cluster.state.ports;
    let has = |component: Component| options.components.contains(&component);
    let run = |component: Component| if has(component) { cluster.restart(component) } else { Ok(()) };
    run(Component::Etcd)?;
    if has(Component::Etcd) {
        // An apiserver that comes too early waits a second before it tries again.
        wait(cluster, "etcd to listen", || listens(ports.etcd))?;
    }
    run(Component::ApiServer)?;
    if !has(Component::ApiServer) {
        return Ok(());
    }
    wait(cluster, "the apiserver to be ready", || {
        listens(ports.apiserver) && cluster.kubectl_succeeds(&["get", "--raw=/readyz"])
    })?;
    run(Component::ControllerManager)?;
    run(Component::Scheduler)?;
    cluster.apply(VIEWER)?;
    wait(cluster, "the namespace `default`", || cluster.kubectl_succeeds(&["get", "namespace", "default"]))?;
    if has(Component::ControllerManager) {
        wait(cluster, "the service account `default`", || {
            cluster.kubectl_succeeds(&["get", "serviceaccount", "default", "--namespace=default"])
        })?;
    }
    let leases: Vec<_> = [Component::ControllerManager, Component::Scheduler].into_iter().filter(|c| has(*c)).collect();
    wait(cluster, "the leader leases", || {
        leases.iter().all(|component| {
            cluster.kubectl_succeeds(&["get", "lease", "--namespace=kube-system", component.program()])
        })
    })
}

fn listens(port: u16) -> bool {
    let address = (Ipv4Addr::LOCALHOST, port).into();
    TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_ok()
}

/// Waits for `there`, but no longer than every component lives.
fn wait(cluster: &Cluster, what: &str, mut there: impl FnMut() -> bool) -> anyhow::Result<()> {
    let start = Instant::now();
    while !there() {
        for process in cluster.processes()? {
            if let Some(how) = process.ended {
                bail!("{} ended ({how}); its log ends with:\n{}", process.name, log_end(cluster, &process.name));
            }
        }
        if start.elapsed() > PATIENCE {
            let logs = cluster.state.components.iter().map(|program| {
                format!("the log of {} ends with:\n{}\n", program.name, log_end(cluster, &program.name))
            });
            bail!("waited {} s for {what}, in vain\n{}", PATIENCE.as_secs(), logs.collect::<String>());
        }
        thread::sleep(Duration::from_millis(30));
    }
    Ok(())
}

fn log_end(cluster: &Cluster, component: &str) -> String {
    let log = fs::read(cluster.dir().join(format!("{component}.log"))).unwrap_or_default();
    last_lines(&String::from_utf8_lossy(&log), LOG_LINES)
}

/// Removes the folders of runs whose supervisor was killed and could not do it.
fn sweep() {
    let Ok(entries) = fs::read_dir(std::env::temp_dir()) else { return };
    for entry in entries.filter_map(Result::ok) {
        let path = entry.path();
        let named = entry.file_name().to_string_lossy().starts_with(FOLDER);
        if named && owner::only_ours(&path) && is_left_over(&path) {
            crate::node::sweep(&path);
            let _ = Command::new("rm").arg("-rf").arg("--one-file-system").arg(&path).status();
        }
    }
}

/// Has a supervisor's lock and socket (a kept folder has lost its socket, a new one has none yet), and nobody behind.
fn is_left_over(dir: &Path) -> bool {
    dir.join(supervisor::LOCK).exists() && dir.join(supervisor::SOCKET).exists() && !supervisor::lives(dir)
}
