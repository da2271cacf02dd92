//! "From here on this log stands under that accord": its number, the hash of its text, and since when.
//!
//! The hello states the same, but a hello is gone with its session. The leaf stays, is cosigned by the other
//! country like every entry, and so shows an auditor which text each of the two went by.

use std::fmt;

use super::{ACCORD, LeafError, Reader};
use crate::accord::{Accord, AccordHash, AccordId};
use crate::time::UnixMillis;

/// "I go by this accord." Written once for each accord that has come into force for the writer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct AccordLeaf {
    /// Which one.
    pub accord: AccordId,
    /// Since when it is in force, as its text says.
    pub effective: UnixMillis,
}

impl AccordLeaf {
    /// The leaf that anchors this accord.
    #[must_use]
    pub fn of(accord: &Accord) -> Self {
        Self { accord: accord.id(), effective: accord.effective() }
    }

    pub(super) fn encode_into(self, out: &mut Vec<u8>) {
        out.push(ACCORD);
        out.extend_from_slice(&self.accord.version.to_be_bytes());
        out.extend_from_slice(&self.accord.hash.0);
        out.extend_from_slice(&self.effective.millis().to_be_bytes());
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, LeafError> {
        let version = u32::from_be_bytes(reader.array()?);
        if version == 0 {
            return Err(LeafError::Field { field: "accord", value: 0 });
        }
        let hash = AccordHash(reader.array()?);
        let millis = u64::from_be_bytes(reader.array()?);
        let effective =
            UnixMillis::new(millis).ok_or(LeafError::Field { field: "effective time", value: millis })?;
        Ok(Self { accord: AccordId { version, hash }, effective })
    }
}

impl fmt::Display for AccordLeaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, in force since {}", self.accord, self.effective)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accord::EXAMPLE;
    use crate::leaf::Leaf;

    #[test]
    fn a_leaf_of_an_accord_says_what_the_accord_says() {
        let accord = Accord::parse(EXAMPLE).unwrap();
        let leaf = AccordLeaf::of(&accord);
        let bytes = Leaf::Accord(leaf).encode();
        assert_eq!(bytes.len(), 2 + 4 + 32 + 8);
        assert_eq!(bytes[..6], [1, 6, 0, 0, 0, 1]);
        assert_eq!(bytes[6..38], accord.id().hash.0);
        assert_eq!(bytes[38..], accord.effective().millis().to_be_bytes());
        assert_eq!(Leaf::decode(&bytes), Ok(Leaf::Accord(leaf)));
    }
}
