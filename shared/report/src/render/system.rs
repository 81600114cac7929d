//! A system report in sections: the picture, the control plane, the components, posture, deprecated APIs, certificates.

use std::time::Duration;

use super::section::{Cell, Column, Section};
use crate::message::Message;
use crate::system::{
    Architecture, Certificate, Component, ControlPlane, DeprecatedApi, Fact, Fit, Gate, LastFailure, Manager, State,
    System, Theme,
};
use crate::text::Text;

/// So many certificates are shown on a screen: those that end first. Ours.
const CERTIFICATES: usize = 3;
/// The flags that are shown: those that say who may do what, and where what is kept. JSON has all. Ours.
const FLAGS: [&str; 12] = [
    "admission-control-config-file",
    "anonymous-auth",
    "audit-log-path",
    "audit-policy-file",
    "authorization-config",
    "authorization-mode",
    "disable-admission-plugins",
    "enable-admission-plugins",
    "encryption-provider-config",
    "etcd-servers",
    "etcd-servers-overrides",
    "feature-gates",
];

/// The sections in their order.
pub(super) fn sections(system: &System, full: bool) -> Vec<Section> {
    let mut sections = Vec::new();
    sections.extend(system.architecture.as_ref().map(|picture| architecture(picture, full)));
    sections.extend(system.control_plane.as_ref().map(|plane| control_plane(plane, full)));
    sections.push(components(&system.components, full));
    if full {
        sections.push(more_of_components(&system.components));
    }
    sections.push(posture(&system.posture, full));
    sections.push(deprecated(&system.deprecated));
    sections.push(certificates(&system.certificates, full));
    sections.retain(|section| !section.rows.is_empty() || !section.notes.is_empty());
    sections
}

fn architecture(picture: &Architecture, full: bool) -> Section {
    let value = |fact: &Fact| match fact.values.as_slice() {
        [] if fact.seen => Cell::Words(Message::new("system-none")),
        [] => Cell::Words(Message::new("system-unseen")),
        values => Cell::text(values.join(", ")),
    };
    let compared = picture.reference.is_some();
    let rows = picture.facts.iter().map(|fact| {
        let mut row = vec![Cell::Words(fact.title.clone())];
        if full {
            row.push(Cell::Words(fact.by.clone()));
        }
        row.push(value(fact));
        if compared {
            row.push(fact.reference.as_ref().map_or(Cell::Empty, Cell::text));
        }
        row
    });
    let mut columns = vec![Column::left("system-column-picture")];
    if full {
        columns.push(Column::left("system-column-by"));
    }
    columns.push(Column::left("system-column-here"));
    if compared {
        columns.push(Column::left("system-column-reference"));
    }
    let mut notes = Vec::new();
    if let (Some(name), Some(source)) = (picture.reference, &picture.reference_source) {
        notes.push(Message::new("system-reference").arg("name", name).arg("source", source));
    }
    Section { columns, rows: rows.collect(), notes, ..Section::default() }
}

fn control_plane(plane: &ControlPlane, full: bool) -> Section {
    let mut notes = Vec::new();
    for endpoint in &plane.endpoints {
        let failed: Vec<Message> = endpoint.checks.iter().filter(|(_, ok)| !ok).map(|(name, _)| named(name)).collect();
        let count = endpoint.checks.len();
        notes.push(if failed.is_empty() {
            Message::new("control-checks-passed").arg("path", endpoint.path).arg("count", count)
        } else {
            Message::new("control-checks-failed").arg("path", endpoint.path).arg("count", count).arg("checks", failed)
        });
    }
    for lease in &plane.leases {
        let words = match (lease.holder.as_str(), lease.lost) {
            ("", _) => Message::new("control-lease-free"),
            (_, false) => Message::new("control-lease").arg("holder", &lease.holder),
            (_, true) => Message::new("control-lease-lost").arg("holder", &lease.holder),
        };
        notes.push(words.arg("name", &lease.name).arg("age", Duration::from_secs(lease.age_seconds)));
    }
    let seen =
        |by: &str| plane.instances.iter().filter(|it| it.seen_by == by).map(|it| named(&it.name)).collect::<Vec<_>>();
    let (endpoints, identities) = (seen("endpoint"), seen("lease"));
    if !endpoints.is_empty() {
        notes.push(Message::new("control-endpoints").arg("count", endpoints.len()).arg("names", endpoints));
    }
    if !identities.is_empty() {
        notes.push(Message::new("control-identities").arg("count", identities.len()).arg("names", identities));
    }
    if let (Some(flags), Some(from)) = (&plane.flags, &plane.flags_from) {
        notes.push(Message::new("control-flags").arg("count", flags.len()).arg("from", from));
        if full {
            let told =
                FLAGS.iter().filter_map(|name| Some((*name, flags.get(*name).filter(|value| !value.is_empty())?)));
            notes.extend(told.map(|(name, value)| Message::new("control-flag").arg("name", name).arg("value", value)));
        }
    }
    if !plane.gates.is_empty() {
        let of = |stage: &str, enabled| {
            let chosen = plane.gates.iter().filter(|gate| gate.stage == stage && gate.enabled == enabled);
            chosen.map(|gate: &Gate| named(&gate.name)).collect::<Vec<_>>()
        };
        let on = plane.gates.iter().filter(|gate| gate.enabled).count();
        notes.push(Message::new("control-gates").arg("count", plane.gates.len()).arg("on", on));
        let (alpha, beta) = (of("ALPHA", true), of("BETA", false));
        if !alpha.is_empty() {
            notes.push(Message::new("control-gates-alpha").arg("names", alpha));
        }
        if full && !beta.is_empty() {
            notes.push(Message::new("control-gates-beta").arg("names", beta));
        }
    }
    Section { notes, ..Section::default() }
}

fn named(name: &str) -> Message {
    Message::new("system-name").arg("name", Text::new(name))
}

/// `coredns`, or with its namespace where that is not `kube-system`.
fn name(component: &Component) -> String {
    match component.namespace.as_str() {
        "kube-system" => component.name.clone(),
        namespace => format!("{namespace}/{}", component.name),
    }
}

fn components(components: &[Component], full: bool) -> Section {
    let restarted = full || components.iter().any(|component| component.restarts > 0);
    let rows = components.iter().map(|component| {
        let ready = match component.desired {
            Some(desired) => format!("{}/{desired}", component.ready),
            None => component.ready.to_string(),
        };
        let mut row = vec![Cell::text(name(component)), Cell::text(component.kind), Cell::text(ready)];
        if full {
            row.push(Cell::text(component.node_count.to_string()));
        }
        if restarted {
            row.push(Cell::text(component.restarts.to_string()));
        }
        row.push(Cell::text(component.versions.join(", ")));
        row.push(component.what.clone().map_or(Cell::Words(Message::new("component-unknown")), Cell::Words));
        row
    });
    let mut columns = vec![
        Column::left("system-column-component"),
        Column::left("system-column-kind"),
        Column::right("system-column-ready"),
    ];
    if full {
        columns.push(Column::right("system-column-nodes"));
    }
    if restarted {
        columns.push(Column::right("system-column-restarts"));
    }
    columns.extend([Column::left("system-column-version"), Column::left("system-column-what")]);
    Section { columns, rows: rows.collect(), ..Section::default() }
}

fn more_of_components(components: &[Component]) -> Section {
    let rows = components.iter().map(|component| {
        vec![
            Cell::text(name(component)),
            component.manager.as_ref().map_or(Cell::Empty, |by| Cell::Words(manager(by))),
            Cell::Words(Message::new(match component.fit {
                Fit::Fits => "fit-fits",
                Fit::TooOld => "fit-too-old",
                Fit::TooNew => "fit-too-new",
                Fit::NoRule => "fit-no-rule",
                Fit::Unreadable => "fit-unreadable",
            })),
            match component.budget {
                Some(true) => Cell::Words(Message::new("system-yes")),
                Some(false) => Cell::Words(Message::new("system-no")),
                None => Cell::Empty,
            },
            Cell::text(component.nodes.join(", ")),
            component.last_failure.as_ref().map_or(Cell::Empty, |failure| Cell::Words(last_failure(failure))),
            component.dies.clone().map_or(Cell::Empty, Cell::Words),
        ]
    });
    let columns = vec![
        Column::left("system-column-component"),
        Column::left("system-column-manager"),
        Column::left("system-column-fit"),
        Column::left("system-column-budget"),
        Column::left("system-column-node-names"),
        Column::left("system-column-failure"),
        Column::left("system-column-dies"),
    ];
    Section { columns, rows: rows.collect(), ..Section::default() }
}

fn manager(manager: &Manager) -> Message {
    match manager {
        Manager::AddonManager => Message::new("manager-addon"),
        Manager::Helm => Message::new("manager-helm"),
        Manager::Owner(name) => Message::new("manager-owner").arg("name", name),
        Manager::Label(name) => Message::new("manager-label").arg("name", name),
        Manager::Provider(name) => Message::new("manager-provider").arg("name", *name),
    }
}

fn last_failure(failure: &LastFailure) -> Message {
    let words = match failure.at {
        Some(at) => Message::new("component-failed-at").arg("time", super::words::time(at)),
        None => Message::new("component-failing"),
    };
    words.arg("container", &failure.container).arg("reason", &failure.reason)
}

fn posture(themes: &[Theme], full: bool) -> Section {
    let rows = themes.iter().map(|theme| {
        let state = Message::new(match theme.state {
            State::On => "state-on",
            State::Off => "state-off",
            State::Partly => "state-partly",
            State::Unseen => "state-unseen",
        });
        let mut row = vec![Cell::Words(theme.title.clone()), Cell::Words(state)];
        if full {
            row.push(Cell::Words(theme.by.clone()));
            row.push(Cell::Words(theme.detail.clone()));
            row.push(Cell::Words(theme.became.clone()));
        } else {
            row.push(Cell::Words(theme.detail.clone()));
        }
        row
    });
    let mut columns = vec![Column::left("posture-column-theme"), Column::left("posture-column-state")];
    if full {
        columns.push(Column::left("system-column-by"));
    }
    columns.push(Column::left("posture-column-detail"));
    if full {
        columns.push(Column::left("posture-column-became"));
    }
    Section { columns, rows: rows.collect(), ..Section::default() }
}

fn deprecated(apis: &[DeprecatedApi]) -> Section {
    let rows = apis.iter().map(|api| {
        let group = if api.group.is_empty() { api.version.clone() } else { format!("{}/{}", api.group, api.version) };
        let removed = if api.removed.is_empty() {
            Cell::Words(Message::new("deprecated-open"))
        } else {
            Cell::text(&api.removed)
        };
        vec![Cell::text(&api.resource), Cell::text(group), removed]
    });
    let columns = vec![
        Column::left("deprecated-column-resource"),
        Column::left("deprecated-column-version"),
        Column::left("deprecated-column-removed"),
    ];
    Section { columns, rows: rows.collect(), ..Section::default() }
}

fn certificates(certificates: &[Certificate], full: bool) -> Section {
    let shown = if full { certificates.len() } else { certificates.len().min(CERTIFICATES) };
    let rows = certificates[..shown].iter().map(|certificate| {
        vec![
            Cell::text(super::words::time(certificate.ends)),
            Cell::text(certificate.days_left.to_string()),
            Cell::text(&certificate.subject),
            Cell::Words(certificate.seen.clone()),
        ]
    });
    let columns = vec![
        Column::left("certificate-column-ends"),
        Column::right("certificate-column-days"),
        Column::left("certificate-column-subject"),
        Column::left("certificate-column-seen"),
    ];
    let more = certificates.len() - shown;
    let notes = if more > 0 { vec![Message::new("certificate-more").arg("count", more)] } else { Vec::new() };
    Section { columns, rows: rows.collect(), notes, ..Section::default() }
}
