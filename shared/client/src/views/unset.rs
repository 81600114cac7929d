//! Times that were never set.
//!
//! Go writes a time that was never set as `null` in JSON and as an empty message in protobuf, which reads as the first
//! second of 1970. Here it becomes `None`, as it does from JSON; a real time of that second does not occur.

use super::scalar::Time;
use super::{apps, batch, cluster, core, node, object, pod, policy, system};

/// Has times somewhere in it.
pub trait Unset {
    /// Turns times that were never set into `None`.
    fn clear_unset(&mut self);

    /// Whether this itself is a time that was never set.
    fn is_unset(&self) -> bool {
        false
    }
}

impl Unset for Time {
    fn clear_unset(&mut self) {}

    fn is_unset(&self) -> bool {
        *self == Self::default()
    }
}

impl<T: Unset> Unset for Option<T> {
    fn clear_unset(&mut self) {
        match self {
            Some(value) if value.is_unset() => *self = None,
            Some(value) => value.clear_unset(),
            None => {}
        }
    }
}

impl<T: Unset> Unset for Vec<T> {
    fn clear_unset(&mut self) {
        self.iter_mut().for_each(Unset::clear_unset);
    }
}

/// Names, for each struct, the fields that are times or hold some.
macro_rules! unset {
    ($($ty:ty { $($field:ident),* })*) => {
        $(impl Unset for $ty {
            fn clear_unset(&mut self) {
                $(self.$field.clear_unset();)*
            }
        })*
    };
}

unset! {
    apps::Deployment { metadata, spec, status }
    apps::DeploymentSpec { template }
    apps::DeploymentStatus { conditions }
    apps::DeploymentCondition { last_update_time, last_transition_time }
    apps::ReplicaSet { metadata, spec, status }
    apps::ReplicaSetSpec { template }
    apps::ReplicaSetStatus { conditions }
    apps::StatefulSet { metadata, spec }
    apps::StatefulSetSpec { template }
    apps::DaemonSet { metadata, spec }
    apps::DaemonSetSpec { template }
    apps::ControllerRevision { metadata }
    batch::Job { metadata, status }
    batch::JobStatus { conditions, start_time, completion_time }
    batch::CronJob { metadata, status }
    batch::CronJobStatus { last_schedule_time, last_successful_time }
    cluster::CertificateSigningRequest { metadata, status }
    cluster::CertificateSigningRequestStatus { conditions }
    cluster::CertificateSigningRequestCondition { last_update_time }
    cluster::Lease { metadata, spec }
    cluster::LeaseSpec { renew_time, acquire_time }
    cluster::EndpointSlice { metadata }
    cluster::StorageClass { metadata }
    cluster::VolumeAttachment { metadata, status }
    cluster::VolumeAttachmentStatus { attach_error, detach_error }
    cluster::VolumeError { time }
    cluster::ValidatingWebhookConfiguration { metadata }
    cluster::MutatingWebhookConfiguration { metadata }
    cluster::APIService { metadata, status }
    cluster::APIServiceStatus { conditions }
    core::Namespace { metadata, status }
    core::NamespaceStatus { conditions }
    core::Service { metadata }
    core::PersistentVolumeClaim { metadata }
    core::ResourceQuota { metadata }
    core::Event { metadata, first_timestamp, last_timestamp, event_time, series }
    core::EventSeries { last_observed_time }
    node::Node { metadata, spec, status }
    node::NodeSpec { taints }
    node::Taint { time_added }
    node::NodeStatus { conditions }
    node::NodeCondition { last_heartbeat_time, last_transition_time }
    object::ObjectMeta { creation_timestamp, deletion_timestamp }
    object::Condition { last_transition_time }
    object::EarlyCondition { last_transition_time }
    pod::Pod { metadata, status }
    pod::PodStatus { conditions, start_time, container_statuses, init_container_statuses }
    pod::ContainerStatus { state, last_state }
    pod::ContainerState { running, terminated }
    pod::ContainerStateRunning { started_at }
    pod::ContainerStateTerminated { started_at, finished_at }
    pod::PodTemplateSpec { metadata }
    policy::HorizontalPodAutoscaler { metadata, status }
    policy::HorizontalPodAutoscalerStatus { conditions }
    policy::PodDisruptionBudget { metadata, status }
    policy::PodDisruptionBudgetStatus { conditions }
    system::SystemPod { metadata, status }
    system::TrustedService { metadata, status }
    system::ConfigMap { metadata }
    system::ServiceCIDR { metadata }
    system::CSIDriver { metadata }
    system::IngressClass { metadata }
    system::NetworkPolicy { metadata }
    system::PersistentVolume { metadata }
    system::CustomResourceDefinition { metadata }
    system::ClusterRoleBinding { metadata }
    system::Budget { metadata }
    system::AddressedSlice { metadata }
    system::TrustedValidating { metadata }
    system::TrustedMutating { metadata }
    system::SignedRequest { metadata }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads the views' own source: a time that is forgotten above would be believed to be in 1970.
    #[test]
    fn no_time_is_forgotten() {
        let table = include_str!("unset.rs");
        let mut times = 0;
        for source in [
            include_str!("apps.rs"),
            include_str!("batch.rs"),
            include_str!("cluster.rs"),
            include_str!("core.rs"),
            include_str!("node.rs"),
            include_str!("object.rs"),
            include_str!("pod.rs"),
            include_str!("policy.rs"),
            include_str!("system.rs"),
        ] {
            for body in source.split("pub struct ").skip(1) {
                let (name, body) = body.split_once(" {").unwrap();
                // A struct without fields has no line of its own for its end.
                let body = body.split_once("\n}").map_or("", |(fields, _)| fields);
                let fields = body.lines().filter_map(|line| line.trim().strip_suffix(": Option<Time>,"));
                for field in fields.filter_map(|field| field.strip_prefix("pub ")) {
                    times += 1;
                    let named = table.lines().any(|line| {
                        let entry =
                            line.split_once(&format!("::{name} {{ ")).and_then(|(_, rest)| rest.split_once(" }"));
                        entry.is_some_and(|(fields, _)| fields.split(", ").any(|known| known == field))
                    });
                    assert!(named, "`{field}` of `{name}` is not in the table");
                }
            }
        }
        assert!(times >= 25, "only {times} times were found: the views are written differently now");
    }

    #[test]
    fn an_unset_time_is_none_wherever_it_lies() {
        let mut event = core::Event {
            event_time: Some(Time::default()),
            last_timestamp: Some(Time { seconds: 7, nanos: 0 }),
            series: Some(core::EventSeries { count: 1, last_observed_time: Some(Time::default()) }),
            ..core::Event::default()
        };
        event.clear_unset();
        assert_eq!(event.event_time, None);
        assert_eq!(event.last_timestamp, Some(Time { seconds: 7, nanos: 0 }));
        assert_eq!(event.series.unwrap().last_observed_time, None);
    }
}
