//! What the kubelet says of a probe that fails.

use quicktour_client::views::pod::Container;

/// Which probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Whether it gets traffic.
    Readiness,
    /// Whether it is restarted.
    Liveness,
    /// Whether it has started.
    Startup,
}

/// What the probe met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Answer {
    /// This HTTP status.
    Status(u16),
    /// Nobody listens.
    Refused,
    /// No answer in time.
    Timeout,
    /// Something else.
    Other,
}

/// A probe that fails.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Probed {
    /// Which probe.
    pub kind: Kind,
    /// What it met.
    pub answer: Answer,
    /// The port that it asks, where the kubelet names it.
    pub port: Option<u16>,
    /// The ports that the container declares, when `port` is not among them.
    pub declared: Vec<u16>,
}

/// Reads the message of an `Unhealthy` event; `None` when it is not about a probe.
#[must_use]
pub fn read(message: &str, container: Option<&Container>) -> Option<Probed> {
    let (first, rest) = message.split_once(" probe ")?;
    let kind = match first {
        "Readiness" => Kind::Readiness,
        "Liveness" => Kind::Liveness,
        "Startup" => Kind::Startup,
        _ => return None,
    };
    let answer = if let Some((_, status)) = rest.split_once("statuscode: ") {
        let digits: String = status.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().map_or(Answer::Other, Answer::Status)
    } else if rest.contains("connection refused") {
        Answer::Refused
    } else if ["deadline exceeded", "i/o timeout", "timed out", "Client.Timeout", "timeout:"]
        .iter()
        .any(|words| rest.contains(words))
    {
        Answer::Timeout
    } else {
        Answer::Other
    };
    let port = port(rest);
    let declared: Vec<u16> = container
        .into_iter()
        .flat_map(|container| &container.ports)
        .filter_map(|port| u16::try_from(port.container_port).ok())
        .collect();
    let mismatch = port.is_some_and(|port| !declared.is_empty() && !declared.contains(&port));
    let declared = if mismatch { declared } else { Vec::new() };
    Some(Probed { kind, answer, port, declared })
}

/// The port in `Get "http://10.1.2.3:8080/ready"` or `dial tcp 10.1.2.3:8080: connect`.
fn port(text: &str) -> Option<u16> {
    let after = text.split_once("://").or_else(|| text.split_once("dial tcp "))?.1;
    let host = after.split(['/', '"', ' ']).next()?.trim_end_matches(':');
    // `[::1]:80` has colons of its own.
    let digits: String = host.rsplit_once(':')?.1.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use quicktour_client::views::pod::ContainerPort;

    // As kubelet 1.36 writes them.
    #[test]
    fn probes_are_told_apart() {
        let ports = vec![ContainerPort { name: String::new(), container_port: 8080 }];
        let container = Container { ports, ..Container::default() };
        let probed =
            |kind, answer, port, declared: &[u16]| Some(Probed { kind, answer, port, declared: declared.into() });
        for (message, expected) in [
            (
                "Readiness probe failed: HTTP probe failed with statuscode: 500",
                probed(Kind::Readiness, Answer::Status(500), None, &[]),
            ),
            (
                "Readiness probe failed: Get \"http://198.18.0.7:9999/ready\": dial tcp 198.18.0.7:9999: connect: connection refused",
                probed(Kind::Readiness, Answer::Refused, Some(9999), &[8080]),
            ),
            (
                "Liveness probe failed: Get \"http://[fd00::7]:8080/\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
                probed(Kind::Liveness, Answer::Timeout, Some(8080), &[]),
            ),
            (
                "Startup probe failed: dial tcp 198.18.0.7:8080: i/o timeout",
                probed(Kind::Startup, Answer::Timeout, Some(8080), &[]),
            ),
            (
                "Readiness probe failed: cat: /tmp/ok: No such file or directory",
                probed(Kind::Readiness, Answer::Other, None, &[]),
            ),
            ("Container web failed liveness probe, will be restarted", None),
        ] {
            assert_eq!(read(message, Some(&container)), expected, "{message}");
        }
    }
}
