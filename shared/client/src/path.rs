//! Paths and queries of the Kubernetes API.

use std::fmt::Write as _;

use crate::error::Scope;
use crate::views::Resource;

/// Where a kind's objects are served: `/apis/apps/v1/namespaces/web/deployments`.
pub(crate) fn collection(resource: &Resource, scope: &Scope) -> String {
    let mut path = if resource.group.is_empty() { "/api/".to_owned() } else { format!("/apis/{}/", resource.group) };
    path.push_str(resource.version);
    if let (true, Scope::Namespace(namespace)) = (resource.namespaced, scope) {
        path.push_str("/namespaces/");
        path.push_str(&encode(namespace));
    }
    path.push('/');
    path.push_str(resource.plural);
    path
}

/// Appends parameters that have a value.
pub(crate) fn query(path: &str, parameters: &[(&str, Option<&str>)]) -> String {
    let mut whole = path.to_owned();
    let mut separator = '?';
    for (name, value) in parameters {
        if let Some(value) = value {
            whole.push(separator);
            whole.push_str(name);
            whole.push('=');
            whole.push_str(&encode(value));
            separator = '&';
        }
    }
    whole
}

/// Percent-encodes all but the characters that RFC 3986 calls unreserved: names and selectors may hold anything.
pub(crate) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::View;
    use crate::views::apps::Deployment;
    use crate::views::cluster::StorageClass;
    use crate::views::pod::Pod;

    #[test]
    fn collections_are_where_the_api_serves_them() {
        let web = Scope::Namespace("web".into());
        assert_eq!(collection(&Pod::RESOURCE, &Scope::Cluster), "/api/v1/pods");
        assert_eq!(collection(&Pod::RESOURCE, &web), "/api/v1/namespaces/web/pods");
        assert_eq!(collection(&Deployment::RESOURCE, &web), "/apis/apps/v1/namespaces/web/deployments");
        assert_eq!(collection(&StorageClass::RESOURCE, &Scope::Cluster), "/apis/storage.k8s.io/v1/storageclasses");
    }

    #[test]
    fn hostile_names_stay_one_segment() {
        let scope = Scope::Namespace("../x?y#z".into());
        assert_eq!(collection(&Pod::RESOURCE, &scope), "/api/v1/namespaces/..%2Fx%3Fy%23z/pods");
        assert_eq!(query("/p", &[("a", Some("b&c=d")), ("e", None), ("f", Some(""))]), "/p?a=b%26c%3Dd&f=");
    }
}
