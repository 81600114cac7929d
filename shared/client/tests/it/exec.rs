use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use quicktour_client::views::pod::Pod;
use quicktour_client::{Client, Error, ListOptions, RequestTimeout, Scope};

use crate::server::{Reply, Server};
use crate::situations::kubeconfig;
use crate::{client_with, told};

const EMPTY: &str = r#"{"metadata":{"resourceVersion":"1"},"items":[]}"#;

/// Connects with a plugin that is this shell script.
async fn connect(folder: &Path, server: &str, script: &str, more: &str) -> Result<Client, Error> {
    let plugin = folder.join("plugin");
    fs::write(&plugin, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&plugin, fs::Permissions::from_mode(0o755)).unwrap();
    let exec = format!(
        "exec: {{apiVersion: client.authentication.k8s.io/v1, command: ./plugin, args: [--client-secret=hush]{more}}}"
    );
    let config = folder.join("config");
    fs::write(&config, kubeconfig(server, "", &exec)).unwrap();
    client_with(&config).await
}

fn credential(token: &str, expires: &str) -> String {
    format!(
        r#"echo '{{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{{"token":"{token}"{expires}}}}}'"#
    )
}

/// The rows of the table of situations that are about plugins.
pub(crate) async fn rows() -> Vec<(&'static str, Error, [String; 3])> {
    let mut rows = Vec::new();
    for (name, script, more, cause, advice) in [
        (
            "a plugin that fails",
            "echo 'session \u{1b}[31mexpired' >&2; exit 3",
            "",
            "failed with exit code 3: session \\u{1b}[31mexpired",
            "",
        ),
        ("a plugin that fails silently", "exit 4", "", "failed with exit code 4 and said nothing", ""),
        ("a plugin that is killed", "kill -9 $$", "", "was killed", ""),
        (
            "a plugin that delivers nothing",
            "echo 'log in first' >&2; echo '{}'",
            ", installHint: 'run brew install x'",
            "delivered no credential: log in first",
            "; the kubeconfig advises: run brew install x",
        ),
        (
            "a plugin of another version",
            r#"echo '{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":{"token":"t"}}'"#,
            "",
            "delivered no credential",
            "",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let error = connect(folder.path(), "https://h", script, more).await.err().unwrap();
        // kubectl resolves a command with a slash against the kubeconfig's folder.
        let program = format!("{}/./plugin", folder.path().display());
        let told = [
            "could not log in to `x` (`https://h`)".to_owned(),
            format!("the credential plugin `{program}` {cause}{advice}"),
            format!(
                "see whether kubectl gets in with `kubectl auth whoami --kubeconfig={}/config`",
                folder.path().display()
            ),
        ];
        assert!(!format!("{error:?} {:?}", crate::told(&error)).contains("hush"), "{name}: an argument is told");
        rows.push((name, error, told));
    }
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config");
    let exec = "exec: {apiVersion: client.authentication.k8s.io/v1, command: no-such-plugin, args: [login], \
                installHint: get it at https://x}";
    fs::write(&config, kubeconfig("https://h", "", exec)).unwrap();
    rows.push((
        "a plugin that is not there",
        client_with(&config).await.err().unwrap(),
        [
            "could not log in to `x` (`https://h`)".to_owned(),
            "the credential plugin `no-such-plugin` is not installed; the kubeconfig advises: get it at https://x"
                .to_owned(),
            "install it, then see whether it is found with `command -v no-such-plugin`".to_owned(),
        ],
    ));
    rows
}

#[tokio::test]
async fn a_long_complaint_is_shown_by_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let script = "i=0; while [ $i -lt 2000 ]; do echo line $i >&2; i=$((i+1)); done; exit 1";
    let error = connect(folder.path(), "https://h", script, "").await.err().unwrap();
    let cause = &told(&error)[1];
    assert!(cause.ends_with("line 1999"), "{cause}");
    assert!(cause.contains(": ...") && cause.len() < 1200, "{cause}");
}

#[tokio::test]
async fn the_token_is_sent_and_the_plugin_is_asked_once() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(|_, _| Reply::json(200, EMPTY));
    let script = format!("echo x >> runs; echo \"$KUBERNETES_EXEC_INFO\" > info; {}", credential("t1", ""));
    let script = format!("cd {}; {script}", folder.path().display());
    let more = ", env: [{name: A, value: b}], interactiveMode: Never, provideClusterInfo: true";
    let client = connect(folder.path(), &server.http(), &script, more).await.unwrap();
    for _ in 0..2 {
        client.list::<Pod>(&Scope::Cluster, &ListOptions::default(), &mut |_| {}).await.unwrap();
    }
    assert_eq!(server.seen()[1].all("authorization"), ["Bearer t1"]);
    assert_eq!(fs::read_to_string(folder.path().join("runs")).unwrap(), "x\n");
    let info: String = fs::read_to_string(folder.path().join("info")).unwrap();
    assert!(info.contains(r#""kind":"ExecCredential""#) && info.contains(r#""interactive":false"#), "{info}");
    assert!(info.contains(&format!(r#""server":"{}""#, server.http())), "{info}");
}

#[tokio::test]
async fn a_token_is_renewed_when_it_is_refused_and_not_because_it_ends_soon() {
    let soon = Timestamp::now() + SignedDuration::from_secs(30);
    for (expires, refuse_first, tokens) in [
        // Already over, by a clock that is behind: what was just delivered is used all the same.
        (r#","expirationTimestamp":"2020-01-01T00:00:00Z""#.to_owned(), false, ["Bearer t1", "Bearer t1"]),
        // Good for half a minute more.
        (format!(r#","expirationTimestamp":"{soon}""#), false, ["Bearer t1", "Bearer t1"]),
        // Good for ever, but the server says no: asked again once.
        (String::new(), true, ["Bearer t1", "Bearer t2"]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let server =
            Server::start(
                move |_, before| {
                    if refuse_first && before == 0 { Reply::json(401, "{}") } else { Reply::json(200, EMPTY) }
                },
            );
        let count = format!("cd {}; echo x >> runs; n=$(wc -l < runs); n=$((n))", folder.path().display());
        let script = format!("{count}; {}", credential("t'$n'", &expires));
        let client = connect(folder.path(), &server.http(), &script, "").await.unwrap();
        for _ in 0..2 {
            client.list::<Pod>(&Scope::Cluster, &ListOptions::default(), &mut |_| {}).await.unwrap();
        }
        let seen = server.seen();
        let sent: Vec<&str> = seen.iter().flat_map(|seen| seen.all("authorization")).collect();
        assert_eq!(sent[..2], tokens, "{sent:?}");
    }
}

#[tokio::test]
async fn a_token_that_has_ended_is_renewed() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(|_, _| Reply::json(200, EMPTY));
    let end = Timestamp::now() + SignedDuration::from_secs(12);
    let script = format!(
        "cd {}; echo x >> runs; n=$(wc -l < runs); n=$((n)); {}",
        folder.path().display(),
        credential("t'$n'", &format!(r#","expirationTimestamp":"{end}""#))
    );
    let client = connect(folder.path(), &server.http(), &script, "").await.unwrap();
    client.raw("/version").await.unwrap();
    tokio::time::sleep(Duration::try_from(end - Timestamp::now()).unwrap_or_default() + Duration::from_millis(100))
        .await;
    client.raw("/version").await.unwrap();
    let sent: Vec<String> = server.seen().iter().map(|seen| seen.all("authorization").concat()).collect();
    assert_eq!(sent, ["Bearer t1", "Bearer t2"]);
}

#[tokio::test]
async fn many_refusals_of_one_token_are_one_login() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(|seen, _| match seen.all("authorization").concat().as_str() {
        "Bearer t1" => {
            // Long enough for all of them to be under way.
            std::thread::sleep(Duration::from_millis(300));
            Reply::json(401, "{}")
        }
        _ => Reply::json(200, EMPTY),
    });
    let script = format!(
        "cd {}; echo x >> runs; n=$(wc -l < runs); n=$((n)); {}",
        folder.path().display(),
        credential("t'$n'", "")
    );
    let client = connect(folder.path(), &server.http(), &script, "").await.unwrap();
    let calls = futures::future::join_all((0..4).map(|_| client.raw("/version"))).await;
    assert!(calls.iter().all(Result::is_ok), "{calls:?}");
    assert_eq!(fs::read_to_string(folder.path().join("runs")).unwrap(), "x\nx\n");
    assert_eq!(server.seen().len(), 8);
}

#[tokio::test]
async fn the_time_of_a_login_is_not_counted() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(|seen, _| match seen.all("authorization").concat().as_str() {
        "Bearer t1" => Reply::json(401, "{}"),
        _ => Reply::json(200, EMPTY),
    });
    let script = format!(
        "cd {}; echo x >> runs; n=$(wc -l < runs); n=$((n)); [ $n = 1 ] || sleep 2; {}",
        folder.path().display(),
        credential("t'$n'", "")
    );
    let client = connect(folder.path(), &server.http(), &script, "").await.unwrap();
    let client = client.with_request_timeout(RequestTimeout::After(Duration::from_secs(1)));
    let answer = client.raw("/version").await;
    assert!(answer.is_ok(), "{:?}", answer.map_err(|error| told(&error)));
}

#[tokio::test]
async fn a_refused_fresh_credential_is_the_end_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(|_, _| Reply::json(401, "{}"));
    let client = connect(folder.path(), &server.http(), &credential("t", ""), "").await.unwrap();
    let error = client.raw("/version").await.unwrap_err();
    assert_eq!(
        told(&error)[1],
        "the server does not accept what the credential plugin delivered, not even a fresh one"
    );
    assert_eq!(server.seen().len(), 2);
}
