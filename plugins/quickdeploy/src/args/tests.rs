use super::*;

fn parse(words: &[&str]) -> Result<Args, clap::Error> {
    Args::parse(["kubectl-quickdeploy"].iter().chain(words).map(OsString::from))
}

fn refusal(words: &[&str]) -> String {
    parse(words).unwrap_err().to_string()
}

fn image(words: &[&str]) -> Option<String> {
    match parse(words).unwrap().verb? {
        Verb::Run(run) => Some(run.image),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_flags_are_well_formed_and_explained() {
    command().debug_assert();
    for command in command().get_subcommands() {
        assert!(command.get_about().is_some(), "{}", command.get_name());
        for arg in command.get_arguments().filter(|arg| arg.get_id() != "help") {
            assert!(arg.get_help().is_some(), "{} {}", command.get_name(), arg.get_id());
        }
    }
}

#[test]
fn a_first_word_that_can_only_be_an_image_is_run() {
    let kuard = "gcr.io/kuar-demo/kuard-amd64:blue";
    for words in [
        &[kuard][..],
        &["run", kuard],
        &["-n", "shop", kuard],
        &["--namespace=shop", kuard, "--replicas", "2"],
        &["-nshop", "--yes", kuard],
        &["--yes=ctx", "--context", "a:b", kuard],
    ] {
        assert_eq!(image(words).as_deref(), Some(kuard), "{words:?}");
    }
    assert_eq!(image(&["nginx@sha256:0"]).as_deref(), Some("nginx@sha256:0"));
    assert_eq!(image(&[]), None);
}

#[test]
fn any_other_first_word_is_a_verb_and_the_nearest_is_named() {
    assert!(refusal(&["scael", "web"]).contains("did you mean `scale`?"));
    assert!(refusal(&["nginx"]).contains("`run nginx`"));
    assert!(!refusal(&["zzz\u{1b}[31m"]).contains('\u{1b}'));
}

#[test]
fn kubectls_flags_stand_before_and_after_the_verb() {
    for words in [&["-n", "shop", "history", "web"][..], &["history", "web", "-n", "shop"]] {
        assert_eq!(parse(words).unwrap().connect.namespace.as_deref(), Some("shop"), "{words:?}");
    }
}

#[test]
fn flags_with_an_optional_value_take_it_as_kubectl_does() {
    let run = |words: &[&str]| match parse(&[&["run", "a:1"], words].concat()).unwrap().verb.unwrap() {
        Verb::Run(run) => run,
        other => panic!("{other:?}"),
    };
    assert_eq!(run(&[]).writes.dry_run, DryRun::None);
    assert_eq!(run(&["--dry-run=server"]).writes.dry_run, DryRun::Server);
    assert_eq!(run(&["--dry-run"]).writes.dry_run, DryRun::Client);
    assert_eq!(run(&["--expose"]).expose.as_deref(), Some("ClusterIP"));
    assert_eq!(run(&["--expose", "LoadBalancer:80"]).expose.as_deref(), Some("LoadBalancer:80"));
    assert_eq!(run(&["--expose=NodePort"]).expose.as_deref(), Some("NodePort"));
    assert_eq!(run(&["--command", "--", "sleep", "-x"]).args, ["sleep", "-x"]);
}

#[test]
fn a_path_has_its_slash() {
    for (typed, path) in [("env/api", "/env/api"), ("/a%20b?x=1", "/a%20b?x=1")] {
        let Some(Verb::Probe(probe)) = parse(&["probe", "web", "--path", typed]).unwrap().verb else { panic!() };
        assert_eq!(probe.traffic.path, path);
    }
}

#[test]
fn what_cannot_be_is_refused() {
    refusal(&["history", "web", "-A"]);
    refusal(&["update", "web"]);
    refusal(&["run", "a:1", "--pod", "--replicas", "2"]);
    refusal(&["probe", "web", "--rate", "1000"]);
    refusal(&["probe", "web", "--path", "/a b"]);
    refusal(&["update", "web", "--env", "A=1", "--probe", "--path", "/\u{e9}"]);
    refusal(&["status", "web", "--timeout", "0s"]);
    refusal(&["status", "web", "--timeout", "soon"]);
}
