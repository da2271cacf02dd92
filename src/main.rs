//! The one executable, `karakoro`.
fn main() {}
