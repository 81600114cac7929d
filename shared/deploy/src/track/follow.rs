//! Follows a real rollout: watches in, progress out. Nothing is polled; the clock alone brings a second look, because
//! graces and the settle window end without any event.

use std::ops::ControlFlow;
use std::time::Duration;

use futures::FutureExt as _;
use futures::StreamExt as _;
use futures::future::LocalBoxFuture;
use futures::stream::FuturesUnordered;
use jiff::Timestamp;
use quicktour_client::views::View;
use quicktour_client::views::apps::{ControllerRevision, DaemonSet, Deployment, ReplicaSet, StatefulSet};
use quicktour_client::views::core::{Event, PersistentVolumeClaim};
use quicktour_client::views::node::Node;
use quicktour_client::views::object::LabelSelector;
use quicktour_client::views::pod::Pod;
use quicktour_client::{Client, Error, ListOptions, LogRequest, Scope, Size, WatchEvent};
use quicktour_report::finding::{NotChecked, NotCheckedWhy};
use quicktour_report::message::Message;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep, sleep_until};

use super::seen::{Seen, Sort, Want};
use super::{Baseline, LOG_LINES, LogTail, Outcome, Progress, Rollout, Rules, Subject};
use crate::cause::scheduling::{Asked, Room};
use crate::workload::{Kind, Workload};

/// Events that come together are judged together. Source: ours; a fifth of the reaction time that is promised.
const GATHER: Duration = Duration::from_millis(50);
/// Events of very many pods are gathered for longer, so that looking takes a twentieth of a core at most; but never for
/// longer than this. Source: ours; with it the reaction stays below the promised 250 ms.
const LONGEST_GATHER: Duration = Duration::from_millis(200);
/// How often the clock alone is reason to look again.
const TICK: Duration = Duration::from_millis(500);
/// How long the end waits for a log that is on its way.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// The end of a log that is fetched, in bytes: ten long lines.
const LOG_BYTES: u32 = 64 * 1024;
/// A watch that cannot be opened is tried again so often in a row. Source: ours; with the delays about a minute, in
/// which an API server is back after an upgrade.
const TRIES: u32 = 14;
/// More pods than this are not added up for a sentence. Source: ours; about a second of an API server's time.
const MOST_PODS: u64 = 10_000;

/// What to follow, and by which rules.
#[derive(Clone, Debug)]
pub struct TrackRequest {
    /// The workload.
    pub target: Workload,
    /// The rules; their deadline is counted from now on if `timeout` is given.
    pub rules: Rules,
    /// After how long the wait ends without an outcome; `None`: never.
    pub timeout: Option<Duration>,
    /// The pods before the change; see [`baseline`].
    pub baseline: Baseline,
}

impl TrackRequest {
    /// Follows a workload by the default rules, without a timeout.
    #[must_use]
    pub fn new(target: Workload) -> Self {
        Self { target, rules: Rules::default(), timeout: None, baseline: Baseline::default() }
    }
}

/// Reads which pods are broken before a change. A workload that is not there has none.
pub async fn baseline(client: &Client, target: &Workload) -> Result<Baseline, Error> {
    let subject = match subject(client, target).await {
        Err(error) if error.is_not_found() => return Ok(Baseline::default()),
        subject => subject?,
    };
    let options = ListOptions { label_selector: Some(subject.selector.query()), ..ListOptions::default() };
    let mut pods: Vec<Pod> = Vec::new();
    client.list(&Scope::Namespace(target.namespace.clone()), &options, &mut |pod| pods.push(pod)).await?;
    Ok(Baseline::of(&pods, now(client)))
}

/// Follows a rollout to its end. `on_change` is told whatever changes, at most every 50 ms (rarer where there are very many pods), and at the very last the
/// progress with the outcome.
///
/// What may not be read (events, nodes, claims) is named in [`Progress::unread`]; only a workload that cannot be
/// followed is an error.
pub async fn track(
    client: &Client,
    request: TrackRequest,
    on_change: &mut (dyn FnMut(&Progress, Timestamp) + '_),
) -> Result<Outcome, Error> {
    let clock = || now(client);
    let first = subject(client, &request.target).await?;
    let mut rules = request.rules;
    if let Some(timeout) = request.timeout {
        rules.deadline = clock().saturating_add(timeout).ok();
    }
    let selector = first.selector.clone();
    let mut rollout = Rollout::new(request.target.clone(), rules, request.baseline);
    rollout.observe(Seen::Workload(Box::new(first)), clock());
    let (sender, receiver) = unbounded_channel();
    let mut watches = Watches { client, target: &request.target, sender, running: FuturesUnordered::new(), logs: 0 };
    watches.begin(&selector);
    Loop { rollout, receiver, last: None }.run(&mut watches, &clock, on_change).await
}

/// The cluster's time.
fn now(client: &Client) -> Timestamp {
    Timestamp::now().saturating_add(client.clock_ahead()).unwrap_or(Timestamp::MAX)
}

async fn subject(client: &Client, target: &Workload) -> Result<Subject, Error> {
    let (namespace, name) = (Some(target.namespace.as_str()), target.name.as_str());
    Ok(match target.kind {
        Kind::Deployment => Subject::from(&client.get::<Deployment>(namespace, name).await?),
        Kind::StatefulSet => Subject::from(&client.get::<StatefulSet>(namespace, name).await?),
        Kind::DaemonSet => Subject::from(&client.get::<DaemonSet>(namespace, name).await?),
    })
}

/// The state between two looks.
struct Loop {
    rollout: Rollout,
    receiver: UnboundedReceiver<Seen>,
    last: Option<Progress>,
}

impl Loop {
    async fn run(
        mut self,
        watches: &mut Watches<'_>,
        clock: &dyn Fn() -> Timestamp,
        on_change: &mut (dyn FnMut(&Progress, Timestamp) + '_),
    ) -> Result<Outcome, Error> {
        let mut looked = Instant::now();
        let mut look_at = looked;
        let mut gather = GATHER;
        loop {
            tokio::select! {
                Some(seen) = self.receiver.recv() => {
                    self.take(seen, watches, clock);
                    while let Ok(seen) = self.receiver.try_recv() {
                        self.take(seen, watches, clock);
                    }
                    look_at = look_at.min((looked + gather).max(Instant::now()));
                }
                Some(ended) = watches.running.next() => ended?,
                () = sleep_until(look_at) => {
                    let (now, begun) = (clock(), Instant::now());
                    let progress = self.rollout.at(now);
                    looked = Instant::now();
                    gather = (begun.elapsed() * 20).clamp(GATHER, LONGEST_GATHER);
                    look_at = looked + TICK;
                    watches.fetch(self.rollout.wants());
                    if let Some(outcome) = progress.outcome.clone() {
                        self.last_words(progress, watches, clock, on_change).await;
                        return Ok(outcome);
                    }
                    if self.last.as_ref() != Some(&progress) {
                        on_change(&progress, now);
                        self.last = Some(progress);
                    }
                }
            }
        }
    }

    fn take(&mut self, seen: Seen, watches: &mut Watches<'_>, clock: &dyn Fn() -> Timestamp) {
        if matches!(seen, Seen::Log(..)) {
            watches.logs = watches.logs.saturating_sub(1);
        }
        self.rollout.observe(seen, clock());
    }

    /// Shows the cause at once, and ends when its log is there, or takes too long.
    async fn last_words(
        &mut self,
        progress: Progress,
        watches: &mut Watches<'_>,
        clock: &dyn Fn() -> Timestamp,
        on_change: &mut (dyn FnMut(&Progress, Timestamp) + '_),
    ) {
        let until = Instant::now() + LAST_WORDS;
        if watches.logs > 0 {
            on_change(&Progress { outcome: None, phase: super::Phase::Rolling, ..progress }, clock());
        }
        while watches.logs > 0 {
            tokio::select! {
                Some(seen) = self.receiver.recv() => self.take(seen, watches, clock),
                Some(_) = watches.running.next() => {}
                () = sleep_until(until) => break,
            }
        }
        let now = clock();
        on_change(&self.rollout.at(now), now);
    }
}

/// The watches and calls under way.
struct Watches<'a> {
    client: &'a Client,
    target: &'a Workload,
    sender: UnboundedSender<Seen>,
    running: FuturesUnordered<LocalBoxFuture<'a, Result<(), Error>>>,
    /// Logs that are on their way.
    logs: u32,
}

impl<'a> Watches<'a> {
    fn begin(&mut self, selector: &LabelSelector) {
        let labels = Some(selector.query());
        let selected = ListOptions { label_selector: labels, ..ListOptions::default() };
        let named = ListOptions {
            field_selector: Some(format!("metadata.name={}", self.target.name)),
            ..ListOptions::default()
        };
        let gone = |_: &str| Seen::WorkloadGone;
        match self.target.kind {
            Kind::Deployment => {
                self.watch::<Deployment>(Sort::Workload, named, |seen| Seen::Workload(Box::new((&seen).into())), gone);
                let set = |set| Seen::ReplicaSet(Box::new(set));
                self.watch::<ReplicaSet>(Sort::ReplicaSets, selected.clone(), set, |uid| {
                    Seen::ReplicaSetGone(uid.into())
                });
            }
            Kind::StatefulSet => {
                self.watch::<StatefulSet>(Sort::Workload, named, |seen| Seen::Workload(Box::new((&seen).into())), gone);
                self.revisions(selector);
            }
            Kind::DaemonSet => {
                self.watch::<DaemonSet>(Sort::Workload, named, |seen| Seen::Workload(Box::new((&seen).into())), gone);
                self.revisions(selector);
            }
        }
        self.watch::<Pod>(Sort::Pods, selected, |pod| Seen::Pod(Box::new(pod)), |uid| Seen::PodGone(uid.into()));
        let warnings = ListOptions { field_selector: Some("type=Warning".to_owned()), ..ListOptions::default() };
        // That an event is forgotten does not make it untrue.
        self.watch::<Event>(
            Sort::Events,
            warnings,
            |event| Seen::Event(Box::new(event)),
            |_| Seen::Again(Sort::Events),
        );
        let node = |node| Seen::Node(Box::new(node));
        self.watch::<Node>(Sort::Nodes, ListOptions::default(), node, |name| Seen::NodeGone(name.into()));
    }

    fn revisions(&mut self, selector: &LabelSelector) {
        // Revisions carry the labels of the selector, or more; its expressions may be about others.
        let labels = LabelSelector { match_expressions: Vec::new(), ..selector.clone() }.query();
        let options = ListOptions { label_selector: Some(labels), ..ListOptions::default() };
        let seen = |revision| Seen::Revision(Box::new(revision));
        self.watch::<ControllerRevision>(Sort::Revisions, options, seen, |uid| Seen::RevisionGone(uid.into()));
    }

    /// Follows one sort of objects for as long as the rollout lasts.
    fn watch<T: View>(
        &mut self,
        sort: Sort,
        options: ListOptions,
        applied: impl Fn(T) -> Seen + 'a,
        deleted: impl Fn(&str) -> Seen + 'a,
    ) {
        let (client, sender) = (self.client, self.sender.clone());
        let scope =
            if T::RESOURCE.namespaced { Scope::Namespace(self.target.namespace.clone()) } else { Scope::Cluster };
        let by_name = sort == Sort::Nodes;
        let follow = async move {
            let mut tries = 0;
            loop {
                let mut each = |event: WatchEvent<T>| {
                    let seen = match event {
                        WatchEvent::Restarted => Seen::Again(sort),
                        WatchEvent::Applied(object) => {
                            tries = 0;
                            applied(object)
                        }
                        WatchEvent::Deleted(object) if by_name => deleted(&object.meta().name),
                        WatchEvent::Deleted(object) => deleted(&object.meta().uid),
                    };
                    // Nobody listens any more: the rollout has ended.
                    if sender.send(seen).is_err() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                };
                let Err(error) = client.watch::<T>(&scope, &options, &mut each).await else { return Ok(()) };
                tries += 1;
                let lasting = matches!(error.not_checked(), NotCheckedWhy::Forbidden | NotCheckedWhy::Absent);
                if (lasting || tries >= TRIES) && sort != Sort::Workload {
                    let _ = sender.send(Seen::Unread(sort, Box::new(unread(sort, &error))));
                    return Ok(());
                }
                if lasting || tries >= TRIES || error.is_users_deadline() {
                    return Err(error);
                }
                sleep(Duration::from_secs(u64::from(tries.min(5)))).await;
            }
        };
        self.running.push(follow.boxed_local());
    }

    /// Begins to get what the rollout wants to know.
    fn fetch(&mut self, wants: Vec<Want>) {
        for want in wants {
            match want {
                Want::Claims => {
                    let claim = |claim| Seen::Claim(Box::new(claim));
                    let gone = |_: &str| Seen::Again(Sort::Events);
                    self.watch::<PersistentVolumeClaim>(Sort::Claims, ListOptions::default(), claim, gone);
                }
                Want::Log { key, pod, container, previous } => {
                    self.logs += 1;
                    let (client, sender, namespace) = (self.client, self.sender.clone(), self.target.namespace.clone());
                    let get = async move {
                        let tail = log(client, namespace, pod, container, previous).await;
                        let _ = sender.send(Seen::Log(key, tail));
                        Ok(())
                    };
                    self.running.push(get.boxed_local());
                }
                Want::Room { key, pod, short } => {
                    let (client, sender) = (self.client, self.sender.clone());
                    let add_up = async move {
                        if let Ok(room) = room(client, &pod, &short).await {
                            let _ = sender.send(Seen::Room(key, room));
                        }
                        Ok(())
                    };
                    self.running.push(add_up.boxed_local());
                }
            }
        }
    }
}

fn unread(sort: Sort, error: &Error) -> NotChecked {
    let what = Message::new(match sort {
        Sort::Workload => "unread-workload",
        Sort::ReplicaSets => "unread-replica-sets",
        Sort::Revisions => "unread-revisions",
        Sort::Pods => "unread-pods",
        Sort::Events => "unread-events",
        Sort::Claims => "unread-claims",
        Sort::Nodes => "unread-nodes",
    });
    let detail = error.rule().is_none().then(|| error.problem().cause);
    NotChecked { what, why: error.not_checked(), detail, rule: error.rule().cloned() }
}

/// The last lines of a log. An instance that is gone may have been replaced meanwhile: then the other one is read.
async fn log(client: &Client, namespace: String, pod: String, container: String, previous: bool) -> Option<LogTail> {
    let mut request = LogRequest {
        namespace,
        pod: pod.clone(),
        container: Some(container.clone()),
        previous,
        tail_lines: u32::try_from(LOG_LINES).ok(),
        limit_bytes: Some(LOG_BYTES),
    };
    let mut text = client.logs(&request).await.ok();
    if text.as_ref().is_none_or(|text| text.trim().is_empty()) {
        request.previous = !previous;
        if let Ok(other) = client.logs(&request).await
            && !other.trim().is_empty()
        {
            text = Some(other);
        } else {
            request.previous = previous;
        }
    }
    let text = text.filter(|text| !text.trim().is_empty())?;
    let lines: Vec<&str> = text.lines().collect();
    let lines = lines[lines.len().saturating_sub(LOG_LINES)..].iter().map(|line| (*line).to_owned()).collect();
    Some(LogTail { pod, container, previous: request.previous, lines })
}

/// What nodes have left; an error or nothing where that may not be read or is too much to add up.
async fn room(client: &Client, pod: &Pod, short: &[String]) -> Result<Vec<Room>, Error> {
    let mut nodes: Vec<Node> = Vec::new();
    client.list(&Scope::Cluster, &ListOptions::default(), &mut |node| nodes.push(node)).await?;
    let running = ListOptions {
        field_selector: Some("spec.nodeName!=,status.phase!=Succeeded,status.phase!=Failed".to_owned()),
        ..ListOptions::default()
    };
    let mut asked = Asked::default();
    let size = client.list_at_most(&Scope::Cluster, &running, MOST_PODS, &mut |pod: Pod| asked.see(&pod)).await?;
    let short: Vec<&str> = short.iter().map(String::as_str).collect();
    Ok(if matches!(size, Size::Whole(_)) { asked.room(&short, pod, &nodes) } else { Vec::new() })
}
