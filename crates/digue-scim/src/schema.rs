//! The schemas of users and groups: what a directory may say, and how its texts are compared.

use serde_json::{Map, Value, json};

pub const USER_SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub const GROUP_SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// What Digue says of the account behind a user, beside what the directory said.
pub const ACCOUNT_SCHEMA: &str = "urn:digue:params:scim:schemas:extension:1.0:Account";

/// The type of an attribute's values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AttributeKind {
    Text,
    Boolean,
    Complex,
    Reference,
    DateTime,
}

impl AttributeKind {
    const fn code(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Boolean => "boolean",
            Self::Complex => "complex",
            Self::Reference => "reference",
            Self::DateTime => "dateTime",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mutability {
    ReadOnly,
    ReadWrite,
    Immutable,
}

impl Mutability {
    const fn code(self) -> &'static str {
        match self {
            Self::ReadOnly => "readOnly",
            Self::ReadWrite => "readWrite",
            Self::Immutable => "immutable",
        }
    }
}

/// How texts of an attribute are compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TextComparison {
    Exact,
    /// Whatever the letter case.
    Folded,
    /// As names of accounts: in the one canonical form that Digue has for them.
    Identity,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Attribute {
    pub name: &'static str,
    pub kind: AttributeKind,
    pub is_many: bool,
    pub comparison: TextComparison,
    pub mutability: Mutability,
    pub is_required: bool,
    pub is_always_returned: bool,
    pub is_unique: bool,
    pub subs: &'static [Attribute],
    description: &'static str,
}

impl Attribute {
    const fn of(name: &'static str, kind: AttributeKind, description: &'static str) -> Self {
        Self {
            name,
            kind,
            is_many: false,
            comparison: TextComparison::Folded,
            mutability: Mutability::ReadWrite,
            is_required: false,
            is_always_returned: false,
            is_unique: false,
            subs: &[],
            description,
        }
    }

    const fn text(name: &'static str, description: &'static str) -> Self {
        Self::of(name, AttributeKind::Text, description)
    }

    const fn complex(
        name: &'static str,
        subs: &'static [Attribute],
        description: &'static str,
    ) -> Self {
        let mut attribute = Self::of(name, AttributeKind::Complex, description);
        attribute.subs = subs;
        attribute
    }

    const fn many(mut self) -> Self {
        self.is_many = true;
        self
    }

    const fn read_only(mut self) -> Self {
        self.mutability = Mutability::ReadOnly;
        self
    }

    const fn immutable(mut self) -> Self {
        self.mutability = Mutability::Immutable;
        self
    }

    const fn compared(mut self, comparison: TextComparison) -> Self {
        self.comparison = comparison;
        self
    }

    const fn required(mut self) -> Self {
        self.is_required = true;
        self
    }

    const fn always(mut self) -> Self {
        self.is_always_returned = true;
        self
    }

    const fn unique(mut self) -> Self {
        self.is_unique = true;
        self
    }

    pub fn sub(&self, name: &str) -> Option<&'static Attribute> {
        find(self.subs, name)
    }

    /// The attribute that stands for the whole: `value` of an address; itself when it is simple.
    pub fn main_sub(&self) -> Option<&'static Attribute> {
        self.sub("value")
    }

    fn json(&self) -> Value {
        let mut json = json!({
            "name": self.name,
            "type": self.kind.code(),
            "multiValued": self.is_many,
            "description": self.description,
            "required": self.is_required,
            "mutability": self.mutability.code(),
            "returned": if self.is_always_returned { "always" } else { "default" },
            "uniqueness": if self.is_unique { "server" } else { "none" },
        });
        match self.kind {
            AttributeKind::Complex => {
                json["subAttributes"] = self.subs.iter().map(Self::json).collect();
            }
            AttributeKind::Reference => {
                json["referenceTypes"] = json!(["uri"]);
                json["caseExact"] = true.into();
            }
            AttributeKind::Text | AttributeKind::DateTime => {
                json["caseExact"] = (self.comparison == TextComparison::Exact).into();
            }
            AttributeKind::Boolean => {}
        }
        json
    }
}

/// A kind of resource.
#[derive(Debug)]
pub struct Schema {
    pub id: &'static str,
    pub name: &'static str,
    /// The segment of its addresses.
    pub endpoint: &'static str,
    attributes: &'static [Attribute],
    /// An extension, whose attributes stand under its identifier.
    pub extension: Option<(&'static str, &'static [Attribute])>,
    description: &'static str,
}

const PLACES: &[Attribute] = &[
    Attribute::text("value", "The address or the number"),
    Attribute::text("display", "As people read it"),
    Attribute::text("type", "work, home, mobile, other"),
    Attribute::of("primary", AttributeKind::Boolean, "The one to use first"),
];

const GROUPS_OF_USER: &[Attribute] = &[
    Attribute::text("value", "The id of the group")
        .compared(TextComparison::Exact)
        .read_only(),
    Attribute::of("$ref", AttributeKind::Reference, "Its address").read_only(),
    Attribute::text("display", "Its name").read_only(),
    Attribute::text("type", "direct").read_only(),
];

const META: &[Attribute] = &[
    Attribute::text("resourceType", "User or Group")
        .compared(TextComparison::Exact)
        .read_only(),
    Attribute::of("created", AttributeKind::DateTime, "First known").read_only(),
    Attribute::of("lastModified", AttributeKind::DateTime, "Last changed").read_only(),
    Attribute::of("location", AttributeKind::Reference, "Its address").read_only(),
    Attribute::text("version", "Its ETag")
        .compared(TextComparison::Exact)
        .read_only(),
];

/// What every resource has (RFC 7643, 3.1).
const COMMON: &[Attribute] = &[
    Attribute::of(
        "schemas",
        AttributeKind::Reference,
        "Identifiers of its schemas",
    )
    .many()
    .always()
    .read_only(),
    Attribute::text("id", "The account, in its canonical form")
        .compared(TextComparison::Identity)
        .always()
        .read_only(),
    Attribute::text("externalId", "The directory's own identifier").compared(TextComparison::Exact),
    Attribute::complex("meta", META, "About the resource itself").read_only(),
];

const USER_ATTRIBUTES: &[Attribute] = &[
    Attribute::text("userName", "The account, which does not change afterwards")
        .compared(TextComparison::Identity)
        .required()
        .unique()
        .immutable(),
    Attribute::complex(
        "name",
        &[
            Attribute::text("formatted", "The whole name"),
            Attribute::text("familyName", "Family name"),
            Attribute::text("givenName", "Given name"),
        ],
        "The name of the holder",
    ),
    Attribute::text("displayName", "The name of the holder, as people read it"),
    Attribute::text("title", "The function of the holder"),
    Attribute::of(
        "active",
        AttributeKind::Boolean,
        "Whether the account is open",
    ),
    Attribute::complex(
        "emails",
        PLACES,
        "Addresses of the holder; the primary one is used",
    )
    .many(),
    Attribute::complex(
        "phoneNumbers",
        PLACES,
        "Telephones of the holder; the primary one is used",
    )
    .many(),
    Attribute::complex(
        "groups",
        GROUPS_OF_USER,
        "Groups, which are changed at the groups",
    )
    .many()
    .read_only(),
];

const ACCOUNT_ATTRIBUTES: &[Attribute] = &[
    Attribute::text("state", "none, quarantined, open or closed").read_only(),
    Attribute::text(
        "waiting",
        "A change that waits for a person: open, reopen, move or close",
    )
    .read_only(),
    Attribute::text("organisation", "The organisation of the account").read_only(),
    Attribute::text("role", "The role of the account").read_only(),
];

pub static USER: Schema = Schema {
    id: USER_SCHEMA,
    name: "User",
    endpoint: "Users",
    attributes: USER_ATTRIBUTES,
    extension: Some((ACCOUNT_SCHEMA, ACCOUNT_ATTRIBUTES)),
    description: "The holder of an account",
};

pub static GROUP: Schema = Schema {
    id: GROUP_SCHEMA,
    name: "Group",
    endpoint: "Groups",
    attributes: &[
        Attribute::text(
            "displayName",
            "The name, as the configuration of Digue maps it",
        )
        .required()
        .unique()
        .immutable(),
        Attribute::complex(
            "members",
            &[
                Attribute::text("value", "The id of a user")
                    .compared(TextComparison::Identity)
                    .immutable(),
                Attribute::of("$ref", AttributeKind::Reference, "Its address").immutable(),
                Attribute::text("type", "User").immutable(),
                Attribute::text("display", "Its name").read_only(),
            ],
            "Users of the group",
        )
        .many(),
    ],
    extension: None,
    description: "An organisation of Digue with a role in it",
};

/// An attribute of a resource, and the key of the extension that it stands under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoundAttribute {
    pub extension: Option<&'static str>,
    pub attribute: &'static Attribute,
}

impl Schema {
    /// The attribute of this name, whatever its letter case; `urn` is the schema that the client
    /// named before it.
    pub fn find(&self, urn: Option<&str>, name: &str) -> Option<FoundAttribute> {
        let core = |attribute| FoundAttribute {
            extension: None,
            attribute,
        };
        if urn.is_none_or(|urn| urn.eq_ignore_ascii_case(self.id)) {
            let found = find(self.attributes, name).or_else(|| find(COMMON, name));
            return found.map(core);
        }
        let (id, attributes) = self.extension?;
        let is_it = urn.is_some_and(|urn| urn.eq_ignore_ascii_case(id));
        find(attributes, name)
            .filter(|_| is_it)
            .map(|attribute| FoundAttribute {
                extension: Some(id),
                attribute,
            })
    }

    /// The attributes that answers always have.
    pub fn always_returned() -> impl Iterator<Item = &'static str> {
        COMMON
            .iter()
            .filter(|attribute| attribute.is_always_returned)
            .map(|attribute| attribute.name)
    }

    /// Its description at `/Schemas`, and that of its extension.
    pub fn json(&self) -> Vec<Value> {
        let one = |id: &str, name: &str, description: &str, attributes: &[Attribute]| {
            json!({
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
                "id": id,
                "name": name,
                "description": description,
                "attributes": attributes.iter().map(Attribute::json).collect::<Vec<_>>(),
                "meta": {"resourceType": "Schema", "location": format!("Schemas/{id}")},
            })
        };
        let own = one(self.id, self.name, self.description, self.attributes);
        let extension = self.extension.map(|(id, attributes)| {
            one(
                id,
                "Account",
                "The account of Digue behind a user",
                attributes,
            )
        });
        std::iter::once(own).chain(extension).collect()
    }

    /// Its description at `/ResourceTypes`.
    pub fn resource_type(&self) -> Value {
        let extensions: Vec<Value> = self
            .extension
            .map(|(id, _)| json!({"schema": id, "required": false}))
            .into_iter()
            .collect();
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
            "id": self.name,
            "name": self.name,
            "endpoint": format!("/{}", self.endpoint),
            "description": self.description,
            "schema": self.id,
            "schemaExtensions": extensions,
            "meta": {
                "resourceType": "ResourceType",
                "location": format!("ResourceTypes/{}", self.name),
            },
        })
    }
}

fn find(attributes: &'static [Attribute], name: &str) -> Option<&'static Attribute> {
    attributes
        .iter()
        .find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}

/// The value of an attribute in a resource.
pub fn value_of<'r>(resource: &'r Map<String, Value>, found: &FoundAttribute) -> Option<&'r Value> {
    let holder = match found.extension {
        None => resource,
        Some(id) => resource.get(id)?.as_object()?,
    };
    holder.get(found.attribute.name)
}
