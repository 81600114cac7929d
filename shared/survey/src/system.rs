//! What a cluster is made of: the workloads of its system namespaces, its nodes, what its API servers say of themselves,
//! and the few lists that tell which features it uses.
//!
//! Every object is handed to a [`SystemFold`] and is gone; what could not be read becomes a [`Reading`].

use std::cell::RefCell;
use std::collections::BTreeMap;

use futures::stream::{FuturesUnordered, StreamExt as _};
use quicktour_client::views::{Resource, View, apps, cluster, core, node, system};
use quicktour_client::{Client, Error, ListOptions, Scope};
use quicktour_report::message::Message;
use serde::Deserialize;

use crate::counts::{Late, count, server_version};
use crate::endpoints::{ServerVersion, SubCheck, sub_checks};
use crate::exposition::{Sample, scrape};
use crate::part::Part;
use crate::reading::Reading;

/// Sees every object once, in no particular order, and keeps what it needs of it.
pub trait SystemFold {
    /// Whether a namespace holds parts of the system.
    fn is_system(&self, namespace: &str) -> bool;

    /// One object.
    fn see(&mut self, object: SystemObject<'_>);

    /// One metric of the API server that answered.
    fn measure(&mut self, sample: &Sample<'_>);
}

/// An object of what is read.
#[allow(missing_docs, reason = "each variant holds an object of the kind of its name")]
#[derive(Clone, Copy, Debug)]
pub enum SystemObject<'a> {
    Pod(&'a system::SystemPod),
    Deployment(&'a apps::Deployment),
    DaemonSet(&'a apps::DaemonSet),
    StatefulSet(&'a apps::StatefulSet),
    /// A stateful set of any namespace, for its update strategy.
    AnyStatefulSet(&'a apps::StatefulSet),
    /// A daemon set of any namespace, for its update strategy.
    AnyDaemonSet(&'a apps::DaemonSet),
    Budget(&'a system::Budget),
    Node(&'a node::Node),
    Lease(&'a cluster::Lease),
    /// A slice of the `kubernetes` service.
    ApiServers(&'a system::AddressedSlice),
    /// kube-proxy's configuration.
    ProxyConfig(&'a system::ConfigMap),
    /// The service of the cluster's names.
    DnsService(&'a core::Service),
    ServiceRange(&'a system::ServiceCIDR),
    StorageClass(&'a cluster::StorageClass),
    StorageDriver(&'a system::CSIDriver),
    IngressClass(&'a system::IngressClass),
    NetworkPolicy(&'a system::NetworkPolicy),
    Volume(&'a system::PersistentVolume),
    CustomKind(&'a system::CustomResourceDefinition),
    ApiService(&'a system::TrustedService),
    Validating(&'a system::TrustedValidating),
    Mutating(&'a system::TrustedMutating),
    SigningRequest(&'a system::SignedRequest),
    /// The binding `system:node`.
    NodeBinding(&'a system::ClusterRoleBinding),
}

/// What was asked for: a kind in a namespace, in all of them, or of the cluster's scope; or a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    /// A list, or the one object that is read of a kind.
    Kind(Resource, Option<String>),
    /// A path of the API server.
    Path(&'static str),
}

impl Asked {
    /// In words, as under *not checked*.
    #[must_use]
    pub fn what(&self) -> Message {
        match self {
            Self::Kind(resource, None) => Message::new("part-list").arg("resource", resource.qualified()),
            Self::Kind(resource, Some(namespace)) => {
                Message::new("part-list-in").arg("resource", resource.qualified()).arg("namespace", namespace)
            }
            Self::Path(path) => Message::new("part-endpoint").arg("path", *path),
        }
    }
}

/// What came of reading; the objects went to the fold.
#[derive(Clone, Debug)]
pub struct SystemSurvey {
    /// The whole cluster or one namespace.
    pub scope: Scope,
    /// `/version`.
    pub version: Reading<ServerVersion>,
    /// `/readyz?verbose`.
    pub readyz: Reading<Vec<SubCheck>>,
    /// `/livez?verbose`.
    pub livez: Reading<Vec<SubCheck>>,
    /// `/flagz`: the API server's flags.
    pub flags: Reading<BTreeMap<String, String>>,
    /// `/metrics`; the samples went to the fold.
    pub metrics: Reading<()>,
    /// How many objects each list held, or why it could not be read.
    pub lists: BTreeMap<Asked, Reading<u64>>,
    /// How many policies of admission there are of each kind, or whether there is such a kind at all.
    pub policies: BTreeMap<Resource, Reading<u64>>,
}

impl SystemSurvey {
    /// How many objects a list held; `None` where it was not read.
    #[must_use]
    pub fn count(&self, resource: Resource) -> Option<u64> {
        self.lists.get(&Asked::Kind(resource, None)).and_then(|reading| reading.read().copied())
    }
}

/// The service and its names' namespace.
const DEFAULT: &str = "default";
/// Where a cluster's own parts live.
const KUBE_SYSTEM: &str = "kube-system";
/// The JSON form; the text form changes its separators on purpose. Served from 1.36 on.
const FLAGZ_FORMAT: &str = "application/json;v=v1beta1;g=config.k8s.io;as=Flagz";
/// Policies of admission, which are only counted.
pub const POLICIES: [Resource; 2] = [
    Resource {
        group: "admissionregistration.k8s.io",
        version: "v1",
        kind: "ValidatingAdmissionPolicy",
        plural: "validatingadmissionpolicies",
        namespaced: false,
    },
    Resource {
        group: "admissionregistration.k8s.io",
        version: "v1",
        kind: "MutatingAdmissionPolicy",
        plural: "mutatingadmissionpolicies",
        namespaced: false,
    },
];

/// Reads what a cluster is made of. In one namespace only its workloads are read, and nothing of the cluster's scope.
///
/// # Errors
/// The server could not be talked to at all.
pub async fn system(
    client: &Client,
    scope: &Scope,
    late: &Late,
    fold: &mut dyn SystemFold,
) -> Result<SystemSurvey, Error> {
    let mut survey = SystemSurvey {
        scope: scope.clone(),
        version: server_version(client, late).await?,
        readyz: Reading::NotAsked,
        livez: Reading::NotAsked,
        flags: Reading::NotAsked,
        metrics: Reading::NotAsked,
        lists: BTreeMap::new(),
        policies: BTreeMap::new(),
    };
    let reader = Reader { client, late, fold: RefCell::new(fold) };
    let namespaces = match scope {
        Scope::Namespace(namespace) => vec![namespace.clone()],
        Scope::Cluster => reader.namespaces(&mut survey.lists).await,
    };
    let mut jobs: FuturesUnordered<Job<'_>> = namespaces.into_iter().flat_map(|name| reader.workloads(name)).collect();
    if matches!(scope, Scope::Cluster) {
        jobs.extend(reader.cluster());
    }
    let lists = async {
        let mut lists = Vec::new();
        while let Some(answer) = jobs.next().await {
            lists.push(answer);
        }
        lists
    };
    if matches!(scope, Scope::Namespace(_)) {
        survey.lists.extend(lists.await);
        return Ok(survey);
    }
    let mut measure = |sample: Sample<'_>| {
        reader.fold.borrow_mut().measure(&sample);
        true
    };
    let metrics = scrape(client, "/metrics", late, &mut measure);
    let checks = |path| reader.checks(path);
    let policies = count(client, scope, &POLICIES, late);
    let (lists, readyz, livez, flags, metrics, policies) =
        futures::join!(lists, checks(Part::Readyz), checks(Part::Livez), reader.flags(), metrics, policies);
    survey.lists.extend(lists);
    (survey.readyz, survey.livez, survey.flags) = (readyz, livez, flags);
    (survey.metrics, survey.policies) = (metrics?, policies?);
    Ok(survey)
}

type Job<'a> = std::pin::Pin<Box<dyn Future<Output = (Asked, Reading<u64>)> + 'a>>;

struct Reader<'a, 'f> {
    client: &'a Client,
    late: &'a Late,
    fold: RefCell<&'f mut dyn SystemFold>,
}

/// A job that lists a kind and shows each object as a variant of [`SystemObject`].
macro_rules! list {
    ($self:ident, $kind:ty, $object:ident, $scope:expr, $options:expr) => {{
        let scope: Scope = $scope;
        let named = scope.namespace().map(str::to_owned);
        let job: Job<'_> = Box::pin(async move {
            let mut each = |object: $kind| $self.see(SystemObject::$object(&object));
            let answer = $self.client.list::<$kind>(&scope, &$options, &mut each).await;
            let reading = match answer {
                Ok(listed) => Reading::Read(listed.count),
                Err(error) => $self.late.reading(&error),
            };
            (Asked::Kind(<$kind>::RESOURCE, named), reading)
        });
        job
    }};
}

impl Reader<'_, '_> {
    fn see(&self, object: SystemObject<'_>) {
        self.fold.borrow_mut().see(object);
    }

    /// The namespaces of the system, by their names; where these may not be listed, the one that every cluster has.
    async fn namespaces(&self, lists: &mut BTreeMap<Asked, Reading<u64>>) -> Vec<String> {
        let options = ListOptions { metadata_only: true, ..ListOptions::default() };
        let mut found = Vec::new();
        let mut each = |namespace: core::Namespace| {
            let name = &namespace.meta().name;
            if self.fold.borrow().is_system(name) {
                found.push(name.clone());
            }
        };
        let reading = match self.client.list(&Scope::Cluster, &options, &mut each).await {
            Ok(listed) => Reading::Read(listed.count),
            Err(error) => {
                found = vec![KUBE_SYSTEM.to_owned()];
                self.late.reading(&error)
            }
        };
        lists.insert(Asked::Kind(core::Namespace::RESOURCE, None), reading);
        found
    }

    /// What runs in a namespace.
    fn workloads(&self, namespace: String) -> Vec<Job<'_>> {
        let scope = Scope::Namespace(namespace);
        let options = ListOptions::default;
        vec![
            list!(self, system::SystemPod, Pod, scope.clone(), options()),
            list!(self, apps::Deployment, Deployment, scope.clone(), options()),
            list!(self, apps::DaemonSet, DaemonSet, scope.clone(), options()),
            list!(self, apps::StatefulSet, StatefulSet, scope.clone(), options()),
            list!(self, system::Budget, Budget, scope, options()),
        ]
    }

    /// What belongs to the cluster, and what is read of all namespaces.
    fn cluster(&self) -> Vec<Job<'_>> {
        let all = || Scope::Cluster;
        let within = |namespace: &str| Scope::Namespace(namespace.to_owned());
        let options = ListOptions::default;
        let labelled =
            |selector: &str| ListOptions { label_selector: Some(selector.to_owned()), ..ListOptions::default() };
        vec![
            list!(self, node::Node, Node, all(), options()),
            list!(self, cluster::Lease, Lease, within(KUBE_SYSTEM), options()),
            list!(
                self,
                system::AddressedSlice,
                ApiServers,
                within(DEFAULT),
                labelled("kubernetes.io/service-name=kubernetes")
            ),
            list!(self, core::Service, DnsService, within(KUBE_SYSTEM), labelled("k8s-app=kube-dns")),
            self.one::<system::ConfigMap>(Some(KUBE_SYSTEM), "kube-proxy", |it| SystemObject::ProxyConfig(it)),
            self.one::<system::ClusterRoleBinding>(None, "system:node", |it| SystemObject::NodeBinding(it)),
            list!(self, apps::StatefulSet, AnyStatefulSet, all(), options()),
            list!(self, apps::DaemonSet, AnyDaemonSet, all(), options()),
            list!(self, system::ServiceCIDR, ServiceRange, all(), options()),
            list!(self, cluster::StorageClass, StorageClass, all(), options()),
            list!(self, system::CSIDriver, StorageDriver, all(), options()),
            list!(self, system::IngressClass, IngressClass, all(), options()),
            list!(self, system::NetworkPolicy, NetworkPolicy, all(), options()),
            list!(self, system::PersistentVolume, Volume, all(), options()),
            list!(self, system::CustomResourceDefinition, CustomKind, all(), options()),
            list!(self, system::TrustedService, ApiService, all(), options()),
            list!(self, system::TrustedValidating, Validating, all(), options()),
            list!(self, system::TrustedMutating, Mutating, all(), options()),
            list!(self, system::SignedRequest, SigningRequest, all(), options()),
        ]
    }

    /// One object by its name. That there is none is an answer: no object.
    fn one<'a, T: View>(
        &'a self,
        namespace: Option<&'static str>,
        name: &'static str,
        as_object: for<'o> fn(&'o T) -> SystemObject<'o>,
    ) -> Job<'a> {
        Box::pin(async move {
            let reading = match self.client.get::<T>(namespace, name).await {
                Ok(object) => {
                    self.see(as_object(&object));
                    Reading::Read(1)
                }
                Err(error) if error.is_not_found() => Reading::Read(0),
                Err(error) => self.late.reading(&error),
            };
            (Asked::Kind(T::RESOURCE, namespace.map(str::to_owned)), reading)
        })
    }

    async fn checks(&self, part: Part) -> Reading<Vec<SubCheck>> {
        match self.client.raw(part.path().unwrap_or_default()).await {
            Ok(raw) => {
                let checks = sub_checks(&raw.body);
                let told = !checks.is_empty() && (raw.status == 200 || checks.iter().any(|check| !check.ok));
                if told { Reading::Read(checks) } else { Reading::Failed(Message::new("part-checks-unreadable")) }
            }
            Err(error) => self.late.reading(&error),
        }
    }

    async fn flags(&self) -> Reading<BTreeMap<String, String>> {
        #[derive(Deserialize)]
        struct Flagz {
            flags: BTreeMap<String, String>,
        }
        match self.client.raw_as("/flagz", FLAGZ_FORMAT).await {
            // A server that knows no such form (before 1.36) says 406.
            Ok(raw) if raw.status == 406 => Reading::Absent,
            Ok(raw) => match serde_json::from_str::<Flagz>(&raw.body) {
                Ok(flagz) => Reading::Read(flagz.flags),
                Err(_) => Reading::Failed(Message::new("part-flags-unreadable")),
            },
            Err(error) => self.late.reading(&error),
        }
    }
}
