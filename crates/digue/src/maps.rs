//! The maps and policies in force: those of the files, unless they let more through than the ones
//! that two persons approved.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, anyhow};
use digue_access::{BudgetLimits, EnforcementMode, LimitsTable};
use digue_administration::approvals::RulesGuard;
use digue_administration::map_additions::{self, AddedLineFault};
use digue_administration::rules::{self, RulesBefore};
use digue_app::App;
use digue_config::added_routes::{self, CompletedMap, UnfitRoute};
use digue_config::map_change::{beginning, widenings};
use digue_config::portal_map::{self, PortalMap};
use digue_config::reader::{ConfigFault, WholeText};
use digue_config::{PolicyFiles, parse_policies, proxy_change};
use digue_connections::client_address::TrustedProxies;
use digue_locales::{Language, Value, text_with};

/// Applies maps as far as they were granted, and requests approval for the rest.
///
/// The maps found at the first start are granted as they are. A portal added later is not served
/// before it is granted: under another name a known one would have neither history nor limits
/// (decision 8).
pub(crate) async fn in_force(app: &App, maps: Vec<PortalMap>) -> Result<Vec<PortalMap>> {
    let granted = rules::granted(app).await?;
    let is_first = rules::has_no_maps(app, &granted);
    let mut taken = Vec::new();
    for map in maps {
        let of = RulesGuard::Portal(map.portal.id.clone());
        // Of the file alone: routes that were added beside it are granted by themselves.
        let wanted = map.source.to_json();
        let added = map_additions::granted_lines(app, &map.portal.id).await?;
        let map = with_added(map, &added);
        let kept = granted.get(&of).cloned();
        let before = match rules::before(app, &of, kept, (&wanted, is_first)).await? {
            RulesBefore::File => {
                taken.push(map);
                continue;
            }
            RulesBefore::Ungranted => {
                rules::hold_back(app, &of, &wanted, &beginning(&map)).await?;
                continue;
            }
            RulesBefore::Stored(before) => before,
        };
        let old = match read_granted(&map, &before) {
            Ok(old) => with_added(old, &added),
            Err(error) => {
                tracing::error!(%error, portal = %map.portal.id, "The granted map cannot be read; the portal is closed until the new one is granted");
                // Not served by the new map either: what it widens cannot be known without the old
                // one.
                rules::hold_back(app, &of, &wanted, &beginning(&map)).await?;
                continue;
            }
        };
        let wider = widenings(&old, &map);
        if wider.is_empty() {
            // Taken over although it widens nothing: the next change is compared with this one.
            rules::take_over(app, &of, &wanted).await?;
            taken.push(map);
        } else {
            tracing::warn!(portal = %map.portal.id, "A wider map waits for a second person");
            rules::hold_back(app, &of, &wanted, &wider).await?;
            taken.push(narrowed(old, &map));
        }
    }
    Ok(taken)
}

/// The map with the routes that two persons added to it.
fn with_added(map: PortalMap, added: &[String]) -> PortalMap {
    let CompletedMap { map, unfit } = added_routes::completed(map, added);
    for UnfitRoute { lines: _, faults } in unfit {
        let sentences: Vec<String> = faults.iter().map(in_english).collect();
        tracing::error!(portal = %map.portal.id, faults = sentences.join("; "), "A route that was added in the console does not fit the map any more; it is left out");
    }
    map
}

fn in_english(fault: &AddedLineFault) -> String {
    let values = [
        ("name", Value::from(fault.name.as_str())),
        ("detail", Value::from(fault.detail.as_str())),
    ];
    let sentence = text_with(Language::English, fault.key, &values);
    format!("{}: {sentence}", fault.line)
}

/// Grants every map as it is: for the demonstration, which protects no one.
pub(crate) async fn danger_take_all(app: &App, maps: Vec<PortalMap>) -> Result<Vec<PortalMap>> {
    for map in &maps {
        rules::take_over(
            app,
            &RulesGuard::Portal(map.portal.id.clone()),
            &map.source.to_json(),
        )
        .await?;
    }
    Ok(maps)
}

fn read_granted(map: &PortalMap, kept: &str) -> Result<PortalMap> {
    let whole = WholeText::of_json(kept).ok_or_else(|| anyhow!("the stored map is incomplete"))?;
    let mut faults: Vec<ConfigFault> = Vec::new();
    let read = portal_map::read_kept(Path::new(map.portal.id.as_str()), &whole, &mut faults);
    let sentences = || {
        faults
            .iter()
            .map(|fault| fault.say(Language::English))
            .collect::<Vec<_>>()
    };
    read.ok_or_else(|| anyhow!("{}", sentences().join("; ")))
}

/// The granted map, with the lower limits of both.
fn narrowed(mut granted: PortalMap, wanted: &PortalMap) -> PortalMap {
    // Narrower parts of a waiting map apply at once: only what widens needs a second person.
    if wanted.portal.mode == EnforcementMode::Enforced {
        granted.portal.mode = EnforcementMode::Enforced;
    }
    granted.portal.limits = lowest(&granted.portal.limits, &wanted.portal.limits);
    // A token that is no longer listed may have been stolen: it counts no more.
    let listed = &wanted.portal.report_tokens;
    granted
        .portal
        .report_tokens
        .retain(|token| listed.contains(token));
    granted.narrowed_by = Some(wanted.source.clone());
    granted
}

fn lowest(a: &LimitsTable, b: &LimitsTable) -> LimitsTable {
    let LimitsTable {
        account,
        organisation,
        portal,
        exact_search,
        break_glass,
        uninspected,
    } = *b;
    LimitsTable {
        account: lower(a.account, account),
        organisation: lower(a.organisation, organisation),
        portal: lower(a.portal, portal),
        exact_search: lower(a.exact_search, exact_search),
        break_glass: lower(a.break_glass, break_glass),
        uninspected: lower(a.uninspected, uninspected),
    }
}

fn lower(a: BudgetLimits, b: BudgetLimits) -> BudgetLimits {
    let mut limits = a;
    for (limit, other) in limits.0.iter_mut().zip(b.0) {
        *limit = match (*limit, other) {
            (Some(a), Some(b)) => Some(a.min(b)),
            // A limit in one of the two applies: no limit is the widest.
            (one, None) | (None, one) => one,
        };
    }
    limits
}

/// The policies in force: those of the files, if they permit nothing that the granted ones did not.
pub(crate) async fn policies_in_force(app: &App, files: PolicyFiles) -> Result<PolicyFiles> {
    let wanted = serde_json::to_string(&files.texts)?;
    let Some(before) = rules::before_or_file(app, &RulesGuard::Policies, &wanted).await? else {
        return Ok(files);
    };
    let texts: BTreeMap<String, String> = serde_json::from_str(&before)?;
    let old =
        parse_policies(&texts).map_err(|faults| anyhow!("the granted policies: {faults:?}"))?;
    // Policies are compared as a set: in Cedar a new `forbid` narrows, and any new `permit` may
    // widen.
    if files.policies.only_forbids_more_than(&old) {
        rules::take_over(app, &RulesGuard::Policies, &wanted).await?;
        return Ok(files);
    }
    let changed = |name: &&String| texts.get(*name) != files.texts.get(*name);
    let mut names: Vec<&String> = texts
        .keys()
        .chain(files.texts.keys())
        .filter(changed)
        .collect();
    names.sort_unstable();
    names.dedup();
    let lines: Vec<String> = names
        .into_iter()
        .map(|name| match (texts.get(name), files.texts.get(name)) {
            (None, _) => format!("{name}: +"),
            (_, None) => format!("{name}: -"),
            (Some(_), Some(_)) => format!("{name}: ~"),
        })
        .collect();
    tracing::warn!("Policies that permit more wait for a second person");
    rules::hold_back(app, &RulesGuard::Policies, &wanted, &lines).await?;
    Ok(PolicyFiles {
        texts,
        policies: old,
    })
}

/// The trusted proxies: those of the files, as far as they were granted.
pub(crate) async fn proxies_in_force(app: &App, wanted: TrustedProxies) -> Result<TrustedProxies> {
    let text = proxy_change::written(&wanted);
    let Some(before) = rules::before_or_file(app, &RulesGuard::Proxies, &text).await? else {
        return Ok(wanted);
    };
    let (taken, waiting) = proxy_change::in_force(&proxy_change::read(&before)?, wanted);
    if waiting.is_empty() {
        rules::take_over(app, &RulesGuard::Proxies, &text).await?;
    } else {
        tracing::warn!("Changed trusted proxies wait for a second person");
        rules::hold_back(app, &RulesGuard::Proxies, &text, &waiting).await?;
    }
    Ok(taken)
}
