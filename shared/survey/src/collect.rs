//! Reads the wanted parts of a live cluster, several at a time, and folds what arrives.

use std::collections::BTreeMap;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use jiff::{SignedDuration, Timestamp};
use quicktour_client::views::{apps, batch, cluster, core, node, pod, policy};
use quicktour_client::{Client, Error, Scope, Target};
use quicktour_report::message::Message;

use crate::endpoints::{ServerVersion, SubCheck};
use crate::large::PodRow;
use crate::part::Part;
use crate::read::{Answer, Job, Round};
use crate::reading::Reading;

/// Sees every object of the parts it wants, once each, in no particular order, and keeps what it needs of them.
///
/// What it keeps must be bounded whatever the cluster holds: groups and counts, not objects.
pub trait Fold {
    /// Which parts to read.
    fn wants(&self, part: Part) -> bool;

    /// One object; `now` is the survey's time.
    fn see(&mut self, object: Object<'_>, now: Timestamp);
}

/// An object of any part. Where pods are read as tables, each is shown once as a [`PodRow`], to be counted; those that may
/// be in trouble once more as [`Object::CountedPod`], and those of kube-proxy as [`Object::KubeProxy`], for their version
/// alone.
#[allow(missing_docs, reason = "each variant holds an object of the part of its name")]
#[derive(Clone, Copy, Debug)]
pub enum Object<'a> {
    Pod(&'a pod::Pod),
    PodRow(PodRow<'a>),
    CountedPod(&'a pod::Pod),
    KubeProxy(&'a pod::Pod),
    Event(&'a core::Event),
    ReplicaSet(&'a apps::ReplicaSet),
    Node(&'a node::Node),
    EndpointSlice(&'a cluster::EndpointSlice),
    Deployment(&'a apps::Deployment),
    Service(&'a core::Service),
    Job(&'a batch::Job),
    StatefulSet(&'a apps::StatefulSet),
    DaemonSet(&'a apps::DaemonSet),
    CronJob(&'a batch::CronJob),
    NodeLease(&'a cluster::Lease),
    SystemLease(&'a cluster::Lease),
    Claim(&'a core::PersistentVolumeClaim),
    StorageClass(&'a cluster::StorageClass),
    VolumeAttachment(&'a cluster::VolumeAttachment),
    Autoscaler(&'a policy::HorizontalPodAutoscaler),
    DisruptionBudget(&'a policy::PodDisruptionBudget),
    Quota(&'a core::ResourceQuota),
    Namespace(&'a core::Namespace),
    SigningRequest(&'a cluster::CertificateSigningRequest),
    ApiService(&'a cluster::APIService),
    ValidatingWebhook(&'a cluster::ValidatingWebhookConfiguration),
    MutatingWebhook(&'a cluster::MutatingWebhookConfiguration),
}

/// What came of reading a cluster: which parts were read, and what the API server said of itself. The objects went to
/// the fold.
#[derive(Clone, Debug)]
pub struct Survey {
    /// The cluster that was read.
    pub target: Target,
    /// The whole cluster or one namespace.
    pub scope: Scope,
    /// The time that ages are counted from, by the server's clock.
    pub now: Timestamp,
    /// How far the server's clock is ahead of this machine's; zero where they agree.
    pub clock_ahead: SignedDuration,
    /// `/version`.
    pub version: Reading<ServerVersion>,
    /// `/readyz?verbose` of the instance that answered.
    pub readyz: Reading<Vec<SubCheck>>,
    /// `/livez?verbose` of the instance that answered.
    pub livez: Reading<Vec<SubCheck>>,
    /// How many objects each list held, or why it could not be read.
    pub lists: BTreeMap<Part, Reading<u64>>,
    /// kube-proxy's pods, where they had to be read apart from the others: tables do not tell their version.
    pub kube_proxies: Reading<()>,
    /// Whether a deadline that the user set cut something off.
    pub deadline_passed: bool,
}

impl Survey {
    /// How many objects a list held; `None` when it was not read.
    #[must_use]
    pub fn count(&self, part: Part) -> Option<u64> {
        self.lists.get(&part).and_then(|reading| reading.read().copied())
    }

    /// Whether a part was read.
    #[must_use]
    pub fn has(&self, part: Part) -> bool {
        match part {
            Part::Version => self.version.read().is_some(),
            Part::Readyz => self.readyz.read().is_some(),
            Part::Livez => self.livez.read().is_some(),
            _ => self.count(part).is_some(),
        }
    }
}

/// What to read, where, and as of when.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The cluster.
    pub client: &'a Client,
    /// The whole of it or one namespace.
    pub scope: &'a Scope,
    /// The time that ages are counted from, by this machine's clock.
    pub now: Timestamp,
    /// Which kinds are read as tables.
    pub tables: Tables,
}

/// When kinds that may have very many objects are read as tables. The report does not depend on it, only the work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tables {
    /// Where there are so many objects that it pays, in the way that pays.
    #[default]
    WhereTheyPay,
    /// Never.
    Never,
    /// Always, a table for each namespace.
    ByNamespace,
    /// Always, one table for all namespaces.
    Everywhere,
}

/// Reads every part that `fold` wants and that lies in the request's scope, and lets `fold` see each object.
///
/// One part that fails (forbidden, absent, broken) never ends the survey: it becomes its [`Reading`].
///
/// # Errors
/// The server could not be talked to at all: unreachable, not trusted, credentials refused, before anything was read. Or
/// the namespace that was asked about is not there.
pub async fn collect(request: Request<'_>, fold: &mut dyn Fold) -> Result<Survey, Error> {
    let Request { client, scope, now, .. } = request;
    let mut survey = Survey {
        target: client.target().clone(),
        scope: scope.clone(),
        now,
        version: Reading::NotAsked,
        readyz: Reading::NotAsked,
        livez: Reading::NotAsked,
        lists: BTreeMap::new(),
        kube_proxies: Reading::NotAsked,
        deadline_passed: false,
        clock_ahead: SignedDuration::ZERO,
    };
    let one_namespace = matches!(scope, Scope::Namespace(_));
    let wanted: Vec<Part> =
        Part::ALL.into_iter().filter(|part| fold.wants(*part) && !(one_namespace && part.cluster_scoped())).collect();
    let round = Round::new(request, fold);
    let mut large = Vec::new();
    let mut server_answered = false;
    let mut jobs: FuturesUnordered<Job<'_>> = wanted.into_iter().map(|part| round.read(part)).collect();
    while let Some((part, answer)) = jobs.next().await {
        match answer {
            // Nobody is there: the other parts would say the same, each after its retries.
            Err(error) if !server_answered && (error.is_hopeless() || error.is_users_deadline()) => return Err(error),
            Ok(Answer::Larger(length)) => large.push((part, length)),
            answer => survey.record(part, answer),
        }
        server_answered = true;
    }
    drop(jobs);
    if let Scope::Namespace(name) = scope
        && survey.found_nothing()
    {
        missing_namespace(client, name).await?;
    }
    // What is read as tables needs to know which nodes are ready.
    let nodes_known = survey.has(Part::Nodes);
    for (part, answer) in round.read_large(&large, nodes_known).await {
        survey.record(part, answer);
    }
    survey.kube_proxies = match round.kube_proxies() {
        None => Reading::NotAsked,
        Some(Ok(())) => Reading::Read(()),
        Some(Err(error)) => {
            survey.deadline_passed |= error.is_users_deadline();
            Reading::from_error(&error)
        }
    };
    survey.now = round.now();
    survey.clock_ahead = client.clock_ahead();
    Ok(survey)
}

/// A namespace that does not exist has no objects, and so nothing wrong: a name with a slip would be called healthy. Who
/// may not ask for the namespace itself is not told.
async fn missing_namespace(client: &Client, name: &str) -> Result<(), Error> {
    match client.get::<core::Namespace>(None, name).await {
        Err(error) if error.is_not_found() => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

impl Survey {
    /// Whether lists were read and not one of them had an object.
    fn found_nothing(&self) -> bool {
        !self.lists.is_empty() && self.lists.values().all(|list| list.read() == Some(&0))
    }

    fn record(&mut self, part: Part, answer: Result<Answer, Error>) {
        match answer {
            Ok(Answer::Version(version)) => self.version = Reading::Read(version),
            Ok(Answer::NotAVersion) => self.version = Reading::Failed(Message::new("part-version-unreadable")),
            Ok(Answer::NoChecks) => {
                let failed = Reading::Failed(Message::new("part-checks-unreadable"));
                if part == Part::Livez { self.livez = failed } else { self.readyz = failed }
            }
            Ok(Answer::Checks(checks)) if part == Part::Livez => self.livez = Reading::Read(checks),
            Ok(Answer::Checks(checks)) => self.readyz = Reading::Read(checks),
            Ok(Answer::Count(count) | Answer::Larger(count)) => {
                self.lists.insert(part, Reading::Read(count));
            }
            Err(error) => self.record_error(part, &error),
        }
    }

    fn record_error(&mut self, part: Part, error: &Error) {
        self.deadline_passed |= error.is_users_deadline();
        match part {
            Part::Version => self.version = Reading::from_error(error),
            Part::Readyz => self.readyz = Reading::from_error(error),
            Part::Livez => self.livez = Reading::from_error(error),
            _ => {
                self.lists.insert(part, Reading::from_error(error));
            }
        }
    }

    /// Why a part was not read; `None` when it was, or when nobody asked.
    #[must_use]
    pub fn unread(&self, part: Part) -> Option<Reading<()>> {
        match part {
            Part::Version => self.version.without_value(),
            Part::Readyz => self.readyz.without_value(),
            Part::Livez => self.livez.without_value(),
            _ => self.lists.get(&part).and_then(Reading::without_value),
        }
    }
}
