//! Words that say what an identifier identifies: `student_id`, `/eleves/{x}`, `data-patient`.
//!
//! A short number is any thing's number. It is taken for a person's only with a second sign; the
//! word beside it is one.

use crate::known::words_of;

/// Persons, as portals call them, in the singular and without accents.
const PERSONS: [&str; 65] = [
    "person",
    "personne",
    "people",
    "persons",
    "student",
    "eleve",
    "etudiant",
    "apprenant",
    "apprenti",
    "stagiaire",
    "pupil",
    "learner",
    "trainee",
    "patient",
    "candidat",
    "candidate",
    "applicant",
    "beneficiaire",
    "beneficiary",
    "adherent",
    "usager",
    "client",
    "customer",
    "member",
    "membre",
    "user",
    "utilisateur",
    "individu",
    "individual",
    "allocataire",
    "assure",
    "insured",
    "demandeur",
    "salarie",
    "employee",
    "worker",
    "contact",
    "agent",
    "citizen",
    "citoyen",
    "resident",
    "habitant",
    "holder",
    "titulaire",
    "participant",
    "attendee",
    "subject",
    "child",
    "enfant",
    "parent",
    "tutor",
    "tuteur",
    "teacher",
    "enseignant",
    "professeur",
    "contributor",
    "licencie",
    "detenu",
    "jeune",
    "senior",
    "foyer",
    "dossierpersonne",
    "party",
    "partner",
    "tiers",
];

/// Names of members that only hold a list.
const STRUCTURE: [&str; 26] = [
    "result",
    "items",
    "results",
    "data",
    "rows",
    "content",
    "records",
    "list",
    "value",
    "values",
    "entries",
    "hits",
    "nodes",
    "edges",
    "node",
    "members",
    "member",
    "objects",
    "elements",
    "page",
    "response",
    "payload",
    "docs",
    "source",
    "attributes",
    "hydra",
];

/// Names that say "identifier" and not of what.
const GENERIC: [&str; 18] = [
    "id",
    "ids",
    "pk",
    "uuid",
    "guid",
    "key",
    "numero",
    "number",
    "num",
    "no",
    "ref",
    "reference",
    "code",
    "identifier",
    "identifiant",
    "value",
    "href",
    "url",
];

/// Members that persons have, and few other things.
const OF_PERSONS: [&str; 34] = [
    "prenom",
    "firstname",
    "lastname",
    "givenname",
    "familyname",
    "surname",
    "birth",
    "naissance",
    "birthday",
    "birthdate",
    "dob",
    "nomusage",
    "nomnaissance",
    "civilite",
    "gender",
    "sexe",
    "email",
    "mail",
    "courriel",
    "phone",
    "telephone",
    "tel",
    "mobile",
    "nationalite",
    "nationality",
    "patronyme",
    "fullname",
    "nir",
    "ssn",
    "matricule",
    "adresse",
    "address",
    "forename",
    "prenoms",
];

/// Parts of pages, and formats: `student-card` and `students.csv` are a student's,
/// `user_permissions` are not users.
const PARTS: [&str; 33] = [
    "card",
    "row",
    "table",
    "list",
    "liste",
    "line",
    "item",
    "cell",
    "col",
    "column",
    "box",
    "block",
    "panel",
    "grid",
    "link",
    "select",
    "field",
    "input",
    "tab",
    "form",
    "wrapper",
    "container",
    "detail",
    "details",
    "json",
    "xml",
    "csv",
    "xlsx",
    "xls",
    "pdf",
    "html",
    "txt",
    "zip",
];

/// True when `words` call a person: the last of them is what they name, those before describe it.
pub(crate) fn calls_person(words: &[String]) -> bool {
    person_word(words).is_some()
}

/// The word by which `words` call a person, in the singular.
pub(crate) fn person_word(words: &[String]) -> Option<&'static str> {
    let last = words.last().and_then(|word| known_person(word));
    last.or_else(|| known_person(&words.concat()))
}

fn known_person(word: &str) -> Option<&'static str> {
    let singular = word.strip_suffix('s').unwrap_or(word);
    let of = |wanted: &str| PERSONS.into_iter().find(|known| *known == wanted);
    of(singular).or_else(|| of(word))
}

/// Segments of addresses that say what is done with the thing before them.
const ACTIONS: [&str; 30] = [
    "edit",
    "inspect",
    "view",
    "show",
    "history",
    "usage",
    "delete",
    "copy",
    "update",
    "change",
    "detail",
    "details",
    "chosen",
    "open",
    "display",
    "modifier",
    "voir",
    "editer",
    "afficher",
    "consulter",
    "supprimer",
    "historique",
    "copier",
    "ouvrir",
    "detailler",
    "fiche",
    "print",
    "imprimer",
    "preview",
    "profile",
];

/// True for a segment that names no thing, and says what is done with the one before it.
pub(crate) fn is_action(segment: &str) -> bool {
    let words = words_of(segment);
    matches!(words.as_slice(), [word] if ACTIONS.contains(&word.as_str()))
}

/// True for a name such as `id`, which says nothing of what it identifies.
pub(crate) fn is_generic(words: &[String]) -> bool {
    words
        .iter()
        .all(|word| GENERIC.contains(&word.as_str()) || word.chars().all(|c| c.is_ascii_digit()))
}

/// True for a name that says that its value identifies something: `id`, `note_id`, `uuid`.
pub(crate) fn names_identifier(words: &[String]) -> bool {
    words.iter().any(|word| {
        GENERIC.contains(&word.as_str()) && !matches!(word.as_str(), "value" | "href" | "url")
    })
}

fn is_structure(words: &[String]) -> bool {
    words
        .iter()
        .all(|word| STRUCTURE.contains(&word.as_str()) || word.chars().all(|c| c.is_ascii_digit()))
}

/// True for the name of a member or column that persons have: `prenom`, `date_naissance`, `email`.
pub(crate) fn is_of_person(name: &str) -> bool {
    let words = words_of(name);
    OF_PERSONS.contains(&words.concat().as_str())
        || words.iter().any(|word| OF_PERSONS.contains(&word.as_str()))
}

/// The words that tell the thing, from names in order of nesting, the nearest last: of `students`,
/// `items`, `id` those of `students`.
pub(crate) fn entity_words<'n>(names: impl DoubleEndedIterator<Item = &'n str>) -> Vec<String> {
    for name in names.rev() {
        let words = words_of(name);
        if words.is_empty() || is_structure(&words) {
            continue;
        }
        // `id` says nothing of what; `note_id` says that it is a note's.
        if is_generic(&words) {
            continue;
        }
        let means =
            |word: &String| !GENERIC.contains(&word.as_str()) && !PARTS.contains(&word.as_str());
        let words: Vec<String> = words.into_iter().filter(means).collect();
        if !words.is_empty() {
            return words;
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(names: &[&str], expected: bool) {
        assert_eq!(
            calls_person(&entity_words(names.iter().copied())),
            expected,
            "{names:?}"
        );
    }

    #[test]
    fn the_nearest_word_that_means_something_decides() {
        check(&["api", "students", "results", "id"], true);
        check(&["api", "students", "notes", "items", "id"], false);
        check(&["student_id"], true);
        check(&["eleves"], true);
        check(&["élèves", "numéro"], true);
        check(&["orders", "id"], false);
        check(&["orders", "customer", "id"], true);
        check(&["noteId"], false);
        check(&["data-patient-id"], true);
        check(&["table", "student-card"], true);
        check(&["export", "usagers.csv", "numero"], true);
        check(&["user_permissions"], false);
        check(&[], false);
        check(&["id"], false);
    }

    #[test]
    fn members_of_persons_are_told_from_those_of_things() {
        for name in [
            "prenom",
            "firstName",
            "date_naissance",
            "Adresse e-mail",
            "birth_date",
        ] {
            assert!(is_of_person(name), "{name}");
        }
        for name in ["title", "amount", "created_at", "status"] {
            assert!(!is_of_person(name), "{name}");
        }
    }
}
