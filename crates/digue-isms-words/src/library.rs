//! A CISO Assistant library as YAML: reference controls, and a framework that refers to them.
//!
//! Values are quoted and use only characters of YAML 1.1: its loader refuses a file with any other.

use digue_isms::kinds::{Measure, MeasureKind, Purpose};
use digue_isms::register::RegisterEntry;

/// The longest name (`ReferentialObjectMixin.name`): a longer one makes the whole library invalid.
const NAME_CHARS_MAX: usize = 200;

/// The metadata of a library.
pub struct LibraryHead {
    /// Its unique reference: lower-case letters, digits and hyphens.
    pub code: String,
    pub locale: &'static str,
    pub name: String,
    pub description: String,
    pub version: i64,
}

pub fn written(head: &LibraryHead, measures: &[RegisterEntry<Measure>]) -> String {
    let LibraryHead {
        code,
        locale,
        name,
        description,
        version,
    } = head;
    let (name, description) = (quoted(name), quoted(description));
    let controls = list("    ", measures.iter().map(|entry| control(code, entry)));
    let nodes = list("      ", measures.iter().map(|entry| node(code, entry)));
    format!(
        "urn: urn:digue:risk:library:{code}\nlocale: {locale}\nref_id: digue-{code}\nname: {name}\n\
         description: {description}\ncopyright: Digue\nversion: {version}\nprovider: Digue\npackager: digue\n\
         objects:\n  reference_controls:{controls}  framework:\n    urn: urn:digue:risk:framework:{code}\n    \
         ref_id: digue-{code}\n    name: {name}\n    description: {description}\n    requirement_nodes:{nodes}"
    )
}

/// The items of a list; an empty list must be written as one.
fn list(indent: &str, entries: impl Iterator<Item = Vec<String>>) -> String {
    let entry = |lines: Vec<String>| {
        let lines = lines.join(&format!("\n{indent}  "));
        format!("{indent}- {lines}\n")
    };
    let entries: String = entries.map(entry).collect();
    if entries.is_empty() {
        " []\n".to_owned()
    } else {
        format!("\n{entries}")
    }
}

fn control(
    library: &str,
    RegisterEntry { id, record, .. }: &RegisterEntry<Measure>,
) -> Vec<String> {
    let category = match record.about.0 {
        Some(MeasureKind::Physical) => "physical",
        Some(MeasureKind::Technological) => "technical",
        Some(MeasureKind::People) => "process",
        Some(MeasureKind::Organisational) | None => "policy",
    };
    let function = record.purpose.0.unwrap_or(Purpose::Govern).code();
    let (name, rest) = named(&record.title.0);
    let description = [rest.unwrap_or_default(), &record.description.0];
    let description: Vec<&str> = description
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect();
    vec![
        format!(
            "urn: urn:digue:risk:function:{library}:{}",
            id.to_lowercase()
        ),
        format!("ref_id: {id}"),
        format!("name: {}", quoted(&name)),
        format!("category: {category}"),
        format!("csf_function: {function}"),
        format!("description: {}", quoted(&description.join("\n\n"))),
    ]
}

fn node(library: &str, RegisterEntry { id, record, .. }: &RegisterEntry<Measure>) -> Vec<String> {
    let (name, rest) = named(&record.title.0);
    let mut lines = vec![
        format!(
            "urn: urn:digue:risk:req_node:{library}:{}",
            id.to_lowercase()
        ),
        "assessable: true".to_owned(),
        "depth: 1".to_owned(),
        format!("ref_id: {id}"),
        format!("name: {}", quoted(&name)),
    ];
    lines.extend(rest.map(|whole| format!("description: {}", quoted(whole))));
    lines.push("reference_controls:".to_owned());
    lines.push(format!(
        "- urn:digue:risk:function:{library}:{}",
        id.to_lowercase()
    ));
    lines
}

/// A title as a name, and in full where the name is too short.
fn named(title: &str) -> (String, Option<&str>) {
    if title.chars().count() <= NAME_CHARS_MAX {
        return (title.to_owned(), None);
    }
    // One character is left for the ellipsis.
    let start: String = title.chars().take(NAME_CHARS_MAX - 1).collect();
    (format!("{}…", start.trim_end()), Some(title))
}

/// A quoted text. JSON strings are valid YAML, except for characters that YAML 1.1 excludes (5.1,
/// `c-printable`) or treats as line breaks.
fn quoted(text: &str) -> String {
    let kept = text.chars().filter_map(|sign| match sign {
        '\u{b}' | '\u{c}' | '\u{85}' => Some('\n'),
        '\t' | '\n' => Some(sign),
        '\u{fffe}' | '\u{ffff}' => None,
        _ if sign.is_control() => None,
        _ => Some(sign),
    });
    let json = serde_json::Value::from(kept.collect::<String>()).to_string();
    let escaped = json.chars().map(|sign| match sign {
        '\u{2028}' | '\u{2029}' | '\u{feff}' => format!("\\u{:04x}", u32::from(sign)),
        _ => sign.to_string(),
    });
    escaped.collect()
}

#[cfg(test)]
mod tests {
    use digue_isms::field::{LINE_CHARS_MAX, ShortText};
    use digue_types::Timestamp;

    use super::*;

    fn measure(title: &str) -> RegisterEntry<Measure> {
        let record = Measure {
            title: ShortText(title.to_owned()),
            ..Measure::default()
        };
        let (at, by) = (Timestamp::from_secs(1_763_000_000), "rssi".to_owned());
        RegisterEntry {
            id: "ME-1".to_owned(),
            number: 1,
            at,
            by,
            record,
        }
    }

    fn library(measures: &[RegisterEntry<Measure>]) -> String {
        let head = LibraryHead {
            code: "measures-0-fr".to_owned(),
            locale: "fr",
            name: "Mesures".to_owned(),
            description: "SMSI".to_owned(),
            version: 1,
        };
        written(&head, measures)
    }

    #[test]
    fn a_long_title_is_cut_in_the_name_and_whole_in_the_description() {
        let title = format!("{}fin", "é".repeat(LINE_CHARS_MAX - 3));
        let (name, rest) = named(&title);
        assert_eq!(
            (name.chars().count(), rest),
            (NAME_CHARS_MAX, Some(title.as_str()))
        );
        let yaml = library(&[measure(&title)]);
        assert_eq!(yaml.matches(&title).count(), 2, "control and node: {yaml}");
        let exact = "é".repeat(NAME_CHARS_MAX);
        assert_eq!(named(&exact), (exact.clone(), None));
    }

    #[test]
    fn no_sign_leaves_the_quotes_that_yaml_does_not_have() {
        assert_eq!(
            quoted("a\"b\u{b}c\u{85}d\u{2028}e"),
            "\"a\\\"b\\nc\\nd\\u2028e\""
        );
        let all: String = (0..=0x1_1000).filter_map(char::from_u32).collect();
        let is_printable = |sign: char| matches!(sign, ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{fffd}' | '\u{10000}'..);
        assert_eq!(quoted(&all).chars().find(|sign| !is_printable(*sign)), None);
    }

    #[test]
    fn without_measures_the_lists_are_empty_and_there() {
        let yaml = library(&[]);
        assert!(
            yaml.contains("\n  reference_controls: []\n  framework:\n"),
            "{yaml}"
        );
        assert!(yaml.ends_with("\n    requirement_nodes: []\n"), "{yaml}");
        let yaml = library(&[measure("Chiffrer")]);
        let control = "\n  reference_controls:\n    - urn: urn:digue:risk:function:measures-0-fr:me-1\n      ref_id: ME-1\n      name: \"Chiffrer\"\n";
        assert!(yaml.contains(control), "{yaml}");
        assert!(
            yaml.ends_with("\n        - urn:digue:risk:function:measures-0-fr:me-1\n"),
            "{yaml}"
        );
    }
}
