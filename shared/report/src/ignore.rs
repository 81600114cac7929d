//! Findings that somebody has decided to live with: which, why, and until when.

use jiff::civil::Date;
use serde::Deserialize;

use crate::finding::{Finding, ObjectRef};
use crate::report::Ignored;
use crate::text::Text;

/// The file of `--ignore-file`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IgnoreList {
    /// The entries, in the order of the file; the first that fits counts.
    pub ignore: Vec<IgnoreEntry>,
}

/// One decision.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IgnoreEntry {
    /// The rule (`node-cordoned`).
    pub id: String,
    /// `NAMESPACE/KIND/NAME`, or `KIND/NAME` for objects of the cluster's scope; `*` stands for any text. Without it,
    /// every finding of the rule is meant.
    pub object: Option<String>,
    /// Why; shown with `-o wide`.
    pub reason: String,
    /// The last day on which it counts (UTC); without it, for good.
    pub until: Option<Date>,
}

impl IgnoreList {
    /// Reads the file's YAML.
    ///
    /// # Errors
    /// What is wrong with it and where, in the parser's words.
    pub fn parse(yaml: &str) -> Result<Self, String> {
        serde_saphyr::from_str(yaml).map_err(|error| error.to_string())
    }

    /// The entries whose last day has passed on `today`.
    pub fn expired(&self, today: Date) -> impl Iterator<Item = &IgnoreEntry> {
        self.ignore.iter().filter(move |entry| entry.until.is_some_and(|until| until < today))
    }

    /// Takes the ignored findings out, effects included. A finding is ignored only as a whole: when all its objects are
    /// named and each fits the pattern.
    pub fn apply(&self, findings: &mut Vec<Finding>, today: Date) -> Vec<Ignored> {
        let mut ignored = Vec::new();
        self.take(findings, today, &mut ignored);
        ignored
    }

    fn take(&self, findings: &mut Vec<Finding>, today: Date, ignored: &mut Vec<Ignored>) {
        for mut finding in std::mem::take(findings) {
            if let Some(entry) = self.ignore.iter().find(|entry| entry.fits(&finding, today)) {
                ignored.push(Ignored { reason: Text::new(&entry.reason), until: entry.until, finding });
            } else {
                self.take(&mut finding.effects, today, ignored);
                findings.push(finding);
            }
        }
    }
}

impl IgnoreEntry {
    fn fits(&self, finding: &Finding, today: Date) -> bool {
        let in_time = self.until.is_none_or(|until| today <= until);
        let objects = match &self.object {
            None => true,
            Some(pattern) => {
                finding.count == finding.objects.len() as u64
                    && !finding.objects.is_empty()
                    && finding.objects.iter().all(|object| matches(pattern, &path(object)))
            }
        };
        in_time && self.id == finding.id && objects
    }
}

fn path(object: &ObjectRef) -> String {
    match &object.namespace {
        Some(namespace) => format!("{namespace}/{}/{}", object.kind, object.name),
        None => format!("{}/{}", object.kind, object.name),
    }
}

/// Whether `text` fits `pattern`, where `*` stands for any text, none included.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let mut pieces: Vec<&str> = rest.split('*').collect();
    let last = pieces.pop().unwrap_or_default();
    for piece in pieces {
        let Some(at) = text.find(piece) else { return false };
        text = &text[at + piece.len()..];
    }
    text.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Severity;
    use crate::report::sample::finding;

    fn node(name: &str) -> ObjectRef {
        ObjectRef { api_version: "v1".into(), kind: "Node".into(), namespace: None, name: name.into() }
    }

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, text, fits) in [
            ("Node/n1", "Node/n1", true),
            ("Node/n1", "Node/n12", false),
            ("Node/*", "Node/n1", true),
            ("*", "anything", true),
            ("shop/*/web-*", "shop/Pod/web-1", true),
            ("shop/*/web-*", "shop/Pod/api-1", false),
            ("*-old", "shop/Pod/web-old", true),
            ("a*a", "a", false),
        ] {
            assert_eq!(matches(pattern, text), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn a_finding_is_ignored_whole_or_not_at_all_and_only_until_its_day() {
        let list = IgnoreList::parse(
            "ignore:\n- id: node-cordoned\n  object: Node/worker-*\n  reason: new racks\n  until: 2026-12-01\n",
        )
        .unwrap();
        let mut cordoned = finding("node-cordoned", Severity::Info);
        cordoned.objects = vec![node("worker-1"), node("worker-2")];
        cordoned.count = 2;
        let on = |day: &str, finding: &Finding| {
            let mut findings = vec![finding.clone()];
            let ignored = list.apply(&mut findings, day.parse().unwrap());
            assert_eq!(ignored.len() + findings.len(), 1);
            ignored.len() == 1
        };
        assert!(on("2026-11-30", &cordoned));
        assert!(on("2026-12-01", &cordoned));
        assert!(!on("2026-12-02", &cordoned));
        cordoned.objects.push(node("control-1"));
        cordoned.count = 3;
        assert!(!on("2026-11-30", &cordoned));
        assert_eq!(list.expired("2026-12-02".parse().unwrap()).count(), 1);
    }

    #[test]
    fn an_entry_without_a_reason_is_refused() {
        assert!(IgnoreList::parse("ignore:\n- id: node-cordoned\n").unwrap_err().contains("reason"));
        assert!(IgnoreList::parse("ignore:\n- id: a\n  reason: b\n  unitl: 2026-01-01\n").is_err());
    }
}
