//! The default format: a verdict that fits on one screen. Worst first; what does not fit gets fewer lines, and what
//! still does not fit is counted.

use std::io::{self, Write};

use super::words;
use super::wrap::{fold, width_of, wrap};
use crate::catalogue::Catalogue;
use crate::finding::{Finding, Severity};
use crate::message::Message;
use crate::report::Report;
use crate::style::Style;
use crate::text::Text;

mod unread;

use unread::Entry;

/// The lines of a screen, less one for the prompt that follows. Source: the terminals of old, still the smallest.
const SCREEN: usize = 24 - 1;

/// So many lines of *not checked* are shown even when the findings fill the screen. Ours.
const NOT_CHECKED_AT_LEAST: usize = 4;

/// Writes the verdict.
pub fn render<W: Write>(out: &mut W, report: &Report, catalogue: &Catalogue, style: Style) -> io::Result<()> {
    let view = View { report, catalogue, style };
    for section in view.sections() {
        for line in section {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

/// How much is said of a finding.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Detail {
    /// The title.
    Title,
    /// And the next step.
    Next,
    /// And why, and what it causes.
    Why,
    /// And each of these in up to three lines.
    Long,
    /// And the advice beside its command.
    Whole,
}

struct View<'a> {
    report: &'a Report,
    catalogue: &'a Catalogue,
    style: Style,
}

impl View<'_> {
    /// Head, body, findings, not checked, verdict; an empty line stands between two of them.
    fn sections(&self) -> Vec<Vec<String>> {
        let head = self.head();
        let last = self.last_lines();
        let body = super::body(self.report, false);
        let body: Vec<_> = body.iter().map(|section| section.lines(self.catalogue, self.style, false)).collect();
        let gap = |empty: bool| usize::from(!empty);
        let body_rows: usize = body.iter().map(|section| self.rows(section) + 1).sum();
        let fixed = self.rows(&head) + self.rows(&last) + 1 + body_rows;
        let room = SCREEN.saturating_sub(fixed + gap(self.report.findings.is_empty()));

        let reserved = self.not_checked(NOT_CHECKED_AT_LEAST);
        let reserved_rows = self.rows(&reserved) + gap(reserved.is_empty());
        let findings = self.findings(room.saturating_sub(reserved_rows));
        let not_checked = self.not_checked(room.saturating_sub(self.rows(&findings) + 2).max(NOT_CHECKED_AT_LEAST));

        let mut sections = vec![head];
        sections.extend(body);
        sections.extend([findings, not_checked, last]);
        sections.retain(|section| !section.is_empty());
        let end = sections.len() - 1;
        for section in &mut sections[..end] {
            section.push(String::new());
        }
        sections
    }

    fn head(&self) -> Vec<String> {
        let mut head = wrap(&words::cluster(self.report, self.catalogue), self.style.width);
        // Among findings there is room for what was looked at; without any, that stands beside the verdict, and the
        // other facts take the room.
        let facts = match self.report.summary.as_slice() {
            [first, ..] if !self.report.findings.is_empty() => std::slice::from_ref(first),
            [_, others @ ..] => others,
            [] => &[],
        };
        head.extend(facts.iter().flat_map(|fact| wrap(&self.catalogue.text(fact), self.style.width)));
        head
    }

    /// How many rows of the terminal the lines take: a command is never broken by us, only by the terminal.
    fn rows(&self, lines: &[String]) -> usize {
        let plain = |line: &String| width_of(&strip(line)).div_ceil(self.style.width).max(1);
        lines.iter().map(plain).sum()
    }

    fn findings(&self, room: usize) -> Vec<String> {
        let findings = &self.report.findings;
        let rows = |finding: &Finding, detail| self.rows(&self.finding(finding, detail));
        let mut details: Vec<Option<Detail>> = vec![None; findings.len()];
        let mut used = 0;
        // The worst finding is the answer to "what do I do first": it never loses its next step.
        if let Some(worst) = findings.first() {
            let detail = if rows(worst, Detail::Why) < room { Detail::Why } else { Detail::Next };
            details[0] = Some(detail);
            used = rows(worst, detail);
        }
        for detail in [Detail::Title, Detail::Next, Detail::Why, Detail::Long, Detail::Whole] {
            // The line that counts those without a title.
            let room = if detail > Detail::Title && details.contains(&None) { room.saturating_sub(1) } else { room };
            for (index, finding) in findings.iter().enumerate() {
                let now = details[index];
                if now >= Some(detail) {
                    continue;
                }
                let more = rows(finding, detail).saturating_sub(now.map_or(0, |now| rows(finding, now)));
                let rest = usize::from(detail == Detail::Title && index + 1 < findings.len());
                if used + more + rest > room {
                    // Up to the cause, what is worse is told in no less detail; then the room that is left is used up.
                    if detail <= Detail::Why {
                        break;
                    }
                    continue;
                }
                details[index] = Some(detail);
                used += more;
            }
        }
        let airy = details.iter().all(|detail| *detail >= Some(Detail::Why)) && used + details.len() <= room;
        let mut lines = Vec::new();
        for (index, (finding, detail)) in findings.iter().zip(&details).enumerate() {
            let Some(detail) = detail else {
                let more = Message::new("report-more-findings").arg("count", findings.len() - index);
                lines.push(format!("{} {}", self.style.ellipsis(), self.catalogue.text(&more)));
                break;
            };
            if airy && index > 0 {
                lines.push(String::new());
            }
            lines.extend(self.finding(finding, *detail));
        }
        lines
    }

    fn finding(&self, finding: &Finding, detail: Detail) -> Vec<String> {
        let indent = self.severity_width() + 2;
        let width = self.style.width.saturating_sub(indent);
        let folded = |text: &str, lines| fold(text, width, if detail >= Detail::Long { 3 } else { lines }, self.style);

        let mut lines = folded(&self.title(finding), if detail == Detail::Title { 1 } else { 2 });
        if detail >= Detail::Why {
            lines.extend(folded(&self.catalogue.text(&finding.why), 1));
            if !finding.effects.is_empty() {
                lines.extend(folded(&words::effects(finding, self.catalogue), 1));
            }
        }
        if detail >= Detail::Next {
            let next = |step: &str| self.catalogue.text(&Message::new("report-next").arg("step", Text::new(step)));
            let advice = self.catalogue.text(&finding.fix.advice);
            match &finding.fix.command {
                // A command that was cut or broken could not be pasted.
                Some(command) => {
                    if detail == Detail::Whole {
                        lines.extend(folded(&advice, 1));
                    }
                    lines.push(next(command));
                }
                None => lines.extend(folded(&next(&advice), 1)),
            }
        }
        let severity = self.catalogue.text(&words::severity(finding.severity));
        let padding = " ".repeat(indent - width_of(&severity));
        let painted = self.style.paint(words::severity_color(finding.severity), &severity);
        let first = |line: &str| format!("{painted}{padding}{line}");
        let indented = |line: &str| format!("{}{line}", " ".repeat(indent));
        lines.iter().enumerate().map(|(row, line)| if row == 0 { first(line) } else { indented(line) }).collect()
    }

    fn title(&self, finding: &Finding) -> String {
        let title = self.catalogue.text(&finding.title);
        match &self.report.comparison {
            Some(comparison) if comparison.is_new(&finding.key) => words::marked_new(&title, self.catalogue),
            _ => title,
        }
    }

    /// The longest of the words for severities, so that the titles stand in one column.
    fn severity_width(&self) -> usize {
        [Severity::Error, Severity::Warning, Severity::Info]
            .into_iter()
            .filter(|severity| self.report.findings.iter().any(|finding| finding.severity == *severity))
            .map(|severity| width_of(&self.catalogue.text(&words::severity(severity))))
            .max()
            .unwrap_or(0)
    }

    /// The heading and at most `room` rows; if that is not enough for all, the last row counts the rest.
    fn not_checked(&self, room: usize) -> Vec<String> {
        if self.report.not_checked.is_empty() {
            return Vec::new();
        }
        let entries = unread::entries(&self.report.not_checked, self.catalogue);
        let width = self.style.width.saturating_sub(4);
        let folded = |entry: &Entry, lines| {
            let lines = fold(&entry.text, width, lines, self.style);
            let indented = |(row, line): (usize, &String)| format!("{}{line}", if row == 0 { "  " } else { "    " });
            lines.iter().enumerate().map(indented).collect::<Vec<_>>()
        };
        // As much of each as there is room for; the permission stands at the end, and is what one can ask for.
        let mut rows = Vec::new();
        for most in [SCREEN, 4, 2, 1] {
            rows = entries.iter().map(|entry| folded(entry, most)).collect();
            if rows.iter().map(Vec::len).sum::<usize>() <= room {
                break;
            }
        }
        if rows.len() > room {
            rows.truncate(room.saturating_sub(1));
            let rest = entries[rows.len()..].iter().map(|entry| entry.parts).sum::<usize>();
            let more = Message::new("report-more-not-checked").arg("count", rest);
            rows.push(vec![format!("  {} {}", self.style.ellipsis(), self.catalogue.text(&more))]);
        }
        let heading = self.style.bold(&self.catalogue.text(&Message::new("report-not-checked")));
        std::iter::once(heading).chain(rows.into_iter().flatten()).collect()
    }

    fn last_lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(comparison) = &self.report.comparison {
            lines.extend(wrap(&words::compared(comparison, self.report, self.catalogue), self.style.width));
        }
        let verdict = self.catalogue.text(&words::verdict(self.report.verdict));
        let sentence = words::verdict_sentence(self.report, self.catalogue);
        let mut last = wrap(&format!("{verdict}: {sentence}"), self.style.width);
        if self.style.color
            && let Some(rest) = last[0].strip_prefix(&verdict)
        {
            last[0] = format!("{}{rest}", self.style.paint(words::verdict_color(self.report.verdict), &verdict));
        }
        lines.extend(last);
        lines
    }
}

/// The line without our own colours. Escape characters of others never get here.
fn strip(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut parts = line.split('\u{1b}');
    plain.push_str(parts.next().unwrap_or_default());
    for part in parts {
        plain.push_str(part.split_once('m').map_or("", |(_, rest)| rest));
    }
    plain
}
