//! The published figures: one data file, each figure with its source.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// Of what one figure is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FigureScope {
    /// The whole cluster.
    Cluster,
    /// Each namespace.
    Namespace,
    /// Each node.
    Node,
    /// Each service.
    Service,
    /// Each kind of objects.
    Type,
    /// Each object.
    Object,
    /// Each sort of API calls.
    Call,
    /// Each pod.
    Pod,
    /// Each machine that etcd runs on, and its disk.
    Machine,
}

/// One figure of `published.yaml`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedFigure {
    /// The number, in `unit`; `None` where the source leaves it open.
    pub value: Option<f64>,
    /// What the number counts.
    pub unit: String,
    /// The quantity, as the source words it.
    pub what: String,
    /// Of what it is given.
    pub scope: FigureScope,
    /// A key of the file's sources, or `ours`.
    pub source: String,
    /// When it was read, where that differs from the source's own date.
    pub date: Option<String>,
    /// The reason for a figure of our own.
    pub why: Option<String>,
}

/// Where figures were read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The document's title.
    pub title: String,
    /// Where it lies, to the commit.
    pub at: String,
    /// When that was last changed.
    pub date: String,
}

/// A machine that etcd's documentation gives as an example.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedMachine {
    /// For which of etcd's hardware tiers.
    pub tier: String,
    /// `aws` or `gce`, as provider ids begin.
    pub provider: String,
    /// The instance type.
    #[serde(rename = "type")]
    pub type_: String,
    /// Virtual cores.
    pub cores: u64,
    /// In bytes.
    pub memory: u64,
    /// The most concurrent operations of its disk in a second.
    pub iops: u64,
    /// Of its disk, in bytes per second.
    pub bandwidth: u64,
    /// A key of the file's sources.
    pub source: String,
}

/// A control-plane machine for clusters up to a number of nodes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedControlPlane {
    /// So many nodes at most.
    pub nodes: u64,
    /// `aws` or `gce`.
    pub provider: String,
    /// The instance type.
    #[serde(rename = "type")]
    pub type_: String,
    /// A key of the file's sources.
    pub source: String,
}

/// The whole file.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Published {
    sources: BTreeMap<String, Source>,
    figures: BTreeMap<String, PublishedFigure>,
    machines: Vec<PublishedMachine>,
    control_planes: Vec<PublishedControlPlane>,
}

impl Published {
    /// The figures that the project ships.
    #[must_use]
    pub fn figures() -> &'static Self {
        static PUBLISHED: LazyLock<Published> = LazyLock::new(|| {
            #[expect(clippy::expect_used, reason = "the file is part of the binary and a test reads it")]
            serde_saphyr::from_str(include_str!("../../published.yaml")).expect("published.yaml is well-formed")
        });
        &PUBLISHED
    }

    /// A figure by its id.
    #[must_use]
    pub fn figure(&self, id: &str) -> Option<&PublishedFigure> {
        self.figures.get(id)
    }

    /// Every figure by its id.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &PublishedFigure)> {
        self.figures.iter().map(|(id, figure)| (id.as_str(), figure))
    }

    /// The value of a figure that the file has and that is not open; 0 for any other.
    #[must_use]
    pub fn value(&self, id: &str) -> f64 {
        let value = self.figures.get(id).and_then(|figure| figure.value);
        debug_assert!(value.is_some(), "no figure is called {id}, or it is open");
        value.unwrap_or(0.0)
    }

    /// As [`value`](Self::value), of a figure that counts pieces.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a test keeps counts whole and above 0"
    )]
    pub fn count(&self, id: &str) -> u64 {
        self.value(id) as u64
    }

    /// The example machines for etcd, the smaller first.
    #[must_use]
    pub fn machines(&self) -> &[PublishedMachine] {
        &self.machines
    }

    /// Control-plane machines, the smaller first.
    #[must_use]
    pub fn control_planes(&self) -> &[PublishedControlPlane] {
        &self.control_planes
    }

    /// Where the machines of a source were read, and when.
    #[must_use]
    pub fn origin_of(&self, source: &str) -> String {
        self.sources.get(source).map(|source| format!("{} ({})", source.at, source.date)).unwrap_or_default()
    }

    /// The document that a figure was read in; `None` for a choice of our own.
    #[must_use]
    pub fn source(&self, id: &str) -> Option<&Source> {
        self.sources.get(&self.figure(id)?.source)
    }

    /// Where a figure comes from and when that was read: `github.com/…, commit 394d53eee (2026-04-16)`.
    #[must_use]
    pub fn origin(&self, id: &str) -> String {
        let Some(figure) = self.figure(id) else { return String::new() };
        match (self.sources.get(&figure.source), &figure.why) {
            (Some(source), _) => format!("{} ({})", source.at, figure.date.as_ref().unwrap_or(&source.date)),
            (None, Some(why)) => format!("ours: {why}"),
            (None, None) => figure.source.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_has_a_source_and_every_source_a_figure() {
        let file = Published::figures();
        for (id, figure) in file.iter() {
            assert_eq!(figure.source == "ours", figure.why.is_some(), "{id}");
            assert!(figure.source == "ours" || file.source(id).is_some(), "{id} names {}", figure.source);
            assert!(!figure.what.is_empty() && !figure.unit.is_empty(), "{id}");
            let whole =
                figure.value.is_none_or(|value| value > 0.0 && (value.fract() == 0.0 || figure.unit == "cores"));
            assert!(whole, "{id}");
        }
        for key in file.sources.keys() {
            let machines = file.machines.iter().map(|machine| &machine.source);
            let used = machines.chain(file.control_planes.iter().map(|machine| &machine.source));
            let used = used.chain(file.figures.values().map(|figure| &figure.source)).any(|source| source == key);
            assert!(used, "{key} is nobody's source");
        }
    }
}
