//! What was not checked, in as few words as still name every missing permission.

use crate::catalogue::Catalogue;
use crate::finding::{NotChecked, NotCheckedWhy, RbacRule};
use crate::message::Message;
use crate::render::words;

/// A line, if there is room for it, about one part or several.
pub(super) struct Entry {
    pub(super) text: String,
    /// How many parts it stands for.
    pub(super) parts: usize,
}

/// One entry for each part, in their order; but parts that lack the same verb at the same place are told together, for
/// a user with few rights lacks it two dozen times.
pub(super) fn entries(parts: &[NotChecked], catalogue: &Catalogue) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut told: Vec<Place<'_>> = Vec::new();
    for part in parts {
        let alike: Vec<_> = match place(part) {
            Some(place) if told.contains(&place) => continue,
            Some(here) => {
                told.push(here);
                parts.iter().filter(|other| place(other) == Some(here)).collect()
            }
            None => Vec::new(),
        };
        let message = if alike.len() > 1 { together(&alike, part) } else { alone(part) };
        entries.push(Entry { text: catalogue.text(&message), parts: alike.len().max(1) });
    }
    entries
}

/// Verb, namespace, and whether it is about a path.
type Place<'a> = (&'a str, Option<&'a str>, bool);

fn place(part: &NotChecked) -> Option<Place<'_>> {
    let rule = part.rule.as_ref().filter(|_| part.why == NotCheckedWhy::Forbidden)?;
    Some((&rule.verb, rule.namespace.as_deref(), rule.non_resource_url.is_some()))
}

/// `forbidden: you may not list nodes, pods and jobs.batch`.
fn together(alike: &[&NotChecked], first: &NotChecked) -> Message {
    let mut targets = Vec::new();
    for rule in alike.iter().filter_map(|part| part.rule.as_ref()) {
        let target = words::rule_target(rule);
        if !targets.contains(&target) {
            targets.push(target);
        }
    }
    let targets: Vec<_> =
        targets.into_iter().map(|target| Message::new("report-rule-target").arg("target", target)).collect();
    let rule = first.rule.as_ref();
    let namespace = rule.and_then(|rule: &RbacRule| rule.namespace.as_ref());
    match namespace {
        Some(namespace) => Message::new("report-may-not-in").arg("namespace", namespace),
        None => Message::new("report-may-not"),
    }
    .arg("why", words::why(first).0)
    .arg("verb", rule.map_or("", |rule| rule.verb.as_str()))
    .arg("what", targets)
}

/// `jobs.batch: forbidden, needs list jobs.batch`.
fn alone(part: &NotChecked) -> Message {
    let (why, detail) = words::why(part);
    match (&part.rule, detail) {
        (Some(rule), _) => Message::new("report-part-rule").arg("rule", words::rule(rule)),
        (None, Some(detail)) => Message::new("report-part-detail").arg("detail", detail.clone()),
        (None, None) => Message::new("report-part"),
    }
    .arg("what", part.what.clone())
    .arg("why", why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::not_checked;

    fn forbidden(verb: &str, resource: &str, group: &str, namespace: Option<&str>) -> NotChecked {
        let rule = RbacRule {
            api_group: group.to_owned(),
            resource: resource.to_owned(),
            verb: verb.to_owned(),
            non_resource_url: None,
            namespace: namespace.map(str::to_owned),
        };
        NotChecked {
            what: Message::new("sample").arg("text", resource),
            rule: Some(rule),
            ..not_checked(NotCheckedWhy::Forbidden)
        }
    }

    #[test]
    fn what_lacks_the_same_verb_at_the_same_place_is_told_together() {
        let mut path = forbidden("get", "", "", None);
        path.rule.as_mut().unwrap().non_resource_url = Some("/readyz".to_owned());
        let parts = [
            not_checked(NotCheckedWhy::Failed),
            forbidden("list", "pods", "", None),
            forbidden("list", "leases", "coordination.k8s.io", None),
            forbidden("list", "pods", "", Some("shop")),
            forbidden("list", "events", "", Some("shop")),
            path,
            forbidden("list", "leases", "coordination.k8s.io", None),
            not_checked(NotCheckedWhy::Absent),
        ];
        let entries = entries(&parts, Catalogue::english());
        let told: Vec<_> = entries.iter().map(|entry| (entry.text.as_str(), entry.parts)).collect();
        let expected = [
            ("pods in all namespaces: could not be read", 1),
            ("forbidden: you may not list pods and leases.coordination.k8s.io", 3),
            ("forbidden: you may not list pods and events in namespace shop", 2),
            (": forbidden, needs get /readyz", 1),
            ("pods in all namespaces: not in this cluster", 1),
        ];
        assert_eq!(told, expected);
    }
}
