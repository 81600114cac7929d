//! Finds the workspace's own programs beside the running test, and builds those that are missing or out of date:
//! `cargo test --package` builds the programs of the tested package only.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, bail};

/// Set (to anything) when all programs of the workspace have just been built, as `cargo xtask test` does.
pub const BUILT_VARIABLE: &str = "QUICKTOUR_PROGRAMS_BUILT";

/// The file of one of the workspace's programs, up to date.
///
/// # Errors
/// When it cannot be built: with what the compiler said.
pub fn program(name: &str) -> anyhow::Result<PathBuf> {
    // Held while building, so that the threads of one test process build a program once.
    static BUILT: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(program) = built.get(name) {
        return Ok(program.clone());
    }
    let folder = folder()?;
    let program = folder.join(name);
    if env::var_os(BUILT_VARIABLE).is_none() {
        build(name, &folder)?;
    }
    if !program.is_file() {
        bail!("there is no `{}`\nhint: run `cargo build --workspace --bins`", program.display());
    }
    built.insert(name.to_owned(), program.clone());
    Ok(program)
}

/// The folder of the profile that this program was built in, such as `target/debug`.
pub(crate) fn folder() -> anyhow::Result<PathBuf> {
    let me = env::current_exe().context("finding this program's own file")?;
    let folder = me.parent().context("this program lies nowhere")?;
    let inner = folder.ends_with("deps") || folder.ends_with("examples");
    let folder = if inner { folder.parent().context("this program lies nowhere")? } else { folder };
    Ok(folder.to_owned())
}

/// Has cargo build one program of the workspace into `folder`.
pub(crate) fn build(name: &str, folder: &Path) -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.toml");
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--locked", "--quiet", "--workspace", "--bin", name, "--manifest-path"]).arg(root);
    cargo.arg("--target-dir").arg(folder.parent().context("the target folder has no parent")?);
    match folder.file_name().and_then(|name| name.to_str()) {
        None | Some("debug") => {}
        Some(profile) => {
            cargo.args(["--profile", profile]);
        }
    }
    let output = cargo.output().context("running `cargo build`")?;
    if !output.status.success() {
        bail!("building `{name}` failed:\n{}", String::from_utf8_lossy(&output.stderr).trim_end());
    }
    Ok(())
}
