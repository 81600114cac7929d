//! The themes of the 1.7 release: what each has become, whether this cluster has it on, and how that was found out. What
//! cannot be seen is said to be so. Source of the detections: Kubernetes 1.37's own code.

use std::collections::BTreeSet;

use quicktour_report::finding::{Finding, Severity};
use quicktour_report::message::Message;
use quicktour_report::system::{Component, State, Theme};
use quicktour_survey::views::View as _;
use quicktour_survey::views::system::TrustedWebhook;
use quicktour_survey::views::{Resource, apps, cluster, node, system};
use quicktour_survey::{POLICIES, Sample, SystemObject};

use super::table::{Enforces, Table};
use super::{Ground, finding};

/// What is kept of objects and metrics for this: counts, and the first names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Signs {
    /// How secrets were written since the API server's start: by the prefix of their provider, empty for plainly.
    written_by: BTreeSet<String>,
    node_decisions: bool,
    admission: BTreeSet<String>,
    databases: BTreeSet<String>,
    policies: u64,
    default_denies: u64,
    node_binding: Vec<String>,
    client_requests: u64,
    serving_requests: u64,
    serving_pending: u64,
    workloads: u64,
    on_delete: u64,
    partitioned: u64,
    local_volumes: u64,
    local_classes: u64,
    local_immediate: u64,
    aggregated: u64,
    unavailable: Vec<String>,
    unverified: u64,
    kinds: u64,
    kinds_broken: u64,
    webhooks: u64,
    webhooks_ignore: u64,
    uninitialised: u64,
}

const SECRETS: &str = "apiserver_storage_transformation_operations_total";

impl Signs {
    pub(super) fn see(&mut self, object: SystemObject<'_>) {
        match object {
            SystemObject::NetworkPolicy(policy) => {
                self.policies += 1;
                let empty = |spec: &system::NetworkPolicySpec| {
                    let all = spec.pod_selector.as_ref().is_none_or(|selector| {
                        selector.match_labels.is_empty() && selector.match_expressions.is_empty()
                    });
                    all && spec.ingress.is_empty() && spec.egress.is_empty()
                };
                self.default_denies += u64::from(policy.spec.as_ref().is_some_and(empty));
            }
            SystemObject::NodeBinding(binding) => {
                self.node_binding = binding.subjects.iter().map(|subject| subject.name.clone()).collect();
            }
            SystemObject::SigningRequest(request) => self.request(request),
            SystemObject::AnyStatefulSet(set) => {
                let strategy = set.spec().update_strategy.clone().unwrap_or_default();
                self.workload(&strategy.type_);
                let partition = strategy.rolling_update.and_then(|rolling| rolling.partition).unwrap_or(0);
                self.partitioned += u64::from(partition > 0);
            }
            SystemObject::AnyDaemonSet(set) => {
                self.workload(&set.spec().update_strategy.clone().unwrap_or_default().type_);
            }
            SystemObject::Volume(volume) => {
                let source = volume.spec.as_ref().and_then(|spec| spec.source.as_ref());
                self.local_volumes += u64::from(source.is_some_and(|source| source.local.is_some()));
            }
            SystemObject::StorageClass(class) if class.provisioner == "kubernetes.io/no-provisioner" => {
                self.local_classes += 1;
                let waits = class.volume_binding_mode.as_deref() == Some("WaitForFirstConsumer");
                self.local_immediate += u64::from(!waits);
            }
            SystemObject::ApiService(service) => self.api_service(service),
            SystemObject::CustomKind(kind) => {
                let conditions = kind.status.iter().flat_map(|status| &status.conditions);
                let broken = |it: &system::Flag| match it.type_.as_str() {
                    "Established" | "NamesAccepted" => it.status == "False",
                    "NonStructuralSchema" => it.status == "True",
                    _ => false,
                };
                self.kinds += 1;
                self.kinds_broken += u64::from(conditions.into_iter().any(broken));
            }
            SystemObject::Validating(it) => self.add_webhooks(&it.webhooks),
            SystemObject::Mutating(it) => self.add_webhooks(&it.webhooks),
            SystemObject::Node(node) => {
                let key = "node.cloudprovider.kubernetes.io/uninitialized";
                self.uninitialised += u64::from(node.spec().taints.iter().any(|taint| taint.key == key));
            }
            _ => {}
        }
    }

    fn request(&mut self, request: &system::SignedRequest) {
        let signer = request.spec.as_ref().map_or("", |spec| spec.signer_name.as_str());
        let decided = request.status.as_ref().is_some_and(|status| {
            status.conditions.iter().any(|it| matches!(it.type_.as_str(), "Approved" | "Denied" | "Failed"))
        });
        match signer {
            "kubernetes.io/kube-apiserver-client-kubelet" => self.client_requests += 1,
            "kubernetes.io/kubelet-serving" => {
                self.serving_requests += 1;
                self.serving_pending += u64::from(!decided);
            }
            _ => {}
        }
    }

    fn workload(&mut self, strategy: &str) {
        self.workloads += 1;
        self.on_delete += u64::from(strategy == "OnDelete");
    }

    fn api_service(&mut self, service: &system::TrustedService) {
        let Some(spec) = service.spec.as_ref().filter(|spec| spec.service.is_some()) else { return };
        self.aggregated += 1;
        self.unverified += u64::from(spec.insecure_skip_tls_verify);
        let conditions = service.status.iter().flat_map(|status| &status.conditions);
        if conditions.into_iter().any(|it| it.type_ == "Available" && it.status == "False") {
            self.unavailable.push(service.meta().name.clone());
        }
    }

    fn add_webhooks(&mut self, webhooks: &[TrustedWebhook]) {
        self.webhooks += webhooks.len() as u64;
        self.webhooks_ignore += webhooks.iter().filter(|webhook| webhook.failure_policy == "Ignore").count() as u64;
    }

    pub(super) fn measure(&mut self, sample: &Sample<'_>) {
        let label = |name| sample.label(name).unwrap_or_default();
        match sample.name {
            SECRETS if sample.value > 0.0 => {
                // Servers before 1.32 name no resource here, and then it may be of any.
                let write = label("transformation_type") == "to_storage" && label("resource") == "secrets";
                if write && label("status") == "OK" {
                    self.written_by.insert(label("transformer_prefix").into_owned());
                }
            }
            "apiserver_authorization_decisions_total" if label("type") == "Node" => {
                self.node_decisions |= sample.value > 0.0;
            }
            "apiserver_admission_controller_admission_duration_seconds_count" if sample.value > 0.0 => {
                self.admission.insert(label("name").into_owned());
            }
            "apiserver_storage_size_bytes" => _ = self.databases.insert(label("storage_cluster_id").into_owned()),
            _ => {}
        }
    }
}

/// What a theme's detection came to.
struct Found {
    state: State,
    detail: Message,
    by: Message,
}

fn found(state: State, detail: Message, by: &'static str) -> Found {
    Found { state, detail, by: Message::new(by) }
}

fn unseen(by: &'static str) -> Found {
    found(State::Unseen, Message::new("posture-unseen"), by)
}

/// All themes, in the order of the release notes.
pub(super) fn themes(components: &[Component], ground: &Ground<'_>) -> Vec<Theme> {
    let theme = |id, title, became, found: Found| Theme {
        id,
        title: Message::new(title),
        became: Message::new(became),
        state: found.state,
        detail: found.detail,
        by: found.by,
    };
    vec![
        theme("encryption", "theme-encryption", "theme-encryption-became", encryption(ground)),
        theme("network-policy", "theme-network-policy", "theme-network-policy-became", policies(components, ground)),
        theme("node-authorizer", "theme-node-authorizer", "theme-node-authorizer-became", node_authorizer(ground)),
        theme("rotation", "theme-rotation", "theme-rotation-became", rotation(ground)),
        theme("updates", "theme-updates", "theme-updates-became", updates(ground)),
        theme("local-storage", "theme-local-storage", "theme-local-storage-became", local_storage(ground)),
        theme("aggregation", "theme-aggregation", "theme-aggregation-became", aggregation(ground)),
        theme("custom-kinds", "theme-custom-kinds", "theme-custom-kinds-became", custom_kinds(ground)),
        theme("admission", "theme-admission", "theme-admission-became", admission(ground)),
        theme("cloud-provider", "theme-cloud-provider", "theme-cloud-provider-became", cloud_provider(ground)),
        theme("runtime", "theme-runtime", "theme-runtime-became", runtime(ground)),
        theme("events-etcd", "theme-events-etcd", "theme-events-etcd-became", events(ground)),
    ]
}

fn was_read(ground: &Ground<'_>, kind: Resource) -> bool {
    ground.survey.count(kind).is_some()
}

fn by_flags(from: &str) -> &'static str {
    if from == "/flagz" { "by-flagz" } else { "by-command-line" }
}

fn encryption(ground: &Ground<'_>) -> Found {
    let written = &ground.gathered.signs.written_by;
    let encrypted: Vec<&str> =
        written.iter().map(String::as_str).filter(|prefix| prefix.starts_with("k8s:enc:")).collect();
    if !encrypted.is_empty() {
        let names = encrypted.iter().map(|prefix| prefix.trim_start_matches("k8s:enc:").trim_end_matches(':'));
        let names = names.collect::<Vec<_>>().join(", ");
        return found(State::On, Message::new("encryption-by").arg("providers", names), "by-metrics");
    }
    if written.contains("") || written.contains("identity") {
        return found(State::Off, Message::new("encryption-identity"), "by-metrics");
    }
    let checks = ground.survey.readyz.read();
    if checks.is_some_and(|checks| checks.iter().any(|check| check.name.starts_with("kms-provider"))) {
        return found(State::On, Message::new("encryption-kms"), "by-readyz");
    }
    match ground.flags() {
        Some((flags, from)) => match flags.get("encryption-provider-config").map(String::as_str) {
            None | Some("") => found(State::Off, Message::new("encryption-none"), by_flags(from)),
            // Which provider comes first stands in a file of the server's.
            Some(_) => found(State::Partly, Message::new("encryption-configured"), by_flags(from)),
        },
        None => unseen("by-metrics-or-flags"),
    }
}

/// Whether some component enforces policies, and its id.
fn enforcer(components: &[Component], ground: &Ground<'_>) -> Option<(&'static str, Enforces)> {
    if ground.server_version.is_some_and(|version| version.contains("+k3s")) {
        // Built into its one process.
        return Some(("k3s", Enforces::Yes));
    }
    let all = components.iter().filter_map(|component| {
        let known = Table::shipped().components().iter().find(|known| Some(known.id.as_str()) == component.id)?;
        Some((known.id.as_str(), known.policies?))
    });
    let rank = |enforces: Enforces| match enforces {
        Enforces::Yes => 0,
        Enforces::Depends => 1,
        Enforces::No => 2,
    };
    all.min_by_key(|(_, enforces)| rank(*enforces))
}

fn policies(components: &[Component], ground: &Ground<'_>) -> Found {
    if !was_read(ground, system::NetworkPolicy::RESOURCE) {
        return unseen("by-policies");
    }
    let signs = &ground.gathered.signs;
    let (state, words, name) = match enforcer(components, ground) {
        Some((name, Enforces::Yes)) if signs.policies > 0 => (State::On, "policies-enforced", name),
        Some((name, Enforces::Yes)) => (State::Partly, "policies-enforced", name),
        Some((name, Enforces::Depends)) => (State::Unseen, "policies-depend", name),
        Some((name, Enforces::No)) => (State::Off, "policies-not-enforced", name),
        None => (State::Unseen, "policies-unknown", ""),
    };
    let mut detail = Message::new(words).arg("count", signs.policies).arg("denies", signs.default_denies);
    if !name.is_empty() {
        detail = detail.arg("name", name);
    }
    found(state, detail, "by-policies")
}

fn node_authorizer(ground: &Ground<'_>) -> Found {
    let signs = &ground.gathered.signs;
    if signs.node_binding.iter().any(|name| name == "system:nodes") {
        return found(State::Partly, Message::new("node-wide-grant"), "by-binding");
    }
    let on = |authorizer: bool, restriction: bool, by: &'static str| {
        let (state, words) = match (authorizer, restriction) {
            (true, true) => (State::On, "node-both"),
            (true, false) => (State::Partly, "node-authorizer-alone"),
            (false, true) => (State::Partly, "node-restriction-alone"),
            (false, false) => (State::Off, "node-neither"),
        };
        found(state, Message::new(words), by)
    };
    if let Some((flags, from)) = ground.flags() {
        let has = |flag: &str, word: &str| {
            let value = flags.get(flag).map_or("", String::as_str);
            value.trim_matches(['[', ']']).split([',', ' ']).any(|it| it == word)
        };
        // What a file of the server's says cannot be seen; then metrics may.
        if flags.get("authorization-config").is_none_or(String::is_empty) {
            let restriction = has("enable-admission-plugins", "NodeRestriction");
            return on(has("authorization-mode", "Node"), restriction, by_flags(from));
        }
    }
    // Every write goes through every plugin: where others have been measured and it has not, it is off.
    match (signs.node_decisions, signs.admission.contains("NodeRestriction"), signs.admission.is_empty()) {
        (true, restriction, false) => on(true, restriction, "by-metrics"),
        (false, true, _) => found(State::Partly, Message::new("node-restriction-seen"), "by-metrics"),
        (false, false, false) => found(State::Partly, Message::new("node-restriction-off"), "by-metrics"),
        (_, _, true) => unseen("by-metrics-or-flags"),
    }
}

fn rotation(ground: &Ground<'_>) -> Found {
    if !was_read(ground, cluster::CertificateSigningRequest::RESOURCE) {
        return unseen("by-requests");
    }
    let signs = &ground.gathered.signs;
    let detail = |id| {
        Message::new(id)
            .arg("client", signs.client_requests)
            .arg("serving", signs.serving_requests)
            .arg("pending", signs.serving_pending)
    };
    match (signs.client_requests, signs.serving_requests) {
        // Requests are deleted after an hour: none proves nothing.
        (0, 0) => found(State::Unseen, Message::new("rotation-none"), "by-requests"),
        (0, _) | (_, 0) => found(State::Partly, detail("rotation-seen"), "by-requests"),
        _ if signs.serving_pending > 0 => found(State::Partly, detail("rotation-seen"), "by-requests"),
        _ => found(State::On, detail("rotation-seen"), "by-requests"),
    }
}

fn updates(ground: &Ground<'_>) -> Found {
    if !was_read(ground, apps::StatefulSet::RESOURCE) && !was_read(ground, apps::DaemonSet::RESOURCE) {
        return unseen("by-workloads");
    }
    let signs = &ground.gathered.signs;
    let state = match (signs.workloads, signs.on_delete + signs.partitioned) {
        (0, _) => State::Off,
        (_, 0) => State::On,
        _ => State::Partly,
    };
    let detail = Message::new("updates-seen")
        .arg("count", signs.workloads)
        .arg("by-hand", signs.on_delete)
        .arg("partitioned", signs.partitioned);
    found(state, detail, "by-workloads")
}

fn local_storage(ground: &Ground<'_>) -> Found {
    let classes = was_read(ground, cluster::StorageClass::RESOURCE);
    if !classes && !was_read(ground, system::PersistentVolume::RESOURCE) {
        return unseen("by-volumes");
    }
    let signs = &ground.gathered.signs;
    let state = if signs.local_volumes + signs.local_classes > 0 { State::On } else { State::Off };
    let detail = Message::new("local-seen")
        .arg("volumes", signs.local_volumes)
        .arg("classes", signs.local_classes)
        .arg("immediate", signs.local_immediate);
    found(state, detail, "by-volumes")
}

fn aggregation(ground: &Ground<'_>) -> Found {
    if !was_read(ground, cluster::APIService::RESOURCE) {
        return unseen("by-api-services");
    }
    let signs = &ground.gathered.signs;
    let state = match (signs.aggregated, signs.unavailable.len()) {
        (0, _) => State::Off,
        (_, 0) => State::On,
        _ => State::Partly,
    };
    let detail = Message::new("aggregation-seen")
        .arg("count", signs.aggregated)
        .arg("down", signs.unavailable.len())
        .arg("unverified", signs.unverified);
    found(state, detail, "by-api-services")
}

fn custom_kinds(ground: &Ground<'_>) -> Found {
    if !was_read(ground, system::CustomResourceDefinition::RESOURCE) {
        return unseen("by-custom-kinds");
    }
    let signs = &ground.gathered.signs;
    let state = match (signs.kinds, signs.kinds_broken) {
        (0, _) => State::Off,
        (_, 0) => State::On,
        _ => State::Partly,
    };
    let detail = Message::new("custom-kinds-seen").arg("count", signs.kinds).arg("broken", signs.kinds_broken);
    found(state, detail, "by-custom-kinds")
}

fn admission(ground: &Ground<'_>) -> Found {
    if !was_read(ground, cluster::ValidatingWebhookConfiguration::RESOURCE)
        && !was_read(ground, cluster::MutatingWebhookConfiguration::RESOURCE)
    {
        return unseen("by-webhooks");
    }
    let signs = &ground.gathered.signs;
    let policies: u64 = POLICIES.iter().filter_map(|kind| ground.survey.policies.get(kind)?.read().copied()).sum();
    let state = if signs.webhooks + policies > 0 { State::On } else { State::Off };
    let detail = Message::new("admission-seen")
        .arg("webhooks", signs.webhooks)
        .arg("ignore", signs.webhooks_ignore)
        .arg("policies", policies);
    found(state, detail, "by-webhooks")
}

fn cloud_provider(ground: &Ground<'_>) -> Found {
    if !was_read(ground, node::Node::RESOURCE) {
        return unseen("by-provider-ids");
    }
    let providers: Vec<String> = ground.gathered.seen.providers.keys().cloned().collect();
    let count = ground.gathered.signs.uninitialised;
    if count > 0 {
        return found(State::Partly, Message::new("cloud-uninitialised").arg("count", count), "by-provider-ids");
    }
    if providers.is_empty() {
        return found(State::Off, Message::new("cloud-none"), "by-provider-ids");
    }
    found(State::On, Message::new("cloud-by").arg("names", providers.join(", ")), "by-provider-ids")
}

fn runtime(ground: &Ground<'_>) -> Found {
    let runtimes = &ground.gathered.seen.runtimes;
    if runtimes.is_empty() {
        return unseen("by-nodes");
    }
    let docker = runtimes.keys().any(|runtime| runtime.starts_with("docker://"));
    let names = runtimes.keys().cloned().collect::<Vec<_>>().join(", ");
    let state = if docker { State::Partly } else { State::On };
    found(state, Message::new("runtime-seen").arg("names", names), "by-nodes")
}

fn events(ground: &Ground<'_>) -> Found {
    let checks = ground.survey.readyz.read();
    if checks.is_some_and(|checks| checks.iter().any(|check| check.name.starts_with("etcd-override-"))) {
        return found(State::On, Message::new("events-apart"), "by-readyz");
    }
    if ground.gathered.signs.databases.len() > 1 {
        return found(State::On, Message::new("events-apart"), "by-metrics");
    }
    if let Some((flags, from)) = ground.flags() {
        let apart = flags.get("etcd-servers-overrides").is_some_and(|value| !matches!(value.as_str(), "" | "[]"));
        let (state, words) = if apart { (State::On, "events-apart") } else { (State::Off, "events-together") };
        return found(state, Message::new(words), by_flags(from));
    }
    // From 1.34 on the check would be there.
    match (ground.server, checks) {
        (Some(version), Some(_)) if version >= (1, 34) => {
            found(State::Off, Message::new("events-together"), "by-readyz")
        }
        _ => unseen("by-metrics-or-flags"),
    }
}

/// What of this does not work, or does not do what somebody believes.
pub(super) fn findings(components: &[Component], ground: &Ground<'_>) -> Vec<Finding> {
    let signs = &ground.gathered.signs;
    let mut findings = Vec::new();
    if signs.policies > 0 && ground.pods_read() {
        let (id, severity) = match enforcer(components, ground) {
            Some((_, Enforces::No)) => ("policies-idle-title", Severity::Warning),
            None => ("policies-unproven-title", Severity::Warning),
            Some((_, Enforces::Yes | Enforces::Depends)) => ("", Severity::Info),
        };
        if !id.is_empty() {
            let title = Message::new(id).arg("count", signs.policies);
            let words = (title, Message::new("policies-idle-why"), Message::new("policies-idle-fix"));
            let command = ground.command(&["get", "networkpolicies", "-A"]);
            let source = "network policies against the networks of the table of components";
            findings.push(Finding {
                count: signs.policies,
                ..finding("network-policies-idle", "cluster", severity, words, Some(command), source)
            });
        }
    }
    if signs.serving_pending > 0 {
        let title = Message::new("serving-pending-title").arg("count", signs.serving_pending);
        let words = (title, Message::new("serving-pending-why"), Message::new("serving-pending-fix"));
        let command = ground.command(&["get", "csr"]);
        findings.push(Finding {
            count: signs.serving_pending,
            ..finding(
                "serving-certificate-pending",
                "cluster",
                Severity::Warning,
                words,
                Some(command),
                "signer kubernetes.io/kubelet-serving",
            )
        });
    }
    for name in &signs.unavailable {
        let title = Message::new("aggregation-down-title").arg("name", name);
        let words = (title, Message::new("aggregation-down-why"), Message::new("api-unavailable-fix"));
        let command = ground.command(&["get", "apiservice", name, "-o", "yaml"]);
        findings.push(finding(
            "api-unavailable",
            name,
            Severity::Error,
            words,
            Some(command),
            "condition Available of the APIService",
        ));
    }
    findings
}
