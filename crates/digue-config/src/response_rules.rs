//! `[[routes.response]]`: how one type of response is read.
//!
//! Every block says where its records are, or why it has none: otherwise *nobody found* would pass
//! for *nobody shown* (decision 16).

use digue_html::selector;
use digue_identifiers::{IdentifierKind, Pick};
use digue_inspect::html::{HtmlRecords, HtmlRule, HtmlRules, IdentifierPart};
use digue_inspect::json::{JsonMap, JsonRule, JsonRules};
use digue_inspect::jsonpath;
use digue_inspect::response::usual_types;
use digue_inspect::xml::{XmlPath, XmlRule, XmlRules};
use digue_inspect::{BlockRules, OutsideChoice, RuleBlock, StatusPattern};
use digue_tables::table::{ColumnRule, MapColumn, TableRules};
use regex::Regex;

use super::pick::read_pick;
use super::reader::ConfigSection;

const FORMATS: &str = "json | ndjson | html | csv | xlsx | xml | text | nobody";

/// One block. Faults go to the section's source.
pub(crate) fn read_block(
    section: &ConfigSection<'_>,
    kinds: &[IdentifierKind],
) -> Option<RuleBlock> {
    let format = section.need_text("format");
    let types = section.texts("types");
    let sweep: Vec<Option<Pick>> = section
        .sections("sweep")
        .iter()
        .map(|rule| read_sweep(rule, kinds))
        .collect();
    let without_records = section
        .text("no_records")
        .filter(|reason| !reason.trim().is_empty());
    let empty_statuses = section.parse_all("empty_status", StatusPattern::parse);
    let format = format?;
    let undescribed_max = read_share(
        section,
        if format == "html" && without_records.is_some() {
            None
        } else {
            Some(0)
        },
    );
    let rules = read_rules(section, &format, kinds)?;
    check_records(section, &format, without_records.is_some());
    let outside = read_outside(section, &rules, undescribed_max);
    if matches!(rules, BlockRules::Nobody) && types.is_empty() {
        section.fault("types", "fault-missing", "");
    }
    let sweep = sweep.into_iter().collect::<Option<Vec<_>>>()?;
    if matches!(rules, BlockRules::Text { .. }) && sweep.is_empty() {
        section.fault("sweep", "fault-missing", "");
    }
    let types = if types.is_empty() {
        usual_types(&format)
            .iter()
            .map(|t| (*t).to_owned())
            .collect()
    } else {
        types.iter().map(|t| t.to_ascii_lowercase()).collect()
    };
    Some(RuleBlock {
        types,
        rules,
        sweep,
        without_records,
        empty_statuses,
        undescribed_max,
        outside,
    })
}

/// Taking records out needs to know where they are, and that nothing lies outside of them.
fn read_outside(
    section: &ConfigSection<'_>,
    rules: &BlockRules,
    undescribed_max: Option<u16>,
) -> OutsideChoice {
    let choice = section
        .choice(
            "outside",
            &[
                ("refuse", OutsideChoice::Refuse),
                ("drop", OutsideChoice::Drop),
                ("mask", OutsideChoice::Mask),
            ],
        )
        .unwrap_or_default();
    let is_masked = choice == OutsideChoice::Mask;
    let fault = match rules {
        _ if choice == OutsideChoice::Refuse => None,
        BlockRules::Json(_) | BlockRules::NdJson(_) if !section.has("records") => {
            Some("fault-outside-records")
        }
        BlockRules::Json(rules) | BlockRules::NdJson(rules) if !rules.has_placed_records() => {
            Some("fault-outside-paths")
        }
        BlockRules::Csv(_) if is_masked => Some("fault-outside-mask"),
        BlockRules::Json(_) | BlockRules::NdJson(_) | BlockRules::Csv(_) => {
            (undescribed_max != Some(0)).then_some("fault-outside-undescribed")
        }
        BlockRules::Html(_)
        | BlockRules::Xlsx(_)
        | BlockRules::Xml(_)
        | BlockRules::Text { .. }
        | BlockRules::Nobody => Some("fault-outside-format"),
    };
    if let Some(fault) = fault {
        section.fault("outside", fault, "");
    }
    choice
}

/// In tables, rows are the records; every other format names its records, or says why it has none.
fn check_records(section: &ConfigSection<'_>, format: &str, has_reason: bool) {
    let needs = matches!(format, "json" | "ndjson" | "html" | "xml" | "text");
    let has = section.has("records");
    if needs && !has && !has_reason {
        section.fault("records", "fault-no-records", "");
    }
    if has && has_reason {
        section.fault("no_records", "fault-records-and-reason", "");
    }
    if has && !matches!(format, "text" | "nobody") && !section.has("persons") {
        section.fault("persons", "fault-missing", "");
    }
}

fn read_rules(
    section: &ConfigSection<'_>,
    format: &str,
    kinds: &[IdentifierKind],
) -> Option<BlockRules> {
    let persons = section.sections("persons");
    let compare = section.sections("compare");
    match format {
        "json" | "ndjson" => {
            let rules = read_json(section, &persons, &compare, kinds)?;
            Some(if format == "json" {
                BlockRules::Json(rules)
            } else {
                BlockRules::NdJson(rules)
            })
        }
        "html" => Some(BlockRules::Html(HtmlRules {
            rules: each(&persons, |rule| read_html_rule(rule, kinds))?,
            records: read_html_records(section)?,
            empty: section.parse_all("empty", selector::parse_selector),
            no_person: section.parse_all("no_person", selector::parse_selector),
            compare: each(&compare, |rule| read_html_rule(rule, kinds))?,
        })),
        "csv" => Some(BlockRules::Csv(read_table(
            section, &persons, &compare, kinds,
        )?)),
        "xlsx" => Some(BlockRules::Xlsx(read_table(
            section, &persons, &compare, kinds,
        )?)),
        "xml" => read_xml(section, &persons, &compare, kinds).map(BlockRules::Xml),
        "text" => {
            let is_record_per_line = section
                .choice("records", &[("lines", true)])
                .unwrap_or(false);
            Some(BlockRules::Text { is_record_per_line })
        }
        "nobody" => Some(BlockRules::Nobody),
        _ => {
            section.fault("format", "fault-value", FORMATS);
            None
        }
    }
}

/// `"2%"` of the texts; `"any"` sets no limit.
fn read_share(section: &ConfigSection<'_>, usual: Option<u16>) -> Option<u16> {
    section.parse("undescribed", parse_share).unwrap_or(usual)
}

/// Thousandths of a text; `None` for any.
fn parse_share(text: &str) -> Result<Option<u16>, &'static str> {
    match text.strip_suffix('%').map(str::trim) {
        Some(percent) => percent
            .parse::<f32>()
            .ok()
            .filter(|percent| (0.0..=100.0).contains(percent))
            .map(|percent| Some((percent * 10.0).round() as u16))
            .ok_or("0% | 2.5% | any"),
        None if text == "any" => Ok(None),
        None => Err("0% | 2.5% | any"),
    }
}

/// All of the items, or none: each has reported its own faults.
fn each<T>(
    sections: &[ConfigSection<'_>],
    read: impl Fn(&ConfigSection<'_>) -> Option<T>,
) -> Option<Vec<T>> {
    let read: Vec<Option<T>> = sections.iter().map(read).collect();
    read.into_iter().collect()
}

fn read_json(
    section: &ConfigSection<'_>,
    persons: &[ConfigSection<'_>],
    compare: &[ConfigSection<'_>],
    kinds: &[IdentifierKind],
) -> Option<JsonRules> {
    let map = JsonMap {
        rules: each(persons, |rule| read_json_rule(rule, kinds))?,
        records: section.parse_all("records", jsonpath::RecordPath::parse),
        empty: section.parse_all("empty", jsonpath::RecordPath::parse),
        no_person: section.parse_all("no_person", jsonpath::RecordPath::parse),
        compare: each(compare, |rule| read_json_rule(rule, kinds))?,
        fields: section.texts("fields"),
    };
    section.accept("persons", JsonRules::new(map))
}

fn read_xml(
    section: &ConfigSection<'_>,
    persons: &[ConfigSection<'_>],
    compare: &[ConfigSection<'_>],
    kinds: &[IdentifierKind],
) -> Option<XmlRules> {
    let rules = XmlRules {
        rules: each(persons, |rule| read_xml_rule(rule, kinds))?,
        records: section.parse_all("records", XmlPath::parse),
        empty: section.parse_all("empty", XmlPath::parse),
        no_person: section.parse_all("no_person", XmlPath::parse),
        compare: each(compare, |rule| read_xml_rule(rule, kinds))?,
    };
    if let Some(record) = rules.record_without_rule() {
        section.fault("records", "fault-no-own-rule", record.text());
    }
    Some(rules)
}

fn read_html_records(section: &ConfigSection<'_>) -> Option<HtmlRecords> {
    if !section.has("records") {
        return Some(HtmlRecords::Unsaid);
    }
    if section.texts("records") == ["page"] {
        return Some(HtmlRecords::Page);
    }
    let selectors = section.parse_all("records", selector::parse_selector);
    (!selectors.is_empty()).then_some(HtmlRecords::At(selectors))
}

pub(crate) fn read_sweep(section: &ConfigSection<'_>, kinds: &[IdentifierKind]) -> Option<Pick> {
    if !section.has("pattern") {
        section.fault("pattern", "fault-missing", "");
    }
    read_pick(section, kinds)
}

fn read_json_rule(section: &ConfigSection<'_>, kinds: &[IdentifierKind]) -> Option<JsonRule> {
    let pick = read_pick(section, kinds);
    let path = section.need("at", jsonpath::RecordPath::parse);
    Some(JsonRule {
        path: path?,
        pick: pick?,
        is_own: section.boolean("own"),
    })
}

fn read_html_rule(section: &ConfigSection<'_>, kinds: &[IdentifierKind]) -> Option<HtmlRule> {
    let pick = read_pick(section, kinds);
    let selector = section.need("at", selector::parse_selector);
    let take = section.parse("take", parse_part);
    let is_own = section.boolean("own").unwrap_or(true);
    Some(HtmlRule {
        selector: selector?,
        take: take.unwrap_or(IdentifierPart::Text),
        pick: pick?,
        is_own,
    })
}

fn read_xml_rule(section: &ConfigSection<'_>, kinds: &[IdentifierKind]) -> Option<XmlRule> {
    let pick = read_pick(section, kinds);
    let path = section.need("at", XmlPath::parse);
    Some(XmlRule {
        path: path?,
        pick: pick?,
        is_own: section.boolean("own"),
    })
}

fn read_table(
    section: &ConfigSection<'_>,
    persons: &[ConfigSection<'_>],
    compare: &[ConfigSection<'_>],
    kinds: &[IdentifierKind],
) -> Option<TableRules> {
    let delimiter = section.parse("delimiter", parse_delimiter);
    let columns = each(persons, |rule| read_column(rule, kinds))?;
    if !columns.iter().any(|rule| rule.is_own) {
        section.fault("persons", "fault-no-own-rule", "");
    }
    Some(TableRules {
        columns,
        compare: each(compare, |rule| read_column(rule, kinds))?,
        delimiter,
        captions: section.parse("captions", Regex::new),
        fields: section.texts("fields"),
        believes_formulas: section
            .choice("formulas", &[("refuse", false), ("cached", true)])
            .unwrap_or(false),
    })
}

fn read_column(section: &ConfigSection<'_>, kinds: &[IdentifierKind]) -> Option<ColumnRule> {
    let pick = read_pick(section, kinds);
    let columns = section.parse_all("at", parse_column);
    if columns.is_empty() {
        return section.refuse("at", "fault-missing", "");
    }
    Some(ColumnRule {
        columns,
        pick: pick?,
        is_optional: section.boolean("optional").unwrap_or(false),
        is_own: section.boolean("own").unwrap_or(true),
    })
}

fn parse_part(text: &str) -> Result<IdentifierPart, &'static str> {
    match text.strip_prefix('@') {
        Some(name) if !name.is_empty() => Ok(IdentifierPart::Attribute(name.to_ascii_lowercase())),
        None if text == "text" => Ok(IdentifierPart::Text),
        _ => Err("text | @href | @value | @data-..."),
    }
}

fn parse_delimiter(text: &str) -> Result<u8, &'static str> {
    match text {
        "tab" => Ok(b'\t'),
        _ if text.len() == 1 => Ok(text.as_bytes()[0]),
        _ => Err("; | , | tab"),
    }
}

fn parse_column(text: &str) -> Result<MapColumn, &'static str> {
    match text.strip_prefix('#') {
        Some(number) => match number.parse() {
            Ok(number) if number > 0 => Ok(MapColumn::Number(number)),
            _ => Err("#1, #2..."),
        },
        None => Ok(MapColumn::Named(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use digue_inspect::OutsideChoice;

    use crate::portal_map;

    /// A map with one block, and its faults, each with its line and key.
    fn read(block: &str) -> Result<OutsideChoice, Vec<(usize, &'static str)>> {
        let folder = tempfile::tempdir().unwrap();
        let map = format!(
            "[portal]\nname = \"p\"\nurl = \"https://p.exemple.fr\"\nupstream = \"http://127.0.0.1:9\"\n\
             [identifiers.id]\nprimary = true\n[[routes]]\nname = \"l\"\npath = \"/l\"\nmethods = [\"GET\"]\n\
             action = \"list\"\n[[routes.response]]\n{block}"
        );
        let file = folder.path().join("p.toml");
        std::fs::write(&file, map).unwrap();
        let mut faults = Vec::new();
        let read = portal_map::read(Path::new(&file), &mut faults, &mut Vec::new());
        match read {
            Some(map) => Ok(map.portal.routes[0].response.blocks[0].outside),
            None => Err(faults.iter().map(|fault| (fault.line, fault.key)).collect()),
        }
    }

    const LIST: &str = "records = [\"$.i[*]\"]\npersons = [{ as = \"id\", at = \"$.i[*].id\" }]\n";

    #[test]
    fn what_becomes_of_records_outside_the_caseload_is_said_by_the_map() {
        let of = |outside: &str| read(&format!("format = \"json\"\n{outside}\n{LIST}"));
        assert_eq!(of(""), Ok(OutsideChoice::Refuse));
        assert_eq!(of("outside = \"refuse\""), Ok(OutsideChoice::Refuse));
        assert_eq!(of("outside = \"drop\""), Ok(OutsideChoice::Drop));
        assert_eq!(of("outside = \"mask\""), Ok(OutsideChoice::Mask));
        assert_eq!(of("outside = \"hide\""), Err(vec![(14, "fault-value")]));
        let csv = "format = \"csv\"\npersons = [{ as = \"id\", at = \"id\" }]\noutside = \"drop\"";
        assert_eq!(read(csv), Ok(OutsideChoice::Drop));
    }

    #[test]
    fn a_block_that_cannot_be_rewritten_soundly_is_a_fault_with_its_line() {
        let persons = "persons = [{ as = \"id\", at = \"$.i[*].id\" }]";
        let cases = [
            (
                format!("format = \"json\"\noutside = \"drop\"\nno_records = \"rien\"\n{persons}"),
                "fault-outside-records",
            ),
            (
                format!("format = \"json\"\noutside = \"mask\"\nundescribed = \"any\"\n{LIST}"),
                "fault-outside-undescribed",
            ),
            (
                "format = \"json\"\noutside = \"drop\"\nrecords = [\"$.i[*]\"]\npersons = [\
                 { as = \"id\", at = \"$.i[*].id\" }, { as = \"id\", at = \"$.i[?(@.t)].u\" }]"
                    .to_owned(),
                "fault-outside-paths",
            ),
            (
                "format = \"csv\"\noutside = \"mask\"\npersons = [{ as = \"id\", at = \"id\" }]".to_owned(),
                "fault-outside-mask",
            ),
            (
                "format = \"xlsx\"\noutside = \"drop\"\npersons = [{ as = \"id\", at = \"id\" }]".to_owned(),
                "fault-outside-format",
            ),
            (
                "format = \"html\"\noutside = \"drop\"\nrecords = \"page\"\npersons = [{ as = \"id\", at = \"b\" }]"
                    .to_owned(),
                "fault-outside-format",
            ),
        ];
        for (block, key) in cases {
            assert_eq!(read(&block), Err(vec![(14, key)]), "{block}");
        }
    }
}
