//! Signed notes (C2SP signed-note v1.0.0): a text, a blank line, and lines of who signed it.
//!
//! A note that parses prints back as the same bytes. Its text means nothing until [`Note::verify`]
//! has found a signature of a key that the caller already trusted.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::cosignature::{self, Cosignature, CosignatureError};
use super::text;
use crate::identity::{Country, Origin};
use crate::key::{KeyError, PublicKey, SIGNATURE_LEN, SecretKey};

/// The longest text of a note, in bytes.
pub const MAX_TEXT_LEN: usize = 64 * 1024;

/// The most signature lines of a note; C2SP demands that at least 16 be accepted.
pub const MAX_SIGNATURES: usize = 64;

/// The longest signature, without its key ID, in bytes; the post-quantum ones reach nearly 5 kB.
pub const MAX_SIGNATURE_LEN: usize = 8 * 1024;

/// The longest name of a key, in bytes; cosignatures of type 06 state its length in one byte.
pub const MAX_NAME_LEN: usize = 255;

/// The longest note, in bytes: nothing longer is even looked at. All other limits taken together stay
/// below it, so that whatever note can be made can be read.
pub const MAX_NOTE_LEN: usize = 1024 * 1024;

const SEPARATOR: &str = "\n\n";
const SIGNATURE_START: &str = "\u{2014} ";

/// The name of a key in notes: 1 to [`MAX_NAME_LEN`] bytes without white space, control characters and `+`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct KeyName(String);

impl KeyName {
    /// The name as it stands in signature lines.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name under which a country's receipt key cosigns.
    #[must_use]
    pub fn of_receipt_key(country: Country) -> Self {
        Self(country.receipt_key_name())
    }
}

impl From<Origin> for KeyName {
    /// A log's key bears the name of the log (C2SP tlog-checkpoint, "Signatures").
    fn from(origin: Origin) -> Self {
        Self(origin.to_string())
    }
}

impl FromStr for KeyName {
    type Err = KeyNameError;

    fn from_str(name: &str) -> Result<Self, KeyNameError> {
        let fits = |c: char| !c.is_whitespace() && !c.is_ascii_control() && c != '+';
        let length_fits = (1..=MAX_NAME_LEN).contains(&name.len());
        if length_fits && name.chars().all(fits) { Ok(Self(name.to_owned())) } else { Err(KeyNameError) }
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Not the name of a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("a key name has 1 to {MAX_NAME_LEN} bytes and no white space, control character or `+`")]
pub struct KeyNameError;

/// The first four bytes of SHA-256 over a key's name, type and bytes: it tells which key is meant, and
/// proves nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NoteKeyId(pub [u8; 4]);

impl fmt::Display for NoteKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", u32::from_be_bytes(self.0))
    }
}

/// What a key signs, and how: the type byte of C2SP signed-note, "Signature types".
///
/// Type 06 (ML-DSA-44 cosignatures) will be one more variant here and one more kind of key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum SignatureType {
    /// 01: Ed25519 over the text of the note.
    Ed25519,
    /// 04: Ed25519 over a time and the text of a checkpoint (C2SP tlog-cosignature).
    CosignatureV1,
}

impl SignatureType {
    /// The byte that stands for this type in key IDs and verifier keys.
    #[must_use]
    pub fn byte(self) -> u8 {
        match self {
            Self::Ed25519 => 0x01,
            Self::CosignatureV1 => 0x04,
        }
    }

    fn from_byte(byte: u8) -> Result<Self, VerifierKeyError> {
        match byte {
            0x01 => Ok(Self::Ed25519),
            0x04 => Ok(Self::CosignatureV1),
            other => Err(VerifierKeyError::UnknownType(other)),
        }
    }
}

/// A public key with its name and use; prints as a vkey, `name+id+base64(type ‖ key)`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifierKey {
    name: KeyName,
    id: NoteKeyId,
    signature_type: SignatureType,
    key: PublicKey,
}

impl VerifierKey {
    /// A key under a name, for one type of signature.
    #[must_use]
    pub fn new(name: KeyName, signature_type: SignatureType, key: PublicKey) -> Self {
        let id = key_id(&name, signature_type, &key);
        Self { name, id, signature_type, key }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// The ID by which signature lines point to this key.
    #[must_use]
    pub fn id(&self) -> NoteKeyId {
        self.id
    }

    /// The type of the signatures that it verifies.
    #[must_use]
    pub fn signature_type(&self) -> SignatureType {
        self.signature_type
    }

    /// The key itself.
    #[must_use]
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Whether a line claims to be signed by this key.
    #[must_use]
    pub fn is_named_by(&self, signature: &Signature) -> bool {
        self.id == signature.key_id && self.name == signature.name
    }

    /// Checks a signature over the text of a note, and returns what it states.
    pub fn verify(&self, text: &str, signature: &Signature) -> Result<Statement, SignatureFault> {
        match self.signature_type {
            SignatureType::Ed25519 => {
                let bytes: &[u8; SIGNATURE_LEN] = signature.bytes.as_slice().try_into().map_err(|_| {
                    SignatureFault::Length { expected: SIGNATURE_LEN, found: signature.bytes.len() }
                })?;
                self.key.verify(text.as_bytes(), bytes).map_err(|_| SignatureFault::Forged)?;
                Ok(Statement::Text)
            }
            SignatureType::CosignatureV1 => {
                let cosignature = Cosignature::from_bytes(&signature.bytes)?;
                cosignature::verify_with(&self.key, text, &cosignature)?;
                Ok(Statement::Cosigned(cosignature))
            }
        }
    }
}

/// The key ID of C2SP signed-note, "Signatures".
fn key_id(name: &KeyName, signature_type: SignatureType, key: &PublicKey) -> NoteKeyId {
    let digest = Sha256::new_with_prefix(name.as_str())
        .chain_update([b'\n', signature_type.byte()])
        .chain_update(key.as_bytes())
        .finalize();
    NoteKeyId([digest[0], digest[1], digest[2], digest[3]])
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let typed_key = [&[self.signature_type.byte()], self.key.as_bytes().as_slice()].concat();
        write!(f, "{}+{}+{}", self.name, self.id, text::base64(&typed_key))
    }
}

impl FromStr for VerifierKey {
    type Err = VerifierKeyError;

    fn from_str(vkey: &str) -> Result<Self, VerifierKeyError> {
        // Base64 may hold a `+` of its own, so only the first two separate.
        let mut parts = vkey.splitn(3, '+');
        let (Some(name), Some(id), Some(typed_key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(VerifierKeyError::Parts);
        };
        let name: KeyName = name.parse()?;
        let typed_key = text::from_base64(typed_key).ok_or(VerifierKeyError::Base64)?;
        let (type_byte, key) = typed_key.split_first().ok_or(VerifierKeyError::Base64)?;
        let parsed = Self::new(name, SignatureType::from_byte(*type_byte)?, PublicKey::from_bytes(key)?);
        let computed = parsed.id.to_string();
        if id == computed {
            Ok(parsed)
        } else {
            Err(VerifierKeyError::Id { stated: id.to_owned(), computed })
        }
    }
}

/// A text that is no verifier key.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum VerifierKeyError {
    /// Not three parts.
    #[error("a verifier key is name+id+base64, three parts joined by `+`")]
    Parts,
    /// The first part is no name.
    #[error(transparent)]
    Name(#[from] KeyNameError),
    /// The second part is not the ID that follows from the name and the key.
    #[error("the key ID is {computed}, not `{stated}`: a part of this verifier key was altered")]
    Id {
        /// What stands there.
        stated: String,
        /// What should.
        computed: String,
    },
    /// The third part is not base64, or empty.
    #[error("the part after the second `+` is not canonical base64 of a type byte and a key")]
    Base64,
    /// A type of key that this version cannot verify.
    #[error("signature type {0:#04x} is not supported: 0x01 (Ed25519) or 0x04 (cosignature/v1)")]
    UnknownType(u8),
    /// The key itself is unacceptable.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// One signature line of a note: well-formed, not yet verified.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signature {
    name: KeyName,
    key_id: NoteKeyId,
    bytes: Vec<u8>,
}

impl Signature {
    /// Signs the text of a note with Ed25519 (type 01).
    #[must_use]
    pub fn sign(text: &str, name: KeyName, key: &SecretKey) -> Self {
        let key_id = key_id(&name, SignatureType::Ed25519, &key.public());
        Self { name, key_id, bytes: key.sign(text.as_bytes()).to_vec() }
    }

    /// A cosignature as the signature line of a note.
    #[must_use]
    pub fn of_cosignature(name: KeyName, key: &PublicKey, cosignature: &Cosignature) -> Self {
        let key_id = key_id(&name, SignatureType::CosignatureV1, key);
        Self { name, key_id, bytes: cosignature.to_bytes().to_vec() }
    }

    /// Who claims to have signed.
    #[must_use]
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// With which key.
    #[must_use]
    pub fn key_id(&self) -> NoteKeyId {
        self.key_id
    }

    /// The signature without the key ID.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Display for Signature {
    /// The line without its newline.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let blob = [self.key_id.0.as_slice(), &self.bytes].concat();
        write!(f, "{SIGNATURE_START}{} {}", self.name, text::base64(&blob))
    }
}

impl FromStr for Signature {
    type Err = SignatureLineError;

    fn from_str(line: &str) -> Result<Self, SignatureLineError> {
        let (name, blob) = line
            .strip_prefix(SIGNATURE_START)
            .and_then(|rest| rest.split_once(' '))
            .ok_or(SignatureLineError::Shape)?;
        let name = name.parse()?;
        let blob = text::from_base64(blob).ok_or(SignatureLineError::Base64)?;
        let (key_id, bytes) = blob.split_first_chunk().ok_or(SignatureLineError::Length(blob.len()))?;
        if bytes.is_empty() || bytes.len() > MAX_SIGNATURE_LEN {
            return Err(SignatureLineError::Length(blob.len()));
        }
        Ok(Self { name, key_id: NoteKeyId(*key_id), bytes: bytes.to_vec() })
    }
}

/// A line that is no signature line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum SignatureLineError {
    /// Not the parts of a signature line.
    #[error("a signature line is an em dash, a space, a key name, a space and base64")]
    Shape,
    /// The name is none.
    #[error(transparent)]
    Name(#[from] KeyNameError),
    /// The signature is not base64.
    #[error("the signature is not canonical base64")]
    Base64,
    /// Too short or too long.
    #[error("{0} bytes cannot be a key ID of 4 bytes and a signature of 1 to {MAX_SIGNATURE_LEN}")]
    Length(usize),
}

/// What a verified signature says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Statement {
    /// Type 01: the holder of the key signed the text.
    Text,
    /// Type 04: this was, at that time, the largest consistent tree that the cosigner had seen.
    Cosigned(Cosignature),
}

/// A signature of a note that verified under a key which the caller trusts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifiedSignature<'a> {
    /// The caller's key.
    pub key: &'a VerifierKey,
    /// What it signed.
    pub statement: Statement,
}

/// A text and its signature lines: well-formed, not yet verified.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    text: String,
    signatures: Vec<Signature>,
}

impl Note {
    /// A note of this text and its first signature.
    pub fn new(text: String, signature: Signature) -> Result<Self, NoteError> {
        check_text(&text)?;
        Ok(Self { text, signatures: vec![signature] })
    }

    /// Reads a note.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > MAX_NOTE_LEN {
            return Err(NoteError::TooLong { limit: MAX_NOTE_LEN, found: bytes.len() });
        }
        let note = std::str::from_utf8(bytes).map_err(|e| NoteError::Utf8 { offset: e.valid_up_to() })?;
        check_characters(note)?;
        let separator = note.rfind(SEPARATOR).ok_or(NoteError::NoSeparator)?;
        // The first newline ends the text and belongs to it; the second is the blank line.
        let (text, rest) = note.split_at(separator + 1);
        check_text(text)?;
        Ok(Self { text: text.to_owned(), signatures: parse_signatures(text, &rest[1..])? })
    }

    /// The signed text, with its last newline.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signature lines in their order.
    #[must_use]
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// The same note with one more signature, which takes the place of an older one by the same key.
    pub fn with_signature(mut self, signature: Signature) -> Result<Self, NoteError> {
        self.signatures.retain(|old| old.key_id != signature.key_id || old.name != signature.name);
        if self.signatures.len() >= MAX_SIGNATURES {
            return Err(NoteError::TooManySignatures);
        }
        self.signatures.push(signature);
        Ok(self)
    }

    /// The signatures by these keys. Lines of unknown keys are ignored; one bad signature by a known
    /// key condemns the note, and so does the absence of any good one.
    pub fn verify<'k>(&self, known: &'k [VerifierKey]) -> Result<Vec<VerifiedSignature<'k>>, VerifyError> {
        let mut verified = Vec::new();
        for signature in &self.signatures {
            let Some(key) = key_of(signature, known)? else { continue };
            let statement = key.verify(&self.text, signature).map_err(|fault| VerifyError::Signature {
                name: key.name.clone(),
                id: key.id,
                fault,
            })?;
            verified.push(VerifiedSignature { key, statement });
        }
        if verified.is_empty() { Err(VerifyError::NoKnownKey) } else { Ok(verified) }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

/// The one known key that a line names. Two different ones would leave the verdict to their order.
fn key_of<'k>(
    signature: &Signature,
    known: &'k [VerifierKey],
) -> Result<Option<&'k VerifierKey>, VerifyError> {
    let mut named = known.iter().filter(|key| key.is_named_by(signature));
    let first = named.next();
    match (first, named.find(|other| Some(*other) != first)) {
        (Some(key), Some(_)) => Err(VerifyError::AmbiguousKeys { name: key.name.clone(), id: key.id }),
        _ => Ok(first),
    }
}

fn check_characters(text: &str) -> Result<(), NoteError> {
    match text.bytes().position(|byte| byte < b' ' && byte != b'\n') {
        Some(offset) => Err(NoteError::ControlCharacter { offset }),
        None => Ok(()),
    }
}

fn check_text(text: &str) -> Result<(), NoteError> {
    if text.len() > MAX_TEXT_LEN {
        return Err(NoteError::TooLong { limit: MAX_TEXT_LEN, found: text.len() });
    }
    check_characters(text)?;
    if text.ends_with('\n') { Ok(()) } else { Err(NoteError::TextEnd) }
}

fn parse_signatures(text: &str, lines: &str) -> Result<Vec<Signature>, NoteError> {
    let lines = lines.strip_suffix('\n').ok_or(NoteError::SignatureEnd)?;
    if lines.split('\n').count() > MAX_SIGNATURES {
        return Err(NoteError::TooManySignatures);
    }
    // Counted as an editor does: the text, the blank line, then the signatures.
    let first_line = text.matches('\n').count() + 2;
    let parse = |(i, line): (usize, &str)| {
        line.parse().map_err(|fault| NoteError::SignatureLine { line: first_line + i, fault })
    };
    lines.split('\n').enumerate().map(parse).collect()
}

/// Bytes that are no signed note.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum NoteError {
    /// The whole note, or its text, is past its limit.
    #[error("{found} bytes are past the limit of {limit}")]
    TooLong {
        /// How long it may be.
        limit: usize,
        /// How long it is.
        found: usize,
    },
    /// Not UTF-8.
    #[error("not UTF-8 from byte {offset} on")]
    Utf8 {
        /// Where the valid part ends.
        offset: usize,
    },
    /// A control character other than the newline.
    #[error("byte {offset} is a control character; a note holds none but newlines")]
    ControlCharacter {
        /// Where it stands.
        offset: usize,
    },
    /// No blank line, hence no signatures.
    #[error("no blank line separates the text from signatures")]
    NoSeparator,
    /// The text of a note to be made does not end its last line.
    #[error("the text of a note ends with a newline")]
    TextEnd,
    /// No signatures, or the last of them is cut off.
    #[error("after the blank line come signature lines, each ended by a newline")]
    SignatureEnd,
    /// More than [`MAX_SIGNATURES`].
    #[error("more than {MAX_SIGNATURES} signatures")]
    TooManySignatures,
    /// A line after the text is no signature line.
    #[error("line {line}: {fault}")]
    SignatureLine {
        /// Which line of the note, from 1.
        line: usize,
        /// What is wrong with it.
        #[source]
        fault: SignatureLineError,
    },
}

/// Why a signature by a known key does not hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum SignatureFault {
    /// Not as long as the type demands.
    #[error("the signature has {found} bytes instead of {expected}")]
    Length {
        /// How long it must be.
        expected: usize,
        /// How long it is.
        found: usize,
    },
    /// The key did not sign this text.
    #[error("the signature does not verify")]
    Forged,
    /// A cosignature with a fault of its own.
    #[error(transparent)]
    Cosignature(#[from] CosignatureError),
}

/// A note that no trusted key vouches for.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// A line bears the name and ID of a known key, which did not make it.
    #[error("signature by {name}+{id}: {fault}")]
    Signature {
        /// The known key's name.
        name: KeyName,
        /// The known key's ID.
        id: NoteKeyId,
        /// What is wrong with the signature.
        #[source]
        fault: SignatureFault,
    },
    /// No line is by any of the known keys.
    #[error("none of the signatures is by a known key")]
    NoKnownKey,
    /// The caller's keys are the fault: two of them share a name and an ID.
    #[error("two known keys share the name and ID {name}+{id}: remove one")]
    AmbiguousKeys {
        /// The shared name.
        name: KeyName,
        /// The shared ID.
        id: NoteKeyId,
    },
}

#[cfg(test)]
mod tests;
