//! Messages around resources: lists, what the service can do, and the parameters of a query.

use serde_json::{Value, json};

use crate::error::{ScimError, ScimType};
use crate::filter::Filter;
use crate::schema::Schema;
use crate::selection::Selection;

pub const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
pub const CONTENT_TYPE: &str = "application/scim+json";

/// The most resources of one answer.
pub const PAGE_MAX: usize = 200;
const PAGE_USUAL: usize = 100;

/// The parameters of a query, or of the `.search` message.
#[derive(Clone, Debug, PartialEq)]
pub struct ScimQuery {
    pub filter: Option<Filter>,
    pub selection: Selection,
    /// From 1.
    pub start: usize,
    pub count: usize,
}

impl ScimQuery {
    /// Reads parameters by name. What is not known is left out, sorting too: RFC 7644, 3.4.2.3 lets
    /// a service ignore it.
    ///
    /// # Errors
    /// `invalidFilter`, `invalidValue`.
    pub fn parse(
        schema: &'static Schema,
        parameter: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ScimError> {
        let number = |name: &str| match parameter(name) {
            None => Ok(None),
            Some(text) => text.trim().parse::<i64>().map(Some).map_err(|_| {
                ScimError::wrong(ScimType::InvalidValue, format!("{name} is no number"))
            }),
        };
        let filter = parameter("filter").map(|text| Filter::parse(schema, &text));
        // Below 1 it counts as 1, and a negative count as 0 (RFC 7644, 3.4.2.4).
        let start = number("startIndex")?.unwrap_or(1).max(1);
        let count = number("count")?.map_or(PAGE_USUAL, |count| {
            usize::try_from(count.max(0)).unwrap_or(PAGE_MAX)
        });
        Ok(Self {
            filter: filter.transpose()?,
            selection: Selection::parse(
                schema,
                parameter("attributes").as_deref(),
                parameter("excludedAttributes").as_deref(),
            )?,
            start: usize::try_from(start).unwrap_or(usize::MAX),
            // A service may return fewer than were asked for (RFC 7644, 3.4.2.4): no error.
            count: count.min(PAGE_MAX),
        })
    }
}

/// One page of a list.
pub fn list(total: usize, start: usize, resources: Vec<Value>) -> Value {
    json!({
        "schemas": [LIST],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": resources.len(),
        "Resources": resources,
    })
}

/// `/ServiceProviderConfig`.
pub fn service_provider_config() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": {"supported": true},
        "bulk": {"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": true, "maxResults": PAGE_MAX},
        "changePassword": {"supported": false},
        "sort": {"supported": false},
        "etag": {"supported": true},
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "API key",
            "description": "A key of Digue that two persons agreed to, for SCIM alone",
            "primary": true,
        }],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": "ServiceProviderConfig",
        },
    })
}

/// Makes the locations of a resource whole: `Users/a` becomes an address below `base`.
pub fn with_base(resource: &mut Value, base: &str) {
    match resource {
        Value::Object(object) => {
            for (name, value) in object.iter_mut() {
                match value {
                    Value::String(place) if matches!(name.as_str(), "location" | "$ref") => {
                        *place = format!("{base}/{place}");
                    }
                    Value::Object(_) | Value::Array(_) => with_base(value, base),
                    Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| with_base(value, base)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
