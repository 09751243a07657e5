//! What the bodies of one type show, format by format; those of archives and event streams part by
//! part, each part a body of its own.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use digue_inspect::html::outline::page_elements;
use digue_inspect::media_type::MediaType;
use digue_inspect::response::events::each_event;
use digue_inspect::xml::outline::xml_elements;
use digue_tables::archive::ZipArchive;
use digue_types::path_template::PathTemplate;
use digue_types::visible::is_blank;
use digue_types::{ReadFailure, UnreadCause};

use crate::body_format::{BodyFormat, format_of};
use crate::embedded_json::EmbeddedSurvey;
use crate::exchange::BODY_BYTES_MAX;
use crate::html_survey::HtmlSurvey;
use crate::json_survey::JsonSurvey;
use crate::known::KnownPersons;
use crate::part_names::{by_ending, is_of_person, name_pattern, plain_words, type_of_name};
use crate::pdf_survey::PdfSurvey;
use crate::shape::Telling;
use crate::sight::{DocumentSight, SeenValue, known_words};
use crate::table_survey::TableSurvey;
use crate::tally::PlaceTally;
use crate::value::ValueContext;
use crate::xml_survey::XmlSurvey;

/// How bodies of one type are read.
#[derive(Clone, Debug)]
pub enum FormatSurvey {
    Json(JsonSurvey),
    NdJson(JsonSurvey),
    Html(Box<HtmlSurvey>),
    Csv(TableSurvey),
    Xlsx(TableSurvey),
    Xml(XmlSurvey),
    Pdf(PdfSurvey),
    Zip(PartsSurvey),
    Events(PartsSurvey),
    Text(TextSurvey),
    /// Style sheets, scripts, fonts, pictures, sound.
    Asset,
    /// No reader for it.
    Opaque,
}

impl From<BodyFormat> for FormatSurvey {
    /// A survey that has seen nothing.
    fn from(format: BodyFormat) -> Self {
        match format {
            BodyFormat::Json => Self::Json(JsonSurvey::default()),
            BodyFormat::NdJson => Self::NdJson(JsonSurvey::default()),
            BodyFormat::Html => Self::Html(Box::default()),
            BodyFormat::Csv => Self::Csv(TableSurvey::default()),
            BodyFormat::Xlsx => Self::Xlsx(TableSurvey::default()),
            BodyFormat::Xml => Self::Xml(XmlSurvey::default()),
            BodyFormat::Pdf => Self::Pdf(PdfSurvey::default()),
            BodyFormat::Zip => Self::Zip(PartsSurvey::default()),
            BodyFormat::Events => Self::Events(PartsSurvey::default()),
            BodyFormat::Text => Self::Text(TextSurvey::default()),
            BodyFormat::Asset => Self::Asset,
            BodyFormat::Opaque => Self::Opaque,
        }
    }
}

impl FormatSurvey {
    /// The tallies of all places.
    pub(crate) fn each_tally(&self, take: &mut dyn FnMut(&PlaceTally)) {
        match self {
            Self::Json(json) | Self::NdJson(json) => json.tallies.values().for_each(take),
            Self::Html(html) => html.tallies.values().for_each(take),
            Self::Csv(table) | Self::Xlsx(table) => {
                table
                    .columns
                    .values()
                    .for_each(|column| take(&column.tally));
                table.numbered.values().for_each(take);
            }
            Self::Xml(xml) => xml.tallies.values().for_each(take),
            Self::Zip(parts) | Self::Events(parts) => {
                for part in parts.parts.values() {
                    part.format.each_tally(take);
                }
            }
            Self::Pdf(_) | Self::Text(_) | Self::Asset | Self::Opaque => {}
        }
    }
}

impl FormatSurvey {
    /// The tallies of places that can hold an address, with what stands before the value.
    pub(crate) fn each_address(&self, take: &mut dyn FnMut(&ValueContext, &PlaceTally)) {
        match self {
            Self::Json(json) | Self::NdJson(json) => {
                let tallies = json.tallies.iter();
                tallies.for_each(|((_, context), tally)| take(context, tally));
            }
            Self::Html(html) => {
                let tallies = html.tallies.iter();
                tallies.for_each(|((_, context), tally)| take(context, tally));
            }
            Self::Xml(xml) => {
                let tallies = xml.tallies.iter();
                tallies.for_each(|((_, context), tally)| take(context, tally));
            }
            Self::Zip(parts) | Self::Events(parts) => {
                for part in parts.parts.values() {
                    part.format.each_address(take);
                }
            }
            Self::Csv(_)
            | Self::Xlsx(_)
            | Self::Pdf(_)
            | Self::Text(_)
            | Self::Asset
            | Self::Opaque => {}
        }
    }
}

/// Plain texts.
#[derive(Clone, Debug, Default)]
pub struct TextSurvey {
    pub lines: usize,
    pub lines_with_known: usize,
}

/// Bodies of one type of one route.
#[derive(Clone, Debug)]
pub struct BodySurvey {
    pub format: FormatSurvey,
    /// JSON in scripts and attributes of pages.
    pub embedded: EmbeddedSurvey,
    pub responses: usize,
    pub bytes: u64,
    /// Responses that show a known identifier.
    pub with_known: usize,
    /// The most known persons of one response.
    pub(crate) most_persons: usize,
    /// Words of PDF files that are known identifiers, and those that only look like some.
    pub(crate) known_words: usize,
    pub(crate) alike_words: usize,
    /// Resources with a number that is also a known identifier, and may be any other.
    pub with_doubtful: usize,
    /// Responses that show a known name, and no known identifier.
    pub with_name_only: usize,
    pub unreadable: BTreeMap<UnreadCause, usize>,
}

/// Rows without their table, as a script inserts them: by themselves a reader drops their cells.
fn in_table(bytes: &[u8]) -> Cow<'_, [u8]> {
    let start = bytes.trim_ascii_start();
    let is_row = |tag: &[u8]| {
        start
            .get(..tag.len())
            .is_some_and(|begin| begin.eq_ignore_ascii_case(tag))
            && start
                .get(tag.len())
                .is_some_and(|next| b" >\t\r\n".contains(next))
    };
    match is_row(b"<tr") || is_row(b"<tbody") {
        true => Cow::Owned([b"<table>".as_slice(), start, b"</table>".as_slice()].concat()),
        false => Cow::Borrowed(bytes),
    }
}

impl BodySurvey {
    pub(crate) fn new(format: BodyFormat) -> Self {
        Self {
            format: format.into(),
            embedded: EmbeddedSurvey::default(),
            responses: 0,
            bytes: 0,
            with_known: 0,
            most_persons: 0,
            known_words: 0,
            alike_words: 0,
            with_doubtful: 0,
            with_name_only: 0,
            unreadable: BTreeMap::new(),
        }
    }

    pub(crate) fn read(
        &mut self,
        known: &KnownPersons,
        media: &MediaType,
        bytes: &[u8],
    ) -> Result<DocumentSight, ReadFailure> {
        let text = || digue_decode::text(media.charset.as_deref(), bytes).map_err(|why| why.detail);
        match &mut self.format {
            FormatSurvey::Json(json) => json.read(known, &text()?).map_err(|why| why.detail),
            FormatSurvey::NdJson(json) => {
                json.read_lines(known, &text()?).map_err(|why| why.detail)
            }
            FormatSurvey::Html(html) => {
                let page = in_table(bytes);
                let elements = page_elements(media.charset.as_deref(), &page, BODY_BYTES_MAX);
                let elements = elements.map_err(|why| why.detail)?;
                let mut sight = html.read(known, &elements);
                for element in &elements {
                    if let Some(embedded) = self.embedded.read(known, element) {
                        sight.add(embedded);
                    }
                }
                Ok(sight)
            }
            FormatSurvey::Csv(table) => Ok(table.read_csv(known, &text()?)),
            FormatSurvey::Xlsx(table) => table
                .read_workbook(known, bytes, BODY_BYTES_MAX)
                .map_err(|why| why.detail),
            FormatSurvey::Xml(xml) => {
                let text = digue_decode::xml_text(media.charset.as_deref(), bytes)
                    .map_err(|why| why.detail)?;
                Ok(xml.read(known, &xml_elements(&text).map_err(|why| why.detail)?))
            }
            FormatSurvey::Pdf(pdf) => pdf.read(known, bytes).map_err(|why| why.detail),
            FormatSurvey::Zip(parts) => parts.read_archive(known, bytes),
            FormatSurvey::Events(parts) => parts.read_events(known, bytes),
            FormatSurvey::Text(survey) => {
                let text = text()?;
                let mut sight = DocumentSight::default();
                for line in text.lines().filter(|line| !is_blank(line)) {
                    survey.lines += 1;
                    survey.lines_with_known += usize::from(!known_words(known, line).is_empty());
                }
                sight.add_words(known, &text);
                Ok(sight)
            }
            FormatSurvey::Asset | FormatSurvey::Opaque => {
                let mut sight = DocumentSight::default();
                // Scripts and drawings are texts, and a portal may write persons into them.
                if let Ok(text) = std::str::from_utf8(bytes) {
                    sight.add_words(known, text);
                }
                // A page without its scripts does nothing: a number that any script may hold does
                // not hold one back.
                let all = sight.known.len();
                sight
                    .known
                    .retain(|seen| known.kind(seen.value.kind).telling() == Telling::Alone);
                self.with_doubtful += usize::from(sight.known.len() < all);
                Ok(sight)
            }
        }
    }

    pub(crate) fn note(&mut self, known: &KnownPersons, sight: &DocumentSight) {
        let is_person = |seen: &SeenValue| {
            known.kind(seen.value.kind).telling() > Telling::Short || seen.is_confirmed
        };
        let shows_known = sight.known.iter().any(is_person);
        self.with_known += usize::from(shows_known);
        self.known_words += sight.known.len();
        self.alike_words += sight.alike;
        let persons = sight.known.iter().filter(|seen| is_person(seen));
        let persons = distinct_persons(persons.map(|seen| seen.value.person));
        self.most_persons = self.most_persons.max(persons);
        self.with_name_only += usize::from(sight.names > 0 && !shows_known);
    }

    /// Joins the bodies of two routes that are one.
    pub fn absorb(&mut self, other: Self) {
        self.responses += other.responses;
        self.bytes += other.bytes;
        self.with_known += other.with_known;
        self.most_persons = self.most_persons.max(other.most_persons);
        self.known_words += other.known_words;
        self.alike_words += other.alike_words;
        self.with_doubtful += other.with_doubtful;
        self.with_name_only += other.with_name_only;
        self.embedded.absorb(other.embedded);
        for (cause, count) in other.unreadable {
            *self.unreadable.entry(cause).or_default() += count;
        }
        match (&mut self.format, other.format) {
            (FormatSurvey::Json(own), FormatSurvey::Json(other))
            | (FormatSurvey::NdJson(own), FormatSurvey::NdJson(other)) => own.absorb(other),
            (FormatSurvey::Html(own), FormatSurvey::Html(other)) => own.absorb(*other),
            (FormatSurvey::Csv(own), FormatSurvey::Csv(other))
            | (FormatSurvey::Xlsx(own), FormatSurvey::Xlsx(other)) => own.absorb(other),
            (FormatSurvey::Xml(own), FormatSurvey::Xml(other)) => own.absorb(other),
            (FormatSurvey::Pdf(own), FormatSurvey::Pdf(other)) => own.absorb(other),
            (FormatSurvey::Zip(own), FormatSurvey::Zip(other))
            | (FormatSurvey::Events(own), FormatSurvey::Events(other)) => own.absorb(other),
            (FormatSurvey::Text(own), FormatSurvey::Text(other)) => {
                own.lines += other.lines;
                own.lines_with_known += other.lines_with_known;
            }
            // Bodies are joined by their format, so that nothing else meets here.
            _ => {}
        }
    }

    /// How alike bodies of the same format are, from 0 to 1.
    pub(crate) fn likeness(&self, other: &Self) -> f64 {
        match (&self.format, &other.format) {
            (FormatSurvey::Json(own), FormatSurvey::Json(other))
            | (FormatSurvey::NdJson(own), FormatSurvey::NdJson(other)) => own.likeness(other),
            (FormatSurvey::Html(own), FormatSurvey::Html(other)) => own.likeness(other),
            (FormatSurvey::Csv(own), FormatSurvey::Csv(other))
            | (FormatSurvey::Xlsx(own), FormatSurvey::Xlsx(other)) => own.likeness(other),
            (FormatSurvey::Xml(own), FormatSurvey::Xml(other)) => own.likeness(other),
            (FormatSurvey::Zip(own), FormatSurvey::Zip(other))
            | (FormatSurvey::Events(own), FormatSurvey::Events(other)) => own.likeness(other),
            _ => 0.0,
        }
    }
}

/// The most parts that are told apart. Of further names with one ending, one is kept for all.
const PARTS_MAX: usize = 200;
/// With more different names of one ending, the names are those of the content, and not of its
/// kind.
const NAMES_MAX: usize = 8;

/// The parts of bodies, by the pattern of their names and by what they are.
#[derive(Clone, Debug, Default)]
pub struct PartsSurvey {
    pub parts: BTreeMap<(String, BodyFormat), BodySurvey>,
    /// There were more than are kept.
    pub is_cut: bool,
}

impl PartsSurvey {
    /// The entries of an archive; entries that cannot be read are noted with their parts.
    pub(crate) fn read_archive(
        &mut self,
        known: &KnownPersons,
        bytes: &[u8],
    ) -> Result<DocumentSight, ReadFailure> {
        let mut archive = ZipArchive::open(bytes, BODY_BYTES_MAX).map_err(|why| why.detail)?;
        let mut sight = DocumentSight::default();
        for position in 0..archive.len() {
            let (name, _) = archive.part(position).expect("positions below `len` exist");
            let name = name.to_owned();
            let entry = archive.unpack_at(position).map_err(|why| why.detail)?;
            // A name shows persons, too: `fiche-P0012.pdf`.
            sight.add_words(known, &name);
            let media = MediaType::parse(type_of_name(&name));
            let format = match format_of(&media, &entry, &PathTemplate(Vec::new())) {
                // One level deep, as the inspection reads archives.
                BodyFormat::Zip | BodyFormat::Events => BodyFormat::Opaque,
                // Whatever its name: a text can show persons, and is searched.
                BodyFormat::Asset if std::str::from_utf8(&entry).is_ok() => BodyFormat::Text,
                format => format,
            };
            let pattern = name_pattern(&name, &|word| is_of_person(known, word));
            self.read_part(known, pattern, (&media, format), &entry, &mut sight);
        }
        Ok(sight)
    }

    /// The events of a stream.
    pub(crate) fn read_events(
        &mut self,
        known: &KnownPersons,
        bytes: &[u8],
    ) -> Result<DocumentSight, ReadFailure> {
        let text =
            std::str::from_utf8(bytes).map_err(|_| ReadFailure::new(UnreadCause::CharacterSet))?;
        let mut sight = DocumentSight::default();
        each_event(text, |name, data| {
            if data.is_empty() {
                return;
            }
            let media = MediaType::parse("text/plain");
            let format = format_of(&media, data.as_bytes(), &PathTemplate(Vec::new()));
            let format = match format {
                BodyFormat::Json => BodyFormat::Json,
                // A number by itself is JSON as well as text: a text is searched whole.
                _ => BodyFormat::Text,
            };
            let pattern = plain_words(name, &|word| is_of_person(known, word));
            self.read_part(
                known,
                pattern,
                (&media, format),
                data.as_bytes(),
                &mut sight,
            );
        });
        Ok(sight)
    }

    fn read_part(
        &mut self,
        known: &KnownPersons,
        pattern: String,
        (media, format): (&MediaType, BodyFormat),
        bytes: &[u8],
        sight: &mut DocumentSight,
    ) {
        if bytes.is_empty() {
            return;
        }
        let pattern = match self.parts.len() >= PARTS_MAX {
            true => {
                self.is_cut = true;
                by_ending(&pattern)
            }
            false => pattern,
        };
        let part = self
            .parts
            .entry((pattern, format))
            .or_insert_with(|| BodySurvey::new(format));
        part.responses += 1;
        part.bytes += bytes.len() as u64;
        match part.read(known, media, bytes) {
            Ok(seen) => {
                part.note(known, &seen);
                sight.add(seen);
            }
            Err(failure) => *part.unreadable.entry(failure.cause).or_default() += 1,
        }
    }

    pub(crate) fn absorb(&mut self, other: Self) {
        self.is_cut |= other.is_cut;
        for (key, part) in other.parts {
            match self.parts.get_mut(&key) {
                Some(own) => own.absorb(part),
                None => {
                    self.parts.insert(key, part);
                }
            }
        }
    }

    /// The share of parts that both have.
    pub(crate) fn likeness(&self, other: &Self) -> f64 {
        let all: BTreeSet<_> = self.parts.keys().chain(other.parts.keys()).collect();
        let common = self
            .parts
            .keys()
            .filter(|key| other.parts.contains_key(*key));
        match all.len() {
            0 => 1.0,
            all => common.count() as f64 / all as f64,
        }
    }

    /// The same parts, with one pattern for all names of an ending that has too many of them.
    #[must_use]
    pub fn by_kind(&self) -> BTreeMap<(String, BodyFormat), BodySurvey> {
        let mut names: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for (pattern, _) in self.parts.keys() {
            names.entry(by_ending(pattern)).or_default().insert(pattern);
        }
        let mut joined: BTreeMap<(String, BodyFormat), BodySurvey> = BTreeMap::new();
        for ((pattern, format), part) in &self.parts {
            let ending = by_ending(pattern);
            let has_many = names.get(&ending).is_some_and(|own| own.len() > NAMES_MAX);
            let pattern = if has_many { ending } else { pattern.clone() };
            match joined.get_mut(&(pattern.clone(), *format)) {
                Some(own) => own.absorb(part.clone()),
                None => {
                    joined.insert((pattern, *format), part.clone());
                }
            }
        }
        joined
    }
}

/// The persons of one document, each once.
fn distinct_persons(persons: impl Iterator<Item = u32>) -> usize {
    persons.collect::<BTreeSet<u32>>().len()
}
