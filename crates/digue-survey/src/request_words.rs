//! What the names of requests and of their fields say: that something is read, or changed.

use crate::content::dispatches;
use crate::known::words_of;

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

const CHANGING: [&str; 110] = [
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
    "radier",
    "vider",
    "retirer",
    "bloquer",
    "debloquer",
    "transferer",
    "rattacher",
    "detacher",
    "fermer",
    "ouvrir",
    "archiver",
    "desactiver",
    "activer",
    "fusionner",
    "muter",
    "renommer",
    "deplacer",
    "remplacer",
];

/// Documents that are made on request: no record changes.
const DOCUMENTS: [&str; 11] = [
    "pdf", "csv", "xls", "xlsx", "excel", "zip", "report", "export", "preview", "label", "rapport",
];

/// Endings of programs and files.
const ENDINGS: [&str; 16] = [
    "php", "asp", "aspx", "jsp", "do", "cgi", "action", "pdf", "csv", "xls", "xlsx", "zip", "json",
    "xml", "html", "htm",
];

/// True for a field of a form, or a member of a request, that says that something changes.
pub(crate) fn field_changes(name: &str, value: &str) -> bool {
    // Rails, Laravel and Symfony take the method from it.
    if name == "_method" {
        return !value.eq_ignore_ascii_case("get");
    }
    // A button is called by what it does, in its first words.
    says_change_within(&words_of(name), 2)
        || dispatches(name) && !reads(value) && says_change(&words_of(value))
}

/// `model.party.read` ends in `read`, `report.label.execute` in what is done with a report.
pub(crate) fn last_component(name: &str) -> &str {
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

pub(crate) fn reads(name: &str) -> bool {
    let component = last_component(name);
    let words = words_of(component);
    let is_reading =
        |word: Option<&String>| word.is_some_and(|word| READING.contains(&word.as_str()));
    // What is executed is named before it: `report.label.execute`.
    let is_made =
        name.starts_with(component) && name.len() > component.len() && makes_document(component);
    (is_reading(words.first()) || is_reading(words.last()) || is_made) && !says_change(&words)
}

pub(crate) fn changes(name: &str) -> bool {
    says_change(&words_of(last_component(name)))
}

fn says_change(words: &[String]) -> bool {
    says_change_within(words, words.len())
}

/// A word for a change among the first so many, unless the words behind it say that a document is
/// made for who asks (`createPdf`), that a reading is sent (`submitSearch`), or what something is for
/// (`createFor`).
fn says_change_within(words: &[String], first: usize) -> bool {
    let word = |place: usize| words.get(place).map_or("", String::as_str);
    // `createPDFok` has no second capital that would part its words.
    let is_document = |word: &str| {
        let mut written = DOCUMENTS.iter().filter(|document| document.len() <= 4);
        DOCUMENTS.contains(&word) || written.any(|document| word.starts_with(*document))
    };
    (0..words.len().min(first)).any(|place| {
        let (own, next) = (word(place), word(place + 1));
        let changes_nothing = match own {
            "create" | "generate" | "make" | "build" => is_document(next) || next == "for",
            "submit" => is_document(next) || READING.contains(&next),
            // To a file of who asks; `save_as_new` keeps a record.
            "save" => next == "as" && (is_document(word(place + 2)) || word(place + 2) == "file"),
            _ => false,
        };
        CHANGING.contains(&own) && !changes_nothing
    })
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
            ("save_as_new", "on"),
            ("submit", ""),
            ("submitDelete", ""),
            ("method", "wizard.ir.module.execute"),
            ("action", "delete.person"),
        ] {
            assert!(field_changes(name, value), "{name}={value}");
        }
        for (name, value) in [
            ("_method", "get"),
            ("filtersn", "Dupont"),
            ("createPDF_dWlk", ""),
            ("action", "list"),
            ("q", "delete"),
            ("submitExport", ""),
            ("submit_search", "Chercher"),
            ("createFor", "DN"),
            ("createPDFok", ""),
            ("saveAsFile", "on"),
            ("method", "report.party.label.execute"),
        ] {
            assert!(!field_changes(name, value), "{name}={value}");
        }
    }
}
