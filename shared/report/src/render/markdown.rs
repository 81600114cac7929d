//! For pasting into an issue or a chat: the whole report as GitHub-flavoured Markdown.

use std::io::{self, Write};

use super::words;
use crate::catalogue::Catalogue;
use crate::finding::Finding;
use crate::message::Message;
use crate::report::{Comparison, Report, ReportKind};
use crate::text::Text;

mod escape;

use escape::{code, escape, escape_marked, fence};

/// So many objects of a finding are named; `-o wide` and JSON name more. Ours: an issue is read, not searched.
const OBJECTS: usize = 10;

/// Writes the report.
pub fn render<W: Write>(out: &mut W, report: &Report, catalogue: &Catalogue) -> io::Result<()> {
    Page { out, report, catalogue }.write()
}

struct Page<'a, W> {
    out: &'a mut W,
    report: &'a Report,
    catalogue: &'a Catalogue,
}

impl<W: Write> Page<'_, W> {
    fn write(mut self) -> io::Result<()> {
        self.head()?;
        for section in super::body(self.report, true) {
            for line in section.markdown(&|message| self.words(message), &escape) {
                writeln!(self.out, "{line}")?;
            }
        }
        if !self.report.findings.is_empty() {
            self.overview()?;
        }
        for finding in &self.report.findings {
            self.finding(finding)?;
        }
        self.not_checked()?;
        self.ignored()?;
        if let Some(comparison) = &self.report.comparison {
            self.comparison(comparison)?;
        }
        Ok(())
    }

    /// The words of a message, safe inside a line of Markdown.
    fn words(&self, message: &Message) -> String {
        escape_marked(&self.catalogue.marked(message))
    }

    fn word(&self, id: &'static str) -> String {
        self.words(&Message::new(id))
    }

    fn head(&mut self) -> io::Result<()> {
        let kind = match self.report.kind {
            ReportKind::ClusterHealth => "title-cluster-health",
            ReportKind::ClusterLimits => "title-cluster-limits",
            ReportKind::EtcdSizing => "title-etcd-sizing",
            ReportKind::EtcdDisk => "title-etcd-disk",
            ReportKind::System => "title-system",
        };
        let (title, verdict) = (self.word(kind), self.words(&words::verdict(self.report.verdict)));
        writeln!(self.out, "# {title}: {verdict}\n")?;
        let sentence = escape(&words::verdict_sentence(self.report, self.catalogue));
        writeln!(self.out, "**{verdict}**: {sentence}\n")?;
        let cluster = escape(&words::cluster(self.report, self.catalogue));
        let read_at = self.words(&Message::new("wide-read-at").arg("time", words::time(self.report.generated_at)));
        writeln!(self.out, "- {cluster}\n- {read_at}")?;
        for fact in &self.report.summary {
            writeln!(self.out, "- {}", self.words(fact))?;
        }
        Ok(())
    }

    fn overview(&mut self) -> io::Result<()> {
        let heads = ["markdown-severity", "markdown-finding", "markdown-count"].map(|id| self.word(id));
        writeln!(self.out, "\n| {} |\n| --- | --- | ---: |", heads.join(" | "))?;
        for finding in &self.report.findings {
            let severity = self.words(&words::severity(finding.severity));
            writeln!(self.out, "| {severity} | {} | {} |", self.title(finding), finding.count)?;
        }
        Ok(())
    }

    fn title(&self, finding: &Finding) -> String {
        let title = self.words(&finding.title);
        match &self.report.comparison {
            Some(comparison) if comparison.is_new(&finding.key) => words::marked_new(&title, self.catalogue),
            _ => title,
        }
    }

    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        let severity = self.words(&words::severity(finding.severity));
        writeln!(self.out, "\n## {severity}: {}\n", self.title(finding))?;
        let why = self.words(&finding.why);
        writeln!(self.out, "- {}: {why}", self.word("wide-why"))?;
        if !finding.effects.is_empty() {
            writeln!(self.out, "- {}:", self.word("wide-causes"))?;
            self.effects(&finding.effects, 1)?;
        }
        if !finding.objects.is_empty() {
            writeln!(self.out, "- {}: {}", self.word("wide-objects"), self.objects(finding))?;
        }
        writeln!(self.out, "- {}: {}", self.word("wide-rule"), code(finding.id))?;
        writeln!(self.out, "- {}: {}", self.word("wide-source"), escape(finding.source))?;
        writeln!(self.out, "- {}: {}", self.word("wide-next"), self.words(&finding.fix.advice))?;
        if let Some(command) = &finding.fix.command {
            let command = Text::new(command);
            let fence = fence(command.as_str());
            writeln!(self.out, "\n{fence}sh\n{command}\n{fence}")?;
        }
        Ok(())
    }

    fn effects(&mut self, effects: &[Finding], depth: usize) -> io::Result<()> {
        for effect in effects {
            let severity = self.words(&words::severity(effect.severity));
            writeln!(self.out, "{:1$}- {severity}: {title}", "", depth * 2, title = self.title(effect))?;
            self.effects(&effect.effects, depth + 1)?;
        }
        Ok(())
    }

    fn objects(&self, finding: &Finding) -> String {
        let name = |object| code(&format!("{} {}", words::object_kind(object), words::object_name(object)));
        let mut names: Vec<_> = finding.objects.iter().take(OBJECTS).map(name).collect();
        let rest = finding.count.saturating_sub(names.len() as u64);
        if rest > 0 {
            names.push(self.words(&Message::new("report-more-objects").arg("count", rest)));
        }
        names.join(", ")
    }

    fn not_checked(&mut self) -> io::Result<()> {
        if self.report.not_checked.is_empty() {
            return Ok(());
        }
        writeln!(self.out, "\n## {}\n", self.word("report-not-checked"))?;
        let heads = ["markdown-what", "markdown-why", "markdown-needs"].map(|id| self.word(id));
        writeln!(self.out, "| {} |\n| --- | --- | --- |", heads.join(" | "))?;
        for part in &self.report.not_checked {
            let (why, detail) = words::why(part);
            let mut reason = self.words(&why);
            if let Some(detail) = detail {
                reason = format!("{reason}: {}", self.words(detail));
            }
            let needs = part.rule.as_ref().map(|rule| self.words(&words::rule(rule))).unwrap_or_default();
            writeln!(self.out, "| {} | {reason} | {needs} |", self.words(&part.what))?;
        }
        Ok(())
    }

    fn ignored(&mut self) -> io::Result<()> {
        if self.report.ignored.is_empty() {
            return Ok(());
        }
        writeln!(self.out, "\n## {}\n", self.word("report-ignored"))?;
        for ignored in &self.report.ignored {
            let reason = self.words(&words::ignored_reason(ignored));
            writeln!(self.out, "- {} ({reason})", self.words(&words::ignored_title(ignored)))?;
        }
        Ok(())
    }

    fn comparison(&mut self, comparison: &Comparison) -> io::Result<()> {
        let sentence = escape(&words::compared(comparison, self.report, self.catalogue));
        writeln!(self.out, "\n## {}\n\n{sentence}", self.word("markdown-comparison"))?;
        if !comparison.gone.is_empty() {
            writeln!(self.out, "\n{}:\n", self.word("report-gone"))?;
        }
        for gone in &comparison.gone {
            writeln!(self.out, "- {}", escape(gone.title.as_str()))?;
        }
        Ok(())
    }
}
