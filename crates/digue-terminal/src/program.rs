//! This program's own commands, run as a person runs them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Output;
use anyhow::{Result, bail};

/// The program, in one folder and one language.
pub struct DigueProgram<'f> {
    path: PathBuf,
    language: &'static str,
    folder: &'f Path,
}

/// How a command ended, and what it said.
pub struct CommandEnd {
    pub is_good: bool,
    pub said: String,
}

impl<'f> DigueProgram<'f> {
    /// # Errors
    /// When the system does not say where the program lies.
    pub fn beside(out: &Output, folder: &'f Path) -> Result<Self> {
        Ok(Self {
            path: std::env::current_exe()?,
            language: out.language.code(),
            folder,
        })
    }

    /// # Errors
    /// When it cannot be started.
    pub fn run(&self, words: &[&str]) -> Result<CommandEnd> {
        let done = Command::new(&self.path)
            .args(["--language", self.language])
            .args(words)
            .current_dir(self.folder)
            .stdin(Stdio::null())
            .output()?;
        let said = [done.stdout, done.stderr].concat();
        Ok(CommandEnd {
            is_good: done.status.success(),
            said: String::from_utf8_lossy(&said).into_owned(),
        })
    }

    /// The same, of a command that must succeed.
    ///
    /// # Errors
    /// With what it said, when it does not.
    pub fn must(&self, words: &[&str]) -> Result<String> {
        let end = self.run(words)?;
        if !end.is_good {
            bail!("{}: {}", words.join(" "), end.said);
        }
        Ok(end.said)
    }
}
