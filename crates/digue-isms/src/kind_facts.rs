//! What single records say of themselves, without any other record.

use jiff::civil::Date;

use crate::kinds::{
    Audit, Document, EvidenceItem, Inclusion, MeasureOrigin, Stakeholder, place, says_something,
};

impl Document {
    /// True for an edition without text, file or place, or without an approver.
    pub fn is_empty(&self) -> bool {
        let is_blank = self.file.0.is_empty() && self.text.0.is_empty() && self.place.0.is_empty();
        is_blank || self.approved_by.0.is_empty()
    }
}

impl Audit {
    /// True for an audit without criteria, scope or conclusion.
    pub fn is_empty(&self) -> bool {
        self.criteria.0.is_empty() || self.conclusion.0.is_none() || !says_something(&self.scope.0)
    }
}

impl Stakeholder {
    /// Threat level: (dependence x penetration) / (maturity x trust), in hundredths (EBIOS RM).
    pub fn threat_percent(&self) -> Option<u32> {
        let [dependence, penetration, maturity, trust] =
            [self.dependence, self.penetration, self.maturity, self.trust]
                .map(|one| one.0.map(place));
        Some(dependence? * penetration? * 100 / (maturity? * trust?).max(1))
    }
}

impl EvidenceItem {
    /// True once its validity has ended. One without an end does not expire.
    pub fn is_expired(&self, today: Date) -> bool {
        self.valid_until.is_some_and(|until| until < today)
    }

    /// True when it has neither a file nor a link.
    pub fn is_empty(&self) -> bool {
        self.file.0.is_empty() && self.link.0.is_empty()
    }
}

impl MeasureOrigin {
    /// Why a control that such a measure meets is in the statement of applicability.
    pub const fn inclusion(self) -> Inclusion {
        match self {
            Self::Risk | Self::Incident | Self::Audit => Inclusion::Risk,
            Self::Dpia | Self::Injunction | Self::Law => Inclusion::Legal,
            Self::Partner => Inclusion::Contract,
            Self::GoodPractice => Inclusion::GoodPractice,
        }
    }
}
