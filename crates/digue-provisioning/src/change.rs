//! What becomes of an account when the directory changes its mind.

use std::borrow::Cow;

use digue_access::AccountRecord;
use digue_types::{OrganisationId, lists};

use crate::{AccountGroups, GroupRule, LISTED, ProvisioningRules};
use digue_store::ScimUserRecord;

lists! {
    /// A change that a directory wants of an account.
    WantedChange "wanted-change" {
        /// A new account.
        Open "open",
        /// A closed account is to be open again.
        Reopen "reopen",
        /// Another organisation or role.
        Move "move",
        Close "close",
    }
}

/// What the directory wants now, where it was something else before.
///
/// `before` and `after` are where it puts the account; `None` for nowhere. Only what the directory
/// changes is done: what people changed in Digue stays until the directory speaks of it again,
/// except that an account which it wants closed is closed. It gets back what it closed itself: an
/// account that people suspended is theirs to resume.
pub(crate) fn change_of(
    before: Option<&GroupRule>,
    after: Option<&GroupRule>,
    account: Option<&AccountRecord>,
    is_closed_by: bool,
) -> Option<WantedChange> {
    match (after, account) {
        (None, Some(record)) => (!record.is_suspended).then_some(WantedChange::Close),
        (None, None) => None,
        (Some(after), _) if before.is_some_and(|before| is_same(before, after)) => None,
        (Some(_), None) => Some(WantedChange::Open),
        (Some(_), Some(record)) if record.is_suspended => {
            is_closed_by.then_some(WantedChange::Reopen)
        }
        (Some(after), Some(record)) => (!after.is_place_of(record)).then_some(WantedChange::Move),
    }
}

fn is_same(one: &GroupRule, another: &GroupRule) -> bool {
    one.is_place(&another.organisation, another.role)
}

/// The group that says where a user's account is to stand.
pub(crate) fn place<'r>(
    rules: &'r ProvisioningRules,
    user: &ScimUserRecord,
    account: Option<&AccountRecord>,
) -> Option<Cow<'r, GroupRule>> {
    if !user.is_active || user.is_deleted {
        return None;
    }
    match &rules.groups {
        AccountGroups::Named(groups) => groups
            .iter()
            .find(|rule| user.groups.contains(&rule.key()))
            .map(Cow::Borrowed),
        AccountGroups::Listed => {
            // Others are groups of a directory that was configured before.
            let name = user
                .groups
                .iter()
                .find_map(|name| name.strip_prefix(LISTED));
            let organisation = OrganisationId::parse(name?).ok()?;
            Some(Cow::Owned(GroupRule::of_list(organisation, account)))
        }
    }
}

/// Whether a move takes rights and gives none.
pub(crate) fn is_narrowing(to: &GroupRule, account: &AccountRecord) -> bool {
    to.organisation == account.organisation && to.role < account.role
}

#[cfg(test)]
mod tests {
    use super::*;
    use digue_access::Role;

    fn rule(organisation: &str, role: Role) -> GroupRule {
        GroupRule {
            name: format!("{organisation} {}", role.code()),
            organisation: OrganisationId::parse(organisation).unwrap(),
            role,
        }
    }

    #[test]
    fn only_what_the_directory_changes_is_done() {
        let agent = rule("of-1", Role::Agent);
        let chief = rule("of-1", Role::Delegate);
        let other = rule("of-2", Role::Agent);
        let at = |rule: &GroupRule, is_suspended| AccountRecord {
            organisation: rule.organisation.clone(),
            role: rule.role,
            is_suspended,
        };
        let (open, closed) = (at(&agent, false), at(&agent, true));
        for (before, after, account, expected) in [
            (None, Some(&agent), None, Some(WantedChange::Open)),
            (None, Some(&agent), Some(&open), None),
            (
                None,
                Some(&agent),
                Some(&closed),
                Some(WantedChange::Reopen),
            ),
            // People suspended it in Digue.
            (Some(&agent), Some(&agent), Some(&closed), None),
            // People made it a delegate, or took its role.
            (Some(&chief), Some(&chief), Some(&open), None),
            (
                Some(&agent),
                Some(&chief),
                Some(&open),
                Some(WantedChange::Move),
            ),
            (
                Some(&agent),
                Some(&other),
                Some(&open),
                Some(WantedChange::Move),
            ),
            (Some(&agent), None, Some(&open), Some(WantedChange::Close)),
            (None, None, Some(&open), Some(WantedChange::Close)),
            (Some(&agent), None, Some(&closed), None),
            (Some(&agent), None, None, None),
        ] {
            assert_eq!(
                change_of(before, after, account, true),
                expected,
                "{before:?} {after:?} {account:?}"
            );
        }
        let chief_now = at(&chief, false);
        assert!(is_narrowing(&agent, &chief_now));
        assert!(!is_narrowing(&other, &chief_now) && !is_narrowing(&chief, &open));
    }
}
