//! `export`: what runs, as a kustomize base with overlays.

use std::io;

use quicktour_deploy::export::{self, Export};
use quicktour_deploy::workload::is_dns_label;
use quicktour_report::exit::ExitCode;
use quicktour_report::failure::Failure;
use quicktour_report::message::Message;
use quicktour_report::problem::Problem;

use crate::args;
use crate::session::{Session, usage};

pub(crate) async fn export(session: &Session, args: &args::Export) -> Result<ExitCode, Failure> {
    // It becomes a folder's name.
    if let Some(wrong) = args.overlay.iter().find(|name| !is_dns_label(name)) {
        return Err(usage("export-doing", Message::new("export-bad-overlay").arg("name", wrong)));
    }
    let workload = session.workload(&args.workload.workload)?;
    let live = session.live(&workload).await?;
    let objects = export::objects(&session.client, &workload, &live).await?;
    let export = Export::new(&objects, &workload.namespace, &args.overlay);
    export.write(&args.dir).map_err(|error| failed(&error, &args.dir.to_string_lossy()))?;
    for path in export.paths() {
        session.out.line(&Message::new("export-file").arg("path", args.dir.join(path).to_string_lossy().as_ref()))?;
    }
    let folder = match args.overlay.first() {
        Some(overlay) => args.dir.join("overlays").join(overlay),
        None => args.dir.join("base"),
    };
    let command = format!("kubectl kustomize {}", quicktour_report::shell::quote(&folder.to_string_lossy()));
    session.out.say(&Message::new("export-next").arg("command", command));
    Ok(ExitCode::Fine)
}

fn failed(error: &io::Error, folder: &str) -> Failure {
    let taken = error.kind() == io::ErrorKind::DirectoryNotEmpty;
    let cause = if taken {
        Message::new("export-not-empty").arg("folder", folder)
    } else {
        Message::new("export-failed").arg("folder", folder).arg("why", error.to_string())
    };
    let problem = Problem { doing: Message::new("export-doing"), cause, hint: None };
    if taken { Failure::usage(problem) } else { Failure::new(problem, ExitCode::NotChecked) }
}
