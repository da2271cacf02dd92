//! The only place where random bytes come from.

use karakoro_proto::identity::pkcs8::SEED_LEN;
use zeroize::Zeroizing;

use crate::CertsError;

/// Length of a serial number, in bytes.
pub(crate) const SERIAL_LEN: usize = 16;

/// A certificate's serial number, big-endian and positive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Serial(pub(crate) [u8; SERIAL_LEN]);

/// The seed of a new Ed25519 key, wiped when dropped.
pub(crate) fn seed() -> Result<Zeroizing<[u8; SEED_LEN]>, CertsError> {
    let mut seed = Zeroizing::new([0; SEED_LEN]);
    getrandom::fill(&mut seed[..]).map_err(CertsError::Random)?;
    Ok(seed)
}

/// A serial number that nobody can foresee.
pub(crate) fn serial() -> Result<Serial, CertsError> {
    let mut serial = [0; SERIAL_LEN];
    getrandom::fill(&mut serial).map_err(CertsError::Random)?;
    // Positive, and always of 16 octets in DER: of the 128 bits, 126 are random.
    serial[0] = serial[0] & 0x3f | 0x40;
    Ok(Serial(serial))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_are_positive_and_differ() {
        let (one, two) = (serial().unwrap(), serial().unwrap());
        assert_ne!(one, two);
        for serial in [one, two] {
            assert!((0x40..0x80).contains(&serial.0[0]));
        }
    }
}
