//! A cluster that kubeadm made is what kubeadm makes elsewhere: its objects, its services, its troubles.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails it")]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use quicktour_testkit::cli::Cli;
use quicktour_testkit::cluster::{Cluster, User};
use quicktour_testkit::kubeadm::{self, Kubeadm};
use quicktour_testkit::node;
use quicktour_testkit::supervisor::Lifetime;
use quicktour_testkit::wait::wait_for;
use serde_json::Value;

/// Ten times what things take on two idle cores.
const CEILING: Duration = Duration::from_mins(4);

fn system(kind: &str) -> Vec<Value> {
    let list = kubeadm::shared().cluster().get(&[kind, "--namespace=kube-system"]).unwrap();
    list["items"].as_array().unwrap().clone()
}

fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap()
}

#[test]
fn the_control_plane_runs_in_static_pods() {
    let Ok(()) = node::require_root() else { return };
    let mut mirrors = Vec::new();
    for pod in system("pods") {
        let metadata = &pod["metadata"];
        if metadata["annotations"]["kubernetes.io/config.source"] == "file" {
            assert_eq!(metadata["ownerReferences"][0]["kind"], "Node", "{metadata}");
            assert_eq!(metadata["labels"]["tier"], "control-plane", "{metadata}");
            assert_eq!(pod["spec"]["priorityClassName"], "system-node-critical");
            assert!(pod["spec"]["containers"][0]["livenessProbe"].is_object());
            mirrors.push(name(&pod).to_owned());
        }
    }
    mirrors.sort();
    let expected = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"];
    assert_eq!(mirrors, expected.map(|part| format!("{part}-{}", kubeadm::NODE)));
    let nodes = kubeadm::shared().cluster().get(&["nodes"]).unwrap();
    let labels = &nodes["items"][0]["metadata"]["labels"];
    assert_eq!(labels["node-role.kubernetes.io/control-plane"], "");
}

#[test]
fn the_addons_are_those_of_kubeadm_and_work() {
    let Ok(()) = node::require_root() else { return };
    let deployments = system("deployments");
    assert_eq!(deployments.iter().map(name).collect::<Vec<_>>(), ["coredns"]);
    assert_eq!(deployments[0]["metadata"]["labels"]["k8s-app"], "kube-dns");
    let image = deployments[0]["spec"]["template"]["spec"]["containers"][0]["image"].as_str().unwrap();
    assert!(image.starts_with("registry.k8s.io/coredns/coredns:v1."), "{image}");
    let sets = system("daemonsets");
    assert_eq!(sets.iter().map(name).collect::<Vec<_>>(), ["kube-proxy"]);
    let configs = system("configmaps");
    for config in ["coredns", "kube-proxy", "kubeadm-config", "kubelet-config"] {
        assert!(configs.iter().any(|found| name(found) == config), "{config}");
    }
    // CoreDNS knows Services only if it has reached the API at its Service's address: so kube-proxy works too.
    assert_eq!(address_of("kubernetes.default.svc.cluster.local"), [198, 19, 0, 1]);
    assert_eq!(address_of("kube-dns.kube-system.svc.cluster.local"), [198, 19, 0, 10]);
}

/// Asks the cluster's DNS, through a port-forward, over TCP.
fn address_of(host: &str) -> [u8; 4] {
    let cluster = kubeadm::shared().cluster();
    let mut command = Cli::new(cluster.binaries().path("kubectl"))
        .kubeconfig(cluster.kubeconfig())
        // For kubectl's cache.
        .env("HOME", cluster.dir())
        .args(["port-forward", "--namespace=kube-system", "service/kube-dns", ":53"])
        .into_command();
    let mut forward = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(forward.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let port: u16 = line.split(&[':', ' '][..]).find_map(|word| word.parse().ok()).unwrap_or_else(|| panic!("{line}"));

    // RFC 1035: one question, recursion desired, type A, class IN.
    let mut question = vec![0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in host.split('.') {
        question.push(u8::try_from(label.len()).unwrap());
        question.extend(label.bytes());
    }
    question.extend([0, 0, 1, 0, 1]);
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.write_all(&u16::try_from(question.len()).unwrap().to_be_bytes()).unwrap();
    stream.write_all(&question).unwrap();
    let mut length = [0; 2];
    stream.read_exact(&mut length).unwrap();
    let mut answer = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut answer).unwrap();
    forward.kill().unwrap();
    forward.wait().unwrap();
    assert_eq!(answer[..2], question[..2]);
    assert_eq!((answer[3] & 15, answer[7]), (0, 1), "an error, or not one answer: {answer:?}");
    // The answer's data come last, but for what an EDNS query would add.
    answer[answer.len() - 4..].try_into().unwrap()
}

#[test]
fn users_and_workloads_are_as_in_any_other_cluster() {
    let Ok(()) = node::require_root() else { return };
    let cluster = kubeadm::shared().cluster();
    let namespace = cluster.namespace("workload").unwrap();
    let image = format!("--image={}", node::WEB);
    let create = ["create", "deployment", "web", &image, "--namespace", namespace.name()];
    cluster.kubectl(&create).unwrap().success().unwrap();
    let status = ["rollout", "status", "deployment/web", "--timeout=120s", "--namespace", namespace.name()];
    cluster.kubectl(&status).unwrap().success().unwrap();
    let user = User::named("reader").may_in(namespace.name(), &["list"], &[""], &["pods"]);
    let access = cluster.kubeconfig_for(&user).unwrap();
    let code = |args: &[&str]| cluster.kubectl_as(&access.kubeconfig, args).unwrap().code;
    assert_eq!(code(&["get", "pods", "--namespace", namespace.name()]), 0);
    assert_eq!(code(&["get", "pods", "--namespace=kube-system"]), 1);
    let other = Cluster::attach(&cluster.state_file()).unwrap();
    assert_eq!(other.kubectl(&["get", "--raw=/readyz"]).unwrap().stdout, "ok");
}

#[test]
fn a_static_pod_goes_with_its_manifest_and_nothing_is_left_at_the_end() {
    let Ok(()) = node::require_root() else { return };
    let start = Instant::now();
    let own = Kubeadm::start(Lifetime::Mine).unwrap();
    println!("a kubeadm cluster is ready in {:.1} s", start.elapsed().as_secs_f64());
    assert!(start.elapsed() < CEILING, "{:?}", start.elapsed());
    fs::remove_file(own.etc().join("manifests/kube-scheduler.yaml")).unwrap();
    let pod = format!("kube-scheduler-{}", kubeadm::NODE);
    wait_for("the scheduler's end", CEILING, || {
        let output = own.cluster().kubectl(&["get", "pod", &pod, "--namespace=kube-system"]).unwrap();
        output.stderr.contains("not found").then_some(())
    })
    .unwrap();

    let dir = own.cluster().dir().display().to_string();
    assert!(!left(&dir).is_empty());
    drop(own);
    assert_eq!(left(&dir), Vec::<String>::new());
}

/// What is left of a cluster: processes, mounts, network devices, its folder.
fn left(dir: &str) -> Vec<String> {
    let lines = fs::read_dir("/proc").unwrap().filter_map(|entry| fs::read(entry.ok()?.path().join("cmdline")).ok());
    let mut left: Vec<String> = lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " ")).collect();
    left.extend(fs::read_to_string("/proc/self/mountinfo").unwrap().lines().map(str::to_owned));
    let devices = fs::read_dir("/sys/class/net").unwrap().filter_map(Result::ok);
    left.extend(devices.filter_map(|link| fs::read_to_string(link.path().join("ifalias")).ok()));
    left.retain(|trace| trace.contains(dir));
    left.extend(Path::new(dir).exists().then(|| dir.to_owned()));
    left
}
