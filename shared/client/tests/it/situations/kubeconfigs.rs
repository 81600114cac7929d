use std::path::Path;

use quicktour_client::{ConnectFlags, Environment, Error, connect_in};

use super::{Row, fails, kubeconfig, row, write};
use crate::{bare_machine, told};

pub(super) async fn of_kubeconfigs(rows: &mut Vec<Row>) {
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

async fn connecting(flags: ConnectFlags, environment: &Environment) -> Error {
    fails(connect_in(&flags, environment)).await
}

fn with_kubeconfig(path: &str) -> ConnectFlags {
    ConnectFlags { kubeconfig: Some(path.into()), ..ConnectFlags::default() }
}
