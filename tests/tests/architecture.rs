//! The arrows between the rooms, as ARCHITECTURE.md draws them, against what the manifests say.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

/// What only developers run; no part of a plugin.
const DEVELOPMENT: [&str; 3] = ["quicktour-testkit", "quicktour-tests", "quicktour-xtask"];

/// The rooms that each room may use. Plugins may use every room but those of development.
const ARROWS: &[(&str, &[&str])] = &[
    ("quicktour-report", &[]),
    ("quicktour-client", &["quicktour-report"]),
    ("quicktour-survey", &["quicktour-client", "quicktour-report"]),
    ("quicktour-checks", &["quicktour-survey", "quicktour-report"]),
    ("quicktour-deploy", &["quicktour-client", "quicktour-checks", "quicktour-report"]),
    ("quicktour-testkit", &[]),
    ("quicktour-tests", &[]),
    ("quicktour-xtask", &["quicktour-testkit"]),
];

/// Crates that only certain rooms may name.
const ENCLOSED: &[(&str, &[&str])] = &[
    ("kube", &["quicktour-client"]),
    ("kube-client", &[]),
    ("k8s-openapi", &["quicktour-client"]),
    ("tokio", &["quicktour-client", "quicktour-survey", "quicktour-deploy", "plugins"]),
    ("fluent-bundle", &["quicktour-report"]),
];

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
        .no_deps()
        .exec()
        .unwrap()
}

fn is_plugin(package: &Package) -> bool {
    package.name.starts_with("kubectl-")
}

/// What a package names in its manifest, without what only its tests use.
fn uses(package: &Package) -> BTreeSet<&str> {
    let used = package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development);
    used.map(|dependency| dependency.name.as_str()).collect()
}

#[test]
fn no_arrow_points_the_wrong_way() {
    let metadata = metadata();
    let arrows: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let rooms: BTreeSet<&str> = arrows.keys().copied().filter(|room| !DEVELOPMENT.contains(room)).collect();
    for package in metadata.workspace_packages() {
        let ours: BTreeSet<&str> = uses(package)
            .into_iter()
            .filter(|name| name.starts_with("quicktour-") || name.starts_with("kubectl-"))
            .collect();
        let allowed: BTreeSet<&str> = if is_plugin(package) {
            rooms.clone()
        } else {
            let allowed = arrows.get(package.name.as_str());
            allowed
                .unwrap_or_else(|| panic!("{} has no place in the house yet", package.name))
                .iter()
                .copied()
                .collect()
        };
        let wrong: Vec<&&str> = ours.difference(&allowed).collect();
        assert!(wrong.is_empty(), "{} must not use {wrong:?}", package.name);
    }
}

#[test]
fn what_talks_to_clusters_is_named_in_one_room() {
    for package in metadata().workspace_packages() {
        for (name, rooms) in ENCLOSED {
            let allowed = rooms.contains(&package.name.as_str()) || (is_plugin(package) && rooms.contains(&"plugins"));
            assert!(allowed || !uses(package).contains(name), "{} must not name {name}", package.name);
        }
    }
}

#[test]
fn versions_lints_and_the_msrv_are_said_once() {
    let metadata = metadata();
    let root = metadata.workspace_root.as_std_path();
    for package in metadata.workspace_packages() {
        let manifest = std::fs::read_to_string(&package.manifest_path).unwrap();
        for line in ["edition.workspace = true", "rust-version.workspace = true", "[lints]\nworkspace = true"] {
            assert!(manifest.contains(line), "{} lacks `{line}`", package.manifest_path);
        }
        let dependencies = manifest.split("dependencies]").skip(1).flat_map(str::lines);
        for line in dependencies.take_while(|line| !line.starts_with("[[")).filter(|line| line.contains('=')) {
            assert!(line.contains("workspace = true"), "{}: `{line}` says a version of its own", package.manifest_path);
        }
    }
    for room in ["plugins", "shared", "tests", "krew"] {
        assert!(root.join(room).is_dir(), "there is no {room}/");
    }
}

#[test]
fn the_page_of_the_architecture_names_every_room() {
    let metadata = metadata();
    let page = std::fs::read_to_string(metadata.workspace_root.as_std_path().join("ARCHITECTURE.md")).unwrap();
    for package in metadata.workspace_packages() {
        let folder = package.manifest_path.parent().unwrap().strip_prefix(&metadata.workspace_root).unwrap();
        assert!(page.contains(folder.as_str()), "ARCHITECTURE.md does not name {folder}");
    }
}
