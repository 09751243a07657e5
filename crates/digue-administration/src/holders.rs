//! Who holds an account: name, function, telephone, address, and who answers for their
//! organisation.
//!
//! A telephone number is how people make sure that an act was wanted. Therefore only the holder and
//! those who answer for the account write it, with a fresh proof of identity; pages say who wrote
//! it and when; and what is stored is compared with the digest of the journal, which has no name.
//! What is not written is not known.

use std::collections::HashMap;
use std::sync::Arc;

use digue_access::{AccountRecord, Role, Snapshot};
use digue_app::directory::{answers_for, organisation_of};
use digue_app::names::may_see_holder;
use digue_app::{ActDetails, Actor, App, OperationError, require};
use digue_mail::parse_address;
use digue_store::HolderRecord;
use digue_types::visible::{is_blank, visible};
use digue_types::written::folded;
use digue_types::{AccountId, Act, OrganisationId, Subject};
use ring::hmac;

/// The longest name and function, in characters.
const NAME_CHARS_MAX: usize = 120;
/// The longest number as it is written: fifteen digits (E.164), with spaces.
const TELEPHONE_CHARS_MAX: usize = 30;

/// The holder of an account. An empty text is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HolderContact {
    pub account: AccountId,
    pub role: Role,
    pub organisation: OrganisationId,
    pub organisation_name: String,
    pub email: String,
    /// Name, function and telephone, with who wrote them; `None` when nobody did.
    pub written: Option<HolderRecord>,
}

impl HolderContact {
    /// The name; the account's, where none is known.
    pub fn name(&self) -> &str {
        self.written
            .as_ref()
            .map_or(self.account.as_str(), |holder| holder.name.as_str())
    }

    /// The telephone; empty when it is not known.
    pub fn telephone(&self) -> &str {
        self.written
            .as_ref()
            .map_or("", |holder| holder.telephone.as_str())
    }
}

/// The holders whom a reader may see: all of them for officers and the auditor, those of their own
/// organisation and the officers for everyone else.
pub struct HolderBook {
    rules: Arc<Snapshot>,
    reader: Actor,
    own: Option<OrganisationId>,
    holders: HashMap<AccountId, HolderRecord>,
    emails: HashMap<AccountId, String>,
    organisations: HashMap<OrganisationId, String>,
    unconfirmed: Vec<AccountId>,
}

impl HolderBook {
    pub async fn read(app: &App, actor: &Actor) -> Result<Self, OperationError> {
        let rules = app.gateway().rules();
        let organisations = app.store().organisations().await?;
        let unconfirmed = rules.directory.iter().map(|(account, _)| account);
        let unconfirmed = unconfirmed
            .filter(|account| app.unconfirmed().has(account))
            .cloned()
            .collect();
        Ok(Self {
            own: organisation_of(&rules, actor),
            reader: actor.clone(),
            holders: app.store().holders().await?,
            emails: app.store().contacts().await?,
            organisations: organisations
                .into_iter()
                .map(|known| (known.id, known.name))
                .collect(),
            unconfirmed,
            rules,
        })
    }

    /// The holder of an account; `None` for one that the reader may not see, and for none.
    pub fn of(&self, account: &AccountId) -> Option<HolderContact> {
        let record = self
            .rules
            .directory
            .find(account)
            .filter(|record| self.may_see(record))?;
        let name = self.organisations.get(&record.organisation).cloned();
        Some(HolderContact {
            account: account.clone(),
            role: record.role,
            organisation_name: name.unwrap_or_else(|| record.organisation.to_string()),
            organisation: record.organisation.clone(),
            email: self.emails.get(account).cloned().unwrap_or_default(),
            written: self.holders.get(account).cloned(),
        })
    }

    fn may_see(&self, record: &AccountRecord) -> bool {
        // The management reads registers and checks, where accounts are called by their holders.
        may_see_holder(record, self.reader.role.reads_isms(), self.own.as_ref())
    }

    /// The holders of all accounts that the reader may see, by account.
    pub fn everyone(&self) -> Vec<HolderContact> {
        let mut all: Vec<HolderContact> = self
            .rules
            .directory
            .iter()
            .filter_map(|(account, _)| self.of(account))
            .collect();
        all.sort_by(|a, b| a.account.cmp(&b.account));
        all
    }

    /// The name of an account's holder, or the account's own.
    pub fn name(&self, account: &AccountId) -> String {
        self.of(account)
            .map_or_else(|| account.to_string(), |holder| holder.name().to_owned())
    }

    /// The organisations that the reader may see, as (identifier, name).
    pub fn organisations(&self) -> Vec<(String, String)> {
        let sees =
            |id: &OrganisationId| self.reader.role.can_watch() || Some(id) == self.own.as_ref();
        let seen = self.organisations.iter().filter(|(id, _)| sees(id));
        let mut known: Vec<(String, String)> = seen
            .map(|(id, name)| (id.to_string(), name.clone()))
            .collect();
        known.sort();
        known
    }

    /// The account that a text names: by its identifier, or as the only one whose identifier or
    /// name contains it. An identifier that no account of the reader has is returned as it is:
    /// whether it exists, and may be known, is for the operation to say.
    ///
    /// # Errors
    /// `Invalid` when there are several, or none and the text is no identifier.
    pub fn named(&self, text: &str) -> Result<AccountId, OperationError> {
        let text = text.trim();
        if let Ok(account) = AccountId::parse(text)
            && self.of(&account).is_some()
        {
            return Ok(account);
        }
        let wanted = folded(text);
        let fits = |one: &HolderContact| {
            one.account.as_str().contains(&wanted) || folded(one.name()).contains(&wanted)
        };
        let mut found = self
            .everyone()
            .into_iter()
            .filter(|one| !wanted.is_empty() && fits(one));
        match (found.next(), found.next()) {
            (Some(one), None) => Ok(one.account),
            (Some(_), Some(_)) => Err(OperationError::Invalid("invalid-account-several")),
            (None, _) => {
                AccountId::parse(text).map_err(|_| OperationError::Invalid("invalid-account-none"))
            }
        }
    }

    /// The accounts that a text names: several by their identifiers, or one as `named` finds it.
    pub fn accounts_named(&self, text: &str) -> Result<Vec<AccountId>, OperationError> {
        let names: Vec<&str> = text.split_whitespace().collect();
        match names.as_slice() {
            [] => Ok(Vec::new()),
            // A name of two words before two names: "Léa Martin" is one person.
            _ => self
                .named(text)
                .map(|one| vec![one])
                .or_else(|_| names.into_iter().map(|name| self.named(name)).collect()),
        }
    }

    /// The organisations that a text names: each by its identifier, or as the only one whose
    /// identifier or name contains the whole text.
    pub fn organisations_named(&self, text: &str) -> Result<Vec<OrganisationId>, OperationError> {
        let text = text.trim();
        let wanted = folded(text);
        let known = self.organisations();
        let fits = |id: &str, name: &str| id.contains(&wanted) || folded(name).contains(&wanted);
        let is_known = |name: &str| known.iter().any(|(id, _)| id == name);
        let mut found = known.iter().filter(|(id, name)| fits(id, name));
        let parsed = |name: &str| {
            OrganisationId::parse(name)
                .map_err(|_| OperationError::Invalid("invalid-organisation-none"))
        };
        match (
            text.is_empty(),
            is_known(&wanted),
            found.next(),
            found.next(),
        ) {
            (true, ..) => Ok(Vec::new()),
            (_, false, Some((id, _)), None) => Ok(vec![parsed(id)?]),
            (_, false, Some(_), Some(_)) => {
                Err(OperationError::Invalid("invalid-organisation-several"))
            }
            (_, true, ..) | (_, _, None, _) => text.split_whitespace().map(parsed).collect(),
        }
    }

    /// The name of an organisation, or its identifier.
    pub fn organisation(&self, id: &OrganisationId) -> String {
        self.organisations
            .get(id)
            .cloned()
            .unwrap_or_else(|| id.to_string())
    }

    /// The delegates of an organisation and then its deputies, as far as they are confirmed and
    /// active.
    pub fn leaders(&self, organisation: &OrganisationId) -> Vec<HolderContact> {
        self.active(|record| record.role.leads_agents() && record.organisation == *organisation)
    }

    /// The operator's officers, as far as they are confirmed and active.
    pub fn officers(&self) -> Vec<HolderContact> {
        self.active(|record| record.role.can_review())
    }

    fn active(&self, is_one: impl Fn(&AccountRecord) -> bool) -> Vec<HolderContact> {
        let accounts = self.rules.directory.iter().filter(|(account, record)| {
            is_one(record) && !record.is_suspended && !self.unconfirmed.contains(account)
        });
        let mut found: Vec<HolderContact> = accounts
            .filter_map(|(account, _)| self.of(account))
            .collect();
        // A delegate is above a deputy.
        found.sort_by(|a, b| (b.role, &a.account).cmp(&(a.role, &b.account)));
        found
    }
}

/// What a form says of a holder.
#[derive(Clone, Debug, Default)]
pub struct HolderForm {
    pub name: String,
    pub job: String,
    pub telephone: String,
    pub email: String,
}

/// True when the actor may write who holds the account.
pub fn may_write(app: &App, actor: &Actor, account: &AccountId) -> bool {
    *account == actor.account || answers_for(&app.gateway().rules(), actor, account)
}

/// Writes who holds an account.
///
/// # Errors
/// `Denied` for those who neither hold it nor answer for it; `ProofNeeded`; `Invalid` for a name
/// that is blank or too long, and for what is no telephone number or no address.
pub async fn save(
    app: &App,
    actor: &Actor,
    account: &AccountId,
    form: &HolderForm,
) -> Result<(), OperationError> {
    require(may_write(app, actor, account))?;
    if app.gateway().rules().directory.find(account).is_none() {
        return Err(OperationError::NotFound("account"));
    }
    actor.must_be_fresh(app)?;
    write(app, actor, account, form).await
}

/// Writes who holds an account, for a caller that has authorised the actor.
pub(crate) async fn write(
    app: &App,
    actor: &Actor,
    account: &AccountId,
    form: &HolderForm,
) -> Result<(), OperationError> {
    let name = parse_words(&form.name).filter(|name| !name.is_empty());
    let email = match form.email.trim() {
        "" => String::new(),
        text => parse_address(text).ok_or(OperationError::Invalid("invalid-email"))?,
    };
    let holder = HolderRecord {
        name: name.ok_or(OperationError::Invalid("invalid-holder-name"))?,
        job: parse_words(&form.job).ok_or(OperationError::Invalid("invalid-holder-job"))?,
        telephone: parse_telephone(&form.telephone)
            .ok_or(OperationError::Invalid("invalid-telephone"))?,
        written_by: actor.account.clone(),
        written_at: app.clock().now(),
    };
    // By their addresses feeds and the desk know the accounts of one person: nobody changes their
    // own alone. A first one joins accounts and parts none, and a sole officer has nobody to ask.
    let contacts = app.store().contacts().await?;
    let known = contacts.get(account).map_or("", String::as_str);
    if *account == actor.account && !known.is_empty() && email != known {
        return Err(OperationError::Invalid("invalid-own-email"));
    }
    let details = ActDetails {
        subject: Subject::Account(account.clone()),
        after: digest(app, account, &holder, &email),
        ..ActDetails::default()
    };
    app.write_down(actor, Act::HolderSaved, details).await?;
    app.store().save_holder(account, &holder).await?;
    app.store().save_contact(account, &email).await?;
    Ok(())
}

/// The text without invisible characters, in one line; `None` when it is too long.
fn parse_words(text: &str) -> Option<String> {
    let seen = visible(text)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let seen = if is_blank(&seen) { String::new() } else { seen };
    is_printable(&seen).then_some(seen)
}

fn is_printable(text: &str) -> bool {
    text.chars().count() <= NAME_CHARS_MAX && !text.chars().any(char::is_control)
}

/// The number as it is written, or empty; `None` for what is none.
fn parse_telephone(text: &str) -> Option<String> {
    let text = text.trim();
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let is_sign =
        |sign: char| sign.is_ascii_digit() || matches!(sign, ' ' | '.' | '-' | '(' | ')' | '+');
    let is_number = (3..=15).contains(&digits)
        && text.len() <= TELEPHONE_CHARS_MAX
        && text.chars().all(is_sign)
        && text.rfind('+').is_none_or(|place| place == 0);
    (text.is_empty() || is_number).then(|| text.to_owned())
}

/// What the journal has of a holder: keyed, so that nobody finds a number by trying all of them.
pub(crate) fn digest(app: &App, account: &AccountId, holder: &HolderRecord, email: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, app.key());
    let HolderRecord {
        name,
        job,
        telephone,
        written_by,
        written_at: _,
    } = holder;
    let text = [
        "holder",
        account.as_str(),
        name,
        job,
        telephone,
        email,
        written_by.as_str(),
    ]
    .join("\n");
    let tag = hmac::sign(&key, text.as_bytes());
    tag.as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{parse_telephone, parse_words};

    #[test]
    fn a_number_is_kept_as_it_is_written() {
        let good = [
            "01 99 00 12 34",
            "+33 1 99 00 12 34",
            "3646",
            "01.99.00.12.34",
            "(0)1-99-00-12-34",
        ];
        for number in good {
            assert_eq!(
                parse_telephone(&format!(" {number} ")).as_deref(),
                Some(number)
            );
        }
        assert_eq!(parse_telephone("  ").as_deref(), Some(""));
        for none in [
            "12",
            "poste 12",
            "tel:0199001234",
            "0199+001234",
            "1234567890123456",
            "01;99",
        ] {
            assert_eq!(parse_telephone(none), None, "{none}");
        }
    }

    #[test]
    fn a_name_is_one_line_that_people_see() {
        assert_eq!(
            parse_words(" Léa\u{200b}  Martin\n ").as_deref(),
            Some("Léa Martin")
        );
        assert_eq!(parse_words("\u{200b}").as_deref(), Some(""));
        assert_eq!(parse_words(&"a".repeat(121)), None);
    }
}
