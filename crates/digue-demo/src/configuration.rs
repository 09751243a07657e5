//! The files of the demonstration: `digue.toml`, the map of the sample portal, a password for the
//! repository.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::Path;

use digue_replay::portal;

use crate::visitor::PORTAL_HOST;
use crate::year::CLASS_RULES;

/// The console's name in a browser.
pub const CONSOLE_HOST: &str = "digue.localhost";
/// The name of the first page in a browser.
pub const FIRST_PAGE_HOST: &str = "demo.localhost";

/// Where a browser finds the demonstration.
#[derive(Clone, Debug)]
pub struct DemoUrls {
    pub portal: String,
    pub console: String,
    pub first_page: String,
}

impl DemoUrls {
    pub fn new(address: SocketAddr, first_page: SocketAddr) -> Self {
        let port = address.port();
        Self {
            portal: format!("http://{PORTAL_HOST}:{port}"),
            console: format!("http://{CONSOLE_HOST}:{port}"),
            first_page: format!("http://{FIRST_PAGE_HOST}:{}", first_page.port()),
        }
    }
}

/// Where the parts of the demonstration listen.
pub struct DemoAddresses {
    /// The sample portal.
    pub upstream: SocketAddr,
    /// The mailbox that catches what is sent.
    pub mail: SocketAddr,
    pub gateway: SocketAddr,
}

/// A file could not be written, or no password drawn.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    #[error(transparent)]
    File(#[from] io::Error),
    #[error(transparent)]
    Password(#[from] digue_app::OperationError),
}

/// The fictitious operator of the demonstration.
const RESPONSE: &str = r#"
[response]
name = "France Formation (démonstration)"
number = "123 456 789 00012"
address = "1 rue de la Digue, 59000 Lille"
sector = "formation professionnelle"
size = "250"
notified_by = "Camille Martin"
contact_name = "Camille Martin"
contact_mail = "dpo@formation.example"
contact_phone = "03 00 00 00 00"
insured = true

[backup]
runs_itself = false

[[backup.repositories]]
name = "disque"
folder = "backup-disk"
kept_outside = true
password_file = "backup.pass"
"#;

/// Writes the files into a folder; a password that is there stays, since a repository opens with the
/// one that it was made with.
///
/// # Errors
/// When a file cannot be written.
pub fn write(
    folder: &Path,
    addresses: &DemoAddresses,
    urls: &DemoUrls,
) -> Result<(), ConfigurationError> {
    let portals = folder.join("portals");
    fs::create_dir_all(&portals)?;
    let (console, mail, gateway) = (&urls.console, addresses.mail.port(), addresses.gateway);
    let settings = format!(
        "[digue]\nname = \"digue.demo\"\n\n[console]\nurl = \"{console}\"\n\n[[listeners]]\naddress = \"{gateway}\"\n\n[sessions]\nproof = \"8h\"\n\n[password]\nallowed = true\n\n[mail]\nhost = \"127.0.0.1\"\nport = {mail}\nprotection = \"danger-none\"\nfrom = \"digue@formation.example\"\n{RESPONSE}"
    );
    fs::write(folder.join("digue.toml"), settings)?;
    let password = folder.join("backup.pass");
    if !password.exists() {
        fs::write(&password, digue_app::secret::name("dp")?)?;
    }
    let map = portal::map(&format!("http://{}", addresses.upstream), &urls.portal);
    fs::write(portals.join("kairos.toml"), map + CLASS_RULES)?;
    Ok(())
}
