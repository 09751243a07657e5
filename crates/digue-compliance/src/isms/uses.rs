//! When accounts were used last, from the index: of many accounts at once, off the async workers.

use std::collections::HashMap;

use digue_app::{App, OperationError};
use digue_types::{AccountId, Timestamp};

/// When each of these accounts was shown something last; those that never were are left out.
pub(crate) async fn last_uses(
    app: &App,
    accounts: Vec<AccountId>,
) -> Result<HashMap<AccountId, Timestamp>, OperationError> {
    let view = app.view();
    let look = move || {
        let mut uses = HashMap::new();
        for account in accounts {
            if let Some(last) = view.of_account(&account, 1)?.first() {
                uses.insert(account, last.at);
            }
        }
        Ok(uses)
    };
    app.answered(app.blocking(look).await?)
}
