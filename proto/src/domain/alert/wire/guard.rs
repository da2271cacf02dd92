//! A bound on the parts of an encoded alert, checked before it is decoded.

use crate::domain::alert::limits::{MAX_ENTRIES, MAX_INFOS};
use crate::wire::parts::count;

/// Texts, times and other single fields that an alert and its infos have beside the entries of lists.
const MAX_SINGLE_FIELDS: usize = 16 * (MAX_INFOS + 1);
/// `Alert.info` and `Info.area`: the fields that have lists of their own.
const NESTS: [u64; 2] = [14, 21];

/// Whether the parts of alert, infos and areas are few enough for a valid alert. Bytes that are not protobuf
/// pass: the decoder refuses them.
pub(super) fn few_parts(alert: &[u8]) -> bool {
    count(alert, &NESTS) <= MAX_ENTRIES + MAX_SINGLE_FIELDS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_parts_are_counted_wherever_they_nest() {
        let infos = [0x72, 0x00].repeat(9000);
        assert!(!few_parts(&infos));
        assert!(few_parts(&[0x72, 0x00].repeat(100)));
        // One info with areas: keys 14 and 21 of wire type 2, the length in three bytes.
        let areas = [0xaa, 0x01, 0x00].repeat(9000);
        let mut nested = vec![0x72, 0xf8, 0xd2, 0x01];
        nested.extend(&areas);
        assert_eq!(areas.len(), 27_000);
        assert!(!few_parts(&nested));
    }

    #[test]
    fn broken_bytes_end_the_count() {
        for bytes in [&[0xff; 30][..], &[0x72, 0x05], &[0x72], &[0x0f, 0x00], &[0x09, 0x00]] {
            assert!(few_parts(bytes));
        }
    }
}
