//! X.509 certificates of the countries' keys, read strictly.
