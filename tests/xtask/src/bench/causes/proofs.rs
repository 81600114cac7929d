//! Which rows of deploy's catalogue are shown where: read from what deploy's tests note as they run, and from what has
//! just been played here.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use quicktour_testkit::talk::say;
use serde_json::Value;

use super::super::seed::thousands;
use super::super::table;
use crate::setup::cargo;

/// Names the file that deploy's tests note their proofs in.
const NOTES: &str = "QUICKTOUR_PROOFS";
/// How many rows must have been seen on a real control plane at least. Source: the project's goal.
const LEAST: usize = 25;

/// Where a row has been shown, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Shown {
    RealNode,
    ControlPlane,
    Text,
    Nowhere,
}

impl Shown {
    fn words(self) -> &'static str {
        match self {
            Self::RealNode => "real node",
            Self::ControlPlane => "control plane only",
            Self::Text => "captured text",
            Self::Nowhere => "**not shown**",
        }
    }
}

/// One thing that a test noted, or that was played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Proof {
    shown: Shown,
    /// The cause's id.
    pub(super) id: String,
    /// The row, where a cause has several.
    row: Option<String>,
    /// By what.
    by: String,
}

impl Proof {
    /// Played on the real node by this command.
    pub(super) fn played(row: &str, id: &str, what: &str) -> Self {
        Self { shown: Shown::RealNode, id: id.to_owned(), row: Some(row.to_owned()), by: format!("here: {what}") }
    }
}

/// The catalogue and what deploy's tests show of it.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    rows: Vec<(String, Vec<String>)>,
    proofs: Vec<Proof>,
}

impl Catalogue {
    /// Runs those of deploy's tests that need no node, and reads what they noted.
    pub(super) fn read(notes: &Path) -> anyhow::Result<Self> {
        say("running deploy's tests of the catalogue");
        let mut test = cargo();
        test.args(["test", "--quiet", "--package", "quicktour-deploy", "--test", "rollout", "--", "--skip", "real::"]);
        let output = test.env(NOTES, notes).output().context("running cargo")?;
        if !output.status.success() {
            bail!("deploy's tests fail:\n{}", String::from_utf8_lossy(&output.stdout).trim_end());
        }
        let notes = fs::read_to_string(notes).context("deploy's tests noted nothing")?;
        Self::parse(&notes)
    }

    fn parse(notes: &str) -> anyhow::Result<Self> {
        let mut catalogue = Self::default();
        for line in notes.lines() {
            let note: Value = serde_json::from_str(line).with_context(|| format!("a note of the tests: {line}"))?;
            let text = |name: &str| note[name].as_str().unwrap_or_default().to_owned();
            if note["row"].is_string() {
                let ids = note["causes"].as_array().into_iter().flatten();
                let ids = ids.filter_map(|id| id.as_str().map(str::to_owned)).collect();
                catalogue.rows.push((text("row"), ids));
                continue;
            }
            let shown = match text("shown").as_str() {
                "node" => Shown::RealNode,
                "control plane" => Shown::ControlPlane,
                "text" => Shown::Text,
                other => bail!("a test was shown on `{other}`"),
            };
            catalogue.proofs.push(Proof { shown, id: text("cause"), row: None, by: text("by") });
        }
        Ok(catalogue)
    }

    /// Whether a row has this cause.
    pub(super) fn has(&self, row: &str, id: &str) -> bool {
        self.rows.iter().any(|(name, ids)| name == row && ids.iter().any(|known| known == id))
    }

    /// The table with a sentence above it, and whether enough rows are shown on real clusters.
    pub(super) fn table(&self, played: &[Proof]) -> (String, bool) {
        let all: Vec<&Proof> = played.iter().chain(&self.proofs).collect();
        let best = |row: &str, id: &str| {
            let fits = |proof: &&&Proof| proof.id == id && proof.row.as_deref().is_none_or(|own| own == row);
            all.iter().filter(fits).min_by_key(|proof| proof.shown).copied()
        };
        let mut real = 0;
        let mut rows = Vec::new();
        for (row, ids) in &self.rows {
            let proofs: Vec<Option<&Proof>> = ids.iter().map(|id| best(row, id)).collect();
            let of = |proof: Option<&Proof>| proof.map_or(Shown::Nowhere, |proof| proof.shown);
            let shown = proofs.iter().copied().map(of).min().unwrap_or(Shown::Nowhere);
            real += usize::from(shown <= Shown::ControlPlane);
            let causes = ids.iter().zip(&proofs).map(|(id, proof)| match of(*proof) {
                own if own == shown => format!("`{id}`"),
                own => format!("`{id}` ({})", own.words().trim_matches('*')),
            });
            let by = proofs.iter().flatten().find(|proof| proof.shown == shown).map(|proof| proof.by.clone());
            let causes = causes.collect::<Vec<_>>().join(", ");
            rows.push(vec![row.clone(), causes, shown.words().to_owned(), by.unwrap_or_default()]);
        }
        let count = |number: usize| thousands(u32::try_from(number).unwrap_or(u32::MAX));
        let text = format!(
            "{} of {} rows are shown on a real node or a real control plane; at least {LEAST} must be.\n\n{}",
            count(real),
            count(rows.len()),
            table::markdown(&["reason", "cause", "shown on", "by"], &rows)
        );
        (text, real >= LEAST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTES: &str = r#"{"row": "unschedulable: resources", "causes": ["unschedulable"]}
{"row": "unschedulable: taints", "causes": ["unschedulable"]}
{"row": "probe failing", "causes": ["probe-fails", "not-ready"]}
{"cause": "unschedulable", "shown": "control plane", "by": "fixture `a`"}
{"cause": "not-ready", "shown": "text", "by": "steps"}
"#;

    #[test]
    fn the_best_proof_counts_and_a_played_row_speaks_for_itself_only() {
        let catalogue = Catalogue::parse(NOTES).unwrap();
        let played = [Proof::played("unschedulable: resources", "unschedulable", "too much")];
        let (text, enough) = catalogue.table(&played);
        let row = |name: &str| text.lines().find(|line| line.contains(name)).unwrap().to_owned();
        assert!(row("resources").contains("real node") && row("resources").contains("here: too much"));
        assert!(row("taints").contains("control plane only") && row("taints").contains("fixture `a`"));
        assert!(row("probe failing").contains("`probe-fails` (not shown), `not-ready`"), "{text}");
        assert!(text.starts_with("2 of 3 rows") && !enough);
        assert!(catalogue.has("probe failing", "not-ready") && !catalogue.has("probe failing", "unschedulable"));
    }
}
