//! WebSocket, by explicit rule of the map: a tunnel that is journalled, counted as uninspected, and
//! cut with its account.

use std::sync::Arc;

use digue_access::Enforcement;
use http::header::{self, HeaderMap, HeaderValue};
use http::request::Parts;
use http::{Request, Response, StatusCode};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

use super::admit::AdmittedVisit;
use super::decide::DecidedVisit;
use super::record::ReleasedVisit;
use crate::outgoing::outgoing;
use digue_connections::facts::ConnectionFacts;
use digue_connections::paced::{KeptUntilSent, UnderWay};
use digue_connections::table::Slot;
use digue_http::body::{Body, empty};
use digue_refusals::Refusal;

/// A tunnel that waits for its entry: from the switch on, nothing can be inspected.
pub(super) struct TunnelRequest {
    client_side: OnUpgrade,
    outgoing: Request<()>,
    slot: Option<Arc<Slot>>,
}

impl TunnelRequest {
    pub(super) fn new(
        visit: &AdmittedVisit<Enforcement>,
        parts: &Parts,
        connection: &ConnectionFacts,
        client_side: OnUpgrade,
    ) -> Self {
        let visit = visit.visit();
        let mut outgoing = outgoing(
            &visit.shared,
            &visit.portal,
            Some(&visit.caller),
            parts,
            connection,
            visit.now,
        );
        outgoing
            .headers_mut()
            .insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        outgoing
            .headers_mut()
            .insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        let slot = parts.extensions.get::<Arc<Slot>>().cloned();
        Self {
            client_side,
            outgoing,
            slot,
        }
    }
}

/// What the portal answered to the handshake.
pub(super) struct HandshakeAnswer {
    client_side: OnUpgrade,
    slot: Option<Arc<Slot>>,
    response: Response<Body>,
}

impl DecidedVisit<Enforcement, TunnelRequest> {
    /// Asks the portal for the tunnel: its entry says what the portal answered. Nothing passes
    /// before the entry is durable.
    pub(super) async fn shake_hands(
        self,
    ) -> Result<DecidedVisit<Enforcement, HandshakeAnswer>, Refusal> {
        let (mut visit, mode, mut exposure, request) = self.into_parts();
        let TunnelRequest {
            client_side,
            outgoing,
            slot,
        } = request;
        let outgoing = outgoing.map(|()| empty());
        let response = visit
            .shared
            .upstream
            .send(outgoing, visit.portal.timeouts.response)
            .await?;
        let status = response.status();
        visit.answered = Some(status);
        exposure.status = status.as_u16();
        if status != StatusCode::SWITCHING_PROTOCOLS {
            // Nothing of its answer leaves.
            exposure.shown = Vec::new();
        }
        let answer = HandshakeAnswer {
            client_side,
            slot,
            response,
        };
        Ok(DecidedVisit {
            visit,
            mode,
            exposure,
            answer,
        })
    }
}

impl ReleasedVisit<HandshakeAnswer> {
    /// Connects the client and the portal, if the portal agrees. While open, the tunnel counts as a
    /// request of its account, on a connection that is counted.
    pub(super) fn open(self, turn: Option<KeptUntilSent>) -> Result<Response<Body>, Refusal> {
        let Self { answer, guard, .. } = self;
        let HandshakeAnswer {
            client_side,
            slot,
            mut response,
        } = answer;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            // The portal declined; its response was not inspected and does not leave.
            let status = StatusCode::BAD_GATEWAY;
            return Err(Refusal::unavailable(
                status,
                "unavailable-title",
                "unavailable-portal",
            ));
        }
        let portal_side = hyper::upgrade::on(&mut response);
        let connection = on_connection(slot);
        join(client_side, portal_side, async move {
            let _turn = turn;
            tokio::select! {
                () = guard.cut() => {}
                () = connection => {}
            }
        });
        let (mut head, _) = response.into_parts();
        head.extensions.clear();
        head.headers = handshake_of(&head.headers);
        head.headers
            .insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        head.headers
            .insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        Ok(Response::from_parts(head, empty()))
    }
}

/// Counts a tunnel as a request of its connection while this future lives; resolves when the
/// connection is to be closed.
pub(super) fn on_connection(slot: Option<Arc<Slot>>) -> impl Future<Output = ()> + Send + 'static {
    let under_way = slot.map(|slot| UnderWay::begin(slot, None));
    async move {
        match &under_way {
            Some(under_way) => drop(under_way.ended().await),
            None => std::future::pending().await,
        }
    }
}

/// The fields of a WebSocket handshake (RFC 6455); others would be shown uninspected.
fn handshake_of(answered: &HeaderMap) -> HeaderMap {
    let names = [
        header::SEC_WEBSOCKET_ACCEPT,
        header::SEC_WEBSOCKET_PROTOCOL,
        header::SEC_WEBSOCKET_EXTENSIONS,
        header::DATE,
    ];
    let kept = names
        .into_iter()
        .filter_map(|name| Some((name.clone(), answered.get(&name)?.clone())));
    kept.collect()
}

/// Copies in both directions until one end closes or `cut` resolves.
pub(super) fn join(
    client_side: OnUpgrade,
    portal_side: OnUpgrade,
    cut: impl Future<Output = ()> + Send + 'static,
) {
    tokio::spawn(async move {
        let (Ok(client), Ok(portal)) = tokio::join!(client_side, portal_side) else {
            return;
        };
        let (mut client, mut portal) = (TokioIo::new(client), TokioIo::new(portal));
        let mut copying = std::pin::pin!(tokio::io::copy_bidirectional(&mut client, &mut portal));
        let mut cut = std::pin::pin!(cut);
        // Whichever comes first; dropping both ends closes them.
        std::future::poll_fn(|context| {
            use std::task::Poll;
            // The cut first: otherwise a portal that always has bytes ready could send more after
            // it.
            if cut.as_mut().poll(context).is_ready() || copying.as_mut().poll(context).is_ready() {
                return Poll::Ready(());
            }
            Poll::Pending
        })
        .await;
    });
}
