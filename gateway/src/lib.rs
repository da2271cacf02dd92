//! Where people meet the system: headquarters and posts.
//!
//! Small until the screens arrive. It will reach the node over the service protocol of `karakoro-proto` alone, as the
//! command line does today, and is trusted by nobody: the node checks again whatever passes here.
