//! A portal map as it is learnt: each line with the facts that speak for it.
//!
//! It has no text for people: a reason is a variant with its figures, and the caller's [`Wording`]
//! makes sentences.

use digue_identifiers::Normalise;
use digue_inspect::response::usual_types;
use digue_survey::body_format::BodyFormat;
use digue_survey::evidence::RuleEvidence;
use digue_survey::judge::Accepted;
use digue_survey::reading::ReadingSign;
use digue_survey::shape::Telling;

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
    /// Other things have identifiers of this shape, too.
    pub is_shared: bool,
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
    /// What the content of a request must say.
    pub when: Vec<LearntCondition>,
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

/// A condition on the content of requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LearntCondition {
    pub place: LearntConditionPlace,
    pub values: Vec<String>,
}

/// The part of a request that tells apart what one address answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LearntConditionPlace {
    Query(String),
    Json(String),
    TextJson(String),
    GraphQl,
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
    /// Of tables that show nobody: the names of their columns.
    pub fields: Vec<String>,
    /// Of tables: a pattern of the rows above the header that are no records.
    pub captions: Option<String>,
    /// Of PDF files: their pictures are taken for logos.
    pub ignores_pictures: bool,
    /// Of archives and event streams: how their entries or events are read.
    pub parts: Vec<LearntPart>,
    /// Texts outside of records are not counted.
    pub allows_undescribed: bool,
    /// Without records: texts outside of the parts that show nobody are counted, and none may be.
    pub counts_undescribed: bool,
    /// Kinds, by place, that are searched for in every text.
    pub sweep: Vec<usize>,
    pub reason: LineReason,
}

/// How the entries of an archive, or the events of a stream, with certain names are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LearntPart {
    pub names: Vec<String>,
    pub block: LearntBlock,
}

impl LearntBlock {
    /// True when it says where persons are.
    pub(crate) fn shows_persons(&self) -> bool {
        !self.persons.is_empty()
            || matches!(self.records, LearntRecords::Document | LearntRecords::Pages)
            || self.parts.iter().any(|part| part.block.shows_persons())
    }

    /// Without anything said of what stands outside of records.
    pub(crate) fn loose(&self) -> Self {
        Self {
            no_person: Vec::new(),
            allows_undescribed: true,
            counts_undescribed: false,
            ..self.clone()
        }
    }

    /// With every identifier taken as the one of its own record.
    pub(crate) fn all_own(&self) -> Self {
        let mut block = self.clone();
        let rules = block.persons.iter_mut();
        rules.for_each(|rule| rule.own = Some(true));
        block
    }
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
    Pdf,
    Zip,
    Events,
    Text,
    Nobody,
}

impl BlockFormat {
    /// `None` for bodies that the map has no format for.
    pub(crate) const fn of(body: BodyFormat) -> Option<Self> {
        match body {
            BodyFormat::Json => Some(Self::Json),
            BodyFormat::NdJson => Some(Self::NdJson),
            BodyFormat::Html => Some(Self::Html),
            BodyFormat::Csv => Some(Self::Csv),
            BodyFormat::Xlsx => Some(Self::Xlsx),
            BodyFormat::Xml => Some(Self::Xml),
            BodyFormat::Pdf => Some(Self::Pdf),
            BodyFormat::Zip => Some(Self::Zip),
            BodyFormat::Events => Some(Self::Events),
            BodyFormat::Text => Some(Self::Text),
            BodyFormat::Asset | BodyFormat::Opaque => None,
        }
    }

    /// The media types that a block of this format covers without naming any.
    pub(crate) fn usual_types(self) -> Vec<String> {
        let known = usual_types(self.code()).iter();
        known.map(|known| (*known).to_owned()).collect()
    }

    /// As the map writes it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::NdJson => "ndjson",
            Self::Html => "html",
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Xml => "xml",
            Self::Pdf => "pdf",
            Self::Zip => "zip",
            Self::Events => "events",
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
    /// A PDF file, and each page of one that is not blank.
    Document,
    Pages,
    /// Of archives and event streams: their parts say it.
    OfParts,
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

impl LearntRule {
    /// The rule of one place that was taken for one of identifiers.
    pub(crate) fn accepted(at: String, pattern: Option<String>, accepted: Accepted) -> Self {
        Self {
            at: vec![at],
            take: None,
            kind: usize::from(accepted.kind),
            pattern,
            own: None,
            optional: false,
            reason: LineReason::Hits(accepted.evidence),
        }
    }

    /// Its only place, in every format but tables.
    pub(crate) fn first_place(&self) -> &str {
        self.at.first().map(String::as_str).unwrap_or_default()
    }
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
    Asked {
        exchanges: usize,
        without_body: usize,
    },
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
    /// A route that only reads, although its method says otherwise.
    Reads { exchanges: usize, sign: ReadingSign },
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
