//! Why no node takes a pod, and the arithmetic behind it.

use std::collections::BTreeMap;

use quicktour_checks::said;
use quicktour_client::views::View as _;
use quicktour_client::views::node::Node;
use quicktour_client::views::pod::{Container, Pod};

use super::{Cause, Reason};

/// Reads the scheduler's verdict; `claims` are those that the pod mounts.
#[must_use]
pub fn read(message: &str, claims: impl Iterator<Item = String>) -> Cause {
    let reasons = said::breakdown(message);
    let says = |words: &[&str]| {
        reasons.iter().any(|Reason { text, .. }| {
            let text = text.to_ascii_lowercase();
            words.iter().any(|word| text.contains(word))
        })
    };
    if says(&["unbound immediate persistentvolumeclaims", "persistentvolumeclaim \"", "persistent volumes to bind"]) {
        return Cause::VolumeUnbound { claims: claims.collect() };
    }
    if says(&["resourceclaim", "allocate all claims", "device class"]) {
        return Cause::DevicesPending;
    }
    Cause::Unschedulable { reasons }
}

/// What a pod asks for and the most that any node has left, of the resources that nodes are short of.
#[derive(Clone, Debug, PartialEq)]
pub struct Room {
    /// `cpu`, `memory`, `ephemeral-storage`, or a device.
    pub resource: String,
    /// What one pod asks for, in cores, bytes or pieces.
    pub wanted: f64,
    /// What the node with the most of it has left.
    pub largest_free: f64,
    /// What the node with the most of it has in all: less than `wanted` means that no node could ever.
    pub largest: f64,
}

/// The resources that the scheduler's reasons name as insufficient.
#[must_use]
pub fn short_of(reasons: &[Reason]) -> Vec<&str> {
    let mut names: Vec<&str> = reasons.iter().filter_map(|reason| reason.text.strip_prefix("Insufficient ")).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// What a pod asks of its node, by resource: as the scheduler adds it up.
#[must_use]
pub fn wanted(pod: &Pod) -> BTreeMap<String, f64> {
    let spec = pod.spec();
    let requests = |container: &Container| -> BTreeMap<String, f64> {
        let requests = container.resources.iter().flat_map(|resources| &resources.requests);
        requests.filter_map(|(name, quantity)| Some((name.clone(), quantity.value()?))).collect()
    };
    let mut sum: BTreeMap<String, f64> = BTreeMap::new();
    for container in &spec.containers {
        add(&mut sum, &requests(container));
    }
    // Sidecars run on beside the rest; an ordinary init container runs beside the sidecars before it.
    let (mut sidecars, mut peak) = (BTreeMap::new(), BTreeMap::<String, f64>::new());
    for container in &spec.init_containers {
        let mut here = requests(container);
        if container.restart_policy.as_deref() == Some("Always") {
            add(&mut sum, &here);
            add(&mut sidecars, &here);
            here.clone_from(&sidecars);
        } else {
            add(&mut here, &sidecars);
        }
        for (name, amount) in here {
            let most = peak.entry(name).or_default();
            *most = most.max(amount);
        }
    }
    for (name, amount) in peak {
        let most = sum.entry(name).or_default();
        *most = most.max(amount);
    }
    let overhead =
        spec.overhead.iter().filter_map(|(name, quantity)| Some((name.clone(), quantity.value()?))).collect();
    add(&mut sum, &overhead);
    sum
}

fn add(sum: &mut BTreeMap<String, f64>, more: &BTreeMap<String, f64>) {
    for (name, amount) in more {
        *sum.entry(name.clone()).or_default() += amount;
    }
}

/// What is asked of each node by the pods on it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asked {
    by_node: BTreeMap<String, BTreeMap<String, f64>>,
}

impl Asked {
    /// Adds a pod; those that have ended ask for nothing.
    pub fn see(&mut self, pod: &Pod) {
        let node = &pod.spec().node_name;
        if node.is_empty() || matches!(pod.status().phase.as_str(), "Succeeded" | "Failed") {
            return;
        }
        add(self.by_node.entry(node.clone()).or_default(), &wanted(pod));
    }

    /// The arithmetic for each resource that is short, over nodes that take pods at all.
    #[must_use]
    pub fn room(&self, short: &[&str], pod: &Pod, nodes: &[Node]) -> Vec<Room> {
        let wanted = wanted(pod);
        let open: Vec<&Node> = nodes.iter().filter(|node| takes_pods(node)).collect();
        let of = |name: &str, free: bool| {
            let each = open.iter().filter_map(|node| {
                let all = node.status().allocatable.get(name)?.value()?;
                let asked = self.by_node.get(&node.meta().name).and_then(|asked| asked.get(name));
                Some(if free { (all - asked.copied().unwrap_or_default()).max(0.0) } else { all })
            });
            each.fold(0.0, f64::max)
        };
        short
            .iter()
            .filter_map(|name| {
                let wanted = *wanted.get(*name)?;
                let (largest_free, largest) = (of(name, true), of(name, false));
                Some(Room { resource: (*name).to_owned(), wanted, largest_free, largest })
            })
            .collect()
    }
}

/// Not cordoned and without a taint that keeps pods out; tolerations are rare, and this is for a sentence.
fn takes_pods(node: &Node) -> bool {
    !node.spec().unschedulable && !node.spec().taints.iter().any(|taint| taint.effect != "PreferNoSchedule")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(node: &str, spec: serde_json::Value) -> Pod {
        let mut spec = spec;
        spec["nodeName"] = json!(node);
        serde_json::from_value(json!({"metadata": {"name": "p"}, "spec": spec})).unwrap()
    }

    #[test]
    fn a_pod_asks_for_its_containers_or_its_largest_init_container() {
        let asks = |cpu: &str| json!({"requests": {"cpu": cpu}});
        let pod = pod(
            "",
            json!({
                "containers": [{"name": "a", "resources": asks("250m")}, {"name": "b", "resources": asks("250m")}],
                "initContainers": [
                    {"name": "side", "restartPolicy": "Always", "resources": asks("100m")},
                    {"name": "big", "resources": asks("2")},
                ],
                "overhead": {"cpu": "10m"},
            }),
        );
        let cpu = wanted(&pod)["cpu"];
        assert!((cpu - 2.11).abs() < 1e-9, "{cpu}");
    }

    #[test]
    fn the_largest_free_node_is_one_that_takes_pods() {
        let node = |name: &str, cpu: &str, cordoned: bool| -> Node {
            serde_json::from_value(json!({
                "metadata": {"name": name}, "spec": {"unschedulable": cordoned},
                "status": {"allocatable": {"cpu": cpu}},
            }))
            .unwrap()
        };
        let nodes = [node("a", "4", false), node("b", "2", false), node("c", "64", true)];
        let mut asked = Asked::default();
        let four = json!({"containers": [{"name": "x", "resources": {"requests": {"cpu": "3"}}}]});
        asked.see(&pod("a", four.clone()));
        let room = asked.room(&["cpu"], &pod("", four), &nodes);
        assert_eq!(room, [Room { resource: "cpu".into(), wanted: 3.0, largest_free: 2.0, largest: 4.0 }]);
    }

    // Messages as kube-scheduler 1.36.3 writes them.
    #[test]
    fn volumes_and_devices_are_no_matter_of_size() {
        let claims = || ["data".to_owned()].into_iter();
        let read = |message: &str| super::read(message, claims()).id();
        for (message, id) in [
            (
                "0/3 nodes are available: 3 pod has unbound immediate PersistentVolumeClaims. not found",
                "volume-unbound",
            ),
            ("0/3 nodes are available: persistentvolumeclaim \"data\" not found. not found", "volume-unbound"),
            ("0/3 nodes are available: 3 node(s) didn't find available persistent volumes to bind.", "volume-unbound"),
            ("0/3 nodes are available: 3 cannot allocate all claims.", "devices-pending"),
            ("0/3 nodes are available: 3 node(s) had volume node affinity conflict.", "unschedulable"),
            ("0/1 nodes are available: 1 Too many pods.", "unschedulable"),
        ] {
            assert_eq!(read(message), id, "{message}");
        }
    }
}
