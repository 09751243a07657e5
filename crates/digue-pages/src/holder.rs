//! People beside an account: who holds it and who answers for their organisation, with telephone
//! and address.
//!
//! It says *unknown* where nothing is written, and who wrote what is.

use askama::Template;
use digue_administration::holders::{HolderBook, HolderContact};
use digue_types::{AccountId, OrganisationId};

use crate::view::Localizer;

/// The people to reach about an account or an organisation; pages put it in with `{{ card|safe }}`.
#[derive(Template)]
#[template(path = "holder.html")]
pub struct HolderCard {
    w: Localizer,
    title: String,
    lines: Vec<HolderLine>,
    /// The address of the form that changes the first one; empty for a reader who may not.
    edit: String,
}

/// A person to call, in one line: the part they have, name and telephone.
pub struct CallableHolder {
    pub part: String,
    pub name: String,
    /// Empty where no number is written.
    pub telephone: String,
    pub dialled: String,
}

impl CallableHolder {
    /// The holder of an account and the leaders of their organisation; none for an account that the
    /// directory does not have.
    pub fn of_account(w: &Localizer, book: &HolderBook, account: &AccountId) -> Vec<Self> {
        let card = HolderCard::of_account(w, book, account, false);
        let lines = card.into_iter().flat_map(|card| card.lines);
        lines
            .map(|line| Self {
                part: line.part,
                name: line.name,
                telephone: line.telephone,
                dialled: line.dialled,
            })
            .collect()
    }
}

/// One person, with the part they have.
struct HolderLine {
    part: String,
    name: String,
    is_known: bool,
    details: Vec<String>,
    telephone: String,
    /// The number as a link dials it.
    dialled: String,
    email: String,
    written: String,
}

impl HolderCard {
    /// The holder of an account and the leaders of their organisation; `None` for an account that
    /// the directory does not have.
    pub fn of_account(
        w: &Localizer,
        book: &HolderBook,
        account: &AccountId,
        may_write: bool,
    ) -> Option<Self> {
        let holder = book.of(account)?;
        let leaders = book
            .leaders(&holder.organisation)
            .into_iter()
            .filter(|one| one.account != *account);
        let mut lines = vec![HolderLine::new(w, w.say("holder-holder"), &holder)];
        lines.extend(leaders.map(|one| HolderLine::new(w, w.coded("role", one.role.code()), &one)));
        let edit = if may_write {
            format!("/accounts/{account}/holder")
        } else {
            String::new()
        };
        Some(Self {
            w: w.clone(),
            title: w.say("holder-title"),
            lines,
            edit,
        })
    }

    /// The leaders of an organisation.
    pub fn of_organisation(
        w: &Localizer,
        book: &HolderBook,
        organisation: &OrganisationId,
    ) -> Option<Self> {
        Self::of_people(w, w.say("holder-leaders"), &book.leaders(organisation))
    }

    /// People with their roles; `None` without any.
    pub fn of_people(w: &Localizer, title: String, people: &[HolderContact]) -> Option<Self> {
        let line = |one: &HolderContact| HolderLine::new(w, w.coded("role", one.role.code()), one);
        let lines: Vec<HolderLine> = people.iter().map(line).collect();
        (!lines.is_empty()).then(|| Self {
            w: w.clone(),
            title,
            lines,
            edit: String::new(),
        })
    }
}

impl HolderLine {
    fn new(w: &Localizer, part: String, holder: &HolderContact) -> Self {
        let job = holder
            .written
            .as_ref()
            .map(|known| known.job.clone())
            .unwrap_or_default();
        let account = if holder.written.is_some() {
            holder.account.to_string()
        } else {
            String::new()
        };
        let details = [job, holder.organisation_name.clone(), account];
        Self {
            part,
            name: holder.name().to_owned(),
            is_known: holder.written.is_some(),
            details: details
                .into_iter()
                .filter(|detail| !detail.is_empty())
                .collect(),
            telephone: holder.telephone().to_owned(),
            dialled: dialled(holder.telephone()),
            email: holder.email.clone(),
            written: written(w, holder),
        }
    }
}

fn written(w: &Localizer, holder: &HolderContact) -> String {
    let Some(known) = &holder.written else {
        return String::new();
    };
    if known.written_by == holder.account {
        return w.with1("holder-written-self", "at", w.date(known.written_at));
    }
    let values = [
        ("by", w.person(&known.written_by).into()),
        ("at", w.date(known.written_at).into()),
    ];
    w.with("holder-written", values)
}

/// The number without what only helps to read it.
fn dialled(telephone: &str) -> String {
    // In `+33 (0)1` the zero is not dialled.
    let plain = if telephone.starts_with('+') {
        telephone.replace("(0)", "")
    } else {
        telephone.to_owned()
    };
    plain
        .chars()
        .filter(|sign| sign.is_ascii_digit() || *sign == '+')
        .collect()
}

/// A person in one line: `Léa Martin (DPO), 01 99 00 12 34`.
pub fn holder_in_line(w: &Localizer, holder: &HolderContact) -> String {
    let telephone = match holder.telephone() {
        "" => w.say("holder-telephone-unknown"),
        known => known.to_owned(),
    };
    let values = [
        ("name", holder.name().to_owned().into()),
        ("role", w.coded("role", holder.role.code()).into()),
        ("telephone", telephone.into()),
    ];
    w.with("holder-line", values)
}

#[cfg(test)]
mod tests {
    use super::dialled;

    #[test]
    fn a_number_is_dialled_without_what_helps_to_read_it() {
        assert_eq!(dialled("01 99 00 12 34"), "0199001234");
        assert_eq!(dialled("+33 (0)1.99.00.12.34"), "+33199001234");
        assert_eq!(dialled("(0)1-99-00-12-34"), "0199001234");
        assert_eq!(dialled(""), "");
    }
}
