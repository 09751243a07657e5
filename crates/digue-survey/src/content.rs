//! What of the content of requests tells apart the things that one address answers: the method of a
//! remote call, the fields of a GraphQL query, the action in a parameter.

use std::collections::BTreeSet;

use digue_inspect::graphql::root_fields_of_body;
use digue_inspect::json::outline::{JsonPart, json_parts};
use digue_inspect::media_type::MediaType;
use digue_types::path_template::{PathTemplate, TemplatePart, is_variable};
use smol_str::{SmolStr, format_smolstr};

use crate::exchange::{Exchange, UrlParts, pairs};
use crate::known::{KnownPersons, words_of};

/// The longest word that is taken for the name of a method.
const WORD_BYTES_MAX: usize = 80;

/// The most root fields of one GraphQL request.
const FIELDS_MAX: usize = 20;

/// Parameters by which applications choose what an address does.
const DISPATCHING: [&str; 21] = [
    "rest_route",
    "action",
    "act",
    "function",
    "func",
    "fn",
    "command",
    "cmd",
    "op",
    "operation",
    "do",
    "task",
    "method",
    "route",
    "service",
    "controller",
    "module",
    "handler",
    "event",
    "call",
    "fonction",
];

/// Parameters by which they choose what is read.
const SELECTING: [&str; 18] = [
    "page", "view", "vue", "ecran", "screen", "p", "section", "pg", "show", "display", "mod",
    "rub", "rubrique", "type", "entity", "objet", "object", "tab",
];

/// What tells apart the requests for one address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RouteContent {
    /// Nothing: the address says it all.
    #[default]
    Any,
    /// Parameters of the query that choose, with their values.
    Query(Vec<(SmolStr, SmolStr)>),
    /// The names of methods at a place of a JSON body.
    Json { at: SmolStr, methods: Vec<SmolStr> },
    /// The method of HTTP that a JSON body declared as `text/plain` names (`_method`).
    OtherMethod(SmolStr),
    /// The fields that GraphQL operations ask for at their root: `query personnes`.
    GraphQl(Vec<SmolStr>),
}

impl RouteContent {
    /// The content of a request whose method says that it changes something; others are told apart
    /// by their addresses.
    pub(crate) fn of(known: &KnownPersons, exchange: &Exchange<'_>, url: &UrlParts<'_>) -> Self {
        let media = MediaType::parse(exchange.request_type);
        let body = exchange.request_body;
        match media.essence.as_str() {
            "application/json" | "application/graphql" => {
                if let Some(fields) = root_fields_of_body(exchange.request_type, body)
                    && !fields.is_empty()
                    && fields.len() <= FIELDS_MAX
                {
                    return Self::GraphQl(fields.into_iter().map(SmolStr::from).collect());
                }
                if let Some(called) = called_methods(known, &String::from_utf8_lossy(body)) {
                    return called;
                }
            }
            "text/plain" => {
                if let Some(method) = other_method(&String::from_utf8_lossy(body)) {
                    return Self::OtherMethod(method);
                }
            }
            _ => {}
        }
        Self::of_query(known, url)
    }

    /// What the parameters of the query choose: what is done, or which page is shown.
    pub(crate) fn of_query(known: &KnownPersons, url: &UrlParts<'_>) -> Self {
        let chooses = |name: &str| dispatches(name) || selects(name);
        let dispatching: Vec<(String, String)> =
            pairs(url.query).filter(|(name, _)| chooses(name)).collect();
        let names: BTreeSet<&String> = dispatching.iter().map(|(name, _)| name).collect();
        // Given twice, it is not known which one counts.
        if names.len() < dispatching.len() {
            return Self::Any;
        }
        let chosen: BTreeSet<(SmolStr, SmolStr)> = dispatching
            .into_iter()
            .filter(|(_, value)| is_method_name(known, value) && !has_value(value))
            .map(|(name, value)| (SmolStr::from(name), SmolStr::from(value)))
            .collect();
        match chosen.is_empty() {
            true => Self::Any,
            false => Self::Query(chosen.into_iter().collect()),
        }
    }

    /// The names of what is called, in the order in which they are said.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::Any => Vec::new(),
            Self::Query(chosen) => chosen.iter().map(|(_, value)| value.as_str()).collect(),
            Self::Json { methods, .. } => methods.iter().map(SmolStr::as_str).collect(),
            Self::OtherMethod(method) => vec![method.as_str()],
            Self::GraphQl(fields) => fields
                .iter()
                .map(|field| {
                    field
                        .split_once(' ')
                        .map_or(field.as_str(), |(_, name)| name)
                })
                .collect(),
        }
    }

    /// True for the place of the number that says which answer belongs to which call.
    pub(crate) fn is_number_of_call(&self, place: &str) -> bool {
        match self {
            // Of JSON-RPC alone: elsewhere `id` is that of the record asked for.
            Self::Json { at, .. } => at.ends_with(".method") && matches!(place, "$.id" | "$[:].id"),
            Self::Any | Self::Query(_) | Self::OtherMethod(_) | Self::GraphQl(_) => false,
        }
    }

    /// True where a condition holds for this parameter of the query alone with this value.
    pub(crate) fn names_choice(&self, name: &str, value: &str) -> bool {
        match self {
            Self::Query(chosen) => {
                let mut chosen = chosen.iter();
                chosen.any(|(known, own)| (known.as_str(), own.as_str()) == (name, value))
            }
            Self::Any | Self::Json { .. } | Self::OtherMethod(_) | Self::GraphQl(_) => false,
        }
    }

    /// True where a condition says what this member at the root of the body may be.
    pub(crate) fn names_member(&self, name: &str) -> bool {
        match self {
            Self::Json { at, .. } => at.rsplit('.').next() == Some(name),
            Self::OtherMethod(_) => name == METHOD_MEMBER,
            // The operation is named there, and its fields are the condition.
            Self::GraphQl(_) => true,
            Self::Any | Self::Query(_) => false,
        }
    }

    /// What follows the path in a message; empty where the address says it all.
    pub fn label(&self) -> String {
        self.names().join(" ")
    }
}

/// Of the parameters that choose, those whose value is what is done: `action`, and not `module`.
pub(crate) fn says_what_is_done(name: &str) -> bool {
    let verbs = [
        "action",
        "act",
        "command",
        "cmd",
        "op",
        "operation",
        "do",
        "task",
        "method",
        "event",
        "call",
    ];
    verbs.contains(&name.to_ascii_lowercase().as_str())
}

pub(crate) fn dispatches(name: &str) -> bool {
    DISPATCHING.contains(&name.to_ascii_lowercase().as_str())
}

fn selects(name: &str) -> bool {
    SELECTING.contains(&name.to_ascii_lowercase().as_str())
}

/// True for a choice in which a value of the portal's data stands: `/wp/v2/users/12`.
fn has_value(choice: &str) -> bool {
    choice.split('/').any(is_variable)
}

/// The name of the member by which programs send another method than `POST`.
const METHOD_MEMBER: &str = "_method";

/// The method that a JSON body names at its root.
fn other_method(body: &str) -> Option<SmolStr> {
    let members = root_texts(body);
    let mut named = members.iter().filter(|(name, _)| name == METHOD_MEMBER);
    let (_, method) = named.next()?;
    let is_method =
        (3..=7).contains(&method.len()) && method.bytes().all(|byte| byte.is_ascii_alphabetic());
    (is_method && named.next().is_none()).then(|| method.clone())
}

/// A word of a program, not a value of the portal's data.
fn is_method_name(known: &KnownPersons, text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "._-:/$".contains(c);
    let is_word = text.len() <= WORD_BYTES_MAX
        && text.chars().all(is_part)
        && text.chars().any(|c| c.is_ascii_alphabetic());
    is_word
        && known.value(text).is_none()
        && words_of(text)
            .iter()
            .any(|word| word.len() >= 2 && word.chars().all(|c| c.is_ascii_alphabetic()))
}

/// The methods of a remote call (JSON-RPC), or of several at once: objects with the same member at
/// their root that names what is called.
fn called_methods(known: &KnownPersons, body: &str) -> Option<RouteContent> {
    let mut calls = CallReader::default();
    json_parts(body, &mut |part| calls.part(part)).ok()?;
    let CallReader {
        calls, is_batch, ..
    } = calls;
    let named = |call: &Call| {
        let is_rpc = call.names.iter().any(|name| {
            matches!(
                name.as_str(),
                "params" | "jsonrpc" | "args" | "arguments" | "kwargs"
            )
        });
        let (name, value) = call
            .texts
            .iter()
            .find(|(name, _)| name == "method" && is_rpc || name != "method" && dispatches(name))?;
        is_method_name(known, value).then(|| (name.clone(), value.clone()))
    };
    let named: Option<Vec<(SmolStr, SmolStr)>> = calls.iter().map(named).collect();
    let named = named.filter(|named| !named.is_empty())?;
    let (member, _) = &named[0];
    if named.iter().any(|(other, _)| other != member) {
        return None;
    }
    let methods: BTreeSet<SmolStr> = named.iter().map(|(_, value)| value.clone()).collect();
    Some(RouteContent::Json {
        at: match is_batch {
            true => format_smolstr!("$[:].{member}"),
            false => format_smolstr!("$.{member}"),
        },
        methods: methods.into_iter().collect(),
    })
}

/// The members at the root of a JSON body, or of each object in a list there, with their texts: none
/// of a body in another form, and an empty text for what is none.
pub(crate) fn root_texts(body: &str) -> Vec<(SmolStr, SmolStr)> {
    let mut calls = CallReader::default();
    if json_parts(body, &mut |part| calls.part(part)).is_err() {
        return Vec::new();
    }
    let members = calls.calls.into_iter().flat_map(|call| {
        let Call { names, texts } = call;
        let text_of = move |name: SmolStr| {
            let text = texts.iter().find(|(own, _)| *own == name);
            let text = text.map(|(_, text)| text.clone()).unwrap_or_default();
            (name, text)
        };
        names.into_iter().map(text_of)
    });
    members.collect()
}

/// The members of one object at the root, or of each in a list at the root.
#[derive(Default)]
struct Call {
    names: Vec<SmolStr>,
    texts: Vec<(SmolStr, SmolStr)>,
}

#[derive(Default)]
struct CallReader {
    calls: Vec<Call>,
    is_batch: bool,
    depth: usize,
    pending: Option<SmolStr>,
}

impl CallReader {
    fn part(&mut self, part: JsonPart<'_>) {
        let own = if self.is_batch { 2 } else { 1 };
        match part {
            JsonPart::Object => {
                self.depth += 1;
                if self.depth == own {
                    self.calls.push(Call::default());
                }
                self.pending = None;
            }
            JsonPart::List => {
                self.is_batch |= self.depth == 0;
                self.depth += 1;
                self.pending = None;
            }
            JsonPart::End => self.depth = self.depth.saturating_sub(1),
            JsonPart::Name(name) if self.depth == own => {
                let name = SmolStr::new(name);
                if let Some(call) = self.calls.last_mut() {
                    call.names.push(name.clone());
                }
                self.pending = Some(name);
            }
            JsonPart::Text(text) => {
                if let (Some(name), Some(call)) = (self.pending.take(), self.calls.last_mut()) {
                    call.texts.push((name, SmolStr::new(text)));
                }
            }
            JsonPart::Name(_) | JsonPart::Number(_) | JsonPart::Null | JsonPart::Word => {
                self.pending = None;
            }
        }
    }
}

/// The fixed segments of an address.
pub(crate) fn literals(template: &PathTemplate) -> impl DoubleEndedIterator<Item = &str> {
    template.0.iter().filter_map(|part| match part {
        TemplatePart::Literal(literal) => Some(literal.as_str()),
        TemplatePart::Variable { .. } => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::HeldExchange;

    fn content(url: &str, request_type: &str, body: &str) -> RouteContent {
        let held = HeldExchange {
            method: "POST".to_owned(),
            request_type: request_type.to_owned(),
            request_body: body.as_bytes().to_vec(),
            ..HeldExchange::get(url, "application/json", "{}")
        };
        let url = UrlParts::of(url).unwrap();
        RouteContent::of(&KnownPersons::default(), &held.as_exchange(), &url)
    }

    #[test]
    fn remote_calls_are_told_apart_by_their_method() {
        let json = |body: &str| content("/rpc", "application/json", body);
        let called = |at: &str, methods: &[&str]| RouteContent::Json {
            at: at.into(),
            methods: methods.iter().map(|name| SmolStr::new(*name)).collect(),
        };
        assert_eq!(
            json(r#"{"id":1,"method":"person.read","params":[{"method":"x"}]}"#),
            called("$.method", &["person.read"])
        );
        assert_eq!(
            json(r#"[{"jsonrpc":"2.0","method":"b.read"},{"id":2,"method":"a.read","params":[]}]"#),
            called("$[:].method", &["a.read", "b.read"])
        );
        assert_eq!(
            json(r#"{"action":"search"}"#),
            called("$.action", &["search"])
        );
        // The way of payment of an order is no call, whatever number the order has.
        assert_eq!(json(r#"{"method":"card","amount":3}"#), RouteContent::Any);
        assert_eq!(json(r#"{"method":"card","id":3}"#), RouteContent::Any);
        assert_eq!(json(r#"{"action":"12"}"#), RouteContent::Any);
        assert_eq!(json("{"), RouteContent::Any);
    }

    #[test]
    fn queries_are_told_apart_by_their_root_fields() {
        let body = r#"{"query":"query Q { personnes { id } a: dossiers { id } }"}"#;
        let fields = ["query dossiers", "query personnes"].map(SmolStr::new);
        assert_eq!(
            content("/graphql", "application/json", body),
            RouteContent::GraphQl(fields.to_vec())
        );
    }

    #[test]
    fn actions_in_the_query_are_told_apart() {
        let form = "application/x-www-form-urlencoded";
        assert_eq!(
            content("/a.php?function=tree&command=getNodes&x=1", form, "dn=1"),
            RouteContent::Query(vec![
                ("command".into(), "getNodes".into()),
                ("function".into(), "tree".into())
            ])
        );
        assert_eq!(content("/a.php?action=1", form, ""), RouteContent::Any);
        assert_eq!(
            content("/a.php?action=a1b&action=list", form, ""),
            RouteContent::Any
        );
    }
}
