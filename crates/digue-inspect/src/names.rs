//! Which known names a response shows, in the order in which a person reads them.
//!
//! A second look at a response that was inspected: no rule is applied, nobody is counted. A part of
//! the map that shows nobody (`no_person`, `no_records`) is read like every other: that is what the
//! net is for.

use digue_identifiers::name_table::{NameReader, PersonNameTable, SeenNames};
use digue_identifiers::reading::Unreadable;

use digue_tables::archive::unread_part;
use digue_tables::csv_table::{DELIMITERS, csv_rows};

use crate::dicom;
use crate::html::outline::{PagePart, page_parts};
use crate::json::outline::{JsonPart, json_parts};
use crate::limits::InspectionLimits;
use crate::media_type::MediaType;
use crate::pdf::text_of;
use crate::response::events::EventRules;
use crate::response::multipart;
use crate::response::zip::ZipRules;
use crate::response::{BlockRules, Message, ResponseRules, usual_types};
use crate::xml::outline::xml_elements;
use digue_tables::xlsx::uploaded_sheets;

/// The most rows of a workbook; the inspection has its own bound on cells.
const ROWS_MAX: usize = 2_000_000;

/// Attributes whose words are those of programs.
const UNREAD: [&str; 4] = ["class", "id", "style", "rel"];

/// Elements that hold one thing each: no name crosses from one to the next.
const RECORDS: [&str; 4] = ["tr", "option", "article", "title"];

/// The known names in a response for which the map has rules, and in texts `beside` its body, such
/// as the name under which a browser stores it; none in a body that is no text, or that the map
/// states to show nobody by its type.
///
/// # Errors
/// As for the inspection.
pub fn names_shown(
    rules: &ResponseRules,
    message: &Message<'_>,
    beside: &[String],
    limits: &InspectionLimits,
    table: &PersonNameTable,
) -> Result<SeenNames, Unreadable> {
    let mut reader = NameReader::new(table);
    beside.iter().for_each(|text| reader.read_apart(text));
    reader.end_record();
    read_body(rules, message, limits, &mut reader)?;
    reader.finish().ok_or_else(Unreadable::too_large)
}

fn read_body(
    rules: &ResponseRules,
    message: &Message<'_>,
    limits: &InspectionLimits,
    reader: &mut NameReader<'_>,
) -> Result<(), Unreadable> {
    let media = MediaType::parse(message.content_type.unwrap_or_default());
    let block = rules.blocks_for(&media, message.status).next();
    let is_nobody = block.is_some_and(|block| matches!(block.rules, BlockRules::Nobody));
    if message.body.is_empty() || is_nobody {
        return Ok(());
    }
    let limit = limits.decoded_bytes_max;
    let bytes = digue_decode::decode(message.content_encoding, message.body, limit)?;
    let text = (media.charset.as_deref(), &bytes[..]);
    match block {
        Some(block) => read_by_rules(&block.rules, text, limit, reader),
        None if multipart::is_multipart(&media) => {
            read_parts(rules, (&media, message.status, &bytes), limit, reader)
        }
        // An error page of a type that the route has no block for.
        None => TextForm::of_type(&media).read(text.0, text.1, limit, reader),
    }
}

/// The names in the parts of a response, and in the fields before each.
fn read_parts(
    rules: &ResponseRules,
    (media, status, bytes): (&MediaType, u16, &[u8]),
    bytes_max: usize,
    reader: &mut NameReader<'_>,
) -> Result<(), Unreadable> {
    for part in multipart::parts(media.boundary.as_deref(), bytes)? {
        part.head.lines().for_each(|line| reader.read_apart(line));
        reader.end_record();
        let media = MediaType::parse(part.content_type.unwrap_or_default());
        let block = rules.blocks_for(&media, status).next();
        let block = block.ok_or_else(|| unread_part(part.place()))?;
        let text = (media.charset.as_deref(), part.body);
        read_by_rules(&block.rules, text, bytes_max, reader)?;
        reader.end_record();
    }
    Ok(())
}

/// Reads the names in a body that has rules.
fn read_by_rules(
    rules: &BlockRules,
    (charset, bytes): (Option<&str>, &[u8]),
    bytes_max: usize,
    reader: &mut NameReader<'_>,
) -> Result<(), Unreadable> {
    let form = match rules {
        BlockRules::Json(_) => TextForm::Json,
        BlockRules::NdJson(_) => TextForm::Lines,
        BlockRules::Html(_) => TextForm::Html,
        BlockRules::Csv(_) => TextForm::Csv,
        BlockRules::Xlsx(_) => TextForm::Workbook,
        BlockRules::Xml(_) => TextForm::Xml,
        BlockRules::Text { .. } => TextForm::Plain,
        BlockRules::Pdf(_) => return read_pages(bytes, bytes_max, reader),
        BlockRules::Dicom(_) => return dicom::read_names(bytes, bytes_max, reader).map(drop),
        BlockRules::Events(rules) => return read_events(rules, bytes, bytes_max, reader),
        BlockRules::Zip(rules) => return read_archive(rules, bytes, bytes_max, reader),
        // As in an archive: what the map states to show nobody by its type.
        BlockRules::Nobody => return Ok(()),
    };
    form.read(charset, bytes, bytes_max, reader)
}

/// A line is read as one: a name goes on from the cell of a table to the next.
fn read_pages(
    bytes: &[u8],
    bytes_max: usize,
    reader: &mut NameReader<'_>,
) -> Result<(), Unreadable> {
    let text = text_of(bytes, bytes_max)?;
    for line in text
        .pages
        .iter()
        .flat_map(|page| &page.readings)
        .flat_map(|text| text.lines())
    {
        reader.read(line);
    }
    text.asides
        .iter()
        .for_each(|aside| reader.read_apart(aside));
    Ok(())
}

fn read_events(
    rules: &EventRules,
    bytes: &[u8],
    bytes_max: usize,
    reader: &mut NameReader<'_>,
) -> Result<(), Unreadable> {
    rules.each(bytes, |block, data, _| {
        let text = (Some("utf-8"), data.as_bytes());
        read_by_rules(&block.rules, text, bytes_max, reader)?;
        reader.end_record();
        Ok(())
    })
}

/// The names of entries, and the names in them.
fn read_archive(
    rules: &ZipRules,
    bytes: &[u8],
    bytes_max: usize,
    reader: &mut NameReader<'_>,
) -> Result<(), Unreadable> {
    let mut archive = rules.open(bytes, bytes_max)?;
    for (name, _) in archive.folders() {
        reader.read_apart(name);
    }
    for position in 0..archive.len() {
        let (name, place) = archive.part(position).expect("positions below `len` exist");
        reader.read_apart(name);
        reader.end_record();
        let block = rules.of(name).ok_or_else(|| unread_part(place))?;
        let entry = archive.unpack_at(position)?;
        read_by_rules(&block.rules, (None, &entry), archive.left(), reader)?;
        reader.end_record();
    }
    Ok(())
}

/// How the texts of a body are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TextForm {
    Json,
    Lines,
    Html,
    Xml,
    Csv,
    Workbook,
    Plain,
}

impl TextForm {
    fn of_type(media: &MediaType) -> Self {
        let is_usual = |format| usual_types(format).iter().any(|known| media.fits(known));
        if is_usual("html") {
            Self::Html
        } else if is_usual("json") {
            Self::Json
        } else {
            Self::Plain
        }
    }

    fn read(
        self,
        charset: Option<&str>,
        bytes: &[u8],
        bytes_max: usize,
        reader: &mut NameReader<'_>,
    ) -> Result<(), Unreadable> {
        match self {
            Self::Json => read_json(&digue_decode::text(charset, bytes)?, reader)?,
            Self::Lines => {
                for line in digue_decode::text(charset, bytes)?
                    .lines()
                    .filter(|line| !line.trim().is_empty())
                {
                    read_json(line, reader)?;
                    reader.end_record();
                }
            }
            Self::Html => page_parts(charset, bytes, bytes_max, &mut |part| {
                read_part(part, reader)
            })?,
            Self::Xml => {
                let text = digue_decode::xml_text(charset, bytes)?;
                xml_asides(&text).for_each(|aside| reader.read_apart(aside));
                for element in xml_elements(&text)? {
                    element
                        .attributes
                        .iter()
                        .for_each(|(_, value)| reader.read(value));
                    reader.read(&element.text);
                }
            }
            Self::Csv => read_csv(&digue_decode::text(charset, bytes)?, reader),
            Self::Workbook => read_workbook(bytes, bytes_max, reader)?,
            Self::Plain => {
                for line in digue_decode::text(charset, bytes)?.lines() {
                    reader.read(line);
                }
            }
        }
        Ok(())
    }
}

/// The comments and instructions of a document.
fn xml_asides(text: &str) -> impl Iterator<Item = &str> {
    let of = |start, end| {
        let pieces = text.split(start).skip(1);
        pieces.filter_map(move |piece: &str| Some(piece.split_once(end)?.0))
    };
    of("<!--", "-->").chain(of("<?", "?>"))
}

/// The items of a list are records of their own; an object inside a record is part of it.
fn read_json(text: &str, reader: &mut NameReader<'_>) -> Result<(), Unreadable> {
    // For each open object or list, whether it is a list.
    let mut open: Vec<bool> = Vec::new();
    json_parts(text, &mut |part| match part {
        JsonPart::Object | JsonPart::List => {
            if open.last() == Some(&true) {
                reader.end_record();
            }
            open.push(matches!(part, JsonPart::List));
        }
        JsonPart::End => {
            open.pop();
            if open.last() == Some(&true) {
                reader.end_record();
            }
        }
        JsonPart::Name(name) => reader.read_apart(name),
        JsonPart::Text(text) => reader.read(text),
        JsonPart::Number(_) | JsonPart::Null | JsonPart::Word => {}
    })
}

fn read_part(part: PagePart<'_>, reader: &mut NameReader<'_>) {
    match part {
        PagePart::Element(name) if RECORDS.contains(&name) => reader.end_record(),
        PagePart::Element(_) => {}
        PagePart::Attribute(name, _)
            if UNREAD
                .iter()
                .any(|unread| name.eq_ignore_ascii_case(unread)) => {}
        PagePart::Attribute(_, value) => reader.read_apart(value),
        PagePart::Text(text) => reader.read(text),
        PagePart::Aside(text) => reader.read_apart(text),
    }
}

/// Each row is a record. Cells are cut at the delimiter that cuts most; with another one the words
/// are the same.
fn read_csv(text: &str, reader: &mut NameReader<'_>) {
    let count = |delimiter: &u8| text.bytes().filter(|byte| byte == delimiter).count();
    let delimiter = DELIMITERS
        .into_iter()
        .max_by_key(|delimiter| count(delimiter))
        .unwrap_or(b',');
    for row in csv_rows(text, delimiter) {
        row.iter().for_each(|cell| reader.read(cell));
        reader.end_record();
    }
}

fn read_workbook(
    bytes: &[u8],
    bytes_max: usize,
    reader: &mut NameReader<'_>,
) -> Result<(), Unreadable> {
    for row in uploaded_sheets(bytes, bytes_max, ROWS_MAX)?
        .iter()
        .flat_map(|sheet| &sheet.rows)
    {
        row.cells
            .values()
            .filter_map(|cell| cell.text())
            .for_each(|text| reader.read(text));
        reader.end_record();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use digue_identifiers::name_table::{NameKey, PersonNameTableBuilder};

    use super::*;
    use crate::html::{HtmlRecords, HtmlRules};
    use crate::json::{JsonMap, JsonRules};
    use crate::response::RuleBlock;

    fn table() -> PersonNameTable {
        let mut table = PersonNameTableBuilder::new(NameKey::new(b"0123456789abcdef"));
        table.add(Some("P1"), &["DUPONT", "Marie"]);
        table.add(Some("P2"), &["PETIT", "Jean"]);
        table.add(Some("P3"), &["PETIT", "Marie"]);
        table.finish().unwrap()
    }

    fn type_of(form: &str) -> &'static str {
        usual_types(form)
            .first()
            .copied()
            .unwrap_or("application/x-nobody")
    }

    fn rules(form: &str) -> ResponseRules {
        let types = vec![type_of(form).to_owned()];
        let rules = match form {
            "json" => BlockRules::Json(JsonRules::new(JsonMap::default()).unwrap()),
            "html" => BlockRules::Html(HtmlRules {
                records: HtmlRecords::Page,
                ..HtmlRules::default()
            }),
            "text" => BlockRules::Text {
                is_record_per_line: false,
            },
            _ => BlockRules::Nobody,
        };
        ResponseRules {
            blocks: vec![RuleBlock::new(types, rules)],
            errors: None,
        }
    }

    #[track_caller]
    fn check(form: &str, body: &str, persons: &[&str], alone: u32) {
        let table = table();
        let message = Message {
            status: 200,
            content_type: Some(type_of(form)),
            content_encoding: "",
            body: body.as_bytes(),
        };
        let seen = names_shown(
            &rules(form),
            &message,
            &[],
            &InspectionLimits::default(),
            &table,
        )
        .unwrap();
        assert_eq!(
            table.without_identifier(&seen, persons.iter().copied()),
            alone,
            "{body}"
        );
    }

    #[test]
    fn a_name_is_found_in_every_part_of_a_page_that_a_person_reads() {
        check(
            "html",
            "<table><tr><td>DUPONT</td><td class=x>Marie</td></tr></table>",
            &[],
            1,
        );
        check("html", "<p>DUPONT<br>Marie</p>", &[], 1);
        check("html", "<option value=7>Jean Petit</option>", &[], 1);
        check(
            "html",
            "<p>Suivi de <b>Marie</b> <i>Dupont</i></p>",
            &["P2"],
            1,
        );
        check("html", "<input value='M. Jean PETIT'>", &[], 1);
        check(
            "html",
            "<dl><dt>Nom</dt><dd>PETIT</dd><dt>Prénom</dt><dd>Jean</dd></dl>",
            &[],
            1,
        );
        check(
            "html",
            "<a href='/f/1' title='Jean Petit'>voir</a>",
            &["P2"],
            0,
        );
        check("html", "<p>&#74;ean Pet&shy;it</p>", &[], 1);
    }

    #[test]
    fn names_of_two_rows_or_items_are_not_joined() {
        check(
            "html",
            "<table><tr><td>DUPONT<td>Marie<tr><td>PETIT<td>Jean</table>",
            &["P1", "P2"],
            0,
        );
        check(
            "json",
            r#"[{"a":"Roux","b":"Marie"},{"a":"PETIT","b":"Luc"}]"#,
            &[],
            0,
        );
    }

    #[test]
    fn a_name_is_found_in_json_whatever_its_members_are_called() {
        check(
            "json",
            r#"{"last_name":"DUPONT","birth_place_of_person":null,"first_name":"Marie"}"#,
            &[],
            1,
        );
        check(
            "json",
            r#"{"who":{"n":"\u0044UPONT","x":{"p":"Marie"}}}"#,
            &[],
            1,
        );
        check("json", r#"{"Jean Petit": 3, "total": 4}"#, &[], 1);
    }

    #[test]
    fn a_type_that_shows_nobody_is_not_read() {
        check("nobody", "Jean Petit", &[], 0);
        check("text", "Compte rendu :\nJean Petit est venu.", &[], 1);
    }

    #[test]
    fn the_name_of_a_file_is_read_beside_every_body() {
        let table = table();
        for form in ["json", "nobody"] {
            let message = Message {
                status: 200,
                content_type: Some(type_of(form)),
                content_encoding: "",
                body: b"[]",
            };
            let beside = ["attachment; filename=7_DUPONT_Marie.zip".to_owned()];
            let limits = InspectionLimits::default();
            let seen = names_shown(&rules(form), &message, &beside, &limits, &table).unwrap();
            assert_eq!(
                table.without_identifier(&seen, std::iter::empty()),
                1,
                "{form}"
            );
        }
    }
}
