//! Text from the cluster, made safe to show.

use std::fmt;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A word or sentence that came from the cluster (a name, a message), with everything that could drive a terminal or
/// mislead a reader made visible: control characters, escape sequences, line ends, bidirectional and invisible marks.
///
/// There is no other way from cluster text into a human format.
///
/// Line ends and tabs show as `\n`, `\r`, `\t`, everything else as `\u{1b}`. Backslashes of the text itself stay as
/// they are (`C:\new` stays readable): a text may thus look as if it held an escape, but never hold one, and making a
/// safe text safe again changes nothing. Whoever needs the very bytes asks for JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(String);

impl Text {
    /// Takes raw text; what comes out of `Display` is printable on one line.
    #[must_use]
    pub fn new(raw: &str) -> Self {
        let mut safe = String::with_capacity(raw.len());
        let mut chars = raw.chars().peekable();
        let mut before = None;
        while let Some(c) = chars.next() {
            // The parts of one emoji (a family, a burning heart) are joined by marks that are invisible elsewhere.
            let joins = match c {
                EMOJI_VARIATION => before.is_some_and(is_pictographic),
                ZERO_WIDTH_JOINER => {
                    before.is_some_and(|before| is_pictographic(before) || before == EMOJI_VARIATION)
                        && chars.peek().copied().is_some_and(is_pictographic)
                }
                _ => false,
            };
            let shown = joins || !is_unsafe(c);
            match c {
                c if shown => safe.push(c),
                '\n' => safe.push_str("\\n"),
                '\r' => safe.push_str("\\r"),
                '\t' => safe.push_str("\\t"),
                c => safe.extend(c.escape_unicode()),
            }
            before = shown.then_some(c);
        }
        Self(safe)
    }

    /// The safe text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How many columns it takes.
    #[must_use]
    pub fn width(&self) -> usize {
        self.0.width()
    }

    /// At most `width` columns of it; where something was cut, `ellipsis` stands at the end (and counts).
    #[must_use]
    pub fn truncated(&self, width: usize, ellipsis: &str) -> String {
        truncate(&self.0, width, ellipsis)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for Text {
    fn from(raw: &str) -> Self {
        Self::new(raw)
    }
}

/// Joins the parts of an emoji; anywhere else it is invisible.
const ZERO_WIDTH_JOINER: char = '\u{200d}';
/// Asks for the coloured form of the emoji before it.
const EMOJI_VARIATION: char = '\u{fe0f}';

/// Whether a character must not reach a terminal or a page: it drives the terminal, turns the direction of what
/// follows, or takes no room where a reader would look for it. Source: Unicode's general categories Cc, Cf, Zl, Zp, Co
/// and noncharacters, and `Default_Ignorable_Code_Point`.
#[must_use]
pub fn is_unsafe(c: char) -> bool {
    let code = u32::from(c);
    c.is_control()
        || matches!(code,
            0x00ad | 0x034f | 0x061c | 0x0600..=0x0605 | 0x06dd | 0x070f | 0x0890..=0x0891 | 0x08e2
            | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180f
            | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0x2800 | 0x3164
            | 0xe000..=0xf8ff | 0xfe00..=0xfe0f | 0xfeff | 0xffa0 | 0xfff0..=0xfffb
            | 0x110bd | 0x110cd | 0x13430..=0x1345f | 0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a
            | 0xe0000..=0xe0fff | 0xf0000..=0x10_ffff)
        || (0xfdd0..=0xfdef).contains(&code)
        || code & 0xfffe == 0xfffe
        // The many other spaces (no-break, em, ideographic) look like the one that a shell or a search takes.
        || (c.is_whitespace() && c != ' ')
}

/// Whether the character is one that a joiner or variation selector may follow without hiding anything: the blocks of
/// symbols and emoji.
fn is_pictographic(c: char) -> bool {
    matches!(u32::from(c), 0xa9 | 0xae | 0x203c | 0x2049 | 0x2122..=0x2199 | 0x231a..=0x27bf | 0x2b05..=0x2b55
        | 0x1f000..=0x1faff)
}

/// The columns of one character, at most: in a string, neighbours may share some. An emoji's variation selector makes
/// the character before it wide.
pub(crate) fn columns(c: char) -> usize {
    if c == EMOJI_VARIATION { 1 } else { c.width().unwrap_or(0) }
}

/// At most `width` columns of a safe text; where something was cut, `ellipsis` stands at the end (and counts).
#[must_use]
pub fn truncate(safe: &str, width: usize, ellipsis: &str) -> String {
    if safe.width() <= width {
        return safe.to_owned();
    }
    let room = width.saturating_sub(ellipsis.width());
    let mut used = 0;
    let cut = safe
        .char_indices()
        .find(|(_, c)| {
            used += columns(*c);
            used > room
        })
        .map_or(safe.len(), |(at, _)| at);
    let kept = safe[..cut].trim_end();
    if width < ellipsis.width() { kept.to_owned() } else { format!("{kept}{ellipsis}") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(raw: &str) -> String {
        Text::new(raw).to_string()
    }

    #[test]
    fn what_drives_a_terminal_becomes_visible() {
        let table = [
            ("\u{1b}[31mred\u{1b}[0m", r"\u{1b}[31mred\u{1b}[0m"),
            ("\u{1b}]0;title\u{7}", r"\u{1b}]0;title\u{7}"),
            ("\u{9b}2J", r"\u{9b}2J"),
            ("a\nb\r\nc\td", r"a\nb\r\nc\td"),
            ("back\u{8}space\u{7f}", r"back\u{8}space\u{7f}"),
            ("nul\0", r"nul\u{0}"),
        ];
        for (raw, expected) in table {
            assert_eq!(shown(raw), expected);
        }
    }

    #[test]
    fn what_misleads_a_reader_becomes_visible() {
        let table = [
            ("user\u{202e}nimda", r"user\u{202e}nimda"),
            ("a\u{2066}b\u{2069}\u{61c}\u{200e}", r"a\u{2066}b\u{2069}\u{61c}\u{200e}"),
            ("pay\u{200b}pal\u{feff}", r"pay\u{200b}pal\u{feff}"),
            ("soft\u{ad}hyphen\u{2060}", r"soft\u{ad}hyphen\u{2060}"),
            ("no\u{a0}break\u{3000}wide", r"no\u{a0}break\u{3000}wide"),
            ("line\u{2028}para\u{2029}next\u{85}", r"line\u{2028}para\u{2029}next\u{85}"),
            ("tag\u{e0041}\u{e007f}", r"tag\u{e0041}\u{e007f}"),
            ("filler\u{3164}\u{ffa0}\u{115f}\u{2800}", r"filler\u{3164}\u{ffa0}\u{115f}\u{2800}"),
            ("a\u{fe0f}b\u{200d}c", r"a\u{fe0f}b\u{200d}c"),
            ("private\u{e000}\u{fffe}", r"private\u{e000}\u{fffe}"),
        ];
        for (raw, expected) in table {
            assert_eq!(shown(raw), expected);
        }
    }

    #[test]
    fn ordinary_text_stays() {
        for raw in [
            "",
            "nginx:1.29",
            "파드가 준비되지 않음",
            "Zoë's café",
            "مرحبا",
            "日本語",
            r"C:\new\users",
            "rocket 🚀",
            "👩\u{200d}🔧 ❤\u{fe0f} ❤\u{fe0f}\u{200d}🔥",
            "e\u{301}",
        ] {
            assert_eq!(shown(raw), raw);
        }
    }

    #[test]
    fn text_is_cut_by_columns() {
        let table = [
            ("short", 10, "short"),
            ("exactly ten", 11, "exactly ten"),
            ("one word more", 9, "one word…"),
            ("파드가 준비", 7, "파드가…"),
            ("파드가 준비", 6, "파드…"),
            ("abc", 0, ""),
        ];
        for (text, width, expected) in table {
            assert_eq!(Text::new(text).truncated(width, "…"), expected, "{text} {width}");
        }
        assert_eq!(Text::new("abcdefgh").truncated(6, "..."), "abc...");
    }

    proptest! {
        #[test]
        fn nothing_unsafe_is_ever_left(raw in any::<String>()) {
            let safe = shown(&raw);
            for c in safe.chars() {
                prop_assert!(!is_unsafe(c) || c == ZERO_WIDTH_JOINER || c == EMOJI_VARIATION, "{c:?} in {safe:?}");
                prop_assert!(!c.is_control());
            }
        }

        #[test]
        fn safe_text_is_not_changed_again(raw in any::<String>()) {
            let safe = shown(&raw);
            prop_assert_eq!(shown(&safe), safe);
        }

        #[test]
        fn a_cut_text_fits(raw in any::<String>(), width in 0_usize..40) {
            prop_assert!(Text::new(&raw).truncated(width, "…").width() <= width.max(1));
        }
    }
}
