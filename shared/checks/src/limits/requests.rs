//! What a pod asks of its node, counted as the scheduler counts it.
//!
//! Source: `PodRequests` and `PodLimits` of k8s.io/component-helpers v0.36.3, `resource/helpers.go`. A test of the
//! plugin holds the sums against the verdict of a real scheduler.

use std::collections::BTreeMap;

use quicktour_survey::views::pod::{Container, ContainerStatus, Pod, ResourceRequirements};
use quicktour_survey::views::scalar::Quantity;

use super::amount::Amounts;

/// Which side of the resources is summed.
#[derive(Clone, Copy)]
enum Side {
    Requests,
    Limits,
}

impl Side {
    fn of(self, resources: Option<&ResourceRequirements>) -> Amounts {
        let Some(resources) = resources else { return Amounts::default() };
        Amounts::of(match self {
            Self::Requests => &resources.requests,
            Self::Limits => &resources.limits,
        })
    }
}

/// What a pod holds on its node: its containers and native sidecars together, or what an init container needs beside the
/// sidecars before it, whichever is more of each resource; the pod's own request in place of that where it has one; and
/// its overhead on top. While a container is being resized, the larger of what it has and what it is to get.
#[must_use]
pub fn requests(pod: &Pod) -> Amounts {
    let mut sum = containers(pod, Side::Requests);
    let own = pod.spec().resources.as_ref();
    let infeasible = resize_infeasible(pod);
    if let Some(own) = own {
        let mut asked = Amounts::of(&own.requests);
        if let Some(actual) = &pod.status().resources {
            let given = [&actual.requests, &pod.status().allocated_resources];
            asked = effective(&asked, &given, infeasible);
        }
        for name in own.requests.keys().filter(|name| of_pods(name)) {
            sum.set(name, asked.get(name));
        }
    }
    sum.add(&Amounts::of(&pod.spec().overhead));
    sum
}

/// What a pod may use at most, where something limits it; overhead counts where a limit is.
#[must_use]
pub fn limits(pod: &Pod) -> Amounts {
    let mut sum = containers(pod, Side::Limits);
    if let Some(own) = &pod.spec().resources {
        let own = Amounts::of(&own.limits);
        for (name, amount) in own.iter().filter(|(name, _)| of_pods(name)) {
            sum.set(name, amount);
        }
    }
    for (name, amount) in Amounts::of(&pod.spec().overhead).iter() {
        if sum.get(name) > 0 {
            sum.set(name, sum.get(name).saturating_add(amount));
        }
    }
    sum
}

fn containers(pod: &Pod, side: Side) -> Amounts {
    let (spec, status) = (pod.spec(), pod.status());
    let infeasible = resize_infeasible(pod);
    let needs = |container: &Container, statuses: &[ContainerStatus]| {
        let asked = side.of(container.resources.as_ref());
        let status = statuses.iter().find(|status| status.name == container.name);
        match status.and_then(|status| Some((status.resources.as_ref()?, &status.allocated_resources))) {
            None => asked,
            Some((actual, allocated)) => match side {
                Side::Requests => effective(&asked, &[&actual.requests, allocated], infeasible),
                Side::Limits => effective(&asked, &[&actual.limits], infeasible),
            },
        }
    };
    let mut sum = Amounts::default();
    for container in &spec.containers {
        sum.add(&needs(container, &status.container_statuses));
    }
    let (mut sidecars, mut starting) = (Amounts::default(), Amounts::default());
    for container in &spec.init_containers {
        if container.restart_policy.as_deref() == Some("Always") {
            let needed = needs(container, &status.init_container_statuses);
            sum.add(&needed);
            sidecars.add(&needed);
            starting.raise(&sidecars);
        } else {
            let mut needed = side.of(container.resources.as_ref());
            needed.add(&sidecars);
            starting.raise(&needed);
        }
    }
    sum.raise(&starting);
    sum
}

/// The larger of what is asked for and what there is; what can never be given does not count.
fn effective(asked: &Amounts, given: &[&BTreeMap<String, Quantity>], infeasible: bool) -> Amounts {
    let mut amounts = if infeasible { Amounts::default() } else { asked.clone() };
    for given in given {
        amounts.raise(&Amounts::of(given));
    }
    amounts
}

fn resize_infeasible(pod: &Pod) -> bool {
    let pending = pod.status().conditions.iter().find(|condition| condition.type_ == "PodResizePending");
    pending.is_some_and(|condition| condition.reason == "Infeasible")
}

/// Whether a resource can be asked for by a pod as a whole.
fn of_pods(resource: &str) -> bool {
    resource == "cpu" || resource == "memory" || resource.starts_with("hugepages-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(yaml: &str) -> Pod {
        serde_saphyr::from_str(yaml).unwrap()
    }

    fn cpu(amounts: &Amounts) -> i64 {
        amounts.get("cpu")
    }

    #[test]
    fn sidecars_stay_and_init_containers_pass() {
        // The table of KEP-753: init containers run one after the other beside the sidecars before them.
        let table = [
            ("containers: [{resources: {requests: {cpu: 200m}}}]", 200),
            (
                "containers: [{resources: {requests: {cpu: 200m}}}]\n\
                 initContainers: [{resources: {requests: {cpu: '1'}}}]",
                1000,
            ),
            (
                "containers: [{resources: {requests: {cpu: 200m}}}]\n\
                 initContainers: [{restartPolicy: Always, resources: {requests: {cpu: 300m}}}]",
                500,
            ),
            (
                "containers: [{resources: {requests: {cpu: 200m}}}]\n\
                 initContainers:\n\
                 - {restartPolicy: Always, resources: {requests: {cpu: 300m}}}\n\
                 - {resources: {requests: {cpu: 250m}}}",
                550,
            ),
            (
                "containers: [{resources: {requests: {cpu: 200m}}}]\n\
                 initContainers:\n\
                 - {resources: {requests: {cpu: 450m}}}\n\
                 - {restartPolicy: Always, resources: {requests: {cpu: 300m}}}",
                500,
            ),
            ("containers: [{resources: {requests: {cpu: 200m}}}]\noverhead: {cpu: 50m}", 250),
            (
                "containers: [{resources: {requests: {cpu: 200m}}}]\noverhead: {cpu: 50m}\n\
                 resources: {requests: {cpu: 700m}}",
                750,
            ),
        ];
        for (spec, expected) in table {
            let indented = spec.replace('\n', "\n  ");
            assert_eq!(cpu(&requests(&pod(&format!("spec:\n  {indented}")))), expected, "{spec}");
        }
    }

    #[test]
    fn while_a_container_is_resized_the_larger_side_counts() {
        let resized = |reason: &str, spec: &str| {
            pod(&format!(
                "spec: {{containers: [{{name: a, resources: {{requests: {{cpu: {spec}}}}}}}]}}\n\
                 status:\n  conditions: [{{type: PodResizePending, reason: {reason}}}]\n  containerStatuses:\n  \
                 - {{name: a, allocatedResources: {{cpu: 300m}}, resources: {{requests: {{cpu: 300m}}}}}}"
            ))
        };
        assert_eq!(cpu(&requests(&resized("Deferred", "500m"))), 500);
        assert_eq!(cpu(&requests(&resized("Deferred", "100m"))), 300);
        assert_eq!(cpu(&requests(&resized("Infeasible", "900m"))), 300);
    }

    #[test]
    fn overhead_is_added_to_a_limit_and_is_none_by_itself() {
        let limited = pod("spec: {containers: [{resources: {limits: {cpu: 1}}}], overhead: {cpu: 50m, memory: 1Mi}}");
        assert_eq!((cpu(&limits(&limited)), limits(&limited).get("memory")), (1050, 0));
    }
}
