//! How far a long reading is: every list counts, and somebody who waits at a terminal is told.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use quicktour_report::catalogue::Catalogue;
use quicktour_report::message::Message;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::client::Client;

/// Nobody is told before. Source: ours; what ends within a second is its own answer.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often the number moves. Source: ours; fast enough to look alive, slow enough to be read.
const BEAT: Duration = Duration::from_millis(200);

/// What a client's lists have delivered, of how many.
#[derive(Debug, Default)]
pub(crate) struct Counter {
    read: AtomicU64,
    expected: AtomicU64,
}

impl Counter {
    pub(crate) fn one_more(&self) {
        self.read.fetch_add(1, Ordering::Relaxed);
    }

    /// So many objects are on their way, by the server's word.
    pub(crate) fn expect(&self, objects: u64) {
        self.expected.fetch_add(objects, Ordering::Relaxed);
    }
}

/// How far the reading is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How many objects have been read.
    pub read: u64,
    /// How many there are, as far as the server has said; never less than were read.
    pub of: u64,
}

impl Client {
    /// How far all lists of this client are together.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let counter = &self.shared.counter;
        let read = counter.read.load(Ordering::Relaxed);
        Progress { read, of: counter.expected.load(Ordering::Relaxed).max(read) }
    }

    /// Does the work, and meanwhile tells a person at the terminal how many objects have been read, once it takes longer
    /// than a second. Standard error is as it was when the work is done.
    pub async fn while_telling<T>(&self, work: impl Future<Output = T>) -> T {
        if !io::stderr().is_terminal() || std::env::var_os("TERM").is_some_and(|term| term == "dumb") {
            return work.await;
        }
        let mut beats = interval_at(Instant::now() + PATIENCE, BEAT);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut line, before) = (Line { shown: false }, self.progress());
        tokio::pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                _ = beats.tick() => {
                    let now = self.progress();
                    if now == before {
                        continue;
                    }
                    line.show(Progress { read: now.read - before.read, of: now.of.saturating_sub(before.of).max(now.read - before.read) });
                }
            }
        }
    }
}

/// A line that is drawn over itself, and gone when it is dropped: also when the work is.
struct Line {
    shown: bool,
}

impl Line {
    fn show(&mut self, progress: Progress) {
        self.shown = true;
        let message = Message::new("progress-read").arg("read", progress.read).arg("of", progress.of);
        // Nobody who looks is no reason to stop.
        let _ = write!(io::stderr(), "\r{}\x1b[K", Catalogue::english().text(&message));
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.shown {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
