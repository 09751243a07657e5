//! What an answer shows, as far as Digue can tell: what the decision is about.

use digue_types::{Inspection, Means, OutsideRecords, PersonRef, ReadFailure, UninspectedCause};
use http::StatusCode;

use super::admit::AdmittedVisit;
use crate::shown::{FoundPersons, named_by_request};

/// What the portal's response shows, as far as Digue can tell.
pub(super) struct Showing {
    pub(super) persons: FoundPersons,
    pub(super) inspection: Inspection,
    /// All values of an exact search are shown.
    pub(super) is_found_as_asked: bool,
    pub(super) unread: Option<ReadFailure>,
    /// Known names without an identifier of their persons.
    pub(super) names_alone: u32,
    /// It could not be read, and the map refuses what cannot be read for this cause.
    pub(super) objection: Option<UninspectedCause>,
    /// Bytes of its body, as far as they are known.
    pub(super) body_bytes: u64,
    /// The size is known once the response has left: a second entry says it.
    pub(super) is_open_ended: bool,
    /// `None` when the portal has not answered.
    pub(super) status: Option<StatusCode>,
    /// Records with persons outside the caseload that were taken out, or would have been.
    pub(super) outside: Option<OutsideRecords>,
}

impl Showing {
    /// Persons and no response: what a request or a report names.
    fn named(persons: FoundPersons, inspection: Inspection) -> Self {
        Self {
            persons,
            inspection,
            is_found_as_asked: false,
            unread: None,
            names_alone: 0,
            objection: None,
            body_bytes: 0,
            is_open_ended: false,
            status: None,
            outside: None,
        }
    }

    /// The response goes another way: what the request names counts as shown.
    pub(super) fn request_only<M>(visit: &AdmittedVisit<M>) -> Self {
        let subjects = visit.visit().subjects.clone();
        Self::named(named_by_request(subjects), Inspection::RequestOnly)
    }

    /// A tunnel, should the portal agree to it: from then on nothing can be inspected.
    pub(super) fn stream<M>(visit: &AdmittedVisit<M>) -> Self {
        let subjects = visit.visit().subjects.clone();
        Self::named(named_by_request(subjects), Inspection::Stream)
    }

    /// What a portal says that it showed.
    pub(super) fn reported(persons: Vec<PersonRef>) -> Self {
        let persons = persons
            .into_iter()
            .map(|person| (person, Means::Described))
            .collect();
        Self::named(persons, Inspection::Reported)
    }

    /// A response of which nothing is known but its head, if it has one.
    pub(super) fn unseen(
        inspection: Inspection,
        body_bytes: u64,
        status: Option<StatusCode>,
    ) -> Self {
        Self {
            body_bytes,
            status,
            ..Self::named(FoundPersons::new(), inspection)
        }
    }
}
