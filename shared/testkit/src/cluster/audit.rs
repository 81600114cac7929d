//! The proof of what a command really asked of the apiserver: its audit log.

use std::fs;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::Value;

use super::Cluster;
use super::kubectl::unique;
use crate::wait::wait_for;

/// A place in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark(u64);

/// The audit log of one cluster.
#[derive(Debug)]
pub struct AuditLog<'c> {
    cluster: &'c Cluster,
}

/// One request, at one stage: `ResponseComplete`, or `ResponseStarted` for one that goes on (a watch), or `Panic`.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEvent {
    /// The verb of RBAC: `list` rather than GET.
    pub verb: String,
    /// Path and query.
    pub uri: String,
    /// Who asked.
    pub user: String,
    /// The HTTP status of the answer; 0 if there was none yet.
    pub code: u16,
    /// How far the request had come.
    pub stage: String,
    /// The program that asked, as it calls itself.
    pub user_agent: String,
    /// What it was about, unless it was a plain path.
    pub object: Option<ObjectReference>,
    /// What a write sent; never for secrets and tokens.
    pub request: Option<Value>,
}

/// What a request was about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectReference {
    /// The API group; empty for the core.
    pub api_group: String,
    /// The resource, such as `pods`.
    pub resource: String,
    /// The subresource, such as `scale`.
    pub subresource: String,
    /// The namespace.
    pub namespace: String,
    /// The object's name; empty for a list.
    pub name: String,
}

impl AuditEvent {
    /// Whether the request could have changed something: anything but reading, and but the questions that the API
    /// asks by POST (who am I, may I).
    #[must_use]
    pub fn is_write(&self) -> bool {
        let asks = |object: &ObjectReference| object.resource.ends_with("reviews");
        !matches!(self.verb.as_str(), "get" | "list" | "watch") && !self.object.as_ref().is_some_and(asks)
    }
}

impl<'c> AuditLog<'c> {
    pub(super) fn new(cluster: &'c Cluster) -> Self {
        Self { cluster }
    }

    /// Where the log ends now; what is asked from here on comes after it.
    pub fn mark(&self) -> anyhow::Result<Mark> {
        let length = fs::metadata(self.path()).map_or(0, |metadata| metadata.len());
        self.settle(Mark(length)).map(|(end, _)| Mark(end))
    }

    /// Everything that was asked since `mark`, by anyone: tests that share a cluster filter by
    /// [`AuditEvent::user`] and give the command a user of its own.
    pub fn since(&self, mark: Mark) -> anyhow::Result<Vec<AuditEvent>> {
        let (_, text) = self.settle(mark)?;
        let events = text.lines().map(|line| {
            let event: Line = serde_json::from_str(line).with_context(|| format!("reading the audit log: {line}"))?;
            Ok(event.into())
        });
        events
            .filter(|event: &anyhow::Result<AuditEvent>| {
                !event.as_ref().is_ok_and(|event| event.uri.contains(SENTINEL))
            })
            .collect()
    }

    fn path(&self) -> PathBuf {
        self.cluster.dir().join("audit.log")
    }

    /// The log from `mark` to the line of a request of our own: what was answered before it is before it in the log.
    fn settle(&self, mark: Mark) -> anyhow::Result<(u64, String)> {
        let sentinel = unique(SENTINEL);
        self.cluster.kubectl(&["get", "--raw", &format!("/version?{sentinel}")])?.success()?;
        let path = self.path();
        wait_for("the audit log", Duration::from_secs(10), || {
            let mut file = fs::File::open(&path).ok()?;
            file.seek(SeekFrom::Start(mark.0)).ok()?;
            let mut text = String::new();
            file.read_to_string(&mut text).ok()?;
            let end = text.find(&sentinel)?;
            let end = end + text[end..].find('\n')? + 1;
            text.truncate(end);
            Some((mark.0 + u64::try_from(end).ok()?, text))
        })
    }
}

const SENTINEL: &str = "quicktour-sentinel";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    verb: String,
    #[serde(rename = "requestURI")]
    request_uri: String,
    #[serde(default)]
    user: LineUser,
    #[serde(default)]
    response_status: LineStatus,
    stage: String,
    #[serde(default)]
    user_agent: String,
    object_ref: Option<ObjectReference>,
    request_object: Option<Value>,
}

#[derive(Deserialize, Default)]
struct LineUser {
    #[serde(default)]
    username: String,
}

#[derive(Deserialize, Default)]
struct LineStatus {
    #[serde(default)]
    code: u16,
}

impl From<Line> for AuditEvent {
    fn from(line: Line) -> Self {
        Self {
            verb: line.verb,
            uri: line.request_uri,
            user: line.user.username,
            code: line.response_status.code,
            stage: line.stage,
            user_agent: line.user_agent,
            object: line.object_ref,
            request: line.request_object,
        }
    }
}
