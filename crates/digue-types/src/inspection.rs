//! How far a response was inspected, and why not further.

use crate::coded::coded;

coded!(
    /// How far a response was inspected.
    Inspection {
        Inspected = 1 "inspected",
        /// The request was refused before it reached the portal.
        NotReached = 2 "not-reached",
        TooLarge = 3 "too-large",
        UnknownType = 4 "unknown-type",
        Broken = 5 "broken",
        /// An upgraded connection, or a stream that the map lets through uninspected.
        Stream = 6 "stream",
        /// Reported by the portal itself.
        Reported = 7 "reported",
        /// Forward-auth: Digue saw the request and never the response.
        RequestOnly = 8 "request-only",
        /// From an access log: the response was not seen.
        Imported = 9 "imported",
        /// Released in observe-only mode, where no rule of the map says how to inspect it.
        NotLooked = 11 "not-looked",
        /// Released in observe-only mode: a range, an unchanged copy (304), a truncated body.
        Partial = 12 "partial",
        /// It contains text outside everything that the map describes.
        Undescribed = 10 "undescribed",
        /// It shows a known name without an identifier of that person.
        NameAlone = 13 "name-without-identifier",
    }
);

impl Inspection {
    /// True for the kinds in which Digue had the response and could not read all of it. Responses
    /// that Digue never had (`Reported`, `RequestOnly`, `Imported`) are counted apart.
    pub const fn is_uninspected(self) -> bool {
        matches!(
            self,
            Self::TooLarge
                | Self::UnknownType
                | Self::Broken
                | Self::Stream
                | Self::NotLooked
                | Self::Partial
                | Self::Undescribed
                | Self::NameAlone
        )
    }
}

coded!(
    /// Why a response could not be inspected.
    UninspectedCause {
        TooLarge = 1 "too-large",
        UnknownType = 2 "unknown-type",
        Broken = 3 "broken",
        Undescribed = 4 "undescribed",
        NameAlone = 5 "name-without-identifier",
    }
);

impl From<UninspectedCause> for Inspection {
    fn from(cause: UninspectedCause) -> Self {
        match cause {
            UninspectedCause::TooLarge => Self::TooLarge,
            UninspectedCause::UnknownType => Self::UnknownType,
            UninspectedCause::Broken => Self::Broken,
            UninspectedCause::Undescribed => Self::Undescribed,
            UninspectedCause::NameAlone => Self::NameAlone,
        }
    }
}
