//! What is wrong with something that a user typed.

use std::fmt;

use quicktour_report::catalogue::Catalogue;
use quicktour_report::message::Message;
use quicktour_report::problem::Problem;

/// What was typed, by the flag that takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named as its flag")]
pub enum Field {
    Image,
    Name,
    Replicas,
    Port,
    TargetPort,
    Env,
    EnvFrom,
    Command,
    Requests,
    Limits,
    ProbePath,
    Labels,
    ServiceAccount,
    ImagePullSecret,
    RunAsUser,
    Expose,
    Type,
    Pod,
    Container,
    ToRevision,
    Namespace,
}

impl Field {
    /// As it is typed.
    #[must_use]
    pub const fn flag(self) -> &'static str {
        match self {
            Self::Image => "IMAGE",
            Self::Name => "--name",
            Self::Replicas => "--replicas",
            Self::Port => "--port",
            Self::TargetPort => "--target-port",
            Self::Env => "--env",
            Self::EnvFrom => "--env-from",
            Self::Command => "--command",
            Self::Requests => "--requests",
            Self::Limits => "--limits",
            Self::ProbePath => "--probe-path",
            Self::Labels => "--labels",
            Self::ServiceAccount => "--service-account",
            Self::ImagePullSecret => "--image-pull-secret",
            Self::RunAsUser => "--run-as-user",
            Self::Expose => "--expose",
            Self::Type => "--type",
            Self::Pod => "--pod",
            Self::Container => "--container",
            Self::ToRevision => "--to-revision",
            Self::Namespace => "--namespace",
        }
    }

    /// One that is right, as it is typed.
    const fn example(self) -> &'static str {
        match self {
            Self::Image => "registry.example.com:5000/team/web:1.4.2",
            Self::Name => "--name web",
            Self::Replicas => "--replicas 3",
            Self::Port => "--port 8080",
            Self::TargetPort => "--target-port 8080",
            Self::Env => "--env LOG_LEVEL=debug",
            Self::EnvFrom => "--env-from configmap/settings",
            Self::Command => "--command -- /bin/server --verbose",
            Self::Requests => "--requests cpu=250m,memory=64Mi",
            Self::Limits => "--limits cpu=1,memory=256Mi",
            Self::ProbePath => "--probe-path /healthz --port 8080",
            Self::Labels => "--labels team=shop,example.com/tier=front",
            Self::ServiceAccount => "--service-account web",
            Self::ImagePullSecret => "--image-pull-secret registry-login",
            Self::RunAsUser => "--run-as-user 65534",
            Self::Expose => "--expose LoadBalancer:80 --port 8080",
            Self::Type => "--type NodePort",
            Self::Pod => "--pod --port 8080",
            Self::Container => "--container web",
            Self::ToRevision => "--to-revision 3",
            Self::Namespace => "--namespace shop",
        }
    }
}

/// Something that was typed and cannot be: which flag, what was typed, what is wrong with it. Exit code 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// The flag.
    pub field: Field,
    /// What was typed.
    pub given: String,
    /// What is wrong, and where in it.
    pub wrong: Message,
}

impl Flaw {
    pub(crate) fn new(field: Field, given: &str, wrong: Message) -> Self {
        Self { field, given: given.to_owned(), wrong }
    }

    /// The same said of another flag that takes the same sort of value.
    #[must_use]
    pub fn of(mut self, field: Field) -> Self {
        self.field = field;
        self
    }

    /// What to tell the user, with an example that is right.
    #[must_use]
    pub fn problem(&self) -> Problem {
        Problem {
            doing: Message::new("flaw-doing").arg("flag", self.field.flag()).arg("given", &self.given),
            cause: self.wrong.clone(),
            hint: Some(Message::new("flaw-hint").arg("example", self.field.example())),
        }
    }
}

/// For a parser of arguments, which says itself what was given to which flag.
impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = Catalogue::english();
        let hint = Message::new("flaw-hint").arg("example", self.field.example());
        write!(f, "{}; {}", words.text(&self.wrong), words.text(&hint))
    }
}

impl std::error::Error for Flaw {}
