//! What the scenarios share: building two homes, running the executable, waiting for facts.
