//! The little of DER that a strict reader must see with its own eyes: exact children, no leftovers.
//!
//! `x509-parser` ignores what follows the fields that it knows. Two readers could then differ over what a
//! signed certificate says, so the frame of each certificate is walked here as well.

/// One element, with its header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Element<'a> {
    /// The identifier octet.
    pub(super) tag: u8,
    /// Header and content.
    pub(super) raw: &'a [u8],
    /// What the header announces.
    pub(super) content: &'a [u8],
}

/// `SEQUENCE`.
pub(super) const SEQUENCE: u8 = 0x30;
/// `INTEGER`.
pub(super) const INTEGER: u8 = 0x02;

/// The children of the one element of type `tag` that `bytes` must be; `None` for anything else.
pub(super) fn children(bytes: &[u8], tag: u8) -> Option<Vec<Element<'_>>> {
    let (outer, rest) = split_first(bytes)?;
    if outer.tag != tag || !rest.is_empty() {
        return None;
    }
    let mut rest = outer.content;
    let mut children = Vec::new();
    while !rest.is_empty() {
        let (child, after) = split_first(rest)?;
        children.push(child);
        rest = after;
    }
    Some(children)
}

/// The first element and what follows it. Lengths are definite and minimal, tags are of one octet.
fn split_first(bytes: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    if tag & 0x1f == 0x1f {
        return None;
    }
    let (len, body) = split_length(rest)?;
    let (content, after) = body.split_at_checked(len)?;
    let raw = &bytes[..bytes.len() - after.len()];
    Some((Element { tag: *tag, raw, content }, after))
}

/// A length of at most 65,535, in its shortest form.
fn split_length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    match bytes {
        [short @ 0..=0x7f, rest @ ..] => Some((usize::from(*short), rest)),
        [0x81, len @ 0x80..=0xff, rest @ ..] => Some((usize::from(*len), rest)),
        [0x82, high @ 1..=0xff, low, rest @ ..] => {
            Some((usize::from(u16::from_be_bytes([*high, *low])), rest))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_fill_their_parent_exactly() {
        let two = children(&[0x30, 5, 2, 1, 7, 5, 0], SEQUENCE).unwrap();
        assert_eq!(two.iter().map(|child| child.raw).collect::<Vec<_>>(), [&[2, 1, 7][..], &[5, 0]]);
        for bad in [
            &[0x30, 4, 2, 1, 7, 5][..],
            &[0x30, 3, 2, 1, 7, 0],
            &[0x30, 4, 2, 1, 7],
            &[0x31, 3, 2, 1, 7],
            &[0x30, 0x81, 3, 2, 1, 7],
            &[0x30, 0x80, 2, 1, 7, 0, 0],
            &[0x30, 3, 0x1f, 1, 7],
            &[],
        ] {
            assert_eq!(children(bad, SEQUENCE), None, "{bad:?}");
        }
    }

    #[test]
    fn lengths_have_one_spelling() {
        assert_eq!(split_length(&[0x7f]), Some((127, &[][..])));
        assert_eq!(split_length(&[0x81, 0x80]), Some((128, &[][..])));
        assert_eq!(split_length(&[0x82, 1, 0]), Some((256, &[][..])));
        for bad in [&[0x81, 0x7f][..], &[0x82, 0, 0xff], &[0x83, 1, 0, 0], &[0x80], &[0xff], &[]] {
            assert_eq!(split_length(bad), None, "{bad:?}");
        }
    }
}
