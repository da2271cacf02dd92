//! Addresses and paths, checked when they are read.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

use thiserror::Error;

/// Longest host name, in bytes.
const MAX_NAME_BYTES: usize = 253;

/// Longest part of a host name between two dots, in bytes.
const MAX_LABEL_BYTES: usize = 63;

/// Where a peer is called: an IP address or a host name, and a UDP port.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct DialAddress {
    host: String,
    port: u16,
}

impl DialAddress {
    /// The host name, or the IP address without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The UDP port; never 0.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl fmt::Display for DialAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

/// Why a text is no [`DialAddress`]; says what follows "the text".
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("{0}")]
pub struct NotADialAddress(&'static str);

impl FromStr for DialAddress {
    type Err = NotADialAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (host, port) = text.rsplit_once(':').ok_or(NotADialAddress("has no port"))?;
        let digits = port.bytes().all(|byte| byte.is_ascii_digit());
        let port = port.parse().ok().filter(|port| digits && *port > 0);
        let port = port.ok_or(NotADialAddress("has no port from 1 to 65535"))?;
        Ok(Self { host: parse_host(host)?, port })
    }
}

fn parse_host(host: &str) -> Result<String, NotADialAddress> {
    if let Some(inner) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let ip: Ipv6Addr =
            inner.parse().map_err(|_| NotADialAddress("has no IPv6 address in its brackets"))?;
        return reachable(ip.into());
    }
    if host.contains(':') {
        return Err(NotADialAddress("has an IPv6 address without brackets"));
    }
    // As browsers do: what ends like an IPv4 address must be one, so that 10.0.0.300 is no name.
    let last = host.rsplit('.').next().unwrap_or(host);
    if !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()) {
        let ip: Ipv4Addr = host.parse().map_err(|_| NotADialAddress("is no IPv4 address"))?;
        return reachable(ip.into());
    }
    if !is_host_name(host) {
        return Err(NotADialAddress("has no host name that DNS could know"));
    }
    Ok(host.to_ascii_lowercase())
}

fn reachable(ip: IpAddr) -> Result<String, NotADialAddress> {
    if ip.is_unspecified() || ip.is_multicast() {
        return Err(NotADialAddress("has an IP address that is not one machine's"));
    }
    Ok(ip.to_string())
}

fn is_host_name(name: &str) -> bool {
    name.len() <= MAX_NAME_BYTES && name.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    (1..=MAX_LABEL_BYTES).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// A path relative to the home, or absolute; below the home without `..`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct HomePath(String);

impl HomePath {
    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where it is for a node with this home.
    #[must_use]
    pub fn within(&self, home: &Path) -> PathBuf {
        home.join(&self.0)
    }

    /// Whether it lies in a folder of the home, or is that folder.
    pub(super) fn is_in(&self, folder: &str) -> bool {
        let names = Path::new(&self.0).components().filter(|part| *part != Component::CurDir);
        names.take(1).eq([Component::Normal(folder.as_ref())])
    }
}

impl fmt::Display for HomePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text is no [`HomePath`]; says what follows "the text".
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("{0}")]
pub struct NotAHomePath(&'static str);

impl FromStr for HomePath {
    type Err = NotAHomePath;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let path = Path::new(text);
        if text.contains('\0') {
            return Err(NotAHomePath("contains a NUL character"));
        }
        // `x/../data` would be in data unseen; `~` would be a folder of that name.
        if path.components().any(|part| part == Component::ParentDir) {
            return Err(NotAHomePath("contains `..`"));
        }
        if text.starts_with('~') {
            return Err(NotAHomePath("begins with `~`, which only a shell understands"));
        }
        if !path.components().any(|part| matches!(part, Component::Normal(_))) {
            return Err(NotAHomePath("names no place below the home"));
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        text.parse::<DialAddress>().ok().map(|address| address.to_string())
    }

    #[test]
    fn an_address_to_dial_is_a_host_and_a_port() {
        for good in ["10.0.0.1:7443", "node.ml.karakoro.internal:1", "[2001:db8::1]:65535", "localhost:7443"]
        {
            assert_eq!(shown(good).as_deref(), Some(good));
        }
        assert_eq!(shown("Node.ML:7443").as_deref(), Some("node.ml:7443"));
    }

    #[test]
    fn what_could_never_be_reached_is_no_address_to_dial() {
        let long = format!("{}:1", "a".repeat(64));
        for bad in [
            "",
            ":7443",
            "host",
            "host:",
            "host:0",
            "host:+1",
            "host:65536",
            "10.0.0.300:1",
            "10.1:1",
            "1:1",
            "2001:db8::1:7443",
            "[::1:1",
            "[10.0.0.1]:1",
            "[fe80::1%eth0]:1",
            "[::]:1",
            "0.0.0.0:1",
            "a..b:1",
            "-a:1",
            "a-:1",
            "a_b:1",
            "é:1",
            "a b:1",
            "quic://a:1",
            "a.:1",
            "224.0.0.1:1",
            &long,
        ] {
            assert_eq!(shown(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_path_stays_below_the_home_or_is_absolute() {
        let within =
            |text: &str| text.parse::<HomePath>().ok().map(|path| path.within(Path::new("/home/mr")));
        assert_eq!(within("guard"), Some("/home/mr/guard".into()));
        assert_eq!(within("/mnt/guard"), Some("/mnt/guard".into()));
        for bad in ["", ".", "./", "/", "..", "../guard", "x/../data", "~/guard", "a\0b"] {
            assert_eq!(within(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_path_in_a_folder_is_recognised_in_every_spelling() {
        let is_in = |text: &str| text.parse::<HomePath>().unwrap().is_in("data");
        assert!(["data", "data/", "./data", "data/guard", ".//data//guard"].into_iter().all(is_in));
        assert!(!["guard", "database", "/data", "guard/data"].into_iter().any(is_in));
    }
}
