//! How large an alert may be. Each limit stands far above what real alerts hold (the largest at hand has
//! 460 kB, nearly all of it a recorded voice) and far below what would burden a post's old laptop.

/// The encoded alert, in bytes: it must travel as one message, over 2G in hours rather than days.
pub const MAX_ALERT_BYTES: usize = 1 << 20;
/// The JSON form, in bytes: four times the encoded form, which base64, escapes and key names of the
/// largest alert stay below.
pub const MAX_JSON_BYTES: usize = 4 * MAX_ALERT_BYTES;
/// An identifier or sender, in bytes: URNs and OIDs stay below 200; the log line that names it stays a line.
pub const MAX_TOKEN_BYTES: usize = 256;
/// A name, code, value or address, in bytes: area descriptions that list counties reach 2 kB.
pub const MAX_NAME_BYTES: usize = 4096;
/// A free text (description, instruction, note, headline), in bytes: ten pages.
pub const MAX_TEXT_BYTES: usize = 32_768;
/// Embedded content, in bytes: what base64 within [`MAX_ALERT_BYTES`] of XML can carry.
pub const MAX_EMBEDDED_BYTES: usize = 768 * 1024;
/// Infos of an alert: languages times parts; real alerts have up to 4.
pub const MAX_INFOS: usize = 16;
/// Areas of an info: a nation-wide warning lists its regions.
pub const MAX_AREAS: usize = 128;
/// Entries of any other list; a regional warning lists hundreds of place codes.
pub const MAX_LIST: usize = 512;
/// Entries of all lists together, so that the limits above cannot be multiplied.
pub const MAX_ENTRIES: usize = 8192;
/// Points of a polygon: whether it crosses itself is checked pair by pair.
pub const MAX_POLYGON_POINTS: usize = 2000;
/// Points of all polygons together, for the same reason.
pub const MAX_POINTS: usize = 16_384;
/// Faults that are reported; the reader of a hopeless file needs no more.
pub const MAX_FAULTS: usize = 100;
