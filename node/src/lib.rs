//! A country's node: the ledger on disk, the link to the peer, the service for gateways.

pub mod accords;
pub mod clock;
pub mod config;
pub mod drafts;
pub mod entropy;
pub mod erasure;
pub mod evidence;
pub mod fatal;
pub mod home;
pub mod indexer;
pub mod init;
mod judge;
mod knowledge;
pub mod ledger;
pub mod link;
pub mod mirror;
pub mod node;
pub mod progress;
pub mod retention;
pub mod service;
pub mod transport;
pub mod writer;
