//! Writes kubeconfig files, with everything embedded so that they can be copied anywhere.

use std::fs;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::Context as _;

use super::pki::embed;

/// The name of the context and the cluster in every kubeconfig of the harness.
pub const CONTEXT: &str = "quicktour-test";

/// How a user proves who they are.
pub(crate) enum Credentials<'a> {
    Token(&'a str),
    /// Certificate and key, PEM.
    Certificate(&'a str, &'a str),
}

/// Writes a kubeconfig for `user` at `path`; `authority` is the PEM of the server's CA.
pub(crate) fn write(
    path: &Path,
    server: &str,
    authority: &str,
    user: &str,
    credentials: &Credentials<'_>,
) -> anyhow::Result<()> {
    let proof = match credentials {
        Credentials::Token(token) => format!("token: {token}"),
        Credentials::Certificate(certificate, key) => {
            format!("client-certificate-data: {}\n    client-key-data: {}", embed(certificate), embed(key))
        }
    };
    let text = format!(
        "apiVersion: v1
kind: Config
current-context: {CONTEXT}
contexts:
- name: {CONTEXT}
  context:
    cluster: {CONTEXT}
    user: \"{user}\"
clusters:
- name: {CONTEXT}
  cluster:
    server: {server}
    certificate-authority-data: {}
users:
- name: \"{user}\"
  user:
    {proof}
",
        embed(authority)
    );
    let mut file = fs::File::options()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("writing `{}`", path.display()))?;
    std::io::Write::write_all(&mut file, text.as_bytes()).with_context(|| format!("writing `{}`", path.display()))
}
