//! Portal maps that became wider than the last ones granted: held back until a second person agrees.
//!
//! Whoever writes the maps is one person. Wider limits, and a portal that no longer enforces, wait
//! for the security officer or the data protection officer; until then the narrower of both is in
//! force. Narrower maps are taken over at once.

use digue_access::{Limits, LimitsTable, Mode};
use digue_gateway::Portal;
use digue_types::{Act, OrganisationId, PortalId};

use crate::actor::Actor;
use crate::approvals::{self, Wish};
use crate::error::OperationError;
use crate::house::{House, Words};

/// The part of a map that protects by number: mode and limits, as one line of text.
fn line(mode: Mode, limits: &LimitsTable) -> String {
    let mode = if mode == Mode::Enforced { "enforced" } else { "observe-only" };
    let mut text = format!("mode={mode}");
    for (name, limits) in NAMES.iter().zip(tables(limits)) {
        let cells = limits.0.map(|limit| limit.map_or("-".to_owned(), |limit| limit.to_string()));
        text.push_str(&format!(" {name}={}", cells.join("/")));
    }
    text
}

const NAMES: [&str; 6] = ["account", "organisation", "portal", "exact-search", "break-glass", "uninspected"];

fn tables(limits: &LimitsTable) -> [Limits; 6] {
    [
        limits.account,
        limits.organisation,
        limits.portal,
        limits.exact_search,
        limits.break_glass,
        limits.uninspected,
    ]
}

fn parse(text: &str) -> Option<(Mode, LimitsTable)> {
    let mut words = text.split(' ');
    let mode = match words.next()? {
        "mode=enforced" => Mode::Enforced,
        "mode=observe-only" => Mode::ObserveOnly,
        _ => return None,
    };
    let mut read = NAMES.iter().map(|name| -> Option<Limits> {
        let cells = words.next()?.strip_prefix(name)?.strip_prefix('=')?;
        let mut limits = [None; 4];
        let mut cells = cells.split('/');
        for limit in &mut limits {
            let cell = cells.next()?;
            *limit = if cell == "-" { None } else { Some(cell.parse().ok()?) };
        }
        Some(Limits(limits))
    });
    let limits = LimitsTable {
        account: read.next()??,
        organisation: read.next()??,
        portal: read.next()??,
        exact_search: read.next()??,
        break_glass: read.next()??,
        uninspected: read.next()??,
    };
    Some((mode, limits))
}

/// The smaller of two limits; none is the widest.
fn narrower(a: Limits, b: Limits) -> Limits {
    let mut limits = a;
    for (limit, other) in limits.0.iter_mut().zip(b.0) {
        *limit = match (*limit, other) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (one, None) | (None, one) => one,
        };
    }
    limits
}

fn narrowest(wanted: (Mode, &LimitsTable), granted: (Mode, &LimitsTable)) -> (Mode, LimitsTable) {
    let both_observe = wanted.0 == Mode::ObserveOnly && granted.0 == Mode::ObserveOnly;
    let of = |a: Limits, b: Limits| narrower(a, b);
    let (a, b) = (wanted.1, granted.1);
    let limits = LimitsTable {
        account: of(a.account, b.account),
        organisation: of(a.organisation, b.organisation),
        portal: of(a.portal, b.portal),
        exact_search: of(a.exact_search, b.exact_search),
        break_glass: of(a.break_glass, b.break_glass),
        uninspected: of(a.uninspected, b.uninspected),
    };
    (if both_observe { Mode::ObserveOnly } else { Mode::Enforced }, limits)
}

fn setting(portal: &PortalId) -> String {
    format!("rules:{portal}")
}

/// Takes maps over as far as they were granted, and asks for the rest. The first map of a portal is
/// what it begins with.
pub async fn hold_back(house: &House, portals: &mut [Portal]) -> Result<(), OperationError> {
    for portal in portals {
        let wanted = line(portal.mode, &portal.limits);
        let granted = house.store.setting(&setting(&portal.id)).await?;
        let Some((mode, limits)) = granted.as_deref().and_then(parse) else {
            house.store.set_setting(&setting(&portal.id), &wanted).await?;
            continue;
        };
        let in_force = narrowest((portal.mode, &portal.limits), (mode, &limits));
        let kept = line(in_force.0, &in_force.1);
        if Some(&kept) != granted.as_ref() {
            // Narrower at least in part: that part is granted from now on.
            house.store.set_setting(&setting(&portal.id), &kept).await?;
        }
        if kept != wanted {
            ask(house, &portal.id, &kept, wanted).await?;
            (portal.mode, portal.limits) = in_force;
        }
    }
    Ok(())
}

async fn ask(house: &House, portal: &PortalId, kept: &str, wanted: String) -> Result<(), OperationError> {
    let digue = Actor::digue();
    let wish = Wish::WidenRules { portal: portal.clone(), detail: wanted.clone() };
    let operator = OrganisationId::parse("digue").expect("a fixed name");
    match approvals::keep(house, &digue, &wish, operator, kept.to_owned()).await {
        Ok(_) => {
            let words = Words {
                subject: format!("portal:{portal}"),
                before: kept.to_owned(),
                after: wanted,
                ..Words::default()
            };
            house.write_down(&digue, Act::RulesHeld, words).await.map(drop)
        }
        // It waits already.
        Err(OperationError::Conflict) => Ok(()),
        Err(error) => Err(error),
    }
}

impl House {
    /// Grants what a map wanted; whoever serves is told to read the maps again.
    pub(crate) async fn grant_rules(&self, portal: &PortalId, wanted: &str) -> Result<(), OperationError> {
        if parse(wanted).is_none() {
            return Err(OperationError::Unavailable("a stored wish does not read".into()));
        }
        let words =
            Words { subject: format!("portal:{portal}"), after: wanted.to_owned(), ..Words::default() };
        self.write_down(&Actor::digue(), Act::RulesGranted, words).await?;
        self.store.set_setting(&setting(portal), wanted).await?;
        self.reload_wanted.notify_one();
        Ok(())
    }

    /// Resolves when the maps are to be read again, because a wider one was granted.
    pub async fn reload_wanted(&self) {
        self.reload_wanted.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(account: [Option<u32>; 4]) -> LimitsTable {
        LimitsTable { account: Limits(account), ..LimitsTable::default() }
    }

    #[test]
    fn a_line_comes_back_as_it_was() {
        let limits = table([Some(5), None, Some(100), None]);
        let text = line(Mode::Enforced, &limits);
        assert!(text.starts_with("mode=enforced account=5/-/100/- organisation=-/-/-/-"), "{text}");
        assert_eq!(parse(&text), Some((Mode::Enforced, limits)));
        for wrong in ["", "mode=off", "mode=enforced account=5/-/100", "mode=enforced account=x/-/-/-"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_narrower_of_both_is_in_force() {
        let granted = table([Some(5), None, Some(100), None]);
        let wanted = table([Some(9), Some(20), Some(50), None]);
        let (mode, limits) = narrowest((Mode::ObserveOnly, &wanted), (Mode::Enforced, &granted));
        assert_eq!((mode, limits), (Mode::Enforced, table([Some(5), Some(20), Some(50), None])));
    }
}
