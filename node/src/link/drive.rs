//! Drives one session over one connection.

use std::time::Duration;

use bytes::Bytes;
use karakoro_proto::accord::Standing;
use karakoro_proto::error::{CloseCode, Error, Malformed, PeerIncompatible};
use karakoro_proto::log::checkpoint::SignedCheckpoint;
use karakoro_proto::service::Link;
use karakoro_proto::session::{Event, Session, Setup};
use karakoro_proto::time::UnixMillis;
use quinn::{RecvStream, SendStream, WriteError};
use tokio::sync::{mpsc, oneshot, watch};

use super::{End, HANDSHAKE_TIMEOUT, Offer, Tools, code, newer_stays, stopped};
use crate::accords;
use crate::ledger::log::Evidence;
use crate::mirror::{Arrival, Mirrored, NotStored, Reply};
use crate::progress::Progress;
use crate::transport::framing::{self, Incoming};
use crate::writer::Command;

/// Frames that may wait between stream and session.
const FRAME_QUEUE: usize = 4;

/// Most evidence that waits to be handed to the writer.
const MAX_KEPT: usize = 64;

/// Frames go to the stream together until they have so many bytes: what belongs to one small message
/// shares a packet, and a wake-up.
const BATCH_BYTES: usize = 64 * 1024;

/// Drives a session to its end; also returns the connection that took over, if one did.
pub(super) async fn drive(
    tools: &Tools,
    offer: Offer,
    offers: &mut mpsc::Receiver<Offer>,
) -> (End, Option<Offer>) {
    let connection = offer.connection.clone();
    let (send, receive) = match streams(&offer).await {
        Ok(streams) => streams,
        Err(end) => return (end, None),
    };
    let mut accords = tools.accords.watch();
    let stated = accords.borrow_and_update().standing;
    let session = match begin(tools, stated).await {
        Ok(session) => session,
        Err(error) => {
            let close =
                if matches!(error, Error::Storage(_)) { CloseCode::Unavailable } else { error.close_code() };
            connection.close(code(close), b"");
            return (End::Session(error), None);
        }
    };
    let (frames_in, from_peer) = mpsc::channel(FRAME_QUEUE);
    let reading = tokio::spawn(read_frames(receive, frames_in));
    let (evidence_in, evidence) = mpsc::unbounded_channel();
    let mut driver = Driver {
        tools,
        since: tools.clock.monotonic(),
        offer,
        session,
        send,
        pending: Pending::default(),
        from_peer,
        evidence,
        evidence_in,
        progress: tools.progress.watch(),
        accords,
        kept: Vec::new(),
        stated,
        theirs: Standing::default(),
        waiting: None,
    };
    let (end, newer) = driver.run(offers).await;
    let close = match &end {
        End::Session(error) => error.close_code(),
        _ => CloseCode::Done,
    };
    connection.close(code(close), b"");
    // Not before: a stream that ends by itself would reach the peer ahead of the close code.
    drop(driver);
    reading.abort();
    (end, newer)
}

/// The one stream of the link: whoever dialled opens it.
async fn streams(offer: &Offer) -> Result<(SendStream, RecvStream), End> {
    let connection = &offer.connection;
    let streams = async {
        match offer.dialled {
            true => connection.open_bi().await,
            // It shows itself with the dialler's first frame.
            false => connection.accept_bi().await,
        }
    };
    match tokio::time::timeout(HANDSHAKE_TIMEOUT, streams).await {
        Ok(streams) => streams.map_err(End::Lost),
        Err(_) => {
            connection.close(code(CloseCode::Turn), b"");
            Err(End::StreamEnded)
        }
    }
}

/// Begins a session on what is durable now.
async fn begin(tools: &Tools, accords: Standing) -> Result<Session, Error> {
    let (reached, barrier) = oneshot::channel();
    if tools.mirror.send(Arrival::Barrier(reached)).await.is_ok() {
        // The mirror drops the sender only when the node stops; the session then ends by itself.
        _ = barrier.await;
    }
    let held = tools.held.held(&tools.peer_root).map_err(|error| Error::Storage(error.to_string()))?;
    let own = tools.own.newest().ok_or_else(|| Error::Storage("our own log has no checkpoint".to_owned()))?;
    let setup = Setup { accords, ..tools.setup.clone() };
    Ok(Session::new(setup, tools.clock.monotonic(), held, own))
}

async fn read_frames(mut stream: RecvStream, frames: mpsc::Sender<Result<Incoming, std::io::Error>>) {
    loop {
        let frame = framing::read(&mut stream).await;
        let last = !matches!(frame, Ok(Incoming::Frame(_)));
        if frames.send(frame).await.is_err() || last {
            return;
        }
    }
}

/// Frames that the stream has not taken yet, with their lengths before them.
#[derive(Default)]
struct Pending {
    chunks: Vec<Bytes>,
    written: usize,
}

impl Pending {
    fn of(frames: Vec<Bytes>) -> Self {
        Self { chunks: framing::prefixed(frames), written: 0 }
    }

    fn is_empty(&self) -> bool {
        self.written == self.chunks.len()
    }

    /// Gives the stream what it takes. Cancelled, it has given nothing.
    async fn write_to(&mut self, stream: &mut SendStream) -> Result<(), WriteError> {
        let written = stream.write_chunks(&mut self.chunks[self.written..]).await?;
        self.written += written.chunks;
        Ok(())
    }
}

struct Driver<'a> {
    tools: &'a Tools,
    offer: Offer,
    /// When the session began, on the monotonic clock.
    since: Duration,
    session: Session,
    send: SendStream,
    pending: Pending,
    from_peer: mpsc::Receiver<Result<Incoming, std::io::Error>>,
    evidence: mpsc::UnboundedReceiver<Result<Mirrored, NotStored>>,
    evidence_in: Reply,
    progress: watch::Receiver<Progress>,
    /// The accords that we go by; the session began with what they were.
    accords: watch::Receiver<accords::Held>,
    /// Evidence of the peer that the writer has not got yet: goes to it when no frame waits to be read.
    kept: Vec<Evidence>,
    /// What our hello said of our accords.
    stated: Standing,
    /// What the peer's said of its.
    theirs: Standing,
    /// A parcel for which the mirror had no room yet; nothing more is read meanwhile.
    waiting: Option<Arrival>,
}

impl Driver<'_> {
    async fn run(&mut self, offers: &mut mpsc::Receiver<Offer>) -> (End, Option<Offer>) {
        let end = loop {
            match self.step(offers).await {
                Ok(None) => {}
                Ok(Some(newer)) => break (End::Replaced, Some(newer)),
                Err(end) => break (end, None),
            }
        };
        // A writer that is gone has stopped with the node; the peer gives its evidence again.
        _ = self.hand_over_evidence().await;
        end
    }

    /// Waits for the one next thing and does it.
    async fn step(&mut self, offers: &mut mpsc::Receiver<Offer>) -> Result<Option<Offer>, End> {
        // A receipt and the cosignature right behind it become durable together.
        if self.from_peer.is_empty() || self.kept.len() >= MAX_KEPT {
            self.hand_over_evidence().await?;
        }
        if self.pending.is_empty() {
            self.progress.mark_unchanged();
            self.pending = Pending::of(self.transmits()?);
            if self.pending.is_empty() && self.session.must_begin_anew() {
                return Err(End::Anew);
            }
        }
        let timeout = self.session.poll_timeout().map(|at| at.saturating_sub(self.tools.clock.monotonic()));
        let tools = self.tools;
        tokio::select! {
            biased;
            () = stopped(&tools.stop) => return Err(End::Stopping),
            Some(newer) = offers.recv() => return Ok(self.choose(newer)),
            Some(mirrored) = self.evidence.recv() => {
                let mirrored =
                    mirrored.map_err(|NotStored(why)| End::Session(Error::Storage(why)))?;
                self.session.mirrored(&mirrored.receipt, mirrored.size, &mirrored.cosignature);
            }
            permit = tools.mirror.reserve(), if self.waiting.is_some() => {
                let permit = permit.map_err(|_| End::Stopping)?;
                permit.send(self.waiting.take().ok_or(End::Stopping)?);
                self.events();
            }
            written = self.pending.write_to(&mut self.send), if !self.pending.is_empty() => {
                written.map_err(|_| self.lost())?;
            }
            frame = self.from_peer.recv(), if self.waiting.is_none() => {
                self.frame(frame).await?;
            }
            Ok(()) = self.accords.changed() => self.accords_changed()?,
            Ok(()) = self.progress.changed(), if self.pending.is_empty() => {}
            () = sleep(timeout) => {
                let now = self.tools.clock.monotonic();
                self.session.handle_timeout(now).map_err(End::Session)?;
            }
        }
        Ok(None)
    }

    /// The next frames to send, up to a batch; none if there is nothing to send.
    fn transmits(&mut self) -> Result<Vec<Bytes>, End> {
        let mut frames = Vec::new();
        let mut bytes = 0;
        while bytes < BATCH_BYTES
            && let Some(frame) = self.session.poll_transmit(&self.tools.own).map_err(End::Session)?
        {
            bytes += frame.len();
            frames.push(frame);
        }
        Ok(frames)
    }

    /// An accord came into force, or was installed. The peer learns of an installed one from the next hello.
    fn accords_changed(&mut self) -> Result<(), End> {
        let standing = self.accords.borrow_and_update().standing;
        let installed = standing.next.is_some() && standing.next != self.stated.next;
        self.session.accords_changed(standing).map_err(End::Session)?;
        self.stated = standing;
        if installed { Err(End::AccordInstalled) } else { Ok(()) }
    }

    fn choose(&self, newer: Offer) -> Option<Offer> {
        if newer_stays(self.tools, (&self.offer, self.since), &newer) {
            return Some(newer);
        }
        newer.connection.close(code(CloseCode::Done), b"");
        None
    }

    fn lost(&self) -> End {
        self.offer.connection.close_reason().map_or(End::StreamEnded, End::Lost)
    }

    async fn frame(&mut self, frame: Option<Result<Incoming, std::io::Error>>) -> Result<(), End> {
        let frame = match frame {
            Some(Ok(Incoming::Frame(frame))) => frame,
            Some(Ok(Incoming::TooLarge(bytes))) => {
                return Err(End::Session(Malformed::FrameTooLarge(bytes).into()));
            }
            Some(Ok(Incoming::End) | Err(_)) | None => return Err(self.lost()),
        };
        let handled = self.session.handle_frame(frame, &self.tools.own);
        let theirs = self.session.peer_accords();
        if theirs != self.theirs {
            self.theirs = theirs;
            self.tools.progress.update(|progress| progress.peer_accords = theirs);
        }
        if let Err(error) = handled {
            if let Error::PeerIncompatible(PeerIncompatible::WeAreBehind { .. }) = &error {
                let freeze = Command::Freeze(error.to_string());
                self.tools.writer.send(freeze).await.map_err(|_| End::Stopping)?;
            }
            return Err(End::Session(error));
        }
        self.events();
        Ok(())
    }

    async fn hand_over_evidence(&mut self) -> Result<(), End> {
        for evidence in self.kept.drain(..) {
            self.tools.writer.send(Command::Keep(evidence)).await.map_err(|_| End::Stopping)?;
        }
        Ok(())
    }

    fn events(&mut self) {
        while self.waiting.is_none()
            && let Some(event) = self.session.poll_event()
        {
            match event {
                Event::Open { peer_writes, peer_holds } => self.opened(peer_writes, peer_holds),
                Event::Parcel(parcel) => {
                    let reply = self.evidence_in.clone();
                    self.offer_parcel(Arrival::Parcel { parcel: Box::new(parcel), reply });
                }
                Event::Receipted(receipt) => {
                    let (end, at) = (receipt.body.end(), receipt.body.time());
                    // A receipt that says nothing new is not kept: a peer could repeat it for ever.
                    if end > self.tools.progress.now().received {
                        self.tools.progress.update(|progress| {
                            (progress.received, progress.received_at) = (end, at);
                        });
                        self.kept.push(Evidence::Receipt(receipt));
                    }
                }
                Event::Cosigned(note) => {
                    let size = note.checkpoint().size;
                    let news = self.tools.own.cosigned().is_none_or(|old| old.checkpoint().size < size);
                    let at = cosigned_at(&note, self.tools);
                    self.tools.progress.update(|progress| {
                        if size > progress.cosigned {
                            (progress.cosigned, progress.cosigned_at) = (size, at);
                        }
                        // The cosignature says all that a receipt says.
                        if size > progress.received {
                            (progress.received, progress.received_at) = (size, at);
                        }
                    });
                    if news {
                        self.kept.push(Evidence::Cosigned(note));
                    }
                }
            }
        }
    }

    fn offer_parcel(&mut self, arrival: Arrival) {
        if let Err(mpsc::error::TrySendError::Full(arrival)) = self.tools.mirror.try_send(arrival) {
            self.waiting = Some(arrival);
        }
    }

    fn opened(&self, peer_writes: u64, peer_holds: u64) {
        let now = self.tools.clock.wall();
        self.tools.progress.update(|progress| progress.link = Link::Up(now));
        let peer = self.tools.setup.peer;
        tracing::info!(%peer, peer_writes, peer_holds, dialled = self.offer.dialled, "link open");
    }
}

/// When the peer cosigned, by its clock. The session has just verified the cosignature.
fn cosigned_at(note: &SignedCheckpoint, tools: &Tools) -> UnixMillis {
    let seconds = tools.setup.peer_cosigner().time_in(note.note());
    seconds.and_then(UnixMillis::from_seconds).unwrap_or_else(|| tools.clock.wall())
}

async fn sleep(timeout: Option<Duration>) {
    match timeout {
        Some(timeout) => tokio::time::sleep(timeout).await,
        None => std::future::pending().await,
    }
}
