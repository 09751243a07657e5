//! How persons are reached, from the portal's own source: a file or a query. What is right is used,
//! every fault is told with its line, and nothing is kept beyond the campaign.

use std::collections::HashMap;

use digue_store::{ContactRow, ContactSource};

use crate::error::{LineFault, OperationError};
use crate::mail::parse_address;

/// How somebody can be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Contact {
    pub(super) channel: &'static str,
    pub(super) destination: String,
}

/// Faults that are listed.
const FAULTS_MAX: usize = 200;

/// Contacts by person, and what could not be used.
#[derive(Default)]
pub(super) struct Contacts {
    by_person: HashMap<String, Contact>,
    pub(super) faults: Vec<LineFault>,
}

impl Contacts {
    /// CSV with a header `person` and any of `email`, `phone`, `name`, `address`.
    pub(super) fn of_csv(csv: &[u8]) -> Result<Self, OperationError> {
        let separator =
            if csv.iter().take_while(|byte| **byte != b'\n').any(|byte| *byte == b';') { b';' } else { b',' };
        let mut reader = csv::ReaderBuilder::new().delimiter(separator).flexible(true).from_reader(csv);
        let header = reader.headers().map_err(|_| OperationError::Invalid("invalid-contacts"))?.clone();
        let place =
            |name: &str| header.iter().position(|cell| cell.trim_start_matches('\u{feff}').trim() == name);
        let person = place("person").ok_or(OperationError::Invalid("invalid-contacts"))?;
        let [email, phone, name, address] = ["email", "phone", "name", "address"].map(place);
        let mut contacts = Self::default();
        for (line, record) in (2..).zip(reader.records()) {
            let Ok(record) = record else {
                contacts.fault(line, "contact-fault-row");
                continue;
            };
            let cell = |place: Option<usize>| {
                place.and_then(|place| record.get(place)).unwrap_or_default().to_owned()
            };
            let [email, phone, name, address] = [email, phone, name, address].map(cell);
            contacts.take(line, &ContactRow { person: cell(Some(person)), email, phone, name, address });
        }
        Ok(contacts)
    }

    /// The rows that the portal's own database answers; a line is a row, from 1.
    pub(super) async fn of_source(source: &ContactSource) -> Result<Self, OperationError> {
        let mut contacts = Self::default();
        let mut line = 0;
        source
            .read(&mut |row| {
                line += 1;
                contacts.take(line, &row);
            })
            .await?;
        Ok(contacts)
    }

    fn fault(&mut self, line: usize, key: &str) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(LineFault::new(line, key));
        }
    }

    /// E-mail comes first, then a letter, then a text message that says only where to look. A bad or
    /// doubled line is a fault of its own.
    fn take(&mut self, line: usize, row: &ContactRow) {
        let who = row.person.trim();
        if who.is_empty() {
            self.fault(line, "contact-fault-person");
            return;
        }
        let (mail, lines) = (row.email.trim(), row.address.trim());
        let digits = row.phone.chars().filter(char::is_ascii_digit).count();
        let parsed = parse_address(mail);
        if !mail.is_empty() && parsed.is_none() {
            self.fault(line, "contact-fault-email");
        }
        let contact = match parsed {
            Some(mail) => Some(Contact { channel: "mail", destination: mail }),
            None if !lines.is_empty() => {
                Some(Contact { channel: "letter", destination: format!("{}\n{lines}", row.name.trim()) })
            }
            None if (9..=15).contains(&digits) => {
                Some(Contact { channel: "sms", destination: row.phone.trim().to_owned() })
            }
            None => None,
        };
        match contact {
            Some(contact) if !self.by_person.contains_key(who) => {
                self.by_person.insert(who.to_owned(), contact);
            }
            Some(_) => self.fault(line, "contact-fault-twice"),
            None if mail.is_empty() => self.fault(line, "contact-fault-nothing"),
            None => {}
        }
    }

    /// The contact of a person, used once.
    pub(super) fn of(&mut self, person: &str) -> Option<Contact> {
        self.by_person.remove(person)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contacts_that_are_right_are_used_and_the_rest_is_told() {
        let csv = "person;email;phone;name;address\n\
                   P1;marie@example.fr;;;\nP2;pas une adresse;;;\nP3;;06 12 34 56 78;;\n\
                   P4;;;Jean Valjean;1 rue de la Digue 59000 Lille\nP1;autre@example.fr;;;\n;x@example.fr;;;\nP5;;;;\n";
        let Contacts { by_person: contacts, faults } = Contacts::of_csv(csv.as_bytes()).unwrap();
        let of = |person: &str| contacts.get(person).map(|contact| contact.channel);
        assert_eq!((of("P1"), of("P3"), of("P4")), (Some("mail"), Some("sms"), Some("letter")));
        assert_eq!((of("P2"), of("P5")), (None, None));
        let told: Vec<(usize, &str)> = faults.iter().map(|fault| (fault.line, fault.key.as_str())).collect();
        let expected = [
            (3, "contact-fault-email"),
            (6, "contact-fault-twice"),
            (7, "contact-fault-person"),
            (8, "contact-fault-nothing"),
        ];
        assert_eq!(told, expected);
        assert!(Contacts::of_csv(b"nom;prenom\n").is_err());
    }
}
