//! What differs between two texts, line by line, with a little of what is around it.

use std::fmt::Write as _;

use quicktour_report::style::Style;
use quicktour_report::text::Text;
use similar::{ChangeTag, TextDiff};

/// Lines shown around a difference. Source: `diff -u`, and so `kubectl diff`.
const CONTEXT: usize = 3;

/// A line of a unified diff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Where the next lines stand: `@@ -10,7 +10,7 @@`.
    Place(String),
    /// The same on both sides.
    Same(String),
    /// Only before.
    Removed(String),
    /// Only after.
    Added(String),
}

/// The differences; empty when there are none.
#[must_use]
pub fn lines(before: &str, after: &str) -> Vec<Line> {
    let diff = TextDiff::from_lines(before, after);
    let mut lines = Vec::new();
    for hunk in diff.unified_diff().context_radius(CONTEXT).iter_hunks() {
        lines.push(Line::Place(hunk.header().to_string()));
        lines.extend(hunk.iter_changes().map(|change| {
            let text = change.value().trim_end_matches('\n').to_owned();
            match change.tag() {
                ChangeTag::Equal => Line::Same(text),
                ChangeTag::Delete => Line::Removed(text),
                ChangeTag::Insert => Line::Added(text),
            }
        }));
    }
    lines
}

/// The lines for a person: what came from a cluster is made safe, and colour only repeats the signs.
#[must_use]
pub fn render(lines: &[Line], style: &Style) -> String {
    let mut out = String::new();
    for line in lines {
        let (sign, text, color) = match line {
            Line::Place(text) => ("", text, "36"),
            Line::Same(text) => (" ", text, ""),
            Line::Removed(text) => ("-", text, "31"),
            Line::Added(text) => ("+", text, "32"),
        };
        let shown = format!("{sign}{}", Text::new(text));
        if style.color && !color.is_empty() {
            let _ = writeln!(out, "\u{1b}[{color}m{shown}\u{1b}[0m");
        } else {
            out.push_str(shown.trim_end());
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(changed: &[usize]) -> String {
        (1..=20).map(|n| if changed.contains(&n) { format!("line {n}!\n") } else { format!("line {n}\n") }).collect()
    }

    #[test]
    fn three_lines_stand_around_each_difference() {
        let shown = render(&lines(&numbered(&[]), &numbered(&[2, 15])), &Style::default());
        let expected = "@@ -1,5 +1,5 @@\n line 1\n-line 2\n+line 2!\n line 3\n line 4\n line 5\n\
                        @@ -12,7 +12,7 @@\n line 12\n line 13\n line 14\n-line 15\n+line 15!\n line 16\n line 17\n line 18\n";
        assert_eq!(shown, expected);
        assert_eq!(lines("a\n", "a\n"), []);
    }

    #[test]
    fn colour_repeats_the_signs_and_hostile_text_is_visible() {
        let lines = lines("a\n", "a\u{1b}[2J\u{202e}\n");
        let colored = render(&lines, &Style { color: true, ..Style::default() });
        let plain = render(&lines, &Style::default());
        assert!(plain.contains("+a\\u{1b}[2J\\u{202e}\n"), "{plain}");
        assert!(!plain.contains('\u{1b}'));
        let stripped = ["36", "31", "32"]
            .iter()
            .fold(colored.replace("\u{1b}[0m", ""), |text, color| text.replace(&format!("\u{1b}[{color}m"), ""));
        assert_eq!(stripped, plain);
    }
}
