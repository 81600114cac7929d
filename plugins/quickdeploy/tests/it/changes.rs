//! What the verbs write: once, only what they name, and never over somebody else's.

use std::time::Duration;

use insta::assert_snapshot;
use quicktour_testkit::wait::wait_for;
use serde_json::{Value, json};

use crate::support::{Desk, IMAGE, PATIENCE, assert_only_dry_runs};

const V2: &str = "registry.test/web:v2";

fn running(prefix: &str) -> Desk {
    let desk = Desk::new(prefix);
    let line = ["run", IMAGE, "--replicas", "2", "--port", "8080", "--env", "LEVEL=info", "--expose", "--yes"];
    let made = desk.fine(&line);
    assert_eq!(made, "deployment.apps/web created\nservice/web created\n");
    desk.until_settled("web");
    desk
}

fn web(desk: &Desk) -> Value {
    desk.get(&["deployment/web"])
}

#[test]
fn the_same_line_twice_changes_nothing_and_sends_nothing_that_would() {
    let desk = running("twice");
    let lines: &[&[&str]] = &[
        &["run", IMAGE, "--replicas", "2", "--port", "8080", "--env", "LEVEL=info", "--expose", "--yes"],
        // Without a number, there are as many as there are.
        &["run", IMAGE, "--port", "8080", "--env", "LEVEL=info", "--expose", "--yes"],
        &["scale", "web", "--replicas", "2", "--yes"],
        &["update", "web", "--image", IMAGE, "--yes"],
        &["update", "web", "--env", "LEVEL=info", "--env", "NEVER-", "--yes"],
        &["expose", "web", "--yes"],
        &["resume", "web", "--yes"],
    ];
    for line in lines {
        let before = (web(&desk)["metadata"]["generation"].clone(), desk.objects(), desk.ledger());
        let output = desk.run(line);
        assert_eq!(output.code, 0, "{output}");
        assert!(output.stdout.lines().all(|line| line.ends_with(" unchanged")), "{line:?}: {output}");
        assert_eq!((web(&desk)["metadata"]["generation"].clone(), desk.objects(), desk.ledger()), before, "{line:?}");
    }
    // It needs no yes, for there is nothing to agree to. Without a terminal the question is refused all the same.
    assert_eq!(desk.ledger().len(), 1);
}

#[test]
fn an_update_changes_what_it_names_and_keeps_what_others_wrote() {
    let desk = running("update");
    desk.kubectl(&["annotate", "deployment", "web", "team=shop"]);
    let mark = desk.mark();
    let output = desk.run(&["update", "web", "--image", V2, "--env", "LEVEL=debug", "--limits", "memory=1Gi", "--yes"]);
    assert_eq!((output.code, output.stdout.as_str()), (0, "deployment.apps/web updated\n"), "{output}");
    assert_snapshot!("update", desk.shown(&output));
    let after = web(&desk);
    let container = &after["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["image"], V2);
    assert_eq!(container["env"], json!([{"name": "LEVEL", "value": "debug"}]));
    assert_eq!(container["resources"]["limits"], json!({"memory": "1Gi"}));
    assert_eq!(after["metadata"]["annotations"]["team"], "shop");
    // One write, and a precondition in it.
    let writes = desk.writes_since(mark);
    let (dry, real): (Vec<_>, Vec<_>) = writes.into_iter().partition(|write| write.uri.contains("dryRun=All"));
    assert!(!dry.is_empty());
    assert_eq!(real.len(), 1, "{real:#?}");
    assert!(real[0].request.as_ref().unwrap().to_string().contains("resourceVersion"), "{:#?}", real[0]);
}

#[test]
fn scale_writes_the_number_and_nothing_else() {
    let desk = running("scale");
    let before = web(&desk);
    let mark = desk.mark();
    let output = desk.run(&["scale", "web", "--replicas", "4", "--yes"]);
    assert_eq!((output.code, output.stdout.as_str()), (0, "deployment.apps/web scaled\n"), "{output}");
    assert_snapshot!("scale", desk.shown(&output));
    let after = web(&desk);
    assert_eq!(after["spec"]["replicas"], 4);
    assert_eq!(after["spec"]["template"], before["spec"]["template"]);
    let writes = desk.writes_since(mark);
    let real: Vec<_> = writes.iter().filter(|write| !write.uri.contains("dryRun=All")).collect();
    assert!(
        matches!(&real[..], [write] if write.object.as_ref().is_some_and(|of| of.subresource == "scale")),
        "{real:#?}"
    );
    assert_eq!(desk.fine(&["scale", "web", "--replicas", "0", "--yes"]), "deployment.apps/web scaled\n");
    assert_eq!(web(&desk)["spec"]["replicas"], 0);
}

#[test]
fn undo_goes_back_and_history_tells() {
    let desk = running("undo");
    let first = web(&desk)["spec"]["template"].clone();
    desk.fine(&["update", "web", "--image", V2, "--env", "NEW=1", "--yes"]);
    desk.until_settled("web");
    // A field that no line of ours ever named goes too: the template comes back as a whole.
    desk.kubectl(&[
        "patch",
        "deployment",
        "web",
        "-p",
        "{\"spec\":{\"template\":{\"spec\":{\"priorityClassName\":\"\",\"nodeSelector\":{\"disk\":\"fast\"}}}}}",
    ]);
    desk.until_settled("web");
    let history = desk.fine(&["history", "web"]);
    let chance = regex::Regex::new(r"\b([0-9]+ (s|min)|[0-9]/[0-9]) *").unwrap();
    assert_snapshot!("history", chance.replace_all(&history, "[..] "));
    let revision = desk.fine(&["history", "web", "--revision", "1"]);
    let template: Value = serde_saphyr::from_str(&revision).unwrap();
    assert_eq!(template["spec"], first["spec"]);
    let template: Value =
        serde_json::from_str(&desk.fine(&["history", "web", "--revision", "1", "-o", "json"])).unwrap();
    assert_eq!(template["spec"], first["spec"]);

    let output = desk.run(&["undo", "web", "--to-revision", "1", "--yes"]);
    assert_eq!((output.code, output.stdout.as_str()), (0, "deployment.apps/web rolled back\n"), "{output}");
    assert!(output.stderr.contains("`deployment/web` goes back to revision 1\n"), "{output}");
    assert!(output.stderr.contains("how many pods there are is no part of a revision: 2 as now"), "{output}");
    assert_snapshot!("undo", desk.shown(&output));
    assert_eq!(web(&desk)["spec"]["template"], first);
    desk.until_settled("web");
    // There and back again: 4 is what 1 was.
    let numbers = |history: String| {
        let numbers: Vec<u64> =
            history.lines().skip(1).map(|line| line.split_whitespace().next().unwrap().parse().unwrap()).collect();
        numbers
    };
    let told = wait_for("the newest revision", PATIENCE, || {
        let numbers = numbers(desk.fine(&["history", "web"]));
        (numbers.first() == Some(&4)).then_some(numbers)
    });
    assert_eq!(told.unwrap(), [4, 3, 2]);
    desk.fine(&["undo", "web", "--yes"]);
    assert_eq!(web(&desk)["spec"]["template"]["spec"]["nodeSelector"], json!({"disk": "fast"}));
}

#[test]
fn what_was_scaled_or_updated_here_goes_back_by_the_line_that_made_it() {
    let desk = running("newer");
    desk.fine(&["scale", "web", "--replicas", "5", "--yes"]);
    desk.fine(&["update", "web", "--image", V2, "--yes"]);
    let line = ["run", IMAGE, "--replicas", "2", "--port", "8080", "--env", "LEVEL=info", "--expose", "--yes"];
    assert_eq!(desk.fine(&line), "deployment.apps/web configured\nservice/web unchanged\n");
    let after = web(&desk);
    assert_eq!(
        (&after["spec"]["replicas"], &after["spec"]["template"]["spec"]["containers"][0]["image"]),
        (&json!(2), &json!(IMAGE))
    );
    // Another line is another wish.
    let other = ["run", V2, "--replicas", "3", "--port", "8080", "--yes"];
    assert_eq!(desk.fine(&other), "deployment.apps/web configured\n");
    let after = web(&desk);
    let container = &after["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(
        (&after["spec"]["replicas"], &container["image"], &container["env"]),
        (&json!(3), &json!(V2), &Value::Null)
    );
    assert_eq!(desk.ledger().len(), 1);
}

#[test]
fn restart_pause_and_resume() {
    let desk = running("restart");
    assert_eq!(desk.fine(&["restart", "web", "--yes"]), "deployment.apps/web restarted\n");
    let at = |desk: &Desk| {
        web(desk)["spec"]["template"]["metadata"]["annotations"]["kubectl.kubernetes.io/restartedAt"].clone()
    };
    assert!(at(&desk).is_string());
    assert_eq!(desk.fine(&["pause", "web", "--yes"]), "deployment.apps/web paused\n");
    assert_eq!(web(&desk)["spec"]["paused"], true);
    assert_eq!(desk.fine(&["pause", "web", "--yes"]), "deployment.apps/web unchanged\n");
    // A change of what is paused is taken, and waits.
    desk.fine(&["update", "web", "--image", V2, "--yes"]);
    assert_eq!(desk.fine(&["resume", "web", "--yes"]), "deployment.apps/web resumed\n");
    assert_eq!(web(&desk)["spec"].get("paused"), None);
    assert_eq!(desk.fine(&["resume", "web", "--yes"]), "deployment.apps/web unchanged\n");
}

#[test]
fn a_conflict_names_the_other_manager_and_its_field_and_is_not_forced() {
    let desk = running("conflict");
    desk.kubectl(&["set", "image", "deployment/web", "web=registry.test/web:hotfix"]);
    let line = ["run", IMAGE, "--replicas", "2", "--port", "8080", "--env", "LEVEL=info", "--expose", "--yes"];
    let before = desk.objects();
    let mark = desk.mark();
    let output = desk.run(&line);
    assert_eq!((output.code, output.stdout.as_str()), (1, ""), "{output}");
    assert!(output.stderr.contains("kubectl-set") && output.stderr.contains("image"), "{output}");
    assert_snapshot!("conflict", desk.shown(&output));
    assert_only_dry_runs(&desk.writes_since(mark));
    assert_eq!(desk.objects(), before);
    // As a dry run it is the same refusal.
    let output = desk.run(&[&line[..line.len() - 1], &["--dry-run=server"]].concat());
    assert_eq!((output.code, output.stdout.as_str()), (1, ""), "{output}");

    let output = desk.run(&[&line[..], &["--force-conflicts"]].concat());
    assert_eq!((output.code, output.stdout.as_str()), (0, "deployment.apps/web configured\nservice/web unchanged\n"));
    assert_eq!(web(&desk)["spec"]["template"]["spec"]["containers"][0]["image"], IMAGE);
}

#[test]
fn sets_are_scaled_updated_and_undone_too() {
    let desk = Desk::new("sets");
    let set = |kind: &str, more: &str| {
        format!(
            "{{apiVersion: apps/v1, kind: {kind}, metadata: {{name: db}}, spec: {{{more} selector: {{matchLabels: {{app: db}}}}, \
             template: {{metadata: {{labels: {{app: db}}}}, spec: {{containers: [{{name: db, image: 'registry.test/web:v1'}}]}}}}}}}}"
        )
    };
    desk.feed(&["apply", "-f", "-"], &set("StatefulSet", "serviceName: db, replicas: 1,"));
    desk.feed(&["apply", "-f", "-"], &set("DaemonSet", ""));
    for (typed, name) in [("sts/db", "statefulset.apps/db"), ("ds/db", "daemonset.apps/db")] {
        let history = |lines: usize| {
            wait_for("the controller's revisions", PATIENCE, || {
                (desk.fine(&["history", typed]).lines().count() == lines).then_some(())
            })
            .unwrap();
        };
        history(2);
        assert_eq!(desk.fine(&["update", typed, "--image", V2, "--yes"]), format!("{name} image updated\n"));
        history(3);
        assert_eq!(desk.fine(&["undo", typed, "--yes"]), format!("{name} rolled back\n"));
        let after = desk.get(&[typed]);
        assert_eq!(after["spec"]["template"]["spec"]["containers"][0]["image"], IMAGE);
        assert_eq!(desk.fine(&["restart", typed, "--yes"]), format!("{name} restarted\n"));
        let output = desk.unharmed(|| desk.run(&["pause", typed, "--yes"]));
        assert_eq!(output.code, 1, "{output}");
        assert!(output.stderr.contains("cannot be paused"), "{output}");
    }
    assert_eq!(desk.fine(&["scale", "sts/db", "--replicas", "3", "--yes"]), "statefulset.apps/db scaled\n");
    let output = desk.unharmed(|| desk.run(&["scale", "ds/db", "--replicas", "3", "--yes"]));
    assert!(output.code == 1 && output.stderr.contains("no number of replicas"), "{output}");
    // What was not made here is changed, but not cleaned up.
    assert_eq!(desk.ledger(), [""; 0]);
}

#[test]
fn a_rollout_that_cannot_end_is_told_and_ends_when_the_user_says() {
    // No node anywhere: the pods stay pending.
    let desk = Desk::new("late");
    let began = std::time::Instant::now();
    let output = desk.run(&["run", IMAGE, "--wait", "--timeout", "3s", "--yes"]);
    assert!([1, 4].contains(&output.code), "{output}");
    assert!(began.elapsed() < Duration::from_secs(30));
    assert!(output.stdout.starts_with("deployment.apps/web created\n"), "{output}");
    assert!(output.stderr.contains(&format!("kubectl quickdeploy -n {} undo deployment/web", desk.name())), "{output}");
    assert!(desk.exists("deployment/web"));
    assert_eq!(desk.ledger().len(), 1);
}
