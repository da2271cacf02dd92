//! Scenarios on the real executable. A module for each; names of tests are claims.

#[cfg(test)]
mod accord;
#[cfg(test)]
mod architecture;
#[cfg(test)]
mod audit;
#[cfg(test)]
mod cap;
#[cfg(test)]
mod certs;
#[cfg(test)]
mod config;
#[cfg(test)]
mod disk;
#[cfg(test)]
mod docs;
#[cfg(test)]
mod drafts;
#[cfg(test)]
mod erase;
#[cfg(test)]
mod exchange;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod logs;
#[cfg(test)]
mod restart;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod watchlist;
