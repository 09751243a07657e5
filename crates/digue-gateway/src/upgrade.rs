//! WebSocket, by explicit rule of the map: a tunnel that is journalled, counted as uninspected, and cut
//! with its account.

use std::sync::Arc;

use http::header::{self, HeaderMap, HeaderValue};
use http::{Request, Response, StatusCode};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

use crate::body::{Body, empty};
use crate::connections::Slot;
use crate::paced::{KeptUntilSent, UnderWay};
use crate::refusal::Refusal;
use crate::visit::Tunnel;

/// Connects the client and the portal, if the portal agrees.
pub(crate) async fn tunnel(
    tunnel: Tunnel,
    mut request: Request<Body>,
    kept: KeptUntilSent,
) -> Result<Response<Body>, Refusal> {
    let is_websocket = request
        .headers()
        .get(header::UPGRADE)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"));
    if !is_websocket {
        return Err(Refusal::of(vec![digue_types::RefusalReason::MalformedRequest], None));
    }
    // The entry is durable before the portal is asked: from the switch on, nothing can be inspected.
    let guard = tunnel.permit().await?;
    let client_side = hyper::upgrade::on(&mut request);
    // While open, the tunnel counts as a request of its account, on a connection that is counted.
    let slot = request.extensions().get::<Arc<Slot>>().cloned();
    let (parts, _) = request.into_parts();
    let mut outgoing = tunnel.outgoing(&parts);
    outgoing.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    outgoing.headers_mut().insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    let mut response = tunnel.send(outgoing.map(|()| empty())).await?;
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        // The portal declined; its response was not inspected and does not leave.
        return Err(Refusal::unavailable(StatusCode::BAD_GATEWAY, "unavailable-title", "unavailable-portal"));
    }
    let portal_side = hyper::upgrade::on(&mut response);
    let connection = on_connection(slot);
    join(client_side, portal_side, async move {
        let _kept = kept;
        tokio::select! {
            () = guard.cut() => {}
            () = connection => {}
        }
    });
    let (mut head, _) = response.into_parts();
    head.extensions.clear();
    head.headers = handshake_of(&head.headers);
    head.headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    head.headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    Ok(Response::from_parts(head, empty()))
}

/// Counts a tunnel as a request of its connection while this future lives; resolves when the connection is
/// to be closed.
pub(crate) fn on_connection(slot: Option<Arc<Slot>>) -> impl Future<Output = ()> + Send + 'static {
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
    let kept = names.into_iter().filter_map(|name| Some((name.clone(), answered.get(&name)?.clone())));
    kept.collect()
}

/// Copies in both directions until one end closes or `cut` resolves.
pub(crate) fn join(
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
            if cut.as_mut().poll(context).is_ready() || copying.as_mut().poll(context).is_ready() {
                return Poll::Ready(());
            }
            Poll::Pending
        })
        .await;
    });
}
