//! Sessions kept on the server, with idle and absolute limits, that can be cut at once.
//!
//! The cookie carries a random secret; only its SHA-256 is kept here, so a copy of this table signs
//! nobody in. Each session is valid for one host: a portal's or the console's. How an identity is
//! proved, and how cookies are set, is not known here.

use core::fmt;
use core::net::IpAddr;
use std::collections::HashMap;
use std::time::Duration;

use digue_types::{AccountId, OrganisationId, SessionId, Timestamp};

/// SHA-256 of the secret in the cookie.
pub type TokenHash = [u8; 32];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    pub idle: Duration,
    pub absolute: Duration,
    /// What must stay the same during a session, besides its cookie.
    pub held_to: HeldTo,
}

impl Default for SessionLimits {
    // Thirty minutes and ten hours: a working day without a second sign-in, and no session that
    // outlives it (in the DGFiP breach of 2026 one session was used for 15 h 51 min).
    fn default() -> Self {
        Self {
            idle: Duration::from_mins(30),
            absolute: Duration::from_hours(10),
            held_to: HeldTo {
                network: true,
                agent: true,
                tls: true,
            },
        }
    }
}

/// What must not change during a session. A copied cookie arrives from another network, with
/// another browser or another TLS stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldTo {
    pub network: bool,
    pub agent: bool,
    pub tls: bool,
}

/// The address of a client. Unknown is kept apart from every address: two unknown ones are not the
/// same.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub enum ClientIp {
    Known(IpAddr),
    /// A proxy forwards the request, and the address that it gives cannot be parsed.
    #[default]
    Unknown,
}

impl ClientIp {
    /// Parses an address; any other text is `Unknown`. An IPv4-mapped IPv6 address becomes the IPv4
    /// address, so that one client has one spelling.
    pub fn read(text: &str) -> Self {
        text.parse::<IpAddr>()
            .map_or(Self::Unknown, |address| Self::Known(address.to_canonical()))
    }

    pub const fn is_unknown(self) -> bool {
        matches!(self, Self::Unknown)
    }

    /// The network, about the size of a site: 24 bits of IPv4, 48 of IPv6. Comparing whole
    /// addresses would end a session whenever the client takes another temporary address (RFC
    /// 8981).
    fn network(self) -> Option<ClientNetwork> {
        match self {
            Self::Known(IpAddr::V4(ip)) => Some(ClientNetwork {
                is_v4: true,
                bits: u128::from(ip.to_bits() >> 8),
            }),
            Self::Known(IpAddr::V6(ip)) => Some(ClientNetwork {
                is_v4: false,
                bits: ip.to_bits() >> 80,
            }),
            Self::Unknown => None,
        }
    }
}

/// Empty for an unknown address: exports and the journal omit it.
impl fmt::Display for ClientIp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(address) => address.fmt(f),
            Self::Unknown => Ok(()),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct ClientNetwork {
    is_v4: bool,
    bits: u128,
}

/// What a server can observe of the client's device.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RequestOrigin {
    pub ip: ClientIp,
    /// The `User-Agent` header, truncated.
    pub agent: String,
    /// The part of the TLS fingerprint JA4 that stays the same from connection to connection; empty
    /// when another proxy terminates TLS.
    pub tls: String,
}

/// A key that cannot leave its device (W3C draft *Device Bound Session Credentials*): the cookie
/// that comes with it lasts minutes, and only a proof of the key obtains the next one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Device {
    /// The public key as a JWK.
    pub key: String,
    /// SHA-256 of the short cookie.
    pub cookie: TokenHash,
    pub until: Timestamp,
    /// The previous cookie and until when it is accepted, for requests that were under way when it
    /// was replaced.
    pub before: Option<(TokenHash, Timestamp)>,
}

impl Device {
    fn accepts(&self, cookie: Option<&TokenHash>, now: Timestamp) -> bool {
        // Hashes are compared, never secrets, so this need not take constant time.
        let is_current = cookie == Some(&self.cookie) && now < self.until;
        let is_before = self
            .before
            .is_some_and(|(known, until)| cookie == Some(&known) && now < until);
        is_current || is_before
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    pub id: SessionId,
    pub account: AccountId,
    pub organisation: OrganisationId,
    /// The host for which it is valid.
    pub host: String,
    pub opened_at: Timestamp,
    pub seen_at: Timestamp,
    /// The last fresh proof of identity.
    pub proved_at: Timestamp,
    /// Where and with what it was opened: shown to its holder, and compared with each request.
    pub origin: RequestOrigin,
    /// Its address of the other family, since one machine may alternate between IPv4 and IPv6.
    /// Accepted only when more than the cookie shows that it is the holder's: the key of the
    /// device, or a fresh proof.
    pub other_ip: ClientIp,
    /// The key of the device to which the session is bound, if any.
    pub device: Option<Device>,
}

impl Session {
    fn is_live(&self, now: Timestamp, limits: &SessionLimits) -> bool {
        now.since(self.seen_at) < limits.idle && now.since(self.opened_at) < limits.absolute
    }

    /// True when a request does not come from the network, browser or TLS stack of the session.
    fn has_moved(&self, seen: &RequestOrigin, held_to: HeldTo) -> bool {
        let other_agent = held_to.agent && self.origin.agent != seen.agent;
        // A fingerprint is missing where another proxy terminates TLS: there is nothing to compare
        // then. An unknown address, on the contrary, is taken for another one (`is_elsewhere`).
        let both_tls = !self.origin.tls.is_empty() && !seen.tls.is_empty();
        let other_tls = held_to.tls && both_tls && self.origin.tls != seen.tls;
        other_agent || other_tls || (held_to.network && self.is_elsewhere(seen.ip))
    }

    /// True for a network that is neither of the session's. An unknown address, on either side,
    /// never matches.
    fn is_elsewhere(&self, ip: ClientIp) -> bool {
        let Some(seen) = ip.network() else {
            return true;
        };
        ![self.origin.ip, self.other_ip]
            .iter()
            .any(|known| known.network() == Some(seen))
    }

    /// True for an address of the other family while none is known yet.
    fn is_first_of_family(&self, ip: ClientIp) -> bool {
        let (home, seen) = (self.origin.ip.network(), ip.network());
        let differs = home
            .zip(seen)
            .is_some_and(|(home, seen)| home.is_v4 != seen.is_v4);
        differs && self.other_ip.is_unknown()
    }
}

/// What a request brings besides the session's cookie.
#[derive(Clone, Copy, Debug)]
pub struct Bearer<'b> {
    pub origin: &'b RequestOrigin,
    /// SHA-256 of the device's short cookie.
    pub device: Option<&'b TokenHash>,
}

/// Why the cookie of a live session is not accepted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SessionDoubt {
    /// It comes from another network, browser or TLS stack than the session was opened with.
    Moved,
    /// The short cookie of the device's key is missing, wrong or expired.
    Unbound,
}

/// Result of looking up a session by its cookie.
#[derive(Debug)]
pub enum SessionLookup<'s> {
    Good(&'s Session),
    /// The session is live, but the request may not come from its holder.
    Doubted(&'s Session, SessionDoubt),
    Nothing,
}

/// A session to be opened.
pub struct OpenSession {
    pub token: TokenHash,
    pub session: Session,
}

/// All live sessions.
#[derive(Debug, Default)]
pub struct Sessions {
    by_token: HashMap<TokenHash, Session>,
    /// The same sessions by name: `is_live` is asked many times a second for streams in flight.
    tokens: HashMap<SessionId, TokenHash>,
    limits: SessionLimits,
}

impl Sessions {
    pub fn new(limits: SessionLimits) -> Self {
        Self {
            by_token: HashMap::new(),
            tokens: HashMap::new(),
            limits,
        }
    }

    pub fn open(&mut self, open: OpenSession) {
        self.tokens.insert(open.session.id.clone(), open.token);
        self.by_token.insert(open.token, open.session);
    }

    /// The live session of this cookie on this host. Only a request that is accepted extends the
    /// session: a thief's must not keep it alive.
    pub fn touch(
        &mut self,
        token: &TokenHash,
        host: &str,
        bearer: Bearer<'_>,
        now: Timestamp,
    ) -> SessionLookup<'_> {
        let limits = self.limits;
        // The host is part of the key: a cookie taken from one portal opens no other, nor the
        // console.
        let Some(known) = self
            .by_token
            .get(token)
            .filter(|session| session.host == host)
        else {
            return SessionLookup::Nothing;
        };
        if !known.is_live(now, &limits) {
            let over = known.id.clone();
            self.tokens.remove(&over);
            self.by_token.remove(token);
            return SessionLookup::Nothing;
        }
        let session = self.by_token.get_mut(token).expect("found above");
        // A thief with a copied cookie has an address of the other family, too: without a key that
        // stays on the device, the first such address is no more trustworthy than any other.
        let holds_key = session
            .device
            .as_ref()
            .is_some_and(|device| device.accepts(bearer.device, now));
        if holds_key && session.is_first_of_family(bearer.origin.ip) {
            session.other_ip = bearer.origin.ip;
        }
        if session.has_moved(bearer.origin, limits.held_to) {
            return SessionLookup::Doubted(session, SessionDoubt::Moved);
        }
        if session
            .device
            .as_ref()
            .is_some_and(|device| !device.accepts(bearer.device, now))
        {
            return SessionLookup::Doubted(session, SessionDoubt::Unbound);
        }
        // Never back: a clock that was set back must not end a session that is in use.
        session.seen_at = session.seen_at.max(now);
        SessionLookup::Good(session)
    }

    /// Binds a session to a device key, or replaces its short cookie.
    pub fn bind(&mut self, id: &SessionId, device: Device) {
        if let Some(session) = self
            .tokens
            .get(id)
            .and_then(|token| self.by_token.get_mut(token))
        {
            session.device = Some(device);
        }
    }

    /// Records the holder's address of the other family, after a fresh proof made from there. False
    /// when nothing was recorded: it is of the same family, or one is known already.
    pub fn know_other_address(&mut self, id: &SessionId, ip: ClientIp) -> bool {
        match self
            .tokens
            .get(id)
            .and_then(|token| self.by_token.get_mut(token))
        {
            Some(session) if session.is_first_of_family(ip) => {
                session.other_ip = ip;
                true
            }
            _ => false,
        }
    }

    pub fn limits(&self) -> SessionLimits {
        self.limits
    }

    /// Records a fresh proof of identity.
    pub fn prove(&mut self, id: &SessionId, at: Timestamp) {
        if let Some(session) = self
            .tokens
            .get(id)
            .and_then(|token| self.by_token.get_mut(token))
        {
            // The later one: two tabs may prove at the same time, and their answers arrive in any
            // order.
            session.proved_at = session.proved_at.max(at);
        }
    }

    /// True while a session of this name is live; streams in flight ask it again and again.
    pub fn is_live(&self, id: &SessionId, now: Timestamp) -> bool {
        let session = self
            .tokens
            .get(id)
            .and_then(|token| self.by_token.get(token));
        session.is_some_and(|session| session.is_live(now, &self.limits))
    }

    /// Ends every session that `which` selects; returns their names.
    pub fn cut(&mut self, which: impl Fn(&Session) -> bool) -> Vec<SessionId> {
        let mut cut = Vec::new();
        self.by_token.retain(|_, session| {
            let keep = !which(session);
            if !keep {
                self.tokens.remove(&session.id);
                cut.push(session.id.clone());
            }
            keep
        });
        cut
    }

    /// Removes the sessions that have expired; returns their names.
    pub fn expire(&mut self, now: Timestamp) -> Vec<SessionId> {
        let limits = self.limits;
        self.cut(|session| !session.is_live(now, &limits))
    }

    pub fn iter(&self) -> impl Iterator<Item = (&TokenHash, &Session)> {
        self.by_token.iter()
    }

    pub fn len(&self) -> usize {
        self.by_token.len()
    }

    pub fn is_empty(&self) -> bool {
        self.by_token.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(ip: &str, agent: &str, tls: &str) -> RequestOrigin {
        RequestOrigin {
            ip: ClientIp::read(ip),
            agent: agent.into(),
            tls: tls.into(),
        }
    }

    fn home() -> RequestOrigin {
        origin("192.0.2.7", "Firefox", "a_b")
    }

    fn sessions() -> Sessions {
        let mut sessions = Sessions::new(SessionLimits::default());
        let at = Timestamp::from_secs(0);
        sessions.open(OpenSession {
            token: [1; 32],
            session: Session {
                id: SessionId::parse("s1").unwrap(),
                account: AccountId::parse("a1").unwrap(),
                organisation: OrganisationId::parse("o1").unwrap(),
                host: "portal.test".into(),
                opened_at: at,
                seen_at: at,
                proved_at: at,
                origin: home(),
                other_ip: ClientIp::Unknown,
                device: None,
            },
        });
        sessions
    }

    fn minutes(count: i64) -> Timestamp {
        Timestamp::from_secs(count * 60)
    }

    fn is_good(sessions: &mut Sessions, host: &str, at: Timestamp) -> bool {
        let bearer = Bearer {
            origin: &home(),
            device: None,
        };
        matches!(
            sessions.touch(&[1; 32], host, bearer, at),
            SessionLookup::Good(_)
        )
    }

    #[test]
    fn ends_after_half_an_hour_without_use() {
        let mut sessions = sessions();
        assert!(is_good(&mut sessions, "portal.test", minutes(29)));
        assert!(is_good(&mut sessions, "portal.test", minutes(58)));
        assert!(!is_good(&mut sessions, "portal.test", minutes(88)));
        assert!(sessions.is_empty());
    }

    #[test]
    fn ends_after_ten_hours_however_busy() {
        let mut sessions = sessions();
        for minute in (0..600).step_by(20) {
            assert!(is_good(&mut sessions, "portal.test", minutes(minute)));
        }
        assert!(!is_good(&mut sessions, "portal.test", minutes(600)));
    }

    #[test]
    fn is_worth_nothing_on_another_host() {
        assert!(!is_good(&mut sessions(), "other.test", minutes(1)));
    }

    #[test]
    fn is_cut_at_once() {
        let mut sessions = sessions();
        let cut = sessions.cut(|session| session.account.as_str() == "a1");
        assert_eq!(cut.len(), 1);
        assert!(!is_good(&mut sessions, "portal.test", minutes(0)));
    }

    /// Each change of origin in turn, on one session.
    #[test]
    fn a_cookie_that_moved_is_doubted_and_its_holder_is_not() {
        let mut sessions = sessions();
        let mut check = |origin: RequestOrigin, is_moved: bool| {
            let bearer = Bearer {
                origin: &origin,
                device: None,
            };
            let found = sessions.touch(&[1; 32], "portal.test", bearer, minutes(1));
            let expected = match found {
                SessionLookup::Doubted(_, SessionDoubt::Moved) => true,
                SessionLookup::Good(_) => false,
                other => panic!("{other:?}"),
            };
            assert_eq!(expected, is_moved, "{origin:?}");
        };
        check(origin("192.0.2.200", "Firefox", "a_b"), false);
        check(origin("192.0.3.7", "Firefox", "a_b"), true);
        check(origin("192.0.2.7", "curl", "a_b"), true);
        check(origin("192.0.2.7", "Firefox", "a_c"), true);
        // Behind a proxy that terminates TLS there is nothing to compare.
        check(origin("192.0.2.7", "Firefox", ""), false);
        // One address in two spellings is one.
        check(origin("::ffff:192.0.2.7", "Firefox", "a_b"), false);
        check(origin("::ffff:203.0.113.9", "Firefox", "a_b"), true);
        // A thief, too, has an address of the other family.
        check(origin("2001:db8:1::7", "Firefox", "a_b"), true);
        // An unknown address matches none.
        check(origin("", "Firefox", "a_b"), true);
        check(home(), false);
    }

    fn moves_from(sessions: &mut Sessions, ip: &str, device: Option<&TokenHash>) -> bool {
        let origin = origin(ip, "Firefox", "a_b");
        let bearer = Bearer {
            origin: &origin,
            device,
        };
        !matches!(
            sessions.touch(&[1; 32], "portal.test", bearer, minutes(1)),
            SessionLookup::Good(_)
        )
    }

    #[test]
    fn an_address_of_the_other_family_is_taken_over_with_the_key_of_the_device() {
        let mut sessions = sessions();
        let id = SessionId::parse("s1").unwrap();
        let device = Device {
            key: String::new(),
            cookie: [2; 32],
            until: minutes(10),
            before: None,
        };
        sessions.bind(&id, device);
        assert!(moves_from(&mut sessions, "2001:db8:1::7", None));
        assert!(!moves_from(&mut sessions, "2001:db8:1::7", Some(&[2; 32])));
        assert!(!moves_from(
            &mut sessions,
            "2001:db8:1:2::9",
            Some(&[2; 32])
        ));
        // One site of each family, and no third.
        assert!(moves_from(&mut sessions, "2001:db8:2::7", Some(&[2; 32])));
        assert!(!moves_from(&mut sessions, "192.0.2.7", Some(&[2; 32])));
    }

    #[test]
    fn an_address_of_the_other_family_is_known_after_a_proof_made_there() {
        let mut sessions = sessions();
        let id = SessionId::parse("s1").unwrap();
        sessions.know_other_address(&id, ClientIp::read("203.0.113.9"));
        assert!(
            moves_from(&mut sessions, "203.0.113.9", None),
            "of the same family it is another place"
        );
        sessions.know_other_address(&id, ClientIp::read("2001:db8:1::7"));
        assert!(!moves_from(&mut sessions, "2001:db8:1::7", None));
        sessions.know_other_address(&id, ClientIp::read("2001:db8:2::7"));
        assert!(moves_from(&mut sessions, "2001:db8:2::7", None));
    }

    #[test]
    fn a_session_whose_address_nobody_knows_is_good_nowhere() {
        let mut sessions = sessions();
        sessions.by_token.get_mut(&[1; 32]).unwrap().origin.ip = ClientIp::Unknown;
        assert!(moves_from(&mut sessions, "192.0.2.7", None));
        assert!(moves_from(&mut sessions, "", None));
    }

    #[test]
    fn a_bound_session_asks_for_the_cookie_of_its_device() {
        let mut sessions = sessions();
        let id = SessionId::parse("s1").unwrap();
        let device = |cookie, before| Device {
            key: String::new(),
            cookie,
            until: minutes(10),
            before,
        };
        let check = |sessions: &mut Sessions, cookie: Option<u8>, at, is_good: bool| {
            let cookie = cookie.map(|byte| [byte; 32]);
            let bearer = Bearer {
                origin: &home(),
                device: cookie.as_ref(),
            };
            let found = sessions.touch(&[1; 32], "portal.test", bearer, at);
            assert_eq!(
                matches!(found, SessionLookup::Good(_)),
                is_good,
                "{cookie:?}: {found:?}"
            );
        };
        sessions.bind(&id, device([2; 32], None));
        check(&mut sessions, None, minutes(1), false);
        check(&mut sessions, Some(2), minutes(1), true);
        check(&mut sessions, Some(2), minutes(10), false);
        // Refreshed: the previous cookie is accepted for requests under way, and no longer.
        sessions.bind(&id, device([3; 32], Some(([2; 32], minutes(2)))));
        check(&mut sessions, Some(2), minutes(1), true);
        check(&mut sessions, Some(2), minutes(2), false);
        check(&mut sessions, Some(3), minutes(2), true);
    }
}
