//! Text in lines of a given width.

use crate::text::columns;

/// Breaks a safe text at spaces into lines of at most `width` columns. A word that is longer than a line is left whole
/// where it stands alone: names and addresses are copied from a terminal, and a broken one is no name.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
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

/// The columns of a safe text, at most.
pub(super) fn width_of(text: &str) -> usize {
    text.chars().map(columns).sum()
}
