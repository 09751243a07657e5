//! Papers about personal data: the register of processing as the article asks it, impact
//! assessments, contracts clause by clause, arrangements between joint controllers.
//!
//! What is missing is printed as missing. Records that differ from the journal are named at the head,
//! as on every paper of the management system.

use digue_app::{Actor, App, OperationError};
use digue_casework::paper_reader::PaperReader;
use digue_casework::papers::{PaperFormat, printed_from, written};
use digue_compliance::isms::compared;
use digue_compliance::isms::sheets::field_name;
use digue_compliance::isms::{self, signatures};
use digue_documents::{Document, DocumentBlock, PageShape, WrittenCell, WrittenSheet};
use digue_evidence::paper_warning::PaperSources;
use digue_isms::kinds::{Measure, RegisterKind};
use digue_isms::privacy_kinds::{Contract, Dpia, JointArrangement, Processing, SubProcessor};
use digue_isms::register::{RegisterEntry, RegisterRecord, Registers};
use digue_isms::signatures::signed;
use digue_isms::standing::{MeasuredState, Measurements};
use digue_locales::{Value, text_with};
use digue_privacy::arrangement::ArrangementTopic;
use digue_privacy::chain::chain;
use digue_privacy::contract::{ContractClause, needs_clauses};
use digue_privacy::dpia::{CriteriaNeed, PriorConsultation};
use digue_privacy::gaps::{PrivacyGap, PrivacyGapKind};
use digue_privacy::sheet::{SheetLine, SheetSide, sheet};

use crate::overview::{PrivacyOverview, overview};
use crate::privacy_words::PrivacyWords;

/// What is printed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PrivacyPaper {
    /// The whole register of one side.
    Register(SheetSide),
    /// One record, by its identifier.
    Processing(String),
    Dpia(String),
    Contract(String),
    Arrangement(String),
}

impl PrivacyPaper {
    /// The kinds of records that have a paper of their own.
    pub const KINDS: [RegisterKind; 4] = [
        RegisterKind::Processing,
        RegisterKind::Dpia,
        RegisterKind::Contract,
        RegisterKind::JointArrangement,
    ];

    /// By the name of its file: `controller`, `processor`, or the identifier of a record.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "controller" => Some(Self::Register(SheetSide::Controller)),
            "processor" => Some(Self::Register(SheetSide::Processor)),
            id => {
                let (prefix, _) = id.split_once('-')?;
                let papers: [(RegisterKind, fn(String) -> Self); 4] = [
                    (RegisterKind::Processing, Self::Processing),
                    (RegisterKind::Dpia, Self::Dpia),
                    (RegisterKind::Contract, Self::Contract),
                    (RegisterKind::JointArrangement, Self::Arrangement),
                ];
                let (_, paper) = papers.iter().find(|(kind, _)| kind.prefix() == prefix)?;
                Some(paper(id.to_owned()))
            }
        }
    }
}

/// Prints a paper.
///
/// # Errors
/// For readers who may not watch; `NotFound` for a record that is not in force, or a spreadsheet of
/// anything but processing; when the journal cannot be read.
pub async fn paper(
    app: &App,
    actor: &Actor,
    reader: &PaperReader,
    paper: &PrivacyPaper,
    form: PaperFormat,
) -> Result<Vec<u8>, OperationError> {
    let registers = compared::registers(app, actor).await?.registers;
    let measured = isms::measured(app, actor).await?;
    let overview = overview(app, actor, &registers).await?;
    let source = PaperSource {
        reader,
        registers: &registers,
        overview: &overview,
        measured: &measured,
        now: isms::now(app),
    };
    if form == PaperFormat::Xlsx {
        let side = match paper {
            PrivacyPaper::Register(side) => *side,
            PrivacyPaper::Processing(_)
            | PrivacyPaper::Dpia(_)
            | PrivacyPaper::Contract(_)
            | PrivacyPaper::Arrangement(_) => return Err(OperationError::NotFound("form")),
        };
        let mut sheets = vec![source.workbook(side)];
        sheets.extend(PaperSources::ISMS.sheet(app, reader.language).await?);
        return written(app, sheets).await;
    }
    let made = Value::from(reader.moment(app.clock().now()));
    let mut document = source.document(paper)?;
    let made = text_with(reader.language, "smsi-made", &[("at", made)]);
    document.blocks.insert(0, DocumentBlock::Quiet(made));
    printed_from(app, &document, form, PaperSources::ISMS).await
}

/// Everything that a paper is made from.
struct PaperSource<'p> {
    reader: &'p PaperReader,
    registers: &'p Registers,
    overview: &'p PrivacyOverview,
    measured: &'p MeasuredState,
    now: Measurements,
}

impl PaperSource<'_> {
    fn words(&self) -> PrivacyWords<'_> {
        PrivacyWords {
            language: self.reader.language,
            registers: self.registers,
        }
    }

    fn say(&self, key: &str) -> String {
        self.words().say(key)
    }

    fn document(&self, paper: &PrivacyPaper) -> Result<Document, OperationError> {
        let (title, blocks) = match paper {
            PrivacyPaper::Register(side) => self.register(*side),
            PrivacyPaper::Processing(id) => {
                let blocks = self.processing(&self.find::<Processing>(id)?);
                self.record(RegisterKind::Processing, id, blocks)
            }
            PrivacyPaper::Dpia(id) => {
                let blocks = self.dpia(&self.find::<Dpia>(id)?);
                self.record(RegisterKind::Dpia, id, blocks)
            }
            PrivacyPaper::Contract(id) => {
                let blocks = self.contract(&self.find::<Contract>(id)?);
                self.record(RegisterKind::Contract, id, blocks)
            }
            PrivacyPaper::Arrangement(id) => {
                let blocks = self.arrangement(&self.find::<JointArrangement>(id)?);
                self.record(RegisterKind::JointArrangement, id, blocks)
            }
        };
        Ok(Document {
            foot: title.clone(),
            title,
            language: self.reader.language.code(),
            shape: PageShape::Portrait,
            blocks,
            ..Document::default()
        })
    }

    fn register(&self, side: SheetSide) -> (String, Vec<DocumentBlock>) {
        let title = self.say(&format!("processing-register-{}", side.code()));
        let mut blocks = vec![DocumentBlock::Paragraph(
            self.say(&format!("processing-register-{}-explain", side.code())),
        )];
        let own = self.of_side(side);
        if own.is_empty() {
            blocks.push(DocumentBlock::Paragraph(
                self.say("processing-register-empty"),
            ));
        }
        for unread in self.registers.read::<Processing>().unreadable {
            let line = text_with(
                self.reader.language,
                "processing-unreadable",
                &[("id", Value::from(unread.id))],
            );
            blocks.push(DocumentBlock::Paragraph(line));
        }
        for entry in &own {
            blocks.extend(self.processing(entry));
        }
        (title, blocks)
    }

    fn of_side(&self, side: SheetSide) -> Vec<RegisterEntry<Processing>> {
        let all = self.registers.read::<Processing>().entries.into_iter();
        all.filter(|entry| SheetSide::of(&entry.record) == side)
            .collect()
    }

    /// The title of a record's paper, and its blocks with its signature.
    fn record(
        &self,
        kind: RegisterKind,
        id: &str,
        mut blocks: Vec<DocumentBlock>,
    ) -> (String, Vec<DocumentBlock>) {
        if let Some(revision) = self.registers.find(kind, id)
            && let Some(state) = signed(self.registers, revision)
            && let Some(said) = signatures::in_words(self.reader.language, revision, &state, |at| {
                self.reader.moment(at)
            })
        {
            blocks.push(DocumentBlock::Pair(self.say("signature-title"), said));
        }
        (format!("{id} – {}", self.words().title(kind, id)), blocks)
    }

    /// A record in force.
    fn find<R: RegisterRecord>(&self, id: &str) -> Result<RegisterEntry<R>, OperationError> {
        let reading = self.registers.read::<R>();
        if reading.unreadable.iter().any(|one| one.id == id) {
            return Err(OperationError::Unavailable(format!(
                "record {id} cannot be read"
            )));
        }
        let mut entries = reading.entries.into_iter();
        entries
            .find(|entry| entry.id == id)
            .ok_or(OperationError::NotFound("record"))
    }

    fn lines(&self, record: &Processing) -> Vec<SheetLine> {
        sheet(record, self.registers, &self.overview.facts.settings)
    }

    fn gaps_of(&self, kind: RegisterKind, id: &str) -> Vec<&PrivacyGap> {
        let own = |gap: &&PrivacyGap| gap.kind == kind && gap.id == id;
        self.overview.gaps.iter().filter(own).collect()
    }

    /// What is missing, under its own heading; nothing where nothing is.
    fn lacks(&self, kind: RegisterKind, id: &str) -> Vec<DocumentBlock> {
        let gaps = self.gaps_of(kind, id);
        if gaps.is_empty() {
            return Vec::new();
        }
        let words = self.words();
        let mut blocks = vec![DocumentBlock::Heading(self.say("privacy-lacks"))];
        blocks.extend(
            gaps.into_iter()
                .map(|gap| DocumentBlock::Point(None, words.gap(gap))),
        );
        blocks
    }

    fn processing(&self, entry: &RegisterEntry<Processing>) -> Vec<DocumentBlock> {
        let RegisterEntry { id, record, .. } = entry;
        let words = self.words();
        let side = SheetSide::of(record);
        let mut blocks = vec![
            DocumentBlock::Heading(format!("{id} – {}", record.title.0)),
            DocumentBlock::Quiet(self.say(&format!("processing-side-{}", side.code()))),
        ];
        let lines = self.lines(record);
        blocks.extend(
            lines
                .iter()
                .map(|line| DocumentBlock::Pair(words.item(line), words.answer(line))),
        );
        if side == SheetSide::Controller {
            let basis = record.basis.0.map(|basis| self.say(basis.key()));
            let basis = basis.unwrap_or_else(|| self.say("processing-basis-missing"));
            let name = field_name(self.reader.language, RegisterKind::Processing, "basis");
            blocks.push(DocumentBlock::Pair(name, basis));
        }
        blocks.extend(self.lacks(RegisterKind::Processing, id));
        blocks
    }

    /// The filled fields of a record, by their codes.
    fn pairs(&self, kind: RegisterKind, id: &str, codes: &[&str]) -> Vec<DocumentBlock> {
        let Some(revision) = self.registers.find(kind, id) else {
            return Vec::new();
        };
        let words = self.words();
        let pair = |code: &&str| {
            let said = words.field(kind, &revision.values, code);
            let name = field_name(self.reader.language, kind, code);
            let said = match said {
                none if none.is_empty() => self.say("privacy-blank"),
                said => said,
            };
            DocumentBlock::Pair(name, said)
        };
        codes.iter().map(pair).collect()
    }

    fn dpia(&self, RegisterEntry { id, record, .. }: &RegisterEntry<Dpia>) -> Vec<DocumentBlock> {
        let kind = RegisterKind::Dpia;
        let heading = |key: &str| DocumentBlock::Heading(self.say(key));
        let mut blocks = vec![heading("dpia-part-need")];
        blocks.extend(self.pairs(kind, id, &["processing", "criteria"]));
        let need = CriteriaNeed::of(&record.criteria.0);
        let values = [("count", Value::from(record.criteria.0.len() as u64))];
        let key = format!("criteria-need-{}", need.code());
        let said = text_with(self.reader.language, &key, &values);
        blocks.push(DocumentBlock::Pair(self.say("criteria-need"), said));
        blocks.extend(self.pairs(kind, id, &["need", "need-reason"]));
        blocks.push(heading("dpia-part-description"));
        blocks.extend(self.pairs(kind, id, &["description", "necessity", "rights"]));
        blocks.push(heading("dpia-part-risks"));
        blocks.extend(self.pairs(kind, id, &["risks", "risk-words", "high-residual"]));
        blocks.extend(self.measures(&record.measures.0));
        blocks.push(heading("dpia-part-opinions"));
        let opinions = [
            "views",
            "views-reason",
            "dpo-opinion",
            "dpo-words",
            "dpo-name",
            "dpo-on",
        ];
        blocks.extend(self.pairs(kind, id, &opinions));
        blocks.push(heading("dpia-part-consultation"));
        let stands = self
            .words()
            .consultation(PriorConsultation::of(record, self.now.today));
        blocks.push(DocumentBlock::Pair(self.say("consultation-state"), stands));
        if record.consulted_on.is_some() {
            let asked = [
                "consulted-on",
                "consultation-extended-on",
                "advice-on",
                "advice",
            ];
            blocks.extend(self.pairs(kind, id, &asked));
        }
        blocks.push(heading("dpia-part-decision"));
        let decided = [
            "decision",
            "decision-reason",
            "decided-by",
            "decided-on",
            "review-on",
        ];
        blocks.extend(self.pairs(kind, id, &decided));
        blocks.extend(self.lacks(kind, id));
        blocks
    }

    /// The measures that an assessment relies on, each with what is measured of it.
    fn measures(&self, ids: &[String]) -> Option<DocumentBlock> {
        let all = self.registers.read::<Measure>().entries.into_iter();
        let own = all.filter(|entry| ids.contains(&entry.id));
        let row = |entry: RegisterEntry<Measure>| {
            let state = entry.record.standing(self.measured, self.now);
            vec![
                entry.id,
                entry.record.title.0,
                entry.record.owner.0,
                entry
                    .record
                    .due
                    .map_or_else(String::new, |due| self.words().day(due)),
                self.say(&format!("standing-{}", state.code())),
            ]
        };
        let rows: Vec<Vec<String>> = own.map(row).collect();
        let columns = ["record", "title", "owner", "due", "state"];
        let header = columns.map(|column| self.say(&format!("column-{column}")));
        (!rows.is_empty()).then(|| DocumentBlock::Table {
            header: header.into(),
            rows,
        })
    }

    fn contract(
        &self,
        RegisterEntry { id, record, .. }: &RegisterEntry<Contract>,
    ) -> Vec<DocumentBlock> {
        let kind = RegisterKind::Contract;
        let head = [
            "third-party",
            "about",
            "subject",
            "signed-on",
            "starts-on",
            "ends-on",
            "sub-authorisation",
            "at-end",
        ];
        let mut blocks = self.pairs(kind, id, &head);
        if needs_clauses(record) {
            blocks.push(DocumentBlock::Heading(self.say("contract-clauses-title")));
            let row = |clause: &ContractClause| {
                let place = clause.place(record).map(ToOwned::to_owned);
                vec![
                    clause.article().to_owned(),
                    self.say(&format!("clause-{}", clause.code())),
                    place.unwrap_or_else(|| self.say("clause-missing")),
                ]
            };
            let columns = ["article", "clause", "place"];
            let header = columns.map(|column| self.say(&format!("column-{column}")));
            blocks.push(DocumentBlock::Table {
                header: header.into(),
                rows: ContractClause::ALL.iter().map(row).collect(),
            });
        }
        let below = self.registers.read::<SubProcessor>().entries;
        let links = chain(id, &below);
        if !links.is_empty() {
            blocks.push(DocumentBlock::Heading(self.say("chain-title")));
        }
        for link in links {
            let one = &link.entry.record;
            let place = one.safeguard.0.map(|ground| self.say(ground.key()));
            let parts = [
                one.title.0.clone(),
                one.service.0.clone(),
                one.country.0.clone(),
                place.unwrap_or_default(),
            ];
            let parts = parts.into_iter().filter(|part| !part.is_empty());
            let parts: Vec<String> = parts.collect();
            let line = text_with(
                self.reader.language,
                "chain-link",
                &[
                    ("depth", Value::from(link.depth as u64)),
                    ("text", Value::from(parts.join(", "))),
                ],
            );
            blocks.push(DocumentBlock::Point(None, line));
        }
        blocks.extend(self.lacks(kind, id));
        blocks
    }

    fn arrangement(
        &self,
        RegisterEntry { id, record, .. }: &RegisterEntry<JointArrangement>,
    ) -> Vec<DocumentBlock> {
        let kind = RegisterKind::JointArrangement;
        // What persons may read comes first: it is what is handed out (26(2)).
        let essence = ArrangementTopic::Essence
            .said(record)
            .map(ToOwned::to_owned);
        let essence = essence.unwrap_or_else(|| self.say("arrangement-essence-missing"));
        let mut blocks = vec![
            DocumentBlock::Heading(self.say("arrangement-essence")),
            DocumentBlock::Paragraph(essence),
            DocumentBlock::Heading(self.say("arrangement-title")),
        ];
        blocks.extend(self.pairs(kind, id, &["parties"]));
        let settled = [
            "informs",
            "rights",
            "contact-point",
            "security",
            "breaches",
            "others",
        ];
        blocks.extend(self.pairs(kind, id, &settled));
        blocks.extend(self.pairs(kind, id, &["published", "signed-on", "document"]));
        blocks.extend(self.lacks(kind, id));
        blocks
    }

    /// The register of one side as a table: a row a processing, a column an item.
    fn workbook(&self, side: SheetSide) -> WrittenSheet {
        let words = self.words();
        let mut header = vec![self.say("column-record"), self.say("column-title")];
        header.extend(side.items().iter().map(|item| {
            let article = item.article(side);
            format!("{} ({article})", words.item_name(*item))
        }));
        header.push(self.say("privacy-lacks"));
        let row = |entry: &RegisterEntry<Processing>| {
            let mut row = vec![entry.id.clone(), entry.record.title.0.clone()];
            let lines = self.lines(&entry.record);
            row.extend(lines.iter().map(|line| words.answer(line)));
            let gaps = self
                .gaps_of(RegisterKind::Processing, &entry.id)
                .into_iter();
            // Missing items stand in their cells.
            let gaps = gaps.filter(|gap| !matches!(gap.what, PrivacyGapKind::Item(_)));
            let gaps: Vec<String> = gaps.map(|gap| words.gap(gap)).collect();
            row.push(gaps.join("\n"));
            row.into_iter().map(WrittenCell::from).collect()
        };
        WrittenSheet {
            name: self.say(&format!("processing-register-{}", side.code())),
            language: self.reader.language.code(),
            header,
            rows: self.of_side(side).iter().map(row).collect(),
            ..WrittenSheet::default()
        }
    }
}
