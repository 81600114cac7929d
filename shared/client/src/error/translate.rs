//! The one translation of what the layers below report into situations: by their types and the server's `Status`,
//! never by their text.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use http::StatusCode;
use quicktour_report::finding::RbacRule;
use rustls::CertificateError;
use tokio::time::timeout;

use super::{Credential, Distrust, Doing, Situation, Unreachable, refused};
use crate::login::{Endpoint, join};
use crate::manifest::Kind;
use crate::request::{Again, Failure};
use crate::views::Resource;
use crate::wire::status::Status;

/// A name that is not found within this counts as unknown. Source: the resolver's own first patience.
const LOOK_UP: Duration = Duration::from_secs(5);

/// Translates an answer that is no success; `login` is the number of the login that the request was sent with.
pub(crate) fn refusal(
    status: StatusCode,
    body: &Status,
    retry_after: Option<Duration>,
    doing: &Doing,
    (credential, login): (Credential, u64),
) -> Failure {
    let server_error = || Situation::ServerError { status: status.as_u16(), message: body.message.clone(), tries: 1 };
    if let Some(situation) = refused::of(status, body, doing) {
        return Failure::final_(situation);
    }
    match status.as_u16() {
        401 => {
            // A plugin's credential may have been withdrawn before its time.
            let again = if credential == Credential::ExecPlugin { Again::Login(login) } else { Again::Never };
            Failure::new(Situation::Unauthenticated { credential }, again)
        }
        403 if may_not_impersonate(&body.message) => {
            Failure::final_(Situation::MayNotImpersonate { user: user(&body.message) })
        }
        403 => Failure::final_(forbidden(doing, body)),
        404 => Failure::final_(absent(doing, body)),
        410 => Failure { goes_on: body.next().map(Into::into), ..Failure::final_(server_error()) },
        429 | 500 | 502 | 503 | 504 => {
            let in_body = body.details.as_ref().and_then(|details| u64::try_from(details.retry_after_seconds).ok());
            let wait = retry_after.or_else(|| in_body.filter(|&seconds| seconds > 0).map(Duration::from_secs));
            Failure::new(server_error(), wait.map_or(Again::Backoff, Again::After))
        }
        _ => Failure::final_(server_error()),
    }
}

/// Translates the event with which a server ends a watch.
pub(crate) fn event(status: &Status) -> Situation {
    let code = u16::try_from(status.code).unwrap_or(500);
    Situation::ServerError { status: code, message: status.message.clone(), tries: 1 }
}

fn forbidden(doing: &Doing, body: &Status) -> Situation {
    let rule = |resource: &Resource, verb: &str, namespace: Option<&str>| RbacRule {
        api_group: resource.group.to_owned(),
        resource: resource.plural.to_owned(),
        verb: verb.to_owned(),
        non_resource_url: None,
        namespace: namespace.map(str::to_owned),
    };
    let (rule, name) = match doing {
        Doing::List(resource, scope) => (rule(resource, "list", scope.namespace()), None),
        Doing::Watch(resource, scope) => (rule(resource, "watch", scope.namespace()), None),
        Doing::Get { resource, namespace, name } => (rule(resource, "get", namespace.as_deref()), Some(name.clone())),
        Doing::Write { .. } | Doing::Logs { .. } | Doing::Forward { .. } | Doing::Review { .. } => {
            refused::missing_rule(doing, &body.message)
        }
        Doing::Ask(path) => (path_rule(path), None),
        Doing::Connect => (path_rule("/"), None),
    };
    Situation::Forbidden { rule: Box::new(rule), name, user: user(&body.message) }
}

pub(super) fn path_rule(path: &str) -> RbacRule {
    let path = path.split('?').next().unwrap_or(path);
    RbacRule {
        api_group: String::new(),
        resource: String::new(),
        verb: "get".to_owned(),
        non_resource_url: Some(path.to_owned()),
        namespace: None,
    }
}

/// Who the server thinks asks. No field of a `Status` says it, only its message: `… forbidden: User "jo" cannot …`.
/// When the wording changes, the name is left out.
fn user(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("User \"")?;
    let (user, _) = rest.split_once("\" cannot ")?;
    Some(user.to_owned()).filter(|user| !user.is_empty())
}

/// Whether the server refuses to let who asks act for another: no right to what was asked for would help. No field of a
/// `Status` says it. Source: apiserver 1.36, `cannot impersonate resource "users"` and, where impersonation is constrained,
/// `cannot impersonate-on:user-info:list resource "pods"`. When the wording changes, it is forbidden like anything else.
fn may_not_impersonate(message: &str) -> bool {
    message.split_once("User \"").is_some_and(|(_, rest)| rest.contains("\" cannot impersonate"))
}

fn absent(doing: &Doing, body: &Status) -> Situation {
    // Only a 404 for an object names one; that for a path or an API that is not served does not.
    let names_object = body.details.as_ref().is_some_and(|details| !details.name.is_empty());
    match doing {
        Doing::Get { resource, namespace, name } | Doing::Write { resource, namespace, name, .. } if names_object => {
            Situation::NotFound { what: resource.qualified(), namespace: namespace.clone(), name: name.clone() }
        }
        Doing::Logs { namespace, pod } | Doing::Forward { namespace, pod, .. } => {
            Situation::NotFound { what: Kind::POD.qualified(), namespace: Some(namespace.clone()), name: pod.clone() }
        }
        Doing::List(resource, _)
        | Doing::Watch(resource, _)
        | Doing::Get { resource, .. }
        | Doing::Write { resource, .. } => {
            Situation::ApiAbsent { group: resource.group.to_owned(), what: resource.qualified() }
        }
        Doing::Ask(path) => Situation::ApiAbsent { group: String::new(), what: path.clone() },
        Doing::Review { .. } => {
            Situation::ApiAbsent { group: refused::REVIEW_GROUP.to_owned(), what: refused::REVIEW.to_owned() }
        }
        Doing::Connect => Situation::ApiAbsent { group: String::new(), what: "/".to_owned() },
    }
}

/// Translates a request that got no answer.
pub(crate) async fn connection(error: &kube::Error, endpoint: &Endpoint, answered: bool) -> Failure {
    for cause in Causes(Some(error)) {
        if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
            let situation = Situation::NotTrusted { address: endpoint.server_address(), why: distrust(tls, endpoint) };
            return Failure::final_(situation);
        }
        if let Some(hyper) = cause.downcast_ref::<hyper::Error>() {
            if hyper.is_incomplete_message() || hyper.is_closed() || hyper.is_canceled() {
                return unreachable(endpoint, Unreachable::Reset, Again::Backoff);
            }
            if hyper.is_parse() {
                return unreachable(endpoint, Unreachable::NotHttp, Again::Never);
            }
        }
        if let Some(source) = cause.downcast_ref::<io::Error>()
            && let Some(failure) = by_kind(source.kind(), endpoint, answered)
        {
            return failure;
        }
    }
    // The resolver's error has no type of its own: ask it again.
    let (host, port) = endpoint.connects_to();
    let found = timeout(LOOK_UP, tokio::net::lookup_host((host, port))).await;
    if !matches!(found, Ok(Ok(_))) {
        return unreachable(endpoint, Unreachable::UnknownHost, Again::Once);
    }
    let why = Causes(Some(error)).last().map_or_else(String::new, ToString::to_string);
    unreachable(endpoint, Unreachable::Other(why), Again::Once)
}

fn by_kind(kind: io::ErrorKind, endpoint: &Endpoint, answered: bool) -> Option<Failure> {
    use io::ErrorKind as Kind;
    let (how, again) = match kind {
        // A server that answered a moment ago is restarting; one that never did is more likely just not there.
        Kind::ConnectionRefused => (Unreachable::Refused, if answered { Again::Backoff } else { Again::Once }),
        Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe | Kind::UnexpectedEof => {
            (Unreachable::Reset, Again::Backoff)
        }
        Kind::TimedOut => (Unreachable::NoAnswer(endpoint.connect_timeout), Again::Never),
        Kind::HostUnreachable | Kind::NetworkUnreachable | Kind::NetworkDown => (Unreachable::NoRoute, Again::Once),
        _ => return None,
    };
    Some(unreachable(endpoint, how, again))
}

fn unreachable(endpoint: &Endpoint, how: Unreachable, again: Again) -> Failure {
    let (host, port) = endpoint.connects_to();
    let situation = Situation::Unreachable { address: join(host, port), proxy: endpoint.proxy.is_some(), how };
    Failure::new(situation, again)
}

fn distrust(error: &rustls::Error, endpoint: &Endpoint) -> Distrust {
    match error {
        rustls::Error::InvalidCertificate(why) => match why {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Distrust::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Distrust::NotYetValid,
            CertificateError::UnknownIssuer | CertificateError::BadSignature => Distrust::UnknownAuthority,
            CertificateError::NotValidForName => {
                Distrust::OtherName { expected: endpoint.expected_name().to_owned(), presented: Vec::new() }
            }
            CertificateError::NotValidForNameContext { presented, .. } => Distrust::OtherName {
                expected: endpoint.expected_name().to_owned(),
                presented: presented.iter().map(|name| bare(name)).collect(),
            },
            other => Distrust::Other(other.to_string()),
        },
        rustls::Error::InvalidMessage(_) => Distrust::NotTls,
        rustls::Error::AlertReceived(alert) => Distrust::Refused(format!("{alert:?}")),
        other => Distrust::Other(other.to_string()),
    }
}

/// webpki writes names as `DnsName("a.b")` and `IpAddress(127.0.0.1)`.
fn bare(name: &str) -> String {
    let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or(name);
    inner.trim_matches('"').to_owned()
}

/// An error and what caused it, one by one; also through `io::Error`, which hides the error it wraps.
struct Causes<'a>(Option<&'a (dyn StdError + 'static)>);

impl<'a> Iterator for Causes<'a> {
    type Item = &'a (dyn StdError + 'static);

    fn next(&mut self) -> Option<Self::Item> {
        let current = self.0?;
        let wrapped = current.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        self.0 = match wrapped {
            Some(wrapped) => Some(wrapped),
            None => current.source(),
        };
        Some(current)
    }
}
