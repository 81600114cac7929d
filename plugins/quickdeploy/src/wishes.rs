//! From what was typed to wishes: each word is judged where it is, and the error names its flag.

use std::str::FromStr;

use quicktour_client::Target;
use quicktour_deploy::plan::{Change, EnvChange};
use quicktour_deploy::wish::{Exposure, Field, Flaw, Image, Label, Name, Resources, Wish};
use quicktour_report::failure::Failure;

use crate::args::{Expose, Run, Update};

/// What `run` asks for.
pub(crate) fn run(args: &Run) -> Result<Wish, Failure> {
    let image: Image = read(Field::Image, &args.image)?;
    let name: Option<Name> = optional(Field::Name, args.name.as_ref())?;
    let mut wish = Wish::of(image, name).map_err(|flaw| wrong(&flaw))?;
    wish.replicas = optional(Field::Replicas, args.replicas.as_ref())?;
    wish.port = optional(Field::Port, args.port.as_ref())?;
    wish.env = all(Field::Env, &args.env)?;
    wish.env_from = all(Field::EnvFrom, &args.env_from)?;
    if args.command {
        wish.command.clone_from(&args.args);
    } else {
        wish.args.clone_from(&args.args);
    }
    wish.requests = resources(Field::Requests, args.requests.as_ref())?;
    wish.limits = resources(Field::Limits, args.limits.as_ref())?;
    wish.probe_path = optional(Field::ProbePath, args.probe_path.as_ref())?;
    if let Some(labels) = &args.labels {
        wish.labels = Label::parse_all(labels).map_err(|flaw| wrong(&flaw))?;
    }
    wish.service_account = optional(Field::ServiceAccount, args.service_account.as_ref())?;
    wish.image_pull_secret = optional(Field::ImagePullSecret, args.image_pull_secret.as_ref())?;
    wish.pod = args.pod;
    wish.restricted = args.restricted;
    wish.run_as_user = optional(Field::RunAsUser, args.user.as_ref())?;
    wish.expose = optional(Field::Expose, args.expose.as_ref())?;
    wish.check().map_err(|flaw| wrong(&flaw))?;
    Ok(wish)
}

/// What `expose` asks for, and the service's name.
pub(crate) fn expose(args: &Expose) -> Result<(Exposure, Option<Name>), Failure> {
    let exposure = Exposure {
        kind: read(Field::Type, &args.service_type)?,
        port: optional(Field::Port, args.port.as_ref())?,
        target_port: optional(Field::TargetPort, args.target_port.as_ref())?,
    };
    Ok((exposure, optional(Field::Name, args.name.as_ref())?))
}

/// What `update` asks for.
pub(crate) fn update(args: &Update) -> Result<Change, Failure> {
    Ok(Change {
        container: args.container.clone(),
        image: optional(Field::Image, args.image.as_ref())?,
        env: all::<EnvChange>(Field::Env, &args.env)?,
        requests: resources(Field::Requests, args.requests.as_ref())?,
        limits: resources(Field::Limits, args.limits.as_ref())?,
    })
}

/// One word of a flag.
pub(crate) fn read<T: FromStr<Err = Flaw>>(field: Field, typed: &str) -> Result<T, Failure> {
    typed.parse().map_err(|flaw: Flaw| wrong(&flaw.of(field)))
}

fn optional<T: FromStr<Err = Flaw>>(field: Field, typed: Option<&String>) -> Result<Option<T>, Failure> {
    typed.map(|typed| read(field, typed)).transpose()
}

fn all<T: FromStr<Err = Flaw>>(field: Field, typed: &[String]) -> Result<Vec<T>, Failure> {
    typed.iter().map(|typed| read(field, typed)).collect()
}

fn resources(field: Field, typed: Option<&String>) -> Result<Resources, Failure> {
    Ok(optional(field, typed)?.unwrap_or_default())
}

fn wrong(flaw: &Flaw) -> Failure {
    Failure::usage(flaw.problem())
}

/// Where a plan without a server goes: the namespace that was typed, else `default`, as kubectl has it.
pub(crate) fn nowhere(namespace: Option<&str>) -> Target {
    Target { context: None, server: String::new(), namespace: namespace.unwrap_or("default").to_owned(), user: None }
}
