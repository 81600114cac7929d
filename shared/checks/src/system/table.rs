//! The table of components (`components.yaml`): how each is recognised and what is known of it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// A component that the table knows.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// Stable across releases.
    pub id: String,
    /// The key of the words for what it is for.
    pub what: String,
    /// The key of the words for what breaks when it dies.
    pub dies: String,
    /// What it does for the cluster.
    pub role: String,
    /// Where it is usually found.
    pub from: String,
    /// The rule of the version skew policy for it.
    #[serde(default)]
    pub skew: Option<Skew>,
    /// Whether one replica, or all on one node, is a weakness that can be helped.
    #[serde(default)]
    pub spread: bool,
    /// Of a network: whether it enforces network policies.
    #[serde(default)]
    pub policies: Option<Enforces>,
    #[serde(rename = "match")]
    matches: Vec<Pattern>,
}

/// A rule of the version skew policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Skew {
    /// API servers: within one minor version of each other.
    Apiserver,
    /// Controllers and the scheduler: not newer, and at most one minor version older.
    Control,
    /// kube-proxy: not newer, and at most three minor versions older.
    Proxy,
}

/// Whether a network enforces network policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Enforces {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// It depends on its version or on how it is set up.
    Depends,
}

/// One way to recognise a component; all that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Pattern {
    namespaces: Vec<String>,
    names: Vec<String>,
    images: Vec<String>,
    labels: BTreeMap<String, String>,
}

/// What a workload is recognised by.
#[derive(Clone, Copy, Debug)]
pub struct Traits<'a> {
    /// Its namespace.
    pub namespace: &'a str,
    /// Its name; of a static pod without its node.
    pub name: &'a str,
    /// Its labels, or its pods'.
    pub labels: &'a BTreeMap<String, String>,
    /// The images of its containers.
    pub images: &'a [&'a str],
}

/// The whole table.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    namespaces: Vec<String>,
    components: Vec<Known>,
}

impl Table {
    /// The table that the project ships.
    #[must_use]
    pub fn shipped() -> &'static Self {
        static TABLE: LazyLock<Table> = LazyLock::new(|| {
            #[expect(clippy::expect_used, reason = "the file is part of the binary and a test reads it")]
            serde_saphyr::from_str(include_str!("../../components.yaml")).expect("components.yaml is well-formed")
        });
        &TABLE
    }

    /// All components, in the table's order.
    #[must_use]
    pub fn components(&self) -> &[Known] {
        &self.components
    }

    /// Whether a namespace holds parts of the system.
    #[must_use]
    pub fn is_system(&self, namespace: &str) -> bool {
        self.namespaces.iter().any(|pattern| fits(pattern, namespace))
    }

    /// The first component that a workload is; `None` when the table does not know it.
    #[must_use]
    pub fn recognise(&self, traits: &Traits<'_>) -> Option<&Known> {
        self.components.iter().find(|known| known.matches.iter().any(|pattern| pattern.holds(traits)))
    }
}

impl Known {
    /// Whether this is an image that the component is recognised by, or is called as it.
    pub(super) fn is_image(&self, image: &str) -> bool {
        let base = Image::parse(image).base;
        base == self.id || self.matches.iter().flat_map(|pattern| &pattern.images).any(|name| name == base)
    }
}

impl Pattern {
    fn holds(&self, traits: &Traits<'_>) -> bool {
        let any = |patterns: &[String], text: &str| patterns.is_empty() || patterns.iter().any(|it| fits(it, text));
        let image =
            || traits.images.iter().any(|image| self.images.iter().any(|name| Image::parse(image).base == name));
        any(&self.namespaces, traits.namespace)
            && any(&self.names, traits.name)
            && (self.images.is_empty() || image())
            && self.labels.iter().all(|(key, value)| traits.labels.get(key) == Some(value))
    }
}

/// Whether a text is as the pattern says; one `*` at its begin or end stands for anything.
fn fits(pattern: &str, text: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(end), _) => text.ends_with(end),
        (None, Some(begin)) => text.starts_with(begin),
        (None, None) => text == pattern,
    }
}

/// The parts of an image's name that matter here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Image<'a> {
    /// The last part of its path.
    pub base: &'a str,
    /// Its tag, where it has one.
    pub tag: Option<&'a str>,
}

impl<'a> Image<'a> {
    /// Reads `registry:5000/team/app:v1@sha256:...`.
    #[must_use]
    pub fn parse(image: &'a str) -> Self {
        let name = image.split_once('@').map_or(image, |(name, _)| name);
        let last = name.rsplit_once('/').map_or(name, |(_, last)| last);
        match last.split_once(':') {
            Some((base, tag)) => Self { base, tag: Some(tag) },
            None => Self { base: last, tag: None },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use quicktour_report::catalogue::Catalogue;

    use super::*;

    fn id(namespace: &str, name: &str, labels: &[(&str, &str)], images: &[&str]) -> Option<&'static str> {
        let labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let known = Table::shipped().recognise(&Traits { namespace, name, labels: &labels, images })?;
        Some(known.id.as_str())
    }

    #[test]
    fn every_component_has_words_and_an_id_of_its_own() {
        let words = Catalogue::english().keys();
        let mut ids = BTreeSet::new();
        for known in Table::shipped().components() {
            assert!(ids.insert(&known.id), "{} stands twice", known.id);
            assert_eq!(known.what, format!("component-{}", known.id));
            assert!(words.contains_key(known.what.as_str()) && words.contains_key(known.dies.as_str()), "{}", known.id);
            assert!(!known.matches.is_empty() && !known.from.is_empty(), "{}", known.id);
            for pattern in &known.matches {
                // A namespace alone, or an image's name that anybody might give, recognises nothing.
                assert!(
                    !(pattern.names.is_empty() && pattern.images.is_empty() && pattern.labels.is_empty()),
                    "{}",
                    known.id
                );
                for text in pattern.names.iter().chain(&pattern.namespaces) {
                    assert!(!text.trim_matches('*').contains('*') && text != "*", "{text}");
                }
            }
        }
        assert!(ids.len() >= 40, "{}", ids.len());
    }

    #[test]
    fn components_of_all_distributions_are_recognised() {
        for (namespace, name, labels, images, expected) in [
            (
                "kube-system",
                "kube-apiserver",
                &[("component", "kube-apiserver")][..],
                &["registry.k8s.io/kube-apiserver:v1.36.3"][..],
                "kube-apiserver",
            ),
            ("kube-system", "etcd", &[("component", "etcd")], &["registry.k8s.io/etcd:3.6.5-0"], "etcd"),
            (
                "kube-system",
                "aws-node",
                &[],
                &["602401143452.dkr.ecr.eu-west-1.amazonaws.com/amazon-k8s-cni:v1.19.0"],
                "aws-vpc-cni",
            ),
            (
                "kube-system",
                "kube-proxy",
                &[],
                &["602401143452.dkr.ecr.eu-west-1.amazonaws.com/eks/kube-proxy:v1.33.0-eksbuild.2"],
                "kube-proxy",
            ),
            ("kube-system", "anetd", &[], &["gke.gcr.io/cilium/cilium:v1.14"], "gke-dataplane"),
            ("kube-system", "csi-azuredisk-node", &[], &[], "azure-disk-csi"),
            ("openshift-etcd", "etcd", &[], &["quay.io/openshift-release-dev/ocp-v4.0-art-dev@sha256:00"], "etcd"),
            ("openshift-dns", "dns-default", &[], &[], "openshift-dns"),
            ("kube-system", "svclb-traefik-1a2b3c4d", &[], &["rancher/klipper-lb:v0.4.13"], "klipper-lb"),
            ("kube-system", "rke2-coredns-rke2-coredns", &[], &["rancher/hardened-coredns:v1.12.0"], "coredns"),
            ("kube-system", "kindnet", &[], &["docker.io/kindest/kindnetd:v20250512-df8de77b"], "kindnet"),
            (
                "kube-system",
                "storage-provisioner",
                &[],
                &["gcr.io/k8s-minikube/storage-provisioner:v5"],
                "minikube-storage",
            ),
            ("kube-flannel", "kube-flannel-ds", &[], &["ghcr.io/flannel-io/flannel:v0.27.0"], "flannel"),
            ("calico-system", "calico-node", &[], &["quay.io/calico/node:v3.30.0"], "calico-node"),
        ] {
            assert_eq!(id(namespace, name, labels, images), Some(expected), "{namespace}/{name}");
        }
    }

    #[test]
    fn what_only_looks_alike_is_unknown() {
        for (namespace, name, images) in [
            ("kube-system", "my-coredns-backup", &["registry.example/tools/backup:1"][..]),
            ("shop", "controller", &["registry.example/shop/controller:1"]),
            ("shop", "etcd", &["quay.io/coreos/etcd:v3.6.0"]),
            ("kube-system", "proxy", &["registry.example/my-kube-proxy:v1"]),
        ] {
            assert_eq!(id(namespace, name, &[], images), None, "{namespace}/{name}");
        }
    }

    #[test]
    fn namespaces_of_the_system_are_told_apart() {
        let table = Table::shipped();
        for (namespace, expected) in [
            ("kube-system", true),
            ("openshift-etcd", true),
            ("shop", false),
            ("default", false),
            ("my-kube-system", false),
        ] {
            assert_eq!(table.is_system(namespace), expected, "{namespace}");
        }
    }

    #[test]
    fn images_are_taken_apart() {
        for (image, base, tag) in [
            ("registry.k8s.io/coredns/coredns:v1.12.1", "coredns", Some("v1.12.1")),
            ("localhost:5000/kube-proxy", "kube-proxy", None),
            ("quay.io/a/b@sha256:0123", "b", None),
            ("a:1@sha256:0123", "a", Some("1")),
            ("", "", None),
        ] {
            assert_eq!(Image::parse(image), Image { base, tag }, "{image}");
        }
    }
}
