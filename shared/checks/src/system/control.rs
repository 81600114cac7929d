//! The control plane, also where its pods are hidden: its checks, its leaders, its instances, its flags and gates.

use quicktour_report::finding::{Finding, Severity};
use quicktour_report::message::Message;
use quicktour_report::system::{ControlPlane, Endpoint, Instance, Lease};
use quicktour_survey::{Reading, SubCheck};

use super::{Ground, finding};
use crate::figures::Limits;

pub(super) fn control_plane(ground: &Ground<'_>) -> ControlPlane {
    let endpoint = |path, checks: &Reading<Vec<SubCheck>>| {
        let checks = checks.read()?.iter().map(|check| (check.name.clone(), check.ok)).collect();
        Some(Endpoint { path, checks })
    };
    let endpoints = [endpoint("/readyz", &ground.survey.readyz), endpoint("/livez", &ground.survey.livez)];
    let gathered = ground.gathered;
    let age = |it: &super::gather::HeldLease| {
        let since = it.renewed.map(|renewed| ground.now.duration_since(renewed).as_secs());
        since.and_then(|age| u64::try_from(age).ok()).unwrap_or(0)
    };
    let limits = Limits::published();
    let mut leases: Vec<Lease> = gathered
        .leases
        .iter()
        .filter(|it| !it.identity)
        .map(|it| {
            let duration = it.duration_seconds.max(limits.value("leader-lease"));
            let allowed = u64::from(duration) * u64::from(limits.value("leader-lease-factor"));
            Lease {
                name: it.name.clone(),
                holder: it.holder.clone(),
                renewed: it.renewed,
                age_seconds: age(it),
                lost: age(it) > allowed,
            }
        })
        .collect();
    leases.sort_by(|a, b| a.name.cmp(&b.name));
    let of_service = gathered.endpoints.iter().map(|address| Instance {
        name: address.clone(),
        seen_by: "endpoint",
        age_seconds: None,
    });
    // An identity of a server that has ended stays for an hour.
    let identities =
        gathered.leases.iter().filter(|it| it.identity).filter(|it| age(it) <= u64::from(it.duration_seconds));
    let by_lease =
        identities.map(|it| Instance { name: it.name.clone(), seen_by: "lease", age_seconds: Some(age(it)) });
    let flags = ground.flags();
    let mut gates = gathered.gates.clone();
    gates.sort_by(|a, b| (&a.name, &a.stage).cmp(&(&b.name, &b.stage)));
    ControlPlane {
        endpoints: endpoints.into_iter().flatten().collect(),
        leases,
        instances: of_service.chain(by_lease).collect(),
        flags: flags.map(|(flags, _)| flags.clone()),
        flags_from: flags.map(|(_, from)| from.to_owned()),
        gates,
    }
}

/// Failing checks, and leaders that are at work no more.
pub(super) fn findings(plane: &ControlPlane, ground: &Ground<'_>) -> Vec<Finding> {
    let checks = plane.endpoints.iter().filter_map(|endpoint| {
        let failed: Vec<Message> = endpoint
            .checks
            .iter()
            .filter(|(_, ok)| !ok)
            .map(|(name, _)| Message::new("system-name").arg("name", name))
            .collect();
        if failed.is_empty() {
            return None;
        }
        let (id, title, fix) = match endpoint.path {
            "/readyz" => ("apiserver-not-ready", "apiserver-not-ready-title", "apiserver-not-ready-fix"),
            _ => ("apiserver-not-live", "apiserver-not-live-title", "apiserver-not-live-fix"),
        };
        let path = format!("{}?verbose", endpoint.path);
        let title = Message::new(title).arg("count", failed.len()).arg("checks", failed);
        let why = Message::new("apiserver-not-ready-why").arg("path", &path);
        let command = ground.command(&["get", "--raw", &path]);
        let words = (title, why, Message::new(fix));
        Some(finding(id, endpoint.path, Severity::Error, words, Some(command), "the API server's own checks"))
    });
    let leaders = plane.leases.iter().filter(|lease| lease.lost).map(|lease| {
        let gathered = ground.gathered.leases.iter().find(|it| it.name == lease.name);
        let duration = gathered.map_or(0, |it| it.duration_seconds);
        let title = Message::new("leader-lost-title")
            .arg("name", &lease.name)
            .arg("age", std::time::Duration::from_secs(lease.age_seconds));
        let why = if lease.holder.is_empty() {
            Message::new("leader-lost-why-released")
        } else {
            Message::new("leader-lost-why").arg("holder", &lease.holder).arg("duration", u64::from(duration))
        };
        // Others than these two may have been taken away on purpose.
        let own = matches!(lease.name.as_str(), "kube-scheduler" | "kube-controller-manager");
        let severity = if own { Severity::Error } else { Severity::Warning };
        let command = ground.command(&["-n", "kube-system", "get", "lease", &lease.name, "-o", "yaml"]);
        let words = (title, why, Message::new("leader-lost-fix"));
        finding("leader-lost", &lease.name, severity, words, Some(command), "spec.renewTime of the lease")
    });
    checks.chain(leaders).collect()
}
