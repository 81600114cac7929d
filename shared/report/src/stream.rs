//! Standard output as the one place where a closed pipe ends a run quietly and a full disk does not.

use std::io::{self, BufWriter, ErrorKind, Write};

/// Writes a whole answer and flushes it. A reader that went away (`| head -1`) is no error: the run ends as it would
/// have. Any other failure (a full disk) is handed back, to be told on standard error.
///
/// The answer is buffered, so that a report reaches a pipe in few writes and a screen at once.
pub fn write_out<W: Write>(out: W, answer: impl FnOnce(&mut BufWriter<W>) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    let result = answer(&mut out).and_then(|()| out.flush());
    // Dropping a `BufWriter` writes what is left once more; after a failure there is no point in it.
    let (_writer, _rest) = out.into_parts();
    forgive_closed_pipe(result)
}

/// [`write_out`] to this process's standard output.
pub fn write_stdout(answer: impl FnOnce(&mut BufWriter<io::StdoutLock<'static>>) -> io::Result<()>) -> io::Result<()> {
    write_out(io::stdout().lock(), answer)
}

/// A closed pipe is how a reader says "enough".
pub fn forgive_closed_pipe(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use std::io::pipe;

    use super::*;

    #[test]
    fn a_closed_pipe_is_no_error() {
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        write_out(writer, |out| writeln!(out, "{}", "x".repeat(100_000))).unwrap();
    }

    #[test]
    fn what_was_written_arrives() {
        let mut buffer = Vec::new();
        write_out(&mut buffer, |out| writeln!(out, "whole")).unwrap();
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
