//! The machine that a node pretends to be: a folder, a network device, and private namespaces for processes and mounts
//! in which containerd runs. All of it ends with the cluster's supervisor.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, bail};

use super::network::Network;
use super::{images, root};
use crate::binaries::last_lines;
use crate::cluster::Cluster;
use crate::owner;
use crate::supervisor::Program;
use crate::wait::wait_for;

/// How a node's folder is named in its cluster's.
const FOLDER: &str = "node-";
/// The file that names a node's network device, for the cleaning.
const LINK: &str = "link";
const INIT: &str = include_str!("../../node/init.sh");
const CLEANUP: &str = include_str!("../../node/cleanup.sh");
const CONTAINERD: &str = include_str!("../../node/containerd.toml");
const HOSTS: &str = include_str!("../../node/hosts.toml");
const CNI: &str = include_str!("../../node/cni.conflist");
/// What the node's own mounts hide.
const HIDDEN: [&str; 3] = ["/run", "/var/lib", "/var/log"];
const REGISTRY_PORT: u16 = 5000;
/// containerd listens within half a second; this also holds while a compiler keeps the machine busy.
const PATIENCE: Duration = Duration::from_mins(1);

/// What machines differ in.
pub(crate) struct Plan {
    /// Whether it has a network of its own, behind the device, and an `/etc` of its own (`etc` in its folder).
    pub(crate) apart: bool,
    /// Further files of its folder; `@WORDS@` are filled in.
    pub(crate) files: Vec<(&'static str, String)>,
}

/// The pods' network of a machine apart: bridge, subnet and gateway. No other machine sees it.
const APART: [&str; 3] = ["cni0", "198.19.128.0/24", "198.19.128.1"];

#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) dir: PathBuf,
    pub(super) network: Network,
    /// The process id of the machine's process 1, as this machine counts.
    init: u32,
}

impl Machine {
    /// Brings the machine up, with its images; kubelet comes later.
    pub(crate) fn start(cluster: &Cluster, plan: &Plan) -> anyhow::Result<Self> {
        let plugins = root::installed()?;
        visible(cluster.dir(), "TMPDIR")?;
        visible(cluster.binaries().dir(), "XDG_CACHE_HOME")?;
        let network = Network::claim(cluster.dir())?;
        let dir = cluster.dir().join(format!("{FOLDER}{}", network.number()));
        let mut machine = Self { dir, network, init: 0 };
        machine.write_files(&plugins, plan)?;
        cluster.at_end(cleaning(&machine.dir, &machine.network.link()))?;
        machine.start_registry(cluster)?;
        machine.start_containerd(cluster, plan.apart)?;
        if plan.apart {
            machine.network.lead_into(machine.init)?;
        }
        let archive = machine.dir.join("images.tar");
        images::write(&archive, cluster.binaries())?;
        machine.import_images(&archive)?;
        fs::remove_file(&archive)?;
        Ok(machine)
    }

    /// The name of one of the machine's programs among those of the cluster.
    pub(crate) fn program(&self, name: &str) -> String {
        format!("{name}-{}", self.network.number())
    }

    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.dir.join(format!("{name}.log"))
    }

    /// The end of a log, for an error.
    pub(crate) fn log_end(&self, name: &str) -> String {
        let log = fs::read(self.log(name)).unwrap_or_default();
        last_lines(&String::from_utf8_lossy(&log), 20)
    }

    /// The words that run a program inside the machine: a program and its first arguments.
    pub(crate) fn inside(&self) -> [String; 7] {
        let target = format!("--target={}", self.init);
        // setpriv, because nsenter only waits for the program: a killed nsenter shall take it along.
        ["--mount", "--net", "--pid", &target, "setpriv", "--pdeathsig", "KILL"].map(str::to_owned)
    }

    fn write_files(&self, plugins: &Path, plan: &Plan) -> anyhow::Result<()> {
        let folders = ["run", "var-lib", "var-log", "cni", "registries/registry.test", "registries/unreachable.test"];
        let apart: &[&str] = if plan.apart { &["etc", "etc-work"] } else { &[] };
        for folder in folders.iter().chain(apart) {
            fs::create_dir_all(self.dir.join(folder))
                .with_context(|| format!("making `{}`", self.dir.join(folder).display()))?;
        }
        let network = &self.network;
        let of_pods = [network.link(), network.subnet(), network.address().to_string()];
        let [bridge, subnet, gateway] = if plan.apart { APART.map(str::to_owned) } else { of_pods };
        let words = [
            ("DIR", self.dir.display().to_string()),
            ("PAUSE", images::PAUSE.to_owned()),
            ("CNI_BIN", plugins.display().to_string()),
            ("BRIDGE", bridge),
            ("SUBNET", subnet),
            ("GATEWAY", gateway),
            ("ADDRESS", network.address().to_string()),
            ("APART", network.apart().to_string()),
        ];
        let fill = |template: &str| {
            words.iter().fold(template.to_owned(), |text, (word, value)| text.replace(&format!("@{word}@"), value))
        };
        let registry = format!("http://{}:{REGISTRY_PORT}", network.address());
        let files = [
            (LINK, network.link()),
            ("init.sh", INIT.to_owned()),
            ("containerd.toml", fill(CONTAINERD)),
            ("cni/10-bridge.conflist", fill(CNI)),
            ("registries/registry.test/hosts.toml", HOSTS.replace("@URL@", &registry)),
            // Port 1 on loopback: nothing has listened there for decades.
            ("registries/unreachable.test/hosts.toml", HOSTS.replace("@URL@", "http://127.0.0.1:1")),
        ];
        let further = plan.files.iter().map(|(name, text)| (*name, fill(text)));
        for (name, text) in files.into_iter().chain(further) {
            let path = self.dir.join(name);
            fs::write(&path, text).with_context(|| format!("writing `{}`", path.display()))?;
        }
        Ok(())
    }

    /// The registry that has no images: the web server answers as one.
    fn start_registry(&self, cluster: &Cluster) -> anyhow::Result<()> {
        cluster.spawn(Program {
            name: self.program("registry"),
            program: cluster.binaries().path("web"),
            args: vec![format!("--address={}:{REGISTRY_PORT}", self.network.address())],
            env: Vec::new(),
            log: self.log("registry"),
        })
    }

    fn start_containerd(&mut self, cluster: &Cluster, apart: bool) -> anyhow::Result<()> {
        let name = self.program("machine");
        let script = self.dir.join("init.sh").display().to_string();
        let dir = self.dir.display().to_string();
        let namespaces = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"].map(str::to_owned);
        let network = apart.then(|| "--net".to_owned());
        cluster.spawn(Program {
            name: name.clone(),
            program: "unshare".into(),
            args: namespaces.into_iter().chain(network).chain(["sh".to_owned(), script, dir]).collect(),
            env: Vec::new(),
            log: self.log("machine"),
        })?;
        let socket = self.dir.join("run/containerd/containerd.sock");
        wait_for("containerd to listen", PATIENCE, || {
            let process = cluster.processes().ok()?.into_iter().rev().find(|process| process.name == name)?;
            (process.ended.is_some() || socket.exists()).then_some(process)
        })
        .and_then(|process| match process.ended {
            Some(how) => bail!("the node's machine ended ({how}): {}", self.log_end("machine")),
            None => first_child(process.pid).map(|init| self.init = init),
        })
        .and_then(|()| serves_pods(&fs::read_to_string(self.log("containerd")).unwrap_or_default()))
        .with_context(|| format!("containerd's log ends with:\n{}", self.log_end("containerd")))
    }

    /// Takes in the images of an archive.
    pub(crate) fn import_images(&self, archive: &Path) -> anyhow::Result<()> {
        // Waits for the daemon itself: its socket exists a moment before it answers.
        let output = Command::new("nsenter")
            .args(self.inside())
            .args(["ctr", "--namespace=k8s.io", "--connect-timeout=30s", "images", "import"])
            .arg(archive)
            .output()
            .context("running `nsenter … ctr images import`")?;
        if !output.status.success() {
            bail!("importing the node's images failed: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(())
    }

    /// Its address, where it has a network of its own.
    pub(crate) fn address_apart(&self) -> std::net::Ipv4Addr {
        self.network.apart()
    }
}

/// Refuses a folder that the node's own mounts would hide from its programs; `variable` is what moves it.
fn visible(folder: &Path, variable: &str) -> anyhow::Result<()> {
    let real = folder.canonicalize().with_context(|| format!("finding `{}`", folder.display()))?;
    if HIDDEN.iter().any(|hidden| real.starts_with(hidden)) {
        bail!(
            "a node cannot use `{}`, which its own mounts hide\nhint: set {variable} to a folder outside {}",
            real.display(),
            HIDDEN.join(", ")
        );
    }
    Ok(())
}

/// The script is handed over as text: a file that lies about might be somebody else's.
fn cleaning(dir: &Path, link: &str) -> Program {
    Program {
        name: format!("cleaning of {link}"),
        program: "sh".into(),
        args: vec!["-c".into(), CLEANUP.into(), "cleanup.sh".into(), dir.display().to_string(), link.to_owned()],
        env: Vec::new(),
        log: dir.join("cleanup.log"),
    }
}

/// Removes what is left outside the folder by the nodes of a cluster whose supervisor was killed. The caller has seen
/// that nobody else can write into `cluster`.
pub(crate) fn sweep(cluster: &Path) {
    let Ok(entries) = fs::read_dir(cluster) else { return };
    for dir in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        let file = dir.join(LINK);
        if !owner::only_ours(&dir) || !owner::only_ours(&file) {
            continue;
        }
        if let Ok(link) = fs::read_to_string(file) {
            let cleaning = cleaning(&dir, &link);
            let _ = Command::new(cleaning.program).args(cleaning.args).status();
        }
    }
}

/// Without the plugin that serves kubelets containerd goes on, and only the kubelet's end would tell.
fn serves_pods(log: &str) -> anyhow::Result<()> {
    let Some(line) = log.lines().find(|line| line.contains("failed to load plugin io.containerd.grpc.v1.cri")) else {
        return Ok(());
    };
    let hint = if line.contains("too many open files") {
        "\nhint: end other nodes, or allow more: sysctl -w fs.inotify.max_user_instances=1024"
    } else {
        ""
    };
    bail!("containerd does not serve pods: {line}{hint}")
}

fn first_child(pid: i32) -> anyhow::Result<u32> {
    let path = format!("/proc/{pid}/task/{pid}/children");
    let children = fs::read_to_string(&path).with_context(|| format!("reading `{path}`"))?;
    let first = children.split_whitespace().next().context("the node's machine has no process 1")?;
    Ok(first.parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_that_the_nodes_mounts_hide_are_refused() {
        let error = visible(Path::new("/var/lib/../lib"), "XDG_CACHE_HOME").unwrap_err().to_string();
        assert!(error.starts_with("a node cannot use `/var/lib`"), "{error}");
        assert!(error.contains("hint: set XDG_CACHE_HOME"), "{error}");
        visible(Path::new("/usr"), "XDG_CACHE_HOME").unwrap();
    }

    // As containerd 1.6.20 writes it.
    #[test]
    fn a_containerd_that_serves_no_pods_is_named_before_a_kubelet_meets_it() {
        let log = r#"time="2026-11-23T22:18:42Z" level=info msg="loading plugin \"io.containerd.grpc.v1.cri\"..."
time="2026-11-23T22:18:42Z" level=warning msg="failed to load plugin io.containerd.grpc.v1.cri" error="failed to create CRI service: failed to create cni conf monitor for default: failed to create fsnotify watcher: too many open files""#;
        let said = serves_pods(log).unwrap_err().to_string();
        assert!(said.contains("fsnotify") && said.contains("hint: "), "{said}");
        serves_pods(log.lines().next().unwrap()).unwrap();
    }

    #[test]
    fn what_others_could_have_written_is_not_believed() {
        use std::os::unix::fs::PermissionsExt as _;

        let cluster = tempfile::tempdir().unwrap();
        let dir = cluster.path().join("node-1");
        fs::create_dir(&dir).unwrap();
        let kept = dir.join("kept");
        fs::write(&kept, "").unwrap();
        // Were it run, the kept file would go.
        fs::write(dir.join("cleanup.sh"), format!("rm {}\n", kept.display())).unwrap();
        fs::write(dir.join(LINK), "no-such-link").unwrap();
        for mode in [0o755, 0o777] {
            fs::set_permissions(&dir, fs::Permissions::from_mode(mode)).unwrap();
            sweep(cluster.path());
            assert!(kept.exists());
        }
        assert!(!owner::only_ours(&dir));
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(owner::only_ours(&dir));
        let alias = cluster.path().join("alias");
        std::os::unix::fs::symlink(&dir, &alias).unwrap();
        assert!(!owner::only_ours(&alias), "a link leads anywhere");
    }
}
