//! What nodes have, what their pods hold, and what still fits, decided as the scheduler decides it.

use std::collections::{BTreeMap, BTreeSet};

use quicktour_report::limits::{Capacity, Fit, Group, Largest, Line, ReadBy, Resource, Unit};
use quicktour_survey::views::{View as _, apps, core, node, pod};

use super::amount::{Amounts, parse};
use super::lines::{Known, title};
use super::tally::{Held, Machine, Tally};

const CPU: &str = "cpu";
const MEMORY: &str = "memory";
/// How many pods a node takes, among its allocatable resources.
const PODS: &str = "pods";

/// What a pod of `--pod` asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted(Amounts);

impl Wanted {
    /// Reads `cpu=400m,memory=1Gi,nvidia.com/gpu=1`.
    ///
    /// # Errors
    /// What is wrong with it, as clap shows it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut amounts = Amounts::default();
        for part in text.split(',') {
            let example = || "expected requests such as `cpu=400m,memory=1Gi,nvidia.com/gpu=1`".to_owned();
            let (name, quantity) = part.split_once('=').ok_or_else(example)?;
            let (name, quantity) = (name.trim(), quantity.trim());
            if name.is_empty() || name == PODS {
                return Err(example());
            }
            let amount = parse(name, quantity).ok_or_else(|| format!("`{quantity}` is no quantity of {name}"))?;
            if amount < 0 {
                return Err(format!("`{quantity}` of {name} is less than nothing"));
            }
            if amounts.has(name) {
                return Err(format!("{name} is named twice"));
            }
            amounts.set(name, amount);
        }
        Ok(Self(amounts))
    }
}

/// What is free on a node: allocatable less requested, pods included; never below nothing.
fn free(machine: &Machine, held: &Held) -> Amounts {
    let left = |name: &str, allocatable: i64| {
        let taken = if name == PODS { count(held.pods) } else { held.requests.get(name) };
        allocatable.saturating_sub(taken).max(0)
    };
    machine.allocatable.iter().map(|(name, allocatable)| (name.to_owned(), left(name, allocatable))).collect()
}

/// How many more such pods a node takes; none where it takes no new pods at all. What a pod asks for nothing of, it also
/// gets where there is nothing left.
fn fits(pod: &Amounts, machine: &Machine, free: &Amounts) -> u64 {
    if !machine.open {
        return 0;
    }
    let each = pod.iter().filter(|(_, amount)| *amount > 0).map(|(name, amount)| free.get(name) / amount);
    positive(each.chain([free.get(PODS)]).min().unwrap_or(0))
}

/// What nodes have and hold, and how often a pod fits: the one that is asked for, or else the average of those that there
/// are. `None` where nodes or pods could not be read.
#[must_use]
pub(super) fn capacity(known: &Known<'_>, wanted: Option<&Wanted>) -> Option<Capacity> {
    let tally = known.machines()?;
    let pod = match wanted {
        Some(Wanted(pod)) => Some(pod.clone()),
        None => average(&tally.placed),
    };
    let nodes: Vec<Node<'_>> = tally
        .machines
        .iter()
        .map(|(name, machine)| {
            let held = tally.held_on(name);
            let free = free(machine, &held);
            let fits = pod.as_ref().map_or(0, |pod| fits(pod, machine, &free));
            Node { name, machine, held, free, fits }
        })
        .collect();
    let names = names(tally);
    let mut groups = grouped("zone", &nodes, &names, |node| &node.machine.zone);
    groups.extend(grouped("group", &nodes, &names, |node| &node.machine.group));
    groups.extend(grouped("node", &nodes, &names, |node| node.name));
    Some(Capacity {
        total: resources(&nodes.iter().collect::<Vec<_>>(), &names),
        groups,
        closed_nodes: nodes.iter().filter(|node| !node.machine.open).count() as u64,
        largest: [CPU, MEMORY].into_iter().filter_map(|of| largest(of, &nodes)).collect(),
        fit: pod.map(|pod| fit(&pod, wanted.is_some(), &nodes)),
    })
}

struct Node<'a> {
    name: &'a String,
    machine: &'a Machine,
    held: Held,
    free: Amounts,
    fits: u64,
}

/// The resources that some node has or some pod asks for: CPU, memory and pods first.
fn names(tally: &Tally) -> Vec<String> {
    let machines = tally.machines.values().flat_map(|machine| machine.allocatable.iter());
    // A device that no node has any more of is no resource of the cluster.
    let had: BTreeSet<&str> = machines.filter(|(_, amount)| *amount > 0).map(|(name, _)| name).collect();
    let first = [CPU, MEMORY, PODS];
    let others = had.into_iter().filter(|name| !first.contains(name));
    first.into_iter().chain(others).map(str::to_owned).collect()
}

fn unit(resource: &str) -> Unit {
    match resource {
        CPU => Unit::Millicores,
        MEMORY | "ephemeral-storage" => Unit::Bytes,
        name if name.starts_with("hugepages-") => Unit::Bytes,
        _ => Unit::Count,
    }
}

fn resources(nodes: &[&Node<'_>], names: &[String]) -> Vec<Resource> {
    let sum = |of: &dyn Fn(&Node<'_>) -> i64| positive(nodes.iter().map(|node| of(node)).fold(0, i64::saturating_add));
    let one = |name: &String| Resource {
        name: name.clone(),
        unit: unit(name),
        allocatable: sum(&|node| node.machine.allocatable.get(name)),
        requested: sum(&|node| if name == PODS { count(node.held.pods) } else { node.held.requests.get(name) }),
        limits: sum(&|node| node.held.limits.get(name)),
        free: sum(&|node| if node.machine.open { node.free.get(name) } else { 0 }),
    };
    names.iter().map(one).collect()
}

fn grouped<'a>(
    by: &'static str,
    nodes: &'a [Node<'a>],
    names: &[String],
    key: impl Fn(&'a Node<'a>) -> &'a String,
) -> Vec<Group> {
    let mut groups: BTreeMap<&str, Vec<&Node<'_>>> = BTreeMap::new();
    for node in nodes {
        groups.entry(key(node)).or_default().push(node);
    }
    // Where no node says its zone, there are none to tell apart.
    if groups.len() == 1 && groups.contains_key("") {
        return Vec::new();
    }
    let one = |(name, nodes): (&str, Vec<&Node<'_>>)| Group {
        by,
        name: name.to_owned(),
        nodes: nodes.len() as u64,
        resources: resources(&nodes, names),
        fits: nodes.iter().map(|node| node.fits).fold(0, u64::saturating_add),
    };
    groups.into_iter().map(one).collect()
}

/// The largest pod that still fits is as large as what is free on one node.
fn largest(of: &str, nodes: &[Node<'_>]) -> Option<Largest> {
    let open = nodes.iter().filter(|node| node.machine.open && node.free.get(PODS) > 0);
    let node = open.max_by_key(|node| (node.free.get(of), std::cmp::Reverse(node.name)))?;
    Some(Largest {
        of: of.to_owned(),
        node: node.name.clone(),
        cpu_millicores: positive(node.free.get(CPU)),
        memory_bytes: positive(node.free.get(MEMORY)),
    })
}

/// The mean of what placed pods request, rounded up; `None` without pods.
fn average(placed: &Held) -> Option<Amounts> {
    let pods = i64::try_from(placed.pods).ok().filter(|pods| *pods > 0)?;
    let mean =
        |name: &str| placed.requests.get(name).div_euclid(pods) + i64::from(placed.requests.get(name) % pods > 0);
    Some([CPU, MEMORY].into_iter().map(|name| (name.to_owned(), mean(name))).collect())
}

fn fit(pod: &Amounts, asked: bool, nodes: &[Node<'_>]) -> Fit {
    let stranded = |name: &str| {
        let useless = nodes.iter().filter(|node| node.machine.open && node.fits == 0);
        positive(useless.map(|node| node.free.get(name)).fold(0, i64::saturating_add))
    };
    Fit {
        asked,
        pod: pod.iter().map(|(name, amount)| (name.to_owned(), unit(name), positive(amount))).collect(),
        count: nodes.iter().map(|node| node.fits).fold(0, u64::saturating_add),
        nodes: nodes.iter().filter(|node| node.fits > 0).count() as u64,
        stranded_millicores: stranded(CPU),
        stranded_bytes: stranded(MEMORY),
    }
}

/// What nodes have room for, as lines that growth is held against: pods, CPU and memory.
pub(super) fn room(known: &Known<'_>) -> Vec<Line> {
    let Some(capacity) = capacity(known, None) else { return Vec::new() };
    let lines = capacity.total.into_iter().filter_map(|resource| {
        let id = match resource.name.as_str() {
            PODS => "pod-slots",
            CPU => "cpu-requested",
            MEMORY => "memory-requested",
            _ => return None,
        };
        Some(Line {
            id,
            title: title(id),
            unit: resource.unit,
            value: Some(resource.requested),
            limit: resource.allocatable,
            place: None,
            source: String::new(),
            read_by: ReadBy::List,
            proportional: None,
            guards: false,
        })
    });
    lines.collect()
}

/// How large the cluster is in what `--grow` can ask for.
pub(super) fn sizes(known: &Known<'_>) -> BTreeMap<&'static str, u64> {
    let kinds = [
        ("nodes", node::Node::RESOURCE),
        ("pods", pod::Pod::RESOURCE),
        ("services", core::Service::RESOURCE),
        ("namespaces", core::Namespace::RESOURCE),
        ("deployments", apps::Deployment::RESOURCE),
    ];
    kinds.into_iter().filter_map(|(name, kind)| Some((name, known.count(kind)?.0))).collect()
}

fn positive(amount: i64) -> u64 {
    u64::try_from(amount).unwrap_or(0)
}

fn count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(list: &[(&str, i64)]) -> Machine {
        let allocatable = list.iter().map(|(name, amount)| ((*name).to_owned(), *amount)).collect();
        Machine { allocatable, open: true, ..Machine::default() }
    }

    fn pod(text: &str) -> Amounts {
        Wanted::parse(text).unwrap().0
    }

    #[test]
    fn a_pod_fits_as_often_as_the_scarcest_resource_allows() {
        let node = machine(&[("cpu", 4000), ("memory", 1 << 30), ("pods", 110), ("nvidia.com/gpu", 2)]);
        let free_node = free(&node, &Held::default());
        for (wanted, expected) in [
            ("cpu=500m", 8),
            ("cpu=500m,memory=256Mi", 4),
            ("cpu=0", 110),
            ("nvidia.com/gpu=1,cpu=1", 2),
            ("nvidia.com/gpu=3", 0),
            ("example.com/unknown=1", 0),
            ("cpu=4001m", 0),
        ] {
            assert_eq!(fits(&pod(wanted), &node, &free_node), expected, "{wanted}");
        }
        let closed = Machine { open: false, ..node };
        assert_eq!(fits(&pod("cpu=1m"), &closed, &free_node), 0);
    }

    #[test]
    fn a_node_that_holds_more_than_it_has_is_full_for_that_only() {
        let node = machine(&[("cpu", 1000), ("memory", 1000), ("pods", 3)]);
        let held = Held { pods: 2, requests: pod("cpu=2"), ..Held::default() };
        let free = free(&node, &held);
        assert_eq!((free.get("cpu"), fits(&pod("cpu=1m"), &node, &free)), (0, 0));
        assert_eq!(fits(&pod("memory=1"), &node, &free), 1);
    }

    #[test]
    fn what_a_pod_may_ask_for() {
        for text in ["", "cpu", "cpu=", "cpu=lots", "cpu=-1", "=1", "pods=1", "cpu=1,cpu=2"] {
            assert!(Wanted::parse(text).is_err(), "{text}");
        }
    }
}
