//! What is kept of the objects that tell what a cluster is made of: workloads with counts and the first names, and of
//! everything else counts.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use jiff::Timestamp;
use quicktour_report::system::{Gate, LastFailure, MAX_NODES, Manager};
use quicktour_survey::views::View as _;
use quicktour_survey::views::object::{LabelSelector, ObjectMeta, OwnerReference};
use quicktour_survey::views::pod::{ContainerStatus, PodTemplateSpec};
use quicktour_survey::views::scalar::Time;
use quicktour_survey::views::system::SystemPod;
use quicktour_survey::{Sample, SystemFold, SystemObject};

use super::outlook::Outlook;
use super::picture::Seen;
use super::posture::Signs;
use super::table::{Table, Traits};

/// A workload: namespace, kind, name.
pub(super) type Key = (String, &'static str, String);

/// A workload of a system namespace and its pods.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Workload {
    pub(super) labels: BTreeMap<String, String>,
    /// Of its pods, which budgets select.
    pub(super) pod_labels: BTreeMap<String, String>,
    pub(super) manager: Option<Manager>,
    pub(super) desired: Option<u64>,
    /// Ready pods by its own status.
    pub(super) told_ready: u64,
    /// Pods that were seen.
    pub(super) pods: u64,
    pub(super) ready: u64,
    pub(super) restarts: u64,
    pub(super) last_failure: Option<LastFailure>,
    /// Its containers in their order, each with the images that its pods have.
    pub(super) images: Vec<(String, BTreeSet<String>)>,
    nodes: BTreeSet<u64>,
    pub(super) node_names: BTreeSet<String>,
}

impl Workload {
    /// On how many nodes it runs.
    pub(super) fn node_count(&self) -> u64 {
        self.nodes.len() as u64
    }

    pub(super) fn traits<'a>(&'a self, key: &'a Key, images: &'a [&'a str]) -> Traits<'a> {
        let labels = if self.pod_labels.is_empty() { &self.labels } else { &self.pod_labels };
        Traits { namespace: &key.0, name: &key.2, labels, images }
    }

    fn see_image(&mut self, container: &str, image: &str) {
        match self.images.iter_mut().find(|(name, _)| name == container) {
            Some((_, images)) => _ = images.insert(image.to_owned()),
            None => self.images.push((container.to_owned(), BTreeSet::from([image.to_owned()]))),
        }
    }

    fn see_template(&mut self, template: Option<&PodTemplateSpec>) {
        let Some(template) = template else { return };
        if let Some(meta) = &template.metadata {
            self.pod_labels.clone_from(&meta.labels);
        }
        // What its pods have counts; these are for when there are none.
        if self.pods == 0 {
            for container in template.spec.iter().flat_map(|spec| &spec.containers) {
                self.see_image(&container.name, &container.image);
            }
        }
    }
}

/// The accumulator of the whole reading.
#[derive(Debug, Default)]
pub struct Gathered {
    /// The one namespace that is looked at.
    only: Option<String>,
    pub(super) workloads: BTreeMap<Key, Workload>,
    pub(super) budgets: Vec<(String, LabelSelector)>,
    /// Flags of static pods that the table calls `kube-apiserver` and `kube-controller-manager`, with the pod's name.
    pub(super) flags: BTreeMap<&'static str, (String, BTreeMap<String, String>)>,
    pub(super) seen: Seen,
    pub(super) signs: Signs,
    pub(super) outlook: Outlook,
    pub(super) gates: Vec<Gate>,
    pub(super) leases: Vec<HeldLease>,
    /// Addresses of the `kubernetes` service.
    pub(super) endpoints: BTreeSet<String>,
}

/// A lease of `kube-system`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HeldLease {
    pub(super) name: String,
    pub(super) holder: String,
    pub(super) renewed: Option<Timestamp>,
    pub(super) duration_seconds: u32,
    /// Whether it is the identity of an API server.
    pub(super) identity: bool,
}

impl Gathered {
    /// For the whole cluster, or for one namespace.
    #[must_use]
    pub fn new(only: Option<&str>) -> Self {
        Self { only: only.map(str::to_owned), ..Self::default() }
    }

    fn see_pod(&mut self, pod: &SystemPod) {
        let Some(status) = &pod.status else { return };
        if status.phase == "Succeeded" {
            return;
        }
        let (meta, spec) = (pod.meta(), pod.spec());
        let Some((kind, name)) = workload_of(meta, &spec.node_name) else { return };
        let key = (meta.namespace.clone(), kind, name);
        let workload = self.workloads.entry(key.clone()).or_default();
        if workload.pods == 0 {
            workload.images.clear();
        }
        workload.pods += 1;
        workload.pod_labels.clone_from(&meta.labels);
        if matches!(kind, "StaticPod" | "Pod") {
            workload.labels.clone_from(&meta.labels);
            let owner = meta.owner_references.iter().find(|owner| owner.kind != "Node").cloned();
            workload.manager = manager(&meta.labels, owner.as_ref());
            workload.desired = Some(workload.pods);
        }
        workload.ready += u64::from(status.conditions.iter().any(|it| it.type_ == "Ready" && it.status == "True"));
        for container in &spec.containers {
            workload.see_image(&container.name, &container.image);
        }
        if !spec.node_name.is_empty() {
            let mut hasher = DefaultHasher::new();
            spec.node_name.hash(&mut hasher);
            if workload.nodes.insert(hasher.finish()) {
                workload.node_names.insert(spec.node_name.clone());
                if workload.node_names.len() > MAX_NODES {
                    workload.node_names.pop_last();
                }
            }
        }
        for container in status.container_statuses.iter().chain(&status.init_container_statuses) {
            workload.restarts += u64::try_from(container.restart_count).unwrap_or(0);
            let failure = failure(&meta.name, container);
            if failure.as_ref().is_some_and(|new| is_later(new, workload.last_failure.as_ref())) {
                workload.last_failure = failure;
            }
        }
        self.see_flags(&key, pod);
    }

    /// The command line of API servers and controller managers.
    fn see_flags(&mut self, key: &Key, pod: &SystemPod) {
        let images: Vec<&str> = pod.spec().containers.iter().map(|container| container.image.as_str()).collect();
        let labels = &pod.meta().labels;
        let traits = Traits { namespace: &key.0, name: &key.2, labels, images: &images };
        let Some(known) = Table::shipped().recognise(&traits) else { return };
        if known.role != "control-plane" || self.flags.contains_key(known.id.as_str()) {
            return;
        }
        let main = pod.spec().containers.iter().find(|it| it.name == known.id || known.is_image(&it.image));
        let Some(container) = main else { return };
        let words = container.command.iter().chain(&container.args);
        let flags: BTreeMap<String, String> = words
            .filter_map(|word| {
                let (name, value) = word.strip_prefix("--")?.split_once('=')?;
                Some((name.to_owned(), value.to_owned()))
            })
            .collect();
        // A shell script's words are no flags.
        if !flags.is_empty() {
            self.flags.insert(known.id.as_str(), (pod.meta().name.clone(), flags));
        }
    }

    fn workload(&mut self, kind: &'static str, meta: &ObjectMeta) -> &mut Workload {
        let key = (meta.namespace.clone(), kind, meta.name.clone());
        let workload = self.workloads.entry(key).or_default();
        workload.labels.clone_from(&meta.labels);
        workload.manager = manager(&meta.labels, meta.owner_references.first());
        workload
    }
}

impl SystemFold for Gathered {
    fn is_system(&self, namespace: &str) -> bool {
        match &self.only {
            Some(only) => only == namespace,
            None => Table::shipped().is_system(namespace),
        }
    }

    fn see(&mut self, object: SystemObject<'_>) {
        let count = |number: i32| u64::try_from(number).unwrap_or(0);
        match object {
            SystemObject::Pod(pod) => self.see_pod(pod),
            SystemObject::Deployment(it) => {
                let workload = self.workload("Deployment", it.meta());
                workload.desired = Some(count(it.spec().replicas.unwrap_or(1)));
                workload.told_ready = count(it.status().ready_replicas);
                workload.see_template(it.spec().template.as_ref());
            }
            SystemObject::DaemonSet(it) => {
                let workload = self.workload("DaemonSet", it.meta());
                workload.desired = Some(count(it.status().desired_number_scheduled));
                workload.told_ready = count(it.status().number_ready);
                workload.see_template(it.spec().template.as_ref());
            }
            SystemObject::StatefulSet(it) => {
                let workload = self.workload("StatefulSet", it.meta());
                workload.desired = Some(count(it.spec().replicas.unwrap_or(1)));
                workload.told_ready = count(it.status().ready_replicas);
                workload.see_template(it.spec().template.as_ref());
            }
            SystemObject::Budget(it) => {
                let selector = it.spec.as_ref().and_then(|spec| spec.selector.clone());
                self.budgets.extend(selector.map(|selector| (it.meta().namespace.clone(), selector)));
            }
            SystemObject::Lease(lease) => {
                let spec = lease.spec();
                self.leases.push(HeldLease {
                    name: lease.meta().name.clone(),
                    holder: spec.holder_identity.clone(),
                    renewed: spec.renew_time.map(Time::timestamp),
                    duration_seconds: u32::try_from(spec.lease_duration_seconds).unwrap_or_default(),
                    identity: lease.meta().labels.contains_key("apiserver.kubernetes.io/identity"),
                });
            }
            SystemObject::ApiServers(slice) => {
                let port = slice.ports.first().and_then(|port| port.port);
                for address in slice.endpoints.iter().flat_map(|endpoint| &endpoint.addresses) {
                    let host = if address.contains(':') { format!("[{address}]") } else { address.clone() };
                    self.endpoints.insert(port.map_or(host.clone(), |port| format!("{host}:{port}")));
                }
            }
            object => {
                self.seen.see(object);
                self.signs.see(object);
                self.outlook.see(object);
            }
        }
    }

    fn measure(&mut self, sample: &Sample<'_>) {
        if sample.name == "kubernetes_feature_enabled" {
            let label = |name| sample.label(name).map(std::borrow::Cow::into_owned).unwrap_or_default();
            self.gates.push(Gate { name: label("name"), stage: label("stage"), enabled: sample.value > 0.0 });
        }
        self.signs.measure(sample);
        self.outlook.measure(sample);
    }
}

/// Kind and name of what runs a pod; `None` for pods of jobs, which are no components.
fn workload_of(meta: &ObjectMeta, node: &str) -> Option<(&'static str, String)> {
    let owner = meta.owner_references.iter().find(|owner| owner.controller);
    let Some(owner) = owner else { return Some(("Pod", meta.name.clone())) };
    match owner.kind.as_str() {
        "Job" => None,
        // The mirror of a static pod.
        "Node" => Some(("StaticPod", meta.name.strip_suffix(&format!("-{node}")).unwrap_or(&meta.name).to_owned())),
        "DaemonSet" => Some(("DaemonSet", owner.name.clone())),
        "StatefulSet" => Some(("StatefulSet", owner.name.clone())),
        "ReplicaSet" => {
            let hash = meta.labels.get("pod-template-hash");
            let name = hash.and_then(|hash| owner.name.strip_suffix(&format!("-{hash}")));
            Some(name.map_or(("ReplicaSet", owner.name.clone()), |name| ("Deployment", name.to_owned())))
        }
        _ => Some(("Pod", meta.name.clone())),
    }
}

/// Who looks after a workload, the most telling sign first.
fn manager(labels: &BTreeMap<String, String>, owner: Option<&OwnerReference>) -> Option<Manager> {
    if labels.contains_key("addonmanager.kubernetes.io/mode") {
        return Some(Manager::AddonManager);
    }
    if let Some(owner) = owner {
        return Some(Manager::Owner(format!("{}/{}", owner.kind, owner.name)));
    }
    if labels.get("kubernetes.azure.com/managedby").is_some_and(|by| by == "aks") {
        return Some(Manager::Provider("AKS"));
    }
    for (key, provider) in [
        ("eks.amazonaws.com/component", "EKS"),
        ("components.gke.io/component-name", "GKE"),
        ("objectset.rio.cattle.io/hash", "k3s or RKE2"),
    ] {
        if labels.contains_key(key) {
            return Some(Manager::Provider(provider));
        }
    }
    match labels.get("app.kubernetes.io/managed-by").or_else(|| labels.get("heritage")).map(String::as_str) {
        Some("Helm") => Some(Manager::Helm),
        Some(other) => Some(Manager::Label(other.to_owned())),
        None => labels.contains_key("helm.sh/chart").then_some(Manager::Helm),
    }
}

/// Why a container does not start, or how it ended last.
fn failure(pod: &str, status: &ContainerStatus) -> Option<LastFailure> {
    let found = |reason: &str, exit_code, at| {
        Some(LastFailure {
            pod: pod.to_owned(),
            container: status.name.clone(),
            reason: reason.to_owned(),
            exit_code,
            at,
        })
    };
    let waiting = status.state.as_ref().and_then(|state| state.waiting.as_ref());
    if let Some(waiting) =
        waiting.filter(|it| !matches!(it.reason.as_str(), "" | "ContainerCreating" | "PodInitializing"))
    {
        return found(&waiting.reason, None, None);
    }
    let ended = status.last_state.as_ref().and_then(|state| state.terminated.as_ref());
    let ended = ended.or_else(|| status.state.as_ref().and_then(|state| state.terminated.as_ref()));
    let ended = ended.filter(|ended| ended.exit_code != 0)?;
    found(&ended.reason, Some(ended.exit_code), ended.finished_at.map(Time::timestamp))
}

/// What fails now is later than whatever has ended.
fn is_later(new: &LastFailure, old: Option<&LastFailure>) -> bool {
    old.is_none_or(|old| match (new.at, old.at) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(new), Some(old)) => new > old,
    })
}
