//! A response that leaves piece by piece: events, lines. Each piece takes the steps of a visit of
//! its own, from its inspection to its entry, before its first byte leaves; a piece that may not be
//! shown ends the stream.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use digue_access::Enforcement;
use digue_http::body::{Body, BoxError, boxed};
use digue_identifiers::Unreadable;
use digue_inspect::events::PieceCutter;
use digue_refusals::Refusal;
use digue_types::RefusalReason;
use http::StatusCode;
use http_body::{Body as HttpBody, Frame};
use http_body_util::BodyExt as _;
use tokio::sync::mpsc;

use super::answer::StreamedAnswer;
use super::mode::VisitMode as _;
use super::record::must_record;
use super::showing::Showing;
use super::state::{RouteRef, Visit};
use crate::guard::{CutGuard, CutWhileReading};

/// Why a stream ended before its portal ended it.
#[derive(Debug, thiserror::Error)]
enum StreamEnd {
    #[error("a piece of the stream may not be shown")]
    Refused,
    #[error("a piece of the stream could not be read: {0}")]
    Unread(#[from] Unreadable),
    #[error("too much is being inspected at once")]
    Busy,
}

impl StreamedAnswer {
    /// Starts to read the stream; the body ends with the first piece that may not be shown.
    pub(super) fn respond(self, visit: Box<Visit>, guard: CutGuard) -> Body {
        // One piece at a time: what waits here has an entry already, and may never be fetched.
        let (sender, receiver) = mpsc::channel(1);
        tokio::spawn(async move {
            if let Err(error) = self.pass(visit, &guard, &sender).await {
                // An error means that the client has gone, and nobody is left to be told.
                let _ = sender.send(Err(error)).await;
            }
        });
        boxed(PieceBody(receiver))
    }

    async fn pass(
        self,
        mut visit: Box<Visit>,
        guard: &CutGuard,
        sender: &mpsc::Sender<Result<Bytes, BoxError>>,
    ) -> Result<(), BoxError> {
        let Self {
            rules,
            route,
            enforcement,
            status,
            headers,
            mut body,
            mut share,
        } = self;
        let mut cutter = PieceCutter::new(rules);
        // One for the whole stream: it counts the time since the portal last said who it is.
        let mut cut = std::pin::pin!(guard.cut());
        let mut has_ended = false;
        while !has_ended {
            let frame = tokio::select! {
                biased;
                () = &mut cut => return Err(CutWhileReading.into()),
                () = sender.closed() => return Ok(()),
                frame = body.frame() => frame,
            };
            let mut pieces = Vec::new();
            match frame {
                Some(Ok(frame)) => {
                    // Trailers are dropped: nothing inspects them.
                    let Some(bytes) = frame.data_ref() else {
                        continue;
                    };
                    cutter.add(bytes);
                }
                Some(Err(error)) => return Err(error),
                None => {
                    has_ended = true;
                    pieces.push(std::mem::replace(&mut cutter, PieceCutter::new(rules)).rest());
                }
            }
            loop {
                let next = match pieces.pop() {
                    Some(rest) => Some(rest),
                    None => match cutter.next_piece() {
                        Ok(next) => next,
                        Err(unreadable) => {
                            refuse_unread(&mut visit, (enforcement, &route), status, &unreadable)
                                .await;
                            return Err(StreamEnd::from(unreadable).into());
                        }
                    },
                };
                let Some(piece) = next else { break };
                let piece = Bytes::from(piece);
                if !piece.trim_ascii().is_empty() {
                    let inspected = visit.inspect(&route, status, &headers, &piece, share).await;
                    let (found, kept) = inspected.map_err(|_| StreamEnd::Busy)?;
                    share = kept;
                    let showing = visit.showing_piece(&route, status, found, piece.len() as u64);
                    let decided = visit.release_piece(enforcement, guard, showing).await;
                    decided.map_err(|_| StreamEnd::Refused)?;
                }
                if !piece.is_empty() && sender.send(Ok(piece)).await.is_err() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// Journals a piece that is too large to be held; whatever the map releases elsewhere, what follows
/// it could not be cut any more.
async fn refuse_unread(
    visit: &mut Visit,
    (enforcement, route): (Enforcement, &RouteRef),
    status: StatusCode,
    unreadable: &Unreadable,
) {
    let showing = visit.showing_piece(route, status, Err(unreadable.clone()), 0);
    visit.note_showing(&showing);
    let reasons = vec![RefusalReason::Uninspectable(unreadable.cause)];
    drop(visit.refuse(enforcement, reasons).await);
}

impl Visit {
    /// Decides on one piece, and writes its entry. The refusal is journalled when it is returned.
    async fn release_piece(
        &mut self,
        enforcement: Enforcement,
        guard: &CutGuard,
        showing: Showing,
    ) -> Result<(), Refusal> {
        let mut mode = enforcement;
        // An entry of its own: its time, its persons, its bytes.
        self.exchange = self.shared.next_exchange();
        self.now = self.shared.clock.now();
        let exposure = self.decide_on(&mut mode, showing).await?;
        let entry = match must_record(&exposure) {
            true => mode.write(self, vec![exposure]).await?,
            false => None,
        };
        mode.let_go(self, guard, entry)
    }
}

/// The pieces that may leave.
struct PieceBody(mpsc::Receiver<Result<Bytes, BoxError>>);

impl HttpBody for PieceBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let next = self.0.poll_recv(context);
        next.map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}
