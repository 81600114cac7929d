use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use quicktour_client::views::apps::Deployment;
use quicktour_client::views::node::Node;
use quicktour_client::views::pod::Pod;
use quicktour_client::{
    Client, ConnectFlags, Environment, Error, ListOptions, RequestTimeout, Scope, Situation, connect_in,
};
use quicktour_testkit::cluster;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::server::{Deaf, Reply, Server, nobody};
use crate::{bare_machine, client_of, client_with, told};

/// One row: a name, how it came about, and what the user is told: doing, cause, hint. `{ctx}` stands for the context
/// and the server as an error names them.
struct Row {
    name: &'static str,
    error: Error,
    told: [String; 3],
}

fn row(name: &'static str, error: Error, doing: &str, cause: &str, hint: &str) -> Row {
    Row { name, error, told: [doing.to_owned(), cause.to_owned(), hint.to_owned()] }
}

async fn fails<T>(call: impl Future<Output = Result<T, Error>>) -> Error {
    match call.await {
        Ok(_) => panic!("the call succeeded"),
        Err(error) => error,
    }
}

async fn list_pods(client: &Client) -> Error {
    fails(client.list::<Pod>(&Scope::Cluster, &ListOptions::default(), &mut |_| {})).await
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path.to_string_lossy().into_owned()
}

/// A kubeconfig with one cluster, one user and one context, all called `x`.
pub(crate) fn kubeconfig(server: &str, cluster: &str, user: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: x\ncontexts: [{{name: x, context: {{cluster: x, user: x}}}}]\n\
         clusters: [{{name: x, cluster: {{server: '{server}'{cluster}}}}}]\nusers: [{{name: x, user: {{{user}}}}}]\n"
    )
}

async fn connecting(flags: ConnectFlags, environment: &Environment) -> Error {
    fails(connect_in(&flags, environment)).await
}

fn with_kubeconfig(path: &str) -> ConnectFlags {
    ConnectFlags { kubeconfig: Some(path.into()), ..ConnectFlags::default() }
}

async fn of_kubeconfigs(rows: &mut Vec<Row>) {
    let folder = tempfile::tempdir().unwrap();
    let (dir, path) = (folder.path().to_string_lossy(), folder.path());
    let home = Environment::of([("HOME".to_owned(), dir.to_string())]);
    rows.push(row(
        "no kubeconfig anywhere",
        connecting(ConnectFlags::default(), &home).await,
        "could not connect to the cluster",
        &format!("there is no kubeconfig at `{dir}/.kube/config`, and this is not a pod of a cluster"),
        "name a file with `--kubeconfig` or `KUBECONFIG`; see what kubectl finds with `kubectl config get-contexts`",
    ));
    let two = Environment::of([("KUBECONFIG".to_owned(), format!("{dir}/a::{dir}/b"))]);
    rows.push(row(
        "none of the files of KUBECONFIG",
        connecting(ConnectFlags::default(), &two).await,
        "could not connect to the cluster",
        &format!("there is no kubeconfig at `{dir}/a` and `{dir}/b`, and this is not a pod of a cluster"),
        "name a file with `--kubeconfig` or `KUBECONFIG`; see what kubectl finds with `kubectl config get-contexts`",
    ));
    rows.push(row(
        "no home folder either",
        connecting(ConnectFlags::default(), &bare_machine()).await,
        "could not connect to the cluster",
        "`KUBECONFIG` is not set, there is no home folder, and this is not a pod of a cluster",
        "name a file with `--kubeconfig` or `KUBECONFIG`; see what kubectl finds with `kubectl config get-contexts`",
    ));
    rows.push(row(
        "a kubeconfig that was named and is not there",
        connecting(with_kubeconfig(&format!("{dir}/my config")), &home).await,
        "could not connect to the cluster",
        &format!("there is no file `{dir}/my config`"),
        &format!("look at it with `ls -l '{dir}/my config'`"),
    ));
    rows.push(row(
        "a folder instead of a file",
        connecting(with_kubeconfig(&dir), &home).await,
        "could not connect to the cluster",
        &format!("`{dir}` cannot be read: is a directory"),
        &format!("look at it with `ls -l {dir}`"),
    ));
    let broken = write(path, "broken", "apiVersion: v1\nusers:\n- name: x\n  user: {token: hush\nclusters: 7\n");
    let error = connecting(with_kubeconfig(&broken), &home).await;
    assert!(!told(&error).concat().contains("hush"), "the parser's text quotes the file: {:?}", told(&error));
    rows.push(row(
        "no YAML",
        error,
        "could not connect to the cluster",
        &format!("`{broken}` is not a kubeconfig: line 5 cannot be understood"),
        &format!("see what it holds with `kubectl config view --kubeconfig={broken}`"),
    ));
    let several = write(
        path,
        "several",
        "contexts: [{name: kind-prod, context: {cluster: c}}, {name: kind-dev, context: {cluster: c}}]\n\
         clusters: [{name: c, cluster: {server: 'https://h'}}]\nusers: []\n",
    );
    let flags = ConnectFlags { context: Some("kind-pord".into()), ..with_kubeconfig(&several) };
    rows.push(row(
        "an unknown context",
        connecting(flags, &home).await,
        "could not connect to `kind-pord`",
        "the kubeconfig has no context `kind-pord`; did you mean `kind-prod`? There are `kind-dev` and `kind-prod`",
        &format!("list the names there are with `kubectl config get-contexts --kubeconfig={several}`"),
    ));
    let flags = ConnectFlags { cluster: Some("zz".into()), ..with_kubeconfig(&several) };
    rows.push(row(
        "an unknown cluster, unlike any other",
        connecting(flags.clone(), &home).await,
        "could not connect to the cluster",
        "the kubeconfig has no cluster `zz`, only `c`",
        &format!("list the names there are with `kubectl config get-clusters --kubeconfig={several}`"),
    ));
    let flags = ConnectFlags { cluster: Some("c".into()), user: Some("me".into()), ..flags };
    rows.push(row(
        "an unknown user, and there are none",
        connecting(flags, &home).await,
        "could not connect to the cluster",
        "the kubeconfig has no user `me`, nor any other",
        &format!("list the names there are with `kubectl config get-users --kubeconfig={several}`"),
    ));
    rows.push(row(
        "no current context",
        connecting(with_kubeconfig(&several), &home).await,
        "could not connect to the cluster",
        "no context is chosen; the kubeconfig has `kind-dev` and `kind-prod`",
        &format!("add `--context` with one of the names of `kubectl config get-contexts --kubeconfig={several}`"),
    ));
    of_flawed_kubeconfigs(rows, &home, path).await;
    let single = write(path, "single", "contexts: [{name: only one, context: {cluster: c}}]\n");
    rows.push(row(
        "no current context, but only one to choose",
        connecting(with_kubeconfig(&single), &home).await,
        "could not connect to the cluster",
        "no context is chosen; the kubeconfig has `only one`",
        &format!("choose it with `kubectl config use-context 'only one' --kubeconfig={single}`"),
    ));
}

/// Kubeconfigs that are read and then cannot be used.
async fn of_flawed_kubeconfigs(rows: &mut Vec<Row>, home: &Environment, path: &Path) {
    let dir = path.to_string_lossy();
    write(path, "no-pem", "hello");
    for (name, cluster, user, cause) in [
        (
            "no CA file",
            ", certificate-authority: gone.crt",
            String::new(),
            format!("there is no file `{dir}/gone.crt`"),
        ),
        (
            "a CA file that is none",
            ", certificate-authority: no-pem",
            String::new(),
            format!("`{dir}/no-pem` holds no certificate or key in PEM form"),
        ),
        (
            "half a pair",
            "",
            format!("client-certificate: {}", certificate_file(path)),
            "the kubeconfig's user has a client certificate without its key, or a key without its certificate".into(),
        ),
        (
            "a provider of the past",
            "",
            "auth-provider: {name: gcp}".into(),
            "the authentication provider `gcp` is no longer part of Kubernetes clients; its successor is a credential \
             plugin"
                .into(),
        ),
        (
            "a token that cannot be sent",
            "",
            "token: \"a\\nb\"".into(),
            "the token, user or group holds characters that cannot be sent".into(),
        ),
        (
            "a proxy of an unknown sort",
            ", proxy-url: 'ftp://me:hush@h'",
            String::new(),
            "`ftp://h` is not an address that can be connected to".into(),
        ),
    ] {
        let config = write(path, "flawed", &kubeconfig("https://h", cluster, &user));
        let error = connecting(with_kubeconfig(&config), home).await;
        assert!(error.is_input(), "{name}: {:?}", error.situation());
        let hint = match told(&error)[2].as_str() {
            hint if hint.starts_with("look at it with `") => hint.to_owned(),
            _ => format!("see what it holds with `kubectl config view --kubeconfig={config}`"),
        };
        rows.push(row(name, error, "could not connect to `x` (`https://h`)", &cause, &hint));
    }
}

fn certificate_file(folder: &Path) -> String {
    let certificate = rcgen::generate_simple_self_signed(["me".to_owned()]).unwrap().cert;
    write(folder, "me.crt", &certificate.pem())
}

async fn of_connections(rows: &mut Vec<Row>) {
    let address = nobody();
    let place = format!("`http://{address}`");
    let list = |place: &str| format!("could not list `pods` in all namespaces of {place}");
    let livez = |url: &str| format!("see whether the API server is up with `kubectl get --raw /livez --server={url}`");
    rows.push(row(
        "refused",
        list_pods(&client_of(&format!("http://{address}")).await).await,
        &list(&place),
        &format!("nothing listens at `{address}`: the server refused the connection"),
        &livez(&format!("http://{address}")),
    ));
    rows.push(row(
        "no such host",
        list_pods(&client_of("https://no-such-host.invalid:6443").await).await,
        &list("`https://no-such-host.invalid:6443`"),
        "the server's name in `no-such-host.invalid:6443` has no address",
        "look the name up with `nslookup no-such-host.invalid`",
    ));
    let closing = Server::start(|_, _| Reply::Close);
    rows.push(row(
        "closed before the answer",
        list_pods(&client_of(&closing.http()).await).await,
        &list(&format!("`{}`", closing.http())),
        &format!("the server at `{}` closed the connection before it answered", closing.address),
        &livez(&closing.http()),
    ));
    let other = Server::start(|_, _| Reply::Bytes(b"SSH-2.0-OpenSSH_9.9\r\n".to_vec()));
    rows.push(row(
        "not HTTP",
        list_pods(&client_of(&other.http()).await).await,
        &list(&format!("`{}`", other.http())),
        &format!("the server at `{}` does not speak HTTP, or expects `https://`", other.address),
        &livez(&other.http()),
    ));
    let deaf = Deaf::start();
    let client = client_of(&format!("http://{}", deaf.address)).await;
    rows.push(row(
        "no answer to the attempt to connect",
        list_pods(&client).await,
        &list(&format!("`http://{}`", deaf.address)),
        &format!("no server answered at `{}` within 10 s", deaf.address),
        &livez(&format!("http://{}", deaf.address)),
    ));
    let folder = tempfile::tempdir().unwrap();
    let proxy = nobody();
    let config = kubeconfig("http://cluster.example", &format!(", proxy-url: 'http://{proxy}'"), "");
    let config = write(folder.path(), "config", &config);
    rows.push(row(
        "the proxy refuses",
        list_pods(&client_with(Path::new(&config)).await.unwrap()).await,
        &list("`x` (`http://cluster.example`)"),
        &format!("nothing listens at `{proxy}`: the proxy refused the connection"),
        &format!("see whether the API server is up with `kubectl get --raw /livez --kubeconfig={config}`"),
    ));
}

async fn of_tls(rows: &mut Vec<Row>) {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new("authority");
    let ok = |_: &crate::server::Seen, _: usize| Reply::json(200, "{}");
    let trusting = write(folder.path(), "ca.crt", &authority.pem());
    let stranger = write(folder.path(), "other.crt", &Authority::new("stranger").pem());
    let good = Server::start_tls(authority.sign("127.0.0.1", 2000, 2090), ok);
    let named = Server::start_tls(authority.sign("api.example.com", 2000, 2090), ok);
    let expired = Server::start_tls(authority.sign("127.0.0.1", 2000, 2001), ok);
    let early = Server::start_tls(authority.sign("127.0.0.1", 2080, 2090), ok);
    let plain = plain_http();
    for (name, server, ca, cause) in [
        ("unknown authority", &good, &stranger, "is signed by an authority that the kubeconfig does not trust"),
        ("other name", &named, &trusting, "is for `api.example.com`, not for `127.0.0.1`"),
        ("expired", &expired, &trusting, "has expired"),
        ("not yet valid", &early, &trusting, "is not valid yet: it is new, or a clock is wrong"),
    ] {
        let flags = ConnectFlags {
            server: Some(server.https()),
            certificate_authority: Some(ca.into()),
            ..ConnectFlags::default()
        };
        let client = connect_in(&flags, &bare_machine()).await.unwrap();
        rows.push(row(
            name,
            list_pods(&client).await,
            &format!("could not list `pods` in all namespaces of `{}`", server.https()),
            &format!("the certificate of `{}` {cause}", server.address),
            &format!(
                "see the certificate with `openssl s_client -connect {} </dev/null | openssl x509 -noout -issuer \
                 -subject -dates`",
                server.address
            ),
        ));
        assert!(server.seen().is_empty(), "{name}: a request was sent all the same");
    }
    let flags = ConnectFlags {
        server: Some(format!("https://{plain}")),
        certificate_authority: Some((&trusting).into()),
        ..ConnectFlags::default()
    };
    rows.push(row(
        "no TLS",
        list_pods(&connect_in(&flags, &bare_machine()).await.unwrap()).await,
        &format!("could not list `pods` in all namespaces of `https://{plain}`"),
        &format!("what answers at `{plain}` does not speak TLS"),
        &format!(
            "see which address is used with `kubectl config view --minify --server=https://{plain} \
             --certificate-authority={trusting}`"
        ),
    ));
}

/// A web server without TLS, which answers a TLS handshake as such servers do.
fn plain_http() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            use std::io::{Read as _, Write as _};
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n");
        }
    });
    address
}

/// A certificate authority of the test's own.
struct Authority {
    key: rcgen::KeyPair,
    parameters: rcgen::CertificateParams,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut parameters = rcgen::CertificateParams::default();
        parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        parameters.distinguished_name.push(rcgen::DnType::CommonName, name);
        Self { key: rcgen::KeyPair::generate().unwrap(), parameters }
    }

    fn pem(&self) -> String {
        self.parameters.clone().self_signed(&self.key).unwrap().pem()
    }

    /// A server's certificate for a name, valid between the first days of two years.
    fn sign(&self, name: &str, from: i32, until: i32) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
        let mut parameters = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
        parameters.not_before = rcgen::date_time_ymd(from, 1, 1);
        parameters.not_after = rcgen::date_time_ymd(until, 1, 1);
        let key = rcgen::KeyPair::generate().unwrap();
        let issuer = rcgen::Issuer::from_params(&self.parameters, &self.key);
        let certificate = parameters.signed_by(&key, &issuer).unwrap();
        (certificate.der().clone(), PrivateKeyDer::Pkcs8(key.serialize_der().into()))
    }
}

async fn of_answers(rows: &mut Vec<Row>) {
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
        &listing(&anonymous),
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

async fn of_a_real_server(rows: &mut Vec<Row>) {
    let cluster = cluster::shared();
    let server = cluster.server();
    let config = cluster.kubeconfig_with_token("wrong").unwrap();
    let shown = config.to_string_lossy();
    let place = format!("`{}` (`{server}`)", cluster::CONTEXT);
    rows.push(row(
        "a wrong token",
        list_pods(&client_with(&config).await.unwrap()).await,
        &format!("could not list `pods` in all namespaces of {place}"),
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

/// The variants that a row has shown. A new variant does not compile until it has a name here, and then has no row.
fn variant(situation: &Situation) -> &'static str {
    match situation {
        Situation::NoKubeconfig { .. } => "NoKubeconfig",
        Situation::BadKubeconfig { .. } => "BadKubeconfig",
        Situation::NotInKubeconfig { .. } => "NotInKubeconfig",
        Situation::Unreachable { .. } => "Unreachable",
        Situation::NotTrusted { .. } => "NotTrusted",
        Situation::Unauthenticated { .. } => "Unauthenticated",
        Situation::ExecPlugin { .. } => "ExecPlugin",
        Situation::Forbidden { .. } => "Forbidden",
        Situation::ApiAbsent { .. } => "ApiAbsent",
        Situation::NotFound { .. } => "NotFound",
        Situation::TimedOut { .. } => "TimedOut",
        Situation::ServerError { .. } => "ServerError",
        Situation::NotUnderstood { .. } => "NotUnderstood",
    }
}

const VARIANTS: usize = 13;

#[tokio::test]
async fn every_situation_is_told_in_words_that_help() {
    let mut groups: [Vec<Row>; 5] = Default::default();
    let [first, second, third, fourth, fifth] = &mut groups;
    futures::join!(
        of_kubeconfigs(first),
        of_connections(second),
        of_tls(third),
        of_answers(fourth),
        of_a_real_server(fifth)
    );
    let mut rows: Vec<Row> = groups.into_iter().flatten().collect();
    for (name, error, told) in crate::exec::rows().await {
        rows.push(Row { name, error, told });
    }
    let shown: BTreeSet<&str> = rows.iter().map(|row| variant(row.error.situation())).collect();
    assert_eq!(shown.len(), VARIANTS, "some situation has no row: {shown:?}");
    let wrong: Vec<String> = rows
        .iter()
        .filter(|row| told(&row.error) != row.told)
        .map(|row| format!("{}\n  got  {:#?}\n  want {:#?}", row.name, told(&row.error), row.told))
        .collect();
    assert!(wrong.is_empty(), "{} of {} rows:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}
