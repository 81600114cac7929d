//! From workloads to components, and what is wrong with them.

use std::collections::BTreeSet;

use quicktour_report::finding::{Finding, ObjectRef, Severity};
use quicktour_report::message::Message;
use quicktour_report::system::{Component, Fit};
use quicktour_survey::minor;
use quicktour_survey::views::object::LabelSelector;

use super::gather::{Key, Workload};
use super::table::{Image, Known, Skew, Table};
use super::{Ground, finding};

/// All workloads, known ones first, then by namespace and name.
pub(super) fn components(ground: &Ground<'_>) -> Vec<Component> {
    let budgets = ground.budgets_known.then_some(ground.gathered.budgets.as_slice());
    let mut components: Vec<Component> = ground
        .gathered
        .workloads
        .iter()
        // Scaled to nothing, or for nodes that there are none of: not a part of what runs.
        .filter(|(_, workload)| workload.pods > 0 || workload.desired != Some(0))
        .map(|(key, workload)| component(key, workload, budgets, ground.server))
        .collect();
    let rank = |it: &Component| (it.id.is_none(), it.namespace != "kube-system", it.kind != "StaticPod");
    components.sort_by(|a, b| (rank(a), &a.namespace, &a.name).cmp(&(rank(b), &b.namespace, &b.name)));
    components
}

fn component(
    key: &Key,
    workload: &Workload,
    budgets: Option<&[(String, LabelSelector)]>,
    server: Option<(u32, u32)>,
) -> Component {
    let images: Vec<&str> = workload.images.iter().flat_map(|(_, images)| images).map(String::as_str).collect();
    let known = Table::shipped().recognise(&workload.traits(key, &images));
    let versions = versions(workload, known);
    let seen = workload.pods > 0;
    Component {
        id: known.map(|known| known.id.as_str()),
        what: known.map(|known| Message::new(known.what.as_str())),
        dies: known.map(|known| Message::new(known.dies.as_str())),
        role: known.map(|known| known.role.as_str()),
        kind: key.1,
        namespace: key.0.clone(),
        name: key.2.clone(),
        manager: workload.manager.clone(),
        fit: known.and_then(|known| known.skew).map_or(Fit::NoRule, |rule| fit(rule, &versions, server)),
        versions,
        desired: workload.desired,
        ready: if seen { workload.ready } else { workload.told_ready },
        node_count: workload.node_count(),
        nodes: workload.node_names.iter().cloned().collect(),
        budget: budgets
            .filter(|_| known.is_some_and(|known| known.spread))
            .map(|budgets| budgets.iter().any(|(namespace, it)| *namespace == key.0 && selects(it, workload))),
        restarts: workload.restarts,
        last_failure: workload.last_failure.clone(),
    }
}

/// The tags of the main container: the one that the component is recognised by, or else the first.
fn versions(workload: &Workload, known: Option<&Known>) -> Vec<String> {
    let is_main = |images: &BTreeSet<String>| known.is_some_and(|it| images.iter().any(|image| it.is_image(image)));
    let main = workload.images.iter().find(|(_, images)| is_main(images)).or_else(|| workload.images.first());
    let tags = main.into_iter().flat_map(|(_, images)| images).filter_map(|image| Image::parse(image).tag);
    let tags: BTreeSet<String> = tags.map(str::to_owned).collect();
    tags.into_iter().collect()
}

/// Whether a selector takes the workload's pods. An expression that is not understood takes none.
fn selects(selector: &LabelSelector, workload: &Workload) -> bool {
    let labels = &workload.pod_labels;
    let expressions = selector.match_expressions.iter().all(|it| match it.operator.as_str() {
        "In" => labels.get(&it.key).is_some_and(|value| it.values.contains(value)),
        "NotIn" => labels.get(&it.key).is_none_or(|value| !it.values.contains(value)),
        "Exists" => labels.contains_key(&it.key),
        "DoesNotExist" => !labels.contains_key(&it.key),
        _ => false,
    });
    expressions && selector.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value))
}

/// The worst of the versions against the server's. Source of the rules: the version skew policy; how many minor versions
/// each may be older stands in the figures.
fn fit(rule: Skew, versions: &[String], server: Option<(u32, u32)>) -> Fit {
    let limits = crate::figures::Limits::published();
    let (older, newer) = match rule {
        Skew::Apiserver => (limits.value("system-apiserver-minors"), limits.value("system-apiserver-minors")),
        Skew::Control => (limits.value("system-control-older-minors"), 0),
        Skew::Proxy => (limits.value("kube-proxy-older-minors"), 0),
    };
    let Some((server_major, server)) = server else { return Fit::Unreadable };
    if versions.is_empty() {
        return Fit::Unreadable;
    }
    let one = |version: &String| match minor(version) {
        Some((major, _)) if major != server_major => Fit::Unreadable,
        Some((_, minor)) if minor > server + newer => Fit::TooNew,
        Some((_, minor)) if minor + older < server => Fit::TooOld,
        Some(_) => Fit::Fits,
        None => Fit::Unreadable,
    };
    let all: Vec<Fit> = versions.iter().map(one).collect();
    let worst = [Fit::TooNew, Fit::TooOld, Fit::Unreadable].into_iter().find(|fit| all.contains(fit));
    worst.unwrap_or(Fit::Fits)
}

/// What is wrong with components.
pub(super) fn findings(components: &[Component], ground: &Ground<'_>) -> Vec<Finding> {
    // Where nodes may not be listed, what runs on all of them tells how many there are.
    let nodes = components.iter().map(|it| it.node_count).max().unwrap_or(0).max(ground.nodes.unwrap_or(0));
    let mut findings = Vec::new();
    for component in components {
        findings.extend(not_ready(component, ground));
        findings.extend(skewed(component, ground));
        if nodes > 1 {
            findings.extend(alone(component, ground));
        }
    }
    findings
}

fn place(component: &Component) -> String {
    format!("{}/{}", component.namespace, component.name)
}

fn object(component: &Component) -> Vec<ObjectRef> {
    let api_version = match component.kind {
        "DaemonSet" | "Deployment" | "StatefulSet" | "ReplicaSet" => "apps/v1",
        // A static pod's object is called by its node too.
        "StaticPod" => return Vec::new(),
        _ => "v1",
    };
    vec![ObjectRef {
        api_version: api_version.to_owned(),
        kind: component.kind.to_owned(),
        namespace: Some(component.namespace.clone()),
        name: component.name.clone(),
    }]
}

fn not_ready(component: &Component, ground: &Ground<'_>) -> Option<Finding> {
    let desired = component.desired.filter(|desired| component.ready < *desired)?;
    let down = component.ready == 0;
    let title = Message::new(if down { "component-down-title" } else { "component-degraded-title" })
        .arg("name", place(component))
        .arg("ready", component.ready)
        .arg("desired", desired);
    let why = match (&component.last_failure, &component.dies) {
        (Some(failure), Some(dies)) => Message::new("component-down-why")
            .arg("container", &failure.container)
            .arg("reason", &failure.reason)
            .arg("dies", dies.clone()),
        (Some(failure), None) => {
            Message::new("component-failing").arg("container", &failure.container).arg("reason", &failure.reason)
        }
        (None, Some(dies)) => Message::new("component-down-why-dies").arg("dies", dies.clone()),
        (None, None) => Message::new("component-unknown"),
    };
    let severity = if down && component.id.is_some() { Severity::Error } else { Severity::Warning };
    Some(Finding {
        count: desired - component.ready,
        objects: object(component),
        ..finding(
            if down { "component-down" } else { "component-degraded" },
            &place(component),
            severity,
            (title, why, Message::new("component-down-fix")),
            Some(ground.command(&["-n", &component.namespace, "get", "pods", "-o", "wide"])),
            "ready pods against those that there should be",
        )
    })
}

fn skewed(component: &Component, ground: &Ground<'_>) -> Option<Finding> {
    let why = match component.fit {
        Fit::TooOld => "component-skew-old",
        Fit::TooNew => "component-skew-new",
        Fit::Fits | Fit::NoRule | Fit::Unreadable => return None,
    };
    let title = Message::new("component-skew-title")
        .arg("name", place(component))
        .arg("version", component.versions.join(", "))
        .arg("server", ground.server_version.unwrap_or_default());
    Some(Finding {
        objects: object(component),
        ..finding(
            "component-version-skew",
            &place(component),
            Severity::Warning,
            (title, Message::new(why), Message::new("component-skew-fix")),
            None,
            "kubernetes.io/releases/version-skew-policy",
        )
    })
}

/// A component that could be spread, and is not.
fn alone(component: &Component, ground: &Ground<'_>) -> Option<Finding> {
    let known = Table::shipped().components().iter().find(|known| Some(known.id.as_str()) == component.id)?;
    if !known.spread || component.kind == "DaemonSet" {
        return None;
    }
    let (id, title, severity) = match (component.desired, component.node_count) {
        (Some(1), _) => ("component-single", "component-single-title", Severity::Warning),
        (Some(desired), 1) if desired > 1 => ("component-one-node", "component-one-node-title", Severity::Warning),
        _ if component.budget == Some(false) => ("component-no-budget", "component-no-budget-title", Severity::Info),
        _ => return None,
    };
    let dies = component.dies.clone().unwrap_or_else(|| Message::new("component-unknown"));
    let title = Message::new(title).arg("name", place(component));
    let why = Message::new("component-alone-why").arg("dies", dies);
    let advice = Message::new(match id {
        "component-single" => "component-single-fix",
        "component-one-node" => "component-one-node-fix",
        _ => "component-no-budget-fix",
    });
    let kind = component.kind.to_lowercase();
    let command = (id == "component-single")
        .then(|| ground.command(&["-n", &component.namespace, "scale", &kind, &component.name, "--replicas=2"]));
    Some(Finding {
        objects: object(component),
        ..finding(
            id,
            &place(component),
            severity,
            (title, why, advice),
            command,
            "replicas, nodes and disruption budgets",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_held_against_the_policy() {
        let fit = |rule, versions: &[&str]| {
            let versions: Vec<String> = versions.iter().map(|version| (*version).to_owned()).collect();
            super::fit(rule, &versions, Some((1, 36)))
        };
        for (rule, versions, expected) in [
            (Skew::Control, &["v1.36.3"][..], Fit::Fits),
            (Skew::Control, &["v1.35.0"], Fit::Fits),
            (Skew::Control, &["v1.34.9"], Fit::TooOld),
            (Skew::Control, &["v1.37.0"], Fit::TooNew),
            (Skew::Control, &["v1.36.0", "v1.37.0"], Fit::TooNew),
            (Skew::Proxy, &["v1.33.0-eksbuild.2"], Fit::Fits),
            (Skew::Proxy, &["v1.32.0"], Fit::TooOld),
            (Skew::Apiserver, &["v1.37.0"], Fit::Fits),
            (Skew::Apiserver, &["v1.38.0"], Fit::TooNew),
            (Skew::Proxy, &["latest"], Fit::Unreadable),
            (Skew::Proxy, &[], Fit::Unreadable),
        ] {
            assert_eq!(fit(rule, versions), expected, "{rule:?} {versions:?}");
        }
        assert_eq!(super::fit(Skew::Proxy, &["v1.36.0".to_owned()], None), Fit::Unreadable);
    }
}
