//! The running Digue for commands that live in crates of their own.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, anyhow};
use digue_app::App;
use digue_terminal::{Output, StartPurpose, StartedServer};

use crate::serve::{RunningServer, start};

impl StartedServer for RunningServer {
    fn app(&self) -> &Arc<App> {
        &self.app
    }

    async fn start_on(out: &Output, home: &Path, purpose: StartPurpose) -> Result<Self> {
        let loaded = digue_config::load(&home.join("digue.toml"));
        let mut config = loaded.map_err(|faults| {
            let said: Vec<String> = faults.iter().map(|fault| fault.say(out.language)).collect();
            anyhow!("{}", said.join("; "))
        })?;
        if purpose == StartPurpose::OneAct {
            config.settings.listeners.clear();
        }
        start(config, None, purpose).await
    }

    async fn stop(self) -> Result<()> {
        Self::stop(self).await
    }
}
