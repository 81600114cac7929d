//! Which cluster, as whom: kubectl's rules for finding, merging and overriding kubeconfigs (those of client-go's
//! `clientcmd`), without touching the network.

mod file;

use std::path::{Path, PathBuf};

use kube::config::{AuthInfo, Cluster, Context, Kubeconfig};

use quicktour_report::suggest::nearest;

use crate::environment::Environment;
use crate::error::{Entry, Flaw, Situation};
use crate::flags::ConnectFlags;

/// What the kubeconfig and the flags say together.
#[derive(Debug)]
pub(crate) struct Chosen {
    pub(crate) context: Option<String>,
    pub(crate) user_name: Option<String>,
    pub(crate) namespace: Option<String>,
    pub(crate) cluster: Cluster,
    pub(crate) user: AuthInfo,
}

/// Where the answer comes from.
#[derive(Debug)]
pub(crate) enum Source {
    /// Kubeconfig files, flags, or both.
    Kubeconfig(Box<Chosen>),
    /// The pod's service account.
    InCluster,
}

/// Finds out which cluster is meant.
pub(crate) fn choose(flags: &ConnectFlags, environment: &Environment) -> Result<Source, Situation> {
    let (config, tried) = load(flags, environment)?;
    let found = config.is_some();
    let config = config.unwrap_or_default();
    let names = [&config.current_context, &flags.context, &flags.cluster, &flags.user, &flags.server];
    let in_cluster = environment.in_cluster();
    // A kubeconfig that chooses nothing is like none. Whoever names an entry does not mean the pod's own account.
    if in_cluster && names.iter().all(|name| name.is_none()) {
        return Ok(Source::InCluster);
    }
    if !found && !in_cluster && flags.server.is_none() {
        return Err(Situation::NoKubeconfig { tried });
    }
    overridden(&config, flags).map(|chosen| Source::Kubeconfig(Box::new(chosen)))
}

/// Reads and merges the files; `None` with the paths tried when there are none.
fn load(flags: &ConnectFlags, environment: &Environment) -> Result<(Option<Kubeconfig>, Vec<PathBuf>), Situation> {
    if let Some(path) = &flags.kubeconfig {
        return match file::read(path)? {
            Some(config) => Ok((Some(config), Vec::new())),
            None => Err(Situation::BadKubeconfig { path: Some(path.clone()), line: None, flaw: Flaw::Missing }),
        };
    }
    let paths = environment.kubeconfig_paths();
    let mut merged: Option<Kubeconfig> = None;
    for path in &paths {
        // kubectl skips files of the list that do not exist.
        let Some(next) = file::read(path)? else { continue };
        merged = Some(match merged {
            None => next,
            Some(first) => first.merge(next).map_err(|_| file::not_a_kubeconfig(path, None))?,
        });
    }
    Ok((merged, paths))
}

/// A file that the kubeconfig names and that cannot be read.
pub(crate) fn unreadable(path: &Path, error: &std::io::Error) -> Situation {
    let flaw = match error.kind() {
        std::io::ErrorKind::NotFound => Flaw::Missing,
        _ => Flaw::Unreadable(plain(error)),
    };
    Situation::BadKubeconfig { path: Some(path.to_owned()), line: None, flaw }
}

/// The system's words without Rust's `(os error N)`.
pub(crate) fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_lowercase(),
        None => text,
    }
}

fn overridden(config: &Kubeconfig, flags: &ConnectFlags) -> Result<Chosen, Situation> {
    let name = flags.context.clone().or_else(|| config.current_context.clone());
    let context = match &name {
        Some(name) => match config.contexts.iter().find(|context| context.name == *name) {
            Some(found) => found.context.clone().unwrap_or_default(),
            None => return Err(unknown(Entry::Context, Some(name), config.contexts.iter().map(|c| &c.name))),
        },
        // Cluster and user may be named one by one.
        None => Context::default(),
    };

    let user_name = flags.user.clone().or_else(|| context.user.clone());
    let found = user_name.as_ref().and_then(|name| config.auth_infos.iter().find(|user| user.name == *name));
    let mut user = match found {
        Some(found) => found.auth_info.clone().unwrap_or_default(),
        // Like kubectl: a context may name a user that is not there and then asks anonymously, a flag may not.
        None if flags.user.is_some() => {
            return Err(unknown(Entry::User, user_name.as_ref(), config.auth_infos.iter().map(|u| &u.name)));
        }
        None => AuthInfo::default(),
    };
    override_user(&mut user, flags);

    let cluster_name = flags.cluster.clone().unwrap_or_else(|| context.cluster.clone());
    let mut cluster = match config.clusters.iter().find(|cluster| cluster.name == cluster_name) {
        Some(found) => found.cluster.clone().unwrap_or_default(),
        None if flags.server.is_some() && flags.cluster.is_none() => Cluster::default(),
        None if name.is_none() && flags.cluster.is_none() => {
            return Err(unknown(Entry::Context, None, config.contexts.iter().map(|c| &c.name)));
        }
        None => return Err(unknown(Entry::Cluster, Some(&cluster_name), config.clusters.iter().map(|c| &c.name))),
    };
    override_cluster(&mut cluster, flags);

    let namespace = flags.namespace.clone().or_else(|| context.namespace.clone());
    Ok(Chosen { context: name, user_name, namespace, cluster, user })
}

fn override_cluster(cluster: &mut Cluster, flags: &ConnectFlags) {
    if let Some(path) = &flags.certificate_authority {
        // A given authority is to be used: it ends a kubeconfig's wish to skip verification.
        cluster.certificate_authority = Some(path.to_string_lossy().into_owned());
        cluster.certificate_authority_data = None;
        cluster.insecure_skip_tls_verify = None;
    }
    if flags.server.is_some() || flags.tls_server_name.is_some() {
        // The kubeconfig's name was for the kubeconfig's server.
        cluster.tls_server_name.clone_from(&flags.tls_server_name);
    }
    if let Some(server) = &flags.server {
        cluster.server = Some(server.clone());
    }
}

fn override_user(user: &mut AuthInfo, flags: &ConnectFlags) {
    if let Some(token) = &flags.token {
        // As in kubectl, a client certificate stays: the server looks at it first.
        user.token = Some(token.0.clone().into());
        user.token_file = None;
        user.exec = None;
        user.auth_provider = None;
        user.username = None;
        user.password = None;
    }
    if let Some(name) = &flags.impersonate {
        user.impersonate = Some(name.clone());
        user.impersonate_groups = None;
        user.impersonate_uid = None;
    }
    if !flags.impersonate_groups.is_empty() {
        user.impersonate_groups = Some(flags.impersonate_groups.clone());
    }
    if let Some(uid) = &flags.impersonate_uid {
        user.impersonate_uid = Some(uid.clone());
    }
}

fn unknown<'a>(entry: Entry, name: Option<&String>, known: impl Iterator<Item = &'a String>) -> Situation {
    let mut known: Vec<String> = known.cloned().collect();
    known.sort();
    let nearest = name.and_then(|name| nearest(name, known.iter().map(String::as_str))).map(str::to_owned);
    Situation::NotInKubeconfig { entry, name: name.cloned(), known, nearest }
}
