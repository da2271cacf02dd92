//! An alert, as both countries read it.
