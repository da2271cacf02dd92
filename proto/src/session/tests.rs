//! Claims about the exchange, each shown by a test that bears its name.

mod adversary;
mod cases;
mod document;
mod exchange;
mod mutations;
mod vectors;
