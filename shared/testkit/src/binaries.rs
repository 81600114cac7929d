//! Builds the programs of the test cluster from their published Go modules, once, and keeps them outside `target/`.
//!
//! The folder is `${XDG_CACHE_HOME:-~/.cache}/quicktour/cluster/<sources>-<go version>/bin`, where `<sources>` is a
//! hash of everything in tests/cluster that decides what is built. A newer version of Kubernetes is a new `go.mod`
//! and so a new folder.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, bail};

use crate::talk::say;

/// Programs that are built together.
struct Set {
    /// What to call them.
    what: &'static str,
    /// What building them costs, for the patience of whoever waits.
    cost: &'static str,
    /// The folder of their Go module, in tests/cluster.
    module: &'static str,
    /// The module whose version is theirs.
    requirement: &'static str,
    /// The name of each and the Go package that it comes from.
    programs: &'static [(&'static str, &'static str)],
}

const CONTROL_PLANE: Set = Set {
    what: "Kubernetes",
    cost: "about 5 minutes on 2 cores",
    module: "",
    requirement: "k8s.io/kubernetes",
    programs: &[
        ("etcd", "./cmd/etcd"),
        ("kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver"),
        ("kube-controller-manager", "k8s.io/kubernetes/cmd/kube-controller-manager"),
        ("kube-proxy", "k8s.io/kubernetes/cmd/kube-proxy"),
        ("kube-scheduler", "k8s.io/kubernetes/cmd/kube-scheduler"),
        ("kubectl", "k8s.io/kubernetes/cmd/kubectl"),
        ("kubelet", "k8s.io/kubernetes/cmd/kubelet"),
        ("pause", "./cmd/pause"),
        ("web", "./cmd/web"),
    ],
};
const KUBEADM: Set = Set {
    what: "kubeadm",
    cost: "less than a minute",
    module: "",
    requirement: "k8s.io/kubernetes",
    programs: &[("kubeadm", "k8s.io/kubernetes/cmd/kubeadm")],
};
const COREDNS: Set = Set {
    what: "CoreDNS",
    cost: "about 2 minutes on 2 cores",
    module: "coredns",
    requirement: "github.com/coredns/coredns",
    programs: &[("coredns", "./")],
};

/// In each folder of programs: locked while they are built, touched whenever they are used.
const LOCK: &str = "lock";
/// How the folders of builds are named that are at work, or were killed.
const UNFINISHED: &str = "unfinished-";
/// How long the programs of other versions are kept.
const KEPT_UNUSED: Duration = Duration::from_hours(14 * 24);

/// The folder that holds the programs of the test cluster.
#[derive(Debug, Clone)]
pub struct Binaries {
    dir: PathBuf,
    version: String,
}

impl Binaries {
    /// The path of one program, such as `kubectl`.
    #[must_use]
    pub fn path(&self, program: &str) -> PathBuf {
        self.dir.join(program)
    }

    /// The folder they lie in.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The version of Kubernetes, as `v1.36.3`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }
}

/// The programs, built if they are not there yet (about five minutes on two cores, once).
///
/// # Errors
/// When Go is missing or too old, or the build fails: the error says what to install, or what the build said.
pub fn ensure() -> anyhow::Result<&'static Binaries> {
    static BUILT: OnceLock<Binaries> = OnceLock::new();
    once(&BUILT, CONTROL_PLANE)
}

/// What a cluster needs that is made by kubeadm: kubeadm, and CoreDNS. Built apart, because few tests want one.
///
/// # Errors
/// As [`ensure`].
pub fn ensure_kubeadm() -> anyhow::Result<[&'static Binaries; 2]> {
    static BUILT: [OnceLock<Binaries>; 2] = [OnceLock::new(), OnceLock::new()];
    Ok([once(&BUILT[0], KUBEADM)?, once(&BUILT[1], COREDNS)?])
}

fn once(built: &'static OnceLock<Binaries>, set: Set) -> anyhow::Result<&'static Binaries> {
    if let Some(built) = built.get() {
        return Ok(built);
    }
    let now = Recipe::of_this_project(set)?.ensure()?;
    Ok(built.get_or_init(|| now))
}

/// What decides the build: where the module lies, what it says, and which compiler is asked.
struct Recipe {
    set: Set,
    module: PathBuf,
    cache: PathBuf,
    version: String,
    /// The `go` line of go.mod: the oldest compiler that will do.
    oldest_go: String,
    sources: String,
}

impl Recipe {
    fn of_this_project(set: Set) -> anyhow::Result<Self> {
        if !cfg!(target_os = "linux") {
            bail!(
                "the test cluster runs on Linux only: kubelet and the supervisor need its process control\nhint: run the tests in a Linux virtual machine or container"
            );
        }
        let module = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cluster").join(set.module);
        let module = module.canonicalize().with_context(|| format!("finding `{}`", module.display()))?;
        Self::new(set, module, cache_home()?.join("quicktour/cluster"))
    }

    fn new(set: Set, module: PathBuf, cache: PathBuf) -> anyhow::Result<Self> {
        let manifest = read(&module.join("go.mod"))?;
        let version = word_after(&manifest, set.requirement);
        let version = version.with_context(|| format!("`{}` names no {}", module.display(), set.requirement))?;
        let oldest_go = word_after(&manifest, "go").context("a go.mod of tests/cluster has no `go` line")?;
        let mut sources = manifest.clone() + &read(&module.join("go.sum"))? + &stamp(&version)?;
        for (name, package) in set.programs {
            sources += name;
            sources += package;
            // The other packages are pinned by go.sum.
            if let Some(own) = package.strip_prefix("./") {
                for file in go_files(&module.join(own))? {
                    sources += &read(&file)?;
                }
            }
        }
        Ok(Self { set, module, cache, version, oldest_go, sources: format!("{:016x}", fnv(sources.as_bytes())) })
    }

    fn ensure(&self) -> anyhow::Result<Binaries> {
        let built = |dir: PathBuf| Binaries { dir, version: self.version.clone() };
        let go = match self.go_version() {
            Ok(go) => go,
            // Without Go, what an earlier Go built will do; without that, nothing will.
            Err(error) => return self.built_by_any_go().map(built).ok_or(error),
        };
        let folder = self.cache.join(format!("{}-{go}", self.sources));
        let bin = folder.join("bin");
        if bin.is_dir() {
            // The time of the last use; see `remove_unused`. A cache that cannot be written to is still good.
            let _ = fs::File::create(folder.join(LOCK)).and_then(|lock| lock.set_modified(SystemTime::now()));
            return Ok(built(bin));
        }
        fs::create_dir_all(&folder).with_context(|| format!("making the folder `{}`", folder.display()))?;
        let lock = fs::File::create(folder.join(LOCK))?;
        // Two test processes may come here at once: one builds, the other waits and finds it built.
        lock.lock().with_context(|| format!("locking `{}`", folder.display()))?;
        if !bin.is_dir() {
            remove_unfinished(&folder);
            self.remove_unused();
            self.build(&folder, &bin)?;
        }
        Ok(built(bin))
    }

    /// Removes the programs of other versions (400 MB each) that nobody has used for two weeks.
    fn remove_unused(&self) {
        let unused = |folder: &Path| {
            let used = fs::metadata(folder.join(LOCK)).and_then(|lock| lock.modified()).ok()?;
            Some(used.elapsed().ok()? > KEPT_UNUSED)
        };
        for folder in folders(&self.cache) {
            if unused(&folder) == Some(true) {
                let _ = fs::remove_dir_all(folder);
            }
        }
    }

    fn build(&self, folder: &Path, bin: &Path) -> anyhow::Result<()> {
        say(&format!(
            "building {} {} for the tests: {}, once (kept in `{}`)",
            self.set.what,
            self.version,
            self.set.cost,
            folder.display()
        ));
        let start = Instant::now();
        let unfinished = tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(folder)?;
        let mut go = Command::new("go");
        go.current_dir(&self.module)
            .args(["build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags"])
            .arg(stamp(&self.version)?)
            .arg("-o")
            .arg(format!("{}/", unfinished.path().display()))
            .args(self.set.programs.iter().map(|(_, package)| package))
            .env("CGO_ENABLED", "0")
            .env_remove("GOFLAGS");
        let output = go.output().context("running `go build`")?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("building {} failed ({}):\n{}", self.set.what, output.status, last_lines(&said, 40));
        }
        for (name, _) in self.set.programs {
            if !unfinished.path().join(name).is_file() {
                bail!("building {} made no `{name}`", self.set.what);
            }
        }
        let finished = unfinished.keep();
        fs::rename(&finished, bin).with_context(|| format!("moving the build to `{}`", bin.display()))?;
        say(&format!("built {} {} in {:.0} s", self.set.what, self.version, start.elapsed().as_secs_f64()));
        Ok(())
    }

    /// The compiler's version, as `go1.26.8`; asked in the module, where a newer toolchain may be chosen.
    fn go_version(&self) -> anyhow::Result<String> {
        let hint = format!(
            "hint: install Go {} or newer (https://go.dev/dl/) and make sure that `go version` works",
            self.oldest_go
        );
        let output = match Command::new("go").args(["env", "GOVERSION"]).current_dir(&self.module).output() {
            Ok(output) => output,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                bail!("the test cluster is built with Go, and there is no `go` in PATH\n{hint}")
            }
            Err(error) => return Err(error).context("running `go env GOVERSION`"),
        };
        let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if !output.status.success() || !version.starts_with("go") {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("`go` is no Go that can build the test cluster: {}\n{hint}", said.trim());
        }
        let number = version.trim_start_matches("go");
        if release(number) < release(&self.oldest_go) {
            bail!("Go {number} is too old to build the test cluster\n{hint}");
        }
        Ok(version.replace([' ', '/'], "_"))
    }

    fn built_by_any_go(&self) -> Option<PathBuf> {
        let prefix = format!("{}-", self.sources);
        folders(&self.cache)
            .into_iter()
            .filter(|folder| name_starts_with(folder, &prefix))
            .map(|folder| folder.join("bin"))
            .find(|bin| bin.is_dir())
    }
}

/// What a killed build has left; the caller holds the lock, so none is at work.
fn remove_unfinished(folder: &Path) {
    for unfinished in folders(folder).iter().filter(|folder| name_starts_with(folder, UNFINISHED)) {
        let _ = fs::remove_dir_all(unfinished);
    }
}

fn folders(parent: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().filter_map(Result::ok);
    entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}

fn name_starts_with(path: &Path, prefix: &str) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix))
}

/// What the linker writes into the programs: clients cannot read a version that is not stamped.
fn stamp(version: &str) -> anyhow::Result<String> {
    let mut numbers = version.trim_start_matches('v').split('.');
    let (Some(major), Some(minor)) = (numbers.next(), numbers.next()) else {
        bail!("`{version}` is no version of Kubernetes");
    };
    let stamps = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].map(|package| {
        format!(
            "-X {package}.gitVersion={version} -X {package}.gitMajor={major} -X {package}.gitMinor={minor} -X {package}.gitTreeState=clean"
        )
    });
    Ok(format!("-s -w {}", stamps.join(" ")))
}

fn cache_home() -> anyhow::Result<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("XDG_CACHE_HOME")
        .or_else(|| set("HOME").map(|home| home.join(".cache")))
        .context("no place to keep the test cluster's programs\nhint: set HOME or XDG_CACHE_HOME")
}

fn go_files(module: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut folders = vec![module.to_owned()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("reading `{}`", folder.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension() == Some(OsStr::new("go")) {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

fn read(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("reading `{}`", path.display()))
}

/// The second word of the first line whose first word is `key` (in go.mod, where a key opens its line, or follows the
/// `require` of a line of its own).
fn word_after(manifest: &str, key: &str) -> Option<String> {
    manifest.lines().find_map(|line| {
        let mut words = line.trim_start().trim_start_matches("require ").split_whitespace();
        (words.next() == Some(key)).then(|| words.next().map(str::to_owned)).flatten()
    })
}

fn release(version: &str) -> Vec<u32> {
    version.split('.').map_while(|part| part.parse().ok()).collect()
}

/// The last lines of what a program said, for an error.
pub(crate) fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

/// FNV-1a: names a folder; nothing here defends against somebody who looks for a clash.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_versions_from_go_mod() {
        let manifest = "module x\n\ngo 1.26.0\n\nrequire (\n\tk8s.io/kubernetes v1.36.3\n)\n";
        assert_eq!(word_after(manifest, "go").as_deref(), Some("1.26.0"));
        assert_eq!(word_after(manifest, "k8s.io/kubernetes").as_deref(), Some("v1.36.3"));
        assert_eq!(word_after(manifest, "k8s.io/api"), None);
        assert_eq!(word_after("require example.com/dns v1.14.2\n", "example.com/dns").as_deref(), Some("v1.14.2"));
    }

    #[test]
    fn orders_releases_by_number() {
        assert!(release("1.9.4") < release("1.26.0"));
        assert!(release("1.26") < release("1.26.0"));
        assert!(release("1.27rc1") < release("1.27.0"));
    }

    #[test]
    fn what_is_not_used_goes_and_what_is_used_stays() {
        let cache = tempfile::tempdir().unwrap();
        let recipe = Recipe {
            set: KUBEADM,
            module: PathBuf::new(),
            cache: cache.path().to_owned(),
            version: String::new(),
            oldest_go: String::new(),
            sources: String::new(),
        };
        for (name, age) in [("old", KEPT_UNUSED * 2), ("fresh", KEPT_UNUSED / 2)] {
            let folder = cache.path().join(name);
            fs::create_dir(&folder).unwrap();
            fs::create_dir(folder.join("unfinished-1")).unwrap();
            let lock = fs::File::create(folder.join(LOCK)).unwrap();
            lock.set_modified(SystemTime::now() - age).unwrap();
        }
        recipe.remove_unused();
        let fresh = cache.path().join("fresh");
        assert_eq!(folders(cache.path()), std::slice::from_ref(&fresh));
        remove_unfinished(&fresh);
        assert!(folders(&fresh).is_empty());
    }

    #[test]
    fn changed_sources_are_another_folder() {
        let folder = tempfile::tempdir().unwrap();
        let module = folder.path().join("module");
        for own in CONTROL_PLANE.programs.iter().filter_map(|(_, package)| package.strip_prefix("./")) {
            fs::create_dir_all(module.join(own)).unwrap();
        }
        fs::write(module.join("go.mod"), "go 1.26.0\nk8s.io/kubernetes v1.36.3\n").unwrap();
        fs::write(module.join("go.sum"), "").unwrap();
        fs::write(module.join("cmd/etcd/main.go"), "package main\n").unwrap();
        let sources = || Recipe::new(CONTROL_PLANE, module.clone(), folder.path().join("cache")).unwrap().sources;
        let before = sources();
        assert_eq!(before, sources());
        fs::write(module.join("cmd/etcd/main.go"), "package main\n\n").unwrap();
        assert_ne!(before, sources());
    }
}
