//! A GET that becomes a connection to a pod.

use http::{Method, StatusCode};
use k8s_openapi::api::core::v1::Pod;
use kube::api::Portforwarder;
use kube::client::UpgradeConnectionError;
use tokio::time::Instant;

use super::{Call, Failure};
use crate::client::Shared;
use crate::error::translate;
use crate::wire::{Format, status::Status};

impl Call<'_> {
    /// Opens a port of a pod, once.
    pub(crate) async fn forward_once(&self, namespace: &str, pod: &str, port: u16) -> Result<Portforwarder, Failure> {
        let Shared { talk, login, target, .. } = &*self.client.shared;
        let session = login.session().await.map_err(Failure::final_)?;
        let begun = Instant::now();
        let pods = kube::Api::<Pod>::namespaced(session.kube, namespace);
        let outcome = self.within(pods.portforward(pod, &[port])).await.map_err(Failure::final_)?;
        let told = if outcome.is_ok() { "101 Switching Protocols" } else { "no connection" };
        let url = format!(
            "{}/api/v1/namespaces/{namespace}/pods/{pod}/portforward?ports={port}",
            target.server.trim_end_matches('/')
        );
        talk.request(&Method::GET, &url, told, begun.elapsed());
        let shown = (login.credential(), session.number);
        let refusal = |code: StatusCode, status: &Status| translate::refusal(code, status, None, &self.doing, shown);
        match outcome {
            Ok(opened) => Ok(opened),
            Err(kube::Error::Api(status)) => {
                let code = StatusCode::from_u16(status.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                let body = serde_json::to_vec(&status).unwrap_or_default();
                Err(refusal(code, &Status::decode(Some(Format::Json), &body)))
            }
            Err(kube::Error::UpgradeConnection(UpgradeConnectionError::ProtocolSwitch(code))) => {
                Err(refusal(code, &Status::default()))
            }
            Err(error) => Err(translate::connection(&error, login.endpoint(), self.client.has_answered()).await),
        }
    }
}
