//! Questions about one's own rights. They are asked by POST and change nothing.

use serde::Deserialize;
use serde_json::json;

use crate::client::{Client, garbled};
use crate::error::{Doing, Error, Garbled};
use crate::request::{Call, Outgoing};
use crate::views::Resource;

const PATH: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

#[derive(Deserialize)]
struct Review {
    status: ReviewStatus,
}

#[derive(Deserialize)]
struct ReviewStatus {
    #[serde(default)]
    allowed: bool,
}

impl Client {
    /// Whether this user may do `verb` (of RBAC) to the objects of a kind, or to a subresource such as `scale` of them:
    /// in one namespace, or with `None` in all (of a kind that has namespaces) or at all.
    pub async fn may(
        &self,
        verb: &str,
        resource: &Resource,
        subresource: Option<&str>,
        namespace: Option<&str>,
    ) -> Result<bool, Error> {
        let doing =
            Doing::Review { verb: verb.to_owned(), resource: *resource, namespace: namespace.map(str::to_owned) };
        let body = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {
                "verb": verb,
                "group": resource.group,
                "version": resource.version,
                "resource": resource.plural,
                "subresource": subresource.unwrap_or_default(),
                "namespace": namespace.unwrap_or_default(),
            }},
        });
        let call = Call::begin(self, doing).await;
        let question = Outgoing {
            method: http::Method::POST,
            path: PATH,
            content_type: "application/json",
            body: body.to_string().into(),
            harmless: true,
        };
        let review = call.write(&question);
        let answer: Review =
            serde_json::from_slice(&review.await?.body).map_err(|_| call.error(garbled(PATH, Garbled::Json)))?;
        Ok(answer.status.allowed)
    }
}
