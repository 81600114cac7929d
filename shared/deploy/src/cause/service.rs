//! Why a service leads nowhere although the pods behind it work.

use quicktour_client::views::View as _;
use quicktour_client::views::cluster::EndpointSlice;
use quicktour_client::views::core::Service;
use quicktour_client::views::pod::Pod;

use super::Cause;

/// Judges the service's endpoints; `ready` are the rollout's pods that are ready. `None` when traffic can arrive, when
/// there is no selector (somebody else fills in the endpoints), or when no pod is ready yet.
#[must_use]
pub fn endpoints<'a>(
    service: &Service,
    slices: impl IntoIterator<Item = &'a EndpointSlice>,
    ready: &[&Pod],
) -> Option<Cause> {
    let spec = service.spec();
    if spec.selector.is_empty() || spec.type_ == "ExternalName" || ready.is_empty() {
        return None;
    }
    let serves = slices.into_iter().flat_map(|slice| &slice.endpoints).any(|endpoint| {
        // Absent means ready.
        endpoint.conditions.as_ref().and_then(|conditions| conditions.ready) != Some(false)
    });
    let matches = ready.iter().any(|pod| {
        let labels = &pod.meta().labels;
        spec.selector.iter().all(|(key, value)| labels.get(key) == Some(value))
    });
    (!serves || !matches).then(|| Cause::NoEndpoints { service: service.meta().name.clone(), selector: !matches })
}

/// Whether a load balancer was asked for and has no address yet.
#[must_use]
pub fn load_balancer(service: &Service) -> Option<Cause> {
    let addresses = service.status().load_balancer.as_ref().map_or(0, |balancer| balancer.ingress.len());
    let pending = service.spec().type_ == "LoadBalancer" && addresses == 0;
    pending.then(|| Cause::LoadBalancerPending { service: service.meta().name.clone() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_service_without_endpoints_says_whether_its_selector_is_wrong() {
        let service = |selector: &str| -> Service {
            serde_json::from_value(json!({"metadata": {"name": "web"}, "spec": {"selector": {"app": selector}}}))
                .unwrap()
        };
        let slice = |ready: bool| -> EndpointSlice {
            serde_json::from_value(json!({"endpoints": [{"conditions": {"ready": ready}}]})).unwrap()
        };
        let pod: Pod = serde_json::from_value(json!({"metadata": {"labels": {"app": "web"}}})).unwrap();
        let judge = |selector, slices: &[EndpointSlice], pods: &[&Pod]| endpoints(&service(selector), slices, pods);
        let cause = |selector| Some(Cause::NoEndpoints { service: "web".into(), selector });
        assert_eq!(judge("web", &[slice(true)], &[&pod]), None);
        assert_eq!(judge("web", &[slice(false)], &[&pod]), cause(false));
        assert_eq!(judge("other", &[], &[&pod]), cause(true));
        assert_eq!(judge("other", &[], &[]), None);
    }

    #[test]
    fn a_load_balancer_pends_until_it_has_an_address() {
        let service = |status: serde_json::Value| -> Service {
            let spec = json!({"type": "LoadBalancer"});
            serde_json::from_value(json!({"metadata": {"name": "web"}, "spec": spec, "status": status})).unwrap()
        };
        assert!(load_balancer(&service(json!({"loadBalancer": {}}))).is_some());
        assert!(load_balancer(&service(json!({"loadBalancer": {"ingress": [{"ip": "198.18.9.9"}]}}))).is_none());
    }
}
