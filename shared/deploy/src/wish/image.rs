//! References to images: `registry.example.com:5000/team/web:1.4.2@sha256:…`.

use std::fmt;
use std::str::FromStr;

use quicktour_report::message::Message;

use super::fields::{Name, is_label_value};
use super::flaw::{Field, Flaw};

/// The longest repository name. Source: `NameTotalLengthMax` of distribution/reference.
const LONGEST_NAME: usize = 255;
/// The longest tag. Source: the tag grammar of distribution/reference.
const LONGEST_TAG: usize = 128;
/// Hexadecimal digits of a SHA-256.
const SHA256_DIGITS: usize = 64;
/// The fewest hexadecimal digits of any digest. Source: the digest grammar of distribution/reference.
const FEWEST_DIGITS: usize = 32;

/// An image reference that a container runtime can read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Image {
    text: String,
    tag: Option<String>,
    has_digest: bool,
    last: String,
}

impl Image {
    /// As it was typed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The tag, if one was typed.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// Whether tomorrow's pods may get another image than today's: `latest`, or neither a tag nor a digest.
    #[must_use]
    pub fn is_moving(&self) -> bool {
        !self.has_digest && self.tag.as_deref().is_none_or(|tag| tag == "latest")
    }

    /// A name for what runs it: `kuard-amd64` of `gcr.io/kuar-demo/kuard-amd64:blue`.
    #[must_use]
    pub fn default_name(&self) -> Option<Name> {
        let name: String = self.last.chars().map(|c| if matches!(c, '_' | '.') { '-' } else { c }).collect();
        let name = &name[..name.len().min(super::fields::LONGEST_LABEL)];
        name.trim_matches('-').parse().ok()
    }

    /// The tag as a label, where it can be one.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.tag.as_deref().filter(|tag| is_label_value(tag))
    }
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Image {
    type Err = Flaw;

    fn from_str(text: &str) -> Result<Self, Flaw> {
        let flaw = |wrong| Flaw::new(Field::Image, text, wrong);
        let part = |id, part: &str| flaw(Message::new(id).arg("part", part));
        if text.is_empty() {
            return Err(flaw(Message::new("image-empty")));
        }
        if let Some(at) = text.find(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(flaw(Message::new("image-space").arg("position", text[..at].chars().count() + 1)));
        }
        if text.contains("://") {
            return Err(flaw(Message::new("image-url")));
        }
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        if let Some(digest) = digest.filter(|digest| !is_digest(digest)) {
            return Err(part("image-digest", digest));
        }
        // A colon before the last slash belongs to the registry's port.
        let (name, tag) = match rest.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
            _ => (rest, None),
        };
        if let Some(tag) = tag.filter(|tag| !is_tag(tag)) {
            return Err(part("image-tag", tag));
        }
        let (registry, path) = match name.split_once('/') {
            Some((first, path)) if is_registry(first) => (Some(first), path),
            _ => (None, name),
        };
        if let Some(registry) = registry.filter(|registry| !is_host(registry)) {
            return Err(part("image-registry", registry));
        }
        if let Some(wrong) = path.split('/').find(|component| !is_component(component)) {
            let id = if wrong.chars().any(|c| c.is_ascii_uppercase()) { "image-upper-case" } else { "image-path" };
            return Err(part(id, wrong));
        }
        if name.len() > LONGEST_NAME {
            return Err(flaw(Message::new("image-long").arg("longest", LONGEST_NAME)));
        }
        Ok(Self {
            text: text.to_owned(),
            tag: tag.map(str::to_owned),
            has_digest: digest.is_some(),
            last: path.rsplit('/').next().unwrap_or(path).to_owned(),
        })
    }
}

/// Whether the first part is a registry: as runtimes tell it from a folder of Docker Hub.
fn is_registry(first: &str) -> bool {
    first.contains(['.', ':']) || first == "localhost" || first.chars().any(|c| c.is_ascii_uppercase())
}

fn is_host(registry: &str) -> bool {
    let (host, port) = match registry.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) => {
            let port = if port.is_empty() { None } else { Some(port.strip_prefix(':').unwrap_or("")) };
            if address.parse::<std::net::Ipv6Addr>().is_err() {
                return false;
            }
            (None, port)
        }
        None => match registry.split_once(':') {
            Some((host, port)) => (Some(host), Some(port)),
            None => (Some(registry), None),
        },
    };
    let label = |label: &str| {
        let inner = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        !label.is_empty() && inner && !label.starts_with('-') && !label.ends_with('-')
    };
    host.is_none_or(|host| host.split('.').all(label))
        && port.is_none_or(|port| port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|p| p > 0))
}

/// Lower-case letters and digits, with `.`, `_`, `__` or hyphens between them.
fn is_component(component: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = component.as_bytes();
    let edges = bytes.first().is_some_and(|byte| inside(*byte)) && bytes.last().is_some_and(|byte| inside(*byte));
    edges
        && component
            .split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            .all(|between| matches!(between, "" | "." | "_" | "__") || between.bytes().all(|byte| byte == b'-'))
}

fn is_tag(tag: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    tag.len() <= LONGEST_TAG
        && tag.bytes().next().is_some_and(inside)
        && tag.bytes().all(|byte| inside(byte) || matches!(byte, b'.' | b'-'))
}

fn is_digest(digest: &str) -> bool {
    let Some((algorithm, hex)) = digest.split_once(':') else { return false };
    let named = algorithm.starts_with(|c: char| c.is_ascii_alphabetic())
        && algorithm.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+._-".contains(&byte));
    let enough = if algorithm == "sha256" { hex.len() == SHA256_DIGITS } else { hex.len() >= FEWEST_DIGITS };
    named && enough && hex.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}
