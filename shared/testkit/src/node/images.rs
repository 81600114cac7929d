//! The images of the node, made here because no registry can be counted on: one archive in Docker's format with one
//! layer for each program and as many names as the tests need.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::Context as _;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::binaries::Binaries;

/// What holds a pod's namespaces open; named in containerd's configuration.
pub(super) const PAUSE: &str = "registry.test/pause:v1";
/// The web server of tests/cluster/cmd/web: answers `/env/api`, `/healthy`, `/ready` and so on as kuard does, and fails
/// as its arguments say (`--exit-after=1s --exit-code=3`, `--allocate-mib=200`, `--start-delay`,
/// `--readiness-fail-next=-1`). Its `VERSION` is `v1`.
pub const WEB: &str = "registry.test/web:v1";
/// The same with `VERSION` `v2`, for updates.
pub const WEB_V2: &str = "registry.test/web:v2";
/// The same with `VERSION` `v3`, for a second update.
pub const WEB_V3: &str = "registry.test/web:v3";
/// The same for the user `nobody:nobody`, by name: with `runAsNonRoot` and without `runAsUser` the kubelet refuses it.
pub const WEB_NAMED_USER: &str = "registry.test/web:named-user";
/// Refused by a registry that has no such image: a pull of it says `not found`.
pub const MISSING: &str = "registry.test/web:missing";
/// Refused by a registry that wants a login.
pub const PRIVATE: &str = "registry.test/private/web:v1";
/// Refused by a registry that has served enough (429).
pub const RATE_LIMITED: &str = "registry.test/limited/web:v1";
/// In a registry that refuses every connection.
pub const UNREACHABLE: &str = "unreachable.test/web:v1";

struct Image {
    name: &'static str,
    program: &'static str,
    version: &'static str,
    user: &'static str,
}

const IMAGES: [Image; 5] = [
    Image { name: PAUSE, program: "pause", version: "v1", user: "" },
    Image { name: WEB, program: "web", version: "v1", user: "" },
    Image { name: WEB_V2, program: "web", version: "v2", user: "" },
    Image { name: WEB_V3, program: "web", version: "v3", user: "" },
    Image { name: WEB_NAMED_USER, program: "web", version: "v1", user: "nobody:nobody" },
];

/// The whole user database of the images: what `nobody:nobody` is looked up in.
const PASSWD: &str = "root:x:0:0:root:/:/none\nnobody:x:65534:65534:nobody:/:/none\n";
const GROUP: &str = "root:x:0:\nnobody:x:65534:\n";

/// Writes the archive of all images to `path`, for `ctr images import`.
pub(super) fn write(path: &Path, binaries: &Binaries) -> anyhow::Result<()> {
    let file = fs::File::create(path).with_context(|| format!("writing `{}`", path.display()))?;
    let mut archive = tar::Builder::new(file);
    let mut manifest = Vec::new();
    let mut digests = BTreeMap::new();
    for program in IMAGES.iter().map(|image| image.program).collect::<BTreeSet<_>>() {
        let layer = layer(&binaries.path(program), program)?;
        append(&mut archive, &format!("{program}.tar"), &layer, 0o644)?;
        digests.insert(program, digest(&layer));
    }
    for image in &IMAGES {
        let config = format!("{}.json", image.name.replace(['/', ':'], "-"));
        append(&mut archive, &config, describe(image, &digests[image.program]).to_string().as_bytes(), 0o644)?;
        let layer = format!("{}.tar", image.program);
        manifest.push(json!({"Config": config, "RepoTags": [image.name], "Layers": [layer]}));
    }
    append(&mut archive, "manifest.json", json!(manifest).to_string().as_bytes(), 0o644)?;
    archive.into_inner()?.flush()?;
    Ok(())
}

fn layer(program: &Path, name: &str) -> anyhow::Result<Vec<u8>> {
    let content = fs::read(program).with_context(|| format!("reading `{}`", program.display()))?;
    let mut layer = tar::Builder::new(Vec::new());
    append(&mut layer, "etc/passwd", PASSWD.as_bytes(), 0o644)?;
    append(&mut layer, "etc/group", GROUP.as_bytes(), 0o644)?;
    append(&mut layer, name, &content, 0o755)?;
    Ok(layer.into_inner()?)
}

pub(crate) fn append(
    archive: &mut tar::Builder<impl Write>,
    name: &str,
    content: &[u8],
    mode: u32,
) -> anyhow::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(u64::try_from(content.len())?);
    header.set_mode(mode);
    archive.append_data(&mut header, name, content).with_context(|| format!("packing `{name}`"))
}

/// The image's configuration file.
fn describe(image: &Image, layer: &str) -> serde_json::Value {
    json!({
        "architecture": architecture(),
        "os": "linux",
        "config": {
            "Entrypoint": [format!("/{}", image.program)],
            "Env": [format!("VERSION={}", image.version)],
            "ExposedPorts": {"8080/tcp": {}},
            "User": image.user,
            "WorkingDir": "/",
        },
        "rootfs": {"type": "layers", "diff_ids": [layer]},
        "history": [],
    })
}

/// This machine's architecture as images name it.
pub(crate) fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

pub(crate) fn digest(content: &[u8]) -> String {
    let hex = Sha256::digest(content).iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    format!("sha256:{hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_written_as_registries_write_them() {
        assert_eq!(digest(b""), "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
