//! Situations as messages: what was being done, the cause once, and (in `hint`) a command that helps.

mod hint;
#[cfg(test)]
mod tests;
mod writes;

use std::path::Path;

use quicktour_report::finding::RbacRule;
use quicktour_report::message::Message;
use quicktour_report::problem::Problem;
use quicktour_report::text::Text;

use super::{Credential, Deadline, Distrust, Doing, Entry, ExecFailure, Flaw, Garbled, Place, Situation, Unreachable};

/// A plugin's stderr or a server's message is shown up to here. Source: ours, half a screen of 80 columns.
const LONGEST_QUOTE: usize = 800;

pub(super) fn problem(doing: &Doing, place: &Place, situation: &Situation) -> Problem {
    Problem {
        doing: failed(doing, situation).arg("place", writes::trial(doing, self::place(place))),
        cause: cause(doing, situation),
        hint: Some(hint::hint(doing, place, situation)),
    }
}

/// What failed. That a server cannot be reached or entered is not about the read that happened to notice it first; but
/// what a user asked for by name is named.
fn failed(doing: &Doing, situation: &Situation) -> Message {
    match (doing, situation) {
        (Doing::Write { .. } | Doing::Logs { .. } | Doing::Forward { .. }, _) => self::doing(doing),
        (_, Situation::Unreachable { .. } | Situation::NotTrusted { .. }) => self::doing(&Doing::Connect),
        (_, Situation::Unauthenticated { .. } | Situation::MayNotImpersonate { .. } | Situation::ExecPlugin { .. }) => {
            Message::new("client-doing-log-in")
        }
        _ => self::doing(doing),
    }
}

fn doing(doing: &Doing) -> Message {
    match doing {
        Doing::Connect => Message::new("client-doing-connect"),
        Doing::List(resource, _) => located("client-doing-list", "client-doing-list-where", whereabouts(doing))
            .arg("resource", resource.qualified()),
        Doing::Watch(resource, _) => located("client-doing-watch", "client-doing-watch-where", whereabouts(doing))
            .arg("resource", resource.qualified()),
        Doing::Get { resource, name, .. } => located("client-doing-get", "client-doing-get-where", whereabouts(doing))
            .arg("resource", resource.qualified())
            .arg("name", name),
        Doing::Ask(path) => Message::new("client-doing-ask").arg("path", path),
        Doing::Write { .. } | Doing::Logs { .. } | Doing::Forward { .. } | Doing::Review { .. } => {
            writes::doing(doing, whereabouts(doing))
        }
    }
}

fn place(place: &Place) -> Message {
    match (&place.context, &place.server) {
        (Some(context), Some(server)) => {
            Message::new("client-place-context").arg("context", context).arg("server", server)
        }
        (Some(context), None) => Message::new("client-place-context-only").arg("context", context),
        (None, Some(server)) => Message::new("client-place-server").arg("server", server),
        (None, None) => Message::new("client-place-unknown"),
    }
}

/// Where objects are looked for; `None` for kinds that live in no namespace, and for paths.
fn whereabouts(doing: &Doing) -> Option<Message> {
    let (resource, namespace) = match doing {
        Doing::List(resource, scope) | Doing::Watch(resource, scope) => (resource, scope.namespace()),
        Doing::Get { resource, namespace, .. }
        | Doing::Write { resource, namespace, .. }
        | Doing::Review { resource, namespace, .. } => (resource, namespace.as_deref()),
        Doing::Logs { namespace, .. } | Doing::Forward { namespace, .. } => {
            return Some(Message::new("client-in-namespace").arg("namespace", namespace));
        }
        Doing::Connect | Doing::Ask(_) => return None,
    };
    match namespace {
        _ if !resource.namespaced => None,
        Some(namespace) => Some(Message::new("client-in-namespace").arg("namespace", namespace)),
        None => Some(Message::new("client-in-all-namespaces")),
    }
}

/// A message with or without a place.
fn located(bare: &'static str, with_place: &'static str, whereabouts: Option<Message>) -> Message {
    match whereabouts {
        Some(whereabouts) => Message::new(with_place).arg("where", whereabouts),
        None => Message::new(bare),
    }
}

fn who(user: Option<&str>) -> Message {
    match user {
        Some(user) => Message::new("client-who-user").arg("user", user),
        None => Message::new("client-who-you"),
    }
}

fn cause(doing: &Doing, situation: &Situation) -> Message {
    match situation {
        Situation::NoKubeconfig { tried } if tried.is_empty() => Message::new("client-no-kubeconfig-nowhere"),
        Situation::NoKubeconfig { tried } => Message::new("client-no-kubeconfig")
            .arg("tried", tried.iter().map(|path| name(&path.to_string_lossy())).collect::<Vec<_>>()),
        Situation::BadKubeconfig { path, line, flaw } => bad_kubeconfig(path.as_deref(), *line, flaw),
        Situation::NotInKubeconfig { entry, name, known, nearest } => {
            not_in(*entry, name.as_deref(), known, nearest.as_deref())
        }
        Situation::Unreachable { address, proxy, how } => {
            let id = match how {
                Unreachable::Refused => "client-unreachable-refused",
                Unreachable::UnknownHost => "client-unreachable-unknown-host",
                Unreachable::NoAnswer(_) => "client-unreachable-no-answer",
                Unreachable::Reset => "client-unreachable-reset",
                Unreachable::NoRoute => "client-unreachable-no-route",
                Unreachable::NotHttp => "client-unreachable-not-http",
                Unreachable::Other(_) => "client-unreachable-other",
            };
            let who = if *proxy { "client-who-proxy" } else { "client-who-server" };
            let message = Message::new(id).arg("who", Message::new(who)).arg("address", address);
            match how {
                Unreachable::NoAnswer(after) => message.arg("after", *after),
                Unreachable::Other(why) => message.arg("why", why),
                _ => message,
            }
        }
        Situation::NotTrusted { address, why } => not_trusted(why).arg("address", address),
        Situation::Unauthenticated { credential } => Message::new(match credential {
            Credential::None => "client-unauthenticated-none",
            Credential::Certificate => "client-unauthenticated-certificate",
            Credential::Token => "client-unauthenticated-token",
            Credential::Password => "client-unauthenticated-password",
            Credential::ExecPlugin => "client-unauthenticated-exec",
            Credential::ServiceAccount => "client-unauthenticated-service-account",
        }),
        Situation::ExecPlugin { program, failure, install_hint } => {
            let message = exec_plugin(failure).arg("program", program);
            match install_hint {
                Some(advice) => {
                    Message::new("client-exec-with-advice").arg("cause", message).arg("advice", quote(advice))
                }
                None => message,
            }
        }
        Situation::MayNotImpersonate { user } => {
            Message::new("client-may-not-impersonate").arg("who", who(user.as_deref()))
        }
        Situation::Forbidden { rule, name, user } => {
            located("client-forbidden", "client-forbidden-where", whereabouts(doing))
                .arg("who", who(user.as_deref()))
                .arg("verb", &rule.verb)
                .arg("what", denied(rule, name.as_deref()))
        }
        Situation::ApiAbsent { what, .. } => Message::new("client-api-absent").arg("what", what),
        Situation::NotFound { what, name, .. } => {
            located("client-not-found", "client-not-found-where", whereabouts(doing))
                .arg("what", what)
                .arg("name", name)
        }
        Situation::TimedOut { deadline, after } => Message::new(match deadline {
            Deadline::RequestTimeout => "client-timed-out-users",
            Deadline::Call => "client-timed-out-call",
            Deadline::Silence => "client-timed-out-silence",
        })
        .arg("after", *after),
        Situation::ServerError { status, message, tries } => {
            let tries = u64::from(*tries);
            let error = Message::new("client-server-error").arg("status", Text::new(&status.to_string()));
            match message.trim() {
                "" => error.arg("tries", tries),
                said => Message::new("client-server-error-said")
                    .arg("error", error.arg("tries", tries))
                    .arg("said", quote(said)),
            }
        }
        Situation::NotUnderstood { path, why } => Message::new(match why {
            Garbled::ContentType => "client-garbled-content-type",
            Garbled::Json => "client-garbled-json",
            Garbled::Protobuf => "client-garbled-protobuf",
            Garbled::Truncated => "client-garbled-truncated",
            Garbled::TooLarge => "client-garbled-too-large",
        })
        .arg("path", path),
        Situation::OutcomeUnknown { .. }
        | Situation::Conflict { .. }
        | Situation::Changed
        | Situation::AlreadyExists
        | Situation::Refused { .. }
        | Situation::NamespaceMissing { .. }
        | Situation::NamespaceTerminating { .. } => writes::cause(doing, situation, whereabouts(doing)),
    }
}

fn bad_kubeconfig(path: Option<&Path>, line: Option<u64>, flaw: &Flaw) -> Message {
    let (id, value) = match flaw {
        Flaw::Missing => ("client-file-missing", None),
        Flaw::Unreadable(why) => ("client-file-unreadable", Some(why)),
        Flaw::NotAKubeconfig if line.is_some() => ("client-file-not-a-kubeconfig-line", None),
        Flaw::NotAKubeconfig => ("client-file-not-a-kubeconfig", None),
        Flaw::NotACertificate if path.is_some() => ("client-file-not-a-certificate", None),
        Flaw::NotACertificate => ("client-data-not-a-certificate", None),
        Flaw::HalfAPair => ("client-half-a-pair", None),
        Flaw::NoServer => ("client-no-server", None),
        Flaw::BadAddress(value) => ("client-bad-address", Some(value)),
        Flaw::AuthProvider(value) => ("client-auth-provider", Some(value)),
        Flaw::BadCredential => ("client-bad-credential", None),
    };
    let mut message = Message::new(id);
    if let Some(path) = path {
        message = message.arg("path", path.to_string_lossy().into_owned());
    }
    if let Some(line) = line {
        message = message.arg("line", Text::new(&line.to_string()));
    }
    if let Some(value) = value {
        message = message.arg("value", value);
    }
    message
}

fn not_in(entry: Entry, asked: Option<&str>, known: &[String], nearest: Option<&str>) -> Message {
    let names = || known.iter().map(|known| name(known)).collect::<Vec<_>>();
    let Some(asked) = asked else {
        return match known {
            [] => Message::new("client-no-current-context-none"),
            _ => Message::new("client-no-current-context").arg("known", names()),
        };
    };
    let sort = Message::new(match entry {
        Entry::Context => "client-entry-context",
        Entry::Cluster => "client-entry-cluster",
        Entry::User => "client-entry-user",
    });
    let with_name = |id| Message::new(id).arg("entry", sort).arg("name", asked);
    match (known, nearest) {
        ([], _) => with_name("client-unknown-entry-none"),
        (_, None) => with_name("client-unknown-entry").arg("known", names()),
        (_, Some(nearest)) => with_name("client-unknown-entry-nearest").arg("known", names()).arg("nearest", nearest),
    }
}

fn not_trusted(why: &Distrust) -> Message {
    match why {
        Distrust::UnknownAuthority => Message::new("client-untrusted-authority"),
        Distrust::OtherName { expected, presented } if presented.is_empty() => {
            Message::new("client-untrusted-name-bare").arg("expected", expected)
        }
        Distrust::OtherName { expected, presented } => Message::new("client-untrusted-name")
            .arg("expected", expected)
            .arg("presented", presented.iter().map(|presented| name(presented)).collect::<Vec<_>>()),
        Distrust::Expired => Message::new("client-untrusted-expired"),
        Distrust::NotYetValid => Message::new("client-untrusted-not-yet-valid"),
        Distrust::NotTls => Message::new("client-untrusted-not-tls"),
        Distrust::Refused(alert) => Message::new("client-untrusted-refused").arg("alert", alert),
        Distrust::Other(why) => Message::new("client-untrusted-other").arg("why", why),
    }
}

fn exec_plugin(failure: &ExecFailure) -> Message {
    match failure {
        ExecFailure::Missing => Message::new("client-exec-missing"),
        ExecFailure::NotStarted(why) => Message::new("client-exec-not-started").arg("why", why),
        ExecFailure::Failed { code: Some(code), stderr } if stderr.is_empty() => {
            Message::new("client-exec-failed-silent").arg("code", Text::new(&code.to_string()))
        }
        ExecFailure::Failed { code: Some(code), stderr } => {
            Message::new("client-exec-failed").arg("code", Text::new(&code.to_string())).arg("stderr", quote(stderr))
        }
        ExecFailure::Failed { code: None, stderr } if stderr.is_empty() => Message::new("client-exec-killed"),
        ExecFailure::Failed { code: None, stderr } => {
            Message::new("client-exec-killed-said").arg("stderr", quote(stderr))
        }
        ExecFailure::BadAnswer { stderr } if stderr.is_empty() => Message::new("client-exec-bad-answer"),
        ExecFailure::BadAnswer { stderr } => Message::new("client-exec-bad-answer-said").arg("stderr", quote(stderr)),
        ExecFailure::NeedsTerminal => Message::new("client-exec-needs-terminal"),
        ExecFailure::TooSlow(after) => Message::new("client-exec-too-slow").arg("after", *after),
    }
}

/// What a rule is about, as `kubectl auth can-i` takes it: `pods`, `deployments.apps/web`, `/readyz`.
fn denied(rule: &RbacRule, name: Option<&str>) -> String {
    match (&rule.non_resource_url, name) {
        (Some(path), _) => path.clone(),
        // A subresource stands where it stands in a path: `pods/web-1/log`.
        (None, name) if rule.resource.contains('/') => writes::denied_subresource(rule, name),
        (None, Some(name)) => format!("{}/{name}", qualified(&rule.resource, &rule.api_group)),
        (None, None) => qualified(&rule.resource, &rule.api_group),
    }
}

/// `deployments.apps`, `pods`.
fn qualified(resource: &str, group: &str) -> String {
    if group.is_empty() { resource.to_owned() } else { format!("{resource}.{group}") }
}

/// A name as an item of a list.
fn name(name: &str) -> Message {
    Message::new("client-name").arg("name", name)
}

/// Foreign words, at most [`LONGEST_QUOTE`] characters of their end: the last words of a program name the cause.
fn quote(words: &str) -> Text {
    let words = words.trim();
    let length = words.chars().count();
    if length <= LONGEST_QUOTE {
        return Text::new(words);
    }
    let end: String = words.chars().skip(length - LONGEST_QUOTE).collect();
    Text::new(&format!("...{end}"))
}
