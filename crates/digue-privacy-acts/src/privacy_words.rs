//! Sheets, clauses and gaps in words, in one language.

use digue_compliance::isms::record_words::RecordWords;
use digue_isms::field::Values;
use digue_isms::kinds::RegisterKind;
use digue_isms::privacy_kinds::RetentionRule;
use digue_isms::register::Registers;
use digue_locales::{Language, Value, text, text_with};
use digue_privacy::dpia::PriorConsultation;
use digue_privacy::gaps::{PrivacyGap, PrivacyGapKind};
use digue_privacy::retention::{RetentionShare, RetentionState};
use digue_privacy::sheet::{AnswerPart, SheetAnswer, SheetItem, SheetLine};
use jiff::civil::Date;

/// Words about personal data.
#[derive(Clone, Copy)]
pub struct PrivacyWords<'r> {
    pub language: Language,
    pub registers: &'r Registers,
}

impl PrivacyWords<'_> {
    pub fn say(&self, key: &str) -> String {
        text(self.language, key)
    }

    fn say1(&self, key: &str, name: &'static str, value: String) -> String {
        text_with(self.language, key, &[(name, Value::from(value))])
    }

    /// `Catégories de personnes (art. 30(1)(c))`.
    pub fn item(&self, line: &SheetLine) -> String {
        let article = self.say1("privacy-article", "article", line.article.to_owned());
        format!("{} ({article})", self.item_name(line.item))
    }

    pub fn item_name(&self, item: SheetItem) -> String {
        self.say(&format!("processing-item-{}", item.code()))
    }

    /// The answer to an item; a missing one says so, with the article that asks it.
    pub fn answer(&self, line: &SheetLine) -> String {
        match &line.answer {
            SheetAnswer::Given(parts) => {
                let parts: Vec<String> = parts.iter().map(|part| self.part(part)).collect();
                parts.join(" ; ")
            }
            SheetAnswer::NotApplicable => self.say("processing-not-applicable"),
            SheetAnswer::NoneDeclared => self.say("processing-none-declared"),
            SheetAnswer::Missing => {
                self.say1("processing-missing", "article", line.article.to_owned())
            }
        }
    }

    fn part(&self, part: &AnswerPart) -> String {
        match part {
            AnswerPart::Words(words) => words.clone(),
            AnswerPart::Key(key) => self.say(key),
            AnswerPart::Record(kind, id) => self.title(*kind, id),
        }
    }

    /// The title of a record in force; its identifier where it has none.
    pub fn title(&self, kind: RegisterKind, id: &str) -> String {
        let words = RecordWords {
            language: self.language,
            registers: self.registers,
        };
        words.title_of(kind, id).unwrap_or_else(|| id.to_owned())
    }

    /// A field of a record as people read it; empty for a blank one.
    pub fn field(&self, kind: RegisterKind, values: &Values, code: &str) -> String {
        let words = RecordWords {
            language: self.language,
            registers: self.registers,
        };
        let fields = kind.fields().iter();
        let known = fields.filter(|field| field.code == code);
        let texts = known.filter_map(|field| Some(words.values(field, values.get(code)?)));
        texts.collect()
    }

    /// What a record lacks.
    pub fn gap(&self, gap: &PrivacyGap) -> String {
        self.gap_kind(gap.what)
    }

    fn gap_kind(&self, what: PrivacyGapKind) -> String {
        let key = format!("privacy-gap-{}", what.code());
        match what {
            PrivacyGapKind::Item(item) => self.say1(&key, "what", self.item_name(item)),
            PrivacyGapKind::Clause(clause) => {
                let name = self.say(&format!("clause-{}", clause.code()));
                let values = [
                    ("what", Value::from(name)),
                    ("article", Value::from(clause.article().to_owned())),
                ];
                text_with(self.language, &key, &values)
            }
            PrivacyGapKind::Topic(topic) => {
                let name = self.say(&format!("arrangement-{}", topic.code()));
                self.say1(&key, "what", name)
            }
            PrivacyGapKind::Undeclared(kind) => self.say1(&key, "what", self.say(kind.key())),
            PrivacyGapKind::Unreadable
            | PrivacyGapKind::Basis
            | PrivacyGapKind::ProcessorsWithoutContract
            | PrivacyGapKind::PortalUnknown
            | PrivacyGapKind::NeedNotAssessed
            | PrivacyGapKind::Review
            | PrivacyGapKind::Subject
            | PrivacyGapKind::NotSigned
            | PrivacyGapKind::Ended
            | PrivacyGapKind::DataNotEnded
            | PrivacyGapKind::SubAuthorisation
            | PrivacyGapKind::AtEnd
            | PrivacyGapKind::PartyWithoutContract
            | PrivacyGapKind::Criticality
            | PrivacyGapKind::PartyNotAssessed
            | PrivacyGapKind::Chain(_)
            | PrivacyGapKind::AgainstCriteria
            | PrivacyGapKind::Opinion
            | PrivacyGapKind::Views
            | PrivacyGapKind::NotDecided
            | PrivacyGapKind::ConsultationSkipped
            | PrivacyGapKind::ResidualUnknown
            | PrivacyGapKind::WithoutMeasures
            | PrivacyGapKind::ConsultationSilent
            | PrivacyGapKind::RetentionNotMeasured
            | PrivacyGapKind::RetentionStale
            | PrivacyGapKind::RetentionUndecided
            | PrivacyGapKind::RetentionBeyond => self.say(&key),
        }
    }

    /// Where a prior consultation stands, with its day.
    pub fn consultation(&self, one: PriorConsultation) -> String {
        let key = format!("consultation-{}", one.code());
        match one.day() {
            Some(day) => self.say1(&key, "day", self.day(day)),
            None => self.say(&key),
        }
    }

    /// A day as people write it.
    pub fn day(&self, day: Date) -> String {
        let pattern = match self.language {
            Language::French => "%d/%m/%Y",
            Language::English => "%d %b %Y",
        };
        day.strftime(pattern).to_string()
    }

    /// The state of a term.
    pub fn retention(&self, state: RetentionState) -> String {
        self.say(&format!("retention-state-{}", state.code()))
    }

    /// `12 sur 4 810 au-delà de la durée le 20/11/2026 (décompte exact ; part tolérée : 5 ‰)`: without
    /// what a rule tolerates, a count above zero would be called kept for no reason.
    pub fn share(&self, rule: &RetentionRule, share: RetentionShare) -> String {
        let number = |count: u64| digue_locales::number(self.language, count);
        let values = [
            ("beyond", Value::from(number(share.beyond))),
            ("records", Value::from(number(share.records))),
            ("tolerated", Value::from(rule.tolerated.unwrap_or(0))),
            ("day", Value::from(self.day(share.on))),
            ("quality", Value::from(self.say(share.quality.key()))),
        ];
        text_with(self.language, "retention-share", &values)
    }
}
