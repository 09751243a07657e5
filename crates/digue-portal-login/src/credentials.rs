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
pub struct SignIn([u8; 32]);

impl SignIn {
    /// A name for it that is no secret: 12 hexadecimal digits.
    pub fn label(&self) -> String {
        self.0[..6]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

impl CredentialPlaces {
    /// `None` where a request presents nothing.
    pub fn sign_in(&self, portal: &PortalId, headers: &HeaderMap) -> Option<SignIn> {
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
        let digest = hash.finish();
        let digest = digest.as_ref().try_into();
        is_presented.then(|| SignIn(digest.expect("SHA-256 gives 32 bytes")))
    }

    /// The one value that a request presents, as text.
    ///
    /// # Errors
    /// Several values, or one that is no text.
    pub fn single<'h>(&self, headers: &'h HeaderMap) -> Result<Option<&'h str>, LoginFault> {
        let mut presented = self.presented(headers);
        let Some((_, value)) = presented.next() else {
            return Ok(None);
        };
        if presented.next().is_some() {
            return Err(LoginFault::Credentials);
        }
        std::str::from_utf8(value)
            .map(Some)
            .map_err(|_| LoginFault::Credentials)
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

fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&[u8], &[u8])> {
    let fields = headers.get_all(header::COOKIE).iter();
    let pairs = fields.flat_map(|field| field.as_bytes().split(|byte| *byte == b';'));
    pairs.filter_map(|pair| {
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

    fn sent(pairs: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    fn sign_in(pairs: &[(&str, &str)]) -> Option<SignIn> {
        places().sign_in(&PortalId::parse("p").unwrap(), &sent(pairs))
    }

    #[test]
    fn a_sign_in_is_what_the_map_names_and_nothing_else() {
        let one = sign_in(&[("cookie", "csrftoken=x; sessionid=a")]).unwrap();
        assert_eq!(
            sign_in(&[("cookie", "sessionid=a; csrftoken=y")]),
            Some(one)
        );
        assert_eq!(
            sign_in(&[("cookie", "csrftoken=y"), ("cookie", "sessionid=a")]),
            Some(one)
        );
        for other in [
            &[("cookie", "sessionid=b")][..],
            &[("cookie", "sessionid=a; sessionid=a")],
            &[("cookie", "sessionid=a"), ("authorization", "Bearer a")],
            &[("authorization", "sessionid=a")],
            &[("authorization", "a")],
        ] {
            let found = sign_in(other).unwrap();
            assert_ne!(found, one, "{other:?}");
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
        assert_ne!(places().sign_in(&other, &headers), Some(one));
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
