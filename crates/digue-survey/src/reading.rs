//! Requests that read, although their method says that they change something: searches, exports,
//! remote calls.
//!
//! Nothing in a recording proves that a request changes nothing. What is taken for a sign is what
//! the portal calls the request, together with what it answered; a word that means a change, an
//! upload or a redirect speaks against all signs. A portal that calls a deletion `search` is
//! believed, as is one that deletes on `GET`.

use std::collections::{BTreeMap, BTreeSet};

use crate::body_format::BodyFormat;
use crate::body_survey::BodySurvey;
use crate::content::{RouteContent, dispatches};
use crate::judge::literals;
use crate::known::words_of;
use crate::survey::{RouteKey, RouteSurvey};

/// The most distinct requests of a route that are followed.
const REQUESTS_MAX: usize = 500;

/// The fewest persons of a list.
const LIST_MIN: usize = 2;

/// How alike a page and the answer to its form are.
const LIKENESS_MIN: f64 = 0.8;

const READING: [&str; 38] = [
    "get",
    "read",
    "list",
    "search",
    "find",
    "fetch",
    "load",
    "query",
    "lookup",
    "browse",
    "view",
    "show",
    "count",
    "export",
    "print",
    "download",
    "preview",
    "suggest",
    "autocomplete",
    "filter",
    "stats",
    "statistics",
    "describe",
    "select2",
    "typeahead",
    "lire",
    "chercher",
    "rechercher",
    "recherche",
    "liste",
    "lister",
    "consulter",
    "consultation",
    "afficher",
    "exporter",
    "imprimer",
    "apercu",
    "telecharger",
];

const CHANGING: [&str; 92] = [
    "create",
    "add",
    "new",
    "insert",
    "update",
    "upsert",
    "edit",
    "save",
    "set",
    "store",
    "write",
    "delete",
    "del",
    "remove",
    "destroy",
    "purge",
    "drop",
    "clear",
    "move",
    "rename",
    "send",
    "mail",
    "email",
    "notify",
    "invite",
    "import",
    "upload",
    "approve",
    "reject",
    "accept",
    "refuse",
    "cancel",
    "confirm",
    "submit",
    "validate",
    "lock",
    "unlock",
    "enable",
    "disable",
    "activate",
    "deactivate",
    "assign",
    "unassign",
    "grant",
    "revoke",
    "login",
    "logout",
    "signin",
    "signout",
    "signup",
    "register",
    "password",
    "reset",
    "change",
    "modify",
    "put",
    "patch",
    "toggle",
    "mark",
    "flag",
    "start",
    "stop",
    "run",
    "execute",
    "merge",
    "copy",
    "duplicate",
    "archive",
    "restore",
    "publish",
    "close",
    "reopen",
    "pay",
    "generate",
    "make",
    "build",
    "creer",
    "ajouter",
    "supprimer",
    "effacer",
    "modifier",
    "enregistrer",
    "sauvegarder",
    "envoyer",
    "valider",
    "annuler",
    "importer",
    "affecter",
    "cloturer",
    "connexion",
    "deconnexion",
    "inscrire",
];

/// What is made for whoever asks, and changes no record.
const DOCUMENTS: [&str; 11] = [
    "pdf", "csv", "xls", "xlsx", "excel", "zip", "report", "export", "preview", "label", "rapport",
];

/// Endings of programs and files.
const ENDINGS: [&str; 16] = [
    "php", "asp", "aspx", "jsp", "do", "cgi", "action", "pdf", "csv", "xls", "xlsx", "zip", "json",
    "xml", "html", "htm",
];

/// What speaks for a request that only reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReadingSign {
    /// GraphQL operations of the kind `query`, which change nothing by their definition.
    GraphQlQuery,
    /// The method called is a word for reading.
    MethodName,
    /// The address ends in a word for reading.
    Address,
    /// The answer is a file.
    File,
    /// A form of a page whose answer is the list of that page.
    SamePage,
    /// The same request had the same answer again, after others.
    Repeated { times: usize },
}

/// What a request does, as far as traffic tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestNature {
    /// It reads, and its answers showed records.
    Reads(ReadingSign),
    /// A sign says that it reads, and nothing confirms it.
    MayRead(ReadingSign),
    /// Nothing says that it only reads.
    Unknown,
}

/// The answers to each request, as hashes.
#[derive(Clone, Debug, Default)]
pub(crate) struct RepeatedRequests {
    /// By request: the last answer, and the place of the exchange.
    answers: BTreeMap<u64, (u64, usize)>,
    same: usize,
    other: usize,
}

impl RepeatedRequests {
    pub(crate) fn add(&mut self, request: u64, answer: u64, place: usize) {
        if self.answers.len() >= REQUESTS_MAX && !self.answers.contains_key(&request) {
            return;
        }
        match self.answers.insert(request, (answer, place)) {
            Some((before, _)) if before != answer => self.other += 1,
            // One after the other, nothing could have changed between them.
            Some((_, last)) if last + 1 < place => self.same += 1,
            Some(_) | None => {}
        }
    }

    pub(crate) fn absorb(&mut self, other: Self) {
        self.same += other.same;
        self.other += other.other;
    }

    /// How often an answer came again, when none came otherwise.
    const fn times(&self) -> usize {
        if self.other == 0 { self.same } else { 0 }
    }
}

/// True for a field of a form, or a member of a request, that says that something changes.
pub(crate) fn field_changes(name: &str, value: &str) -> bool {
    // Rails, Laravel and Symfony take the method from it.
    if name == "_method" {
        return !value.eq_ignore_ascii_case("get");
    }
    says_change(first_words(name)) || dispatches(name) && says_change(words_of(value))
}

/// A button is called by what it does.
fn first_words(name: &str) -> Vec<String> {
    words_of(name).into_iter().take(2).collect()
}

/// What requests of this route do. `page` is what the same address answers to `GET`.
pub fn request_nature(
    key: &RouteKey,
    survey: &RouteSurvey,
    page: Option<&RouteSurvey>,
) -> RequestNature {
    if key.method != "POST" || !may_only_read(key, survey) {
        return RequestNature::Unknown;
    }
    let shows_records = survey.shows_records();
    let is_repeated = survey.repeated.times() > 0;
    if let Some(sign) = called_sign(key) {
        return match shows_records || is_repeated || sign == ReadingSign::GraphQlQuery {
            true => RequestNature::Reads(sign),
            false => RequestNature::MayRead(sign),
        };
    }
    if shows_records && has_files_alone(survey) {
        return RequestNature::Reads(ReadingSign::File);
    }
    let shows_list = survey.most_persons() >= LIST_MIN;
    if shows_list && page.is_some_and(|page| is_same_list(survey, page)) {
        return RequestNature::Reads(ReadingSign::SamePage);
    }
    let times = survey.repeated.times();
    match (times > 0, shows_list) {
        (true, true) => RequestNature::Reads(ReadingSign::Repeated { times }),
        (true, false) => RequestNature::MayRead(ReadingSign::Repeated { times }),
        (false, _) => RequestNature::Unknown,
    }
}

/// True where nothing speaks against a reading.
fn may_only_read(key: &RouteKey, survey: &RouteSurvey) -> bool {
    let redirects_or_creates =
        |status: &u16| matches!(status, 201 | 202 | 204 | 205) || (300..400).contains(status);
    let says = match &key.content {
        RouteContent::GraphQl(fields) => fields.iter().any(|field| !field.starts_with("query ")),
        RouteContent::Any | RouteContent::Query(_) | RouteContent::Json { .. } => {
            let address = literals(&key.template).rev().take(2);
            let names = key.content.names().into_iter().map(last_component);
            address.chain(names).any(changes)
        }
    };
    !says
        && !survey.says_change
        && !survey.statuses.keys().any(redirects_or_creates)
        && survey.statuses.contains_key(&200)
}

/// What the request itself is called.
fn called_sign(key: &RouteKey) -> Option<ReadingSign> {
    let names = key.content.names();
    match &key.content {
        RouteContent::GraphQl(_) => return Some(ReadingSign::GraphQlQuery),
        RouteContent::Json { .. } if names.iter().all(|name| reads(name)) => {
            return Some(ReadingSign::MethodName);
        }
        RouteContent::Query(_) if names.iter().any(|name| reads(name)) => {
            return Some(ReadingSign::MethodName);
        }
        // What is called says nothing, and an address of calls says nothing of any.
        RouteContent::Json { .. } => return None,
        RouteContent::Any | RouteContent::Query(_) => {}
    }
    let last = literals(&key.template).next_back()?;
    reads(last).then_some(ReadingSign::Address)
}

/// `model.party.read` ends in `read`, `report.label.execute` in what is done with a report.
fn last_component(name: &str) -> &str {
    let plain = name.trim_end_matches(['.', '/', ':']);
    match plain.rsplit_once(['.', '/', ':']) {
        Some((before, "execute" | "run")) if makes_document(before) => before,
        // `list.php` is called `list`, and `delete.pdf` `delete`.
        Some((before, ending)) if ENDINGS.contains(&ending) => last_component(before),
        Some((_, last)) => last,
        None => plain,
    }
}

fn makes_document(name: &str) -> bool {
    words_of(name)
        .iter()
        .any(|word| DOCUMENTS.contains(&word.as_str()))
}

fn reads(name: &str) -> bool {
    let component = last_component(name);
    let words = words_of(component);
    let is_reading =
        |word: Option<&String>| word.is_some_and(|word| READING.contains(&word.as_str()));
    // What is executed is named before it: `report.label.execute`.
    let is_made =
        name.starts_with(component) && name.len() > component.len() && makes_document(component);
    (is_reading(words.first()) || is_reading(words.last()) || is_made) && !says_change(words)
}

fn changes(name: &str) -> bool {
    says_change(words_of(last_component(name)))
}

/// A word for a change, unless what is made is a document for who asks: `createPdf`.
fn says_change(words: Vec<String>) -> bool {
    words.iter().enumerate().any(|(place, word)| {
        let makes = words
            .get(place + 1)
            .is_some_and(|next| DOCUMENTS.contains(&next.as_str()))
            && matches!(word.as_str(), "create" | "generate" | "make" | "build");
        CHANGING.contains(&word.as_str()) && !makes
    })
}

fn has_files_alone(survey: &RouteSurvey) -> bool {
    let is_file = |(_, format): &(String, BodyFormat)| {
        matches!(
            format,
            BodyFormat::Csv | BodyFormat::Xlsx | BodyFormat::Pdf | BodyFormat::Zip
        )
    };
    // A cell of a PDF that breaks an identifier makes another person of it.
    let is_whole = |body: &BodySurvey| body.alike_words * 20 <= body.known_words;
    !survey.bodies.is_empty()
        && survey.bodies.keys().all(is_file)
        && survey.bodies.values().all(is_whole)
}

fn is_same_list(survey: &RouteSurvey, page: &RouteSurvey) -> bool {
    let is_page = |(key, body): (&(String, BodyFormat), &BodySurvey)| {
        page.bodies
            .get(key)
            .is_some_and(|own| own.most_persons >= LIST_MIN && own.likeness(body) >= LIKENESS_MIN)
    };
    !survey.bodies.is_empty() && survey.bodies.iter().all(is_page)
}

impl RouteSurvey {
    /// True when known persons stand in these answers, by whatever identifier.
    pub fn shows_records(&self) -> bool {
        self.bodies.values().any(BodySurvey::shows_records)
    }

    fn most_persons(&self) -> usize {
        let persons = self.bodies.values().map(|body| body.most_persons);
        persons.max().unwrap_or(0)
    }
}

impl BodySurvey {
    /// True when known persons stand in these bodies, by whatever identifier.
    fn shows_records(&self) -> bool {
        let mut has_hits = self.with_known > 0 || self.with_name_only > 0;
        self.format
            .each_tally(&mut |tally| has_hits |= tally.hits() > 0);
        has_hits
    }
}

/// The persons of one document, each once.
pub(crate) fn distinct_persons(persons: impl Iterator<Item = u32>) -> usize {
    persons.collect::<BTreeSet<u32>>().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_whether_something_is_read() {
        for name in [
            "model.party.party.read",
            "model.ir.lang.search_read",
            "model.party.party.export_data",
            "getNodes",
            "searchResults",
            "person.autocomplete_city",
            "fields_view_get",
            "report.party.label.execute",
            "list.php",
            "_search",
        ] {
            assert!(reads(name) && !changes(name), "{name}");
        }
        for name in [
            "model.party.party.write",
            "get_or_create",
            "wizard.ir.module.execute",
            "deleteNode",
            "findAndRemove",
            "edit.php",
            "email",
            "list_and_send",
        ] {
            assert!(!reads(name) && changes(name), "{name}");
        }
        assert!(!reads("treeview") && !changes("treeview"));
        assert!(!reads("model.read.party"));
    }

    #[test]
    fn a_field_says_whether_something_changes() {
        for (name, value) in [
            ("_method", "DELETE"),
            ("delete", ""),
            ("save_and_close", ""),
            ("action", "remove"),
            ("password", "x"),
        ] {
            assert!(field_changes(name, value), "{name}={value}");
        }
        for (name, value) in [
            ("_method", "get"),
            ("filtersn", "Dupont"),
            ("createPDF_dWlk", ""),
            ("action", "list"),
            ("q", "delete"),
        ] {
            assert!(!field_changes(name, value), "{name}={value}");
        }
    }

    #[test]
    fn an_answer_that_came_otherwise_once_is_no_sign() {
        let mut repeated = RepeatedRequests::default();
        repeated.add(1, 10, 0);
        repeated.add(1, 10, 1);
        assert_eq!(repeated.times(), 0);
        repeated.add(1, 10, 5);
        assert_eq!(repeated.times(), 1);
        repeated.add(1, 11, 9);
        assert_eq!(repeated.times(), 0);
    }
}
