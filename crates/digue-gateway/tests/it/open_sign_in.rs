//! A response that stays open ends when its sign-in at the portal ends, or becomes another user's.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use digue_http::body::{self, Body};
use digue_portal_login::{LoginAnswer, LoginFault, PortalUser, SessionTable};
use http::Request;
use http_body_util::BodyExt as _;

use crate::world::{OWN_LOGINS, World};

/// The user of the one session that the portal has.
#[derive(Clone, Debug)]
struct OnlySession(Arc<Mutex<Option<String>>>);

impl OnlySession {
    fn user(&self) -> Option<String> {
        self.0.lock().unwrap().clone()
    }

    fn becomes(&self, user: Option<&str>) {
        *self.0.lock().unwrap() = user.map(str::to_owned);
    }
}

impl SessionTable for OnlySession {
    fn user_of(
        &self,
        _: String,
    ) -> Pin<Box<dyn Future<Output = Result<LoginAnswer, LoginFault>> + Send>> {
        let answer = self.user().map_or(LoginAnswer::Nobody, |account| {
            LoginAnswer::User(PortalUser {
                account,
                organisation: None,
            })
        });
        Box::pin(async move { Ok(answer) })
    }
}

/// Answers requests of one connection; a stream has one event, and no end.
fn serve(mut stream: TcpStream, session: &OnlySession) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let mut target = String::new();
        let mut line = String::new();
        loop {
            line.clear();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if target.is_empty() {
                target = line.split(' ').nth(1).unwrap_or_default().to_owned();
            }
            if line == "\r\n" {
                break;
            }
        }
        if target == "/liste?ids=signout" {
            session.becomes(None);
        }
        if let Some(user) = target.strip_prefix("/liste?ids=signin-") {
            session.becomes(Some(user));
        }
        let named = session
            .user()
            .map_or_else(String::new, |user| format!("x-portal-user: {user}\r\n"));
        if target == "/courant" {
            let event = "data: {\"id\":\"P1\"}\n\n";
            write!(
                stream,
                "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n{named}\
                 transfer-encoding: chunked\r\n\r\n{:x}\r\n{event}\r\n",
                event.len()
            )?;
            continue;
        }
        let body = match target.starts_with("/api/moi") {
            true => serde_json::json!({ "user": session.user().map(|name| serde_json::json!({ "name": name })) }),
            false => serde_json::json!({ "items": [] }),
        }
        .to_string();
        write!(
            stream,
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{named}content-length: {}\r\n\r\n{body}",
            body.len()
        )?;
    }
}

struct OpenStream {
    world: World,
    session: OnlySession,
    host: String,
    body: Body,
}

impl OpenStream {
    async fn of(way: &str) -> Self {
        let session = OnlySession(Arc::new(Mutex::new(Some("caseload".to_owned()))));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let at_portal = session.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let session = at_portal.clone();
                std::thread::spawn(move || serve(stream, &session));
            }
        });
        let table: Arc<dyn SessionTable> = Arc::new(session.clone());
        let world = World::before_own_logins(address, &table);
        let host = format!("maison-{way}.test");
        let response = world.open(request(&host, "GET", "/courant")).await;
        assert_eq!(response.status(), 200, "{way}");
        let mut body = response.into_body();
        assert!(next(&mut body).await.unwrap().is_ok(), "{way}");
        Self {
            world,
            session,
            host,
            body,
        }
    }

    async fn write(&self, target: &str) {
        self.world.send(request(&self.host, "POST", target)).await;
    }

    async fn check_ended(&mut self) {
        let end = next(&mut self.body).await.expect("the end is said");
        assert_eq!(end, Err("the account was cut".to_owned()), "{}", self.host);
    }
}

fn request(host: &str, method: &str, target: &str) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(target)
        .header("host", host)
        .header("cookie", "sid=s")
        .header("x-forwarded-for", "198.51.100.7")
        .body(body::empty())
        .unwrap()
}

async fn next(body: &mut Body) -> Option<Result<(), String>> {
    let frame = tokio::time::timeout(digue_testkit::PATIENCE, body.frame());
    let frame = frame.await.expect("a piece or the end")?;
    Some(frame.map(drop).map_err(|error| error.to_string()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_when_its_user_signs_out() {
    for way in OWN_LOGINS {
        let mut stream = OpenStream::of(way).await;
        stream.write("/liste?ids=signout").await;
        stream.check_ended().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_when_its_sign_in_becomes_another_users() {
    for way in OWN_LOGINS {
        let mut stream = OpenStream::of(way).await;
        stream.write("/liste?ids=signin-other").await;
        stream.check_ended().await;
        // Past Digue: noticed with the next request that may have changed it.
        let mut stream = OpenStream::of(way).await;
        stream.session.becomes(Some("other"));
        stream.write("/liste?ids=").await;
        stream.check_ended().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_outlasts_what_its_user_does_beside_it() {
    for way in OWN_LOGINS {
        let mut stream = OpenStream::of(way).await;
        for _ in 0..3 {
            stream.write("/liste?ids=").await;
        }
        let silence = tokio::time::timeout(Duration::from_millis(200), stream.body.frame());
        assert!(silence.await.is_err(), "{way}");
    }
}
