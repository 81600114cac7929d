//! Why a run ended without its answer, and with which exit code.

use std::io;

use crate::exit::ExitCode;
use crate::message::Message;
use crate::problem::Problem;
use crate::render;

/// A problem that ends a run. `main` prints it and returns its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What is told on standard error.
    pub problem: Box<Problem>,
    /// What the process returns.
    pub code: ExitCode,
}

impl Failure {
    /// A problem with the code that it ends in.
    #[must_use]
    pub fn new(problem: Problem, code: ExitCode) -> Self {
        Self { problem: Box::new(problem), code }
    }

    /// The command line or an input file is wrong.
    #[must_use]
    pub fn usage(problem: Problem) -> Self {
        Self::new(problem, ExitCode::Usage)
    }

    /// The system would not let a process like this one run at all: no threads, no sockets.
    #[must_use]
    pub fn of_runtime(error: &io::Error) -> Self {
        let problem = Problem {
            doing: Message::new("problem-runtime"),
            cause: Message::new("problem-system-cause").arg("error", error.to_string()),
            hint: None,
        };
        Self::new(problem, ExitCode::NotChecked)
    }
}

impl From<io::Error> for Failure {
    /// The answer could not be written to standard output.
    fn from(error: io::Error) -> Self {
        Self::new(render::problem::of_stdout(&error), ExitCode::NotChecked)
    }
}
