//! `[identity] from = "portal"`: how a portal that signs its users in itself says who they are.

use std::sync::Arc;
use std::time::Duration;

use digue_portal_login::credentials::CredentialPlaces;
use digue_portal_login::value_path::ValuePath;
use digue_portal_login::{LoginSource, PortalLogin, WhoAmI};
use digue_sources::session_table::QueriedSessions;
use http::HeaderName;
use http::uri::PathAndQuery;

use super::reader::ConfigSection;
use super::response::read_contacts;

/// How long an answer counts, and the longest that a map may say: until then a session that became
/// another user's is written to the one before.
const KEEPS: Duration = Duration::from_secs(30);
const KEEPS_MAX: Duration = Duration::from_mins(5);

pub(super) fn read_login(section: &ConfigSection<'_>) -> Option<PortalLogin> {
    let credentials = CredentialPlaces {
        cookies: section.parse_all("cookies", parse_cookie_name),
        headers: section.parse_all("credential_headers", str::parse),
    };
    if credentials.cookies.is_empty() && credentials.headers.is_empty() {
        section.fault("cookies", "fault-missing", "");
    }
    let keeps = section.duration("keeps").unwrap_or(KEEPS);
    if keeps > KEEPS_MAX {
        section.fault("keeps", "fault-value", "0s - 5m");
    }
    Some(PortalLogin {
        credentials,
        source: read_source(section)?,
        keeps,
        asks_passkey: section.boolean("asks_passkey").unwrap_or(false),
        sign_in: section.parse("sign_in", parse_target),
    })
}

/// One of the three ways in which a portal says it.
fn read_source(section: &ConfigSection<'_>) -> Option<LoginSource> {
    let ways = ["response_header", "whoami", "sessions"];
    let named: Vec<&str> = ways.into_iter().filter(|way| section.has(way)).collect();
    match named[..] {
        ["response_header"] => Some(LoginSource::ResponseHeader {
            account: section.need("response_header", str::parse::<HeaderName>)?,
            organisation: section.parse("response_organisation", str::parse::<HeaderName>),
        }),
        ["whoami"] => {
            let target = section.need("whoami", parse_target);
            let account = section.need("account", ValuePath::parse);
            let organisation = section.parse("organisation", ValuePath::parse);
            Some(LoginSource::WhoAmI(WhoAmI {
                target: target?,
                account: account?,
                organisation,
            }))
        }
        ["sessions"] => {
            let source = read_contacts(&section.section("sessions")?)?;
            Some(LoginSource::Sessions(Arc::new(QueriedSessions(source))))
        }
        _ => section.refuse("whoami", "fault-login-one-way", ""),
    }
}

fn parse_cookie_name(text: &str) -> Result<String, &'static str> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if text.is_empty() || !text.bytes().all(is_token) {
        return Err("sessionid");
    }
    Ok(text.to_owned())
}

/// A path of the portal, with its parameters.
fn parse_target(text: &str) -> Result<PathAndQuery, &'static str> {
    let example = "/api/users/me";
    if !text.starts_with('/') || text.starts_with("//") {
        return Err(example);
    }
    text.parse().map_err(|_| example)
}
