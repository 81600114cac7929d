use std::time::Duration;

use quicktour_client::{LogRequest, Situation};
use quicktour_testkit::node;
use quicktour_testkit::wait::wait_for;
use serde_json::json;

use crate::{client_with, told};

/// Ten times what it takes on two idle cores.
const CEILING: Duration = Duration::from_mins(2);

#[tokio::test]
async fn the_logs_of_a_crash_loop_are_those_of_the_instance_that_was_asked_for() {
    let Ok(()) = node::require_root() else { return };
    let cluster = node::shared().cluster();
    let namespace = cluster.namespace("logs").unwrap();
    let ns = namespace.name();
    let container = |name: &str, args: &[&str]| json!({"name": name, "image": node::WEB, "args": args});
    let pods = json!({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "crash", "namespace": ns},
         "spec": {"containers": [container("web", &["--exit-after=0.1s", "--exit-code=3"])]}},
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pair", "namespace": ns},
         "spec": {"containers": [container("web", &[]), container("other", &["--listen=:8081"])]}},
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "missing", "namespace": ns},
         "spec": {"containers": [{"name": "web", "image": node::MISSING}]}},
    ]});
    cluster.apply(&pods.to_string()).unwrap();
    let state = |pod: &str| cluster.get(&["pod", pod, "-n", ns]).unwrap()["status"]["containerStatuses"][0].clone();
    wait_for("the crash", CEILING, || (state("crash")["restartCount"].as_u64()? > 0).then_some(())).unwrap();
    wait_for("the missing image", CEILING, || state("missing")["state"]["waiting"]["reason"].is_string().then_some(()))
        .unwrap();

    let client = client_with(&cluster.kubeconfig()).await.unwrap();
    let of = |pod: &str| LogRequest { namespace: ns.to_owned(), pod: pod.to_owned(), ..LogRequest::default() };
    let all = client.logs(&LogRequest { previous: true, ..of("crash") }).await.unwrap();
    assert!(all.contains("web: version v1") && all.ends_with('\n'), "{all:?}");
    let lines: Vec<&str> = all.lines().collect();
    let tail = client.logs(&LogRequest { previous: true, tail_lines: Some(1), ..of("crash") }).await.unwrap();
    assert_eq!(tail.lines().collect::<Vec<_>>(), lines[lines.len() - 1..]);
    let few = client.logs(&LogRequest { previous: true, limit_bytes: Some(5), ..of("crash") }).await.unwrap();
    assert_eq!(few, all[..5]);

    // What has not started has no log; the server's words say why.
    let error = client.logs(&of("missing")).await.unwrap_err();
    assert!(matches!(error.situation(), Situation::Refused { status: 400, .. }), "{:?}", error.situation());
    let [doing, cause, hint] = told(&error);
    assert!(doing.starts_with(&format!("could not read the log of `pods/missing` in namespace `{ns}` of ")), "{doing}");
    assert!(
        cause.starts_with(r#"the server refuses it: container "web" in pod "missing" is waiting to start: "#),
        "{cause}"
    );
    assert!(hint.starts_with(&format!("see how it is now with `kubectl describe pods missing -n {ns} ")), "{hint}");
    assert_eq!(error.exit_code().code(), 3);
    let error = client.logs(&LogRequest { previous: true, ..of("missing") }).await.unwrap_err();
    assert!(told(&error)[1].contains("previous terminated container"), "{:?}", told(&error));
    let error = client.logs(&of("pair")).await.unwrap_err();
    assert!(told(&error)[1].contains("[web other]"), "{:?}", told(&error));
    let error = client.logs(&of("gone")).await.unwrap_err();
    assert_eq!(told(&error)[1], format!("there is no `pods/gone` in namespace `{ns}`"));
}
