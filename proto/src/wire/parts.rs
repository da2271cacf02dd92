//! A count of the parts of an encoded message before it is decoded: two bytes of an empty part take hundreds
//! in memory, so that a megabyte on the wire could take a quarter of a gigabyte.

/// The parts with a length, in `message` and in the fields that `nests` leads down to. Bytes that are not
/// protobuf end the count: the decoder refuses them.
pub(crate) fn count(message: &[u8], nests: &[u64]) -> usize {
    let mut rest = message;
    let mut parts = 0;
    while let Some(field) = next_field(rest) {
        rest = field.rest;
        let Some(part) = field.part else { continue };
        parts += 1;
        if let Some((_, deeper)) = nests.split_first().filter(|(nest, _)| **nest == field.number) {
            parts += count(part, deeper);
        }
    }
    parts
}

struct Field<'b> {
    number: u64,
    /// Its bytes, if it has a length.
    part: Option<&'b [u8]>,
    /// What follows it.
    rest: &'b [u8],
}

fn next_field(bytes: &[u8]) -> Option<Field<'_>> {
    let (key, after) = varint(bytes)?;
    let (part, rest) = match key & 7 {
        0 => (None, varint(after)?.1),
        1 => (None, after.get(8..)?),
        2 => {
            let (length, after) = varint(after)?;
            let (part, rest) = after.split_at_checked(usize::try_from(length).ok()?)?;
            (Some(part), rest)
        }
        5 => (None, after.get(4..)?),
        _ => return None,
    };
    Some(Field { number: key >> 3, part, rest })
}

fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0_u64;
    for (index, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f).checked_shl(u32::try_from(index).ok()? * 7)?;
        if byte & 0x80 == 0 {
            return bytes.get(index + 1..).map(|rest| (value, rest));
        }
    }
    None
}
