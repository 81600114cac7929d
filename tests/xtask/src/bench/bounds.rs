//! What must be reached, and whether it was.

use super::seed::Size;
use super::series::{Figures, Series};

/// A missed bound fails the small run only when it is missed by more than this factor: CI's machines are noisy.
const SMOKE_FACTOR: f64 = 2.0;

const HEALTH: &str = "cluster-health";
const PODS: &str = "kubectl get pods -A";
/// The download that nothing decodes.
pub(crate) const RAW: &str = "raw protobuf, nodes and pods";
/// The rival that every plugin is compared with.
pub(crate) const RIVAL: &str = PODS;

const LIMITS: &str = "cluster-limits";
const COUNTS: &str = "cluster-limits --counts-only";
const ALLOCATIONS: &str = "kubectl-view-allocations";

/// One bound and what was reached.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Verdict {
    pub(crate) figure: String,
    pub(crate) at_most: f64,
    /// `None` when there was nothing to measure.
    pub(crate) reached: Option<f64>,
    pub(crate) unit: &'static str,
}

impl Verdict {
    /// A bound on something that was measured, or was not.
    pub(crate) fn new(figure: impl Into<String>, at_most: f64, reached: Option<f64>) -> Self {
        Self { figure: figure.into(), at_most, reached, unit: "" }
    }

    /// In this unit.
    pub(crate) fn unit(self, unit: &'static str) -> Self {
        Self { unit, ..self }
    }

    /// `within`, `missed, by a factor of 3.2`, or why there is no verdict.
    pub(crate) fn words(&self) -> String {
        match self.reached {
            None => "not measured: one of the two was not run".to_owned(),
            Some(reached) if reached <= self.at_most => "within".to_owned(),
            Some(reached) => format!("**missed**, by a factor of {:.1}", reached / self.at_most),
        }
    }

    /// Whether it fails the small run.
    pub(crate) fn fails_smoke(&self) -> bool {
        self.reached.is_none_or(|reached| reached > self.at_most * SMOKE_FACTOR)
    }
}

fn ratio(series: &Series, a: &str, b: &str, figure: fn(&Figures) -> f64) -> Option<f64> {
    Some(figure(series.of(a)?) / figure(series.of(b)?))
}

fn wall(figures: &Figures) -> f64 {
    figures.wall_seconds
}

fn peak_megabytes(figures: &Figures) -> f64 {
    figures.peak_megabytes
}

/// The bounds of 100 nodes and 3,000 pods.
pub(crate) fn small(series: &Series) -> Vec<Verdict> {
    let health = series.of(HEALTH);
    let mut verdicts = vec![
        Verdict::new("100 nodes: cluster-health, time / kubectl get pods -A", 0.5, ratio(series, HEALTH, PODS, wall)),
        Verdict::new("100 nodes: cluster-limits, time / kubectl get pods -A", 0.5, ratio(series, LIMITS, PODS, wall)),
        Verdict::new("100 nodes: cluster-health, peak memory", 24.0, health.map(peak_megabytes)).unit(" MB"),
    ];
    verdicts.extend(limits(series, "100 nodes"));
    verdicts
}

/// The bounds of 5,000 nodes and 150,000 pods; `small` is of 100 and 3,000.
pub(crate) fn large(series: &Series, small: Option<&Series>) -> Vec<Verdict> {
    let peak = series.of(HEALTH).map(peak_megabytes);
    let grown = small.and_then(|small| Some(peak? - peak_megabytes(small.of(HEALTH)?)));
    let server = |figures: &Figures| figures.server_cpu_seconds;
    let mut verdicts = vec![
        Verdict::new("5,000 nodes: cluster-health, time / raw", 0.35, ratio(series, HEALTH, RAW, wall)),
        Verdict::new(
            "5,000 nodes: cluster-health, time / kubectl get pods -A",
            0.02,
            ratio(series, HEALTH, PODS, wall),
        ),
        Verdict::new("5,000 nodes: cluster-health, peak memory", 24.0, peak).unit(" MB"),
        Verdict::new("5,000 nodes: cluster-health, peak memory above its own at 100 nodes", 16.0, grown).unit(" MB"),
        Verdict::new("5,000 nodes: cluster-health, API server's CPU / raw", 0.35, ratio(series, HEALTH, RAW, server)),
    ];
    verdicts.extend(beside(series, "5,000 nodes"));
    verdicts.extend(limits(series, "5,000 nodes"));
    verdicts
}

/// The bounds of cluster-limits beside others; stated for the largest cluster, and shown for a middle one too.
pub(crate) fn beside(series: &Series, size: &str) -> Vec<Verdict> {
    let what = |figure: &str| format!("{size}: {figure}");
    vec![
        Verdict::new(what("cluster-limits, time / raw"), 0.8, ratio(series, LIMITS, RAW, wall)),
        Verdict::new(
            what("cluster-limits, time / kubectl-view-allocations"),
            0.1,
            ratio(series, LIMITS, ALLOCATIONS, wall),
        ),
        Verdict::new(
            what("cluster-limits, memory / kubectl-view-allocations"),
            0.005,
            ratio(series, LIMITS, ALLOCATIONS, peak_megabytes),
        ),
    ]
}

/// The bounds of counting alone, of any size.
fn limits(series: &Series, size: &str) -> Vec<Verdict> {
    let counts = series.of(COUNTS);
    vec![
        Verdict::new(format!("{size}: {COUNTS}, time"), 1.0, counts.map(wall)).unit(" s"),
        Verdict::new(format!("{size}: {COUNTS}, peak memory"), 10.0, counts.map(peak_megabytes)).unit(" MB"),
    ]
}

/// The bound of the odd shapes.
pub(crate) fn odd(series: &Series) -> Verdict {
    let figure = format!("{}: cluster-health, time / raw", Size::words(series.size));
    Verdict::new(figure, 0.7, ratio(series, HEALTH, RAW, wall))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_within_missed_or_not_measured() {
        assert_eq!(Verdict::new("x", 0.5, Some(0.5)).words(), "within");
        assert_eq!(Verdict::new("x", 0.5, Some(1.5)).words(), "**missed**, by a factor of 3.0");
        assert_eq!(Verdict::new("x", 0.5, None).words(), "not measured: one of the two was not run");
    }

    #[test]
    fn the_small_run_forgives_a_factor_of_two_and_no_more() {
        assert!(!Verdict::new("x", 0.5, Some(1.0)).fails_smoke());
        assert!(Verdict::new("x", 0.5, Some(1.01)).fails_smoke());
        assert!(Verdict::new("x", 0.5, None).fails_smoke());
    }
}
