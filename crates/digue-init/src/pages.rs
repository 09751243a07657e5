//! The pages: four questions, the work, its result. They work without JavaScript.
//!
//! They listen on loopback, below a path that only the terminal shows: other accounts of the machine
//! and pages of other sites do not know it.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Form, Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::get;
use digue_app::OperationError;
use digue_locales::{Language, Value};
use serde::Deserialize;
use tokio::sync::mpsc;

use crate::answers::{FieldFault, FirstForm, Organisation, ProviderForm};
use crate::disks::{DiskPlaces, PluggedDisk};
use crate::first_hour::{FirstHour, HourStage, SmallAccount, link, second_key};
use crate::html::{SmallField, Words, shown};

/// A page that waits for a disk, or for the work, is loaded again after so many seconds.
const WAIT_DISK: u8 = 4;
const WAIT_WORK: u8 = 2;

const fn text(name: &'static str, label: &'static str, hint: &'static str) -> SmallField {
    SmallField {
        name,
        kind: "text",
        label,
        hint,
    }
}

/// The fields of the first page, in their order.
const FIRST: [SmallField; 5] = [
    text(
        "organisation",
        "small-field-organisation",
        "small-hint-organisation",
    ),
    text("contact", "small-field-contact", "small-hint-contact"),
    text("mail", "small-field-mail", "small-hint-mail"),
    text("folder", "small-field-folder", "small-hint-folder"),
    text("mailbox", "small-field-mailbox", "small-hint-mailbox"),
];

/// What kind of provider keeps a copy.
const KINDS: [(&str, &str); 3] = [
    ("none", "small-provider-none"),
    ("server", "small-provider-server"),
    ("bucket", "small-provider-bucket"),
];

/// The fields of the provider's page, in their order.
const PROVIDER: [SmallField; 5] = [
    text("url", "small-field-url", "small-hint-url"),
    text("user", "small-field-user", "small-hint-user"),
    SmallField {
        name: "password",
        kind: "password",
        label: "small-field-password",
        hint: "small-hint-password",
    },
    text("bucket", "small-field-bucket", "small-hint-bucket"),
    text("region", "small-field-region", "small-hint-region"),
];

/// What the pages are made of.
pub(crate) struct SmallPages {
    pub(crate) hour: Arc<FirstHour>,
    pub(crate) disks: DiskPlaces,
    pub(crate) language: Language,
    pub(crate) address: SocketAddr,
    /// The first part of each path.
    pub(crate) secret: String,
    /// Starts the work.
    pub(crate) begin: mpsc::Sender<()>,
}

impl SmallPages {
    fn words(&self) -> Words {
        Words(self.language)
    }

    fn redirect(&self, page: &str) -> Response {
        Redirect::to(&format!("/{}/{page}", self.secret)).into_response()
    }
}

type Pages = State<Arc<SmallPages>>;

pub(crate) fn router(pages: SmallPages) -> Router {
    let pages = Arc::new(pages);
    let at = |page: &str| format!("/{}/{page}", pages.secret);
    Router::new()
        .route(&at(""), get(first).post(take_first))
        .route(&at("disk"), get(disk).post(take_disk))
        .route(&at("provider"), get(provider).post(take_provider))
        .route(&at("start"), get(start).post(begin))
        .route(&at("work"), get(work))
        .route(&at("sheets"), get(sheets))
        .route(&at("enter/{place}"), get(enter))
        .layer(middleware::from_fn_with_state(pages.clone(), protect))
        .with_state(pages.clone())
}

/// Only under its own address, and kept by no cache: pages show sheets of a key.
async fn protect(State(pages): Pages, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST);
    let own = pages.address.to_string();
    if host.and_then(|host| host.to_str().ok()) != Some(own.as_str()) {
        return StatusCode::MISDIRECTED_REQUEST.into_response();
    }
    let mut answer = next.run(request).await;
    let headers = answer.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// Where a visitor belongs now: answers are not changed while the work runs.
fn elsewhere(pages: &SmallPages) -> Option<Response> {
    let stage = pages.hour.lock().stage.clone();
    match stage {
        HourStage::Asking | HourStage::Failed(_) => None,
        HourStage::Working | HourStage::Done => Some(pages.redirect("work")),
    }
}

async fn first(State(pages): Pages) -> Response {
    if let Some(elsewhere) = elsewhere(&pages) {
        return elsewhere;
    }
    let form = pages
        .hour
        .lock()
        .organisation
        .as_ref()
        .map_or_else(FirstForm::default, form_of);
    Html(first_page(pages.words(), &form, &[])).into_response()
}

/// The form again, after it was answered.
fn form_of(known: &Organisation) -> FirstForm {
    let path = |folder: &crate::answers::SourceFolder| folder.path.display().to_string();
    FirstForm {
        organisation: known.name.clone(),
        contact: known.contact.clone(),
        mail: known.mail.clone(),
        folder: path(&known.folder),
        mailbox: known.mailbox.as_ref().map_or_else(String::new, path),
    }
}

fn first_page(words: Words, form: &FirstForm, faults: &[FieldFault]) -> String {
    let values = [
        &form.organisation,
        &form.contact,
        &form.mail,
        &form.folder,
        &form.mailbox,
    ];
    let mut main = format!(
        "<p class=lead>{}</p><form method=post>",
        words.say("small-first-lead")
    );
    for (field, value) in FIRST.iter().zip(values) {
        main.push_str(&words.field(field, value, faults));
    }
    let _ = write!(main, "<button>{}</button></form>", words.say("small-next"));
    words.page("small-first", None, &main)
}

async fn take_first(State(pages): Pages, Form(form): Form<FirstForm>) -> Response {
    if let Some(elsewhere) = elsewhere(&pages) {
        return elsewhere;
    }
    // It reads every folder once, to say how much there is.
    let checked = tokio::task::spawn_blocking(move || (form.check(), form)).await;
    match checked {
        Ok((Ok(organisation), _)) => {
            pages.hour.lock().organisation = Some(organisation);
            pages.redirect("disk")
        }
        Ok((Err(faults), form)) => {
            let page = first_page(pages.words(), &form, &faults);
            (StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response()
        }
        Err(error) => failed(&OperationError::Unavailable(error.to_string())),
    }
}

fn failed(error: &OperationError) -> Response {
    tracing::warn!(%error, "A page of the first hour cannot be shown");
    (StatusCode::SERVICE_UNAVAILABLE, error.to_string()).into_response()
}

async fn disk(State(pages): Pages) -> Response {
    if let Some(elsewhere) = elsewhere(&pages) {
        return elsewhere;
    }
    match pages.disks.plugged() {
        Ok(found) => Html(disk_page(pages.words(), &found)).into_response(),
        Err(error) => failed(&OperationError::Unavailable(error.to_string())),
    }
}

fn disk_page(words: Words, found: &[PluggedDisk]) -> String {
    let mut main = format!("<p class=lead>{}</p>", words.say("small-disk-lead"));
    if found.is_empty() {
        let _ = write!(main, "<p role=status>{}</p>", words.say("small-disk-none"));
        return words.page("small-disk", Some(WAIT_DISK), &main);
    }
    main.push_str("<form method=post>");
    for (place, disk) in found.iter().enumerate() {
        let gigabytes = disk.free.map(|bytes| bytes / 1_000_000_000);
        let room = gigabytes.map_or(String::new(), |count| {
            words.say_with("small-disk-room", &[("gigabytes", Value::from(count))])
        });
        let checked = if place == 0 { " checked" } else { "" };
        let _ = write!(
            main,
            "<label class=choice><input type=radio name=disk value=\"{}\"{checked}> {} {room}</label>",
            html_escape::encode_double_quoted_attribute(&disk.path.to_string_lossy()),
            shown(&disk.name),
        );
    }
    let _ = write!(
        main,
        "<button>{}</button></form><p><a href=disk>{}</a></p>",
        words.say("small-next"),
        words.say("small-disk-again"),
    );
    words.page("small-disk", None, &main)
}

#[derive(Deserialize)]
struct DiskForm {
    disk: String,
}

async fn take_disk(State(pages): Pages, Form(form): Form<DiskForm>) -> Response {
    if let Some(elsewhere) = elsewhere(&pages) {
        return elsewhere;
    }
    // One of those that are there: the page writes nowhere else.
    let found = match pages.disks.plugged() {
        Ok(found) => found,
        Err(error) => return failed(&OperationError::Unavailable(error.to_string())),
    };
    let chosen = found
        .into_iter()
        .find(|disk| disk.path.to_string_lossy() == form.disk);
    let Some(chosen) = chosen else {
        return pages.redirect("disk");
    };
    pages.hour.lock().disk = Some(chosen.path);
    pages.redirect("provider")
}

async fn provider(State(pages): Pages) -> Response {
    if let Some(elsewhere) = elsewhere(&pages) {
        return elsewhere;
    }
    let page = provider_page(pages.words(), &ProviderForm::default(), &[]);
    Html(page).into_response()
}

fn provider_page(words: Words, form: &ProviderForm, faults: &[FieldFault]) -> String {
    let mut main = format!(
        "<p class=lead>{}</p><form method=post>",
        words.say("small-provider-lead")
    );
    for (kind, key) in KINDS {
        let is_chosen = form.kind == kind || (form.kind.is_empty() && kind == "none");
        let checked = if is_chosen { " checked" } else { "" };
        let _ = write!(
            main,
            "<label class=choice><input type=radio name=kind value={kind}{checked}> {}</label>",
            words.say(key),
        );
    }
    // A password is never sent back: a page is read over a shoulder.
    let values = [
        form.url.as_str(),
        &form.user,
        "",
        &form.bucket,
        &form.region,
    ];
    for (field, value) in PROVIDER.iter().zip(values) {
        main.push_str(&words.field(field, value, faults));
    }
    let _ = write!(main, "<button>{}</button></form>", words.say("small-next"));
    words.page("small-provider", None, &main)
}

async fn take_provider(State(pages): Pages, Form(form): Form<ProviderForm>) -> Response {
    if let Some(elsewhere) = elsewhere(&pages) {
        return elsewhere;
    }
    match form.check() {
        Ok(provider) => {
            pages.hour.lock().provider = provider;
            pages.redirect("start")
        }
        Err(faults) => {
            let page = provider_page(pages.words(), &form, &faults);
            (StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response()
        }
    }
}

/// What will be done, before it is.
async fn start(State(pages): Pages) -> Response {
    if let Some(elsewhere) = elsewhere(&pages) {
        return elsewhere;
    }
    let words = pages.words();
    let hour = pages.hour.lock();
    let (Some(organisation), Some(disk)) = (&hour.organisation, &hour.disk) else {
        return pages.redirect("");
    };
    let mut main = match &hour.stage {
        HourStage::Failed(said) => format!(
            "<p class=fault>{}</p><pre>{}</pre><p><a href=\"./\">{}</a></p>",
            words.say("small-failed"),
            shown(said),
            words.say("small-change"),
        ),
        HourStage::Asking | HourStage::Working | HourStage::Done => String::new(),
    };
    main.push_str("<ul>");
    let sources = [
        ("small-start-folder", Some(&organisation.folder)),
        ("small-start-mailbox", organisation.mailbox.as_ref()),
    ];
    for (key, source) in sources {
        let Some(source) = source else { continue };
        let values = [
            ("path", Value::from(source.path.display().to_string())),
            ("files", Value::from(source.files)),
            ("megabytes", Value::from(source.bytes / 1_000_000)),
        ];
        let _ = write!(main, "<li>{}</li>", words.say_with(key, &values));
    }
    let on = [("path", Value::from(disk.display().to_string()))];
    let _ = write!(main, "<li>{}</li>", words.say_with("small-start-disk", &on));
    let provider = match hour.provider {
        Some(_) => "small-start-provider",
        None => "small-start-no-provider",
    };
    let _ = write!(
        main,
        "<li>{}</li></ul><form method=post><button>{}</button></form>",
        words.say(provider),
        words.say("small-start-now"),
    );
    Html(words.page("small-start", None, &main)).into_response()
}

async fn begin(State(pages): Pages) -> Response {
    if let Some(elsewhere) = elsewhere(&pages) {
        return elsewhere;
    }
    {
        let mut hour = pages.hour.lock();
        if hour.organisation.is_none() || hour.disk.is_none() {
            drop(hour);
            return pages.redirect("");
        }
        // At once: a second click must not begin a second time.
        hour.stage = HourStage::Working;
    }
    match pages.begin.send(()).await {
        Ok(()) => pages.redirect("work"),
        Err(error) => failed(&OperationError::Unavailable(error.to_string())),
    }
}

/// What is done so far, and at the end what to do next.
async fn work(State(pages): Pages) -> Response {
    let words = pages.words();
    let (stage, steps, has_sheets) = {
        let hour = pages.hour.lock();
        (
            hour.stage.clone(),
            hour.steps.clone(),
            !hour.sheets.is_empty(),
        )
    };
    let mut main = String::from("<ol>");
    for step in &steps {
        let values = [("seconds", Value::from(step.seconds))];
        let _ = write!(main, "<li>{}", words.say_with(step.key, &values));
        if !step.said.trim().is_empty() {
            let _ = write!(main, "<pre>{}</pre>", shown(step.said.trim()));
        }
        main.push_str("</li>");
    }
    main.push_str("</ol>");
    match stage {
        HourStage::Asking => pages.redirect(""),
        HourStage::Failed(_) => pages.redirect("start"),
        HourStage::Working => {
            let _ = write!(main, "<p role=status>{}</p>", words.say("small-working"));
            Html(words.page("small-work", Some(WAIT_WORK), &main)).into_response()
        }
        HourStage::Done => {
            main.push_str(&next_things(&pages, has_sheets));
            Html(words.page("small-done", None, &main)).into_response()
        }
    }
}

/// What a person does next, in this order.
fn next_things(pages: &SmallPages, has_sheets: bool) -> String {
    let words = pages.words();
    let console = pages.hour.app().map(|app| app.console_url().to_owned());
    let begun = console.map(|url| format!("{url}/smsi/start"));
    let things = [
        (
            ("small-then-sheets", "small-why-sheets"),
            has_sheets.then(|| "sheets".to_owned()),
        ),
        (
            ("small-then-console", "small-why-console"),
            Some("enter/console".to_owned()),
        ),
        (("small-then-smsi", "small-why-smsi"), begun),
        (
            ("small-then-assessment", "small-why-assessment"),
            Some("enter/assessment".to_owned()),
        ),
    ];
    let mut main = format!("<h2>{}</h2><ol class=things>", words.say("small-then"));
    for ((label, why), address) in things {
        let Some(address) = address else { continue };
        let _ = write!(
            main,
            "<li><a href=\"{}\">{}</a><p class=hint>{}</p></li>",
            html_escape::encode_double_quoted_attribute(&address),
            words.say(label),
            words.say(why),
        );
    }
    main.push_str("</ol>");
    main.push_str(&words.paragraph("small-then-stop"));
    main
}

/// To be printed: the sheets of each repository, and the key that stands for the second person.
async fn sheets(State(pages): Pages) -> Response {
    let words = pages.words();
    let printed = pages.hour.lock().sheets.clone();
    if printed.is_empty() {
        return pages.redirect("work");
    }
    let mut main = format!("<p class=screen>{}</p>", words.say("small-sheets-lead"));
    for sheets in printed {
        let _ = write!(
            main,
            "<section class=sheet><h2>{}</h2><pre>{}</pre></section>",
            shown(sheets.repository),
            shown(&sheets.text),
        );
    }
    if let Some(key) = second_key(&pages.hour) {
        let _ = write!(
            main,
            "<section class=sheet><h2>{}</h2>{}<pre>{}</pre></section>",
            words.say("small-second-key"),
            words.paragraph("small-second-key-why"),
            shown(&key),
        );
    }
    let back = words.say("small-back");
    let _ = write!(main, "<p class=screen><a href=work>{back}</a></p>");
    Html(words.page("small-sheets", None, &main)).into_response()
}

/// A new link for each visit, because each is good for one sign-in.
async fn enter(State(pages): Pages, Path(place): Path<String>) -> Response {
    let whose = match place.as_str() {
        "console" => SmallAccount::Officer,
        "assessment" => SmallAccount::Delegate,
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    match link(&pages.hour, whose).await {
        Ok(link) => Redirect::to(&link).into_response(),
        Err(error) => failed(&error),
    }
}
