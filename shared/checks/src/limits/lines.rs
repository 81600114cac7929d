//! From what was counted and summed to a line for each limit: value, limit, place.

use quicktour_report::limits::{Line, OpenLine, Place, ReadBy, Unit};
use quicktour_report::message::Message;
use quicktour_survey::views::{Resource, View as _, apps, batch, core, node, pod};
use quicktour_survey::{Counts, Part, Reading, Scope, Streamed};

use super::Profile;
use super::kinds::{CONFIG_MAPS, INGRESSES, VOLUMES};
use super::metrics::{Told, is_builtin};
use super::published::{FigureScope, Published};
use super::tally::{Machine, Tally};

/// Everything that was read of a cluster.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// The whole cluster or one namespace.
    pub scope: &'a Scope,
    /// How many objects there are of each kind.
    pub counts: &'a Counts,
    /// The sums over all objects; `None` when only counts were wanted.
    pub sums: Option<(&'a Tally, &'a Streamed)>,
    /// The API server's metrics, if they could be read.
    pub told: Option<&'a Told>,
}

/// The nearest place to a limit: its value, its limit, where it is.
type Nearest = (u64, u64, Option<Place>);

impl<'a> Known<'a> {
    /// How many objects of a kind there are, and how that is known.
    pub(super) fn count(&self, kind: Resource) -> Option<(u64, ReadBy)> {
        let counted = self.counts.get(&kind).and_then(Reading::read).copied();
        counted.map(|count| (count, ReadBy::Count)).or_else(|| {
            let whole = matches!(self.scope, Scope::Cluster);
            let told = self.told.filter(|_| whole)?.count(kind.group, kind.plural)?;
            Some((told, ReadBy::Metrics))
        })
    }

    /// The sums, if all of these lists were read.
    fn summed(&self, parts: &[Part]) -> Option<&'a Tally> {
        let (tally, streamed) = self.sums?;
        let read = |part| streamed.get(part).is_some_and(|reading| reading.read().is_some());
        parts.iter().all(read).then_some(tally)
    }

    /// The sums over nodes and their pods.
    pub(super) fn machines(&self) -> Option<&'a Tally> {
        self.summed(&[Part::Nodes, Part::Pods]).filter(|tally| !tally.machines.is_empty())
    }

    /// The namespace with the most objects of a kind.
    fn fullest(
        &self,
        kind: Resource,
        part: Part,
        of: fn(&Tally) -> &std::collections::BTreeMap<String, u64>,
    ) -> Option<(u64, Place, ReadBy)> {
        let namespace = |name: &str| Place { kind: "namespace", namespace: None, name: name.to_owned() };
        if let Scope::Namespace(name) = self.scope {
            let (count, read_by) = self.count(kind)?;
            return Some((count, namespace(name), read_by));
        }
        let counts = of(self.summed(&[part])?);
        // Of several the first by name, so that two runs say the same.
        let fullest = counts.iter().max_by_key(|(name, count)| (**count, std::cmp::Reverse(*name)));
        Some(fullest.map_or((0, namespace(""), ReadBy::List), |(name, count)| (*count, namespace(name), ReadBy::List)))
    }
}

/// The lines of a profile, the highest share first.
#[must_use]
pub(super) fn lines(known: &Known<'_>, profile: Profile, figures: &Published) -> Vec<Line> {
    let mut lines = match profile {
        Profile::Default => default(known, figures),
        Profile::Goals2016 => goals(known, figures),
    };
    // By the share itself: most of a small cluster's shares are less than a thousandth.
    let cross = |a: &Line, b: &Line| a.value.map(|value| u128::from(value) * u128::from(b.limit.max(1)));
    lines.sort_by(|a, b| cross(b, a).cmp(&cross(a, b)).then(a.id.cmp(b.id)));
    lines
}

fn default(known: &Known<'_>, figures: &Published) -> Vec<Line> {
    let maker = Maker { known, figures };
    let mut lines = Vec::new();
    if matches!(known.scope, Scope::Cluster) {
        for (id, kind) in [
            ("nodes", node::Node::RESOURCE),
            ("namespaces", core::Namespace::RESOURCE),
            ("pods", pod::Pod::RESOURCE),
            ("services", core::Service::RESOURCE),
            ("events", core::Event::RESOURCE),
        ] {
            lines.push(maker.count(id, kind));
        }
        lines.push(maker.nearest("objects-per-type", Unit::Count, largest_kind(known)));
        lines.push(maker.nearest("bytes-per-type", Unit::Bytes, heaviest_kind(known)));
        let containers = known.summed(&[Part::Pods]).map(|tally| (tally.containers, None, ReadBy::List));
        lines.push(maker.nearest("containers", Unit::Count, containers));
        lines.extend(of_nodes(&maker));
        // No list tells these: tokens are no objects, and every object would have to be read for the largest.
        lines.extend(["access-tokens", "access-token-verifications"].map(|id| maker.nearest(id, Unit::Count, None)));
        lines.push(maker.nearest("bytes-per-object", Unit::Bytes, None));
    }
    let placed = |(count, place, read_by)| (count, Some(place), read_by);
    let pods = known.fullest(pod::Pod::RESOURCE, Part::Pods, |tally| &tally.pods);
    lines.push(maker.nearest("pods-per-namespace", Unit::Count, pods.map(placed)));
    let services = known.fullest(core::Service::RESOURCE, Part::Services, |tally| &tally.services);
    lines.push(maker.nearest("services-per-namespace", Unit::Count, services.map(placed)));
    let deployments = known.fullest(apps::Deployment::RESOURCE, Part::Deployments, |tally| &tally.deployments);
    lines.push(maker.nearest("deployments-per-namespace", Unit::Count, deployments.map(placed)));
    lines.push(maker.nearest("endpoints-per-service", Unit::Count, busiest_service(known)));
    lines
}

fn goals(known: &Known<'_>, figures: &Published) -> Vec<Line> {
    let maker = Maker { known, figures };
    if matches!(known.scope, Scope::Namespace(_)) {
        return Vec::new();
    }
    let mut lines = vec![maker.count("goal-nodes", node::Node::RESOURCE), maker.count("goal-pods", pod::Pod::RESOURCE)];
    let machines = known.machines();
    let all = machines.map(|tally| (tally.machines.values().map(cores).sum::<u64>(), None, ReadBy::List));
    lines.push(maker.nearest("goal-cores", Unit::Count, all));
    let biggest = machines.and_then(|tally| {
        let (name, machine) =
            tally.machines.iter().max_by_key(|(name, machine)| (cores(machine), std::cmp::Reverse(*name)))?;
        Some((cores(machine), Some(on_node(name)), ReadBy::List))
    });
    lines.push(maker.nearest("goal-cores-per-node", Unit::Count, biggest));
    let (most, per_core) = (figures.count("goal-pods-per-node"), figures.count("goal-pods-per-core"));
    lines.push(maker.of_node("goal-pods-per-node", |_| most));
    lines.push(maker.of_node("goal-pods-per-core", |machine| cores(machine).saturating_mul(per_core)));
    lines
}

fn of_nodes(maker: &Maker<'_>) -> [Line; 2] {
    let (most, per_core) = (maker.figures.count("pods-per-node"), maker.figures.count("pods-per-core"));
    let own = |machine: &Machine| u64::try_from(machine.allocatable.get("pods")).unwrap_or(0);
    [
        maker.of_node("pods-per-node", |machine| most.min(cores(machine).saturating_mul(per_core))),
        Line { source: "status.allocatable.pods of the node".to_owned(), ..maker.of_node("max-pods", own) },
    ]
}

/// Quantities that the thresholds name and leave open.
#[must_use]
pub(super) fn open(known: &Known<'_>) -> Vec<OpenLine> {
    let kinds = [
        ("config-maps", CONFIG_MAPS),
        ("deployments", apps::Deployment::RESOURCE),
        ("daemon-sets", apps::DaemonSet::RESOURCE),
        ("stateful-sets", apps::StatefulSet::RESOURCE),
        ("jobs", batch::Job::RESOURCE),
        ("ingresses", INGRESSES),
        ("persistent-volume-claims", core::PersistentVolumeClaim::RESOURCE),
        ("persistent-volumes", VOLUMES),
    ];
    let whole = matches!(known.scope, Scope::Cluster);
    let in_scope = kinds.into_iter().filter(|(_, kind)| kind.namespaced || whole);
    let mut open: Vec<OpenLine> = in_scope
        .map(|(id, kind)| OpenLine { id, title: title(id), value: known.count(kind).map(|(count, _)| count) })
        .collect();
    if whole {
        let secrets = known.told.and_then(|told| told.count("", "secrets"));
        open.push(OpenLine { id: "secrets", title: title("secrets"), value: secrets });
    }
    let endpoints = known.summed(&[Part::EndpointSlices]).map(|tally| tally.endpoints.values().map(most).sum());
    open.push(OpenLine { id: "endpoints", title: title("endpoints"), value: endpoints });
    open
}

/// The words for a figure.
pub(super) fn title(id: &'static str) -> Message {
    Message::new(match id {
        "nodes" | "goal-nodes" => "limit-nodes",
        "namespaces" => "limit-namespaces",
        "pods" | "goal-pods" => "limit-pods",
        "services" => "limit-services",
        "events" => "limit-events",
        "containers" => "limit-containers",
        "objects-per-type" => "limit-objects-per-type",
        "bytes-per-type" => "limit-bytes-per-type",
        "bytes-per-object" => "limit-bytes-per-object",
        "access-tokens" => "limit-access-tokens",
        "access-token-verifications" => "limit-access-token-verifications",
        "pods-per-node" | "goal-pods-per-node" => "limit-pods-per-node",
        "max-pods" => "limit-max-pods",
        "pods-per-namespace" => "limit-pods-per-namespace",
        "services-per-namespace" => "limit-services-per-namespace",
        "deployments-per-namespace" => "limit-deployments-per-namespace",
        "endpoints-per-service" => "limit-endpoints-per-service",
        "goal-cores" => "limit-cores",
        "goal-cores-per-node" => "limit-cores-per-node",
        "goal-pods-per-core" => "limit-pods-per-core",
        "config-maps" => "limit-config-maps",
        "deployments" => "limit-deployments",
        "daemon-sets" => "limit-daemon-sets",
        "stateful-sets" => "limit-stateful-sets",
        "jobs" => "limit-jobs",
        "ingresses" => "limit-ingresses",
        "persistent-volume-claims" => "limit-claims",
        "persistent-volumes" => "limit-volumes",
        "secrets" => "limit-secrets",
        "endpoints" => "limit-endpoints",
        "pod-slots" => "limit-pod-slots",
        "cpu-requested" => "limit-cpu-requested",
        "memory-requested" => "limit-memory-requested",
        _ => "limit-other",
    })
}

struct Maker<'a> {
    known: &'a Known<'a>,
    figures: &'a Published,
}

impl Maker<'_> {
    fn count(&self, id: &'static str, kind: Resource) -> Line {
        self.nearest(id, Unit::Count, self.known.count(kind).map(|(count, read_by)| (count, None, read_by)))
    }

    fn nearest(&self, id: &'static str, unit: Unit, nearest: Option<(u64, Option<Place>, ReadBy)>) -> Line {
        let limit = self.figures.count(id);
        let read_by = nearest.as_ref().map_or(ReadBy::Nothing, |(_, _, read_by)| *read_by);
        self.line(id, unit, nearest.map(|(value, place, _)| (value, limit, place)), limit, read_by)
    }

    /// A limit that each node has: the node with the highest share of its own.
    fn of_node(&self, id: &'static str, limit: impl Fn(&Machine) -> u64) -> Line {
        let nearest = self.known.machines().and_then(|tally| {
            let shares = tally.machines.iter().map(|(name, machine)| {
                let (held, limit) = (tally.held.get(name).map_or(0, |held| held.pods), limit(machine));
                (held, limit, name)
            });
            shares.max_by_key(|(held, limit, name)| (held * 1000 / (*limit).max(1), std::cmp::Reverse(*name)))
        });
        let nearest = nearest.map(|(held, limit, name)| (held, limit, Some(on_node(name))));
        let published = self.figures.figure(id).and_then(|figure| figure.value).map_or(0, |_| self.figures.count(id));
        let read_by = if nearest.is_some() { ReadBy::List } else { ReadBy::Nothing };
        self.line(id, Unit::Count, nearest, published, read_by)
    }

    fn line(&self, id: &'static str, unit: Unit, nearest: Option<Nearest>, limit: u64, read_by: ReadBy) -> Line {
        let (value, limit, place) = match nearest {
            Some((value, limit, place)) => (Some(value), limit, place),
            None => (None, limit, None),
        };
        let figure = self.figures.figure(id);
        // Only this source says that its limits are lower in smaller clusters.
        let whole_cluster =
            figure.is_some_and(|figure| figure.scope == FigureScope::Cluster && figure.source == "thresholds");
        let largest = self.figures.count("largest-cluster");
        let nodes = self.known.count(node::Node::RESOURCE).map(|(nodes, _)| nodes);
        let smaller = nodes.filter(|nodes| whole_cluster && !id.ends_with("nodes") && *nodes > 0 && *nodes < largest);
        Line {
            id,
            title: title(id),
            unit,
            value,
            limit,
            // Where there is nothing, no place has most of it.
            place: place.filter(|_| value != Some(0)),
            source: self.figures.origin(id),
            read_by,
            proportional: smaller.map(|nodes| limit.saturating_mul(nodes) / largest),
            guards: figure.is_some_and(|figure| figure.scope != FigureScope::Node),
        }
    }
}

fn on_node(name: &str) -> Place {
    Place { kind: "node", namespace: None, name: name.to_owned() }
}

/// The whole cores of a machine; a part of one counts as none.
fn cores(machine: &Machine) -> u64 {
    u64::try_from(machine.capacity.get("cpu")).unwrap_or(0) / 1000
}

/// Of a service in two families of addresses, each endpoint is counted once.
fn most(families: &std::collections::BTreeMap<String, u64>) -> u64 {
    families.values().copied().max().unwrap_or(0)
}

fn busiest_service(known: &Known<'_>) -> Option<(u64, Option<Place>, ReadBy)> {
    let tally = known.summed(&[Part::EndpointSlices])?;
    // Behind `kubernetes` are the API servers, which do not become more with the pods.
    let ours = |(namespace, name): &(String, String)| namespace == "default" && name == "kubernetes";
    let services = tally.endpoints.iter().filter(|(name, _)| !ours(name));
    let services = services.map(|(name, families)| (most(families), name));
    let busiest = services.max_by_key(|(count, name)| (*count, std::cmp::Reverse(*name)));
    let Some((count, (namespace, name))) = busiest else { return Some((0, None, ReadBy::List)) };
    let place = Place { kind: "service", namespace: Some(namespace.clone()), name: name.clone() };
    Some((count, Some(place), ReadBy::List))
}

fn largest_kind(known: &Known<'_>) -> Option<(u64, Option<Place>, ReadBy)> {
    let not_event = |plural: &str| plural != "events";
    let counted = known.counts.iter().filter_map(|(kind, reading)| {
        let count = reading.read().filter(|_| not_event(kind.plural))?;
        Some((*count, kind.qualified(), ReadBy::Count))
    });
    let told = known.told.into_iter().flat_map(Told::kinds).filter_map(|((group, plural), count)| {
        let ours = is_builtin(group) && not_event(plural);
        let counted = known
            .counts
            .iter()
            .any(|(kind, reading)| kind.group == group && kind.plural == plural && reading.read().is_some());
        (ours && !counted).then(|| (count, qualified(group, plural), ReadBy::Metrics))
    });
    nearest_kind(counted.chain(told))
}

fn heaviest_kind(known: &Known<'_>) -> Option<(u64, Option<Place>, ReadBy)> {
    let bytes = &known.told?.bytes;
    let ours = bytes.iter().filter(|((group, _), _)| is_builtin(group));
    nearest_kind(ours.map(|((group, plural), bytes)| (*bytes, qualified(group, plural), ReadBy::Metrics)))
}

fn nearest_kind(kinds: impl Iterator<Item = (u64, String, ReadBy)>) -> Option<(u64, Option<Place>, ReadBy)> {
    let (count, name, read_by) = kinds.max_by(|a, b| (a.0, &b.1).cmp(&(b.0, &a.1)))?;
    Some((count, Some(Place { kind: "type", namespace: None, name }), read_by))
}

fn qualified(group: &str, plural: &str) -> String {
    if group.is_empty() { plural.to_owned() } else { format!("{plural}.{group}") }
}
