//! WebSocket, by explicit rule of the map: a tunnel that is journalled, counted as uninspected,
//! and cut with its account.

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

/// Joins the client and the portal, if the portal agrees.
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
    let guard = tunnel.permit().await?;
    let client_side = hyper::upgrade::on(&mut request);
    // The tunnel stays a request of its account, on a connection that is counted, as long as it is open.
    let slot = request.extensions().get::<Arc<Slot>>().cloned();
    let (parts, _) = request.into_parts();
    let mut outgoing = tunnel.outgoing(&parts);
    outgoing.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    outgoing.headers_mut().insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    let mut response = tunnel.send(outgoing.map(|()| empty())).await?;
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        // The portal declined; its words were not inspected and stay here.
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

/// Counts a tunnel as a request of its connection as long as this lives, and resolves when that is to end.
pub(crate) fn on_connection(slot: Option<Arc<Slot>>) -> impl Future<Output = ()> + Send + 'static {
    let under_way = slot.map(|slot| UnderWay::begin(slot, None));
    async move {
        match &under_way {
            Some(under_way) => drop(under_way.ended().await),
            None => std::future::pending().await,
        }
    }
}

/// The fields by which a WebSocket is agreed upon (RFC 6455); others would be shown unread.
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

/// Copies both ways until one end is over or `cut` resolves.
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
