//! `[identity]`: how callers of a portal are known, and which of its names are accounts and persons.

use std::sync::Arc;
use std::time::Duration;

use digue_gateway::identity::{TokenVerifier, VerifierOptions};
use digue_gateway::portal::{Identity, NamedHeaders, OwnRecordRule};
use digue_identifiers::IdentifierKind;
use digue_portal_login::credentials::CredentialPlaces;
use digue_portal_login::name_mapping::{IdentityMapping, NameMapping};
use digue_portal_login::value_path::ValuePath;
use digue_portal_login::{LoginSource, PortalLogin, WhoAmI};
use digue_sources::session_table::QueriedSessions;
use http::HeaderName;
use http::uri::PathAndQuery;

use super::pick::read_kind;
use super::reader::ConfigSection;
use super::response::read_contacts;

/// How long an answer counts, and the longest that a map may say: until then a session that became
/// another user's is written to the one before.
const KEEPS: Duration = Duration::from_secs(30);
const KEEPS_MAX: Duration = Duration::from_mins(5);

pub(super) fn read_identity(
    section: Option<ConfigSection<'_>>,
) -> Option<(Identity, NamedHeaders)> {
    let Some(section) = section else {
        return Some((Identity::Session, NamedHeaders::default()));
    };
    let named = section
        .section("headers")
        .map_or_else(NamedHeaders::default, |headers| NamedHeaders {
            account: headers.parse("account", str::parse),
            organisation: headers.parse("organisation", str::parse),
            role: headers.parse("role", str::parse),
        });
    #[derive(Clone, Copy)]
    enum ValueSource {
        Session,
        Jwt,
        Header,
        Portal,
    }
    let words = [
        ("session", ValueSource::Session),
        ("jwt", ValueSource::Jwt),
        ("header", ValueSource::Header),
        ("portal", ValueSource::Portal),
    ];
    let identity = match section
        .choice("from", &words)
        .unwrap_or(ValueSource::Session)
    {
        ValueSource::Session => Identity::Session,
        ValueSource::Jwt => Identity::Jwt(Box::new(read_verifier(&section)?)),
        ValueSource::Portal => Identity::Portal(Arc::new(read_login(&section)?)),
        ValueSource::Header => {
            let account = section.need("account", str::parse::<HeaderName>);
            let organisation = section.parse("organisation", str::parse::<HeaderName>);
            let from = section.parse_all("trusted", str::parse);
            // Without trusted networks anyone could send the header.
            if from.is_empty() {
                section.fault("trusted", "fault-missing", "");
            }
            Identity::Header {
                account: account?,
                organisation,
                from,
            }
        }
    };
    Some((identity, named))
}

/// `[identity.mapping.account]` and `.organisation`: `strip`, and a `pattern` whose first group is
/// the name.
pub(super) fn read_mapping(section: &ConfigSection<'_>) -> Option<IdentityMapping> {
    let account = read_name_mapping(section.section("account"));
    let organisation = read_name_mapping(section.section("organisation"));
    Some(IdentityMapping {
        account: account?,
        organisation: organisation?,
    })
}

/// `[identity.person]`: names that are persons, with the identifier in them.
pub(super) fn read_own_record(
    section: &ConfigSection<'_>,
    kinds: &[IdentifierKind],
) -> Option<OwnRecordRule> {
    let pattern = section.need_text("pattern");
    let kind = read_kind(section, kinds);
    let names = NameMapping::new(Vec::new(), Some(&pattern?));
    Some(OwnRecordRule {
        names: section.accept("pattern", names)?,
        kind: kind?,
    })
}

fn read_name_mapping(section: Option<ConfigSection<'_>>) -> Option<NameMapping> {
    let Some(section) = section else {
        return Some(NameMapping::default());
    };
    let (strip, pattern) = (section.texts("strip"), section.text("pattern"));
    let mapping = NameMapping::new(strip, pattern.as_deref());
    section.accept("pattern", mapping)
}

fn read_verifier(section: &ConfigSection<'_>) -> Option<TokenVerifier> {
    let jwks = section
        .need_text("jwks")
        .and_then(|name| section.accept("jwks", section.read_file(&name)));
    let (issuer, audience) = (section.need_text("issuer"), section.need_text("audience"));
    let header = section
        .parse("header", str::parse)
        .unwrap_or(http::header::AUTHORIZATION);
    let options = VerifierOptions {
        header,
        account_claim: section.text("account").unwrap_or_else(|| "sub".to_owned()),
        organisation_claim: section.text("organisation"),
        jwks: jwks?,
        issuer: issuer?,
        audience: audience?,
        clients: section.texts("clients"),
    };
    section.accept("jwks", TokenVerifier::new(options))
}

/// `from = "portal"`: how a portal that signs its users in itself says who they are.
fn read_login(section: &ConfigSection<'_>) -> Option<PortalLogin> {
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
