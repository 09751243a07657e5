//! Contact details of persons, from the portal's own source: a file or a query. Correct rows are
//! used, each fault is reported with its line, and nothing is kept beyond the campaign.

use std::collections::{HashMap, HashSet};

use digue_app::csv_file::{CsvColumn, CsvFault, CsvFile};
use digue_app::{LineFault, OperationError};
use digue_mail::parse_address;
use digue_store::{ContactRow, ContactSource};

/// How a person can be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Contact {
    pub(super) channel: &'static str,
    pub(super) destination: String,
}

/// The most faults that are listed.
const FAULTS_MAX: usize = 200;

/// The forms in which the portals may write a person that a file names.
pub(super) type Forms<'f> = &'f (dyn Fn(&str) -> Vec<String> + Sync);

const COLUMNS: [CsvColumn; 5] = [
    CsvColumn {
        name: "person",
        aliases: &["person", "personne", "identifiant", "id", "numero"],
    },
    CsvColumn {
        name: "email",
        aliases: &[
            "email",
            "e-mail",
            "mail",
            "courriel",
            "adresse mail",
            "adresse e-mail",
            "adresse electronique",
        ],
    },
    CsvColumn {
        name: "phone",
        aliases: &[
            "phone",
            "telephone",
            "tel",
            "mobile",
            "portable",
            "telephone portable",
            "telephone mobile",
        ],
    },
    CsvColumn {
        name: "name",
        aliases: &["name", "nom", "nom complet", "full name"],
    },
    CsvColumn {
        name: "address",
        aliases: &["address", "adresse", "adresse postale"],
    },
];

/// Contacts by person, and the faults of the source.
#[derive(Default)]
pub(super) struct Contacts {
    /// From each form of the person's identifier to the index of the contact.
    by_person: HashMap<String, usize>,
    contacts: Vec<Option<Contact>>,
    pub(super) faults: Vec<LineFault>,
}

impl Contacts {
    /// CSV with a header `person` and any of `email`, `phone`, `name`, `address`.
    pub(super) fn of_csv(csv: &[u8], forms: Forms<'_>) -> Result<Self, OperationError> {
        let file = CsvFile::open(csv, &COLUMNS, &[0]).map_err(|fault| match fault.kind {
            CsvFault::Encoding => OperationError::Faults(vec![fault.line_fault("contact")]),
            CsvFault::Header | CsvFault::Row | CsvFault::Nameless | CsvFault::TooLarge => {
                OperationError::Invalid("invalid-contacts")
            }
        })?;
        if (1..COLUMNS.len()).all(|column| !file.has(column)) {
            return Err(OperationError::Invalid("invalid-contacts"));
        }
        let mut contacts = Self::default();
        let mut unknown: HashSet<usize> = HashSet::new();
        file.each(|read| {
            match read {
                Err(fault) => contacts.fault(fault.line, &fault.line_fault("contact").key),
                Ok(row) => {
                    // Addresses may be in a column that is not recognised: reported once a column,
                    // because ignoring it would silently leave persons unreached.
                    for _ in row
                        .filled_ignored()
                        .filter(|column| unknown.insert(*column))
                    {
                        contacts.fault(row.line, "contact-fault-column");
                    }
                    let [person, email, phone, name, address] =
                        [0, 1, 2, 3, 4].map(|column| row.cell(column).to_owned());
                    contacts.take(
                        row.line,
                        &ContactRow {
                            person,
                            email,
                            phone,
                            name,
                            address,
                        },
                        forms,
                    );
                }
            }
            true
        });
        // An empty table is a mistake of its sender; it does not mean that no person can be
        // reached.
        if contacts.contacts.is_empty() && contacts.faults.is_empty() {
            return Err(OperationError::Invalid("contacts-empty"));
        }
        Ok(contacts)
    }

    /// The rows of the portal's own database; a line is a row, counted from 1.
    pub(super) async fn of_source(
        source: &ContactSource,
        forms: Forms<'_>,
    ) -> Result<Self, OperationError> {
        let mut contacts = Self::default();
        let mut line = 0;
        source
            .read(&mut |row| {
                line += 1;
                contacts.take(line, &row, forms);
            })
            .await?;
        Ok(contacts)
    }

    fn fault(&mut self, line: usize, key: &str) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(LineFault::new(line, key));
        }
    }

    /// Adds a row. E-mail is preferred, then a letter, then a text message that only says where to
    /// look. An invalid or repeated line is a fault of its own.
    fn take(&mut self, line: usize, row: &ContactRow, forms: Forms<'_>) {
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
            Some(mail) => Some(Contact {
                channel: "mail",
                destination: mail,
            }),
            None if !lines.is_empty() => Some(Contact {
                channel: "letter",
                destination: format!("{}\n{lines}", row.name.trim()),
            }),
            // E.164 allows 15 digits; shorter than nine are extensions and mistakes.
            None if (9..=15).contains(&digits) => Some(Contact {
                channel: "sms",
                destination: row.phone.trim().to_owned(),
            }),
            None => None,
        };
        let forms = forms(who);
        match contact {
            // The first one is kept and the second reported: which of two addresses is right cannot
            // be guessed.
            Some(_) if forms.iter().any(|form| self.by_person.contains_key(form)) => {
                self.fault(line, "contact-fault-twice");
            }
            Some(contact) => {
                let number = self.contacts.len();
                self.contacts.push(Some(contact));
                self.by_person
                    .extend(forms.into_iter().map(|form| (form, number)));
            }
            None if digits > 0 => self.fault(line, "contact-fault-phone"),
            None if mail.is_empty() => self.fault(line, "contact-fault-nothing"),
            None => {}
        }
    }

    /// How many contacts are of none of these persons.
    pub(super) fn unmatched<'p>(&self, persons: impl Iterator<Item = &'p str>) -> usize {
        let matched: HashSet<usize> = persons
            .filter_map(|person| self.by_person.get(person).copied())
            .collect();
        self.contacts.len() - matched.len()
    }

    /// Takes the contact of a person: one contact never serves two notices.
    pub(super) fn of(&mut self, person: &str) -> Option<Contact> {
        self.by_person
            .get(person)
            .and_then(|number| self.contacts[*number].take())
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
        let same = |person: &str| vec![person.to_owned()];
        let mut contacts = Contacts::of_csv(csv.as_bytes(), &same).unwrap();
        let faults = std::mem::take(&mut contacts.faults);
        let mut of = |person: &str| contacts.of(person).map(|contact| contact.channel);
        assert_eq!(
            (of("P1"), of("P3"), of("P4")),
            (Some("mail"), Some("sms"), Some("letter"))
        );
        assert_eq!((of("P2"), of("P5")), (None, None));
        let located: Vec<(usize, &str)> = faults
            .iter()
            .map(|fault| (fault.line, fault.key.as_str()))
            .collect();
        let expected = [
            (3, "contact-fault-email"),
            (6, "contact-fault-twice"),
            (7, "contact-fault-person"),
            (8, "contact-fault-nothing"),
        ];
        assert_eq!(located, expected);
        assert!(Contacts::of_csv(b"nom;prenom\n", &same).is_err());
        let faults_of = |csv: &str| {
            let contacts = Contacts::of_csv(csv.as_bytes(), &same).unwrap();
            contacts
                .faults
                .iter()
                .map(|fault| format!("{} {}", fault.line, fault.key))
                .collect::<Vec<_>>()
        };
        let lost = "person;address;Courrielle\nP1;1 rue;p1@x.fr\nP2;2 rue;p2@x.fr\n";
        assert_eq!(faults_of(lost), ["2 contact-fault-column"]);
        assert_eq!(
            faults_of("person;address;\nP1;1 rue;p1@x.fr\nP2;2 rue;\n"),
            ["2 csv-fault-nameless"]
        );
    }

    #[test]
    fn contacts_are_read_in_every_encoding_and_under_every_usual_name() {
        let same = |person: &str| vec![person.to_owned()];
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/contacts");
        for (name, count) in [
            ("contacts-entete-fr.csv", 0),
            ("contacts-latin1.csv", 0),
            ("contacts-pointvirgule-bom.csv", 0),
        ] {
            let csv = std::fs::read(folder.join(name)).unwrap();
            let mut contacts = Contacts::of_csv(&csv, &same).unwrap();
            assert_eq!(contacts.faults.len(), count, "{name}");
            let mail = contacts.of("1000003A").map(|contact| contact.destination);
            assert_eq!(mail.as_deref(), Some("1000003A@ex.fr"), "{name}");
        }
        for nobody in ["person;email\n", "person;email\n;;\n"] {
            assert!(
                Contacts::of_csv(nobody.as_bytes(), &same).is_err(),
                "{nobody}"
            );
        }
        let contacts =
            Contacts::of_csv("Identifiant;Téléphone\nP1;12\n".as_bytes(), &same).unwrap();
        assert_eq!(contacts.faults[0].key, "contact-fault-phone");
    }

    #[test]
    fn a_person_is_found_however_the_file_writes_its_identifier() {
        let csv = include_bytes!("../tests/data/contacts-canonical.csv");
        let upper = |person: &str| vec![person.trim().to_uppercase()];
        let mut contacts = Contacts::of_csv(csv, &upper).unwrap();
        assert_eq!(contacts.faults, []);
        assert_eq!(
            contacts.of("P1").map(|contact| contact.destination),
            Some("p1@x.fr".to_owned())
        );
        assert_eq!(
            contacts.of("P2").map(|contact| contact.destination),
            Some("p2@x.fr".to_owned())
        );
    }
}
