//! Persons who were told of an earlier incident, each with a code that they can check.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, anyhow, bail};
use digue_app::{Actor, App, OperationError};
use digue_casework::notice_style::Style;
use digue_casework::{breach, incidents};
use digue_exposure::ScopeQuestion;
use digue_locales::Language;
use digue_notices::genuine::{self, Genuine};
use digue_notices::{Blocks, CampaignRequest, RATE};
use digue_response::incident::{IncidentNote, Source};
use digue_types::{AccountId, Subject};

/// Persons who are told.
const TOLD: usize = 5;

/// Persons were told of an earlier incident: the codes of their notices.
pub(crate) async fn issue_notices(app: &App, account: &AccountId) -> Result<Vec<String>> {
    let officer = AccountId::parse("rssi")?;
    let role = {
        let rules = app.gateway().rules();
        let record = rules.directory.find(&officer).context("the officer")?;
        record.role
    };
    let officer = Actor {
        role,
        proved_at: app.clock().now(),
        account: officer,
    };
    let say = |key| digue_locales::text(Language::default(), key);
    let title = say("rehearsal-earlier-incident");
    let about = Subject::Account(account.clone());
    let id = incidents::open(app, &officer, Source::Person, &title, about).await?;
    let question = ScopeQuestion {
        accounts: vec![account.clone()],
        ..ScopeQuestion::default()
    };
    let version = breach::compute_affected(app, &officer, &id, question)
        .await
        .map_err(OperationError::from)?;
    let decided = IncidentNote::PersonsDecided {
        inform: true,
        exemption: None,
        reason: title.clone(),
    };
    incidents::add(app, &officer, &id, None, decided).await?;
    let list = breach::list_bytes(app, &id, version.number).await?;
    let seen = persons_in(&list);
    let mut contacts = "person,phone\n".to_owned();
    for (number, person) in seen.iter().take(TOLD).enumerate() {
        contacts.push_str(&format!("{person},06123456{:02}\n", number + 10));
    }
    if seen.is_empty() {
        bail!("the account showed nobody");
    }
    let request = CampaignRequest {
        version: version.number,
        after: None,
        style: Style::parse("fr").context("a style")?,
        subject: title,
        blocks: Blocks {
            happened: say("rehearsal-notice-happened"),
            risks: say("rehearsal-notice-risks"),
            steps: say("rehearsal-notice-steps"),
            contact: "dpo@formation.example".to_owned(),
            address: "digue.localhost/check".to_owned(),
        },
        rate: RATE,
        contacts: contacts.into_bytes(),
    };
    let campaign = digue_notices::prepare(app, &officer, &id, request).await?;
    digue_notices::prepare_due(app).await?;
    let rows = digue_notices::others(app, &officer, &campaign).await?;
    // A person whom nothing reaches has no code in hand.
    let codes = rows.into_iter().filter(|row| row[3] == "listed");
    let codes: Vec<String> = codes.map(|row| row[4].clone()).collect();
    if codes.is_empty() {
        bail!("no notice was issued");
    }
    Ok(codes)
}

/// The persons of a signed list, each once.
fn persons_in(list: &[u8]) -> BTreeSet<String> {
    let text = String::from_utf8_lossy(list);
    let lines = text.lines().filter_map(|line| {
        // The head and the signature are no persons.
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        line["person"].as_str().map(str::to_owned)
    });
    lines.collect()
}

/// What Digue answers to a person who checks each of these codes.
pub(crate) async fn answers(app: &App, codes: &[String]) -> Result<Vec<Genuine>> {
    let mut found = Vec::new();
    for code in codes {
        let genuine = genuine::check(app, Language::default(), code, "203.0.113.7").await?;
        found.push(genuine.ok_or_else(|| anyhow!("{code} is unknown"))?);
    }
    Ok(found)
}
