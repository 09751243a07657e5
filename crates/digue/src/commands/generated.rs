//! Completions of shells and man pages: made from the command line itself, so that they never differ
//! from it.

use std::path::Path;

use clap_complete::Shell;
use digue_locales::Value;
use digue_terminal::{GOOD, Output};

use crate::cli;

pub(crate) fn completions(out: &Output, shell: Shell) -> u8 {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut cli::command(out.language), "digue", &mut script);
    out.text(&String::from_utf8_lossy(&script));
    GOOD
}

/// One page for each command.
pub(crate) fn man(out: &Output, folder: &Path) -> u8 {
    let made = std::fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(cli::command(out.language), folder));
    match made {
        Ok(()) => {
            let folder = Value::from(folder.display().to_string());
            out.say("man-done", &[("folder", folder)]);
            GOOD
        }
        Err(error) => out.failed(&anyhow::Error::from(error).context(folder.display().to_string())),
    }
}
