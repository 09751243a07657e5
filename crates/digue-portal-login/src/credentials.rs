//! What a request presents to the portal: cookies and headers that the map names.

use digue_types::PortalId;
use http::header::{self, HeaderMap, HeaderName};
use ring::digest::{Context, SHA256};

use crate::LoginFault;

/// The cookies and headers by which a portal recognises its users; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialPlaces {
    pub cookies: Vec<String>,
    pub headers: Vec<HeaderName>,
}

/// The credentials of one request, as a hash: everything that was sent under the names of the map,
/// in its order. What was sent twice is another sign-in than what was sent once, because nothing
/// tells which of the two the portal reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SignIn {
    /// Of what the map names: what is forgotten together.
    named: [u8; 32],
    /// Of every cookie and credential of the request: the portal sees all of them, and may read
    /// another one than the map names. An answer counts for exactly these.
    all: [u8; 32],
}

impl SignIn {
    /// A name for it that is no secret: 12 hexadecimal digits.
    pub fn label(&self) -> String {
        self.named[..6]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

impl SignIn {
    /// What is forgotten together.
    pub(crate) const fn named(&self) -> [u8; 32] {
        self.named
    }
}

impl CredentialPlaces {
    /// `None` where a request presents nothing. `is_own` tells the cookies that never reach the
    /// portal, each as `name=value`.
    pub fn sign_in(
        &self,
        portal: &PortalId,
        headers: &HeaderMap,
        is_own: fn(&[u8]) -> bool,
    ) -> Option<SignIn> {
        let mut hash = Context::new(&SHA256);
        let mut add = |bytes: &[u8]| {
            hash.update(&(bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        };
        add(portal.as_str().as_bytes());
        let mut is_presented = false;
        for (name, value) in self.presented(headers) {
            is_presented = true;
            add(name);
            add(value);
        }
        if !is_presented {
            return None;
        }
        let named = digest_of(hash.clone());
        let mut add = |bytes: &[u8]| {
            hash.update(&(bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        };
        for pair in pairs(headers).filter(|pair| !is_own(pair)) {
            add(pair);
        }
        for name in [header::AUTHORIZATION, HeaderName::from_static("dpop")] {
            for value in headers.get_all(name) {
                add(value.as_bytes());
            }
        }
        Some(SignIn {
            named,
            all: digest_of(hash),
        })
    }

    /// The one value that a request presents, as text.
    ///
    /// # Errors
    /// Several values, one that is no text, or one beside another that the portal might read in its
    /// place: a cookie of nearly the same name, or a header of credentials that the map does not
    /// name.
    pub fn single<'h>(&self, headers: &'h HeaderMap) -> Result<Option<&'h str>, LoginFault> {
        let mut presented = self.presented(headers);
        let Some((_, value)) = presented.next() else {
            return Ok(None);
        };
        if presented.next().is_some() || self.has_others(headers) {
            return Err(LoginFault::Credentials);
        }
        std::str::from_utf8(value)
            .map(Some)
            .map_err(|_| LoginFault::Credentials)
    }

    /// True for the name of a parameter by which frameworks take a session or a token from an
    /// address, or one like a cookie of the map: a portal may read it in place of the cookie, and
    /// answer as another user than it has named.
    pub fn is_session_parameter(&self, name: &str) -> bool {
        let name = core(name.as_bytes());
        let is_known = SESSION_PARAMETERS
            .iter()
            .any(|known| known.as_bytes() == name);
        is_known
            || self
                .cookies
                .iter()
                .any(|cookie| core(cookie.as_bytes()) == name)
    }

    fn has_others(&self, headers: &HeaderMap) -> bool {
        let is_unnamed = headers.contains_key(header::AUTHORIZATION)
            && !self.headers.contains(&header::AUTHORIZATION);
        let named: Vec<Vec<u8>> = self
            .cookies
            .iter()
            .map(|name| core(name.as_bytes()))
            .collect();
        let is_like_one = |name: &[u8]| {
            let is_one = self.cookies.iter().any(|known| known.as_bytes() == name);
            !is_one && named.contains(&core(name))
        };
        is_unnamed || cookies(headers).any(|(name, _)| is_like_one(name))
    }

    /// True when a response gives the client other credentials, or takes them away.
    pub fn are_changed_by(&self, response: &HeaderMap) -> bool {
        response.get_all(header::SET_COOKIE).iter().any(|value| {
            let name = value.as_bytes().split(|byte| *byte == b'=').next();
            let name = name.unwrap_or_default().trim_ascii();
            self.cookies.iter().any(|cookie| cookie.as_bytes() == name)
        })
    }

    fn presented<'h>(&self, headers: &'h HeaderMap) -> impl Iterator<Item = (&[u8], &'h [u8])> {
        let in_cookies = self.cookies.iter().flat_map(move |name| {
            let of_name = cookies(headers).filter(|(sent, _)| *sent == name.as_bytes());
            of_name.map(|(_, value)| (name.as_bytes(), value))
        });
        let in_headers = self.headers.iter().flat_map(move |name| {
            let values = headers.get_all(name).iter();
            values.map(|value| (name.as_str().as_bytes(), value.as_bytes()))
        });
        // An empty value presents nothing: a portal that signs out may leave it behind.
        in_cookies
            .chain(in_headers)
            .filter(|(_, value)| !value.is_empty())
    }
}

/// Parameters that are sessions or tokens of their bearer, in letters and digits: of servlet
/// containers, PHP, ASP.NET, ColdFusion, Perl's CGI, RFC 6750 (2.3), and keys of programs.
const SESSION_PARAMETERS: [&str; 13] = [
    "jsessionid",
    "phpsessid",
    "aspnetsessionid",
    "cfid",
    "cftoken",
    "cgisessid",
    "sid",
    "sessid",
    "sessionid",
    "accesstoken",
    "authtoken",
    "apikey",
    "apitoken",
];

/// A name as portals read it: without regard to case, with other signs for some.
fn core(name: &[u8]) -> Vec<u8> {
    let kept = name.iter().filter(|byte| byte.is_ascii_alphanumeric());
    kept.map(u8::to_ascii_lowercase).collect()
}

fn digest_of(hash: Context) -> [u8; 32] {
    let digest = hash.finish();
    let bytes = digest.as_ref().try_into();
    bytes.expect("SHA-256 gives 32 bytes")
}

/// Each cookie as it was sent.
fn pairs(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    let fields = headers.get_all(header::COOKIE).iter();
    fields.flat_map(|field| field.as_bytes().split(|byte| *byte == b';'))
}

fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&[u8], &[u8])> {
    pairs(headers).filter_map(|pair| {
        let place = pair.iter().position(|byte| *byte == b'=')?;
        Some((pair[..place].trim_ascii(), pair[place + 1..].trim_ascii()))
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn places() -> CredentialPlaces {
        CredentialPlaces {
            cookies: vec!["sessionid".to_owned()],
            headers: vec![header::AUTHORIZATION],
        }
    }

    #[test]
    fn a_session_in_an_address_is_told_from_other_parameters() {
        for name in [
            "PHPSESSID",
            "sid",
            "JSESSIONID",
            "access_token",
            "sessionid",
            "session_id",
            "SessionID[]",
        ] {
            assert!(places().is_session_parameter(name), "{name}");
        }
        for name in ["page", "session", "nom", "id", "token", "code"] {
            assert!(!places().is_session_parameter(name), "{name}");
        }
    }

    fn sent(pairs: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    fn sign_in(pairs: &[(&str, &str)]) -> Option<SignIn> {
        let is_own = |pair: &[u8]| pair.trim_ascii().starts_with(b"own=");
        places().sign_in(&PortalId::parse("p").unwrap(), &sent(pairs), is_own)
    }

    #[test]
    fn a_sign_in_is_what_the_map_names_and_an_answer_counts_for_all_that_is_sent() {
        let one = sign_in(&[("cookie", "csrftoken=x; sessionid=a")]).unwrap();
        let same = sign_in(&[("cookie", "csrftoken=x; sessionid=a; own=1")]);
        assert_eq!(same, Some(one));
        for other in [
            &[("cookie", "csrftoken=y; sessionid=a")][..],
            &[("cookie", "sessionid=a")],
            &[("cookie", "csrftoken=x; sessionid=a; sessionidC1=b")],
            &[("cookie", "csrftoken=x; sessionid=a"), ("dpop", "b")],
        ] {
            let other = sign_in(other).unwrap();
            assert_eq!((other.named, other.label()), (one.named, one.label()));
            assert_ne!(other, one);
        }
        for other in [
            &[("cookie", "csrftoken=x; sessionid=b")][..],
            &[("cookie", "csrftoken=x; sessionid=a; sessionid=a")],
            &[
                ("cookie", "csrftoken=x; sessionid=a"),
                ("authorization", "Bearer a"),
            ],
            &[("authorization", "sessionid=a")],
            &[("authorization", "a")],
        ] {
            let found = sign_in(other).unwrap();
            assert_ne!(found.named, one.named, "{other:?}");
        }
        for nothing in [
            &[][..],
            &[("cookie", "sessionid=; csrftoken=x")],
            &[("cookie", "sessionid")],
            &[("cookie", "SESSIONID=a; xsessionid=a")],
        ] {
            assert_eq!(sign_in(nothing), None, "{nothing:?}");
        }
        let other = PortalId::parse("q").unwrap();
        let headers = sent(&[("cookie", "sessionid=a")]);
        assert_ne!(places().sign_in(&other, &headers, |_| false), Some(one));
    }

    #[test]
    fn one_value_is_asked_for_and_several_are_a_fault() {
        let single = |pairs: &[(&str, &str)]| {
            let headers = sent(pairs);
            places()
                .single(&headers)
                .map(|value| value.map(str::to_owned))
        };
        assert_eq!(
            single(&[("cookie", "sessionid=a")]),
            Ok(Some("a".to_owned()))
        );
        assert_eq!(single(&[]), Ok(None));
        for pairs in [
            &[("cookie", "sessionid=a; sessionid=b")][..],
            &[("cookie", "sessionid=a"), ("authorization", "b")],
            &[("cookie", "sessionid=a; SessionId=b")],
            &[("cookie", "session.id=b; sessionid=a")],
            &[("cookie", "sessionid=a; \u{a0}sessionid=b")],
        ] {
            assert_eq!(single(pairs), Err(LoginFault::Credentials));
        }
        let mut headers = HeaderMap::new();
        let value = HeaderValue::from_bytes(b"sessionid=\xff").unwrap();
        headers.insert(header::COOKIE, value);
        assert_eq!(places().single(&headers), Err(LoginFault::Credentials));
    }

    #[test]
    fn a_response_that_sets_the_cookie_changes_the_credentials() {
        for (value, changes) in [
            ("sessionid=b; Path=/; HttpOnly", true),
            (" sessionid = ; Max-Age=0", true),
            ("csrftoken=b", false),
            ("xsessionid=b", false),
        ] {
            let response = sent(&[("set-cookie", "lang=fr"), ("set-cookie", value)]);
            assert_eq!(places().are_changed_by(&response), changes, "{value}");
        }
    }
}
