//! What this country's own tools and gateways may ask of the node, over a Unix socket in its home.
//!
//! The socket is the home's own (mode 0600): whoever may read the keys may use it. What a caller submits
//! is checked here with the same code that the other country's node will use on it.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use karakoro_proto::service::{Failure, FailureKind, Request, Response};
use tokio::io::{AsyncWriteExt as _, BufReader, BufWriter};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};

use crate::transport::framing::{self, Incoming};

mod answers;
pub mod client;
mod drafting;
mod erase;
mod submit;
mod watching;
mod watchlist;

use submit::Pending;

pub use answers::{Answers, Keyrings, Station};
pub use drafting::DraftDesk;
pub use submit::RecentlySealed;

/// Callers served at once; more wait to be accepted.
const MAX_CALLERS: usize = 64;

/// Requests of one caller that may be under way.
const MAX_REQUESTS: usize = 4096;

/// Responses that may wait to be written to one caller.
const RESPONSE_QUEUE: usize = 256;

/// Bytes that are read from, or written to, a caller's socket at once.
const SOCKET_BUFFER: usize = 32 * 1024;

/// How often drafts are looked through for those that have ended.
const SWEEP_INTERVAL: Duration = Duration::from_secs(3600);

/// Longest path that a Unix socket's address holds, on Linux.
const MAX_SOCKET_PATH: usize = 107;

/// The listening socket, removed again when the node ends.
#[derive(Debug)]
pub struct ServiceSocket {
    listener: UnixListener,
    path: PathBuf,
}

impl ServiceSocket {
    /// Listens at `path`. Must be called within a tokio runtime, and only by the holder of the home's
    /// lock: a socket that is left over from a killed node is removed.
    pub fn bind(path: &Path) -> io::Result<Self> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = with_short_path(path, UnixListener::bind)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        Ok(Self { listener, path: path.to_owned() })
    }
}

impl Drop for ServiceSocket {
    fn drop(&mut self) {
        // What is left over is removed by the next start.
        _ = std::fs::remove_file(&self.path);
    }
}

/// Calls `act` with a path to the same socket that is short enough for its address: where the home lies
/// deep, through the file descriptor of its folder.
pub fn with_short_path<T>(path: &Path, act: impl FnOnce(PathBuf) -> io::Result<T>) -> io::Result<T> {
    use std::os::fd::AsRawFd as _;
    if path.as_os_str().len() <= MAX_SOCKET_PATH {
        return act(path.to_owned());
    }
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let folder = std::fs::File::open(folder)?;
    act(Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string()).join(name))
}

/// Serves callers until the node stops.
pub async fn serve(socket: ServiceSocket, answers: Arc<Answers>, mut stop: watch::Receiver<bool>) {
    let callers = Arc::new(Semaphore::new(MAX_CALLERS));
    loop {
        let Ok(permit) = callers.clone().acquire_owned().await else { return };
        let accepted = tokio::select! {
            accepted = socket.listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        match accepted {
            Ok((stream, _)) => {
                let answers = answers.clone();
                let stop = stop.clone();
                tokio::spawn(async move {
                    serve_caller(stream, answers, stop).await;
                    drop(permit);
                });
            }
            Err(error) => {
                // Out of file descriptors, most likely: let others end first.
                tracing::warn!(%error, "a caller could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Ends drafts that have run out of time, also while nobody asks for any.
pub async fn sweep_drafts(answers: Arc<Answers>, mut stop: watch::Receiver<bool>) {
    loop {
        let answers = answers.clone();
        // A part that panicked says so itself.
        _ = tokio::task::spawn_blocking(move || answers.sweep_drafts()).await;
        tokio::select! {
            () = tokio::time::sleep(SWEEP_INTERVAL) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

async fn serve_caller(stream: UnixStream, answers: Arc<Answers>, mut stop: watch::Receiver<bool>) {
    let (reading, writing) = stream.into_split();
    let (responses, queue) = mpsc::channel(RESPONSE_QUEUE);
    let writer = tokio::spawn(write_responses(writing, queue));
    tokio::select! {
        () = read_requests(reading, &answers, responses) => {}
        _ = stop.wait_for(|stop| *stop) => {}
    }
    _ = writer.await;
}

/// Writes responses; those that wait together go out together.
async fn write_responses(stream: OwnedWriteHalf, mut queue: mpsc::Receiver<Bytes>) {
    let mut stream = BufWriter::with_capacity(SOCKET_BUFFER, stream);
    while let Some(frame) = queue.recv().await {
        let written = framing::write(&mut stream, &frame).await;
        if written.is_err() || (queue.is_empty() && stream.flush().await.is_err()) {
            return;
        }
    }
    _ = stream.shutdown().await;
}

/// A submission on its way into the log, the number of its request, and its place among those under way.
type Submitted = (u64, Pending, OwnedSemaphorePermit);

/// Answers submissions in the order in which they came, which is that of their entries: one task waits for
/// all of a batch, and is woken once.
async fn answer_submissions(
    answers: Arc<Answers>,
    mut submitted: mpsc::Receiver<Submitted>,
    responses: mpsc::Sender<Bytes>,
) {
    while let Some((id, pending, permit)) = submitted.recv().await {
        let response = pending.outcome(&answers.sealed).await;
        // The caller may be gone; what it submitted is sealed all the same.
        _ = responses.send(response.encode(id)).await;
        drop(permit);
    }
}

async fn read_requests(stream: OwnedReadHalf, answers: &Arc<Answers>, responses: mpsc::Sender<Bytes>) {
    let mut stream = BufReader::with_capacity(SOCKET_BUFFER, stream);
    let under_way = Arc::new(Semaphore::new(MAX_REQUESTS));
    let (submitted, to_answer) = mpsc::channel(MAX_REQUESTS);
    tokio::spawn(answer_submissions(answers.clone(), to_answer, responses.clone()));
    let (caller, gone) = watch::channel(());
    while let Ok(Incoming::Frame(frame)) = framing::read(&mut stream).await {
        let Ok(permit) = under_way.clone().acquire_owned().await else { break };
        let (id, request) = match Request::decode(frame) {
            Ok(decoded) => decoded,
            Err(error) => {
                // Without an id nothing pairs the answer: 0 stands for the connection itself.
                let failure = Failure::new(FailureKind::BadRequest, error);
                _ = responses.send(Response::Failure(failure).encode(0)).await;
                break;
            }
        };
        match request {
            // In the order of arrival: two submissions of one caller are sealed as they came.
            Request::Submit(submission) => {
                let pending = answers.submit(submission).await;
                if submitted.send((id, pending, permit)).await.is_err() {
                    break;
                }
            }
            request => {
                let (answers, responses, mut gone) = (answers.clone(), responses.clone(), gone.clone());
                tokio::spawn(async move {
                    tokio::select! {
                        () = answers.answer(id, request, &responses) => {}
                        // A caller who left waits for nothing.
                        _ = gone.changed() => {}
                    }
                    drop(permit);
                });
            }
        }
    }
    drop(caller);
}
