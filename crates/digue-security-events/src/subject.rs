//! Whom an event is about (RFC 9493; SSF 1.0, 3).
//!
//! Members that a format does not name are ignored (SSF 1.0, 4.2.3). A format that is not known here
//! is kept by its name: it is agreed upon between two parties, and identifies nobody for others.

use std::collections::BTreeMap;
// The type alone: nothing here opens a connection.
use core::net::IpAddr;

use serde_json::{Map, Value, json};

use crate::members::{EventFault, checked, object, text};

/// The most identifiers of one subject, and members of a complex one.
const IDENTIFIERS_MAX: usize = 16;
const ADDRESSES_MAX: usize = 64;

/// One identifier of a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubjectIdentifier {
    /// An `acct:` address (RFC 7565).
    Account(String),
    Email(String),
    /// A subject of an issuer of tokens.
    IssSub {
        issuer: String,
        subject: String,
    },
    /// A name that both sides know.
    Opaque(String),
    /// E.164, as it was sent: the examples of SSF 1.0 have spaces in it.
    PhoneNumber(String),
    Did(String),
    Uri(String),
    /// A token, by its name (SSF 1.0, 3.5.1).
    JwtId {
        issuer: String,
        id: String,
    },
    /// SSF 1.0, 3.5.2.
    SamlAssertionId {
        issuer: String,
        assertion: String,
    },
    /// SSF 1.0, 3.5.3.
    IpAddresses(Vec<IpAddr>),
    /// Several identifiers of one subject. None is again a list (RFC 9493, 3.2.8).
    Aliases(Vec<SubjectIdentifier>),
    /// A format that is not known here; what identifies the subject in it is not read.
    Other(String),
}

/// The subject of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventSubject {
    Simple(SubjectIdentifier),
    /// Parts of one subject by their names: `user`, `device`, `session`, `tenant` and others (SSF
    /// 1.0, 3.3).
    Complex(BTreeMap<String, SubjectIdentifier>),
}

impl EventSubject {
    /// # Errors
    /// For a value that is no subject.
    pub fn parse(value: &Value) -> Result<Self, EventFault> {
        let members = object(value, "sub_id")?;
        if members.get("format").and_then(Value::as_str) != Some("complex") {
            return SubjectIdentifier::parse(value).map(Self::Simple);
        }
        let mut parts = BTreeMap::new();
        for (name, part) in members.iter().filter(|(name, _)| *name != "format") {
            // What is no identifier is a member that is not understood here (SSF 1.0, 4.2.3), except
            // under a name that the specification gives to an identifier.
            let is_identifier = part.get("format").is_some() || PARTS.contains(&name.as_str());
            if is_identifier {
                parts.insert(checked(name, "sub_id")?, SubjectIdentifier::parse(part)?);
            }
        }
        match parts.len() {
            1..=IDENTIFIERS_MAX => Ok(Self::Complex(parts)),
            _ => Err(EventFault::Malformed("sub_id")),
        }
    }

    pub fn to_json(&self) -> Value {
        match self {
            Self::Simple(identifier) => identifier.to_json(),
            Self::Complex(parts) => {
                let mut members = Map::new();
                members.insert("format".to_owned(), "complex".into());
                for (name, part) in parts {
                    members.insert(name.clone(), part.to_json());
                }
                Value::Object(members)
            }
        }
    }

    /// The part that identifies a user: that part of a complex subject, or a simple one.
    pub fn user(&self) -> Option<&SubjectIdentifier> {
        match self {
            Self::Simple(identifier) => Some(identifier),
            Self::Complex(parts) => parts.get("user"),
        }
    }

    /// The format of the identifier of a user, or of the first part: for counts and pages.
    pub fn format(&self) -> &str {
        match self {
            Self::Simple(identifier) => identifier.format(),
            Self::Complex(parts) => parts
                .get("user")
                .or_else(|| parts.values().next())
                .map_or("complex", SubjectIdentifier::format),
        }
    }
}

/// Parts of a complex subject that SSF 1.0, 3.3, names.
const PARTS: [&str; 7] = [
    "user",
    "device",
    "session",
    "application",
    "tenant",
    "org_unit",
    "group",
];

impl SubjectIdentifier {
    fn parse(value: &Value) -> Result<Self, EventFault> {
        let members = object(value, "sub_id")?;
        if text(members, "format")? != "aliases" {
            return Self::parse_one(members);
        }
        let all = members.get("identifiers").and_then(Value::as_array);
        let all = all.ok_or(EventFault::Malformed("identifiers"))?;
        if !(1..=IDENTIFIERS_MAX).contains(&all.len()) {
            return Err(EventFault::Malformed("identifiers"));
        }
        let one = |value: &Value| Self::parse_one(object(value, "identifiers")?);
        all.iter()
            .map(one)
            .collect::<Result<_, _>>()
            .map(Self::Aliases)
    }

    fn parse_one(members: &Map<String, Value>) -> Result<Self, EventFault> {
        let format = text(members, "format")?;
        Ok(match format.as_str() {
            "account" => {
                let uri = text(members, "uri")?;
                // RFC 9493, 3.2.1.
                let is_account = uri
                    .get(..5)
                    .is_some_and(|scheme| scheme.eq_ignore_ascii_case("acct:"));
                if !is_account {
                    return Err(EventFault::Malformed("uri"));
                }
                Self::Account(uri)
            }
            "email" => {
                let email = text(members, "email")?;
                let has_both = email
                    .rsplit_once('@')
                    .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
                if !has_both {
                    return Err(EventFault::Malformed("email"));
                }
                Self::Email(email)
            }
            "iss_sub" => Self::IssSub {
                issuer: text(members, "iss")?,
                subject: text(members, "sub")?,
            },
            "opaque" => Self::Opaque(text(members, "id")?),
            "phone_number" => Self::PhoneNumber(text(members, "phone_number")?),
            "did" => Self::Did(text(members, "url")?),
            "uri" => Self::Uri(text(members, "uri")?),
            "jwt_id" => Self::JwtId {
                issuer: text(members, "iss")?,
                id: text(members, "jti")?,
            },
            "saml_assertion_id" => Self::SamlAssertionId {
                issuer: text(members, "issuer")?,
                assertion: text(members, "assertion_id")?,
            },
            "ip-addresses" => Self::IpAddresses(addresses(members)?),
            // RFC 9493, 3.2.8: lists are not nested. A complex subject is none of one identifier.
            "aliases" | "complex" => return Err(EventFault::Malformed("format")),
            _ => Self::Other(format),
        })
    }

    pub fn to_json(&self) -> Value {
        let format = self.format();
        match self {
            Self::Account(uri) | Self::Uri(uri) => json!({"format": format, "uri": uri}),
            Self::Email(email) => json!({"format": format, "email": email}),
            Self::IssSub { issuer, subject } => {
                json!({"format": format, "iss": issuer, "sub": subject})
            }
            Self::Opaque(id) => json!({"format": format, "id": id}),
            Self::PhoneNumber(number) => json!({"format": format, "phone_number": number}),
            Self::Did(url) => json!({"format": format, "url": url}),
            Self::JwtId { issuer, id } => json!({"format": format, "iss": issuer, "jti": id}),
            Self::SamlAssertionId { issuer, assertion } => {
                json!({"format": format, "issuer": issuer, "assertion_id": assertion})
            }
            Self::IpAddresses(all) => {
                let all: Vec<String> = all.iter().map(ToString::to_string).collect();
                json!({"format": format, "ip-addresses": all})
            }
            Self::Aliases(all) => {
                let all: Vec<Value> = all.iter().map(Self::to_json).collect();
                json!({"format": format, "identifiers": all})
            }
            Self::Other(_) => json!({"format": format}),
        }
    }

    /// The name of its format in the registry of RFC 9493 and in SSF 1.0.
    pub fn format(&self) -> &str {
        match self {
            Self::Account(_) => "account",
            Self::Email(_) => "email",
            Self::IssSub { .. } => "iss_sub",
            Self::Opaque(_) => "opaque",
            Self::PhoneNumber(_) => "phone_number",
            Self::Did(_) => "did",
            Self::Uri(_) => "uri",
            Self::JwtId { .. } => "jwt_id",
            Self::SamlAssertionId { .. } => "saml_assertion_id",
            Self::IpAddresses(_) => "ip-addresses",
            Self::Aliases(_) => "aliases",
            Self::Other(format) => format,
        }
    }
}

fn addresses(members: &Map<String, Value>) -> Result<Vec<IpAddr>, EventFault> {
    let fault = EventFault::Malformed("ip-addresses");
    let all = members.get("ip-addresses").and_then(Value::as_array);
    let all = all.filter(|all| (1..=ADDRESSES_MAX).contains(&all.len()));
    let one = |value: &Value| value.as_str().and_then(|text| text.parse().ok());
    all.and_then(|all| all.iter().map(one).collect::<Option<_>>())
        .ok_or(fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 9493, 3.2, one of each format.
    #[test]
    fn every_format_is_read_and_written() {
        for subject in [
            json!({"format": "account", "uri": "acct:example.user@service.example.com"}),
            json!({"format": "email", "email": "user@example.com"}),
            json!({"format": "iss_sub", "iss": "https://issuer.example.com/", "sub": "145234573"}),
            json!({"format": "opaque", "id": "11112222333344445555"}),
            json!({"format": "phone_number", "phone_number": "+12065550100"}),
            json!({"format": "did", "url": "did:example:123456"}),
            json!({"format": "uri", "uri": "urn:uuid:4e851e98-83c4-4743-a5da-150ecb53042f"}),
            json!({"format": "aliases", "identifiers": [
                {"format": "email", "email": "user@example.com"},
                {"format": "phone_number", "phone_number": "+12065550100"},
            ]}),
            json!({"format": "ip-addresses", "ip-addresses": ["10.29.37.75", "2001:db8::1"]}),
        ] {
            let read = EventSubject::parse(&subject).unwrap();
            assert_eq!(read.to_json(), subject);
        }
    }

    #[test]
    fn what_identifies_nobody_is_a_fault_and_what_others_agreed_upon_is_kept_by_its_name() {
        let many: Vec<Value> = (0..17)
            .map(|id| json!({"format": "opaque", "id": format!("{id}")}))
            .collect();
        for (subject, member) in [
            (json!("user@example.com"), "sub_id"),
            (json!({"email": "user@example.com"}), "format"),
            (json!({"format": "email"}), "email"),
            (json!({"format": "email", "email": "example.com"}), "email"),
            (json!({"format": "email", "email": ["a@b.fr"]}), "email"),
            (json!({"format": "account", "uri": "mailto:a@b.fr"}), "uri"),
            (json!({"format": "account", "uri": "été"}), "uri"),
            (json!({"format": "iss_sub", "iss": "https://idp"}), "sub"),
            (json!({"format": "opaque", "id": ""}), "id"),
            (json!({"format": "opaque", "id": "a\nb"}), "id"),
            (json!({"format": "opaque", "id": "a".repeat(1025)}), "id"),
            (
                json!({"format": "aliases", "identifiers": []}),
                "identifiers",
            ),
            (
                json!({"format": "aliases", "identifiers": many}),
                "identifiers",
            ),
            (
                json!({"format": "aliases", "identifiers": [{"format": "aliases", "identifiers": []}]}),
                "format",
            ),
            (json!({"format": "complex"}), "sub_id"),
            (json!({"format": "complex", "user": "a1"}), "sub_id"),
            (
                json!({"format": "complex", "user": {"format": "complex"}}),
                "format",
            ),
            (
                json!({"format": "ip-addresses", "ip-addresses": ["here"]}),
                "ip-addresses",
            ),
        ] {
            let fault = EventSubject::parse(&subject).unwrap_err();
            let is_named = matches!(
                fault,
                EventFault::Missing(name) | EventFault::Malformed(name) if name == member
            );
            assert!(is_named, "{subject}: {fault:?}");
        }
        let agreed = json!({"format": "catalog_item", "catalog_id": "c0384"});
        let read = EventSubject::parse(&agreed).unwrap();
        assert_eq!(
            (read.format(), read.user()),
            (
                "catalog_item",
                Some(&SubjectIdentifier::Other("catalog_item".to_owned()))
            )
        );
    }

    #[test]
    fn the_user_of_a_complex_subject_is_its_part_of_this_name_alone() {
        let device =
            json!({"format": "complex", "device": {"format": "opaque", "id": "d1"}, "note": 7});
        let device = EventSubject::parse(&device).unwrap();
        assert_eq!((device.user(), device.format()), (None, "opaque"));
        let both = json!({
            "format": "complex",
            "device": {"format": "opaque", "id": "d1"},
            "user": {"format": "email", "email": "a@b.fr"},
        });
        let both = EventSubject::parse(&both).unwrap();
        assert_eq!(
            both.user(),
            Some(&SubjectIdentifier::Email("a@b.fr".to_owned()))
        );
    }
}
