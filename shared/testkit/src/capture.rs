//! Makes fixtures: plays a scenario on a cluster of its own and keeps what the apiserver answered.
//!
//! A scenario is data: `shared/testkit/scenarios/NAME.yaml`. Its first document says what it shows, what to wait for
//! and what to ask ([`Scenario`]); the other documents are applied as they are.
//!
//! Only this is changed in the answers, so that capturing again gives the same file where the cluster did the same:
//! - all times are moved by the same distance, such that the moment of the capture is [`NOW`]; ages stay true;
//! - UIDs are numbered in the order in which they appear, so that owners and events still point to their objects;
//! - this machine's name becomes `control-plane`;
//! - the ids of the machine (`machineID`, `bootID`, `systemUUID`) are zeros;
//! - `managedFields` and `resourceVersion` are dropped, which no rule reads;
//! - objects are sorted by namespace and name.
//!
//! The names that controllers make up and the apiserver's port stay as they were.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, bail};
use jiff::{SignedDuration, Timestamp};
use regex::Regex;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::cluster::{Cluster, Options};
use crate::fixtures::Fixture;
use crate::node::{self, NodeOptions};
use crate::snapshot;
use crate::talk::say;
use crate::wait::wait_for;

/// The moment of every capture, as fixtures tell it.
pub const NOW: &str = "2026-01-01T12:00:00Z";

/// What replaces the ids of the machine on which a node ran.
const NO_ID: &str = "00000000-0000-0000-0000-000000000000";

/// What this machine is called in fixtures.
const HOST: &str = "control-plane";

/// How long each condition of a scenario may take: image pulls back off for minutes.
const PATIENCE: Duration = Duration::from_mins(5);

/// What is asked when a scenario does not say: everything that a survey of a whole cluster reads.
const PATHS: [&str; 28] = [
    "/api/v1/events",
    "/api/v1/limitranges",
    "/api/v1/namespaces",
    "/api/v1/nodes",
    "/api/v1/persistentvolumeclaims",
    "/api/v1/persistentvolumes",
    "/api/v1/pods",
    "/api/v1/resourcequotas",
    "/api/v1/services",
    "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
    "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
    "/apis/apiregistration.k8s.io/v1/apiservices",
    "/apis/apps/v1/daemonsets",
    "/apis/apps/v1/deployments",
    "/apis/apps/v1/replicasets",
    "/apis/apps/v1/statefulsets",
    "/apis/autoscaling/v2/horizontalpodautoscalers",
    "/apis/batch/v1/cronjobs",
    "/apis/batch/v1/jobs",
    "/apis/certificates.k8s.io/v1/certificatesigningrequests",
    "/apis/coordination.k8s.io/v1/leases",
    "/apis/discovery.k8s.io/v1/endpointslices",
    "/apis/policy/v1/poddisruptionbudgets",
    "/apis/storage.k8s.io/v1/storageclasses",
    "/apis/storage.k8s.io/v1/volumeattachments",
    "/livez?verbose",
    "/readyz?verbose",
    "/version",
];

/// The first document of a scenario's file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Scenario {
    /// What it shows, in a sentence.
    pub about: String,
    /// Whether pods really run: then a node (root, Linux) is part of it.
    #[serde(default)]
    pub node: bool,
    /// How often the node's kubelet looks at its pods, in seconds; see [`NodeOptions::sync_frequency`].
    #[serde(default)]
    pub sync_seconds: Option<u64>,
    /// Whether there is a second node, which keeps running whatever happens to the first.
    #[serde(default)]
    pub spare_node: bool,
    /// What must have come about, each as arguments of `kubectl wait`; tried again until it holds.
    #[serde(default)]
    pub until: Vec<Vec<String>>,
    /// Whether the node's kubelet is then stopped, and the node waited for to be not ready.
    #[serde(default)]
    pub stop_kubelet: bool,
    /// What then to do with the cluster, each as arguments of `kubectl`.
    #[serde(default)]
    pub commands: Vec<Vec<String>>,
    /// How long to let it rest before asking, in seconds, for what has no condition to wait for.
    #[serde(default)]
    pub settle_seconds: u64,
    /// The paths to ask; without any, all that a survey reads.
    #[serde(default)]
    pub paths: Vec<String>,
    /// The objects to apply: the rest of the file.
    #[serde(skip)]
    pub manifests: String,
}

/// The folder of the scenarios.
#[must_use]
pub fn folder() -> PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

/// The names of all scenarios, sorted.
pub fn names() -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder()).context("reading the folder of the scenarios")? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
        }
    }
    names.sort();
    Ok(names)
}

impl Scenario {
    /// Reads a scenario by its name.
    ///
    /// # Errors
    /// When there is none of that name (the error lists those there are), or it cannot be read.
    pub fn load(name: &str) -> anyhow::Result<Self> {
        let path = folder().join(format!("{name}.yaml"));
        let Ok(text) = fs::read_to_string(&path) else {
            bail!("there is no scenario `{name}`\nhint: one of {}", names()?.join(", "));
        };
        Self::parse(&text).with_context(|| format!("reading `{}`", path.display()))
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let (head, manifests) = text.split_once("\n---\n").unwrap_or((text, ""));
        let scenario: Self = serde_saphyr::from_str(head)?;
        if (scenario.stop_kubelet || scenario.spare_node) && !scenario.node {
            bail!("`stopKubelet` and `spareNode` need `node: true`");
        }
        Ok(Self { manifests: manifests.to_owned(), ..scenario })
    }

    /// Plays the scenario on a cluster of its own and captures its end.
    pub fn capture(&self) -> anyhow::Result<Fixture> {
        let options = if self.node { node::cluster_options() } else { Options::new() };
        let cluster = Cluster::start(&options)?;
        let node = if self.node { Some(cluster.start_node(&self.node_options("node-1"))?) } else { None };
        if self.spare_node {
            cluster.start_node(&self.node_options("node-2"))?;
        }
        if !self.manifests.trim().is_empty() {
            cluster.apply(&self.manifests)?;
        }
        for condition in &self.until {
            say(&format!("waiting for {}", condition.join(" ")));
            let args: Vec<&str> =
                ["wait", "--timeout=5s"].into_iter().chain(condition.iter().map(String::as_str)).collect();
            wait_for(&condition.join(" "), PATIENCE, || {
                cluster.kubectl(&args).is_ok_and(|output| output.code == 0).then_some(())
            })?;
        }
        if let Some(node) = node.filter(|_| self.stop_kubelet) {
            node.stop_kubelet()?;
            node.wait_until_not_ready()?;
        }
        for command in &self.commands {
            let args: Vec<&str> = command.iter().map(String::as_str).collect();
            cluster.kubectl(&args)?.success().with_context(|| format!("running kubectl {}", command.join(" ")))?;
        }
        thread::sleep(Duration::from_secs(self.settle_seconds));
        self.ask(&cluster)
    }

    /// With a name, because else a node is numbered, which changes with what else runs on the machine.
    fn node_options(&self, name: &str) -> NodeOptions {
        let options = NodeOptions::new().name(name);
        self.sync_seconds.map(Duration::from_secs).map_or(options.clone(), |every| options.sync_frequency(every))
    }

    fn ask(&self, cluster: &Cluster) -> anyhow::Result<Fixture> {
        let all: Vec<String> = PATHS.map(str::to_owned).to_vec();
        let mut answers = BTreeMap::new();
        for path in if self.paths.is_empty() { &all } else { &self.paths } {
            let text =
                cluster.kubectl(&["get", "--raw", path])?.success().with_context(|| format!("asking `{path}`"))?;
            // `/readyz?verbose` answers in plain text.
            let answer = serde_json::from_str(&text).unwrap_or(Value::String(text));
            answers.insert(path.clone(), answer);
        }
        let now = Timestamp::try_from(SystemTime::now())?;
        let host = fs::read_to_string("/proc/sys/kernel/hostname").context("reading this machine's name")?;
        normalise(&mut answers, now, host.trim())?;
        Ok(Fixture {
            about: self.about.clone(),
            source: format!("a cluster of Kubernetes {} made by the test harness", cluster.binaries().version()),
            now: NOW.to_owned(),
            answers,
        })
    }
}

/// Makes the answers the same on every capture; see the head of this module. `host` is this machine's name.
fn normalise(answers: &mut BTreeMap<String, Value>, now: Timestamp, host: &str) -> anyhow::Result<()> {
    let shift = NOW.parse::<Timestamp>()?.duration_since(now);
    let mut rewriter =
        Rewriter { shift, host: host.to_owned(), uuids: BTreeMap::new(), uuid: snapshot::uuid_pattern() };
    for answer in answers.values_mut() {
        if let Some(items) = answer.get_mut("items").and_then(Value::as_array_mut) {
            let key = |item: &Value| {
                let field = |name: &str| item["metadata"][name].as_str().unwrap_or_default().to_owned();
                (field("namespace"), field("name"))
            };
            items.sort_by_key(key);
        }
        rewriter.rewrite(answer);
    }
    Ok(())
}

struct Rewriter {
    shift: SignedDuration,
    host: String,
    uuids: BTreeMap<String, String>,
    uuid: &'static Regex,
}

impl Rewriter {
    fn rewrite(&mut self, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                drop_bookkeeping(fields);
                for value in fields.values_mut() {
                    self.rewrite(value);
                }
            }
            Value::Array(values) => {
                for value in values {
                    self.rewrite(value);
                }
            }
            Value::String(text) => *text = self.text(text),
            _ => {}
        }
    }

    fn text(&mut self, text: &str) -> String {
        if let Some(moved) = moved(text, self.shift) {
            return moved;
        }
        if text == self.host {
            return HOST.to_owned();
        }
        // How the holders of leader leases call themselves: `HOST_UUID`.
        let text = text.replace(&format!("{}_", self.host), &format!("{HOST}_"));
        let number = |found: &regex::Captures<'_>| {
            let next = self.uuids.len() + 1;
            let number = || format!("00000000-0000-0000-0000-{next:012}");
            self.uuids.entry(found[0].to_owned()).or_insert_with(number).clone()
        };
        self.uuid.replace_all(&text, number).into_owned()
    }
}

fn drop_bookkeeping(fields: &mut Map<String, Value>) {
    if let Some(Value::Object(metadata)) = fields.get_mut("metadata") {
        metadata.remove("managedFields");
        metadata.remove("resourceVersion");
    }
    // A node's numbers tell one machine from another.
    if let Some(Value::Object(info)) = fields.get_mut("nodeInfo") {
        for id in ["bootID", "machineID", "systemUUID"] {
            info.insert(id.to_owned(), NO_ID.into());
        }
    }
    // Events and endpoints also name the version of the object they are about.
    for reference in ["involvedObject", "regarding", "targetRef"] {
        if let Some(Value::Object(reference)) = fields.get_mut(reference) {
            reference.remove("resourceVersion");
        }
    }
}

/// A point in time, moved, in the same precision: seconds, or microseconds as leases and events have them.
fn moved(text: &str, shift: SignedDuration) -> Option<String> {
    let looks_like_one = text.len() >= 20 && text.as_bytes()[10] == b'T' && text.ends_with('Z');
    let time: Timestamp = if looks_like_one { text.parse().ok()? } else { return None };
    let time = time.checked_add(shift).ok()?;
    Some(if text.contains('.') { format!("{time:.6}") } else { format!("{time:.0}") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_capture_does_not_depend_on_chance_or_clock() {
        let owner = "6f1f4b5e-0f5f-4a43-9d1b-2d3a9e0c1b2a";
        let pod = json!({"metadata": {
            "name": "b", "uid": "11111111-2222-3333-4444-555555555555", "resourceVersion": "77",
            "creationTimestamp": "2026-11-23T17:40:25Z", "ownerReferences": [{"uid": owner}], "managedFields": [],
            "holder": format!("machine-7_{owner}"), "host": "machine-7",
        }});
        let first =
            json!({"metadata": {"name": "a", "uid": owner, "annotations": {"at": "2026-11-23T17:40:25.289624Z"}}});
        let mut answers = BTreeMap::from([("/api/v1/pods".to_owned(), json!({"items": [pod, first]}))]);
        normalise(&mut answers, "2026-11-23T17:41:25Z".parse().unwrap(), "machine-7").unwrap();
        let expected = json!({"items": [
            {"metadata": {
                "name": "a", "uid": "00000000-0000-0000-0000-000000000001",
                "annotations": {"at": "2026-01-01T11:59:00.289624Z"},
            }},
            {"metadata": {
                "name": "b", "uid": "00000000-0000-0000-0000-000000000002",
                "creationTimestamp": "2026-01-01T11:59:00Z",
                "ownerReferences": [{"uid": "00000000-0000-0000-0000-000000000001"}],
                "holder": "control-plane_00000000-0000-0000-0000-000000000001", "host": "control-plane",
            }},
        ]});
        assert_eq!(answers["/api/v1/pods"], expected);
    }

    #[test]
    fn a_scenario_is_its_head_and_its_objects() {
        let scenario =
            Scenario::parse("about: a\nuntil:\n- [pod, --for=create, x]\n---\nkind: A\n---\nkind: B\n").unwrap();
        assert_eq!(scenario.about, "a");
        assert_eq!(scenario.until, [["pod", "--for=create", "x"]]);
        assert_eq!(scenario.manifests, "kind: A\n---\nkind: B\n");
        assert!(Scenario::parse("about: a\nstopKubelet: true\n").is_err());
    }

    #[test]
    fn every_scenario_in_the_folder_can_be_read() {
        let names = names().unwrap();
        assert!(!names.is_empty());
        for name in names {
            Scenario::load(&name).unwrap();
        }
    }
}
