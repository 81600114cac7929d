use std::fs;
use std::path::Path;

use quicktour_client::views::pod::Pod;
use quicktour_client::{ConnectFlags, Environment, Error, ListOptions, Scope, Situation, Target, connect_in};
use rustls::pki_types::PrivateKeyDer;

use crate::server::{Reply, Server};
use crate::told;

/// The target that a machine with this `KUBECONFIG` and these flags gets.
async fn target(kubeconfig: &str, flags: &str) -> Result<Target, Error> {
    let environment = Environment::of([("KUBECONFIG".to_owned(), kubeconfig.to_owned())]);
    Ok(connect_in(&parse(flags), &environment).await?.target().clone())
}

fn parse(flags: &str) -> ConnectFlags {
    #[derive(clap::Parser)]
    struct Cli {
        #[command(flatten)]
        connect: ConnectFlags,
    }
    let words = std::iter::once("x").chain(flags.split_whitespace());
    <Cli as clap::Parser>::try_parse_from(words).unwrap().connect
}

fn config(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path.to_string_lossy().into_owned()
}

#[tokio::test]
async fn files_merge_as_kubectl_merges_them() {
    let folder = tempfile::tempdir().unwrap();
    let first = config(
        folder.path(),
        "first",
        "current-context: ''\ncontexts:\n- {name: a, context: {cluster: a, user: a, namespace: web}}\n\
         clusters:\n- {name: a, cluster: {server: 'https://first:6443'}}\n",
    );
    let second = config(
        folder.path(),
        "second",
        "current-context: a\ncontexts:\n- {name: a, context: {cluster: b, user: b}}\n- {name: b, context: {cluster: b}}\n\
         clusters:\n- {name: a, cluster: {server: 'https://second'}}\n- {name: b, cluster: {server: 'https://b'}}\n\
         users:\n- {name: a, user: {token: t}}\n",
    );
    let gone = folder.path().join("gone").to_string_lossy().into_owned();
    let want = |context: Option<&str>, server: &str, namespace: &str, user: Option<&str>| Target {
        context: context.map(str::to_owned),
        server: server.to_owned(),
        namespace: namespace.to_owned(),
        user: user.map(str::to_owned),
    };
    // Files that are missing are skipped; an empty current context is none; the first file's entries win.
    let list = format!("{gone}:{first}::{second}");
    assert_eq!(target(&list, "").await.unwrap(), want(Some("a"), "https://first:6443", "web", Some("a")));
    assert_eq!(target(&list, "--context b").await.unwrap(), want(Some("b"), "https://b", "default", None));
    assert_eq!(
        target(&list, "--cluster b -n x").await.unwrap(),
        want(Some("a"), "https://b", "x", Some("a")),
        "a flag replaces its part of the context"
    );
    // `--kubeconfig` stands alone.
    let only_first = target(&second, &format!("--kubeconfig {first} --context a")).await.unwrap();
    assert_eq!(only_first.server, "https://first:6443");
    // Everything may be said by flags.
    assert_eq!(target(&gone, "--server https://h -n x").await.unwrap(), want(None, "https://h", "x", None));
    // The home folder's file is only read when the variable says nothing.
    fs::create_dir(folder.path().join(".kube")).unwrap();
    fs::copy(&second, folder.path().join(".kube/config")).unwrap();
    let home = ("HOME".to_owned(), folder.path().to_string_lossy().into_owned());
    for (variable, server) in [("", "https://b"), (first.as_str(), "https://first:6443")] {
        let environment = Environment::of([home.clone(), ("KUBECONFIG".to_owned(), variable.to_owned())]);
        let client = connect_in(&parse("--context a"), &environment).await.unwrap();
        assert_eq!(client.target().server, server, "KUBECONFIG={variable}");
    }
}

#[tokio::test]
async fn relative_paths_are_relative_to_their_file() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("sub")).unwrap();
    fs::write(folder.path().join("sub/token"), "from-file\n").unwrap();
    let server = Server::start(|_, _| Reply::json(200, r#"{"items":[]}"#));
    let text = crate::situations::kubeconfig(&server.http(), "", "tokenFile: token");
    let path = config(&folder.path().join("sub"), "config", &text);
    let client = connect_in(&parse(&format!("--kubeconfig {path}")), &Environment::of([])).await.unwrap();
    client.list::<Pod>(&Scope::Cluster, &ListOptions::default(), &mut |_| {}).await.unwrap();
    assert_eq!(server.seen()[0].all("authorization"), ["Bearer from-file"]);
    // A token of the command line wins over all that the kubeconfig says.
    let client = connect_in(&parse(&format!("--kubeconfig {path} --token mine")), &Environment::of([])).await.unwrap();
    client.raw("/version").await.unwrap();
    assert_eq!(server.seen()[1].all("authorization"), ["Bearer mine"]);
}

/// A pod's machine, whose service account is in this folder.
fn pod(account: &Path, more: &[(&str, &str)]) -> Environment {
    let variables = [("KUBERNETES_SERVICE_HOST", "fd00::1"), ("KUBERNETES_SERVICE_PORT", "443")];
    let all = variables.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Environment::of(all.collect::<Vec<_>>()).with_service_account(account.to_owned())
}

#[tokio::test]
async fn a_pod_uses_its_service_account_unless_there_is_a_kubeconfig() {
    let folder = tempfile::tempdir().unwrap();
    let authority = rcgen::generate_simple_self_signed(["ca".to_owned()]).unwrap().cert;
    fs::write(folder.path().join("ca.crt"), authority.pem()).unwrap();
    fs::write(folder.path().join("namespace"), "web\n").unwrap();
    let pod = |more: &[(&str, &str)]| pod(folder.path(), more);
    let Err(error) = connect_in(&parse(""), &pod(&[])).await else { panic!("there is no token yet") };
    assert!(told(&error)[1].ends_with("this is not a pod of a cluster"), "{:?}", told(&error));

    fs::write(folder.path().join("token"), "t").unwrap();
    let target = connect_in(&parse(""), &pod(&[])).await.unwrap().target().clone();
    assert_eq!(target.server, "https://[fd00::1]:443");
    assert_eq!((target.context, target.namespace.as_str()), (None, "web"));
    // As with kubectl: missing files do not count as a kubeconfig, one that was named does.
    assert!(connect_in(&parse(""), &pod(&[("KUBECONFIG", "/no/such/file")])).await.is_ok());
    assert!(connect_in(&parse("--kubeconfig /no/such/file"), &pod(&[])).await.is_err());
    let real = config(folder.path(), "config", &crate::situations::kubeconfig("https://h", "", ""));
    let target = connect_in(&parse(""), &pod(&[("KUBECONFIG", &real)])).await.unwrap().target().clone();
    assert_eq!((target.server.as_str(), target.namespace.as_str()), ("https://h", "web"));
    let target = connect_in(&parse(""), &pod(&[("POD_NAMESPACE", "shop")])).await.unwrap().target().clone();
    assert_eq!(target.namespace, "shop");
    // Nor does one that chooses nothing.
    for text in ["", " \n", "# nothing yet\n", "{}", "current-context: ''\nusers: null\n"] {
        let empty = config(folder.path(), "empty", text);
        let target = connect_in(&parse(""), &pod(&[("KUBECONFIG", &empty)])).await.unwrap().target().clone();
        assert_eq!(target.server, "https://[fd00::1]:443", "{text:?}");
        let Err(error) = connect_in(&parse(&format!("--kubeconfig {empty}")), &Environment::of([])).await else {
            panic!("{text:?} led somewhere");
        };
        assert_eq!(told(&error)[1], "no context is chosen, and the kubeconfig has none", "{text:?}");
    }
}

#[tokio::test]
async fn flags_count_in_a_pod_as_they_do_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let key = rcgen::generate_simple_self_signed(["the-api".to_owned()]).unwrap();
    let (own, other) = (key.cert.pem(), rcgen::generate_simple_self_signed(["ca".to_owned()]).unwrap().cert.pem());
    fs::write(folder.path().join("ca.crt"), &other).unwrap();
    fs::write(folder.path().join("token"), "account").unwrap();
    let given = config(folder.path(), "given.crt", &own);
    let key_der = PrivateKeyDer::Pkcs8(key.signing_key.serialize_der().into());
    let server = Server::start_tls((key.cert.der().clone(), key_der), |_, _| Reply::json(200, "{}"));
    let (host, port) = server.address.split_once(':').unwrap();
    let pod = pod(folder.path(), &[("KUBERNETES_SERVICE_HOST", host), ("KUBERNETES_SERVICE_PORT", port)]);

    for (flags, cause) in [
        ("--context staging", "the kubeconfig has no context `staging`, nor any other"),
        ("--cluster staging", "the kubeconfig has no cluster `staging`, nor any other"),
        ("--user jo", "the kubeconfig has no user `jo`, nor any other"),
    ] {
        let Err(error) = connect_in(&parse(flags), &pod).await else { panic!("{flags} was ignored") };
        assert_eq!(told(&error)[1], cause);
    }
    let error = connect_in(&parse(""), &pod).await.unwrap().raw("/version").await.unwrap_err();
    assert!(matches!(error.situation(), Situation::NotTrusted { .. }), "{:?}", error.situation());
    let trusting = format!("--certificate-authority {given} --tls-server-name the-api");
    connect_in(&parse(&trusting), &pod).await.unwrap().raw("/version").await.unwrap();
    connect_in(&parse(&format!("{trusting} --token mine")), &pod).await.unwrap().raw("/version").await.unwrap();
    // Another server than the pod's own does not get the pod's token.
    let elsewhere = Server::start(|_, _| Reply::json(200, "{}"));
    connect_in(&parse(&format!("--server {}", elsewhere.http())), &pod).await.unwrap().raw("/version").await.unwrap();
    let sent: Vec<String> = [&server, &elsewhere]
        .into_iter()
        .flat_map(Server::seen)
        .map(|seen| seen.all("authorization").concat())
        .collect();
    assert_eq!(sent, ["Bearer account", "Bearer mine", ""]);
}

#[tokio::test]
async fn odd_files_are_read_as_kubectl_reads_them() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(|_, _| Reply::json(200, "{}"));
    // The last of repeated keys counts, and empty values are none.
    let text = format!(
        "current-context: y\ncurrent-context: x\ncontexts: [{{name: x, context: {{cluster: x, user: x, namespace: ''}}}}]\n\
         clusters: [{{name: x, cluster: {{server: 'http://127.0.0.1:1', server: '{}', certificate-authority: '', \
         certificate-authority-data: '', proxy-url: '', tls-server-name: ''}}}}]\n\
         users: [{{name: x, user: {{token: '', tokenFile: '', client-certificate: '', client-key: '', username: '', as: ''}}}}]\n",
        server.http()
    );
    let wide: Vec<u8> = [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for bytes in [text.as_bytes(), &wide, &[b"\xef\xbb\xbf", text.as_bytes()].concat()] {
        let path = config(folder.path(), "odd", "");
        fs::write(&path, bytes).unwrap();
        let client = connect_in(&parse(&format!("--kubeconfig {path}")), &Environment::of([])).await;
        let client = client.unwrap_or_else(|error| panic!("{:?}", told(&error)));
        assert_eq!(client.target().namespace, "default");
        client.raw("/version").await.unwrap();
    }
    let seen = server.seen();
    assert!(seen.len() == 3 && seen.iter().all(|seen| seen.all("authorization").is_empty()), "{seen:?}");
    // So are flags.
    let path = config(folder.path(), "odd", &text);
    let flags = format!("--kubeconfig {path} --context= --cluster= --user= -n= --server= --token= --as=");
    assert_eq!(connect_in(&parse(&flags), &Environment::of([])).await.unwrap().target().server, server.http());
}

#[tokio::test]
async fn a_client_certificate_is_shown_before_a_plugin_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let key = rcgen::generate_simple_self_signed(["me".to_owned()]).unwrap();
    config(folder.path(), "me.crt", &key.cert.pem());
    config(folder.path(), "me.key", &key.signing_key.serialize_pem());
    let user = "client-certificate: me.crt, client-key: me.key, \
                exec: {apiVersion: client.authentication.k8s.io/v1, command: no-such-plugin}";
    let path = config(folder.path(), "config", &crate::situations::kubeconfig("https://h", "", user));
    let client = connect_in(&parse(&format!("--kubeconfig {path}")), &Environment::of([])).await;
    assert!(client.is_ok(), "{:?}", client.err().map(|error| told(&error)));
}

#[tokio::test]
async fn a_proxy_is_asked_for_the_server() {
    let proxy = Server::start(|_, _| Reply::json(502, "{}"));
    let environment = Environment::of([("HTTPS_PROXY".to_owned(), proxy.http())]);
    let client = connect_in(&parse("--server https://cluster.example:6443"), &environment).await.unwrap();
    let error = client.raw("/version").await.unwrap_err();
    assert!(told(&error)[1].contains("proxy"), "{:?}", told(&error));
    assert_eq!(proxy.seen()[0].path, "cluster.example:6443", "no tunnel was asked for");
}
