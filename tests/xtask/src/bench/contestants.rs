//! The programs that run against each other, and the proof that each did its job: a fast wrong answer fails.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use super::measure::{Cost, OUT};
use super::seed::Size;
use super::stage::Stage;

/// One program and what it is asked to do.
#[derive(Clone, Debug)]
pub(crate) enum Contestant {
    /// `kubectl cluster-health`: this program.
    Health(PathBuf),
    /// `kubectl cluster-limits`: this program.
    Limits(PathBuf),
    /// `kubectl cluster-limits --counts-only`: this program.
    Counts(PathBuf),
    /// `kubectl get pods -A`
    KubectlPods,
    /// `kubectl get nodes`
    KubectlNodes,
    /// `kubectl get nodes,pods -A -o json`
    KubectlJson,
    /// curl: nodes and pods as protobuf, one request each, nothing decoded.
    Raw,
    /// kubectl-view-allocations: this program.
    ViewAllocations(PathBuf),
}

impl Contestant {
    /// As tables name it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Health(_) => "cluster-health",
            Self::Limits(_) => "cluster-limits",
            Self::Counts(_) => "cluster-limits --counts-only",
            Self::KubectlPods => "kubectl get pods -A",
            Self::KubectlNodes => "kubectl get nodes",
            Self::KubectlJson => "kubectl get nodes,pods -A -o json",
            Self::Raw => "raw protobuf, nodes and pods",
            Self::ViewAllocations(_) => "kubectl-view-allocations",
        }
    }

    /// The command line, as the documentation shows it.
    pub(crate) fn shown(&self) -> &'static str {
        match self {
            Self::Health(_) => "kubectl-cluster_health -o json",
            Self::Limits(_) => "kubectl-cluster_limits -o json",
            Self::Counts(_) => "kubectl-cluster_limits --counts-only -o json",
            Self::KubectlPods => "kubectl get pods -A",
            Self::KubectlNodes => "kubectl get nodes",
            Self::KubectlJson => "kubectl get nodes,pods -A -o json",
            Self::Raw => {
                "curl -H 'Accept: application/vnd.kubernetes.protobuf' .../api/v1/{nodes,pods}?resourceVersion=0 -o /dev/null"
            }
            Self::ViewAllocations(_) => "kubectl-view-allocations --ignore-taints -g resource,node",
        }
    }

    /// Memory that it takes for each pod, in bytes, as measured at 30,000 pods: above what is free it is left out
    /// rather than have the kernel end something else.
    pub(crate) fn bytes_per_pod(&self) -> u64 {
        match self {
            Self::Health(_) | Self::Limits(_) | Self::Counts(_) | Self::Raw | Self::KubectlNodes => 0,
            Self::KubectlPods => 26_000,
            Self::ViewAllocations(_) => 66_000,
            Self::KubectlJson => 190_000,
        }
    }

    /// Whether one run says enough: it takes minutes, and no bound depends on it.
    pub(crate) fn runs_once(&self) -> bool {
        matches!(self, Self::KubectlJson)
    }

    /// Whether it is one of ours, whose failure is the benchmark's.
    pub(crate) fn is_ours(&self) -> bool {
        matches!(self, Self::Health(_) | Self::Limits(_) | Self::Counts(_))
    }

    /// What to run against the cluster of `stage`.
    pub(crate) fn command(&self, stage: &Stage) -> anyhow::Result<Command> {
        let cluster = &stage.cluster;
        let kubectl = || Command::new(cluster.binaries().path("kubectl"));
        let mut command = match self {
            Self::Health(program) | Self::Limits(program) => {
                let mut command = Command::new(program);
                command.args(["-o", "json"]);
                command
            }
            Self::Counts(program) => {
                let mut command = Command::new(program);
                command.args(["--counts-only", "-o", "json"]);
                command
            }
            Self::KubectlPods => {
                let mut command = kubectl();
                command.args(["get", "pods", "-A"]);
                command
            }
            Self::KubectlNodes => {
                let mut command = kubectl();
                command.args(["get", "nodes"]);
                command
            }
            Self::KubectlJson => {
                let mut command = kubectl();
                command.args(["get", "nodes,pods", "-A", "-o", "json"]);
                command
            }
            Self::ViewAllocations(program) => {
                let mut command = Command::new(program);
                // Nodes with taints too: without this flag they are left out silently.
                command.args(["--ignore-taints", "-g", "resource,node"]);
                command
            }
            Self::Raw => {
                let mut command = Command::new("curl");
                command.arg("--config").arg(curl_config(stage)?);
                command
            }
        };
        command.env("KUBECONFIG", cluster.kubeconfig()).env("HOME", stage.folder());
        Ok(command)
    }

    /// Whether the run that left its output in `folder` gave the right answer.
    pub(crate) fn check(&self, stage: &Stage, size: Size, cost: &Cost, folder: &Path) -> anyhow::Result<()> {
        let out = folder.join(OUT);
        let expected_code = i32::from(matches!(self, Self::Health(_)));
        // The largest cluster is at its limit of pods, which is a finding.
        let full = matches!(self, Self::Limits(_) | Self::Counts(_)) && cost.code == 1;
        ensure!(
            cost.code == expected_code || full,
            "{} ended with {} instead of {expected_code}",
            self.name(),
            cost.code
        );
        match self {
            Self::Health(_) => same_findings(&fs::read_to_string(&out)?, &stage.planted.findings),
            Self::Limits(_) => same_numbers(&fs::read_to_string(&out)?, size, true),
            Self::Counts(_) => same_numbers(&fs::read_to_string(&out)?, size, false),
            Self::KubectlPods => lines(&out, size.pods),
            Self::KubectlNodes => lines(&out, size.nodes),
            Self::KubectlJson => larger(fs::metadata(&out)?.len(), 4_000, size),
            Self::Raw => {
                let said = fs::read_to_string(&out)?;
                larger(said.split_whitespace().filter_map(|size| size.parse::<u64>().ok()).sum(), 1_000, size)
            }
            Self::ViewAllocations(_) => {
                let last = format!("node-{:04}", size.nodes);
                ensure!(fs::read_to_string(&out)?.contains(&last), "kubectl-view-allocations does not name {last}");
                Ok(())
            }
        }
    }
}

/// curl's settings: a file, so that the token is in no process list.
fn curl_config(stage: &Stage) -> anyhow::Result<PathBuf> {
    ensure!(Command::new("curl").arg("--version").output().is_ok(), "there is no `curl`\nhint: apt-get install curl");
    let file = stage.folder().join("curl.config");
    let (server, authority) = (stage.cluster.server(), stage.cluster.dir().join("ca.crt"));
    let mut text = format!(
        "silent\nshow-error\nfail\ncacert = \"{}\"\nheader = \"Authorization: Bearer {}\"\n\
         header = \"Accept: application/vnd.kubernetes.protobuf\"\nwrite-out = \"%{{size_download}}\\n\"\n",
        authority.display(),
        stage.token
    );
    for resource in ["nodes", "pods"] {
        writeln!(text, "url = \"{server}/api/v1/{resource}?resourceVersion=0\"\noutput = \"/dev/null\"")?;
    }
    fs::write(&file, text).context("writing curl's settings")?;
    Ok(file)
}

fn lines(out: &Path, objects: u32) -> anyhow::Result<()> {
    let lines = BufReader::new(File::open(out)?).split(b'\n').count();
    ensure!(lines == objects as usize + 1, "kubectl printed {lines} lines for {objects} objects");
    Ok(())
}

fn larger(bytes: u64, per_pod: u64, size: Size) -> anyhow::Result<()> {
    let least = u64::from(size.pods) * per_pod;
    ensure!(bytes >= least, "{bytes} bytes are too few for {} pods", size.pods);
    Ok(())
}

/// Whether the report names what was planted, each rule as many objects, and nothing else.
fn same_findings(report: &str, planted: &BTreeMap<String, u64>) -> anyhow::Result<()> {
    let report: Value = serde_json::from_str(report).context("reading the report")?;
    let mut found = BTreeMap::new();
    count(&report["findings"], &mut found);
    if found != *planted {
        bail!("cluster-health found {found:?} where {planted:?} was planted");
    }
    let unread: Vec<&Value> = report["notChecked"].as_array().context("a report without notChecked")?.iter().collect();
    ensure!(unread.is_empty(), "cluster-health did not check {unread:?}");
    Ok(())
}

/// Whether the report of cluster-limits counts what there is, and where it read all pods adds up what they ask for.
fn same_numbers(report: &str, size: Size, added_up: bool) -> anyhow::Result<()> {
    let report: Value = serde_json::from_str(report).context("reading the report")?;
    for (id, number) in [("nodes", size.nodes), ("pods", size.pods)] {
        let lines = report["limits"].as_array().into_iter().flatten();
        let value = lines.filter(|line| line["id"] == id).find_map(|line| line["value"].as_u64());
        ensure!(value == Some(number.into()), "cluster-limits counts {value:?} {id} where there are {number}");
    }
    let resources = report["capacity"]["resources"].as_array().into_iter().flatten();
    let cpu = resources.filter(|resource| resource["name"] == "cpu").find_map(|cpu| cpu["requested"].as_u64());
    ensure!(cpu.is_some_and(|cpu| cpu > 0) == added_up, "cluster-limits adds up {cpu:?} CPU");
    Ok(())
}

fn count(findings: &Value, into: &mut BTreeMap<String, u64>) {
    for finding in findings.as_array().into_iter().flatten() {
        let id = finding["id"].as_str().unwrap_or_default().to_owned();
        *into.entry(id).or_default() += finding["count"].as_u64().unwrap_or_default();
        count(&finding["effects"], into);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = r#"{"notChecked": [], "findings": [
        {"id": "node-not-ready", "count": 1, "effects": [{"id": "pod-not-ready", "count": 2, "effects": []}]},
        {"id": "pod-not-ready", "count": 3, "effects": []}
    ]}"#;

    fn planted(pods: u64) -> BTreeMap<String, u64> {
        [("node-not-ready".to_owned(), 1), ("pod-not-ready".to_owned(), pods)].into()
    }

    #[test]
    fn counts_effects_with_their_causes() {
        same_findings(REPORT, &planted(5)).unwrap();
    }

    #[test]
    fn wrong_numbers_fail() {
        let report = |pods: u32| {
            serde_json::json!({
                "limits": [{"id": "nodes", "value": 100}, {"id": "pods", "value": pods}],
                "capacity": {"resources": [{"name": "cpu", "requested": 5}]},
            })
            .to_string()
        };
        same_numbers(&report(3_000), Size::SMALL, true).unwrap();
        assert!(same_numbers(&report(3_000), Size::SMALL, false).is_err());
        let error = same_numbers(&report(2_999), Size::SMALL, true).unwrap_err().to_string();
        assert_eq!(error, "cluster-limits counts Some(2999) pods where there are 3000");
    }

    #[test]
    fn a_wrong_answer_fails() {
        let error = same_findings(REPORT, &planted(6)).unwrap_err().to_string();
        assert!(error.contains(r#""pod-not-ready": 5"#) && error.contains(r#""pod-not-ready": 6"#), "{error}");
        let unread = REPORT.replace(r#""notChecked": []"#, r#""notChecked": [{"what": "events"}]"#);
        assert!(same_findings(&unread, &planted(5)).unwrap_err().to_string().contains("did not check"));
    }
}
