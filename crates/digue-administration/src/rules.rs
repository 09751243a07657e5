//! Maps and policies that allow more than the last approved ones: held back until a second person
//! approves.
//!
//! The author of the files is one person, whether they restart Digue or send it a signal. The
//! approved version is stored whole and stays in force until an officer approves the wanted one;
//! changes that only narrow are applied at once (docs/decisions/0008). What counts as a widening is
//! decided where the files are read (`digue`), not here.
//!
//! Every text that becomes the approved one is an act with its digest, and a stored one that the
//! last act contradicts is not in force: who writes to the database could otherwise put back what
//! was withdrawn or replaced, with its old seal.

use std::collections::{BTreeMap, BTreeSet};

use digue_app::files::{hex, sha256};
use digue_app::{ActDetails, Actor, App, OperationError};
use digue_evidence::stored_records::{
    JournalStatement, RecordComparison, RecordConfirmation, StoredComparison, StoredKind, settled,
    with_journal_statement,
};
use digue_types::{Act, OrganisationId};
use ring::hmac;

use crate::added_route::AddedRoute;
use crate::approvals::{self, ApprovalRequest, RulesGuard};

pub const COMPARISONS: &[StoredComparison] = &[StoredComparison {
    kind: StoredKind::Rules,
    compare: |app, to| Box::pin(compare_with_journal(app, to)),
}];

async fn compare_with_journal(app: &App, to: &mut RecordComparison) -> Result<(), OperationError> {
    let stored = app.store().granted_rules().await?;
    let key = app.key();
    with_journal_statement(app, |statement| {
        for (name, kept) in &stored {
            match RulesGuard::parse(name) {
                Some(of) => {
                    let confirmation = confirmation(statement, key, &of, kept);
                    to.note(StoredKind::Rules, name.as_str(), confirmation);
                }
                None => to.cannot_read(StoredKind::Rules, name.as_str()),
            }
        }
        // Rows of withdrawn routes keep their place, and no other is ever deleted.
        let names = statement.journalled.all_grants().map(|(name, _)| name);
        for name in names.filter(|name| RulesGuard::parse(name).is_some()) {
            if !stored.iter().any(|(known, _)| known == name) {
                to.miss(StoredKind::Rules, name);
            }
        }
    });
    Ok(())
}

/// What the journal says of a stored text.
fn confirmation(
    statement: &JournalStatement<'_>,
    key: &[u8; 32],
    of: &RulesGuard,
    kept: &str,
) -> RecordConfirmation {
    let journalled = statement.journalled;
    let (name, subject) = (of.name(), of.subject().canonical());
    let last = journalled.grant(&name);
    let grants = |text: &str| journalled.grants(&name, &subject, &sha256(text));
    match of {
        RulesGuard::AddedRoute(..) if kept.is_empty() => match last {
            Some(last) => RecordConfirmation::of(last.granted.is_none()),
            None => statement.without_act(),
        },
        RulesGuard::AddedRoute(..) => match unsealed(key, of, kept) {
            Some(text) if grants(text) => RecordConfirmation::Same,
            Some(text) => match (last, AddedRoute::of_text(text)) {
                // Nothing is older than an act that is readable.
                (None, Some(route)) => statement.unless_older(route.at, false),
                (Some(_), _) | (None, None) => RecordConfirmation::Differs,
            },
            None => RecordConfirmation::Differs,
        },
        RulesGuard::Portal(_) | RulesGuard::Policies | RulesGuard::Proxies => match last {
            _ if grants(kept) => RecordConfirmation::Same,
            Some(_) => RecordConfirmation::Differs,
            // Earlier versions journalled only what widens.
            None => RecordConfirmation::Older,
        },
    }
}

/// What the journal says of the stored rules of one of the operator's files, and of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RulesStanding {
    /// The file is what was granted last: it is in force, whatever is stored.
    FileGranted,
    /// What is stored is what was granted last, or the journal is silent about it.
    Stored,
    /// What is stored, or is not stored any more, was not granted last: it is not in force.
    Contradicted,
}

/// The standing of the rules `of`, of which `kept` is stored and the file says `file`.
pub async fn standing(app: &App, of: &RulesGuard, kept: Option<&str>, file: &str) -> RulesStanding {
    let (name, digest) = (of.name(), sha256(file));
    let ask = |statement: &JournalStatement<'_>| {
        let last = statement.journalled.grant(&name);
        let confirmed = kept.map(|kept| confirmation(statement, app.key(), of, kept));
        match (last, confirmed) {
            (Some(last), _) if last.granted.as_ref() == Some(&digest) => RulesStanding::FileGranted,
            (_, Some(confirmed)) if confirmed.is_uncontradicted() => RulesStanding::Stored,
            (None, None) => RulesStanding::Stored,
            (Some(_), None) | (_, Some(_)) => RulesStanding::Contradicted,
        }
    };
    settled(app, ask, |standing| {
        *standing == RulesStanding::Contradicted
    })
    .await
}

/// What the rules of a file are compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RulesBefore {
    /// With nothing: the file is in force as it is.
    File,
    /// With nothing that was granted: nothing ever was, or what is stored was not granted last.
    Ungranted,
    /// With what is stored.
    Stored(String),
}

/// What the file's text of the rules `of` is compared with. A file that was granted last is stored
/// again as it was granted, and so is the first one of an installation.
pub async fn before(
    app: &App,
    of: &RulesGuard,
    kept: Option<String>,
    (file, is_first): (&str, bool),
) -> Result<RulesBefore, OperationError> {
    let rules = of.name();
    match (standing(app, of, kept.as_deref(), file).await, kept) {
        (RulesStanding::FileGranted, _) => {
            take_over(app, of, file).await?;
            Ok(RulesBefore::File)
        }
        (RulesStanding::Contradicted, _) => {
            tracing::error!(
                rules,
                "The stored rules are not those that were granted last; the file waits for a second person"
            );
            Ok(RulesBefore::Ungranted)
        }
        (RulesStanding::Stored, Some(kept)) => Ok(RulesBefore::Stored(kept)),
        (RulesStanding::Stored, None) if is_first => {
            take_over(app, of, file).await?;
            Ok(RulesBefore::File)
        }
        (RulesStanding::Stored, None) => {
            tracing::warn!(rules, "New rules wait for a second person");
            Ok(RulesBefore::Ungranted)
        }
    }
}

/// The stored text that the file's text of rules is compared with, for rules without which Digue
/// cannot run. `None` when those of the file are in force: they were granted last, or are the first
/// ones, or what is stored was not granted last; then they are, and wait for a second person as well,
/// whom a Digue that does not start could not ask.
pub async fn before_or_file(
    app: &App,
    of: &RulesGuard,
    file: &str,
) -> Result<Option<String>, OperationError> {
    let kept = granted(app).await?.remove(of);
    match before(app, of, kept, (file, true)).await? {
        RulesBefore::File => Ok(None),
        RulesBefore::Ungranted => {
            hold_back(app, of, file, &[]).await?;
            Ok(None)
        }
        RulesBefore::Stored(before) if before != file => Ok(Some(before)),
        RulesBefore::Stored(before) => {
            take_over(app, of, &before).await?;
            Ok(None)
        }
    }
}

/// The added routes among stored rules that the journal contradicts.
pub(crate) async fn contradicted_routes(
    app: &App,
    stored: &BTreeMap<RulesGuard, String>,
) -> BTreeSet<RulesGuard> {
    let ask = |statement: &JournalStatement<'_>| {
        let differs = |(of, kept): &(&RulesGuard, &String)| {
            matches!(of, RulesGuard::AddedRoute(..))
                && !confirmation(statement, app.key(), of, kept).is_uncontradicted()
        };
        let found = stored.iter().filter(differs);
        found.map(|(of, _)| of.clone()).collect()
    };
    settled(app, ask, |found: &BTreeSet<RulesGuard>| !found.is_empty()).await
}

/// True while no portal's map was ever granted. Asked of the store and of the journal, and not of the
/// folder: neither an emptied folder nor an emptied table makes the next maps the first ones.
pub fn has_no_maps(app: &App, stored: &BTreeMap<RulesGuard, String>) -> bool {
    let is_map = |of: &RulesGuard| matches!(of, RulesGuard::Portal(_));
    let is_journalled = with_journal_statement(app, |statement| {
        let mut names = statement.journalled.all_grants().map(|(name, _)| name);
        names.any(|name| RulesGuard::parse(name).as_ref().is_some_and(is_map))
    });
    !is_journalled && !stored.keys().any(is_map)
}

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

/// Makes the rules of a file the approved ones: they allow nothing more, or are the first of this
/// installation. Journalled unless they are already.
pub async fn take_over(app: &App, of: &RulesGuard, text: &str) -> Result<(), OperationError> {
    let (name, subject) = (of.name(), of.subject().canonical());
    let digest = sha256(text);
    let is_journalled = with_journal_statement(app, |statement| {
        let last = statement.journalled.grant(&name);
        last.is_some() && statement.journalled.grants(&name, &subject, &digest)
    });
    if !is_journalled {
        note_granted(app, of, text).await?;
    }
    keep(app, of, text).await
}

/// Stores what its act in the journal says.
pub(crate) async fn keep(app: &App, of: &RulesGuard, text: &str) -> Result<(), OperationError> {
    Ok(app.store().set_granted_rules(&of.name(), text).await?)
}

/// Journals that a text is the approved one, before it is stored: of the two, the act counts.
async fn note_granted(app: &App, of: &RulesGuard, text: &str) -> Result<(), OperationError> {
    let details = ActDetails {
        subject: of.subject(),
        after: format!("{} sha256:{}", of.name(), sha256(text)),
        ..ActDetails::default()
    };
    let digue = Actor::digue();
    app.write_down(&digue, Act::RulesGranted, details)
        .await
        .map(drop)
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
    note_granted(app, of, &wanted).await?;
    let kept = match of {
        // Nothing else than this text says what was granted: the file is not the operator's.
        RulesGuard::AddedRoute(..) => seal(app.key(), of, &wanted),
        RulesGuard::Portal(_) | RulesGuard::Policies | RulesGuard::Proxies => wanted,
    };
    keep(app, of, &kept).await?;
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
