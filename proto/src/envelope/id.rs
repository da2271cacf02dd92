//! Message ids: UUID version 7 (RFC 9562), so that they sort by the time of writing.

use std::fmt;
use std::str::FromStr;

use crate::envelope::EnvelopeError;
use crate::time::UnixMillis;

/// The id of a message, unique for ever; both nodes refuse a second message of the same id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId([u8; 16]);

impl MessageId {
    /// An id for a message written at `now`, from 10 random bytes (6 bits of them give way to the
    /// version and variant of RFC 9562, section 5.7).
    #[must_use]
    pub fn new(now: UnixMillis, random: [u8; 10]) -> Self {
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&now.millis().to_be_bytes()[2..]);
        bytes[6..].copy_from_slice(&random);
        bytes[6] = 0x70 | (bytes[6] & 0x0f);
        bytes[8] = 0x80 | (bytes[8] & 0x3f);
        Self(bytes)
    }

    /// Reads 16 bytes; refuses what is no UUID of version 7.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let refused = EnvelopeError::Field { field: "id", expected: "a UUID of version 7, 16 bytes" };
        let bytes: [u8; 16] = bytes.try_into().map_err(|_| refused.clone())?;
        if bytes[6] >> 4 != 7 || bytes[8] >> 6 != 0b10 {
            return Err(refused);
        }
        Ok(Self(bytes))
    }

    /// When it was made, by its writer's clock.
    #[must_use]
    pub fn time(&self) -> UnixMillis {
        let millis = self.0[..6].iter().fold(0, |millis, byte| millis << 8 | u64::from(*byte));
        UnixMillis::new(millis).unwrap_or(UnixMillis::MAX)
    }

    /// The 16 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, byte) in self.0.iter().enumerate() {
            if matches!(position, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for MessageId {
    type Err = EnvelopeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = EnvelopeError::Field {
            field: "id",
            expected: "a message id such as 0190f3c2-7d4e-7a11-9c55-3f0f2d1a8b01",
        };
        let digits: String = text.chars().filter(|&c| c != '-').collect();
        if digits.len() != 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(refused);
        }
        let mut bytes = [0; 16];
        for (position, byte) in bytes.iter_mut().enumerate() {
            let pair = digits.get(2 * position..2 * position + 2).ok_or_else(|| refused.clone())?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| refused.clone())?;
        }
        let id = Self::from_bytes(&bytes)?;
        // One spelling only: dashes where the standard puts them.
        if id.to_string() == text.to_ascii_lowercase() { Ok(id) } else { Err(refused) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_says_when_it_was_made() {
        for now in [UnixMillis::default(), UnixMillis::MAX, UnixMillis::new(1_768_471_445_123).unwrap()] {
            assert_eq!(MessageId::new(now, [0xff; 10]).time(), now);
        }
        let latest = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(MessageId::from_bytes(&latest).unwrap().time(), UnixMillis::MAX);
    }

    #[test]
    fn an_id_sorts_by_time_and_parses_as_it_prints() {
        let early = MessageId::new(UnixMillis::new(1_000).unwrap(), [0xff; 10]);
        let late = MessageId::new(UnixMillis::new(1_001).unwrap(), [0; 10]);
        assert!(early < late);
        assert_eq!(early.to_string().parse(), Ok(early));
        assert_eq!(MessageId::from_bytes(early.as_bytes()), Ok(early));
    }

    #[test]
    fn other_versions_and_spellings_are_refused() {
        for bad in [
            "",
            "0190f3c2-7d4e-4a11-9c55-3f0f2d1a8b01",
            "0190f3c2-7d4e-7a11-1c55-3f0f2d1a8b01",
            "0190f3c27d4e7a119c553f0f2d1a8b01",
            "0190f3c2-7d4e-7a11-9c55-3f0f2d1a8b0é",
        ] {
            assert!(bad.parse::<MessageId>().is_err(), "{bad}");
        }
    }
}
