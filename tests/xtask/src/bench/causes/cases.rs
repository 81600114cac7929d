//! The rollouts that fail, each in a namespace of its own on a real node.

/// One rollout: a workload called `web`, and what is there before it.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// What is wrong, in the table's words.
    pub(crate) what: &'static str,
    /// The row of deploy's catalogue that it shows.
    pub(crate) row: &'static str,
    /// The cause that must be told.
    pub(crate) cause: &'static str,
    /// Whoever says one of these words (in lower case) has named the cause.
    pub(crate) words: &'static [&'static str],
    /// What our follower must end with.
    pub(crate) code: i32,
    /// Objects before the workload, YAML; `NAMESPACE` is replaced.
    pub(crate) before: &'static str,
    /// Fields of the workload's spec, of the pod's spec, and of its container, in YAML's flow style.
    workload: &'static str,
    pod: &'static str,
    container: &'static str,
    /// Changed so much later, by `kubectl patch --type=merge`.
    pub(crate) patch: Option<&'static str>,
}

impl Case {
    const fn new(what: &'static str, row: &'static str, cause: &'static str) -> Self {
        Self {
            what,
            row,
            cause,
            words: &[],
            code: 1,
            before: "",
            workload: "replicas: 2",
            pod: "",
            container: "",
            patch: None,
        }
    }

    /// The workload as YAML, in namespace `namespace`.
    pub(crate) fn manifest(&self, namespace: &str) -> String {
        let image = if self.container.contains("image:") { "" } else { "image: \"registry.test/web:v1\"" };
        let container: Vec<&str> =
            ["name: web", image, self.container].into_iter().filter(|part| !part.is_empty()).collect();
        let pod: Vec<&str> =
            ["terminationGracePeriodSeconds: 1", self.pod].into_iter().filter(|part| !part.is_empty()).collect();
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: {namespace}}}\nspec:\n  \
             {{{}, selector: {{matchLabels: {{app: web}}}}, template: {{metadata: {{labels: {{app: web}}}}, \
             spec: {{{}, containers: [{{{}}}]}}}}}}\n",
            self.workload,
            pod.join(", "),
            container.join(", ")
        )
    }
}

/// The ten that are followed beside kubectl; what takes longest first.
pub(crate) fn compared() -> Vec<Case> {
    vec![
        Case {
            words: &["probe", "readiness"],
            container: "args: [--readiness-fail-next=-1], \
                        readinessProbe: {httpGet: {path: /ready, port: 8080}, periodSeconds: 2}",
            ..Case::new("a readiness probe that fails for ever", "probe failing", "probe-fails")
        },
        Case {
            words: &["not found", "notfound", "image"],
            container: "image: \"registry.test/web:missing\"",
            ..Case::new("an image that is not there", "ErrImagePull: not found", "image-not-found")
        },
        Case {
            words: &["crash", "exit code", "restart", "ended with"],
            container: "args: [--exit-after=0.5s, --exit-code=3]",
            ..Case::new("a crash loop, no readiness probe", "CrashLoopBackOff", "container-crashes")
        },
        Case {
            words: &["memory", "oom"],
            container: "args: [--allocate-mib=200], resources: {limits: {memory: 48Mi}}",
            ..Case::new("more memory than the limit", "OOMKilled", "out-of-memory")
        },
        Case {
            words: &["schedul", "insufficient", "no node", "fits"],
            container: "resources: {requests: {cpu: \"512\"}}",
            ..Case::new("more CPU than any node has", "unschedulable: resources", "unschedulable")
        },
        Case {
            words: &["quota"],
            before: "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: few, namespace: NAMESPACE}\n\
                     spec: {hard: {pods: \"1\"}}\n",
            ..Case::new("a quota for one of two pods", "quota exceeded", "quota-exceeded")
        },
        Case {
            words: &["podsecurity", "pod security", "violates"],
            before: "apiVersion: v1\nkind: Namespace\n\
                     metadata: {name: NAMESPACE, labels: {pod-security.kubernetes.io/enforce: restricted}}\n",
            ..Case::new("Pod Security `restricted`", "Pod Security", "pod-security")
        },
        Case {
            words: &["configmap", "config map", "settings"],
            container: "envFrom: [{configMapRef: {name: settings}}]",
            ..Case::new("a ConfigMap that is not there", "CreateContainerConfigError", "config-missing")
        },
        Case {
            words: &["serviceaccount", "service account", "robot"],
            pod: "serviceAccountName: robot",
            ..Case::new(
                "a service account that is not there",
                "missing ServiceAccount, PriorityClass, RuntimeClass",
                "reference-missing",
            )
        },
        Case {
            words: &["limitrange", "limit range", "maximum"],
            before: "apiVersion: v1\nkind: LimitRange\nmetadata: {name: small, namespace: NAMESPACE}\n\
                     spec: {limits: [{type: Container, max: {memory: 64Mi}}]}\n",
            container: "resources: {limits: {memory: 128Mi}}",
            ..Case::new("more than a LimitRange allows", "LimitRange", "limit-range")
        },
    ]
}

/// Further rows of the catalogue; followed by ours alone, until the cause is told. What takes longest comes first.
pub(crate) fn further() -> Vec<Case> {
    let mut all = further_containers();
    all.extend(further_waits());
    all
}

/// Those of images and containers.
fn further_containers() -> Vec<Case> {
    vec![
        Case {
            pod: "initContainers: [{name: mesh, image: \"registry.test/web:v1\", restartPolicy: Always, \
                  startupProbe: {httpGet: {path: /ready, port: 8080}, initialDelaySeconds: 300}}]",
            ..Case::new("a sidecar that takes minutes to start", "sidecar not started", "sidecar-not-started")
        },
        Case {
            pod: "schedulerName: nobody",
            ..Case::new("a scheduler that does not run", "ContainerCreating too long", "not-scheduled")
        },
        Case {
            container: "image: \"registry.test/Web:v1\"",
            ..Case::new("an image's name in capitals", "InvalidImageName", "image-name-invalid")
        },
        Case {
            container: "image: \"registry.test/web:missing\", imagePullPolicy: Never",
            ..Case::new("an image that may not be pulled", "ErrImageNeverPull", "image-never-pulled")
        },
        Case {
            container: "image: \"registry.test/private/web:v1\"",
            ..Case::new("a registry that wants a login", "ErrImagePull: denied", "image-denied")
        },
        Case {
            container: "image: \"registry.test/limited/web:v1\"",
            ..Case::new(
                "a registry that has served enough",
                "ErrImagePull: rate limit, timeout, x509, no such host",
                "image-rate-limited",
            )
        },
        Case {
            container: "image: \"unreachable.test/web:v1\"",
            ..Case::new(
                "a registry that refuses connections",
                "SignatureValidationFailed, ImageInspectError, RegistryUnavailable",
                "image-registry-unreachable",
            )
        },
        Case {
            container: "volumeMounts: [{name: data, mountPath: /web}]",
            pod: "volumes: [{name: data, emptyDir: {}}]",
            ..Case::new(
                "a volume in the place of the program",
                "CreateContainerError, RunContainerError",
                "container-not-started",
            )
        },
        Case {
            container: "args: [--exit-after=0.2s, --exit-code=127]",
            ..Case::new("exit code 127", "exit codes and signals", "container-crashes")
        },
        Case {
            pod: "initContainers: [{name: setup, image: \"registry.test/web:v1\", args: [--exit-after=0.2s, --exit-code=7]}]",
            ..Case::new("an init container that fails", "init container failed or stuck", "init-container-fails")
        },
    ]
}

/// Those of pods that wait, and of pods that are refused.
fn further_waits() -> Vec<Case> {
    vec![
        Case {
            pod: "readinessGates: [{conditionType: example.com/ready}]",
            ..Case::new("a readiness gate that nobody sets", "readinessGates unset", "readiness-gate-unset")
        },
        Case {
            pod: "nodeSelector: {disk: ssd}",
            ..Case::new(
                "a label that no node has",
                "unschedulable: taints, affinity, spread, ports, cordoned",
                "unschedulable",
            )
        },
        Case {
            before: "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data, namespace: NAMESPACE}\n\
                     spec: {accessModes: [ReadWriteOnce], storageClassName: nowhere, resources: {requests: {storage: 1Gi}}}\n",
            pod: "volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]",
            ..Case::new("a claim of a class that is not there", "unbound claim", "volume-unbound")
        },
        Case {
            pod: "schedulingGates: [{name: example.com/wait}]",
            ..Case::new("a scheduling gate", "SchedulingGated", "scheduling-gated")
        },
        Case {
            before: "apiVersion: v1\nkind: Service\nmetadata: {name: guard, namespace: NAMESPACE}\n\
                     spec: {selector: {app: guard}, ports: [{port: 443}]}\n---\n\
                     apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\n\
                     metadata: {name: NAMESPACE}\nwebhooks:\n- name: guard.example.com\n  admissionReviewVersions: [v1]\n  \
                     sideEffects: None\n  failurePolicy: Fail\n  timeoutSeconds: 2\n  \
                     namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: NAMESPACE}}\n  \
                     rules: [{apiGroups: [\"\"], apiVersions: [v1], operations: [CREATE], resources: [pods]}]\n  \
                     clientConfig: {service: {name: guard, namespace: NAMESPACE, path: /}}\n",
            ..Case::new("a webhook that does not answer", "webhook denied or down", "webhook-down")
        },
        Case {
            before: "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\n\
                     metadata: {name: NAMESPACE}\nspec:\n  failurePolicy: Fail\n  \
                     matchConstraints: {resourceRules: [{apiGroups: [\"\"], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}\n  \
                     validations: [{expression: \"false\", message: nothing may run here}]\n---\n\
                     apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\n\
                     metadata: {name: NAMESPACE}\nspec: {policyName: NAMESPACE, validationActions: [Deny], \
                     matchResources: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: NAMESPACE}}}}\n",
            ..Case::new("a policy that refuses all pods", "invalid pod, SCC", "pod-refused")
        },
        Case {
            container: "volumeMounts: [{name: keys, mountPath: /keys}]",
            pod: "volumes: [{name: keys, secret: {secretName: keys}}]",
            ..Case::new(
                "a volume of a Secret that is not there",
                "FailedMount, FailedAttachVolume, Multi-Attach",
                "volume-not-mounted",
            )
        },
        Case {
            before: "apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: NAMESPACE}\nhandler: nobody\n",
            pod: "runtimeClassName: NAMESPACE",
            ..Case::new("a runtime that the node does not have", "FailedCreatePodSandBox", "sandbox-not-made")
        },
        Case {
            workload: "replicas: 2, progressDeadlineSeconds: 5",
            container: "args: [--readiness-fail-next=-1], \
                        readinessProbe: {httpGet: {path: /ready, port: 8080}, periodSeconds: 2}",
            ..Case::new("a deployment's own deadline", "ProgressDeadlineExceeded", "progress-deadline")
        },
        Case {
            workload: "replicas: 2, paused: true",
            ..Case::new("a paused deployment", "paused, partition, OnDelete", "paused")
        },
        Case {
            workload: "replicas: 2, minReadySeconds: 60",
            ..Case::new("ready, and not yet available", "minReadySeconds", "min-ready")
        },
        Case {
            pod: "readinessGates: [{conditionType: example.com/ready}]",
            patch: Some("{\"spec\":{\"replicas\":3}}"),
            ..Case::new("scaled by somebody else meanwhile", "HPA fights scale, GitOps reverts", "changed-meanwhile")
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_are_compared_and_each_says_by_which_words_it_is_named() {
        let compared = compared();
        assert_eq!(compared.len(), 10);
        assert!(
            compared
                .iter()
                .all(|case| !case.words.is_empty() && case.words.iter().all(|word| *word == word.to_lowercase()))
        );
    }

    #[test]
    fn an_image_is_named_once() {
        for case in compared().into_iter().chain(further()) {
            let manifest = case.manifest("a");
            let own = manifest.split("containers: [{name: web").nth(1).unwrap_or_default();
            assert_eq!(own.matches("image: ").count(), 1, "{manifest}");
            for [open, close] in [["{", "}"], ["[", "]"]] {
                assert_eq!(manifest.matches(open).count(), manifest.matches(close).count(), "{manifest}");
            }
        }
    }
}
