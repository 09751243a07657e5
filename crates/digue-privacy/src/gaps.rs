//! What the registers of personal data lack, record by record. Nothing is stored: a gap is gone once
//! its record says what was missing.

use digue_isms::field::FieldValue as _;
use digue_isms::kinds::{Assessment, RegisterKind};
use digue_isms::privacy_kinds::{
    Contract, Dpia, JointArrangement, Processing, SubProcessor, ThirdParty,
};
use digue_isms::register::{RegisterEntry, Registers};
use jiff::civil::Date;

pub use crate::gap::{PortalSeen, PrivacyFacts, PrivacyGap, PrivacyGapKind};
use crate::gap_rules;
use crate::{arrangement, chain, retention, sheet};

/// The registers about personal data, in the order of their pages.
pub const REGISTERS: [RegisterKind; 9] = [
    RegisterKind::Processing,
    RegisterKind::Dpia,
    RegisterKind::ThirdParty,
    RegisterKind::Contract,
    RegisterKind::SubProcessor,
    RegisterKind::JointArrangement,
    RegisterKind::RetentionRule,
    RegisterKind::RetentionReading,
    RegisterKind::Software,
];

/// Every gap, register by register and record by record.
pub fn gaps(registers: &Registers, facts: &PrivacyFacts, today: Date) -> Vec<PrivacyGap> {
    let mut list = GapList::default();
    for record in registers.unreadable() {
        if REGISTERS.contains(&record.kind) {
            list.add(
                record.kind,
                &record.id,
                &record.title,
                PrivacyGapKind::Unreadable,
            );
        }
    }
    for RegisterEntry { id, record, .. } in registers.read::<Processing>().entries {
        let items = sheet::missing(&record, registers, &facts.settings).into_iter();
        let own = items.map(PrivacyGapKind::Item);
        let own = own.chain(gap_rules::of_processing(&record, today));
        let own = own.chain(gap_rules::of_portal(&record, facts));
        list.add_all(RegisterKind::Processing, &id, &record.title.0, own);
    }
    for RegisterEntry { id, record, .. } in registers.read::<Dpia>().entries {
        let own = gap_rules::of_dpia(&record, today);
        list.add_all(RegisterKind::Dpia, &id, &record.title.0, own);
    }
    let contracts = registers.read::<Contract>().entries;
    let assessments = registers.read::<Assessment>().entries;
    for RegisterEntry { id, record, .. } in registers.read::<ThirdParty>().entries {
        let own = gap_rules::of_party(&id, &record, &contracts, &assessments, today);
        list.add_all(RegisterKind::ThirdParty, &id, &record.title.0, own);
    }
    for RegisterEntry { id, record, .. } in &contracts {
        let own = gap_rules::of_contract(record, today);
        list.add_all(RegisterKind::Contract, id, &record.title.0, own);
    }
    let below = registers.read::<SubProcessor>().entries;
    for entry in &below {
        let named = entry.record.contract.write();
        let contract = contracts.iter().find(|one| named.contains(&one.id));
        let faults = chain::faults(entry, contract.map(|one| &one.record), &below);
        let own = faults.into_iter().map(PrivacyGapKind::Chain);
        list.add_all(
            RegisterKind::SubProcessor,
            &entry.id,
            &entry.record.title.0,
            own,
        );
    }
    for RegisterEntry { id, record, .. } in registers.read::<JointArrangement>().entries {
        let topics = arrangement::missing(&record).into_iter();
        let own = topics.map(PrivacyGapKind::Topic);
        let own = own.chain(
            record
                .signed_on
                .is_none()
                .then_some(PrivacyGapKind::NotSigned),
        );
        list.add_all(RegisterKind::JointArrangement, &id, &record.title.0, own);
    }
    for rule in retention::judged(registers, today) {
        let own = gap_rules::of_retention(rule.state);
        let (id, title) = (&rule.entry.id, &rule.entry.record.title.0);
        list.add_all(RegisterKind::RetentionRule, id, title, own);
    }
    list.gaps
}

#[derive(Default)]
struct GapList {
    gaps: Vec<PrivacyGap>,
}

impl GapList {
    fn add(&mut self, kind: RegisterKind, id: &str, title: &str, what: PrivacyGapKind) {
        self.gaps.push(PrivacyGap {
            kind,
            id: id.to_owned(),
            title: title.to_owned(),
            what,
        });
    }

    fn add_all(
        &mut self,
        kind: RegisterKind,
        id: &str,
        title: &str,
        gaps: impl IntoIterator<Item = PrivacyGapKind>,
    ) {
        for what in gaps {
            self.add(kind, id, title, what);
        }
    }
}
