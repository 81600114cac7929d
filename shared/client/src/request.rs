//! One call: its deadline, its place in the budget, single GETs, and the retries of reads.
//!
//! [`Call::retrying_reads`] takes nothing but what GETs yield. All else is sent by [`Call::write`], which decides by
//! itself whether to try again and yields no `Failure` that could: a write whose outcome is unknown cannot be repeated by
//! accident.

mod upgrade;
mod write;

use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, DATE, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use jiff::Timestamp;
use kube::client::Body;
use tokio::sync::SemaphorePermit;
use tokio::time::{Instant, sleep, timeout, timeout_at};

pub(crate) use self::write::{Outgoing, Received};
use crate::client::{Client, Shared, garbled};
use crate::error::translate;
use crate::error::{Deadline, Doing, Error, Garbled, Situation};
use crate::flags::RequestTimeout;
use crate::wire::{Format, status::Status};

/// A call that the user gave no deadline gets this one. Source: ours; a thousand pages fit into it.
const CALL: Duration = Duration::from_mins(1);
/// The longest silence in an answer. Source: ours, half of the API server's own limit for a request (60 s).
const SILENCE: Duration = Duration::from_secs(30);
/// A read is sent at most this often. Source: ours; with the waits below it spans what a leader change of etcd or a
/// restart behind a load balancer takes.
const TRIES: u32 = 5;
/// A watch is opened anew for as long as its deadline allows, which is a minute when the user says nothing: a restart of
/// the only API server takes longer than a single read should wait. Source: ours; only reached, after more than an hour,
/// by who switched the deadline off.
const TRIES_OF_A_WATCH: u32 = 1000;
/// The first wait, doubled each time, and the longest. Source: ours.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// One more try for a server that was never reached: long enough for a socket that is just being opened.
const SHORT_WAIT: Duration = Duration::from_millis(200);
/// The most that is read of an error's body. Source: ours; a `Status` is far smaller.
const LARGEST_STATUS: usize = 64 * 1024;

/// How long a call may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    pub(crate) call: Option<(Duration, Deadline)>,
    pub(crate) silence: Duration,
}

impl Patience {
    pub(crate) fn new(asked: Option<RequestTimeout>) -> Self {
        let call = match asked {
            None => Some((CALL, Deadline::Call)),
            Some(RequestTimeout::Never) => None,
            Some(RequestTimeout::After(after)) => Some((after, Deadline::RequestTimeout)),
        };
        Self { call, silence: SILENCE }
    }
}

/// A call under way.
pub(crate) struct Call<'a> {
    pub(crate) client: &'a Client,
    doing: Doing,
    deadline: Option<(Instant, Duration, Deadline)>,
    /// For how many milliseconds the clock stood still.
    stopped: AtomicU64,
    tries: u32,
    _turn: Option<SemaphorePermit<'a>>,
}

/// One attempt that failed, and whether another may fare better.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) situation: Situation,
    pub(crate) again: Again,
    /// Where a list that went stale may go on.
    pub(crate) goes_on: Option<Box<str>>,
}

/// When to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    /// Never: the answer will be the same.
    Never,
    /// Once, in a moment.
    Once,
    /// After a wait that grows with each try.
    Backoff,
    /// When the server said.
    After(Duration),
    /// Once, with a fresh login instead of the one of this number.
    Login(u64),
}

impl Failure {
    pub(crate) fn final_(situation: Situation) -> Self {
        Self::new(situation, Again::Never)
    }

    pub(crate) fn garbled(path: &str, why: Garbled) -> Self {
        Self::final_(garbled(path, why))
    }

    pub(crate) fn new(situation: Situation, again: Again) -> Self {
        Self { situation, again, goes_on: None }
    }
}

/// An answer whose headers have arrived.
pub(crate) struct Answer<'a> {
    pub(crate) status: StatusCode,
    headers: HeaderMap,
    body: Body,
    call: &'a Call<'a>,
    path: String,
    /// The login that it is for.
    login: u64,
    /// Set once the answer is an open watch: the only limit from then on.
    open_silence: Option<Duration>,
}

impl<'a> Call<'a> {
    /// Waits for a turn in the budget; the clock starts when it has come.
    pub(crate) async fn begin(client: &'a Client, doing: Doing) -> Self {
        // The semaphore is never closed.
        let turn = client.shared.budget.acquire().await.ok();
        Self { tries: TRIES, _turn: turn, ..Self::without_turn(client, doing) }
    }

    /// A call that lasts too long to hold a place in the budget: a watch.
    pub(crate) fn without_turn(client: &'a Client, doing: Doing) -> Self {
        let deadline =
            client.patience.call.and_then(|(after, which)| Some((Instant::now().checked_add(after)?, after, which)));
        Self { client, doing, deadline, stopped: AtomicU64::new(0), tries: TRIES_OF_A_WATCH, _turn: None }
    }

    /// The same call with its clock set anew.
    pub(crate) fn renewed(&self) -> Self {
        Self::without_turn(self.client, self.doing.clone())
    }

    pub(crate) fn error(&self, situation: Situation) -> Error {
        Error::new(self.doing.clone(), self.client.place(), situation)
    }

    /// Runs a read until it succeeds, will not succeed, or the deadline passes.
    pub(crate) async fn retrying_reads<R>(&self, read: impl AsyncFnMut() -> Result<R, Failure>) -> Result<R, Error> {
        self.retrying(read).await
    }

    /// Runs what says by itself when it may be run again.
    async fn retrying<R>(&self, mut attempt: impl AsyncFnMut() -> Result<R, Failure>) -> Result<R, Error> {
        let (mut tries, mut logged_in) = (1, false);
        loop {
            let failure = match attempt().await {
                Ok(outcome) => return Ok(outcome),
                Err(failure) => failure,
            };
            let wait = match failure.again {
                Again::Once if tries < 2 => Some(SHORT_WAIT),
                Again::Backoff if tries < self.tries => Some(backoff(tries)),
                Again::After(wait) if tries < self.tries => Some(wait),
                Again::Login(refused) if !logged_in => {
                    logged_in = true;
                    let renewed = self.off_the_clock(self.client.shared.login.renew(refused)).await;
                    renewed.map_err(|why| self.error(why))?;
                    Some(Duration::ZERO)
                }
                _ => None,
            };
            // A wait that ends after the deadline would only hide the cause behind a timeout.
            let Some(wait) = wait.filter(|&wait| self.has_time_for(wait)) else {
                return Err(self.error(match failure.situation {
                    Situation::ServerError { status, message, .. } => Situation::ServerError { status, message, tries },
                    other => other,
                }));
            };
            self.client.shared.talk.note(&format!("trying again in {} ms", wait.as_millis()));
            sleep(wait).await;
            tries += 1;
        }
    }

    /// Waits as before the next try after this many; `false`, at once, when the deadline would pass meanwhile.
    pub(crate) async fn back_off(&self, tries: u32) -> bool {
        let wait = backoff(tries);
        let has_time = self.has_time_for(wait);
        if has_time {
            self.client.shared.talk.note(&format!("trying again in {} ms", wait.as_millis()));
            sleep(wait).await;
        }
        has_time
    }

    fn has_time_for(&self, wait: Duration) -> bool {
        // A wait that no clock can hold is longer than anybody waits.
        Instant::now().checked_add(wait).is_some_and(|at| self.deadline().is_none_or(|(end, ..)| at < end))
    }

    /// When the call must be over; `None` when it has all the time there is.
    fn deadline(&self) -> Option<(Instant, Duration, Deadline)> {
        let (end, after, which) = self.deadline?;
        let stopped = Duration::from_millis(self.stopped.load(Ordering::Relaxed));
        Some((end.checked_add(stopped)?, after, which))
    }

    /// Logs in. A credential plugin has its own limit, and a person whom it asks has none: the call's clock stands still.
    async fn off_the_clock<F: Future>(&self, login: F) -> F::Output {
        let begun = Instant::now();
        let outcome = login.await;
        let took = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.stopped.fetch_add(took, Ordering::Relaxed);
        outcome
    }

    /// One GET; any status but success is a failure.
    pub(crate) async fn get_once(&'a self, path: &str, accept: &str) -> Result<Answer<'a>, Failure> {
        let answer = self.send(path, accept).await?;
        if answer.status.is_success() {
            return Ok(answer);
        }
        Err(self.refusal(answer).await)
    }

    /// One GET of a path whose every status is an answer, even the 500 of a check that fails; except what says that this
    /// user does not get one (401, 403, 404), or that none is to be had at the moment (429, and what gateways say).
    pub(crate) async fn get_any_once(&'a self, path: &str, accept: &str) -> Result<Answer<'a>, Failure> {
        let answer = self.send(path, accept).await?;
        if matches!(answer.status.as_u16(), 401 | 403 | 404 | 429 | 502..=504) {
            return Err(self.refusal(answer).await);
        }
        Ok(answer)
    }

    pub(crate) async fn send(&'a self, path: &str, accept: &str) -> Result<Answer<'a>, Failure> {
        let request = Self::request(Method::GET, path, accept)
            .body(Body::empty())
            .map_err(|_| Failure::final_(garbled(path, Garbled::ContentType)))?;
        self.dispatch(request, path).await
    }

    fn request(method: Method, path: &str, accept: &str) -> http::request::Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header(ACCEPT, accept)
            // Lists are compressed by the server at the cost of its time; inside one data centre it does not pay.
            .header(ACCEPT_ENCODING, "identity")
            .header(USER_AGENT, concat!("quicktour/", env!("CARGO_PKG_VERSION")))
    }

    /// Sends one request.
    async fn dispatch(&'a self, request: Request<Body>, path: &str) -> Result<Answer<'a>, Failure> {
        let Shared { talk, login, answered, ahead, target, .. } = &*self.client.shared;
        talk.headers("request headers:", request.headers());
        let url = format!("{}{path}", target.server.trim_end_matches('/'));
        let (begun, method) = (Instant::now(), request.method().clone());
        let session = self.off_the_clock(login.session()).await.map_err(Failure::final_)?;
        match self.within(session.kube.send(request)).await {
            Err(situation) => {
                talk.request(&method, &url, "no answer", begun.elapsed());
                Err(Failure::final_(situation))
            }
            Ok(Err(error)) => {
                talk.request(&method, &url, "no connection", begun.elapsed());
                Err(translate::connection(&error, login.endpoint(), self.client.has_answered()).await)
            }
            Ok(Ok(response)) => {
                answered.store(true, Ordering::Relaxed);
                if let Some(date) = date(response.headers()) {
                    ahead.store(date.duration_since(Timestamp::now()).as_secs(), Ordering::Relaxed);
                }
                talk.request(&method, &url, &response.status().to_string(), begun.elapsed());
                talk.headers("response headers:", response.headers());
                let (parts, body) = response.into_parts();
                Ok(Answer {
                    status: parts.status,
                    headers: parts.headers,
                    body,
                    call: self,
                    path: path.to_owned(),
                    login: session.number,
                    open_silence: None,
                })
            }
        }
    }

    /// Translates an answer that is no success.
    async fn refusal(&self, mut answer: Answer<'_>) -> Failure {
        let mut body = Vec::new();
        // What is missing of an error's body only makes its message poorer.
        while let Ok(Some(chunk)) = answer.chunk().await {
            body.extend_from_slice(&chunk);
            if body.len() > LARGEST_STATUS {
                break;
            }
        }
        let status = Status::decode(Format::of(&answer.headers), &body);
        let retry_after = answer
            .headers
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.trim().parse().ok())
            .map(Duration::from_secs);
        let shown = (self.client.shared.login.credential(), answer.login);
        translate::refusal(answer.status, &status, retry_after, &self.doing, shown)
    }

    /// The longest silence. A third more for a write, 40 s: the API server itself gives up on one after 34 s
    /// (`requestTimeoutUpperBound`), and says so, which is better than not to know.
    fn silence(&self) -> Duration {
        let silence = self.client.patience.silence;
        if matches!(self.doing, Doing::Write { .. }) { silence + silence / 3 } else { silence }
    }

    /// Waits for one step, at most as long as silence and the deadline allow.
    async fn within<F: Future>(&self, step: F) -> Result<F::Output, Situation> {
        let silence = self.silence();
        let quiet_end = Instant::now() + silence;
        let (end, after, deadline) = match self.deadline() {
            Some((end, after, which)) if end <= quiet_end => (end, after, which),
            _ => (quiet_end, silence, Deadline::Silence),
        };
        timeout_at(end, step).await.map_err(|_| Situation::TimedOut { deadline, after })
    }
}

impl Answer<'_> {
    /// The format of the body, by what the server says.
    pub(crate) fn format(&self, path: &str) -> Result<Format, Failure> {
        Format::of(&self.headers).ok_or_else(|| Failure::final_(garbled(path, Garbled::ContentType)))
    }

    /// From here on the body is an open watch: it may last for ever, but not be silent for longer than this.
    pub(crate) fn follow(&mut self, silence: Duration) {
        self.open_silence = Some(silence);
    }

    /// The next piece of the body; `None` at its end.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, Failure> {
        loop {
            let frame = match self.open_silence {
                None => self.call.within(self.body.frame()).await,
                Some(after) => timeout(after, self.body.frame())
                    .await
                    .map_err(|_| Situation::TimedOut { deadline: Deadline::Silence, after }),
            };
            match frame.map_err(Failure::final_)? {
                None => return Ok(None),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data));
                    }
                }
                Some(Err(_)) => {
                    let situation = garbled(&self.path, Garbled::Truncated);
                    return Err(Failure::new(situation, Again::Backoff));
                }
            }
        }
    }
}

/// When the server says that it answered.
fn date(headers: &HeaderMap) -> Option<Timestamp> {
    let text = headers.get(DATE)?.to_str().ok()?;
    jiff::fmt::rfc2822::parse(text).ok().map(|date| date.timestamp())
}

/// Half of the wait is certain, half is chance: clients that failed together do not come back together.
fn backoff(tries: u32) -> Duration {
    let wait = FIRST_WAIT.saturating_mul(1 << (tries - 1).min(16)).min(LONGEST_WAIT);
    let random = std::hash::RandomState::new().build_hasher().finish();
    let share = u32::try_from(random % 1000).unwrap_or(0);
    wait / 2 + wait / 2 * share / 1000
}
