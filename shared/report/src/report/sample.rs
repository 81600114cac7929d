//! Reports for the tests of this room.

use crate::finding::{Finding, Fix, NotChecked, NotCheckedWhy, Severity};
use crate::message::Message;

pub(crate) fn finding(id: &'static str, severity: Severity) -> Finding {
    Finding {
        id,
        key: format!("{id}/key"),
        severity,
        title: Message::new("report-healthy"),
        why: Message::new("report-healthy"),
        fix: Fix { command: None, advice: Message::new("report-healthy") },
        count: 1,
        objects: Vec::new(),
        source: "ours",
        effects: Vec::new(),
    }
}

pub(crate) fn not_checked(why: NotCheckedWhy) -> NotChecked {
    NotChecked { what: Message::new("report-healthy"), why, detail: None, rule: None }
}
