//! The command lines of the control plane's programs.

use std::path::Path;

use super::options::{Component, Options};
use super::ports::Ports;

/// The range of Service addresses: set aside for benchmarks (RFC 2544), so it clashes with no real network.
pub(crate) const SERVICE_RANGE: &str = "198.19.0.0/16";

/// The audit policy: who asked what, and for writes also what was sent; never the content of secrets.
pub(crate) const AUDIT_POLICY: &str = "\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
  resources:
  - group: ''
    resources: [secrets, serviceaccounts/token]
  - group: authentication.k8s.io
  - group: coordination.k8s.io
- level: Request
  verbs: [create, update, patch, delete, deletecollection]
- level: Metadata
";

/// The arguments of one component; the test's own come last, so that they win.
pub(crate) fn arguments(component: Component, dir: &Path, ports: &Ports, options: &Options) -> Vec<String> {
    let mut args = match component {
        Component::Etcd => etcd(dir, ports),
        Component::ApiServer => apiserver(dir, ports, options),
        Component::ControllerManager => controller_manager(dir, ports, options),
        Component::Scheduler => scheduler(dir, ports),
    };
    for extra in options.extra.get(&component).into_iter().flatten() {
        // Flags of lists would add to what was given before, and some refuse to be given twice.
        if let Some((flag, _)) = extra.split_once('=') {
            args.retain(|arg| arg.split_once('=').is_none_or(|(given, _)| given != flag));
        }
        args.push(extra.clone());
    }
    args
}

fn etcd(dir: &Path, ports: &Ports) -> Vec<String> {
    let url = |port: u16| format!("http://127.0.0.1:{port}");
    vec![
        format!("--name={}", "quicktour-test"),
        format!("--data-dir={}", dir.join("etcd").display()),
        format!("--listen-client-urls={}", url(ports.etcd)),
        format!("--advertise-client-urls={}", url(ports.etcd)),
        format!("--listen-peer-urls={}", url(ports.etcd_peers)),
        format!("--initial-advertise-peer-urls={}", url(ports.etcd_peers)),
        format!("--initial-cluster=quicktour-test={}", url(ports.etcd_peers)),
        format!("--listen-metrics-urls={}", url(ports.etcd_metrics)),
        // The data is thrown away. A test that measures the disk takes this flag back:
        // `Options::arg(Component::Etcd, "--unsafe-no-fsync=false")`.
        "--unsafe-no-fsync=true".to_owned(),
    ]
}

fn apiserver(dir: &Path, ports: &Ports, options: &Options) -> Vec<String> {
    let file = |name: &str| dir.join(name).display().to_string();
    vec![
        format!("--etcd-servers=http://127.0.0.1:{}", ports.etcd),
        "--bind-address=127.0.0.1".to_owned(),
        format!("--secure-port={}", ports.apiserver),
        format!("--advertise-address={}", options.advertise),
        format!("--service-cluster-ip-range={SERVICE_RANGE}"),
        format!("--cert-dir={}", file("certificates")),
        format!("--tls-cert-file={}", file("apiserver.crt")),
        format!("--tls-private-key-file={}", file("apiserver.key")),
        format!("--client-ca-file={}", file("ca.crt")),
        format!("--token-auth-file={}", file("tokens.csv")),
        format!("--service-account-key-file={}", file("service-accounts.pub")),
        format!("--service-account-signing-key-file={}", file("service-accounts.key")),
        "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
        "--authorization-mode=Node,RBAC".to_owned(),
        "--enable-admission-plugins=NodeRestriction".to_owned(),
        "--allow-privileged=true".to_owned(),
        // The way to aggregated APIs; to endpoints directly, because without a node nothing serves cluster addresses.
        format!("--requestheader-client-ca-file={}", file("front-proxy-ca.crt")),
        "--requestheader-allowed-names=front-proxy-client".to_owned(),
        "--requestheader-extra-headers-prefix=X-Remote-Extra-".to_owned(),
        "--requestheader-group-headers=X-Remote-Group".to_owned(),
        "--requestheader-username-headers=X-Remote-User".to_owned(),
        format!("--proxy-client-cert-file={}", file("front-proxy-client.crt")),
        format!("--proxy-client-key-file={}", file("front-proxy-client.key")),
        "--enable-aggregator-routing=true".to_owned(),
        "--kubelet-preferred-address-types=InternalIP".to_owned(),
        format!("--kubelet-client-certificate={}", file("kubelet-client.crt")),
        format!("--kubelet-client-key={}", file("kubelet-client.key")),
        format!("--audit-policy-file={}", file("audit-policy.yaml")),
        format!("--audit-log-path={}", file("audit.log")),
        // One file without end (megabytes): a mark in the log is an offset, which must not move to another file.
        "--audit-log-maxsize=100000".to_owned(),
    ]
}

fn controller_manager(dir: &Path, ports: &Ports, options: &Options) -> Vec<String> {
    let file = |name: &str| dir.join(name).display().to_string();
    let kubeconfig = file("kube-controller-manager.kubeconfig");
    let mut args = vec![
        format!("--kubeconfig={kubeconfig}"),
        format!("--authentication-kubeconfig={kubeconfig}"),
        format!("--authorization-kubeconfig={kubeconfig}"),
        "--bind-address=127.0.0.1".to_owned(),
        format!("--secure-port={}", ports.controller_manager),
        format!("--cert-dir={}", file("certificates")),
        format!("--root-ca-file={}", file("ca.crt")),
        format!("--service-account-private-key-file={}", file("service-accounts.key")),
        "--use-service-account-credentials=true".to_owned(),
        // With the default of 20 requests a second, making its service accounts takes it five seconds.
        "--kube-api-qps=500".to_owned(),
        "--kube-api-burst=1000".to_owned(),
        format!("--cluster-signing-cert-file={}", file("ca.crt")),
        format!("--cluster-signing-key-file={}", file("ca.key")),
        format!("--service-cluster-ip-range={SERVICE_RANGE}"),
    ];
    if let Some(grace) = options.node_monitor_grace {
        args.push(format!("--node-monitor-grace-period={}ms", grace.as_millis()));
    }
    args
}

fn scheduler(dir: &Path, ports: &Ports) -> Vec<String> {
    let file = |name: &str| dir.join(name).display().to_string();
    let kubeconfig = file("kube-scheduler.kubeconfig");
    vec![
        format!("--kubeconfig={kubeconfig}"),
        format!("--authentication-kubeconfig={kubeconfig}"),
        format!("--authorization-kubeconfig={kubeconfig}"),
        "--bind-address=127.0.0.1".to_owned(),
        format!("--secure-port={}", ports.scheduler),
        format!("--cert-dir={}", file("certificates")),
    ]
}
