//! The calling end of the service: for commands, tests and the benchmark.

use std::io::{self, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use karakoro_proto::error::Malformed;
use karakoro_proto::service::{Failure, Request, Response};
use karakoro_proto::wire::MAX_FRAME_BYTES;
use thiserror::Error;

use super::with_short_path;

/// Why a call did not work.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CallError {
    /// No node listens.
    #[error("no node answers at {path} ({source}); start it with `karakoro node run`")]
    NoNode {
        /// The socket.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// The connection broke.
    #[error("the node closed the connection: {0}")]
    Lost(#[source] io::Error),
    /// The time that was given is over.
    #[error("the node gave no answer in the time that was given")]
    TimedOut,
    /// The node answered what is no answer.
    #[error("the node's answer cannot be read: {0}")]
    Malformed(#[from] Malformed),
    /// The node said no.
    #[error("{0}")]
    Failed(#[from] Failure),
    /// The node answered something else than was asked.
    #[error("the node's answer does not fit the question")]
    Unexpected,
}

impl From<io::Error> for CallError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            // What a socket says whose read timeout is over.
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Self::TimedOut,
            _ => Self::Lost(error),
        }
    }
}

/// A connection to the node of a home.
#[derive(Debug)]
pub struct Client {
    stream: BufReader<UnixStream>,
    next: u64,
}

impl Client {
    /// Connects to the socket at `path`.
    pub fn connect(path: &Path) -> Result<Self, CallError> {
        let stream = with_short_path(path, UnixStream::connect)
            .map_err(|source| CallError::NoNode { path: path.display().to_string(), source })?;
        Ok(Self { stream: BufReader::new(stream), next: 0 })
    }

    /// A second handle on the same connection, to send and receive on two threads: only one of the two may
    /// receive from then on.
    pub fn try_clone(&self) -> io::Result<Self> {
        Ok(Self { stream: BufReader::new(self.stream.get_ref().try_clone()?), next: self.next })
    }

    /// How long [`Self::receive`] waits; `None` for as long as it takes.
    pub fn set_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.stream.get_ref().set_read_timeout(timeout)
    }

    /// Sends a request without waiting for its answer; returns its number.
    pub fn send(&mut self, request: Request) -> Result<u64, CallError> {
        self.next += 1;
        let frame = request.encode(self.next);
        let length = u32::try_from(frame.len()).map_err(io::Error::other)?;
        let mut bytes = Vec::with_capacity(4 + frame.len());
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(&frame);
        self.stream.get_mut().write_all(&bytes)?;
        Ok(self.next)
    }

    /// The next answer, to whichever request.
    pub fn receive(&mut self) -> Result<(u64, Response), CallError> {
        let mut prefix = [0; 4];
        self.stream.read_exact(&mut prefix)?;
        let length = u32::from_be_bytes(prefix) as usize;
        if length > MAX_FRAME_BYTES {
            return Err(Malformed::FrameTooLarge(length).into());
        }
        let mut frame = vec![0; length];
        self.stream.read_exact(&mut frame)?;
        Ok(Response::decode(Bytes::from(frame))?)
    }

    /// Asks and waits for the answer.
    pub fn call(&mut self, request: Request) -> Result<Response, CallError> {
        let asked = self.send(request)?;
        loop {
            match self.receive()? {
                (0, Response::Failure(failure)) => return Err(failure.into()),
                (id, Response::Failure(failure)) if id == asked => return Err(failure.into()),
                (id, response) if id == asked => return Ok(response),
                // An answer to an earlier request that nobody waits for.
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn a_node_that_is_silent_beyond_the_time_is_told_from_one_that_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("node.sock");
        let listener = UnixListener::bind(&path).unwrap();
        let mut client = Client::connect(&path).unwrap();
        client.set_timeout(Some(Duration::from_millis(1))).unwrap();
        assert!(matches!(client.call(Request::Status), Err(CallError::TimedOut)));
        drop(listener);
        client.set_timeout(None).unwrap();
        assert!(matches!(client.call(Request::Status), Err(CallError::Lost(_))));
    }
}
