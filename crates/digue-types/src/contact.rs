//! Whom a person reaches who was refused.

/// The operator's help, as its configuration says it: a telephone, an address of mail, or both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorContact {
    /// Of the operator or of its help desk; empty where no name is configured.
    pub name: String,
    /// Empty where there is none.
    pub phone: String,
    /// Empty where there is none.
    pub mail: String,
    /// When it answers, as written; empty where nothing is said.
    pub hours: String,
}

impl OperatorContact {
    /// `None` where neither telephone nor mail is known: a name alone helps nobody.
    pub fn new(name: &str, phone: &str, mail: &str, hours: &str) -> Option<Self> {
        let [name, phone, mail, hours] =
            [name, phone, mail, hours].map(|text| text.trim().to_owned());
        (!phone.is_empty() || !mail.is_empty()).then_some(Self {
            name,
            phone,
            mail,
            hours,
        })
    }

    /// The telephone as a link has it: digits, and a plus at the beginning.
    pub fn phone_digits(&self) -> String {
        let is_dialled =
            |(place, c): &(usize, char)| c.is_ascii_digit() || *place == 0 && *c == '+';
        self.phone
            .chars()
            .enumerate()
            .filter(is_dialled)
            .map(|(_, c)| c)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_can_be_reached() {
        assert_eq!(OperatorContact::new("OPCO", " ", "", "8 h - 18 h"), None);
        let contact = OperatorContact::new(" OPCO ", "+33 (1) 02.03 04 05", "", "").unwrap();
        assert_eq!(contact.name, "OPCO");
        assert_eq!(contact.phone_digits(), "+33102030405");
    }
}
