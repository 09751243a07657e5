//! What was just done, said on the page that follows, with the way back where there is one.
//!
//! The notice travels in a cookie of this host and not in the address: a link must not be able to
//! say that something was done. It is shown once.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use digue_locales::{Language, Value, text, text_with};
use digue_types::lists;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// The name of the cookie.
pub const DONE_COOKIE: &str = "__Host-digue-done";

lists! {
    /// An act whose page says that it was done.
    DoneAct "done" {
        GateSet "gate",
        /// The one that controls everything.
        GeneralGateSet "general-gate",
        SessionsCut "cut",
        Suspended "suspended",
        Resumed "resumed",
        Requested "requested",
        Granted "granted",
        Refused "refused",
        HolderSaved "holder",
        OrganisationSaved "organisation",
        KeyRevoked "api-key",
        PasskeyRemoved "passkey",
        /// A route that was added to a map from the console.
        RouteWithdrawn "added-route",
        /// An agreed deletion of backups was stopped.
        BackupsKept "backups-kept",
        /// The ten questions made the first registers.
        RegistersBegun "registers",
        RecordSaved "record",
        RecordEnded "record-ended",
        RecordSigned "record-signed",
        SignatureAsked "signature-asked",
    }
}

/// An act and what it was about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoneNotice {
    act: DoneAct,
    about: String,
}

/// What a page says of it: the sentence, and the way back as (address, words).
#[derive(Clone)]
pub struct ShownDone {
    pub sentence: String,
    pub back: Option<(String, String)>,
}

/// The longest name that a notice repeats.
const ABOUT_BYTES_MAX: usize = 200;

/// As it stands in a cookie, and in the query of a link.
fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// Leads to `place`, which says that `act` was done about `about`.
pub fn done(place: &str, act: DoneAct, about: impl ToString) -> Response {
    let mut response = Redirect::to(place).into_response();
    let about = encoded(&about.to_string());
    // Left out and not cut: half of an encoded letter could make the whole notice unreadable.
    let about = if about.len() > ABOUT_BYTES_MAX {
        String::new()
    } else {
        about
    };
    // Half a minute: for the redirect, not for a page that is opened later.
    let cookie = format!(
        "{DONE_COOKIE}={}.{about}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=30",
        act.code()
    );
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// Deletes the notice: it was shown.
pub fn was_shown(response: &mut Response) {
    let gone = HeaderValue::from_static(
        "__Host-digue-done=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0",
    );
    response.headers_mut().append(header::SET_COOKIE, gone);
}

impl DoneNotice {
    /// Reads the cookie; `None` for a text that this program did not write.
    pub fn parse(cookie: &str) -> Option<Self> {
        let (act, about) = cookie.split_once('.')?;
        let about = percent_decode_str(about).decode_utf8().ok()?.into_owned();
        Some(Self {
            act: DoneAct::parse(act)?,
            about,
        })
    }

    /// In the reader's words.
    pub fn in_words(&self, language: Language) -> ShownDone {
        let about = self.about.as_str();
        let account = || format!("/accounts?q={}", encoded(about));
        let back = match self.act {
            DoneAct::GateSet | DoneAct::GeneralGateSet => {
                Some(("/activity#gates".to_owned(), "undo-gate"))
            }
            DoneAct::Suspended => Some((account(), "undo-suspended")),
            DoneAct::Resumed => Some((account(), "undo-resumed")),
            DoneAct::Requested => Some(("/approvals".to_owned(), "undo-requested")),
            DoneAct::SessionsCut
            | DoneAct::Granted
            | DoneAct::Refused
            | DoneAct::HolderSaved
            | DoneAct::OrganisationSaved
            | DoneAct::KeyRevoked
            | DoneAct::PasskeyRemoved
            | DoneAct::RouteWithdrawn
            | DoneAct::BackupsKept
            | DoneAct::RegistersBegun
            | DoneAct::RecordSaved
            | DoneAct::RecordEnded
            | DoneAct::RecordSigned
            | DoneAct::SignatureAsked => None,
        };
        ShownDone {
            sentence: text_with(language, self.act.key(), &[("about", Value::from(about))]),
            back: back.map(|(place, key)| (place, text(language, key))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_comes_back_as_it_was_and_nothing_else_is_one() {
        let response = done("/accounts", DoneAct::Suspended, "of-1.léa ; x=1");
        let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap();
        let value = cookie.split_once('=').unwrap().1.split(';').next().unwrap();
        let read = DoneNotice::parse(value).unwrap();
        assert_eq!(
            read,
            DoneNotice {
                act: DoneAct::Suspended,
                about: "of-1.léa ; x=1".to_owned()
            }
        );
        for other in ["", "suspended", "erased.x", "suspended.%FF", ".x"] {
            assert_eq!(DoneNotice::parse(other), None, "{other}");
        }
    }
}
