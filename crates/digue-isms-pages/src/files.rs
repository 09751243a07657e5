//! Registers as files, and the files of controlled documents.

use axum::extract::{Multipart, Path, State};
use axum::response::Redirect;
use digue_app::OperationError;
use digue_casework::papers::PaperFormat;
use digue_compliance::isms::{awareness, sheets};
use digue_pages::error::{PageRedirect, PageResponse};
use digue_pages::form::uploaded;
use digue_pages::signed_in::SignedIn;
use digue_pages::state::Console;
use digue_pages::view::{Media, kept};
use digue_pages::visitor::Visitor;

use crate::registers::kind_of;

/// A register as a spreadsheet, PDF or Word file; `isms.xlsx` has all of them.
pub async fn file(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Path(name): Path<String>,
) -> PageResponse {
    let (stem, ending) = name.rsplit_once('.').unwrap_or((&name, ""));
    let form = PaperFormat::parse(ending).ok_or(OperationError::NotFound("form"))?;
    let reader = console.words(&visitor).reader();
    let bytes = match stem {
        "smsi" => sheets::whole(&console.app, &actor, &reader, form).await,
        code => {
            let kind = kind_of(code)?;
            sheets::file(&console.app, &actor, kind, &reader, form).await
        }
    };
    let bytes = bytes?;
    Ok(kept(&name, Media(form.media()), bytes))
}

/// The file of a controlled document.
pub async fn attach(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Path(id): Path<String>,
    form: Multipart,
) -> PageRedirect {
    let (name, bytes) = uploaded(form).await?;
    awareness::attach(&console.app, &actor, &id, &name, &bytes).await?;
    Ok(Redirect::to(&format!("/smsi/registers/document/{id}")))
}
