//! Watches: a list, then its changes, for as long as the caller wants.

use std::ops::ControlFlow;
use std::time::Duration;

use tokio::time::Instant;

use crate::client::{Client, ListOptions, garbled};
use crate::error::{Doing, Error, Garbled, Scope, Situation, translate};
use crate::path;
use crate::request::{Again, Call, Failure};
use crate::views::View;
use crate::wire::watch::{Change, Frames};

/// How long the server may keep one watch open; then it ends it and we go on from where it was. Source: client-go
/// asks for 5 to 10 minutes; kube's own limit is just under 5, and many load balancers cut at that.
const OPEN_SECONDS: &str = "290";
/// A watch that says nothing for this long is dead: the server sends a bookmark about once a minute
/// (`bookmarkFrequency` of the API server), and two may be lost.
const SILENCE: Duration = Duration::from_secs(150);
/// A watch that ends within this without a word is a failure, not an end. Source: client-go's "very short watch".
const SHORT: Duration = Duration::from_secs(1);

/// What happened to the watched objects.
#[derive(Clone, Debug, PartialEq)]
pub enum WatchEvent<T> {
    /// What is known so far is void: all objects follow anew, as `Applied`.
    Restarted,
    /// The object is there, or has changed.
    Applied(T),
    /// The object is gone; this is its last state.
    Deleted(T),
}

/// How one open watch ended.
enum End {
    /// The caller has seen enough.
    Enough,
    /// The connection ended: go on from the last version seen.
    Resume,
    /// The server no longer knows the version: list again.
    Expired,
    /// The server ended the watch with an error: list again after a wait, as client-go does.
    Failed {
        why: Situation,
        /// Whether it told something before, so that this is no failure in a row.
        told: bool,
    },
}

impl Client {
    /// Lists objects and then follows their changes until `each` breaks. Lost connections are taken up where they
    /// ended; when the server has forgotten that moment or ends the watch with an error, everything is listed again
    /// after a `Restarted`.
    ///
    /// The deadline holds for each list, each attempt to connect and each row of errors, not for the watch as a whole.
    pub async fn watch<T: View>(
        &self,
        scope: &Scope,
        options: &ListOptions,
        each: &mut (dyn FnMut(WatchEvent<T>) -> ControlFlow<()> + '_),
    ) -> Result<(), Error> {
        let resource = T::RESOURCE;
        let path = path::collection(&resource, scope);
        let mut failing = None;
        loop {
            let mut enough = each(WatchEvent::Restarted).is_break();
            if enough {
                return Ok(());
            }
            let listed = self
                .list(scope, options, &mut |object| {
                    enough = enough || each(WatchEvent::Applied(object)).is_break();
                })
                .await?;
            if enough {
                return Ok(());
            }
            let mut version = listed.resource_version;
            let call = Call::without_turn(self, Doing::Watch(resource, scope.clone()));
            loop {
                let call = call.renewed();
                let end =
                    call.retrying_reads(async || self.follow(&call, &path, options, &mut version, each).await).await;
                match end? {
                    End::Enough => return Ok(()),
                    End::Resume => failing = None,
                    End::Expired => break,
                    End::Failed { why, told } => {
                        let (since, times) = failing.take().filter(|_| !told).unwrap_or_else(|| (call.renewed(), 0));
                        if !since.back_off(times + 1).await {
                            return Err(call.error(why));
                        }
                        failing = Some((since, times + 1));
                        break;
                    }
                }
            }
        }
    }

    /// Opens one watch and follows it to its end.
    async fn follow<T: View>(
        &self,
        call: &Call<'_>,
        path: &str,
        options: &ListOptions,
        version: &mut String,
        each: &mut (dyn FnMut(WatchEvent<T>) -> ControlFlow<()> + '_),
    ) -> Result<End, Failure> {
        let url = path::query(
            path,
            &[
                ("watch", Some("1")),
                ("allowWatchBookmarks", Some("true")),
                ("timeoutSeconds", Some(OPEN_SECONDS)),
                ("resourceVersion", Some(version.as_str())),
                ("fieldSelector", options.field_selector.as_deref()),
                ("labelSelector", options.label_selector.as_deref()),
            ],
        );
        let mut answer = match call.get_once(&url, self.wire.accept_watch()).await {
            Err(Failure { situation: Situation::ServerError { status: 410, .. }, .. }) => return Ok(End::Expired),
            answer => answer?,
        };
        let format = answer.format(path)?;
        let mut frames = Frames::new(format);
        answer.follow(SILENCE);
        let (begun, mut seen, mut told) = (Instant::now(), false, false);
        loop {
            let chunk = match answer.chunk().await {
                Ok(Some(chunk)) => chunk,
                // Nothing at all came, at once: wait before asking again, as after any other failure.
                ended if !seen && begun.elapsed() < SHORT => {
                    let broken = Failure::new(garbled(path, Garbled::Truncated), Again::Backoff);
                    return Err(ended.err().unwrap_or(broken));
                }
                Ok(None) | Err(_) => return Ok(End::Resume),
            };
            seen = true;
            frames.push(&chunk);
            while let Some(change) = frames.next::<T>().map_err(|why| Failure::garbled(path, why))? {
                let event = match change {
                    Change::Bookmark(at) => {
                        told = true;
                        *version = at;
                        continue;
                    }
                    Change::Failed(status) if status.code == 410 => return Ok(End::Expired),
                    Change::Failed(status) => return Ok(End::Failed { why: translate::event(&status), told }),
                    Change::Applied(object) => WatchEvent::Applied(object),
                    Change::Deleted(object) => WatchEvent::Deleted(object),
                };
                told = true;
                if let WatchEvent::Applied(object) | WatchEvent::Deleted(object) = &event {
                    version.clone_from(&object.meta().resource_version);
                }
                if each(event).is_break() {
                    return Ok(End::Enough);
                }
            }
        }
    }
}
