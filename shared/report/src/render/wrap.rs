//! Text in lines of a given width.

use crate::style::Style;
use crate::text::{columns, truncate};

/// Breaks a safe text at spaces into lines of at most `width` columns. A word that is longer than a line is left whole
/// on a line of its own: names and addresses are copied from a terminal, and a broken one is no name.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split_whitespace() {
        let wide = width_of(word);
        if used > 0 && used + 1 + wide > width {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        used += wide;
    }
    if used > 0 || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// At most `lines` lines of at most `width` columns; the last one says with an ellipsis that there is more.
pub(super) fn fold(text: &str, width: usize, lines: usize, style: Style) -> Vec<String> {
    let mut wrapped = wrap(text, width);
    if wrapped.len() > lines {
        let rest = wrapped.split_off(lines.saturating_sub(1)).join(" ");
        wrapped.push(rest);
    }
    wrapped.iter().map(|line| truncate(line, width, style.ellipsis())).collect()
}

/// The columns of a safe text, at most.
pub(super) fn width_of(text: &str) -> usize {
    text.chars().map(columns).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_spaces_and_words_never() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("a https://10.0.0.1:6443/api b", 10), ["a", "https://10.0.0.1:6443/api", "b"]);
        assert_eq!(wrap("파드가 준비되지 않음", 11), ["파드가", "준비되지", "않음"]);
        assert_eq!(wrap("", 10), [""]);
    }

    #[test]
    fn what_does_not_fit_ends_in_an_ellipsis() {
        let style = Style::default();
        assert_eq!(fold("one two three four", 8, 2, style), ["one two", "three f…"]);
        assert_eq!(fold("one two", 8, 2, style), ["one two"]);
        assert_eq!(fold("averyveryverylongword", 8, 1, style), ["averyve…"]);
        assert_eq!(fold("averyveryverylongword", 8, 1, Style { unicode: false, ..style }), ["avery..."]);
    }
}
