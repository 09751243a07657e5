//! Holds a message: its whole body in memory, within limits and charged to its holders, before
//! anything is decided.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use digue_access::shares::{self, Eighths, ShareExceeded, SharedAmount};
use digue_refusals::Refusal;
use digue_types::{AccountId, OrganisationId, PortalId};
use http::StatusCode;
use http_body::Body as _;
use http_body_util::BodyExt as _;
use tokio::time::timeout;

use digue_http::body::{Body, BoxError};

/// Whose quota pays for held bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum BodyHolder {
    Connection(u64),
    Account(AccountId),
    Organisation(OrganisationId),
    Portal(PortalId),
    /// All callers of a portal of whom nothing is known.
    Strangers(PortalId),
}

impl BodyHolder {
    /// An account, a connection or the strangers of a portal get at most half of the total, an
    /// organisation two thirds, a portal three quarters; however many take their maximum, some
    /// stays free (see [`shares`]).
    const fn weight(&self) -> Eighths {
        match self {
            Self::Connection(_) | Self::Account(_) | Self::Strangers(_) => Eighths(8),
            Self::Organisation(_) => Eighths(16),
            Self::Portal(_) => Eighths(24),
        }
    }
}

/// Bytes held by all messages together.
pub type HeldBytes = SharedAmount<BodyHolder>;

/// The bytes that one message holds.
pub type Share = shares::AmountShare<BodyHolder>;

/// Starts a share, empty, for these holders.
pub fn begin(held: &Arc<HeldBytes>, holders: impl IntoIterator<Item = BodyHolder>) -> Share {
    held.begin(
        holders
            .into_iter()
            .map(|holder| (holder.clone(), holder.weight()))
            .collect(),
    )
}

/// Bytes that keep their share until the last clone is dropped, including those in queues and
/// buffers.
pub fn counted(bytes: Bytes, share: Share) -> Bytes {
    struct CountedBytes {
        bytes: Bytes,
        _share: Share,
    }
    impl AsRef<[u8]> for CountedBytes {
        fn as_ref(&self) -> &[u8] {
            &self.bytes
        }
    }
    Bytes::from_owner(CountedBytes {
        bytes,
        _share: share,
    })
}

/// The result of holding a body.
pub enum HeldBody {
    Whole {
        bytes: Bytes,
        share: Share,
    },
    /// Larger than the route's limit: the part that was read, and the rest, unread.
    TooLarge {
        start: Bytes,
        rest: Body,
    },
}

/// Why a body could not be held.
#[derive(Debug, thiserror::Error)]
pub enum HoldError {
    #[error("the sender ended the connection in the middle of the message")]
    Cut(#[source] BoxError),
    #[error("the sender was silent for too long")]
    Silent,
    #[error("the memory for held messages is exhausted")]
    Full(#[from] ShareExceeded),
}

/// The body of a request could not be held: its sender broke off or fell silent, or the memory is
/// full.
impl From<&HoldError> for Refusal {
    fn from(error: &HoldError) -> Self {
        match error {
            HoldError::Cut(_) => {
                Self::unavailable(StatusCode::BAD_REQUEST, "bad-request-title", "request-cut")
            }
            HoldError::Silent => Self::unavailable(
                StatusCode::REQUEST_TIMEOUT,
                "request-silent-title",
                "request-silent",
            ),
            HoldError::Full(_) => Self::busy(),
        }
    }
}

/// Reads all of `body`, at most `limit` bytes; `idle` is the longest silence between two pieces.
pub async fn hold(
    mut body: Body,
    limit: usize,
    idle: Duration,
    share: Share,
) -> Result<HeldBody, HoldError> {
    let mut collected = Collected {
        share,
        first: Bytes::new(),
        joined: BytesMut::new(),
        limit,
    };
    // Claimed before the first byte: a message that cannot be held is refused at once and not after
    // megabytes.
    if let Some(length) = body
        .size_hint()
        .exact()
        .and_then(|length| usize::try_from(length).ok())
    {
        // The declared length is the sender's own claim: never more than what will be read.
        collected.share.grow(length.min(limit))?;
    }
    loop {
        let frame = match timeout(idle, body.frame()).await {
            Err(_) => return Err(HoldError::Silent),
            Ok(None) => return Ok(collected.whole()),
            Ok(Some(Err(error))) => return Err(HoldError::Cut(error)),
            Ok(Some(Ok(frame))) => frame,
        };
        // Trailers are dropped: nothing that Digue lets pass is announced in them.
        let Ok(piece) = frame.into_data() else {
            continue;
        };
        collected.add(piece)?;
        // After the piece was added: it has arrived anyway, and leaves with `start`. It exceeds the
        // limit by one piece at most.
        if collected.len() > limit {
            return Ok(HeldBody::TooLarge {
                start: collected.start(),
                rest: body,
            });
        }
    }
}

/// The pieces of a body; a body of one piece is not copied.
struct Collected {
    share: Share,
    first: Bytes,
    joined: BytesMut,
    limit: usize,
}

impl Collected {
    fn len(&self) -> usize {
        self.first.len() + self.joined.len()
    }

    fn add(&mut self, piece: Bytes) -> Result<(), ShareExceeded> {
        if self.len() == 0 {
            self.must_hold(piece.len())?;
            self.first = piece;
            return Ok(());
        }
        let needed = self.len() + piece.len();
        if needed > self.joined.capacity() {
            // The capacity counts, not the length: it is the memory that is in use.
            let capacity = needed.max((self.joined.capacity() * 2).min(self.limit));
            self.must_hold(capacity)?;
            self.joined.reserve(capacity - self.joined.len());
        }
        let first = std::mem::take(&mut self.first);
        self.joined.extend_from_slice(&first);
        self.joined.extend_from_slice(&piece);
        Ok(())
    }

    fn must_hold(&mut self, bytes: usize) -> Result<(), ShareExceeded> {
        self.share.grow(bytes.saturating_sub(self.share.amount()))
    }

    fn bytes(&mut self) -> Bytes {
        let joined = std::mem::take(&mut self.joined);
        if joined.is_empty() {
            std::mem::take(&mut self.first)
        } else {
            joined.freeze()
        }
    }

    fn whole(mut self) -> HeldBody {
        HeldBody::Whole {
            bytes: self.bytes(),
            share: self.share,
        }
    }

    fn start(mut self) -> Bytes {
        counted(self.bytes(), self.share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use digue_http::body::{boxed, full};
    use digue_locales::Language;

    const IDLE: Duration = Duration::from_secs(60);

    fn account(name: &str) -> Vec<BodyHolder> {
        vec![BodyHolder::Account(AccountId::parse(name).unwrap())]
    }

    /// A body without a length.
    struct Pieces(Vec<usize>);

    impl http_body::Body for Pieces {
        type Data = Bytes;
        type Error = BoxError;

        fn poll_frame(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, BoxError>>> {
            let size = self.0.pop();
            std::task::Poll::Ready(
                size.map(|size| Ok(http_body::Frame::data(vec![7; size].into()))),
            )
        }
    }

    fn pieces(sizes: &[usize]) -> Body {
        boxed(Pieces(sizes.to_vec()))
    }

    #[tokio::test]
    async fn what_is_held_is_counted_until_the_last_byte_is_gone() {
        let held = HeldBytes::new(10_000);
        for body in [full(vec![7; 1000]), pieces(&[300, 300, 400])] {
            let HeldBody::Whole { bytes, share } =
                hold(body, 2000, IDLE, begin(&held, account("a1")))
                    .await
                    .unwrap()
            else {
                panic!("it fits")
            };
            assert_eq!(bytes.len(), 1000);
            assert!(held.used() >= 1000);
            let mut bytes = counted(bytes, share);
            let end = bytes.split_off(990);
            drop(bytes);
            assert!(held.used() >= 1000, "a buffer still holds its end");
            drop(end);
            assert_eq!(held.used(), 0);
        }
    }

    #[tokio::test]
    async fn the_start_of_what_is_too_large_is_counted_too() {
        let held = HeldBytes::new(10_000);
        let read = hold(
            pieces(&[600, 600, 600]),
            1000,
            IDLE,
            begin(&held, account("a1")),
        )
        .await
        .unwrap();
        let HeldBody::TooLarge { start, .. } = read else {
            panic!("too large")
        };
        assert_eq!(start.len(), 1200);
        assert!(held.used() >= 1200);
        drop(start);
        assert_eq!(held.used(), 0);
    }

    #[tokio::test]
    async fn one_account_never_holds_what_all_others_need() {
        let held = HeldBytes::new(100_000);
        let mut kept = Vec::new();
        let refused = loop {
            match hold(
                full(vec![7; 1000]),
                2000,
                IDLE,
                begin(&held, account("greedy")),
            )
            .await
            {
                Ok(read) => kept.push(read),
                Err(error) => break error,
            }
        };
        assert!(matches!(refused, HoldError::Full(_)));
        assert_eq!(kept.len(), 50);
        let other = hold(
            full(vec![7; 20_000]),
            30_000,
            IDLE,
            begin(&held, account("honest")),
        )
        .await;
        assert!(matches!(other, Ok(HeldBody::Whole { .. })));
    }

    #[test]
    fn a_request_that_did_not_arrive_whole_is_not_called_too_large() {
        let cut = HoldError::Cut("reset".into());
        for (error, status) in [
            (cut, StatusCode::BAD_REQUEST),
            (HoldError::Silent, StatusCode::REQUEST_TIMEOUT),
        ] {
            let refusal = Refusal::from(&error);
            assert_eq!(refusal.status, status);
            for key in refusal
                .details
                .iter()
                .map(String::as_str)
                .chain([refusal.title])
            {
                assert!(
                    Language::ALL
                        .iter()
                        .all(|language| digue_locales::has(*language, key)),
                    "{key}"
                );
            }
        }
    }
}
