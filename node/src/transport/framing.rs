//! Frames on a byte stream: a `u32` big-endian length, then so many bytes.

use std::io;

use bytes::{Bytes, BytesMut};
use karakoro_proto::wire::MAX_FRAME_BYTES;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// What reading a frame came to.
#[derive(Debug)]
pub enum Incoming {
    /// A whole frame.
    Frame(Bytes),
    /// The stream ended between frames.
    End,
    /// A length beyond [`MAX_FRAME_BYTES`]; nothing was allocated for it.
    TooLarge(usize),
}

/// Bytes that are set aside before a frame has shown that it comes.
const FIRST_ALLOCATION: usize = 64 * 1024;

/// Reads one frame.
///
/// Memory grows with what arrives, not with what the length promises.
pub async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Incoming> {
    let mut prefix = [0; 4];
    let first = stream.read(&mut prefix).await?;
    if first == 0 {
        return Ok(Incoming::End);
    }
    stream.read_exact(&mut prefix[first..]).await?;
    let length = u32::from_be_bytes(prefix) as usize;
    if length > MAX_FRAME_BYTES {
        return Ok(Incoming::TooLarge(length));
    }
    let mut frame = BytesMut::with_capacity(length.min(FIRST_ALLOCATION));
    let mut rest = stream.take(length as u64);
    while frame.len() < length {
        if rest.read_buf(&mut frame).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(Incoming::Frame(frame.freeze()))
}

/// Frames with their lengths before them, as they follow each other on a stream.
#[must_use]
pub fn prefixed(frames: Vec<Bytes>) -> Vec<Bytes> {
    let length = |frame: &Bytes| u32::try_from(frame.len()).expect("frames are within MAX_FRAME_BYTES");
    let prefix = |frame: &Bytes| Bytes::copy_from_slice(&length(frame).to_be_bytes());
    frames.into_iter().flat_map(|frame| [prefix(&frame), frame]).collect()
}

/// Writes one frame.
pub async fn write(stream: &mut (impl AsyncWrite + Unpin), frame: &[u8]) -> io::Result<()> {
    let length = u32::try_from(frame.len()).map_err(io::Error::other)?;
    stream.write_all(&length.to_be_bytes()).await?;
    stream.write_all(frame).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn frames_come_out_as_they_went_in() {
        let mut stream = Vec::new();
        for frame in [&b""[..], b"one", &[7; 200_000]] {
            write(&mut stream, frame).await.unwrap();
        }
        let mut reader = &stream[..];
        for length in [0, 3, 200_000] {
            assert!(
                matches!(read(&mut reader).await.unwrap(), Incoming::Frame(frame) if frame.len() == length)
            );
        }
        assert!(matches!(read(&mut reader).await.unwrap(), Incoming::End));
    }

    #[tokio::test]
    async fn a_length_beyond_the_limit_is_refused_before_anything_is_read() {
        let mut reader = &[0xff, 0xff, 0xff, 0xff][..];
        assert!(matches!(read(&mut reader).await.unwrap(), Incoming::TooLarge(0xffff_ffff)));
    }

    #[tokio::test]
    async fn a_frame_that_is_cut_off_is_an_error() {
        let mut stream = Vec::new();
        write(&mut stream, b"whole").await.unwrap();
        for end in 1..stream.len() {
            let mut reader = &stream[..end];
            assert_eq!(read(&mut reader).await.unwrap_err().kind(), io::ErrorKind::UnexpectedEof, "{end}");
        }
    }
}
