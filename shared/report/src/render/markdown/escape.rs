//! Safe text as Markdown that shows exactly that text: nothing of it formats, links, mentions or leaves its place.

use crate::catalogue::{MARK_END, MARK_START};

/// Escapes a text for the inside of a line: a paragraph, a heading, a list item or a table's cell.
pub(super) fn escape(safe: &str) -> String {
    let mut escaped = String::with_capacity(safe.len() + 8);
    let mut before = ' ';
    let mut rest = safe;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        let mention = mention(rest);
        if c == '@' && !before.is_ascii_alphanumeric() && !mention.is_empty() {
            // A backslash does not keep GitHub from notifying somebody; code does.
            escaped.push_str(&code(&format!("@{mention}")));
            rest = &rest[mention.len()..];
        } else {
            // GitHub makes links of addresses by itself.
            let address = (c == ':' && rest.starts_with("//")) || (c == '.' && escaped.ends_with("www"));
            if MEANINGFUL.contains(c) || address {
                escaped.push('\\');
            }
            escaped.push(c);
        }
        before = c;
    }
    escaped
}

/// A marked sentence of the catalogue: its own backticks make code, those of the cluster are only characters.
pub(super) fn escape_marked(sentence: &str) -> String {
    let mut escaped = String::with_capacity(sentence.len() + 8);
    let mut words = String::new();
    let mut span: Option<String> = None;
    let mut foreign = false;
    for c in sentence.chars() {
        match (c, &mut span) {
            (MARK_START | MARK_END, _) => foreign = c == MARK_START,
            ('`', Some(inside)) if !foreign => {
                // A bar ends a table's cell even inside code.
                if inside.is_empty() || inside.contains('|') {
                    escaped.push_str(&escape(&format!("`{inside}`")));
                } else {
                    escaped.push_str(&code(inside));
                }
                span = None;
            }
            ('`', None) if !foreign => {
                escaped.push_str(&escape(&std::mem::take(&mut words)));
                span = Some(String::new());
            }
            (c, Some(inside)) => inside.push(c),
            (c, None) => words.push(c),
        }
    }
    // A backtick that is never closed is only a character.
    if let Some(inside) = span {
        words.push('`');
        words.push_str(&inside);
    }
    escaped.push_str(&escape(&words));
    escaped
}

/// What formats, links or opens HTML, an entity, a cell or a formula somewhere inside a line.
const MEANINGFUL: &str = r"\`*_[]<>#|~&$";

/// The name of a person or team at the text's start.
fn mention(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '/')).unwrap_or(text.len());
    &text[..end]
}

/// The text as code inside a line. The fence is longer than any run of backticks in it, as Markdown asks. Not for a
/// table's cell, which a bar would end even inside code.
pub(super) fn code(safe: &str) -> String {
    let fence = "`".repeat(longest_run(safe) + 1);
    let space = if safe.starts_with('`') || safe.ends_with('`') || safe.starts_with(' ') { " " } else { "" };
    format!("{fence}{space}{safe}{space}{fence}")
}

/// The fence of a block that holds the text.
pub(super) fn fence(safe: &str) -> String {
    "`".repeat((longest_run(safe) + 1).max(3))
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_formats_links_or_mentions() {
        let table = [
            ("plain text, 3 pods (2 ready)", "plain text, 3 pods (2 ready)"),
            ("a|b", r"a\|b"),
            ("`rm -rf`", r"\`rm -rf\`"),
            ("[click](http://x)", r"\[click\](http\://x)"),
            ("<script>&lt;", r"\<script\>\&lt;"),
            ("**bold** _it_ ~~no~~ #1 ![x]", r"\*\*bold\*\* \_it\_ \~\~no\~\~ \#1 !\[x\]"),
            (r"\u{1b}", r"\\u{1b}"),
            ("cc @org/team, now", "cc `@org/team`, now"),
            ("nginx@sha256:1", "nginx@sha256:1"),
            ("@ home", "@ home"),
            ("see https://x.y or www.x.y", r"see https\://x.y or www\.x.y"),
            ("$x$", r"\$x\$"),
        ];
        for (text, expected) in table {
            assert_eq!(escape(text), expected);
        }
    }

    #[test]
    fn only_the_catalogue_makes_code() {
        let marked = |text: &str| format!("{MARK_START}{text}{MARK_END}");
        let table = [
            (format!("pod `{}` in `a`", marked("shop/web_1")), "pod `shop/web_1` in `a`"),
            (format!("pod `{}`", marked("a`b` c")), "pod ``a`b` c``"),
            (format!("says: {}", marked("`rm`")), r"says: \`rm\`"),
            (format!("`{}`", marked("a|b")), r"\`a\|b\`"),
            (format!("`{}` {}", marked("x"), marked("*y*")), r"`x` \*y\*"),
            ("it`s".to_owned(), r"it\`s"),
            ("``".to_owned(), r"\`\`"),
        ];
        for (sentence, expected) in table {
            assert_eq!(escape_marked(&sentence), expected);
        }
    }

    #[test]
    fn code_cannot_be_left() {
        assert_eq!(code("web-1"), "`web-1`");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`a``"), "``` `a`` ```");
        assert_eq!(fence("echo ```` x"), "`````");
        assert_eq!(fence("echo"), "```");
    }
}
