//! Words for a shell: commands in hints and fixes are pasted, and the names in them come from the cluster.

use std::borrow::Cow;

/// The word as a POSIX shell must see it: unchanged if no character of it means anything to a shell, else in single
/// quotes. Control characters survive quoting; a command that is shown passes through
/// [`Text`](crate::text::Text) like everything else, which makes them visible and so harmless.
#[must_use]
pub fn quote(word: &str) -> Cow<'_, str> {
    // `~` expands and `=` assigns only at certain places; quoting them always would uglify label selectors.
    let plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | ',' | '@' | '%' | '+' | '=');
    if !word.is_empty() && !word.starts_with('=') && word.chars().all(plain) {
        return Cow::Borrowed(word);
    }
    Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")))
}

/// The words quoted and joined to a command line.
#[must_use]
pub fn command<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(quote).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn plain_words_stay_as_they_are() {
        for word in ["kubectl", "--context=kind-a", "pods/log", "a@b", "deployments.apps", "app=web,tier=x"] {
            assert_eq!(quote(word), word);
        }
    }

    #[test]
    fn a_shell_gives_every_word_back() {
        for word in
            ["", "a b", "it's", "$(touch x)", "`id`", "a;b", "~root", "=ls", "*", "{a,b}", "x\ny", "!!", "#", "ü\\"]
        {
            let script = format!("printf %s {}", quote(word));
            let out = Command::new("sh").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8(out.stdout).unwrap(), word, "{script}");
        }
    }

    #[test]
    fn a_command_is_its_quoted_words() {
        assert_eq!(command(["kubectl", "get", "pod", "a b"]), "kubectl get pod 'a b'");
    }
}
