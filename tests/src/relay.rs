//! A road between two nodes that can be cut: UDP datagrams pass it, or do not.

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::countries::fresh_address;

/// How often a thread looks whether the relay has ended.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Largest datagram.
const DATAGRAM_BYTES: usize = 64 * 1024;

/// Passes datagrams on to one address, and the answers back. Ends when it is dropped.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    road: Arc<Road>,
    inbound: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Road {
    target: SocketAddr,
    cut: AtomicBool,
    ended: AtomicBool,
    passed: AtomicU64,
}

impl Relay {
    /// A relay to `target`, open.
    #[must_use]
    pub fn to(target: SocketAddr) -> Self {
        let address = fresh_address();
        let socket = bind(address);
        let road = Arc::new(Road {
            target,
            cut: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            passed: AtomicU64::new(0),
        });
        let inbound = thread::spawn({
            let road = road.clone();
            move || road.inbound(&socket)
        });
        Self { address, road, inbound: Some(inbound) }
    }

    /// Where to dial.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on nothing passes.
    pub fn cut(&self) {
        self.road.cut.store(true, Ordering::SeqCst);
    }

    /// From now on everything passes.
    pub fn restore(&self) {
        self.road.cut.store(false, Ordering::SeqCst);
    }

    /// How many datagrams have passed.
    #[must_use]
    pub fn passed(&self) -> u64 {
        self.road.passed.load(Ordering::SeqCst)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.road.ended.store(true, Ordering::SeqCst);
        if let Some(inbound) = self.inbound.take() {
            _ = inbound.join();
        }
    }
}

impl Road {
    /// From callers to the target: each caller has a socket of its own, so that answers find back.
    fn inbound(self: &Arc<Self>, socket: &UdpSocket) {
        let mut callers: HashMap<SocketAddr, Arc<UdpSocket>> = HashMap::new();
        let mut outbound = Vec::new();
        let front = Arc::new(socket.try_clone().expect("a socket can be shared"));
        self.pass(socket, |datagram, caller| {
            let back = callers.entry(caller).or_insert_with(|| {
                let back = Arc::new(bind(SocketAddr::from(([127, 0, 0, 1], 0))));
                let (road, from, front) = (self.clone(), back.clone(), front.clone());
                outbound.push(thread::spawn(move || {
                    road.pass(&from, |datagram, _| _ = front.send_to(datagram, caller));
                }));
                back
            });
            // A target that is not there loses datagrams, as a road does.
            _ = back.send_to(datagram, self.target);
        });
        for thread in outbound {
            _ = thread.join();
        }
    }

    fn pass(&self, from: &UdpSocket, mut on: impl FnMut(&[u8], SocketAddr)) {
        let mut buffer = vec![0; DATAGRAM_BYTES];
        while !self.ended.load(Ordering::SeqCst) {
            match from.recv_from(&mut buffer) {
                Ok((length, sender)) if !self.cut.load(Ordering::SeqCst) => {
                    self.passed.fetch_add(1, Ordering::SeqCst);
                    on(&buffer[..length], sender);
                }
                // Cut; or the time to look; or an ICMP answer to an earlier datagram.
                Ok(_) | Err(_) => {}
            }
        }
    }
}

fn bind(address: SocketAddr) -> UdpSocket {
    let bound: io::Result<UdpSocket> = UdpSocket::bind(address).and_then(|socket| {
        socket.set_read_timeout(Some(LOOK_EVERY))?;
        Ok(socket)
    });
    bound.expect("an address that nobody else uses")
}
