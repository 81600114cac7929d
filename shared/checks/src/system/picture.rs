//! The cluster in one picture: provider, machines, networks and drivers, beside a reference where one was asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use quicktour_report::message::Message;
use quicktour_report::system::{Architecture, Component, Fact};
use quicktour_survey::SystemObject;
use quicktour_survey::views::View as _;
use quicktour_survey::views::node::Node;
use quicktour_survey::views::{cluster, node, system};
use serde::Deserialize;

use super::Ground;

/// So many different values of a kind are counted; more are not told apart. Ours: nobody reads them.
const KINDS: usize = 64;

/// What is kept of nodes and drivers: values and how often they were seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    nodes: u64,
    control_plane_nodes: u64,
    pub(super) providers: BTreeMap<String, u64>,
    regions: BTreeMap<String, u64>,
    zones: BTreeMap<String, u64>,
    machines: BTreeMap<String, u64>,
    pub(super) runtimes: BTreeMap<String, u64>,
    systems: BTreeMap<String, u64>,
    pod_ranges: BTreeMap<String, u64>,
    kubelets: BTreeMap<String, u64>,
    service_ranges: BTreeSet<String>,
    dns_address: Option<String>,
    proxy_mode: Option<String>,
    provisioners: BTreeMap<String, u64>,
    drivers: BTreeSet<String>,
    ingress: BTreeSet<String>,
}

impl Seen {
    pub(super) fn see(&mut self, object: SystemObject<'_>) {
        match object {
            SystemObject::Node(node) => self.node(node),
            SystemObject::ServiceRange(range) => {
                self.service_ranges.extend(range.spec.iter().flat_map(|spec| spec.cidrs.iter().cloned()));
            }
            SystemObject::DnsService(service) => self.dns_address = Some(service.spec().cluster_ip.clone()),
            SystemObject::ProxyConfig(config) => {
                // One line of the file is enough: `mode: ipvs`, or empty for the default.
                let file = config.data.get("config.conf");
                let line = file.and_then(|file| file.lines().find_map(|line| line.strip_prefix("mode:")));
                self.proxy_mode = line.map(|mode| mode.trim().trim_matches('"').to_owned());
            }
            SystemObject::StorageClass(class) => count(&mut self.provisioners, &class.provisioner),
            SystemObject::StorageDriver(driver) => _ = self.drivers.insert(driver.meta().name.clone()),
            SystemObject::IngressClass(class) => {
                self.ingress.extend(class.spec.as_ref().map(|spec| spec.controller.clone()));
            }
            _ => {}
        }
    }

    fn node(&mut self, node: &Node) {
        let (labels, spec) = (&node.meta().labels, node.spec());
        let role = |role: &str| labels.contains_key(&format!("node-role.kubernetes.io/{role}"));
        self.nodes += 1;
        self.control_plane_nodes += u64::from(role("control-plane") || role("master"));
        if let Some((provider, _)) = spec.provider_id.split_once("://") {
            count(&mut self.providers, provider);
        }
        for (counts, label) in [
            (&mut self.regions, "topology.kubernetes.io/region"),
            (&mut self.zones, "topology.kubernetes.io/zone"),
            (&mut self.machines, "node.kubernetes.io/instance-type"),
        ] {
            labels.get(label).into_iter().for_each(|value| count(counts, value));
        }
        count(&mut self.pod_ranges, &spec.pod_cidr);
        if let Some(info) = &node.status().node_info {
            count(&mut self.runtimes, &info.container_runtime_version);
            count(&mut self.systems, &info.os_image);
            count(&mut self.kubelets, &info.kubelet_version);
        }
    }
}

fn count(counts: &mut BTreeMap<String, u64>, value: &str) {
    if !value.is_empty() && (counts.len() < KINDS || counts.contains_key(value)) {
        *counts.entry(value.to_owned()).or_default() += 1;
    }
}

/// A reference architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference {
    /// Heptio's quick start for AWS, which the episode showed.
    AwsQuickstart,
}

impl Reference {
    const fn name(self) -> &'static str {
        match self {
            Self::AwsQuickstart => "aws-quickstart",
        }
    }
}

/// An entry of `reference.yaml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Published {
    title: String,
    source: String,
    date: String,
    values: BTreeMap<String, String>,
}

fn published() -> &'static BTreeMap<String, Published> {
    static REFERENCES: LazyLock<BTreeMap<String, Published>> = LazyLock::new(|| {
        #[expect(clippy::expect_used, reason = "the file is part of the binary and a test reads it")]
        serde_saphyr::from_str(include_str!("../../reference.yaml")).expect("reference.yaml is well-formed")
    });
    &REFERENCES
}

/// `m4.large (3)`, the most frequent first; without the number where all are alike.
fn counted(counts: &BTreeMap<String, u64>) -> Vec<String> {
    let mut sorted: Vec<(&String, &u64)> = counts.iter().collect();
    sorted.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), name.as_str()));
    match sorted.as_slice() {
        [(name, _)] => vec![(*name).clone()],
        many => many.iter().map(|(name, count)| format!("{name} ({count})")).collect(),
    }
}

/// The picture; what the components are goes into it.
pub(super) fn architecture(
    components: &[Component],
    reference: Option<Reference>,
    ground: &Ground<'_>,
) -> Architecture {
    let seen = &ground.gathered.seen;
    let published = reference.and_then(|reference| published().get(reference.name()));
    let by = Message::new;
    let read = |kind| ground.survey.count(kind).is_some();
    let nodes = read(node::Node::RESOURCE);
    let pods = ground.pods_read();
    let volumes_read = read(cluster::StorageClass::RESOURCE) || read(system::CSIDriver::RESOURCE);
    let facts = [
        ("provider", by("fact-provider"), nodes, provider(components, ground), by("by-provider")),
        ("zones", by("fact-zones"), nodes, [counted(&seen.regions), counted(&seen.zones)].concat(), by("by-labels")),
        ("nodes", by("fact-nodes"), nodes, node_count(seen), by("by-nodes")),
        ("machines", by("fact-machines"), nodes, counted(&seen.machines), by("by-labels")),
        ("kubernetes", by("fact-kubernetes"), ground.server_version.is_some(), kubernetes(ground), by("by-versions")),
        ("system", by("fact-system"), nodes, counted(&seen.systems), by("by-nodes")),
        ("runtime", by("fact-runtime"), nodes, counted(&seen.runtimes), by("by-nodes")),
        ("network", by("fact-network"), pods, of_roles(components, &["network"]), by("by-components")),
        ("proxy", by("fact-proxy"), pods, proxy(components, seen), by("by-proxy")),
        ("names", by("fact-names"), pods, names(components, seen), by("by-components")),
        ("balancers", by("fact-balancers"), pods, balancers(components, seen), by("by-components")),
        ("volumes", by("fact-volumes"), volumes_read, volumes(seen), by("by-classes")),
        ("pod-ranges", by("fact-pod-ranges"), nodes, pod_ranges(seen, ground), by("by-ranges")),
        (
            "service-ranges",
            by("fact-service-ranges"),
            read(system::ServiceCIDR::RESOURCE) || ground.flags().is_some(),
            service_ranges(seen, ground),
            by("by-ranges"),
        ),
    ];
    Architecture {
        facts: facts
            .into_iter()
            .map(|(id, title, seen, values, by)| Fact {
                reference: published.and_then(|published| published.values.get(id).cloned()),
                id,
                title,
                values,
                seen,
                by,
            })
            .collect(),
        reference: published.and(reference).map(Reference::name),
        reference_source: published.map(|it| format!("{}, {}, read {}", it.title, it.source, it.date)),
    }
}

/// The scheme of `providerID`, and the distribution where something names it.
fn provider(components: &[Component], ground: &Ground<'_>) -> Vec<String> {
    let mut values = counted(&ground.gathered.seen.providers);
    let version = ground.server_version.unwrap_or_default();
    let has = |id: &str| components.iter().any(|component| component.id == Some(id));
    let distribution = [
        (version.contains("-eks-"), "EKS"),
        (version.contains("-gke."), "GKE"),
        (version.contains("+k3s"), "k3s"),
        (version.contains("+rke2"), "RKE2"),
        (has("azure-cns") || has("cloud-node-manager"), "AKS"),
        (has("cluster-version-operator"), "OpenShift"),
        (has("minikube-storage"), "minikube"),
        (ground.gathered.seen.systems.keys().any(|system| system.starts_with("Talos")), "Talos"),
    ];
    values.extend(distribution.into_iter().find(|(found, _)| *found).map(|(_, name)| name.to_owned()));
    values
}

fn node_count(seen: &Seen) -> Vec<String> {
    match (seen.nodes, seen.control_plane_nodes) {
        (0, _) => Vec::new(),
        (nodes, 0) => vec![format!("{nodes}")],
        (nodes, plane) => vec![format!("{nodes} ({plane} control plane)")],
    }
}

fn kubernetes(ground: &Ground<'_>) -> Vec<String> {
    let kubelets: Vec<String> = ground.gathered.seen.kubelets.keys().cloned().collect();
    let server = ground.server_version.map(str::to_owned);
    match server {
        Some(server) if kubelets.iter().all(|kubelet| *kubelet == server) => vec![server],
        server => {
            let kubelets = kubelets.into_iter().map(|kubelet| format!("kubelet {kubelet}"));
            server.into_iter().chain(kubelets).collect()
        }
    }
}

fn of_roles(components: &[Component], roles: &[&str]) -> Vec<String> {
    let ids: BTreeSet<&str> = components
        .iter()
        .filter(|it| it.role.is_some_and(|role| roles.contains(&role)))
        .filter_map(|it| it.id)
        .collect();
    ids.into_iter().map(str::to_owned).collect()
}

fn proxy(components: &[Component], seen: &Seen) -> Vec<String> {
    let mode = seen.proxy_mode.as_deref().map(|mode| if mode.is_empty() { "iptables (default)" } else { mode });
    let found = of_roles(components, &["proxy"]);
    match (found.is_empty(), mode) {
        (false, Some(mode)) => vec![format!("kube-proxy, {mode}")],
        (false, None) => found,
        (true, _) => Vec::new(),
    }
}

fn names(components: &[Component], seen: &Seen) -> Vec<String> {
    let found = of_roles(components, &["dns"]);
    match &seen.dns_address {
        Some(address) if !found.is_empty() => vec![format!("{} at {address}", found.join(" and "))],
        _ => found,
    }
}

fn balancers(components: &[Component], seen: &Seen) -> Vec<String> {
    let mut found = of_roles(components, &["load-balancer", "cloud", "ingress"]);
    found.extend(seen.ingress.iter().cloned());
    found
}

fn volumes(seen: &Seen) -> Vec<String> {
    let all: BTreeSet<&String> = seen.drivers.iter().chain(seen.provisioners.keys()).collect();
    all.into_iter().cloned().collect()
}

/// The whole range by a flag of the controller manager, or else the nodes' own.
fn pod_ranges(seen: &Seen, ground: &Ground<'_>) -> Vec<String> {
    let flag = ground.gathered.flags.get("kube-controller-manager").and_then(|(_, flags)| flags.get("cluster-cidr"));
    if let Some(range) = flag {
        return range.split(',').map(str::to_owned).collect();
    }
    let mut ranges: Vec<String> = seen.pod_ranges.keys().cloned().collect();
    if ranges.len() > 3 {
        let more = format!("… {} nodes", seen.nodes);
        ranges.truncate(2);
        ranges.push(more);
    }
    ranges
}

fn service_ranges(seen: &Seen, ground: &Ground<'_>) -> Vec<String> {
    if !seen.service_ranges.is_empty() {
        return seen.service_ranges.iter().cloned().collect();
    }
    let flag = ground.flags().and_then(|(flags, _)| flags.get("service-cluster-ip-range"));
    flag.into_iter().flat_map(|range| range.split(',')).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_of_a_reference_belongs_to_a_fact() {
        let source = include_str!("picture.rs");
        let reference = &published()[Reference::AwsQuickstart.name()];
        for id in reference.values.keys() {
            assert!(source.contains(&format!("(\"{id}\", by(")), "{id}");
        }
        assert!(reference.source.contains("40c8481") && reference.values.len() >= 10);
    }

    #[test]
    fn values_are_counted_most_frequent_first() {
        let mut counts = BTreeMap::new();
        for value in ["a", "b", "b", ""] {
            count(&mut counts, value);
        }
        assert_eq!(counted(&counts), ["b (2)", "a (1)"]);
        assert_eq!(counted(&BTreeMap::from([("a".to_owned(), 3)])), ["a"]);
    }
}
