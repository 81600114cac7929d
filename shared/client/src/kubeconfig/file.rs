//! One kubeconfig file, read as kubectl reads it: the last of repeated keys counts, an empty value is none, and paths
//! are relative to the file.

use std::path::{MAIN_SEPARATOR, Path};

use kube::config::{AuthInfo, Kubeconfig};
use secrecy::{ExposeSecret as _, SecretString};
use serde_saphyr::{DuplicateKeyPolicy, Location};

use super::unreadable;
use crate::error::{Flaw, Situation};

/// Reads a file; `None` when it does not exist.
pub(super) fn read(path: &Path) -> Result<Option<Kubeconfig>, Situation> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(path, &error)),
    };
    let text = text_of(&bytes).ok_or_else(|| not_a_kubeconfig(path, None))?;
    let mut config = parse(&text).map_err(|line| not_a_kubeconfig(path, line))?;
    forget_empty(&mut config);
    resolve(&mut config, path.parent().unwrap_or(Path::new("")));
    Ok(Some(config))
}

pub(super) fn not_a_kubeconfig(path: &Path, line: Option<u64>) -> Situation {
    Situation::BadKubeconfig { path: Some(path.to_owned()), line, flaw: Flaw::NotAKubeconfig }
}

/// Text with or without a byte order mark: a shell of Windows writes UTF-16.
fn text_of(bytes: &[u8]) -> Option<String> {
    let wide = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = rest.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        String::from_utf16(&units).ok()
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] | rest => String::from_utf8(rest.to_vec()).ok(),
    }
}

/// The configuration, or the line that cannot be understood. Nothing more is told of an error: the parser's own text
/// quotes the file, which holds credentials.
fn parse(text: &str) -> Result<Kubeconfig, Option<u64>> {
    use kube::config::KubeconfigError;
    Kubeconfig::from_yaml(text).or_else(|error| {
        // What serde derives refuses repeated keys whatever the parser is told; a plain value does not.
        let options = serde_saphyr::options! { duplicate_keys: DuplicateKeyPolicy::LastWins };
        let value: Option<serde_json::Value> = serde_saphyr::from_str_with_options(text, options).ok();
        value.and_then(|value| serde_json::from_value(value).ok()).ok_or_else(|| match error {
            KubeconfigError::Parse(error) => error.location().map(|location: Location| location.line()),
            _ => None,
        })
    })
}

/// Empty values count as absent, as in Go.
fn forget_empty(config: &mut Kubeconfig) {
    let unset = |value: &mut Option<String>| *value = value.take().filter(|value| !value.is_empty());
    let unset_secret =
        |value: &mut Option<SecretString>| *value = value.take().filter(|value| !value.expose_secret().is_empty());
    unset(&mut config.current_context);
    for context in config.contexts.iter_mut().filter_map(|named| named.context.as_mut()) {
        [&mut context.user, &mut context.namespace].into_iter().for_each(unset);
    }
    for cluster in config.clusters.iter_mut().filter_map(|named| named.cluster.as_mut()) {
        [&mut cluster.server, &mut cluster.certificate_authority, &mut cluster.certificate_authority_data]
            .into_iter()
            .for_each(unset);
        [&mut cluster.proxy_url, &mut cluster.tls_server_name].into_iter().for_each(unset);
    }
    for user in users(config) {
        [&mut user.client_certificate, &mut user.client_certificate_data, &mut user.client_key]
            .into_iter()
            .for_each(unset);
        [&mut user.username, &mut user.token_file, &mut user.impersonate, &mut user.impersonate_uid]
            .into_iter()
            .for_each(unset);
        [&mut user.password, &mut user.token, &mut user.client_key_data].into_iter().for_each(unset_secret);
    }
}

/// Makes the files that it names independent of the current folder.
fn resolve(config: &mut Kubeconfig, folder: &Path) {
    let absolute = |file: &mut Option<String>| {
        *file = file.take().map(|file| folder.join(&file).to_str().map_or(file, str::to_owned));
    };
    for cluster in config.clusters.iter_mut().filter_map(|named| named.cluster.as_mut()) {
        absolute(&mut cluster.certificate_authority);
    }
    for user in users(config) {
        [&mut user.client_certificate, &mut user.client_key, &mut user.token_file].into_iter().for_each(absolute);
        if let Some(exec) = &mut user.exec
            // Without a separator it is looked for in `PATH`.
            && exec.command.as_ref().is_some_and(|command| command.contains(MAIN_SEPARATOR))
        {
            absolute(&mut exec.command);
        }
    }
}

fn users(config: &mut Kubeconfig) -> impl Iterator<Item = &mut AuthInfo> {
    config.auth_infos.iter_mut().filter_map(|named| named.auth_info.as_mut())
}
