//! The client: what a connection knows, the budget that all its calls share, and the calls that read one thing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::Semaphore;

use crate::error::{Doing, Error, Garbled, Place, Scope, Situation};
use crate::flags::{ConnectFlags, RequestTimeout};
use crate::login::Login;
use crate::progress::Counter;
use crate::request::{Answer, Call, Failure, Patience};
use crate::views::View;
use crate::wire::{self, Wire};
use crate::{path, talk::Talk};

/// At most this many calls are under way at a time. Source: ours; kind to a production cluster, and where a list per
/// namespace stopped getting faster in our measurements.
const CALLS_AT_A_TIME: usize = 4;
/// Objects per page. Source: kubectl's own `--chunk-size`.
const PAGE_SIZE: u32 = 500;
/// Clocks this near count as the same. Source: ours; `Date` is in whole seconds, and an answer may have been on its way
/// for some.
const SAME_CLOCK: SignedDuration = SignedDuration::from_secs(5);
/// The largest body that is held as a whole. Source: ours; etcd's limit for an object is 1.5 MiB, and `/metrics` and
/// `/openapi` of large clusters stay below.
const LARGEST_BODY: usize = 64 * 1024 * 1024;

/// Which cluster is meant, for whom: what a plugin shows before it acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The kubeconfig's context; `None` in a pod, or when `--server` stands alone.
    pub context: Option<String>,
    /// The API server's address.
    pub server: String,
    /// The namespace of `-n`, else the context's, else `default`.
    pub namespace: String,
    /// The kubeconfig's user.
    pub user: Option<String>,
}

/// A connection to one cluster as one user. Clones share it.
#[derive(Clone)]
pub struct Client {
    pub(crate) shared: Arc<Shared>,
    pub(crate) wire: Wire,
    pub(crate) page_size: u32,
    pub(crate) patience: Patience,
}

pub(crate) struct Shared {
    pub(crate) target: Target,
    pub(crate) flags: Arc<ConnectFlags>,
    pub(crate) login: Login,
    pub(crate) budget: Semaphore,
    /// Whether the server has answered anything yet: a refused connection means something else before and after.
    pub(crate) answered: AtomicBool,
    /// How many seconds the server's clock is ahead of ours, by its last answer.
    pub(crate) ahead: AtomicI64,
    pub(crate) talk: Talk,
    pub(crate) counter: Counter,
}

/// What to list: selectors as kubectl writes them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListOptions {
    /// `spec.nodeName=n1`.
    pub field_selector: Option<String>,
    /// `app=web`.
    pub label_selector: Option<String>,
    /// Only `metadata` of each object.
    pub metadata_only: bool,
    /// The whole list in one body from the API server's cache: a little old, and the least work for the server.
    pub cached: bool,
}

/// What a list was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// How many objects were delivered.
    pub count: u64,
    /// Of which moment; where a watch goes on.
    pub resource_version: String,
    /// Whether all pages are of that one moment. False when the list took so long that the server had forgotten it
    /// and went on with a later one: no object was delivered twice, but some may be newer than others.
    pub consistent: bool,
}

/// Whether a list was as short as was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Size {
    /// All of it was delivered.
    Whole(Listed),
    /// There are more objects, this many by the server's word, and none was delivered.
    Larger(u64),
}

/// The answer to a path, whatever its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raw {
    /// HTTP status; `/readyz` answers 500 with a body that names the checks.
    pub status: u16,
    /// The body; bytes that are no UTF-8 are replaced.
    pub body: String,
}

impl Client {
    pub(crate) fn new(target: Target, flags: ConnectFlags, login: Login) -> Self {
        let patience = Patience::new(flags.request_timeout);
        let talk = Talk::new(flags.verbosity);
        let shared = Shared {
            target,
            flags: Arc::new(flags),
            login,
            budget: Semaphore::new(CALLS_AT_A_TIME),
            answered: AtomicBool::new(false),
            ahead: AtomicI64::new(0),
            talk,
            counter: Counter::default(),
        };
        Self { shared: Arc::new(shared), wire: Wire::Auto, page_size: PAGE_SIZE, patience }
    }

    /// Which cluster this speaks to.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.shared.target
    }

    /// How far the server's clock is ahead of this machine's, by the `Date` of its last answer; zero before the first
    /// answer and where the two differ by so little that the answer's way may be the reason.
    ///
    /// Ages of what the server writes are told by its clock.
    #[must_use]
    pub fn clock_ahead(&self) -> SignedDuration {
        let ahead = SignedDuration::from_secs(self.shared.ahead.load(Ordering::Relaxed));
        if ahead.abs() < SAME_CLOCK { SignedDuration::ZERO } else { ahead }
    }

    /// Asks for answers in another format. Nothing but time and traffic depends on it.
    #[must_use]
    pub fn with_wire(mut self, wire: Wire) -> Self {
        self.wire = wire;
        self
    }

    /// Lists in pages of this size (at least 1).
    #[must_use]
    pub fn with_page_size(mut self, objects: u32) -> Self {
        self.page_size = objects.max(1);
        self
    }

    /// Gives up on an answer after this long without a byte.
    #[must_use]
    pub fn with_silence_limit(mut self, limit: Duration) -> Self {
        self.patience.silence = limit;
        self
    }

    /// Gives each call this long instead of what the flags said.
    #[must_use]
    pub fn with_request_timeout(mut self, timeout: RequestTimeout) -> Self {
        let silence = self.patience.silence;
        self.patience = Patience { silence, ..Patience::new(Some(timeout)) };
        self
    }

    /// Reads one object.
    pub async fn get<T: View>(&self, namespace: Option<&str>, name: &str) -> Result<T, Error> {
        let resource = T::RESOURCE;
        let doing = Doing::Get { resource, namespace: namespace.map(str::to_owned), name: name.to_owned() };
        let scope = namespace.map_or(Scope::Cluster, |name| Scope::Namespace(name.to_owned()));
        let path = format!("{}/{}", path::collection(&resource, &scope), path::encode(name));
        let call = Call::begin(self, doing).await;
        call.retrying_reads(async || {
            let answer = call.get_once(&path, self.wire.accept()).await?;
            let format = answer.format(&path)?;
            let body = whole(answer, &path).await?;
            wire::object(format, &body).map_err(|why| Failure::final_(garbled(&path, why)))
        })
        .await
    }

    /// Asks for a path such as `/version` or `/readyz?verbose`. Every status is an answer, except the ones that say
    /// that this user does not get one (401, 403 and 404) or that none is to be had (429, 502, 503 and 504, which are
    /// asked again first): these are errors.
    pub async fn raw(&self, path: &str) -> Result<Raw, Error> {
        self.raw_as(path, "application/json, */*").await
    }

    /// As [`raw`](Self::raw), in a format of the path's own.
    pub async fn raw_as(&self, path: &str, accept: &str) -> Result<Raw, Error> {
        let call = Call::begin(self, Doing::Ask(path.to_owned())).await;
        call.retrying_reads(async || {
            let answer = call.get_any_once(path, accept).await?;
            let status = answer.status.as_u16();
            let body = whole(answer, path).await?;
            Ok(Raw { status, body: String::from_utf8_lossy(&body).into_owned() })
        })
        .await
    }

    pub(crate) fn place(&self) -> Place {
        Place {
            context: self.shared.target.context.clone(),
            server: Some(self.shared.target.server.clone()),
            flags: Arc::clone(&self.shared.flags),
        }
    }

    pub(crate) fn has_answered(&self) -> bool {
        self.shared.answered.load(Ordering::Relaxed)
    }
}

/// Collects a body, at most [`LARGEST_BODY`] of it.
pub(crate) async fn whole(mut answer: Answer<'_>, path: &str) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if body.len() + chunk.len() > LARGEST_BODY {
            return Err(Failure::final_(garbled(path, Garbled::TooLarge)));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

pub(crate) fn garbled(path: &str, why: Garbled) -> Situation {
    Situation::NotUnderstood { path: path.to_owned(), why }
}
