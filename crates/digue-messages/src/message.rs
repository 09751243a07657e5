//! What a submission holds once it is read: messages as they claim to be, and what could not be
//! read of them.

use digue_types::lists;

use crate::received::ReceivedChain;

/// Larger submissions are refused before anything is parsed.
pub const BYTES_MAX: usize = 2 << 20;

lists! {
    /// Why a part was not read.
    UnreadKind "unread" {
        /// An Outlook message that cannot be opened.
        Outlook "outlook",
        /// An Outlook message whose text is only compressed RTF.
        OutlookText "outlook-text",
        /// `winmail.dat` (TNEF), for which there is no maintained reader.
        Winmail "winmail",
        /// S/MIME or PGP.
        Encrypted "encrypted",
        /// Split over several messages, or stored on another server.
        Partial "partial",
        Pdf "pdf",
        Picture "picture",
        Archive "archive",
        /// A document of a word processor or a spreadsheet.
        Document "document",
        /// A broken encoding, or a missing end.
        Damaged "damaged",
        /// An unknown character set.
        Charset "charset",
        /// Messages attached to messages beyond the depth limit.
        Nesting "nesting",
        /// Parts, links or text beyond a limit.
        Excess "excess",
        /// Several messages in one mbox.
        Mbox "mbox",
        /// An unknown format.
        Form "form",
    }
}

/// A link: the text shown for it, and the host to which it leads. Never followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageLink {
    pub shown: String,
    /// The host, in lower case.
    pub host: String,
}

/// A sender as a message names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mailbox {
    pub name: String,
    /// In lower case; empty when only a name is given.
    pub address: String,
}

impl Mailbox {
    pub fn domain(&self) -> &str {
        domain_of(&self.address)
    }
}

fn domain_of(address: &str) -> &str {
    address.rsplit_once('@').map_or("", |(_, domain)| domain)
}

/// The content of one message, as it claims it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadMessage {
    /// True when there are headers, so that its sender can be verified.
    pub is_mail: bool,
    pub from_name: String,
    pub from_address: String,
    /// Further senders, in the same `From` or in others: mail programs show only one of them.
    pub more_senders: Vec<Mailbox>,
    pub reply_to: String,
    pub subject: String,
    pub text: String,
    /// The claimed senders of quoted messages.
    pub quoted: Vec<Mailbox>,
    pub links: Vec<MessageLink>,
    /// Names of attached files; they are not opened.
    pub attachments: Vec<String>,
    /// The bytes as sent, over which signatures are verified; empty where the format does not
    /// preserve them.
    pub raw: Vec<u8>,
    /// There is a DKIM signature, valid or not.
    pub is_signed: bool,
    /// The `Received` lines. Only the newest is written by the reader's own server; those below may
    /// be invented.
    pub hops: ReceivedChain,
    /// Another message is attached to it.
    pub carries: bool,
    /// The envelope sender (`Return-Path`); empty when it is missing or ambiguous.
    pub return_path: String,
}

impl ReadMessage {
    pub fn from_domain(&self) -> &str {
        domain_of(&self.from_address)
    }

    pub fn reply_domain(&self) -> &str {
        domain_of(&self.reply_to)
    }
}

/// A part that was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadPart {
    pub kind: UnreadKind,
    /// Its file name, if any.
    pub name: String,
}

/// Everything in a submission.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubmittedMessage {
    /// The message itself, then those attached to it; empty when it could not be read.
    pub messages: Vec<ReadMessage>,
    pub unread: Vec<UnreadPart>,
}

/// Why a submission was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubmissionFault {
    #[error("the message is larger than {BYTES_MAX} bytes")]
    TooLarge,
    #[error("the message is empty")]
    Blank,
}
