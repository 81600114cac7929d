//! The images that kubeadm names, made of the programs that tests/cluster builds. kube-proxy's also holds this machine's
//! iptables, which it calls.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};
use serde_json::json;

use crate::binaries::{self, Binaries};
use crate::node::images::{append, architecture, digest};
use crate::talk::say;

/// The folder of an image's program; in its `PATH`, because static pods name their programs only.
const BIN: &str = "usr/local/bin";
/// What kube-proxy calls.
const IPTABLES: &str = "iptables";
/// Its other names, by which the one program knows what to do.
const IPTABLES_NAMES: [&str; 6] =
    [IPTABLES, "iptables-save", "iptables-restore", "ip6tables", "ip6tables-save", "ip6tables-restore"];

/// The archive of all of them, for `ctr images import`: 400 MB, made once and kept beside kubeadm.
pub(super) fn archive() -> anyhow::Result<PathBuf> {
    let all = [binaries::ensure()?, binaries::ensure_kubeadm()?[0], binaries::ensure_kubeadm()?[1]];
    let [control_plane, kubeadm, coredns] = all;
    let iptables = iptables()?;
    // Each folder is named after what it was built from.
    let built = |binaries: &Binaries| {
        let folder = binaries.dir().parent().and_then(Path::file_name).unwrap_or_default();
        folder.to_string_lossy().into_owned()
    };
    let folder = kubeadm.dir().parent().context("kubeadm lies nowhere")?;
    let archive = folder.join(format!("images-{}-{}.tar", built(control_plane), built(coredns)));
    // Two test threads or processes may come here at once: one packs, the other waits and finds it packed.
    let lock = fs::File::create(folder.join("images.lock"))?;
    lock.lock().with_context(|| format!("locking `{}`", folder.display()))?;
    if archive.is_file() {
        return Ok(archive);
    }
    say("packing the images of a kubeadm cluster, once");
    let mut unfinished = tempfile::NamedTempFile::new_in(folder).context("packing images")?;
    let mut tar = tar::Builder::new(unfinished.as_file_mut());
    let mut manifest = Vec::new();
    for name in names(kubeadm)? {
        let program = program(&name)?;
        let holder = all.iter().find(|binaries| binaries.path(program).is_file());
        let holder = holder.with_context(|| format!("kubeadm names the image `{name}`, and nothing here builds it"))?;
        let mut files = BTreeMap::from([(format!("{BIN}/{program}"), holder.path(program))]);
        let mut links = Vec::new();
        if program == "kube-proxy" {
            files.extend(iptables.files.clone());
            links = IPTABLES_NAMES.map(|name| (format!("{BIN}/{name}"), iptables.program.clone())).to_vec();
        }
        let layer = layer(&files, &links)?;
        let (layer_file, config_file) = (format!("{program}.tar"), format!("{program}.json"));
        append(&mut tar, &layer_file, &layer, 0o644)?;
        append(&mut tar, &config_file, describe(program, &digest(&layer)).to_string().as_bytes(), 0o644)?;
        manifest.push(json!({"Config": config_file, "RepoTags": [name], "Layers": [layer_file]}));
    }
    append(&mut tar, "manifest.json", json!(manifest).to_string().as_bytes(), 0o644)?;
    tar.into_inner()?.flush()?;
    unfinished.persist(&archive).with_context(|| format!("writing `{}`", archive.display()))?;
    Ok(archive)
}

/// The images that this kubeadm wants, with their tags.
fn names(kubeadm: &Binaries) -> anyhow::Result<Vec<String>> {
    let output = Command::new(kubeadm.path("kubeadm"))
        .args(["config", "images", "list", "--kubernetes-version", kubeadm.version()])
        .output()
        .context("asking kubeadm for its images")?;
    if !output.status.success() {
        bail!("`kubeadm config images list` failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect())
}

/// `coredns` of `registry.k8s.io/coredns/coredns:v1.14.2`.
fn program(image: &str) -> anyhow::Result<&str> {
    let last = image.rsplit('/').next().unwrap_or_default();
    let (program, _) = last.split_once(':').with_context(|| format!("the image `{image}` has no tag"))?;
    Ok(program)
}

fn describe(program: &str, layer: &str) -> serde_json::Value {
    json!({
        "architecture": architecture(),
        "os": "linux",
        "config": {"Entrypoint": [format!("/{BIN}/{program}")], "Env": [format!("PATH=/{BIN}")], "WorkingDir": "/"},
        "rootfs": {"type": "layers", "diff_ids": [layer]},
        "history": [],
    })
}

fn layer(files: &BTreeMap<String, PathBuf>, links: &[(String, String)]) -> anyhow::Result<Vec<u8>> {
    let mut layer = tar::Builder::new(Vec::new());
    for (name, path) in files {
        let content = fs::read(path).with_context(|| format!("reading `{}`", path.display()))?;
        append(&mut layer, name, &content, 0o755)?;
    }
    for (name, target) in links {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        header.set_mode(0o777);
        layer.append_link(&mut header, name, target).with_context(|| format!("packing `{name}`"))?;
    }
    Ok(layer.into_inner()?)
}

/// This machine's iptables with all it loads.
struct Iptables {
    /// Where its one program lies.
    program: String,
    /// What goes where, the leading slash left out.
    files: BTreeMap<String, PathBuf>,
}

fn iptables() -> anyhow::Result<Iptables> {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).map(|folder| folder.join(IPTABLES)).find(|program| program.is_file());
    let found = found.context("kube-proxy needs iptables\nhint: `cargo xtask setup` as root (Debian, Ubuntu)")?;
    let program = found.canonicalize()?;
    let output = Command::new("ldd").arg(&program).output().context("running `ldd`")?;
    let mut files = vec![program.clone()];
    for library in String::from_utf8_lossy(&output.stdout).split_whitespace().filter(|word| word.starts_with('/')) {
        files.push(library.into());
        // Its extensions lie beside its own library.
        if library.contains("/libxtables.") {
            let folder = Path::new(library).canonicalize()?.with_file_name("xtables");
            let entries = fs::read_dir(&folder).with_context(|| format!("reading `{}`", folder.display()))?;
            files.extend(entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_file()));
        }
    }
    let within = |path: &Path| path.display().to_string().trim_start_matches('/').to_owned();
    let files = files.into_iter().map(|path| (within(&path), path)).collect();
    Ok(Iptables { program: program.display().to_string(), files })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_named_after_their_programs() {
        assert_eq!(program("registry.k8s.io/coredns/coredns:v1.14.2").unwrap(), "coredns");
        assert_eq!(program("registry.k8s.io/etcd:3.6.8-0").unwrap(), "etcd");
        assert!(program("registry.k8s.io/etcd").is_err());
    }
}
