//! Why there can be no plan: said before anything is written.

use quicktour_client::Error;
use quicktour_report::exit::ExitCode;
use quicktour_report::message::Message;
use quicktour_report::problem::Problem;
use quicktour_report::suggest;

use super::found::Autoscaler;

/// What stands in the way of a plan. Nothing was written.
#[derive(Clone, Debug)]
pub enum Stop {
    /// A question to the cluster failed.
    Client(Error),
    /// There is no such namespace.
    NamespaceMissing {
        /// Its name.
        namespace: String,
        /// One that was probably meant.
        nearest: Option<String>,
    },
    /// The namespace is being deleted: it takes nothing new.
    NamespaceTerminating {
        /// Its name.
        namespace: String,
    },
    /// There is an object of that name, and it is not ours.
    Taken {
        /// Its kind, as `Deployment`.
        kind: &'static str,
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
        /// Who has written it, by their field managers.
        managers: Vec<String>,
    },
    /// There is no such object.
    NotThere {
        /// Its kind, as `Deployment`.
        kind: &'static str,
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
        /// One of its kind that was probably meant.
        nearest: Option<String>,
    },
    /// An autoscaler decides the number of pods.
    Autoscaled {
        /// As `deployment/web`.
        what: String,
        /// Which.
        autoscaler: Autoscaler,
    },
    /// A kind whose number of pods is not a wish.
    NotScalable {
        /// As `daemonset/agent`.
        what: String,
    },
    /// A kind that cannot be paused.
    NotPausable {
        /// As `daemonset/agent`.
        what: String,
    },
    /// It is paused: what is asked for would not happen.
    Paused {
        /// As `deployment/web`.
        what: String,
    },
    /// No container of that name.
    NoSuchContainer {
        /// As `deployment/web`.
        what: String,
        /// What was asked for.
        name: String,
        /// Those there are.
        known: Vec<String>,
    },
    /// Several containers, and none was named.
    WhichContainer {
        /// As `deployment/web`.
        what: String,
        /// Those there are.
        known: Vec<String>,
    },
    /// Neither a port was named nor do the pods declare one.
    NoPort {
        /// As `deployment/web`.
        what: String,
    },
    /// The pods declare several ports, and none was named.
    SeveralPorts {
        /// As `deployment/web`.
        what: String,
        /// Those there are.
        ports: Vec<u16>,
    },
    /// Nothing that a service could find its pods by.
    NothingToSelect {
        /// As `pod/web`.
        what: String,
    },
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Client(error)
    }
}

impl Stop {
    /// The exit code of a run that ends here.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Client(error) => error.exit_code(),
            _ => ExitCode::Findings,
        }
    }

    /// What to tell the user.
    #[must_use]
    pub fn problem(&self) -> Problem {
        self.problem_in("kubectl", "kubectl quickdeploy")
    }

    /// The same with commands for one cluster: what `kubectl` and this command are called with to reach it.
    #[must_use]
    pub fn problem_in(&self, kubectl: &str, ourselves: &str) -> Problem {
        let (cause, hint) = match self {
            Self::Client(error) => return error.problem(),
            Self::NamespaceMissing { namespace, nearest } => (
                Message::new("stop-namespace-missing").arg("namespace", namespace),
                match nearest {
                    Some(nearest) => Message::new("stop-hint-nearest-namespace").arg("nearest", nearest),
                    None => {
                        Message::new("stop-hint-create-namespace").arg("kubectl", kubectl).arg("namespace", namespace)
                    }
                },
            ),
            Self::NamespaceTerminating { namespace } => (
                Message::new("stop-namespace-terminating").arg("namespace", namespace),
                Message::new("stop-hint-terminating").arg("kubectl", kubectl).arg("namespace", namespace),
            ),
            Self::Taken { kind, namespace, name, managers } => (
                Message::new("stop-taken")
                    .arg("what", object(kind, name))
                    .arg("namespace", namespace)
                    .arg("managers", words(managers))
                    .arg("count", managers.len()),
                Message::new("stop-hint-taken")
                    .arg("kubectl", kubectl)
                    .arg("what", object(kind, name))
                    .arg("namespace", namespace)
                    .arg("name", format!("{name}-2")),
            ),
            Self::NotThere { kind, namespace, name, nearest } => (
                Message::new("stop-not-there").arg("what", object(kind, name)).arg("namespace", namespace),
                match nearest {
                    Some(nearest) => Message::new("stop-hint-nearest").arg("nearest", object(kind, nearest)),
                    None => Message::new("stop-hint-list")
                        .arg("kubectl", kubectl)
                        .arg("kind", kind.to_ascii_lowercase())
                        .arg("namespace", namespace),
                },
            ),
            Self::Autoscaled { what, autoscaler } => (
                Message::new("stop-autoscaled")
                    .arg("what", what)
                    .arg("autoscaler", &autoscaler.name)
                    .arg("min", autoscaler.min)
                    .arg("max", autoscaler.max),
                Message::new("stop-hint-autoscaled")
                    .arg("kubectl", kubectl)
                    .arg("autoscaler", &autoscaler.name)
                    .arg("namespace", &autoscaler.namespace),
            ),
            Self::NotScalable { what } => {
                (Message::new("stop-not-scalable").arg("what", what), Message::new("stop-hint-not-scalable"))
            }
            Self::NotPausable { what } => {
                (Message::new("stop-not-pausable").arg("what", what), Message::new("stop-hint-not-pausable"))
            }
            Self::Paused { what } => (
                Message::new("stop-paused").arg("what", what),
                Message::new("stop-hint-paused").arg("command", format!("{ourselves} resume {what}")),
            ),
            Self::NoSuchContainer { what, name, known } => (
                Message::new("stop-no-container").arg("what", what).arg("name", name).arg("known", words(known)),
                Message::new("stop-hint-container").arg(
                    "name",
                    suggest::nearest(name, known.iter().map(String::as_str))
                        .or(known.first().map(String::as_str))
                        .unwrap_or_default(),
                ),
            ),
            Self::WhichContainer { what, known } => (
                Message::new("stop-which-container").arg("what", what).arg("known", words(known)),
                Message::new("stop-hint-container").arg("name", known.first().map_or("", String::as_str)),
            ),
            Self::NoPort { what } => {
                (Message::new("stop-no-port").arg("what", what), Message::new("stop-hint-port").arg("port", "8080"))
            }
            Self::SeveralPorts { what, ports } => {
                let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
                (
                    Message::new("stop-several-ports").arg("what", what).arg("ports", words(&ports)),
                    Message::new("stop-hint-port").arg("port", ports.first().map_or("", String::as_str)),
                )
            }
            Self::NothingToSelect { what } => {
                (Message::new("stop-no-labels").arg("what", what), Message::new("stop-hint-no-labels"))
            }
        };
        Problem { doing: Message::new("stop-doing"), cause, hint: Some(hint) }
    }
}

fn object(kind: &str, name: &str) -> String {
    format!("{}/{name}", kind.to_ascii_lowercase())
}

fn words(names: &[String]) -> Vec<Message> {
    names.iter().map(|name| Message::new("a-name").arg("name", name)).collect()
}
