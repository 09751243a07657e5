//! Evidence on the command line, for auditors, for the DPO during an incident, for holders of a
//! receipt.

mod accept;
mod export;
mod forget;
mod import;
mod journal;
pub(in crate::commands) mod place;

mod receipt;
mod scope;
mod shared;
mod witness;

use anyhow::Result;
use digue_locales::Value;

use crate::cli::evidence::EvidenceTask;
use digue_terminal::{NOT_RUN, Output};

pub(crate) fn run(out: &Output, task: EvidenceTask) -> u8 {
    let done = match task {
        EvidenceTask::Verify {
            journal,
            from,
            witnesses,
        } => journal::verify(out, &journal, from.as_deref(), &witnesses),
        EvidenceTask::Show {
            journal,
            first,
            count,
        } => journal::show(out, &journal, first, count),
        EvidenceTask::Tail {
            journal,
            count,
            follows,
        } => journal::tail(out, &journal, count, follows),
        EvidenceTask::Prove {
            journal,
            entry,
            discloses,
        } => receipt::prove(out, &journal, entry, discloses),
        EvidenceTask::Receipt {
            file,
            key,
            witnesses,
        } => receipt::check(out, &file, key.as_deref(), &witnesses),
        EvidenceTask::Export {
            journal,
            form,
            out: file,
            from,
            to,
        } => export::run(
            out,
            &journal,
            form,
            file.as_deref(),
            from.as_deref(),
            to.as_deref(),
        ),
        EvidenceTask::Accept { config } => accept::run(out, &config),
        EvidenceTask::Forget {
            config,
            before,
            portal,
        } => forget::run(out, &config, &before, portal.as_deref()),
        EvidenceTask::Share { config } => shared::share(out, &config),
        EvidenceTask::Fetch {
            config,
            folder,
            moves,
        } => shared::fetch(out, &config, folder.as_deref(), moves),
        EvidenceTask::ClusterStatus { config } => shared::status(out, &config),
        EvidenceTask::Scope {
            journal,
            arguments,
            form,
            out: file,
            counts,
        } => scope::run(out, &journal, &arguments, form, file.as_deref(), counts),
        EvidenceTask::ScopeCheck {
            journal,
            file,
            from_journal,
        } => scope::check(out, &journal, &file, from_journal),
        EvidenceTask::ScopeCompare {
            journal,
            first,
            second,
            form,
            out: file,
        } => scope::compare(out, &journal, (&first, &second), form, file.as_deref()),
        EvidenceTask::Seen {
            journal,
            person,
            form,
            out: file,
        } => scope::seen(out, &journal, &person, form, file.as_deref()),
        EvidenceTask::Witness {
            folder,
            name,
            address,
            journals,
        } => witness::run(out, &folder, &name, address, &journals),
        EvidenceTask::Import { config, import } => import::run(out, &config, &import),
    };
    done.unwrap_or_else(|error| not_run(out, &error))
}

/// The question could not be answered: prints the chain of causes.
fn not_run(out: &Output, error: &anyhow::Error) -> u8 {
    let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
    out.complain(
        "evidence-failed",
        &[("cause", Value::from(causes.join(": ")))],
    );
    NOT_RUN
}

/// An exit code, or why there is none.
type Done = Result<u8>;
