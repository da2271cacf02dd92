//! The keys and certificates of a country.
