//! What was said first: the kubelet and the controllers become vaguer the longer a trouble lasts.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::LogTail;
use crate::cause::scheduling::Room;
use crate::cause::{Cause, Family, Found};

/// How long a cause that is no longer shown is still the same one when it is shown again. Source: ours; a container
/// between two tries shows nothing for some seconds.
const RETURNS: Duration = Duration::from_secs(30);

/// The memory of one rollout.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    by_pod: BTreeMap<(String, Option<String>, Family), Found>,
    by_key: BTreeMap<String, Memo>,
}

/// What is remembered of a cause.
#[derive(Clone, Debug)]
pub(super) struct Memo {
    pub(super) seen: Timestamp,
    pub(super) since: Timestamp,
    pub(super) message: String,
    pub(super) open: Timestamp,
    pub(super) asked_log: bool,
    pub(super) asked_room: bool,
    pub(super) log: Option<LogTail>,
    pub(super) room: Vec<Room>,
    restarts: bool,
}

impl Memory {
    /// What was found, or what was found before where that said more.
    pub(super) fn recall(&mut self, uid: &str, found: Found) -> Found {
        let key = (uid.to_owned(), found.cause.container().map(str::to_owned), found.cause.family());
        let kept = match self.by_pod.remove(&key) {
            Some(before) if before.cause.specificity() > found.cause.specificity() => {
                Found { restarts: found.restarts, previous: found.previous, ..before }
            }
            Some(before) if before.cause.key() == found.cause.key() && !before.message.is_empty() => {
                let since = [before.since, found.since].into_iter().flatten().min();
                Found { message: before.message, since, ..found }
            }
            _ => found,
        };
        self.by_pod.insert(key, kept.clone());
        kept
    }

    /// Forgets a pod that is gone.
    pub(super) fn forget(&mut self, uid: &str) {
        self.by_pod.retain(|(of, ..), _| of != uid);
    }

    /// Opens a cause, or finds it open.
    pub(super) fn open(
        &mut self,
        cause: &Cause,
        message: &str,
        since: Option<Timestamp>,
        earliest: Option<Timestamp>,
        now: Timestamp,
    ) -> &Memo {
        // The cluster's clock may be ahead, and what lasts from before the rollout began counts from then on.
        let since = since.unwrap_or(now).min(now).max(earliest.unwrap_or(Timestamp::MIN).min(now));
        let memo = self.by_key.entry(cause.key()).or_insert_with(|| Memo {
            seen: now,
            since,
            message: message.to_owned(),
            open: now,
            asked_log: false,
            asked_room: false,
            log: None,
            room: Vec::new(),
            restarts: cause.restarts(),
        });
        memo.open = now;
        memo.since = memo.since.min(since);
        if memo.message.is_empty() {
            message.clone_into(&mut memo.message);
        }
        memo
    }

    pub(super) fn memo(&mut self, key: &str) -> Option<&mut Memo> {
        self.by_key.get_mut(key)
    }

    /// Whether the cause is known already.
    pub(super) fn knows(&self, key: &str) -> Option<&Memo> {
        self.by_key.get(key)
    }

    /// Forgets what has not been shown for a while. What restarts may come back after any back-off.
    pub(super) fn close(&mut self, now: Timestamp) {
        let recent = |memo: &Memo| {
            let gone = Duration::try_from(now.duration_since(memo.open)).unwrap_or_default();
            memo.restarts || gone < RETURNS
        };
        self.by_key.retain(|_, memo| recent(memo));
    }
}
