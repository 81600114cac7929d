//! Names, numbers and pairs that a user types, each checked as the API would check it.

use std::fmt;
use std::str::FromStr;

use quicktour_report::message::Message;
use quicktour_report::suggest;

use super::flaw::{Field, Flaw};
use crate::labels::{MANAGED_BY, RUN};
use crate::workload::is_dns_subdomain;

/// The longest DNS label. Source: RFC 1123; also the longest label value.
pub(super) const LONGEST_LABEL: usize = 63;

/// Kubernetes' recommended label for an application's name.
pub(crate) const APP_NAME: &str = "app.kubernetes.io/name";
/// Kubernetes' recommended label for one instance of it. Source: the page "Recommended Labels".
pub(crate) const APP_INSTANCE: &str = "app.kubernetes.io/instance";
/// Kubernetes' recommended label for its version.
pub(crate) const APP_VERSION: &str = "app.kubernetes.io/version";
/// Labels that selectors and cleaning up depend on.
const OURS: [&str; 4] = [APP_NAME, APP_INSTANCE, MANAGED_BY, RUN];

/// A name that an object, a container and a label value can all have: a DNS label (RFC 1123).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(String);

impl Name {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Name {
    type Err = Flaw;

    fn from_str(text: &str) -> Result<Self, Flaw> {
        let flaw = |wrong| Err(Flaw::new(Field::Name, text, wrong));
        if text.is_empty() {
            return flaw(Message::new("name-empty"));
        }
        if text.len() > LONGEST_LABEL {
            return flaw(Message::new("name-long").arg("length", text.len()).arg("longest", LONGEST_LABEL));
        }
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if let Some((at, wrong)) = text.chars().enumerate().find(|(_, c)| !fits(*c)) {
            return flaw(Message::new("name-sign").arg("sign", wrong.to_string()).arg("position", at + 1));
        }
        if text.starts_with('-') || text.ends_with('-') {
            return flaw(Message::new("name-edge"));
        }
        Ok(Self(text.to_owned()))
    }
}

/// The name of an object that exists, such as a service account: a DNS subdomain (RFC 1123).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectName(String);

impl ObjectName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ObjectName {
    type Err = Flaw;

    fn from_str(text: &str) -> Result<Self, Flaw> {
        if is_dns_subdomain(text) {
            return Ok(Self(text.to_owned()));
        }
        Err(Flaw::new(Field::ServiceAccount, text, Message::new("object-name")))
    }
}

/// A port, 1 to 65535.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Port(u16);

impl Port {
    /// The number.
    #[must_use]
    pub fn number(self) -> u16 {
        self.0
    }
}

impl FromStr for Port {
    type Err = Flaw;

    fn from_str(text: &str) -> Result<Self, Flaw> {
        let number = whole_number(text).filter(|number| (1..=i128::from(u16::MAX)).contains(number));
        number.and_then(|number| u16::try_from(number).ok()).map(Self).ok_or_else(|| {
            let id = if whole_number(text).is_some() { "port-range" } else { "port-number" };
            Flaw::new(Field::Port, text, Message::new(id))
        })
    }
}

/// How many pods, from 0 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Replicas(u32);

impl Replicas {
    /// That many; `None` beyond what the API's 32-bit field holds.
    #[must_use]
    pub fn new(number: u32) -> Option<Self> {
        i32::try_from(number).is_ok().then_some(Self(number))
    }

    /// The number.
    #[must_use]
    pub fn number(self) -> u32 {
        self.0
    }
}

impl FromStr for Replicas {
    type Err = Flaw;

    fn from_str(text: &str) -> Result<Self, Flaw> {
        let flaw = |id| Err(Flaw::new(Field::Replicas, text, Message::new(id)));
        match whole_number(text) {
            None => flaw("replicas-number"),
            Some(number) if number < 0 => flaw("replicas-negative"),
            Some(number) => match i32::try_from(number).ok().and_then(|number| u32::try_from(number).ok()) {
                Some(number) => Ok(Self(number)),
                None => flaw("replicas-many"),
            },
        }
    }
}

/// The number of a user in a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserId(u32);

impl UserId {
    /// The number.
    #[must_use]
    pub fn number(self) -> u32 {
        self.0
    }
}

impl FromStr for UserId {
    type Err = Flaw;

    fn from_str(text: &str) -> Result<Self, Flaw> {
        // The API takes an int64; Linux has 32-bit user ids, and the kubelet refuses others.
        let number = whole_number(text).and_then(|number| u32::try_from(number).ok()).filter(|id| *id <= 2_147_483_647);
        number.map(Self).ok_or_else(|| Flaw::new(Field::RunAsUser, text, Message::new("user-id")))
    }
}

/// An environment variable: `NAME=VALUE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvVar {
    /// Its name.
    pub name: String,
    /// Its value, which may be empty.
    pub value: String,
}

impl FromStr for EnvVar {
    type Err = Flaw;

    fn from_str(text: &str) -> Result<Self, Flaw> {
        let flaw = |wrong| Err(Flaw::new(Field::Env, text, wrong));
        let Some((name, value)) = text.split_once('=') else { return flaw(Message::new("env-pair")) };
        if !is_env_name(name) {
            return flaw(Message::new("env-name").arg("name", name));
        }
        Ok(Self { name: name.to_owned(), value: value.to_owned() })
    }
}

/// The names that every version of the API takes; newer ones take more, which few programs can read.
pub(crate) fn is_env_name(name: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    !name.is_empty()
        && name != "."
        && !name.starts_with("..")
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(inside)
}

/// Where all variables of an object come from: `configmap/NAME` or `secret/NAME`. Only the name is ever read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvFrom {
    /// A `ConfigMap`.
    ConfigMap(String),
    /// A `Secret`.
    Secret(String),
}

impl FromStr for EnvFrom {
    type Err = Flaw;

    fn from_str(text: &str) -> Result<Self, Flaw> {
        let flaw = |wrong| Err(Flaw::new(Field::EnvFrom, text, wrong));
        let Some((kind, name)) = text.split_once('/') else { return flaw(Message::new("env-from")) };
        if !is_dns_subdomain(name) {
            return flaw(Message::new("object-name"));
        }
        match kind.to_ascii_lowercase().as_str() {
            "configmap" | "configmaps" | "cm" => Ok(Self::ConfigMap(name.to_owned())),
            "secret" | "secrets" => Ok(Self::Secret(name.to_owned())),
            _ => flaw(Message::new("env-from")),
        }
    }
}

/// A label: `team=shop`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Its name, with a prefix or without.
    pub name: String,
    /// Its value, which may be empty.
    pub value: String,
}

impl FromStr for Label {
    type Err = Flaw;

    fn from_str(text: &str) -> Result<Self, Flaw> {
        let flaw = |wrong| Err(Flaw::new(Field::Labels, text, wrong));
        let Some((name, value)) = text.split_once('=') else {
            return flaw(Message::new("label-pair").arg("part", text));
        };
        if !is_qualified_name(name) {
            return flaw(Message::new("label-name").arg("name", name));
        }
        if !value.is_empty() && !is_label_value(value) {
            return flaw(Message::new("label-value").arg("value", value));
        }
        if OURS.contains(&name) {
            return flaw(Message::new("label-ours").arg("name", name));
        }
        Ok(Self { name: name.to_owned(), value: value.to_owned() })
    }
}

impl Label {
    /// Several, as kubectl takes them: `a=b,c=d`.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, Flaw> {
        text.split(',').map(str::parse).collect()
    }
}

/// A label's value that is not empty.
pub(super) fn is_label_value(value: &str) -> bool {
    let edge = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    value.len() <= LONGEST_LABEL
        && edge(value.bytes().next())
        && edge(value.bytes().last())
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}

/// The name of a label or an extended resource: `example.com/gpu`.
pub(super) fn is_qualified_name(name: &str) -> bool {
    match name.split_once('/') {
        Some((prefix, name)) => is_dns_subdomain(prefix) && is_label_value(name),
        None => is_label_value(name),
    }
}

/// Where a container answers when it is ready: a path, from the slash on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbePath(String);

impl ProbePath {
    /// The path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ProbePath {
    type Err = Flaw;

    fn from_str(text: &str) -> Result<Self, Flaw> {
        let flaw = |id| Err(Flaw::new(Field::ProbePath, text, Message::new(id)));
        if !text.starts_with('/') {
            return flaw("probe-path-slash");
        }
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return flaw("probe-path-space");
        }
        Ok(Self(text.to_owned()))
    }
}

/// How a service is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ServiceType {
    /// From inside the cluster.
    #[default]
    ClusterIp,
    /// On a port of every node.
    NodePort,
    /// At an address of its own, from outside.
    LoadBalancer,
}

const SERVICE_TYPES: [ServiceType; 3] = [ServiceType::ClusterIp, ServiceType::NodePort, ServiceType::LoadBalancer];

impl ServiceType {
    /// As the API spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClusterIp => "ClusterIP",
            Self::NodePort => "NodePort",
            Self::LoadBalancer => "LoadBalancer",
        }
    }
}

impl FromStr for ServiceType {
    type Err = Flaw;

    fn from_str(text: &str) -> Result<Self, Flaw> {
        let known = SERVICE_TYPES.into_iter().find(|kind| kind.as_str().eq_ignore_ascii_case(text));
        known.ok_or_else(|| {
            let wrong = match suggest::nearest(text, SERVICE_TYPES.map(ServiceType::as_str)) {
                Some(nearest) => Message::new("service-type-nearest").arg("type", text).arg("nearest", nearest),
                None => Message::new("service-type").arg("type", text),
            };
            Flaw::new(Field::Type, text, wrong)
        })
    }
}

/// How to be reached: `LoadBalancer:80`. What is not said is found out from the container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Exposure {
    /// By which type of service.
    pub kind: ServiceType,
    /// The service's port; the container's where it is not said.
    pub port: Option<Port>,
    /// The container's port, where it differs.
    pub target_port: Option<Port>,
}

impl FromStr for Exposure {
    type Err = Flaw;

    /// Reads `[TYPE][:PORT]`, or the port alone.
    fn from_str(text: &str) -> Result<Self, Flaw> {
        let ours = |flaw: Flaw| Flaw { given: text.to_owned(), ..flaw.of(Field::Expose) };
        let (kind, port) = match text.split_once(':') {
            Some((kind, port)) => (kind, Some(port)),
            None if text.starts_with(|c: char| c.is_ascii_digit() || c == '-') => ("", Some(text)),
            None => (text, None),
        };
        let kind = if kind.is_empty() { ServiceType::default() } else { kind.parse().map_err(ours)? };
        let port = port.map(str::parse).transpose().map_err(ours)?;
        Ok(Self { kind, port, target_port: None })
    }
}

/// A whole number with or without a sign, of any size that anybody types.
fn whole_number(text: &str) -> Option<i128> {
    text.parse().ok()
}
