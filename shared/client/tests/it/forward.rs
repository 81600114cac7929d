use std::time::Duration;

use quicktour_client::{Client, Kind};
use quicktour_testkit::cluster::User;
use quicktour_testkit::node;
use quicktour_testkit::wait::wait_for;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::{client_with, told};

/// Ten times what it takes on two idle cores.
const CEILING: Duration = Duration::from_mins(2);

/// One request over a connection of its own; the whole answer.
async fn ask(client: &Client, namespace: &str, port: u16) -> std::io::Result<String> {
    let mut stream = client.forward(namespace, "web", port).await.unwrap_or_else(|error| panic!("{:?}", told(&error)));
    let mut answer = String::new();
    let exchange = async {
        stream.write_all(b"GET /env/api HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n").await?;
        stream.read_to_string(&mut answer).await
    };
    // A connection that says nothing is an error too.
    timeout(Duration::from_secs(30), exchange).await??;
    Ok(answer)
}

#[tokio::test]
async fn a_port_of_a_real_pod_answers_and_one_where_nobody_listens_says_so() {
    let Ok(()) = node::require_root() else { return };
    let cluster = node::shared().cluster();
    let namespace = cluster.namespace("forward").unwrap();
    let ns = namespace.name();
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": ns},
        "spec": {"containers": [{"name": "web", "image": node::WEB}]},
    });
    cluster.apply(&pod.to_string()).unwrap();
    let ready = || {
        let pod = cluster.get(&["pod", "web", "-n", ns]).ok()?;
        (pod["status"]["containerStatuses"][0]["ready"] == true).then_some(())
    };
    wait_for("the pod", CEILING, ready).unwrap();

    let client = client_with(&cluster.kubeconfig()).await.unwrap();
    for _ in 0..2 {
        let answer = ask(&client, ns, 8080).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains(r#""HOSTNAME":"web""#), "{answer}");
    }
    let error = ask(&client, ns, 9).await.unwrap_err();
    assert!(error.to_string().contains("connection refused"), "{error}");

    let error = client.forward(ns, "gone", 8080).await.unwrap_err();
    let [doing, cause, _] = told(&error);
    assert!(doing.starts_with(&format!("could not connect to port 8080 of `pods/gone` in namespace `{ns}` of ")));
    assert_eq!(cause, format!("there is no `pods/gone` in namespace `{ns}`"));

    // Who may see pods may not reach into them, and is told which right that would be.
    let viewer = cluster.kubeconfig_for(&User::named("viewer").with_role_in(ns, "view")).unwrap();
    let client = client_with(&viewer.kubeconfig).await.unwrap();
    let error = client.forward(ns, "web", 8080).await.unwrap_err();
    let [_, cause, hint] = told(&error);
    let verb = if cause.contains(" create ") { "create" } else { "get" };
    assert_eq!(cause, format!("`{}` may not {verb} `pods/web/portforward` in namespace `{ns}`", viewer.user));
    assert!(hint.contains(&format!("auth can-i {verb} pods/web --subresource=portforward -n {ns} ")), "{hint}");
    assert_eq!(error.exit_code().code(), 3);
    assert!(!client.may(verb, &Kind::POD, Some("portforward"), Some(ns)).await.unwrap());
}
