//! Addresses on the web, in so far as people and programs get them wrong.

/// Whether `address` is a URI reference (RFC 3986) or, with letters of any script, an IRI reference (RFC 3987): no
/// white space, a scheme before a first colon, whole escapes, one fragment at most, brackets round an IPv6 address alone.
pub(super) fn is_reference(address: &str) -> bool {
    let (address, fragment) = address.split_once('#').unwrap_or((address, ""));
    let head = address.split(['/', '?']).next().unwrap_or_default();
    let (scheme, rest) = match head.split_once(':') {
        Some((scheme, _)) => (Some(scheme), &address[scheme.len() + 1..]),
        None => (None, address),
    };
    let (authority, path) = match rest.strip_prefix("//") {
        Some(rest) => rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len())),
        None => ("", rest),
    };
    scheme.is_none_or(is_scheme)
        && is_authority(authority)
        && ![path, fragment].iter().any(|part| part.contains(['[', ']', '#']))
        && [address, fragment]
            .iter()
            .all(|part| !part.contains(char::is_whitespace) && escapes_are_whole(part))
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'.' | b'-'))
}

/// Nothing, or `user@host:port` with a host.
fn is_authority(authority: &str) -> bool {
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (host, port) = match host.strip_prefix('[').map(|rest| rest.split_once(']')) {
        None => host.split_once(':').map_or((host, None), |(host, port)| (host, Some(port))),
        Some(Some((host, ""))) => (host, None),
        Some(Some((host, rest))) if rest.starts_with(':') => (host, rest.get(1..)),
        Some(_) => return false,
    };
    let port_is_whole = |port: &str| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    let plain = |part: &str| !part.contains(['[', ']', '@']);
    authority.is_empty() || (!host.is_empty() && plain(user) && plain(host) && port.is_none_or(port_is_whole))
}

fn escapes_are_whole(text: &str) -> bool {
    let hexadecimal = |after: &str| after.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
    text.split('%').skip(1).all(hexadecimal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_of_every_form_are_taken() {
        for good in [
            "https://example.org/a?b=c:d",
            "map.png",
            "//example.org:80/",
            "mailto:a@b.example",
            "a/b:c",
            "http://u:p@[::1]:80/?#x",
            "http://example.org/%C3%A9",
            "https://مثال.example/سرقة",
            "tel:+22200000000",
        ] {
            assert!(is_reference(good), "{good}");
        }
    }

    #[test]
    fn what_no_browser_opens_is_no_reference() {
        for bad in [
            "see our page",
            "2026-01-15T24:00:00",
            ":x",
            "a%",
            "a%zz",
            "a#b#c",
            "a[0]",
            "http://[::1",
            "http://[::1]x/",
            "http://a:b/",
            "http://h/?a[0]=1",
            "http://a@b@c/",
            "http://h:/",
            "http://u@:80/",
        ] {
            assert!(!is_reference(bad), "{bad}");
        }
    }
}
