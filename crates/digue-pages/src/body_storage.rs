//! Bodies of requests until they are processed: in memory or in an unnamed file, within quotas that
//! all requests share.

use std::io;
use std::path::Path;
use std::sync::Arc;

use axum::body::{Body, BodyDataStream, Bytes};
use axum::http::{HeaderMap, header};
use digue_access::shares::{AmountShare, Eighths, SharedAmount};
use digue_types::AccountId;
use futures_util::StreamExt as _;
use tokio::io::{AsyncSeekExt as _, AsyncWriteExt as _};

/// The most bytes of bodies in memory, over all requests.
const HELD_BYTES_MAX: usize = 128 << 20;
/// The most bytes of uploads on disk, over all requests.
const SPOOLED_BYTES_MAX: usize = 3 << 30;
/// Uploads above this size are processed one after the other.
const ALONE_BYTES_MIN: usize = 32 << 20;

/// The owner of waiting bytes, for quotas.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum BodySender {
    Account(AccountId),
    /// An address, or an IPv6 network.
    Address(String),
    /// All senders without a session together.
    Strangers,
}

/// The owners to whose quotas a body counts, each with the share that counts.
pub type Senders = Vec<(BodySender, Eighths)>;

/// The waiting bodies of all requests.
pub struct Bodies {
    held: Arc<SharedAmount<BodySender>>,
    spooled: Arc<SharedAmount<BodySender>>,
    /// One body above `ALONE_BYTES_MIN` at a time is in memory.
    alone: tokio::sync::Semaphore,
}

impl Bodies {
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            held: SharedAmount::new(HELD_BYTES_MAX),
            spooled: SharedAmount::new(SPOOLED_BYTES_MAX),
            alone: tokio::sync::Semaphore::new(1),
        })
    }
}

/// Why a body was not accepted.
pub enum BodyError {
    TooLarge,
    Busy,
    /// The sender stopped before the end.
    Cut,
    Unwritable(io::Error),
}

/// The pieces of a body, at most `limit` bytes of them.
struct BodyPieces {
    stream: BodyDataStream,
    left: usize,
}

impl BodyPieces {
    /// A body that declares more than `limit` is refused unread.
    fn begin(body: Body, headers: &HeaderMap, limit: usize) -> Result<Self, BodyError> {
        let declared = headers
            .get(header::CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok());
        if declared
            .and_then(|length| length.parse::<usize>().ok())
            .is_some_and(|length| length > limit)
        {
            return Err(BodyError::TooLarge);
        }
        Ok(Self {
            stream: body.into_data_stream(),
            left: limit,
        })
    }

    async fn next(&mut self) -> Result<Option<Bytes>, BodyError> {
        let Some(piece) = self.stream.next().await else {
            return Ok(None);
        };
        let piece = piece.map_err(|_| BodyError::Cut)?;
        // Counted also without a declared length: chunked bodies declare none, and a declared one
        // may be wrong.
        self.left = self
            .left
            .checked_sub(piece.len())
            .ok_or(BodyError::TooLarge)?;
        Ok(Some(piece))
    }
}

/// The quota that a body uses until its request is answered.
pub enum BodyStorage<'b> {
    Memory {
        _share: AmountShare<BodySender>,
    },
    Disk {
        _share: AmountShare<BodySender>,
        _turn: Option<tokio::sync::SemaphorePermit<'b>>,
    },
}

/// Reads a body into memory and counts it to its senders.
pub async fn hold<'b>(
    bodies: &'b Bodies,
    body: Body,
    headers: &HeaderMap,
    limit: usize,
    senders: Senders,
) -> Result<(Body, BodyStorage<'b>), BodyError> {
    let mut pieces = BodyPieces::begin(body, headers, limit)?;
    let mut share = bodies.held.begin(senders);
    let mut whole = Vec::new();
    while let Some(piece) = pieces.next().await? {
        // Before the piece is kept: the quota must hold while bodies arrive, not only at their end.
        share.grow(piece.len()).map_err(|_| BodyError::Busy)?;
        whole.extend_from_slice(&piece);
    }
    Ok((Body::from(whole), BodyStorage::Memory { _share: share }))
}

/// Writes a body to an unnamed file, and passes it on from there once it is complete.
pub async fn spool<'b>(
    bodies: &'b Bodies,
    folder: &Path,
    body: Body,
    headers: &HeaderMap,
    limit: usize,
    senders: Senders,
) -> Result<(Body, BodyStorage<'b>), BodyError> {
    let mut pieces = BodyPieces::begin(body, headers, limit)?;
    let mut share = bodies.spooled.begin(senders);
    // In the data folder, because `/tmp` is often in memory; unnamed, so that a crash leaves
    // nothing behind.
    let file = tempfile::tempfile_in(folder).map_err(BodyError::Unwritable)?;
    let mut file = tokio::fs::File::from_std(file);
    while let Some(piece) = pieces.next().await? {
        share.grow(piece.len()).map_err(|_| BodyError::Busy)?;
        file.write_all(&piece)
            .await
            .map_err(BodyError::Unwritable)?;
    }
    // tokio writes files in the background: the error of the last write comes here or never.
    file.flush().await.map_err(BodyError::Unwritable)?;
    file.rewind().await.map_err(BodyError::Unwritable)?;
    // Two such bodies in memory, with what is parsed from them, could exhaust a small machine.
    // Asked for once the body is on disk: a slow sender must not keep others from their turn.
    let turn = match share.amount() > ALONE_BYTES_MIN {
        true => Some(bodies.alone.acquire().await.map_err(|_| BodyError::Busy)?),
        false => None,
    };
    let chunks = chunks(file).await.map_err(BodyError::Unwritable)?;
    Ok((
        Body::from_stream(chunks),
        BodyStorage::Disk {
            _share: share,
            _turn: turn,
        },
    ))
}

const CHUNK_BYTES: usize = 256 << 10;

/// A file in chunks, of which the first is there already: multer 3.1 asks its stream twice for the
/// first boundary, and takes a body that comes whole at the second time for one that ended before
/// it.
async fn chunks(
    mut file: tokio::fs::File,
) -> io::Result<impl futures_util::Stream<Item = io::Result<Bytes>>> {
    let first = next_chunk(&mut file).await?;
    let rest = futures_util::stream::try_unfold(file, |mut file| async move {
        let chunk = next_chunk(&mut file).await?;
        Ok((!chunk.is_empty()).then_some((chunk, file)))
    });
    Ok(futures_util::stream::once(std::future::ready(Ok(first))).chain(rest))
}

/// Empty at the end.
async fn next_chunk(file: &mut tokio::fs::File) -> io::Result<Bytes> {
    use tokio::io::AsyncReadExt as _;
    let mut chunk = vec![0; CHUNK_BYTES];
    let read = file.read(&mut chunk).await?;
    chunk.truncate(read);
    Ok(Bytes::from(chunk))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_spooled_comes_whole_and_its_beginning_at_once() {
        use futures_util::FutureExt as _;
        for size in [0, 1, 5_000, CHUNK_BYTES, 3 * CHUNK_BYTES + 7] {
            let bytes: Vec<u8> = (0..size).map(|place| (place % 251) as u8).collect();
            let mut file = tokio::fs::File::from_std(tempfile::tempfile().unwrap());
            file.write_all(&bytes).await.unwrap();
            file.flush().await.unwrap();
            file.rewind().await.unwrap();
            let mut chunks = Box::pin(chunks(file).await.unwrap());
            let first = chunks
                .next()
                .now_or_never()
                .expect("multer must not wait for it");
            let mut whole = first.unwrap().unwrap().to_vec();
            while let Some(chunk) = chunks.next().await {
                whole.extend_from_slice(&chunk.unwrap());
            }
            assert_eq!(whole, bytes);
        }
    }
}
