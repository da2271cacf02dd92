//! PEM, strictly: blocks of one kind, 64 columns, nothing between them.
//!
//! RFC 7468 lets a reader skip whatever stands outside the blocks. We do not: a file that two people
//! compare by telephone must not hold what neither of them was shown.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;
use zeroize::Zeroizing;

/// Characters of base64 on a full line.
const COLUMNS: usize = 64;

/// Room made for the base64 of one block, so that no growing buffer leaves a copy of a private key behind.
/// Larger blocks are certificates.
const ROOM: usize = 4096;

/// The kinds of block that Karakoro reads and writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PemLabel {
    /// `CERTIFICATE`: X.509.
    Certificate,
    /// `PRIVATE KEY`: PKCS#8, not encrypted.
    PrivateKey,
}

impl PemLabel {
    fn begin(self) -> String {
        format!("-----BEGIN {self}-----")
    }

    fn end(self) -> String {
        format!("-----END {self}-----")
    }
}

impl fmt::Display for PemLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Certificate => "CERTIFICATE",
            Self::PrivateKey => "PRIVATE KEY",
        })
    }
}

/// Reads a text that consists of PEM blocks of this kind, and of blank lines between them.
///
/// The blocks are wiped when dropped, because they may be private keys.
pub fn decode_pem(text: &str, label: PemLabel) -> Result<Vec<Zeroizing<Vec<u8>>>, PemError> {
    let (begin, end) = (label.begin(), label.end());
    let mut blocks = Vec::new();
    // The line of the open block's first line, and its base64 so far.
    let mut open: Option<(usize, Zeroizing<String>)> = None;
    for (line, content) in (1..).zip(text.lines()) {
        open = match open {
            None if content.is_empty() => None,
            None if content == begin => Some((line, Zeroizing::new(String::with_capacity(ROOM)))),
            None => return Err(PemError::Outside { line, label }),
            Some((start, base64)) if content == end => {
                blocks.push(decode_base64(&base64).ok_or(PemError::Base64 { line: start })?);
                None
            }
            Some((start, mut base64)) => {
                push_line(&mut base64, content).ok_or(PemError::Base64 { line })?;
                Some((start, base64))
            }
        };
    }
    match open {
        Some((line, _)) => Err(PemError::Unterminated { line, label }),
        None => Ok(blocks),
    }
}

/// Adds a line to a block; `None` where the line before it was not full, or this one is too long.
fn push_line(base64: &mut Zeroizing<String>, line: &str) -> Option<()> {
    let fits = base64.len().is_multiple_of(COLUMNS) && (1..=COLUMNS).contains(&line.len());
    fits.then(|| base64.push_str(line))
}

fn decode_base64(base64: &str) -> Option<Zeroizing<Vec<u8>>> {
    let bytes = Zeroizing::new(STANDARD.decode(base64).ok()?);
    (!bytes.is_empty()).then_some(bytes)
}

/// Writes one block, with LF at the end of each line.
#[must_use]
pub fn encode_pem(label: PemLabel, der: &[u8]) -> Zeroizing<String> {
    let base64 = Zeroizing::new(STANDARD.encode(der));
    // Room for all of it, so that no growing buffer leaves a copy of a private key behind.
    let mut text = Zeroizing::new(String::with_capacity(base64.len() + base64.len() / COLUMNS + 80));
    text.push_str(&label.begin());
    text.push('\n');
    let mut rest = base64.as_str();
    while !rest.is_empty() {
        let (line, next) = rest.split_at(rest.len().min(COLUMNS));
        text.push_str(line);
        text.push('\n');
        rest = next;
    }
    text.push_str(&label.end());
    text.push('\n');
    text
}

/// A text that is not strict PEM of the kind asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum PemError {
    /// Something stands where only a block may begin.
    #[error("line {line}: expected `-----BEGIN {label}-----`, and nothing else may stand outside the blocks")]
    Outside {
        /// Counted from 1.
        line: usize,
        /// The kind asked for.
        label: PemLabel,
    },
    /// A block is cut off.
    #[error("the block that begins on line {line} has no `-----END {label}-----`")]
    Unterminated {
        /// Where the block begins, counted from 1.
        line: usize,
        /// The kind asked for.
        label: PemLabel,
    },
    /// A block's content is no base64, not in full lines of 64, or empty.
    #[error("line {line}: not base64 in lines of 64 characters")]
    Base64 {
        /// The line at fault, or the first of the block; counted from 1.
        line: usize,
    },
    /// Not the right number of blocks.
    #[error("{found} blocks of {label}, where there must be {expected}")]
    Count {
        /// How many are in the file.
        found: usize,
        /// How many there must be.
        expected: usize,
        /// The kind asked for.
        label: PemLabel,
    },
}

/// Reads a text that is exactly one block of this kind.
pub fn decode_one_pem(text: &str, label: PemLabel) -> Result<Zeroizing<Vec<u8>>, PemError> {
    let mut blocks = decode_pem(text, label)?;
    match blocks.pop() {
        Some(block) if blocks.is_empty() => Ok(block),
        Some(_) => Err(PemError::Count { found: blocks.len() + 1, expected: 1, label }),
        None => Err(PemError::Count { found: 0, expected: 1, label }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LABEL: PemLabel = PemLabel::Certificate;

    fn decoded(text: &str) -> Vec<Vec<u8>> {
        decode_pem(text, LABEL).unwrap().iter().map(|block| block.to_vec()).collect()
    }

    #[test]
    fn crlf_and_blank_lines_between_blocks_are_tolerated() {
        let text = format!("{}\n\n{}", *encode_pem(LABEL, b"one"), *encode_pem(LABEL, &[7; 200]));
        let expected = vec![b"one".to_vec(), vec![7; 200]];
        assert_eq!(decoded(&text), expected);
        assert_eq!(decoded(&text.replace('\n', "\r\n")), expected);
    }

    #[test]
    fn nothing_may_stand_outside_the_blocks() {
        let block = encode_pem(LABEL, b"one");
        for text in [format!("note\n{}", *block), format!("{}note", *block), format!(" {}", *block)] {
            assert!(matches!(decode_pem(&text, LABEL), Err(PemError::Outside { .. })), "{text}");
        }
        assert_eq!(
            decode_pem(&encode_pem(PemLabel::PrivateKey, b"key"), LABEL),
            Err(PemError::Outside { line: 1, label: LABEL })
        );
    }

    #[test]
    fn a_block_that_is_cut_off_is_refused() {
        let text = encode_pem(LABEL, b"one");
        let cut = text.split_once("-----END").unwrap().0;
        assert_eq!(decode_pem(cut, LABEL), Err(PemError::Unterminated { line: 1, label: LABEL }));
    }

    #[test]
    fn base64_has_one_spelling() {
        for body in ["b25l\nb25l", "b25", "b25lbA=", "b25lbB==", "b25l b25l", "", "\nb25l"] {
            let text = format!("{}\n{body}\n{}\n", LABEL.begin(), LABEL.end());
            assert!(matches!(decode_pem(&text, LABEL), Err(PemError::Base64 { .. })), "{body:?}");
        }
    }

    #[test]
    fn a_single_block_is_not_two() {
        let two = encode_pem(LABEL, b"one").repeat(2);
        assert_eq!(decode_one_pem(&two, LABEL), Err(PemError::Count { found: 2, expected: 1, label: LABEL }));
        assert_eq!(decode_one_pem("", LABEL), Err(PemError::Count { found: 0, expected: 1, label: LABEL }));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(bytes in prop::collection::vec(any::<u8>(), 1..300)) {
            prop_assert_eq!(decoded(&encode_pem(LABEL, &bytes)), vec![bytes]);
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "(-----BEGIN CERTIFICATE-----|[A-Za-z0-9+/=]{0,64}|-----END CERTIFICATE-----|\r?\n|.){0,12}") {
            let _ = decode_pem(&text, LABEL);
        }
    }
}
