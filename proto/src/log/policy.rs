//! Trust policies (C2SP tlog-policy): which logs and witnesses count, and how many witnesses suffice.
//!
//! ```text
//! # Mauritania writes, Mali cosigns.
//! log karakoro/MR-ML/1+…
//! witness mali karakoro/ML/receipt+…
//! quorum mali
//! ```
//!
//! Stricter than C2SP in three points: the file is UTF-8; the last line ends with a newline too, since
//! a quorum's name that was cut off may be the name of a weaker one; and no key is both a log's and a
//! witness's, since every role here has keys of its own.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::cosignature::Cosignature;
use super::note::{KeyName, Note, SignatureType, Statement, VerifierKey, VerifierKeyError, VerifyError};
use super::text;
use crate::key::PublicKey;

/// The longest policy, in bytes.
pub const MAX_POLICY_LEN: usize = 64 * 1024;

/// The most logs, and the most witnesses, and the most groups; C2SP recommends 32 at least.
pub const MAX_ITEMS: usize = 256;

const NO_QUORUM: &str = "none";

/// A log whose signature counts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PolicyLog {
    /// Its key of type 01, under the log's origin as its name.
    pub key: VerifierKey,
    /// Where to ask, if that was stated.
    pub url: Option<String>,
}

/// A witness whose cosignature counts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PolicyWitness {
    /// The name within this policy, and nowhere else.
    pub name: String,
    /// Its key of type 04.
    pub key: VerifierKey,
    /// Where to ask, if that was stated.
    pub url: Option<String>,
}

/// How many members of a group must have witnessed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Threshold {
    /// Every one.
    All,
    /// One.
    Any,
    /// At least so many.
    AtLeast(usize),
}

impl Threshold {
    fn count(self, members: usize) -> usize {
        match self {
            Self::All => members,
            Self::Any => 1,
            Self::AtLeast(count) => count,
        }
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Any => f.write_str("any"),
            Self::AtLeast(count) => count.fmt(f),
        }
    }
}

/// Witnesses and groups that count together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PolicyGroup {
    /// The name within this policy.
    pub name: String,
    /// How many members must have witnessed.
    pub threshold: Threshold,
    /// Witnesses and groups that were named before.
    pub members: Vec<String>,
}

/// What must have witnessed a checkpoint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Quorum {
    /// Nothing beyond the log's signature.
    None,
    /// This witness or group.
    Name(String),
}

/// A policy that was checked as a whole; prints as the file that it parses from, without comments.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Policy {
    logs: Vec<PolicyLog>,
    witnesses: Vec<PolicyWitness>,
    groups: Vec<PolicyGroup>,
    quorum: Quorum,
    // The keys of logs and witnesses once more, as a note wants them.
    keys: Vec<VerifierKey>,
}

impl Policy {
    /// The logs.
    #[must_use]
    pub fn logs(&self) -> &[PolicyLog] {
        &self.logs
    }

    /// The witnesses.
    #[must_use]
    pub fn witnesses(&self) -> &[PolicyWitness] {
        &self.witnesses
    }

    /// The groups, each after its members.
    #[must_use]
    pub fn groups(&self) -> &[PolicyGroup] {
        &self.groups
    }

    /// The quorum.
    #[must_use]
    pub fn quorum(&self) -> &Quorum {
        &self.quorum
    }

    /// Reads a policy file.
    pub fn parse(bytes: &[u8]) -> Result<Self, PolicyError> {
        if bytes.len() > MAX_POLICY_LEN {
            return Err(PolicyError::TooLong(bytes.len()));
        }
        let file = std::str::from_utf8(bytes).map_err(|e| PolicyError::Utf8 { offset: e.valid_up_to() })?;
        let mut draft = PolicyDraft::default();
        let mut quorum = None;
        let lines = file.strip_suffix('\n').ok_or(PolicyError::Unterminated)?;
        for (number, line) in (1..).zip(lines.split('\n')) {
            let at_line = |fault| PolicyError::Line { line: number, fault };
            parse_line(line, &mut draft, &mut quorum).map_err(at_line)?;
        }
        draft.finish(quorum.ok_or(PolicyError::NoQuorum)?)
    }

    /// What a note's signatures come to under this policy, enough or not. An error if a signature by
    /// one of the policy's keys is bad, or if there is none at all.
    pub fn standing(&self, note: &Note) -> Result<Standing, VerifyError> {
        let verified = note.verify(&self.keys)?;
        let origin = note.text().split('\n').next().unwrap_or_default();
        let mut standing = Standing { log_signed: None, witnesses: Vec::new(), quorum_met: false };
        for signature in verified {
            match signature.statement {
                // A log vouches for itself only: its key's name is its origin (C2SP tlog-policy).
                Statement::Text if signature.key.name().as_str() == origin => {
                    standing.log_signed = Some(signature.key.name().clone());
                }
                Statement::Text => {}
                Statement::Cosigned(cosignature) => {
                    let witness = self.witnesses.iter().find(|witness| witness.key == *signature.key);
                    let name = witness.map(|witness| witness.name.clone());
                    standing.witnesses.extend(name.map(|name| Witnessed { name, cosignature }));
                }
            }
        }
        standing.quorum_met = self.is_met_by(standing.witnesses.iter().map(|seen| seen.name.as_str()));
        Ok(standing)
    }

    /// Checks that a listed log signed the note and that the quorum witnessed it.
    pub fn check(&self, note: &Note) -> Result<Standing, PolicyFailure> {
        let standing = self.standing(note)?;
        if standing.log_signed.is_none() {
            return Err(PolicyFailure::NoLog);
        }
        if standing.quorum_met { Ok(standing) } else { Err(PolicyFailure::NoQuorum(standing)) }
    }

    /// Groups name only what stands before them, so one pass in their order settles all.
    fn is_met_by<'a>(&'a self, witnesses: impl Iterator<Item = &'a str>) -> bool {
        let Quorum::Name(quorum) = &self.quorum else { return true };
        let mut witnessed: BTreeSet<&str> = witnesses.collect();
        for group in &self.groups {
            let count = group.members.iter().filter(|member| witnessed.contains(member.as_str())).count();
            if count >= group.threshold.count(group.members.len()) {
                witnessed.insert(&group.name);
            }
        }
        witnessed.contains(quorum.as_str())
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for PolicyLog { key, url } in &self.logs {
            writeln!(f, "log {key}{}", Url(url))?;
        }
        for PolicyWitness { name, key, url } in &self.witnesses {
            writeln!(f, "witness {name} {key}{}", Url(url))?;
        }
        for PolicyGroup { name, threshold, members } in &self.groups {
            writeln!(f, "group {name} {threshold} {}", members.join(" "))?;
        }
        match &self.quorum {
            Quorum::None => writeln!(f, "quorum {NO_QUORUM}"),
            Quorum::Name(name) => writeln!(f, "quorum {name}"),
        }
    }
}

impl FromStr for Policy {
    type Err = PolicyError;

    fn from_str(file: &str) -> Result<Self, PolicyError> {
        Self::parse(file.as_bytes())
    }
}

struct Url<'a>(&'a Option<String>);

impl fmt::Display for Url<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|url| write!(f, " {url}"))
    }
}

/// Builds a policy item by item, each checked against those before it.
#[derive(Clone, Debug, Default)]
pub struct PolicyDraft {
    logs: Vec<PolicyLog>,
    witnesses: Vec<PolicyWitness>,
    groups: Vec<PolicyGroup>,
    members: BTreeSet<String>,
}

impl PolicyDraft {
    /// Adds a log.
    pub fn add_log(&mut self, log: PolicyLog) -> Result<(), PolicyLineError> {
        check_room(self.logs.len())?;
        check_type(&log.key, SignatureType::Ed25519)?;
        check_url(log.url.as_deref())?;
        self.check_new_key(log.key.key())?;
        self.logs.push(log);
        Ok(())
    }

    /// Adds a witness.
    pub fn add_witness(&mut self, witness: PolicyWitness) -> Result<(), PolicyLineError> {
        check_room(self.witnesses.len())?;
        check_type(&witness.key, SignatureType::CosignatureV1)?;
        check_url(witness.url.as_deref())?;
        self.check_new_key(witness.key.key())?;
        self.check_new_name(&witness.name)?;
        self.witnesses.push(witness);
        Ok(())
    }

    /// Adds a group of what was added before.
    pub fn add_group(&mut self, group: PolicyGroup) -> Result<(), PolicyLineError> {
        check_room(self.groups.len())?;
        self.check_new_name(&group.name)?;
        let members = group.members.len();
        let needed = group.threshold.count(members);
        if needed == 0 || needed > members {
            return Err(PolicyLineError::Threshold { needed, members });
        }
        for member in &group.members {
            self.check_known(member)?;
            // Or one witness would count twice.
            if !self.members.insert(member.clone()) {
                return Err(PolicyLineError::MemberTwice(member.clone()));
            }
        }
        self.groups.push(group);
        Ok(())
    }

    /// The policy with its quorum.
    pub fn finish(self, quorum: Quorum) -> Result<Policy, PolicyError> {
        if let Quorum::Name(name) = &quorum {
            self.check_known(name).map_err(PolicyError::Quorum)?;
        }
        let Self { logs, witnesses, groups, members: _ } = self;
        let log_keys = logs.iter().map(|log| &log.key);
        let keys = log_keys.chain(witnesses.iter().map(|witness| &witness.key)).cloned().collect();
        Ok(Policy { logs, witnesses, groups, quorum, keys })
    }

    fn is_known(&self, name: &str) -> bool {
        self.witnesses.iter().any(|witness| witness.name == name)
            || self.groups.iter().any(|group| group.name == name)
    }

    fn check_known(&self, name: &str) -> Result<(), PolicyLineError> {
        if self.is_known(name) { Ok(()) } else { Err(PolicyLineError::UnknownName(name.to_owned())) }
    }

    fn check_new_name(&self, name: &str) -> Result<(), PolicyLineError> {
        if !is_word(name) || name == NO_QUORUM || name.starts_with('#') {
            return Err(PolicyLineError::Name(name.to_owned()));
        }
        if self.is_known(name) { Err(PolicyLineError::NameTwice(name.to_owned())) } else { Ok(()) }
    }

    fn check_new_key(&self, key: &PublicKey) -> Result<(), PolicyLineError> {
        let log_keys = self.logs.iter().map(|log| &log.key);
        let mut keys = log_keys.chain(self.witnesses.iter().map(|witness| &witness.key));
        match keys.find(|known| known.key() == key) {
            Some(known) => Err(PolicyLineError::KeyTwice(known.name().clone())),
            None => Ok(()),
        }
    }
}

fn check_room(count: usize) -> Result<(), PolicyLineError> {
    if count < MAX_ITEMS { Ok(()) } else { Err(PolicyLineError::TooMany) }
}

fn check_type(key: &VerifierKey, expected: SignatureType) -> Result<(), PolicyLineError> {
    let found = key.signature_type();
    if found == expected { Ok(()) } else { Err(PolicyLineError::KeyType { expected, found }) }
}

fn check_url(url: Option<&str>) -> Result<(), PolicyLineError> {
    match url {
        Some(url) if !is_word(url) => Err(PolicyLineError::Url(url.to_owned())),
        _ => Ok(()),
    }
}

/// Whether a text can stand as one item of a line. Separators are the space and the tab only.
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte > b' ' && byte != 0x7f)
}

fn parse_line(
    line: &str,
    draft: &mut PolicyDraft,
    quorum: &mut Option<Quorum>,
) -> Result<(), PolicyLineError> {
    if line.bytes().any(|byte| (byte < b' ' && byte != b'\t') || byte == 0x7f) {
        return Err(PolicyLineError::ControlCharacter);
    }
    let words: Vec<&str> = line.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
    match words.as_slice() {
        [] => Ok(()),
        [first, ..] if first.starts_with('#') => Ok(()),
        ["log", key, url @ ..] => draft.add_log(PolicyLog { key: key.parse()?, url: parse_url(url)? }),
        ["witness", name, key, url @ ..] => {
            let url = parse_url(url)?;
            draft.add_witness(PolicyWitness { name: (*name).to_owned(), key: key.parse()?, url })
        }
        ["group", name, threshold, members @ ..] => {
            let members = members.iter().map(|member| (*member).to_owned()).collect();
            let threshold = parse_threshold(threshold)?;
            draft.add_group(PolicyGroup { name: (*name).to_owned(), threshold, members })
        }
        ["quorum", name] => set_quorum(name, draft, quorum),
        _ => Err(PolicyLineError::Shape),
    }
}

fn parse_url(rest: &[&str]) -> Result<Option<String>, PolicyLineError> {
    match rest {
        [] => Ok(None),
        [url] => Ok(Some((*url).to_owned())),
        _ => Err(PolicyLineError::Shape),
    }
}

fn parse_threshold(word: &str) -> Result<Threshold, PolicyLineError> {
    match word {
        "all" => Ok(Threshold::All),
        "any" => Ok(Threshold::Any),
        count => text::decimal(count)
            .and_then(|count| count.try_into().ok())
            .map(Threshold::AtLeast)
            .ok_or_else(|| PolicyLineError::ThresholdWord(count.to_owned())),
    }
}

fn set_quorum(name: &str, draft: &PolicyDraft, quorum: &mut Option<Quorum>) -> Result<(), PolicyLineError> {
    if quorum.is_some() {
        return Err(PolicyLineError::QuorumTwice);
    }
    *quorum = Some(if name == NO_QUORUM {
        Quorum::None
    } else {
        draft.check_known(name)?;
        Quorum::Name(name.to_owned())
    });
    Ok(())
}

/// A witness's verified cosignature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Witnessed {
    /// The witness's name within the policy.
    pub name: String,
    /// What it signed.
    pub cosignature: Cosignature,
}

/// What the signatures of a note come to under a policy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Standing {
    /// The log that signed its own checkpoint, if one of the policy did.
    pub log_signed: Option<KeyName>,
    /// Who cosigned.
    pub witnesses: Vec<Witnessed>,
    /// Whether the policy's quorum cosigned.
    pub quorum_met: bool,
}

/// A checkpoint that the policy does not let pass.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum PolicyFailure {
    /// No good signature, or a bad one.
    #[error(transparent)]
    Unverified(#[from] VerifyError),
    /// No log of the policy signed it as its own.
    #[error("no log of the policy signed this checkpoint as its own")]
    NoLog,
    /// The log signed, but too few witnesses did.
    #[error("too few of the policy's witnesses cosigned: {} did", .0.witnesses.len())]
    NoQuorum(Standing),
}

/// A file that is no policy.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// Past [`MAX_POLICY_LEN`].
    #[error("{0} bytes are past the limit of {MAX_POLICY_LEN}")]
    TooLong(usize),
    /// Not UTF-8.
    #[error("not UTF-8 from byte {offset} on")]
    Utf8 {
        /// Where the valid part ends.
        offset: usize,
    },
    /// The last line is cut off, or there is none.
    #[error("the last line does not end with a newline: the file may be cut off")]
    Unterminated,
    /// A line is wrong.
    #[error("line {line}: {fault}")]
    Line {
        /// Which, from 1.
        line: usize,
        /// What is wrong with it.
        #[source]
        fault: PolicyLineError,
    },
    /// No quorum line.
    #[error("exactly one line must be `quorum <name>` or `quorum none`; there is none")]
    NoQuorum,
    /// A policy made by hand names something else as its quorum.
    #[error("quorum: {0}")]
    Quorum(#[source] PolicyLineError),
}

/// What is wrong with an item of a policy.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum PolicyLineError {
    /// Not one of the four kinds of line.
    #[error(
        "not `log <vkey> [url]`, `witness <name> <vkey> [url]`, `group <name> all|any|<k> <name>…` or \
         `quorum <name>|none`"
    )]
    Shape,
    /// A control character other than the tab.
    #[error("control characters other than the tab are not allowed")]
    ControlCharacter,
    /// The key does not parse.
    #[error(transparent)]
    Key(#[from] VerifierKeyError),
    /// A key of the wrong type for a log or a witness.
    #[error("the key is of type {:#04x}; here it must be {:#04x}", .found.byte(), .expected.byte())]
    KeyType {
        /// What this kind of line takes.
        expected: SignatureType,
        /// What stands there.
        found: SignatureType,
    },
    /// The same public key under two names or roles.
    #[error("the same public key was listed before, as {0}")]
    KeyTwice(KeyName),
    /// Not a name for a witness or group.
    #[error("`{0}` cannot be a name: no white space, no leading `#`, and not `none`")]
    Name(String),
    /// A name for two things.
    #[error("the name `{0}` was given before")]
    NameTwice(String),
    /// A name for nothing.
    #[error("no witness or group `{0}` stands on a line before")]
    UnknownName(String),
    /// A member of two groups, or twice of one.
    #[error("`{0}` is a member already; it may count only once")]
    MemberTwice(String),
    /// Not a threshold.
    #[error("`{0}` is not `all`, `any` or a decimal number")]
    ThresholdWord(String),
    /// A threshold that every, or no, set of members meets.
    #[error("a group of {members} cannot need {needed} of them")]
    Threshold {
        /// How many are asked for.
        needed: usize,
        /// How many there are.
        members: usize,
    },
    /// Not a URL that can stand on a line.
    #[error("`{0}` cannot be a URL: no white space or control characters")]
    Url(String),
    /// A second quorum line.
    #[error("a quorum was stated before; exactly one line may")]
    QuorumTwice,
    /// Past [`MAX_ITEMS`].
    #[error("more than {MAX_ITEMS} of a kind")]
    TooMany,
}

#[cfg(test)]
mod tests;
