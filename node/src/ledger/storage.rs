//! The one door to the disk: real files, or a simulated disk that loses, tears and lies.
//!
//! Paths are relative to the home, with `/` between parts. The trait is as narrow as the ledger needs, so
//! that another engine can stand behind it, and so that a simulator can fail every call.

use std::fmt;
use std::io;
use std::sync::Arc;

pub mod real;
pub mod sim;

/// A place that keeps files.
pub trait Storage: Send + Sync + fmt::Debug {
    /// Opens a file that exists, for reading and writing.
    fn open(&self, path: &str) -> io::Result<Arc<dyn File>>;

    /// Creates a file that does not exist.
    fn create(&self, path: &str) -> io::Result<Arc<dyn File>>;

    /// Whether a file or folder is there.
    fn exists(&self, path: &str) -> io::Result<bool>;

    /// Names of the files in a folder, sorted.
    fn list(&self, folder: &str) -> io::Result<Vec<String>>;

    /// Creates a folder and those above it; fine if it exists.
    fn create_folder(&self, folder: &str) -> io::Result<()>;

    /// Moves a file over another of the same folder, atomically; durable after [`Self::sync_folder`].
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file; durable after [`Self::sync_folder`].
    fn remove(&self, path: &str) -> io::Result<()>;

    /// Makes creations, renames and removals in a folder durable.
    fn sync_folder(&self, folder: &str) -> io::Result<()>;

    /// Takes the exclusive right to write below the home; given back when the value is dropped, or when
    /// the process ends in any way. [`io::ErrorKind::WouldBlock`] if another holds it.
    fn lock(&self, path: &str) -> io::Result<Box<dyn Lock>>;
}

/// An open file. Reading and writing name their place, so that readers and the writer share it.
pub trait File: Send + Sync + fmt::Debug {
    /// Fills `buffer` from `offset`; [`io::ErrorKind::UnexpectedEof`] if the file ends before.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;

    /// Writes all of `bytes` at `offset`, lengthening the file if needed. Not durable yet.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Makes everything written durable. After an error nothing is known about what is: the caller must
    /// stop the process and never try again.
    fn sync(&self) -> io::Result<()>;

    /// The file's length in bytes.
    fn len(&self) -> io::Result<u64>;

    /// Whether the file is empty.
    fn is_empty(&self) -> io::Result<bool> {
        self.len().map(|len| len == 0)
    }
}

/// The exclusive right to write, held while this value lives.
pub trait Lock: Send + Sync + fmt::Debug {}
