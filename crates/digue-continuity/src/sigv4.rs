//! AWS Signature Version 4, by which object stores know a caller: the request, its date and its
//! region, signed with a key that never leaves this machine.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>, whose examples
//! are the tests.

use std::fmt::Write as _;

use digue_types::Timestamp;
use jiff::tz::TimeZone;
use ring::digest::{SHA256, digest};
use ring::hmac::{self, HMAC_SHA256};

/// A key of an object store.
#[derive(Clone)]
pub(crate) struct AccessKey {
    pub(crate) id: String,
    pub(crate) secret: String,
}

/// What is signed.
pub(crate) struct SignedParts<'r> {
    pub(crate) method: &'r str,
    /// From the root, encoded.
    pub(crate) path: &'r str,
    /// Decoded, in any order.
    pub(crate) query: &'r [(String, String)],
    /// Names in lower case, with `host`, `x-amz-date` and `x-amz-content-sha256` among them.
    pub(crate) headers: &'r [(String, String)],
    /// SHA-256 of the body, hexadecimal.
    pub(crate) content: &'r str,
}

/// Percent-encodes everything but unreserved characters (RFC 3986), as signatures need it.
pub(crate) fn encode(text: &str, keeps_slash: bool) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            b'/' if keeps_slash => encoded.push('/'),
            _ => write!(encoded, "%{byte:02X}").expect("a string takes everything"),
        }
    }
    encoded
}

/// The query of a URL, in the order in which it is signed.
pub(crate) fn query_text(query: &[(String, String)]) -> String {
    let mut pairs: Vec<String> = query
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name, false), encode(value, false)))
        .collect();
    pairs.sort();
    pairs.join("&")
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The hexadecimal SHA-256 of a body.
pub(crate) fn content_hash(body: &[u8]) -> String {
    hex(digest(&SHA256, body).as_ref())
}

/// `x-amz-date` at this time.
pub(crate) fn amz_date(at: Timestamp) -> String {
    let utc = jiff::Timestamp::from_second(at.secs())
        .expect("a clock lies within the years that dates have")
        .to_zoned(TimeZone::UTC);
    utc.strftime("%Y%m%dT%H%M%SZ").to_string()
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let key = hmac::Key::new(HMAC_SHA256, key);
    hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
}

/// The value of `Authorization`; `date` is that of `x-amz-date`.
pub(crate) fn authorization(
    key: &AccessKey,
    region: &str,
    date: &str,
    parts: &SignedParts<'_>,
) -> String {
    let mut headers: Vec<(&str, &str)> = parts
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.trim()))
        .collect();
    headers.sort_unstable();
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    let lines: String = headers
        .iter()
        .map(|(name, value)| format!("{name}:{value}\n"))
        .collect();
    let canonical = format!(
        "{}\n{}\n{}\n{lines}\n{names}\n{}",
        parts.method,
        parts.path,
        query_text(parts.query),
        parts.content
    );
    let day = date.split('T').next().unwrap_or(date);
    let scope = format!("{day}/{region}/s3/aws4_request");
    let hashed = content_hash(canonical.as_bytes());
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{hashed}");
    let first = mac(format!("AWS4{}", key.secret).as_bytes(), day);
    let of_scope = [region, "s3", "aws4_request"]
        .into_iter()
        .fold(first, |key, part| mac(&key, part));
    let signature = hex(&mac(&of_scope, &to_sign));
    format!(
        "AWS4-HMAC-SHA256 Credential={}/{scope},SignedHeaders={names},Signature={signature}",
        key.id
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: &str = "20130524T000000Z";
    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        of.iter().map(own).collect()
    }

    fn signature(
        method: &str,
        path: &str,
        query: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> String {
        let key = AccessKey {
            id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
        };
        let host = ("host", "examplebucket.s3.amazonaws.com");
        let hash = headers
            .iter()
            .find(|(name, _)| *name == "x-amz-content-sha256")
            .unwrap()
            .1;
        let headers = pairs(&[&[host, ("x-amz-date", DATE)], headers].concat());
        let query = pairs(query);
        let parts = SignedParts {
            method,
            path,
            query: &query,
            headers: &headers,
            content: hash,
        };
        let signed = authorization(&key, "us-east-1", DATE, &parts);
        signed.rsplit('=').next().unwrap().to_owned()
    }

    #[test]
    fn the_published_examples_are_signed_as_published() {
        let empty = ("x-amz-content-sha256", EMPTY);
        let get = signature("GET", "/test.txt", &[], &[("range", "bytes=0-9"), empty]);
        assert_eq!(
            get,
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        );
        let body = content_hash(b"Welcome to Amazon S3.");
        let put = signature(
            "PUT",
            &encode("/test$file.text", true),
            &[],
            &[
                ("date", "Fri, 24 May 2013 00:00:00 GMT"),
                ("x-amz-content-sha256", &body),
                ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            ],
        );
        assert_eq!(
            put,
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
        );
        let lifecycle = signature("GET", "/", &[("lifecycle", "")], &[empty]);
        assert_eq!(
            lifecycle,
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
        );
        let list = signature("GET", "/", &[("prefix", "J"), ("max-keys", "2")], &[empty]);
        assert_eq!(
            list,
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
        );
    }

    #[test]
    fn names_and_values_are_encoded_as_signatures_need_it() {
        assert_eq!(encode("d é/x~+", true), "d%20%C3%A9/x~%2B");
        assert_eq!(encode("a/b", false), "a%2Fb");
        assert_eq!(amz_date(Timestamp::from_secs(1_369_353_600)), DATE);
    }
}
