//! Alert files as people give them: CAP 1.2 XML, or our JSON.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use karakoro_proto::domain::alert::Alert;
use karakoro_proto::domain::alert::limits::MAX_JSON_BYTES;
use karakoro_proto::domain::cap::{self, Fault, MAX_CAP_BYTES, Reading};

/// The largest file of either form, in bytes.
const MAX_BYTES: usize = if MAX_JSON_BYTES > MAX_CAP_BYTES { MAX_JSON_BYTES } else { MAX_CAP_BYTES };

/// What some editors put before UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A file that is no acceptable alert.
#[derive(Debug)]
pub(crate) enum InputError {
    /// Cannot be read.
    Unreadable(std::io::Error),
    /// Everything that is wrong with it.
    Faults(Vec<Fault>),
}

/// Reads at most one byte more than a file may have: the reader of its form then says that it is too large.
pub(crate) fn read_bytes(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads a CAP file.
pub(crate) fn read_cap(path: &Path) -> Result<Reading, InputError> {
    let bytes = read_bytes(path).map_err(InputError::Unreadable)?;
    cap::read(&bytes).map_err(InputError::Faults)
}

/// Reads an alert of either form; what begins with a bracket of JSON is JSON.
pub(crate) fn read_alert(path: &Path) -> Result<Reading, InputError> {
    let bytes = read_bytes(path).map_err(InputError::Unreadable)?;
    let json = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&bytes);
    if !matches!(json.trim_ascii_start().first(), Some(b'{' | b'[')) {
        return cap::read(&bytes).map_err(InputError::Faults);
    }
    if json.len() > MAX_JSON_BYTES {
        // Cut off where reading stopped, it could be told to end too early, or within a character.
        return Err(InputError::Faults(vec![too_large()]));
    }
    let text = std::str::from_utf8(json).map_err(|error| InputError::Faults(vec![not_utf8(json, error)]))?;
    let alert = Alert::from_json(text).map_err(InputError::Faults)?;
    Ok(Reading { alert, notices: Vec::new() })
}

fn too_large() -> Fault {
    Fault {
        element: "alert".to_owned(),
        line: 0,
        message: format!("the file has more than {MAX_JSON_BYTES} bytes"),
        expected: format!("at most {MAX_JSON_BYTES} bytes of JSON"),
    }
}

fn not_utf8(bytes: &[u8], error: std::str::Utf8Error) -> Fault {
    let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
    let lines = before.iter().filter(|byte| **byte == b'\n').count();
    Fault {
        element: "alert".to_owned(),
        line: u32::try_from(lines + 1).unwrap_or(u32::MAX),
        message: "bytes that are not UTF-8".to_owned(),
        expected: "UTF-8, as all JSON".to_owned(),
    }
}
