//! Generates responses from choices, together with the truth: the persons that each shows, whatever
//! the reader finds.
//!
//! A choice is a byte: a fuzzer explores them, a property test draws them. The reader must find
//! exactly the persons present, or report the response as unreadable; it must never find fewer and
//! report it as inspected.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use digue_html::selector::parse_selector;
use digue_identifiers::{IdentifierKind, IdentifierShape, Pick, ResponseReading, SearchPattern};
use digue_inspect::html::{HtmlRecords, HtmlRule, HtmlRules, IdentifierPart};
use digue_inspect::json::{JsonMap, JsonRule, JsonRules};
use digue_inspect::jsonpath;
use digue_inspect::xml::{XmlPath, XmlRule, XmlRules};
use digue_inspect::{BlockRules, InspectionLimits, Message, ResponseRules, RuleBlock, inspect};
use digue_tables::table::{ColumnRule, MapColumn, TableRules};

/// The persons that a response shows.
#[derive(Debug, Default)]
pub struct Truth {
    pub persons: BTreeSet<String>,
    /// A person is shown whom no identifier names.
    pub shows_unnamed: bool,
}

/// A response, the rules for reading it, and the truth.
pub struct Made {
    pub content_type: &'static str,
    pub text: String,
    pub rules: ResponseRules,
    pub truth: Truth,
}

/// One choice after the other; zeros once they are used up.
struct Choices<'c>(std::slice::Iter<'c, u8>);

impl Choices<'_> {
    fn of(&mut self, count: u8) -> u8 {
        self.0.next().copied().unwrap_or(0) % count
    }

    fn identifier(&mut self) -> String {
        format!(
            "P{:04}",
            u16::from(self.of(200)) * 50 + u16::from(self.of(50))
        )
    }
}

/// How a record names its person.
enum Naming {
    /// The text as written in the format, and the identifier that it means.
    Named(String, String),
    Blank,
    Missing,
    /// Only another person is named, within the record.
    Nested(String),
}

const NOTHING_SEEN: [&str; 4] = ["", " ", "\u{a0}", "\u{200b}"];

fn naming(choices: &mut Choices<'_>, coded: impl Fn(char) -> String) -> Naming {
    let id = choices.identifier();
    match choices.of(10) {
        0 => Naming::Blank,
        1 => Naming::Missing,
        2 => Naming::Nested(id),
        3 => {
            let place = usize::from(choices.of(5));
            let text: String = id
                .chars()
                .enumerate()
                .map(|(at, c)| if at == place { coded(c) } else { c.to_string() })
                .collect();
            Naming::Named(text, id)
        }
        4 => Naming::Named(format!(" {id}\u{a0}"), id),
        5 => Naming::Named(format!("{}\u{200b}{}", &id[..2], &id[2..]), id),
        _ => Naming::Named(id.clone(), id),
    }
}

/// Generates one response.
pub fn make(choices: &[u8]) -> Made {
    let mut choices = Choices(choices.iter());
    match choices.of(4) {
        0 => json(&mut choices),
        1 => xml(&mut choices),
        2 => csv(&mut choices),
        _ => html(&mut choices),
    }
}

fn kinds() -> Vec<IdentifierKind> {
    let shape = IdentifierShape::new("^P[0-9]{4}$").expect("written here");
    vec![IdentifierKind {
        name: "id".into(),
        steps: vec![],
        shape: Some(shape),
    }]
}

fn pick() -> Pick {
    Pick::whole(0, "id")
}

fn made(content_type: &'static str, text: String, rules: BlockRules, truth: Truth) -> Made {
    let mut block = RuleBlock::new(vec![content_type.to_owned()], rules);
    let sweep = SearchPattern::new(r"\bP[0-9]{4}\b").expect("written here");
    block.sweep = vec![Pick::by_pattern(0, sweep, "sweep")];
    Made {
        content_type,
        text,
        rules: ResponseRules {
            blocks: vec![block],
            errors: None,
        },
        truth,
    }
}

fn json(choices: &mut Choices<'_>) -> Made {
    let mut truth = Truth::default();
    let mut records = Vec::new();
    for _ in 0..choices.of(4) {
        let mut members = vec![format!(r#""nom":"Nom{}""#, choices.of(9))];
        match naming(choices, |c| format!("\\u{:04x}", c as u32)) {
            Naming::Named(text, id) => {
                members.push(format!(r#""id":"{text}""#));
                truth.persons.insert(id);
            }
            Naming::Blank => {
                let nothing = NOTHING_SEEN[usize::from(choices.of(4))];
                members.push(format!(r#""id":"{nothing}""#));
                truth.shows_unnamed = true;
            }
            Naming::Missing => {
                members.push(
                    ["\"id\":null", "\"id\":true", "\"id\":[]", "\"Id\":7"]
                        [usize::from(choices.of(4))]
                    .to_owned(),
                );
                truth.shows_unnamed = true;
            }
            Naming::Nested(id) => {
                members.push(format!(r#""tuteur":{{"id":"{id}"}}"#));
                truth.shows_unnamed = true;
            }
        }
        if choices.of(3) == 0 {
            let id = choices.identifier();
            members.push(format!(r#""note":"voir\n{id}""#));
            truth.persons.insert(id);
        }
        if choices.of(2) == 0 {
            members.reverse();
        }
        records.push(format!("{{{}}}", members.join(",")));
    }
    let mut parts = vec![format!(r#""items":[{}]"#, records.join(", "))];
    if choices.of(3) == 0 {
        parts.push(r#""page":{"lien":"/?p=2"},"total":12"#.to_owned());
    }
    if choices.of(5) == 0 {
        parts.push(
            [r#""message":"DUPONT""#, r#""par":{"DUPONT":1}"#][usize::from(choices.of(2))]
                .to_owned(),
        );
        truth.shows_unnamed = true;
    }
    if choices.of(2) == 0 {
        parts.reverse();
    }
    let guard = ["", "\u{feff}", ")]}',\n"][usize::from(choices.of(3))];
    let path = |text| jsonpath::RecordPath::parse(text).expect("written here");
    let map = JsonMap {
        rules: vec![JsonRule::new(path("$..id"), pick())],
        records: vec![path("$.items[*]")],
        empty: vec![path("$.items[*]")],
        no_person: vec![path("$.page")],
        ..JsonMap::default()
    };
    let rules = BlockRules::Json(JsonRules::new(map).expect("few steps"));
    made(
        "application/json",
        format!("{guard}{{{}}}", parts.join(",")),
        rules,
        truth,
    )
}

fn xml(choices: &mut Choices<'_>) -> Made {
    let mut truth = Truth::default();
    let mut text = String::from("<list>");
    for _ in 0..choices.of(4) {
        let inside = match naming(choices, |c| format!("&#{};", c as u32)) {
            Naming::Named(written, id) => {
                truth.persons.insert(id);
                match choices.of(3) {
                    0 if !written.contains('&') => format!("<id><![CDATA[{written}]]></id>"),
                    _ => format!("<id>{written}</id>"),
                }
            }
            Naming::Blank => {
                truth.shows_unnamed = true;
                format!("<id>{}</id>", NOTHING_SEEN[usize::from(choices.of(4))])
            }
            Naming::Missing => {
                truth.shows_unnamed = true;
                String::new()
            }
            Naming::Nested(id) => {
                truth.shows_unnamed = true;
                format!("<tuteur><id>{id}</id></tuteur>")
            }
        };
        write!(text, "<item>{inside}<nom>Nom</nom></item>").expect("a string takes every text");
    }
    if choices.of(5) == 0 {
        text.push_str(
            ["<nom>DUPONT</nom>", "<p nom='DUPONT'/>", "DUPONT"][usize::from(choices.of(3))],
        );
        truth.shows_unnamed = true;
    }
    text.push_str("</list>");
    let path = |text| XmlPath::parse(text).expect("written here");
    let rules = XmlRules {
        rules: vec![XmlRule {
            path: path("//id"),
            pick: pick(),
            is_own: None,
        }],
        records: vec![path("/list/item")],
        empty: vec![path("/list")],
        ..XmlRules::default()
    };
    made("application/xml", text, BlockRules::Xml(rules), truth)
}

fn csv(choices: &mut Choices<'_>) -> Made {
    let mut truth = Truth::default();
    let delimiter = [',', ';', '\t', '|'][usize::from(choices.of(4))];
    let quotes = choices.of(2) == 0;
    let cell = |text: &str| {
        if quotes {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text.to_owned()
        }
    };
    let mut text = String::new();
    if choices.of(4) == 0 {
        text.push_str("Liste du jour\n\n");
    }
    writeln!(text, "{}{delimiter}{}", cell("nom"), cell("id")).expect("a string takes every text");
    for _ in 0..choices.of(5) {
        let id = match naming(choices, |c| c.to_string()) {
            Naming::Named(written, id) => {
                truth.persons.insert(id);
                written
            }
            Naming::Blank | Naming::Missing | Naming::Nested(_) => {
                truth.shows_unnamed = true;
                NOTHING_SEEN[usize::from(choices.of(4))].to_owned()
            }
        };
        writeln!(text, "{}{delimiter}{}", cell("Nom"), cell(&id))
            .expect("a string takes every text");
    }
    if choices.of(3) == 0 {
        writeln!(text, "{delimiter}").expect("a string takes every text");
    }
    let columns = vec![ColumnRule::new(MapColumn::Named("id".into()), pick())];
    let rules = BlockRules::Csv(TableRules {
        columns,
        ..TableRules::default()
    });
    made("text/csv", text, rules, truth)
}

fn html(choices: &mut Choices<'_>) -> Made {
    let mut truth = Truth::default();
    let count = choices.of(4);
    let mut rows = String::from("<tr><th>Id<th>Nom</tr>");
    let ends = choices.of(2) == 0;
    let (cell_end, row_end) = if ends { ("</td>", "</tr>") } else { ("", "") };
    for _ in 0..count {
        let inside = match naming(choices, |c| format!("&#x{:x};", c as u32)) {
            Naming::Named(written, id) => {
                truth.persons.insert(id);
                format!("<td class=id>{written}{cell_end}")
            }
            Naming::Blank => {
                truth.shows_unnamed = true;
                format!(
                    "<td class=id>{}{cell_end}",
                    NOTHING_SEEN[usize::from(choices.of(4))]
                )
            }
            Naming::Missing | Naming::Nested(_) => {
                truth.shows_unnamed = true;
                String::new()
            }
        };
        write!(rows, "<tr>{inside}<td>Nom{cell_end}{row_end}").expect("a string takes every text");
    }
    let body = if count == 0 {
        "<p class=vide>Personne".to_owned()
    } else {
        format!("<table>{rows}</table>")
    };
    let selector = |text| parse_selector(text).expect("written here");
    let rules = HtmlRules {
        rules: vec![HtmlRule {
            selector: selector("td.id"),
            take: IdentifierPart::Text,
            pick: pick(),
            is_own: true,
        }],
        records: HtmlRecords::At(vec![selector("tr")]),
        empty: vec![selector("p.vide")],
        ..HtmlRules::default()
    };
    made(
        "text/html",
        format!("<!doctype html><html><body>{body}</body></html>"),
        BlockRules::Html(rules),
        truth,
    )
}

/// Reads the response generated from the choices, and compares.
///
/// # Panics
/// When the reader finds fewer persons, other persons, or reports a response that shows an unnamed
/// person as read.
pub fn compare(choices: &[u8]) {
    let made = make(choices);
    let message = Message {
        status: 200,
        content_type: Some(made.content_type),
        content_encoding: "",
        body: made.text.as_bytes(),
    };
    let found: BTreeSet<String> = match inspect(
        &made.rules,
        &kinds(),
        &message,
        &InspectionLimits::default(),
    ) {
        ResponseReading::Unreadable(_) if made.truth.shows_unnamed => return,
        ResponseReading::Unreadable(why) => {
            panic!("{why}, though everybody is named: {}", made.text)
        }
        ResponseReading::ShowsNobody(_) => BTreeSet::new(),
        ResponseReading::Persons(shown) => shown
            .identifiers()
            .map(|identifier| identifier.text.to_string())
            .collect(),
    };
    assert!(
        !made.truth.shows_unnamed,
        "somebody unnamed was passed over: {}",
        made.text
    );
    assert_eq!(found, made.truth.persons, "{}", made.text);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        /// The truth as oracle: exactly the persons present, or unreadable.
        #[test]
        fn exactly_the_persons_that_are_there(choices in proptest::collection::vec(any::<u8>(), 0..60)) {
            compare(&choices);
        }
    }
}
