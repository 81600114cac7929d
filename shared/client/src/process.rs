//! The process around a run: one thread, and an end when somebody asks for it.

use quicktour_report::failure::Failure;

use crate::Error;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::new(error.problem(), error.exit_code())
    }
}

/// Runs a plugin's work to its end. One thread is enough: what takes time is waiting.
pub fn run<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Failure::of_runtime(&error))?.block_on(work)
}

/// Ends when somebody presses Ctrl-C or asks the process to end.
pub async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
