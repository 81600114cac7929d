//! A terminal for a program that asks or draws: what it shows is read from the screen, as a person would.

use std::io::{Read as _, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, bail};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use vt100::Parser;

use crate::cli::Cli;
use crate::wait::wait_for;

/// Columns of the screen, as most terminals begin.
const COLUMNS: u16 = 80;
/// Rows: more than a screen has, so that nothing of a dialogue scrolls away before it is read.
const ROWS: u16 = 400;
/// How long a program may take for its next word, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A program on a terminal of its own, 80 columns wide. Dropped, it ends.
pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    keyboard: Box<dyn Write + Send>,
    screen: Arc<Mutex<Parser>>,
    // The screen goes dark when this is dropped.
    _master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    /// Starts a program with all three of its streams on the terminal.
    pub fn open(cli: Cli) -> anyhow::Result<Self> {
        let command = cli.into_command();
        let mut builder = CommandBuilder::new(command.get_program());
        builder.env_clear();
        builder.args(command.get_args());
        for (name, value) in command.get_envs() {
            if let Some(value) = value {
                builder.env(name, value);
            }
        }
        builder.env("TERM", "xterm-256color");
        builder.cwd(command.get_current_dir().map_or_else(std::env::current_dir, |dir| Ok(dir.to_owned()))?);
        let size = PtySize { rows: ROWS, cols: COLUMNS, pixel_width: 0, pixel_height: 0 };
        let pty = native_pty_system().openpty(size).context("opening a pseudo-terminal")?;
        let child = pty.slave.spawn_command(builder).context("running a program on a pseudo-terminal")?;
        drop(pty.slave);
        let mut shown = pty.master.try_clone_reader()?;
        let screen = Arc::new(Mutex::new(Parser::new(ROWS, COLUMNS, 0)));
        let drawn = Arc::clone(&screen);
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            // The end of a pseudo-terminal is an error on some systems.
            while let Ok(count @ 1..) = shown.read(&mut bytes) {
                drawn.lock().unwrap_or_else(PoisonError::into_inner).process(&bytes[..count]);
            }
        });
        Ok(Self { child, keyboard: pty.master.take_writer()?, screen, _master: pty.master })
    }

    /// The text on the screen, without the empty rest.
    #[must_use]
    pub fn screen(&self) -> String {
        let screen = self.screen.lock().unwrap_or_else(PoisonError::into_inner);
        screen.screen().contents().trim_end().to_owned()
    }

    /// Waits until the last line of the screen, which is where a question stands, holds this text.
    ///
    /// # Errors
    /// When it does not come: with the screen.
    pub fn wait_for_question(&self, text: &str) -> anyhow::Result<()> {
        self.wait(text, |screen| screen.lines().next_back().is_some_and(|line| line.contains(text)))
    }

    /// Waits until this text is anywhere on the screen.
    ///
    /// # Errors
    /// When it does not come: with the screen.
    pub fn wait_for_text(&self, text: &str) -> anyhow::Result<()> {
        self.wait(text, |screen| screen.contains(text))
    }

    fn wait(&self, text: &str, holds: impl Fn(&str) -> bool) -> anyhow::Result<()> {
        let shown = wait_for(&format!("`{text}` on the screen"), PATIENCE, || holds(&self.screen()).then_some(()));
        shown.with_context(|| format!("the screen shows\n{}", self.screen()))
    }

    /// Presses keys: `\r` is Enter, `\u{3}` is Ctrl-C, `\u{1b}[B` is the arrow down.
    pub fn press(&mut self, keys: &str) -> anyhow::Result<()> {
        self.keyboard.write_all(keys.as_bytes())?;
        Ok(self.keyboard.flush()?)
    }

    /// Waits for a question and answers it.
    pub fn answer(&mut self, question: &str, answer: &str) -> anyhow::Result<()> {
        self.wait_for_question(question)?;
        self.press(answer)?;
        self.press("\r")
    }

    /// Waits for the program's end: its exit code, or -1 if a signal ended it, and what is on the screen then.
    ///
    /// # Errors
    /// When it does not end: with the screen.
    pub fn end(mut self, limit: Duration) -> anyhow::Result<(i32, String)> {
        let ended = wait_for("the program to end", limit, || self.child.try_wait().transpose());
        let Ok(ended) = ended else { bail!("it did not end; the screen shows\n{}", self.screen()) };
        // What it wrote last may still be on its way to the screen.
        thread::sleep(Duration::from_millis(200));
        let ended = ended?;
        let code = if ended.signal().is_some() { -1 } else { i32::try_from(ended.exit_code())? };
        Ok((code, self.screen()))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_asked_answered_and_interrupted() {
        let script = "read -p 'name? ' name; test -t 2 && echo \"hello $name\"; read -p 'more? ' more; exit 3";
        let open = || Terminal::open(Cli::new("bash").args(["-c", script])).unwrap();
        let mut terminal = open();
        terminal.answer("name?", "you").unwrap();
        terminal.answer("more?", "").unwrap();
        let (code, screen) = terminal.end(Duration::from_secs(30)).unwrap();
        assert_eq!(code, 3, "{screen}");
        assert!(screen.contains("hello you"), "{screen}");

        let mut terminal = open();
        terminal.wait_for_question("name?").unwrap();
        terminal.press("\u{3}").unwrap();
        assert_eq!(terminal.end(Duration::from_secs(30)).unwrap().0, -1);
    }
}
