//! The guided way: questions one after another, each answer judged at once, and in the end the line that says the same.

use std::str::FromStr;

use dialoguer::theme::Theme;
use dialoguer::{Confirm, Input, Select};
use quicktour_deploy::wish::{Flaw, Image, Name, Port, ProbePath, Replicas, Resources, Wish};
use quicktour_report::failure::Failure;
use quicktour_report::message::Message;

use crate::ask::{theme, unanswered};
use crate::out::{Out, text};

/// The columns of a terminal that does not say how wide it is. Source: the VT100.
const USUAL_WIDTH: usize = 80;

/// The words of a `run` that the answers add up to.
pub(crate) fn run(out: Out) -> Result<Vec<String>, Failure> {
    let theme = theme(out);
    let asks = Asks { theme: theme.as_ref() };
    let image: Image = asks.one("ask-image", None)?;
    let name: Name = asks.one("ask-name", image.default_name().as_ref().map(Name::as_str))?;
    let replicas: Replicas = asks.one("ask-replicas", Some("1"))?;
    let port: Option<Port> = asks.maybe("ask-port")?;
    let mut words = vec!["run".to_owned(), image.as_str().to_owned()];
    let mut add = |flag: &str, value: &str| words.extend([flag.to_owned(), value.to_owned()]);
    add("--name", name.as_str());
    add("--replicas", &replicas.number().to_string());
    if let Some(port) = port {
        add("--port", &port.number().to_string());
        if let Some(path) = asks.maybe::<ProbePath>("ask-probe-path")? {
            add("--probe-path", path.as_str());
        }
        if let Some(exposure) = asks.exposure(port)? {
            add("--expose", &exposure);
        }
    }
    let usual = Wish::of(image, Some(name)).map(|wish| spelled(&wish.requests_or_default())).unwrap_or_default();
    let requests: Resources = asks.one("ask-requests", Some(&usual))?;
    add("--requests", &spelled(&requests));
    if let Some(limits) = asks.maybe::<Resources>("ask-limits")? {
        add("--limits", &spelled(&limits));
    }
    let wait = Confirm::with_theme(asks.theme).with_prompt(text(&Message::new("ask-wait"))).default(true);
    if wait.interact().map_err(unanswered)? {
        words.push("--wait".to_owned());
    }
    Ok(words)
}

struct Asks<'a> {
    theme: &'a dyn Theme,
}

impl Asks<'_> {
    /// One answer that must be there. A wrong one is told and asked for again.
    fn one<T: FromStr<Err = Flaw>>(&self, question: &'static str, default: Option<&str>) -> Result<T, Failure> {
        loop {
            let mut input = Input::<String>::with_theme(self.theme)
                .with_prompt(text(&Message::new(question)))
                .validate_with(|typed: &String| judge::<T>(typed));
            if let Some(default) = default {
                input = input.default(default.to_owned());
            }
            // Judged by the prompt already, so the second reading is the last.
            if let Ok(answer) = input.interact_text().map_err(unanswered)?.trim().parse() {
                return Ok(answer);
            }
        }
    }

    /// One answer, or none.
    fn maybe<T: FromStr<Err = Flaw>>(&self, question: &'static str) -> Result<Option<T>, Failure> {
        let typed = Input::<String>::with_theme(self.theme)
            .with_prompt(text(&Message::new(question)))
            .allow_empty(true)
            .validate_with(|typed: &String| match typed.trim() {
                "" => Ok(()),
                typed => judge::<T>(typed),
            })
            .interact_text()
            .map_err(unanswered)?;
        Ok(typed.trim().parse().ok())
    }

    /// Type and port of the service, as `--expose` takes them.
    fn exposure(&self, port: Port) -> Result<Option<String>, Failure> {
        let ways = ["ask-expose-none", "ask-expose-cluster", "ask-expose-node", "ask-expose-load-balancer"];
        let chosen = Select::with_theme(self.theme)
            .with_prompt(text(&Message::new("ask-expose")))
            .items(ways.map(|way| text(&Message::new(way))))
            .default(0)
            .interact()
            .map_err(unanswered)?;
        let Some(kind) =
            [None, Some("ClusterIP"), Some("NodePort"), Some("LoadBalancer")].into_iter().nth(chosen).flatten()
        else {
            return Ok(None);
        };
        let port: Port = self.one("ask-service-port", Some(&port.number().to_string()))?;
        Ok(Some(format!("{kind}:{}", port.number())))
    }
}

/// Whether an answer can be. What is wrong with it is broken into lines here: the prompt clears as many lines as it has
/// written, and knows nothing of a line that the terminal breaks.
fn judge<T: FromStr<Err = Flaw>>(typed: &str) -> Result<(), String> {
    let Err(flaw) = typed.trim().parse::<T>() else { return Ok(()) };
    let width = terminal_size::terminal_size().map_or(USUAL_WIDTH, |(width, _)| usize::from(width.0));
    let mut lines = vec![String::new()];
    // The prompt writes `error: ` before the first.
    let mut room = width.saturating_sub("error: ".len() + 1);
    for word in flaw.to_string().split(' ') {
        let last = lines.len() - 1;
        if !lines[last].is_empty() && lines[last].chars().count() + 1 + word.chars().count() > room {
            lines.push(format!("  {word}"));
            room = width.saturating_sub(1);
        } else {
            if !lines[last].is_empty() {
                lines[last].push(' ');
            }
            lines[last].push_str(word);
        }
    }
    Err(lines.join("\n"))
}

/// As `--requests` takes them.
fn spelled(resources: &Resources) -> String {
    resources.iter().map(|(name, amount)| format!("{name}={amount}")).collect::<Vec<_>>().join(",")
}
