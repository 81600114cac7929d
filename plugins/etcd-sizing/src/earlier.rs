//! The earlier report of `--compare`: of it only the sizes matter, and of which cluster and time they are.

use std::path::Path;

use quicktour_checks::etcd::Earlier as Sizes;
use quicktour_report::message::Message;
use quicktour_report::problem::Problem;
use serde_json::Value;

/// What an earlier report says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Earlier {
    /// The cluster; `None` where only etcd itself was asked.
    pub(crate) server: Option<String>,
    pub(crate) sizes: Sizes,
}

/// Reads the file.
pub(crate) fn read(path: &Path) -> Result<Earlier, Problem> {
    let failed = |cause: Message| Problem {
        doing: Message::new("etcd-compare-doing").arg("path", path.display().to_string()),
        cause,
        hint: Some(Message::new("etcd-compare-hint")),
    };
    let text = std::fs::read_to_string(path)
        .map_err(|error| failed(Message::new("etcd-compare-unreadable").arg("error", error.to_string())))?;
    parse(&text).ok_or_else(|| failed(Message::new("etcd-compare-no-report")))
}

fn parse(text: &str) -> Option<Earlier> {
    let report: Value = serde_json::from_str(text).ok()?;
    if report.get("kind")?.as_str()? != "EtcdSizingReport" {
        return None;
    }
    let server = report.pointer("/cluster/server").and_then(Value::as_str).map(str::to_owned);
    let at = report.get("generatedAt")?.as_str()?.parse().ok()?;
    let in_use = report.pointer("/database/inUseBytes").and_then(Value::as_u64);
    Some(Earlier { server, sizes: Sizes { at, in_use } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_reports_of_this_kind_are_taken() {
        let text = r#"{"kind":"EtcdSizingReport","cluster":{"server":"https://a"},
            "generatedAt":"2026-11-23T21:00:00Z","database":{"inUseBytes":7}}"#;
        let earlier = parse(text).unwrap();
        assert_eq!((earlier.server.as_deref(), earlier.sizes.in_use), (Some("https://a"), Some(7)));
        assert_eq!(parse(&text.replace("Sizing", "Disk")), None);
        assert_eq!(parse("{}"), None);
        assert_eq!(parse("<html>"), None);
    }
}
