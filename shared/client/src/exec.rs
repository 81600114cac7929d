//! Credential plugins: the program that a kubeconfig names to log in (`client.authentication.k8s.io`).
//!
//! Run by us and not by kube, which would run it three times per connection and leave its stderr to the terminal.

use std::collections::HashMap;
use std::io::{IsTerminal as _, Write as _};
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use kube::config::{AuthInfo, ExecConfig, ExecInteractiveMode};
use quicktour_report::shell;
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;

use crate::error::{ExecFailure, Situation};

/// A plugin that has nobody to talk to must end within this. Source: ours; token helpers answer within seconds.
const PATIENCE: Duration = Duration::from_mins(1);
/// What is kept of a plugin's output and of the end of its stderr. Source: ours; a credential is a few kilobytes.
const LARGEST_ANSWER: u64 = 1024 * 1024;
const STDERR_KEPT: usize = 4096;

/// A plugin as the kubeconfig describes it, with the environment it is to see.
#[derive(Debug)]
pub(crate) struct ExecPlugin {
    config: ExecConfig,
    variables: HashMap<String, String>,
    /// `KUBERNETES_EXEC_INFO`'s `spec.cluster`, when the plugin wants to know.
    cluster: Option<serde_json::Value>,
}

/// What a plugin delivered.
#[derive(Clone)]
pub(crate) struct ExecCredential {
    token: Option<String>,
    certificate: Option<(String, String)>,
    pub(crate) valid_until: Option<Timestamp>,
}

impl ExecCredential {
    /// Puts it where kube looks for it.
    pub(crate) fn put_into(self, user: &mut AuthInfo) {
        user.token = self.token.map(Into::into);
        if let Some((certificate, key)) = self.certificate {
            user.client_certificate_data = Some(BASE64.encode(certificate));
            user.client_key_data = Some(BASE64.encode(key).into());
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    api_version: String,
    kind: String,
    status: Option<AnswerStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnswerStatus {
    expiration_timestamp: Option<Timestamp>,
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
}

impl ExecPlugin {
    pub(crate) fn new(
        config: ExecConfig,
        mut variables: HashMap<String, String>,
        cluster: Option<serde_json::Value>,
    ) -> Self {
        for pair in config.env.iter().flatten() {
            if let (Some(name), Some(value)) = (pair.get("name"), pair.get("value")) {
                variables.insert(name.clone(), value.clone());
            }
        }
        Self { config, variables, cluster }
    }

    fn words(&self) -> Vec<&str> {
        let program = self.config.command.as_deref().unwrap_or_default();
        std::iter::once(program).chain(self.config.args.iter().flatten().map(String::as_str)).collect()
    }

    fn failed(&self, failure: ExecFailure) -> Situation {
        Situation::ExecPlugin {
            command: shell::command(self.words()),
            failure,
            install_hint: self.config.install_hint.clone().filter(|hint| !hint.trim().is_empty()),
        }
    }
}

/// Runs the plugin and reads its answer.
pub(crate) async fn run(plugin: &ExecPlugin) -> Result<ExecCredential, Situation> {
    run_at(plugin, std::io::stdin().is_terminal(), PATIENCE).await
}

async fn run_at(plugin: &ExecPlugin, terminal: bool, patience: Duration) -> Result<ExecCredential, Situation> {
    let mode = plugin.config.interactive_mode.as_ref();
    let interactive = terminal && mode != Some(&ExecInteractiveMode::Never);
    if mode == Some(&ExecInteractiveMode::Always) && !terminal {
        return Err(plugin.failed(ExecFailure::NeedsTerminal));
    }
    let mut spec = serde_json::json!({ "interactive": interactive });
    if let Some(cluster) = &plugin.cluster {
        spec["cluster"] = cluster.clone();
    }
    let info = serde_json::json!({ "apiVersion": plugin.config.api_version, "kind": "ExecCredential", "spec": spec });
    let words = plugin.words();
    let mut child = Command::new(words[0])
        .args(&words[1..])
        .env_clear()
        .envs(&plugin.variables)
        .env("KUBERNETES_EXEC_INFO", info.to_string())
        .stdin(if interactive { Stdio::inherit() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| {
            plugin.failed(match error.kind() {
                std::io::ErrorKind::NotFound => ExecFailure::Missing,
                _ => ExecFailure::NotStarted(crate::kubeconfig::plain(&error)),
            })
        })?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let work = async {
        let answer = async {
            let mut answer = Vec::new();
            if let Some(stdout) = stdout {
                // An answer that is cut off here does not parse, which is what is then said.
                let _ = stdout.take(LARGEST_ANSWER).read_to_end(&mut answer).await;
            }
            answer
        };
        let (answer, said, status) = futures::join!(answer, listen(stderr, interactive), child.wait());
        (answer, said, status)
    };
    // A person at a terminal may take as long as their browser takes them.
    let limit = if interactive { Duration::MAX } else { patience };
    let (answer, stderr, status) =
        tokio::time::timeout(limit, work).await.map_err(|_| plugin.failed(ExecFailure::TooSlow(patience)))?;
    match status {
        Ok(status) if status.success() => {
            read(plugin, &answer).ok_or_else(|| plugin.failed(ExecFailure::BadAnswer { stderr }))
        }
        Ok(status) => Err(plugin.failed(ExecFailure::Failed { code: status.code(), stderr })),
        Err(error) => Err(plugin.failed(ExecFailure::NotStarted(crate::kubeconfig::plain(&error)))),
    }
}

/// Keeps the end of what the plugin says; a person it talks to sees it at once.
async fn listen(stderr: Option<impl AsyncRead + Unpin>, show: bool) -> String {
    let mut kept = Vec::new();
    let Some(mut stderr) = stderr else { return String::new() };
    let mut piece = [0; 1024];
    while let Ok(count @ 1..) = stderr.read(&mut piece).await {
        if show {
            // The program is the user's own; prompts need no line end and may carry colour.
            let _ = std::io::stderr().write_all(&piece[..count]);
        }
        kept.extend_from_slice(&piece[..count]);
        let surplus = kept.len().saturating_sub(STDERR_KEPT);
        kept.drain(..surplus);
    }
    String::from_utf8_lossy(&kept).trim().to_owned()
}

/// The credential in the answer, or `None` when it is not one.
fn read(plugin: &ExecPlugin, answer: &[u8]) -> Option<ExecCredential> {
    let answer: Answer = serde_json::from_slice(answer).ok()?;
    let asked = plugin.config.api_version.as_deref();
    if answer.kind != "ExecCredential" || asked.is_some_and(|asked| asked != answer.api_version) {
        return None;
    }
    let status = answer.status?;
    let token = status.token.filter(|token| !token.is_empty());
    let certificate = match (status.client_certificate_data, status.client_key_data) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        _ => return None,
    };
    (token.is_some() || certificate.is_some()).then_some(ExecCredential {
        token,
        certificate,
        valid_until: status.expiration_timestamp,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn plugin(script: &str, mode: ExecInteractiveMode) -> ExecPlugin {
        let config = ExecConfig {
            command: Some("/bin/sh".to_owned()),
            args: Some(vec!["-c".to_owned(), script.to_owned()]),
            interactive_mode: Some(mode),
            ..ExecConfig::default()
        };
        ExecPlugin::new(config, HashMap::new(), None)
    }

    async fn failure(plugin: &ExecPlugin, terminal: bool) -> ExecFailure {
        match run_at(plugin, terminal, Duration::from_millis(300)).await {
            Err(Situation::ExecPlugin { failure, .. }) => failure,
            Err(other) => panic!("{other:?}"),
            Ok(_) => panic!("a credential was delivered"),
        }
    }

    #[tokio::test]
    async fn a_plugin_that_never_ends_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let mark = folder.path().join("mark");
        let begun = Instant::now();
        let script = format!("/bin/sleep 1; echo late > {}", mark.display());
        let slow = plugin(&script, ExecInteractiveMode::Never);
        assert_eq!(failure(&slow, true).await, ExecFailure::TooSlow(Duration::from_millis(300)));
        assert!(begun.elapsed() < Duration::from_secs(3), "waited {:?}", begun.elapsed());
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert!(!mark.exists(), "the plugin went on after its time");
    }

    #[tokio::test]
    async fn a_plugin_that_must_ask_is_not_run_where_nobody_answers() {
        let asking = plugin("exit 0", ExecInteractiveMode::Always);
        assert_eq!(failure(&asking, false).await, ExecFailure::NeedsTerminal);
    }
}
