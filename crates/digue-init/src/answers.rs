//! What the page asks, checked once: from here on it is what the configuration says.

use std::fs;
use std::path::{Path, PathBuf};

use digue_app::OperationError;
use digue_app::secret::Secret;
use serde::Deserialize;

/// The folder on the disk that holds the repository.
const ON_DISK: &str = "sauvegarde-digue";
const NAME_CHARS_MAX: usize = 120;

/// The first page, as it was sent.
#[derive(Clone, Deserialize, Default, Debug)]
#[serde(default)]
pub(crate) struct FirstForm {
    pub(crate) organisation: String,
    pub(crate) contact: String,
    pub(crate) mail: String,
    pub(crate) folder: String,
    pub(crate) mailbox: String,
}

/// What is wrong with a field: a locale key.
pub(crate) type FormFault = &'static str;

/// The name of a field, and what is wrong with it.
pub(crate) type FieldFault = (&'static str, FormFault);

/// The first page, checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Organisation {
    pub(crate) name: String,
    pub(crate) contact: String,
    pub(crate) mail: String,
    pub(crate) folder: SourceFolder,
    /// The export of the mailbox; not every organisation has one yet.
    pub(crate) mailbox: Option<SourceFolder>,
}

/// A folder that is there, with what lies in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct SourceFolder {
    pub(crate) path: PathBuf,
    pub(crate) files: u64,
    pub(crate) bytes: u64,
}

impl SourceFolder {
    /// # Errors
    /// `small-fault-folder` when it is no folder that can be read, `small-fault-empty` when no file
    /// lies in it: an empty folder backed up would look like a success.
    fn parse(text: &str) -> Result<Self, FormFault> {
        let path = PathBuf::from(text.trim());
        if !path.is_absolute() {
            return Err("small-fault-folder");
        }
        let (mut files, mut bytes) = (0, 0);
        let mut folders = vec![path.clone()];
        while let Some(folder) = folders.pop() {
            let entries = fs::read_dir(&folder).map_err(|_| "small-fault-folder")?;
            for entry in entries {
                let entry = entry.map_err(|_| "small-fault-folder")?;
                let kind = entry.file_type().map_err(|_| "small-fault-folder")?;
                if kind.is_dir() {
                    folders.push(entry.path());
                } else if kind.is_file() {
                    files += 1;
                    bytes += entry.metadata().map_err(|_| "small-fault-folder")?.len();
                }
            }
        }
        if files == 0 {
            return Err("small-fault-empty");
        }
        Ok(Self { path, files, bytes })
    }
}

/// A name of a person or organisation: a line of text.
fn line(text: &str) -> Result<String, FormFault> {
    let text = text.trim();
    let fits = text.chars().count() <= NAME_CHARS_MAX && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned()).ok_or("small-fault-line")
}

impl FirstForm {
    /// # Errors
    /// What is wrong, by the name of the field.
    pub(crate) fn check(&self) -> Result<Organisation, Vec<FieldFault>> {
        let mut faults = Vec::new();
        let mut take = |field, read: Result<String, FormFault>| match read {
            Ok(text) => text,
            Err(fault) => {
                faults.push((field, fault));
                String::new()
            }
        };
        let name = take("organisation", line(&self.organisation));
        let contact = take("contact", line(&self.contact));
        let mail = take("mail", line(&self.mail));
        if name.is_empty() && faults.is_empty() {
            faults.push(("organisation", "small-fault-missing"));
        }
        let mut folder = |field, text: &str| match SourceFolder::parse(text) {
            Ok(folder) => Some(folder),
            Err(fault) => {
                faults.push((field, fault));
                None
            }
        };
        let documents = folder("folder", &self.folder);
        let mailbox = match self.mailbox.trim() {
            "" => None,
            path => folder("mailbox", path),
        };
        match documents {
            Some(folder) if faults.is_empty() => Ok(Organisation {
                name,
                contact,
                mail,
                folder,
                mailbox,
            }),
            _ => Err(faults),
        }
    }
}

/// The page of the provider, as it was sent.
#[derive(Clone, Deserialize, Default, Debug)]
#[serde(default)]
pub(crate) struct ProviderForm {
    /// `none`, `server` or `bucket`.
    pub(crate) kind: String,
    pub(crate) url: String,
    pub(crate) user: String,
    pub(crate) password: String,
    pub(crate) bucket: String,
    pub(crate) region: String,
}

/// A copy at a provider.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Provider {
    /// A server of restic's protocol.
    Server {
        url: String,
        user: String,
        password: String,
    },
    /// A bucket that was made with object lock.
    Bucket {
        endpoint: String,
        bucket: String,
        region: String,
        access_key: String,
        secret: String,
    },
}

impl ProviderForm {
    /// # Errors
    /// What is wrong, by the name of the field.
    pub(crate) fn check(&self) -> Result<Option<Provider>, Vec<FieldFault>> {
        let mut faults = Vec::new();
        let mut read = |field, text: &str, is_needed: bool| match line(text) {
            Ok(text) if !text.is_empty() || !is_needed => text,
            Ok(_) => {
                faults.push((field, "small-fault-missing"));
                String::new()
            }
            Err(fault) => {
                faults.push((field, fault));
                String::new()
            }
        };
        let provider = match self.kind.as_str() {
            "server" => Provider::Server {
                url: read("url", &self.url, true),
                user: read("user", &self.user, false),
                password: read("password", &self.password, false),
            },
            "bucket" => Provider::Bucket {
                endpoint: read("url", &self.url, true),
                bucket: read("bucket", &self.bucket, true),
                region: read("region", &self.region, true),
                access_key: read("user", &self.user, true),
                secret: read("password", &self.password, true),
            },
            _ => return Ok(None),
        };
        let is_address = ["https://", "http://"]
            .iter()
            .any(|scheme| self.url.trim().starts_with(scheme));
        if faults.is_empty() && !is_address {
            faults.push(("url", "small-fault-url"));
        }
        if faults.is_empty() {
            Ok(Some(provider))
        } else {
            Err(faults)
        }
    }
}

/// Everything that the configuration needs.
pub(crate) struct SmallAnswers<'a> {
    pub(crate) organisation: &'a Organisation,
    /// Where the disk is mounted.
    pub(crate) disk: &'a Path,
    pub(crate) provider: Option<&'a Provider>,
    /// The port of the console.
    pub(crate) port: u16,
}

/// Names of repositories, as commands and pages show them.
pub(crate) const DISK: &str = "disque";
pub(crate) const PROVIDER: &str = "fournisseur";

impl SmallAnswers<'_> {
    /// The repositories, in the order in which they are shown.
    pub(crate) fn repositories(&self) -> Vec<&'static str> {
        let provider = self.provider.map(|_| PROVIDER);
        [DISK].into_iter().chain(provider).collect()
    }

    /// Writes `digue.toml` and the files of secrets; a password that is there stays, since a repository
    /// opens with the one that it was made with.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub(crate) fn write(&self, home: &Path) -> anyhow::Result<()> {
        fs::create_dir_all(home.join("portals"))?;
        for name in self.repositories() {
            let path = home.join(format!("{name}.pass"));
            if !path.exists() {
                write_secret(&path, draw()?.reveal())?;
            }
        }
        match self.provider {
            Some(Provider::Server { password, .. }) => {
                write_secret(&home.join("fournisseur.login"), password)?;
            }
            Some(Provider::Bucket { secret, .. }) => {
                write_secret(&home.join("fournisseur.secret"), secret)?;
            }
            None => {}
        }
        fs::write(home.join("digue.toml"), self.text())?;
        Ok(())
    }

    fn text(&self) -> String {
        let (organisation, port) = (self.organisation, self.port);
        let mut text = format!(
            "[digue]\nname = \"digue.local\"\nhas_portal = false\n\n\
             [console]\nurl = \"http://digue.localhost:{port}\"\n\n\
             [[listeners]]\naddress = \"127.0.0.1:{port}\"\n\n\
             [password]\nallowed = true\n\n\
             [response]\nname = {}\ncontact_name = {}\ncontact_mail = {}\n\n\
             [backup]\nruns_itself = true\n\n\
             [[backup.repositories]]\nname = \"{DISK}\"\nfolder = {}\nkept_outside = true\n\
             password_file = \"{DISK}.pass\"\n",
            quoted(&organisation.name),
            quoted(&organisation.contact),
            quoted(&organisation.mail),
            quoted_path(&self.disk.join(ON_DISK)),
        );
        if let Some(provider) = self.provider {
            text.push_str(&repository_at(provider));
        }
        let mailbox = organisation.mailbox.as_ref();
        let folders = [
            ("dossiers", Some(&organisation.folder)),
            ("messagerie", mailbox),
        ];
        for (name, folder) in folders {
            if let Some(folder) = folder {
                let path = quoted_path(&folder.path);
                text.push_str(&format!(
                    "\n[[backup.folders]]\nname = \"{name}\"\npath = {path}\n"
                ));
            }
        }
        text
    }
}

fn repository_at(provider: &Provider) -> String {
    let place = match provider {
        Provider::Server { url, user, .. } => {
            let login = match user.as_str() {
                "" => String::new(),
                user => format!(
                    "user = {}\nlogin_file = \"fournisseur.login\"\n",
                    quoted(user)
                ),
            };
            format!("url = {}\n{login}", quoted(url.trim_end_matches('/')))
        }
        Provider::Bucket {
            endpoint,
            bucket,
            region,
            access_key,
            ..
        } => format!(
            "endpoint = {}\nbucket = {}\nprefix = \"digue\"\nregion = {}\naccess_key = {}\n\
             secret_file = \"fournisseur.secret\"\nlock = \"30d\"\n",
            quoted(endpoint.trim_end_matches('/')),
            quoted(bucket),
            quoted(region),
            quoted(access_key),
        ),
    };
    format!(
        "\n[[backup.repositories]]\nname = \"{PROVIDER}\"\n{place}password_file = \"{PROVIDER}.pass\"\n"
    )
}

fn draw() -> Result<Secret, OperationError> {
    Secret::draw()
}

/// For this account alone.
fn write_secret(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = fs::OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(path)?;
    writeln!(file, "{text}")
}

/// A string of JSON is one of TOML, but for one control character, which no field lets through.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn quoted_path(path: &Path) -> String {
    quoted(&path.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(folder: &Path) -> FirstForm {
        FirstForm {
            organisation: "Formation « Été » \"SARL\" \\ [x]".to_owned(),
            contact: "Camille Martin".to_owned(),
            mail: "camille@formation.example".to_owned(),
            folder: folder.display().to_string(),
            mailbox: String::new(),
        }
    }

    #[test]
    fn what_is_written_is_a_configuration_that_digue_reads() {
        let home = tempfile::tempdir().unwrap();
        let documents = home.path().join("mes \"dossiers\"");
        fs::create_dir(&documents).unwrap();
        fs::write(documents.join("un.txt"), "un").unwrap();
        let mut first = form(&documents);
        first.mailbox = documents.display().to_string();
        let organisation = first.check().unwrap();
        let server = Provider::Server {
            url: "https://sauvegarde.exemple.fr/digue/".to_owned(),
            user: "digue".to_owned(),
            password: "secret".to_owned(),
        };
        let bucket = Provider::Bucket {
            endpoint: "https://s3.exemple.fr".to_owned(),
            bucket: "sauvegarde".to_owned(),
            region: "fr-par".to_owned(),
            access_key: "AK".to_owned(),
            secret: "secret".to_owned(),
        };
        for (provider, count) in [(None, 1), (Some(&server), 2), (Some(&bucket), 2)] {
            let answers = SmallAnswers {
                organisation: &organisation,
                disk: home.path(),
                provider,
                port: 8080,
            };
            answers.write(home.path()).unwrap();
            let loaded = digue_config::load(&home.path().join("digue.toml"));
            let loaded = loaded.unwrap_or_else(|faults| panic!("{faults:?}"));
            let backup = loaded.settings.backup.unwrap();
            assert_eq!(
                (backup.repositories.len(), backup.folders.len()),
                (count, 2)
            );
            assert_eq!(backup.folders[0].folder, documents);
        }
        let kept = fs::read_to_string(home.path().join("disque.pass")).unwrap();
        assert!(kept.trim().len() >= 32, "{kept}");
    }

    #[test]
    fn each_fault_is_told_at_its_field() {
        let home = tempfile::tempdir().unwrap();
        let mut first = form(home.path());
        first.organisation = " ".to_owned();
        first.mailbox = "/n'existe/pas".to_owned();
        let faults = first.check().unwrap_err();
        let expected = [
            ("organisation", "small-fault-missing"),
            ("folder", "small-fault-empty"),
            ("mailbox", "small-fault-folder"),
        ];
        assert_eq!(faults, expected);
        first.organisation = "deux\nlignes".to_owned();
        assert_eq!(
            first.check().unwrap_err()[0],
            ("organisation", "small-fault-line")
        );
        let provider = ProviderForm {
            kind: "server".to_owned(),
            url: "ftp://x".to_owned(),
            ..ProviderForm::default()
        };
        let faults = provider.check().err().unwrap_or_default();
        assert_eq!(faults, [("url", "small-fault-url")]);
        assert!(matches!(ProviderForm::default().check(), Ok(None)));
    }
}
