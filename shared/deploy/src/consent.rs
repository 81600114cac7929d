//! Whether a write may go ahead: what counts as a yes, and for which contexts only their name does.

use quicktour_client::Target;
use quicktour_report::message::Message;
use regex_lite::Regex;

/// What the user said before being asked, and which contexts are protected.
#[derive(Clone, Debug, Default)]
pub struct Consent {
    yes: Option<String>,
    protected: Option<Regex>,
    by_address: bool,
}

/// What is still needed before the first write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Needed {
    /// Nothing: the user has said yes.
    Nothing,
    /// A yes.
    Yes,
    /// The name of the target, typed; this one.
    Name(String),
    /// There is nobody to ask, and what was said does not count.
    Refused(Message),
}

impl Consent {
    /// Of `--yes`, `--yes=CONTEXT` (an empty text for the first), and `--protect`. The error says what is wrong with the
    /// regular expression.
    pub fn new(yes: Option<&str>, protect: Option<&str>) -> Result<Self, Message> {
        let protected = protect.filter(|pattern| !pattern.is_empty()).map(|pattern| {
            Regex::new(pattern).map_err(|error| {
                Message::new("consent-bad-pattern").arg("pattern", pattern).arg("why", error.to_string())
            })
        });
        Ok(Self { yes: yes.map(str::to_owned), protected: protected.transpose()?, by_address: false })
    }

    /// The same where flags and not the context choose the cluster: then the context's name does not say which one is
    /// written to, and where any context is protected, only the cluster's address counts.
    #[must_use]
    pub fn by_address(mut self) -> Self {
        self.by_address = true;
        self
    }

    /// What a question calls the target: its context, or the address where there is none that says where it is.
    #[must_use]
    pub fn name<'a>(&self, target: &'a Target) -> &'a str {
        target.context.as_deref().filter(|_| !self.by_address).unwrap_or(&target.server)
    }

    /// What is needed to write to this target, with or without somebody to ask.
    #[must_use]
    pub fn needed(&self, target: &Target, somebody_there: bool) -> Needed {
        let name = self.name(target);
        let protected = self.protected.as_ref().is_some_and(|pattern| self.by_address || pattern.is_match(name));
        match (self.yes.as_deref(), protected) {
            (Some(""), false) => Needed::Nothing,
            (Some(typed), _) if typed == name => Needed::Nothing,
            (Some(typed), _) if !typed.is_empty() => {
                Needed::Refused(Message::new("consent-other-name").arg("typed", typed).arg("name", name))
            }
            (_, true) if somebody_there => Needed::Name(name.to_owned()),
            (_, true) => Needed::Refused(Message::new("consent-protected").arg("name", name)),
            (_, false) if somebody_there => Needed::Yes,
            (_, false) => Needed::Refused(Message::new("consent-nobody")),
        }
    }
}

#[cfg(test)]
mod tests {
    use quicktour_report::catalogue::Catalogue;

    use super::*;

    fn target(context: Option<&str>) -> Target {
        Target {
            context: context.map(str::to_owned),
            server: "https://10.0.0.1:6443".to_owned(),
            namespace: "shop".to_owned(),
            user: None,
        }
    }

    /// What is needed, in one word.
    fn needed(yes: Option<&str>, protect: Option<&str>, context: Option<&str>, there: bool) -> &'static str {
        match Consent::new(yes, protect).unwrap().needed(&target(context), there) {
            Needed::Nothing => "nothing",
            Needed::Yes => "yes",
            Needed::Name(name) => {
                assert_eq!(name, context.unwrap_or("https://10.0.0.1:6443"));
                "name"
            }
            Needed::Refused(why) => {
                Catalogue::english().check(&why).unwrap();
                "refused"
            }
        }
    }

    #[test]
    fn a_yes_counts_everywhere_but_where_the_name_is_needed() {
        let prod = Some("prod-eu");
        for (yes, protect, context, there, expected) in [
            (None, None, prod, true, "yes"),
            (None, None, prod, false, "refused"),
            (Some(""), None, prod, false, "nothing"),
            (Some(""), Some("^prod"), Some("dev"), false, "nothing"),
            (Some(""), Some("^prod"), prod, true, "name"),
            (Some(""), Some("^prod"), prod, false, "refused"),
            (None, Some("^prod"), prod, true, "name"),
            (Some("prod-eu"), Some("^prod"), prod, false, "nothing"),
            // Meant for another context: never a yes for this one, protected or not.
            (Some("prod-us"), Some("^prod"), prod, true, "refused"),
            (Some("prod-us"), None, prod, true, "refused"),
            // A pod has no context.
            (Some(""), Some("10\\.0"), None, true, "name"),
            (None, Some(""), prod, true, "yes"),
        ] {
            assert_eq!(needed(yes, protect, context, there), expected, "{yes:?} {protect:?} {context:?} {there}");
        }
    }

    #[test]
    fn a_context_speaks_for_no_cluster_that_flags_have_chosen() {
        let needed = |yes: Option<&str>, protect: Option<&str>| {
            Consent::new(yes, protect).unwrap().by_address().needed(&target(Some("dev")), false)
        };
        assert!(matches!(needed(Some(""), Some("^prod")), Needed::Refused(_)));
        assert!(matches!(needed(Some("dev"), Some("^prod")), Needed::Refused(_)));
        assert_eq!(needed(Some("https://10.0.0.1:6443"), Some("^prod")), Needed::Nothing);
        assert_eq!(needed(Some(""), None), Needed::Nothing);
    }

    #[test]
    fn a_pattern_that_cannot_be_read_is_an_error_and_not_no_protection() {
        let error = Consent::new(None, Some("prod(")).unwrap_err();
        assert!(Catalogue::english().check(&error).unwrap().contains("`prod(`"));
    }
}
