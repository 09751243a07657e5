//! Maps and policies that allow more than the last approved ones: held back until a second person
//! approves.
//!
//! The author of the files is one person, whether they restart Digue or send it a signal. The
//! approved version is stored whole and stays in force until an officer approves the wanted one;
//! changes that only narrow are applied at once (docs/decisions/0008). What counts as a widening is
//! decided where the files are read (`digue`), not here.

use std::collections::BTreeMap;

use digue_app::files::{hex, sha256};
use digue_app::{ActDetails, Actor, App, OperationError};
use digue_types::{Act, OrganisationId};
use ring::hmac;

use crate::approvals::{self, ApprovalRequest, RulesGuard};

/// The approved rules as text, by subject. An unreadable name is an error: ignoring it would take a
/// known portal for a new one.
pub async fn granted(app: &App) -> Result<BTreeMap<RulesGuard, String>, OperationError> {
    let kept = app.store().granted_rules().await?;
    let named = kept.into_iter().map(|(name, text)| {
        RulesGuard::parse(&name)
            .map(|of| (of, text))
            .ok_or_else(|| {
                OperationError::Unavailable(format!("the stored rules {name} cannot be read"))
            })
    });
    named.collect()
}

/// Makes rules the approved ones: they allow nothing more, or are the first of this installation.
pub async fn take_over(app: &App, of: &RulesGuard, text: &str) -> Result<(), OperationError> {
    Ok(app.store().set_granted_rules(&of.name(), text).await?)
}

/// The most differences that are listed; the digest covers all of them.
const LISTED_MAX: usize = 40;
/// The most bytes of differences in an entry of the journal.
const TOLD_MAX: usize = 4_000;

/// Stores rules that allow more, and requests approval.
pub async fn hold_back(
    app: &App,
    of: &RulesGuard,
    text: &str,
    differences: &[String],
) -> Result<(), OperationError> {
    app.store().set_wanted_rules(&of.name(), text).await?;
    let detail = listed(text, differences);
    let request = ApprovalRequest::WidenRules {
        of: of.clone(),
        detail: detail.clone(),
    };
    let digue = Actor::digue();
    let operator = OrganisationId::parse("digue").expect("`digue` is a valid organisation name");
    match approvals::keep(app, &digue, &request, operator, String::new()).await {
        Ok(_) => note_held(app, of, detail).await,
        // The same rules wait already, from an earlier start or reload.
        Err(OperationError::Conflict) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The digest of the rules and the first differences, one a line.
fn listed(text: &str, differences: &[String]) -> String {
    let listed = differences.iter().take(LISTED_MAX).cloned();
    let more =
        (differences.len() > LISTED_MAX).then(|| format!("+{}", differences.len() - LISTED_MAX));
    let lines: Vec<String> = std::iter::once(format!("sha256:{}", sha256(text)))
        .chain(listed)
        .chain(more)
        .collect();
    lines.join("\n")
}

async fn note_held(app: &App, of: &RulesGuard, detail: String) -> Result<(), OperationError> {
    let mut after = detail;
    after.truncate(after.floor_char_boundary(TOLD_MAX));
    let details = ActDetails {
        subject: of.subject(),
        after,
        ..ActDetails::default()
    };
    let digue = Actor::digue();
    app.write_down(&digue, Act::RulesHeld, details)
        .await
        .map(drop)
}

/// The rules that a request is about. Compared by digest, so that a file changed after the approver
/// read the request is not approved with it.
pub(crate) async fn wanted(
    app: &App,
    of: &RulesGuard,
    detail: &str,
) -> Result<String, OperationError> {
    let wanted = app.store().wanted_rules(&of.name()).await?;
    let digest = detail
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("sha256:"));
    let wanted = wanted.filter(|wanted| Some(sha256(wanted).as_str()) == digest);
    wanted.ok_or(OperationError::Invalid("invalid-load-changed"))
}

/// Makes the wanted rules the approved ones, and signals that the files must be read again.
pub(crate) async fn grant(app: &App, of: &RulesGuard, detail: &str) -> Result<(), OperationError> {
    let wanted = wanted(app, of, detail).await?;
    let details = ActDetails {
        subject: of.subject(),
        after: format!("sha256:{}", sha256(&wanted)),
        ..ActDetails::default()
    };
    app.write_down(&Actor::digue(), Act::RulesGranted, details)
        .await?;
    let kept = match of {
        // Nothing else than this text says what was granted: the file is not the operator's.
        RulesGuard::AddedRoute(..) => seal(app.key(), of, &wanted),
        RulesGuard::Portal(_) | RulesGuard::Policies | RulesGuard::Proxies => wanted,
    };
    take_over(app, of, &kept).await?;
    app.want_reload();
    Ok(())
}

/// A granted text as it is stored: with a code that who writes to the database cannot make.
fn seal(key: &[u8; 32], of: &RulesGuard, text: &str) -> String {
    format!("{}\n{text}", code_of(key, of, text))
}

/// The text of a sealed one; `None` when it was not granted here, or is another rule's.
pub(crate) fn unsealed<'k>(key: &[u8; 32], of: &RulesGuard, kept: &'k str) -> Option<&'k str> {
    let (code, text) = kept.split_once('\n')?;
    // Plainly: who could time this comparison reads and writes the database already.
    (code_of(key, of, text) == code).then_some(text)
}

fn code_of(key: &[u8; 32], of: &RulesGuard, text: &str) -> String {
    let sealed = format!("granted rules\n{}\n{text}", of.name());
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hex(hmac::sign(&key, sealed.as_bytes()).as_ref())
}

#[cfg(test)]
mod tests {
    use digue_types::{PortalId, RouteName};

    use super::*;

    #[test]
    fn a_text_that_nobody_granted_here_is_no_granted_one() {
        let of = |route: &str| {
            let portal = PortalId::parse("kairos").unwrap();
            RulesGuard::AddedRoute(portal, RouteName::parse(route).unwrap())
        };
        let (key, text) = ([7; 32], "{\"lines\":\"\\n[[routes]]\"}");
        let kept = seal(&key, &of("pieces"), text);
        assert_eq!(unsealed(&key, &of("pieces"), &kept), Some(text));
        assert_eq!(unsealed(&key, &of("autres"), &kept), None);
        assert_eq!(unsealed(&[8; 32], &of("pieces"), &kept), None);
        assert_eq!(
            unsealed(&key, &of("pieces"), &kept.replace("routes", "autres")),
            None
        );
        assert_eq!(unsealed(&key, &of("pieces"), text), None);
    }
}
