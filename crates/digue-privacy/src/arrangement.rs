//! What joint controllers have to settle between them (26(1)), and what persons may read of it
//! (26(2)).

use digue_isms::kinds::says_something;
use digue_isms::privacy_kinds::JointArrangement;

/// A duty that the arrangement gives to one of the controllers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ArrangementTopic {
    /// Who informs the persons (13 and 14).
    Informs,
    /// Who answers requests (15 to 22).
    Rights,
    /// Whom the persons address.
    ContactPoint,
    /// Who secures what (32).
    Security,
    /// Who notifies a breach (33 and 34).
    Breaches,
    /// What the persons may read of it.
    Essence,
    /// Where they read it.
    Published,
}

impl ArrangementTopic {
    pub const ALL: &'static [Self] = &[
        Self::Informs,
        Self::Rights,
        Self::ContactPoint,
        Self::Security,
        Self::Breaches,
        Self::Essence,
        Self::Published,
    ];

    /// The field of the arrangement; its locale key follows `arrangement-`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Informs => "informs",
            Self::Rights => "rights",
            Self::ContactPoint => "contact-point",
            Self::Security => "security",
            Self::Breaches => "breaches",
            Self::Essence => "essence",
            Self::Published => "published",
        }
    }

    /// What the arrangement says; `None` where it says nothing.
    pub fn said(self, arrangement: &JointArrangement) -> Option<&str> {
        let text = match self {
            Self::Informs => &arrangement.informs.0,
            Self::Rights => &arrangement.rights.0,
            Self::ContactPoint => &arrangement.contact_point.0,
            Self::Security => &arrangement.security.0,
            Self::Breaches => &arrangement.breaches.0,
            Self::Essence => &arrangement.essence.0,
            Self::Published => &arrangement.published.0,
        };
        Some(text.trim()).filter(|text| says_something(text))
    }
}

/// What an arrangement does not settle.
pub fn missing(arrangement: &JointArrangement) -> Vec<ArrangementTopic> {
    let all = ArrangementTopic::ALL.iter().copied();
    all.filter(|topic| topic.said(arrangement).is_none())
        .collect()
}
