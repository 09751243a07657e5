//! Which evidence stands behind which measure and control. One piece may serve many; what expired
//! proves nothing any more, and where nothing valid is left, its controls say so by themselves.

use std::collections::HashMap;

use jiff::civil::Date;

use crate::kinds::EvidenceItem;
use crate::register::Registers;
use crate::standing::MeasureState;

/// The evidence for one measure or control.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct EvidenceCount {
    pub valid: usize,
    pub expired: usize,
}

impl EvidenceCount {
    /// True when there was evidence, and none of it is valid any more.
    pub const fn is_expired(self) -> bool {
        self.valid == 0 && self.expired > 0
    }

    fn add(&mut self, is_expired: bool) {
        if is_expired {
            self.expired += 1;
        } else {
            self.valid += 1;
        }
    }
}

/// The evidence of a day by what it proves. A record that cannot be read proves nothing.
#[derive(Clone, Debug, Default)]
pub struct EvidenceIndex {
    by_measure: HashMap<String, EvidenceCount>,
    by_requirement: HashMap<String, EvidenceCount>,
}

impl EvidenceIndex {
    pub fn of(registers: &Registers, today: Date) -> Self {
        let mut index = Self::default();
        for one in registers.read::<EvidenceItem>().entries {
            // What is described and not there is no evidence.
            if one.record.is_empty() {
                continue;
            }
            let is_expired = one.record.is_expired(today);
            for measure in one.record.measures.0 {
                index.by_measure.entry(measure).or_default().add(is_expired);
            }
            for requirement in one.record.requirements.0 {
                let count = index.by_requirement.entry(requirement).or_default();
                count.add(is_expired);
            }
        }
        index
    }

    pub fn of_measure(&self, id: &str) -> EvidenceCount {
        self.by_measure.get(id).copied().unwrap_or_default()
    }

    pub fn of_requirement(&self, id: &str) -> EvidenceCount {
        self.by_requirement.get(id).copied().unwrap_or_default()
    }

    /// The state of a measure with its evidence: in place, and unproven once the evidence expired.
    pub fn with_evidence(&self, id: &str, state: MeasureState) -> MeasureState {
        match state {
            MeasureState::Proven | MeasureState::Declared if self.of_measure(id).is_expired() => {
                MeasureState::Unproven
            }
            MeasureState::Proven
            | MeasureState::Declared
            | MeasureState::Contradicted
            | MeasureState::Unproven
            | MeasureState::Late
            | MeasureState::Coming
            | MeasureState::Dropped => state,
        }
    }
}
