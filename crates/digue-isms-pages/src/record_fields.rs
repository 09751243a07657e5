//! The fields of a record as a form shows them: what may be chosen, what is wrong, and what filling
//! one in does to the record.

use digue_compliance::isms::record_words::RecordWords;
use digue_compliance::isms::sheets;
use digue_compliance::isms::signatures::hashes_in_words;
use digue_isms::check::Check;
use digue_isms::field::{FieldDef, FieldFault, FieldShape, Values};
use digue_isms::framework::{self, Framework, Requirement};
use digue_isms::kinds::RegisterKind;
use digue_isms::register::{Registers, Revision};
use digue_pages::view::Localizer;
use digue_pages::visitor::Visitor;

/// As (code, name, is chosen).
type FieldChoice = (String, String, bool);

/// A field as the form shows it.
pub(crate) struct FormField {
    pub(crate) code: &'static str,
    pub(crate) name: String,
    pub(crate) is_needed: bool,
    pub(crate) shape: &'static str,
    pub(crate) value: String,
    pub(crate) choices: Vec<FieldChoice>,
    /// The choices by framework, where there are several hundred; otherwise none.
    pub(crate) groups: Vec<(String, Vec<FieldChoice>)>,
    /// What is chosen, where the choices are too many to stand open.
    pub(crate) fold: Option<String>,
    pub(crate) fault: Option<String>,
    /// What filling it in does to the record.
    pub(crate) warning: Option<String>,
    pub(crate) text: String,
}

/// The fields of a record in the order of its kind.
pub(crate) fn form_fields(
    visitor: &Visitor,
    kind: RegisterKind,
    values: &Values,
    faults: &[FieldFault],
    registers: &Registers,
) -> Vec<FormField> {
    let w = Localizer::new(visitor);
    let words = RecordWords {
        language: visitor.language,
        registers,
    };
    let one = |field: &'static FieldDef| {
        let texts = values.get(field.code).map_or(&[][..], Vec::as_slice);
        let codes = |prefix: &str, codes: &[&str]| {
            let choice = |code: &&str| {
                let is_chosen = texts.iter().any(|text| text == code);
                ((*code).to_owned(), w.coded(prefix, code), is_chosen)
            };
            codes.iter().map(choice).collect::<Vec<_>>()
        };
        let (shape, choices) = match field.shape {
            FieldShape::Line | FieldShape::Amount | FieldShape::Duration => ("line", Vec::new()),
            FieldShape::Text => ("text", Vec::new()),
            FieldShape::Day => ("day", Vec::new()),
            FieldShape::Number => ("number", Vec::new()),
            FieldShape::One(prefix, list) => ("one", codes(prefix, list)),
            FieldShape::Many(prefix, list) => ("many", codes(prefix, list)),
            FieldShape::Link(to) => ("link", records(registers, to, texts, visitor)),
            // Too many to show: their identifiers are typed.
            FieldShape::Links(to) if registers.of(to).len() > CHOICES_MAX => ("list", Vec::new()),
            FieldShape::Links(to) => ("many", records(registers, to, texts, visitor)),
            FieldShape::Requirements => ("many", requirements(&w, texts)),
            FieldShape::Checks => ("many", checks_to_choose(&w, texts)),
        };
        let fault = faults.iter().find(|fault| fault.field == field.code);
        FormField {
            code: field.code,
            name: sheets::field_name(visitor.language, kind, field.code),
            is_needed: field.is_needed,
            shape,
            value: if shape == "list" {
                texts.join(", ")
            } else {
                texts.first().cloned().unwrap_or_default()
            },
            fold: (choices.len() > UNFOLDED_MAX).then(|| chosen_line(&w, &choices)),
            choices,
            groups: match field.shape {
                FieldShape::Requirements => by_framework(&w, texts),
                _ => Vec::new(),
            },
            fault: fault.map(|fault| w.coded("unfit", fault.unfit.code())),
            warning: (kind.seal() == Some(field.code)).then(|| seal_warning(&w, kind, values)),
            text: if kind == RegisterKind::Signature {
                signed_words(&words, values, field, texts)
            } else {
                words.values(field, texts)
            },
        }
    };
    kind.fields().iter().map(one).collect()
}

/// A field of a signature: what was signed by its title, and the hashes beside the names of fields.
fn signed_words(
    words: &RecordWords<'_>,
    values: &Values,
    field: &FieldDef,
    texts: &[String],
) -> String {
    let record = values.get("record").and_then(|texts| texts.first());
    match (field.code, record, texts) {
        ("record", Some(record), _) => words.signed(record),
        ("fields", Some(record), [hashes]) => match words.kind_of_signed(record) {
            Some(kind) => hashes_in_words(words.language, kind, hashes),
            None => hashes.clone(),
        },
        _ => words.values(field, texts),
    }
}

/// More choices than these stand folded behind what is chosen.
const UNFOLDED_MAX: usize = 12;

/// The chosen ones in one line.
fn chosen_line(w: &Localizer, choices: &[(String, String, bool)]) -> String {
    let chosen: Vec<&str> = choices
        .iter()
        .filter(|(_, _, is_chosen)| *is_chosen)
        .map(|(_, name, _)| name.as_str())
        .collect();
    if chosen.is_empty() {
        w.say("smsi-choose")
    } else {
        chosen.join(" ; ")
    }
}

/// The requirements of every framework.
fn requirements(w: &Localizer, chosen: &[String]) -> Vec<FieldChoice> {
    let of = |framework: &Framework| requirements_of(w, *framework, chosen);
    Framework::ALL.iter().flat_map(of).collect()
}

/// The same, each framework under its name.
fn by_framework(w: &Localizer, chosen: &[String]) -> Vec<(String, Vec<FieldChoice>)> {
    let of = |framework: &Framework| {
        let name = w.coded("framework", framework.code());
        (name, requirements_of(w, *framework, chosen))
    };
    Framework::ALL.iter().map(of).collect()
}

fn requirements_of(w: &Localizer, framework: Framework, chosen: &[String]) -> Vec<FieldChoice> {
    let all = framework::requirements(framework);
    let one = |one: &Requirement| {
        let name = [
            w.coded("framework", one.framework.code()),
            one.number().to_owned(),
            "–".to_owned(),
            w.say(&one.key()),
        ];
        let is_chosen = chosen.iter().any(|id| id == one.id);
        (one.id.to_owned(), name.join(" "), is_chosen)
    };
    all.map(one).collect()
}

fn checks_to_choose(w: &Localizer, chosen: &[String]) -> Vec<(String, String, bool)> {
    let one = |check: &Check| {
        let is_chosen = chosen.iter().any(|code| code == check.code());
        (check.code().to_owned(), w.say(&check.key()), is_chosen)
    };
    Check::ALL.iter().map(one).collect()
}

/// What the field that closes a record does, said before it is filled in.
fn seal_warning(w: &Localizer, kind: RegisterKind, values: &Values) -> String {
    let is_unsampled = kind == RegisterKind::Audit && !values.contains_key("sample");
    let seals = w.say("smsi-seals");
    if is_unsampled {
        format!("{seals} {}", w.say("smsi-seals-unsampled"))
    } else {
        seals
    }
}

/// Records that a link may lead to; with many records their ids are typed instead.
const CHOICES_MAX: usize = 300;

fn records(
    registers: &Registers,
    kind: RegisterKind,
    chosen: &[String],
    visitor: &Visitor,
) -> Vec<(String, String, bool)> {
    let words = RecordWords {
        language: visitor.language,
        registers,
    };
    let record = |revision: &Revision| {
        let title = words.title(kind, &revision.values);
        let is_chosen = chosen.contains(&revision.id);
        (
            revision.id.clone(),
            format!("{} – {title}", revision.id),
            is_chosen,
        )
    };
    registers
        .of(kind)
        .iter()
        .take(CHOICES_MAX)
        .map(record)
        .collect()
}
