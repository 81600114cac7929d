//! Which proxy stands before a server, by the rules of kubectl (Go's `http.ProxyFromEnvironment`).
//!
//! kube matches `NO_PROXY` against the proxy's own address and stops at an empty entry, so this is decided here.

use std::net::IpAddr;

use http::Uri;

use crate::environment::Environment;
use crate::error::{Flaw, Situation};

/// The proxy for a server: the kubeconfig's `proxy-url`, or that of the environment unless `NO_PROXY` exempts it.
pub(crate) fn of(server: &Uri, configured: Option<&str>, environment: &Environment) -> Result<Option<Uri>, Situation> {
    if let Some(url) = configured.filter(|url| !url.is_empty()) {
        return parse(url).map(Some);
    }
    let name = if server.scheme_str() == Some("http") { "HTTP_PROXY" } else { "HTTPS_PROXY" };
    let lower = name.to_lowercase();
    let Some(url) = environment.get(name).or_else(|| environment.get(&lower)) else { return Ok(None) };
    let exempt = environment.get("NO_PROXY").or_else(|| environment.get("no_proxy")).unwrap_or_default();
    let (host, port) = host_and_port(server);
    if is_local(&host) || exempt.split(',').any(|entry| exempts(entry.trim(), &host, port)) {
        return Ok(None);
    }
    // Go takes a proxy without a scheme for an HTTP one.
    if url.contains("://") { parse(url) } else { parse(&format!("http://{url}")) }.map(Some)
}

fn parse(url: &str) -> Result<Uri, Situation> {
    let bad = || Situation::BadKubeconfig { path: None, line: None, flaw: Flaw::BadAddress(without_password(url)) };
    let uri: Uri = url.parse().map_err(|_| bad())?;
    match uri.scheme_str() {
        Some("http" | "https" | "socks5") if uri.host().is_some() => Ok(uri),
        _ => Err(bad()),
    }
}

/// A proxy's address may hold a password, which no message shows.
fn without_password(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        (None, Some((_, host))) => host.to_owned(),
        _ => url.to_owned(),
    }
}

/// Host without brackets, and the port or the scheme's own.
pub(crate) fn host_and_port(uri: &Uri) -> (String, u16) {
    let host = uri.host().unwrap_or_default();
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let port = uri.port_u16().unwrap_or(match uri.scheme_str() {
        Some("https") => 443,
        Some("socks5") => 1080,
        _ => 80,
    });
    (host.to_owned(), port)
}

/// Go never asks a proxy for this machine.
fn is_local(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Whether one entry of `NO_PROXY` names the host: `*`, an address, a range (`10.0.0.0/8`), a domain with all below
/// it (`example.com`), only what is below it (`.example.com`), each but the range with an optional port.
fn exempts(entry: &str, host: &str, port: u16) -> bool {
    if entry.is_empty() {
        return false;
    }
    if entry == "*" {
        return true;
    }
    if let Some((network, bits)) = entry.split_once('/') {
        return match (network.parse(), bits.parse(), host.parse()) {
            (Ok(network), Ok(bits), Ok(ip)) => in_network(ip, network, bits),
            _ => false,
        };
    }
    let (name, only_port) = match entry.rsplit_once(':') {
        Some((name, digits)) if !name.contains(':') || name.ends_with(']') => (name, digits.parse::<u16>().ok()),
        _ => (entry, None),
    };
    if only_port.is_some_and(|only| only != port) {
        return false;
    }
    let name = name.trim_matches(|c| c == '[' || c == ']');
    if let Ok(ip) = name.parse::<IpAddr>() {
        return host.parse::<IpAddr>().is_ok_and(|host| host == ip);
    }
    let (name, host) = (name.to_lowercase(), host.to_lowercase());
    let name = name.strip_prefix('*').unwrap_or(&name);
    match name.strip_prefix('.') {
        Some(_) => host.ends_with(name),
        None => host == name || host.ends_with(&format!(".{name}")),
    }
}

fn in_network(ip: IpAddr, network: IpAddr, bits: u32) -> bool {
    let masked = |value: u128, width: u32| match width.checked_sub(bits) {
        Some(free) => value.checked_shr(free).unwrap_or(0),
        None => value,
    };
    match (ip, network) {
        (IpAddr::V4(ip), IpAddr::V4(network)) => {
            masked(u128::from(ip.to_bits()), 32) == masked(u128::from(network.to_bits()), 32)
        }
        (IpAddr::V6(ip), IpAddr::V6(network)) => masked(ip.to_bits(), 128) == masked(network.to_bits(), 128),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(server: &str, configured: Option<&str>, variables: &[(&str, &str)]) -> Option<String> {
        let environment = Environment::of(variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
        of(&server.parse().unwrap(), configured, &environment).unwrap().map(|uri| uri.to_string())
    }

    #[test]
    fn the_kubeconfigs_proxy_wins_and_knows_no_exemption() {
        let env = [("HTTPS_PROXY", "http://env:1"), ("NO_PROXY", "*")];
        assert_eq!(chosen("https://h", Some("socks5://p:9"), &env).as_deref(), Some("socks5://p:9/"));
    }

    #[test]
    fn the_environments_proxy_goes_by_scheme_and_exemptions() {
        let proxy = Some("http://p:3128/".to_owned());
        let with = |no_proxy| vec![("HTTPS_PROXY", "http://p:3128"), ("NO_PROXY", no_proxy)];
        for (server, no_proxy, proxied) in [
            ("https://api.example.com:6443", "", true),
            ("https://api.example.com:6443", "other.com,,", true),
            ("https://api.example.com:6443", "example.com", false),
            ("https://api.example.com:6443", "api.example.com:6443", false),
            ("https://api.example.com:6443", "api.example.com:443", true),
            ("https://api.example.com:6443", ".example.com", false),
            ("https://example.com", ".example.com", true),
            ("https://badexample.com", "example.com", true),
            ("https://api.example.com", "*", false),
            ("https://10.1.2.3:6443", "10.0.0.0/8", false),
            ("https://11.1.2.3:6443", "10.0.0.0/8", true),
            ("https://[fd00::1]:6443", "fd00::/8", false),
            ("https://[fd00::1]:6443", "[fd00::1]:6443", false),
            ("https://10.1.2.3:6443", "10.1.2.3", false),
            ("https://127.0.0.1:6443", "", false),
            ("https://localhost:6443", "", false),
        ] {
            let got = chosen(server, None, &with(no_proxy));
            assert_eq!(got, proxy.clone().filter(|_| proxied), "{server} with NO_PROXY={no_proxy}");
        }
        assert_eq!(chosen("http://h", None, &with("")), None, "HTTPS_PROXY is not for http");
        assert_eq!(chosen("http://h", None, &[("http_proxy", "p:1")]).as_deref(), Some("http://p:1/"));
    }

    #[test]
    fn a_bad_proxy_is_named_without_its_password() {
        let environment = Environment::of([]);
        let uri: Uri = "https://h".parse().unwrap();
        let Err(Situation::BadKubeconfig { flaw: Flaw::BadAddress(shown), .. }) =
            of(&uri, Some("ftp://me:hush@p:1"), &environment)
        else {
            panic!("an ftp proxy was accepted");
        };
        assert_eq!(shown, "ftp://p:1");
    }
}
