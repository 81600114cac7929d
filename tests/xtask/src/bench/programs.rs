//! The programs that are measured or needed: built, or installed into the cache folder.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};
use quicktour_testkit::binaries;
use quicktour_testkit::talk::say;

use super::machine;
use crate::setup::cargo;

/// The rival that adds up what pods ask for, by its name and version on crates.io.
pub(crate) const VIEW_ALLOCATIONS: (&str, &str) = ("kubectl-view-allocations", "3.1.0");

/// The plugins that there are: package and program.
pub(crate) const PLUGINS: &[(&str, &str)] = &[
    ("kubectl-cluster-health", "kubectl-cluster_health"),
    ("kubectl-cluster-limits", "kubectl-cluster_limits"),
    ("kubectl-quickdeploy", "kubectl-quickdeploy"),
];

/// Builds the plugins in a profile and says in which folder they lie.
pub(crate) fn plugins(profile: &str) -> anyhow::Result<PathBuf> {
    let packages: Vec<&str> = PLUGINS.iter().map(|(package, _)| *package).collect();
    build(profile, &packages)
}

/// Where the plugins come from.
#[derive(clap::Args, Default)]
pub(crate) struct Source {
    /// Take the plugins from this folder instead of building them
    #[arg(long, value_name = "FOLDER")]
    built: Option<PathBuf>,
}

impl Source {
    /// The program of a plugin, built in this profile unless it was built before.
    pub(crate) fn program(&self, profile: &str, package: &str, name: &str) -> anyhow::Result<PathBuf> {
        let folder = match &self.built {
            Some(folder) => folder.canonicalize().with_context(|| format!("no folder `{}`", folder.display()))?,
            None => build(profile, &[package])?,
        };
        let program = folder.join(name);
        if !program.is_file() {
            bail!("there is no `{}`", program.display());
        }
        Ok(program)
    }

    /// The folder with all plugins, built in this profile unless they were built before.
    pub(crate) fn folder(&self, profile: &str) -> anyhow::Result<PathBuf> {
        match &self.built {
            Some(folder) => folder.canonicalize().with_context(|| format!("no folder `{}`", folder.display())),
            None => plugins(profile),
        }
    }

    /// What was measured, in words.
    pub(crate) fn words(&self, profile: &str) -> String {
        match self.built {
            Some(_) => "plugins that had been built before".to_owned(),
            None => format!("plugins of {} in profile `{profile}`", machine::commit()),
        }
    }
}

fn build(profile: &str, packages: &[&str]) -> anyhow::Result<PathBuf> {
    say(&format!("building {} ({profile})", packages.join(", ")));
    let mut build = cargo();
    build.args(["build", "--locked", "--quiet", "--profile", profile]);
    for package in packages {
        build.args(["--package", package]);
    }
    succeed(&mut build)?;
    Ok(target()?.join(profile))
}

/// The program that fills etcd.
pub(crate) fn seed() -> anyhow::Result<PathBuf> {
    go("seed")
}

/// The program that plays nodes.
pub(crate) fn player() -> anyhow::Result<PathBuf> {
    go("player")
}

/// A program of tests/cluster/cmd; Go's own cache makes this a matter of a second after the first time.
fn go(name: &str) -> anyhow::Result<PathBuf> {
    let program = target()?.join("bench").join(name);
    fs::create_dir_all(target()?.join("bench"))?;
    let mut go = Command::new("go");
    go.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../cluster"));
    go.args(["build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-o"])
        .arg(&program)
        .arg(format!("./cmd/{name}"));
    go.env("CGO_ENABLED", "0").env_remove("GOFLAGS");
    succeed(&mut go)?;
    Ok(program)
}

/// The rival from crates.io, installed once beside the test cluster's programs.
pub(crate) fn view_allocations() -> anyhow::Result<PathBuf> {
    let (name, version) = VIEW_ALLOCATIONS;
    // .../quicktour/cluster/KEY/bin
    let cache = binaries::ensure()?.dir().ancestors().nth(3).context("the cache folder has no place")?;
    let root = cache.join("bench").join(format!("{name}-{version}"));
    let program = root.join("bin").join(name);
    if !program.is_file() {
        say(&format!("installing {name} {version} from crates.io (once)"));
        let mut install = cargo();
        install.args(["install", name, "--version", version, "--locked", "--quiet", "--root"]).arg(&root);
        install.current_dir(env::temp_dir()).env_remove("CARGO_TARGET_DIR");
        succeed(&mut install)?;
    }
    Ok(program)
}

/// The folder that cargo builds into.
fn target() -> anyhow::Result<PathBuf> {
    let me = env::current_exe().context("finding this program's own file")?;
    Ok(me.ancestors().nth(2).context("this program lies nowhere")?.to_owned())
}

fn succeed(command: &mut Command) -> anyhow::Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("running `{name}`"))?;
    if !output.status.success() {
        bail!("`{name}` failed: {}", String::from_utf8_lossy(&output.stderr).trim_end());
    }
    Ok(())
}
