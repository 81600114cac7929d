//! What every plugin keeps before it has seen a cluster, whichever it is.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use cargo_metadata::MetadataCommand;
use quicktour_testkit::cli::Cli;

/// Typed name and program of every plugin: `cluster-health`, `kubectl-cluster_health`.
fn plugins() -> Vec<(String, String)> {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let metadata = MetadataCommand::new().manifest_path(manifest).no_deps().exec().unwrap();
    let plugins: Vec<_> = metadata
        .workspace_packages()
        .into_iter()
        .filter_map(|package| {
            let typed = package.name.strip_prefix("kubectl-")?.to_owned();
            let programs: Vec<&str> =
                package.targets.iter().filter(|target| target.is_bin()).map(|target| target.name.as_str()).collect();
            // kubectl looks for this file when the name is typed.
            let expected = format!("kubectl-{}", typed.replace('-', "_"));
            assert_eq!(programs, [expected.as_str()], "the programs of {}", package.name);
            Some((typed, expected))
        })
        .collect();
    assert!(!plugins.is_empty());
    plugins
}

#[test]
fn help_and_version_need_no_kubeconfig() {
    for (typed, program) in plugins() {
        let run = |flag: &str| Cli::of_workspace(&program).unwrap().arg(flag).run().unwrap();
        let help = run("--help");
        assert_eq!((help.code, help.stderr.as_str()), (0, ""), "{typed}: {help}");
        assert!(help.stdout.contains(&format!("Usage: kubectl {typed}")), "{typed}: {help}");
        let version = run("--version");
        assert_eq!((version.code, version.stderr.as_str()), (0, ""), "{typed}: {version}");
        assert!(version.stdout.contains(env!("CARGO_PKG_VERSION")), "{typed}: {version}");
    }
}

#[test]
fn wrong_usage_is_talk_and_ends_with_two() {
    for (typed, program) in plugins() {
        let output = Cli::of_workspace(&program).unwrap().arg("--no-such-flag").run().unwrap();
        assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{typed}: {output}");
        assert!(output.stderr.contains("--no-such-flag"), "{typed}: {output}");
    }
}
