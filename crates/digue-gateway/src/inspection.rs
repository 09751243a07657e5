//! What a body shows, and what is left of it without some of its records.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use digue_headers::response_headers::file_names;
use digue_identifiers::{
    Identifier, PersonNameTable, ResponseReading, SeenNames, ShownIdentifiers, Unreadable,
};
use digue_inspect::{Message, RewriteRefusal, names_shown, rewrite};
use digue_types::{ReadFailure, UnreadCause};
use http::StatusCode;
use http::header::{self, HeaderMap, HeaderValue};

use crate::portal::{Portal, Route};

/// The known names in a body, with the table that found them; or why they could not be searched
/// for.
pub(crate) type NamesReading = Result<(Arc<PersonNameTable>, SeenNames), ReadFailure>;

/// What a body shows.
#[derive(Debug, Default)]
pub(crate) struct BodyReading {
    pub(crate) shown: ShownIdentifiers,
    /// `None` where no name is searched for.
    pub(crate) names: Option<NamesReading>,
}

/// Inspects one response, and searches it for the known names. A panic in a reader makes the
/// response unreadable: it is never taken for one without persons.
pub(crate) fn look_into(
    portal: &Portal,
    route: &Route,
    names: Option<&Arc<PersonNameTable>>,
    response: (StatusCode, &HeaderMap, &Bytes),
) -> Result<BodyReading, Unreadable> {
    let caught = catch_unwind(AssertUnwindSafe(|| read(portal, route, names, response)));
    caught.unwrap_or_else(|_| Err(ReadFailure::new(UnreadCause::Failed).into()))
}

fn read(
    portal: &Portal,
    route: &Route,
    names: Option<&Arc<PersonNameTable>>,
    response: (StatusCode, &HeaderMap, &Bytes),
) -> Result<BodyReading, Unreadable> {
    let codings = codings(response.1)?;
    let message = message(response, &codings)?;
    let limits = &route.inspect_limits;
    let shown = match digue_inspect::inspect(&route.response, &portal.kinds, &message, limits) {
        ResponseReading::Persons(shown) => shown,
        ResponseReading::ShowsNobody(_) => ShownIdentifiers::default(),
        ResponseReading::Unreadable(why) => return Err(why),
    };
    let names = search_names(route, (&message, response.1), names);
    Ok(BodyReading { shown, names })
}

/// Only of what could be read: elsewhere it is unknown already who is shown.
fn search_names(
    route: &Route,
    (message, headers): (&Message<'_>, &HeaderMap),
    names: Option<&Arc<PersonNameTable>>,
) -> Option<NamesReading> {
    names.map(|table| {
        let (beside, limits) = (file_names(headers), &route.inspect_limits);
        let seen = names_shown(&route.response, message, &beside, limits, table);
        seen.map(|seen| (table.clone(), seen))
            .map_err(|unreadable| unreadable.detail)
    })
}

/// What is left of a body without some of its records.
pub(crate) struct RewrittenReading {
    pub(crate) bytes: Vec<u8>,
    pub(crate) records: usize,
    pub(crate) reading: BodyReading,
}

/// Takes out of a response, or masks, the records that name anyone but `permitted`. A panic on the
/// way leaves it as it is.
pub(crate) fn without_records(
    portal: &Portal,
    route: &Route,
    names: Option<&Arc<PersonNameTable>>,
    response: (StatusCode, &HeaderMap, &Bytes),
    permitted: &HashSet<Identifier>,
) -> Result<RewrittenReading, RewriteRefusal> {
    let rewritten = catch_unwind(AssertUnwindSafe(|| {
        let codings = codings(response.1)?;
        let sent = message(response, &codings)?;
        let limits = &route.inspect_limits;
        let body = rewrite(&route.response, &portal.kinds, &sent, limits, permitted)?;
        let records = body.records();
        let (bytes, shown) = body.into_parts();
        let left = Message {
            content_encoding: "",
            body: &bytes,
            ..sent
        };
        let names = search_names(route, (&left, response.1), names);
        Ok(RewrittenReading {
            bytes,
            records,
            reading: BodyReading { shown, names },
        })
    }));
    rewritten
        .unwrap_or_else(|_| Err(Unreadable::from(ReadFailure::new(UnreadCause::Failed)).into()))
}

fn unreadable(name: &'static str) -> Unreadable {
    ReadFailure::new(UnreadCause::Header).at(name).into()
}

fn codings(headers: &HeaderMap) -> Result<String, Unreadable> {
    let mut codings = Vec::new();
    for value in headers.get_all(header::CONTENT_ENCODING) {
        codings.push(value.to_str().map_err(|_| unreadable("content-encoding"))?);
    }
    Ok(codings.join(","))
}

fn message<'m>(
    (status, headers, body): (StatusCode, &'m HeaderMap, &'m Bytes),
    content_encoding: &'m str,
) -> Result<Message<'m>, Unreadable> {
    let types: Vec<&HeaderValue> = headers.get_all(header::CONTENT_TYPE).iter().collect();
    let content_type = match types[..] {
        [] => None,
        [one] => Some(one.to_str().map_err(|_| unreadable("content-type"))?),
        // Clients differ in which of several types they use.
        _ => return Err(unreadable("content-type")),
    };
    Ok(Message {
        status: status.as_u16(),
        content_type,
        content_encoding,
        body,
    })
}
