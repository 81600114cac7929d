//! Which strings can stand in YAML without quotes, and which would then be read as something else.

/// How a string may be written, by the characters in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// Without quotes.
    pub(super) plain: bool,
    /// In single quotes, where nothing is escaped.
    pub(super) single_quoted: bool,
    /// Line by line after `|`.
    pub(super) literal: bool,
}

impl Shape {
    pub(super) fn of(text: &str) -> Self {
        let indicators = has_indicators(text);
        let special = text.chars().any(|c| c != '\n' && (escape(c).is_some() && c != '"' && c != '\\'));
        let edges = text.starts_with([' ', '\n']) || text.ends_with([' ', '\n']);
        let (space_break, break_space) = (text.contains(" \n"), text.contains("\n "));
        Self {
            plain: !indicators && !special && !edges && !text.contains('\n'),
            single_quoted: !special && !space_break && !break_space,
            literal: !special && !space_break && !text.ends_with(' '),
        }
    }
}

/// Whether a sign in it means something to YAML where it stands.
fn has_indicators(text: &str) -> bool {
    if text.starts_with("---") || text.starts_with("...") {
        return true;
    }
    let mut before_is_blank = true;
    let mut chars = text.chars().peekable();
    let mut first = true;
    while let Some(c) = chars.next() {
        let followed_by_blank = chars.peek().is_none_or(|next| matches!(next, ' ' | '\t'));
        let found = match c {
            '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' if first => {
                true
            }
            '?' | '-' if first => followed_by_blank,
            ':' => followed_by_blank,
            '#' => before_is_blank,
            _ => false,
        };
        if found {
            return true;
        }
        before_is_blank = matches!(c, ' ' | '\t' | '\n' | '\r' | '\0');
        first = false;
    }
    false
}

/// The escape of a character in double quotes, if it needs one.
pub(super) fn escape(c: char) -> Option<String> {
    let short = match c {
        '\0' => "\\0",
        '\u{7}' => "\\a",
        '\u{8}' => "\\b",
        '\t' => "\\t",
        '\n' => "\\n",
        '\u{b}' => "\\v",
        '\u{c}' => "\\f",
        '\r' => "\\r",
        '\u{1b}' => "\\e",
        '"' => "\\\"",
        '\\' => "\\\\",
        '\u{85}' => "\\N",
        '\u{2028}' => "\\L",
        '\u{2029}' => "\\P",
        ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}' => return None,
        other => {
            let code = u32::from(other);
            return Some(match code {
                0..=0xff => format!("\\x{code:02X}"),
                0x100..=0xffff => format!("\\u{code:04X}"),
                _ => format!("\\U{code:08X}"),
            });
        }
    };
    Some(short.to_owned())
}

/// Whether a reader would take the bare string for a number, a truth value, nothing, or a time. As Go's yaml.v2 reads,
/// which still knows the words of YAML 1.1.
pub(super) fn is_read_as_other(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "", "~", "null", "Null", "NULL", "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON", "n",
        "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF", ".nan", ".NaN", ".NAN", ".inf", ".Inf",
        ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF",
    ];
    if WORDS.contains(&text) {
        return true;
    }
    match text.as_bytes().first() {
        Some(b'.') => text.parse::<f64>().is_ok(),
        Some(b'0'..=b'9' | b'+' | b'-') => is_time(text) || is_number(text) || is_sexagesimal(text),
        _ => false,
    }
}

fn is_number(text: &str) -> bool {
    let bare = text.replace('_', "");
    let (negative, digits) = match bare.as_bytes().first() {
        Some(b'-') => (true, &bare[1..]),
        Some(b'+') => (false, &bare[1..]),
        _ => (false, &bare[..]),
    };
    let based = |prefixes: [&str; 2], radix| {
        let rest = prefixes.iter().find_map(|prefix| digits.strip_prefix(prefix));
        rest.is_some_and(|rest| {
            rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
                && u64::from_str_radix(rest, radix).is_ok_and(|value| !negative || value <= 1 << 63)
        })
    };
    based(["0x", "0X"], 16) || based(["0o", "0O"], 8) || based(["0b", "0B"], 2) || is_decimal(digits)
}

/// `12`, `1.5`, `1.`, `.5`, `1e3`.
fn is_decimal(digits: &str) -> bool {
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (digits, None),
    };
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mantissa_fits = all_digits(whole) && all_digits(fraction) && !(whole.is_empty() && fraction.is_empty());
    mantissa_fits
        && exponent.is_none_or(|exponent| {
            let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            !exponent.is_empty() && all_digits(exponent)
        })
}

/// `1:30`, which YAML 1.1 reads in base 60.
fn is_sexagesimal(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut parts = text.split(':');
    let first = parts.next().unwrap_or_default();
    let rest: Vec<&str> = parts.collect();
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let minutes = |part: &str| match part.as_bytes() {
        [one] => one.is_ascii_digit(),
        [ten, one] => (b'0'..=b'5').contains(ten) && one.is_ascii_digit(),
        _ => false,
    };
    first.starts_with(|c: char| c.is_ascii_digit())
        && digits(first)
        && rest.split_last().is_some_and(|(last, middle)| {
            let (last, fraction) = last.split_once('.').unwrap_or((last, ""));
            middle.iter().all(|part| minutes(part)) && minutes(last) && digits(fraction)
        })
}

/// `2026-01-02`, and with a time after `T`, `t` or a space.
fn is_time(text: &str) -> bool {
    let Some((year, rest)) = text.split_once('-') else { return false };
    let Some((month, rest)) = rest.split_once('-') else { return false };
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (day, time) = rest.split_at(end);
    let date = || {
        let number = |text: &str, longest| {
            (1..=longest).contains(&text.len()).then(|| text.parse::<i16>().ok()).flatten().filter(|n| *n >= 0)
        };
        let (year, month, day) = (number(year, 4).filter(|_| year.len() == 4)?, number(month, 2)?, number(day, 2)?);
        jiff::civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
    };
    if date().is_none() {
        return false;
    }
    match time.as_bytes().first() {
        None => true,
        Some(b'T' | b't') => {
            let zone = time.find(['Z', '+', '-']);
            zone.is_some_and(|at| is_clock(&time[1..at]) && is_zone(&time[at..]))
        }
        Some(b' ') => is_clock(&time[1..]),
        _ => false,
    }
}

fn is_zone(text: &str) -> bool {
    let hours = text.strip_prefix(['+', '-']).and_then(|rest| rest.split_once(':'));
    text == "Z"
        || hours.is_some_and(|(hour, minute)| {
            [hour, minute].iter().all(|part| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit()))
        })
}

fn is_clock(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let mut parts = whole.split(':');
    let mut below = |limit: u8| {
        let part = parts.next().unwrap_or_default();
        (1..=2).contains(&part.len()) && part.parse::<u8>().is_ok_and(|value| value < limit)
    };
    below(24)
        && below(60)
        && below(60)
        && parts.next().is_none()
        && !fraction.is_empty()
        && fraction.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_read_as_something_else_is_known() {
        for text in [
            "",
            "~",
            "null",
            "yes",
            "N",
            "on",
            "1",
            "-1",
            "+1",
            "010",
            "08",
            "0x1F",
            "0o17",
            "0b101",
            "1_000",
            "1.5",
            "1.",
            ".5",
            "1e3",
            "6E-2",
            "1:30",
            "190:20:30.15",
            "2026-01-02",
            "2026-1-2T3:4:5Z",
            "2026-11-23T20:31:53Z",
            "2026-11-23t20:31:53.5+01:00",
            "2026-11-23 20:31:53",
            ".inf",
        ] {
            assert!(is_read_as_other(text), "{text:?}");
        }
        for text in [
            "web",
            "1.25.3",
            "250m",
            "1Gi",
            "0x",
            "0b2",
            "1:75",
            "2026-13-01",
            "2026-11-23T20:31:53",
            "12:34:56x",
            "e3",
            "-",
            "1e",
            ".",
            "yes!",
            "v1",
            "127.0.0.1",
            "10.0.0.0/8",
            "08-15",
        ] {
            assert!(!is_read_as_other(text), "{text:?}");
        }
    }
}
