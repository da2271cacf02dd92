//! Common Alerting Protocol 1.2 in.
