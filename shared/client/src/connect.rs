//! From what was chosen to a client: addresses, certificates, credentials and proxies become kube's configuration.
//!
//! Files are looked at here, before kube does, so that an error names the file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::Uri;
use kube::Config;
use kube::config::{AuthInfo, Cluster, ExecAuthCluster};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::client::{Client, Target};
use crate::environment::Environment;
use crate::error::{Credential, Doing, Error, Flaw, Place, Situation};
use crate::exec::ExecPlugin;
use crate::flags::{ConnectFlags, RequestTimeout};
use crate::kubeconfig::{self, Chosen, Source};
use crate::login::{Endpoint, Login};
use crate::proxy;

/// A TCP connection and its TLS handshake must stand within this where the user sets no deadline. Source: ours; the
/// system's own patience is minutes.
const CONNECT: Duration = Duration::from_secs(10);

/// Finds out which cluster is meant and gets ready to talk to it. Nothing is sent to the server yet; a credential
/// plugin of the kubeconfig is run.
pub async fn connect(flags: &ConnectFlags) -> Result<Client, Error> {
    connect_in(flags, &Environment::of_process()).await
}

/// As [`connect`], in another environment than this process's.
pub async fn connect_in(flags: &ConnectFlags, environment: &Environment) -> Result<Client, Error> {
    let mut place = Place { context: flags.context.clone(), server: flags.server.clone(), flags: flags.clone().into() };
    let prepared = kubeconfig::choose(flags, environment).and_then(|source| match source {
        Source::Kubeconfig(chosen) => {
            place.context.clone_from(&chosen.context);
            place.server.clone_from(&chosen.cluster.server);
            from_kubeconfig(*chosen, flags, environment)
        }
        Source::InCluster => in_cluster(flags, environment),
    });
    let failed = |situation, place| Error::new(Doing::Connect, place, situation);
    let (target, login) = match prepared {
        Ok(prepared) => prepared,
        Err(situation) => return Err(failed(situation, place)),
    };
    match login.session().await {
        Ok(_) => Ok(Client::new(target, flags.clone(), login)),
        Err(situation) => Err(failed(situation, place)),
    }
}

fn from_kubeconfig(
    chosen: Chosen,
    flags: &ConnectFlags,
    environment: &Environment,
) -> Result<(Target, Login), Situation> {
    let Chosen { context, user_name, namespace, cluster, mut user } = chosen;
    let address = cluster.server.clone().ok_or_else(|| flaw(Flaw::NoServer))?;
    let server = server_uri(&address)?;
    let namespace = namespace.unwrap_or_else(|| environment.default_namespace());

    let mut config = Config::new(server.clone());
    config.accept_invalid_certs = cluster.insecure_skip_tls_verify.unwrap_or(false);
    config.root_cert = authorities(&cluster)?;
    if config.root_cert.is_none() && (config.accept_invalid_certs || server.scheme_str() == Some("http")) {
        // Nothing will be verified: do not depend on authorities of the system, which a small image may lack.
        config.root_cert = Some(Vec::new());
    }
    config.tls_server_name.clone_from(&cluster.tls_server_name);
    config.proxy_url = proxy::of(&server, cluster.proxy_url.as_deref(), environment)?;
    config.default_retry = false;
    config.default_namespace.clone_from(&namespace);

    if let Some(provider) = user.auth_provider.as_ref().filter(|provider| provider.name != "oidc") {
        // client-go has dropped the others; their successors are credential plugins.
        return Err(flaw(Flaw::AuthProvider(provider.name.clone())));
    }
    check_pair(&user)?;
    let credential = credential(&user);
    let plugin = match user.exec.take() {
        Some(exec) if credential == Credential::ExecPlugin => {
            let about = if exec.provide_cluster_info { Some(exec_cluster(&cluster)?) } else { None };
            Some(ExecPlugin::new(exec, environment.variables().clone(), about))
        }
        _ => None,
    };
    config.auth_info = user;
    let target = Target { context, server: address, namespace, user: user_name };
    let endpoint = endpoint(&mut config, flags);
    Ok((target, Login::new(config, plugin, credential, endpoint)))
}

/// As a pod: what client-go's `inClusterClientConfig` does. (`--server` is not for here: whoever names a server does
/// not want the pod's token sent to it.)
fn in_cluster(flags: &ConnectFlags, environment: &Environment) -> Result<(Target, Login), Situation> {
    let host = environment.get("KUBERNETES_SERVICE_HOST").unwrap_or_default();
    let port = environment.get("KUBERNETES_SERVICE_PORT").unwrap_or_default();
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    let address = format!("https://{host}:{port}");
    let server = server_uri(&address)?;
    let mut config = Config::new(server.clone());
    let ca = flags.certificate_authority.clone().unwrap_or_else(|| environment.service_account_file("ca.crt"));
    config.root_cert = Some(certificates(&read(&ca)?, Some(&ca))?);
    // kube reads this file again from time to time, as we do the token: the kubelet renews both.
    config.root_cert_file = Some(ca);
    let token = environment.service_account_file("token");
    match &flags.token {
        Some(token) => config.auth_info.token = Some(token.0.clone().into()),
        None => config.auth_info.token_file = Some(token.to_string_lossy().into_owned()),
    }
    config.auth_info.impersonate.clone_from(&flags.impersonate);
    config.auth_info.impersonate_uid.clone_from(&flags.impersonate_uid);
    config.auth_info.impersonate_groups = Some(flags.impersonate_groups.clone()).filter(|groups| !groups.is_empty());
    // client-go drops this one; dropping what a user typed helps nobody.
    config.tls_server_name.clone_from(&flags.tls_server_name);
    config.proxy_url = proxy::of(&server, None, environment)?;
    config.default_retry = false;
    let namespace = flags.namespace.clone().unwrap_or_else(|| environment.default_namespace());
    config.default_namespace.clone_from(&namespace);
    let endpoint = endpoint(&mut config, flags);
    let credential = if flags.token.is_some() { Credential::Token } else { Credential::ServiceAccount };
    let target = Target { context: None, server: address, namespace, user: None };
    Ok((target, Login::new(config, None, credential, endpoint)))
}

fn flaw(flaw: Flaw) -> Situation {
    Situation::BadKubeconfig { path: None, line: None, flaw }
}

/// kubectl takes `HOST:PORT` without a scheme for plain HTTP.
fn server_uri(address: &str) -> Result<Uri, Situation> {
    let with_scheme = if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
    let uri = with_scheme.parse::<Uri>().ok().filter(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
    });
    uri.ok_or_else(|| flaw(Flaw::BadAddress(address.to_owned())))
}

/// Where the connection goes, and how long it may take to come about.
fn endpoint(config: &mut Config, flags: &ConnectFlags) -> Endpoint {
    // A deadline that the user set is the only one: it is counted for the call as a whole.
    let (limit, connect_timeout) = match flags.request_timeout {
        Some(RequestTimeout::After(after)) => (None, after),
        Some(RequestTimeout::Never) | None => (Some(CONNECT), CONNECT),
    };
    config.connect_timeout = limit;
    let (host, port) = proxy::host_and_port(&config.cluster_url);
    Endpoint {
        host,
        port,
        proxy: config.proxy_url.as_ref().map(proxy::host_and_port),
        tls_name: config.tls_server_name.clone(),
        connect_timeout,
    }
}

/// What the user shows to the server. As in client-go, a plugin is only asked when there is nothing else to show.
fn credential(user: &AuthInfo) -> Credential {
    let certificate = user.client_certificate.is_some() || user.client_certificate_data.is_some();
    if user.auth_provider.is_some() || user.token.is_some() || user.token_file.is_some() {
        Credential::Token
    } else if user.username.is_some() && user.password.is_some() {
        Credential::Password
    } else if certificate {
        Credential::Certificate
    } else if user.exec.is_some() {
        Credential::ExecPlugin
    } else {
        Credential::None
    }
}

fn authorities(cluster: &Cluster) -> Result<Option<Vec<Vec<u8>>>, Situation> {
    match load(cluster.certificate_authority_data.as_deref(), cluster.certificate_authority.as_deref())? {
        None => Ok(None),
        Some((pem, path)) => certificates(&pem, path.as_deref()).map(Some),
    }
}

/// The certificates of a PEM file; at least one.
fn certificates(pem: &[u8], path: Option<&Path>) -> Result<Vec<Vec<u8>>, Situation> {
    let found: Result<Vec<Vec<u8>>, _> =
        CertificateDer::pem_slice_iter(pem).map(|der| der.map(|der| der.to_vec())).collect();
    found.ok().filter(|found| !found.is_empty()).ok_or_else(|| not_a_certificate(path))
}

fn not_a_certificate(path: Option<&Path>) -> Situation {
    Situation::BadKubeconfig { path: path.map(Path::to_owned), line: None, flaw: Flaw::NotACertificate }
}

/// Bytes, and the file they are from when they are from one.
type Loaded = (Vec<u8>, Option<PathBuf>);

/// Base64 data, or else a file; client-go too lets the data win.
fn load(data: Option<&str>, file: Option<&str>) -> Result<Option<Loaded>, Situation> {
    match (data, file) {
        (Some(data), _) => match BASE64.decode(data.trim()) {
            Ok(bytes) => Ok(Some((bytes, None))),
            Err(_) => Err(not_a_certificate(None)),
        },
        (None, Some(file)) => {
            let path = PathBuf::from(file);
            Ok(Some((read(&path)?, Some(path))))
        }
        (None, None) => Ok(None),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Situation> {
    std::fs::read(path).map_err(|error| kubeconfig::unreadable(path, &error))
}

/// Looks at the client certificate and its key.
fn check_pair(user: &AuthInfo) -> Result<(), Situation> {
    let certificate = load(user.client_certificate_data.as_deref(), user.client_certificate.as_deref())?;
    // The key's data is behind kube's secret type and is left to kube; a file is looked at here.
    let has_data = user.client_key_data.is_some();
    let key = if has_data { None } else { load(None, user.client_key.as_deref())? };
    match (certificate, key) {
        (Some((pem, path)), key) => {
            certificates(&pem, path.as_deref())?;
            match key {
                Some((pem, path)) => {
                    PrivateKeyDer::from_pem_slice(&pem).map(drop).map_err(|_| not_a_certificate(path.as_deref()))
                }
                None if has_data => Ok(()),
                None => Err(flaw(Flaw::HalfAPair)),
            }
        }
        (None, Some(_)) => Err(flaw(Flaw::HalfAPair)),
        (None, None) if has_data => Err(flaw(Flaw::HalfAPair)),
        (None, None) => Ok(()),
    }
}

/// `spec.cluster` of `KUBERNETES_EXEC_INFO`.
fn exec_cluster(cluster: &Cluster) -> Result<serde_json::Value, Situation> {
    let about = ExecAuthCluster::try_from(cluster).map_err(|_| not_a_certificate(None))?;
    serde_json::to_value(about).map_err(|_| flaw(Flaw::BadCredential))
}
