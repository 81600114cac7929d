//! What to do next in a situation: a command that can be run as it stands.

use std::path::Path;

use quicktour_report::message::Message;
use quicktour_report::shell;

use super::{denied, writes};
use crate::error::{Distrust, Doing, Entry, ExecFailure, Flaw, Place, Situation, Unreachable};
use crate::flags::{About, ConnectFlags};

pub(super) fn hint(doing: &Doing, place: &Place, situation: &Situation) -> Message {
    let kubectl = |words: &[&str]| place.flags.kubectl(About::Server, words);
    let config = |words: &[&str]| place.flags.kubectl(About::Kubeconfig, words);
    let (id, command) = match situation {
        Situation::NoKubeconfig { .. } => ("client-hint-name-a-kubeconfig", config(&["config", "get-contexts"])),
        Situation::BadKubeconfig { path, flaw, .. } => bad_kubeconfig_hint(path.as_deref(), flaw, &config),
        Situation::NotInKubeconfig { entry, name: None, known, .. } => {
            debug_assert_eq!(*entry, Entry::Context);
            match known.as_slice() {
                [only] => ("client-hint-use-context", config(&["config", "use-context", only])),
                _ => ("client-hint-choose-context", config(&["config", "get-contexts"])),
            }
        }
        Situation::NotInKubeconfig { entry, .. } => {
            let verb = match entry {
                Entry::Context => "get-contexts",
                Entry::Cluster => "get-clusters",
                Entry::User => "get-users",
            };
            ("client-hint-list-entries", config(&["config", verb]))
        }
        Situation::Unreachable { address, how: Unreachable::UnknownHost, .. } => {
            let host = address.rsplit_once(':').map_or(address.as_str(), |(host, _)| host);
            ("client-hint-look-up", shell::command(["nslookup", host]))
        }
        Situation::Unreachable { .. } => ("client-hint-try-livez", kubectl(&["get", "--raw", "/livez"])),
        Situation::NotTrusted { why: Distrust::NotTls, .. } => {
            ("client-hint-see-address", kubectl(&["config", "view", "--minify"]))
        }
        Situation::NotTrusted { address, .. } => (
            "client-hint-see-certificate",
            format!(
                "openssl s_client -connect {} </dev/null | openssl x509 -noout -issuer -subject -dates",
                shell::quote(address)
            ),
        ),
        Situation::Unauthenticated { .. } => ("client-hint-whoami", kubectl(&["auth", "whoami"])),
        Situation::MayNotImpersonate { .. } => ("client-hint-can-i", can_i_impersonate(&place.flags)),
        Situation::ExecPlugin { program, failure: ExecFailure::Missing, .. } => {
            ("client-hint-find-plugin", shell::command(["command", "-v", program]))
        }
        Situation::ExecPlugin { .. } => ("client-hint-run-plugin", kubectl(&["auth", "whoami"])),
        Situation::Forbidden { rule, name, .. } => {
            let (rule, subresource) = writes::without_subresource(rule);
            let what = denied(&rule, name.as_deref());
            let mut words = vec!["auth", "can-i", rule.verb.as_str(), what.as_str()];
            words.extend(subresource.as_deref());
            match (&rule.namespace, doing) {
                (Some(namespace), _) => words.extend(["-n", namespace]),
                (None, Doing::List(resource, _) | Doing::Watch(resource, _)) if resource.namespaced => words.push("-A"),
                _ => {}
            }
            ("client-hint-can-i", kubectl(&words))
        }
        Situation::ApiAbsent { group, .. } if group.is_empty() => ("client-hint-apis", kubectl(&["get", "--raw", "/"])),
        Situation::ApiAbsent { group, .. } => {
            ("client-hint-apis", kubectl(&["api-resources", &format!("--api-group={group}")]))
        }
        Situation::NotFound { what, namespace, .. } => {
            let mut words = vec!["get", what.as_str()];
            if let Some(namespace) = namespace {
                words.extend(["-n", namespace]);
            }
            ("client-hint-list-objects", kubectl(&words))
        }
        Situation::TimedOut { .. } => ("client-hint-slow", kubectl(&["get", "--raw", "/readyz?verbose"])),
        Situation::ServerError { .. } => ("client-hint-readyz", kubectl(&["get", "--raw", "/readyz?verbose"])),
        Situation::NotUnderstood { path, .. } => ("client-hint-see-answer", kubectl(&["get", "--raw", path])),
        Situation::OutcomeUnknown { .. }
        | Situation::Conflict { .. }
        | Situation::Changed
        | Situation::AlreadyExists
        | Situation::Refused { .. }
        | Situation::NamespaceMissing { .. }
        | Situation::NamespaceTerminating { .. } => writes::hint(doing, situation, &kubectl),
    };
    Message::new(id).arg("command", command)
}

/// Asked as oneself: who may not act for another may not ask as that one either.
fn can_i_impersonate(flags: &ConnectFlags) -> String {
    let oneself =
        ConnectFlags { impersonate: None, impersonate_groups: Vec::new(), impersonate_uid: None, ..flags.clone() };
    let other = flags.impersonate.as_deref();
    let account = other.and_then(|other| other.strip_prefix("system:serviceaccount:")?.split_once(':'));
    let (what, namespace) = match (account, other) {
        (Some((namespace, name)), _) => (format!("serviceaccounts/{name}"), Some(namespace)),
        (None, Some(name)) => (format!("users/{name}"), None),
        (None, None) => ("users".to_owned(), None),
    };
    let mut words = vec!["auth", "can-i", "impersonate", what.as_str()];
    words.extend(namespace.into_iter().flat_map(|namespace| ["-n", namespace]));
    oneself.kubectl(About::Server, &words)
}

fn bad_kubeconfig_hint(path: Option<&Path>, flaw: &Flaw, config: &dyn Fn(&[&str]) -> String) -> (&'static str, String) {
    match (path.map(Path::to_string_lossy), flaw) {
        (Some(path), Flaw::Missing | Flaw::Unreadable(_)) => {
            ("client-hint-look-at-file", shell::command(["ls", "-l", &path]))
        }
        (Some(path), Flaw::NotACertificate) => {
            ("client-hint-look-at-file", shell::command(["openssl", "x509", "-noout", "-subject", "-in", &path]))
        }
        (Some(path), Flaw::NotAKubeconfig) => (
            "client-hint-see-kubeconfig",
            shell::command(["kubectl", "config", "view", &format!("--kubeconfig={path}")]),
        ),
        _ => ("client-hint-see-kubeconfig", config(&["config", "view"])),
    }
}
