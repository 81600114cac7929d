//! Standard output as the one place where a closed pipe ends a run quietly and a full disk does not.

use std::io::{self, BufWriter, ErrorKind, Write};

/// Whether there is still somebody to write for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// What was written has been taken.
    Listening,
    /// The pipe is closed: a run that would write again may as well end.
    Gone,
}

/// Writes a whole answer and flushes it. A reader that went away (`| head -1`) is no error: the run ends as it would
/// have. Any other failure (a full disk) is handed back, to be told on standard error.
///
/// The answer is buffered, so that a report reaches a pipe in few writes and a screen at once.
pub fn write_out<W: Write>(out: W, answer: impl FnOnce(&mut BufWriter<W>) -> io::Result<()>) -> io::Result<Reader> {
    let mut out = BufWriter::new(out);
    let result = answer(&mut out).and_then(|()| out.flush());
    // Dropping a `BufWriter` writes what is left once more; after a failure there is no point in it.
    let (_writer, _rest) = out.into_parts();
    match result {
        Ok(()) => Ok(Reader::Listening),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Reader::Gone),
        Err(error) => Err(error),
    }
}

/// [`write_out`] to this process's standard output, once.
pub fn write_stdout(answer: impl FnOnce(&mut BufWriter<io::StdoutLock<'static>>) -> io::Result<()>) -> io::Result<()> {
    write_stdout_again(answer).map(|_reader| ())
}

/// [`write_out`] to this process's standard output by a run that goes on and writes again (`--watch`): it must end when
/// its reader is gone.
pub fn write_stdout_again(
    answer: impl FnOnce(&mut BufWriter<io::StdoutLock<'static>>) -> io::Result<()>,
) -> io::Result<Reader> {
    write_out(io::stdout().lock(), answer)
}

#[cfg(test)]
mod tests {
    use std::io::pipe;

    use super::*;

    #[test]
    fn a_closed_pipe_is_no_error() {
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        let reader = write_out(writer, |out| writeln!(out, "{}", "x".repeat(100_000))).unwrap();
        assert_eq!(reader, Reader::Gone);
    }

    #[test]
    fn what_was_written_arrives() {
        let mut buffer = Vec::new();
        assert_eq!(write_out(&mut buffer, |out| writeln!(out, "whole")).unwrap(), Reader::Listening);
        assert_eq!(buffer, b"whole\n");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_is_an_error() {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let error = write_out(full, |out| writeln!(out, "short")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StorageFull);
    }
}
