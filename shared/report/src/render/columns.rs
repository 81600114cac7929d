//! A small table as kubectl prints one: headings in capitals, no lines, columns three blanks apart.

use tabled::builder::Builder;
use tabled::settings::object::{Columns, Segment};
use tabled::settings::peaker::PriorityMax;
use tabled::settings::{Alignment, Padding, Style as Lines, Width};

use crate::catalogue::Catalogue;
use crate::message::Message;
use crate::style::Style;
use crate::text::Text;

/// The rows under their headings, ended by a line end. What is wider than the style allows is wrapped in the widest
/// columns; cells are safe to show by their type.
#[must_use]
pub fn columns(headings: &[Message], rows: &[Vec<Text>], catalogue: &Catalogue, style: Style) -> String {
    let mut builder = Builder::default();
    builder.push_record(headings.iter().map(|heading| catalogue.text(heading)));
    for row in rows {
        builder.push_record(row.iter().map(Text::to_string));
    }
    let mut table = builder.build();
    table.with(Lines::empty()).with(Alignment::left());
    table.modify(Segment::all(), Padding::new(0, 3, 0, 0)).modify(Columns::last(), Padding::zero());
    table.with(Width::wrap(style.width).priority(PriorityMax::default()).keep_words(true));
    let lines: Vec<String> = table.to_string().lines().map(|line| format!("{}\n", line.trim_end())).collect();
    lines.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_apart_and_fit() {
        let heading = |text: &str| Message::new("sample").arg("text", text);
        let row = |cells: [&str; 2]| cells.iter().map(|cell| Text::new(cell)).collect::<Vec<_>>();
        let rows =
            [row(["1", "kuard:blue"]), row(["12", "a rather long cause that nobody could have known before it"])];
        let style = Style { width: 40, ..Style::default() };
        let shown = columns(&[heading("REVISION"), heading("WHY")], &rows, Catalogue::english(), style);
        assert_eq!(
            shown,
            "REVISION   WHY\n1          kuard:blue\n12         a rather long cause that\n           nobody could have known\n           before it\n"
        );
    }

    #[test]
    fn hostile_cells_stay_in_their_row() {
        let shown = columns(
            &[Message::new("sample").arg("text", "NAME")],
            &[vec![Text::new("a\nb\u{1b}[31m")]],
            Catalogue::english(),
            Style::default(),
        );
        assert_eq!(shown, "NAME\na\\nb\\u{1b}[31m\n");
    }
}
