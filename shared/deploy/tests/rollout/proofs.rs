//! What these tests show of the catalogue, noted for `cargo xtask bench causes`, which makes docs/rollouts.md of it.

use std::env;
use std::fs::OpenOptions;
use std::io::Write as _;

use quicktour_testkit::fixtures::Fixture;
use serde_json::{Value, json};

/// Names the file that notes are appended to; without it nothing is noted.
const NOTES: &str = "QUICKTOUR_PROOFS";

/// A row of the catalogue and the causes that tell it.
pub(crate) fn row(row: &str, causes: &[&str]) {
    note(&json!({"row": row, "causes": causes}));
}

/// A captured state showed this cause.
pub(crate) fn captured(cause: &str, name: &str, fixture: &Fixture) {
    // A kubelet that has said something of itself makes it a node; other nodes are objects that a scenario applied.
    let real = fixture.items("nodes").any(|node| !node["status"]["nodeInfo"]["kubeletVersion"].is_null());
    let shown = if real { "node" } else { "control plane" };
    note(&json!({"cause": cause, "shown": shown, "by": format!("captured: `{name}`")}));
}

/// A test that changes a captured state, or makes one of Kubernetes' wording, showed this cause.
pub(crate) fn text(cause: &str) {
    let thread = std::thread::current();
    note(&json!({"cause": cause, "shown": "text", "by": format!("test `{}`", thread.name().unwrap_or("unnamed"))}));
}

fn note(note: &Value) {
    let Some(file) = env::var_os(NOTES).filter(|file| !file.is_empty()) else { return };
    let mut file = OpenOptions::new().create(true).append(true).open(file).unwrap();
    // One write for each line: tests run at the same time.
    file.write_all(format!("{note}\n").as_bytes()).unwrap();
}
