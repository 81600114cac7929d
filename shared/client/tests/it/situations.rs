/// What a server answers, or fails to.
mod answers;
/// Connections that do not come about, and certificates that are not trusted.
mod connections;
/// Kubeconfigs that are missing, broken or name what is not there.
mod kubeconfigs;
/// Writes that are refused, and one of which nobody knows.
mod writes;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use quicktour_client::views::pod::Pod;
use quicktour_client::{Client, Error, ListOptions, Scope, Situation};

use crate::told;

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
        Situation::MayNotImpersonate { .. } => "MayNotImpersonate",
        Situation::ApiAbsent { .. } => "ApiAbsent",
        Situation::NotFound { .. } => "NotFound",
        Situation::TimedOut { .. } => "TimedOut",
        Situation::ServerError { .. } => "ServerError",
        Situation::NotUnderstood { .. } => "NotUnderstood",
        Situation::OutcomeUnknown { .. } => "OutcomeUnknown",
        Situation::Conflict { .. } => "Conflict",
        Situation::Changed => "Changed",
        Situation::AlreadyExists => "AlreadyExists",
        Situation::Refused { .. } => "Refused",
        Situation::NamespaceMissing { .. } => "NamespaceMissing",
        Situation::NamespaceTerminating { .. } => "NamespaceTerminating",
    }
}

const VARIANTS: usize = 21;

#[tokio::test]
async fn every_situation_is_told_in_words_that_help() {
    let mut groups: [Vec<Row>; 6] = Default::default();
    let [first, second, third, fourth, fifth, sixth] = &mut groups;
    futures::join!(
        kubeconfigs::of_kubeconfigs(first),
        connections::of_connections(second),
        connections::of_tls(third),
        answers::of_answers(fourth),
        answers::of_a_real_server(fifth),
        writes::of_writes(sixth)
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
