//! Makes a text the same on every run: what a cluster, a clock or chance decides is replaced by a word in brackets.
//!
//! [`normalise`] does it all; a test that asserts one of these facts uses the single filters it needs instead.

use std::sync::LazyLock;

use regex::Regex;

use crate::cluster::Cluster;

/// All filters, and what belongs to this cluster: its ports, its folder, its version.
#[must_use]
pub fn normalise(text: &str, cluster: &Cluster) -> String {
    let text = of_cluster(text, cluster);
    ages(&hashes(&unique_names(&uids(&times(&text)))))
}

/// The cluster's own: `[DIR]`, `127.0.0.1:[PORT]`, `[VERSION]`.
#[must_use]
pub fn of_cluster(text: &str, cluster: &Cluster) -> String {
    let text = text.replace(&cluster.dir().display().to_string(), "[DIR]");
    ports(&text).replace(cluster.binaries().version(), "[VERSION]")
}

/// Ports of loopback addresses: `127.0.0.1:[PORT]`, `localhost:[PORT]`.
#[must_use]
pub fn ports(text: &str) -> String {
    static PORT: LazyLock<Regex> = LazyLock::new(|| pattern(r"(127\.0\.0\.1|localhost|\[::1\]):[0-9]{2,5}\b"));
    PORT.replace_all(text, "$1:[PORT]").into_owned()
}

/// Points in time, RFC 3339: `[TIME]`.
#[must_use]
pub fn times(text: &str) -> String {
    static TIME: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})")
    });
    TIME.replace_all(text, "[TIME]").into_owned()
}

/// UIDs of objects: `[UID]`.
#[must_use]
pub fn uids(text: &str) -> String {
    uuid_pattern().replace_all(text, "[UID]").into_owned()
}

pub(crate) fn uuid_pattern() -> &'static Regex {
    // No word boundary before it: leader leases write `HOST_UUID`.
    static UUID: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"));
    &UUID
}

/// The ids of runs, as labels and the ledger have them: `[RUN]`.
#[must_use]
pub fn runs(text: &str) -> String {
    // Seven digits of the time, which begin with 1 until the year 2038, and five of chance: base 32 without i, l, o, u.
    static RUN: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b1[0-9abcdefghjkmnpqrstvwxyz]{11}\b"));
    RUN.replace_all(text, "[RUN]").into_owned()
}

/// The end of names that [`crate::cluster::unique`] made: `quota-[ID]`.
#[must_use]
pub fn unique_names(text: &str) -> String {
    // 15 to 17 digits of base 36, the first of them digits of the clock; words of that length hold no digit.
    static NAME: LazyLock<Regex> = LazyLock::new(|| pattern(r"-([0-9a-z]{15,17})\b"));
    let replace = |found: &regex::Captures<'_>| {
        let id = &found[1];
        let chance = id.bytes().any(|byte| byte.is_ascii_digit());
        if chance { "-[ID]".to_owned() } else { found[0].to_owned() }
    };
    NAME.replace_all(text, replace).into_owned()
}

/// What controllers append to names: `web-[HASH]` of a replica set, `web-[HASH]-[ID]` of its pods, `db-[ID]` of a
/// daemon set's or a job's pods.
#[must_use]
pub fn hashes(text: &str) -> String {
    // Kubernetes takes no vowels and none of 0, 1 and 3 (`k8s.io/apimachinery/pkg/util/rand`). A hash without any
    // digit could be a word, so only what also has a digit, or stands before an id, counts.
    static HASH: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"-([bcdfghjklmnpqrstvwxz2456789]{8,10})(-[bcdfghjklmnpqrstvwxz2456789]{5})?\b|-([bcdfghjklmnpqrstvwxz2456789]{5})\b",
        )
    });
    let chance = |text: &str| text.bytes().any(|byte| byte.is_ascii_digit());
    let replace = |found: &regex::Captures<'_>| match (found.get(1), found.get(2), found.get(3)) {
        (Some(_), Some(_), _) => "-[HASH]-[ID]".to_owned(),
        (Some(hash), None, _) if chance(hash.as_str()) => "-[HASH]".to_owned(),
        (_, _, Some(id)) if chance(id.as_str()) => "-[ID]".to_owned(),
        _ => found[0].to_owned(),
    };
    HASH.replace_all(text, replace).into_owned()
}

/// Ages as `12s`, `3m12s`, `5d4h`, and after `for`, `since` or before `ago` also as `12 s`, `6 min`: `[AGE]`.
/// Thresholds, which are written otherwise ("after 40 s"), stay.
#[must_use]
pub fn ages(text: &str) -> String {
    static COMPACT: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?\b"));
    static SPOKEN: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(for|since) ([0-9]+ (s|min|h|d)\b ?)+"));
    static AGO: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b[0-9]+ (s|min|h|d) ago\b"));
    let text = SPOKEN.replace_all(text, |found: &regex::Captures<'_>| {
        let end = if found[0].ends_with(' ') { " " } else { "" };
        format!("{} [AGE]{end}", &found[1])
    });
    let text = AGO.replace_all(&text, "[AGE] ago");
    let compact = |found: &regex::Captures<'_>| if found[0].is_empty() { "" } else { "[AGE]" };
    COMPACT.replace_all(&text, compact).into_owned()
}

#[expect(clippy::expect_used, reason = "the patterns above are constants, and a test uses each")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern of this file")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_what_chance_decides() {
        assert_eq!(ports("https://127.0.0.1:21640/readyz, port 443"), "https://127.0.0.1:[PORT]/readyz, port 443");
        assert_eq!(times("at 2026-11-23T17:40:25.289624Z."), "at [TIME].");
        assert_eq!(uids("uid 6f1f4b5e-0f5f-4a43-9d1b-2d3a9e0c1b2a gone"), "uid [UID] gone");
        let name = crate::cluster::unique("quota");
        assert_eq!(unique_names(&format!("namespace `{name}` is new")), "namespace `quota-[ID]` is new");
    }

    #[test]
    fn replaces_hashes_and_keeps_words() {
        assert_eq!(hashes("web-5d4f8c7b9-x2x4z in web-5d4f8c7b9"), "web-[HASH]-[ID] in web-[HASH]");
        assert_eq!(hashes("agent-x2x4z"), "agent-[ID]");
        for word in ["kube-proxy", "kube-scheduler", "pod-crash-loop", "cluster-health", "my-rhythm"] {
            assert_eq!(hashes(word), word);
        }
    }

    #[test]
    fn replaces_ages_and_keeps_thresholds() {
        assert_eq!(ages("12s 3m12s 5d4h 7d"), "[AGE] [AGE] [AGE] [AGE]");
        assert_eq!(
            ages("NotReady since 6 min, for 12 s now, 3 h ago"),
            "NotReady since [AGE], for [AGE] now, [AGE] ago"
        );
        assert_eq!(
            ages("a lease older than 40 s counts; 3 pods; v1.36.3; 256Mi"),
            "a lease older than 40 s counts; 3 pods; v1.36.3; 256Mi"
        );
    }
}
