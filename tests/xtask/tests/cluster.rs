//! `cargo xtask cluster` as a person uses it: up, up again, status, down, down again.
#![expect(clippy::unwrap_used, reason = "the helpers of a test fail like a test")]

use std::path::Path;

use quicktour_testkit::cli::{Cli, Output};

fn xtask(state: &Path, args: &[&str]) -> Output {
    // The real home: the test cluster's programs are cached there.
    let home = std::env::var_os("HOME").unwrap();
    let cli = Cli::new(env!("CARGO_BIN_EXE_quicktour-xtask")).arg("cluster").args(args);
    cli.env("XDG_STATE_HOME", state).env("HOME", home).run().unwrap()
}

fn pids(status: &str) -> Vec<String> {
    let lines = status.lines().filter_map(|line| line.strip_prefix("process"));
    lines.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
}

#[test]
fn a_cluster_outlives_the_command_and_goes_with_down() {
    let state = tempfile::tempdir().unwrap();
    let xtask = |args: &[&str]| xtask(state.path(), args);
    let none = xtask(&["status"]);
    let expected = "exit code: 1\n----- stdout -----\n----- stderr -----\nerror: no cluster is running\nhint: cargo xtask cluster up\n";
    assert_eq!(none.to_string(), expected);

    let up = xtask(&["up"]);
    assert_eq!(up.code, 0, "{up}");
    let kubeconfig = up.stdout.strip_prefix("export KUBECONFIG=").unwrap().trim_end();
    assert_eq!(up.stdout.lines().count(), 1);
    assert!(Path::new(kubeconfig).is_file());

    let again = xtask(&["up"]);
    assert_eq!((again.code, &again.stdout), (0, &up.stdout));
    assert!(again.stderr.starts_with("the cluster is running already at https://127.0.0.1:"), "{again}");

    let status = xtask(&["status"]);
    let pids = pids(&status.stdout);
    assert_eq!(pids.len(), 4, "{status}");
    assert!(pids.iter().all(|pid| Path::new("/proc").join(pid).exists()), "{status}");

    let down = xtask(&["down"]);
    assert_eq!((down.code, down.stderr.as_str()), (0, "the cluster has ended\n"));
    assert!(!pids.iter().any(|pid| Path::new("/proc").join(pid).exists()), "{status}");
    assert!(!Path::new(kubeconfig).parent().unwrap().exists());
    assert_eq!(xtask(&["down"]).stderr, "no cluster is running\n");
}
