//! The keys and files that commands about a shared journal need.

use std::path::Path;

use anyhow::Result;
use digue_cluster::commands;
use digue_config::Config;
use digue_journal::note::Signer;

use super::{Done, forget};
use crate::commands::loading::loaded;
use crate::{keys, tls};
use digue_terminal::{BAD, Output};

pub(super) fn share(out: &Output, file: &Path) -> Done {
    let Some(config) = loaded(out, file) else {
        return Ok(BAD);
    };
    // Opened and closed: what a crash left unpublished belongs to the journal, too.
    forget::open(&config)?.close();
    commands::share(out, &config.settings, &signer_of(&config)?)
}

pub(super) fn fetch(out: &Output, file: &Path, folder: Option<&Path>, moves: bool) -> Done {
    let Some(config) = loaded(out, file) else {
        return Ok(BAD);
    };
    let usual = config.settings.data_folder.join("journal");
    let mut boot = [0; 16];
    keys::draw(&mut boot);
    let (signer, folder) = (signer_of(&config)?, folder.unwrap_or(&usual));
    commands::fetch(out, &config.settings, &signer, folder, moves, boot)
}

pub(super) fn status(out: &Output, file: &Path) -> Done {
    let Some(config) = loaded(out, file) else {
        return Ok(BAD);
    };
    commands::status(out, &config.settings, &signer_of(&config)?)
}

/// The journal's signer, once connections can be encrypted.
fn signer_of(config: &Config) -> Result<Signer> {
    tls::install();
    let settings = &config.settings;
    keys::journal_signer(&settings.data_folder.join("keys"), &settings.name)
}
