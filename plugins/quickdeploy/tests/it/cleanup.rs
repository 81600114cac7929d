//! Nothing is left behind, and nothing of anybody else's is taken.

use std::os::unix::fs::PermissionsExt as _;
use std::thread;

use insta::assert_snapshot;
use quicktour_testkit::wait::wait_for;
use serde_json::Value;

use crate::support::{Desk, IMAGE, PATIENCE, bare};

/// A run with a Deployment and a service.
fn make(desk: &Desk, name: &str) {
    desk.fine(&["run", IMAGE, "--name", name, "--port", "8080", "--expose", "--yes"]);
}

/// Nothing that was made here lives, and the ledger has no file.
fn assert_nothing_left(desk: &Desk) {
    // Replica sets and pods go with what owns them, before it.
    let list = desk.get(&["deployments,replicasets,pods,services"]);
    let names: Vec<&Value> = list["items"].as_array().unwrap().iter().map(|item| &item["metadata"]["name"]).collect();
    assert_eq!(names, [] as [&Value; 0]);
    assert_eq!(desk.ledger(), [""; 0]);
}

#[test]
fn another_shell_cleans_up_exactly_what_was_made() {
    let desk = Desk::new("shell");
    desk.kubectl(&["create", "configmap", "settings", "--from-literal=level=info"]);
    let before = desk.objects();
    make(&desk, "web");
    desk.fine(&["run", IMAGE, "--name", "lone", "--pod", "--yes"]);
    desk.fine(&["scale", "web", "--replicas", "2", "--yes"]);
    assert_eq!(desk.ledger().len(), 2);
    // What is said first is what is done.
    let shown = desk.unharmed(|| desk.run(&["cleanup", "--dry-run"]));
    assert_eq!((shown.code, shown.stderr.as_str()), (0, "3 objects would be deleted (dry run)\n"), "{shown}");
    // From elsewhere: another folder, another namespace, the kubeconfig named by a flag.
    let output = bare()
        .dir("/")
        .kubeconfig(&desk.access.kubeconfig)
        .env("XDG_STATE_HOME", desk.state())
        .args(["-n", "default", "cleanup", "--yes"])
        .run()
        .unwrap();
    assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{output}");
    assert_snapshot!("cleaned", desk.shown(&output));
    assert_eq!(desk.objects(), before);
    assert_eq!(desk.ledger(), [""; 0]);
    let output = desk.run(&["cleanup", "--yes"]);
    assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{output}");
    assert!(output.stdout.starts_with("nothing to clean up"), "{output}");
}

#[test]
fn the_home_folder_keeps_the_ledger_where_nothing_else_is_said() {
    let desk = Desk::new("home");
    let home = tempfile::tempdir().unwrap();
    let cli = |args: &[&str]| {
        let cli = bare().env("HOME", home.path()).env("KUBECONFIG", &desk.access.kubeconfig);
        cli.args(["-n", desk.name()]).args(args).run().unwrap()
    };
    assert_eq!(cli(&["run", IMAGE, "--yes"]).code, 0);
    let folder = home.path().join(".local/state/quicktour/ledger");
    let files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 1);
    let mode = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&files[0]), mode(&folder)), (0o600, 0o700));
    // It names no secret: what runs, not with what.
    let text = std::fs::read_to_string(&files[0]).unwrap();
    let token = std::fs::read_to_string(&desk.access.kubeconfig).unwrap();
    let key = token.lines().find(|line| line.contains("key")).unwrap().split(':').nth(1).unwrap().trim().to_owned();
    assert!(!text.contains(&key));
    assert_eq!(cli(&["cleanup", "--yes"]).code, 0);
    assert_nothing_left(&desk);
}

#[test]
fn one_run_of_several() {
    let desk = Desk::new("one");
    make(&desk, "web");
    let first = desk.ledger()[0].trim_end_matches(".json").to_owned();
    make(&desk, "shop");
    let output = desk.run(&["cleanup", &first, "--yes"]);
    assert_eq!((output.code, output.stdout.lines().count()), (0, 4), "{output}");
    assert!(!desk.exists("deployment/web") && !desk.exists("service/web"));
    assert!(desk.exists("deployment/shop") && desk.exists("service/shop"));
    desk.fine(&["cleanup", "--yes"]);
    assert_nothing_left(&desk);
}

#[test]
fn somebody_elses_ledger_names_nothing_of_ours() {
    let desk = Desk::new("mine");
    make(&desk, "web");
    let other = tempfile::tempdir().unwrap();
    let output = desk.cli(&["cleanup", "--yes"]).env("XDG_STATE_HOME", other.path()).run().unwrap();
    assert!(output.code == 0 && output.stdout.starts_with("nothing to clean up"), "{output}");
    // Nor does another cluster have what was made in this one.
    let elsewhere = ["--server", "https://127.0.0.1:1", "cleanup", "--yes", "--request-timeout", "5s"];
    let output = desk.run(&elsewhere);
    assert!(output.code != 0 || output.stdout.starts_with("nothing to clean up"), "{output}");
    assert!(desk.exists("deployment/web") && desk.exists("service/web"));
    assert_eq!(desk.ledger().len(), 1);
}

#[test]
fn what_became_somebody_elses_stays() {
    let desk = Desk::new("theirs");
    for name in ["adopted", "renamed", "anew", "gone", "edited"] {
        desk.fine(&["run", IMAGE, "--name", name, "--yes"]);
    }
    desk.kubectl(&["label", "deployment", "renamed", "quicktour/run-"]);
    desk.kubectl(&["label", "deployment", "adopted", "app.kubernetes.io/managed-by=Helm", "--overwrite"]);
    // With the very labels of the one that it replaces.
    let live = desk.get(&["deployment/anew"]);
    desk.kubectl(&["delete", "deployment", "anew"]);
    let mut anew = live.clone();
    for field in ["uid", "resourceVersion", "managedFields", "creationTimestamp"] {
        anew["metadata"].as_object_mut().unwrap().remove(field);
    }
    desk.feed(&["create", "-f", "-"], &anew.to_string());
    desk.kubectl(&["delete", "deployment", "gone"]);
    // Another hand in it does not make it another's.
    desk.kubectl(&["set", "env", "deployment/edited", "A=1"]);
    let uid = |name: &str| desk.get(&[&format!("deployment/{name}")])["metadata"]["uid"].clone();
    let before: Vec<Value> = ["adopted", "renamed", "anew"].map(uid).to_vec();

    let output = desk.run(&["cleanup", "--yes"]);
    assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{output}");
    assert_snapshot!("became-somebody-elses", desk.shown(&output));
    assert!(!desk.exists("deployment/edited"));
    assert_eq!(["adopted", "renamed", "anew"].map(uid).to_vec(), before);
    // And it stays so.
    let again = desk.unharmed(|| desk.run(&["cleanup", "--yes"]));
    assert_eq!(again.code, 0, "{again}");
}

#[test]
fn a_finalizer_that_holds_is_named_and_ends_with_4() {
    let desk = Desk::new("held");
    make(&desk, "web");
    let hold = "{\"metadata\":{\"finalizers\":[\"example.com/hold\"]}}";
    desk.kubectl(&["patch", "service", "web", "--type=merge", "-p", hold]);
    let output = desk.run(&["cleanup", "--timeout", "5s", "--yes"]);
    assert_eq!(output.code, 4, "{output}");
    assert!(output.stderr.contains("the finalizer `example.com/hold` has not let it go"), "{output}");
    assert!(output.stderr.contains("`service/web` is still going"), "{output}");
    // What is still going is still known.
    assert_eq!(desk.ledger().len(), 1);
    desk.kubectl(&["patch", "service", "web", "--type=merge", "-p", "{\"metadata\":{\"finalizers\":null}}"]);
    desk.fine(&["cleanup", "--yes"]);
    assert_nothing_left(&desk);
}

#[test]
fn nothing_is_made_without_a_ledger() {
    let desk = Desk::new("ledger");
    // A file where the folder would be: root, too, cannot write into it.
    std::fs::write(desk.state().join("quicktour"), "in the way").unwrap();
    let run = ["run", IMAGE, "--port", "8080", "--expose", "--yes"];
    let output = desk.unharmed(|| desk.run(&run));
    assert_eq!((output.code, output.stdout.as_str()), (3, ""), "{output}");
    let folder = desk.state().to_str().unwrap();
    let error = desk.shown(&output).replace(folder, "[STATE]");
    let error = regex::Regex::new(r"/1[0-9a-z]{11}\.json").unwrap().replace(&error, "/[RUN].json").into_owned();
    // Where lines break depends on how long the folder's name is.
    let error = error[error.find("error: ").unwrap()..].split_whitespace().collect::<Vec<_>>().join(" ");
    assert_snapshot!("no-ledger", error);
    // No folder at all is known.
    let cli = bare().env("KUBECONFIG", &desk.access.kubeconfig).args(["-n", desk.name()]).args(run);
    let output = desk.unharmed(|| cli.run().unwrap());
    assert_eq!((output.code, output.stdout.as_str()), (3, ""), "{output}");
    // What makes nothing needs none.
    assert_eq!(desk.run(&["run", IMAGE, "--dry-run=server"]).code, 0);
}

#[test]
fn a_garbled_file_hides_no_other() {
    let desk = Desk::new("garbled");
    make(&desk, "web");
    let garbled = desk.state().join("quicktour/ledger/1zzzzzzzzzzz.json");
    std::fs::write(&garbled, "{\"run\":").unwrap();
    let output = desk.run(&["cleanup", "--yes"]);
    assert_eq!(output.code, 3, "{output}");
    assert!(output.stderr.contains("1zzzzzzzzzzz.json"), "{output}");
    assert!(!desk.exists("deployment/web") && !desk.exists("service/web"));
    assert_eq!(desk.ledger(), ["1zzzzzzzzzzz.json"]);
}

#[test]
fn runs_at_the_same_time_do_not_lose_each_other() {
    let desk = Desk::new("many");
    thread::scope(|scope| {
        for number in 0..6 {
            let desk = &desk;
            scope.spawn(move || make(desk, &format!("web-{number}")));
        }
    });
    assert_eq!(desk.ledger().len(), 6);
    // Two cleanups at once agree in the end.
    let codes: Vec<i32> = thread::scope(|scope| {
        let both = [0, 1].map(|_| scope.spawn(|| desk.run(&["cleanup", "--yes"]).code));
        both.map(|one| one.join().unwrap()).to_vec()
    });
    assert!(codes.contains(&0), "{codes:?}");
    desk.fine(&["cleanup", "--yes"]);
    assert_nothing_left(&desk);
}

#[test]
fn what_was_exposed_apart_is_cleaned_up_too() {
    let desk = Desk::new("apart");
    desk.kubectl(&["create", "deployment", "web", "--image", IMAGE, "--port", "8080"]);
    assert_eq!(desk.fine(&["expose", "web", "--type", "NodePort", "--yes"]), "service/web exposed\n");
    let service = desk.get(&["service/web"]);
    assert_eq!(service["spec"]["type"], "NodePort");
    assert_eq!(service["spec"]["ports"][0]["port"], 8080);
    desk.fine(&["cleanup", "--yes"]);
    assert!(!desk.exists("service/web"));
    // The Deployment was never ours.
    assert!(desk.exists("deployment/web"));
    assert_eq!(desk.ledger(), [""; 0]);
}

#[test]
fn pods_are_waited_for() {
    let desk = Desk::new("pods");
    desk.fine(&["run", IMAGE, "--replicas", "3", "--yes"]);
    wait_for("three pods", PATIENCE, || {
        (desk.get(&["pods"])["items"].as_array().map(Vec::len) == Some(3)).then_some(())
    })
    .unwrap();
    desk.fine(&["cleanup", "--yes"]);
    assert_nothing_left(&desk);
}
