//! Bodies that hold others: the entries of an archive by their names, the events of a stream by
//! theirs.

use std::collections::{BTreeMap, BTreeSet};

use digue_inspect::media_type::MediaType;
use digue_inspect::response::events::each_event;
use digue_tables::archive::ZipArchive;
use digue_types::path_template::PathTemplate;
use digue_types::{ReadFailure, UnreadCause};

use crate::body_format::{BodyFormat, format_of};
use crate::exchange::BODY_BYTES_MAX;
use crate::known::KnownPersons;
use crate::sight::DocumentSight;
use crate::survey::BodySurvey;

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

/// The media type that programs give a file of this name.
fn type_of_name(name: &str) -> &'static str {
    match ending_of(name).unwrap_or_default() {
        "csv" | "tsv" => "text/csv",
        "json" => "application/json",
        "ndjson" | "jsonl" => "application/x-ndjson",
        "html" | "htm" | "xhtml" => "text/html",
        "xml" | "rels" | "svg" => "application/xml",
        "pdf" => "application/pdf",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "css" => "text/css",
        "js" => "text/javascript",
        "woff" | "woff2" | "ttf" | "otf" => "font/woff2",
        _ => "text/plain",
    }
}

fn ending_of(name: &str) -> Option<&str> {
    let (_, ending) = file_name(name).rsplit_once('.')?;
    (!ending.is_empty() && ending.len() <= 8).then_some(ending)
}

/// The last segment of a name.
fn file_name(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// `exports/fiche-0012.CSV` as a rule names it: `fiche-*.csv`, in any folder.
fn name_pattern(name: &str, is_of_person: &dyn Fn(&str) -> bool) -> String {
    let file = file_name(name).to_lowercase();
    match ending_of(&file) {
        Some(ending) => {
            let stem = &file[..file.len() - ending.len() - 1];
            format!("{}.{ending}", plain_words(stem, is_of_person))
        }
        None => plain_words(&file, is_of_person),
    }
}

/// A word that names a person, and is no part of a map.
fn is_of_person(known: &KnownPersons, word: &str) -> bool {
    known.value(word).is_some() || known.names.has_words(word)
}

/// `*.csv` of `fiche-*.csv`.
fn by_ending(pattern: &str) -> String {
    ending_of(pattern).map_or_else(|| "*".to_owned(), |ending| format!("*.{ending}"))
}

/// A name with a star in the place of words that have a digit or name a person, and of what
/// stands between two of them.
fn plain_words(name: &str, is_of_person: &dyn Fn(&str) -> bool) -> String {
    let is_break = |c: char| "-_. ".contains(c);
    let is_plain = |word: &str| {
        !word
            .chars()
            .any(|c| c.is_numeric() || c == '*' || c.is_control())
            && !is_of_person(word)
    };
    let mut pattern = String::new();
    let mut between = String::new();
    for word in name.split_inclusive(is_break) {
        let plain = word.trim_end_matches(is_break);
        let is_star = !plain.is_empty() && !is_plain(plain);
        if !(is_star && pattern.ends_with('*')) {
            pattern.push_str(&between);
            pattern.push_str(if is_star { "*" } else { plain });
        }
        between = word[plain.len()..].to_owned();
    }
    pattern.push_str(&between);
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, pattern: &str) {
        assert_eq!(name_pattern(name, &|word| word == "dupont"), pattern);
    }

    #[test]
    fn a_name_keeps_what_is_of_its_kind() {
        check("exports/personnes.csv", "personnes.csv");
        check("fiche-0012.JSON", "fiche-*.json");
        check("2026-11-29 liste.csv", "* liste.csv");
        check("IMG_2026_001.png", "img_*.png");
        check("lettre Dupont.pdf", "lettre *.pdf");
        check("P0012/", "");
        check("LISEZMOI", "lisezmoi");
        check("*.csv", "*.csv");
        check("P12.tar.gz", "*.tar.gz");
        check("a--b.txt", "a--b.txt");
        assert_eq!(by_ending("fiche-*.json"), "*.json");
        assert_eq!(by_ending("lisezmoi"), "*");
    }
}
