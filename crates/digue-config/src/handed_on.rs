//! `digue.toml` as it may be handed on to people who are not the operator's: its keys, numbers,
//! switches, durations and sizes, and none of its texts.
//!
//! What stays is chosen, and not what is left out: a text is a name, an address or a path until
//! it is known to be a word of Digue's own.

use std::path::Path;

use serde_json::{Map, Value as Json, json};
use toml::de::{DeTable, DeValue};

use super::reader::{parse_bytes, parse_duration};

/// Words of Digue's own that say how something is set.
const WORDS: [&str; 27] = [
    "accounts",
    "agent",
    "alert",
    "caseload-only",
    "close-account",
    "close-organisation",
    "containment",
    "danger-none",
    "danger-unsigned",
    "day",
    "debug",
    "error",
    "forwarded",
    "info",
    "lower-budget",
    "month",
    "network",
    "none",
    "observe",
    "persons",
    "signed",
    "starttls",
    "step-up",
    "tls",
    "trace",
    "warn",
    "x-forwarded-for",
];

/// Tables whose keys are names that the operator chose.
const NAMED_BY_OPERATOR: [&str; 1] = ["work"];

/// The file's structure. Only for a file that was read without a fault: then each of its keys is
/// one of Digue's, and none is a slip of the pen that says something.
///
/// # Errors Why it can no longer be read.
pub fn without_texts(file: &Path) -> Result<Json, String> {
    let text = std::fs::read_to_string(file).map_err(|error| error.kind().to_string())?;
    let root = DeTable::parse(&text).map_err(|_| "not TOML any more".to_owned())?;
    Ok(table(root.get_ref()))
}

fn table(table: &DeTable<'_>) -> Json {
    let mut fields = Map::new();
    for (key, found) in table {
        let key = key.get_ref().as_ref();
        let found = match found.get_ref() {
            DeValue::Table(named) if NAMED_BY_OPERATOR.contains(&key) => {
                json!(format!("({} names)", named.len()))
            }
            other => value(other),
        };
        fields.insert(key.to_owned(), found);
    }
    Json::Object(fields)
}

fn value(found: &DeValue<'_>) -> Json {
    match found {
        DeValue::String(text) if is_setting(text) => json!(text.as_ref()),
        DeValue::String(_) => json!("(text)"),
        DeValue::Integer(number) => json!(number.as_str()),
        DeValue::Float(number) => json!(number.as_str()),
        DeValue::Boolean(switch) => json!(switch),
        DeValue::Datetime(_) => json!("(date)"),
        DeValue::Array(items) => items.iter().map(|item| value(item.get_ref())).collect(),
        DeValue::Table(inner) => table(inner),
    }
}

fn is_setting(text: &str) -> bool {
    // A number without a unit may be a telephone.
    let has_unit = text.ends_with(|sign: char| sign.is_ascii_alphabetic());
    let is_amount = has_unit && (parse_duration(text).is_ok() || parse_bytes(text).is_ok());
    is_amount || WORDS.contains(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_words_of_our_own_stay_and_every_other_text_goes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("digue.toml");
        let text = "# Jeanne Dupont\n\
             [digue]\nname = \"digue.dupont.fr\"\n\
             [limits]\nheld_bytes = \"1GiB\"\nrequests_per_minute = 3000\n\
             [journal]\nretention = \"365d\"\npublished = true\n\
             [sessions]\nheld_to = [\"network\", \"dupont\"]\n\
             [watch.work]\ndupont = \"files\"\n\
             [[providers]]\nid = \"dupont\"\nuserinfo = \"signed\"\n\
             [help]\nphone = \"0612345678\"\nhours = \"8h-18h Dupont\"\n";
        std::fs::write(&file, text).unwrap();
        let said = without_texts(&file).unwrap();
        assert_eq!(
            said,
            json!({
                "digue": {"name": "(text)"},
                "limits": {"held_bytes": "1GiB", "requests_per_minute": "3000"},
                "journal": {"retention": "365d", "published": true},
                "sessions": {"held_to": ["network", "(text)"]},
                "watch": {"work": "(1 names)"},
                "providers": [{"id": "(text)", "userinfo": "signed"}],
                "help": {"phone": "(text)", "hours": "(text)"},
            })
        );
    }

    #[test]
    fn a_file_that_is_gone_is_no_empty_one() {
        assert!(without_texts(Path::new("/nowhere/digue.toml")).is_err());
    }
}
