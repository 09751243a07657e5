//! `[classes]` of a portal map: what follows when a person is archived, protected, deceased, or of
//! a class of the operator's own.

use std::path::Path;
use std::time::Duration;

use digue_access::{ClassRule, ClassRules};
use digue_administration::loads::LoadTarget;
use digue_gateway::Portal;
use digue_sources::SourceTarget;
use digue_types::ClassName;

use super::reader::{ConfigFault, ConfigSection};
use super::server::Settings;

/// A working day: the agreement is given while its requester does something else.
const LASTS: Duration = Duration::from_hours(8);
/// Beyond it nobody remembers why a record is open.
const LASTS_MAX: Duration = Duration::from_hours(24 * 7);

pub(crate) fn read_classes(section: Option<ConfigSection<'_>>) -> Option<ClassRules> {
    let Some(section) = section else {
        return Some(ClassRules::default());
    };
    let rules = section.named_sections().into_iter().map(|(name, class)| {
        let rule = read_rule(&class);
        let name = section.accept(&name, ClassName::parse(&name));
        Some((name?, rule?))
    });
    rules.collect::<Option<_>>().map(ClassRules)
}

fn read_rule(section: &ConfigSection<'_>) -> Option<ClassRule> {
    let lasts = section.duration("lasts");
    if lasts.is_some_and(|lasts| lasts.is_zero() || lasts > LASTS_MAX) {
        section.fault("lasts", "fault-value", "8h");
        return None;
    }
    let agreement = ClassRule::Agreement {
        lasts: lasts.unwrap_or(LASTS),
    };
    let rules = [
        ClassRule::Mark,
        ClassRule::Watch,
        agreement,
        ClassRule::Refuse,
    ];
    let rule = section.choice("rule", &rules.map(|rule| (rule.code(), rule)));
    if lasts.is_some() && rule.is_some_and(|rule| rule != agreement) {
        section.fault("lasts", "fault-class-lasts", "");
        return None;
    }
    match rule {
        Some(rule) => Some(rule),
        // A word that is none has its own fault already.
        None if section.has("rule") => None,
        None => section.refuse("rule", "fault-missing", ""),
    }
}

/// Warns of a map whose classes nobody fills, and of one that shows what another map of its
/// population holds back.
pub(crate) fn warn_together(
    settings: &Settings,
    portals: &[(&Path, &Portal)],
    warnings: &mut Vec<ConfigFault>,
) {
    for (path, portal) in portals {
        let target = SourceTarget::Table(LoadTarget::Classes(portal.population.clone()));
        let is_fed = settings
            .sources
            .iter()
            .any(|source| source.target == target);
        if portal.classes.strictest().restricts() && !is_fed {
            let name = target.name();
            warnings.push(ConfigFault::of_file(path, "warning-classes-source", &name));
        }
        let others = portals.iter().map(|(_, other)| other);
        let stricter = others.filter(|other| other.population == portal.population);
        if let Some(other) = stricter
            .into_iter()
            .find(|other| !portal.classes.is_at_least(&other.classes))
        {
            let id = other.id.as_str();
            warnings.push(ConfigFault::of_file(path, "warning-classes-other", id));
        }
    }
}
