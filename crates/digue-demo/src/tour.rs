//! The pages of the demonstration, apart from the product and on a listener of their own: a first
//! page for each role with the way in and five things to try, and the mails that were caught.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::get;
use digue_app::{Actor, App, OperationError};
use digue_casework::incidents;
use digue_compliance::isms::reviews;
use digue_identity::sign_in;
use digue_locales::{Language, Value, text, text_with};
use digue_selfservice::persons::{codes, requests};
use digue_types::AccountId;
use html_escape::encode_text;
use serde::Deserialize;

use crate::mailbox::DemoMailbox;
use crate::year::POPULATION;

const STYLE: &str = include_str!("../assets/tour.css");
const LINK_LASTS: Duration = Duration::from_hours(8);

/// Whose part a visitor may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TourRole {
    Ciso,
    Dpo,
    Delegate,
    Agent,
    Person,
    Auditor,
    Management,
}

impl TourRole {
    pub const ALL: [Self; 7] = [
        Self::Ciso,
        Self::Dpo,
        Self::Delegate,
        Self::Agent,
        Self::Person,
        Self::Auditor,
        Self::Management,
    ];

    /// In addresses and locale keys.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ciso => "rssi",
            Self::Dpo => "dpo",
            Self::Delegate => "delegate",
            Self::Agent => "agent",
            Self::Person => "person",
            Self::Auditor => "auditor",
            Self::Management => "direction",
        }
    }

    fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }

    /// The account that the role signs in with; a person has none.
    const fn account(self) -> Option<&'static str> {
        match self {
            Self::Ciso => Some("rssi"),
            Self::Dpo => Some("dpo"),
            Self::Delegate => Some("of-000.agent1"),
            Self::Agent => Some("of-000.agent2"),
            Self::Auditor => Some("audit"),
            Self::Management => Some("direction"),
            Self::Person => None,
        }
    }

    /// Where the five things are, in the order of their texts.
    const fn places(self) -> [TourPlace; 5] {
        use TourPlace::{Console, Incident, Portal, Request, Review};
        match self {
            Self::Ciso => [
                Console("/"),
                Console("/smsi/contradictions"),
                Review,
                Console("/assessments?sort=-contradicted"),
                Console("/activity"),
            ],
            Self::Dpo => [
                Console("/"),
                Incident,
                Request,
                Console("/smsi/registers/processing"),
                Console("/register"),
            ],
            Self::Delegate => [
                Console("/"),
                Console("/space/assessment"),
                Review,
                Console("/awareness"),
                Console("/own-incidents"),
            ],
            Self::Agent => [
                Portal("/"),
                Portal("/recherche"),
                Portal("/.digue/break-glass"),
                Console("/awareness"),
                Console("/check"),
            ],
            Self::Person => [
                Console("/person/door"),
                Console("/person/information"),
                Console("/check"),
                Console("/messages"),
                Console("/accessibility"),
            ],
            Self::Auditor => [
                Console("/smsi/statement"),
                Console("/smsi/contradictions"),
                Console("/smsi/samples"),
                Console("/smsi/registers/audit"),
                Console("/journal"),
            ],
            Self::Management => [
                Console("/smsi?view=top-management"),
                Console("/smsi/clauses"),
                Console("/smsi/registers/review"),
                Console("/smsi/objectives"),
                Console("/smsi/registers/risk"),
            ],
        }
    }
}

/// A page of the product.
#[derive(Clone, Copy)]
enum TourPlace {
    Console(&'static str),
    Portal(&'static str),
    /// The incident that is open.
    Incident,
    /// The request of a person that waits.
    Request,
    /// The review of access that is open.
    Review,
}

/// What the pages are made of.
pub struct TourParts {
    pub app: Arc<App>,
    pub mailbox: DemoMailbox,
    pub console_url: String,
    pub portal_url: String,
    pub portal_host: String,
    /// Who may open the pages: the hosts of their own addresses.
    pub hosts: Vec<String>,
    /// A person of the portal, by number, and whose record the agent may not open.
    pub person: String,
    pub stranger: String,
    /// The language of the terminal, where a browser names none.
    pub language: Language,
}

struct Tour {
    parts: TourParts,
    /// The code of the letter that is shown.
    // A leaf lock.
    code: Mutex<Option<String>>,
}

/// The pages.
pub fn router(parts: TourParts) -> Router {
    let tour = Arc::new(Tour {
        parts,
        code: Mutex::new(None),
    });
    Router::new()
        .route("/", get(first))
        .route("/mail", get(mails))
        .route("/mail/{number}", get(mail))
        .route("/letter", get(new_letter))
        .route("/enter/{role}", get(enter))
        .route("/{role}", get(role))
        .layer(middleware::from_fn_with_state(tour.clone(), own_host))
        .with_state(tour)
}

/// The page that failed, in the words of its cause.
struct TourError(OperationError);

impl From<OperationError> for TourError {
    fn from(error: OperationError) -> Self {
        Self(error)
    }
}

impl axum::response::IntoResponse for TourError {
    fn into_response(self) -> Response {
        tracing::warn!(error = %self.0, "A page of the demonstration cannot be shown");
        (StatusCode::SERVICE_UNAVAILABLE, self.0.to_string()).into_response()
    }
}

/// A page of another site must not reach these by a name that it points here.
async fn own_host(State(tour): State<Arc<Tour>>, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
    if tour.parts.hosts.iter().any(|own| own == host) {
        next.run(request).await
    } else {
        StatusCode::MISDIRECTED_REQUEST.into_response()
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct TourQuery {
    lang: String,
}

/// The chosen language, the browser's, or the terminal's.
fn language(tour: &Tour, query: &TourQuery, headers: &HeaderMap) -> Language {
    if let Some(chosen) = Language::ALL
        .into_iter()
        .find(|language| language.code() == query.lang)
    {
        return chosen;
    }
    let wanted = headers.get(header::ACCEPT_LANGUAGE);
    let wanted = wanted
        .and_then(|wanted| wanted.to_str().ok())
        .unwrap_or_default();
    let known = wanted.split([',', ';']).find_map(|word| {
        let word = word.trim();
        Language::ALL
            .into_iter()
            .find(|language| word.starts_with(language.code()))
    });
    known.unwrap_or(tour.parts.language)
}

async fn first(
    State(tour): State<Arc<Tour>>,
    Query(query): Query<TourQuery>,
    headers: HeaderMap,
) -> Html<String> {
    let language = language(&tour, &query, &headers);
    let say = |key: &str| encode_text(&text(language, key)).into_owned();
    let mut main = format!("<p class=lead>{}</p><ul class=cards>", say("tour-explain"));
    for role in TourRole::ALL {
        let _ = write!(
            main,
            "<li><h2><a href=\"/{code}?lang={lang}\">{}</a></h2><p>{}</p></li>",
            say(&format!("tour-{}", role.code())),
            say(&format!("tour-{}-who", role.code())),
            code = role.code(),
            lang = language.code(),
        );
    }
    let _ = write!(
        main,
        "</ul><p><a href=\"/mail?lang={lang}\">{}</a> · <a href=\"{}\">{}</a> · <a href=\"{}\">{}</a></p>",
        say("tour-mail"),
        tour.parts.portal_url,
        say("tour-portal"),
        tour.parts.console_url,
        say("tour-console"),
        lang = language.code(),
    );
    page(language, &text(language, "tour-title"), "/", &main)
}

async fn role(
    State(tour): State<Arc<Tour>>,
    Path(code): Path<String>,
    Query(query): Query<TourQuery>,
    headers: HeaderMap,
) -> Result<Response, TourError> {
    let Some(role) = TourRole::parse(&code) else {
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    let language = language(&tour, &query, &headers);
    let say = |key: &str| encode_text(&text(language, key)).into_owned();
    let mut main = format!(
        "<p><a href=\"/?lang={lang}\">{}</a></p><p class=lead>{}</p>",
        say("tour-back"),
        say(&format!("tour-{code}-who")),
        lang = language.code(),
    );
    match role.account() {
        Some(_) => {
            let _ = write!(
                main,
                "<p><a class=button href=\"/enter/{code}\">{}</a></p><p class=quiet>{}</p>",
                say("tour-enter"),
                say("tour-one-role"),
            );
        }
        None => main.push_str(&letter(&tour, language).await?),
    }
    let _ = write!(main, "<h2>{}</h2><ol class=things>", say("tour-things"));
    for (place, number) in role.places().into_iter().zip(1..) {
        let values = [
            ("person", Value::from(tour.parts.person.as_str())),
            ("stranger", Value::from(tour.parts.stranger.as_str())),
        ];
        let label = text_with(language, &format!("tour-{code}-{number}"), &values);
        let _ = write!(
            main,
            "<li><a href=\"{}\">{}</a></li>",
            address(&tour, place).await?,
            encode_text(&label),
        );
    }
    main.push_str("</ol>");
    let title = text(language, &format!("tour-{code}"));
    Ok(page(language, &title, &format!("/{code}"), &main).into_response())
}

/// The address of a page of the product; of its list, when nothing waits any more.
async fn address(tour: &Tour, place: TourPlace) -> Result<String, OperationError> {
    let (app, digue) = (&tour.parts.app, Actor::digue());
    let console = |path: &str| format!("{}{path}", tour.parts.console_url);
    Ok(match place {
        TourPlace::Console(path) => console(path),
        TourPlace::Portal(path) => format!("{}{path}", tour.parts.portal_url),
        TourPlace::Incident => {
            let views = incidents::list(app, &digue).await?;
            let open = views.iter().find(|view| !view.incident.is_closed());
            open.map_or_else(
                || console("/incidents"),
                |view| console(&format!("/incidents/{}", view.record.id)),
            )
        }
        TourPlace::Request => {
            let waiting = requests::waiting(app, &digue).await?;
            let open = waiting.open.first();
            open.map_or_else(
                || console("/requests"),
                |one| console(&format!("/requests/{}", one.id)),
            )
        }
        TourPlace::Review => {
            let waiting = reviews::waiting(app, &digue).await?;
            let open = waiting.first();
            open.map_or_else(
                || console("/reviews"),
                |one| console(&format!("/reviews/{}", one.id)),
            )
        }
    })
}

/// The letter that a person found in the post.
async fn letter(tour: &Tour, language: Language) -> Result<String, OperationError> {
    let known = tour
        .code
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let code = match known {
        Some(code) => code,
        None => make_letter(tour).await?,
    };
    let say = |key: &str| encode_text(&text(language, key)).into_owned();
    Ok(format!(
        "<section class=letter><p>{}</p><p class=code><code>{}</code></p><p>{}</p></section>\
         <p><a href=\"/letter?lang={}\">{}</a></p>",
        say("tour-letter"),
        encode_text(&code),
        say("tour-letter-use"),
        language.code(),
        say("tour-letter-new"),
    ))
}

async fn make_letter(tour: &Tour) -> Result<String, OperationError> {
    let parts = &tour.parts;
    let letters = codes::make(&parts.app, &Actor::digue(), POPULATION, &parts.person).await?;
    let letter = letters.first().ok_or(OperationError::NotFound("person"))?;
    let code = letter.code.to_string();
    *tour.code.lock().unwrap_or_else(PoisonError::into_inner) = Some(code.clone());
    Ok(code)
}

/// Another letter: a code opens the record once.
async fn new_letter(
    State(tour): State<Arc<Tour>>,
    Query(query): Query<TourQuery>,
    headers: HeaderMap,
) -> Result<Redirect, TourError> {
    make_letter(&tour).await?;
    let language = language(&tour, &query, &headers);
    Ok(Redirect::to(&format!("/person?lang={}", language.code())))
}

/// A new link for each visit, because each is good for one sign-in.
async fn enter(
    State(tour): State<Arc<Tour>>,
    Path(code): Path<String>,
) -> Result<Response, TourError> {
    let role = TourRole::parse(&code);
    let Some((role, account)) = role.and_then(|role| Some((role, role.account()?))) else {
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    let app = &tour.parts.app;
    let account = AccountId::parse(account).map_err(|_| OperationError::NotFound("account"))?;
    let host = match role {
        TourRole::Agent => tour.parts.portal_host.as_str(),
        TourRole::Ciso
        | TourRole::Dpo
        | TourRole::Delegate
        | TourRole::Person
        | TourRole::Auditor
        | TourRole::Management => app.console_host(),
    };
    let link = sign_in::issue_link(app, &Actor::digue(), &account, host, LINK_LASTS).await?;
    Ok(Redirect::to(&link).into_response())
}

async fn mails(
    State(tour): State<Arc<Tour>>,
    Query(query): Query<TourQuery>,
    headers: HeaderMap,
) -> Html<String> {
    let language = language(&tour, &query, &headers);
    let say = |key: &str| encode_text(&text(language, key)).into_owned();
    let lang = language.code();
    let mut main = format!(
        "<p><a href=\"/?lang={lang}\">{}</a></p><p class=lead>{}</p>",
        say("tour-back"),
        say("tour-mail-explain")
    );
    let caught = tour.parts.mailbox.mails();
    if caught.is_empty() {
        let _ = write!(main, "<p>{}</p>", say("tour-mail-none"));
    } else {
        let _ = write!(
            main,
            "<table><thead><tr><th>{}</th><th>{}</th></tr></thead><tbody>",
            say("tour-mail-to"),
            say("tour-mail-subject"),
        );
        for (place, mail) in caught.iter().enumerate() {
            // Counted from the oldest, so that an address stays with its mail.
            let number = caught.len() - place;
            let _ = write!(
                main,
                "<tr><td>{}</td><td><a href=\"/mail/{number}?lang={lang}\">{}</a></td></tr>",
                encode_text(&mail.to),
                encode_text(&mail.subject),
            );
        }
        main.push_str("</tbody></table>");
    }
    page(language, &text(language, "tour-mail"), "/mail", &main)
}

async fn mail(
    State(tour): State<Arc<Tour>>,
    Path(number): Path<usize>,
    Query(query): Query<TourQuery>,
    headers: HeaderMap,
) -> Response {
    let language = language(&tour, &query, &headers);
    let caught = tour.parts.mailbox.mails();
    let place = caught.len().checked_sub(number);
    let Some(mail) = place.and_then(|place| caught.get(place)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let main = format!(
        "<p><a href=\"/mail?lang={}\">{}</a></p><p>{} {}</p><section class=letter>{}</section>",
        language.code(),
        encode_text(&text(language, "tour-mail")),
        encode_text(&text(language, "tour-mail-to")),
        encode_text(&mail.to),
        linked(&mail.text),
    );
    page(language, &mail.subject, &format!("/mail/{number}"), &main).into_response()
}

/// The lines of a mail, with its addresses as links.
fn linked(text: &str) -> String {
    let word = |word: &str| {
        let shown = encode_text(word).into_owned();
        let is_link = word.starts_with("http://") || word.starts_with("https://");
        match is_link {
            true => format!(
                "<a href=\"{}\">{shown}</a>",
                html_escape::encode_double_quoted_attribute(word)
            ),
            false => shown,
        }
    };
    let line = |line: &str| line.split(' ').map(word).collect::<Vec<_>>().join(" ");
    text.lines().map(line).collect::<Vec<_>>().join("<br>")
}

fn page(language: Language, title: &str, path: &str, main: &str) -> Html<String> {
    let title = encode_text(title).into_owned();
    let others = Language::ALL
        .into_iter()
        .filter(|other| *other != language)
        .map(|other| {
            format!(
                "<a lang={code} href=\"{path}?lang={code}\">{}</a>",
                encode_text(&text(other, "tour-language")),
                code = other.code(),
            )
        });
    Html(format!(
        "<!doctype html><html lang={}><head><meta charset=utf-8>\
         <meta name=viewport content=\"width=device-width, initial-scale=1\">\
         <meta name=robots content=noindex><title>{title}</title><style>{STYLE}</style></head>\
         <body><header><p>{}</p>{}</header><main><h1>{title}</h1>{main}</main></body></html>",
        language.code(),
        encode_text(&text(language, "tour-name")),
        others.collect::<String>(),
    ))
}

#[cfg(test)]
mod tests {
    use digue_locales::has;

    use super::*;

    #[test]
    fn addresses_in_a_mail_are_links_and_its_marks_are_text() {
        let shown = linked("Voir http://digue.localhost/x\n<script>");
        assert_eq!(
            shown,
            "Voir <a href=\"http://digue.localhost/x\">http://digue.localhost/x</a><br>&lt;script&gt;"
        );
    }

    #[test]
    fn each_role_has_its_texts_in_both_languages() {
        for role in TourRole::ALL {
            for language in Language::ALL {
                for number in 1..=role.places().len() {
                    let key = format!("tour-{}-{number}", role.code());
                    assert!(has(language, &key), "{key}");
                }
            }
        }
    }
}
