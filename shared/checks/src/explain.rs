//! A rule in words: what it checks, reads and judges by.

use quicktour_report::message::Message;

use crate::figures::Limits;
use crate::rules::{RULES, Rule};
use crate::words;

/// What there is to say of a rule, a line each.
#[must_use]
pub fn explain(rule: &Rule, limits: &Limits) -> Vec<Message> {
    let reads: Vec<Message> = rule.reads.iter().map(|part| part.what()).collect();
    let mut lines = vec![
        Message::new("explain-rule").arg("id", rule.id).arg("what", Message::new(rule.explain)),
        Message::new("explain-reads").arg("parts", reads),
        Message::new("explain-judges").arg("source", rule.source),
    ];
    for name in rule.figures {
        let Some(figure) = limits.figure(name) else { continue };
        let threshold = Message::new("explain-threshold")
            .arg("name", *name)
            .arg("value", u64::from(figure.value))
            .arg("unit", &figure.unit);
        lines.push(match (&figure.why, &figure.date) {
            (Some(why), _) => Message::new("explain-ours").arg("threshold", threshold).arg("why", why),
            (None, date) => Message::new("explain-published")
                .arg("threshold", threshold)
                .arg("source", &figure.source)
                .arg("date", date.as_deref().unwrap_or_default()),
        });
    }
    lines.push(Message::new("explain-fix").arg("fix", Message::new(rule.fix)));
    lines
}

/// All rules, for somebody who named one that does not exist.
#[must_use]
pub fn all_rules() -> Vec<Message> {
    RULES.iter().map(|rule| words::raw(rule.id)).collect()
}
