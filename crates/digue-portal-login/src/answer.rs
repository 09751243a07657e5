//! What a portal's answer says about its user.

use http::{HeaderMap, HeaderName, StatusCode};
use serde_json::Value;

use crate::single_document::SingleDocument;
use crate::value_path::ValuePath;
use crate::{LoginAnswer, LoginFault, PortalUser, WhoAmI};

/// The most bytes of an answer that are read.
pub const ANSWER_BYTES_MAX: usize = 64 << 10;

impl WhoAmI {
    /// # Errors
    /// An answer that says neither a user nor that there is none.
    pub fn read(&self, status: StatusCode, body: &[u8]) -> Result<LoginAnswer, LoginFault> {
        // A redirect leads to the sign-in; the others say it in the protocol's own words.
        let says_nobody = matches!(
            status,
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NO_CONTENT
        );
        if status.is_redirection() || says_nobody {
            return Ok(LoginAnswer::Nobody);
        }
        if status != StatusCode::OK {
            return Err(LoginFault::Status(status.as_u16()));
        }
        let SingleDocument(document) =
            serde_json::from_slice(body).map_err(|_| LoginFault::NoJson)?;
        // A document without the member may be of another version of the portal: that is no user
        // who is signed out.
        let found = self.account.find(&document);
        let is_signed_out = document.is_null() || self.account.ends_at_null(&document);
        if is_signed_out || found.is_some_and(is_blank) {
            return Ok(LoginAnswer::Nobody);
        }
        let found = found.ok_or_else(|| LoginFault::Missing(self.account.to_string()))?;
        let account = text_of(found, &self.account)?;
        let organisation = match &self.organisation {
            None => None,
            Some(path) => match path.find(&document) {
                Some(value) if !is_blank(value) => Some(text_of(value, path)?),
                Some(_) | None => None,
            },
        };
        Ok(LoginAnswer::User(PortalUser {
            account,
            organisation,
        }))
    }
}

fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

fn text_of(value: &Value, path: &ValuePath) -> Result<String, LoginFault> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) if number.is_i64() || number.is_u64() => Ok(number.to_string()),
        Value::Number(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            Err(LoginFault::NoText(path.to_string()))
        }
    }
}

/// The user that the headers of a response name.
///
/// # Errors
/// A header that is sent twice or is no text.
pub fn named_by_response(
    headers: &HeaderMap,
    account: &HeaderName,
    organisation: Option<&HeaderName>,
) -> Result<LoginAnswer, LoginFault> {
    let Some(account) = single(headers, account)? else {
        return Ok(LoginAnswer::Nobody);
    };
    let organisation = match organisation {
        Some(name) => single(headers, name)?,
        None => None,
    };
    Ok(LoginAnswer::User(PortalUser {
        account,
        organisation,
    }))
}

fn single(headers: &HeaderMap, name: &HeaderName) -> Result<Option<String>, LoginFault> {
    let fault = || LoginFault::Header(name.to_string());
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(fault());
    }
    let text = std::str::from_utf8(value.as_bytes()).map_err(|_| fault())?;
    Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty()))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn who_am_i() -> WhoAmI {
        WhoAmI {
            target: "/api/moi".parse().unwrap(),
            account: ValuePath::parse("$.user.id").unwrap(),
            organisation: Some(ValuePath::parse("$.user.org").unwrap()),
        }
    }

    fn read(status: u16, body: &str) -> Result<LoginAnswer, LoginFault> {
        who_am_i().read(StatusCode::from_u16(status).unwrap(), body.as_bytes())
    }

    fn user(account: &str, organisation: Option<&str>) -> LoginAnswer {
        LoginAnswer::User(PortalUser {
            account: account.to_owned(),
            organisation: organisation.map(str::to_owned),
        })
    }

    #[test]
    fn a_member_given_twice_says_nothing() {
        for body in [
            r#"{"user":{"id":"a1","id":"a2"}}"#,
            r#"{"user":{"id":"a1"},"user":{"id":"a2"}}"#,
            r#"{"user":{"id":"a1"},"user":null}"#,
            r#"{"user":{"id":"a1","\u0069d":"a2"}}"#,
            r#"{"user":{"id":"a1"},"teams":[{"x":1,"x":2}]}"#,
        ] {
            assert!(read(200, body).is_err(), "{body}");
        }
    }

    #[test]
    fn a_portal_says_a_user_or_that_there_is_none() {
        for (status, body, answer) in [
            (
                200,
                r#"{"user":{"id":"a1","org":"of-1"}}"#,
                user("a1", Some("of-1")),
            ),
            (200, r#"{"user":{"id":17,"org":null}}"#, user("17", None)),
            (200, r#"{"user":{"id":"a1"}}"#, user("a1", None)),
            (200, r#"{"user":null}"#, LoginAnswer::Nobody),
            (200, r#"{"user":{"id":null}}"#, LoginAnswer::Nobody),
            (200, r#"{"user":{"id":" "}}"#, LoginAnswer::Nobody),
            (200, "null", LoginAnswer::Nobody),
            (204, "", LoginAnswer::Nobody),
            (302, "", LoginAnswer::Nobody),
            (401, "x", LoginAnswer::Nobody),
            (403, "", LoginAnswer::Nobody),
        ] {
            assert_eq!(read(status, body), Ok(answer), "{status} {body}");
        }
    }

    #[test]
    fn an_answer_that_says_neither_is_a_fault_and_not_nobody() {
        for (status, body, fault) in [
            (200, "{}", LoginFault::Missing("$.user.id".to_owned())),
            (
                200,
                r#"{"user":{}}"#,
                LoginFault::Missing("$.user.id".to_owned()),
            ),
            (
                200,
                r#"{"user":{"id":true}}"#,
                LoginFault::NoText("$.user.id".to_owned()),
            ),
            (
                200,
                r#"{"user":{"id":1.5}}"#,
                LoginFault::NoText("$.user.id".to_owned()),
            ),
            (
                200,
                r#"{"user":{"id":"a","org":[1]}}"#,
                LoginFault::NoText("$.user.org".to_owned()),
            ),
            (200, "<html>", LoginFault::NoJson),
            (200, "", LoginFault::NoJson),
            (404, "", LoginFault::Status(404)),
            (500, "", LoginFault::Status(500)),
            (206, r#"{"user":null}"#, LoginFault::Status(206)),
        ] {
            assert_eq!(read(status, body), Err(fault), "{status} {body}");
        }
    }

    #[test]
    fn a_header_names_one_user() {
        let names = (
            HeaderName::from_static("x-user"),
            HeaderName::from_static("x-org"),
        );
        let read = |pairs: &[(&HeaderName, &[u8])]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.append(*name, HeaderValue::from_bytes(value).unwrap());
            }
            named_by_response(&headers, &names.0, Some(&names.1))
        };
        let (account, organisation) = (&names.0, &names.1);
        assert_eq!(read(&[(account, b" a1 ")]), Ok(user("a1", None)));
        assert_eq!(
            read(&[(account, "é".as_bytes()), (organisation, b"of-1")]),
            Ok(user("é", Some("of-1")))
        );
        assert_eq!(read(&[]), Ok(LoginAnswer::Nobody));
        assert_eq!(
            read(&[(account, b""), (organisation, b"of-1")]),
            Ok(LoginAnswer::Nobody)
        );
        let fault = |name: &str| Err(LoginFault::Header(name.to_owned()));
        assert_eq!(read(&[(account, b"a"), (account, b"a")]), fault("x-user"));
        assert_eq!(read(&[(account, b"\xff")]), fault("x-user"));
        assert_eq!(
            read(&[(account, b"a"), (organisation, b"x"), (organisation, b"y")]),
            fault("x-org")
        );
    }

    proptest! {
        /// Whatever a portal answers, a user is only whom the path names.
        #[test]
        fn no_answer_makes_up_a_user(status in 100_u16..600, body in ".*") {
            if let Ok(LoginAnswer::User(user)) = read(status, &body) {
                let document: Value = serde_json::from_str(&body).unwrap();
                let said = &document["user"]["id"];
                let said = said.as_str().map_or_else(|| said.to_string(), str::to_owned);
                prop_assert_eq!((status, said), (200, user.account));
            }
        }
    }
}
