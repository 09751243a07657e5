//! The continuity plan in words: the same sentences on the page, on paper and in the folder that is
//! read without Digue.

use std::time::Duration;

use digue_casework::paper_reader::PaperReader;
use digue_documents::{Document, DocumentBlock};
use digue_isms::continuity::{
    AssetBackup, ContinuityGap, ContinuityGapKind, ContinuityPlan, CopyFacts, GapPlace, KeySplit,
    LastCopy, MeasuredRestore, PlannedActivity, PlannedAsset, PlannedKey, ReadyAfter, RestartStep,
};
use digue_isms::kinds::{EmergencyContact, RegisterKind};
use digue_isms::register::{RegisterEntry, Registers};
use digue_isms::tolerated_time::ToleratedTime;
use digue_locales::{Value, text, text_with};

use super::record_words::{RecordWords, time_in_words};

/// Words for one reader.
#[derive(Clone, Copy)]
pub struct PlanWords<'p> {
    pub reader: &'p PaperReader,
    pub registers: &'p Registers,
}

/// What to do before anything is restored, in order.
const FIRST_HOUR: [&str; 8] = [
    "continuity-hour-isolate",
    "continuity-hour-disks",
    "continuity-hour-lead",
    "continuity-hour-log",
    "continuity-hour-ransom",
    "continuity-hour-authorities",
    "continuity-hour-copy",
    "continuity-hour-order",
];

impl PlanWords<'_> {
    fn say(&self, key: &str) -> String {
        text(self.reader.language, key)
    }

    fn with(&self, key: &str, values: &[(&str, String)]) -> String {
        let values: Vec<(&str, Value)> = values
            .iter()
            .map(|(name, value)| (*name, Value::from(value.clone())))
            .collect();
        text_with(self.reader.language, key, &values)
    }

    fn minutes(&self, minutes: u32) -> String {
        time_in_words(self.reader.language, minutes)
    }

    /// A measured time, rounded up: none is said to be shorter than it was.
    fn measured(&self, time: Duration) -> String {
        let minutes = time.as_secs().div_ceil(60);
        let rounded = match minutes {
            0..=120 => minutes,
            121..=2_880 => minutes.div_ceil(60) * 60,
            2_881.. => minutes.div_ceil(1_440) * 1_440,
        };
        self.minutes(u32::try_from(rounded).unwrap_or(u32::MAX))
    }

    fn tolerated(&self, time: ToleratedTime) -> String {
        time.0.map_or_else(
            || self.say("continuity-not-set"),
            |minutes| self.minutes(minutes),
        )
    }

    /// The record or repository that a gap is about.
    pub fn place(&self, gap: &ContinuityGap) -> String {
        match &gap.place {
            GapPlace::Record { id, title, .. } if title.is_empty() => id.clone(),
            GapPlace::Record { id, title, .. } => format!("{id} – {title}"),
            GapPlace::Repository(name) => {
                self.with("continuity-repository", &[("name", name.clone())])
            }
            GapPlace::Plan => self.say("continuity-whole"),
        }
    }

    /// What a gap says.
    pub fn gap(&self, gap: &ContinuityGap) -> String {
        use ContinuityGapKind as K;
        let key = format!("continuity-gap-{}", gap.kind.code());
        let values: Vec<(&str, String)> = match &gap.kind {
            K::NotBegun
            | K::NoContact
            | K::NothingMeasured
            | K::NotExercised
            | K::AssetWithoutActivity
            | K::OutageNotSet
            | K::ContactWithoutNumber
            | K::Unreadable
            | K::NobodyLeads
            | K::NobodyToCall
            | K::DataAgeNotSet
            | K::KeyNeverSplit => Vec::new(),
            K::Cycle { members } => vec![("members", self.activities(members))],
            K::MissingRecord { id } => vec![("id", id.clone())],
            K::SourceNotRestored { name } => vec![("name", name.clone())],
            K::NeedsSlower { needed, its, own } => vec![
                ("needed", needed.clone()),
                ("its", self.minutes(*its)),
                ("own", self.minutes(*own)),
            ],
            K::WaitsTooLong { own, at_least } => vec![
                ("own", self.minutes(*own)),
                ("time", self.measured(*at_least)),
            ],
            K::RestoreTooSlow { asset, own, took } => self.of_asset(asset, Some(*own), Some(*took)),
            K::BackupTooOld { asset, own, age } => self.of_asset(asset, Some(*own), Some(*age)),
            K::BackupTooSeldom { asset, own, every } => {
                self.of_asset(asset, Some(*own), Some(*every))
            }
            K::RestoreFailed { asset }
            | K::RestoreNotMeasured { asset }
            | K::AssetWithoutBackup { asset } => self.of_asset(asset, None, None),
            K::UnknownBackup { asset, name } | K::NeverBackedUp { asset, name } => {
                vec![("asset", asset.clone()), ("name", name.clone())]
            }
            K::KeyWithoutHolders { held, needed } => {
                vec![("held", held.to_string()), ("needed", needed.to_string())]
            }
        };
        self.with(&key, &values)
    }

    fn of_asset(
        &self,
        asset: &str,
        own: Option<u32>,
        time: Option<Duration>,
    ) -> Vec<(&'static str, String)> {
        let mut values = vec![("asset", asset.to_owned())];
        values.extend(own.map(|own| ("own", self.minutes(own))));
        values.extend(time.map(|time| ("time", self.measured(time))));
        values
    }

    /// Activities with their titles.
    fn activities(&self, ids: &[String]) -> String {
        let words = RecordWords {
            language: self.reader.language,
            registers: self.registers,
        };
        let named = |id: &String| match words.title_of(RegisterKind::BusinessActivity, id) {
            Some(title) => format!("{id} – {title}"),
            None => id.clone(),
        };
        ids.iter().map(named).collect::<Vec<_>>().join(" ; ")
    }

    /// The activities of a step.
    pub fn step(&self, step: &RestartStep) -> String {
        let titles = step
            .activities
            .iter()
            .map(|one| one.entry.record.title.0.as_str());
        titles.collect::<Vec<_>>().join(" + ")
    }

    pub fn within(&self, step: &RestartStep) -> String {
        self.tolerated(step.needed_within)
    }

    pub fn ready(&self, ready: ReadyAfter) -> String {
        let time = [("time", self.measured(ready.at_least))];
        match (ready.is_measured, ready.at_least.is_zero()) {
            (true, true) => self.say("continuity-ready-nothing"),
            (true, false) => self.with("continuity-ready-measured", &time),
            (false, false) => self.with("continuity-ready-at-least", &time),
            (false, true) => self.say("continuity-ready-unknown"),
        }
    }

    pub fn lead(&self, activity: &PlannedActivity) -> String {
        let record = &activity.entry.record;
        let names = [&record.lead.0, &record.deputy.0];
        let named: Vec<&str> = names
            .into_iter()
            .map(String::as_str)
            .filter(|name| !name.is_empty())
            .collect();
        if named.is_empty() {
            self.say("continuity-nobody")
        } else {
            named.join(" ; ")
        }
    }

    pub fn needs(&self, activity: &PlannedActivity) -> String {
        self.activities(&activity.entry.record.activities.0)
    }

    /// What is known of the backup of an asset.
    pub fn asset(&self, asset: &PlannedAsset) -> String {
        let name = |name: &str| [("name", name.to_owned())];
        match &asset.backup {
            AssetBackup::NotNeeded => self.say("continuity-asset-nothing"),
            AssetBackup::NotNamed => self.say("continuity-asset-not-named"),
            AssetBackup::UnknownName(one) => self.with("continuity-asset-unknown", &name(one)),
            AssetBackup::NotMeasured(one) => self.with("continuity-asset-not-measured", &name(one)),
            AssetBackup::Measured { name, facts } => {
                let copies: Vec<String> = facts.copies.iter().map(|one| self.copy(one)).collect();
                let values = [("name", name.clone()), ("copies", copies.join(" ; "))];
                self.with("continuity-asset-measured", &values)
            }
        }
    }

    fn copy(&self, copy: &CopyFacts) -> String {
        let last = match copy.last {
            LastCopy::Never => self.say("continuity-last-never"),
            LastCopy::Unreadable => self.say("continuity-last-unreadable"),
            LastCopy::At(at) => self.with("continuity-last-at", &[("at", self.reader.moment(at))]),
        };
        let restore = match copy.restore {
            MeasuredRestore::NeverTried => self.say("continuity-restore-never"),
            MeasuredRestore::OfAnotherSystem => self.say("continuity-restore-other"),
            MeasuredRestore::Tried {
                at,
                has_passed: true,
                took,
            } => self.with(
                "continuity-restore-passed",
                &[
                    ("time", self.measured(took)),
                    ("at", self.reader.moment(at)),
                ],
            ),
            MeasuredRestore::Tried {
                at,
                has_passed: false,
                ..
            } => self.with(
                "continuity-restore-failed",
                &[("at", self.reader.moment(at))],
            ),
        };
        self.with(
            "continuity-copy",
            &[
                ("place", copy.place.clone()),
                ("last", last),
                ("restore", restore),
            ],
        )
    }

    /// What is known of a repository's recovery key.
    pub fn key(&self, key: &PlannedKey) -> String {
        let repository = ("repository", key.repository.clone());
        match &key.split {
            KeySplit::Never => self.with("continuity-key-never", &[repository]),
            KeySplit::Split(facts) => self.with(
                "continuity-key-split",
                &[
                    repository,
                    ("needed", facts.needed.to_string()),
                    ("sheets", facts.sheets.to_string()),
                    ("fingerprint", facts.fingerprint.clone()),
                    ("at", self.reader.moment(facts.at)),
                ],
            ),
        }
    }

    /// The columns of a list of contacts.
    pub fn contact(&self, entry: &RegisterEntry<EmergencyContact>) -> [String; 5] {
        let record = &entry.record;
        let others = [
            record.other_phone.0.as_str(),
            record.email.0.as_str(),
            record.hours.0.as_str(),
        ];
        let others: Vec<&str> = others.into_iter().filter(|one| !one.is_empty()).collect();
        [
            record.title.0.clone(),
            record.duties.0.clone(),
            record.phone.0.clone(),
            others.join("\n"),
            record.reference.0.clone(),
        ]
    }

    /// The whole plan.
    pub fn document(&self, plan: &ContinuityPlan, is_configured: bool) -> Document {
        let title = self.say("continuity-paper-title");
        let made = [("at", self.reader.moment(plan.at))];
        let mut blocks = vec![DocumentBlock::Quiet(self.with("continuity-made", &made))];
        blocks.push(DocumentBlock::Title(self.say("continuity-first-hour")));
        for (number, key) in (1..).zip(FIRST_HOUR) {
            blocks.push(DocumentBlock::Point(Some(number), self.say(key)));
        }
        self.contacts(plan, &mut blocks);
        self.order(plan, &mut blocks);
        self.keys(plan, is_configured, &mut blocks);
        self.gaps(plan, is_configured, &mut blocks);
        Document {
            foot: title.clone(),
            title,
            language: self.reader.language.code(),
            blocks,
            ..Document::default()
        }
    }

    fn header(&self, keys: &[&str]) -> Vec<String> {
        keys.iter().map(|key| self.say(key)).collect()
    }

    fn contacts(&self, plan: &ContinuityPlan, blocks: &mut Vec<DocumentBlock>) {
        blocks.push(DocumentBlock::Title(self.say("continuity-contacts")));
        if plan.contacts.is_empty() {
            blocks.push(DocumentBlock::Paragraph(
                self.say("continuity-contacts-none"),
            ));
            return;
        }
        let rows = plan.contacts.iter().map(|one| self.contact(one).to_vec());
        blocks.push(DocumentBlock::Table {
            header: self.header(&[
                "continuity-column-name",
                "continuity-column-duties",
                "continuity-column-phone",
                "continuity-column-other",
                "continuity-column-reference",
            ]),
            rows: rows.collect(),
        });
    }

    fn order(&self, plan: &ContinuityPlan, blocks: &mut Vec<DocumentBlock>) {
        blocks.push(DocumentBlock::Title(self.say("continuity-order")));
        if plan.is_empty() {
            blocks.push(DocumentBlock::Paragraph(self.say("continuity-nothing")));
            return;
        }
        blocks.push(DocumentBlock::Quiet(self.say("continuity-order-explain")));
        let rows = (1..).zip(&plan.steps).map(|(number, step): (u32, _)| {
            vec![
                number.to_string(),
                self.step(step),
                self.within(step),
                self.ready(step.ready),
            ]
        });
        blocks.push(DocumentBlock::Table {
            header: self.header(&[
                "continuity-column-number",
                "continuity-column-activity",
                "continuity-column-within",
                "continuity-column-ready",
            ]),
            rows: rows.collect(),
        });
        for (number, step) in (1_u32..).zip(&plan.steps) {
            for activity in &step.activities {
                let values = [
                    ("number", number.to_string()),
                    ("activity", activity.entry.record.title.0.clone()),
                ];
                blocks.push(DocumentBlock::Heading(
                    self.with("continuity-step", &values),
                ));
                if step.is_cycle {
                    blocks.push(DocumentBlock::Paragraph(self.say("continuity-cycle")));
                }
                self.activity(plan, activity, blocks);
            }
        }
    }

    fn activity(
        &self,
        plan: &ContinuityPlan,
        activity: &PlannedActivity,
        blocks: &mut Vec<DocumentBlock>,
    ) {
        let record = &activity.entry.record;
        let assets = activity.assets.iter().map(|asset| {
            let owner = match asset.owner.as_str() {
                "" => String::new(),
                owner => format!(" ({owner})"),
            };
            format!("{}{owner} : {}", asset.title, self.asset(asset))
        });
        let contacts = activity
            .contacts
            .iter()
            .filter_map(|id| plan.contact(id))
            .map(|contact| {
                let [name, _, phone, others, _] = self.contact(contact);
                let ways: Vec<&str> = [phone.as_str(), others.as_str()]
                    .into_iter()
                    .filter(|way| !way.is_empty())
                    .collect();
                format!("{name} – {}", ways.join(" ; ").replace('\n', " ; "))
            });
        let pairs = [
            ("continuity-lead", self.lead(activity)),
            ("continuity-outage", self.tolerated(record.outage)),
            ("continuity-data-age", self.tolerated(record.data_age)),
            ("continuity-column-needs", self.needs(activity)),
            ("continuity-assets", assets.collect::<Vec<_>>().join("\n")),
            ("continuity-call", contacts.collect::<Vec<_>>().join("\n")),
            ("continuity-degraded", record.degraded.0.clone()),
            ("continuity-restart", record.restart.0.clone()),
        ];
        for (key, answer) in pairs {
            if !answer.is_empty() {
                blocks.push(DocumentBlock::Pair(self.say(key), answer));
            }
        }
    }

    fn keys(&self, plan: &ContinuityPlan, is_configured: bool, blocks: &mut Vec<DocumentBlock>) {
        blocks.push(DocumentBlock::Title(self.say("continuity-keys")));
        if !is_configured || plan.keys.is_empty() {
            blocks.push(DocumentBlock::Paragraph(self.say("continuity-keys-none")));
            return;
        }
        blocks.push(DocumentBlock::Paragraph(
            self.say("continuity-keys-explain"),
        ));
        for key in &plan.keys {
            blocks.push(DocumentBlock::Paragraph(self.key(key)));
            if key.holders.is_empty() {
                blocks.push(DocumentBlock::Paragraph(
                    self.say("continuity-key-no-holder"),
                ));
                continue;
            }
            let held = [("held", key.sheets_held().to_string())];
            blocks.push(DocumentBlock::Paragraph(
                self.with("continuity-key-held", &held),
            ));
            blocks.push(self.holders(plan, key));
        }
    }

    fn holders(&self, plan: &ContinuityPlan, key: &PlannedKey) -> DocumentBlock {
        let rows = key.holders.iter().map(|holder| {
            let record = &holder.record;
            let contact = record.contact.0.as_deref();
            let phone = contact
                .and_then(|id| plan.contact(id))
                .map(|contact| contact.record.phone.0.clone());
            vec![
                record
                    .sheet
                    .map(|sheet| sheet.to_string())
                    .unwrap_or_default(),
                record.title.0.clone(),
                record.place.0.clone(),
                phone.unwrap_or_default(),
            ]
        });
        DocumentBlock::Table {
            header: self.header(&[
                "continuity-column-sheet",
                "continuity-column-holder",
                "continuity-column-place",
                "continuity-column-phone",
            ]),
            rows: rows.collect(),
        }
    }

    fn gaps(&self, plan: &ContinuityPlan, is_configured: bool, blocks: &mut Vec<DocumentBlock>) {
        blocks.push(DocumentBlock::Title(self.say("continuity-gaps")));
        if !is_configured {
            blocks.push(DocumentBlock::Paragraph(
                self.say("continuity-not-configured"),
            ));
        }
        if plan.gaps.is_empty() {
            // Nothing was compared where nothing was declared or measured.
            if is_configured && !plan.is_empty() {
                blocks.push(DocumentBlock::Paragraph(self.say("continuity-gaps-none")));
            }
            return;
        }
        blocks.push(DocumentBlock::Quiet(self.say("continuity-gaps-explain")));
        let rows = plan.gaps.iter();
        blocks.push(DocumentBlock::Table {
            header: self.header(&["continuity-column-about", "continuity-column-gap"]),
            rows: rows
                .map(|gap| vec![self.place(gap), self.gap(gap)])
                .collect(),
        });
    }
}
