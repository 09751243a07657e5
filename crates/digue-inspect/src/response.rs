//! Inspects one response: chooses the block of rules for its type, reads it, and concludes whom it
//! shows and why that is known. Whether it may leave is decided elsewhere.

pub mod events;
pub(crate) mod multipart;
pub mod zip;

use std::borrow::Cow;
use std::collections::HashSet;

use digue_types::visible::is_blank;
use digue_types::{ReadFailure, UnreadCause, UnreadPlace};

use crate::dicom::{self, DicomRules};
use crate::error_page;
use crate::html::{self, HtmlRecords, HtmlRules};
use crate::json::{JsonRules, Masking, without_guard};
use crate::limits::InspectionLimits;
use crate::media_type::MediaType;
use crate::pdf::{self, PdfRules};
use crate::resource_form::{HEAD_BYTES, is_mislabelled, is_program_type};
use crate::xml::{self, XmlRules};
use digue_identifiers::collector::Collector;
use digue_identifiers::identifier::{Identifier, IdentifierKind, Pick};
use digue_identifiers::reading::{ReadingTally, ResponseReading, Unreadable, WhyNobody};
use digue_tables::csv_table;
use digue_tables::table::TableRules;
use digue_tables::xlsx;

use events::{EventRules, StreamRules};
use zip::ZipRules;

/// How responses of one route are read: by the blocks for their media type and status.
#[derive(Clone, Debug, Default)]
pub struct ResponseRules {
    pub blocks: Vec<RuleBlock>,
    pub errors: Option<ErrorRules>,
}

#[derive(Clone, Debug)]
pub struct RuleBlock {
    /// Media types without parameters, lower case; suffixes such as `*+json` are supported.
    pub types: Vec<String>,
    /// Statuses of the answers that it reads; empty for all.
    pub statuses: Vec<StatusPattern>,
    pub rules: BlockRules,
    /// Patterns searched for in every text, besides the rules.
    pub sweep: Vec<Pick>,
    /// Why the map names no records; on its word, nobody found is then nobody shown.
    pub without_records: Option<String>,
    /// Statuses whose answers may have no record.
    pub empty_statuses: Vec<StatusPattern>,
    /// How many of a thousand texts may lie outside the map's description; `None` does not count
    /// them.
    pub undescribed_max: Option<u16>,
    /// What becomes of records with persons who may not be shown.
    pub outside: OutsideChoice,
    /// Set where pieces of the response leave while others still come.
    pub stream: Option<StreamRules>,
}

/// What the map wants done about records with persons who may not be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum OutsideChoice {
    /// The response is refused.
    #[default]
    Refuse,
    /// They are taken out, and the others leave.
    Drop,
    /// Their values are replaced, and the others leave as they are.
    Mask,
}

impl RuleBlock {
    /// A block that describes everything: no text may lie outside it.
    pub fn new(types: Vec<String>, rules: BlockRules) -> Self {
        Self {
            types,
            statuses: vec![],
            rules,
            sweep: vec![],
            without_records: None,
            empty_statuses: vec![],
            undescribed_max: Some(0),
            outside: OutsideChoice::Refuse,
            stream: None,
        }
    }
}

impl ResponseRules {
    /// The blocks that read responses of this type and status. Several are alternatives.
    pub(crate) fn blocks_for<'r>(
        &'r self,
        media: &'r MediaType,
        status: u16,
    ) -> impl Iterator<Item = &'r RuleBlock> {
        let fits_status = move |block: &&RuleBlock| {
            block.statuses.is_empty() || block.statuses.iter().any(|known| known.fits(status))
        };
        let blocks = self.blocks.iter().filter(fits_status);
        blocks.filter(|block| media.fits_one(&block.types))
    }

    /// The only block for this type and status; `None` where there is none or a choice.
    pub(crate) fn only_block_for<'r>(
        &'r self,
        media: &'r MediaType,
        status: u16,
    ) -> Option<&'r RuleBlock> {
        let mut blocks = self.blocks_for(media, status);
        let first = blocks.next();
        first.filter(|_| blocks.next().is_none())
    }

    /// How a response of this type is released while it still comes; `None` where it is held whole.
    pub fn stream_of(&self, content_type: Option<&str>, status: u16) -> Option<StreamRules> {
        let media = MediaType::parse(content_type.unwrap_or_default());
        self.only_block_for(&media, status)?.stream
    }

    /// What the map says about records of persons who may not be shown, in responses of this type.
    pub fn outside_of(&self, content_type: Option<&str>, status: u16) -> OutsideChoice {
        let media = MediaType::parse(content_type.unwrap_or_default());
        self.only_block_for(&media, status)
            .map_or(OutsideChoice::Refuse, |block| block.outside)
    }
}

/// The map's rules for error pages of the whole portal: short answers with these statuses and types
/// may have no record.
#[derive(Clone, Debug, Default)]
pub struct ErrorRules {
    pub statuses: Vec<StatusPattern>,
    pub types: Vec<String>,
    /// The most bytes of such an answer, once decoded.
    pub bytes_max: usize,
    /// Patterns searched for in pages of a type that the route has no block for, besides those of
    /// its blocks.
    pub sweep: Vec<Pick>,
}

/// `404`, or all of `4xx`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusPattern {
    One(u16),
    Class(u16),
}

impl StatusPattern {
    /// Parses `404` or `4xx`.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let expected = "404 | 4xx | 5xx";
        if let Some(class) = text.strip_suffix("xx") {
            let class: u16 = class.parse().map_err(|_| expected)?;
            return if (1..=5).contains(&class) {
                Ok(Self::Class(class))
            } else {
                Err(expected)
            };
        }
        let status: u16 = text.parse().map_err(|_| expected)?;
        if (100..=599).contains(&status) {
            Ok(Self::One(status))
        } else {
            Err(expected)
        }
    }

    pub const fn fits(self, status: u16) -> bool {
        match self {
            Self::One(one) => one == status,
            Self::Class(class) => class == status / 100,
        }
    }
}

#[derive(Clone, Debug)]
pub enum BlockRules {
    Json(JsonRules),
    NdJson(JsonRules),
    Html(HtmlRules),
    Csv(TableRules),
    Xlsx(TableRules),
    Xml(XmlRules),
    Zip(ZipRules),
    Events(EventRules),
    /// Swept, every page and everything beside the pages.
    Pdf(PdfRules),
    Dicom(DicomRules),
    /// Only swept. With `is_record_per_line`, every line that is not blank must contain an
    /// identifier.
    Text {
        is_record_per_line: bool,
    },
    /// The map states that responses of this type show nobody, such as an image.
    Nobody,
}

/// The media types of a format, when the map names none.
pub fn usual_types(format: &str) -> &'static [&'static str] {
    match format {
        "json" => &["application/json", "text/json", "*+json"],
        "ndjson" => &[
            "application/x-ndjson",
            "application/ndjson",
            "application/jsonl",
        ],
        "html" => &["text/html", "application/xhtml+xml"],
        "csv" => &["text/csv", "application/csv", "text/tab-separated-values"],
        "xlsx" => &["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"],
        "xml" => &["application/xml", "text/xml", "*+xml"],
        "text" => &["text/plain"],
        "events" => &["text/event-stream"],
        "pdf" => &["application/pdf"],
        "dicom" => &["application/dicom"],
        "zip" => &["application/zip", "application/x-zip-compressed"],
        _ => &[],
    }
}

/// A response as the portal sent it.
#[derive(Clone, Copy, Debug)]
pub struct Message<'m> {
    pub status: u16,
    /// The value of `Content-Type`.
    pub content_type: Option<&'m str>,
    /// The values of `Content-Encoding`, joined with commas.
    pub content_encoding: &'m str,
    pub body: &'m [u8],
}

/// Inspects a response for the persons that it shows.
pub fn inspect(
    rules: &ResponseRules,
    kinds: &[IdentifierKind],
    message: &Message<'_>,
    limits: &InspectionLimits,
) -> ResponseReading {
    read(rules, kinds, message, limits, None)
}

/// Inspects what is left of a response; records that `masking` has masked count as read.
pub(crate) fn inspect_rewritten(
    rules: &ResponseRules,
    kinds: &[IdentifierKind],
    message: &Message<'_>,
    limits: &InspectionLimits,
    masking: Option<&Masking>,
) -> ResponseReading {
    read(rules, kinds, message, limits, masking)
}

fn read(
    rules: &ResponseRules,
    kinds: &[IdentifierKind],
    message: &Message<'_>,
    limits: &InspectionLimits,
    masking: Option<&Masking>,
) -> ResponseReading {
    match read_counted(rules, kinds, message, limits, masking) {
        Ok((reading, _)) => reading,
        Err(unreadable) => ResponseReading::Unreadable(unreadable),
    }
}

/// Whom a response shows, and how many bytes its reader unpacked.
fn read_counted(
    rules: &ResponseRules,
    kinds: &[IdentifierKind],
    message: &Message<'_>,
    limits: &InspectionLimits,
    masking: Option<&Masking>,
) -> Result<(ResponseReading, usize), Unreadable> {
    let nobody = |why| Ok((ResponseReading::ShowsNobody(why), 0));
    if message.body.is_empty() {
        return nobody(WhyNobody::EmptyBody);
    }
    let media = MediaType::parse(message.content_type.unwrap_or_default());
    let errors = rules
        .errors
        .as_ref()
        .filter(|errors| errors.statuses.iter().any(|s| s.fits(message.status)));
    let blocks: Vec<&RuleBlock> = rules.blocks_for(&media, message.status).collect();
    // No block for this type is not "nothing to see": the response is unreadable unless it is an
    // error page.
    let Some(first) = blocks.first() else {
        if multipart::is_multipart(&media) {
            let limit = limits.decoded_bytes_max;
            let bytes = digue_decode::decode(message.content_encoding, message.body, limit)?;
            let decoded = (&media, message.status, &bytes[..]);
            return Ok((multipart::read(rules, kinds, decoded, limits)?, 0));
        }
        let is_error_page = errors.is_some_and(|errors| media.fits_one(&errors.types));
        return match errors {
            Some(errors) if is_error_page => Ok((
                read_error_page(rules, errors, kinds, &media, message, limits)?,
                0,
            )),
            _ => Err(ReadFailure::new(UnreadCause::MediaType)
                .at(media.place())
                .into()),
        };
    };
    // What the map says of a type holds for that type: a table is no picture because it is called one.
    if matches!(first.rules, BlockRules::Nobody) {
        let limit = limits.decoded_bytes_max;
        if is_program_type(&media.essence) {
            let bytes = digue_decode::decode(message.content_encoding, message.body, limit)?;
            if is_mislabelled(&media.essence, &bytes[..bytes.len().min(HEAD_BYTES)]) {
                return Err(ReadFailure::new(UnreadCause::MediaType)
                    .at(media.place())
                    .into());
            }
        }
        return nobody(WhyNobody::Stated);
    }
    let bytes = digue_decode::decode(
        message.content_encoding,
        message.body,
        limits.decoded_bytes_max,
    )?;
    let decoded = DecodedBody {
        media: &media,
        status: message.status,
        bytes: &bytes,
        is_short_error: errors.is_some_and(|errors| bytes.len() <= errors.bytes_max),
    };
    let mut read: Result<(ResponseReading, usize), Option<Unreadable>> = Err(None);
    for block in blocks {
        let by_block = read_by(block, kinds, &decoded, limits, masking);
        read = match (read, by_block) {
            // Of several descriptions that fit, each may see persons that the others do not.
            (Ok((one, first)), Ok((other, more))) => {
                Ok((union(one, other), first.saturating_add(more)))
            }
            (Ok(one), Err(_)) => Ok(one),
            (Err(_), Ok(other)) => Ok(other),
            (Err(first), Err(unreadable)) => Err(first.or(Some(unreadable))),
        };
    }
    read.map_err(|first| first.expect("there is a block, and a block that does not read says why"))
}

/// A decoded body, as the blocks of its type read it.
struct DecodedBody<'m> {
    media: &'m MediaType,
    status: u16,
    bytes: &'m [u8],
    /// A short answer to a failed request, by the map's rules for error pages.
    is_short_error: bool,
}

/// Reads a body by one block.
fn read_by(
    block: &RuleBlock,
    kinds: &[IdentifierKind],
    body: &DecodedBody<'_>,
    limits: &InspectionLimits,
    masking: Option<&Masking>,
) -> Result<(ResponseReading, usize), Unreadable> {
    let mut found = Collector::new(kinds, &block.sweep, limits.identifiers_max);
    let text = (body.media.charset.as_deref(), body.bytes);
    let read = block.read(text, body.status, limits, masking, &mut found);
    let concluded =
        read.and_then(|tally| Ok((block.conclude(body.status, &tally, &found)?, tally.unpacked)));
    match concluded {
        Ok((why, unpacked)) => Ok((reading(why, found), unpacked)),
        // A short answer to a failed request may have no record, unless it holds an identifier or
        // has the form of data.
        Err(unreadable)
            if body.is_short_error && block.is_one_text() && block.lacks_record(&unreadable) =>
        {
            // Reading may have ended at the record without an identifier: what follows it is
            // searched here.
            let text = digue_decode::text(body.media.charset.as_deref(), body.bytes)?;
            found.sweep(&text, UnreadPlace::default)?;
            check_words(body.media, body.bytes, limits)?;
            Ok((reading(Some(WhyNobody::Status), found), 0))
        }
        Err(unreadable) => Err(unreadable),
    }
}

/// What two descriptions of the same body show together.
fn union(one: ResponseReading, other: ResponseReading) -> ResponseReading {
    match (one, other) {
        (ResponseReading::Persons(mut all), ResponseReading::Persons(more)) => {
            let known: HashSet<Identifier> = all.identifiers().cloned().collect();
            let new = |(identifier, _): &(Identifier, _)| !known.contains(identifier);
            all.found.extend(more.found.into_iter().filter(new));
            all.compared.extend(more.compared);
            all.rules.extend(more.rules);
            all.rules.sort();
            all.rules.dedup();
            ResponseReading::Persons(all)
        }
        (ResponseReading::Unreadable(_) | ResponseReading::ShowsNobody(_), persons) => persons,
        (persons, ResponseReading::Unreadable(_) | ResponseReading::ShowsNobody(_)) => persons,
    }
}

/// Reads an error page of a type for which the route has no block: only short ones, and only after
/// a sweep.
fn read_error_page(
    rules: &ResponseRules,
    errors: &ErrorRules,
    kinds: &[IdentifierKind],
    media: &MediaType,
    message: &Message<'_>,
    limits: &InspectionLimits,
) -> Result<ResponseReading, Unreadable> {
    let limit = errors.bytes_max.min(limits.decoded_bytes_max);
    let bytes = digue_decode::decode(message.content_encoding, message.body, limit)?;
    let text = digue_decode::text(media.charset.as_deref(), &bytes)?;
    // The route has no block for this type, so the patterns of all its blocks apply. It may have
    // none at all.
    let of_blocks = rules.blocks.iter().flat_map(|block| &block.sweep);
    let sweep: Vec<Pick> = of_blocks.chain(&errors.sweep).cloned().collect();
    let mut found = Collector::new(kinds, &sweep, limits.identifiers_max);
    found.sweep(&text, UnreadPlace::default)?;
    check_words(media, &bytes, limits)?;
    Ok(reading(Some(WhyNobody::Status), found))
}

/// Checks that a short answer to a failed request does not have the form of data.
fn check_words(
    media: &MediaType,
    bytes: &[u8],
    limits: &InspectionLimits,
) -> Result<(), Unreadable> {
    let is_usual = |format| usual_types(format).iter().any(|known| media.fits(known));
    let charset = media.charset.as_deref();
    if is_usual("json") {
        error_page::check_json(without_guard(&digue_decode::text(charset, bytes)?))
    } else if is_usual("html") {
        error_page::check_html(charset, bytes, limits)
    } else {
        Ok(())
    }
}

fn reading(why: Option<WhyNobody>, found: Collector<'_>) -> ResponseReading {
    match why {
        Some(why) if found.count() == 0 => ResponseReading::ShowsNobody(why),
        _ => ResponseReading::Persons(found.into_shown()),
    }
}

impl RuleBlock {
    /// True for formats whose bodies are one text. What is packed, or has several parts, is read
    /// part by part, and after the first failure the others have not been looked at.
    const fn is_one_text(&self) -> bool {
        match &self.rules {
            BlockRules::Json(_)
            | BlockRules::NdJson(_)
            | BlockRules::Html(_)
            | BlockRules::Csv(_)
            | BlockRules::Xml(_)
            | BlockRules::Text { .. } => true,
            BlockRules::Xlsx(_)
            | BlockRules::Zip(_)
            | BlockRules::Events(_)
            | BlockRules::Pdf(_)
            | BlockRules::Dicom(_)
            | BlockRules::Nobody => false,
        }
    }

    /// What its rules for persons take.
    pub fn picks(&self) -> Vec<&Pick> {
        match &self.rules {
            BlockRules::Json(json) | BlockRules::NdJson(json) => json.picks().collect(),
            BlockRules::Html(html) => html.rules.iter().map(|rule| &rule.pick).collect(),
            BlockRules::Csv(table) | BlockRules::Xlsx(table) => {
                table.columns.iter().map(|column| &column.pick).collect()
            }
            BlockRules::Xml(xml) => xml.rules.iter().map(|rule| &rule.pick).collect(),
            BlockRules::Zip(zip) => {
                let entries = zip.entries.iter();
                entries.flat_map(|entry| entry.block.picks()).collect()
            }
            BlockRules::Events(events) => {
                let events = events.events.iter();
                events.flat_map(|event| event.block.picks()).collect()
            }
            BlockRules::Dicom(dicom) => dicom.rules.iter().map(|rule| &rule.pick).collect(),
            BlockRules::Pdf(_) | BlockRules::Text { .. } | BlockRules::Nobody => Vec::new(),
        }
    }

    pub(crate) fn read(
        &self,
        (charset, bytes): (Option<&str>, &[u8]),
        status: u16,
        limits: &InspectionLimits,
        masking: Option<&Masking>,
        found: &mut Collector<'_>,
    ) -> Result<ReadingTally, Unreadable> {
        match &self.rules {
            BlockRules::Json(json) => {
                let text = json_text(charset, bytes, found)?;
                json.read_with(masking, without_guard(&text), found)
            }
            BlockRules::NdJson(json) => {
                let text = json_text(charset, bytes, found)?;
                json.read_lines_with(masking, without_guard(&text), found)
            }
            BlockRules::Html(html) => html::read(html, charset, bytes, limits, found),
            BlockRules::Csv(table) => {
                csv_table::read(table, &digue_decode::text(charset, bytes)?, found)
            }
            BlockRules::Xlsx(table) => xlsx::read(table, bytes, limits.decoded_bytes_max, found),
            BlockRules::Xml(rules) => {
                xml::read(rules, &digue_decode::xml_text(charset, bytes)?, found)
            }
            BlockRules::Pdf(rules) => pdf::read(*rules, bytes, limits, found),
            BlockRules::Dicom(rules) => dicom::read(rules, bytes, limits, found),
            BlockRules::Events(rules) => events::read(rules, bytes, status, limits, found),
            BlockRules::Zip(rules) => zip::read(rules, bytes, status, limits, found),
            BlockRules::Text { is_record_per_line } => read_text(
                *is_record_per_line,
                &digue_decode::text(charset, bytes)?,
                found,
            ),
            BlockRules::Nobody => Ok(ReadingTally::default()),
        }
    }

    /// The reason that would make "nobody found" mean "nobody shown"; `None` when there were
    /// records.
    ///
    /// # Errors
    /// Too much text is undescribed, or there is neither a record nor a reason.
    pub(crate) fn conclude(
        &self,
        status: u16,
        tally: &ReadingTally,
        found: &Collector<'_>,
    ) -> Result<Option<WhyNobody>, Unreadable> {
        if let Some(permille) = self.undescribed_max
            // Multiplied, not divided: with a limit of 0, a single undescribed text of a million is
            // too many.
            && tally.undescribed * 1000 > tally.texts * u64::from(permille)
        {
            let first = tally.first_undescribed.clone().unwrap_or_default();
            let place = first.and(" (").and_number(tally.undescribed).and(")");
            return Err(ReadFailure::new(UnreadCause::Undescribed).at(place).into());
        }
        if tally.records > 0 {
            return Ok(None);
        }
        let by_status = self
            .empty_statuses
            .iter()
            .any(|pattern| pattern.fits(status));
        let stated = self.without_records.is_some().then_some(WhyNobody::Stated);
        let why = tally
            .nobody
            .or(by_status.then_some(WhyNobody::Status))
            .or(stated);
        match why {
            Some(why) => Ok(Some(why)),
            None => {
                let place = UnreadPlace::default()
                    .and_number(found.count() as u64)
                    .and(" outside of records");
                Err(ReadFailure::new(UnreadCause::NoRecord).at(place).into())
            }
        }
    }

    /// True when the response lacks what the map describes, rather than having something that
    /// cannot be read.
    ///
    /// Of several records, one without an identifier ends the reading, and what follows was not
    /// seen. Where the whole answer is one record, it was seen.
    fn lacks_record(&self, unreadable: &Unreadable) -> bool {
        match unreadable.detail.cause {
            UnreadCause::NoRecord | UnreadCause::Undescribed => true,
            UnreadCause::NamelessRecord => match &self.rules {
                BlockRules::Json(json) => json.is_one_record(),
                BlockRules::Html(html) => matches!(html.records, HtmlRecords::Page),
                BlockRules::NdJson(_)
                | BlockRules::Csv(_)
                | BlockRules::Xlsx(_)
                | BlockRules::Xml(_)
                | BlockRules::Zip(_)
                | BlockRules::Events(_)
                | BlockRules::Pdf(_)
                | BlockRules::Dicom(_)
                | BlockRules::Text { .. }
                | BlockRules::Nobody => false,
            },
            _ => false,
        }
    }
}

/// The text of JSON. Browsers read JSON as UTF-8 (RFC 8259, 8.1); older servers write ISO 8859-1
/// without declaring it. Both readings are swept: a byte that is a letter in one and invalid in the
/// other could hide the identifier next to it.
fn json_text<'b>(
    charset: Option<&str>,
    bytes: &'b [u8],
    found: &mut Collector<'_>,
) -> Result<Cow<'b, str>, Unreadable> {
    let text = digue_decode::text(charset, bytes);
    // Text that is the bytes themselves is UTF-8: nothing needs to look a second time.
    let is_utf8 = matches!(&text, Ok(Cow::Borrowed(text)) if text.len() == bytes.len());
    // Whatever character set is declared: a script reads UTF-8 all the same.
    if !is_utf8 && found.has_sweep() {
        found.sweep(&String::from_utf8_lossy(bytes), UnreadPlace::default)?;
    }
    text
}

fn read_text(
    is_record_per_line: bool,
    text: &str,
    found: &mut Collector<'_>,
) -> Result<ReadingTally, Unreadable> {
    let mut tally = ReadingTally::default();
    if !is_record_per_line {
        found.sweep(text, UnreadPlace::default)?;
        return Ok(tally);
    }
    // Everything that some program treats as a line end: a record must not hide on another's line.
    let ends = [
        '\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}',
    ];
    for (number, line) in (1..)
        .zip(text.split(ends))
        .filter(|(_, line)| !is_blank(line))
    {
        let place = || UnreadPlace::numbered("line ", number);
        if !found.holds_identifier(line) {
            return Err(ReadFailure::new(UnreadCause::NamelessRecord)
                .at(place())
                .into());
        }
        found.sweep(line, place)?;
        tally.records += 1;
    }
    Ok(tally)
}

#[cfg(test)]
mod tests {
    use digue_identifiers::pattern::SearchPattern;
    use digue_types::Means;

    use super::*;
    use crate::json::{JsonMap, JsonRule};
    use crate::jsonpath::RecordPath;

    fn kinds() -> Vec<IdentifierKind> {
        vec![IdentifierKind {
            name: "id".into(),
            steps: vec![],
            shape: None,
        }]
    }

    fn path(text: &str) -> RecordPath {
        RecordPath::parse(text).unwrap()
    }

    fn block(sweep: Option<&str>) -> RuleBlock {
        let map = JsonMap {
            rules: vec![JsonRule::new(
                path("$.items[*].id"),
                Pick::whole(0, "$.items[*].id"),
            )],
            records: vec![path("$.items[*]")],
            empty: vec![path("$.items[*]")],
            no_person: vec![path("$.page")],
            ..JsonMap::default()
        };
        let types = usual_types("json")
            .iter()
            .map(|t| (*t).to_owned())
            .collect();
        let mut block = RuleBlock::new(types, BlockRules::Json(JsonRules::new(map).unwrap()));
        block.sweep = sweep
            .map(|p| Pick::by_pattern(0, SearchPattern::new(p).unwrap(), "sweep"))
            .into_iter()
            .collect();
        block
    }

    fn look_with(
        rules: &ResponseRules,
        status: u16,
        content_type: &str,
        body: &str,
    ) -> ResponseReading {
        let message = Message {
            status,
            content_type: Some(content_type),
            content_encoding: "",
            body: body.as_bytes(),
        };
        inspect(rules, &kinds(), &message, &InspectionLimits::default())
    }

    fn look(content_type: &str, body: &str) -> ResponseReading {
        let rules = ResponseRules {
            blocks: vec![block(None)],
            errors: None,
        };
        look_with(&rules, 200, content_type, body)
    }

    #[track_caller]
    fn check_cause(reading: ResponseReading, cause: UnreadCause) {
        assert!(
            matches!(&reading, ResponseReading::Unreadable(why) if why.detail.cause == cause),
            "{reading:?}"
        );
    }

    #[track_caller]
    fn check_count(reading: ResponseReading, count: usize) {
        assert!(
            matches!(&reading, ResponseReading::Persons(shown) if shown.found.len() == count),
            "{reading:?}"
        );
    }

    const ONE: &str = r#"{"items":[{"id":1,"nom":"x"}]}"#;

    #[test]
    fn chooses_the_block_by_media_type() {
        check_count(look("application/json; charset=utf-8", ONE), 1);
        check_count(look("application/json; charset=\"\"", ONE), 1);
        check_count(look("Application/Problem+JSON", ONE), 1);
        check_cause(look("text/html", ONE), UnreadCause::MediaType);
        check_cause(look("", ONE), UnreadCause::MediaType);
        assert_eq!(
            look("", ""),
            ResponseReading::ShowsNobody(WhyNobody::EmptyBody)
        );
    }

    #[test]
    fn nobody_found_is_nobody_shown_only_where_the_map_says_so() {
        let empty = ResponseReading::ShowsNobody(WhyNobody::DescribedAsEmpty);
        assert_eq!(look("application/json", r#"{"items":[]}"#), empty);
        assert_eq!(
            look("application/json", r#"{"items":[],"page":{"of":"x"}}"#),
            empty
        );
        for body in [
            "{}",
            "[]",
            r#"{"item":[]}"#,
            r#"{"items":{"a":null}}"#,
            "7",
            "null",
            "true",
        ] {
            check_cause(look("application/json", body), UnreadCause::NoRecord);
        }
    }

    #[test]
    fn a_block_may_be_for_some_statuses_only() {
        let mut ok = block(None);
        ok.statuses = vec![StatusPattern::Class(2)];
        let mut refused = RuleBlock::new(
            ok.types.clone(),
            BlockRules::Text {
                is_record_per_line: false,
            },
        );
        refused.statuses = vec![StatusPattern::One(422)];
        refused.without_records = Some("messages".into());
        let rules = ResponseRules {
            blocks: vec![ok, refused],
            errors: None,
        };
        let look = |status| look_with(&rules, status, "application/json", ONE);
        check_count(look(200), 1);
        assert_eq!(look(422), ResponseReading::ShowsNobody(WhyNobody::Stated));
        check_cause(look(404), UnreadCause::MediaType);
    }

    #[test]
    fn of_alternatives_all_that_fit_count() {
        let one = |record: &str, id: &str| {
            let map = JsonMap {
                rules: vec![JsonRule::new(path(id), Pick::whole(0, id))],
                records: vec![path(record)],
                ..JsonMap::default()
            };
            let types = vec!["application/json".into()];
            RuleBlock::new(types, BlockRules::Json(JsonRules::new(map).unwrap()))
        };
        let rules = ResponseRules {
            blocks: vec![one("$", "$.id"), block(None)],
            errors: None,
        };
        let look = |body: &str| look_with(&rules, 200, "application/json", body);
        check_count(look(r#"{"id":1,"nom":"x"}"#), 1);
        check_count(look(ONE), 1);
        // Read by both, in two ways: the persons of both.
        let both = ResponseRules {
            blocks: vec![one("$", "$.id"), one("$", "$.tuteur")],
            errors: None,
        };
        let body = r#"{"id":1,"tuteur":2}"#;
        check_count(look_with(&both, 200, "application/json", body), 2);
        // Read by none: the fault of the first.
        check_cause(look(r#"{"x":1}"#), UnreadCause::NamelessRecord);
    }

    #[test]
    fn texts_outside_of_records_are_counted() {
        let facets = r#"{"items":[],"facets":{"mail":[{"value":"a@b.fr"},{"value":"c@d.fr"}]}}"#;
        check_cause(look("application/json", facets), UnreadCause::Undescribed);
        let beside = r#"{"items":[{"id":1}],"par_nom":{"DUPONT":1}}"#;
        check_cause(look("application/json", beside), UnreadCause::Undescribed);
        let ResponseReading::Unreadable(why) = look("application/json", facets) else {
            unreachable!("just seen")
        };
        assert_eq!(why.detail.place.as_str(), "$.#2.#1[0].#1 (2)");
    }

    #[test]
    fn what_programs_write_around_json_is_no_obstacle() {
        let guards = ["\u{feff}", ")]}',\n", "while(1);", " \n"];
        for guard in guards {
            check_count(look("application/json", &format!("{guard}{ONE}")), 1);
        }
        check_count(
            look(
                "application/json",
                r#"{"items":[{"id":40.0,"note":NaN,"x":-Infinity}]}"#,
            ),
            1,
        );
    }

    #[test]
    fn an_error_page_shows_nobody_on_the_word_of_the_map_alone() {
        let mut rules = ResponseRules {
            blocks: vec![block(Some(r"\bP[0-9]{4}\b"))],
            errors: None,
        };
        let error = r#"{"detail":"Not found."}"#;
        check_cause(
            look_with(&rules, 404, "application/json", error),
            UnreadCause::Undescribed,
        );
        rules.errors = Some(ErrorRules {
            statuses: vec![StatusPattern::Class(4)],
            types: vec!["text/html".into()],
            bytes_max: 100,
            sweep: vec![],
        });
        let nobody = ResponseReading::ShowsNobody(WhyNobody::Status);
        assert_eq!(look_with(&rules, 404, "application/json", error), nobody);
        assert_eq!(
            look_with(&rules, 404, "text/html", "<h1>Not found</h1>"),
            nobody
        );
        check_count(look_with(&rules, 422, "text/html", "<h1>P0001</h1>"), 1);
        check_count(
            look_with(&rules, 422, "application/json", r#"{"detail":"P0001"}"#),
            1,
        );
        check_count(look_with(&rules, 422, "application/json", ONE), 1);
        check_cause(
            look_with(&rules, 200, "application/json", error),
            UnreadCause::Undescribed,
        );
        check_cause(
            look_with(&rules, 404, "image/png", "x"),
            UnreadCause::MediaType,
        );
        let long = format!(r#"{{"detail":"{}"}}"#, "x".repeat(200));
        check_cause(
            look_with(&rules, 404, "application/json", &long),
            UnreadCause::Undescribed,
        );
    }

    fn short_errors() -> ErrorRules {
        let sweep = vec![Pick::by_pattern(
            0,
            SearchPattern::new(r"\bP[0-9]{4}\b").unwrap(),
            "sweep",
        )];
        let statuses = vec![StatusPattern::Class(4)];
        ErrorRules {
            statuses,
            types: vec!["text/html".into()],
            bytes_max: 200,
            sweep,
        }
    }

    #[test]
    fn an_error_page_of_a_route_without_rules_is_searched_all_the_same() {
        let rules = ResponseRules {
            blocks: vec![],
            errors: Some(short_errors()),
        };
        check_count(
            look_with(&rules, 404, "text/html", "<a href=P0001>x</a>"),
            1,
        );
        let nobody = ResponseReading::ShowsNobody(WhyNobody::Status);
        assert_eq!(
            look_with(&rules, 404, "text/html", "<h1>Not found</h1>"),
            nobody
        );
    }

    #[test]
    fn an_error_in_place_of_the_one_record_shows_nobody() {
        let path = |text: &str| RecordPath::parse(text).unwrap();
        let rules = |record: &str| {
            let rule = JsonRule {
                path: path("$.data.id"),
                pick: Pick::whole(0, "$.data.id"),
                is_own: None,
            };
            let map = JsonMap {
                rules: vec![rule],
                records: vec![path(record)],
                ..JsonMap::default()
            };
            let types = vec!["application/json".into()];
            let block = RuleBlock::new(types, BlockRules::Json(JsonRules::new(map).unwrap()));
            ResponseRules {
                blocks: vec![block],
                errors: Some(short_errors()),
            }
        };
        let error = r#"{"detail":"Not found."}"#;
        let nobody = ResponseReading::ShowsNobody(WhyNobody::Status);
        assert_eq!(
            look_with(&rules("$"), 404, "application/json", error),
            nobody
        );
        check_cause(
            look_with(&rules("$"), 200, "application/json", error),
            UnreadCause::NamelessRecord,
        );
        let record = r#"{"nom":"Durand","id":null}"#;
        check_cause(
            look_with(&rules("$"), 404, "application/json", record),
            UnreadCause::Undescribed,
        );
        // What follows a nameless record was not read.
        let list = r#"{"data":{"title":"x"}}"#;
        check_cause(
            look_with(&rules("$.data"), 404, "application/json", list),
            UnreadCause::NamelessRecord,
        );
    }

    #[test]
    fn the_sweep_finds_what_the_rules_forgot_and_says_so() {
        let body = r#"{"items":[{"id":"P0001","note":"voir aussi\nP0002"}]}"#;
        let rules = ResponseRules {
            blocks: vec![block(Some(r"\bP[0-9]{4}\b"))],
            errors: None,
        };
        let ResponseReading::Persons(shown) = look_with(&rules, 200, "application/json", body)
        else {
            unreachable!("two persons are shown")
        };
        let found: Vec<_> = shown
            .found
            .iter()
            .map(|(id, means)| (id.text.as_str(), *means))
            .collect();
        assert_eq!(
            found,
            [("P0001", Means::Described), ("P0002", Means::Sweep)]
        );
    }

    #[test]
    fn bytes_that_two_programs_read_otherwise_hide_nobody() {
        let rules = ResponseRules {
            blocks: vec![block(Some(r"\bP[0-9]{4}\b"))],
            errors: None,
        };
        let body = b"{\"items\":[{\"id\":1,\"note\":\"\xffP0002\"}]}";
        let message = Message {
            status: 200,
            content_type: Some("application/json"),
            content_encoding: "",
            body,
        };
        let ResponseReading::Persons(shown) =
            inspect(&rules, &kinds(), &message, &InspectionLimits::default())
        else {
            unreachable!("two persons are shown")
        };
        assert_eq!(shown.found.len(), 2, "{shown:?}");
    }

    #[test]
    fn a_text_can_be_a_list_of_lines() {
        let mut lines = RuleBlock::new(
            vec!["text/plain".into()],
            BlockRules::Text {
                is_record_per_line: true,
            },
        );
        lines.sweep = vec![Pick::by_pattern(
            0,
            SearchPattern::new("P[0-9]+").unwrap(),
            "sweep",
        )];
        let rules = ResponseRules {
            blocks: vec![lines],
            errors: None,
        };
        check_count(look_with(&rules, 200, "text/plain", "P1 a\n\nP2 b\n"), 2);
        for end in ["\n", "\r", "\r\n", "\u{c}", "\u{2028}"] {
            let hidden = format!("P1 a{end}Durand\n");
            check_cause(
                look_with(&rules, 200, "text/plain", &hidden),
                UnreadCause::NamelessRecord,
            );
        }
    }

    #[test]
    fn more_identifiers_than_the_limit_is_too_large() {
        let limits = InspectionLimits {
            identifiers_max: 1,
            ..InspectionLimits::default()
        };
        let rules = ResponseRules {
            blocks: vec![block(None)],
            errors: None,
        };
        let body = br#"{"items":[{"id":1},{"id":2}]}"#;
        let message = Message {
            status: 200,
            content_type: Some("application/json"),
            content_encoding: "",
            body,
        };
        check_cause(
            inspect(&rules, &kinds(), &message, &limits),
            UnreadCause::TooLarge,
        );
    }

    #[test]
    fn statuses_are_one_or_a_class() {
        assert!(StatusPattern::parse("4xx").unwrap().fits(404));
        assert!(!StatusPattern::parse("404").unwrap().fits(403));
        for text in ["", "4x", "6xx", "99", "600", "xx"] {
            assert!(StatusPattern::parse(text).is_err(), "{text}");
        }
    }
}
