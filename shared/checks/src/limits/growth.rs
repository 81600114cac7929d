//! Which limit is met first as a cluster grows.

use std::collections::BTreeMap;

use quicktour_report::limits::{Growth, Line, Step};

use super::capacity;
use super::lines::{Known, title};

/// What `--grow` asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Grow {
    /// So many times as large, nodes and all.
    Times(f64),
    /// So many nodes, pods, services, namespaces or deployments.
    To(BTreeMap<&'static str, u64>),
}

/// What can be asked for by number.
pub const GROWING: [&str; 5] = ["nodes", "pods", "services", "namespaces", "deployments"];

impl Grow {
    /// Reads `2x`, `1.5x` or `nodes=800,pods=20000`.
    ///
    /// # Errors
    /// What is wrong with it, as clap shows it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let expected = || {
            format!(
                "expected a factor such as `2x`, or numbers such as `nodes=800,pods=20000` (of {})",
                GROWING.join(", ")
            )
        };
        if let Some(factor) = text.strip_suffix(['x', 'X']) {
            let factor: f64 = factor.parse().map_err(|_| expected())?;
            return if factor.is_finite() && factor > 1.0 {
                Ok(Self::Times(factor))
            } else {
                Err("a factor must be above 1, as in `2x`".to_owned())
            };
        }
        let mut targets = BTreeMap::new();
        for part in text.split(',') {
            let (name, number) = part.split_once('=').ok_or_else(expected)?;
            let name = GROWING.into_iter().find(|known| *known == name.trim()).ok_or_else(expected)?;
            let number = number.trim().parse().map_err(|_| format!("`{}` is no number of {name}", number.trim()))?;
            if targets.insert(name, number).is_some() {
                return Err(format!("{name} is named twice"));
            }
        }
        Ok(Self::To(targets))
    }
}

/// The limits on the way, the first first; beyond what was asked for only the next one.
#[must_use]
pub(super) fn growth(lines: &[Line], known: &Known<'_>, asked: Option<(&Grow, &str)>) -> Growth {
    let mut steps: Vec<(f64, Step)> = match asked.map(|(grow, _)| grow) {
        None => lines.iter().filter(|line| line.guards).filter_map(|line| step(line, 1.0, 1.0, false)).collect(),
        Some(Grow::Times(factor)) => {
            lines.iter().filter(|line| line.guards).filter_map(|line| step(line, *factor, 1.0, true)).collect()
        }
        Some(Grow::To(targets)) => {
            let now = capacity::sizes(known);
            let factor = |name: &str| {
                let now = now.get(name).copied().filter(|now| *now > 0)?;
                targets.get(name).map(|target| ratio(*target, now))
            };
            let of_lines = lines.iter().filter(|line| line.guards).filter_map(|line| {
                let factor = factor(driver(line)?)?;
                step(line, factor, 1.0, true)
            });
            // Nodes that are added bring room, and pods that are added take it.
            let (nodes, pods) = (factor("nodes").unwrap_or(1.0), factor("pods").unwrap_or(1.0));
            let room = capacity::room(known);
            of_lines.chain(room.iter().filter_map(|line| step(line, pods, nodes, true))).collect()
        }
    };
    steps.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.id.cmp(b.1.id)));
    let met = steps.iter().filter(|(_, step)| step.met).count();
    // The first and the second, and all that are met on the way with the next one that is not.
    steps.truncate(if asked.is_some() { (met + 1).max(2) } else { 2 });
    Growth { asked: asked.map(|(_, text)| text.to_owned()), steps: steps.into_iter().map(|(_, step)| step).collect() }
}

/// What a line grows with, when numbers are asked for.
fn driver(line: &Line) -> Option<&'static str> {
    Some(match line.id {
        "nodes" | "goal-nodes" | "goal-cores" => "nodes",
        "pods" | "goal-pods" | "pods-per-namespace" | "containers" | "endpoints-per-service" => "pods",
        "services" | "services-per-namespace" => "services",
        "namespaces" => "namespaces",
        "deployments-per-namespace" => "deployments",
        "objects-per-type" => match line.place.as_ref()?.name.as_str() {
            "pods" => "pods",
            "nodes" | "leases.coordination.k8s.io" => "nodes",
            "deployments.apps" | "replicasets.apps" => "deployments",
            "services" | "endpointslices.discovery.k8s.io" => "services",
            _ => return None,
        },
        _ => return None,
    })
}

/// When a line meets its limit on the way to `factor` times its value, while the limit itself grows by another factor:
/// 0 is now, 1 the end of the way.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "shares, not counts"
)]
fn step(line: &Line, factor: f64, limit_factor: f64, asked: bool) -> Option<(f64, Step)> {
    let value = line.value.filter(|value| *value > 0)?;
    let (now, limit) = (value as f64, line.limit as f64);
    let (then, limit_then) = (now * factor, limit * limit_factor);
    // now + t (then - now) = limit + t (limit_then - limit)
    let nearing = (then - now) - (limit_then - limit);
    let way = if now > limit {
        0.0
    } else if !asked {
        limit / now
    } else if nearing > 0.0 {
        (limit - now) / nearing
    } else {
        return None;
    };
    let step = Step {
        id: line.id,
        title: title(line.id),
        place: line.place.clone(),
        at_percent: (limit / now * 100.0).floor() as u64,
        value_then: asked.then(|| then.ceil() as u64),
        limit: limit_then.floor() as u64,
        met: !asked || way < 1.0,
    };
    Some((way, step))
}

#[expect(clippy::cast_precision_loss, reason = "a ratio")]
fn ratio(target: u64, now: u64) -> f64 {
    target as f64 / now as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_asked_for() {
        assert_eq!(Grow::parse("2x"), Ok(Grow::Times(2.0)));
        assert_eq!(Grow::parse("1.5x"), Ok(Grow::Times(1.5)));
        let to = Grow::To([("nodes", 800), ("pods", 20000)].into());
        assert_eq!(Grow::parse("nodes=800,pods=20000"), Ok(to));
        for text in [
            "",
            "2",
            "x",
            "1x",
            "0.5x",
            "-2x",
            "infx",
            "nodes",
            "nodes=",
            "nodes=-1",
            "cats=3",
            "nodes=1,nodes=2",
            "nan x",
        ] {
            assert!(Grow::parse(text).is_err(), "{text}");
        }
    }
}
