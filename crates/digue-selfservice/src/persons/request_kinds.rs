//! What persons request, and how it ends.

use digue_types::lists;

lists! {
    /// What a person may request.
    RequestKind "request" {
        /// A consultation that the person does not recognise.
        Contest "contest",
        /// The name of the reader (CJEU C-579/21).
        Name "name",
        Access "access",
        Rectification "rectification",
        Erasure "erasure",
        Restriction "restriction",
        Objection "objection",
        Portability "portability",
    }

    /// What a person does not recognise in a consultation.
    ContestReason "contest-reason" {
        UnknownBody "unknown-body",
        NotInContact "not-in-contact",
        TooMuch "too-much",
        /// The person says it in words of their own.
        Other "other",
    }

    /// The outcome of a request.
    RequestOutcome "outcome-request" {
        Done "done",
        /// The consultation was work.
        Explained "explained",
        /// The consultation was not work: an incident follows.
        Upheld "upheld",
        Refused "refused",
        /// The person took it back before it was answered.
        Withdrawn "withdrawn",
    }
}

impl RequestKind {
    /// About one consultation; the others are about the person's data.
    pub const fn is_of_consultation(self) -> bool {
        match self {
            Self::Contest | Self::Name => true,
            Self::Access
            | Self::Rectification
            | Self::Erasure
            | Self::Restriction
            | Self::Objection
            | Self::Portability => false,
        }
    }
}
