//! `[[routes.response]]`: how one type of response is read.
//!
//! Every block says where its records are, or why it has none: otherwise *nobody found* would pass
//! for *nobody shown* (decision 16).

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use digue_html::selector;
use digue_identifiers::{IdentifierKind, Pick};
use digue_inspect::dicom::{DicomPath, DicomRule, DicomRules};
use digue_inspect::events::{EventRule, EventRules, PIECE_BYTES_USUAL, PieceEnd, StreamRules};
use digue_inspect::html::{HtmlRecords, HtmlRule, HtmlRules, IdentifierPart};
use digue_inspect::json::{JsonMap, JsonRule, JsonRules};
use digue_inspect::jsonpath;
use digue_inspect::pdf::{PdfRecords, PdfRules, PicturesChoice};
use digue_inspect::response::usual_types;
use digue_inspect::xml::{XmlPath, XmlRule, XmlRules};
use digue_inspect::zip::{ENTRIES_USUAL, EntryName, EntryRules, RATIO_USUAL, ZipRules};
use digue_inspect::{BlockRules, OutsideChoice, RuleBlock, StatusPattern};
use digue_tables::table::{ColumnRule, MapColumn, TableRules};
use digue_types::glob::NameGlob;
use regex::Regex;

use super::pick::read_pick;
use super::reader::ConfigSection;

const FORMATS: &str =
    "json | ndjson | html | csv | xlsx | xml | zip | pdf | dicom | events | text | nobody";

/// The most blocks of a route for one type: each reads the whole response.
const ALTERNATIVES_MAX: usize = 8;

/// `[blocks.NAME]`: blocks that several routes use.
pub(crate) struct SharedBlocks {
    /// `None` for a block with faults, which were reported where it stands.
    blocks: BTreeMap<String, Option<RuleBlock>>,
    used: RefCell<BTreeSet<String>>,
}

impl SharedBlocks {
    pub(crate) fn read(section: Option<ConfigSection<'_>>, kinds: &[IdentifierKind]) -> Self {
        let mut shared = Self {
            blocks: BTreeMap::new(),
            used: RefCell::default(),
        };
        let sections = section
            .iter()
            .flat_map(ConfigSection::named_sections)
            .collect::<Vec<_>>();
        for (name, block) in sections {
            // In the order of the file: a block may use one that stands before it.
            let block = shared.read_block(&block, kinds);
            shared.blocks.insert(name, block);
        }
        shared
    }

    /// A block of a route: a shared one by name, or with rules of its own.
    pub(crate) fn read_block(
        &self,
        section: &ConfigSection<'_>,
        kinds: &[IdentifierKind],
    ) -> Option<RuleBlock> {
        let statuses = section.parse_all("status", StatusPattern::parse);
        let block = if section.has("use") {
            let types = section.texts("types");
            self.find(section).map(|block| RuleBlock {
                types: if types.is_empty() {
                    block.types
                } else {
                    lower_case(&types)
                },
                ..block
            })
        } else {
            self.read_own(section, kinds)
        };
        block.map(|block| RuleBlock {
            statuses: if statuses.is_empty() {
                block.statuses
            } else {
                statuses
            },
            ..block
        })
    }

    /// The shared block that a section uses.
    fn find(&self, section: &ConfigSection<'_>) -> Option<RuleBlock> {
        let name = section.need_text("use")?;
        match self.blocks.get(&name) {
            Some(block) => {
                self.used.borrow_mut().insert(name);
                block.clone()
            }
            None => section.refuse("use", "fault-unknown-block", &name),
        }
    }

    /// Warns of shared blocks that no route uses.
    pub(crate) fn warn_of_unused(&self, section: &ConfigSection<'_>) {
        let used = self.used.borrow();
        for name in section.names() {
            if !used.contains(&name) {
                section.warn(&name, "warning-block-unused", "");
            }
        }
        section.seen_all();
    }

    /// `entries` of an archive or `events` of a stream: names, and the block that reads them.
    fn read_parts<N>(
        &self,
        (section, key): (&ConfigSection<'_>, &str),
        kinds: &[IdentifierKind],
        parse_name: impl Fn(&str) -> Result<N, &'static str>,
    ) -> Option<Vec<(Vec<N>, RuleBlock)>> {
        let sections = section.sections(key);
        if sections.is_empty() {
            return section.refuse(key, "fault-missing", "");
        }
        each(&sections, |entry| {
            let names = entry.parse_all("name", &parse_name);
            if names.is_empty() {
                entry.fault("name", "fault-missing", "");
            }
            let block = if entry.has("use") {
                self.find(entry)
            } else {
                self.read_own(entry, kinds)
            };
            let block = block?;
            if matches!(block.rules, BlockRules::Zip(_) | BlockRules::Events(_)) {
                return entry.refuse("format", "fault-archive-within", "");
            }
            if block.outside != OutsideChoice::Refuse {
                return entry.refuse("outside", "fault-outside-format", "");
            }
            Some((names, block))
        })
    }

    /// A block with rules of its own. Faults go to the section's source.
    fn read_own(&self, section: &ConfigSection<'_>, kinds: &[IdentifierKind]) -> Option<RuleBlock> {
        read_block(section, kinds, self)
    }
}

fn lower_case(types: &[String]) -> Vec<String> {
    types.iter().map(|text| text.to_ascii_lowercase()).collect()
}

/// Blocks of one route that read the same type and status are alternatives: none of them can say
/// what is taken out, and there are few of them.
pub(crate) fn check_alternatives(section: &ConfigSection<'_>, blocks: &[RuleBlock]) {
    for (place, block) in blocks.iter().enumerate() {
        let is_beside = |other: &RuleBlock| {
            let has_type = other.types.iter().any(|known| block.types.contains(known));
            let has_status = block.statuses.is_empty()
                || other.statuses.is_empty()
                || other.statuses.iter().any(|s| block.statuses.contains(s));
            has_type && has_status
        };
        let earlier = blocks[..place].iter().filter(|other| is_beside(other));
        let mut together: Vec<&RuleBlock> = earlier.collect();
        if together.len() >= ALTERNATIVES_MAX {
            section.fault("response", "fault-alternatives", ALTERNATIVES_MAX);
        }
        if together.is_empty() {
            continue;
        }
        together.push(block);
        let rewrites = |block: &&RuleBlock| block.outside != OutsideChoice::Refuse;
        if together.iter().any(rewrites) {
            section.fault("response", "fault-outside-alternatives", "");
        }
        let is_nobody = |block: &&RuleBlock| matches!(block.rules, BlockRules::Nobody);
        if together.iter().any(is_nobody) {
            section.fault("response", "fault-nobody-alternatives", "");
        }
    }
}

/// One block. Faults go to the section's source.
fn read_block(
    section: &ConfigSection<'_>,
    kinds: &[IdentifierKind],
    shared: &SharedBlocks,
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
    let rules = read_rules(section, &format, kinds, shared)?;
    check_records(section, &format, without_records.is_some());
    let outside = read_outside(section, &rules, undescribed_max);
    let stream = read_stream(section, &rules, outside);
    if matches!(rules, BlockRules::Nobody) && types.is_empty() && !section.has("name") {
        section.fault("types", "fault-missing", "");
    }
    let sweep = sweep.into_iter().collect::<Option<Vec<_>>>()?;
    let is_only_swept = matches!(rules, BlockRules::Text { .. } | BlockRules::Pdf(_));
    if is_only_swept && sweep.is_empty() {
        section.fault("sweep", "fault-missing", "");
    }
    let types = if types.is_empty() {
        usual_types(&format)
            .iter()
            .map(|t| (*t).to_owned())
            .collect()
    } else {
        lower_case(&types)
    };
    Some(RuleBlock {
        types,
        statuses: Vec::new(),
        rules,
        sweep,
        without_records,
        empty_statuses,
        undescribed_max,
        outside,
        stream,
    })
}

/// Events leave one by one; lines do where the map says so. A piece that has left cannot be taken
/// out afterwards.
fn read_stream(
    section: &ConfigSection<'_>,
    rules: &BlockRules,
    outside: OutsideChoice,
) -> Option<StreamRules> {
    let bytes = section.bytes("event_bytes");
    let wants = section.boolean("stream").unwrap_or(false);
    let end = match rules {
        BlockRules::Events(_) => Some(PieceEnd::BlankLine),
        BlockRules::NdJson(_) if wants && outside == OutsideChoice::Refuse => Some(PieceEnd::Line),
        _ if wants => {
            section.fault("stream", "fault-stream", "");
            None
        }
        _ => None,
    };
    let piece_bytes_max = bytes.map_or(PIECE_BYTES_USUAL, |bytes| {
        usize::try_from(bytes).unwrap_or(usize::MAX)
    });
    end.map(|end| StreamRules {
        end,
        piece_bytes_max,
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
        | BlockRules::Zip(_)
        | BlockRules::Pdf(_)
        | BlockRules::Dicom(_)
        | BlockRules::Events(_)
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
    let needs = matches!(format, "json" | "ndjson" | "html" | "xml" | "text" | "pdf");
    let has = section.has("records");
    if needs && !has && !has_reason {
        section.fault("records", "fault-no-records", "");
    }
    if has && has_reason {
        section.fault("no_records", "fault-records-and-reason", "");
    }
    if has && !matches!(format, "text" | "pdf" | "nobody") && !section.has("persons") {
        section.fault("persons", "fault-missing", "");
    }
    // Each data set is a record.
    if format == "dicom" && !has_reason && !section.has("persons") {
        section.fault("persons", "fault-missing", "");
    }
}

fn read_rules(
    section: &ConfigSection<'_>,
    format: &str,
    kinds: &[IdentifierKind],
    shared: &SharedBlocks,
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
        "events" => {
            let name = |text: &str| Ok(NameGlob::new(text));
            let events = shared.read_parts((section, "events"), kinds, name)?;
            let rule = |(names, block)| EventRule { names, block };
            Some(BlockRules::Events(EventRules {
                events: events.into_iter().map(rule).collect(),
            }))
        }
        "zip" => Some(BlockRules::Zip(ZipRules {
            entries: shared
                .read_parts((section, "entries"), kinds, EntryName::parse)?
                .into_iter()
                .map(|(names, block)| EntryRules { names, block })
                .collect(),
            entries_max: section
                .number("entries_max")
                .map_or(ENTRIES_USUAL, |most| most as usize),
            ratio_max: section
                .number("ratio_max")
                .map_or(RATIO_USUAL, |most| most as usize),
        })),
        "pdf" => {
            let records = [
                ("pages", PdfRecords::Pages),
                ("document", PdfRecords::Document),
            ];
            Some(BlockRules::Pdf(PdfRules {
                records: section.choice("records", &records).unwrap_or_default(),
                pictures: read_pictures(section),
            }))
        }
        "dicom" => Some(BlockRules::Dicom(DicomRules {
            pictures: read_pictures(section),
            rules: each(&persons, |rule| read_dicom_rule(rule, kinds))?,
        })),
        "nobody" => Some(BlockRules::Nobody),
        _ => {
            section.fault("format", "fault-value", FORMATS);
            None
        }
    }
}

fn read_pictures(section: &ConfigSection<'_>) -> PicturesChoice {
    let pictures = [
        ("refuse", PicturesChoice::Refuse),
        ("ignore", PicturesChoice::ShowNobody),
    ];
    section.choice("pictures", &pictures).unwrap_or_default()
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
    let rules = each(persons, |rule| read_json_rule(rule, kinds));
    let compare = each(compare, |rule| read_json_rule(rule, kinds));
    let map = JsonMap {
        records: section.parse_all("records", jsonpath::RecordPath::parse),
        empty: section.parse_all("empty", jsonpath::RecordPath::parse),
        no_person: section.parse_all("no_person", jsonpath::RecordPath::parse),
        fields: section.texts("fields"),
        // Last, when every key has been read: a fault of a rule makes none of them unknown.
        rules: rules?,
        compare: compare?,
    };
    section.accept("persons", JsonRules::new(map))
}

fn read_xml(
    section: &ConfigSection<'_>,
    persons: &[ConfigSection<'_>],
    compare: &[ConfigSection<'_>],
    kinds: &[IdentifierKind],
) -> Option<XmlRules> {
    let rules = each(persons, |rule| read_xml_rule(rule, kinds));
    let compare = each(compare, |rule| read_xml_rule(rule, kinds));
    let rules = XmlRules {
        records: section.parse_all("records", XmlPath::parse),
        empty: section.parse_all("empty", XmlPath::parse),
        no_person: section.parse_all("no_person", XmlPath::parse),
        rules: rules?,
        compare: compare?,
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

fn read_dicom_rule(section: &ConfigSection<'_>, kinds: &[IdentifierKind]) -> Option<DicomRule> {
    let pick = read_pick(section, kinds);
    let path = section.need("at", DicomPath::parse);
    Some(DicomRule {
        path: path?,
        pick: pick?,
        is_own: section.boolean("own"),
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
    // A table of other things: its columns are named, and the map says why they show nobody.
    let shows_nobody =
        persons.is_empty() && section.has("no_records") && !section.texts("fields").is_empty();
    if !shows_nobody && !columns.iter().any(|rule| rule.is_own) {
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
    use digue_inspect::events::PieceEnd;

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

    fn read_map(text: &str) -> Result<Vec<digue_inspect::RuleBlock>, Vec<(usize, &'static str)>> {
        let folder = tempfile::tempdir().unwrap();
        let map = format!(
            "[portal]\nname = \"p\"\nurl = \"https://p.exemple.fr\"\nupstream = \"http://127.0.0.1:9\"\n\
             [identifiers.id]\nprimary = true\n{text}"
        );
        let file = folder.path().join("p.toml");
        std::fs::write(&file, map).unwrap();
        let (mut faults, mut warnings) = (Vec::new(), Vec::new());
        let read = portal_map::read(Path::new(&file), &mut faults, &mut warnings);
        let all = faults.iter().chain(&warnings);
        let said: Vec<(usize, &str)> = all.map(|fault| (fault.line, fault.key)).collect();
        let is_loss = |(_, key): &(usize, &str)| *key == "warning-headers-lost";
        let said: Vec<_> = said.into_iter().filter(|one| !is_loss(one)).collect();
        match read {
            Some(map) if said.is_empty() => Ok(map.portal.routes[0].response.blocks.clone()),
            _ => Err(said),
        }
    }

    const ROUTE: &str =
        "[[routes]]\nname = \"l\"\npath = \"/l\"\nmethods = [\"GET\"]\naction = \"list\"\n";

    #[test]
    fn a_shared_block_is_read_once_and_used_by_name() {
        let shared = "[blocks.liste]\nformat = \"json\"\nrecords = [\"$.i[*]\"]\n\
                      persons = [{ as = \"id\", at = \"$.i[*].id\" }]\n";
        let used = |more: &str| {
            read_map(&format!(
                "{shared}{ROUTE}[[routes.response]]\nuse = \"liste\"\n{more}"
            ))
        };
        let blocks = used("").unwrap();
        assert_eq!(blocks[0].types, ["application/json", "text/json", "*+json"]);
        let blocks = used("types = [\"Application/X\"]\nstatus = [\"200\", \"4xx\"]").unwrap();
        assert_eq!(blocks[0].types, ["application/x"]);
        assert_eq!(blocks[0].statuses.len(), 2);
        assert_eq!(
            used("records = [\"$\"]").err(),
            Some(vec![(18, "fault-unknown-name")])
        );
        let unknown = format!("{shared}{ROUTE}[[routes.response]]\nuse = \"autre\"\n");
        assert_eq!(
            read_map(&unknown).err(),
            Some(vec![
                (17, "fault-unknown-block"),
                (7, "warning-block-unused")
            ])
        );
        // A fault is reported where the block stands, once.
        let broken = shared.replace("$.i[*].id", "$.[");
        let twice = "[[routes.response]]\nuse = \"liste\"\n".repeat(2);
        let faults = read_map(&format!("{broken}{ROUTE}{twice}")).unwrap_err();
        assert_eq!(faults, [(10, "fault-value")]);
    }

    #[test]
    fn an_archive_says_how_each_entry_is_read() {
        let zip = |entries: &str| {
            read_map(&format!(
                "{ROUTE}[[routes.response]]\nformat = \"zip\"\nentries = [{entries}]\n"
            ))
        };
        let csv =
            "{ name = \"*.csv\", format = \"csv\", persons = [{ as = \"id\", at = \"id\" }] }";
        assert!(zip(csv).is_ok());
        assert!(
            zip(&format!(
                "{csv}, {{ name = \"*.png\", format = \"nobody\" }}"
            ))
            .is_ok()
        );
        assert_eq!(zip("").err(), Some(vec![(14, "fault-missing")]));
        let nested = format!("{{ name = \"*.zip\", format = \"zip\", entries = [{csv}] }}");
        assert_eq!(zip(&nested).err(), Some(vec![(14, "fault-archive-within")]));
        assert_eq!(
            zip("{ format = \"nobody\", types = [\"a/b\"] }").err(),
            Some(vec![(14, "fault-missing")])
        );
        let drop = csv.replace("persons", "outside = \"drop\", persons");
        assert_eq!(zip(&drop).err(), Some(vec![(14, "fault-outside-format")]));
    }

    #[test]
    fn a_stream_says_how_each_event_is_read() {
        let events = |keys: &str| {
            read_map(&format!(
                "{ROUTE}[[routes.response]]\nformat = \"events\"\n{keys}"
            ))
        };
        let rules = "records = [\"$\"], persons = [{ as = \"id\", at = \"$.id\" }]";
        let keys = format!(
            "events = [{{ name = \"message\", format = \"json\", {rules} }}, \
             {{ name = [\"ping\", \"etat-*\"], format = \"nobody\" }}]\nevent_bytes = \"8KiB\"\n"
        );
        let blocks = events(&keys).unwrap();
        let stream = blocks[0].stream.unwrap();
        assert_eq!(
            (stream.end, stream.piece_bytes_max),
            (PieceEnd::BlankLine, 8 << 10)
        );
        assert_eq!(events("").err(), Some(vec![(12, "fault-missing")]));
        let lines = |more: &str| {
            let rules = rules.replace(", persons", "\npersons");
            let block = format!("[[routes.response]]\nformat = \"ndjson\"\n{rules}\n{more}");
            read_map(&format!("{ROUTE}{block}"))
        };
        assert_eq!(lines("").unwrap()[0].stream, None);
        let stream = lines("stream = true\n").unwrap()[0].stream.unwrap();
        assert_eq!(
            (stream.end, stream.piece_bytes_max),
            (PieceEnd::Line, 256 << 10)
        );
        let cut = lines("stream = true\noutside = \"drop\"\n");
        assert_eq!(cut.err(), Some(vec![(16, "fault-stream")]));
    }

    #[test]
    fn a_pdf_says_what_its_records_are_and_what_is_searched_for() {
        let pdf = |keys: &str| {
            read_map(&format!(
                "{ROUTE}[[routes.response]]\nformat = \"pdf\"\n{keys}"
            ))
        };
        let sweep = "sweep = [{ as = \"id\", pattern = \"P[0-9]{4}\" }]\n";
        for records in [
            "records = \"pages\"",
            "records = \"document\"",
            "no_records = \"avis\"",
        ] {
            assert!(pdf(&format!("{sweep}pictures = \"ignore\"\n{records}\n")).is_ok());
        }
        let of = |keys: &str| pdf(keys).err();
        assert_eq!(of(sweep), Some(vec![(12, "fault-no-records")]));
        assert_eq!(
            of("records = \"pages\"\n"),
            Some(vec![(12, "fault-missing")])
        );
        let odd = format!("{sweep}records = \"lines\"\n");
        assert_eq!(of(&odd), Some(vec![(15, "fault-value")]));
    }

    #[test]
    fn a_dicom_file_says_which_elements_name_the_person() {
        let dicom = |keys: &str| {
            read_map(&format!(
                "{ROUTE}[[routes.response]]\nformat = \"dicom\"\n{keys}"
            ))
        };
        for at in [
            "PatientID",
            "0010,0020",
            "OtherPatientIDsSequence.PatientID",
            "0029,1010",
        ] {
            let blocks = dicom(&format!(
                "pictures = \"ignore\"\npersons = [{{ as = \"id\", at = \"{at}\" }}]\n"
            ));
            assert_eq!(blocks.unwrap()[0].types, ["application/dicom"], "{at}");
        }
        let of = |keys: &str| dicom(keys).err();
        assert_eq!(of(""), Some(vec![(12, "fault-missing")]));
        assert!(dicom("no_records = \"protocoles\"\n").is_ok());
        let unknown = "persons = [{ as = \"id\", at = \"PatientNumber\" }]\n";
        assert_eq!(of(unknown), Some(vec![(14, "fault-value")]));
        let drop = "outside = \"drop\"\npersons = [{ as = \"id\", at = \"PatientID\" }]\n";
        assert_eq!(of(drop), Some(vec![(14, "fault-outside-format")]));
    }

    #[test]
    fn blocks_for_one_type_are_alternatives_and_cannot_rewrite() {
        let block = |more: &str| {
            format!("[[routes.response]]\nformat = \"json\"\n{LIST}{more}").replace("$.i", "$.j")
        };
        let both = |more: &str| read_map(&format!("{ROUTE}{}{}", block(""), block(more)));
        assert!(both("").is_ok());
        assert_eq!(
            both("outside = \"drop\"\n").err(),
            Some(vec![(12, "fault-outside-alternatives")])
        );
        let apart = format!(
            "{ROUTE}{}{}",
            block("status = \"200\"\n"),
            block("status = \"404\"\noutside = \"drop\"\n")
        );
        assert!(read_map(&apart).is_ok());
        let many = block("").repeat(9);
        assert_eq!(
            read_map(&format!("{ROUTE}{many}")).err(),
            Some(vec![(12, "fault-alternatives")])
        );
        let nobody = "[[routes.response]]\nformat = \"nobody\"\ntypes = \"text/json\"\n";
        assert_eq!(
            read_map(&format!("{ROUTE}{}{nobody}", block(""))).err(),
            Some(vec![(12, "fault-nobody-alternatives")])
        );
    }
}
