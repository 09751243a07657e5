//! Tells the holder of an account that what opens it has changed.

use digue_app::{App, OperationError};
use digue_mail::Mail;
use digue_types::AccountId;

pub(crate) async fn tell_factors_changed(
    app: &App,
    account: &AccountId,
) -> Result<(), OperationError> {
    let mail = Mail::FactorsChanged {
        account: account.clone(),
    };
    digue_mail::tell_holder(app, account, &mail).await
}
