//! What a user wishes to run, checked word by word before anything is planned.
//!
//! Each part is a type that only holds what the API takes; what is wrong is a [`Flaw`] that names the flag, the place
//! and an example that is right. Nothing here looks at a cluster.

mod fields;
mod flaw;
mod image;
mod quantity;
#[cfg(test)]
mod tests;

use quicktour_report::message::Message;

pub(crate) use self::fields::{APP_INSTANCE, APP_NAME, APP_VERSION, is_env_name};
pub use self::fields::{
    EnvFrom, EnvVar, Exposure, Label, Name, ObjectName, Port, ProbePath, Replicas, ServiceType, UserId,
};
pub use self::flaw::{Field, Flaw};
pub use self::image::Image;
pub use self::quantity::{Quantity, Resources};

/// What a container asks for when nobody says more. Source: ours; enough for a small server, little enough for any
/// node, and a scheduler that is told nothing packs nodes until they break.
const DEFAULT_REQUESTS: [(&str, &str); 2] = [("cpu", "100m"), ("memory", "128Mi")];

/// What to run, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// The image.
    pub image: Image,
    /// The name of everything that is made.
    pub name: Name,
    /// How many pods; `None` is 1 for what is new, and leaves what lives as it is.
    pub replicas: Option<Replicas>,
    /// The container's port.
    pub port: Option<Port>,
    /// Environment variables; of two with one name, the last counts.
    pub env: Vec<EnvVar>,
    /// Objects whose every entry becomes an environment variable.
    pub env_from: Vec<EnvFrom>,
    /// Instead of the image's entry point.
    pub command: Vec<String>,
    /// Its arguments.
    pub args: Vec<String>,
    /// What the container asks for; see [`Wish::requests_or_default`].
    pub requests: Resources,
    /// What the container may use at most.
    pub limits: Resources,
    /// Where it answers when it is ready.
    pub probe_path: Option<ProbePath>,
    /// Further labels.
    pub labels: Vec<Label>,
    /// As whom its pods speak to the API.
    pub service_account: Option<ObjectName>,
    /// The secret with the registry's login. Only its name is used.
    pub image_pull_secret: Option<ObjectName>,
    /// A single pod instead of a Deployment.
    pub pod: bool,
    /// The whole *restricted* level of the Pod Security Standards.
    pub restricted: bool,
    /// As which user the container runs.
    pub run_as_user: Option<UserId>,
    /// A service in front of it.
    pub expose: Option<Exposure>,
}

impl Wish {
    /// The wish for an image and nothing more. The name is the image's unless one is given.
    pub fn of(image: Image, name: Option<Name>) -> Result<Self, Flaw> {
        let Some(name) = name.or_else(|| image.default_name()) else {
            return Err(Flaw::new(Field::Name, "", Message::new("name-not-derived").arg("image", image.as_str())));
        };
        Ok(Self {
            image,
            name,
            replicas: None,
            port: None,
            env: Vec::new(),
            env_from: Vec::new(),
            command: Vec::new(),
            args: Vec::new(),
            requests: Resources::default(),
            limits: Resources::default(),
            probe_path: None,
            labels: Vec::new(),
            service_account: None,
            image_pull_secret: None,
            pod: false,
            restricted: false,
            run_as_user: None,
            expose: None,
        })
    }

    /// Looks at what only several parts together can have wrong.
    pub fn check(&self) -> Result<(), Flaw> {
        let flaw = |field, given: &str, id| Err(Flaw::new(field, given, Message::new(id)));
        if let (Some(path), None) = (&self.probe_path, self.port) {
            return flaw(Field::ProbePath, path.as_str(), "probe-without-port");
        }
        if let Some(exposure) = self.expose
            && self.port.or(exposure.target_port).or(exposure.port).is_none()
        {
            return flaw(Field::Expose, exposure.kind.as_str(), "expose-without-port");
        }
        if let Some(replicas) = self.replicas.filter(|replicas| self.pod && replicas.number() != 1) {
            return flaw(Field::Replicas, &replicas.number().to_string(), "pod-with-replicas");
        }
        if let Some(user) = self.run_as_user.filter(|user| self.restricted && user.number() == 0) {
            return flaw(Field::RunAsUser, &user.number().to_string(), "restricted-root");
        }
        for (name, text) in self.requests.iter() {
            if let (Some(request), Some(limit)) = (self.requests.get(name), self.limits.get(name))
                && request > limit
            {
                let limit = self.limits.iter().find(|(other, _)| *other == name).map_or("", |(_, limit)| limit);
                let wrong = Message::new("request-above-limit").arg("name", name).arg("limit", limit);
                return Err(Flaw::new(Field::Requests, &format!("{name}={text}"), wrong));
            }
        }
        Ok(())
    }

    /// What the container will ask for: what was said, else a small default, unless a limit is said, which the API then
    /// takes for the request as well.
    #[must_use]
    pub fn requests_or_default(&self) -> Resources {
        let mut requests = self.requests.clone();
        for (name, amount) in DEFAULT_REQUESTS {
            if self.limits.get(name).is_none() {
                requests.or(name, amount);
            }
        }
        requests
    }
}
