//! Reads the wanted parts of a live cluster, several at a time, and folds what arrives.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use jiff::Timestamp;
use quicktour_client::views::{View, apps, batch, cluster, core, node, pod, policy};
use quicktour_client::{Client, Error, ListOptions, Scope, Target};
use quicktour_report::message::Message;

use crate::endpoints::{ServerVersion, SubCheck, sub_checks};
use crate::part::Part;
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

/// An object of any part.
#[expect(missing_docs, reason = "each variant holds an object of the part of its name")]
#[derive(Clone, Copy, Debug)]
pub enum Object<'a> {
    Pod(&'a pod::Pod),
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
    /// The time that ages are counted from.
    pub now: Timestamp,
    /// `/version`.
    pub version: Reading<ServerVersion>,
    /// `/readyz?verbose` of the instance that answered.
    pub readyz: Reading<Vec<SubCheck>>,
    /// `/livez?verbose` of the instance that answered.
    pub livez: Reading<Vec<SubCheck>>,
    /// How many objects each list held, or why it could not be read.
    pub lists: BTreeMap<Part, Reading<u64>>,
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

/// What a part's request brought.
enum Answer {
    Version(ServerVersion),
    /// Something other than an API server answers there.
    NotAVersion,
    Checks(Vec<SubCheck>),
    Count(u64),
}

type Job<'a> = Pin<Box<dyn Future<Output = (Part, Result<Answer, Error>)> + 'a>>;

/// Reads every part that `fold` wants and that lies in `scope`, and lets `fold` see each object.
///
/// One part that fails (forbidden, absent, broken) never ends the survey: it becomes its [`Reading`].
///
/// # Errors
/// The server could not be talked to at all: unreachable, not trusted, credentials refused, before anything was read.
pub async fn collect(client: &Client, scope: &Scope, now: Timestamp, fold: &mut dyn Fold) -> Result<Survey, Error> {
    let mut survey = Survey {
        target: client.target().clone(),
        scope: scope.clone(),
        now,
        version: Reading::NotAsked,
        readyz: Reading::NotAsked,
        livez: Reading::NotAsked,
        lists: BTreeMap::new(),
        deadline_passed: false,
    };
    let one_namespace = matches!(scope, Scope::Namespace(_));
    let wanted: Vec<Part> =
        Part::ALL.into_iter().filter(|part| fold.wants(*part) && !(one_namespace && part.cluster_scoped())).collect();
    let cell = RefCell::new(fold);
    let fold = &cell;
    let mut jobs: FuturesUnordered<Job<'_>> =
        wanted.into_iter().map(|part| read_part(client, scope, part, fold, now)).collect();
    let mut server_answered = false;
    while let Some((part, answer)) = jobs.next().await {
        match answer {
            // Nobody is there: the other parts would say the same, each after its retries.
            Err(error) if !server_answered && (error.is_hopeless() || error.is_users_deadline()) => return Err(error),
            answer => {
                server_answered = true;
                survey.record(part, answer);
            }
        }
    }
    drop(jobs);
    Ok(survey)
}

impl Survey {
    fn record(&mut self, part: Part, answer: Result<Answer, Error>) {
        match answer {
            Ok(Answer::Version(version)) => self.version = Reading::Read(version),
            Ok(Answer::NotAVersion) => self.version = Reading::Failed(Message::new("part-version-unreadable")),
            Ok(Answer::Checks(checks)) if part == Part::Livez => self.livez = Reading::Read(checks),
            Ok(Answer::Checks(checks)) => self.readyz = Reading::Read(checks),
            Ok(Answer::Count(count)) => {
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

fn read_part<'a, 'f: 'a>(
    client: &'a Client,
    scope: &'a Scope,
    part: Part,
    fold: &'a RefCell<&'f mut dyn Fold>,
    now: Timestamp,
) -> Job<'a> {
    macro_rules! list {
        ($kind:ty, $object:ident) => {
            Box::pin(list_part::<$kind>(client, scope, part, move |object: &$kind| {
                fold.borrow_mut().see(Object::$object(object), now);
            }))
        };
    }
    match part {
        Part::Version => Box::pin(async move { (part, read_version(client).await) }),
        Part::Readyz | Part::Livez => Box::pin(async move {
            let raw = client.raw(part.path().unwrap_or_default()).await;
            (part, raw.map(|raw| Answer::Checks(sub_checks(&raw.body))))
        }),
        Part::Pods => list!(pod::Pod, Pod),
        Part::Events => list!(core::Event, Event),
        Part::ReplicaSets => list!(apps::ReplicaSet, ReplicaSet),
        Part::Nodes => list!(node::Node, Node),
        Part::EndpointSlices => list!(cluster::EndpointSlice, EndpointSlice),
        Part::Deployments => list!(apps::Deployment, Deployment),
        Part::Services => list!(core::Service, Service),
        Part::Jobs => list!(batch::Job, Job),
        Part::StatefulSets => list!(apps::StatefulSet, StatefulSet),
        Part::DaemonSets => list!(apps::DaemonSet, DaemonSet),
        Part::CronJobs => list!(batch::CronJob, CronJob),
        Part::NodeLeases => list!(cluster::Lease, NodeLease),
        Part::SystemLeases => list!(cluster::Lease, SystemLease),
        Part::Claims => list!(core::PersistentVolumeClaim, Claim),
        Part::StorageClasses => list!(cluster::StorageClass, StorageClass),
        Part::VolumeAttachments => list!(cluster::VolumeAttachment, VolumeAttachment),
        Part::Autoscalers => list!(policy::HorizontalPodAutoscaler, Autoscaler),
        Part::DisruptionBudgets => list!(policy::PodDisruptionBudget, DisruptionBudget),
        Part::Quotas => list!(core::ResourceQuota, Quota),
        Part::Namespaces => list!(core::Namespace, Namespace),
        Part::SigningRequests => list!(cluster::CertificateSigningRequest, SigningRequest),
        Part::ApiServices => list!(cluster::APIService, ApiService),
        Part::ValidatingWebhooks => list!(cluster::ValidatingWebhookConfiguration, ValidatingWebhook),
        Part::MutatingWebhooks => list!(cluster::MutatingWebhookConfiguration, MutatingWebhook),
    }
}

async fn list_part<T: View>(
    client: &Client,
    scope: &Scope,
    part: Part,
    mut see: impl FnMut(&T),
) -> (Part, Result<Answer, Error>) {
    let scope = match part.fixed_namespace() {
        Some(namespace) => Scope::Namespace(namespace.to_owned()),
        None if T::RESOURCE.namespaced => scope.clone(),
        None => Scope::Cluster,
    };
    let mut options = ListOptions::default();
    if part == Part::Events {
        // Normal events say what went well.
        options.field_selector = Some("type=Warning".to_owned());
    }
    let listed = client.list::<T>(&scope, &options, &mut |object| see(&object)).await;
    (part, listed.map(|listed| Answer::Count(listed.count)))
}

async fn read_version(client: &Client) -> Result<Answer, Error> {
    let raw = client.raw(Part::Version.path().unwrap_or_default()).await?;
    Ok(serde_json::from_str(&raw.body).map_or(Answer::NotAVersion, Answer::Version))
}
