//! Batches of signed messages on disk: whole or not there at all.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use karakoro_proto::domain::text::Digest;
use karakoro_proto::service::Submission;
use karakoro_proto::service::batch::{
    END_BYTES, MAGIC, MAX_MESSAGE_BYTES, MAX_MESSAGES, Tally, decode, encode,
};

use crate::exit::{Exit, Failure};

/// What a batch is called while it is written.
const UNFINISHED: &str = "part";

/// A batch in the making; removed again unless it is finished.
#[derive(Debug)]
pub(super) struct BatchWriter {
    path: PathBuf,
    part: PathBuf,
    file: BufWriter<File>,
    tally: Tally,
    finished: bool,
}

fn failed(doing: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::new(Exit::Store, anyhow::anyhow!("cannot {doing} {}: {error}", path.display()))
}

impl BatchWriter {
    /// Begins a batch that will be at `path`, where nothing may be yet.
    pub(super) fn create(path: &Path) -> Result<Self, Failure> {
        if path.exists() {
            return Err(Failure::usage(format!("{} is there already", path.display())));
        }
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".");
        name.push(UNFINISHED);
        let part = path.with_file_name(name);
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part);
        let mut file = BufWriter::new(file.map_err(|error| failed("write", &part, &error))?);
        file.write_all(MAGIC).map_err(|error| failed("write", &part, &error))?;
        Ok(Self { path: path.to_owned(), part, file, tally: Tally::default(), finished: false })
    }

    pub(super) fn add(&mut self, submission: &Submission) -> Result<(), Failure> {
        if self.tally.count() >= MAX_MESSAGES {
            return Err(Failure::usage(format!("a batch has {MAX_MESSAGES} messages at most")));
        }
        let bytes = encode(submission);
        let length = u32::try_from(bytes.len()).map_err(Failure::usage)?;
        self.tally.add(submission);
        self.put(&length.to_be_bytes())?;
        self.put(&bytes)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.file.write_all(bytes).map_err(|error| failed("write", &self.part, &error))
    }

    /// How many messages there are so far.
    pub(super) fn count(&self) -> u64 {
        self.tally.count()
    }

    /// Makes the batch durable under its name: the commit point. What is cut off before it leaves no batch.
    pub(super) fn finish(mut self) -> Result<Digest, Failure> {
        let end = self.tally.end();
        self.put(&0_u32.to_be_bytes())?;
        self.put(&end)?;
        let durable = (|| {
            self.file.flush()?;
            self.file.get_ref().sync_all()?;
            std::fs::rename(&self.part, &self.path)?;
            sync_folder(&self.path)
        })();
        durable.map_err(|error| failed("write", &self.path, &error))?;
        self.finished = true;
        Ok(self.tally.digest())
    }
}

impl Drop for BatchWriter {
    fn drop(&mut self) {
        if !self.finished {
            // What is left over is written over by the next one.
            _ = std::fs::remove_file(&self.part);
        }
    }
}

fn sync_folder(file: &Path) -> io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or_else(|| Path::new(".")))?.sync_all()
}

/// Removes a batch that is done.
pub(super) fn remove(path: &Path) -> Result<(), Failure> {
    std::fs::remove_file(path)
        .and_then(|()| sync_folder(path))
        .map_err(|error| failed("remove", path, &error))
}

/// A batch that was read to its end once, and is what its last part says.
#[derive(Debug)]
pub(super) struct Batch {
    path: PathBuf,
    file: BufReader<File>,
    pub(super) count: u64,
    pub(super) digest: Digest,
}

impl Batch {
    /// Opens a batch and checks all of it but the signatures, which the node checks.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let open = |error| Failure::new(Exit::CouldNotCheck, anyhow::anyhow!("{}: {error}", path.display()));
        let file = BufReader::new(File::open(path).map_err(open)?);
        let nothing = Tally::default();
        let mut batch = Self { path: path.to_owned(), file, count: 0, digest: nothing.digest() };
        let mut tally = nothing;
        let end = batch.walk(|submission| {
            tally.add(&submission);
            Ok(())
        })?;
        if end != tally.end() || tally.count() == 0 {
            return Err(batch.no_batch("its last part does not fit the others"));
        }
        (batch.count, batch.digest) = (tally.count(), tally.digest());
        Ok(batch)
    }

    /// Every message in its order.
    pub(super) fn each(
        &mut self,
        take: impl FnMut(Submission) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.walk(take).map(|_| ())
    }

    fn walk(
        &mut self,
        mut take: impl FnMut(Submission) -> Result<(), Failure>,
    ) -> Result<[u8; END_BYTES], Failure> {
        self.file.seek(SeekFrom::Start(0)).map_err(|error| failed("read", &self.path, &error))?;
        if &self.read::<{ MAGIC.len() }>()? != MAGIC {
            return Err(self.no_batch("it does not begin as one"));
        }
        let mut count = 0_u64;
        loop {
            let length = u32::from_be_bytes(self.read()?) as usize;
            if length == 0 {
                return self.read();
            }
            count += 1;
            if length > MAX_MESSAGE_BYTES || count > MAX_MESSAGES {
                return Err(self.no_batch("it is larger than any batch"));
            }
            let mut bytes = vec![0; length];
            self.file.read_exact(&mut bytes).map_err(|_| self.no_batch("it is cut off"))?;
            let submission = decode(bytes);
            take(submission.map_err(|error| self.no_batch(&error.to_string()))?)?;
        }
    }

    fn read<const LENGTH: usize>(&mut self) -> Result<[u8; LENGTH], Failure> {
        let mut bytes = [0; LENGTH];
        self.file.read_exact(&mut bytes).map_err(|_| self.no_batch("it is cut off"))?;
        Ok(bytes)
    }

    fn no_batch(&self, why: &str) -> Failure {
        let text = format!("{} is no batch that was finished: {why}", self.path.display());
        Failure::new(Exit::Store, anyhow::anyhow!(text))
    }
}

#[cfg(test)]
mod tests {
    use karakoro_proto::envelope::{Body, Opening};
    use karakoro_proto::key::KeyId;
    use karakoro_proto::leaf::{MessageLeaf, OfficerSignature, SigningPurpose};

    use super::*;

    /// What signatures are made of here: they are the node's to check.
    const SIGNED: u8 = 0xaa;

    fn submission(payload: u8) -> Submission {
        let body = Body {
            opening: Opening([7; 32]),
            header: b"header".to_vec().into(),
            payload: vec![payload].into(),
        };
        let signature = OfficerSignature {
            purpose: SigningPurpose::Author,
            key: KeyId([SIGNED; 8]),
            signature: [SIGNED; 64],
        };
        Submission { leaf: MessageLeaf { commitment: body.commitment(), signatures: vec![signature] }, body }
    }

    fn written(folder: &Path) -> PathBuf {
        let path = folder.join("a.batch");
        let mut batch = BatchWriter::create(&path).unwrap();
        (0..3).for_each(|payload| batch.add(&submission(payload)).unwrap());
        batch.finish().unwrap();
        path
    }

    #[test]
    fn a_batch_is_read_as_it_was_written_and_never_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = written(folder.path());
        let mut batch = Batch::open(&path).unwrap();
        let mut read = Vec::new();
        batch
            .each(|submission| {
                read.push(submission);
                Ok(())
            })
            .unwrap();
        assert_eq!(read, [0, 1, 2].map(submission));
        assert_eq!(batch.count, 3);
        BatchWriter::create(&path).unwrap_err();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_batch_that_was_cut_off_anywhere_or_altered_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = written(folder.path());
        let bytes = std::fs::read(&path).unwrap();
        for end in 0..bytes.len() {
            std::fs::write(&path, &bytes[..end]).unwrap();
            Batch::open(&path).unwrap_err();
        }
        for at in (0..bytes.len()).filter(|at| bytes[*at] != SIGNED) {
            let mut altered = bytes.clone();
            altered[at] ^= 1;
            std::fs::write(&path, &altered).unwrap();
            Batch::open(&path).unwrap_err();
        }
    }

    #[test]
    fn a_batch_that_is_given_up_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut batch = BatchWriter::create(&folder.path().join("a.batch")).unwrap();
        batch.add(&submission(1)).unwrap();
        drop(batch);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
