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

    /// How a request came that an officer enters.
    RequestChannel "request-channel" {
        Post "post",
        Counter "counter",
        Mail "mail",
        Telephone "telephone",
    }

    /// The identity of a requester, as an officer knows it (GDPR art. 12(6)).
    RequestProof "request-proof" {
        /// Reasonable doubts: a proof was asked and is awaited.
        Asked "asked",
        /// A document was shown or sent; no copy is kept.
        Document "document",
        /// What was said agrees with what only the person knows.
        Answers "answers",
        /// The letter came from the address that the record has.
        Address "address",
        /// A representative, with the mandate.
        Mandate "mandate",
    }

    /// Why a request is refused.
    RequestRefusal "refusal-reason" {
        /// Manifestly unfounded or excessive (12(5)).
        Unfounded "unfounded",
        /// The person is not identified, and no proof came (11(2), 12(2)).
        NotIdentified "not-identified",
        /// A legal duty or a public task asks to keep the data (17(3)(b)).
        LegalDuty "legal-duty",
        /// Archives, research or statistics (17(3)(d), 89).
        Archives "archives",
        /// For legal claims (17(3)(e), 21(1)).
        Claims "claims",
        /// Rights and freedoms of others (15(4)).
        Others "others",
        /// The right does not apply to this processing (20(1), 21(1)).
        NotApplicable "not-applicable",
        /// A law restricts it (23).
        Law "law",
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

impl RequestProof {
    /// True where the identity is established.
    pub const fn is_enough(self) -> bool {
        match self {
            Self::Asked => false,
            Self::Document | Self::Answers | Self::Address | Self::Mandate => true,
        }
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
