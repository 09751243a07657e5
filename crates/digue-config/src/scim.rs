//! `[scim]`: the operator's directory, and what its groups mean here.

use std::time::Duration;

use digue_access::Role;
use digue_provisioning::brake::AccountBrake;
use digue_provisioning::{AccountGroups, GroupRule, ProvisioningRules};
use digue_types::OrganisationId;

use super::reader::ConfigSection;

/// A quiet weekend is no failure: directories send nothing when nothing changes.
const LATE_AFTER: Duration = Duration::from_hours(72);
const LATE_AFTER_MIN: Duration = Duration::from_mins(5);
const FREE_MAX: u32 = 1_000;
const GROUPS_MAX: usize = 5_000;
const NAME_BYTES_MAX: usize = 256;

pub(crate) fn read_scim(section: &ConfigSection<'_>) -> Option<ProvisioningRules> {
    let usual = AccountBrake::default();
    let late_after = section.duration("late_after").unwrap_or(LATE_AFTER);
    if late_after < LATE_AFTER_MIN {
        section.fault("late_after", "fault-value", "5m");
    }
    let number = |key: &str, most: u32, usual: u32| {
        let number = section.number(key).unwrap_or(usual);
        if number > most {
            section.fault(key, "fault-value", most);
        }
        number
    };
    let brake = AccountBrake {
        free_a_day: number("free_a_day", FREE_MAX, usual.free_a_day),
        shrinks_at_most: number("shrinks_at_most", 100, usual.shrinks_at_most),
        grows_at_most: number("grows_at_most", 10_000, usual.grows_at_most),
    };
    Some(ProvisioningRules {
        groups: AccountGroups::Named(read_groups(section)?),
        brake,
        late_after,
    })
}

fn read_groups(section: &ConfigSection<'_>) -> Option<Vec<GroupRule>> {
    let sections = section.sections("groups");
    if sections.is_empty() {
        section.fault("groups", "fault-missing", "");
        return None;
    }
    if sections.len() > GROUPS_MAX {
        section.fault("groups", "fault-value", GROUPS_MAX);
    }
    let read: Vec<Option<GroupRule>> = sections.iter().map(read_group).collect();
    let groups = read.into_iter().collect::<Option<Vec<GroupRule>>>()?;
    for (place, one) in groups.iter().enumerate() {
        let earlier = &groups[..place];
        // Compared as the directory's texts are: two spellings would be one group.
        if earlier.iter().any(|known| known.key() == one.key()) {
            sections[place].fault("name", "fault-scim-group-name", &one.name);
        }
        let is_same =
            |known: &GroupRule| known.organisation == one.organisation && known.role == one.role;
        // An account that people made would be a member of one of them by chance.
        if earlier.iter().any(is_same) {
            sections[place].fault("organisation", "fault-scim-group-place", &one.name);
        }
    }
    Some(groups)
}

fn read_group(section: &ConfigSection<'_>) -> Option<GroupRule> {
    let name = section.need("name", parse_group_name);
    let organisation = section.need("organisation", OrganisationId::parse);
    let role = match section.has("role") {
        true => section.need("role", parse_role),
        false => Some(Role::Agent),
    };
    Some(GroupRule {
        name: name?,
        organisation: organisation?,
        role: role?,
    })
}

fn parse_group_name(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    if (1..=NAME_BYTES_MAX).contains(&text.len()) && !text.chars().any(char::is_control) {
        Ok(text.to_owned())
    } else {
        Err("Digue agents of-1")
    }
}

/// The operator's own roles are given by two persons in Digue, whatever a directory says.
fn parse_role(text: &str) -> Result<Role, &'static str> {
    Role::parse(text)
        .filter(|role| role.can_come_from_directory())
        .ok_or("agent, deputy, delegate")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::reader::{ConfigFault, ConfigSource, WholeText};

    fn read(text: &str) -> Result<ProvisioningRules, Vec<(usize, &'static str)>> {
        let whole = WholeText {
            text: text.to_owned(),
            ..WholeText::default()
        };
        let mut faults = Vec::new();
        let source = ConfigSource::of_kept(Path::new("digue.toml"), &whole);
        let rules = source.read(&mut faults, |root| read_scim(&root.section("scim")?));
        let fault = |fault: &ConfigFault| (fault.line, fault.key);
        rules.ok_or_else(|| faults.iter().map(fault).collect())
    }

    const GROUP: &str = "[[scim.groups]]\nname = \"Agents\"\norganisation = \"CFA-Lille\"\n";

    #[test]
    fn a_directory_needs_a_group_and_nothing_else() {
        let rules = read(&format!("[scim]\n{GROUP}")).unwrap();
        let of = (
            rules.named()[0].organisation.as_str(),
            rules.named()[0].role,
        );
        assert_eq!(of, ("cfa-lille", Role::Agent));
        assert_eq!(rules.brake, AccountBrake::default());
        assert_eq!(rules.late_after, LATE_AFTER);
        let brake = "free_a_day = 0\nshrinks_at_most = 1\ngrows_at_most = 2\nlate_after = \"1h\"\n";
        let rules = read(&format!("[scim]\n{brake}{GROUP}")).unwrap();
        let numbers = (
            rules.brake.free_a_day,
            rules.brake.shrinks_at_most,
            rules.brake.grows_at_most,
        );
        assert_eq!(
            (numbers, rules.late_after),
            ((0, 1, 2), Duration::from_hours(1))
        );
    }

    #[test]
    fn no_group_gives_a_role_of_the_operator() {
        for role in ["rssi", "dpo", "auditor", "portal-team", "chef"] {
            let found = read(&format!("[scim]\n{GROUP}role = \"{role}\"\n"));
            assert_eq!(found.unwrap_err(), [(5, "fault-value")], "{role}");
        }
        for role in ["agent", "deputy", "delegate"] {
            assert!(read(&format!("[scim]\n{GROUP}role = \"{role}\"\n")).is_ok());
        }
    }

    #[test]
    fn every_fault_has_its_line() {
        for (text, expected) in [
            ("[scim]\n".to_owned(), (1, "fault-missing")),
            (
                format!("[scim]\n{GROUP}{GROUP}"),
                (6, "fault-scim-group-name"),
            ),
            (
                format!("[scim]\n{GROUP}{}", GROUP.replace("Agents", "Autres")),
                (7, "fault-scim-group-place"),
            ),
            (
                format!("[scim]\nshrinks_at_most = 101\n{GROUP}"),
                (2, "fault-value"),
            ),
            (
                format!("[scim]\nlate_after = \"1m\"\n{GROUP}"),
                (2, "fault-value"),
            ),
            (
                format!("[scim]\nbrake = 3\n{GROUP}"),
                (2, "fault-unknown-name"),
            ),
        ] {
            let faults = read(&text).unwrap_err();
            assert!(faults.contains(&expected), "{text}: {faults:?}");
        }
    }
}
