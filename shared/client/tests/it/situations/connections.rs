use std::path::Path;

use quicktour_client::{ConnectFlags, connect_in};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::{Row, kubeconfig, list_pods, row, write};
use crate::server::{Deaf, Reply, Server, nobody};
use crate::{bare_machine, client_of, client_with};

pub(super) async fn of_connections(rows: &mut Vec<Row>) {
    let address = nobody();
    let place = format!("`http://{address}`");
    let connect = |place: &str| format!("could not connect to {place}");
    let livez = |url: &str| format!("see whether the API server is up with `kubectl get --raw /livez --server={url}`");
    rows.push(row(
        "refused",
        list_pods(&client_of(&format!("http://{address}")).await).await,
        &connect(&place),
        &format!("nothing listens at `{address}`: the server refused the connection"),
        &livez(&format!("http://{address}")),
    ));
    rows.push(row(
        "no such host",
        list_pods(&client_of("https://no-such-host.invalid:6443").await).await,
        &connect("`https://no-such-host.invalid:6443`"),
        "the server's name in `no-such-host.invalid:6443` has no address",
        "look the name up with `nslookup no-such-host.invalid`",
    ));
    let closing = Server::start(|_, _| Reply::Close);
    rows.push(row(
        "closed before the answer",
        list_pods(&client_of(&closing.http()).await).await,
        &connect(&format!("`{}`", closing.http())),
        &format!("the server at `{}` closed the connection before it answered", closing.address),
        &livez(&closing.http()),
    ));
    let other = Server::start(|_, _| Reply::Bytes(b"SSH-2.0-OpenSSH_9.9\r\n".to_vec()));
    rows.push(row(
        "not HTTP",
        list_pods(&client_of(&other.http()).await).await,
        &connect(&format!("`{}`", other.http())),
        &format!("the server at `{}` does not speak HTTP, or expects `https://`", other.address),
        &livez(&other.http()),
    ));
    let deaf = Deaf::start();
    let client = client_of(&format!("http://{}", deaf.address)).await;
    rows.push(row(
        "no answer to the attempt to connect",
        list_pods(&client).await,
        &connect(&format!("`http://{}`", deaf.address)),
        &format!("no server answered at `{}` within 10 s", deaf.address),
        &livez(&format!("http://{}", deaf.address)),
    ));
    let folder = tempfile::tempdir().unwrap();
    let proxy = nobody();
    let config = kubeconfig("http://cluster.example", &format!(", proxy-url: 'http://{proxy}'"), "");
    let config = write(folder.path(), "config", &config);
    rows.push(row(
        "the proxy refuses",
        list_pods(&client_with(Path::new(&config)).await.unwrap()).await,
        &connect("`x` (`http://cluster.example`)"),
        &format!("nothing listens at `{proxy}`: the proxy refused the connection"),
        &format!("see whether the API server is up with `kubectl get --raw /livez --kubeconfig={config}`"),
    ));
}

pub(super) async fn of_tls(rows: &mut Vec<Row>) {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new("authority");
    let ok = |_: &crate::server::Seen, _: usize| Reply::json(200, "{}");
    let trusting = write(folder.path(), "ca.crt", &authority.pem());
    let stranger = write(folder.path(), "other.crt", &Authority::new("stranger").pem());
    let good = Server::start_tls(authority.sign("127.0.0.1", 2000, 2090), ok);
    let named = Server::start_tls(authority.sign("api.example.com", 2000, 2090), ok);
    let expired = Server::start_tls(authority.sign("127.0.0.1", 2000, 2001), ok);
    let early = Server::start_tls(authority.sign("127.0.0.1", 2080, 2090), ok);
    let plain = plain_http();
    for (name, server, ca, cause) in [
        ("unknown authority", &good, &stranger, "is signed by an authority that the kubeconfig does not trust"),
        ("other name", &named, &trusting, "is for `api.example.com`, not for `127.0.0.1`"),
        ("expired", &expired, &trusting, "has expired"),
        ("not yet valid", &early, &trusting, "is not valid yet: it is new, or a clock is wrong"),
    ] {
        let flags = ConnectFlags {
            server: Some(server.https()),
            certificate_authority: Some(ca.into()),
            ..ConnectFlags::default()
        };
        let client = connect_in(&flags, &bare_machine()).await.unwrap();
        rows.push(row(
            name,
            list_pods(&client).await,
            &format!("could not connect to `{}`", server.https()),
            &format!("the certificate of `{}` {cause}", server.address),
            &format!(
                "see the certificate with `openssl s_client -connect {} </dev/null | openssl x509 -noout -issuer \
                 -subject -dates`",
                server.address
            ),
        ));
        assert!(server.seen().is_empty(), "{name}: a request was sent all the same");
    }
    let flags = ConnectFlags {
        server: Some(format!("https://{plain}")),
        certificate_authority: Some((&trusting).into()),
        ..ConnectFlags::default()
    };
    rows.push(row(
        "no TLS",
        list_pods(&connect_in(&flags, &bare_machine()).await.unwrap()).await,
        &format!("could not connect to `https://{plain}`"),
        &format!("what answers at `{plain}` does not speak TLS"),
        &format!(
            "see which address is used with `kubectl config view --minify --server=https://{plain} \
             --certificate-authority={trusting}`"
        ),
    ));
}

/// A web server without TLS, which answers a TLS handshake as such servers do.
fn plain_http() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            use std::io::{Read as _, Write as _};
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n");
        }
    });
    address
}

/// A certificate authority of the test's own.
struct Authority {
    key: rcgen::KeyPair,
    parameters: rcgen::CertificateParams,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut parameters = rcgen::CertificateParams::default();
        parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        parameters.distinguished_name.push(rcgen::DnType::CommonName, name);
        Self { key: rcgen::KeyPair::generate().unwrap(), parameters }
    }

    fn pem(&self) -> String {
        self.parameters.clone().self_signed(&self.key).unwrap().pem()
    }

    /// A server's certificate for a name, valid between the first days of two years.
    fn sign(&self, name: &str, from: i32, until: i32) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
        let mut parameters = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
        parameters.not_before = rcgen::date_time_ymd(from, 1, 1);
        parameters.not_after = rcgen::date_time_ymd(until, 1, 1);
        let key = rcgen::KeyPair::generate().unwrap();
        let issuer = rcgen::Issuer::from_params(&self.parameters, &self.key);
        let certificate = parameters.signed_by(&key, &issuer).unwrap();
        (certificate.der().clone(), PrivateKeyDer::Pkcs8(key.serialize_der().into()))
    }
}
