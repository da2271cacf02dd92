//! Answers about messages: what is held, and what is proven of it.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use karakoro_proto::envelope::{Header, MessageId};
use karakoro_proto::identity::certificate::{Certificate, RootCertificate};
use karakoro_proto::identity::{Country, Origin};
use karakoro_proto::keyring::Keyring;
use karakoro_proto::leaf::{Leaf, MessageLeaf};
use karakoro_proto::service::{
    Fact, Facts, Failure, FailureKind, MAX_LIST, MessageBox, MessageView, Request, Response, Status,
};
use karakoro_proto::wire::MAX_FRAME_BYTES;
use tokio::sync::{mpsc, watch};

use crate::accords::{self, AccordBoard};
use crate::clock::Clock;
use crate::indexer::IndexView;
use crate::ledger::index::{Place, Side};
use crate::ledger::log::{LedgerError, LogReader};
use crate::progress::{Progress, ProgressBoard};
use crate::service::{DraftDesk, RecentlySealed};
use crate::writer;

/// Bytes of messages after which a list ends. Half a frame leaves the rest for all that is said about them.
pub(super) const MAX_PAGE_BYTES: usize = MAX_FRAME_BYTES / 2;

/// Who answers.
#[derive(Clone, Debug)]
pub struct Station {
    /// Our country.
    pub country: Country,
    /// The other one.
    pub peer: Country,
    /// Where messages are written here.
    pub name: karakoro_proto::envelope::Station,
    /// The log that we write.
    pub writes: Origin,
    /// The log that we mirror.
    pub mirrors: Origin,
}

/// Answers requests.
#[derive(Debug)]
pub struct Answers {
    /// Who answers.
    pub station: Station,
    /// Our root, under which our officers stand.
    pub own_root: RootCertificate,
    /// The certificates of our officers as the home holds them, one for each key.
    pub officers: Vec<Certificate>,
    /// The peer's root.
    pub peer_root: RootCertificate,
    /// Our log.
    pub own: LogReader,
    /// The peer's, mirrored.
    pub mirror: LogReader,
    /// Where messages are found.
    pub index: IndexView,
    /// How far things have got.
    pub progress: ProgressBoard,
    /// The writer of our log.
    pub writer: mpsc::Sender<writer::Command>,
    /// The date, for certificates.
    pub clock: Arc<dyn Clock>,
    /// The keyrings of both logs, as far as they were read.
    pub keyrings: Keyrings,
    /// What was sealed last.
    pub sealed: RecentlySealed,
    /// The accords that this node goes by.
    pub accords: AccordBoard,
    /// The home, from which accords are read anew.
    pub home: PathBuf,
    /// What waits for a second officer.
    pub drafts: DraftDesk,
}

/// The officers' keys of both logs, made anew when a log has grown since.
#[derive(Debug, Default)]
pub struct Keyrings {
    own: RwLock<Option<(usize, Arc<Keyring>)>>,
    mirror: RwLock<Option<(usize, Arc<Keyring>)>>,
}

impl Keyrings {
    fn of(
        cache: &RwLock<Option<(usize, Arc<Keyring>)>>,
        log: &LogReader,
        root: &RootCertificate,
    ) -> Result<Arc<Keyring>, Failure> {
        let published = log.published_keys();
        if let Some((known, keyring)) = &*cache.read().unwrap_or_else(PoisonError::into_inner)
            && *known == published
        {
            return Ok(keyring.clone());
        }
        let keyring = log.keyring(root).map_err(|error| Failure::new(FailureKind::Storage, error))?;
        let keyring = Arc::new(keyring);
        *cache.write().unwrap_or_else(PoisonError::into_inner) = Some((published, keyring.clone()));
        Ok(keyring)
    }
}

impl From<LedgerError> for Response {
    fn from(error: LedgerError) -> Self {
        Self::Failure(Failure::new(FailureKind::Storage, error))
    }
}

pub(super) fn storage(error: LedgerError) -> Failure {
    Failure::new(FailureKind::Storage, error)
}

impl Answers {
    pub(super) fn keyring(&self) -> Result<Arc<Keyring>, Failure> {
        Keyrings::of(&self.keyrings.own, &self.own, &self.own_root)
    }

    fn keyring_of(&self, side: Side) -> Result<Arc<Keyring>, Failure> {
        match side {
            Side::Own => self.keyring(),
            Side::Mirror => Keyrings::of(&self.keyrings.mirror, &self.mirror, &self.peer_root),
        }
    }

    pub(super) fn log(&self, side: Side) -> &LogReader {
        match side {
            Side::Own => &self.own,
            Side::Mirror => &self.mirror,
        }
    }

    /// Answers any request but a submission.
    pub(super) async fn answer(self: &Arc<Self>, id: u64, request: Request, to: &mpsc::Sender<Bytes>) {
        let response = match request {
            Request::Status => Response::Status(self.status()),
            Request::ReadAccords => self.blocking(Self::read_accords).await,
            Request::List { from, before, most } => {
                self.blocking(move |answers| answers.list(side(from), before, most).map(Response::List)).await
            }
            Request::Show(id) => {
                self.blocking(move |answers| answers.show(id).map(|view| Response::Message(Box::new(view))))
                    .await
            }
            Request::Wait(id, fact) => self.wait(id, fact).await,
            Request::Watch => return self.watch(id, to).await,
            Request::Watchlist(query) => self.blocking(move |answers| answers.watchlist(query)).await,
            Request::Check(submission) => {
                self.blocking(move |answers| answers.check(submission).map(|_| Response::Checked)).await
            }
            Request::CheckAlone(submission) => {
                self.blocking(move |answers| answers.check_alone(submission).map(|_| Response::Checked)).await
            }
            Request::Erase(leaf) => self.erase(*leaf).await,
            Request::Draft(request) => self.blocking(move |answers| answers.drafting(request)).await,
            Request::Submit(_) => {
                Response::Failure(Failure::new(FailureKind::BadRequest, "a submission out of order"))
            }
        };
        // The caller may be gone.
        _ = to.send(response.encode(id)).await;
    }

    /// Runs what reads the disk beside the sockets.
    pub(super) async fn blocking(
        self: &Arc<Self>,
        act: impl FnOnce(&Self) -> Result<Response, Failure> + Send + 'static,
    ) -> Response {
        let answers = self.clone();
        let done = tokio::task::spawn_blocking(move || act(&answers)).await;
        match done {
            Ok(Ok(response)) => response,
            Ok(Err(failure)) => Response::Failure(failure),
            Err(error) => Response::Failure(Failure::new(FailureKind::Unavailable, error)),
        }
    }

    /// Reads the accords of the home anew: somebody has installed one.
    fn read_accords(&self) -> Result<Response, Failure> {
        let chain = accords::load(&self.home, [&self.own_root, &self.peer_root])
            .map_err(|error| Failure::new(FailureKind::Storage, error))?;
        self.accords.replace(chain, self.clock.wall());
        tracing::info!(accord = %self.accords.now().standing, "accords read anew");
        Ok(Response::Status(self.status()))
    }

    fn status(&self) -> Status {
        let Progress { own, received, cosigned, mirrored, link, frozen, peer_accords, .. } =
            self.progress.now();
        Status {
            country: self.station.country,
            peer: self.station.peer,
            station: self.station.name.to_string(),
            writes: self.station.writes,
            mirrors: self.station.mirrors,
            own,
            received,
            cosigned,
            mirrored,
            link,
            frozen,
            accords: self.accords.now().standing,
            peer_accords,
        }
    }

    pub(super) fn place(&self, id: MessageId) -> Result<Option<Place>, Failure> {
        self.index.catch_up().map_err(storage)?;
        self.index.ask(|index| index.place(id)).map_err(storage)
    }

    fn list(&self, side: Side, before: Option<u64>, most: u32) -> Result<Vec<MessageView>, Failure> {
        self.index.catch_up().map_err(storage)?;
        let before = before.unwrap_or(u64::MAX);
        let most = most.min(MAX_LIST) as usize;
        let entries = self.index.ask(|index| index.messages_before(side, before, most)).map_err(storage)?;
        let mut page = Page::default();
        for index in entries {
            let Some(view) = self.view(Place { side, index })? else { continue };
            if let Err(PageFull) = page.add(view) {
                break;
            }
        }
        Ok(page.views)
    }

    fn show(&self, id: MessageId) -> Result<MessageView, Failure> {
        let unknown = || Failure::new(FailureKind::NotFound, format!("no message {id} is held here"));
        let place = self.place(id)?.ok_or_else(unknown)?;
        self.view(place)?.ok_or_else(unknown)
    }

    /// A message for somebody who waits for a fact. What the peer signs is shown as it comes, so that for
    /// this the index need not be brought up to date; verdicts and readings stand in the index alone.
    fn show_for(&self, id: MessageId, fact: Fact) -> Result<MessageView, Failure> {
        let signed = matches!(fact, Fact::Sealed | Fact::Received | Fact::InBothLogs);
        let recent = self.sealed.entry(id).filter(|_| signed);
        let view = recent.map(|index| self.view(Place { side: Side::Own, index })).transpose()?.flatten();
        view.map_or_else(|| self.show(id), Ok)
    }

    /// A message with what is proven of it. Where the body is destroyed, the facts and signers are still there.
    pub(super) fn view(&self, place: Place) -> Result<Option<MessageView>, Failure> {
        let log = self.log(place.side);
        let Some(entry) = log.entry(place.index).map_err(storage)? else { return Ok(None) };
        let Ok(Leaf::Message(leaf)) = Leaf::decode(&entry.leaf) else { return Ok(None) };
        let (header, payload, id) = match log.body(&entry).map_err(storage)? {
            Some(body) => {
                let header = Header::decode(&body.header).map_err(|error| {
                    Failure::new(FailureKind::Storage, format!("entry {}: {error}", place.index))
                })?;
                (body.header, body.payload, Some(header.id))
            }
            None => (Bytes::new(), Bytes::new(), None),
        };
        Ok(Some(MessageView {
            from: message_box(place.side),
            index: place.index,
            commitment: leaf.commitment,
            signers: self.signers(place.side, leaf)?,
            facts: self.facts(place, id)?,
            header,
            payload,
        }))
    }

    fn signers(&self, side: Side, leaf: MessageLeaf) -> Result<Vec<(u8, String)>, Failure> {
        let MessageLeaf { signatures, .. } = leaf;
        let keyring = self.keyring_of(side)?;
        let name = |key| keyring.certificate(key).map(|certificate| certificate.id().to_string());
        Ok(signatures
            .iter()
            .map(|signature| {
                (signature.purpose.code(), name(signature.key).unwrap_or_else(|| signature.key.to_string()))
            })
            .collect())
    }

    /// `id` is `None` where the header is gone: the entry that says so has it.
    fn facts(&self, place: Place, id: Option<MessageId>) -> Result<Facts, Failure> {
        let Place { side, index } = place;
        let known = self.index.ask(|rows| {
            let erased_here = rows.erased(place, Side::Own)?;
            let erased_at_peer = rows.erased(place, Side::Mirror)?;
            let said = erased_here.as_ref().or(erased_at_peer.as_ref()).map(|word| word.leaf.erasure.message);
            let reading = id.or(said).map(|id| rows.reading(side, id)).transpose()?.flatten();
            Ok(Facts {
                received: if side == Side::Own { rows.received(index)? } else { None },
                in_both_logs: rows.cosigned(side, index)?,
                verdict: rows.verdict(side, index)?,
                read: reading.map(|reading| reading.time),
                erased_here,
                erased_at_peer,
            })
        });
        let mut facts = known.map_err(storage)?;
        match side {
            Side::Own => self.add_news(index, &mut facts),
            Side::Mirror => {
                // The newest checkpoint of the mirror bears our cosignature and is in no segment yet.
                let newest = || {
                    let note = self.mirror.newest()?.to_string();
                    self.mirror.cosigned_at(note.as_bytes()).filter(|(size, _)| *size > index)
                };
                facts.in_both_logs = facts.in_both_logs.or_else(newest);
                facts.received = facts.in_both_logs.map(|(_, time)| time);
            }
        }
        Ok(facts)
    }

    /// What the peer has signed a moment ago and the index does not know yet.
    fn add_news(&self, index: u64, facts: &mut Facts) {
        let now = self.progress.now();
        if facts.in_both_logs.is_none() && now.cosigned > index {
            facts.in_both_logs = Some((now.cosigned, now.cosigned_at));
        }
        if facts.received.is_none() && now.received > index {
            facts.received = Some(now.received_at);
        }
    }

    async fn wait(self: &Arc<Self>, id: MessageId, fact: Fact) -> Response {
        let mut progress = self.progress.watch();
        loop {
            // Before the look at the disk: what comes in meanwhile must count as news.
            let seen = progress.borrow_and_update().clone();
            let answers = self.clone();
            let held = tokio::task::spawn_blocking(move || answers.show_for(id, fact)).await;
            match held {
                Ok(Ok(view)) if is_true(fact, &view.facts) => return Response::Message(Box::new(view)),
                Ok(Ok(mut view)) => {
                    if let Err(stopped) = self.wait_for_news(&mut progress, fact, view.index, &seen).await {
                        return Response::Failure(stopped);
                    }
                    // Receipts and cosignatures are told at once, without another look at the disk.
                    if view.from == MessageBox::Sent {
                        self.add_news(view.index, &mut view.facts);
                    }
                    if is_true(fact, &view.facts) {
                        return Response::Message(Box::new(view));
                    }
                }
                Ok(Err(failure)) => return Response::Failure(failure),
                Err(error) => return Response::Failure(Failure::new(FailureKind::Unavailable, error)),
            }
        }
    }

    /// Waits until the fact may have become true; receipts and cosignatures need no look at the disk, and
    /// verdicts and readings lie in the mirror beyond what it was when the disk was looked at.
    async fn wait_for_news(
        &self,
        progress: &mut watch::Receiver<Progress>,
        fact: Fact,
        index: u64,
        seen: &Progress,
    ) -> Result<(), Failure> {
        let Progress { own, mirrored, .. } = *seen;
        let news = progress.wait_for(|progress| match fact {
            Fact::Sealed => true,
            Fact::Received => progress.received > index,
            Fact::InBothLogs => progress.cosigned > index,
            Fact::Judged | Fact::Read | Fact::ErasedAtPeer => progress.mirrored > mirrored,
            Fact::ErasedHere => progress.own > own,
        });
        news.await.map(|_| ()).map_err(|_| Failure::new(FailureKind::Unavailable, "the node is stopping"))
    }
}

/// Messages that fit one answer; the caller asks again from the last one on.
#[derive(Default)]
pub(super) struct Page {
    pub(super) views: Vec<MessageView>,
    bytes: usize,
}

pub(super) struct PageFull;

impl Page {
    /// Adds a message, unless there is no more room; the first one always has.
    pub(super) fn add(&mut self, view: MessageView) -> Result<(), PageFull> {
        self.bytes += view.header.len() + view.payload.len();
        if self.bytes > MAX_PAGE_BYTES && !self.views.is_empty() {
            return Err(PageFull);
        }
        self.views.push(view);
        Ok(())
    }
}

pub(super) fn is_true(fact: Fact, facts: &Facts) -> bool {
    match fact {
        Fact::Sealed => true,
        Fact::Received => facts.received.is_some(),
        Fact::InBothLogs => facts.in_both_logs.is_some(),
        Fact::Judged => facts.verdict.is_some(),
        Fact::Read => facts.read.is_some(),
        Fact::ErasedHere => facts.erased_here.is_some(),
        Fact::ErasedAtPeer => facts.erased_at_peer.is_some(),
    }
}

fn side(from: MessageBox) -> Side {
    match from {
        MessageBox::Sent => Side::Own,
        MessageBox::Inbox => Side::Mirror,
    }
}

fn message_box(side: Side) -> MessageBox {
    match side {
        Side::Own => MessageBox::Sent,
        Side::Mirror => MessageBox::Inbox,
    }
}

#[cfg(test)]
mod tests {
    use karakoro_proto::envelope::{Commitment, MAX_PAYLOAD_BYTES};

    use super::*;

    #[test]
    fn a_page_of_the_largest_messages_fits_a_frame_and_is_never_empty() {
        let view = |bytes: usize| MessageView {
            from: MessageBox::Sent,
            index: 0,
            header: Bytes::from_static(b"header"),
            payload: vec![0; bytes].into(),
            signers: Vec::new(),
            facts: Facts::default(),
            commitment: Commitment([0; 32]),
        };
        for bytes in [0, 1000, 400_000, MAX_PAYLOAD_BYTES] {
            let mut page = Page::default();
            while page.views.len() < MAX_LIST as usize && page.add(view(bytes)).is_ok() {}
            assert!(!page.views.is_empty());
            assert!(Response::List(page.views).encode(1).len() <= MAX_FRAME_BYTES, "{bytes}");
        }
    }
}
