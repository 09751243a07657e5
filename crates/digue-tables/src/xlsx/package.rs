//! The parts of a workbook and their roles: content types, relations, the list of sheets. It does
//! not read cells.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::HashSet;

use digue_types::UnreadPlace;

use super::asides::{Asides, AttributeRole};
use super::markup::{MarkupAttributes, MarkupEvent, walk};
use super::number_format::{self, Format};
use super::sheet::WorkbookTables;
use super::strings::SharedStrings;
use crate::archive::{ZipArchive, broken, unread_part};
use digue_identifiers::collector::Collector;
use digue_identifiers::reading::Unreadable;

const SHEETS_MAX: usize = 1_000;
const FORMATS_MAX: usize = 65_536;
/// The largest part with printer settings, which no program shows as text.
const PRINTER_BYTES_MAX: usize = 64 << 10;

/// A sheet with cells.
#[derive(Clone)]
pub(super) struct SheetPart {
    pub name: String,
    /// `sheet 2`, as the workbook lists it.
    pub place: UnreadPlace,
    pub part: String,
}

pub(super) struct XlsxPackage<'b> {
    archive: ZipArchive<'b>,
    types: ContentTypes,
    workbook: String,
    sheets: Vec<SheetPart>,
    strings: Option<String>,
    styles: Option<String>,
    /// Literal words in number formats.
    format_words: Vec<String>,
    is_from_1904: bool,
    /// Parts that are read by their role, and not as asides.
    read: HashSet<String>,
}

impl<'b> XlsxPackage<'b> {
    pub(super) fn open(bytes: &'b [u8], limit: usize) -> Result<Self, Unreadable> {
        let mut archive = ZipArchive::open(bytes, limit)?;
        let types_part = archive
            .find("[Content_Types].xml")
            .ok_or_else(|| broken("[Content_Types].xml"))?;
        let types = ContentTypes::read(&archive.place(&types_part), &archive.unpack(&types_part)?)?;
        let root = relations(&mut archive, "")?;
        let mut books = root
            .iter()
            .filter(|relation| relation.kind == "officeDocument");
        // Exactly one: of two workbooks, each program would open its own.
        let (Some(book), None) = (books.next(), books.next()) else {
            return Err(broken("_rels/.rels"));
        };
        let workbook = archive
            .find(&book.target)
            .ok_or_else(|| broken("_rels/.rels"))?;
        let read = HashSet::from([types_part, workbook.clone()]);
        let mut package = Self {
            archive,
            types,
            workbook,
            sheets: Vec::new(),
            strings: None,
            styles: None,
            format_words: Vec::new(),
            is_from_1904: false,
            read,
        };
        package.read_workbook()?;
        Ok(package)
    }

    pub(super) fn sheets(&self) -> &[SheetPart] {
        &self.sheets
    }

    /// Number of bytes that may still be unpacked.
    pub(super) fn left(&self) -> usize {
        self.archive.left()
    }

    pub(super) fn unpack(&mut self, part: &str) -> Result<Cow<'b, [u8]>, Unreadable> {
        self.archive.unpack(part)
    }

    fn read_workbook(&mut self) -> Result<(), Unreadable> {
        let workbook = self.workbook.clone();
        let related = relations(&mut self.archive, &workbook)?;
        let mut named: Vec<(String, String)> = Vec::new();
        let bytes = self.archive.unpack(&workbook)?;
        let place = self.archive.place(&workbook);
        let mut is_from_1904 = false;
        walk(&place, &bytes, &mut |mark| {
            match mark {
                MarkupEvent::Open("sheet", attributes) => {
                    let id = attributes.get("id").ok_or_else(|| broken(place.clone()))?;
                    named.push((
                        attributes.get("name").unwrap_or_default().to_owned(),
                        id.to_owned(),
                    ));
                }
                MarkupEvent::Open("workbookPr", attributes) => {
                    is_from_1904 = matches!(attributes.get("date1904"), Some("1" | "true"));
                }
                MarkupEvent::Open(..)
                | MarkupEvent::Close(_)
                | MarkupEvent::Text(_)
                | MarkupEvent::Comment(_) => {}
            }
            Ok(())
        })?;
        self.is_from_1904 = is_from_1904;
        // Before the sheets are opened: each costs a look-up in the archive.
        if named.len() > SHEETS_MAX {
            return Err(Unreadable::too_large());
        }
        let mut names = HashSet::new();
        for (number, (name, id)) in (1..).zip(named) {
            let place = UnreadPlace::numbered("sheet ", number);
            // Sheet names are unique without regard to case; a workbook with two alike is repaired
            // by one program and refused by another.
            if !names.insert(name.to_lowercase()) {
                return Err(unread_part(place));
            }
            self.add_sheet(name, place, &id, &related)?;
        }
        for relation in related.iter().filter(|relation| !relation.is_external) {
            let slot = match relation.kind.as_str() {
                "sharedStrings" => &mut self.strings,
                "styles" => &mut self.styles,
                _ => continue,
            };
            let part = self
                .archive
                .find(&relation.target)
                .ok_or_else(|| broken("relations"))?;
            // Two tables of texts would give each cell two contents, and programs choose
            // differently.
            if slot.replace(part.clone()).is_some() {
                return Err(unread_part(self.archive.place(&part)));
            }
            self.read.insert(part);
        }
        // Defined names and sheet names are examined with the other parts.
        self.read.remove(&workbook);
        Ok(())
    }

    fn add_sheet(
        &mut self,
        name: String,
        place: UnreadPlace,
        id: &str,
        related: &[PartRelation],
    ) -> Result<(), Unreadable> {
        let mut targets = related
            .iter()
            .filter(|relation| relation.id == id && !relation.is_external);
        // As above: two relations with one id open different sheets in different programs.
        let (Some(relation), None) = (targets.next(), targets.next()) else {
            return Err(broken(place));
        };
        let part = self
            .archive
            .find(&relation.target)
            .ok_or_else(|| broken(place.clone()))?;
        match relation.kind.as_str() {
            // Two sheets that share one part would make the work larger than the file.
            "worksheet" if !self.read.insert(part.clone()) => Err(unread_part(place)),
            "worksheet" => {
                self.sheets.push(SheetPart { name, place, part });
                Ok(())
            }
            // Its texts are examined with the other parts.
            "chartsheet" | "dialogsheet" => Ok(()),
            _ => Err(unread_part(place)),
        }
    }

    /// Shared strings and formats.
    pub(super) fn common(
        &mut self,
        found: &mut Collector<'_>,
    ) -> Result<WorkbookTables, Unreadable> {
        let mut common = WorkbookTables {
            is_from_1904: self.is_from_1904,
            ..WorkbookTables::default()
        };
        if let Some(part) = self.strings.clone() {
            common.strings = SharedStrings::read(
                &self.archive.place(&part),
                &self.archive.unpack(&part)?,
                found,
            )?;
        }
        if let Some(part) = self.styles.clone() {
            let bytes = self.archive.unpack(&part)?;
            self.format_words = read_formats(&self.archive.place(&part), &bytes, &mut common)?;
        }
        Ok(common)
    }

    /// Examines every part that is not a listed sheet.
    pub(super) fn read_others(
        &mut self,
        asides: &mut Asides,
        found: &mut Collector<'_>,
    ) -> Result<(), Unreadable> {
        let styles = UnreadPlace::from("styles");
        for words in &self.format_words {
            asides.add(words, &styles, found)?;
        }
        let names: Vec<String> = self
            .archive
            .names()
            .filter(|name| !self.read.contains(*name))
            .map(str::to_owned)
            .collect();
        for part in names {
            let (kind, place) = (self.types.of(&part), self.archive.place(&part));
            let lower = part.to_lowercase();
            if lower.ends_with(".rels") {
                read_targets(&place, &self.archive.unpack(&part)?, asides, found)?;
            } else if kind.ends_with("worksheet+xml") || kind.ends_with("macrosheet+xml") {
                // A sheet that the workbook does not list: some programs recover and show it.
                return Err(unread_part(place));
            } else if kind.ends_with("+xml")
                || kind.ends_with("/xml")
                || kind.ends_with("vmldrawing")
            {
                let is_known = kind.starts_with("application/vnd.openxmlformats")
                    || kind.starts_with("application/vnd.ms-");
                let role = if is_known {
                    AttributeRole::Known
                } else {
                    AttributeRole::Unknown
                };
                let bytes = self.archive.unpack(&part)?;
                asides.read((&part, &place), &bytes, role, found)?;
            } else if kind.ends_with("printersettings") {
                if self.archive.unpack(&part)?.len() > PRINTER_BYTES_MAX {
                    return Err(unread_part(place));
                }
            // Macros, embedded files and unknown parts can show anything.
            } else if !kind.starts_with("image/") {
                return Err(unread_part(place));
            }
        }
        Ok(())
    }
}

/// The declared content types of parts, in lower case.
struct ContentTypes {
    by_part: HashMap<String, String>,
    by_extension: HashMap<String, String>,
}

impl ContentTypes {
    fn read(part: &UnreadPlace, bytes: &[u8]) -> Result<Self, Unreadable> {
        let mut types = Self {
            by_part: HashMap::new(),
            by_extension: HashMap::new(),
        };
        walk(part, bytes, &mut |mark| {
            if let MarkupEvent::Open(name, attributes) = mark {
                let is_second = types.add(name, attributes);
                // With two types for one part, each program would treat the part in its own way.
                if is_second {
                    return Err(unread_part(part.clone()));
                }
            }
            Ok(())
        })?;
        Ok(types)
    }

    /// True where a type was known already.
    fn add(&mut self, element: &str, attributes: &MarkupAttributes<'_>) -> bool {
        let lower = |key| attributes.get(key).unwrap_or_default().to_lowercase();
        let of = |key| lower(key).trim_start_matches('/').to_owned();
        let kind = lower("ContentType");
        let known = match element {
            "Override" => self.by_part.insert(of("PartName"), kind),
            "Default" => self.by_extension.insert(of("Extension"), kind),
            _ => None,
        };
        known.is_some()
    }

    fn of(&self, part: &str) -> String {
        let part = part.to_lowercase();
        let extension = part.rsplit_once('.').map_or("", |(_, extension)| extension);
        self.by_part
            .get(&part)
            .or_else(|| self.by_extension.get(extension))
            .cloned()
            .unwrap_or_default()
    }
}

struct PartRelation {
    id: String,
    /// The last segment of its type; strict and transitional files differ in the rest.
    kind: String,
    /// Path from the root of the archive.
    target: String,
    is_external: bool,
}

/// The relations of a part; those of the package when the name is empty.
fn relations(archive: &mut ZipArchive<'_>, source: &str) -> Result<Vec<PartRelation>, Unreadable> {
    let (folder, name) = source.rsplit_once('/').unwrap_or(("", source));
    let path = if folder.is_empty() {
        format!("_rels/{name}.rels")
    } else {
        format!("{folder}/_rels/{name}.rels")
    };
    let part = archive.find(&path).ok_or_else(|| broken("relations"))?;
    let bytes = archive.unpack(&part)?;
    let mut relations = Vec::new();
    walk(&archive.place(&part), &bytes, &mut |mark| {
        if let MarkupEvent::Open("Relationship", attributes) = mark {
            let of = |key| attributes.get(key).unwrap_or_default();
            let kind = of("Type").rsplit('/').next().unwrap_or_default().to_owned();
            let is_external = of("TargetMode").eq_ignore_ascii_case("external");
            let target = resolved(folder, of("Target"));
            relations.push(PartRelation {
                id: of("Id").to_owned(),
                kind,
                target,
                is_external,
            });
        }
        Ok(())
    })?;
    Ok(relations)
}

/// The path of a target from the root of the archive.
fn resolved(folder: &str, target: &str) -> String {
    let target = percent_encoding::percent_decode_str(target)
        .decode_utf8_lossy()
        .replace('\\', "/");
    let mut steps: Vec<&str> = if target.starts_with('/') {
        vec![]
    } else {
        folder.split('/').collect()
    };
    for step in target.split('/') {
        match step {
            // A target above the root stays at the root, as programs resolve it; nothing is read
            // from a disk.
            ".." => drop(steps.pop()),
            "" | "." => {}
            step => steps.push(step),
        }
    }
    steps.retain(|step| !step.is_empty());
    steps.join("/")
}

fn external_target(attributes: &MarkupAttributes<'_>) -> String {
    let mode = attributes.get("TargetMode");
    let is_external = mode.is_some_and(|mode| mode.eq_ignore_ascii_case("external"));
    let target = attributes
        // A target inside the archive names a part, and parts are examined by themselves.
        .get("Target")
        .filter(|_| is_external)
        .unwrap_or_default();
    percent_encoding::percent_decode_str(target)
        .decode_utf8_lossy()
        .into_owned()
}

/// Examines links out of the file, which a person sees or follows.
fn read_targets(
    part: &UnreadPlace,
    bytes: &[u8],
    asides: &mut Asides,
    found: &mut Collector<'_>,
) -> Result<(), Unreadable> {
    walk(part, bytes, &mut |mark| match mark {
        MarkupEvent::Open("Relationship", attributes) => {
            asides.add(&external_target(attributes), part, found)
        }
        MarkupEvent::Text(text) | MarkupEvent::Comment(text) => asides.add(text, part, found),
        MarkupEvent::Open(..) | MarkupEvent::Close(_) => Ok(()),
    })
}

/// Reads the formats of cells into `common`. Returns the literal words in them.
fn read_formats(
    part: &UnreadPlace,
    bytes: &[u8],
    common: &mut WorkbookTables,
) -> Result<Vec<String>, Unreadable> {
    let mut words: Vec<String> = Vec::new();
    let mut own: HashMap<u32, Format> = HashMap::new();
    let mut cells: Vec<u32> = Vec::new();
    let (mut in_cells, mut in_conditional, mut has_conditional_formats) = (false, false, false);
    walk(part, bytes, &mut |mark| {
        match mark {
            MarkupEvent::Open("dxfs", _) => in_conditional = true,
            MarkupEvent::Close("dxfs") => in_conditional = false,
            // A differential format replaces that of a cell, depending on its value or on other
            // cells.
            MarkupEvent::Open("numFmt", _) if in_conditional => has_conditional_formats = true,
            MarkupEvent::Open("numFmt", attributes) => {
                let id = attributes
                    .get("numFmtId")
                    .and_then(|id| id.trim().parse().ok())
                    .ok_or_else(|| broken(part.clone()))?;
                let code = attributes
                    .get("formatCode")
                    .ok_or_else(|| broken(part.clone()))?;
                words.extend(number_format::words(code));
                if own.insert(id, Format::parse(code)).is_some() {
                    return Err(broken(part.clone()));
                }
            }
            // `cellStyleXfs` has the same elements, but cells refer to positions in `cellXfs` only.
            MarkupEvent::Open("cellXfs", _) => in_cells = true,
            MarkupEvent::Close("cellXfs") => in_cells = false,
            MarkupEvent::Open("xf", attributes) if in_cells => {
                let id = attributes.get("numFmtId").unwrap_or("0");
                cells.push(id.trim().parse().map_err(|_| broken(part.clone()))?);
            }
            MarkupEvent::Open(..)
            | MarkupEvent::Close(_)
            | MarkupEvent::Text(_)
            | MarkupEvent::Comment(_) => {}
        }
        if cells.len() > FORMATS_MAX {
            Err(Unreadable::too_large())
        } else {
            Ok(())
        }
    })?;
    let of = |id: &u32| {
        own.get(id)
            .cloned()
            .unwrap_or_else(|| Format::numbered(*id))
    };
    common.formats = cells.iter().map(of).collect();
    common.has_conditional_formats = has_conditional_formats;
    Ok(words)
}
