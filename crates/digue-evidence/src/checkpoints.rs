//! Checkpoints that cover what is said now: an answer, a receipt or a paper that rests on an earlier
//! one would leave out the entries after it, and call the rest whole.

use digue_app::{App, OperationError};

/// The size of a checkpoint over every entry that was durable when it was asked for. An earlier one
/// would leave out what was shown a moment ago, and call the rest exact.
///
/// # Errors
/// `Invalid` while no checkpoint covers them.
pub async fn covering_now(app: &App) -> Result<u64, OperationError> {
    let size = app.journal().status().size;
    let published = checkpoint_now(app).await?;
    if published < size {
        return Err(OperationError::Invalid("not-yet-covered"));
    }
    Ok(published)
}

/// The size of the last checkpoint, after one was signed over what is durable.
pub(crate) async fn checkpoint_now(app: &App) -> Result<u64, OperationError> {
    let before = app.journal().status();
    // A checkpoint that covers them is not signed again for each question.
    if before.checkpoint_size < before.size {
        let journal = app.journal().clone();
        app.blocking(move || journal.sign_committed()).await?;
    }
    Ok(app.journal().status().checkpoint_size)
}
