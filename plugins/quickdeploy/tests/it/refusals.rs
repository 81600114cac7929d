//! What stops before any write: said with its numbers, and nothing changed afterwards.

use insta::assert_snapshot;
use quicktour_testkit::cli::Output;
use quicktour_testkit::cluster::{CONTEXT, shared, unique};
use quicktour_testkit::wait::wait_for;

use crate::support::{Desk, IMAGE, PATIENCE};

/// A line that would make a Deployment and a service.
const RUN: [&str; 8] = ["run", IMAGE, "--replicas", "5", "--port", "8080", "--expose", "--yes"];

/// Asserts that a line stops with this exit code and leaves everything as it was; gives back what was said.
fn stops(desk: &Desk, code: i32, args: &[&str]) -> Output {
    let output = desk.unharmed(|| desk.run(args));
    assert_eq!((output.code, output.stdout.as_str()), (code, ""), "{args:?}: {output}");
    output
}

/// What is told last: the error, below a preview.
fn error_of(desk: &Desk, output: &Output) -> String {
    let shown = desk.shown(output);
    let at = shown.find("error: ").unwrap_or_else(|| panic!("no error in {shown}"));
    shown[at..].to_owned()
}

#[test]
fn a_namespace_that_is_missing_comes_with_the_nearest() {
    let desk = Desk::new("missing");
    // Who may not look at namespaces from outside hears it from the server's dry run.
    let other = unique("nowhere");
    let mark = desk.mark();
    for args in [&RUN[..], &["scale", "web", "--replicas", "2", "--yes"], &["history", "web"]] {
        let output = desk.elsewhere(&other, args).run().unwrap();
        assert!([1, 3].contains(&output.code), "{output}");
        assert_eq!(output.stdout, "", "{output}");
    }
    assert_eq!(desk.writes_since(mark), []);
    // An administrator may.
    let admin = |namespace: &str| {
        let cli = crate::support::bare().env("KUBECONFIG", shared().kubeconfig()).env("XDG_STATE_HOME", desk.state());
        cli.args(["-n", namespace]).args(RUN).run().unwrap()
    };
    let output = admin("xylophone");
    assert_eq!((output.code, output.stdout.as_str()), (1, ""), "{output}");
    assert_snapshot!("namespace-missing", desk.shown(&output));
    let output = admin(&format!("{}x", desk.name()));
    let meant = format!("did you mean `--namespace {}`?", desk.name());
    assert!(output.stderr.contains(&meant), "{output}");
    assert!(!desk.exists("deployment/web"));
}

#[test]
fn a_namespace_that_is_going_takes_nothing() {
    let desk = Desk::new("going");
    let held = "{apiVersion: v1, kind: ConfigMap, metadata: {name: held, finalizers: [example.com/hold]}}";
    desk.feed(&["apply", "-f", "-"], held);
    shared().kubectl(&["delete", "namespace", desk.name(), "--wait=false"]).unwrap().success().unwrap();
    let output = desk.run(&RUN);
    assert_eq!((output.code, output.stdout.as_str()), (1, ""), "{output}");
    assert_snapshot!("namespace-terminating", desk.shown(&output));
    assert!(!desk.exists("deployment/web"));
    assert_eq!(desk.ledger(), [""; 0]);
    desk.kubectl(&["patch", "configmap", "held", "--type=merge", "-p", "{\"metadata\":{\"finalizers\":null}}"]);
}

#[test]
fn a_name_that_somebody_else_has_taken_is_theirs() {
    let desk = Desk::new("taken");
    desk.kubectl(&["create", "deployment", "web", "--image=registry.test/other:v1"]);
    desk.kubectl(&["rollout", "status", "deployment/web", "--watch=false"]);
    assert_snapshot!("taken-deployment", desk.shown(&stops(&desk, 1, &RUN)));
    desk.kubectl(&["delete", "deployment", "web"]);
    desk.kubectl(&["create", "service", "clusterip", "web", "--tcp=80:80"]);
    assert_snapshot!("taken-service", desk.shown(&stops(&desk, 1, &RUN)));
    desk.kubectl(&["run", "lone", "--image=registry.test/other:v1"]);
    let pod = stops(&desk, 1, &["run", IMAGE, "--name", "lone", "--pod", "--yes"]);
    assert!(pod.stderr.contains("`pod/lone`"), "{pod}");
}

#[test]
fn a_label_alone_does_not_make_an_object_ours() {
    let desk = Desk::new("labelled");
    desk.kubectl(&["create", "deployment", "web", "--image=registry.test/other:v1"]);
    let labels = ["label", "deployment", "web", "app.kubernetes.io/managed-by=quicktour", "quicktour/run=1ng9c8wymahg"];
    desk.kubectl(&labels);
    let output = stops(&desk, 1, &RUN);
    assert!(output.stderr.contains("was not made by this command"), "{output}");
}

#[test]
fn pods_that_a_quota_has_no_room_for_are_counted_before_there_is_a_deployment() {
    let desk = Desk::new("quota");
    let quota =
        "{apiVersion: v1, kind: ResourceQuota, metadata: {name: small}, spec: {hard: {requests.cpu: '1', pods: '9'}}}";
    desk.feed(&["apply", "-f", "-"], quota);
    wait_for("the quota to be counted", PATIENCE, || {
        desk.get(&["resourcequota/small"])["status"]["used"].get("pods").map(drop)
    })
    .unwrap();
    let args = [&RUN[..], &["--requests", "cpu=400m"]].concat();
    let output = stops(&desk, 1, &args);
    assert!(output.stderr.contains("2 of 5 pods fit: quota `small` has requests.cpu 0/1"), "{output}");
    assert_snapshot!("quota", error_of(&desk, &output));
    // Not one pod fits.
    let output = stops(&desk, 1, &[&RUN[..], &["--requests", "cpu=4"]].concat());
    assert!(output.stderr.contains("0 of 5 pods fit"), "{output}");
    // Whoever knows better can go on.
    let output = desk.run(&[&args[..], &["--ignore-refusal"]].concat());
    assert_eq!((output.code, output.stdout.as_str()), (0, "deployment.apps/web created\nservice/web created\n"));
}

#[test]
fn a_quota_that_demands_amounts_says_so() {
    let desk = Desk::new("demands");
    let quota = "{apiVersion: v1, kind: ResourceQuota, metadata: {name: strict}, spec: {hard: {limits.memory: 4Gi}}}";
    desk.feed(&["apply", "-f", "-"], quota);
    wait_for("the quota to be counted", PATIENCE, || {
        desk.get(&["resourcequota/strict"])["status"]["used"].get("limits.memory").map(drop)
    })
    .unwrap();
    assert_snapshot!("quota-demands", error_of(&desk, &stops(&desk, 1, &RUN)));
    assert_eq!(desk.run(&[&RUN[..], &["--limits", "memory=256Mi"]].concat()).code, 0);
}

#[test]
fn a_limit_range_that_refuses_the_pods() {
    let desk = Desk::new("range");
    let range = "{apiVersion: v1, kind: LimitRange, metadata: {name: small}, spec: {limits: [{type: Container, max: {cpu: 500m}}]}}";
    desk.feed(&["apply", "-f", "-"], range);
    let output = stops(&desk, 1, &[&RUN[..], &["--limits", "cpu=2"]].concat());
    assert!(output.stderr.contains("500m") && output.stderr.contains('2'), "{output}");
    assert_snapshot!("limit-range", error_of(&desk, &output));
}

#[test]
fn a_pod_security_level_that_refuses_the_pods() {
    let desk = Desk::new("level");
    let label = ["label", "namespace", desk.name(), "pod-security.kubernetes.io/enforce=restricted"];
    shared().kubectl(&label).unwrap().success().unwrap();
    assert_snapshot!("pod-security", error_of(&desk, &stops(&desk, 1, &RUN)));
    let output = desk.run(&[&RUN[..], &["--restricted", "--run-as-user", "65534"]].concat());
    assert_eq!(output.code, 0, "{output}");
}

#[test]
fn a_service_account_that_is_missing() {
    let desk = Desk::new("account");
    let output = stops(&desk, 1, &[&RUN[..], &["--service-account", "builder"]].concat());
    assert_snapshot!("service-account", error_of(&desk, &output));
}

#[test]
fn dry_runs_say_what_would_refuse_the_pods_and_end_with_1() {
    let desk = Desk::new("dry-refused");
    let output = desk.unharmed(|| desk.run(&["run", IMAGE, "--service-account", "builder", "--dry-run=server"]));
    assert_eq!(output.code, 1, "{output}");
    assert_eq!(output.stdout, "deployment.apps/web created (server dry run)\n", "{output}");
    assert!(output.stderr.contains("this will not work: "), "{output}");
}

#[test]
fn an_autoscaler_keeps_its_number() {
    let desk = Desk::new("autoscaled");
    desk.fine(&["run", IMAGE, "--replicas", "2", "--yes"]);
    let hpa = "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web-cpu}, spec: {\
               scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, minReplicas: 2, maxReplicas: 8}}";
    desk.feed(&["apply", "-f", "-"], hpa);
    let output = stops(&desk, 1, &["scale", "web", "--replicas", "4", "--yes"]);
    assert_snapshot!("autoscaled", desk.shown(&output));
    // The line that made it, with another number, leaves the number alone and says so.
    let output = desk.run(&["run", IMAGE, "--replicas", "4", "--yes"]);
    assert_eq!((output.code, output.stdout.as_str()), (0, "deployment.apps/web unchanged\n"), "{output}");
    assert!(output.stderr.contains("the autoscaler `web-cpu` decides how many pods there are: 2 as now"), "{output}");
    assert_eq!(desk.get(&["deployment/web"])["spec"]["replicas"], 2);
}

#[test]
fn what_is_paused_does_not_roll() {
    let desk = Desk::new("paused");
    desk.fine(&["run", IMAGE, "--yes"]);
    desk.fine(&["update", "web", "--image", "registry.test/web:v2", "--yes"]);
    wait_for("two revisions", PATIENCE, || (desk.fine(&["history", "web"]).lines().count() == 3).then_some(()))
        .unwrap();
    desk.fine(&["pause", "web", "--yes"]);
    assert_snapshot!("paused", desk.shown(&stops(&desk, 1, &["undo", "web", "--yes"])));
    let output = stops(&desk, 1, &["restart", "web", "--yes"]);
    assert!(output.stderr.contains("is paused"), "{output}");
}

#[test]
fn what_is_not_there_comes_with_the_nearest() {
    let desk = Desk::new("absent");
    desk.fine(&["run", IMAGE, "--name", "webshop", "--yes"]);
    for args in [
        &["scale", "webshp", "--replicas", "2", "--yes"][..],
        &["update", "webshp", "--env", "A=1", "--yes"],
        &["undo", "webshp", "--yes"],
        &["restart", "webshp", "--yes"],
        &["pause", "webshp", "--yes"],
        &["resume", "webshp", "--yes"],
        &["expose", "webshp", "--port", "80", "--yes"],
        &["history", "webshp"],
        &["status", "webshp"],
        &["probe", "webshp"],
        &["port-forward", "webshp", "8080"],
        &["export", "webshp", "--dir", "/nowhere/out"],
    ] {
        let output = stops(&desk, 1, args);
        assert!(output.stderr.contains("there is no `deployment/webshp`"), "{output}");
        assert!(output.stderr.contains("did you mean `deployment/webshop`?"), "{output}");
    }
    let output = stops(&desk, 1, &["undo", "webshop", "--yes"]);
    assert_snapshot!("nothing-to-undo", desk.shown(&output));
    let output = stops(&desk, 1, &["undo", "webshop", "--to-revision", "7", "--yes"]);
    assert_snapshot!("no-such-revision", desk.shown(&output));
    let output = stops(&desk, 1, &["update", "webshop", "--container", "sidecar", "--env", "A=1", "--yes"]);
    assert_snapshot!("no-such-container", desk.shown(&output));
    // Neither declared nor given.
    let output = stops(&desk, 1, &["expose", "webshop", "--yes"]);
    assert_snapshot!("no-port", desk.shown(&output));
    let output = stops(&desk, 2, &["cleanup", "1zzzzzzzzzzz", "--yes"]);
    assert!(output.stderr.contains("names no run"), "{output}");
}

#[test]
fn without_a_terminal_only_yes_is_a_yes() {
    let desk = Desk::new("nobody");
    let run = &RUN[..RUN.len() - 1];
    assert_snapshot!("no-terminal", desk.shown(&stops(&desk, 2, run)));
    desk.fine(&RUN);
    for args in [
        &["scale", "web", "--replicas", "2"][..],
        &["update", "web", "--env", "A=1"],
        &["restart", "web"],
        &["pause", "web"],
        &["expose", "web", "--name", "other"],
        &["cleanup"],
    ] {
        let output = stops(&desk, 2, args);
        assert!(output.stderr.starts_with("error: nothing was written\n"), "{args:?}: {output}");
    }
}

#[test]
fn for_a_protected_context_only_its_name_is_a_yes() {
    fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
        [&RUN[..RUN.len() - 1], more].concat()
    }
    let desk = Desk::new("protected");
    let yes = format!("--yes={CONTEXT}");
    let output = stops(&desk, 2, &with(&["--protect", "^quicktour", "--yes"]));
    assert_snapshot!("protected", desk.shown(&output));
    stops(&desk, 2, &with(&["--protect", "^quicktour"]));
    // The environment protects as the flag does.
    let output = desk.unharmed(|| desk.cli(&RUN).env("QUICKTOUR_PROTECT", "tour-t").run().unwrap());
    assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{output}");
    // A yes that names another context is never one, protected or not.
    for more in [&["--protect", "^quicktour", "--yes=other"][..], &["--yes=other"]] {
        let output = stops(&desk, 2, &with(more));
        assert!(output.stderr.contains("`--yes=other`") && output.stderr.contains(CONTEXT), "{output}");
    }
    assert_snapshot!("yes-for-another", desk.shown(&stops(&desk, 2, &with(&["--yes=other"]))));
    let output = desk.run(&with(&["--protect", "^quicktour", &yes]));
    assert_eq!((output.code, output.stdout.as_str()), (0, "deployment.apps/web created\nservice/web created\n"));
    stops(&desk, 2, &["cleanup", "--protect", "^quicktour", "--yes"]);
    // Another context needs nothing.
    assert_eq!(desk.run(&["scale", "web", "--replicas", "2", "--protect", "^prod", "--yes"]).code, 0);
}

#[test]
fn a_person_who_may_not_write_is_told_which_right_is_missing() {
    use quicktour_testkit::cluster::User;
    let desk = Desk::new("reader");
    let reader = User::named("reader").with_role_in(desk.name(), "view");
    let access = shared().kubeconfig_for(&reader).unwrap();
    let cli = desk.cli(&RUN).env("KUBECONFIG", &access.kubeconfig);
    let output = desk.unharmed(|| cli.run().unwrap());
    assert_eq!((output.code, output.stdout.as_str()), (3, ""), "{output}");
    let name = access.user.as_str();
    assert_snapshot!("forbidden", desk.shown(&output));
    let writes = shared().audit().since(desk.mark()).unwrap();
    assert!(!writes.iter().any(|event| event.user == name && event.is_write()));
}
