//! All rules over all facts, and what could not be checked.

use std::collections::BTreeSet;

use quicktour_report::finding::{Finding, NotChecked, NotCheckedWhy, ObjectRef};
use quicktour_report::message::Message;
use quicktour_survey::{Part, Reading, Survey};

use crate::context::Context;
use crate::facts::Facts;
use crate::figures::Limits;
use crate::link::{Draft, arrange};
use crate::pods::Troubled;
use crate::{batch, control, events, network, nodes, pods, storage, tenancy, workloads};

/// What the rules say of a survey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Worst first, each effect under its cause.
    pub findings: Vec<Finding>,
    /// What was asked for and not read.
    pub not_checked: Vec<NotChecked>,
    /// What was looked at, in a line each.
    pub summary: Vec<Message>,
}

/// Judges what was read. `kubectl` begins every command that is shown.
#[must_use]
pub fn judge(survey: &Survey, facts: &Facts, limits: &Limits, kubectl: &str) -> Judgement {
    let troubled = Troubled::of(facts);
    let context = Context { survey, facts, troubled: &troubled, limits, now: survey.now, kubectl };
    let mut drafts: Vec<Draft> = [
        control::judge(&context),
        nodes::judge(&context),
        storage::judge(&context),
        pods::judge(&context),
        workloads::judge(&context),
        batch::judge(&context),
        network::judge(&context),
        tenancy::judge(&context),
    ]
    .concat();
    let explained: BTreeSet<ObjectRef> = drafts.iter().flat_map(Draft::named).cloned().collect();
    drafts.extend(events::judge(&context, &explained));
    drafts.retain(|draft| facts.selection().has(draft.id()));
    Judgement { findings: arrange(drafts), not_checked: not_checked(&context), summary: summary(&context) }
}

fn not_checked(context: &Context<'_>) -> Vec<NotChecked> {
    let parts = Part::ALL.into_iter();
    let mut not_checked: Vec<NotChecked> =
        parts.filter_map(|part| unread(part.what(), context.survey.unread(part)?)).collect();
    if context.facts.selection().has("leader-lost") {
        not_checked.extend(control::not_checked(context));
    }
    if context.facts.selection().has("workload-unobserved") {
        not_checked.extend(workloads::not_checked(context));
    }
    let kubelets = context.facts.nodes.without_version();
    if context.facts.selection().has("kubelet-version-skew") && kubelets > 0 {
        not_checked.push(NotChecked {
            what: Message::new("part-kubelet-version"),
            why: NotCheckedWhy::Failed,
            detail: Some(Message::new("kubelet-version-unreadable").arg("count", kubelets)),
            rule: None,
        });
    }
    if context.facts.selection().has("kube-proxy-version-skew")
        && let Some(nodes) = context.facts.pods.kube_proxy.get(&None)
    {
        not_checked.push(NotChecked {
            what: Message::new("part-kube-proxy-version"),
            why: NotCheckedWhy::Failed,
            detail: Some(Message::new("kube-proxy-tag-unreadable").arg("count", nodes.len())),
            rule: None,
        });
    }
    if context.facts.selection().has("kube-proxy-version-skew") {
        let what = Message::new("part-kube-proxy-version");
        not_checked.extend(unread(what, context.survey.kube_proxies.clone()));
    }
    not_checked
}

/// Why something was not read, if it was asked for and was not.
fn unread(what: Message, reading: Reading<()>) -> Option<NotChecked> {
    let (why, detail, rule) = match reading {
        Reading::Forbidden(rule) => (NotCheckedWhy::Forbidden, None, Some(rule)),
        Reading::Absent => (NotCheckedWhy::Absent, None, None),
        Reading::Failed(cause) => (NotCheckedWhy::Failed, Some(cause), None),
        Reading::Read(()) | Reading::NotAsked => return None,
    };
    Some(NotChecked { what, why, detail, rule })
}

fn summary(context: &Context<'_>) -> Vec<Message> {
    let survey = context.survey;
    let counts = [
        (&[Part::Nodes][..], "summary-nodes"),
        (&[Part::Pods], "summary-pods"),
        (&[Part::Deployments, Part::StatefulSets, Part::DaemonSets, Part::Jobs, Part::CronJobs], "summary-workloads"),
        (&[Part::Services], "summary-services"),
    ];
    let counts: Vec<Message> = counts
        .into_iter()
        .filter_map(|(parts, id)| {
            let read: Vec<u64> = parts.iter().filter_map(|part| survey.count(*part)).collect();
            (!read.is_empty()).then(|| Message::new(id).arg("count", read.iter().sum::<u64>()))
        })
        .collect();
    let mut lines = Vec::new();
    if !counts.is_empty() {
        lines.push(match survey.scope.namespace() {
            Some(namespace) => {
                Message::new("summary-looked-at-namespace").arg("what", counts).arg("namespace", namespace)
            }
            None => Message::new("summary-looked-at").arg("what", counts),
        });
    }
    if !survey.clock_ahead.is_zero() {
        let id = if survey.clock_ahead.is_negative() { "summary-clock-behind" } else { "summary-clock-ahead" };
        lines.push(Message::new(id).arg("by", survey.clock_ahead.unsigned_abs()));
    }
    let servers = context.facts.network.api_servers;
    if survey.has(Part::Readyz) && servers > 1 {
        lines.push(Message::new("summary-one-of-servers").arg("count", servers));
    }
    lines.extend(control::summary(context));
    lines
}
