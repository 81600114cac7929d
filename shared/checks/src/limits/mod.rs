//! How near a cluster is to the published scalability limits, and what still fits on its nodes. Pure, like all rules.
//!
//! [`Tally`] folds objects while they stream past, [`Told`] the API server's metrics; [`assess`] makes the report's facts
//! and findings of them. A limit is an entry in `published.yaml`, a line in `lines.rs` and its words in `limits.ftl`.

pub mod amount;
mod capacity;
mod growth;
mod judge;
mod kinds;
mod levels;
mod lines;
mod metrics;
mod published;
pub mod requests;
mod tally;

use jiff::Timestamp;
use quicktour_report::finding::{Finding, NotChecked};
use quicktour_report::limits::Limits;
use quicktour_report::message::Message;
use quicktour_survey::Reading;
use quicktour_survey::views::{View as _, node, pod};

pub use capacity::Wanted;
pub use growth::{GROWING, Grow};
pub use judge::{Demand, unread, version_not_checked};
pub use kinds::counted;
pub use lines::Known;
pub(crate) use metrics::whole;
pub use metrics::{Buckets, Told, percentile};
pub use published::{FigureScope, Published, PublishedControlPlane, PublishedFigure, PublishedMachine, Source};
pub use tally::Tally;

/// Which figures to compare with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// Today's thresholds.
    #[default]
    Default,
    /// The goals of April 2016.
    Goals2016,
}

/// What was asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Question<'a> {
    /// Which figures.
    pub profile: Profile,
    /// `--grow`, and as it was typed.
    pub grow: Option<(&'a Grow, &'a str)>,
    /// `--pod`.
    pub pod: Option<&'a Wanted>,
    /// `--min-headroom`.
    pub demand: Demand,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Assessment {
    /// The facts.
    pub limits: Limits,
    /// Limits that are passed or near.
    pub findings: Vec<Finding>,
    /// What was asked for and not read.
    pub not_checked: Vec<NotChecked>,
    /// What was looked at.
    pub summary: Vec<Message>,
}

/// Compares what is known with the figures. `kubectl` begins every command that is shown.
#[must_use]
pub fn assess(
    known: &Known<'_>,
    metrics: &Reading<()>,
    question: &Question<'_>,
    now: Timestamp,
    kubectl: &str,
) -> Assessment {
    let figures = Published::figures();
    let lines = lines::lines(known, question.profile, figures);
    let service_levels = levels::service_levels(known.told, now, figures);
    let findings = judge::findings(&lines, &service_levels, question.demand, figures, kubectl);
    let streamed = known.sums.map(|(_, streamed)| streamed.clone()).unwrap_or_default();
    let not_checked = judge::not_checked(known.counts, &streamed, metrics, &lines);
    let limits = Limits {
        profile: match question.profile {
            Profile::Default => "default",
            Profile::Goals2016 => "goals-2016",
        },
        open: if question.profile == Profile::Default { lines::open(known) } else { Vec::new() },
        growth: growth::growth(&lines, known, question.grow),
        capacity: capacity::capacity(known, question.pod),
        overhead: levels::overhead(known, figures),
        service_levels,
        largest_cluster: figures.count("largest-cluster"),
        lines,
    };
    Assessment { limits, findings, not_checked, summary: summary(known) }
}

fn summary(known: &Known<'_>) -> Vec<Message> {
    let counts = [("summary-nodes", node::Node::RESOURCE), ("summary-pods", pod::Pod::RESOURCE)];
    let counts: Vec<Message> =
        counts.into_iter().filter_map(|(id, kind)| Some(Message::new(id).arg("count", known.count(kind)?.0))).collect();
    if counts.is_empty() {
        return Vec::new();
    }
    vec![match known.scope.namespace() {
        Some(namespace) => Message::new("summary-looked-at-namespace").arg("what", counts).arg("namespace", namespace),
        None => Message::new("summary-looked-at").arg("what", counts),
    }]
}
