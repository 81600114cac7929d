//! One calm panel for a terminal: bars of the revisions, each pod's step and age, the causes and what to do.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use quicktour_report::catalogue::Catalogue;
use quicktour_report::message::Message;
use quicktour_report::style::Style;
use quicktour_report::text::Text;

use super::{ago, is_worth_telling, numbers, phase, shared, standing, step};
use crate::cause::{Class, Place};
use crate::track::{PodStep, Progress, RevisionCount, Step, Told};

/// The least time between two frames. Source: ours; ten a second are calm enough to read.
const FRAME: Duration = Duration::from_millis(100);
/// Columns of a bar.
const BAR: usize = 24;
/// Lines for pods; what is more is counted. Source: ours; the causes must stay on the screen.
const PODS: usize = 8;
/// Lines for causes.
const CAUSES: usize = 3;
/// Lines that one sentence may take. Source: ours; some messages of the cluster fill a page.
const WRAPPED: usize = 4;
/// Lines of a log.
const LOG: usize = 4;

/// The panel as lines, none wider than the style's width.
#[must_use]
pub fn frame(progress: &Progress, place: &Place, now: Timestamp, style: Style, catalogue: &Catalogue) -> Vec<String> {
    let words = |message: &Message| catalogue.text(message);
    let title = Message::new("panel-title").arg("workload", place.workload.typed()).arg("phase", phase(progress));
    let mut lines = vec![words(&title), format!("  {}", words(&numbers(progress)))];
    lines.extend(progress.revisions.iter().map(|revision| bar(revision, progress.desired, style, catalogue)));
    // Those on their way first: they are what one waits for.
    let mut pods: Vec<&PodStep> = progress.pods.iter().collect();
    pods.sort_by_key(|pod| (pod.step == Step::Ready, !pod.new));
    for pod in pods.iter().take(PODS) {
        let line = Message::new("panel-pod").arg("pod", &pod.name).arg("step", step(pod.step));
        lines.push(format!(
            "  {}",
            words(&match pod.since.or(pod.created) {
                Some(since) => Message::new("panel-since").arg("what", line).arg("age", ago(since, now)),
                None => line,
            })
        ));
    }
    if pods.len() > PODS {
        lines.push(format!("  {}", words(&Message::new("panel-more").arg("count", pods.len() - PODS))));
    }
    let causes: Vec<&Told> = progress.causes.iter().filter(|told| is_worth_telling(told, progress, now)).collect();
    for told in causes.iter().take(CAUSES) {
        cause(told, place, catalogue, &mut lines);
    }
    if causes.len() > CAUSES {
        lines.push(words(&Message::new("panel-more-causes").arg("count", causes.len() - CAUSES)));
    }
    // One column stays free: a full line would wrap on some terminals.
    let width = style.width.saturating_sub(1);
    let ellipsis = if style.unicode { "…" } else { "..." };
    lines.iter().flat_map(|line| wrapped(&Text::new(line), width, ellipsis)).collect()
}

/// A line in as many as it takes, at most [`WRAPPED`], the later ones indented below the first.
fn wrapped(line: &Text, width: usize, ellipsis: &str) -> Vec<String> {
    let indent = line.as_str().chars().take_while(|c| *c == ' ').count();
    let mut lines = vec![" ".repeat(indent)];
    for word in line.as_str().split(' ').skip(indent) {
        let last = lines.last().map_or(0, |line| Text::new(line).width());
        let begun = lines.last().is_some_and(|line| !line.trim().is_empty());
        if begun && last + 1 + Text::new(word).width() > width {
            lines.push(" ".repeat(indent + 2));
        } else if begun && let Some(line) = lines.last_mut() {
            line.push(' ');
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(word);
        }
    }
    if lines.len() > WRAPPED {
        lines.truncate(WRAPPED);
        if let Some(line) = lines.last_mut() {
            line.push(' ');
            line.push_str(ellipsis);
        }
    }
    lines.iter().map(|line| Text::new(line).truncated(width, ellipsis)).collect()
}

fn bar(revision: &RevisionCount, desired: u32, style: Style, catalogue: &Catalogue) -> String {
    let whole = u64::from(desired.max(revision.pods).max(1));
    let columns = |pods: u32| usize::try_from(u64::from(pods) * BAR as u64 / whole).unwrap_or(BAR);
    let (ready, all) = (columns(revision.ready), columns(revision.pods));
    let (full, part, none) = if style.unicode { ("█", "▒", "·") } else { ("#", "+", ".") };
    let drawn = [full.repeat(ready), part.repeat(all - ready), none.repeat(BAR - all)].concat();
    let words = Message::new(if revision.new { "panel-new" } else { "panel-old" })
        .arg("name", &revision.name)
        .arg("ready", u64::from(revision.ready))
        .arg("pods", u64::from(revision.pods));
    format!("  {drawn} {}", catalogue.text(&words))
}

fn cause(told: &Told, place: &Place, catalogue: &Catalogue, lines: &mut Vec<String>) {
    let words = |message: &Message| catalogue.text(message);
    let line =
        Message::new("told-line").arg("standing", standing(told)).arg("why", told.cause.why()).arg("who", shared(told));
    lines.push(words(&line));
    if !told.message.is_empty() {
        lines.push(format!("    {}", words(&Message::new("told-message").arg("message", &told.message))));
    }
    lines.extend(told.details.iter().map(|detail| format!("    {}", words(detail))));
    if let Some(log) = &told.log {
        let shown = &log.lines[log.lines.len().saturating_sub(LOG)..];
        lines.extend(shown.iter().map(|line| format!("    | {}", Text::new(line))));
    }
    if told.class != Class::Notice {
        let pod = told.objects.iter().find(|object| object.kind == "Pod");
        let fix = told.cause.fix(place, pod.map(|pod| pod.name.as_str()));
        lines.push(format!("    {}", words(&Message::new("told-fix").arg("advice", fix.advice))));
        lines.extend(fix.command.map(|command| format!("    {}", Text::new(&command))));
    }
}

/// Draws frames over each other.
#[derive(Debug)]
pub struct Panel<W: Write> {
    out: W,
    drawn: Vec<String>,
    last: Option<Instant>,
}

impl<W: Write> Panel<W> {
    /// Nothing is drawn yet.
    pub fn new(out: W) -> Self {
        Self { out, drawn: Vec::new(), last: None }
    }

    /// Whether enough time has passed for another frame; the last one is drawn whatever this says.
    #[must_use]
    pub fn is_due(&self) -> bool {
        self.last.is_none_or(|last| last.elapsed() >= FRAME)
    }

    /// Draws a frame over the one before. `height`: the terminal's lines; a frame that is taller loses its end, for
    /// what has scrolled away cannot be drawn over.
    pub fn draw(&mut self, mut frame: Vec<String>, height: usize) -> io::Result<()> {
        frame.truncate(height.saturating_sub(1).max(1));
        if frame == self.drawn {
            return Ok(());
        }
        let mut bytes = String::new();
        if !self.drawn.is_empty() {
            let _ = write!(bytes, "\x1b[{}A", self.drawn.len());
        }
        for line in &frame {
            let _ = write!(bytes, "\r{line}\x1b[K\n");
        }
        // What the frame before had more.
        bytes.push_str("\x1b[J");
        self.out.write_all(bytes.as_bytes())?;
        self.out.flush()?;
        self.drawn = frame;
        self.last = Some(Instant::now());
        Ok(())
    }

    /// The writer, below the last frame.
    pub fn into_inner(self) -> W {
        self.out
    }
}
