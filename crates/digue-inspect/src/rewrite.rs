//! Takes the records of persons who may not be shown out of a response, or masks them.
//!
//! Which persons may be shown, the caller says. What makes a rewritten body fit to leave is not the
//! rewriting: it is the second inspection of its result, by the same rules and the same sweep, which
//! must show permitted persons only. A [`RewrittenBody`] exists only after it.
//!
//! Records leave whole and stay byte for byte. Where it is doubtful whose a text is, there is no
//! rewritten body, and the response is refused as if the map had asked for no rewriting.

mod edits;
mod residue;

use std::collections::HashSet;

use digue_identifiers::collector::IdentifierSearch;
use digue_identifiers::identifier::{Identifier, IdentifierKind};
use digue_identifiers::reading::{ResponseReading, ShownIdentifiers, Unreadable};
use digue_tables::csv_table::{PlacedRow, PlacedTable, placed_rows};
use digue_types::{ReadFailure, UnreadCause};

use crate::json::{
    JsonRules, JsonToken, Masking, PlacedRecord, PlacedRecords, tokens, without_guard,
};
use crate::limits::InspectionLimits;
use crate::media_type::MediaType;
use crate::response::{
    BlockRules, Message, OutsideChoice, ResponseRules, RuleBlock, inspect_rewritten,
};
use edits::{Edit, apply, cuts};
use residue::Residue;

/// A body without the records of persons who may not be shown. Only [`rewrite`] makes one, after a
/// second inspection that showed permitted persons alone. Its bytes are UTF-8, in no coding.
#[derive(Debug)]
pub struct RewrittenBody {
    bytes: Vec<u8>,
    shown: ShownIdentifiers,
    records: usize,
}

impl RewrittenBody {
    /// Whom it shows.
    pub const fn shown(&self) -> &ShownIdentifiers {
        &self.shown
    }

    /// How many records were taken out or masked.
    pub const fn records(&self) -> usize {
        self.records
    }

    pub fn into_parts(self) -> (Vec<u8>, ShownIdentifiers) {
        (self.bytes, self.shown)
    }
}

/// Why there is no rewritten body: the response is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RewriteRefusal {
    /// The map asks for none of this type of response, or this response is not one of records.
    #[error("the map describes no rewriting of this response")]
    NotDescribed,
    /// Nothing would be left to show.
    #[error("every record has a person who may not be shown")]
    EveryRecord,
    /// A person who may not be shown is outside of every record.
    #[error("a person who may not be shown is outside of every record")]
    OutsideRecords,
    /// What would be left still tells of them: their identifier, a text that only their records
    /// have, or the name of a member.
    #[error("what would be left tells of a person who may not be shown")]
    Residue,
    /// It is longer than an inspection may be.
    #[error("what would be left is too large")]
    TooLarge,
    /// The response, or what would be left of it, could not be read.
    #[error("what would be left cannot be read: {0}")]
    Unreadable(Unreadable),
}

impl From<Unreadable> for RewriteRefusal {
    fn from(unreadable: Unreadable) -> Self {
        Self::Unreadable(unreadable)
    }
}

/// A response without the records that name anyone but `permitted`, as the map says for its type.
///
/// # Errors
/// There is no sound way to do so.
pub fn rewrite(
    rules: &ResponseRules,
    kinds: &[IdentifierKind],
    message: &Message<'_>,
    limits: &InspectionLimits,
    permitted: &HashSet<Identifier>,
) -> Result<RewrittenBody, RewriteRefusal> {
    let media = MediaType::parse(message.content_type.unwrap_or_default());
    let block = rules
        .only_block_for(&media, message.status)
        .ok_or(RewriteRefusal::NotDescribed)?;
    let bytes = digue_decode::decode(
        message.content_encoding,
        message.body,
        limits.decoded_bytes_max,
    )?;
    let text = plain_text(media.charset.as_deref(), &bytes)?;
    let rewriting = Rewriting {
        kinds,
        search: IdentifierSearch {
            kinds,
            sweep: &block.sweep,
            identifiers_max: limits.identifiers_max,
        },
        permitted,
        text,
    };
    let (left, masking, records) = rewriting.of_block(block)?;
    // Masked, a body can be longer than it was: `1` becomes `null`.
    if left.len() > limits.decoded_bytes_max {
        return Err(RewriteRefusal::TooLarge);
    }
    let proof = Message {
        content_encoding: "",
        body: left.as_bytes(),
        ..*message
    };
    match inspect_rewritten(rules, kinds, &proof, limits, masking.as_ref()) {
        ResponseReading::Persons(shown) => {
            let is_permitted = |(person, _): &(Identifier, _)| permitted.contains(person);
            if !shown.found.iter().all(is_permitted) {
                return Err(RewriteRefusal::OutsideRecords);
            }
            Ok(RewrittenBody {
                bytes: left.into_bytes(),
                shown,
                records,
            })
        }
        // A record was left, or there would have been nothing to inspect.
        ResponseReading::ShowsNobody(_) => Err(RewriteRefusal::EveryRecord),
        ResponseReading::Unreadable(unreadable) => Err(unreadable.into()),
    }
}

/// The text of a body whose bytes are that text: what is written anew must mean the same to the
/// client as to the inspection. A byte-order mark stays where it is.
fn plain_text<'b>(charset: Option<&str>, bytes: &'b [u8]) -> Result<&'b str, RewriteRefusal> {
    let read = digue_decode::text(charset, bytes)?;
    let text = std::str::from_utf8(bytes)
        .ok()
        .filter(|text| text.trim_start_matches('\u{feff}') == read.trim_start_matches('\u{feff}'));
    text.ok_or_else(|| Unreadable::from(ReadFailure::new(UnreadCause::CharacterSet)).into())
}

/// What is left of a text, the masking that second readers need, and how many records are missing.
type Left = (String, Option<Masking>, usize);

struct Rewriting<'r> {
    kinds: &'r [IdentifierKind],
    search: IdentifierSearch<'r>,
    permitted: &'r HashSet<Identifier>,
    text: &'r str,
}

impl Rewriting<'_> {
    fn of_block(&self, block: &RuleBlock) -> Result<Left, RewriteRefusal> {
        let is_masked = match block.outside {
            OutsideChoice::Refuse => return Err(RewriteRefusal::NotDescribed),
            OutsideChoice::Drop => false,
            OutsideChoice::Mask => true,
        };
        match &block.rules {
            BlockRules::Json(rules) if rules.has_placed_records() => {
                let document = without_guard(self.text);
                let placed = rules.places(document, self.search)?;
                self.of_json(rules, document, placed, is_masked)
            }
            BlockRules::NdJson(rules) if rules.has_placed_records() => {
                let document = without_guard(self.text);
                let placed = rules.line_places(document, self.search)?;
                self.of_json(rules, document, placed, is_masked)
            }
            BlockRules::Csv(rules) if !is_masked => {
                self.of_table(&placed_rows(rules, self.text, self.search)?)
            }
            BlockRules::Json(_)
            | BlockRules::NdJson(_)
            | BlockRules::Csv(_)
            | BlockRules::Html(_)
            | BlockRules::Xlsx(_)
            | BlockRules::Xml(_)
            | BlockRules::Zip(_)
            | BlockRules::Pdf(_)
            | BlockRules::Dicom(_)
            | BlockRules::Events(_)
            | BlockRules::Text { .. }
            | BlockRules::Nobody => Err(RewriteRefusal::NotDescribed),
        }
    }

    fn is_permitted(&self, identifiers: &[Identifier]) -> bool {
        identifiers
            .iter()
            .all(|identifier| self.permitted.contains(identifier))
    }

    /// `document` is the text without what precedes it.
    fn of_json(
        &self,
        rules: &JsonRules,
        document: &str,
        placed: PlacedRecords,
        is_masked: bool,
    ) -> Result<Left, RewriteRefusal> {
        if placed.is_one {
            return Err(RewriteRefusal::EveryRecord);
        }
        let (kept, removed) = self.told_apart(&placed)?;
        // The name of a member above would stay, and it may be the person's.
        if removed.iter().any(|record| record.is_below_name) {
            return Err(RewriteRefusal::Residue);
        }
        let texts_of = |record: &&PlacedRecord| tokens(&document[record.value.clone()]);
        let masking = is_masked.then(|| Masking {
            shared_names: kept
                .iter()
                .flat_map(texts_of)
                .filter_map(|token| match token {
                    JsonToken::Name(name) => Some(name.into_owned()),
                    JsonToken::Text(_) | JsonToken::Number(_) => None,
                })
                .collect(),
        });
        let mut residue = Residue::new(self.kinds, self.permitted);
        for record in &removed {
            residue.add_removed(&record.identifiers);
            tokens(&document[record.value.clone()]).for_each(|token| residue.add_text(&token));
        }
        if residue.is_too_large() {
            return Err(RewriteRefusal::TooLarge);
        }
        for record in &kept {
            // With its name, when it is a member.
            let mut left = tokens(&document[record.start()..record.value.end]);
            if left.any(|token| residue.is_in_record(&token)) {
                return Err(RewriteRefusal::Residue);
            }
            tokens(&document[record.value.clone()]).for_each(|token| residue.forget_text(&token));
        }
        // After all records that stay: a text is no residue if any of them has it, too.
        for part in beside(document, kept.iter().chain(&removed)) {
            if tokens(part).any(|token| residue.is_beside_records(&token)) {
                return Err(RewriteRefusal::Residue);
            }
        }
        let edits = match &masking {
            Some(masking) => masked(rules, document, &removed, masking)?,
            None => self.dropped(&placed),
        };
        let guard = &self.text[..self.text.len() - document.len()];
        let left = format!("{guard}{}", apply(document, edits));
        Ok((left, masking, removed.len()))
    }

    /// The records that stay, and the others: there are some of both.
    fn told_apart<'p>(
        &self,
        placed: &'p PlacedRecords,
    ) -> Result<(Vec<&'p PlacedRecord>, Vec<&'p PlacedRecord>), RewriteRefusal> {
        let (kept, removed): (Vec<_>, Vec<_>) = placed
            .records()
            .partition(|record| self.is_permitted(&record.identifiers));
        match (kept.is_empty(), removed.is_empty()) {
            // A person is outside, or nothing would be rewritten; no record names them.
            (_, true) => Err(RewriteRefusal::OutsideRecords),
            (true, false) => Err(RewriteRefusal::EveryRecord),
            (false, false) => Ok((kept, removed)),
        }
    }

    fn dropped(&self, placed: &PlacedRecords) -> Vec<Edit> {
        let mut edits: Vec<Edit> = Vec::new();
        for siblings in &placed.siblings {
            let mut is_removed = vec![false; siblings.children.len()];
            for (number, record) in &siblings.records {
                is_removed[*number] = !self.is_permitted(&record.identifiers);
            }
            edits.extend(cuts(&siblings.children, &is_removed).map(Edit::cut));
        }
        let lines = placed
            .lines
            .iter()
            .filter(|(_, record)| !self.is_permitted(&record.identifiers));
        edits.extend(lines.map(|(line, _)| Edit::cut(line.clone())));
        edits
    }

    fn of_table(&self, table: &PlacedTable<'_>) -> Result<Left, RewriteRefusal> {
        let (records, others): (Vec<&PlacedRow>, Vec<&PlacedRow>) =
            table.rows.iter().partition(|row| row.is_record);
        let (kept, removed): (Vec<&PlacedRow>, Vec<&PlacedRow>) = records
            .into_iter()
            .partition(|row| self.is_permitted(&row.identifiers));
        if removed.is_empty() {
            return Err(RewriteRefusal::OutsideRecords);
        }
        if kept.is_empty() {
            return Err(RewriteRefusal::EveryRecord);
        }
        let cells = |row: &PlacedRow| table.cells(row).map(JsonToken::Text);
        let mut residue = Residue::new(self.kinds, self.permitted);
        for row in &removed {
            residue.add_removed(&row.identifiers);
            cells(row).for_each(|cell| residue.add_text(&cell));
        }
        if residue.is_too_large() {
            return Err(RewriteRefusal::TooLarge);
        }
        for row in kept {
            if cells(row).any(|cell| residue.is_in_record(&cell)) {
                return Err(RewriteRefusal::Residue);
            }
            cells(row).for_each(|cell| residue.forget_text(&cell));
        }
        let mut beside = others.into_iter().flat_map(cells);
        if beside.any(|cell| residue.is_beside_records(&cell)) {
            return Err(RewriteRefusal::Residue);
        }
        let edits = removed.iter().map(|row| Edit::cut(row.bytes.clone()));
        Ok((apply(self.text, edits.collect()), None, removed.len()))
    }
}

/// Replaces the values of records, and their names where these may say whose they are.
fn masked(
    rules: &JsonRules,
    document: &str,
    removed: &[&PlacedRecord],
    masking: &Masking,
) -> Result<Vec<Edit>, RewriteRefusal> {
    let mut edits = Vec::new();
    for record in removed {
        if let Some(name) = &record.name {
            edits.push(Edit {
                place: name.clone(),
                with: Masking::name().to_owned(),
            });
        }
        edits.push(Edit {
            place: record.value.clone(),
            with: masking.mask(rules, &document[record.value.clone()])?,
        });
    }
    Ok(edits)
}

/// The parts of a document that lie in no record. The name of a record belongs to it.
fn beside<'t, 'p>(
    document: &'t str,
    records: impl Iterator<Item = &'p &'p PlacedRecord>,
) -> Vec<&'t str> {
    let mut places: Vec<(usize, usize)> = records
        .map(|record| (record.start(), record.value.end))
        .collect();
    places.sort_unstable();
    let mut parts = Vec::with_capacity(places.len() + 1);
    let mut at = 0;
    for (start, end) in places {
        parts.push(&document[at..start]);
        at = end;
    }
    parts.push(&document[at..]);
    parts
}

impl PlacedRecord {
    /// Where it begins, with its name.
    fn start(&self) -> usize {
        let name = self.name.as_ref();
        name.map_or(self.value.start, |name| name.start)
    }
}

impl PlacedRecords {
    /// In no order.
    fn records(&self) -> impl Iterator<Item = &PlacedRecord> {
        let siblings = self.siblings.iter().flat_map(|all| &all.records);
        let lines = self.lines.iter().map(|(_, record)| record);
        siblings.map(|(_, record)| record).chain(lines)
    }
}

#[cfg(test)]
mod tests;
