//! Where people meet the system. Small until the screens arrive; see ARCHITECTURE.md.
