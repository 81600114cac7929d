//! What the process was started with, as a value: so that a test can say what a user's machine looks like.

use std::collections::HashMap;
use std::path::PathBuf;

/// The variables and places that connecting looks at.
#[derive(Clone, Debug)]
pub struct Environment {
    variables: HashMap<String, String>,
    service_account: PathBuf,
}

impl Environment {
    /// This process's own.
    #[must_use]
    pub fn of_process() -> Self {
        Self::of(
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
        )
    }

    /// The given variables and nothing else.
    pub fn of(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self {
            variables: variables.into_iter().collect(),
            // Where the kubelet mounts it in every pod.
            service_account: PathBuf::from("/var/run/secrets/kubernetes.io/serviceaccount"),
        }
    }

    /// Looks for a pod's service account in another folder.
    #[must_use]
    pub fn with_service_account(mut self, folder: PathBuf) -> Self {
        self.service_account = folder;
        self
    }

    /// A variable that is set and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// All variables, for programs that are started.
    pub(crate) fn variables(&self) -> &HashMap<String, String> {
        &self.variables
    }

    /// The files of `KUBECONFIG`, or the one in the home folder.
    pub(crate) fn kubeconfig_paths(&self) -> Vec<PathBuf> {
        let listed: Vec<PathBuf> = self
            .get("KUBECONFIG")
            .map(|list| std::env::split_paths(list).filter(|path| !path.as_os_str().is_empty()).collect())
            .unwrap_or_default();
        if !listed.is_empty() {
            return listed;
        }
        let home = self.get("HOME").or_else(|| self.get("USERPROFILE"));
        home.map(|home| PathBuf::from(home).join(".kube").join("config")).into_iter().collect()
    }

    /// Whether this is a pod that may talk to its cluster; client-go asks for the same three things.
    pub(crate) fn in_cluster(&self) -> bool {
        self.get("KUBERNETES_SERVICE_HOST").is_some()
            && self.get("KUBERNETES_SERVICE_PORT").is_some()
            && self.service_account_file("token").is_file()
    }

    /// The namespace of who names none: a pod's own, else `default`. Source: client-go's `inClusterClientConfig`.
    pub(crate) fn default_namespace(&self) -> String {
        let own = || {
            let given = self.get("POD_NAMESPACE").map(str::to_owned);
            given.or_else(|| std::fs::read_to_string(self.service_account_file("namespace")).ok())
        };
        let own = self.in_cluster().then(own).flatten();
        own.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).unwrap_or_else(|| "default".to_owned())
    }

    /// A file of the pod's service account.
    pub(crate) fn service_account_file(&self, name: &str) -> PathBuf {
        self.service_account.join(name)
    }
}
