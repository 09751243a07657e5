//! ZIP archives, one level deep: each entry is read by the rules that its name selects.
//!
//! An entry that no rule reads makes the whole archive unreadable: programs that open it show all
//! of it. An archive within the archive is such an entry. Nothing is written anywhere, so that the
//! path in a name leads nowhere.

use digue_identifiers::collector::{Collector, IdentifierSearch};
use digue_identifiers::identifier::Pick;
use digue_identifiers::reading::{ReadingTally, Unreadable, WhyNobody};
use digue_tables::archive::{ZipArchive, unread_part};
use digue_types::glob::NameGlob;
use digue_types::{ReadFailure, UnreadPlace};

use super::{BlockRules, RuleBlock};
use crate::limits::InspectionLimits;

/// The most entries, unless the map says otherwise.
pub const ENTRIES_USUAL: usize = 1_000;
/// How many times its packed size an entry of more than a mebibyte may have unpacked. Exports of
/// equal rows reach 100; deflate itself ends at 1,032.
pub const RATIO_USUAL: usize = 200;

/// How the entries of an archive are read.
#[derive(Clone, Debug)]
pub struct ZipRules {
    /// The first whose name fits reads the entry.
    pub entries: Vec<EntryRules>,
    pub entries_max: usize,
    pub ratio_max: usize,
}

/// How the entries with certain names are read.
#[derive(Clone, Debug)]
pub struct EntryRules {
    pub names: Vec<EntryName>,
    pub block: RuleBlock,
}

/// The names of entries. Letter case does not count: programs choose by the end of a name, and
/// ignore it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryName {
    segments: Vec<NameGlob>,
}

impl EntryName {
    /// `*.csv` in any folder, or `exports/*.csv` from the root of the archive.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let segments: Vec<&str> = text.split('/').collect();
        if segments.iter().any(|segment| segment.is_empty()) {
            return Err("*.csv | exports/*.csv");
        }
        Ok(Self {
            segments: segments
                .iter()
                .map(|segment| NameGlob::new(&segment.to_lowercase()))
                .collect(),
        })
    }

    fn fits(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        let given: Vec<&str> = name.split('/').collect();
        match (self.segments.as_slice(), given.as_slice()) {
            ([only], [.., last]) => only.fits(last),
            (known, given) => {
                known.len() == given.len()
                    && known.iter().zip(given).all(|(glob, text)| glob.fits(text))
            }
        }
    }
}

impl ZipRules {
    pub(crate) fn of(&self, name: &str) -> Option<&RuleBlock> {
        let mut rules = self.entries.iter();
        let rule = rules.find(|rule| rule.names.iter().any(|known| known.fits(name)))?;
        Some(&rule.block)
    }

    pub(crate) fn open<'b>(
        &self,
        bytes: &'b [u8],
        unpacked_bytes_max: usize,
    ) -> Result<ZipArchive<'b>, Unreadable> {
        let archive = ZipArchive::open(bytes, unpacked_bytes_max)?;
        if archive.len() > self.entries_max {
            return Err(Unreadable::too_large());
        }
        Ok(archive.with_ratio_max(self.ratio_max))
    }
}

/// Reads every entry; `status` is that of the response.
pub(crate) fn read(
    rules: &ZipRules,
    bytes: &[u8],
    status: u16,
    limits: &InspectionLimits,
    found: &mut Collector<'_>,
) -> Result<ReadingTally, Unreadable> {
    let mut archive = rules.open(bytes, limits.decoded_bytes_max)?;
    let mut tally = ReadingTally::default();
    for (name, place) in archive.folders() {
        found.sweep_name(name, || place.clone())?;
    }
    for position in 0..archive.len() {
        let (name, place) = archive.part(position).expect("positions below `len` exist");
        found.sweep_name(name, || place.clone())?;
        let block = rules
            .of(name)
            .ok_or_else(|| unread_part(place.clone()))?
            .clone();
        let entry = archive.unpack_at(position)?;
        let read = read_entry(&block, &entry, (status, archive.left()), limits, found);
        let entry = read.map_err(|unreadable| within(&place, unreadable))?;
        archive.charge(entry.unpacked)?;
        tally.records += entry.records;
        tally.nobody = tally.nobody.or(entry.nobody);
        tally.texts += entry.texts;
    }
    tally.unpacked = limits.decoded_bytes_max - archive.left();
    Ok(tally)
}

/// Reads one entry by its own rules, as if it were a response of its own.
fn read_entry(
    block: &RuleBlock,
    entry: &[u8],
    (status, bytes_left): (u16, usize),
    limits: &InspectionLimits,
    found: &mut Collector<'_>,
) -> Result<ReadingTally, Unreadable> {
    let why = match &block.rules {
        _ if entry.is_empty() => Some(WhyNobody::EmptyBody),
        BlockRules::Nobody => Some(WhyNobody::Stated),
        BlockRules::Json(_)
        | BlockRules::NdJson(_)
        | BlockRules::Html(_)
        | BlockRules::Csv(_)
        | BlockRules::Xlsx(_)
        | BlockRules::Xml(_)
        | BlockRules::Zip(_)
        | BlockRules::Pdf(_)
        | BlockRules::Dicom(_)
        | BlockRules::Events(_)
        | BlockRules::Text { .. } => None,
    };
    if why.is_some() {
        return Ok(ReadingTally {
            nobody: why,
            ..ReadingTally::default()
        });
    }
    let search = found.search();
    // The patterns of the archive apply to all of its entries.
    let sweep: Vec<Pick> = search.sweep.iter().chain(&block.sweep).cloned().collect();
    let mut own = IdentifierSearch {
        sweep: &sweep,
        ..search
    }
    .collector();
    let limits = InspectionLimits {
        decoded_bytes_max: bytes_left,
        ..*limits
    };
    let mut tally = block.read((None, entry), status, &limits, None, &mut own)?;
    tally.nobody = block.conclude(status, &tally, &own)?;
    found.absorb(own)?;
    Ok(tally)
}

/// A failure within an entry, with the position of the entry before its own place.
fn within(place: &UnreadPlace, unreadable: Unreadable) -> Unreadable {
    let Unreadable { cause, detail } = unreadable;
    let place = match detail.place.as_str() {
        "" => place.clone(),
        _ => place.clone().and(": ").and_place(&detail.place),
    };
    let detail = ReadFailure { ..detail }.at(place);
    Unreadable { cause, detail }
}

#[cfg(test)]
mod tests;
