//! One request of a directory and its answer: every address below `/scim/v2/`.

use digue_app::App;
use digue_scim::message::{CONTENT_TYPE, ScimQuery, list, service_provider_config, with_base};
use digue_scim::patch::operations;
use digue_scim::schema::{GROUP, Schema, USER};
use digue_scim::selection::Selection;
use digue_scim::{ScimError, ScimType};
use digue_types::AccountId;
use http::header::{
    CONTENT_TYPE as CONTENT_TYPE_HEADER, ETAG, IF_MATCH, IF_NONE_MATCH, LOCATION, RETRY_AFTER,
    WWW_AUTHENTICATE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::caller::{ChangeCaller, DirectoryCaller};
use crate::state::{DirectoryView, change_turn, failed, heard};
use crate::{Provisioning, directory_rules, groups, users};

/// Where the service stands on the console's host.
const BASE: &str = "/scim/v2";

/// A request, whose sender is known.
pub struct ScimRequest<'r> {
    pub method: &'r Method,
    /// The whole path.
    pub path: &'r str,
    pub query: Option<&'r str>,
    pub headers: &'r HeaderMap,
    pub body: &'r [u8],
}

/// What the directory gets.
#[derive(Clone, Debug, PartialEq)]
pub struct ScimAnswer {
    pub status: u16,
    pub headers: Vec<(HeaderName, String)>,
    pub body: Option<Value>,
}

impl ScimAnswer {
    fn new(status: u16, body: Value) -> Self {
        Self {
            status,
            headers: vec![(CONTENT_TYPE_HEADER, CONTENT_TYPE.to_owned())],
            body: Some(body),
        }
    }

    fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: None,
        }
    }

    fn with(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// The answer that refuses.
pub fn refusal(error: &ScimError) -> ScimAnswer {
    let answer = ScimAnswer::new(error.status, error.body());
    match error.status {
        401 => answer.with(WWW_AUTHENTICATE, "Bearer"),
        429 | 503 => answer.with(RETRY_AFTER, "60"),
        _ => answer,
    }
}

/// Answers a request of this directory.
pub async fn answer(app: &App, caller: &DirectoryCaller, request: ScimRequest<'_>) -> ScimAnswer {
    match respond(app, &caller.0, &request).await {
        Ok(answer) => answer,
        Err(error) => refusal(&error),
    }
}

async fn respond(
    app: &App,
    caller: &ChangeCaller,
    request: &ScimRequest<'_>,
) -> Result<ScimAnswer, ScimError> {
    let rules =
        directory_rules(app).ok_or_else(|| ScimError::not_found("no directory is configured"))?;
    let _begun = app.area::<Provisioning>().requests.begin()?;
    heard(app).await.map_err(failed)?;
    let base = format!("{}{BASE}", app.console_url().trim_end_matches('/'));
    let exchange = ScimExchange {
        app,
        caller,
        request,
        rules,
        base,
    };
    let path = request.path.strip_prefix(BASE).unwrap_or_default();
    let segments: Vec<String> = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        // After the split: `%2F` in a name separates nothing.
        .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
        .collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    exchange.route(&segments).await
}

/// One request being answered.
struct ScimExchange<'e> {
    app: &'e App,
    caller: &'e ChangeCaller,
    request: &'e ScimRequest<'e>,
    rules: &'e crate::ProvisioningRules,
    /// The address of the service.
    base: String,
}

impl ScimExchange<'_> {
    async fn route(&self, segments: &[&str]) -> Result<ScimAnswer, ScimError> {
        let method = self.request.method;
        match segments {
            ["ServiceProviderConfig"] if method == Method::GET => {
                Ok(self.about(service_provider_config()))
            }
            ["ResourceTypes", rest @ ..] if method == Method::GET => {
                let all = vec![USER.resource_type(), GROUP.resource_type()];
                self.one_of(all, rest)
            }
            ["Schemas", rest @ ..] if method == Method::GET => {
                self.one_of([USER.json(), GROUP.json()].concat(), rest)
            }
            [".search"] if method == Method::POST => self.search_all().await,
            ["Users"] if method == Method::GET => self.list_users().await,
            ["Users"] if method == Method::POST => self.add_user().await,
            ["Users", ".search"] if method == Method::POST => self.search_users().await,
            ["Users", id] => self.user(id).await,
            ["Groups"] if method == Method::GET => self.list_groups().await,
            ["Groups"] if method == Method::POST => {
                groups::add(&self.view(), &self.body()?).map(|body| ScimAnswer::new(201, body))
            }
            ["Groups", ".search"] if method == Method::POST => self.search_groups().await,
            ["Groups", id] => self.group(id).await,
            ["ServiceProviderConfig" | "Users" | "Groups"] | ["ResourceTypes" | "Schemas", ..] => {
                Err(not_allowed())
            }
            _ => Err(ScimError::not_found("there is nothing at this address")),
        }
    }

    fn view(&self) -> DirectoryView<'_> {
        DirectoryView::of(self.app, self.rules)
    }

    fn body(&self) -> Result<Value, ScimError> {
        serde_json::from_slice(self.request.body)
            .map_err(|_| ScimError::wrong(ScimType::InvalidSyntax, "the body is no JSON"))
    }

    fn parameter(&self, name: &str) -> Option<String> {
        let query = self.request.query?;
        url::form_urlencoded::parse(query.as_bytes())
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.into_owned())
    }

    /// The query of a message, which a client sends where addresses are logged (RFC 7644, 3.4.3).
    fn search(&self, schema: &'static Schema) -> Result<ScimQuery, ScimError> {
        let body = self.body()?;
        let parameter = |name: &str| {
            let object = body.as_object()?;
            let found = object
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name));
            match found?.1 {
                Value::String(text) => Some(text.clone()),
                Value::Number(number) => Some(number.to_string()),
                Value::Array(names) => {
                    let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
                    (!names.is_empty()).then(|| names.join(","))
                }
                Value::Null | Value::Bool(_) | Value::Object(_) => None,
            }
        };
        ScimQuery::parse(schema, parameter)
    }

    fn query(&self, schema: &'static Schema) -> Result<ScimQuery, ScimError> {
        ScimQuery::parse(schema, |name| self.parameter(name))
    }

    fn selection(&self, schema: &'static Schema) -> Result<Selection, ScimError> {
        let only = self.parameter("attributes");
        let without = self.parameter("excludedAttributes");
        Selection::parse(schema, only.as_deref(), without.as_deref())
    }

    /// A document about the service.
    fn about(&self, mut document: Value) -> ScimAnswer {
        with_base(&mut document, &self.base);
        ScimAnswer::new(200, document)
    }

    fn one_of(&self, all: Vec<Value>, rest: &[&str]) -> Result<ScimAnswer, ScimError> {
        match rest {
            [] => Ok(self.about(list(all.len(), 1, all))),
            [id] => {
                let is_it = |one: &Value| one["id"].as_str() == Some(id);
                let found = all.into_iter().find(is_it);
                let missing = || ScimError::not_found("there is nothing of this name");
                found.map(|one| self.about(one)).ok_or_else(missing)
            }
            _ => Err(ScimError::not_found("there is nothing at this address")),
        }
    }

    /// A resource, as the client wants to see it.
    fn resource(
        &self,
        status: u16,
        resource: Map<String, Value>,
        selection: &Selection,
    ) -> ScimAnswer {
        let meta = resource.get("meta");
        let of = |name: &str| meta.and_then(|meta| meta.get(name)).and_then(Value::as_str);
        let version = of("version").unwrap_or_default().to_owned();
        let place = format!("{}/{}", self.base, of("location").unwrap_or_default());
        let mut body = Value::Object(selection.of(resource));
        with_base(&mut body, &self.base);
        ScimAnswer::new(status, body)
            .with(ETAG, version)
            .with(LOCATION, place)
    }

    fn page(
        &self,
        query: &ScimQuery,
        (total, found): (usize, Vec<Map<String, Value>>),
    ) -> ScimAnswer {
        let of = |resource| Value::Object(query.selection.of(resource));
        let found: Vec<Value> = found.into_iter().map(of).collect();
        self.about(list(total, query.start, found))
    }

    async fn list_users(&self) -> Result<ScimAnswer, ScimError> {
        let query = self.query(&USER)?;
        let found = users::list(&self.view(), &query).await?;
        Ok(self.page(&query, found))
    }

    async fn search_users(&self) -> Result<ScimAnswer, ScimError> {
        let query = self.search(&USER)?;
        let found = users::list(&self.view(), &query).await?;
        Ok(self.page(&query, found))
    }

    async fn search_groups(&self) -> Result<ScimAnswer, ScimError> {
        let query = self.search(&GROUP)?;
        let found = groups::list(&self.view(), &query).await?;
        Ok(self.page(&query, found))
    }

    async fn list_groups(&self) -> Result<ScimAnswer, ScimError> {
        let query = self.query(&GROUP)?;
        let found = groups::list(&self.view(), &query).await?;
        Ok(self.page(&query, found))
    }

    /// Users and then groups, as one list.
    async fn search_all(&self) -> Result<ScimAnswer, ScimError> {
        let query = self.search(&USER)?;
        let (users, found) = users::list(&self.view(), &query).await?;
        // All groups: `startIndex` counts over both, and the page may begin among the groups.
        let of_groups = ScimQuery {
            start: 1,
            count: usize::MAX,
            ..self.search(&GROUP)?
        };
        let (groups, all) = groups::list(&self.view(), &of_groups).await?;
        let left = query.count - found.len();
        let before = (query.start - 1).saturating_sub(users);
        let page = all.into_iter().skip(before).take(left);
        let page = page.map(|resource| Value::Object(of_groups.selection.of(resource)));
        let found = found
            .into_iter()
            .map(|resource| Value::Object(query.selection.of(resource)))
            .chain(page)
            .collect();
        Ok(self.about(list(users + groups, query.start, found)))
    }

    async fn add_user(&self) -> Result<ScimAnswer, ScimError> {
        let body = self.body()?;
        let selection = self.selection(&USER)?;
        let turn = change_turn(self.app).await;
        let account = users::add(&self.view(), self.caller, &turn, &body).await?;
        let user = self.view().user(&account).await?;
        let resource = self.view().resource(&user)?;
        Ok(self.resource(201, resource, &selection))
    }

    async fn user(&self, id: &str) -> Result<ScimAnswer, ScimError> {
        let missing = |_| ScimError::not_found("there is no such user");
        let account = AccountId::parse(id).map_err(missing)?;
        let selection = self.selection(&USER)?;
        let method = self.request.method;
        if method == Method::GET {
            let user = self.view().user(&account).await?;
            let resource = self.view().resource(&user)?;
            return Ok(if self.is_known_version(&resource) {
                ScimAnswer::empty(304)
            } else {
                self.resource(200, resource, &selection)
            });
        }
        let turn = change_turn(self.app).await;
        let view = self.view();
        let before = view.user(&account).await?;
        self.must_match(&view.resource(&before)?)?;
        if method == Method::PUT {
            users::replace(&view, self.caller, &turn, before, &self.body()?).await?;
        } else if method == Method::PATCH {
            let operations = operations(&self.body()?)?;
            users::change(&view, self.caller, &turn, before, &operations).await?;
        } else if method == Method::DELETE {
            let is_done = users::delete(&view, self.caller, &turn, before).await?;
            // 202: the closing waits for a person, and the account is open until then.
            return Ok(ScimAnswer::empty(if is_done { 204 } else { 202 }));
        } else {
            return Err(not_allowed());
        }
        // A new view: the old one has the accounts as they were before the change.
        let view = self.view();
        let resource = view.resource(&view.user(&account).await?)?;
        Ok(self.resource(200, resource, &selection))
    }

    async fn group(&self, id: &str) -> Result<ScimAnswer, ScimError> {
        let selection = self.selection(&GROUP)?;
        let method = self.request.method;
        let view = self.view();
        let rule = groups::find(&view, id)?;
        if method == Method::GET {
            let resource = groups::show(&view, rule).await?;
            return Ok(if self.is_known_version(&resource) {
                ScimAnswer::empty(304)
            } else {
                self.resource(200, resource, &selection)
            });
        }
        if method == Method::DELETE {
            return Err(ScimError::forbidden(
                "groups are those of [scim] in the configuration of Digue: remove its members",
            ));
        }
        let turn = change_turn(self.app).await;
        let view = self.view();
        // The version of a group needs all users: read only for a client that names one.
        if self.request.headers.contains_key(IF_MATCH) {
            self.must_match(&groups::show(&view, rule).await?)?;
        }
        if method == Method::PUT {
            groups::replace(&view, self.caller, &turn, rule, &self.body()?).await?;
            let resource = groups::show(&self.view(), rule).await?;
            Ok(self.resource(200, resource, &selection))
        } else if method == Method::PATCH {
            let operations = operations(&self.body()?)?;
            groups::change(&view, self.caller, &turn, rule, &operations).await?;
            // A large group is not sent back for one member, unless the client asks for it.
            if selection == Selection::Everything {
                return Ok(ScimAnswer::empty(204));
            }
            let resource = groups::show(&self.view(), rule).await?;
            Ok(self.resource(200, resource, &selection))
        } else {
            Err(not_allowed())
        }
    }

    fn versions(&self, name: HeaderName) -> Option<Vec<&str>> {
        let values: Vec<&HeaderValue> = self.request.headers.get_all(name).iter().collect();
        let texts = values
            .iter()
            .map(|value| value.to_str().unwrap_or_default());
        (!values.is_empty()).then(|| {
            texts
                .flat_map(|text| text.split(','))
                .map(|one| one.trim().trim_start_matches("W/"))
                .collect()
        })
    }

    fn is_known_version(&self, resource: &Map<String, Value>) -> bool {
        let known = self.versions(IF_NONE_MATCH);
        known.is_some_and(|known| known.contains(&tag(resource)))
    }

    /// # Errors
    /// 412 when the client changes another version than there is (RFC 7644, 3.14).
    fn must_match(&self, resource: &Map<String, Value>) -> Result<(), ScimError> {
        match self.versions(IF_MATCH) {
            Some(known) if !known.contains(&"*") && !known.contains(&tag(resource)) => {
                Err(ScimError::new(412, None, "it was changed meanwhile"))
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// The ETag without its mark of weakness, which is for comparison alone.
fn tag(resource: &Map<String, Value>) -> &str {
    let version = resource.get("meta").and_then(|meta| meta.get("version"));
    let version = version.and_then(Value::as_str).unwrap_or_default();
    version.trim_start_matches("W/")
}

fn not_allowed() -> ScimError {
    ScimError::new(405, None, "this method does nothing here")
}
