//! The way in: the connection that kube holds, made when it is first needed and made anew when credentials run out.

use std::path::Path;
use std::time::Duration;

use http::HeaderValue;
use jiff::{SignedDuration, Timestamp};
use kube::Config;
use secrecy::ExposeSecret as _;
use tokio::sync::Mutex;

use crate::error::{Credential, Distrust, Flaw, Situation};
use crate::exec::{self, ExecPlugin};

/// What a plugin just delivered is used for this long, whatever end it names: its clock may be behind, and it must not
/// run before every request. Source: ours; a refused credential is renewed at once in any case.
const FRESH: SignedDuration = SignedDuration::from_secs(10);

/// A token file is read again after this long. Source: client-go's and kube's own interval.
const TOKEN_FILE: SignedDuration = SignedDuration::from_mins(1);

/// Where the connection goes.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Host and port of the proxy in between.
    pub(crate) proxy: Option<(String, u16)>,
    /// `tls-server-name`.
    pub(crate) tls_name: Option<String>,
    pub(crate) connect_timeout: Duration,
}

impl Endpoint {
    /// What a socket is opened to.
    pub(crate) fn connects_to(&self) -> (&str, u16) {
        match &self.proxy {
            Some((host, port)) => (host, *port),
            None => (&self.host, self.port),
        }
    }

    pub(crate) fn server_address(&self) -> String {
        join(&self.host, self.port)
    }

    /// The name that the server's certificate must bear.
    pub(crate) fn expected_name(&self) -> &str {
        self.tls_name.as_deref().unwrap_or(&self.host)
    }
}

/// `HOST:PORT`, with brackets around an IPv6 address.
pub(crate) fn join(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// How to log in.
pub(crate) struct Login {
    /// Everything but what a credential plugin delivers.
    config: Config,
    plugin: Option<ExecPlugin>,
    credential: Credential,
    endpoint: Endpoint,
    session: Mutex<Option<Session>>,
}

/// A connection that is logged in. Clones share it.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) kube: kube::Client,
    /// Which login this is, counted from 1.
    pub(crate) number: u64,
    valid_until: Option<Timestamp>,
}

impl Login {
    pub(crate) fn new(config: Config, plugin: Option<ExecPlugin>, credential: Credential, endpoint: Endpoint) -> Self {
        Self { config, plugin, credential, endpoint, session: Mutex::new(None) }
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The authorities that the server is trusted by, as DER; none where the system's are.
    pub(crate) fn authorities(&self) -> &[Vec<u8>] {
        self.config.root_cert.as_deref().unwrap_or_default()
    }

    pub(crate) fn credential(&self) -> Credential {
        self.credential
    }

    /// The connection, with credentials that have not ended.
    pub(crate) async fn session(&self) -> Result<Session, Situation> {
        let mut session = self.session.lock().await;
        match &*session {
            Some(open) if open.valid_until.is_none_or(|end| Timestamp::now() < end) => Ok(open.clone()),
            _ => self.log_in(&mut session).await,
        }
    }

    /// Logs in anew after the server has refused the login of this number; once, however many requests it refused.
    pub(crate) async fn renew(&self, refused: u64) -> Result<(), Situation> {
        let mut session = self.session.lock().await;
        if session.as_ref().is_some_and(|session| session.number == refused) {
            self.log_in(&mut session).await?;
        }
        Ok(())
    }

    async fn log_in(&self, session: &mut Option<Session>) -> Result<Session, Situation> {
        let number = session.as_ref().map_or(1, |before| before.number + 1);
        Ok(session.insert(self.open(number).await?).clone())
    }

    async fn open(&self, number: u64) -> Result<Session, Situation> {
        let mut config = self.config.clone();
        let mut valid_until = None;
        if let Some(plugin) = &self.plugin {
            // On the heap: it is rare, large, and would otherwise be part of every call.
            let credential = Box::pin(exec::run(plugin)).await?;
            valid_until = credential.valid_until.map(|end| end.max(Timestamp::now() + FRESH));
            credential.put_into(&mut config.auth_info);
        }
        if let Some(path) = config.auth_info.token_file.take() {
            config.auth_info.token = Some(token_of(Path::new(&path))?.into());
            valid_until = Some(Timestamp::now() + TOKEN_FILE);
        }
        if config.auth_info.token.as_ref().is_some_and(|token| HeaderValue::from_str(token.expose_secret()).is_err()) {
            // kube would panic.
            return Err(Situation::BadKubeconfig { path: None, line: None, flaw: Flaw::BadCredential });
        }
        let kube = kube::Client::try_from(config).map_err(|error| self.unusable(&error))?;
        Ok(Session { kube, number, valid_until })
    }

    /// Translates a connection that cannot even be prepared. What files hold was looked at before, so that little is
    /// left to go wrong.
    fn unusable(&self, error: &kube::Error) -> Situation {
        use kube::client::RustlsTlsError;
        match error {
            // The system has no authorities of its own and the kubeconfig names none.
            kube::Error::RustlsTls(RustlsTlsError::AddRootCertificate(_) | RustlsTlsError::NoValidNativeRootCA(_)) => {
                Situation::NotTrusted { address: self.endpoint.server_address(), why: Distrust::UnknownAuthority }
            }
            kube::Error::RustlsTls(_) | kube::Error::InferKubeconfig(_) => {
                Situation::BadKubeconfig { path: None, line: None, flaw: Flaw::NotACertificate }
            }
            // A token, user or group with a line end in it.
            _ => Situation::BadKubeconfig { path: None, line: None, flaw: Flaw::BadCredential },
        }
    }
}

/// A token file's token. client-go, unlike kube, does without the line end that an editor leaves.
fn token_of(path: &Path) -> Result<String, Situation> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text.trim().to_owned()),
        Err(error) => Err(crate::kubeconfig::unreadable(path, &error)),
    }
}
