//! What a real cluster answered, captured by `cargo xtask capture` and never written by hand.
//!
//! A fixture is a JSON file in `shared/testkit/fixtures`: the paths that were asked and the answers as the apiserver
//! gave them, but for what changes with every capture (see [`capture`](crate::capture)).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One captured state of a cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fixture {
    /// What it shows.
    pub about: String,
    /// Where it was captured.
    pub source: String,
    /// When, in the time of the fixture: all its times lie before this one, at their true distance (RFC 3339).
    pub now: String,
    /// The paths asked, such as `/api/v1/pods`, and the JSON or text that came back.
    pub answers: BTreeMap<String, Value>,
}

/// The folder of the fixtures.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// The file of one fixture.
#[must_use]
pub fn path(name: &str) -> PathBuf {
    folder().join(format!("{name}.json"))
}

/// Reads one fixture.
///
/// # Errors
/// When it was never captured, or is not what this version writes.
pub fn load(name: &str) -> anyhow::Result<Fixture> {
    let path = path(name);
    let text = fs::read_to_string(&path)
        .with_context(|| format!("there is no fixture `{name}`\nhint: capture it: `cargo xtask capture {name}`"))?;
    serde_json::from_str(&text).with_context(|| format!("reading `{}`", path.display()))
}

/// The names of all fixtures, sorted.
pub fn names() -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder()).context("reading the folder of the fixtures")? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
        }
    }
    names.sort();
    Ok(names)
}

impl Fixture {
    /// The list of a resource over all namespaces, by its plural name, such as `pods`: the whole `PodList`.
    #[must_use]
    pub fn list(&self, resource: &str) -> Option<&Value> {
        let end = format!("/{resource}");
        self.answers.iter().find(|(path, _)| path.ends_with(&end)).map(|(_, answer)| answer)
    }

    /// The objects of [`Fixture::list`]; none if the list was not captured.
    pub fn items(&self, resource: &str) -> impl Iterator<Item = &Value> {
        self.list(resource).and_then(|list| list["items"].as_array()).into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fixture_can_be_read_and_names_no_machine() {
        let names = names().unwrap();
        assert!(!names.is_empty());
        for name in names {
            let fixture = load(&name).unwrap();
            assert!(!fixture.answers.is_empty(), "{name}");
            // A scenario may ask for a few paths only.
            if fixture.answers.contains_key("/api/v1/namespaces") {
                assert!(fixture.items("namespaces").count() >= 4, "{name}");
            }
            let text = fs::read_to_string(path(&name)).unwrap();
            for foreign in ["managedFields", "/tmp/", "/home/", "/root/"] {
                assert!(!text.contains(foreign), "{name} contains {foreign}");
            }
            let mut uuids = crate::snapshot::uuid_pattern().find_iter(&text);
            let chance = uuids.find(|uuid| !uuid.as_str().starts_with("00000000-0000-"));
            assert_eq!(chance.map(|uuid| uuid.as_str()), None, "{name}");
            for lease in fixture.items("leases") {
                let holder = lease["spec"]["holderIdentity"].as_str().unwrap_or_default();
                let known = ["control-plane_", "apiserver-", "node-"];
                assert!(known.iter().any(|start| holder.starts_with(start)), "{name}: {holder}");
            }
        }
    }

    #[test]
    fn a_missing_fixture_says_how_to_capture_it() {
        let error = load("no-such").unwrap_err().to_string();
        assert_eq!(error, "there is no fixture `no-such`\nhint: capture it: `cargo xtask capture no-such`");
    }
}
