//! How tests run the plugin and look at what it says and does.

use std::path::Path;
use std::time::Duration;

use quicktour_testkit::cli::{Cli, Output};
use quicktour_testkit::cluster::{Access, AuditEvent, Cluster, Mark, Namespace, User, shared};
use quicktour_testkit::plugin;
use quicktour_testkit::snapshot;
use quicktour_testkit::wait::wait_for;
use serde_json::Value;
use tempfile::TempDir;

/// An image that no test runs: there are no nodes where it is used.
pub(crate) const IMAGE: &str = "registry.test/web:v1";

/// How long a cluster may take for what it does in a second, while a compiler keeps the machine busy.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

/// The plugin, with neither kubeconfig nor ledger.
pub(crate) fn bare() -> Cli {
    plugin!("kubectl-quickdeploy")
}

/// A person with a namespace, in which they may do what a cluster's administrators let their tenants do, and with a
/// ledger of their own.
pub(crate) struct Desk {
    pub(crate) cluster: &'static Cluster,
    pub(crate) namespace: Namespace<'static>,
    pub(crate) access: Access,
    state: TempDir,
}

impl Desk {
    /// In the cluster without nodes.
    pub(crate) fn new(prefix: &str) -> Self {
        Self::of(shared(), prefix)
    }

    pub(crate) fn of(cluster: &'static Cluster, prefix: &str) -> Self {
        let namespace = cluster.namespace(prefix).unwrap();
        // A quota that comes before these would sometimes miss them.
        wait_for("the contents of a namespace", PATIENCE, || {
            cluster.get(&["-n", namespace.name(), "serviceaccount/default", "configmap/kube-root-ca.crt"]).ok()
        })
        .unwrap();
        let access = cluster.kubeconfig_for(&User::named(prefix).with_role_in(namespace.name(), "admin")).unwrap();
        Self { cluster, namespace, access, state: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn name(&self) -> &str {
        self.namespace.name()
    }

    /// The folder that stands for `~/.local/state`.
    pub(crate) fn state(&self) -> &Path {
        self.state.path()
    }

    /// The command in the person's namespace.
    pub(crate) fn cli(&self, args: &[&str]) -> Cli {
        self.elsewhere(self.name(), args)
    }

    /// The command in another namespace.
    pub(crate) fn elsewhere(&self, namespace: &str, args: &[&str]) -> Cli {
        let cli = bare().env("KUBECONFIG", &self.access.kubeconfig).env("XDG_STATE_HOME", self.state.path());
        cli.args(["-n", namespace]).args(args)
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.cli(args).run().unwrap()
    }

    /// Runs what has to end well, and gives back its standard output.
    pub(crate) fn fine(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert_eq!(output.code, 0, "{args:?}: {output}");
        output.stdout
    }

    /// What a person sees, fit for a snapshot.
    pub(crate) fn shown(&self, output: &Output) -> String {
        shown(&output.to_string(), self.cluster)
    }

    /// kubectl as the administrator, in the person's namespace.
    pub(crate) fn kubectl(&self, args: &[&str]) -> String {
        self.cluster.kubectl(&[&["-n", self.name()], args].concat()).unwrap().success().unwrap()
    }

    /// Gives kubectl something to read, in the person's namespace.
    pub(crate) fn feed(&self, args: &[&str], input: &str) -> String {
        self.cluster.feed(&[&["-n", self.name()], args].concat(), input).unwrap()
    }

    /// One object or list as JSON.
    pub(crate) fn get(&self, args: &[&str]) -> Value {
        self.cluster.get(&[&["-n", self.name()], args].concat()).unwrap()
    }

    pub(crate) fn exists(&self, what: &str) -> bool {
        self.cluster.get(&["-n", self.name(), what]).is_ok()
    }

    /// Every object that a command could have made or changed, as `Kind/name uid generation`, sorted. What only a
    /// controller counts is left out.
    pub(crate) fn objects(&self) -> Vec<String> {
        const KINDS: &str = "deployments,statefulsets,daemonsets,replicasets,controllerrevisions,pods,services,\
                             configmaps,horizontalpodautoscalers,resourcequotas,limitranges,serviceaccounts";
        let list = self.get(&[KINDS]);
        let mut objects: Vec<String> = list["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|object| {
                let metadata = &object["metadata"];
                format!("{}/{} {} {}", object["kind"], metadata["name"], metadata["uid"], metadata["generation"])
            })
            .collect();
        objects.sort();
        objects
    }

    /// Waits until the controllers have seen the last change of a Deployment and made its pods.
    pub(crate) fn until_settled(&self, name: &str) {
        wait_for("a Deployment's controller", PATIENCE, || {
            let live = self.get(&[&format!("deployment/{name}")]);
            let (seen, status) = (&live["metadata"]["generation"], &live["status"]);
            let paused = live["spec"]["paused"] == true;
            let updated = &status["updatedReplicas"];
            let made = paused || updated == &live["spec"]["replicas"] || updated.as_u64() > Some(0);
            (&status["observedGeneration"] == seen && made).then_some(())
        })
        .unwrap();
    }

    pub(crate) fn mark(&self) -> Mark {
        self.cluster.audit().mark().unwrap()
    }

    /// What this person asked the server to change since then; dry runs are among it.
    pub(crate) fn writes_since(&self, mark: Mark) -> Vec<AuditEvent> {
        let events = self.cluster.audit().since(mark).unwrap();
        events.into_iter().filter(|event| event.user == self.access.user && event.is_write()).collect()
    }

    /// Files of the ledger, each one run that has something to clean up.
    pub(crate) fn ledger(&self) -> Vec<String> {
        let Ok(files) = std::fs::read_dir(self.state().join("quicktour/ledger")) else { return Vec::new() };
        let mut names: Vec<String> =
            files.map(|file| file.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// Asserts that a run left everything as it was: it wrote nothing but dry runs, the namespace holds what it held,
    /// and the ledger names nothing new.
    pub(crate) fn unharmed<T>(&self, by: impl FnOnce() -> T) -> T {
        let (objects, ledger, mark) = (self.objects(), self.ledger(), self.mark());
        let outcome = by();
        assert_only_dry_runs(&self.writes_since(mark));
        assert_eq!(self.objects(), objects);
        assert_eq!(self.ledger(), ledger);
        outcome
    }
}

pub(crate) fn assert_only_dry_runs(writes: &[AuditEvent]) {
    for write in writes {
        assert!(write.uri.contains("dryRun=All"), "{} {}", write.verb, write.uri);
    }
}

/// The same on every run. Ages stay: what looks like one is an amount of CPU here.
pub(crate) fn shown(text: &str, cluster: &Cluster) -> String {
    let text = snapshot::of_cluster(text, cluster);
    snapshot::runs(&snapshot::hashes(&snapshot::unique_names(&snapshot::uids(&snapshot::times(&text)))))
}
