//! What runs, written as a kustomize base with an overlay for each environment: to be kept in a repository and changed
//! there from now on.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use quicktour_client::{Client, Error, Kind, Manifest, Scope};
use serde_json::{Map, Value, json};

use crate::labels;
use crate::workload::Workload;
use crate::yaml::to_yaml;

/// Annotations that belong to the live object alone: a controller's counter and kubectl's memory of its last apply.
const LIVE_ANNOTATIONS: &[&str] = &[
    "deployment.kubernetes.io/revision",
    "deprecated.daemonset.template.generation",
    "kubectl.kubernetes.io/last-applied-configuration",
];

/// Files, by their path under the folder that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    files: Vec<(PathBuf, String)>,
}

/// The workload and the services that send traffic to its pods, fit to be applied elsewhere.
pub async fn objects(client: &Client, of: &Workload, live: &Manifest) -> Result<Vec<Manifest>, Error> {
    let mut objects = vec![portable(live.clone())];
    let services = client.read_all(&Kind::SERVICE, &Scope::Namespace(of.namespace.clone()), None).await?;
    objects.extend(services.into_iter().filter(|service| selects(service, live)).map(portable));
    Ok(objects)
}

/// Whether a service's selector matches the workload's pods. One without a selector matches none.
#[must_use]
pub fn selects(service: &Manifest, workload: &Manifest) -> bool {
    let labels = &workload.value()["spec"]["template"]["metadata"]["labels"];
    service.value()["spec"]["selector"].as_object().is_some_and(|selector| {
        !selector.is_empty() && selector.iter().all(|(name, value)| labels.get(name) == Some(value))
    })
}

/// Without what belongs to the live object alone: the server's fields, its namespace, and the marks of the run that made
/// it, which `cleanup` would otherwise take for its own elsewhere.
#[must_use]
pub fn portable(live: Manifest) -> Manifest {
    let mut object = live.without_server_fields();
    let metadata = &mut object.value_mut()["metadata"];
    if let Some(metadata) = metadata.as_object_mut() {
        metadata.remove("namespace");
        without(metadata, "annotations", |name| LIVE_ANNOTATIONS.contains(&name));
        without(metadata, "labels", is_ours);
    }
    if let Some(metadata) = object.value_mut().pointer_mut("/spec/template/metadata").and_then(Value::as_object_mut) {
        metadata.remove("creationTimestamp");
    }
    object
}

fn is_ours(label: &str) -> bool {
    [labels::RUN, labels::MANAGED_BY].contains(&label)
}

/// Takes entries out of a map inside `metadata`, and the map when nothing is left.
fn without(metadata: &mut Map<String, Value>, map: &str, is_out: impl Fn(&str) -> bool) {
    if let Some(entries) = metadata.get_mut(map).and_then(Value::as_object_mut) {
        entries.retain(|name, _| !is_out(name));
        if entries.is_empty() {
            metadata.remove(map);
        }
    }
}

impl Export {
    /// Lays out a base of these objects and one overlay for each environment. Every overlay starts as the base is:
    /// images, replicas and resources stand in it to be changed.
    #[must_use]
    pub fn new(objects: &[Manifest], namespace: &str, environments: &[String]) -> Self {
        let mut files = Vec::new();
        let base = Path::new("base");
        let mut resources = Vec::new();
        for object in objects {
            let name = format!("{}-{}.yaml", object.resource().kind.to_lowercase(), object.name());
            files.push((base.join(&name), to_yaml(object.value())));
            resources.push(name);
        }
        let kustomization = json!({
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "namespace": namespace,
            "resources": resources,
        });
        files.push((base.join("kustomization.yaml"), to_yaml(&kustomization)));
        for environment in environments {
            files.extend(overlay(&Path::new("overlays").join(environment), objects));
        }
        Self { files }
    }

    /// The paths that are written, in order.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|(path, _)| path.as_path())
    }

    /// Writes all files or none: into a folder beside the one that was asked for, which then takes its name. That one
    /// must be empty or not exist.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(io::ErrorKind::DirectoryNotEmpty.into());
        }
        let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(parent)?;
        let draft = tempfile::Builder::new().prefix(".quicktour-").tempdir_in(parent)?;
        for (path, text) in &self.files {
            let path = draft.path().join(path);
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::write(path, text)?;
        }
        #[cfg(unix)]
        fs::set_permissions(draft.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
        // An empty folder is replaced by the rename on Unix; elsewhere it has to go first.
        #[cfg(not(unix))]
        let _ = fs::remove_dir(folder);
        fs::rename(draft.path(), folder)?;
        // What was renamed is no longer there to be removed.
        let _ = draft.keep();
        Ok(())
    }
}

fn overlay(folder: &Path, objects: &[Manifest]) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    let mut kustomization = json!({
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": ["../../base"],
    });
    let workloads = || objects.iter().filter(|object| object.value()["spec"].get("template").is_some());
    let images: Vec<Value> = workloads().flat_map(images).collect();
    let replicas: Vec<Value> = workloads()
        .filter_map(|object| Some(json!({"name": object.name(), "count": object.value()["spec"].get("replicas")?})))
        .collect();
    let mut patches = Vec::new();
    for object in workloads() {
        if let Some(patch) = resources(object) {
            let name = format!("resources-{}-{}.yaml", object.resource().kind.to_lowercase(), object.name());
            files.push((folder.join(&name), to_yaml(&patch)));
            patches.push(json!({"path": name}));
        }
    }
    for (field, list) in [("images", images), ("replicas", replicas), ("patches", patches)] {
        if !list.is_empty() {
            kustomization[field] = Value::Array(list);
        }
    }
    files.push((folder.join("kustomization.yaml"), to_yaml(&kustomization)));
    files
}

/// kustomize's `images` entries: the name that stands in the base, and what replaces its tag or digest. An entry changes
/// all containers of its name, so a name in two versions gets none; nor does one with both tag and digest, of which
/// kustomize would drop the tag.
fn images(workload: &Manifest) -> Vec<Value> {
    let spec = &workload.value()["spec"]["template"]["spec"];
    let containers =
        ["initContainers", "containers"].into_iter().flat_map(|list| spec[list].as_array().into_iter().flatten());
    let mut versions: BTreeMap<&str, BTreeSet<Version<'_>>> = BTreeMap::new();
    for image in containers.filter_map(|container| container["image"].as_str()) {
        let (name, version) = split_image(image);
        versions.entry(name).or_default().insert(version);
    }
    let entries = versions.into_iter().filter_map(|(name, versions)| {
        let mut versions = versions.into_iter();
        match (versions.next()?, versions.next()) {
            (Version::Tag(tag), None) => Some(json!({"name": name, "newTag": tag})),
            (Version::Digest(digest), None) => Some(json!({"name": name, "digest": digest})),
            _ => None,
        }
    });
    entries.collect()
}

/// What tells two images of a name apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Version<'a> {
    Tag(&'a str),
    Digest(&'a str),
    Both,
    None,
}

/// An image's name and version. A colon before the last slash belongs to the registry's port.
fn split_image(image: &str) -> (&str, Version<'_>) {
    let (name, digest) = image.split_once('@').map_or((image, None), |(name, digest)| (name, Some(digest)));
    let (name, tag) = match name.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (name, None),
    };
    let version = match (tag, digest) {
        (Some(tag), None) => Version::Tag(tag),
        (None, Some(digest)) => Version::Digest(digest),
        (Some(_), Some(_)) => Version::Both,
        (None, None) => Version::None,
    };
    (name, version)
}

/// A strategic-merge patch with the resources of every container that has any.
fn resources(workload: &Manifest) -> Option<Value> {
    let containers = workload.value()["spec"]["template"]["spec"]["containers"].as_array()?;
    let containers: Vec<Value> = containers
        .iter()
        .filter(|container| container["resources"].as_object().is_some_and(|resources| !resources.is_empty()))
        .map(|container| json!({"name": container["name"], "resources": container["resources"]}))
        .collect();
    (!containers.is_empty()).then(|| {
        json!({
            "apiVersion": workload.resource().api_version(),
            "kind": workload.resource().kind,
            "metadata": {"name": workload.name()},
            "spec": {"template": {"spec": {"containers": containers}}},
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registrys_port_is_no_tag() {
        assert_eq!(split_image("localhost:5000/web"), ("localhost:5000/web", Version::None));
        assert_eq!(split_image("localhost:5000/web:1.4"), ("localhost:5000/web", Version::Tag("1.4")));
        assert_eq!(split_image("web@sha256:ab"), ("web", Version::Digest("sha256:ab")));
    }

    fn deployment(images: &[&str]) -> Manifest {
        let containers: Vec<Value> = images.iter().map(|image| json!({"name": "c", "image": image})).collect();
        Manifest::new(json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
            "spec": {"replicas": 2, "template": {"spec": {"containers": containers}}},
        }))
        .unwrap()
    }

    #[test]
    fn an_overlay_never_changes_what_it_cannot_tell_apart() {
        assert_eq!(
            images(&deployment(&["web:1", "web:2", "web:1", "db:3", "x:1@sha256:ab"])),
            [json!({"name": "db", "newTag": "3"})]
        );
    }

    #[test]
    fn a_folder_with_something_in_it_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("mine"), "").unwrap();
        let export = Export::new(&[deployment(&["web:1"])], "shop", &["prod".to_owned()]);
        assert_eq!(export.write(folder.path()).unwrap_err().kind(), io::ErrorKind::DirectoryNotEmpty);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        export.write(&folder.path().join("new/place")).unwrap();
        let written = fs::read_to_string(folder.path().join("new/place/overlays/prod/kustomization.yaml")).unwrap();
        assert!(written.contains("newTag: \"1\""), "{written}");
        assert_eq!(fs::read_dir(folder.path().join("new")).unwrap().count(), 1);
    }
}
