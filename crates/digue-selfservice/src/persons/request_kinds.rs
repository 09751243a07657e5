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

    /// The outcome of a request.
    RequestOutcome "outcome-request" {
        Done "done",
        /// The consultation was work.
        Explained "explained",
        /// The consultation was not work: an incident follows.
        Upheld "upheld",
        Refused "refused",
    }
}
