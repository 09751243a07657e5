//! `digue journal prove` and `receipt`: proves one entry to someone who trusts no one.

use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use digue_evidence::entry::as_json;
use digue_journal::journal::receipt;
use digue_journal::receipt::Receipt;
use digue_locales::Value;

use super::Done;
use super::place::{JournalReading, key_named, witnesses_of};
use crate::cli::evidence::{JournalPlace, WitnessKeys};
use digue_terminal::{BAD, GOOD, Output};

pub(super) fn prove(out: &Output, place: &JournalPlace, entry: u64, discloses: bool) -> Done {
    let reading = JournalReading::open(place)?;
    let keyring = if discloses {
        Some(reading.keyring()?)
    } else {
        None
    };
    let made = receipt(
        &reading.disk,
        reading.head.size,
        reading.note.clone(),
        entry,
        |sealed| keyring.map(|keyring| keyring.disclose(sealed)).transpose(),
    )?;
    // Verified before it is given away.
    made.verify(&reading.key, &[], 0)?;
    out.text(&made.to_text());
    Ok(GOOD)
}

pub(super) fn check(out: &Output, file: &Path, key: Option<&str>, witnesses: &WitnessKeys) -> Done {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let key = match key {
        Some(key) => key_named(key)?,
        // No default: a receipt is checked by someone who does not have the journal, and whose key
        // it is must be their choice.
        None => return Err(anyhow!("--key: the public key of the journal is required")),
    };
    let (keys, quorum) = witnesses_of(witnesses)?;
    let proven = Receipt::parse(&text).and_then(|receipt| receipt.verify(&key, &keys, quorum));
    let proven = match proven {
        Ok(proven) => proven,
        // A receipt that fails is a result and not a failure of the command.
        Err(error) => {
            out.say("receipt-bad", &[("cause", Value::from(error.to_string()))]);
            return Ok(BAD);
        }
    };
    let values = [
        ("entry", Value::from(proven.index)),
        ("journal", Value::from(proven.checkpoint.origin.as_str())),
        ("size", Value::from(proven.checkpoint.size)),
        ("at", Value::from(proven.at.to_string())),
    ];
    out.say("receipt-good", &values);
    for (name, at) in &proven.witnesses {
        let values = [
            ("name", Value::from(name.as_str())),
            ("at", Value::from(at.to_string())),
        ];
        out.say("verify-witnessed", &values);
    }
    match &proven.event {
        Some(event) => out.line(&pretty(&as_json(proven.index, event))?),
        None => out.say("receipt-sealed", &[]),
    }
    Ok(GOOD)
}

fn pretty(json: &serde_json::Value) -> Result<String> {
    Ok(serde_json::to_string_pretty(json)?)
}
