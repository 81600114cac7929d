//! How much a terminal can show: colour, width, characters. Decided once from the flags and the environment.

use std::env;

use colored::{Color, Colorize};

/// The width where nothing else is known. Source: the report contract ("80 columns").
pub const DEFAULT_WIDTH: usize = 80;

/// Narrower than this, wrapped text is harder to read than overflowing text. Ours.
const MIN_WIDTH: usize = 40;

/// `--color`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorChoice {
    /// Colour on a terminal, unless the environment says otherwise
    #[default]
    Auto,
    /// Colour even when redirected
    Always,
    /// No colour
    Never,
}

/// How a human format is to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether to add colour. The words are the same without.
    pub color: bool,
    /// Columns to wrap at.
    pub width: usize,
    /// Whether characters beyond ASCII may be used where we choose them ourselves.
    pub unicode: bool,
}

impl Default for Style {
    /// No colour, 80 columns, Unicode: what a file gets.
    fn default() -> Self {
        Self { color: false, width: DEFAULT_WIDTH, unicode: true }
    }
}

/// The part of the environment that matters to a [`Style`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Env {
    /// `NO_COLOR`.
    pub no_color: Option<String>,
    /// `CLICOLOR_FORCE`.
    pub clicolor_force: Option<String>,
    /// `CLICOLOR`.
    pub clicolor: Option<String>,
    /// `TERM`.
    pub term: Option<String>,
    /// `COLUMNS`.
    pub columns: Option<String>,
    /// The first of `LC_ALL`, `LC_CTYPE` and `LANG` that is set and not empty.
    pub locale: Option<String>,
    /// How wide the terminal says it is.
    pub terminal_width: Option<usize>,
}

impl Env {
    /// Reads the process's environment and the terminal's size.
    #[must_use]
    pub fn of_process() -> Self {
        let var = |name: &str| env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        let set = |name: &str| var(name).filter(|value| !value.is_empty());
        Self {
            no_color: var("NO_COLOR"),
            clicolor_force: var("CLICOLOR_FORCE"),
            clicolor: var("CLICOLOR"),
            term: var("TERM"),
            columns: var("COLUMNS"),
            locale: set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG")),
            terminal_width: terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)),
        }
    }

    /// `--color` first, then `NO_COLOR` (no-color.org), then `CLICOLOR_FORCE`, `TERM=dumb`, `CLICOLOR=0`
    /// (bixense.com/clicolors), then whether it is a terminal.
    fn wants_color(&self, choice: ColorChoice, terminal: bool) -> bool {
        let is = |value: &Option<String>, expected: &str| value.as_deref() == Some(expected);
        let given = |value: &Option<String>| value.as_deref().is_some_and(|value| !value.is_empty());
        match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto if given(&self.no_color) => false,
            ColorChoice::Auto if given(&self.clicolor_force) && !is(&self.clicolor_force, "0") => true,
            ColorChoice::Auto => terminal && !is(&self.term, "dumb") && !is(&self.clicolor, "0"),
        }
    }

    /// `COLUMNS` first, then the terminal, then 80. What is redirected is wrapped at 80, so that a file does not
    /// depend on the window that it was made in.
    fn width(&self, terminal: bool) -> usize {
        let columns =
            self.columns.as_deref().and_then(|columns| columns.trim().parse().ok()).filter(|width| *width > 0);
        let of_terminal = self.terminal_width.filter(|width| terminal && *width > 0);
        columns.or(of_terminal).unwrap_or(DEFAULT_WIDTH).max(MIN_WIDTH)
    }

    fn has_unicode(&self) -> bool {
        // On Windows the variables are not set and the console speaks Unicode.
        let utf8 = self.locale.as_deref().map_or(cfg!(windows), |locale| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        });
        utf8 && self.term.as_deref() != Some("dumb")
    }
}

impl Style {
    /// The style for standard output (or, said of standard error, for that).
    #[must_use]
    pub fn detect(choice: ColorChoice, terminal: bool, env: &Env) -> Self {
        Self { color: env.wants_color(choice, terminal), width: env.width(terminal), unicode: env.has_unicode() }
    }

    /// The text, coloured if there is colour.
    pub(crate) fn paint(self, color: Color, text: &str) -> String {
        self.apply(text, |text| text.color(color).bold())
    }

    /// The text, emphasised if there is colour.
    pub(crate) fn bold(self, text: &str) -> String {
        self.apply(text, |text| text.bold())
    }

    fn apply(self, text: &str, how: impl FnOnce(&str) -> colored::ColoredString) -> String {
        if !self.color {
            return text.to_owned();
        }
        // `colored` has an opinion of its own about the environment; ours has been formed already.
        colored::control::set_override(true);
        #[cfg(windows)]
        let _always_ok = colored::control::set_virtual_terminal(true);
        how(text).to_string()
    }

    /// The mark of text that was cut.
    pub(crate) const fn ellipsis(self) -> &'static str {
        if self.unicode { "…" } else { "..." }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Vars<'a> = &'a [(&'a str, &'a str)];

    fn env(vars: Vars<'_>) -> Env {
        let get = |name: &str| vars.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Env {
            no_color: get("NO_COLOR"),
            clicolor_force: get("CLICOLOR_FORCE"),
            clicolor: get("CLICOLOR"),
            term: get("TERM"),
            columns: get("COLUMNS"),
            locale: get("LANG"),
            terminal_width: get("tty").and_then(|width| width.parse().ok()),
        }
    }

    #[test]
    fn color_follows_the_flag_then_the_environment_then_the_terminal() {
        use ColorChoice::{Always, Auto, Never};
        let table: &[(ColorChoice, bool, Vars<'_>, bool)] = &[
            (Auto, true, &[], true),
            (Auto, false, &[], false),
            (Always, false, &[("NO_COLOR", "1"), ("TERM", "dumb")], true),
            (Never, true, &[("CLICOLOR_FORCE", "1")], false),
            (Auto, true, &[("NO_COLOR", "1")], false),
            (Auto, true, &[("NO_COLOR", "")], true),
            (Auto, true, &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], false),
            (Auto, false, &[("CLICOLOR_FORCE", "1")], true),
            (Auto, false, &[("CLICOLOR_FORCE", "0")], false),
            (Auto, false, &[("CLICOLOR_FORCE", "")], false),
            (Auto, false, &[("CLICOLOR_FORCE", "1"), ("TERM", "dumb")], true),
            (Auto, true, &[("TERM", "dumb")], false),
            (Auto, true, &[("TERM", "xterm"), ("CLICOLOR", "0")], false),
            (Auto, true, &[("CLICOLOR", "1")], true),
            (Auto, false, &[("CLICOLOR", "1")], false),
        ];
        for (choice, terminal, vars, expected) in table {
            let style = Style::detect(*choice, *terminal, &env(vars));
            assert_eq!(style.color, *expected, "{choice:?} terminal={terminal} {vars:?}");
        }
    }

    #[test]
    fn width_is_columns_then_the_terminal_then_80() {
        let table: &[(bool, Vars<'_>, usize)] = &[
            (true, &[("tty", "132")], 132),
            (false, &[("tty", "132")], 80),
            (true, &[("tty", "132"), ("COLUMNS", "100")], 100),
            (false, &[("COLUMNS", "100")], 100),
            (true, &[("COLUMNS", "wide")], 80),
            (true, &[("COLUMNS", "0"), ("tty", "90")], 90),
            (true, &[("tty", "12")], MIN_WIDTH),
            (true, &[], 80),
        ];
        for (terminal, vars, expected) in table {
            assert_eq!(Style::detect(ColorChoice::Auto, *terminal, &env(vars)).width, *expected, "{vars:?}");
        }
    }

    #[test]
    fn unicode_needs_a_locale_that_has_it() {
        let table: &[(Vars<'_>, bool)] = &[
            (&[("LANG", "en_US.UTF-8")], true),
            (&[("LANG", "C.utf8")], true),
            (&[("LANG", "C")], false),
            (&[("LANG", "ko_KR.EUC-KR")], false),
            (&[("LANG", "en_US.UTF-8"), ("TERM", "dumb")], false),
            (&[], cfg!(windows)),
        ];
        for (vars, expected) in table {
            assert_eq!(Style::detect(ColorChoice::Auto, true, &env(vars)).unicode, *expected, "{vars:?}");
        }
    }
}
