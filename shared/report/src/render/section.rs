//! Tables and lines of facts between a report's head and its findings, the same in every format for people.

use colored::Color;

use super::wrap::{width_of, wrap};
use crate::catalogue::Catalogue;
use crate::message::Message;
use crate::style::Style;
use crate::text::{Text, truncate};

/// The columns of a bar.
const BAR: usize = 8;
/// What stands between two columns.
const GAP: usize = 2;

/// A heading, a table and some sentences; each may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Section {
    /// What it is about.
    pub(super) heading: Option<Message>,
    /// The table's columns.
    pub(super) columns: Vec<Column>,
    /// The table's rows, a cell for each column.
    pub(super) rows: Vec<Vec<Cell>>,
    /// Sentences below the table.
    pub(super) notes: Vec<Message>,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    heading: Message,
    right: bool,
}

impl Column {
    /// Words.
    pub(super) fn left(heading: &'static str) -> Self {
        Self { heading: Message::new(heading), right: false }
    }

    /// Numbers.
    pub(super) fn right(heading: &'static str) -> Self {
        Self { heading: Message::new(heading), right: true }
    }
}

/// What stands in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    /// Words of the catalogue.
    Words(Message),
    /// A number or a name.
    Text(Text),
    /// A share in thousandths, as a bar; only repeats what a number says.
    Bar(u64),
    /// The same of something that has no limit: however long, it is no trouble.
    Part(u64),
    /// Nothing.
    Empty,
}

impl Cell {
    pub(super) fn text(text: impl AsRef<str>) -> Self {
        Self::Text(Text::new(text.as_ref()))
    }

    fn shown(&self, catalogue: &Catalogue, style: Style) -> String {
        match self {
            Self::Words(message) => catalogue.text(message),
            Self::Text(text) => text.to_string(),
            Self::Bar(permille) | Self::Part(permille) => bar(*permille, style),
            Self::Empty => String::new(),
        }
    }
}

/// Eight columns, each filled from its half on; what is shown as 1 % or more has at least one.
fn bar(permille: u64, style: Style) -> String {
    let (full, empty) = if style.unicode { ("█", "░") } else { ("#", ".") };
    let cells = usize::try_from((permille * BAR as u64 + 500) / 1000).unwrap_or(BAR).min(BAR);
    let cells = if permille >= 10 { cells.max(1) } else { cells };
    full.repeat(cells) + &empty.repeat(BAR - cells)
}

impl Section {
    /// For a terminal: no line is wider than the style's width, the last column gives way. In full, nothing is cut.
    pub(super) fn lines(&self, catalogue: &Catalogue, style: Style, full: bool) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(heading) = &self.heading {
            lines.push(style.bold(&catalogue.text(heading)));
        }
        lines.extend(self.table(catalogue, style, full));
        lines.extend(self.notes.iter().flat_map(|note| wrap(&catalogue.text(note), style.width)));
        lines
    }

    fn table(&self, catalogue: &Catalogue, style: Style, full: bool) -> Vec<String> {
        if self.rows.is_empty() {
            return Vec::new();
        }
        let head: Vec<String> = self.columns.iter().map(|column| catalogue.text(&column.heading)).collect();
        let rows: Vec<Vec<String>> =
            self.rows.iter().map(|row| row.iter().map(|cell| cell.shown(catalogue, style)).collect()).collect();
        let width = |index: usize| {
            let cells = rows.iter().chain([&head]).filter_map(|row| row.get(index));
            cells.map(|cell| width_of(cell)).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        let before: usize = widths.iter().rev().skip(1).map(|width| width + GAP).sum();
        let rest = if full { usize::MAX } else { style.width.saturating_sub(before).max(1) };
        let line = |row: &[String]| {
            let mut line = String::new();
            for (index, (cell, column)) in row.iter().zip(&self.columns).enumerate() {
                let last = index + 1 == self.columns.len();
                let cell = if last { truncate(cell, rest, style.ellipsis()) } else { cell.clone() };
                let padding = " ".repeat(widths[index].saturating_sub(width_of(&cell)));
                if column.right {
                    line.push_str(&padding);
                    line.push_str(&cell);
                } else {
                    line.push_str(&cell);
                    line.push_str(&padding);
                }
                if !last {
                    line.push_str(&" ".repeat(GAP));
                }
            }
            line.truncate(line.trim_end().len());
            line
        };
        let painted = |(row, cells): (&Vec<String>, &Vec<Cell>)| {
            let line = line(row);
            let share =
                cells.iter().find_map(|cell| if let Cell::Bar(permille) = cell { Some(*permille) } else { None });
            let bar = share.map(|permille| bar(permille, style));
            match (share.and_then(color), bar) {
                (Some(color), Some(bar)) if style.color => line.replacen(&bar, &style.paint(color, &bar), 1),
                _ => line,
            }
        };
        std::iter::once(line(&head)).chain(rows.iter().zip(&self.rows).map(painted)).collect()
    }

    /// For Markdown: bars are left out, their numbers stand beside them. `safe` makes a text fit for a line of Markdown,
    /// `words` a message.
    pub(super) fn markdown(&self, words: &dyn Fn(&Message) -> String, safe: &dyn Fn(&str) -> String) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(heading) = &self.heading {
            lines.extend([String::new(), format!("## {}", words(heading))]);
        }
        if let Some(first) = self.rows.first() {
            let kept: Vec<usize> = (0..self.columns.len())
                .filter(|index| !matches!(first.get(*index), Some(Cell::Bar(_) | Cell::Part(_))))
                .collect();
            let heads: Vec<String> = kept.iter().map(|index| words(&self.columns[*index].heading)).collect();
            let rules: Vec<&str> =
                kept.iter().map(|index| if self.columns[*index].right { "---:" } else { "---" }).collect();
            lines.extend([String::new(), format!("| {} |", heads.join(" | ")), format!("| {} |", rules.join(" | "))]);
            for row in &self.rows {
                let cell = |index: &usize| match row.get(*index) {
                    Some(Cell::Words(message)) => words(message),
                    Some(Cell::Text(text)) => safe(text.as_str()),
                    _ => String::new(),
                };
                lines.push(format!("| {} |", kept.iter().map(cell).collect::<Vec<_>>().join(" | ")));
            }
        }
        if !self.notes.is_empty() {
            lines.push(String::new());
            lines.extend(self.notes.iter().map(|note| format!("- {}", words(note))));
        }
        lines
    }
}

/// Beyond the limit, near it, or neither.
fn color(permille: u64) -> Option<Color> {
    match permille {
        0..800 => None,
        800..=1000 => Some(Color::Yellow),
        _ => Some(Color::Red),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_never_hides_something_and_never_overflows() {
        let ascii = Style { unicode: false, ..Style::default() };
        for (permille, expected) in [
            (0, "........"),
            (9, "........"),
            (10, "#......."),
            (500, "####...."),
            (999, "########"),
            (1000, "########"),
            (5000, "########"),
        ] {
            assert_eq!(bar(permille, ascii), expected, "{permille}");
        }
    }

    #[test]
    fn the_last_column_gives_way() {
        let section = Section {
            columns: vec![Column::left("report-new"), Column::right("report-gone"), Column::left("report-ignored")],
            rows: vec![vec![Cell::text("a"), Cell::text("12"), Cell::text("x".repeat(90))]],
            ..Section::default()
        };
        let lines = section.lines(Catalogue::english(), Style::default(), false);
        assert!(lines.iter().all(|line| width_of(line) <= 80), "{lines:?}");
        assert!(lines[1].ends_with('…'), "{lines:?}");
        let full = section.lines(Catalogue::english(), Style::default(), true);
        assert!(full[1].ends_with("xxx"), "{full:?}");
    }
}
