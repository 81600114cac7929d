//! `port-forward`: a workload's port on this machine.

use quicktour_client::Kind;
use quicktour_deploy::forward::{Visit, is_ready, ready_pod, serve};
use quicktour_deploy::plan::found;
use quicktour_report::exit::ExitCode;
use quicktour_report::failure::Failure;
use quicktour_report::message::Message;
use quicktour_report::problem::Problem;
use quicktour_report::shell;
use tokio::net::TcpListener;

use crate::args::PortForward;
use crate::session::{Session, of_stop, usage};

pub(crate) async fn forward(session: &Session, args: &PortForward) -> Result<ExitCode, Failure> {
    let (local, remote) = ports(&args.ports)?;
    let pod = pod(session, &args.workload).await?;
    let listener = TcpListener::bind(("127.0.0.1", local)).await.map_err(|error| {
        failed(Message::new("forward-no-listener").arg("port", u64::from(local)).arg("why", error.to_string()), None)
    })?;
    let local = listener.local_addr().map_or(local, |address| address.port());
    session.out.line(
        &Message::new("forward-open")
            .arg("address", format!("127.0.0.1:{local}"))
            .arg("pod", &pod)
            .arg("port", u64::from(remote)),
    )?;
    let out = session.out;
    let mut each = |visit| match visit {
        Visit::Came(_) => {}
        Visit::Failed(error) => out.problem(&error.problem()),
        Visit::Broken(why) => out.say(&Message::new("forward-broken").arg("why", why)),
    };
    serve(&session.client, &listener, &session.client.target().namespace, &pod, remote, &mut each)
        .await
        .map_err(|error| failed(Message::new("forward-listener-died").arg("why", error.to_string()), None))?;
    Ok(ExitCode::Fine)
}

/// The pod that is meant: the one of `pod/NAME`, else a ready one of the workload.
async fn pod(session: &Session, typed: &str) -> Result<String, Failure> {
    let namespace = &session.client.target().namespace;
    if let Some((_, name)) = typed.split_once('/').filter(|(kind, _)| ["pod", "pods", "po"].contains(kind)) {
        let pod = found::existing(&session.client, Kind::POD, namespace, name)
            .await
            .map_err(|stop| of_stop(session, &stop))?;
        if is_ready(&pod) {
            return Ok(name.to_owned());
        }
        let hint = format!("{} -n {} describe pod {name}", session.kubectl(), shell::quote(namespace));
        return Err(failed(Message::new("forward-pod-unready").arg("pod", name), Some(hint)));
    }
    let workload = session.workload(typed)?;
    let live = session.live(&workload).await?;
    let hint = || format!("{} status {}", session.ourselves(), workload.typed());
    let none = || failed(Message::new("forward-no-pod").arg("what", workload.typed()), Some(hint()));
    ready_pod(&session.client, &live).await?.ok_or_else(none)
}

/// `LOCAL:REMOTE`, `PORT` for both, `:REMOTE` for a free one, as kubectl takes it.
fn ports(typed: &str) -> Result<(u16, u16), Failure> {
    let (local, remote) = typed.split_once(':').unwrap_or((typed, typed));
    let port = |text: &str| text.parse::<u16>().ok();
    let local = if local.is_empty() { Some(0) } else { port(local) };
    match (local, port(remote).filter(|remote| *remote > 0)) {
        (Some(local), Some(remote)) => Ok((local, remote)),
        _ => Err(usage("deploy-doing-read-line", Message::new("forward-bad-ports").arg("ports", typed))),
    }
}

fn failed(cause: Message, hint: Option<String>) -> Failure {
    let hint = hint.map(|command| Message::new("forward-hint").arg("command", command));
    Failure::new(Problem { doing: Message::new("forward-doing"), cause, hint }, ExitCode::NotChecked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_taken_as_kubectl_takes_them() {
        let read = |typed| ports(typed).ok();
        assert_eq!(read("8080"), Some((8080, 8080)));
        assert_eq!(read("8081:80"), Some((8081, 80)));
        assert_eq!(read(":80"), Some((0, 80)));
        for wrong in ["", ":", "80:", "0", "70000", "http", "1:2:3", "-1:80"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
