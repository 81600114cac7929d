//! The program that fills etcd, and what it says it planted.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use serde_json::Value;

use super::programs;

/// How large a cluster is, and how its pods lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) nodes: u32,
    pub(crate) pods: u32,
    pub(crate) shape: Shape,
}

/// How pods are spread over namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Shape {
    /// About 1,500 in each.
    Even,
    /// One namespace has half of all.
    Half,
    /// 30 in each.
    Many,
}

impl Size {
    /// 100 nodes and 3,000 pods.
    pub(crate) const SMALL: Self = Self { nodes: 100, pods: 3_000, shape: Shape::Even };
    /// 1,000 nodes and 30,000 pods.
    pub(crate) const MIDDLE: Self = Self { nodes: 1_000, pods: 30_000, shape: Shape::Even };
    /// 5,000 nodes and 150,000 pods.
    pub(crate) const LARGE: Self = Self { nodes: 5_000, pods: 150_000, shape: Shape::Even };
    /// 10 nodes and 100 pods: what a laptop has.
    pub(crate) const TINY: Self = Self { nodes: 10, pods: 100, shape: Shape::Even };

    /// In words, as headings have it.
    pub(crate) fn words(self) -> String {
        let shape = match self.shape {
            Shape::Even => "",
            Shape::Half => ", half of them in one namespace",
            Shape::Many => ", 30 in each namespace",
        };
        format!("{} nodes, {} pods{shape}", thousands(self.nodes), thousands(self.pods))
    }
}

/// `150,000`
pub(crate) fn thousands(number: u32) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Planted {
    /// How many objects, by kind.
    pub(crate) objects: BTreeMap<String, u64>,
    /// How many objects each rule must name, by its id; no other rule may find anything.
    pub(crate) findings: BTreeMap<String, u64>,
}

/// The program, built.
#[derive(Debug)]
pub(crate) struct Seed {
    program: PathBuf,
    arguments: Vec<String>,
}

impl Seed {
    /// Builds the program for a cluster of this size behind this etcd.
    pub(crate) fn new(etcd: &str, size: Size) -> anyhow::Result<Self> {
        let shape = match size.shape {
            Shape::Even => "even",
            Shape::Half => "half",
            Shape::Many => "many",
        };
        let arguments =
            [format!("-etcd={etcd}"), format!("-nodes={}", size.nodes), format!("-pods={}", size.pods)].into_iter();
        let arguments = arguments.chain([format!("-shape={shape}")]).collect();
        Ok(Self { program: programs::seed()?, arguments })
    }

    /// Writes everything.
    pub(crate) fn write(&self) -> anyhow::Result<Planted> {
        let said = self.run("write")?;
        let counts = |name: &str| -> anyhow::Result<BTreeMap<String, u64>> {
            let counts = said[name].as_object().with_context(|| format!("the seed names no {name}"))?;
            Ok(counts.iter().map(|(name, count)| (name.clone(), count.as_u64().unwrap_or_default())).collect())
        };
        Ok(Planted { objects: counts("objects")?, findings: counts("findings")? })
    }

    /// Renews the leases of nodes and leaders, as they themselves would every few seconds.
    pub(crate) fn renew(&self) -> anyhow::Result<()> {
        self.run("renew").map(drop)
    }

    fn run(&self, verb: &str) -> anyhow::Result<Value> {
        let mut command = Command::new(&self.program);
        command.arg(verb).args(&self.arguments).stdin(Stdio::null());
        let output = command.output().context("running the seed")?;
        if !output.status.success() {
            bail!("seeding etcd failed: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_commas() {
        assert_eq!([7, 100, 3_000, 150_000].map(thousands), ["7", "100", "3,000", "150,000"]);
    }
}
