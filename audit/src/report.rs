//! The answer: for people with `Display`, for programs as JSON.

use std::fmt;

use karakoro_proto::leaf::AccordLeaf;
use karakoro_proto::log::checkpoint::Checkpoint;
use karakoro_proto::log::merkle::Hash;
use serde::{Serialize, Serializer};

use crate::fault::Finding;

mod print;

/// The name of the JSON form.
pub const SCHEMA: &str = "karakoro/audit-report/v1";

/// The three answers that an auditor can get, the better one first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Everything was checked and holds.
    Agree,
    /// Nothing is known to be wrong, but something could not be checked.
    CouldNotCheck,
    /// Something is wrong.
    Disagree,
}

impl Verdict {
    /// The exit code of a command with this answer.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Agree => 0,
            Self::Disagree => 1,
            Self::CouldNotCheck => 3,
        }
    }

    fn of(findings: &[Finding]) -> Self {
        findings.iter().map(Finding::verdict).max().unwrap_or(Self::Agree)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Agree => "AGREE",
            Self::CouldNotCheck => "COULD NOT CHECK",
            Self::Disagree => "DISAGREE",
        })
    }
}

/// What an audit found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// The answer to the whole question.
    pub verdict: Verdict,
    /// Each log that was verified.
    pub logs: Vec<LogReport>,
    /// Each log of which two copies were compared.
    pub pairs: Vec<PairReport>,
    /// The message that an evidence file is about.
    pub evidence: Option<EvidenceReport>,
    /// What is wrong or not known beyond single logs.
    pub findings: Vec<Finding>,
    /// What a reader should know, though it changes no answer.
    pub notices: Vec<String>,
}

impl Report {
    /// The worst of all parts decides.
    pub(crate) fn conclude(parts: ReportParts) -> Self {
        let ReportParts { logs, pairs, evidence, findings, notices } = parts;
        let verdicts = logs.iter().map(|log| log.verdict).chain(pairs.iter().map(|pair| pair.verdict));
        let worst = verdicts.chain(evidence.iter().map(|evidence| evidence.verdict)).max();
        let verdict = Verdict::of(&findings).max(worst.unwrap_or(Verdict::Agree));
        Self { verdict, logs, pairs, evidence, findings, notices }
    }

    /// A report about one thing that is wrong or not known.
    pub(crate) fn of_finding(finding: Finding) -> Self {
        Self::conclude(ReportParts { findings: vec![finding], ..ReportParts::default() })
    }

    /// The JSON form on one line. Hashes are whole and in hexadecimal.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("keys are strings and no value can fail")
    }
}

/// What [`Report::conclude`] draws its conclusion from.
#[derive(Debug, Default)]
pub(crate) struct ReportParts {
    pub(crate) logs: Vec<LogReport>,
    pub(crate) pairs: Vec<PairReport>,
    pub(crate) evidence: Option<EvidenceReport>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) notices: Vec<String>,
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Json<'a> {
            schema: &'static str,
            ok: bool,
            verdict: Verdict,
            #[serde(skip_serializing_if = "<[_]>::is_empty")]
            logs: &'a [LogReport],
            #[serde(skip_serializing_if = "<[_]>::is_empty")]
            pairs: &'a [PairReport],
            #[serde(skip_serializing_if = "Option::is_none")]
            evidence: Option<&'a EvidenceReport>,
            findings: &'a [Finding],
            notices: &'a [String],
        }
        let Self { verdict, logs, pairs, evidence, findings, notices } = self;
        let (ok, evidence) = (*verdict == Verdict::Agree, evidence.as_ref());
        Json { schema: SCHEMA, ok, verdict: *verdict, logs, pairs, evidence, findings, notices }
            .serialize(serializer)
    }
}

/// What was found about one log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct LogReport {
    /// The folder, as the caller named it.
    pub folder: String,
    /// The answer for this log.
    pub verdict: Verdict,
    /// What its writer signed, once a signature was good.
    pub head: Option<Head>,
    /// Entries by kind, as far as they could be read.
    pub leaves: LeafCounts,
    /// The accords that it anchors, oldest first; of very many, the first.
    pub accords: Vec<AccordReport>,
    /// The fingerprint of the root certificate in entry 0, to compare by telephone.
    pub root_fingerprint: Option<String>,
    /// What is wrong or not known.
    pub findings: Vec<Finding>,
    /// How many findings were left out.
    pub findings_left_out: u64,
    /// What a reader should know.
    pub notices: Vec<String>,
}

impl LogReport {
    pub(crate) fn new(folder: String) -> Self {
        Self {
            folder,
            verdict: Verdict::Agree,
            head: None,
            leaves: LeafCounts::default(),
            accords: Vec::new(),
            root_fingerprint: None,
            findings: Vec::new(),
            findings_left_out: 0,
            notices: Vec::new(),
        }
    }

    pub(crate) fn conclude(mut self, findings: (Vec<Finding>, u64)) -> Self {
        (self.findings, self.findings_left_out) = findings;
        self.verdict = Verdict::of(&self.findings);
        self
    }
}

/// A signed statement of a log about itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Head {
    /// Which log, how many entries, which root.
    #[serde(flatten, serialize_with = "serialize_checkpoint")]
    pub checkpoint: Checkpoint,
    /// The name of the key that signed for the log.
    pub signed_by: String,
    /// Who cosigned, and when.
    pub cosigned: Vec<Cosigned>,
    /// The note itself: with a contradicting one it is evidence that travels.
    pub note: String,
}

fn serialize_checkpoint<S: Serializer>(checkpoint: &Checkpoint, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Json {
        origin: String,
        size: u64,
        root: String,
    }
    let Checkpoint { origin, size, root } = checkpoint;
    Json { origin: origin.to_string(), size: *size, root: root.to_hex() }.serialize(serializer)
}

fn serialize_hash<S: Serializer>(hash: &Option<Hash>, serializer: S) -> Result<S::Ok, S::Error> {
    hash.map(|hash| hash.to_hex()).serialize(serializer)
}

/// Somebody's cosignature.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Cosigned {
    /// The name of the key.
    pub by: String,
    /// When, by the cosigner's clock, in seconds since 1970.
    pub time_seconds: u64,
}

/// How many entries of each kind a log has.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct LeafCounts {
    /// Messages.
    pub messages: u64,
    /// Verdicts on the other country's messages.
    pub verdicts: u64,
    /// Anchors of the opposite direction.
    pub anchors: u64,
    /// Erasures: of messages of this log, and of copies of the opposite one's.
    pub erased: u64,
    /// Published keys.
    pub keys: u64,
    /// Accords that came into force.
    pub accords: u64,
    /// Kinds that this version does not know.
    pub unknown: u64,
}

/// An accord that a log anchors.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AccordReport {
    /// The entry that says so.
    pub entry: u64,
    /// Which one, and since when.
    pub anchored: AccordLeaf,
}

impl Serialize for AccordReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Json {
            entry: u64,
            version: u32,
            hash: String,
            effective: String,
        }
        let Self { entry, anchored: AccordLeaf { accord, effective } } = *self;
        let (hash, effective) = (accord.hash.to_string(), effective.to_string());
        Json { entry, version: accord.version, hash, effective }.serialize(serializer)
    }
}

/// What two copies of one log come to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PairReport {
    /// The answer for this log.
    pub verdict: Verdict,
    /// The first copy's head.
    pub a: Head,
    /// The second copy's head.
    pub b: Head,
    /// How many entries from the first on are the same in both, as far as both reach.
    pub common: u64,
    /// The root over those entries.
    #[serde(serialize_with = "serialize_hash")]
    pub common_root: Option<Hash>,
    /// The first entry that differs.
    pub first_difference: Option<u64>,
    /// What is wrong or not known.
    pub findings: Vec<Finding>,
}

impl PairReport {
    /// `copies` is the worse answer of the two copies by themselves.
    pub(crate) fn conclude(mut self, copies: Verdict) -> Self {
        self.verdict = Verdict::of(&self.findings).max(copies);
        self
    }
}

/// What one evidence file shows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct EvidenceReport {
    /// The answer.
    pub verdict: Verdict,
    /// The log's signed statement in which the message is included.
    pub head: Option<Head>,
    /// Which entry of the log the message is.
    pub entry: u64,
    /// Who signed it.
    pub signers: Vec<Signer>,
    /// Whether its content is shown.
    pub body: BodyState,
    /// Why it is not, where it was destroyed: as the log says, and as was verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub erased: Option<ErasedReport>,
    /// What it says of itself, if that is shown and opens the commitment.
    pub message: Option<MessageReport>,
    /// The fingerprint of the country's root certificate.
    pub root_fingerprint: Option<String>,
}

/// Whether evidence shows the content of its message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BodyState {
    /// It does.
    Shown,
    /// It was destroyed, and the entry stays.
    Erased,
    /// It is not part of this evidence.
    Withheld,
}

/// What the log says of an erasure.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ErasedReport {
    /// The entry that says so.
    pub entry: u64,
    /// The message, by its id.
    pub id: String,
    /// The basis, by its name; of a later version's, the number.
    pub basis: String,
    /// The basis, for people.
    pub meaning: &'static str,
    /// The decision behind it, if it has a number.
    pub reference: Option<String>,
    /// When it was ordered, by the clock of who ordered it.
    pub ordered: String,
    /// The officer who ordered it, by the name in the certificate; none where the accord demanded it.
    pub ordered_by: Option<String>,
}

/// An officer's signature that holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Signer {
    /// `author` or `approver`.
    pub purpose: &'static str,
    /// The officer's name in the certificate.
    pub name: String,
    /// The key, in short.
    pub key: String,
}

/// What a message says of itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct MessageReport {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: &'static str,
    /// The country and station that wrote it.
    pub from: String,
    /// The country that it is for.
    pub to: String,
    /// When it was written, by the writer's clock.
    pub created: String,
    /// Bytes of its payload.
    pub payload_bytes: usize,
}
