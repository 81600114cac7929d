//! The certificates of one test cluster: one authority for servers, users and signing requests, and one for the
//! front proxy through which the apiserver speaks to aggregated APIs.

use std::fs;
use std::net::IpAddr;
use std::path::Path;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};

/// The authority whose certificate is `ca.crt`.
pub(crate) const AUTHORITY: &str = "ca";
const FRONT_PROXY: &str = "front-proxy-ca";

/// Writes `NAME.crt` and `NAME.key` for every part into `dir`, and the key pair that signs service account tokens.
/// `addresses` are those under which the apiserver is reached.
pub(crate) fn write(dir: &Path, addresses: &[IpAddr]) -> anyhow::Result<()> {
    let authority = create_authority(dir, AUTHORITY)?;
    let front_proxy = create_authority(dir, FRONT_PROXY)?;

    let mut server = CertificateParams::new(
        ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"].map(str::to_owned).to_vec(),
    )?;
    server.subject_alt_names.extend(addresses.iter().map(|address| SanType::IpAddress(*address)));
    server.distinguished_name = subject("kube-apiserver", None);
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    save(dir, "apiserver", &server, &authority)?;

    save(dir, "front-proxy-client", &client("front-proxy-client", None), &front_proxy)?;
    save(dir, "kubelet-client", &client("kube-apiserver-kubelet-client", Some("system:masters")), &authority)?;

    let tokens = KeyPair::generate()?;
    write_secret(&dir.join("service-accounts.key"), &tokens.serialize_pem())?;
    write_secret(&dir.join("service-accounts.pub"), &tokens.public_key_pem())
}

/// Writes the authority alone.
pub(crate) fn write_authority(dir: &Path) -> anyhow::Result<()> {
    create_authority(dir, AUTHORITY).map(drop)
}

/// A client certificate and its key as PEM, for a user in at most one group.
pub(crate) fn user(dir: &Path, name: &str, group: Option<&str>) -> anyhow::Result<(String, String)> {
    let key = KeyPair::generate()?;
    let authority = load_authority(dir, AUTHORITY)?;
    let certificate = client(name, group).signed_by(&key, &authority)?;
    Ok((certificate.pem(), key.serialize_pem()))
}

/// Base64, as kubeconfig files embed certificates.
pub(crate) fn embed(text: &str) -> String {
    STANDARD.encode(text)
}

fn create_authority(dir: &Path, name: &str) -> anyhow::Result<Issuer<'static, KeyPair>> {
    let key = KeyPair::generate()?;
    let params = authority_params(name);
    fs::write(dir.join(format!("{name}.crt")), params.self_signed(&key)?.pem())?;
    write_secret(&dir.join(format!("{name}.key")), &key.serialize_pem())?;
    Ok(Issuer::new(params, key))
}

fn load_authority(dir: &Path, name: &str) -> anyhow::Result<Issuer<'static, KeyPair>> {
    let path = dir.join(format!("{name}.key"));
    let key = fs::read_to_string(&path).with_context(|| format!("reading `{}`", path.display()))?;
    Ok(Issuer::new(authority_params(name), KeyPair::from_pem(&key)?))
}

fn authority_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = subject(&format!("quicktour-test-{name}"), None);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    params
}

fn client(name: &str, group: Option<&str>) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = subject(name, group);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params
}

/// Kubernetes reads the common name as the user and the organisation as the group.
fn subject(name: &str, group: Option<&str>) -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    if let Some(group) = group {
        subject.push(DnType::OrganizationName, group);
    }
    subject.push(DnType::CommonName, name);
    subject
}

fn save(dir: &Path, name: &str, params: &CertificateParams, issuer: &Issuer<'_, KeyPair>) -> anyhow::Result<()> {
    let key = KeyPair::generate()?;
    fs::write(dir.join(format!("{name}.crt")), params.signed_by(&key, issuer)?.pem())?;
    write_secret(&dir.join(format!("{name}.key")), &key.serialize_pem())
}

fn write_secret(path: &Path, text: &str) -> anyhow::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = fs::File::options().create_new(true).write(true).mode(0o600).open(path)?;
    std::io::Write::write_all(&mut file, text.as_bytes()).with_context(|| format!("writing `{}`", path.display()))
}
