//! How each part is asked for.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::pin::Pin;

use jiff::Timestamp;
use quicktour_client::views::{View as _, apps, batch, cluster, core, node, pod, policy};
use quicktour_client::{Error, ListOptions, Scope, Size};

use crate::collect::{Fold, Object, Request, Tables};
use crate::endpoints::{ServerVersion, SubCheck, sub_checks};
use crate::large::{self, Reader, Tabled};
use crate::part::Part;

/// What a part's request brought.
pub(crate) enum Answer {
    Version(ServerVersion),
    /// Something other than an API server answers there.
    NotAVersion,
    Checks(Vec<SubCheck>),
    /// Something other than the checks: a proxy's error page, a server that is overloaded.
    NoChecks,
    Count(u64),
    /// So many objects that another way is taken; none has been seen.
    Larger(u64),
}

impl Answer {
    /// A failing endpoint names the check that fails; an answer that names none tells nothing of the server's health.
    fn of_checks(status: u16, body: &str) -> Self {
        let checks = sub_checks(body);
        let told = !checks.is_empty() && (status == 200 || checks.iter().any(|check| !check.ok));
        if told { Self::Checks(checks) } else { Self::NoChecks }
    }
}

pub(crate) type Job<'a> = Pin<Box<dyn Future<Output = (Part, Result<Answer, Error>)> + 'a>>;

/// One survey under way.
pub(crate) struct Round<'a, 'f> {
    request: Request<'a>,
    fold: RefCell<&'f mut dyn Fold>,
    /// Nodes that are not ready.
    unready: RefCell<BTreeSet<String>>,
    /// What came of reading kube-proxy's pods beside tables.
    kube_proxies: RefCell<Option<Result<(), Error>>>,
}

impl<'a, 'f> Round<'a, 'f> {
    pub(crate) fn new(request: Request<'a>, fold: &'f mut dyn Fold) -> Self {
        Self { request, fold: RefCell::new(fold), unready: RefCell::default(), kube_proxies: RefCell::default() }
    }

    /// The time by the server's clock, which the objects' times are of. An object is seen after its answer has begun, so
    /// the server has told its time by then.
    pub(crate) fn now(&self) -> Timestamp {
        self.request.now + self.request.client.clock_ahead()
    }

    fn see(&self, object: Object<'_>) {
        if let Object::Node(node) = object {
            let ready = node.status().conditions.iter().find(|condition| condition.type_ == "Ready");
            if ready.is_none_or(|ready| ready.status != "True") {
                self.unready.borrow_mut().insert(node.meta().name.clone());
            }
        }
        self.fold.borrow_mut().see(object, self.now());
    }

    /// Reads one part.
    pub(crate) fn read(&self, part: Part) -> Job<'_> {
        macro_rules! list {
            ($kind:ty, $object:ident) => {
                list!($kind, $object, u64::MAX)
            };
            ($kind:ty, $object:ident, $at_most:expr) => {
                Box::pin(async move {
                    let mut each = |object: $kind| self.see(Object::$object(&object));
                    (part, self.list(part, $at_most, &mut each).await)
                })
            };
        }
        match part {
            Part::Version => Box::pin(async move { (part, self.version().await) }),
            Part::Readyz | Part::Livez => Box::pin(async move {
                let raw = self.request.client.raw(part.path().unwrap_or_default()).await;
                (part, raw.map(|raw| Answer::of_checks(raw.status, &raw.body)))
            }),
            Part::Pods => list!(pod::Pod, Pod, pod::Pod::MANY),
            Part::Events => list!(core::Event, Event),
            Part::ReplicaSets => list!(apps::ReplicaSet, ReplicaSet, apps::ReplicaSet::MANY),
            Part::Nodes => list!(node::Node, Node),
            Part::EndpointSlices => list!(cluster::EndpointSlice, EndpointSlice),
            Part::Deployments => list!(apps::Deployment, Deployment, apps::Deployment::MANY),
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

    async fn list<T: quicktour_client::views::View>(
        &self,
        part: Part,
        at_most: u64,
        each: &mut dyn FnMut(T),
    ) -> Result<Answer, Error> {
        let (scope, at_most) = match part.fixed_namespace() {
            Some(namespace) => (Scope::Namespace(namespace.to_owned()), u64::MAX),
            None if !T::RESOURCE.namespaced => (Scope::Cluster, u64::MAX),
            None => match self.request.scope {
                Scope::Cluster => match self.request.tables {
                    Tables::WhereTheyPay => (Scope::Cluster, at_most),
                    Tables::ByNamespace if at_most < u64::MAX => return Ok(Answer::Larger(u64::MAX)),
                    Tables::Everywhere if at_most < u64::MAX => return Ok(Answer::Larger(0)),
                    _ => (Scope::Cluster, u64::MAX),
                },
                // One namespace is read as it is.
                scope @ Scope::Namespace(_) => (scope.clone(), u64::MAX),
            },
        };
        let mut options = ListOptions::default();
        if part == Part::Events {
            // Normal events say what went well.
            options.field_selector = Some("type=Warning".to_owned());
        }
        Ok(match self.request.client.list_at_most::<T>(&scope, &options, at_most, each).await? {
            Size::Whole(listed) => Answer::Count(listed.count),
            Size::Larger(length) => Answer::Larger(length),
        })
    }

    async fn version(&self) -> Result<Answer, Error> {
        let raw = self.request.client.raw(Part::Version.path().unwrap_or_default()).await?;
        Ok(serde_json::from_str(&raw.body).map_or(Answer::NotAVersion, Answer::Version))
    }

    /// Reads the parts that turned out to be large: as tables where it is known which nodes are ready and which
    /// namespaces there are, else object by object.
    pub(crate) async fn read_large(
        &self,
        parts: &[(Part, u64)],
        nodes_known: bool,
    ) -> Vec<(Part, Result<Answer, Error>)> {
        if parts.is_empty() {
            return Vec::new();
        }
        let namespaces = if nodes_known { large::namespaces(self.request.client).await.ok() } else { None };
        let unready = self.unready.take();
        let reader =
            namespaces.as_ref().map(|namespaces| Reader { client: self.request.client, namespaces, unready: &unready });
        let mut answers = Vec::new();
        for (part, length) in parts {
            let answer = match part {
                Part::Pods => self.tabled::<pod::Pod>(*part, *length, reader.as_ref()).await,
                Part::Deployments => self.tabled::<apps::Deployment>(*part, *length, reader.as_ref()).await,
                Part::ReplicaSets => self.tabled::<apps::ReplicaSet>(*part, *length, reader.as_ref()).await,
                // No other kind is asked for with a limit.
                _ => continue,
            };
            answers.push((*part, answer));
        }
        answers
    }

    async fn tabled<T: Tabled>(&self, part: Part, length: u64, reader: Option<&Reader<'_>>) -> Result<Answer, Error> {
        let see = |object: Object<'_>| self.see(object);
        let Some(reader) = reader else {
            let mut each = |object: T| self.see(T::suspect(&object, false));
            return self.list(part, u64::MAX, &mut each).await;
        };
        let count = reader.read::<T>(length, &see).await?;
        if part == Part::Pods {
            // The pods have been read, whatever comes of this.
            *self.kube_proxies.borrow_mut() = Some(large::kube_proxies(self.request.client, &see).await);
        }
        Ok(Answer::Count(count))
    }

    /// What came of reading kube-proxy's pods, if that had to be done apart from the others.
    pub(crate) fn kube_proxies(&self) -> Option<Result<(), Error>> {
        self.kube_proxies.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_that_names_checks_speaks_of_health() {
        let told = |status, body| matches!(Answer::of_checks(status, body), Answer::Checks(_));
        assert!(told(200, "[+]ping ok\nreadyz check passed\n"));
        assert!(told(500, "[+]ping ok\n[-]etcd failed: reason withheld\n"));
        assert!(!told(503, "<html>no upstream</html>"));
        assert!(!told(500, "[+]ping ok\n"));
        assert!(!told(200, "ok"));
    }
}
