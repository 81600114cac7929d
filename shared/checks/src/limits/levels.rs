//! Service levels since the API server's start, and what the cluster spends on itself.

use jiff::Timestamp;
use quicktour_report::limits::{Overhead, ServiceLevel};
use quicktour_report::message::Message;

use super::amount::Amounts;
use super::lines::Known;
use super::metrics::{Buckets, Sort, Told, percentile};
use super::published::Published;

/// A million, and a gigabyte as the goals count memory.
const MILLION: i64 = 1000 * 1000;
const GB: i64 = 1000 * MILLION;

/// The objectives that the API server's metrics speak of; empty without metrics.
#[must_use]
pub(super) fn service_levels(told: Option<&Told>, now: Timestamp, figures: &Published) -> Vec<ServiceLevel> {
    let Some(told) = told else { return Vec::new() };
    let sorts = [
        (Sort::Mutating, "slo-mutating", "level-mutating"),
        (Sort::ReadObject, "slo-read-object", "level-read-object"),
        (Sort::ReadCollection, "slo-read-collection", "level-read-collection"),
    ];
    let mut levels: Vec<ServiceLevel> = sorts
        .into_iter()
        .map(|(sort, id, words)| {
            let calls = told.calls.get(&sort);
            let worst = calls.and_then(|calls| slowest(calls, figures));
            let all = calls.into_iter().flatten().filter_map(|(_, buckets)| buckets.values().max()).sum();
            ServiceLevel {
                id,
                title: Message::new(words),
                limit_milli: milli(figures.value(id)),
                percentile: figures.count("slo-percentile"),
                calls: worst.as_ref().map_or(all, |(_, _, calls)| *calls),
                between_milli: worst.as_ref().map(|(_, between, _)| *between),
                worst: worst.map(|(name, ..)| name),
                source: figures.origin(id),
            }
        })
        .collect();
    #[expect(clippy::cast_precision_loss, reason = "seconds of the epoch, and counts far below")]
    let churn = told.started.map(|started| now.as_second() as f64 - started).filter(|age| *age > 0.0).map(|age| {
        let rate = milli(told.pod_changes as f64 / age);
        (rate, Some(rate))
    });
    levels.push(ServiceLevel {
        id: "churn",
        title: Message::new("level-churn"),
        limit_milli: milli(figures.value("churn")),
        percentile: figures.count("slo-percentile"),
        calls: told.pod_changes,
        between_milli: churn,
        worst: None,
        source: figures.origin("churn"),
    });
    levels.push(ServiceLevel {
        id: "slo-pod-start",
        title: Message::new("level-pod-start"),
        limit_milli: milli(figures.value("slo-pod-start")),
        percentile: figures.count("slo-percentile"),
        calls: 0,
        between_milli: None,
        worst: None,
        source: figures.origin("slo-pod-start"),
    });
    levels
}

type Slowest = (String, (u64, Option<u64>), u64);

/// The verb and resource with the highest percentile among those that were called often enough to have one.
fn slowest(calls: &std::collections::BTreeMap<String, Buckets>, figures: &Published) -> Option<Slowest> {
    let (percent, enough) = (figures.count("slo-percentile"), figures.count("slo-calls"));
    let each = calls.iter().filter_map(|(name, buckets)| {
        let (between, calls) = percentile(buckets, percent)?;
        (calls >= enough).then(|| (name.clone(), between, calls))
    });
    each.max_by(|a, b| (a.1.0, &b.0).cmp(&(b.1.0, &a.0)))
}

/// What nodes and kube-system take, and how much memory and how many pods there are for each core, against the goals of
/// 2016; empty where nodes or pods could not be read.
#[must_use]
pub(super) fn overhead(known: &Known<'_>, figures: &Published) -> Vec<Overhead> {
    let Some(tally) = known.machines() else { return Vec::new() };
    let (mut have, mut kept) = (Amounts::default(), Amounts::default());
    let nodes = i64::try_from(tally.machines.len()).unwrap_or(i64::MAX);
    for machine in tally.machines.values() {
        have.add(&machine.capacity);
        let less = |name: &str| (machine.capacity.get(name) - machine.allocatable.get(name)).max(0);
        kept.add(&["cpu", "memory"].into_iter().map(|name| (name.to_owned(), less(name))).collect());
    }
    kept.add(&tally.system_on_nodes);
    // Several API servers make a control plane of high availability.
    let servers = tally.endpoints.get(&("default".to_owned(), "kubernetes".to_owned()));
    let several = servers.is_some_and(|families| families.values().any(|count| *count > 1));
    let cluster = if several { "goal-cluster-overhead-ha" } else { "goal-cluster-overhead" };
    let mut lines = Vec::new();
    for (of, node_least, cluster_least, scale) in [
        ("cpu", "goal-node-overhead-cores", "goal-cluster-overhead-cores", 1000.0),
        ("memory", "goal-node-overhead-memory", "goal-cluster-overhead-memory", 1e9),
    ] {
        let all = have.get(of);
        if all <= 0 {
            continue;
        }
        for (id, words, spent, least, times) in [
            ("goal-node-overhead", "overhead-nodes", kept.get(of), node_least, nodes),
            (cluster, "overhead-cluster", tally.system.get(of), cluster_least, 1),
        ] {
            // "< 5 %, minimum 0.5 core": what is small may take the minimum.
            #[expect(clippy::cast_precision_loss, reason = "shares")]
            let minimum = figures.value(least) * scale * times as f64 / all as f64 * 100.0;
            lines.push(Overhead {
                id,
                title: Message::new(words),
                of,
                value_milli: share(spent, all),
                most_milli: milli(figures.value(id).max(minimum)),
                least_milli: None,
                source: figures.origin(id),
            });
        }
    }
    let cores = have.get("cpu");
    if cores > 0 {
        lines.push(Overhead {
            id: "goal-ram-per-core-most",
            title: Message::new("overhead-ram"),
            of: "GB per core",
            value_milli: per_core(have.get("memory") / (GB / MILLION), cores),
            most_milli: milli(figures.value("goal-ram-per-core-most")),
            least_milli: Some(milli(figures.value("goal-ram-per-core-least"))),
            source: figures.origin("goal-ram-per-core-most"),
        });
        let pods = i64::try_from(tally.placed.pods).unwrap_or(i64::MAX).saturating_mul(MILLION);
        lines.push(Overhead {
            id: "goal-pods-per-core",
            title: Message::new("overhead-pods"),
            of: "pods per core",
            value_milli: per_core(pods, cores),
            most_milli: milli(figures.value("goal-pods-per-core")),
            least_milli: None,
            source: figures.origin("goal-pods-per-core"),
        });
    }
    lines
}

/// Millionths of something by thousandths of a core: thousandths.
fn per_core(millionths: i64, millicores: i64) -> u64 {
    u64::try_from(millionths / millicores).unwrap_or(0)
}

/// Thousandths of a percent.
fn share(part: i64, all: i64) -> u64 {
    u64::try_from(i128::from(part.max(0)) * 100_000 / i128::from(all.max(1))).unwrap_or(u64::MAX)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "figures are small and above 0")]
fn milli(value: f64) -> u64 {
    (value * 1000.0).round() as u64
}
