//! Files of secrets that others present to Digue.

use digue_gateway::identity::token_hash;

/// The hashes of the secrets of a file, one a line: one, or two while it is being replaced. `None`
/// when there is none, or a third one, or a short one: it could be guessed, and with it anyone could
/// ask in the other side's name. A comment and a byte-order mark are refused.
pub(crate) fn secrets_of(text: &str) -> Option<Vec<[u8; 32]>> {
    let lines = text.lines().map(str::trim);
    let secrets: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    // A comment is no secret, and what no header can carry would be refused without a word.
    let is_secret = |secret: &&str| {
        let is_sent = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
        secret.len() >= 32 && !secret.starts_with('#') && secret.bytes().all(is_sent)
    };
    let is_sound = matches!(secrets.len(), 1 | 2) && secrets.iter().all(is_secret);
    is_sound.then(|| secrets.into_iter().map(token_hash).collect())
}
