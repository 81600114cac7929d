//! What the API server says of itself at `/version`, `/readyz` and `/livez`.

use serde::Deserialize;

/// The answer of `/version`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerVersion {
    /// As in `v1.36.3`, perhaps with a provider's suffix.
    pub git_version: String,
}

impl ServerVersion {
    /// Major and minor version, or `None` where the text is no version.
    #[must_use]
    pub fn minor(&self) -> Option<(u32, u32)> {
        minor(&self.git_version)
    }
}

/// Reads `v1.36.3-gke.1` as `(1, 36)`.
#[must_use]
pub fn minor(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.trim_start_matches('v').split('.');
    let major = numbers.next()?.parse().ok()?;
    let digits: String = numbers.next()?.chars().take_while(char::is_ascii_digit).collect();
    Some((major, digits.parse().ok()?))
}

/// One line of a verbose health endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubCheck {
    /// As in `etcd` or `poststarthook/rbac/bootstrap-roles`.
    pub name: String,
    /// Whether it passed; excluded checks count as passed.
    pub ok: bool,
    /// What the server adds, as in `reason withheld`.
    pub detail: String,
}

/// Reads the body of `/readyz?verbose`: lines of `[+]name ok` and `[-]name failed: reason`.
#[must_use]
pub fn sub_checks(body: &str) -> Vec<SubCheck> {
    body.lines()
        .filter_map(|line| {
            let (ok, rest) = match line.strip_prefix("[+]") {
                Some(rest) => (true, rest),
                None => (false, line.strip_prefix("[-]")?),
            };
            let (name, detail) = rest.split_once(' ').unwrap_or((rest, ""));
            Some(SubCheck { name: name.to_owned(), ok, detail: detail.to_owned() })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_providers_are_read() {
        for (text, expected) in [
            ("v1.36.3", Some((1, 36))),
            ("v1.29.1-eks-508b6b3", Some((1, 29))),
            ("v1.30+", Some((1, 30))),
            ("1.28.0+k3s1", Some((1, 28))),
            ("latest", None),
            ("", None),
        ] {
            assert_eq!(minor(text), expected, "{text}");
        }
    }

    #[test]
    fn a_failed_check_keeps_its_reason() {
        let checks = sub_checks("[+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed\n");
        assert_eq!(checks.len(), 2);
        assert!(checks[0].ok && checks[0].name == "ping");
        assert!(!checks[1].ok && checks[1].name == "etcd" && checks[1].detail == "failed: reason withheld");
    }
}
