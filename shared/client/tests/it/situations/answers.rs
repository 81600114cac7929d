use std::time::Duration;

use quicktour_client::views::apps::Deployment;
use quicktour_client::views::node::Node;
use quicktour_client::views::pod::Pod;
use quicktour_client::{ConnectFlags, ListOptions, RequestTimeout, Scope, connect_in};
use quicktour_testkit::cluster;

use super::{Row, fails, list_pods, row};
use crate::server::{Reply, Server};
use crate::{bare_machine, client_of, client_with};

pub(super) async fn of_answers(rows: &mut Vec<Row>) {
    let listing = |server: &Server| format!("could not list `pods` in all namespaces of `{}`", server.http());
    let readyz = |server: &Server| format!("`kubectl get --raw '/readyz?verbose' --server={}`", server.http());

    let failing = Server::start(|_, _| {
        Reply::json(500, r#"{"kind":"Status","message":"etcdserver: leader \u001b[31mchanged"}"#)
            .header("retry-after", "0")
    });
    rows.push(row(
        "a server error, also when asked again",
        list_pods(&client_of(&failing.http()).await).await,
        &listing(&failing),
        "the server answered with status 500, also when asked 5 times: etcdserver: leader \\u{1b}[31mchanged",
        &format!("see which part of the API server is unwell with {}", readyz(&failing)),
    ));
    assert_eq!(failing.seen().len(), 5);

    let refusing = Server::start(|_, _| Reply::json(418, ""));
    rows.push(row(
        "a server error that is not asked again",
        list_pods(&client_of(&refusing.http()).await).await,
        &listing(&refusing),
        "the server answered with status 418",
        &format!("see which part of the API server is unwell with {}", readyz(&refusing)),
    ));
    assert_eq!(refusing.seen().len(), 1);

    of_garbled_answers(rows).await;
    let hanging = Server::start(|_, _| Reply::Hang);
    let slow = |server: &Server| {
        format!("give it longer with `--request-timeout 2m`, or see what is slow with {}", readyz(server))
    };
    let client = client_of(&hanging.http()).await;
    let half = Duration::from_millis(500);
    rows.push(row(
        "the user's deadline",
        list_pods(&client.clone().with_request_timeout(RequestTimeout::After(half))).await,
        &listing(&hanging),
        "no complete answer within the 500 ms that `--request-timeout` gives it",
        &slow(&hanging),
    ));
    assert!(rows.last().unwrap().error.is_users_deadline());
    rows.push(row(
        "silence",
        list_pods(&client.with_silence_limit(half)).await,
        &listing(&hanging),
        "the server fell silent for 500 ms",
        &slow(&hanging),
    ));
    assert!(!rows.last().unwrap().error.is_users_deadline());
    let dripping = Server::start(|_, _| Reply::Drip);
    let client = client_of(&dripping.http()).await.with_request_timeout(RequestTimeout::After(half));
    rows.push(row(
        "headers that never end",
        list_pods(&client).await,
        &listing(&dripping),
        "no complete answer within the 500 ms that `--request-timeout` gives it",
        &slow(&dripping),
    ));
    let anonymous = Server::start(|_, _| Reply::json(401, "{}"));
    rows.push(row(
        "no credentials",
        list_pods(&client_of(&anonymous.http()).await).await,
        &format!("could not log in to `{}`", anonymous.http()),
        "the server asks for credentials, and the kubeconfig's user has none",
        &format!(
            "log in again, then see who the server takes you for with `kubectl auth whoami --server={}`",
            anonymous.http()
        ),
    ));
}

async fn of_garbled_answers(rows: &mut Vec<Row>) {
    let listing = |server: &Server| format!("could not list `pods` in all namespaces of `{}`", server.http());
    let path = "/api/v1/pods";
    let mut garbled = Vec::new();
    for (name, reply, cause) in [
        (
            "a web page",
            (|| Reply::Answer(200, vec![("content-type", "text/html".into())], b"<html>".to_vec())) as fn() -> Reply,
            "is neither JSON nor protobuf: something else than a Kubernetes API server may be answering",
        ),
        ("bad JSON", || Reply::json(200, r#"{"items":[{"metadata":7}]}"#), "is not the JSON that the API promises"),
        ("bad protobuf", || Reply::protobuf(200, b"k8s\0\xff\xff"), "broke off"),
        ("no protobuf", || Reply::protobuf(200, b"{}"), "is not the protobuf that the API promises"),
        (
            "an object beyond all measure",
            // raw(2) of 2^40 bytes, holding items(2) of 2^32 bytes.
            || Reply::protobuf(200, b"k8s\0\x12\x80\x80\x80\x80\x80\x20\x12\x80\x80\x80\x80\x10"),
            "holds more than this client is willing to take at once",
        ),
    ] {
        let server = Server::start(move |_, _| reply());
        let error = list_pods(&client_of(&server.http()).await).await;
        assert_eq!(server.seen().len(), 1, "{name}: a garbled answer was asked for again");
        rows.push(row(
            name,
            error,
            &listing(&server),
            &format!("the answer to `{path}` {cause}"),
            &format!("see the answer with `kubectl get --raw {path} --server={}`", server.http()),
        ));
        garbled.push(server);
    }
    let broken = Server::start(|_, _| Reply::Broken("application/json", 100, b"{\"items\":".to_vec()));
    rows.push(row(
        "an answer that breaks off",
        list_pods(&client_of(&broken.http()).await).await,
        &listing(&broken),
        &format!("the answer to `{path}?limit=500` broke off"),
        &format!("see the answer with `kubectl get --raw '{path}?limit=500' --server={}`", broken.http()),
    ));
}

pub(super) async fn of_a_real_server(rows: &mut Vec<Row>) {
    let cluster = cluster::shared();
    let server = cluster.server();
    let config = cluster.kubeconfig_with_token("wrong").unwrap();
    let shown = config.to_string_lossy();
    let place = format!("`{}` (`{server}`)", cluster::CONTEXT);
    rows.push(row(
        "a wrong token",
        list_pods(&client_with(&config).await.unwrap()).await,
        &format!("could not log in to {place}"),
        "the server does not accept the token: it may have expired or belong to another cluster",
        &format!("log in again, then see who the server takes you for with `kubectl auth whoami --kubeconfig={shown}`"),
    ));

    let nobody = cluster.kubeconfig_for(&cluster::User::named("nobody")).unwrap();
    let client = client_with(&nobody.kubeconfig).await.unwrap();
    let (user, shown) = (&nobody.user, nobody.kubeconfig.to_string_lossy());
    let can_i = |what: &str| {
        format!(
            "ask an administrator for this right, then check it with `kubectl auth can-i {what} --kubeconfig={shown}`"
        )
    };
    let everything = ListOptions::default();
    let web = Scope::Namespace("web".into());
    let place = format!("`{}` (`{server}`)", client.target().context.as_deref().unwrap());
    rows.push(row(
        "a list in all namespaces is forbidden",
        list_pods(&client).await,
        &format!("could not list `pods` in all namespaces of {place}"),
        &format!("`{user}` may not list `pods` in all namespaces"),
        &can_i("list pods -A"),
    ));
    rows.push(row(
        "a list in one namespace is forbidden",
        fails(client.list::<Deployment>(&web, &everything, &mut |_| {})).await,
        &format!("could not list `deployments.apps` in namespace `web` of {place}"),
        &format!("`{user}` may not list `deployments.apps` in namespace `web`"),
        &can_i("list deployments.apps -n web"),
    ));
    rows.push(row(
        "an object of the cluster is forbidden",
        fails(client.get::<Node>(None, "n1")).await,
        &format!("could not read `nodes/n1` of {place}"),
        &format!("`{user}` may not get `nodes/n1`"),
        &can_i("get nodes/n1"),
    ));
    rows.push(row(
        "a path is forbidden",
        fails(client.raw("/metrics?x=y")).await,
        &format!("could not ask for `/metrics?x=y` at {place}"),
        &format!("`{user}` may not get `/metrics`"),
        &can_i("get /metrics"),
    ));

    // What is asked for is not what is missing, and who may not act for another may not ask as that one either.
    for (other, what) in
        [("jo", "impersonate users/jo"), ("system:serviceaccount:web:bot", "impersonate serviceaccounts/bot -n web")]
    {
        let flags = ConnectFlags {
            kubeconfig: Some(nobody.kubeconfig.clone()),
            impersonate: Some(other.to_owned()),
            impersonate_groups: vec!["ops".to_owned()],
            ..ConnectFlags::default()
        };
        let client = connect_in(&flags, &bare_machine()).await.unwrap();
        rows.push(row(
            "to act for another is forbidden",
            list_pods(&client).await,
            &format!("could not log in to {place}"),
            &format!("`{user}` may not act for another user: the right to `impersonate` is missing"),
            &can_i(what),
        ));
    }

    let admin = cluster.kubeconfig();
    let client = client_with(&admin).await.unwrap();
    let shown = admin.to_string_lossy();
    let place = format!("`{}` (`{server}`)", cluster::CONTEXT);
    rows.push(row(
        "no such object",
        fails(client.get::<Pod>(Some("default"), "gone")).await,
        &format!("could not read `pods/gone` in namespace `default` of {place}"),
        "there is no `pods/gone` in namespace `default`",
        &format!("see which there are with `kubectl get pods -n default --kubeconfig={shown}`"),
    ));
    rows.push(row(
        "no such path",
        fails(client.raw("/no/such/path")).await,
        &format!("could not ask for `/no/such/path` at {place}"),
        "the server has no `/no/such/path`",
        &format!("see which APIs the server has with `kubectl get --raw / --kubeconfig={shown}`"),
    ));
    rows.push(row(
        "no such API",
        fails(client.list::<crate::cluster::Gadget>(&Scope::Cluster, &everything, &mut |_| {})).await,
        &format!("could not list `gadgets.example.com` in all namespaces of {place}"),
        "the server has no `gadgets.example.com`",
        &format!(
            "see which APIs the server has with `kubectl api-resources --api-group=example.com --kubeconfig={shown}`"
        ),
    ));
}
