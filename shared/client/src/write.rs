//! Writes: apply, create, patch, scale, delete; and reading as a whole what is written.

use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{Client, garbled, whole};
use crate::error::{Act, Doing, Error, Garbled, Scope, Situation};
use crate::manifest::{Kind, Manifest};
use crate::path;
use crate::request::{Call, Failure, Outgoing, Received};

/// Under this name the API server files which fields are ours.
pub const FIELD_MANAGER: &str = "quicktour";

/// Objects per page of [`Client::read_all`]. Source: kubectl's own `--chunk-size`.
const PAGE_SIZE: &str = "500";

/// How to write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Writing {
    /// The server judges and answers as if it had been done, and does nothing.
    pub dry_run: bool,
    /// An apply takes over fields that others own instead of failing with a conflict.
    pub force_conflicts: bool,
}

/// What a write made.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// The object as it is now, or in a dry run as it would be.
    pub manifest: Manifest,
    /// The texts of the server's `Warning` headers.
    pub warnings: Vec<String>,
    /// Whether it was not there before.
    pub created: bool,
}

/// Which object, in which state, a write is meant for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Precondition {
    /// Only this very object, not a later one of the same name.
    pub uid: Option<String>,
    /// Only as long as nothing in it has changed.
    pub resource_version: Option<String>,
}

/// A change of some fields.
#[derive(Clone, Debug, PartialEq)]
pub enum Patch {
    /// JSON merge patch (RFC 7386): lists are replaced, `null` removes. `metadata.resourceVersion` is a precondition.
    Merge(Value),
    /// Strategic merge patch: lists of named things are merged. `metadata.resourceVersion` is a precondition.
    Strategic(Value),
    /// JSON patch (RFC 6902). A `test` that fails is a [`Changed`](Situation::Changed).
    Json(Value),
}

/// What became of an object that was to be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// It is gone.
    Gone,
    /// It is on its way: its pods are ending, or finalizers hold it.
    Going,
    /// There was none.
    NotThere,
}

impl Client {
    /// Applies an object server-side: creates it, or makes the fields that it names as it names them. Fields that others
    /// own are a [`Conflict`](Situation::Conflict) unless `how` takes them over.
    pub async fn apply(&self, manifest: &Manifest, how: Writing) -> Result<Written, Error> {
        let call = self.writing(Act::Apply, manifest.resource(), manifest.namespace(), &named(manifest), how).await;
        let force = how.force_conflicts.then_some("true");
        let path = self.object_path(manifest.resource(), manifest.namespace(), manifest.name(), "");
        let path = with_options(&path, how, &[("fieldValidation", Some("Strict")), ("force", force)]);
        // JSON is YAML.
        let body = manifest.value().to_string().into();
        written(&call, outgoing(Method::PATCH, &path, "application/apply-patch+yaml", body, how)).await
    }

    /// Creates an object; with `metadata.generateName` instead of a name the server makes one up.
    pub async fn create(&self, manifest: &Manifest, how: Writing) -> Result<Written, Error> {
        let (kind, namespace) = (manifest.resource(), manifest.namespace());
        let call = self.writing(Act::Create, kind, namespace, &named(manifest), how).await;
        let path = path::collection(kind, &self.scope(kind, namespace));
        let path = with_options(&path, how, &[("fieldValidation", Some("Strict"))]);
        let body = manifest.value().to_string().into();
        written(&call, outgoing(Method::POST, &path, "application/json", body, how)).await
    }

    /// Changes some fields of an object that is there.
    pub async fn patch(
        &self,
        resource: &Kind,
        namespace: Option<&str>,
        name: &str,
        patch: &Patch,
        how: Writing,
    ) -> Result<Written, Error> {
        let call = self.writing(Act::Patch, resource, namespace, name, how).await;
        let object = self.object_path(resource, namespace, name, "");
        let url = with_options(&object, how, &[("fieldValidation", Some("Strict"))]);
        let (content_type, body) = match patch {
            Patch::Merge(body) => ("application/merge-patch+json", body),
            Patch::Strategic(body) => ("application/strategic-merge-patch+json", body),
            Patch::Json(body) => ("application/json-patch+json", body),
        };
        let outcome = written(&call, outgoing(Method::PATCH, &url, content_type, body.to_string().into(), how)).await;
        match (outcome, patch) {
            (Err(error), Patch::Json(operations)) if has_test(operations) && is_failed_patch(error.situation()) => {
                Err(call.error(Situation::Changed))
            }
            (outcome, _) => outcome,
        }
    }

    /// Changes the number of replicas, and nothing else, through the `scale` subresource.
    pub async fn scale(
        &self,
        resource: &Kind,
        namespace: &str,
        name: &str,
        replicas: u32,
        resource_version: &str,
        how: Writing,
    ) -> Result<(), Error> {
        let call = self.writing(Act::Scale, resource, Some(namespace), name, how).await;
        let path = with_options(&self.object_path(resource, Some(namespace), name, "/scale"), how, &[]);
        let mut body = json!({"spec": {"replicas": replicas}});
        if !resource_version.is_empty() {
            body["metadata"] = json!({"resourceVersion": resource_version});
        }
        let body = body.to_string().into();
        call.write(&outgoing(Method::PATCH, &path, "application/merge-patch+json", body, how)).await.map(drop)
    }

    /// Deletes an object; what it owns goes first, so that the object is gone only when its pods are.
    pub async fn delete(
        &self,
        resource: &Kind,
        namespace: Option<&str>,
        name: &str,
        only_if: &Precondition,
        how: Writing,
    ) -> Result<Deleted, Error> {
        let call = self.writing(Act::Delete, resource, namespace, name, how).await;
        let path = self.object_path(resource, namespace, name, "");
        // The server takes the options from the body; in the query they are for who reads a log of requests.
        let path = path::query(&path, &[("dryRun", how.dry_run.then_some("All"))]);
        let mut body = json!({"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Foreground"});
        if how.dry_run {
            body["dryRun"] = json!(["All"]);
        }
        if let Some(uid) = &only_if.uid {
            body["preconditions"]["uid"] = json!(uid);
        }
        if let Some(version) = &only_if.resource_version {
            body["preconditions"]["resourceVersion"] = json!(version);
        }
        let body = body.to_string().into();
        match call.write(&outgoing(Method::DELETE, &path, "application/json", body, how)).await {
            Ok(received) => {
                // What is gone is answered with a `Status`, what is going with the object.
                let value: Value = decode(&call, &path, &received.body)?;
                let gone = value.get("kind").and_then(Value::as_str) == Some("Status");
                Ok(if gone { Deleted::Gone } else { Deleted::Going })
            }
            Err(error) if error.is_not_found() => Ok(Deleted::NotThere),
            Err(error) => Err(error),
        }
    }

    /// Reads an object as a whole; `None` when there is no such object.
    pub async fn read(&self, resource: &Kind, namespace: Option<&str>, name: &str) -> Result<Option<Manifest>, Error> {
        let namespace = self.namespace_of(resource, namespace);
        let doing = Doing::Get { resource: **resource, namespace: namespace.map(str::to_owned), name: name.to_owned() };
        let path = self.object_path(resource, namespace, name, "");
        let call = Call::begin(self, doing).await;
        let outcome = call
            .retrying_reads(async || {
                let answer = call.get_once(&path, "application/json").await?;
                let body = whole(answer, &path).await?;
                manifest(&body).ok_or_else(|| Failure::garbled(&path, Garbled::Json))
            })
            .await;
        match outcome {
            Ok(manifest) => Ok(Some(manifest)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads all objects of a kind, or those with the labels, as a whole: for sets that are small by their nature.
    pub async fn read_all(
        &self,
        resource: &Kind,
        scope: &Scope,
        label_selector: Option<&str>,
    ) -> Result<Vec<Manifest>, Error> {
        let call = Call::begin(self, Doing::List(**resource, scope.clone())).await;
        let collection = path::collection(resource, scope);
        let (mut all, mut next) = (Vec::new(), String::new());
        loop {
            let path = path::query(
                &collection,
                &[
                    ("limit", Some(PAGE_SIZE)),
                    ("continue", Some(next.as_str()).filter(|next| !next.is_empty())),
                    ("labelSelector", label_selector),
                ],
            );
            let mut page: Value = call
                .retrying_reads(async || {
                    let answer = call.get_once(&path, "application/json").await?;
                    let body = whole(answer, &path).await?;
                    serde_json::from_slice(&body).map_err(|_| Failure::garbled(&path, Garbled::Json))
                })
                .await?;
            for mut item in page["items"].as_array_mut().map(std::mem::take).unwrap_or_default() {
                // The items of a list do not say what they are.
                item["apiVersion"] = json!(resource.api_version());
                item["kind"] = json!(resource.kind);
                all.push(Manifest::new(item).ok_or_else(|| call.error(garbled(&path, Garbled::Json)))?);
            }
            let token = page["metadata"]["continue"].as_str().unwrap_or_default();
            if token.is_empty() {
                return Ok(all);
            }
            if token == next {
                return Err(call.error(garbled(&path, Garbled::Truncated)));
            }
            token.clone_into(&mut next);
        }
    }

    async fn writing(&self, act: Act, kind: &Kind, namespace: Option<&str>, name: &str, how: Writing) -> Call<'_> {
        let namespace = self.namespace_of(kind, namespace).map(str::to_owned);
        let doing = Doing::Write { act, resource: **kind, namespace, name: name.to_owned(), dry_run: how.dry_run };
        Call::begin(self, doing).await
    }

    /// As kubectl does: an object that names no namespace is in the one that was chosen.
    fn namespace_of<'a>(&'a self, kind: &Kind, namespace: Option<&'a str>) -> Option<&'a str> {
        kind.namespaced.then(|| namespace.unwrap_or(&self.target().namespace))
    }

    fn scope(&self, kind: &Kind, namespace: Option<&str>) -> Scope {
        self.namespace_of(kind, namespace).map_or(Scope::Cluster, |name| Scope::Namespace(name.to_owned()))
    }

    fn object_path(&self, kind: &Kind, namespace: Option<&str>, name: &str, subresource: &str) -> String {
        let collection = path::collection(kind, &self.scope(kind, namespace));
        format!("{collection}/{}{subresource}", path::encode(name))
    }
}

/// What an error calls the object: its name, or what the server is to make one of.
fn named(manifest: &Manifest) -> String {
    let name = if manifest.name().is_empty() { manifest.text("/metadata/generateName") } else { manifest.name() };
    name.to_owned()
}

/// The options that all writes but a delete have; the one place from which a dry run gets its `dryRun`.
fn with_options(path: &str, how: Writing, more: &[(&str, Option<&str>)]) -> String {
    let dry_run = how.dry_run.then_some("All");
    let options = [&[("fieldManager", Some(FIELD_MANAGER)), ("dryRun", dry_run)], more].concat();
    path::query(path, &options)
}

fn outgoing<'a>(method: Method, path: &'a str, content_type: &'static str, body: Bytes, how: Writing) -> Outgoing<'a> {
    Outgoing { method, path, content_type, body, harmless: how.dry_run }
}

async fn written(call: &Call<'_>, outgoing: Outgoing<'_>) -> Result<Written, Error> {
    let Received { status, warnings, body } = call.write(&outgoing).await?;
    let manifest = manifest(&body).ok_or_else(|| call.error(garbled(outgoing.path, Garbled::Json)))?;
    Ok(Written { manifest, warnings, created: status == StatusCode::CREATED })
}

fn manifest(body: &[u8]) -> Option<Manifest> {
    Manifest::new(serde_json::from_slice(body).ok()?)
}

fn decode<T: serde::de::DeserializeOwned>(call: &Call<'_>, path: &str, body: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|_| call.error(garbled(path, Garbled::Json)))
}

fn has_test(operations: &Value) -> bool {
    operations.as_array().is_some_and(|all| all.iter().any(|operation| operation["op"] == "test"))
}

/// Whether the operations of a JSON patch could not be carried out. The server has no word of its own for that, not even
/// for a `test` that failed: only this message, where an object that would be invalid gets another. Were it reworded,
/// such a patch would be told as refused.
fn is_failed_patch(situation: &Situation) -> bool {
    let generic = "the server rejected our request due to an error in our request";
    matches!(situation, Situation::Refused { status: 422, message } if message == generic)
}
