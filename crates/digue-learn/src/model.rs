//! A portal map as it is learnt: each line with the facts that speak for it.
//!
//! It has no text for people: a reason is a variant with its figures, and the caller's [`Wording`] makes sentences.

use digue_inspect::Normalise;

use crate::shape::Telling;

/// A whole map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LearntMap {
    /// Scheme and authority of the portal, empty when the recording had paths alone.
    pub origin: String,
    pub kinds: Vec<LearntKind>,
    pub errors: Option<LearntErrors>,
    pub routes: Vec<LearntRoute>,
    /// Routes that change something: never part of the map before a person has read them.
    pub writes: Vec<LearntRoute>,
}

/// A kind of identifier; the first is the primary one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LearntKind {
    pub name: String,
    pub steps: Vec<Normalise>,
    /// `None` when any word has it.
    pub shape: Option<String>,
    /// Searched for in every text; `None` when the shape does not tell by itself.
    pub sweep: Option<String>,
    pub reason: LineReason,
}

/// Short answers to failed requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LearntErrors {
    pub statuses: Vec<String>,
    pub types: Vec<String>,
    pub bytes: usize,
    /// Kinds, by place, that are searched for in them.
    pub sweep: Vec<usize>,
    pub reason: LineReason,
}

/// One route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LearntRoute {
    pub name: String,
    pub path: String,
    pub methods: Vec<String>,
    pub kind: LearntRouteKind,
    pub action: RouteAction,
    pub query: Vec<String>,
    pub request: Vec<LearntRequest>,
    pub blocks: Vec<LearntBlock>,
    pub reason: LineReason,
    /// Paths that were seen, to try the map with; not part of it.
    pub samples: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LearntRouteKind {
    Held,
    Assets,
}

/// What an account does by asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteAction {
    Open,
    List,
    Export,
    /// Shows nobody.
    Read,
    Change,
}

impl RouteAction {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::List => "list",
            Self::Export => "export",
            Self::Read => "read",
            Self::Change => "change",
        }
    }
}

/// The part of a request that names a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LearntRequest {
    pub place: RequestPlace,
    /// The name of the segment or parameter, or the JSON path.
    pub at: String,
    pub kind: usize,
    pub pattern: Option<String>,
    pub reason: LineReason,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestPlace {
    Path,
    Query,
    Form,
    Json,
}

impl RequestPlace {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Form => "form",
            Self::Json => "json",
        }
    }
}

/// How one type of answer is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LearntBlock {
    pub format: BlockFormat,
    /// Empty for the usual types of the format.
    pub types: Vec<String>,
    pub records: LearntRecords,
    pub persons: Vec<LearntRule>,
    pub empty: Vec<String>,
    pub no_person: Vec<String>,
    /// Of tables: a pattern of the rows above the header that are no records.
    pub captions: Option<String>,
    /// Texts outside of records are not counted.
    pub allows_undescribed: bool,
    /// Kinds, by place, that are searched for in every text.
    pub sweep: Vec<usize>,
    pub reason: LineReason,
}

/// The formats of the map that learning proposes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BlockFormat {
    Json,
    NdJson,
    Html,
    Csv,
    Xlsx,
    Xml,
    Text,
    Nobody,
}

impl BlockFormat {
    /// As the map writes it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::NdJson => "ndjson",
            Self::Html => "html",
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Xml => "xml",
            Self::Text => "text",
            Self::Nobody => "nobody",
        }
    }
}

/// Where one person's record is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LearntRecords {
    At(Vec<String>),
    /// The whole page.
    Page,
    /// Every row below the header.
    Rows,
    /// Each line of a text.
    Lines,
    /// There are none to name; the reason stands in the map.
    Unnamed(LineReason),
}

/// A place where identifiers are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LearntRule {
    /// A path, a selector, or the names of a column.
    pub at: Vec<String>,
    /// `text` or `@attribute`; pages alone have it.
    pub take: Option<String>,
    pub kind: usize,
    pub pattern: Option<String>,
    pub own: Option<bool>,
    pub optional: bool,
    pub reason: LineReason,
}

/// The facts behind one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineReason {
    /// Of a kind: its known values, and how much its shape says.
    KindGiven { values: usize, telling: Telling },
    /// Of a kind that was seen beside the primary one.
    KindBeside { persons: usize },
    /// Of a kind that was inferred from the traffic itself.
    KindInferred { values: usize },
    /// Of a route: how often it was asked, and that some of its bodies were not recorded.
    Asked { exchanges: usize, without_body: usize },
    /// Of a rule.
    Hits(RuleEvidence),
    /// Of a column that not every table has.
    SomeTables { tables: usize, of: usize },
    /// Of a list that was always empty: the rule is that of other routes.
    AlwaysEmpty { responses: usize },
    /// Of records: the answers that the block reads whole.
    Read { responses: usize },
    /// Nobody known was in these answers.
    NobodyKnown { responses: usize },
    /// Persons were found, and no record that holds one of them each.
    RecordsUnclear { responses: usize },
    /// Resources of pages.
    Resources { files: usize },
    /// Answers to failed requests.
    Failures { responses: usize },
    /// A route that changes something.
    Writes { exchanges: usize },
}

/// What speaks for a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleEvidence {
    /// Known identifiers.
    pub hits: usize,
    /// Texts of the same shape that are not known.
    pub alike: usize,
    /// Distinct persons.
    pub persons: usize,
    /// Hits with the person's name close by.
    pub confirmed: usize,
    pub confidence: RuleConfidence,
}

/// How sure a rule is. Without the operator's list nothing is ever sure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleConfidence {
    ToReview,
    Probable,
    Sure,
}

impl RuleConfidence {
    pub const fn code(self) -> &'static str {
        match self {
            Self::ToReview => "to-review",
            Self::Probable => "probable",
            Self::Sure => "sure",
        }
    }
}

impl RuleEvidence {
    /// Judges counts by the lower end of Wilson's interval at 95 %.
    pub(crate) fn new(hits: usize, alike: usize, persons: usize, confirmed: usize, is_given: bool) -> Self {
        let bound = wilson(hits, hits + alike);
        let confidence = match () {
            () if !is_given => RuleConfidence::ToReview,
            () if bound >= 0.95 && persons >= 20 => RuleConfidence::Sure,
            () if bound >= 0.8 && persons >= 8 => RuleConfidence::Probable,
            () => RuleConfidence::ToReview,
        };
        Self { hits, alike, persons, confirmed, confidence }
    }
}

/// The lower end of Wilson's 95 % interval for a share.
pub(crate) fn wilson(hits: usize, of: usize) -> f64 {
    if of == 0 {
        return 0.0;
    }
    const Z: f64 = 1.96;
    let (n, share) = (of as f64, hits as f64 / of as f64);
    let middle = share + Z * Z / (2.0 * n);
    let spread = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    (middle - spread) / (1.0 + Z * Z / n)
}

/// Makes sentences of facts, in the reader's language.
pub trait Wording {
    /// One comment; line ends in it are dropped.
    fn reason(&self, reason: &LineReason) -> String;
    /// The value of `no_records`.
    fn no_records(&self, reason: &LineReason) -> String;
    /// The comment above a part of the map.
    fn heading(&self, heading: MapHeading) -> String;
}

/// Parts of a map that have a comment of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapHeading {
    Whole,
    Upstream,
    Writes,
}

/// What a body was taken for, by its type and its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BodyFormat {
    Json,
    NdJson,
    Html,
    Csv,
    Xlsx,
    Xml,
    Text,
    /// Style sheets, scripts, fonts, pictures, sound.
    Asset,
    /// No reader for it.
    Opaque,
}

impl BodyFormat {
    /// The format of the map; `None` for what it has none for.
    pub(crate) const fn block(self) -> Option<BlockFormat> {
        match self {
            BodyFormat::Json => Some(BlockFormat::Json),
            BodyFormat::NdJson => Some(BlockFormat::NdJson),
            BodyFormat::Html => Some(BlockFormat::Html),
            BodyFormat::Csv => Some(BlockFormat::Csv),
            BodyFormat::Xlsx => Some(BlockFormat::Xlsx),
            BodyFormat::Xml => Some(BlockFormat::Xml),
            BodyFormat::Text => Some(BlockFormat::Text),
            BodyFormat::Asset | BodyFormat::Opaque => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_clean_hits_are_not_sure() {
        let confidence = |hits, alike, persons| RuleEvidence::new(hits, alike, persons, 0, true).confidence;
        assert_eq!(confidence(73, 0, 30), RuleConfidence::Sure);
        assert_eq!(confidence(72, 0, 30), RuleConfidence::Probable);
        assert_eq!(confidence(16, 0, 16), RuleConfidence::Probable);
        assert_eq!(confidence(15, 0, 15), RuleConfidence::ToReview);
        assert_eq!(confidence(500, 0, 3), RuleConfidence::ToReview);
        assert_eq!(confidence(500, 400, 300), RuleConfidence::ToReview);
        assert_eq!(RuleEvidence::new(500, 0, 500, 0, false).confidence, RuleConfidence::ToReview);
    }
}
