//! Users who may do exactly what a test allows, made with real RBAC objects.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::kubeconfig::{self, Credentials};
use super::kubectl::unique;
use super::{Cluster, pki};
use crate::wait::wait_for;

const API: &str = "rbac.authorization.k8s.io";

/// Whom to make, and what they may do; a user without rules may do what every authenticated user may.
#[derive(Debug, Clone, Default)]
pub struct User {
    name: String,
    grants: Vec<Grant>,
}

/// One role and its binding. In a namespace, or (`None`) in the whole cluster.
#[derive(Debug, Clone)]
struct Grant {
    namespace: Option<String>,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    Rules(Value),
    ClusterRole(String),
}

/// A user that exists.
#[derive(Debug, Clone)]
pub struct Access {
    /// Their kubeconfig.
    pub kubeconfig: PathBuf,
    /// Their full name, as RBAC messages and the audit log show it.
    pub user: String,
}

impl User {
    /// A user whose name starts with `name`; the rest makes it unique.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// Allows `verbs` on `resources` of the API `groups` (`""` is the core) in the whole cluster.
    #[must_use]
    pub fn may(self, verbs: &[&str], groups: &[&str], resources: &[&str]) -> Self {
        self.grant(None, What::Rules(json!([{"verbs": verbs, "apiGroups": groups, "resources": resources}])))
    }

    /// Allows `verbs` on `resources` of the API `groups` in one namespace.
    #[must_use]
    pub fn may_in(self, namespace: &str, verbs: &[&str], groups: &[&str], resources: &[&str]) -> Self {
        let rules = json!([{"verbs": verbs, "apiGroups": groups, "resources": resources}]);
        self.grant(Some(namespace), What::Rules(rules))
    }

    /// Allows GET of paths such as `/readyz` or `/metrics`.
    #[must_use]
    pub fn may_get_paths(self, paths: &[&str]) -> Self {
        self.grant(None, What::Rules(json!([{"verbs": ["get"], "nonResourceURLs": paths}])))
    }

    /// Binds a cluster role that exists, such as `view`, in the whole cluster.
    #[must_use]
    pub fn with_role(self, cluster_role: &str) -> Self {
        self.grant(None, What::ClusterRole(cluster_role.to_owned()))
    }

    /// Binds a cluster role that exists, such as `view`, in one namespace.
    #[must_use]
    pub fn with_role_in(self, namespace: &str, cluster_role: &str) -> Self {
        self.grant(Some(namespace), What::ClusterRole(cluster_role.to_owned()))
    }

    fn grant(mut self, namespace: Option<&str>, what: What) -> Self {
        self.grants.push(Grant { namespace: namespace.map(str::to_owned), what });
        self
    }
}

impl Cluster {
    /// Makes a user who proves who they are with a client certificate, and waits until the rules are in force.
    pub fn kubeconfig_for(&self, user: &User) -> anyhow::Result<Access> {
        let name = unique(&user.name);
        let objects: Vec<Value> =
            user.grants.iter().enumerate().flat_map(|(index, grant)| grant.objects(&name, index)).collect();
        if !objects.is_empty() {
            let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
            self.feed(&["create", "--filename=-"], &list.to_string())
                .with_context(|| format!("allowing `{name}` what the test says"))?;
        }
        let (certificate, key) = pki::user(self.dir(), &name, None)?;
        let access = Access {
            kubeconfig: self.write_kubeconfig(&name, &Credentials::Certificate(&certificate, &key))?,
            user: name,
        };
        for grant in &user.grants {
            self.wait_until_in_force(&access, grant)?;
        }
        Ok(access)
    }

    /// The kubeconfig of the user `viewer` (group `viewers`), who has the cluster role `view`.
    #[must_use]
    pub fn kubeconfig_of_viewer(&self) -> PathBuf {
        self.dir().join("viewer.kubeconfig")
    }

    /// A kubeconfig with any token, right or (mostly) wrong.
    pub fn kubeconfig_with_token(&self, token: &str) -> anyhow::Result<PathBuf> {
        self.write_kubeconfig(&unique("token"), &Credentials::Token(token))
    }

    /// The kubeconfig of a node's kubelet, written anew.
    pub(crate) fn kubeconfig_of_node(&self, node: &str) -> anyhow::Result<PathBuf> {
        self.kubeconfig_of_member(&format!("system:node:{node}"), "system:nodes")
    }

    /// The kubeconfig of a user in a group, written anew.
    pub(crate) fn kubeconfig_of_member(&self, user: &str, group: &str) -> anyhow::Result<PathBuf> {
        let (certificate, key) = pki::user(self.dir(), user, Some(group))?;
        self.write_kubeconfig(user, &Credentials::Certificate(&certificate, &key))
    }

    fn write_kubeconfig(&self, user: &str, credentials: &Credentials<'_>) -> anyhow::Result<PathBuf> {
        let path = self.dir().join(format!("{}.kubeconfig", user.replace([':', '/'], "-")));
        let authority = fs::read_to_string(self.dir().join(format!("{}.crt", pki::AUTHORITY)))?;
        kubeconfig::write(&path, &self.server(), &authority, user, credentials)?;
        Ok(path)
    }

    /// The apiserver learns of new rules by watching them: a moment after they were stored.
    fn wait_until_in_force(&self, access: &Access, grant: &Grant) -> anyhow::Result<()> {
        let mut args = vec!["auth".to_owned(), "can-i".to_owned(), "--quiet".to_owned()];
        match &grant.what {
            What::Rules(rules) => args.extend(question(rules).context("a rule needs a verb and what it is for")?),
            What::ClusterRole(role) if role == "view" || role == "edit" || role == "admin" => {
                args.extend(["list".to_owned(), "pods".to_owned()]);
            }
            What::ClusterRole(_) => return Ok(()),
        }
        match &grant.namespace {
            Some(namespace) => args.push(format!("--namespace={namespace}")),
            None => args.push("--all-namespaces".to_owned()),
        }
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        wait_for(&format!("the rules of `{}`", access.user), Duration::from_secs(10), || {
            self.kubectl_as(&access.kubeconfig, &args).is_ok_and(|output| output.code == 0).then_some(())
        })
    }
}

/// What to ask `kubectl auth can-i` to see whether the first of the rules is in force.
fn question(rules: &Value) -> Option<Vec<String>> {
    let first = |field: &str| rules[0][field][0].as_str().map(|word| if word == "*" { "get" } else { word });
    let verb = first("verbs")?.to_owned();
    if let Some(path) = rules[0]["nonResourceURLs"][0].as_str() {
        return Some(vec![verb, path.replace('*', "x")]);
    }
    let resource = rules[0]["resources"][0].as_str()?;
    let (resource, sub) = resource.split_once('/').map_or((resource, None), |(resource, sub)| (resource, Some(sub)));
    let resource = match rules[0]["apiGroups"][0].as_str()? {
        "" => resource.to_owned(),
        group => format!("{resource}.{group}"),
    };
    let name = rules[0]["resourceNames"][0].as_str().map(|name| format!("/{name}")).unwrap_or_default();
    Some([verb, resource + &name].into_iter().chain(sub.map(|sub| format!("--subresource={sub}"))).collect())
}

impl Grant {
    fn objects(&self, user: &str, index: usize) -> Vec<Value> {
        let prefix = if self.namespace.is_some() { "" } else { "Cluster" };
        let mut metadata = json!({"name": format!("{user}-{index}")});
        if let Some(namespace) = &self.namespace {
            metadata["namespace"] = json!(namespace);
        }
        let (role, reference) = match &self.what {
            What::Rules(rules) => {
                let kind = format!("{prefix}Role");
                let role = json!({
                    "apiVersion": format!("{API}/v1"), "kind": kind, "metadata": metadata, "rules": rules,
                });
                (Some(role), json!({"apiGroup": API, "kind": kind, "name": metadata["name"]}))
            }
            What::ClusterRole(name) => (None, json!({"apiGroup": API, "kind": "ClusterRole", "name": name})),
        };
        let binding = json!({
            "apiVersion": format!("{API}/v1"), "kind": format!("{prefix}RoleBinding"), "metadata": metadata,
            "roleRef": reference, "subjects": [{"apiGroup": API, "kind": "User", "name": user}],
        });
        role.into_iter().chain([binding]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_for_the_first_rule() {
        let ask = |rules: Value| question(&rules).unwrap().join(" ");
        assert_eq!(ask(json!([{"verbs": ["list"], "apiGroups": [""], "resources": ["pods"]}])), "list pods");
        assert_eq!(
            ask(json!([{"verbs": ["*"], "apiGroups": ["apps"], "resources": ["deployments/scale"]}])),
            "get deployments.apps --subresource=scale"
        );
        assert_eq!(ask(json!([{"verbs": ["get"], "nonResourceURLs": ["/healthz/*"]}])), "get /healthz/x");
    }
}
