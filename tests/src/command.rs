//! One command of the executable, from its arguments to its end.

use std::ffi::OsStr;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};

use serde_json::Value;

use crate::executable::karakoro;
use crate::wait;

/// How a command ended and what it said.
#[derive(Debug)]
pub struct Answer {
    /// The exit code; `None` after a signal.
    pub exit: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub talk: String,
}

impl Answer {
    /// Asserts the exit code; returns the answer for more.
    #[track_caller]
    pub fn expect_exit(self, code: i32) -> Self {
        assert_eq!(self.exit, Some(code), "{self:#?}");
        self
    }

    /// Asserts that standard error says all of this.
    #[track_caller]
    pub fn expect_talk(&self, words: &[&str]) {
        for word in words {
            assert!(self.talk.contains(word), "{word:?} is not in {:?}", self.talk);
        }
    }

    /// Standard output as JSON.
    #[track_caller]
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).expect("JSON on standard output")
    }
}

/// A command without a home.
pub fn bare<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Answer {
    let mut command = Command::new(karakoro());
    command.args(arguments);
    run(&mut command)
}

/// A command in a home.
pub fn at<S: AsRef<OsStr>>(home: &Path, arguments: impl IntoIterator<Item = S>) -> Answer {
    let mut command = Command::new(karakoro());
    command.arg("--home").arg(home).args(arguments);
    run(&mut command)
}

/// Runs a command to its end, which must come in time.
pub fn run(command: &mut Command) -> Answer {
    command.env_remove("KARAKORO_HOME").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the executable starts");
    let out = collect(child.stdout.take());
    let talk = collect(child.stderr.take());
    let exit = ended(&mut child).code();
    let text = |reading: JoinHandle<String>| reading.join().expect("reading does not fail");
    Answer { exit, out: text(out), talk: text(talk) }
}

/// Waits until a process has ended; one that does not is killed, and fails the test.
pub fn ended(child: &mut Child) -> ExitStatus {
    let exit = wait::within(wait::DEADLINE, || child.try_wait().expect("it is our child"));
    exit.unwrap_or_else(|| {
        child.kill().expect("it is our child");
        let status = child.wait().expect("it is our child");
        assert!(status.success(), "the process had to be killed: it did not end by itself");
        status
    })
}

fn collect(stream: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            stream.read_to_end(&mut bytes).expect("a pipe is read to its end");
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
