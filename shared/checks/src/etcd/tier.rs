//! Which published tier is needed, by what, and what a machine of that tier must have.

use quicktour_report::etcd::{Criterion, Demand, Example, Machine, Tier};
use quicktour_report::message::Message;
use quicktour_report::render::limits::{bytes, grouped};
use quicktour_report::text::Text;

use crate::limits::Published;

/// A quantity before it is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Amount {
    /// `clients`, `requests`, `data`, `nodes` or `pods`.
    pub id: &'static str,
    /// How much there is.
    pub value: u64,
    /// Where it comes from.
    pub read_from: Message,
}

/// The tier of one quantity.
#[must_use]
pub(super) fn tier(id: &str, value: u64, figures: &Published) -> Tier {
    let bounded = [Tier::Small, Tier::Medium, Tier::Large].into_iter().find(|tier| {
        let bound = |of: &str| figures.count(&format!("etcd-{}-{of}", tier.as_str()));
        match id {
            // "fewer than".
            "clients" | "requests" => value < bound(id),
            // "no more than".
            "data" => value <= bound(id),
            "pods" => value <= bound("nodes").saturating_mul(figures.count("etcd-pods-per-node")),
            _ => value <= bound("nodes"),
        }
    });
    bounded.unwrap_or(Tier::XLarge)
}

/// The tier that all quantities need together, and each of them. Those decide without which a smaller one would do.
#[must_use]
pub(super) fn need(amounts: &[Amount], figures: &Published) -> (Option<Tier>, Vec<Criterion>) {
    let mut criteria: Vec<Criterion> = amounts
        .iter()
        .map(|amount| Criterion {
            id: amount.id,
            title: title(amount.id),
            value: amount.value,
            tier: tier(amount.id, amount.value, figures),
            decides: false,
            read_from: amount.read_from.clone(),
        })
        .collect();
    let needed = criteria.iter().map(|criterion| criterion.tier).max();
    for criterion in &mut criteria {
        criterion.decides = Some(criterion.tier) == needed;
    }
    (needed, criteria)
}

fn title(id: &str) -> Message {
    Message::new(match id {
        "clients" => "etcd-criterion-clients",
        "requests" => "etcd-criterion-requests",
        "data" => "etcd-criterion-data",
        "pods" => "etcd-criterion-pods",
        _ => "etcd-criterion-nodes",
    })
}

/// What a machine of a tier must have.
#[must_use]
pub(super) fn demands(tier: Tier, figures: &Published) -> Vec<Demand> {
    let heavy = tier >= Tier::Large;
    let machines = || figures.machines().iter().filter(|machine| machine.tier == tier.as_str());
    let cores = machines().map(|machine| machine.cores).min().unwrap_or(0);
    let memory = machines().map(|machine| machine.memory).min().unwrap_or(0);
    let source = machines().map(|machine| figures.origin_of(&machine.source)).next().unwrap_or_default();
    let pick = |common: &'static str, large: &'static str| if heavy { large } else { common };
    let iops = pick("etcd-iops", "etcd-iops-heavy");
    let bandwidth = pick("etcd-bandwidth", "etcd-bandwidth-heavy");
    let network = pick("etcd-network", "etcd-network-heavy");
    let demand = |id: &'static str, title: Message, source: String| Demand { id, title, met: None, source };
    vec![
        demand("etcd-cores", Message::new("etcd-demand-cores").arg("count", cores), source.clone()),
        demand("etcd-memory", Message::new("etcd-demand-memory").arg("bytes", Text::new(&bytes(memory))), source),
        demand(iops, Message::new("etcd-demand-iops").arg("value", grouped(figures.count(iops))), figures.origin(iops)),
        demand(
            bandwidth,
            Message::new("etcd-demand-bandwidth").arg("bytes", Text::new(&bytes(figures.count(bandwidth)))),
            figures.origin(bandwidth),
        ),
        demand(
            network,
            Message::new("etcd-demand-network").arg("value", figures.count(network)),
            figures.origin(network),
        ),
    ]
}

/// What is known of a machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The node's name.
    pub node: String,
    /// The instance type's label.
    pub type_: Option<String>,
    /// Its capacity, in thousandths of a core.
    pub millicores: u64,
    /// Its capacity, in bytes.
    pub memory: u64,
}

/// The demands of a tier on a machine. What its disk and network can do is known only of published types.
#[must_use]
pub(super) fn machine(known: &Known, tier: Tier, figures: &Published) -> Machine {
    let published = figures.machines().iter().find(|machine| known.type_.as_deref() == Some(machine.type_.as_str()));
    let of_tier = || figures.machines().iter().filter(|machine| machine.tier == tier.as_str());
    let cores = of_tier().map(|machine| machine.cores).min().unwrap_or(0);
    let memory = of_tier().map(|machine| machine.memory).min().unwrap_or(0);
    let mut demands = demands(tier, figures);
    for demand in &mut demands {
        demand.met = match demand.id {
            "etcd-cores" => Some(known.millicores >= cores * 1000),
            "etcd-memory" => Some(known.memory >= memory),
            // Published are concurrent operations: the sequential ones are a tenth in the worst case.
            id @ ("etcd-iops" | "etcd-iops-heavy") => published
                .map(|machine| machine.iops / figures.count("etcd-concurrent") >= figures.count(id))
                .filter(|met| *met),
            id @ ("etcd-bandwidth" | "etcd-bandwidth-heavy") => {
                published.map(|machine| machine.bandwidth >= figures.count(id))
            }
            _ => None,
        };
    }
    Machine {
        node: known.node.clone(),
        type_: known.type_.clone(),
        millicores: known.millicores,
        memory: known.memory,
        demands,
    }
}

/// Published machines of a tier, and control planes for so many nodes.
#[must_use]
pub(super) fn examples(tier: Tier, nodes: Option<u64>, figures: &Published) -> Vec<Example> {
    let etcd = figures.machines().iter().filter(|machine| machine.tier == tier.as_str()).map(|machine| Example {
        what: "etcd",
        provider: machine.provider.clone(),
        type_: machine.type_.clone(),
        source: figures.origin_of(&machine.source),
    });
    let planes = ["gce", "aws"].into_iter().filter_map(|provider| {
        let nodes = nodes?;
        let plane = figures.control_planes().iter().find(|plane| plane.provider == provider && nodes <= plane.nodes)?;
        Some(Example {
            what: "control-plane",
            provider: plane.provider.clone(),
            type_: plane.type_.clone(),
            source: figures.origin_of(&plane.source),
        })
    });
    etcd.chain(planes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_as_the_source_words_them() {
        let figures = Published::figures();
        let table = [
            ("clients", 99, Tier::Small),
            ("clients", 100, Tier::Medium),
            ("clients", 1499, Tier::Large),
            ("clients", 1500, Tier::XLarge),
            ("requests", 199, Tier::Small),
            ("requests", 999, Tier::Medium),
            ("requests", 10_000, Tier::XLarge),
            ("data", 100_000_000, Tier::Small),
            ("data", 100_000_001, Tier::Medium),
            ("data", 1_000_000_000, Tier::Large),
            ("data", 1_000_000_001, Tier::XLarge),
            ("nodes", 50, Tier::Small),
            ("nodes", 51, Tier::Medium),
            ("nodes", 1001, Tier::XLarge),
            ("pods", 1500, Tier::Small),
            ("pods", 30_001, Tier::XLarge),
        ];
        for (id, value, expected) in table {
            assert_eq!(tier(id, value, figures), expected, "{value} {id}");
        }
    }

    #[test]
    fn the_largest_need_decides_and_ties_are_both_named() {
        let amount = |id, value| Amount { id, value, read_from: Message::new("etcd-from-plan") };
        let (tier, criteria) =
            need(&[amount("data", 5), amount("nodes", 500), amount("requests", 2000)], Published::figures());
        assert_eq!(tier, Some(Tier::Large));
        let decides: Vec<_> =
            criteria.iter().filter(|criterion| criterion.decides).map(|criterion| criterion.id).collect();
        assert_eq!(decides, ["nodes", "requests"]);
        assert_eq!(need(&[], Published::figures()), (None, Vec::new()));
    }

    #[test]
    fn a_machine_reaches_a_tier_by_its_own_capacity_and_its_disk_by_the_published_type() {
        let figures = Published::figures();
        let met = |type_: Option<&str>, cores: u64, gigabytes: u64, tier| {
            let known = Known {
                node: "n".to_owned(),
                type_: type_.map(str::to_owned),
                millicores: cores * 1000,
                memory: gigabytes * 1_000_000_000,
            };
            machine(&known, tier, figures).demands.iter().map(|demand| demand.met).collect::<Vec<_>>()
        };
        let (yes, no) = (Some(true), Some(false));
        assert_eq!(met(Some("m4.large"), 2, 8, Tier::Small), [yes, yes, yes, yes, None]);
        assert_eq!(met(Some("m4.large"), 2, 8, Tier::Large), [no, no, None, no, None]);
        assert_eq!(met(Some("m7i.huge"), 16, 64, Tier::XLarge), [yes, yes, None, None, None]);
        assert_eq!(met(None, 2, 7, Tier::Small), [yes, no, None, None, None]);
    }

    #[test]
    fn a_plan_names_machines_of_both_providers() {
        let types = |nodes| {
            let examples = examples(Tier::Large, nodes, Published::figures());
            examples.into_iter().map(|example| (example.what, example.type_)).collect::<Vec<_>>()
        };
        let of = |what: &'static str, type_: &str| (what, type_.to_owned());
        let etcd = [of("etcd", "m4.2xlarge"), of("etcd", "n1-standard-8")];
        assert_eq!(types(None), etcd);
        let planes = [of("control-plane", "n1-standard-32"), of("control-plane", "c4.8xlarge")];
        assert_eq!(types(Some(501)), [etcd.clone(), planes].concat());
        assert_eq!(types(Some(5001)), etcd, "nothing was published for more");
    }
}
