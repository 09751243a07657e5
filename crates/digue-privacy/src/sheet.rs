//! The sheet of a processing: what 30(1) asks of a controller and 30(2) of a processor, item by item
//! in the order of the article. An item without an answer is named as missing and never left out.

use digue_isms::kinds::{ProcessingRole, RegisterKind, Role, RoleKey, says_something};
use digue_isms::privacy_kinds::{Contract, Processing};
use digue_isms::privacy_lists::TransferSafeguard;
use digue_isms::register::Registers;

/// Who answers for the register, from the settings and the roles.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SheetSettings {
    /// Name, address and contact of the operator, line by line; empty where nothing is set.
    pub operator: Vec<String>,
    /// Name and contact of the data-protection officer; empty where nothing is set.
    pub dpo: Vec<String>,
}

/// An item that the article asks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum SheetItem {
    Controller,
    Processor,
    /// The controllers for whom the operator processes (30(2)(a)).
    OnBehalfOf,
    JointControllers,
    Representative,
    Dpo,
    Purposes,
    /// The categories of processing for each controller (30(2)(b)).
    ProcessingCategories,
    PersonCategories,
    DataCategories,
    Recipients,
    Transfers,
    Safeguards,
    Erasure,
    Security,
}

impl SheetItem {
    /// The items of 30(1).
    pub const CONTROLLER: &'static [Self] = &[
        Self::Controller,
        Self::JointControllers,
        Self::Representative,
        Self::Dpo,
        Self::Purposes,
        Self::PersonCategories,
        Self::DataCategories,
        Self::Recipients,
        Self::Transfers,
        Self::Safeguards,
        Self::Erasure,
        Self::Security,
    ];

    /// The items of 30(2).
    pub const PROCESSOR: &'static [Self] = &[
        Self::Processor,
        Self::OnBehalfOf,
        Self::Representative,
        Self::Dpo,
        Self::ProcessingCategories,
        Self::Transfers,
        Self::Safeguards,
        Self::Security,
    ];

    /// Its locale key follows `processing-item-`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Controller => "controller",
            Self::Processor => "processor",
            Self::OnBehalfOf => "on-behalf-of",
            Self::JointControllers => "joint-controllers",
            Self::Representative => "representative",
            Self::Dpo => "dpo",
            Self::Purposes => "purposes",
            Self::ProcessingCategories => "processing-categories",
            Self::PersonCategories => "person-categories",
            Self::DataCategories => "data-categories",
            Self::Recipients => "recipients",
            Self::Transfers => "transfers",
            Self::Safeguards => "safeguards",
            Self::Erasure => "erasure",
            Self::Security => "security",
        }
    }

    /// Where the article asks it: `30(1)(a)`.
    pub const fn article(self, side: SheetSide) -> &'static str {
        match (side, self) {
            (SheetSide::Controller, Self::Purposes) => "30(1)(b)",
            (SheetSide::Controller, Self::PersonCategories | Self::DataCategories) => "30(1)(c)",
            (SheetSide::Controller, Self::Recipients) => "30(1)(d)",
            (SheetSide::Controller, Self::Transfers | Self::Safeguards) => "30(1)(e)",
            (SheetSide::Controller, Self::Erasure) => "30(1)(f)",
            (SheetSide::Controller, Self::Security) => "30(1)(g)",
            (SheetSide::Controller, _) => "30(1)(a)",
            (SheetSide::Processor, Self::ProcessingCategories) => "30(2)(b)",
            (SheetSide::Processor, Self::Transfers | Self::Safeguards) => "30(2)(c)",
            (SheetSide::Processor, Self::Security) => "30(2)(d)",
            (SheetSide::Processor, _) => "30(2)(a)",
        }
    }
}

/// Which of the two registers a sheet belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SheetSide {
    /// 30(1), joint controllers included.
    Controller,
    /// 30(2).
    Processor,
}

impl SheetSide {
    pub fn of(processing: &Processing) -> Self {
        match processing.role.0 {
            Some(ProcessingRole::Processor) => Self::Processor,
            Some(ProcessingRole::Controller | ProcessingRole::Joint) | None => Self::Controller,
        }
    }

    pub const fn items(self) -> &'static [SheetItem] {
        match self {
            Self::Controller => SheetItem::CONTROLLER,
            Self::Processor => SheetItem::PROCESSOR,
        }
    }

    /// Its locale key follows `processing-side-`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Controller => "controller",
            Self::Processor => "processor",
        }
    }
}

/// A piece of an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AnswerPart {
    /// In the operator's own words.
    Words(String),
    /// The locale key of a value of a closed list.
    Key(&'static str),
    /// A record in force, named by its title.
    Record(RegisterKind, String),
}

/// The answer to an item.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SheetAnswer {
    Given(Vec<AnswerPart>),
    /// The article asks it "where applicable", and the record says or shows that it is not.
    NotApplicable,
    /// Asked where applicable; nothing says whether it is.
    NoneDeclared,
    Missing,
}

/// One item with its answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SheetLine {
    pub item: SheetItem,
    pub article: &'static str,
    pub answer: SheetAnswer,
}

/// The sheet of a processing.
pub fn sheet(
    processing: &Processing,
    registers: &Registers,
    settings: &SheetSettings,
) -> Vec<SheetLine> {
    let side = SheetSide::of(processing);
    let from = ItemSource {
        processing,
        registers,
        settings,
    };
    let line = |item: &SheetItem| SheetLine {
        item: *item,
        article: item.article(side),
        answer: from.answer(*item),
    };
    side.items().iter().map(line).collect()
}

/// The items of a sheet that have no answer.
pub fn missing(
    processing: &Processing,
    registers: &Registers,
    settings: &SheetSettings,
) -> Vec<SheetItem> {
    let lines = sheet(processing, registers, settings).into_iter();
    let lines = lines.filter(|line| line.answer == SheetAnswer::Missing);
    lines.map(|line| line.item).collect()
}

struct ItemSource<'s> {
    processing: &'s Processing,
    registers: &'s Registers,
    settings: &'s SheetSettings,
}

impl ItemSource<'_> {
    fn answer(&self, item: SheetItem) -> SheetAnswer {
        let one = self.processing;
        match item {
            SheetItem::Controller => or_missing(self.own(&one.controller.0)),
            // The operator is the processor: its own details.
            SheetItem::Processor => or_missing(words_of(&self.settings.operator)),
            SheetItem::OnBehalfOf => or_missing(said(&one.on_behalf_of.0)),
            SheetItem::JointControllers => self.joint(),
            SheetItem::Representative => {
                given(said(&one.representative.0)).unwrap_or(SheetAnswer::NoneDeclared)
            }
            SheetItem::Dpo => or_missing(self.dpo()),
            SheetItem::Purposes | SheetItem::ProcessingCategories => {
                or_missing(said(&one.purposes.0))
            }
            SheetItem::PersonCategories => or_missing(said(&one.persons.0)),
            SheetItem::DataCategories => {
                let mut parts = said(&one.data.0);
                parts.extend(
                    one.categories
                        .0
                        .iter()
                        .map(|kind| AnswerPart::Key(kind.key())),
                );
                or_missing(parts)
            }
            SheetItem::Recipients => {
                let mut parts = said(&one.recipients.0);
                parts.extend(said(&one.processors.0));
                parts.extend(self.contract_parties());
                or_missing(parts)
            }
            SheetItem::Transfers => self.transfers(),
            SheetItem::Safeguards => self.safeguards(),
            SheetItem::Erasure => {
                let mut parts = said(&one.retention.0);
                parts.extend(self.records(RegisterKind::RetentionRule, &one.rules.0));
                or_missing(parts)
            }
            SheetItem::Security => {
                let mut parts = said(&one.security.0);
                parts.extend(self.records(RegisterKind::Measure, &one.measures.0));
                or_missing(parts)
            }
        }
    }

    /// The words of the record; without them those of the settings.
    fn own(&self, words: &str) -> Vec<AnswerPart> {
        let own = said(words);
        if own.is_empty() {
            words_of(&self.settings.operator)
        } else {
            own
        }
    }

    /// The officer: of this record, of the settings, or the holder of the role.
    fn dpo(&self) -> Vec<AnswerPart> {
        let own = said(&self.processing.dpo.0);
        if !own.is_empty() {
            return own;
        }
        let set = words_of(&self.settings.dpo);
        if !set.is_empty() {
            return set;
        }
        let roles = self.registers.read::<Role>().entries.into_iter();
        let holders = roles.filter(|role| role.record.role.0 == Some(RoleKey::Dpo));
        holders
            .flat_map(|role| said(&role.record.holder.0))
            .collect()
    }

    fn joint(&self) -> SheetAnswer {
        let joint = &self.processing.joint.0;
        let parts = self.records(RegisterKind::JointArrangement, joint);
        let is_joint = self.processing.role.0 == Some(ProcessingRole::Joint);
        match given(parts) {
            Some(answer) => answer,
            None if is_joint || !joint.is_empty() => SheetAnswer::Missing,
            None => SheetAnswer::NotApplicable,
        }
    }

    fn transfers(&self) -> SheetAnswer {
        let said = said(&self.processing.transfers.0);
        let none = [TransferSafeguard::None];
        match given(said) {
            Some(answer) => answer,
            None if self.processing.safeguards.0 == none => {
                SheetAnswer::Given(vec![AnswerPart::Key(TransferSafeguard::None.key())])
            }
            None => SheetAnswer::Missing,
        }
    }

    /// A transfer needs its ground; without a transfer none applies.
    fn safeguards(&self) -> SheetAnswer {
        let grounds = &self.processing.safeguards.0;
        if *grounds == [TransferSafeguard::None] {
            return SheetAnswer::NotApplicable;
        }
        let real = grounds
            .iter()
            .filter(|one| **one != TransferSafeguard::None);
        or_missing(real.map(|one| AnswerPart::Key(one.key())).collect())
    }

    /// The other parties of the contracts under which data leave.
    fn contract_parties(&self) -> Vec<AnswerPart> {
        let named = &self.processing.contracts.0;
        let contracts = self.registers.read::<Contract>().entries.into_iter();
        let parties = contracts
            .filter(|one| named.contains(&one.id))
            .filter_map(|one| one.record.third_party.0);
        let parties: Vec<String> = parties.collect();
        self.records(RegisterKind::ThirdParty, &parties)
    }

    /// Those of the named records that are in force.
    fn records(&self, kind: RegisterKind, ids: &[String]) -> Vec<AnswerPart> {
        let in_force = ids
            .iter()
            .filter(|id| self.registers.find(kind, id).is_some());
        in_force
            .map(|id| AnswerPart::Record(kind, id.clone()))
            .collect()
    }
}

/// A filler (`à compléter`, a dash) is no answer.
fn said(words: &str) -> Vec<AnswerPart> {
    let words = words.trim();
    says_something(words)
        .then(|| AnswerPart::Words(words.to_owned()))
        .into_iter()
        .collect()
}

fn words_of(lines: &[String]) -> Vec<AnswerPart> {
    lines.iter().flat_map(|line| said(line)).collect()
}

fn given(parts: Vec<AnswerPart>) -> Option<SheetAnswer> {
    (!parts.is_empty()).then_some(SheetAnswer::Given(parts))
}

fn or_missing(parts: Vec<AnswerPart>) -> SheetAnswer {
    given(parts).unwrap_or(SheetAnswer::Missing)
}
