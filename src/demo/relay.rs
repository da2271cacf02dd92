//! The road between the two countries: a relay of UDP datagrams that can be cut.
//!
//! It has one socket on each side. Mauritania calls the socket on its side and thereby Mali, Mali calls the
//! other and thereby Mauritania; what arrives on one side from the node there leaves on the other side
//! towards the node there. The relay holds no keys and reads nothing: what crosses it is QUIC, end to end.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::cli::Road;

/// Largest UDP datagram.
const MAX_DATAGRAM: usize = 65_535;

/// The pause after a socket failed.
const BREATHER: Duration = Duration::from_millis(20);

/// The switch of the road; clones switch the same road.
#[derive(Clone, Debug)]
pub(crate) struct Switch(Arc<AtomicBool>);

impl Switch {
    /// Cuts or restores the road; returns how it was before.
    pub(crate) fn set(&self, state: Road) -> Road {
        match self.0.swap(state == Road::Up, Ordering::SeqCst) {
            true => Road::Up,
            false => Road::Down,
        }
    }

    fn is_open(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// A running relay. Its two threads last as long as the process.
#[derive(Debug)]
pub(crate) struct Relay {
    /// Where each country calls the other, in the order of the nodes given.
    pub(crate) dial: [SocketAddr; 2],
    /// Cuts and restores it.
    pub(crate) switch: Switch,
}

impl Relay {
    /// Begins to relay between two nodes that listen at these addresses; the road is open.
    pub(crate) fn start(nodes: [SocketAddr; 2]) -> io::Result<Self> {
        let sockets = [side()?, side()?];
        let dial = [sockets[0].local_addr()?, sockets[1].local_addr()?];
        let switch = Switch(Arc::new(AtomicBool::new(true)));
        for (here, there) in [(0, 1), (1, 0)] {
            let (from, to) = (sockets[here].try_clone()?, sockets[there].try_clone()?);
            let (node, other, switch) = (nodes[here], nodes[there], switch.clone());
            thread::Builder::new()
                .name("road".to_owned())
                .spawn(move || carry(&from, node, &to, other, &switch))?;
        }
        Ok(Self { dial, switch })
    }
}

fn side() -> io::Result<UdpSocket> {
    UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))
}

/// Carries what `node` sends to `from` on to `other`, while the road is open. What cannot be carried is
/// lost, as on any road: QUIC sends it again.
fn carry(from: &UdpSocket, node: SocketAddr, to: &UdpSocket, other: SocketAddr, road: &Switch) {
    let mut buffer = vec![0; MAX_DATAGRAM];
    loop {
        match from.recv_from(&mut buffer) {
            Ok((length, sender)) if sender == node && road.is_open() => {
                _ = to.send_to(&buffer[..length], other);
            }
            Ok(_) => {}
            Err(_) => thread::sleep(BREATHER),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node() -> UdpSocket {
        let socket = side().unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        socket
    }

    fn received(socket: &UdpSocket) -> (Vec<u8>, SocketAddr) {
        let mut buffer = [0; 64];
        let (length, from) = socket.recv_from(&mut buffer).unwrap();
        (buffer[..length].to_vec(), from)
    }

    #[test]
    fn an_open_road_carries_both_ways_and_a_cut_one_nothing() {
        let (one, two) = (node(), node());
        let relay = Relay::start([one.local_addr().unwrap(), two.local_addr().unwrap()]).unwrap();
        one.send_to(b"there", relay.dial[0]).unwrap();
        let (bytes, from) = received(&two);
        assert_eq!((&bytes[..], from), (&b"there"[..], relay.dial[1]));
        two.send_to(b"back", from).unwrap();
        assert_eq!(received(&one), (b"back".to_vec(), relay.dial[0]));

        assert_eq!(relay.switch.set(Road::Down), Road::Up);
        one.send_to(b"lost", relay.dial[0]).unwrap();
        one.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        two.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        assert!(two.recv_from(&mut [0; 64]).is_err());
        two.set_read_timeout(Some(Duration::from_secs(10))).unwrap();

        assert_eq!(relay.switch.set(Road::Up), Road::Down);
        let stranger = node();
        stranger.send_to(b"stranger", relay.dial[0]).unwrap();
        one.send_to(b"again", relay.dial[0]).unwrap();
        assert_eq!(received(&two).0, b"again");
    }
}
