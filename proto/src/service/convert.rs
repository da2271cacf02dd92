//! Between the types of this module and their protobuf: one pair of arms for each message.

use bytes::Bytes;

use super::{
    ErasedWord, Fact, Facts, Failure, FailureKind, Link, MAX_LIST, MessageBox, MessageView, Request,
    Response, Status, Submission, WatchEvent,
};
use crate::accord::{AccordId, Standing};
use crate::envelope::{Commitment, MessageId};
use crate::error::Malformed;
use crate::leaf::{ErasedLeaf, Leaf, VerdictLeaf};
use crate::time::UnixMillis;
use crate::wire::pb;

/// Pairs an enum of ours with its protobuf twin, whose zero is refused.
macro_rules! paired {
    ($ours:ident, $field:literal: $($variant:ident),+) => {
        impl $ours {
            fn to_wire(self) -> i32 {
                match self { $(Self::$variant => pb::$ours::$variant.into()),+ }
            }

            fn from_wire(number: i32) -> Result<Self, Malformed> {
                match pb::$ours::try_from(number) {
                    $(Ok(pb::$ours::$variant) => Ok(Self::$variant),)+
                    Ok(pb::$ours::Unspecified) | Err(_) => Err(Malformed::Field($field)),
                }
            }
        }
    };
}

paired!(Fact, "fact": Sealed, Received, InBothLogs, Judged, Read, ErasedHere, ErasedAtPeer);
paired!(FailureKind, "failure.kind": BadRequest, NotFound, Refused, Signature, Storage, Unavailable);

impl MessageBox {
    fn to_wire(self) -> i32 {
        match self {
            Self::Sent => pb::Box::Sent.into(),
            Self::Inbox => pb::Box::Inbox.into(),
        }
    }

    fn from_wire(number: i32) -> Result<Self, Malformed> {
        match pb::Box::try_from(number) {
            Ok(pb::Box::Sent) => Ok(Self::Sent),
            Ok(pb::Box::Inbox) => Ok(Self::Inbox),
            Ok(pb::Box::Unspecified) | Err(_) => Err(Malformed::Field("box")),
        }
    }
}

pub(super) fn id_bytes(id: MessageId) -> Bytes {
    Bytes::copy_from_slice(id.as_bytes())
}

pub(super) fn id(bytes: &[u8]) -> Result<MessageId, Malformed> {
    MessageId::from_bytes(bytes).map_err(|_| Malformed::Field("message id"))
}

pub(super) fn time(millis: u64) -> Result<UnixMillis, Malformed> {
    UnixMillis::new(millis).ok_or(Malformed::Field("time"))
}

impl From<Request> for pb::request::Request {
    fn from(request: Request) -> Self {
        match request {
            Request::Status => Self::Status(pb::StatusQuery {}),
            Request::Submit(submission) => Self::Submit(submission.into()),
            Request::Draft(request) => Self::Draft(request.into()),
            Request::List { from, before, most } => {
                Self::List(pb::ListQuery { r#box: from.to_wire(), before, most })
            }
            Request::Show(id) => Self::Show(pb::ShowQuery { message: id_bytes(id) }),
            Request::Wait(id, fact) => {
                Self::Wait(pb::WaitQuery { message: id_bytes(id), fact: fact.to_wire() })
            }
            Request::Watch => Self::Watch(pb::WatchQuery {}),
            Request::Watchlist(query) => Self::Watchlist(query.into()),
            Request::Check(submission) => Self::Check(submission.into()),
            Request::CheckAlone(submission) => Self::CheckAlone(submission.into()),
            Request::Erase(leaf) => Self::Erase(pb::EraseOrder { leaf: Leaf::Erased(*leaf).encode().into() }),
            Request::ReadAccords => Self::ReadAccords(pb::ReadAccords {}),
        }
    }
}

impl TryFrom<pb::request::Request> for Request {
    type Error = Malformed;

    fn try_from(wire: pb::request::Request) -> Result<Self, Malformed> {
        use pb::request::Request as Wire;
        Ok(match wire {
            Wire::Status(_) => Self::Status,
            Wire::Submit(submission) => Self::Submit(Submission::from_wire(submission)?),
            Wire::List(query) if query.most <= MAX_LIST => {
                let from = MessageBox::from_wire(query.r#box)?;
                Self::List { from, before: query.before, most: query.most }
            }
            Wire::List(_) => return Err(Malformed::Field("list.most")),
            Wire::Show(query) => Self::Show(id(&query.message)?),
            Wire::Wait(query) => Self::Wait(id(&query.message)?, Fact::from_wire(query.fact)?),
            Wire::Watch(_) => Self::Watch,
            Wire::Watchlist(query) => Self::Watchlist(query.try_into()?),
            Wire::Check(submission) => Self::Check(Submission::from_wire(submission)?),
            Wire::CheckAlone(submission) => Self::CheckAlone(Submission::from_wire(submission)?),
            Wire::Erase(order) => Self::Erase(Box::new(erased(&order.leaf, "erase.leaf")?)),
            Wire::ReadAccords(_) => Self::ReadAccords,
            Wire::Draft(request) => Self::Draft(request.try_into()?),
        })
    }
}

impl From<Response> for pb::response::Response {
    fn from(response: Response) -> Self {
        match response {
            Response::Status(status) => Self::Status(status.into()),
            Response::Sealed { index, again } => Self::Sealed(pb::Sealed { index, again }),
            Response::List(messages) => {
                Self::List(pb::MessageList { messages: messages.into_iter().map(Into::into).collect() })
            }
            Response::Message(message) => Self::Message((*message).into()),
            Response::Event(event) => Self::Event(pb::WatchEvent { event: Some(event.into()) }),
            Response::Watchlist(answer) => Self::Watchlist(answer.into()),
            Response::Checked => Self::Checked(pb::Checked {}),
            Response::Draft(response) => Self::Draft(response.into()),
            Response::Failure(failure) => {
                Self::Failure(pb::Failure { kind: failure.kind.to_wire(), text: failure.text })
            }
        }
    }
}

impl TryFrom<pb::response::Response> for Response {
    type Error = Malformed;

    fn try_from(wire: pb::response::Response) -> Result<Self, Malformed> {
        use pb::response::Response as Wire;
        Ok(match wire {
            Wire::Status(status) => Self::Status(status.try_into()?),
            Wire::Sealed(pb::Sealed { index, again }) => Self::Sealed { index, again },
            Wire::List(list) => {
                Self::List(list.messages.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?)
            }
            Wire::Message(message) => Self::Message(Box::new(message.try_into()?)),
            Wire::Event(event) => Self::Event(event.event.ok_or(Malformed::EmptyFrame)?.try_into()?),
            Wire::Watchlist(answer) => Self::Watchlist(answer.try_into()?),
            Wire::Checked(_) => Self::Checked,
            Wire::Draft(response) => Self::Draft(response.try_into()?),
            Wire::Failure(pb::Failure { kind, text }) => {
                Self::Failure(Failure { kind: FailureKind::from_wire(kind)?, text })
            }
        })
    }
}

impl From<Status> for pb::Status {
    fn from(status: Status) -> Self {
        Self {
            country: status.country.to_string(),
            peer: status.peer.to_string(),
            station: status.station,
            writes: status.writes.to_string(),
            mirrors: status.mirrors.to_string(),
            own: status.own,
            received: status.received,
            cosigned: status.cosigned,
            mirrored: status.mirrored,
            link: Some(status.link.into()),
            frozen: status.frozen.unwrap_or_default(),
            accords: Some(status.accords.into()),
            peer_accords: Some(status.peer_accords.into()),
        }
    }
}

impl TryFrom<pb::Status> for Status {
    type Error = Malformed;

    fn try_from(wire: pb::Status) -> Result<Self, Malformed> {
        let field = |name| move |_| Malformed::Field(name);
        Ok(Self {
            country: wire.country.parse().map_err(field("status.country"))?,
            peer: wire.peer.parse().map_err(field("status.peer"))?,
            station: wire.station,
            writes: wire.writes.parse().map_err(field("status.writes"))?,
            mirrors: wire.mirrors.parse().map_err(field("status.mirrors"))?,
            own: wire.own,
            received: wire.received,
            cosigned: wire.cosigned,
            mirrored: wire.mirrored,
            link: wire.link.ok_or(Malformed::Field("status.link"))?.try_into()?,
            frozen: (!wire.frozen.is_empty()).then_some(wire.frozen),
            accords: wire.accords.as_ref().map(standing).transpose()?.unwrap_or_default(),
            peer_accords: wire.peer_accords.as_ref().map(standing).transpose()?.unwrap_or_default(),
        })
    }
}

impl From<Standing> for pb::AccordStanding {
    fn from(standing: Standing) -> Self {
        Self { in_force: standing.in_force.map(Into::into), next: standing.next.map(Into::into) }
    }
}

fn standing(wire: &pb::AccordStanding) -> Result<Standing, Malformed> {
    let id = |wire: &Option<pb::AccordId>| {
        let read = |wire| AccordId::from_wire(wire).ok_or(Malformed::Field("status.accords"));
        wire.as_ref().map(read).transpose()
    };
    Ok(Standing { in_force: id(&wire.in_force)?, next: id(&wire.next)? })
}

impl From<Link> for pb::Link {
    fn from(link: Link) -> Self {
        let (state, since) = match link {
            Link::Unknown => (pb::LinkState::Unknown, UnixMillis::default()),
            Link::Up(since) => (pb::LinkState::Up, since),
            Link::Down(since) => (pb::LinkState::Down, since),
        };
        Self { state: state.into(), since_ms: since.millis() }
    }
}

impl TryFrom<pb::Link> for Link {
    type Error = Malformed;

    fn try_from(wire: pb::Link) -> Result<Self, Malformed> {
        match pb::LinkState::try_from(wire.state) {
            Ok(pb::LinkState::Unknown) => Ok(Self::Unknown),
            Ok(pb::LinkState::Up) => Ok(Self::Up(time(wire.since_ms)?)),
            Ok(pb::LinkState::Down) => Ok(Self::Down(time(wire.since_ms)?)),
            Ok(pb::LinkState::Unspecified) | Err(_) => Err(Malformed::Field("link.state")),
        }
    }
}

impl From<MessageView> for pb::MessageView {
    fn from(view: MessageView) -> Self {
        let signers = view.signers.into_iter();
        Self {
            r#box: view.from.to_wire(),
            index: view.index,
            header: view.header,
            payload: view.payload,
            signers: signers.map(|(purpose, name)| pb::Signer { purpose: purpose.into(), name }).collect(),
            facts: Some(view.facts.into()),
            commitment: Bytes::copy_from_slice(&view.commitment.0),
        }
    }
}

impl TryFrom<pb::MessageView> for MessageView {
    type Error = Malformed;

    fn try_from(wire: pb::MessageView) -> Result<Self, Malformed> {
        let signer = |signer: pb::Signer| {
            let purpose = u8::try_from(signer.purpose).map_err(|_| Malformed::Field("signer.purpose"))?;
            Ok((purpose, signer.name))
        };
        Ok(Self {
            from: MessageBox::from_wire(wire.r#box)?,
            index: wire.index,
            header: wire.header,
            payload: wire.payload,
            signers: wire.signers.into_iter().map(signer).collect::<Result<_, Malformed>>()?,
            facts: wire.facts.ok_or(Malformed::Field("message.facts"))?.try_into()?,
            commitment: Commitment(
                wire.commitment[..].try_into().map_err(|_| Malformed::Field("message.commitment"))?,
            ),
        })
    }
}

impl From<Facts> for pb::Facts {
    fn from(facts: Facts) -> Self {
        Self {
            received_ms: facts.received.map(UnixMillis::millis),
            cosigned_ms: facts.in_both_logs.map(|(_, time)| time.millis()),
            cosigned_size: facts.in_both_logs.map(|(size, _)| size),
            verdict: facts.verdict.map(|verdict| Leaf::Verdict(verdict).encode().into()),
            read_ms: facts.read.map(UnixMillis::millis),
            erased_here: facts.erased_here.map(Into::into),
            erased_at_peer: facts.erased_at_peer.map(Into::into),
        }
    }
}

impl TryFrom<pb::Facts> for Facts {
    type Error = Malformed;

    fn try_from(wire: pb::Facts) -> Result<Self, Malformed> {
        let cosigned = wire.cosigned_size.zip(wire.cosigned_ms);
        Ok(Self {
            received: wire.received_ms.map(time).transpose()?,
            in_both_logs: cosigned.map(|(size, at)| Ok((size, time(at)?))).transpose()?,
            verdict: wire.verdict.map(|leaf| verdict(&leaf)).transpose()?,
            read: wire.read_ms.map(time).transpose()?,
            erased_here: wire.erased_here.map(TryInto::try_into).transpose()?,
            erased_at_peer: wire.erased_at_peer.map(TryInto::try_into).transpose()?,
        })
    }
}

impl From<ErasedWord> for pb::ErasedWord {
    fn from(word: ErasedWord) -> Self {
        Self { entry: word.entry, leaf: Leaf::Erased(word.leaf).encode().into() }
    }
}

impl TryFrom<pb::ErasedWord> for ErasedWord {
    type Error = Malformed;

    fn try_from(wire: pb::ErasedWord) -> Result<Self, Malformed> {
        Ok(Self { entry: wire.entry, leaf: erased(&wire.leaf, "facts.erased")? })
    }
}

fn erased(leaf: &[u8], field: &'static str) -> Result<ErasedLeaf, Malformed> {
    Leaf::erased(leaf).ok_or(Malformed::Field(field))
}

fn verdict(leaf: &[u8]) -> Result<VerdictLeaf, Malformed> {
    match Leaf::decode(leaf) {
        Ok(Leaf::Verdict(verdict)) => Ok(verdict),
        _ => Err(Malformed::Field("facts.verdict")),
    }
}

impl From<WatchEvent> for pb::watch_event::Event {
    fn from(event: WatchEvent) -> Self {
        match event {
            WatchEvent::Link(link) => Self::Link(link.into()),
            WatchEvent::Arrived(view) => Self::Arrived((*view).into()),
            WatchEvent::Fact(fact, view) => {
                Self::Fact(pb::FactEvent { fact: fact.to_wire(), view: Some((*view).into()) })
            }
        }
    }
}

impl TryFrom<pb::watch_event::Event> for WatchEvent {
    type Error = Malformed;

    fn try_from(wire: pb::watch_event::Event) -> Result<Self, Malformed> {
        use pb::watch_event::Event as Wire;
        Ok(match wire {
            Wire::Link(link) => Self::Link(link.try_into()?),
            Wire::Arrived(view) => Self::Arrived(Box::new(view.try_into()?)),
            Wire::Fact(event) => {
                let view = event.view.ok_or(Malformed::Field("event.view"))?.try_into()?;
                Self::Fact(Fact::from_wire(event.fact)?, Box::new(view))
            }
        })
    }
}
