//! Loads by target: what each kind of kept table does with a file is the same (`kept_table`), and
//! which table it is, the caller says.

use digue_app::{Actor, App, OperationError};
use digue_types::AccountId;

use crate::aliases::AliasesTable;
use crate::caseloads::CaseloadTable;
use crate::classes::ClassesTable;
use crate::kept_table;
use crate::loads::{LoadMode, LoadOutcome, LoadPreview, LoadTarget, WaitingLoad};

/// Runs an expression with the table of a target.
macro_rules! with_table {
    ($target:expr, $table:ident => $done:expr) => {
        match $target {
            LoadTarget::Caseload(population) => {
                let $table = CaseloadTable(population.clone());
                $done
            }
            LoadTarget::Aliases(portal) => {
                let $table = AliasesTable(portal.clone());
                $done
            }
            LoadTarget::Classes(population) => {
                let $table = ClassesTable(population.clone());
                $done
            }
        }
    };
}

/// Loads a CSV, whole or not at all.
pub async fn load(
    app: &App,
    actor: &Actor,
    target: &LoadTarget,
    csv: Vec<u8>,
    mode: LoadMode,
) -> Result<LoadOutcome, OperationError> {
    with_table!(target, table => kept_table::load(app, actor, &table, csv, mode).await)
}

/// What a CSV would change that replaces the table in force. Nothing is loaded.
///
/// # Errors
/// `Faults` for a file that `load` would refuse.
pub async fn preview(
    app: &App,
    actor: &Actor,
    target: &LoadTarget,
    csv: Vec<u8>,
) -> Result<LoadPreview, OperationError> {
    with_table!(target, table => kept_table::preview(app, actor, &table, csv).await)
}

/// Puts the stored tables in force, at a start and a reload.
pub async fn load_kept(app: &App) -> Result<(), OperationError> {
    kept_table::load_kept::<CaseloadTable>(app).await?;
    kept_table::load_kept::<AliasesTable>(app).await?;
    kept_table::load_kept::<ClassesTable>(app).await
}

/// Checks that the waiting rows are the ones that the request describes, and that they give nothing
/// to the account that approves them.
pub(crate) async fn must_be_current(
    app: &App,
    load: &WaitingLoad,
    account: &AccountId,
) -> Result<(), OperationError> {
    let asked = (load, account);
    with_table!(&load.target, table => kept_table::must_be_current(app, &table, asked).await)
}

/// Loads the waiting rows, once a second person has approved them.
pub(crate) async fn load_granted(app: &App, load: &WaitingLoad) -> Result<(), OperationError> {
    with_table!(&load.target, table => kept_table::load_granted(app, &table, load).await)
}
