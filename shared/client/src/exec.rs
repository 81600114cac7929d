//! Credential plugins: the program that a kubeconfig names to log in (`client.authentication.k8s.io`).
//!
//! Run by us and not by kube, which would run it three times per connection and leave its stderr to the terminal.

use std::collections::HashMap;
use std::io::{IsTerminal as _, Write as _};
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures::future::{Either, select};
use jiff::Timestamp;
use kube::config::{AuthInfo, ExecConfig, ExecInteractiveMode};
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::error::{ExecFailure, Situation};

/// A plugin that has nobody to talk to must end within this. Source: ours; token helpers answer within seconds.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long the pipes of a plugin that has ended are read. Source: ours; what is in them takes no time.
const DRAIN: Duration = Duration::from_millis(250);
/// What is kept of a plugin's output and of the end of its stderr. Source: ours; a credential is a few kilobytes.
const LARGEST_ANSWER: usize = 1024 * 1024;
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

    fn program(&self) -> &str {
        self.config.command.as_deref().unwrap_or_default()
    }

    fn failed(&self, failure: ExecFailure) -> Situation {
        Situation::ExecPlugin {
            // Without its arguments: client secrets are given that way, and errors are pasted into tickets.
            program: self.program().to_owned(),
            failure,
            install_hint: self.config.install_hint.clone().filter(|hint| !hint.trim().is_empty()),
        }
    }
}

/// Which ends of a terminal a plugin can reach a person by.
#[derive(Clone, Copy)]
struct Terminal {
    stdin: bool,
    stderr: bool,
}

/// Runs the plugin and reads its answer.
pub(crate) async fn run(plugin: &ExecPlugin) -> Result<ExecCredential, Situation> {
    let terminal = Terminal { stdin: std::io::stdin().is_terminal(), stderr: std::io::stderr().is_terminal() };
    run_at(plugin, terminal, PATIENCE).await
}

async fn run_at(plugin: &ExecPlugin, terminal: Terminal, patience: Duration) -> Result<ExecCredential, Situation> {
    let mode = plugin.config.interactive_mode.as_ref();
    let interactive = terminal.stdin && mode != Some(&ExecInteractiveMode::Never);
    if mode == Some(&ExecInteractiveMode::Always) && !terminal.stdin {
        return Err(plugin.failed(ExecFailure::NeedsTerminal));
    }
    // A plugin that may not ask can still say "open this page", and then waits for it.
    let heard = interactive || terminal.stderr;
    let mut spec = serde_json::json!({ "interactive": interactive });
    if let Some(cluster) = &plugin.cluster {
        spec["cluster"] = cluster.clone();
    }
    let info = serde_json::json!({ "apiVersion": plugin.config.api_version, "kind": "ExecCredential", "spec": spec });
    let child = Command::new(plugin.program())
        .args(plugin.config.args.iter().flatten())
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
    // A person at a terminal may take as long as their browser takes them.
    let limit = if heard { Duration::MAX } else { patience };
    let Outcome { status, answer, stderr } =
        timeout(limit, attend(child, heard)).await.map_err(|_| plugin.failed(ExecFailure::TooSlow(patience)))?;
    match status {
        Ok(status) if status.success() => {
            read(plugin, &answer).ok_or_else(|| plugin.failed(ExecFailure::BadAnswer { stderr }))
        }
        Ok(status) => Err(plugin.failed(ExecFailure::Failed { code: status.code(), stderr })),
        Err(error) => Err(plugin.failed(ExecFailure::NotStarted(crate::kubeconfig::plain(&error)))),
    }
}

/// What a plugin left.
struct Outcome {
    status: std::io::Result<ExitStatus>,
    answer: Vec<u8>,
    stderr: String,
}

/// Listens to a plugin until it ends. What it says on stderr is also shown to the person it is meant for.
async fn attend(mut child: Child, show: bool) -> Outcome {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (mut answer, mut said) = (Vec::new(), Vec::new());
    let listening = async {
        let answering = listen(stdout, |piece| {
            // An answer that is cut off here does not parse, which is what is then said.
            let room = LARGEST_ANSWER.saturating_sub(answer.len());
            answer.extend_from_slice(&piece[..piece.len().min(room)]);
        });
        let talking = listen(stderr, |piece| {
            if show {
                // The program is the user's own; prompts need no line end and may carry colour.
                let _ = std::io::stderr().write_all(piece);
            }
            said.extend_from_slice(piece);
            said.drain(..said.len().saturating_sub(STDERR_KEPT));
        });
        futures::join!(answering, talking)
    };
    let status = match select(pin!(child.wait()), pin!(listening)).await {
        Either::Left((status, listening)) => {
            // What it wrote is in the pipes; a process that it left behind may hold them open for ever.
            let _ = timeout(DRAIN, listening).await;
            status
        }
        Either::Right((_, waiting)) => waiting.await,
    };
    Outcome { status, answer, stderr: String::from_utf8_lossy(&said).trim().to_owned() }
}

/// Hands on what arrives in a pipe, until its end.
async fn listen(pipe: Option<impl AsyncRead + Unpin>, mut each: impl FnMut(&[u8])) {
    let Some(mut pipe) = pipe else { return };
    let mut piece = [0; 1024];
    while let Ok(count @ 1..) = pipe.read(&mut piece).await {
        each(&piece[..count]);
    }
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

    const NOBODY: Terminal = Terminal { stdin: false, stderr: false };
    const PATIENCE: Duration = Duration::from_millis(300);
    const CREDENTIAL: &str = r#"echo '{"apiVersion":"x","kind":"ExecCredential","status":{"token":"t"}}'"#;

    async fn failure(plugin: &ExecPlugin, terminal: Terminal) -> ExecFailure {
        match run_at(plugin, terminal, PATIENCE).await {
            Err(Situation::ExecPlugin { failure, .. }) => failure,
            Err(other) => panic!("{other:?}"),
            Ok(_) => panic!("a credential was delivered"),
        }
    }

    async fn token(plugin: &ExecPlugin, terminal: Terminal) -> String {
        match run_at(plugin, terminal, PATIENCE).await {
            Ok(credential) => credential.token.unwrap(),
            Err(situation) => panic!("{situation:?}"),
        }
    }

    #[tokio::test]
    async fn a_plugin_that_never_ends_is_ended_where_nobody_sees_it() {
        let folder = tempfile::tempdir().unwrap();
        let mark = folder.path().join("mark");
        let begun = Instant::now();
        let script = format!("/bin/sleep 1; echo late > {}", mark.display());
        for mode in [ExecInteractiveMode::Never, ExecInteractiveMode::IfAvailable] {
            assert_eq!(failure(&plugin(&script, mode), NOBODY).await, ExecFailure::TooSlow(PATIENCE));
        }
        assert!(begun.elapsed() < Duration::from_secs(3), "waited {:?}", begun.elapsed());
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert!(!mark.exists(), "the plugin went on after its time");
    }

    #[tokio::test]
    async fn a_plugin_that_a_person_can_read_or_answer_has_time() {
        let script = format!("echo 'open this page' >&2; /bin/sleep 1; {CREDENTIAL}");
        let reader = Terminal { stdin: false, stderr: true };
        for (terminal, mode) in [
            (reader, ExecInteractiveMode::Never),
            (reader, ExecInteractiveMode::IfAvailable),
            (Terminal { stdin: true, stderr: false }, ExecInteractiveMode::IfAvailable),
        ] {
            assert_eq!(token(&plugin(&script, mode), terminal).await, "t");
        }
    }

    #[tokio::test]
    async fn a_plugin_that_leaves_a_process_behind_has_answered() {
        let begun = Instant::now();
        let leaving = plugin(&format!("/bin/sleep 4 & {CREDENTIAL}"), ExecInteractiveMode::Never);
        assert_eq!(token(&leaving, Terminal { stdin: false, stderr: true }).await, "t");
        assert!(begun.elapsed() < Duration::from_secs(3), "waited {:?}", begun.elapsed());
    }

    #[tokio::test]
    async fn an_answer_beyond_all_measure_is_none() {
        let script = "i=0; while [ $i -lt 3000 ]; do printf %01000d 0; i=$((i+1)); done";
        let endless = plugin(script, ExecInteractiveMode::Never);
        let failure = failure(&endless, Terminal { stdin: false, stderr: true }).await;
        assert_eq!(failure, ExecFailure::BadAnswer { stderr: String::new() });
    }

    #[tokio::test]
    async fn a_plugin_that_must_ask_is_not_run_where_nobody_answers() {
        let asking = plugin("exit 0", ExecInteractiveMode::Always);
        assert_eq!(failure(&asking, NOBODY).await, ExecFailure::NeedsTerminal);
    }
}
