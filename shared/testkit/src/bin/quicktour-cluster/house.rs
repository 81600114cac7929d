//! The supervisor proper: starts, signals and ends processes, always from the main thread, because the kernel ties
//! a child's life to the *thread* that started it.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use quicktour_testkit::supervisor::{Answer, LOCK, Process, Program, Request, SOCKET, Signal};
use quicktour_testkit::talk::say;
use rustix::process::{Pid, WaitOptions};

/// How long a program has between the request to stop and the kill.
const GRACE: Duration = Duration::from_secs(5);
/// How long one step of the final cleaning may take.
const CLEANING: Duration = Duration::from_secs(20);

enum Event {
    Request(Request, UnixStream),
    End,
}

pub(crate) struct House {
    dir: PathBuf,
    keep: bool,
    me: PathBuf,
    processes: Vec<Process>,
    at_end: Vec<Program>,
    events: Receiver<Event>,
    /// Held, not read: the lock tells others that the folder is in use.
    _lock: fs::File,
}

impl House {
    pub(crate) fn open(dir: PathBuf, detached: bool, keep: bool) -> anyhow::Result<Self> {
        // Out of the terminal's reach: ctrl-c ends the test, and the closed pipe then ends this.
        let _ = rustix::process::setsid();
        // What daemons leave behind when they die comes to this process, which can then end it.
        rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
        let lock = fs::File::create(dir.join(LOCK))?;
        lock.try_lock().with_context(|| format!("`{}` has a supervisor already", dir.display()))?;
        let (sender, events) = channel();
        listen(UnixListener::bind(dir.join(SOCKET))?, sender.clone());
        listen_for_signals(sender.clone())?;
        if !detached {
            hold_lifeline(sender);
        }
        let me = std::env::current_exe()?;
        Ok(Self { dir, keep, me, processes: Vec::new(), at_end: Vec::new(), events, _lock: lock })
    }

    pub(crate) fn serve(mut self) -> anyhow::Result<()> {
        loop {
            self.reap();
            match self.events.recv_timeout(Duration::from_millis(50)) {
                Ok(Event::Request(Request::End, stream)) => {
                    self.end();
                    // Closing the connection is the answer, so it comes last.
                    drop(stream);
                    return Ok(());
                }
                Ok(Event::Request(request, mut stream)) => {
                    let error = self.perform(request).err().map(|error| format!("{error:#}"));
                    let answer = Answer { error, processes: self.processes.clone() };
                    let _ = serde_json::to_writer(&mut stream, &answer);
                    let _ = stream.write_all(b"\n");
                }
                Err(RecvTimeoutError::Timeout) => {}
                Ok(Event::End) | Err(RecvTimeoutError::Disconnected) => {
                    self.end();
                    return Ok(());
                }
            }
        }
    }

    fn perform(&mut self, request: Request) -> anyhow::Result<()> {
        match request {
            Request::Spawn(program) => self.spawn(program),
            Request::AtEnd(program) => {
                self.at_end.push(program);
                Ok(())
            }
            Request::Signal { name, signal } => send(self.running(&name)?, signal),
            Request::Stop { name } => self.stop(&name),
            Request::Status | Request::End => Ok(()),
        }
    }

    fn spawn(&mut self, program: Program) -> anyhow::Result<()> {
        if self.running(&program.name).is_ok() {
            bail!("`{}` is running already", program.name);
        }
        let mut command = Command::new(&self.me);
        command.arg("exec").arg(std::process::id().to_string()).arg(&program.program).args(&program.args);
        let child = prepare(&mut command, &program)?
            .spawn()
            .with_context(|| format!("starting `{}`", program.program.display()))?;
        let pid = i32::try_from(child.id())?;
        self.processes.push(Process { name: program.name, pid, ended: None });
        Ok(())
    }

    fn running(&self, name: &str) -> anyhow::Result<Pid> {
        let process = self.processes.iter().rev().find(|process| process.name == name);
        match process {
            None => bail!("nothing named `{name}` was started"),
            Some(Process { ended: Some(how), .. }) => bail!("`{name}` has ended ({how})"),
            Some(Process { pid, .. }) => Pid::from_raw(*pid).context("a process without an id"),
        }
    }

    fn stop(&mut self, name: &str) -> anyhow::Result<()> {
        let pid = self.running(name)?;
        send(pid, Signal::Terminate)?;
        // A paused process would not hear it.
        send(pid, Signal::Resume)?;
        let start = Instant::now();
        let mut killed = false;
        while self.running(name).is_ok() {
            if !killed && start.elapsed() > GRACE {
                send(pid, Signal::Kill)?;
                killed = true;
            }
            thread::sleep(Duration::from_millis(10));
            self.reap();
        }
        Ok(())
    }

    /// Collects the children that have ended, adopted ones too.
    fn reap(&mut self) {
        while let Ok(Some((pid, status))) = rustix::process::wait(WaitOptions::NOHANG) {
            let how = match (status.exit_status(), status.terminating_signal()) {
                (Some(code), _) => format!("exit status {code}"),
                (None, Some(signal)) => format!("signal {signal}"),
                (None, None) => continue,
            };
            let pid = pid.as_raw_nonzero().get();
            for process in self.processes.iter_mut().filter(|process| process.pid == pid && process.ended.is_none()) {
                process.ended = Some(how.clone());
            }
        }
    }

    /// Kills everything, cleans up, removes the folder. Killing is kind enough: the data is thrown away.
    fn end(&mut self) {
        let start = Instant::now();
        loop {
            self.reap();
            let children = children();
            if children.is_empty() || start.elapsed() > CLEANING {
                break;
            }
            for pid in children {
                let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
            }
            thread::sleep(Duration::from_millis(5));
        }
        for program in std::mem::take(&mut self.at_end).into_iter().rev() {
            if let Err(error) = run_to_end(&program) {
                say(&format!("error: {error:#}"));
            }
        }
        if self.keep {
            let _ = fs::remove_file(self.dir.join(SOCKET));
        } else if let Err(error) = remove(&self.dir) {
            say(&format!("error: {error:#}"));
        }
    }
}

fn prepare<'c>(command: &'c mut Command, program: &Program) -> anyhow::Result<&'c mut Command> {
    let log = fs::File::options()
        .create(true)
        .append(true)
        .open(&program.log)
        .with_context(|| format!("writing `{}`", program.log.display()))?;
    // A developer's proxies and Kubernetes settings must not decide what a test sees.
    command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command.envs(program.env.iter().map(|(name, value)| (name, value)));
    Ok(command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log))
}

fn run_to_end(program: &Program) -> anyhow::Result<()> {
    let mut command = Command::new(&program.program);
    command.args(&program.args);
    let mut child = prepare(&mut command, program)?.spawn().with_context(|| format!("running `{}`", program.name))?;
    let start = Instant::now();
    while child.try_wait()?.is_none() {
        if start.elapsed() > CLEANING {
            child.kill()?;
        }
        thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

fn send(pid: Pid, signal: Signal) -> anyhow::Result<()> {
    use rustix::process::Signal as Unix;
    let signal = match signal {
        Signal::Pause => Unix::STOP,
        Signal::Resume => Unix::CONT,
        Signal::Terminate => Unix::TERM,
        Signal::Kill => Unix::KILL,
        Signal::Hangup => Unix::HUP,
    };
    Ok(rustix::process::kill_process(pid, signal)?)
}

/// This process's children, adopted ones included.
fn children() -> Vec<Pid> {
    let me = std::process::id().to_string();
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
        .filter(|pid| parent(*pid).as_deref() == Some(me.as_str()))
        .filter_map(Pid::from_raw)
        .collect()
}

/// The fourth field of `/proc/PID/stat`; the second, the program's name, may hold anything and ends at the last `)`.
fn parent(pid: i32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(1).map(str::to_owned)
}

/// Removes the folder, but never through something that is mounted in it.
fn remove(dir: &Path) -> anyhow::Result<()> {
    let dir = dir.canonicalize()?;
    for mount in mounts_under(&dir)?.into_iter().rev() {
        rustix::mount::unmount(&mount, rustix::mount::UnmountFlags::DETACH)
            .with_context(|| format!("unmounting `{}`", mount.display()))?;
    }
    if let Some(mount) = mounts_under(&dir)?.first() {
        bail!("`{}` is still mounted, so `{}` stays", mount.display(), dir.display());
    }
    fs::remove_dir_all(&dir).with_context(|| format!("removing `{}`", dir.display()))
}

fn mounts_under(dir: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let table = fs::read_to_string("/proc/self/mountinfo")?;
    let points = table.lines().filter_map(|line| line.split_whitespace().nth(4)).map(PathBuf::from);
    Ok(points.filter(|point| point.starts_with(dir)).collect())
}

fn listen(listener: UnixListener, events: Sender<Event>) {
    thread::spawn(move || {
        for stream in listener.incoming().filter_map(Result::ok) {
            let events = events.clone();
            // One thread each: a caller that connects and says nothing keeps nobody waiting.
            thread::spawn(move || {
                let mut line = String::new();
                let read = BufReader::new(&stream).read_line(&mut line);
                if read.is_ok_and(|length| length > 0)
                    && let Ok(request) = serde_json::from_str(&line)
                {
                    let _ = events.send(Event::Request(request, stream));
                }
            });
        }
    });
}

fn listen_for_signals(events: Sender<Event>) -> anyhow::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    thread::spawn(move || {
        for _ in signals.forever() {
            let _ = events.send(Event::End);
        }
    });
    Ok(())
}

fn hold_lifeline(events: Sender<Event>) {
    thread::spawn(move || {
        let mut nothing = [0; 64];
        while std::io::stdin().read(&mut nothing).is_ok_and(|length| length > 0) {}
        let _ = events.send(Event::End);
    });
}
