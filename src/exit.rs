//! How commands end. "No" and "do not know" never share a code.

use std::process::ExitCode;

use karakoro_certs::{Blame, CertsError};
use karakoro_node::evidence::EvidenceError;
use karakoro_node::home::HomeError;
use karakoro_node::init::InitError;
use karakoro_node::ledger::log::LedgerError;
use karakoro_node::node::NodeError;
use karakoro_node::service::client::CallError;
use karakoro_proto::service::FailureKind;

/// The exit codes of every command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Exit {
    /// Yes, or done.
    Yes = 0,
    /// Checked, and the answer is no.
    No = 1,
    /// The request, or the configuration, is wrong.
    Usage = 2,
    /// Could not be checked or done: the node or the peer is not there, or time ran out.
    CouldNotCheck = 3,
    /// A key or a permission.
    Key = 4,
    /// Against the rules.
    Refused = 5,
    /// The local store is damaged or in doubt.
    Store = 6,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// A command that did not do what was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    /// How the process ends.
    pub(crate) exit: Exit,
    /// Why, with causes.
    pub(crate) error: anyhow::Error,
}

impl Failure {
    pub(crate) fn new(exit: Exit, error: impl Into<anyhow::Error>) -> Self {
        Self { exit, error: error.into() }
    }

    /// A request that cannot be understood.
    pub(crate) fn usage(text: impl std::fmt::Display) -> Self {
        Self::new(Exit::Usage, anyhow::anyhow!("{text}"))
    }

    /// The chain of causes on standard error, or as one JSON object.
    #[expect(clippy::print_stderr, reason = "the one place where failures are told")]
    pub(crate) fn print(&self, json: bool) {
        let text = self.text();
        if json {
            let told = serde_json::json!({
                "schema": "karakoro/error/1", "ok": false, "exit": self.exit as u8, "error": text,
            });
            eprintln!("{told}");
        } else {
            eprintln!("karakoro: {text}");
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for cause in self.error.chain() {
            let cause = cause.to_string();
            // An error that prints its source has said it already, perhaps with advice behind it.
            if !text.contains(&cause) {
                text.push_str(if text.is_empty() { "" } else { ": " });
                text.push_str(&cause);
            }
        }
        text
    }
}

impl From<CertsError> for Failure {
    fn from(error: CertsError) -> Self {
        let exit = match error.blame() {
            Blame::Usage => Exit::Usage,
            Blame::Machine => Exit::CouldNotCheck,
            Blame::Key => Exit::Key,
            Blame::Refused => Exit::Refused,
            Blame::Damaged => Exit::Store,
        };
        Self::new(exit, error)
    }
}

impl From<HomeError> for Failure {
    fn from(error: HomeError) -> Self {
        Self::new(Exit::Key, error)
    }
}

fn ledger_exit(error: &LedgerError) -> Exit {
    match error {
        LedgerError::Locked { .. } => Exit::CouldNotCheck,
        LedgerError::NoLog { .. } | LedgerError::LogExists { .. } => Exit::Usage,
        _ => Exit::Store,
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        Self::new(ledger_exit(&error), error)
    }
}

impl From<NodeError> for Failure {
    fn from(error: NodeError) -> Self {
        let exit = match &error {
            NodeError::Config(_) => Exit::Usage,
            NodeError::Home(_) | NodeError::Keyring(_) => Exit::Key,
            NodeError::Ledger(error) => ledger_exit(error),
            NodeError::Accords(_) => Exit::Store,
            _ => Exit::CouldNotCheck,
        };
        Self::new(exit, error)
    }
}

impl From<EvidenceError> for Failure {
    fn from(error: EvidenceError) -> Self {
        let exit = match error {
            EvidenceError::Node(error) => return error.into(),
            EvidenceError::Ledger(error) => return error.into(),
            EvidenceError::Exists(_) => Exit::Usage,
            EvidenceError::NoMessage(_) => Exit::No,
            EvidenceError::NotCosigned { .. } | EvidenceError::Write { .. } => Exit::CouldNotCheck,
            _ => Exit::Store,
        };
        Self::new(exit, error)
    }
}

impl From<InitError> for Failure {
    fn from(error: InitError) -> Self {
        match error {
            InitError::Node(error) => error.into(),
            InitError::Read { .. } | InitError::Write { .. } => Self::new(Exit::CouldNotCheck, error),
            _ => Self::new(Exit::Usage, error),
        }
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        let exit = match &error {
            CallError::Failed(failure) => match failure.kind {
                FailureKind::BadRequest => Exit::Usage,
                FailureKind::NotFound => Exit::No,
                FailureKind::Refused => Exit::Refused,
                FailureKind::Signature => Exit::Key,
                FailureKind::Storage => Exit::Store,
                FailureKind::Unavailable => Exit::CouldNotCheck,
            },
            _ => Exit::CouldNotCheck,
        };
        Self::new(exit, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cause_is_told_twice() {
        let source = std::io::Error::from(std::io::ErrorKind::NotFound);
        let error = HomeError::Read { path: "keys/node.key".into(), source };
        let cause = std::io::Error::from(std::io::ErrorKind::NotFound).to_string();
        assert_eq!(Failure::from(error).text().matches(&cause).count(), 1);
    }
}
