//! The flags that say which cluster is meant and who asks, spelled as kubectl spells them. Parsing touches nothing.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap::builder::{OsStringValueParser, StringValueParser, TypedValueParser};
use quicktour_report::shell;

/// The value of a flag, if it has one: an empty value is none, as in kubectl. To clap this is a type like any other,
/// whose default is the empty value.
pub(crate) type Given<T> = Option<T>;

fn given<T: From<String> + Clone + Send + Sync + 'static>() -> impl TypedValueParser<Value = Given<T>> {
    StringValueParser::new().map(|text| (!text.is_empty()).then(|| T::from(text)))
}

fn given_path() -> impl TypedValueParser<Value = Given<PathBuf>> {
    OsStringValueParser::new().map(|text| (!text.is_empty()).then(|| PathBuf::from(text)))
}

/// kubectl's connection flags; every plugin flattens them.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Cluster")]
pub struct ConnectFlags {
    /// Path of the kubeconfig file to use
    ///
    /// Wins over `KUBECONFIG`, which may name several files; without either, `~/.kube/config` is read.
    #[arg(long, value_name = "FILE", value_parser = given_path(), default_value = "", hide_default_value = true)]
    pub kubeconfig: Given<PathBuf>,
    /// Name of the kubeconfig context to use
    #[arg(long, value_name = "NAME", value_parser = given::<String>(), default_value = "", hide_default_value = true)]
    pub context: Given<String>,
    /// Name of the kubeconfig cluster to use
    #[arg(long, value_name = "NAME", value_parser = given::<String>(), default_value = "", hide_default_value = true)]
    pub cluster: Given<String>,
    /// Name of the kubeconfig user to use
    #[arg(long, value_name = "NAME", value_parser = given::<String>(), default_value = "", hide_default_value = true)]
    pub user: Given<String>,
    /// Look at this namespace only
    #[arg(short = 'n', long, value_name = "NAME", value_parser = given::<String>(), default_value = "")]
    #[arg(hide_default_value = true)]
    pub namespace: Given<String>,
    /// User to impersonate: a name, or `system:serviceaccount:NAMESPACE:NAME`
    #[arg(long = "as", value_name = "USER", value_parser = given::<String>(), default_value = "")]
    #[arg(hide_default_value = true)]
    pub impersonate: Given<String>,
    /// Group to impersonate; may be repeated
    #[arg(long = "as-group", value_name = "GROUP", requires = "impersonate")]
    pub impersonate_groups: Vec<String>,
    /// UID to impersonate
    #[arg(long = "as-uid", value_name = "UID", value_parser = given::<String>(), default_value = "")]
    #[arg(hide_default_value = true, requires = "impersonate")]
    pub impersonate_uid: Given<String>,
    /// How long to wait for one answer of the server: `30`, `30s`, `2m`; 0 waits for ever
    #[arg(long, value_name = "DURATION", value_parser = parse_timeout, default_value = "", hide_default_value = true)]
    pub request_timeout: Given<RequestTimeout>,
    /// Address of the API server, as https://HOST:PORT
    #[arg(short = 's', long, value_name = "URL", value_parser = given::<String>(), default_value = "")]
    #[arg(hide_default_value = true)]
    pub server: Given<String>,
    /// Bearer token to authenticate with
    #[arg(long, value_name = "TOKEN", value_parser = given::<Token>(), default_value = "", hide_default_value = true)]
    pub token: Given<Token>,
    /// Path of a certificate file for the authority that signed the server's certificate
    #[arg(long, value_name = "FILE", value_parser = given_path(), default_value = "", hide_default_value = true)]
    pub certificate_authority: Given<PathBuf>,
    /// Name to expect in the server's certificate, instead of the host's
    #[arg(long, value_name = "NAME", value_parser = given::<String>(), default_value = "", hide_default_value = true)]
    pub tls_server_name: Given<String>,
    /// How much to tell on stderr: 6 names each request, 8 its headers (never credentials)
    #[arg(short = 'v', long = "v", value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub verbosity: u8,
}

/// A bearer token; `Debug` does not show it.
#[derive(Clone)]
pub struct Token(pub(crate) String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(..)")
    }
}

impl From<String> for Token {
    fn from(token: String) -> Self {
        Self(token)
    }
}

impl From<&str> for Token {
    fn from(token: &str) -> Self {
        Self(token.to_owned())
    }
}

/// What `--request-timeout` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestTimeout {
    /// `0`: none at all.
    Never,
    /// So long for each call.
    After(Duration),
}

/// Reads kubectl's grammar: a Go duration (`1m30s`, `500ms`) or a bare number of seconds.
fn parse_timeout(text: &str) -> Result<Given<RequestTimeout>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let duration = match text.parse::<u64>() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => parse_duration(text),
    };
    match duration {
        None => Err("expected a number of seconds or a duration such as `30s`, `2m` or `1h30m`".to_owned()),
        Some(Duration::ZERO) => Ok(Some(RequestTimeout::Never)),
        Some(duration) => Ok(Some(RequestTimeout::After(duration))),
    }
}

/// Go's `time.ParseDuration`, without signs.
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut sum = 0.0_f64;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let split = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(split);
        let end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        let seconds = match unit {
            "ns" => 1e-9,
            "us" | "µs" | "μs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        sum += number.parse::<f64>().ok()? * seconds;
        rest = tail;
    }
    Duration::try_from_secs_f64(sum).ok()
}

/// Reads a duration above zero, for flags that say how long something may take; the error says what is expected.
pub fn parse_wait(text: &str) -> Result<Duration, String> {
    parse_duration(text)
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| "expected a duration such as `30s`, `5m` or `1h`".to_owned())
}

/// Which part of the connection flags a kubectl command understands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// Commands that look into the kubeconfig only.
    Kubeconfig,
    /// Commands that ask the server.
    Server,
}

impl ConnectFlags {
    /// How a kubectl command line begins that asks the same cluster as the same user: `kubectl --context=staging`.
    #[must_use]
    pub fn kubectl_prefix(&self) -> String {
        self.kubectl(About::Server, &[])
    }

    /// A kubectl command line for a hint: the words, then the flags that make kubectl speak to the same cluster as
    /// the same user. A token is never repeated.
    pub(crate) fn kubectl(&self, about: About, words: &[&str]) -> String {
        let mut all = vec!["kubectl".to_owned()];
        all.extend(words.iter().map(|&word| word.to_owned()));
        let mut flag = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                all.push(format!("{name}={value}"));
            }
        };
        flag("--kubeconfig", self.kubeconfig.as_deref().and_then(|path| path.to_str()));
        if about == About::Server {
            flag("--context", self.context.as_deref());
            flag("--cluster", self.cluster.as_deref());
            flag("--user", self.user.as_deref());
            flag("--server", self.server.as_deref());
            flag("--certificate-authority", self.certificate_authority.as_deref().and_then(|path| path.to_str()));
            flag("--tls-server-name", self.tls_server_name.as_deref());
            flag("--as", self.impersonate.as_deref());
            for group in &self.impersonate_groups {
                flag("--as-group", Some(group));
            }
            flag("--as-uid", self.impersonate_uid.as_deref());
        }
        shell::command(all.iter().map(String::as_str))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        connect: ConnectFlags,
    }

    #[test]
    fn the_timeout_follows_kubectls_grammar() {
        let after = |ms| Some(Some(RequestTimeout::After(Duration::from_millis(ms))));
        for (text, want) in [
            ("30", after(30_000)),
            ("30s", after(30_000)),
            ("1m", after(60_000)),
            ("1h30m", after(5_400_000)),
            ("1.5s", after(1_500)),
            ("500ms", after(500)),
            ("0", Some(Some(RequestTimeout::Never))),
            ("0s", Some(Some(RequestTimeout::Never))),
            ("", Some(None)),
            ("-1", None),
            ("-1s", None),
            ("1 m", None),
            ("soon", None),
            ("1d", None),
            ("s", None),
            ("1e300h", None),
        ] {
            assert_eq!(parse_timeout(text).ok(), want, "{text}");
        }
    }

    #[test]
    fn flags_are_spelled_as_kubectl_spells_them() {
        let line = "x --kubeconfig f --context c --cluster k --user u -n ns --as me --as-group a --as-group b --as-uid 7 \
                    --request-timeout 5s -s https://h --token t --certificate-authority ca --tls-server-name n -v6";
        let flags = Cli::try_parse_from(line.split_whitespace()).unwrap().connect;
        assert_eq!(flags.impersonate_groups, ["a", "b"]);
        assert_eq!(flags.verbosity, 6);
        assert!(!format!("{flags:?}").contains("\"t\""), "a token must not show in debug output");
        assert_eq!(Cli::try_parse_from(["x", "--v=8"]).unwrap().connect.verbosity, 8);
        assert!(Cli::try_parse_from(["x", "--as-group", "a"]).is_err(), "groups need a user to impersonate");
    }

    #[test]
    fn an_empty_value_is_none() {
        let line = "x --kubeconfig= --context= --cluster= --user= --namespace= --as= --as-uid= --request-timeout= \
                    --server= --token= --certificate-authority= --tls-server-name=";
        let typed = Cli::try_parse_from(line.split_whitespace()).unwrap().connect;
        for flags in [typed, Cli::try_parse_from(["x"]).unwrap().connect] {
            assert_eq!(format!("{flags:?}"), format!("{:?}", ConnectFlags::default()));
        }
    }

    #[test]
    fn a_hints_command_reaches_the_same_cluster_and_never_repeats_a_token() {
        let line = "x --kubeconfig /tmp/my&file --context kind-a --as me --as-group g --token hush";
        let flags = Cli::try_parse_from(line.split_whitespace()).unwrap().connect;
        assert_eq!(
            flags.kubectl(About::Server, &["auth", "can-i", "list", "pods"]),
            "kubectl auth can-i list pods '--kubeconfig=/tmp/my&file' --context=kind-a --as=me --as-group=g"
        );
        assert_eq!(
            flags.kubectl(About::Kubeconfig, &["config", "get-contexts"]),
            "kubectl config get-contexts '--kubeconfig=/tmp/my&file'"
        );
    }
}
