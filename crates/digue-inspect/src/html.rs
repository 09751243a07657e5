//! HTML: records, and the identifiers in attributes and texts of elements that CSS selectors
//! choose.
//!
//! The page is parsed as a browser builds its tree, in time linear in its bytes and in bounded
//! memory. A record is an element that the map selects, and it has an identifier *of its own*: one
//! that a rule takes from it and not from a record inside it. Where clients differ, each of their
//! readings counts: with and without scripts (`noscript`), as HTML and as XML (pages that declare
//! XHTML), as a page and as a fragment that a script inserts into a table.
//!
//! No script is run: what a script would show is found only by the sweep, which searches everything
//! in the page: texts, attributes, comments, scripts, templates, and what a browser drops. The
//! parser is that of `digue-html`.

mod charset;
pub mod outline;
mod walk;

use digue_html::build::{self, ParseManner, TreeFault};
use digue_html::selector::Selector;
use digue_types::{ReadFailure, UnreadCause};
use walk::{HtmlWalk, WalkPlan};

use crate::limits::InspectionLimits;
use digue_identifiers::collector::Collector;
use digue_identifiers::identifier::Pick;
use digue_identifiers::reading::{ReadingTally, Unreadable};

/// Elements of a page that carry identifiers.
#[derive(Clone, Debug)]
pub struct HtmlRule {
    pub selector: Selector,
    pub take: IdentifierPart,
    pub pick: Pick,
    /// Whether the identifier is the record's own; a link to another person is not.
    pub is_own: bool,
}

/// The map's rules for one kind of page.
#[derive(Clone, Debug, Default)]
pub struct HtmlRules {
    pub rules: Vec<HtmlRule>,
    pub records: HtmlRecords,
    /// Elements whose presence shows that the answer is empty.
    pub empty: Vec<Selector>,
    /// Elements that are not records, and whose text does not count: totals, legends, layout
    /// tables. Records inside them still count.
    pub no_person: Vec<Selector>,
    /// Values with which an exact search is compared.
    pub compare: Vec<HtmlRule>,
}

/// Where the records of persons are.
#[derive(Clone, Debug, Default)]
pub enum HtmlRecords {
    /// The map does not name records, and gives a reason.
    #[default]
    Unsaid,
    /// The page is one record: it has an identifier of its own.
    Page,
    /// Each element selected by one of these is a record with an identifier of its own.
    ///
    /// A record with any text, or any value that a person reads (`alt`, `title`, `value`,
    /// `placeholder`, `aria-label`), but without an identifier of its own makes the page
    /// unreadable. A blank one is no record, and a row of only `th` is a header. Rows (`tr` with a
    /// text in a `td`) outside records and `no_person` count as undescribed: they may be a second
    /// table that the map does not know.
    At(Vec<Selector>),
}

/// Which part of the element is the identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdentifierPart {
    /// All text inside it, as a person reads it.
    Text,
    /// The attribute of this name, in lower case. The `value` of an option without one is its text.
    Attribute(String),
}

/// The deepest level of pages within pages (`srcdoc`).
const INNER_PAGES_MAX: usize = 2;

/// Reads a page; `charset` is the one that its header declares.
pub fn read(
    rules: &HtmlRules,
    charset: Option<&str>,
    bytes: &[u8],
    limits: &InspectionLimits,
    found: &mut Collector<'_>,
) -> Result<ReadingTally, Unreadable> {
    if bytes.len() > limits.decoded_bytes_max {
        return Err(Unreadable::too_large());
    }
    let text = charset::text(charset, bytes)?;
    let plan = WalkPlan::new(rules);
    // Further readings only where the first one met something that they read differently: an
    // ordinary page is parsed once. All collect into the same `found`, so a person shown by any
    // reading counts.
    let (mut tally, met) = read_as(&plan, &text, ParseManner::default(), found, 0)?;
    if met.noscript {
        let manner = ParseManner {
            runs_scripts: true,
            ..ParseManner::default()
        };
        let (other, _) = read_as(&plan, &text, manner, found, 0)?;
        tally = either(tally, other);
    }
    if met.xml {
        let manner = ParseManner {
            is_xml: true,
            ..ParseManner::default()
        };
        let (other, _) = read_as(&plan, &text, manner, found, 0)?;
        tally = either(tally, other);
    }
    if met.stray_table_part {
        let manner = ParseManner {
            is_fragment: true,
            ..ParseManner::default()
        };
        let (other, _) = read_as(&plan, &text, manner, found, 0)?;
        // As a page, the row that states an empty answer is dropped with its table part: accept it
        // from either reading.
        let nobody = tally.nobody.or(other.nobody);
        tally = ReadingTally {
            nobody,
            ..either(tally, other)
        };
    }
    Ok(tally)
}

fn read_as(
    plan: &WalkPlan<'_>,
    text: &str,
    manner: ParseManner,
    found: &mut Collector<'_>,
    depth: usize,
) -> Result<(ReadingTally, build::AttributeLookup), Unreadable> {
    let mut built = build::build(text, manner, found.has_sweep()).map_err(untreed)?;
    let met = built.met;
    let tally = HtmlWalk::read(plan, &mut built, manner, found, depth)?;
    Ok((tally, met))
}

fn untreed(fault: TreeFault) -> Unreadable {
    let cause = match fault {
        TreeFault::TooDeep => UnreadCause::TooDeep,
        TreeFault::TooLarge => UnreadCause::TooLarge,
    };
    ReadFailure::new(cause).into()
}

/// Combines two readings of one page: the larger of each count, and nobody only where both say so.
fn either(one: ReadingTally, other: ReadingTally) -> ReadingTally {
    ReadingTally {
        records: one.records.max(other.records),
        nobody: one.nobody.and(other.nobody),
        texts: one.texts.max(other.texts),
        undescribed: one.undescribed.max(other.undescribed),
        first_undescribed: one.first_undescribed.or(other.first_undescribed),
        unpacked: one.unpacked.max(other.unpacked),
    }
}

/// Reads a page within a page (`srcdoc`).
fn read_nested(
    plan: &WalkPlan<'_>,
    text: &str,
    manner: ParseManner,
    found: &mut Collector<'_>,
    depth: usize,
) -> Result<ReadingTally, Unreadable> {
    if depth > INNER_PAGES_MAX {
        return Err(ReadFailure::new(UnreadCause::TooDeep).at("srcdoc").into());
    }
    read_as(
        plan,
        text,
        ParseManner {
            // A whole page, also where the one around it is read as a fragment.
            is_fragment: false,
            ..manner
        },
        found,
        depth,
    )
    .map(|(tally, _)| tally)
}

#[cfg(test)]
mod generated;
#[cfg(test)]
mod tests;
