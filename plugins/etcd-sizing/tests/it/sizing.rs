//! The sizing on a real cluster: its API server, its etcd, filled, fragmented and defragmented.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use quicktour_testkit::cluster::{Cluster, Component, Options, User, shared};
use serde_json::{Value, json};

use crate::support::{sizing, validated};

fn schema() -> String {
    sizing(&["--print-schema"]).run().unwrap().success().unwrap()
}

fn measure<'a>(report: &'a Value, id: &str) -> Option<&'a Value> {
    report["measures"].as_array().unwrap().iter().find(|measure| measure["id"] == id)
}

fn ids(report: &Value) -> Vec<String> {
    report["findings"].as_array().unwrap().iter().map(|finding| finding["id"].as_str().unwrap().to_owned()).collect()
}

/// A request to etcd's gateway, which speaks JSON; the answer.
fn etcd(url: &str, path: &str, body: &Value) -> Value {
    let address = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_mins(2))).unwrap();
    let body = body.to_string();
    let head = format!(
        "POST {path} HTTP/1.0\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(" 200 "), "{path}: {answer}");
    serde_json::from_str(body).unwrap()
}

/// Base64, as the gateway wants keys and values.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let letter = |bits: u32| char::from(LETTERS[usize::try_from(bits & 63).unwrap()]);
    let three = |chunk: &[u8]| {
        let bits = chunk.iter().fold(0, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        let all = [bits >> 18, bits >> 12, bits >> 6, bits].map(letter);
        let kept = chunk.len() + 1;
        all.into_iter().enumerate().map(move |(at, letter)| if at < kept { letter } else { '=' }).collect::<String>()
    };
    bytes.chunks(3).map(three).collect()
}

#[test]
fn all_that_can_be_known_is_known_with_full_rights() {
    // Other test clusters do not wait for their disk, and so have no fsync to measure.
    let options = Options::new().arg(Component::Etcd, "--unsafe-no-fsync=false");
    let cluster = Cluster::start(&options).unwrap();
    let etcd = cluster.etcd_metrics_url();
    let run = |args: &[&str]| sizing(args).kubeconfig(cluster.kubeconfig()).run().unwrap();
    let output = run(&["--etcd-metrics", &etcd, "--interval", "6s", "--sample", "-o", "json", "--fail-on", "never"]);
    let report = validated(&output, &schema());
    assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{output}");
    let evidence: Vec<&str> =
        report["evidence"].as_array().unwrap().iter().map(|e| e["id"].as_str().unwrap()).collect();
    assert_eq!(evidence, ["etcd-metrics", "apiserver-metrics", "count", "sample", "nodes"]);
    assert_eq!((&report["notChecked"], &report["tier"]), (&json!([]), &json!("small")), "{report:#}");
    assert_eq!(report["database"]["quota"], "read");
    assert_eq!(report["database"]["quotaBytes"], 2_147_483_648_u64);
    for id in [
        "database-size",
        "quota",
        "in-use-share",
        "growth",
        "leader",
        "members",
        "fsync",
        "commit",
        "requests",
        "apiserver-requests",
        "slow-applies",
        "leader-changes",
        "failed-proposals",
        "files",
    ] {
        assert!(measure(&report, id).is_some(), "no {id} in {report:#}");
    }
    assert_eq!(measure(&report, "requests").unwrap()["over"], "window");
    let fsync = measure(&report, "fsync").unwrap();
    // Beyond the last bucket there is no upper bound, on a disk that is that busy.
    let (least, most) = (fsync["atLeast"].as_f64(), fsync["atMost"].as_f64());
    assert!(least.is_some() && most.is_none_or(|most| Some(most) > least), "{fsync}");
    let named = |id: &str| report["criteria"].as_array().unwrap().iter().any(|criterion| criterion["id"] == id);
    assert!(["clients", "requests", "data", "nodes"].into_iter().all(named), "{report:#}");
    let uses = report["uses"].as_array().unwrap();
    assert!(uses.iter().any(|of| of["resource"] == "leases.coordination.k8s.io"), "{report:#}");
    assert!(uses.iter().any(|of| of["largest"]["bytes"].as_u64() > Some(0)));
    // The number of Secrets comes from metrics; not one of them is asked for.
    assert!(!uses.iter().any(|of| of["resource"] == "secrets" && of["sampled"] == true));

    for format in ["table", "wide", "markdown", "yaml"] {
        let output = run(&["--etcd-metrics", &etcd, "-o", format]);
        assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{output}");
        if format != "yaml" {
            for words in ["etcd's hardware tier", "p99 of log fsync", "quota", "since start"] {
                assert!(output.stdout.contains(words), "no `{words}` in {output}");
            }
        }
    }
}

#[test]
fn nothing_is_written_and_no_secret_is_asked_for() {
    let cluster = shared();
    let user = User::named("operator").with_role("cluster-admin").may(&["list"], &[""], &["nodes"]);
    let access = cluster.kubeconfig_for(&user).unwrap();
    let mark = cluster.audit().mark().unwrap();
    let output = sizing(&["--sample", "--interval", "1s"]).kubeconfig(&access.kubeconfig).run().unwrap();
    assert_eq!(output.code, 0, "{output}");
    let asked = cluster.audit().since(mark).unwrap();
    let ours: Vec<_> = asked.iter().filter(|event| event.user == access.user).collect();
    assert!(ours.len() > 20, "{}", ours.len());
    for event in ours {
        assert!(!event.is_write() && !event.uri.contains("secrets"), "{} {}", event.verb, event.uri);
    }
}

#[test]
fn with_the_view_role_what_is_missing_is_named_with_its_rule() {
    let cluster = shared();
    let access = cluster.kubeconfig_for(&User::named("viewer").with_role("view")).unwrap();
    let viewer = access.kubeconfig;
    let output = sizing(&["-o", "json"]).kubeconfig(&viewer).run().unwrap();
    let report = validated(&output, &schema());
    assert_eq!(output.code, 3, "{output}");
    assert_eq!(report["verdict"], "unknown");
    let missing: Vec<&Value> = report["notChecked"].as_array().unwrap().iter().collect();
    let rule =
        |field: &str, name: &str| missing.iter().any(|part| part["rule"][field] == name && part["why"] == "forbidden");
    assert!(rule("nonResourceURL", "/metrics") && rule("resource", "nodes"), "{report:#}");
    assert!(report["uses"].as_array().unwrap().iter().any(|of| of["resource"] == "configmaps"), "{report:#}");
    let table = sizing(&[]).kubeconfig(&viewer).run().unwrap();
    assert!(table.stdout.contains("the hardware tier that etcd needs cannot be told from here"), "{table}");
    assert!(table.stdout.contains("/metrics"), "{table}");
    assert_eq!(sizing(&["--allow-partial"]).kubeconfig(&viewer).run().unwrap().code, 0);
}

#[test]
fn a_filled_etcd_is_seen_full_then_fragmented_then_whole_again() {
    let cluster = Cluster::start(
        &Options::new()
            .without(Component::Scheduler)
            .without(Component::ControllerManager)
            .arg(Component::Etcd, "--quota-backend-bytes=1250000000")
            .arg(Component::Etcd, "--snapshot-count=100"),
    )
    .unwrap();
    let (url, metrics) = (cluster.etcd_client_url(), cluster.etcd_metrics_url());
    let schema = schema();
    let look = |args: &[&str]| {
        let all = [&["--etcd-metrics", &metrics, "-o", "json"], args].concat();
        let output = sizing(&all).kubeconfig(cluster.kubeconfig()).run().unwrap();
        (output.code, validated(&output, &schema))
    };
    let (code, before) = look(&[]);
    assert_eq!((code, ids(&before)), (0, vec!["etcd-single-member".to_owned()]));

    // Values of 250 kB, until more than 1 GB are in use.
    let value = base64(&vec![b'x'; 250_000]);
    let mut number = 0;
    let full = loop {
        for _ in 0..(if number < 3500 { 3500 } else { 100 }) {
            let key = base64(format!("/filling/{number:04}").as_bytes());
            etcd(&url, "/v3/kv/put", &json!({"key": key, "value": value}));
            number += 1;
        }
        let (code, report) = look(&[]);
        if report["database"]["inUseBytes"].as_u64() > Some(1_000_000_000) {
            let nearly = report["findings"].as_array().unwrap().iter().find(|f| f["id"] == "etcd-nearly-full");
            let severity = nearly.unwrap_or_else(|| panic!("{report:#}"))["severity"].as_str().unwrap().to_owned();
            assert_eq!(code, i32::from(severity == "error"), "{report:#}");
            break report;
        }
    };
    assert_eq!(full["database"]["quotaBytes"], 1_250_000_000_u64);
    assert_eq!(full["tier"], "xlarge");
    let decides: Vec<&Value> = full["criteria"].as_array().unwrap().iter().filter(|c| c["decides"] == true).collect();
    assert_eq!(decides.iter().map(|criterion| criterion["id"].as_str().unwrap()).collect::<Vec<_>>(), ["data"]);

    // Most of it goes; the file stays as large as it was.
    let range = json!({"key": base64(b"/filling/0000"), "range_end": base64(b"/filling/3200")});
    let answer = etcd(&url, "/v3/kv/deleterange", &range);
    let revision = answer["header"]["revision"].as_str().unwrap().to_owned();
    etcd(&url, "/v3/kv/compaction", &json!({"revision": revision, "physical": true}));
    let start = Instant::now();
    let fragmented = loop {
        let (code, report) = look(&[]);
        if ids(&report).contains(&"etcd-fragmented".to_owned()) {
            assert_eq!(code, 1);
            break report;
        }
        assert!(start.elapsed() < Duration::from_mins(1), "{report:#}");
        std::thread::sleep(Duration::from_millis(500));
    };
    assert!(measure(&fragmented, "in-use-share").unwrap()["value"].as_f64() < Some(50.0));
    let finding = fragmented["findings"].as_array().unwrap().iter().find(|f| f["id"] == "etcd-fragmented").unwrap();
    let advice = finding["fix"]["advice"].as_str().unwrap();
    assert!(advice.contains("one member at a time, the leader last"), "{advice}");

    etcd(&url, "/v3/maintenance/defragment", &json!({}));
    let (code, whole) = look(&[]);
    assert_eq!((code, ids(&whole)), (0, vec!["etcd-single-member".to_owned()]), "{whole:#}");
    assert!(measure(&whole, "in-use-share").unwrap()["value"].as_f64() > Some(90.0), "{whole:#}");
    assert_eq!(whole["tier"], "medium");
}

#[test]
fn a_negative_quota_is_told_to_be_off() {
    let options = Options::new().without(Component::Scheduler).without(Component::ControllerManager);
    let cluster = Cluster::start(&options.arg(Component::Etcd, "--quota-backend-bytes=-1")).unwrap();
    let args = ["--etcd-metrics", &cluster.etcd_metrics_url(), "-o", "json"];
    let output = sizing(&args).kubeconfig(cluster.kubeconfig()).run().unwrap();
    let report = validated(&output, &schema());
    assert_eq!(output.code, 0, "{output}");
    assert_eq!((&report["database"]["quota"], &report["database"]["quotaBytes"]), (&json!("disabled"), &Value::Null));
    assert!(ids(&report).contains(&"etcd-quota".to_owned()), "{report:#}");
    let off = report["findings"].as_array().unwrap().iter().find(|finding| finding["id"] == "etcd-quota").unwrap();
    assert_eq!(off["title"], "etcd's quota is switched off");
}

#[test]
fn without_a_cluster_etcd_alone_is_told_of() {
    let cluster = shared();
    let output = sizing(&["--etcd-metrics", &cluster.etcd_metrics_url(), "-o", "json"]).run().unwrap();
    let report = validated(&output, &schema());
    assert_eq!(output.code, 0, "{output}");
    assert!(report["cluster"].is_null() && measure(&report, "database-size").is_some());
    let table = sizing(&["--etcd-metrics", &cluster.etcd_metrics_url()]).run().unwrap();
    assert!(table.stdout.starts_with("no cluster was asked"), "{table}");
    // And without either there is nothing to tell.
    assert_eq!(sizing(&[]).run().unwrap().code, 2);
}

/// Serves one page to everybody; ends with the process.
fn page(content: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut buffer = [0; 4096];
            let _ = stream.read(&mut buffer);
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", content.len());
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(content.as_bytes()));
        }
    });
    address
}

#[test]
fn what_is_no_metrics_of_etcd_is_a_clear_failure() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let table = [
        (page("<html><body>log in</body></html>\n"), "what answers there is not metrics"),
        (page("# TYPE up gauge\nnode_load1 0.5\n"), "these are metrics, but not etcd's"),
        (page(""), "what answers there is not metrics"),
        (format!("http://{closed}"), "nothing listens at"),
    ];
    for (address, words) in table {
        let output = sizing(&["--etcd-metrics", &address]).env("COLUMNS", "200").run().unwrap();
        assert_eq!(output.code, 3, "{output}");
        assert!(output.stdout.contains(words), "no `{words}` in {output}");
        assert!(output.stdout.contains(&address), "{output}");
    }
}

#[test]
fn histograms_without_samples_are_said_to_have_none() {
    let address = page(
        "etcd_server_has_leader 1\nprocess_start_time_seconds 1.7e+09\n\
         etcd_disk_wal_fsync_duration_seconds_bucket{le=\"0.001\"} 0\n\
         etcd_disk_wal_fsync_duration_seconds_bucket{le=\"+Inf\"} 0\n",
    );
    let output = sizing(&["--etcd-metrics", &address]).run().unwrap();
    assert_eq!(output.code, 0, "{output}");
    assert!(output.stdout.contains("no samples yet"), "{output}");
    let report = validated(&sizing(&["--etcd-metrics", &address, "-o", "json"]).run().unwrap(), &schema());
    let fsync = measure(&report, "fsync").unwrap();
    assert!(fsync["atLeast"].is_null() && fsync["level"].is_null(), "{fsync}");
}

#[test]
fn a_plan_is_answered_without_a_cluster() {
    let output = sizing(&["--plan", "nodes=500,pods=20000", "-o", "json"]).run().unwrap();
    let report = validated(&output, &schema());
    assert_eq!((output.code, &report["tier"]), (0, &json!("large")), "{output}");
    let types: Vec<&str> = report["examples"].as_array().unwrap().iter().map(|e| e["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["m4.2xlarge", "n1-standard-8", "n1-standard-16", "c4.4xlarge"]);
    let table = sizing(&["--plan", "nodes=500,pods=20000"]).run().unwrap();
    for words in ["large", "8 cores", "500 sequential IOPS", "n1-standard-16 (GCE)", "m4.2xlarge (AWS)", "planned"] {
        assert!(table.stdout.contains(words), "no `{words}` in {table}");
    }
    for wrong in ["nodes", "cows=3", "nodes=0", "nodes=1,nodes=2", ""] {
        let output = sizing(&["--plan", wrong]).run().unwrap();
        assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{output}");
    }
}

#[test]
fn an_earlier_report_tells_the_days_only_when_it_is_old_enough() {
    let cluster = shared();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("earlier.json");
    let url = cluster.etcd_metrics_url();
    let run = |args: &[&str]| {
        let all = [&["--etcd-metrics", &url, "-o", "json"], args].concat();
        sizing(&all).kubeconfig(cluster.kubeconfig()).run().unwrap()
    };
    let first = run(&[]);
    std::fs::write(&file, &first.stdout).unwrap();
    let compare = || {
        let report = validated(&run(&["--compare", file.to_str().unwrap()]), &schema());
        report["quotaReached"].clone()
    };
    assert_eq!(compare()["known"], "notEnoughData");
    let mut earlier: Value = serde_json::from_str(&first.stdout).unwrap();
    earlier["generatedAt"] = json!("2026-01-01T00:00:00Z");
    earlier["database"]["inUseBytes"] = json!(1000);
    std::fs::write(&file, earlier.to_string()).unwrap();
    let days = compare();
    assert_eq!(days["known"], "range", "{days}");
    assert!(days["atLeastDays"].as_u64() < days["atMostDays"].as_u64(), "{days}");
    earlier["cluster"]["server"] = json!("https://elsewhere");
    std::fs::write(&file, earlier.to_string()).unwrap();
    let other = run(&["--compare", file.to_str().unwrap()]);
    assert!(other.stderr.contains("another cluster") && other.stdout.contains("notEnoughData"), "{other}");
    std::fs::write(&file, "<html>").unwrap();
    let broken = run(&["--compare", file.to_str().unwrap()]);
    assert_eq!((broken.code, broken.stdout.as_str()), (2, ""), "{broken}");
}
