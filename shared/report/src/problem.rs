//! Why a run, or a part of it, could not go on: what was being done, the cause once, and a command that helps.

use crate::message::Message;

/// A failure as a person is told it: `error:` what was being done, to what, where; then the cause; then `hint:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What was being done, to what, where.
    pub doing: Message,
    /// The cause, said once.
    pub cause: Message,
    /// What to do next; contains a command in backticks that can be run as it stands.
    pub hint: Option<Message>,
}
