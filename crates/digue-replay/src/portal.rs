//! A sample portal modelled on Kairos: search, lists, record pages, JSON, CSV and XLSX.
//!
//! Written as such portals are: it shows any person to any account that is let in, and knows
//! nothing of Digue but the header with the account.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use html_escape::encode_safe as escape;
use serde::Deserialize;
use serde_json::{Value, json};

use digue_locales::{Language, text};

use crate::population::{MadeUpPerson, Population};

/// The header in which the portal receives the account.
pub const ACCOUNT_HEADER: &str = "x-kairos-compte";

const PAGE: usize = 20;

pub fn router(population: Arc<Population>) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/recherche", get(search))
        .route("/fiche/{number}", get(sheet))
        .route("/api/personnes", get(api_list))
        .route("/api/personnes/{number}", get(api_person))
        .route("/export.csv", get(export_csv))
        .route("/export.xlsx", get(export_xlsx))
        .route("/static/style.css", get(style))
        .with_state(population)
}

type Portal = State<Arc<Population>>;

fn own<'p>(population: &'p Population, headers: &HeaderMap) -> Vec<&'p MadeUpPerson> {
    let account = headers
        .get(ACCOUNT_HEADER)
        .and_then(|value| value.to_str().ok());
    let account = account.and_then(|id| population.account(id));
    let places = account
        .map(|account| account.caseload.as_slice())
        .unwrap_or_default();
    places
        .iter()
        .map(|&place| &population.persons[place])
        .collect()
}

fn say(key: &str) -> String {
    text(Language::French, key)
}

fn layout(title: &str, main: &str) -> Html<String> {
    Html(format!(
        "<!doctype html><html lang=\"fr\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title}</title>\
         <link rel=\"stylesheet\" href=\"/static/style.css\"></head><body><header>\
         <strong>{brand}</strong> <nav><a href=\"/\">{mine}</a> <a href=\"/recherche\">{search}</a> \
         <a href=\"/export.csv\">CSV</a> <a href=\"/export.xlsx\">XLSX</a></nav></header>\
         <main><h1>{title}</h1>{main}</main></body></html>",
        title = escape(title),
        brand = say("portal-brand"),
        mine = say("portal-mine"),
        search = say("portal-search"),
    ))
}

fn table(persons: &[&MadeUpPerson]) -> String {
    if persons.is_empty() {
        return format!("<p class=\"vide\">{}</p>", say("portal-nobody"));
    }
    let mut out = format!(
        "<table><thead><tr><th>{}</th><th>{}</th><th>{}</th><th>{}</th></tr></thead><tbody>",
        say("portal-number"),
        say("portal-name"),
        say("portal-town"),
        say("portal-course")
    );
    for person in persons {
        let _ = write!(
            out,
            "<tr data-numero=\"{n}\"><td><a href=\"/fiche/{n}\">{n}</a></td><td>{} {}</td><td>{}</td><td>{}</td></tr>",
            escape(person.first_name),
            escape(&person.last_name),
            person.town,
            person.course,
            n = person.number,
        );
    }
    out.push_str("</tbody></table>");
    out
}

async fn home(State(population): Portal, headers: HeaderMap) -> Html<String> {
    layout(&say("portal-mine"), &table(&own(&population, &headers)))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct PortalQuery {
    numero: String,
    nir: String,
    nom: String,
    page: usize,
}

impl PortalQuery {
    fn find<'p>(&self, population: &'p Population) -> Vec<&'p MadeUpPerson> {
        if !self.numero.is_empty() {
            return population.find(self.numero.trim()).into_iter().collect();
        }
        if !self.nir.is_empty() {
            return self.find_by_nir(population);
        }
        let wanted = self.nom.to_lowercase();
        let matching = population
            .persons
            .iter()
            .filter(|p| p.last_name.to_lowercase().contains(&wanted));
        matching.skip(self.page * PAGE).take(PAGE).collect()
    }

    fn find_by_nir<'p>(&self, population: &'p Population) -> Vec<&'p MadeUpPerson> {
        let signs = self.nir.chars().filter(|c| !c.is_whitespace());
        let nir: String = signs.take(13).collect();
        let persons = population.persons.iter();
        persons.filter(|person| person.nir == nir).collect()
    }

    fn is_empty(&self) -> bool {
        self.numero.is_empty() && self.nir.is_empty() && self.nom.is_empty()
    }
}

async fn search(State(population): Portal, Query(asked): Query<PortalQuery>) -> Html<String> {
    let mut main = format!(
        "<form><p><label>{number} <input name=\"numero\"></label></p>\
         <p><label>{nir} <input name=\"nir\"></label></p>\
         <p><label>{name} <input name=\"nom\"></label></p><p><button>{go}</button></p></form>",
        number = say("portal-number"),
        nir = say("portal-nir"),
        name = say("portal-name"),
        go = say("portal-search"),
    );
    let found = if asked.is_empty() {
        Vec::new()
    } else {
        asked.find(&population)
    };
    main.push_str(&table(&found));
    layout(&say("portal-search"), &main)
}

async fn sheet(State(population): Portal, Path(number): Path<String>) -> Response {
    let Some(person) = population.find(&number) else {
        return (StatusCode::NOT_FOUND, layout(&say("portal-unknown"), "")).into_response();
    };
    let row = |key: &str, value: &str| format!("<dt>{}</dt><dd>{}</dd>", say(key), escape(value));
    let (year, month, day) = person.born;
    let main = format!(
        "<dl data-numero=\"{}\">{}{}{}{}{}{}{}</dl>",
        person.number,
        row("portal-number", &person.number),
        row("portal-nir", &person.printed_nir()),
        row("portal-born", &format!("{day:02}/{month:02}/{year}")),
        row("portal-town", person.town),
        row("portal-email", &person.email),
        row("portal-phone", &person.phone),
        row("portal-course", person.course),
    );
    layout(
        &format!("{} {}", person.first_name, person.last_name),
        &main,
    )
    .into_response()
}

fn as_json(person: &MadeUpPerson) -> Value {
    let (year, month, day) = person.born;
    json!({
        "numero": person.number,
        "nir": person.printed_nir(),
        "prenom": person.first_name,
        "nom": person.last_name,
        "naissance": format!("{year}-{month:02}-{day:02}"),
        "commune": person.town,
        "courriel": person.email,
        "telephone": person.phone,
        "formation": person.course,
    })
}

async fn api_list(State(population): Portal, Query(asked): Query<PortalQuery>) -> Json<Value> {
    let found: Vec<Value> = asked.find(&population).into_iter().map(as_json).collect();
    Json(json!({"page": asked.page, "personnes": found}))
}

async fn api_person(State(population): Portal, Path(number): Path<String>) -> Response {
    match population.find(&number) {
        Some(person) => Json(as_json(person)).into_response(),
        None => (StatusCode::NOT_FOUND, Json(json!({"erreur": "inconnu"}))).into_response(),
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Export {
    /// `tous` exports everyone. A careless portal offers that to every account.
    portee: String,
}

fn exported<'p>(
    population: &'p Population,
    headers: &HeaderMap,
    export: &Export,
) -> Vec<&'p MadeUpPerson> {
    if export.portee == "tous" {
        population.persons.iter().collect()
    } else {
        own(population, headers)
    }
}

async fn export_csv(
    State(population): Portal,
    Query(export): Query<Export>,
    headers: HeaderMap,
) -> Response {
    let mut out = "\u{feff}Numéro;Nom;Prénom;NIR;Commune\r\n".to_owned();
    for p in exported(&population, &headers, &export) {
        let _ = write!(
            out,
            "{};{};{};{};{}\r\n",
            p.number,
            p.last_name,
            p.first_name,
            p.printed_nir(),
            p.town
        );
    }
    // As text/plain, as such portals do: the map must not rely on the type.
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], out).into_response()
}

async fn export_xlsx(
    State(population): Portal,
    Query(export): Query<Export>,
    headers: HeaderMap,
) -> Result<Response, StatusCode> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    let failed = |_| StatusCode::INTERNAL_SERVER_ERROR;
    for (column, title) in (0u16..).zip(["Numéro", "Nom", "Prénom", "Commune"]) {
        sheet.write(0, column, title).map_err(failed)?;
    }
    for (row, p) in (1u32..).zip(exported(&population, &headers, &export)) {
        let cells = [p.number.as_str(), &p.last_name, p.first_name, p.town];
        for (column, cell) in (0u16..).zip(cells) {
            sheet.write(row, column, cell).map_err(failed)?;
        }
    }
    let bytes = book.save_to_buffer().map_err(failed)?;
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    Ok(([(header::CONTENT_TYPE, kind)], bytes).into_response())
}

async fn style() -> Response {
    (
        [(header::CONTENT_TYPE, "text/css")],
        include_str!("../assets/portal.css"),
    )
        .into_response()
}

/// The portal's map, with its upstream and public address filled in.
pub fn map(upstream: &str, url: &str) -> String {
    include_str!("../assets/kairos.toml")
        .replace("{upstream}", upstream)
        .replace("{url}", url)
}
