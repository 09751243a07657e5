//! The registers about personal data with what they lack, beside what the gateway recorded.

use std::collections::BTreeMap;

use digue_app::{Actor, App, OperationError};
use digue_compliance::isms::observed;
use digue_compliance::isms::privacy_settings::sheet_settings;
use digue_isms::privacy_kinds::Processing;
use digue_isms::register::Registers;
use digue_privacy::gaps::{PortalSeen, PrivacyFacts, PrivacyGap, gaps};
use digue_privacy::retention::{self, JudgedRule};

/// What the registers say and lack today.
pub struct PrivacyOverview {
    pub facts: PrivacyFacts,
    pub gaps: Vec<PrivacyGap>,
    pub rules: Vec<JudgedRule>,
}

/// The state of the registers, for readers of the management system.
///
/// # Errors
/// For readers who may not watch; when the journal cannot be read.
pub async fn overview(
    app: &App,
    actor: &Actor,
    registers: &Registers,
) -> Result<PrivacyOverview, OperationError> {
    let facts = PrivacyFacts {
        settings: sheet_settings(app),
        portals: portals(app, actor, registers).await?,
    };
    let today = digue_compliance::isms::now(app).today;
    Ok(PrivacyOverview {
        gaps: gaps(registers, &facts, today),
        rules: retention::judged(registers, today),
        facts,
    })
}

/// What each portal showed that a sheet names.
async fn portals(
    app: &App,
    actor: &Actor,
    registers: &Registers,
) -> Result<BTreeMap<String, PortalSeen>, OperationError> {
    let mut portals = BTreeMap::new();
    for sheet in registers.read::<Processing>().entries {
        let name = sheet.record.portal.0;
        if name.is_empty() || portals.contains_key(&name) {
            continue;
        }
        let seen = match observed::of_portal(app, actor, &name).await? {
            None => PortalSeen::NotConfigured,
            Some(observed) => PortalSeen::Categories(observed.shown),
        };
        portals.insert(name, seen);
    }
    Ok(portals)
}
