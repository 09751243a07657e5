//! Maps and policies that let more through than the last ones granted: held back until a second person
//! agrees.
//!
//! Whoever writes the files is one person, whether they restart Digue or send it a signal. What was
//! granted is kept in the store, whole, and stays in force until the security officer or the data
//! protection officer grants what is wanted. What only narrows is taken over at once.

use std::collections::BTreeMap;

use digue_types::{Act, OrganisationId, PortalId};

use crate::actor::Actor;
use crate::app::{ActDetails, App};
use crate::approvals::{self, ApprovalRequest};
use crate::error::OperationError;
use crate::files::sha256;

/// What a set of rules is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RulesGuard {
    Portal(PortalId),
    /// Every policy file together.
    Policies,
    /// The proxies that Digue believes.
    Proxies,
}

impl RulesGuard {
    /// `portal:kairos`, `policies:`, `proxies:`.
    pub fn name(&self) -> String {
        match self {
            Self::Portal(portal) => format!("portal:{portal}"),
            Self::Policies => "policies:".to_owned(),
            Self::Proxies => "proxies:".to_owned(),
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("portal", name) => PortalId::parse(name).ok().map(Self::Portal),
            ("policies", "") => Some(Self::Policies),
            ("proxies", "") => Some(Self::Proxies),
            _ => None,
        }
    }
}

const GRANTED: &str = "granted-rules:";
const WANTED: &str = "wanted-rules:";

/// The rules that were granted last, as text, by what they are about.
pub async fn granted(app: &App) -> Result<BTreeMap<RulesGuard, String>, OperationError> {
    let kept = app.store.settings_under(GRANTED).await?;
    let named = kept.into_iter().map(|(name, text)| {
        RulesGuard::parse(&name)
            .map(|of| (of, text))
            .ok_or_else(|| OperationError::Unavailable(format!("the stored rules {name} cannot be read")))
    });
    named.collect()
}

/// Rules that let nothing more through, or that this Digue begins with.
pub async fn take_over(app: &App, of: &RulesGuard, text: &str) -> Result<(), OperationError> {
    Ok(app.store.set_setting(&format!("{GRANTED}{}", of.name()), text).await?)
}

/// Differences that are listed; the digest is that of all.
const LISTED_MAX: usize = 40;
/// Bytes of them that an entry of the journal holds.
const TOLD_MAX: usize = 4_000;

/// Keeps rules that let more through, and asks for a second person.
pub async fn hold_back(
    app: &App,
    of: &RulesGuard,
    text: &str,
    differences: &[String],
) -> Result<(), OperationError> {
    let digue = Actor::digue();
    app.store.set_setting(&format!("{WANTED}{}", of.name()), text).await?;
    let listed = differences.iter().take(LISTED_MAX).cloned();
    let more = (differences.len() > LISTED_MAX).then(|| format!("+{}", differences.len() - LISTED_MAX));
    let lines: Vec<String> =
        std::iter::once(format!("sha256:{}", sha256(text))).chain(listed).chain(more).collect();
    let request = ApprovalRequest::WidenRules { of: of.clone(), detail: lines.join("\n") };
    let operator = OrganisationId::parse("digue").expect("a fixed name");
    match approvals::keep(app, &digue, &request, operator, String::new()).await {
        Ok(_) => {
            let mut after = lines.join("\n");
            after.truncate(after.floor_char_boundary(TOLD_MAX));
            let words = ActDetails { subject: of.name(), after, ..ActDetails::default() };
            app.write_down(&digue, Act::RulesHeld, words).await.map(drop)
        }
        // It waits already.
        Err(OperationError::Conflict) => Ok(()),
        Err(error) => Err(error),
    }
}

impl App {
    /// The rules that a request is about: what is granted is what was read, and nothing that was written
    /// since.
    pub(crate) async fn wanted_rules(&self, of: &RulesGuard, detail: &str) -> Result<String, OperationError> {
        let wanted = self.store.setting(&format!("{WANTED}{}", of.name())).await?;
        let digest = detail.lines().next().and_then(|line| line.strip_prefix("sha256:"));
        let wanted = wanted.filter(|wanted| Some(sha256(wanted).as_str()) == digest);
        wanted.ok_or(OperationError::Invalid("invalid-load-changed"))
    }

    /// Grants what waited; whoever serves is told to read the files again.
    pub(crate) async fn grant_rules(&self, of: &RulesGuard, detail: &str) -> Result<(), OperationError> {
        let wanted = self.wanted_rules(of, detail).await?;
        let words = ActDetails {
            subject: of.name(),
            after: format!("sha256:{}", sha256(&wanted)),
            ..ActDetails::default()
        };
        self.write_down(&Actor::digue(), Act::RulesGranted, words).await?;
        take_over(self, of, &wanted).await?;
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

    #[test]
    fn rules_are_named_and_found_again() {
        let portal = RulesGuard::Portal(PortalId::parse("kairos").unwrap());
        for of in [portal, RulesGuard::Policies, RulesGuard::Proxies] {
            assert_eq!(RulesGuard::parse(&of.name()), Some(of));
        }
        assert_eq!(RulesGuard::parse("policies:x"), None);
    }
}
