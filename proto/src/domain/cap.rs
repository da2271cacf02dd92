//! The Common Alerting Protocol 1.2 (OASIS standard, 1 July 2010; schema `CAP-v1.2.xsd`): reader and writer.
//!
//! What the reader checks, in this order:
//!
//! 1. the bytes: size, encoding, markup that would take more than linear time;
//! 2. the XML: well-formed, no DTD, so no entities of any kind are ever expanded;
//! 3. the schema: namespace, elements and their order, number and type;
//! 4. the content, which the schema leaves to prose: [`Alert::validate`].
//!
//! The first two stop at their first fault; the others report all they find, with element and line.
//! An older namespace (CAP 1.1) is one fault and the rest is checked on.
//!
//! An optional element without content, such as `<note/>`, is read as absent where the schema allows
//! it. White space at the two ends of a text is dropped. An XML signature may end the alert; it is neither
//! checked nor carried, since the signed form here is ours, and a notice says so.
//!
//! The [writer](write()) gives the text of any valid alert, and hands it out only with a scope as narrow as the
//! alert's handling. Alerts alone have a CAP form: they have no field for a person, the other kinds have.

mod list;
mod read;
mod report;
mod schema;
mod source;
mod write;

use super::alert::Alert;
use super::alert::limits::MAX_ALERT_BYTES;
pub use super::fault::Fault;
pub use write::{WriteError, export, write};

/// The namespace of CAP 1.2.
pub const NAMESPACE: &str = "urn:oasis:names:tc:emergency:cap:1.2";

/// The largest file that is read, in bytes: eight times [`MAX_ALERT_BYTES`], which base64, escapes and element
/// names of the largest alert stay below. The largest real alert at hand, with a recorded voice, has 460 kB.
pub const MAX_CAP_BYTES: usize = 8 * MAX_ALERT_BYTES;

/// An alert that was read, and what of the file does not stand in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reading {
    /// The alert, valid.
    pub alert: Alert,
    /// What was seen and is neither checked nor carried, for a person to know.
    pub notices: Vec<String>,
}

/// Reads one CAP 1.2 alert.
///
/// # Errors
/// Every fault that could be told, ordered by line; at most
/// [`MAX_FAULTS`](super::alert::limits::MAX_FAULTS).
pub fn read(bytes: &[u8]) -> Result<Reading, Vec<Fault>> {
    let text = source::text(bytes).map_err(|fault| vec![fault])?;
    source::guard(text).map_err(|fault| vec![fault])?;
    let document = source::parse(text).map_err(|fault| vec![fault])?;
    read::document(&document, text)
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod validator;
