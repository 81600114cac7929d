//! What a preview prints: kubectl's wording, and objects that kubectl takes as they are.

use std::path::PathBuf;
use std::process::Stdio;

use insta::assert_snapshot;
use serde_json::Value;

use crate::support::{Desk, IMAGE};

/// Every verb that writes, for a Deployment `web` with two revisions and a paused one `held`, and what kubectl says of
/// its dry run.
const VERBS: &[(&str, &[&str], &str)] = &[
    ("run", &["run", IMAGE, "--name", "new", "--replicas", "2"], "deployment.apps/new created"),
    ("run-again", &["run", IMAGE, "--name", "held"], "deployment.apps/held unchanged"),
    ("pod", &["run", IMAGE, "--name", "lone", "--pod"], "pod/lone created"),
    ("expose", &["expose", "web", "--type", "NodePort"], "service/web exposed"),
    ("scale", &["scale", "web", "--replicas", "3"], "deployment.apps/web scaled"),
    ("update-image", &["update", "web", "--image", "registry.test/web:v3"], "deployment.apps/web image updated"),
    ("update-env", &["update", "web", "--env", "LEVEL=debug"], "deployment.apps/web env updated"),
    (
        "update-resources",
        &["update", "web", "--limits", "memory=1Gi"],
        "deployment.apps/web resource requirements updated",
    ),
    ("undo", &["undo", "web"], "deployment.apps/web rolled back"),
    ("restart", &["restart", "web"], "deployment.apps/web restarted"),
    ("pause", &["pause", "web"], "deployment.apps/web paused"),
    ("resume", &["resume", "held"], "deployment.apps/held resumed"),
];

/// `web` with two revisions, `held` paused.
fn furnished(prefix: &str) -> Desk {
    let desk = Desk::new(prefix);
    desk.fine(&["run", IMAGE, "--replicas", "2", "--port", "8080", "--yes"]);
    desk.fine(&["run", IMAGE, "--name", "held", "--yes"]);
    desk.fine(&["pause", "held", "--yes"]);
    desk.fine(&["update", "web", "--image", "registry.test/web:v2", "--yes"]);
    desk.until_settled("web");
    desk.until_settled("held");
    desk
}

#[test]
fn every_verb_says_what_kubectl_would_and_sends_nothing_but_dry_runs() {
    let desk = furnished("words");
    for (name, args, line) in VERBS {
        for (place, mode) in [("server", "server dry run"), ("client", "dry run")] {
            let dry_run = format!("--dry-run={place}");
            let mark = desk.mark();
            let output = desk.unharmed(|| desk.run(&[args, &[dry_run.as_str()][..]].concat()));
            // Without the server nobody knows that nothing would change.
            let line = if place == "client" { line.replace("unchanged", "created") } else { (*line).to_owned() };
            assert_eq!((output.code, output.stdout), (0, format!("{line} ({mode})\n")), "{name}");
            let asked = desk.writes_since(mark).len();
            assert!(if place == "client" { asked == 0 } else { asked > 0 }, "{name} {place}: {asked}");
        }
    }
    let cleanup = desk.unharmed(|| desk.run(&["cleanup", "--dry-run=server"]));
    assert_eq!(cleanup.code, 0, "{cleanup}");
    assert_snapshot!("cleanup", desk.shown(&cleanup));
}

#[test]
fn kubectl_applies_what_a_dry_run_prints() {
    let desk = furnished("piped");
    for (name, args, line) in VERBS {
        for (place, format) in [("server", "yaml"), ("server", "json"), ("client", "yaml"), ("client", "json")] {
            let dry_run = format!("--dry-run={place}");
            let printed = desk.fine(&[args, &[dry_run.as_str(), "-o", format][..]].concat());
            let object: Value = if format == "json" {
                serde_json::from_str(&printed)
            } else {
                Ok(serde_saphyr::from_str(&printed).unwrap())
            }
            .unwrap();
            for field in ["uid", "resourceVersion", "generation", "managedFields", "creationTimestamp"] {
                assert_eq!(object["metadata"].get(field), None, "{name}: {printed}");
            }
            for path in ["/status", "/spec/clusterIP", "/spec/clusterIPs", "/spec/ports/0/nodePort", "/spec/nodeName"] {
                assert_eq!(object.pointer(path), None, "{name}: {printed}");
            }
            // Both of kubectl's ways to apply take it as it is, without a namespace of their own.
            let plain = desk.cluster.feed(&["apply", "--dry-run=server", "-f", "-"], &printed);
            let what = line.split(' ').next().unwrap();
            assert!(plain.as_ref().is_ok_and(|said| said.starts_with(what)), "{name}: {plain:?}\n{printed}");
            let ours = [
                "apply",
                "--server-side",
                "--field-manager=quicktour",
                "--force-conflicts",
                "--dry-run=server",
                "-f",
                "-",
            ];
            let applied = desk.cluster.feed(&ours, &printed);
            assert!(applied.as_ref().is_ok_and(|said| said.starts_with(what)), "{name}: {applied:?}\n{printed}");
        }
    }
}

#[test]
fn what_is_piped_into_kubectl_lives() {
    let desk = Desk::new("lives");
    let run = ["run", IMAGE, "--replicas", "2", "--port", "8080", "--expose", "NodePort:80"];
    let printed = desk.fine(&[&run[..], &["--dry-run=server", "-o", "yaml"]].concat());
    let said = desk.cluster.feed(&["apply", "--server-side", "-f", "-"], &printed).unwrap();
    assert_eq!(said, "deployment.apps/web serverside-applied\nservice/web serverside-applied\n");
    assert_eq!(desk.get(&["deployment/web"])["spec"]["replicas"], 2);
    // What kubectl made is kubectl's.
    let output = desk.run(&[&run[..], &["--yes"]].concat());
    assert_eq!(output.code, 1, "{output}");
    assert!(output.stderr.contains("was not made by this command"), "{output}");
}

#[test]
fn yaml_and_json_are_what_the_command_says_it_sends() {
    let desk = Desk::new("same");
    let run = ["run", IMAGE, "--replicas", "2", "--port", "8080", "--probe-path", "/ready", "--expose"];
    let of = |more: &[&str]| desk.fine(&[&run[..], more].concat());
    let same = |text: &str| crate::support::shown(text, desk.cluster);
    assert_snapshot!("server-yaml", same(&of(&["--dry-run=server", "-o", "yaml"])));
    // kubectl writes several objects as a list in JSON.
    let list: Value = serde_json::from_str(&of(&["--dry-run=client", "-o", "json"])).unwrap();
    assert_eq!((&list["kind"], list["items"].as_array().unwrap().len()), (&Value::from("List"), 2));
    let yaml = same(&of(&["--dry-run=client", "-o", "yaml"]));
    for (document, item) in yaml.split("---\n").zip(list["items"].as_array().unwrap()) {
        let document: Value = serde_saphyr::from_str(&document.replace("[RUN]", "run")).unwrap();
        let item: Value = serde_json::from_str(&same(&item.to_string()).replace("[RUN]", "run")).unwrap();
        assert_eq!(document, item);
    }
    // What is written is what was shown.
    let output = desk.run(&[&run[..], &["--yes"]].concat());
    assert_eq!(output.code, 0, "{output}");
    assert_snapshot!("preview-of-what-is-new", desk.shown(&output));
}

#[test]
fn the_kubectl_wording_is_kubectls() {
    let desk = furnished("wording");
    // The lines above, from kubectl itself.
    let table: &[(&[&str], &str)] = &[
        (&["scale", "deployment.apps/web", "--replicas=3"], "scale"),
        (&["set", "image", "deployment.apps/web", "web=registry.test/web:v3"], "update-image"),
        (&["set", "env", "deployment.apps/web", "LEVEL=debug"], "update-env"),
        (&["set", "resources", "deployment.apps/web", "--limits=memory=1Gi"], "update-resources"),
        (&["rollout", "undo", "deployment.apps/web"], "undo"),
        (&["expose", "deployment.apps/web", "--type=NodePort"], "expose"),
    ];
    for (args, verb) in table {
        let said = desk.kubectl(&[args, &["--dry-run=server"][..]].concat());
        let (_, _, line) = VERBS.iter().find(|(name, ..)| name == verb).unwrap();
        // kubectl's own undo is the one that says this first.
        let said = said.lines().next_back().unwrap();
        assert_eq!(said, format!("{line} (server dry run)"), "{args:?}");
    }
}

#[test]
fn objects_can_be_piped_while_they_are_made() {
    // A reader that goes away changes no code.
    let desk = Desk::new("closed");
    let mut command = desk.cli(&["run", IMAGE, "--dry-run=client", "-o", "yaml"]).into_command();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
    let file: PathBuf = desk.state().join("web.yaml");
    std::fs::write(&file, desk.fine(&["run", IMAGE, "--dry-run=client", "-o", "yaml"])).unwrap();
    desk.kubectl(&["apply", "-f", file.to_str().unwrap()]);
    assert!(desk.exists("deployment/web"));
}
