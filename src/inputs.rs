//! Files as people give them: alerts in CAP 1.2 XML or our JSON, and message files of any kind.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use karakoro_proto::domain::alert::Alert;
use karakoro_proto::domain::alert::limits::MAX_JSON_BYTES;
use karakoro_proto::domain::breach::Breaches;
use karakoro_proto::domain::cap::{self, Fault, MAX_CAP_BYTES, Reading};
use karakoro_proto::domain::message_file::{self, MessageFile};
use karakoro_proto::envelope::MessageId;

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

/// A file that is no acceptable message.
#[derive(Debug)]
pub(crate) enum MessageError {
    /// Cannot be read.
    Unreadable(std::io::Error),
    /// Everything that is wrong with it, one a line.
    Faults(Vec<String>),
}

impl From<InputError> for MessageError {
    fn from(error: InputError) -> Self {
        match error {
            InputError::Unreadable(error) => Self::Unreadable(error),
            InputError::Faults(faults) => Self::Faults(faults.iter().map(ToString::to_string).collect()),
        }
    }
}

impl From<Breaches> for MessageError {
    fn from(breaches: Breaches) -> Self {
        Self::Faults(breaches.iter().map(ToString::to_string).collect())
    }
}

/// What a file says, and what its reader remarks without refusing it.
#[derive(Debug)]
pub(crate) struct Input {
    /// The message.
    pub(crate) file: MessageFile,
    /// Remarks.
    pub(crate) notices: Vec<String>,
}

/// Reads a message of any form; `id` becomes its own.
pub(crate) fn read_message(path: &Path, id: MessageId) -> Result<Input, MessageError> {
    let bytes = read_bytes(path).map_err(MessageError::Unreadable)?;
    if let Some(text) = message_file_text(&bytes) {
        return Ok(Input { file: message_file::read(text, id)?, notices: Vec::new() });
    }
    let reading = read_alert_bytes(&bytes)?;
    let notices = remarks(&reading);
    Ok(Input { file: MessageFile::of_alert(reading.alert, id)?, notices })
}

/// What people are told of an alert that is sent all the same.
pub(crate) fn remarks(reading: &Reading) -> Vec<String> {
    let mut remarks = reading.notices.clone();
    if reading.alert.lacks_arabic() {
        remarks.push("there is no Arabic text; it is sent without".to_owned());
    }
    remarks
}

fn message_file_text(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes)).ok()?;
    message_file::is_message_file(text).then_some(text)
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
    read_alert_bytes(&read_bytes(path).map_err(InputError::Unreadable)?)
}

fn read_alert_bytes(bytes: &[u8]) -> Result<Reading, InputError> {
    let json = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    if !matches!(json.trim_ascii_start().first(), Some(b'{' | b'[')) {
        return cap::read(bytes).map_err(InputError::Faults);
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
