//! The whole report for a person: every object, key, source and missing permission, nothing cut.

use std::io::{self, Write};

use super::words;
use super::wrap::{width_of, wrap};
use crate::catalogue::Catalogue;
use crate::finding::{Finding, NotChecked, RbacRule};
use crate::message::Message;
use crate::report::{Comparison, Report};
use crate::style::Style;
use crate::text::Text;

/// Writes everything.
pub fn render<W: Write>(out: &mut W, report: &Report, catalogue: &Catalogue, style: Style) -> io::Result<()> {
    Page { out, report, catalogue, style }.write()
}

/// The labels that stand before a finding's lines.
const LABELS: [&str; 7] =
    ["wide-why", "wide-next", "wide-rule", "wide-key", "wide-source", "wide-objects", "wide-causes"];

struct Page<'a, W> {
    out: &'a mut W,
    report: &'a Report,
    catalogue: &'a Catalogue,
    style: Style,
}

impl<W: Write> Page<'_, W> {
    fn write(mut self) -> io::Result<()> {
        self.head()?;
        for section in super::body(self.report, true) {
            writeln!(self.out)?;
            for line in section.lines(self.catalogue, self.style, true) {
                writeln!(self.out, "{line}")?;
            }
        }
        for finding in &self.report.findings {
            writeln!(self.out)?;
            self.finding(finding, 0)?;
        }
        self.not_checked()?;
        self.ignored()?;
        if let Some(comparison) = &self.report.comparison {
            self.comparison(comparison)?;
        }
        let verdict = self.catalogue.text(&words::verdict(self.report.verdict));
        let painted = self.style.paint(words::verdict_color(self.report.verdict), &verdict);
        let sentence = words::verdict_sentence(self.report, self.catalogue);
        writeln!(self.out)?;
        for (row, line) in wrap(&format!("{verdict}: {sentence}"), self.style.width).iter().enumerate() {
            match line.strip_prefix(&verdict) {
                Some(rest) if row == 0 => writeln!(self.out, "{painted}{rest}")?,
                _ => writeln!(self.out, "{line}")?,
            }
        }
        Ok(())
    }

    fn head(&mut self) -> io::Result<()> {
        for line in wrap(&words::cluster(self.report, self.catalogue), self.style.width) {
            writeln!(self.out, "{line}")?;
        }
        for fact in &self.report.summary {
            self.wrapped(&self.catalogue.text(fact), 0)?;
        }
        let read_at = Message::new("wide-read-at").arg("time", words::time(self.report.generated_at));
        writeln!(self.out, "{}", self.catalogue.text(&read_at))
    }

    fn finding(&mut self, finding: &Finding, indent: usize) -> io::Result<()> {
        let severity = self.catalogue.text(&words::severity(finding.severity));
        let mut title = self.catalogue.text(&finding.title);
        if self.report.comparison.as_ref().is_some_and(|comparison| comparison.is_new(&finding.key)) {
            title = words::marked_new(&title, self.catalogue);
        }
        let hanging = indent + width_of(&severity) + 2;
        let painted = self.style.paint(words::severity_color(finding.severity), &severity);
        for (row, line) in wrap(&title, self.style.width.saturating_sub(hanging)).iter().enumerate() {
            if row == 0 {
                writeln!(self.out, "{:indent$}{painted}  {}", "", self.style.bold(line))?;
            } else {
                writeln!(self.out, "{:hanging$}{}", "", self.style.bold(line))?;
            }
        }
        let indent = indent + 2;
        let why = self.catalogue.text(&finding.why);
        self.labelled("wide-why", &why, indent)?;
        let advice = self.catalogue.text(&finding.fix.advice);
        self.labelled("wide-next", &advice, indent)?;
        if let Some(command) = &finding.fix.command {
            // Whole, wherever the terminal breaks it: it is there to be pasted.
            writeln!(self.out, "{:1$}{command}", "", indent + self.label_width(), command = Text::new(command))?;
        }
        self.labelled("wide-rule", finding.id, indent)?;
        self.labelled("wide-key", Text::new(&finding.key).as_str(), indent)?;
        self.labelled("wide-source", finding.source, indent)?;
        self.objects(finding, indent)?;
        if !finding.effects.is_empty() {
            writeln!(self.out, "{:indent$}{}", "", self.word("wide-causes"))?;
        }
        for effect in &finding.effects {
            self.finding(effect, indent + 2)?;
        }
        Ok(())
    }

    fn objects(&mut self, finding: &Finding, indent: usize) -> io::Result<()> {
        let rest = finding.count.saturating_sub(finding.objects.len() as u64);
        let name = |object| format!("{} {}", words::object_kind(object), words::object_name(object));
        let mut lines: Vec<_> = finding.objects.iter().map(name).collect();
        if rest > 0 && !lines.is_empty() {
            lines.push(self.catalogue.text(&Message::new("report-more-objects").arg("count", rest)));
        }
        for (row, line) in lines.iter().enumerate() {
            let label = if row == 0 { self.word("wide-objects") } else { String::new() };
            let padding = self.label_width() - width_of(&label);
            writeln!(self.out, "{:indent$}{label}{:padding$}{line}", "", "")?;
        }
        Ok(())
    }

    fn not_checked(&mut self) -> io::Result<()> {
        if self.report.not_checked.is_empty() {
            return Ok(());
        }
        self.heading("report-not-checked")?;
        for part in &self.report.not_checked {
            self.part(part)?;
        }
        Ok(())
    }

    fn part(&mut self, part: &NotChecked) -> io::Result<()> {
        let (why, detail) = words::why(part);
        let line = Message::new("report-part").arg("what", part.what.clone()).arg("why", why);
        self.wrapped(&self.catalogue.text(&line), 2)?;
        if let Some(detail) = detail {
            self.wrapped(&self.catalogue.text(detail), 4)?;
        }
        if let Some(rule) = &part.rule {
            self.wrapped(&self.catalogue.text(&whole_rule(rule)), 4)?;
        }
        Ok(())
    }

    fn ignored(&mut self) -> io::Result<()> {
        if self.report.ignored.is_empty() {
            return Ok(());
        }
        self.heading("report-ignored")?;
        for ignored in &self.report.ignored {
            self.wrapped(&self.catalogue.text(&words::ignored_title(ignored)), 2)?;
            self.wrapped(&self.catalogue.text(&words::ignored_reason(ignored)), 4)?;
        }
        Ok(())
    }

    fn comparison(&mut self, comparison: &Comparison) -> io::Result<()> {
        if !comparison.gone.is_empty() {
            self.heading("report-gone")?;
            for gone in &comparison.gone {
                self.wrapped(&format!("{} [{}]", gone.title, Text::new(&gone.key)), 2)?;
            }
        }
        writeln!(self.out)?;
        self.wrapped(&words::compared(comparison, self.report, self.catalogue), 0)
    }

    fn heading(&mut self, id: &'static str) -> io::Result<()> {
        let heading = self.word(id);
        writeln!(self.out, "\n{}", self.style.bold(&heading))
    }

    fn labelled(&mut self, label: &'static str, text: &str, indent: usize) -> io::Result<()> {
        let width = self.label_width();
        for (row, line) in wrap(text, self.style.width.saturating_sub(indent + width)).iter().enumerate() {
            let label = if row == 0 { self.word(label) } else { String::new() };
            let padding = width - width_of(&label);
            writeln!(self.out, "{:indent$}{label}{:padding$}{line}", "", "")?;
        }
        Ok(())
    }

    fn wrapped(&mut self, text: &str, indent: usize) -> io::Result<()> {
        for line in wrap(text, self.style.width.saturating_sub(indent)) {
            writeln!(self.out, "{:indent$}{line}", "")?;
        }
        Ok(())
    }

    fn word(&self, id: &'static str) -> String {
        self.catalogue.text(&Message::new(id))
    }

    /// So that what follows the labels stands in one column, whatever the language.
    fn label_width(&self) -> usize {
        let width = |label: &&'static str| width_of(&self.catalogue.text(&Message::new(label)));
        LABELS.iter().map(width).max().unwrap_or(0) + 2
    }
}

/// The rule as it would be written into a `Role` or `ClusterRole`.
fn whole_rule(rule: &RbacRule) -> Message {
    let scope = match &rule.namespace {
        Some(namespace) => Message::new("wide-scope-namespace").arg("namespace", namespace),
        None => Message::new("wide-scope-cluster"),
    };
    match &rule.non_resource_url {
        Some(path) => Message::new("wide-needs-path").arg("path", path),
        None => Message::new("wide-needs-resource")
            .arg("group", format!("\"{}\"", rule.api_group))
            .arg("resource", &rule.resource)
            .arg("scope", scope),
    }
    .arg("verb", &rule.verb)
}
