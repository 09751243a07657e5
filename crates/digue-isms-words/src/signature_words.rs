//! The state of a signature as a sentence, and which fields changed after it was given.

use std::collections::BTreeMap;

use digue_app::files::sha256;
use digue_isms::field::Values;
use digue_isms::kinds::RegisterKind;
use digue_isms::register::Revision;
use digue_isms::signatures::{GivenSignature, SignatureState, UnprovenSignature, is_same};
use digue_locales::{Language, Value, text, text_with};
use digue_types::Timestamp;

use crate::record_words::field_name;

/// The characters of a hash that papers and pages show: enough to tell contents apart by eye. The
/// whole hash is in the register of signatures.
const HASH_SHOWN: usize = 16;

/// The hash of each field, one `field hash` a line: the first 16 hexadecimal digits of SHA-256.
pub fn field_hashes(values: &Values) -> String {
    let lines = values
        .iter()
        .map(|(field, texts)| format!("{field} {}", field_hash(texts)));
    lines.collect::<Vec<_>>().join("\n")
}

fn field_hash(texts: &[String]) -> String {
    let text = serde_json::to_string(texts).expect("strings always serialise");
    let mut hash = sha256(text);
    hash.truncate(HASH_SHOWN);
    hash
}

/// The hashes of fields with the names of the fields, one a line. A field that this version does not
/// know keeps what the signature calls it.
pub fn hashes_in_words(language: Language, kind: RegisterKind, hashes: &str) -> String {
    let line = |line: &str| match line.split_once(' ') {
        Some((field, hash)) if kind.fields().iter().any(|known| known.code == field) => {
            let values = [
                ("field", Value::from(field_name(language, kind, field))),
                ("hash", Value::from(hash)),
            ];
            text_with(language, "signature-field-hash", &values)
        }
        _ => line.to_owned(),
    };
    hashes.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// The codes of the fields that are not as they were signed, in the order of the form; `None` for a
/// signature of before 0.3, which holds no hashes of fields, and where none of them differs: then the
/// stored text differs beside its fields.
pub fn changed_fields(revision: &Revision, given: &GivenSignature) -> Option<Vec<&'static str>> {
    if given.fields.is_empty() {
        return None;
    }
    let signed: BTreeMap<&str, &str> = given
        .fields
        .lines()
        .filter_map(|line| line.split_once(' '))
        .collect();
    let is_changed = |field: &str| {
        let now = revision.values.get(field).map(|texts| field_hash(texts));
        now.as_deref() != signed.get(field).copied()
    };
    let fields = revision.kind.fields().iter().map(|field| field.code);
    let changed: Vec<&'static str> = fields.filter(|field| is_changed(field)).collect();
    (!changed.is_empty()).then_some(changed)
}

/// The state of a signature as a sentence; `None` for a record that names no one. `moment` writes a
/// time for the reader.
pub fn in_words(
    language: Language,
    revision: &Revision,
    state: &SignatureState,
    moment: impl Fn(Timestamp) -> String,
) -> Option<String> {
    let said = |key: &str, given: &GivenSignature| {
        let signed_for = |named: &String| {
            let values = [("name", Value::from(named.as_str()))];
            format!(" {}", text_with(language, "signature-on-behalf", &values))
        };
        let on_behalf = given.on_behalf.as_ref().map(signed_for);
        let capacity = given.capacity.map_or_else(
            || text(language, "signature-capacity-unknown"),
            |role| text(language, &format!("role-{}", role.code())),
        );
        let hash = given
            .content
            .as_deref()
            .map_or("–", |hash| hash.get(..HASH_SHOWN).unwrap_or(hash));
        let values = [
            ("name", Value::from(given.account.as_str())),
            ("at", Value::from(moment(given.at))),
            ("capacity", Value::from(capacity)),
            ("hash", Value::from(hash)),
        ];
        let sentence = text_with(language, key, &values);
        Some(sentence + &on_behalf.unwrap_or_default())
    };
    match state {
        SignatureState::Unnamed => None,
        SignatureState::Typed => {
            let named = revision
                .kind
                .signatory()
                .and_then(|field| revision.values.get(field)?.first());
            let name = named.map(String::as_str).unwrap_or_default();
            let values = [
                ("name", Value::from(name)),
                ("by", Value::from(revision.by.as_str())),
            ];
            let key = match is_same(name, &revision.by) {
                true => "signature-typed-own",
                false => "signature-typed",
            };
            Some(text_with(language, key, &values))
        }
        SignatureState::Signed(given) => said("signature-by", given),
        SignatureState::Unproven(given, UnprovenSignature::ContentNotRecorded) => {
            said("signature-content-unrecorded", given)
        }
        SignatureState::Unproven(given, UnprovenSignature::Older) => said("signature-older", given),
        SignatureState::Unproven(given, UnprovenSignature::NotCompared) => {
            said("signature-not-compared", given)
        }
        SignatureState::Broken(given) => {
            let sentence = said("signature-broken", given)?;
            let Some(changed) = changed_fields(revision, given) else {
                return Some(sentence);
            };
            let name = |field: &&str| field_name(language, revision.kind, field);
            let names: Vec<String> = changed.iter().map(name).collect();
            let values = [("fields", Value::from(names.join(", ")))];
            let named = text_with(language, "signature-changed-fields", &values);
            Some(format!("{sentence} {named}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn revision(fields: &[(&str, &str)]) -> Revision {
        let one = |(field, text): &(&str, &str)| ((*field).to_owned(), vec![(*text).to_owned()]);
        Revision {
            kind: RegisterKind::Document,
            id: "DO-1".to_owned(),
            number: 1,
            at: Timestamp::ZERO,
            by: "rssi".to_owned(),
            is_over: false,
            hash: String::new(),
            values: fields.iter().map(one).collect(),
        }
    }

    fn given(fields: String) -> GivenSignature {
        GivenSignature {
            account: "directrice".to_owned(),
            at: Timestamp::ZERO,
            capacity: None,
            content: None,
            on_behalf: None,
            fields,
        }
    }

    #[test]
    fn what_changed_after_a_signature_is_named_field_by_field() {
        let signed = revision(&[("title", "PSSI"), ("edition", "1"), ("text", "Vrai.")]);
        let signature = given(field_hashes(&signed.values));
        assert_eq!(changed_fields(&signed, &signature), None);
        let changed = revision(&[("title", "PSSI"), ("text", "Faux."), ("place", "ailleurs")]);
        let expected = ["edition", "text", "place"];
        assert_eq!(
            changed_fields(&changed, &signature).as_deref(),
            Some(&expected[..])
        );
        let broken = SignatureState::Broken(signature);
        let said = in_words(Language::French, &changed, &broken, |_| String::new()).unwrap();
        assert!(
            said.contains("Édition, Texte, Où il est conservé"),
            "{said}"
        );
        // A signature of before 0.3 holds no hashes: that something differs is all that is known.
        assert_eq!(changed_fields(&changed, &given(String::new())), None);
    }

    #[test]
    fn the_hashes_of_a_signature_stand_beside_the_names_of_its_fields() {
        let signed = revision(&[("approved-by", "rssi"), ("title", "PSSI")]);
        let hashes = format!("{}\nlater-field 12", field_hashes(&signed.values));
        let words = hashes_in_words(Language::French, RegisterKind::Document, &hashes);
        let lines: Vec<&str> = words.lines().collect();
        assert!(lines[0].starts_with("Approuvé par\u{a0}: "), "{words}");
        assert!(lines[1].starts_with("Intitulé\u{a0}: "), "{words}");
        assert_eq!(lines[2], "later-field 12", "kept as it is");
    }
}
