//! The disk check: what it measures, refuses and leaves behind.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use quicktour_testkit::binaries;
use quicktour_testkit::cli::Output;
use tempfile::TempDir;

use crate::support::{sizing, validated};

/// A folder on a disk: what lies under /tmp may be memory.
fn folder() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

fn disk(dir: &Path, args: &[&str]) -> Output {
    let dir = dir.to_str().unwrap();
    sizing(&[&["disk", "--dir", dir], args].concat()).run().unwrap()
}

fn is_empty(dir: &Path) -> bool {
    fs::read_dir(dir).unwrap().next().is_none()
}

#[test]
fn a_report_says_what_was_written_and_how_long_it_took() {
    let dir = folder();
    let schema = sizing(&["disk", "--dir", ".", "--print-schema"]).run().unwrap().success().unwrap();
    let output = disk(dir.path(), &["-o", "json", "--max-size", "2300000", "--fail-on", "never"]);
    let report = validated(&output, &schema);
    assert_eq!((output.code, output.stderr.as_str()), (0, ""));
    assert_eq!(report["kind"], "EtcdDiskReport");
    assert_eq!((&report["writes"], &report["writeBytes"]), (&1000.into(), &2300.into()));
    let number = |pointer: &str| report.pointer(pointer).and_then(serde_json::Value::as_f64).unwrap();
    let spans = ["p50", "p90", "p99", "slowest"].map(|name| number(&format!("/sync/{name}Seconds")));
    assert!(spans.is_sorted() && spans[0] > 0.0, "{spans:?}");
    let counted: u64 =
        report["sync"]["histogram"].as_array().unwrap().iter().map(|b| b["count"].as_u64().unwrap()).sum();
    assert_eq!(counted, 1000);
    // With too few writes beyond it a percentile is not told.
    assert!(report["sync"]["p999Seconds"].is_null());
    let rate = 1000.0 / number("/elapsedSeconds");
    assert!((number("/sequentialIops") / rate - 1.0).abs() < 0.01, "{rate} {report:#}");
    assert!(is_empty(dir.path()));
}

#[test]
fn people_read_the_rate_the_percentiles_the_demands_and_a_histogram() {
    let dir = folder();
    let small = ["--max-size", "2300000", "--fail-on", "never"];
    for (format, also) in [("table", ""), ("wide", "github.com/etcd-io/website"), ("markdown", "# Disk for etcd")] {
        let output = disk(dir.path(), &[&small[..], &["-o", format]].concat());
        for words in [
            "1,000 writes of 2,300 bytes",
            "sequential writes per second",
            "p99 of fdatasync",
            "50 sequential writes per second",
            "500 sequential writes per second for heavy load",
            "p99 of fdatasync below 10 ms",
            "fdatasync took",
            also,
        ] {
            assert!(output.stdout.contains(words), "no `{words}` in {output}");
        }
        assert!(output.stderr.is_empty() && !output.stdout.contains("cluster"), "{output}");
    }
}

#[test]
fn time_bounds_a_check() {
    let dir = folder();
    let start = Instant::now();
    let output = disk(dir.path(), &["--max-size", "2Gi", "--max-time", "300ms", "--fail-on", "never"]);
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
    assert!(output.stdout.contains("when the time was over"), "{output}");
    assert!(is_empty(dir.path()));
}

#[test]
fn an_interrupted_check_leaves_nothing_behind() {
    for signal in ["INT", "TERM", "HUP"] {
        let dir = folder();
        let command = sizing(&["disk", "--dir", dir.path().to_str().unwrap(), "--max-size", "2Gi", "--max-time", "5m"]);
        let mut child = command.into_command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let start = Instant::now();
        while is_empty(dir.path()) {
            assert!(start.elapsed() < Duration::from_secs(20), "no file was made");
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(50));
        let sent = Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let status = child.wait().unwrap();
        let mut said = String::new();
        child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!((status.code(), said.as_str()), (Some(130), ""), "{signal}");
        assert!(is_empty(dir.path()), "{signal} left {:?}", fs::read_dir(dir.path()).unwrap().next());
    }
}

#[test]
fn folders_that_cannot_be_written_in_are_named() {
    let dir = folder();
    let missing = disk(&dir.path().join("missing"), &[]);
    assert_eq!(missing.code, 2);
    assert!(missing.stderr.contains("there is no such folder"), "{missing}");
    let file = dir.path().join("file");
    fs::write(&file, "kept").unwrap();
    let file = disk(&file, &[]);
    assert_eq!(file.code, 3, "{file}");
    assert!(file.stderr.contains("it is not a folder"), "{file}");
    assert!(file.stdout.is_empty());
}

/// Folders that only root can make: a full file system and a read-only one.
#[test]
fn full_and_read_only_folders_are_left_as_they_were() {
    if !rustix_is_root() {
        return;
    }
    let dir = folder();
    let mounted = Mounted::new(dir.path(), "size=1m");
    let full = disk(dir.path(), &[]);
    assert_eq!((full.code, full.stdout.as_str()), (3, ""), "{full}");
    assert!(full.stderr.contains("there is no room for the check's file"), "{full}");
    assert!(full.stderr.contains("--max-size"), "{full}");
    assert!(is_empty(dir.path()));
    mounted.again("remount,ro");
    let read_only = disk(dir.path(), &[]);
    assert_eq!((read_only.code, read_only.stdout.as_str()), (3, ""), "{read_only}");
    assert!(read_only.stderr.contains("the file system is read-only"), "{read_only}");
    assert!(is_empty(dir.path()));
    mounted.again("remount,rw,size=200m");
    let memory = disk(dir.path(), &["--max-size", "2300000"]);
    assert_eq!(memory.code, 1, "{memory}");
    assert!(memory.stdout.contains("tmpfs is memory, not a disk"), "{memory}");
}

fn rustix_is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout.trim_ascii() == b"0"
}

/// A file system in memory on a folder, until the test ends.
struct Mounted<'a>(&'a Path);

impl<'a> Mounted<'a> {
    fn new(dir: &'a Path, options: &str) -> Self {
        let mounted = Self(dir);
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", options, "none"]).arg(dir).status().unwrap();
        assert!(done.success());
        mounted
    }

    fn again(&self, options: &str) {
        assert!(Command::new("mount").args(["-o", options]).arg(self.0).status().unwrap().success());
    }
}

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).status();
    }
}

#[test]
fn a_member_that_runs_is_not_disturbed_without_being_told() {
    let dir = folder();
    let data = dir.path().join("etcd");
    let ports = [0, 0].map(|any| std::net::TcpListener::bind(("127.0.0.1", any)).unwrap());
    let [clients, peers] = ports.map(|port| format!("http://{}", port.local_addr().unwrap()));
    let mut etcd = Command::new(binaries::ensure().unwrap().path("etcd"))
        .arg("--data-dir")
        .arg(&data)
        .args(["--listen-client-urls", &clients, "--advertise-client-urls", &clients])
        .args(["--listen-peer-urls", &peers, "--initial-advertise-peer-urls", &peers])
        .args(["--initial-cluster", &format!("default={peers}")])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let start = Instant::now();
    while !data.join("member/snap/db").exists() || !data.join("member/wal").exists() {
        assert!(start.elapsed() < Duration::from_secs(30) && etcd.try_wait().unwrap().is_none(), "etcd did not start");
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(300));
    let small = ["--max-size", "230000", "--fail-on", "never"];
    let refused: Vec<Output> = [&data, &data.join("member"), dir.path()].iter().map(|dir| disk(dir, &small)).collect();
    let told = disk(&data, &[&small[..], &["--beside-live-member"]].concat());
    etcd.kill().unwrap();
    etcd.wait().unwrap();
    for refused in refused {
        assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{refused}");
        assert!(refused.stderr.contains("a member of etcd runs on the data in"), "{refused}");
        assert!(refused.stderr.contains("--beside-live-member"), "{refused}");
    }
    assert_eq!(told.code, 0, "{told}");
    let after = disk(&data, &small);
    assert_eq!(after.code, 0, "{after}");
    assert!(fs::read_dir(&data).unwrap().all(|entry| entry.unwrap().file_name() == "member"));
}

#[test]
fn what_is_no_size_or_time_is_wrong_usage() {
    for wrong in [["--max-size", "much"], ["--max-size", "1Ti"], ["--max-time", "0s"], ["--max-time", "soon"]] {
        let output = disk(Path::new("."), &wrong);
        assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{output}");
    }
    assert_eq!(sizing(&["disk"]).run().unwrap().code, 2);
}
