//! The keys of this installation: created at the first start, kept in files that only its user can
//! read.

use std::fmt::Display;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use digue_identifiers::NameKey;
use digue_identifiers::name_table::NAME_KEY_BYTES;
use digue_journal::cosign::Cosigner;
use digue_journal::keyring::MasterKey;
use digue_journal::note::Signer;
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};

/// The journal's signer; its public key is stored beside it as `journal.pub`.
pub(crate) fn journal_signer(folder: &Path, name: &str) -> Result<Signer> {
    let seed = read_or_make(&folder.join("journal.key"), random)?;
    let signer = Signer::from_seed(name, &sized(seed, "journal.key")?)?;
    let text = format!("{}\n", signer.verifier().to_text());
    must_be_public(&folder.join("journal.pub"), &text)?;
    Ok(signer)
}

/// The public key is the one that is stored, or none was stored yet.
fn must_be_public(path: &Path, text: &str) -> Result<()> {
    match fs::read_to_string(path) {
        Ok(known) if known == text => Ok(()),
        // Another name or key would make every earlier checkpoint unverifiable.
        Ok(_) => Err(anyhow!("{} is of another key or name", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(fs::write(path, text)?),
        // It may be of another key: written over, nobody would ever know.
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

fn random() -> Result<Vec<u8>> {
    let mut key = [0u8; 32];
    SystemRandom::new()
        .fill(&mut key)
        .map_err(|_| anyhow!("the system's random generator failed"))?;
    Ok(key.to_vec())
}

fn sized<const BYTES: usize>(key: Vec<u8>, name: impl Display) -> Result<[u8; BYTES]> {
    key.try_into()
        .map_err(|_| anyhow!("{name} is not {BYTES} bytes"))
}

/// The private key, PKCS #8, with which identities are asserted to portals.
pub(crate) fn identity_key(folder: &Path) -> Result<Vec<u8>> {
    read_or_make(&folder.join("identity.pk8"), || {
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random);
        Ok(key
            .map_err(|_| anyhow!("the identity key could not be generated"))?
            .as_ref()
            .to_vec())
    })
}

/// Mixed into password hashes, and seals second factors; kept outside the database, so that a copy
/// of that is useless.
pub(crate) fn secrets_key(folder: &Path) -> Result<[u8; 32]> {
    let key = read_or_make(&folder.join("secrets.key"), random)?;
    sized(key, "secrets.key")
}

/// Hashes the names of persons; kept apart from their table.
pub(crate) fn names_key(folder: &Path) -> Result<NameKey> {
    let key = read_or_make(&folder.join("names.key"), || {
        let mut key = [0u8; NAME_KEY_BYTES];
        draw(&mut key);
        Ok(key.to_vec())
    })?;
    Ok(NameKey::new(&sized::<NAME_KEY_BYTES>(key, "names.key")?))
}

fn read_or_make(path: &Path, make: impl FnOnce() -> Result<Vec<u8>>) -> Result<Vec<u8>> {
    match fs::read(path) {
        Ok(bytes) => return Ok(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| path.display().to_string()),
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let bytes = make()?;
    // `create_new`: a key that another process has just made is never replaced.
    let mut file = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    // The name, too: a key that is gone after a power cut would be made anew, and the old journal
    // unreadable.
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(bytes)
}

/// Wraps the journal's period keys. The operator may keep it where backups of the journal do not
/// go: `[journal] master_key` names the file.
pub(crate) fn master_key(path: &Path) -> Result<MasterKey> {
    let key = read_or_make(path, || {
        let mut key = [0u8; 32];
        draw(&mut key);
        Ok(key.to_vec())
    })?;
    Ok(MasterKey::new(&sized(key, path.display())?))
}

/// Names and SHA-256 of the keys that all gateways on a shared journal must have alike, besides the
/// journal's own, which the database knows.
pub(crate) fn alike(folder: &Path, master: &Path) -> Result<Vec<(String, [u8; 32])>> {
    let named = |name: &str, key: &[u8]| {
        // With the name: the same bytes under two names would show that they are the same.
        let text = [b"digue key\0".as_slice(), name.as_bytes(), b"\0", key].concat();
        let digest = ring::digest::digest(&ring::digest::SHA256, &text);
        (name.to_owned(), sized(digest.as_ref().to_vec(), name))
    };
    let master_bytes = {
        master_key(master)?;
        fs::read(master).with_context(|| master.display().to_string())?
    };
    names_key(folder)?;
    let names = folder.join("names.key");
    let names = fs::read(&names).with_context(|| names.display().to_string())?;
    [
        named("master key", &master_bytes),
        named("secrets.key", &secrets_key(folder)?),
        named("identity.pk8", &identity_key(folder)?),
        named("names.key", &names),
    ]
    .into_iter()
    .map(|(name, digest)| Ok((name, digest?)))
    .collect()
}

/// The private key of a witness of this name, in its own folder.
pub(crate) fn witness_key(folder: &Path, name: &str) -> Result<Cosigner> {
    let seed = read_or_make(&folder.join("witness.key"), || {
        let mut seed = [0u8; 32];
        draw(&mut seed);
        Ok(seed.to_vec())
    })?;
    let cosigner = Cosigner::from_seed(name, &sized(seed, "witness.key")?)?;
    let text = format!("{}\n", cosigner.key().to_text());
    must_be_public(&folder.join("witness.pub"), &text)?;
    Ok(cosigner)
}

/// Fills `bytes` from the system's generator.
///
/// # Panics
/// When the system has no randomness: nothing may continue without it.
pub(crate) fn draw(bytes: &mut [u8]) {
    SystemRandom::new()
        .fill(bytes)
        .expect("the system's generator works");
}
