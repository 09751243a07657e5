//! What leaves the management system for other programs, and what comes from them: the page of
//! exchanges, impact assessments, and the operator's own template.

use askama::Template;
use axum::extract::{Multipart, State};
use axum::response::Redirect;
use digue_access::Role;
use digue_app::OperationError;
use digue_casework::papers;
use digue_compliance::isms::{exchange, import};
use digue_isms::kinds::Priority;
use digue_privacy_acts::pia::{self, PiaOutcome, PiaPreview};

use crate::home::isms_overview;
use digue_pages::error::{PageAnswer, PageRedirect};
use digue_pages::form::{fields_of, uploaded};
use digue_pages::signed_in::SignedIn;
use digue_pages::state::Console;
use digue_pages::view::{Localizer, page};
use digue_pages::visitor::Visitor;

#[derive(Template)]
#[template(path = "isms_exchange.html")]
struct ExchangePage {
    w: Localizer,
    /// What an assessment would add, or added.
    pia: Option<ShownPia>,
    /// The number of files that the measures need there.
    mss_files: usize,
    may_write: bool,
    tab: &'static str,
}

pub async fn exchanges(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
) -> PageAnswer {
    isms_overview(&console, &visitor).await?;
    let may_write = visitor.role.is_some_and(Role::can_govern);
    let mss_files = exchange::mon_service_securise_files(&console.app, &actor).await?;
    Ok(page(&ExchangePage {
        w: console.words(&visitor),
        pia: None,
        mss_files,
        may_write,
        tab: "exchange",
    }))
}

/// An impact assessment on the page.
struct ShownPia {
    preview: PiaPreview,
    incomplete: usize,
    /// The file, carried by the form until it is confirmed.
    waiting: Option<String>,
    is_taken: bool,
    is_outdated: bool,
    /// As (code, words, is chosen).
    priorities: Vec<(&'static str, String, bool)>,
}

/// Shows what an impact assessment would add, as the CNIL's tool exports it; or adds it, once its
/// sender confirmed what was shown.
pub async fn take_pia(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    form: Multipart,
) -> PageAnswer {
    let [file, kept, digest, priority] =
        fields_of(form, ["file", "kept", "digest", "priority"]).await?;
    let invalid = || OperationError::Invalid("invalid-upload");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).map_err(|_| invalid());
    let app = &console.app;
    let (bytes, outcome) = match (file, kept, digest, priority) {
        (Some(file), None, ..) => (file, None),
        (None, Some(kept), Some(digest), Some(priority)) => {
            let bytes = import::unpack(&kept).ok_or_else(invalid)?;
            let priority = Priority::parse(&text(priority)?).ok_or_else(invalid)?;
            let digest = text(digest)?;
            let done = pia::import(app, &actor, (&bytes, &digest), priority).await?;
            (bytes, Some(done))
        }
        _ => return Err(invalid().into()),
    };
    let (preview, is_taken, is_outdated) = match outcome {
        None => (pia::preview(app, &actor, &bytes).await?, false, false),
        Some(PiaOutcome::Taken(preview)) => (preview, true, false),
        Some(PiaOutcome::Outdated(preview)) => (preview, false, true),
    };
    let w = console.words(&visitor);
    let mss_files = exchange::mon_service_securise_files(app, &actor).await?;
    let complete = preview.actions.iter().filter(|one| one.is_complete());
    let shown = ShownPia {
        incomplete: preview.actions.len() - complete.count(),
        waiting: (!is_taken && !preview.actions.is_empty()).then(|| import::pack(&bytes)),
        is_taken,
        is_outdated,
        priorities: Priority::ALL
            .iter()
            .map(|one| {
                (
                    one.code(),
                    w.coded("priority", one.code()),
                    *one == Priority::P1,
                )
            })
            .collect(),
        preview,
    };
    Ok(page(&ExchangePage {
        w,
        pia: Some(shown),
        mss_files,
        may_write: true,
        tab: "exchange",
    }))
}

/// The operator's own template for Word files.
pub async fn take_template(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    form: Multipart,
) -> PageRedirect {
    let (name, bytes) = uploaded(form).await?;
    papers::take_template(&console.app, &actor, &name, &bytes).await?;
    Ok(Redirect::to("/smsi/exchange"))
}
