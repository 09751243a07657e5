//! What is wrong with a request, as SCIM says it (RFC 7644, 3.12).

use serde_json::{Value, json};

/// The identifier of an error message.
pub const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// The detail of a refusal that a client can act upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScimType {
    InvalidFilter,
    InvalidPath,
    InvalidSyntax,
    InvalidValue,
    Mutability,
    NoTarget,
    TooMany,
    Uniqueness,
}

impl ScimType {
    pub const fn code(self) -> &'static str {
        match self {
            Self::InvalidFilter => "invalidFilter",
            Self::InvalidPath => "invalidPath",
            Self::InvalidSyntax => "invalidSyntax",
            Self::InvalidValue => "invalidValue",
            Self::Mutability => "mutability",
            Self::NoTarget => "noTarget",
            Self::TooMany => "tooMany",
            Self::Uniqueness => "uniqueness",
        }
    }
}

/// A refusal: the status of the answer, and what it says. The detail is in English, as the rest of
/// the protocol: directories show it to administrators in their own logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScimError {
    pub status: u16,
    pub kind: Option<ScimType>,
    pub detail: String,
}

impl ScimError {
    pub fn new(status: u16, kind: Option<ScimType>, detail: impl Into<String>) -> Self {
        Self {
            status,
            kind,
            detail: detail.into(),
        }
    }

    /// A request that is wrong in itself.
    pub fn wrong(kind: ScimType, detail: impl Into<String>) -> Self {
        Self::new(400, Some(kind), detail)
    }

    /// What a directory may not change.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(403, Some(ScimType::Mutability), detail)
    }

    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(404, None, detail)
    }

    pub fn taken(detail: impl Into<String>) -> Self {
        Self::new(409, Some(ScimType::Uniqueness), detail)
    }

    pub fn body(&self) -> Value {
        let mut body = json!({
            "schemas": [ERROR],
            "status": self.status.to_string(),
            "detail": self.detail,
        });
        if let Some(kind) = self.kind {
            body["scimType"] = kind.code().into();
        }
        body
    }
}
