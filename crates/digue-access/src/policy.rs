//! Conditions that relations cannot express (hours, purposes, networks), as Cedar policy files.
//!
//! Without a file everything that the caseload allows is allowed. With one, Cedar's rule applies:
//! a `permit` must cover the request and no `forbid` may. A policy that fails to evaluate refuses.
//! Policies never widen what caseloads, gates and budgets allow.

use std::str::FromStr as _;

use cedar_policy::{
    Authorizer, Context, Decision, Effect, Entities, EntityId, EntityTypeName, EntityUid, Policy,
    PolicyId, PolicySet, Request, RestrictedExpression, Schema, ValidationMode, Validator,
};
use digue_types::{AccountId, OrganisationId, RefusalReason};
use miette::Diagnostic as _;

/// The vocabulary that policy files may use, shown by `digue init` and checked at load.
pub const SCHEMA: &str = r#"
entity Organisation;
entity Account in [Organisation];
entity Route;
action request appliesTo {
    principal: Account,
    resource: Route,
    context: {
        portal: String,
        action: String,
        organisation: String,
        role: String,
        ip: ipaddr,
        hour: Long,
        weekday: Long,
        break_glass: Bool,
        exact_search: Bool,
        categories: Set<String>,
        persons: Long,
        outside_caseload: Long,
        posture: String,
    },
};
"#;

/// A policy file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyFault {
    pub file: String,
    /// From 1; 0 when the fault has no position.
    pub line: usize,
    pub message: String,
}

/// The facts that a policy may use.
#[derive(Clone, Debug)]
pub struct PolicyFacts<'f> {
    pub account: &'f str,
    pub organisation: &'f str,
    pub role: &'f str,
    pub portal: &'f str,
    pub route: &'f str,
    pub action: &'f str,
    pub ip: &'f str,
    /// Local hour, 0 to 23.
    pub hour: i64,
    /// 1 (Monday) to 7.
    pub weekday: i64,
    pub break_glass: bool,
    pub exact_search: bool,
    pub categories: Vec<String>,
    pub persons: i64,
    pub outside_caseload: i64,
    /// State of the organisation's self-assessment: `current`, `grace`, `due`.
    pub posture: &'f str,
}

/// Faults for accounts and organisations that a policy does not name in their canonical spelling:
/// Cedar compares text, so the policy would never match, and a `forbid` would forbid nothing.
fn other_spellings<'t>(file: &'t str, text: &'t str) -> impl Iterator<Item = PolicyFault> + 't {
    let named = ["Account", "Organisation"]
        .into_iter()
        .flat_map(move |kind| {
            let before = format!("{kind}::\"");
            let places: Vec<usize> = text
                .match_indices(&before)
                .map(|(place, _)| place + before.len())
                .collect();
            places.into_iter().map(move |place| (kind, place))
        });
    named.filter_map(move |(kind, place)| {
        let written = &text[place..][..text[place..].find('"')?];
        let canonical = match kind {
            "Account" => AccountId::parse(written).ok()?.to_string(),
            _ => OrganisationId::parse(written).ok()?.to_string(),
        };
        let message = format!("{kind}::\"{written}\": {kind}::\"{canonical}\"");
        let fault = PolicyFault {
            file: file.to_owned(),
            line: line_at(text, place),
            message,
        };
        (canonical != written).then_some(fault)
    })
}

/// All policy files together.
#[derive(Clone, Debug, Default)]
pub struct Policies {
    set: PolicySet,
    version: u64,
}

impl Policies {
    /// Parses and validates the files (name and text).
    ///
    /// # Errors
    /// Every fault of every file; with one fault no policy is loaded.
    pub fn parse(files: &[(String, String)]) -> Result<Self, Vec<PolicyFault>> {
        let (schema, _) = Schema::from_cedarschema_str(SCHEMA)
            .expect("SCHEMA is a constant that the tests parse");
        let validator = Validator::new(schema);
        let mut set = PolicySet::new();
        let mut faults = Vec::new();
        for (file, text) in files {
            match PolicySet::from_str(text) {
                Err(errors) => faults.extend(errors.iter().map(|error| {
                    let offset = error
                        .labels()
                        .and_then(|mut labels| labels.next())
                        .map(|l| l.offset());
                    let line = offset.map_or(0, |offset| line_at(text, offset));
                    PolicyFault {
                        file: file.clone(),
                        line,
                        message: error.to_string(),
                    }
                })),
                Ok(parsed) => {
                    // Strict: a comparison of two types never holds, so a `forbid` with one would
                    // silently forbid nothing.
                    let result = validator.validate(&parsed, ValidationMode::Strict);
                    faults.extend(result.validation_errors().map(|error| {
                        let offset = error
                            .labels()
                            .and_then(|mut labels| labels.next())
                            .map(|l| l.offset());
                        let line = offset.map_or(0, |offset| line_at(text, offset));
                        PolicyFault {
                            file: file.clone(),
                            line,
                            message: error.to_string(),
                        }
                    }));
                    faults.extend(other_spellings(file, text));
                    add_all(&mut set, &parsed, file, &mut faults);
                }
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        // FNV-1a, 64 bits: tells versions apart in the journal, and is no protection.
        let mut version = 0xcbf2_9ce4_8422_2325_u64;
        for byte in files
            .iter()
            .flat_map(|(name, text)| name.bytes().chain(text.bytes()))
        {
            version = (version ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
        Ok(Self { set, version })
    }

    /// True when these policies allow nothing that `old` refused: every policy of `old` is still
    /// there, and every added one is a `forbid`.
    ///
    /// Compares the text of policies, not their meaning: an answer of false may be wrong, which
    /// only costs the approval of a second person; an answer of true is not.
    pub fn only_forbids_more_than(&self, old: &Self) -> bool {
        if old.set.is_empty() {
            // Without a policy everything was allowed: nothing can be wider.
            return true;
        }
        let mut left: Vec<String> = old.set.policies().map(ToString::to_string).collect();
        let mut added = Vec::new();
        for policy in self.set.policies() {
            let text = policy.to_string();
            match left.iter().position(|known| *known == text) {
                Some(place) => drop(left.swap_remove(place)),
                None => added.push(policy.effect()),
            }
        }
        left.is_empty() && added.iter().all(|effect| *effect == Effect::Forbid)
    }

    /// A hash of the names and texts of the files, journalled with each decision.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The reason to refuse; `None` when allowed.
    pub fn refusal(&self, facts: &PolicyFacts<'_>) -> Option<RefusalReason> {
        if self.set.is_empty() {
            return None;
        }
        match self.evaluate(facts) {
            Some(Decision::Allow) => None,
            Some(Decision::Deny) => Some(RefusalReason::Policy),
            None => Some(RefusalReason::PolicyError),
        }
    }

    fn evaluate(&self, facts: &PolicyFacts<'_>) -> Option<Decision> {
        let account = uid("Account", facts.account)?;
        let organisation = uid("Organisation", facts.organisation)?;
        let route = uid("Route", &format!("{}/{}", facts.portal, facts.route))?;
        let parents = std::collections::HashSet::from([organisation.clone()]);
        let entity =
            cedar_policy::Entity::new(account.clone(), Default::default(), parents).ok()?;
        let group = cedar_policy::Entity::with_uid(organisation);
        let entities = Entities::from_entities([entity, group], None).ok()?;
        let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
        let context = Context::from_pairs([
            ("portal".to_owned(), text(facts.portal)),
            ("action".to_owned(), text(facts.action)),
            ("organisation".to_owned(), text(facts.organisation)),
            ("role".to_owned(), text(facts.role)),
            // An unknown address is empty and cannot be built: the request is refused, because a
            // `forbid` about networks could have matched it.
            ("ip".to_owned(), RestrictedExpression::new_ip(facts.ip)),
            (
                "hour".to_owned(),
                RestrictedExpression::new_long(facts.hour),
            ),
            (
                "weekday".to_owned(),
                RestrictedExpression::new_long(facts.weekday),
            ),
            (
                "break_glass".to_owned(),
                RestrictedExpression::new_bool(facts.break_glass),
            ),
            (
                "exact_search".to_owned(),
                RestrictedExpression::new_bool(facts.exact_search),
            ),
            (
                "categories".to_owned(),
                RestrictedExpression::new_set(facts.categories.iter().map(|c| text(c))),
            ),
            (
                "persons".to_owned(),
                RestrictedExpression::new_long(facts.persons),
            ),
            (
                "outside_caseload".to_owned(),
                RestrictedExpression::new_long(facts.outside_caseload),
            ),
            ("posture".to_owned(), text(facts.posture)),
        ])
        .ok()?;
        let request =
            Request::new(account, uid("Action", "request")?, route, context, None).ok()?;
        let response = Authorizer::new().is_authorized(&request, &self.set, &entities);
        // Cedar ignores a policy that fails to evaluate; it might have been a `forbid`.
        if response.diagnostics().errors().next().is_some() {
            return None;
        }
        Some(response.decision())
    }
}

fn add_all(set: &mut PolicySet, parsed: &PolicySet, file: &str, faults: &mut Vec<PolicyFault>) {
    for policy in parsed.policies() {
        // Cedar numbers the policies of each file from 0: two files would have the same names.
        let id = PolicyId::new(format!("{file}#{}", policy.id()));
        let renamed: Policy = policy.new_id(id);
        if let Err(error) = set.add(renamed) {
            faults.push(PolicyFault {
                file: file.to_owned(),
                line: 0,
                message: error.to_string(),
            });
        }
    }
    if parsed.templates().next().is_some() {
        let message = "policy templates are not supported".to_owned();
        faults.push(PolicyFault {
            file: file.to_owned(),
            line: 0,
            message,
        });
    }
}

fn uid(kind: &str, name: &str) -> Option<EntityUid> {
    let kind = EntityTypeName::from_str(kind).ok()?;
    Some(EntityUid::from_type_name_and_id(kind, EntityId::new(name)))
}

fn line_at(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset.min(text.len())]
        .iter()
        .filter(|b| **b == b'\n')
        .count()
        + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_organisation_that_did_not_assess_itself_may_be_refused() {
        let policies = policies(
            "permit(principal, action, resource);
            forbid(principal, action, resource) when { context.posture == \"due\" && context.action == \"export\" };",
        );
        let due = PolicyFacts {
            posture: "due",
            action: "export",
            ..facts()
        };
        assert_eq!(policies.refusal(&due), Some(RefusalReason::Policy));
        assert_eq!(
            policies.refusal(&PolicyFacts {
                posture: "grace",
                ..due
            }),
            None
        );
        assert_eq!(
            policies.refusal(&PolicyFacts {
                posture: "due",
                ..facts()
            }),
            None
        );
    }

    fn facts() -> PolicyFacts<'static> {
        PolicyFacts {
            account: "a1",
            organisation: "of-1",
            role: "agent",
            portal: "kairos",
            route: "fiche",
            action: "open",
            ip: "192.0.2.7",
            hour: 10,
            weekday: 2,
            break_glass: false,
            exact_search: false,
            categories: vec!["identite".into()],
            persons: 1,
            outside_caseload: 0,
            posture: "current",
        }
    }

    fn policies(text: &str) -> Policies {
        Policies::parse(&[("hours.cedar".into(), text.into())]).unwrap()
    }

    #[test]
    fn without_a_file_nothing_is_forbidden() {
        assert_eq!(Policies::default().refusal(&facts()), None);
    }

    #[test]
    fn office_hours_are_two_lines() {
        let text = "permit(principal, action, resource);\n\
            forbid(principal, action, resource) when { context.hour < 7 || context.hour >= 20 };";
        let policies = policies(text);
        assert_eq!(policies.refusal(&facts()), None);
        assert_eq!(
            policies.refusal(&PolicyFacts { hour: 3, ..facts() }),
            Some(RefusalReason::Policy)
        );
    }

    #[test]
    fn an_organisation_and_a_network_can_be_named() {
        let text = "permit(principal in Organisation::\"of-1\", action, resource)\n\
            when { context.ip.isInRange(ip(\"192.0.2.0/24\")) };";
        let policies = policies(text);
        assert_eq!(policies.refusal(&facts()), None);
        assert_eq!(
            policies.refusal(&PolicyFacts {
                ip: "198.51.100.1",
                ..facts()
            }),
            Some(RefusalReason::Policy)
        );
        assert_eq!(
            policies.refusal(&PolicyFacts {
                organisation: "of-2",
                ..facts()
            }),
            Some(RefusalReason::Policy)
        );
    }

    #[test]
    fn a_fact_that_cannot_be_read_refuses() {
        let policies =
            policies("permit(principal, action, resource) when { context.ip.isIpv4() };");
        assert!(
            policies
                .refusal(&PolicyFacts {
                    ip: "nowhere",
                    ..facts()
                })
                .is_some()
        );
    }

    #[test]
    fn every_fault_is_said_with_its_line() {
        let files = [
            (
                "a.cedar".to_owned(),
                "permit(principal, action, resource);\nforbid(".to_owned(),
            ),
            (
                "b.cedar".to_owned(),
                "permit(principal, action, resource)\nwhen { context.weather == 1 };".to_owned(),
            ),
        ];
        let faults = Policies::parse(&files).unwrap_err();
        let places: Vec<(&str, usize)> = faults.iter().map(|f| (f.file.as_str(), f.line)).collect();
        assert_eq!(places, [("a.cedar", 2), ("b.cedar", 2)]);
    }
}
