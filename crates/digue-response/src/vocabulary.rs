//! The CNIL's own words for a breach, as closed lists with stable codes.
//!
//! Source: the fields and value lists of the notification teleservice. What is said in each language
//! is in the locales, under the prefix of the list and the code.

use digue_types::lists;

lists! {
    /// What was lost of the data.
    Nature "nature" {
        Confidentiality "confidentiality",
        Integrity "integrity",
        Availability "availability",
    }

    /// How it came about.
    Origin "origin" {
        EquipmentLost "equipment-lost",
        PaperLost "paper-lost",
        MailLost "mail-lost",
        Hacking "hacking",
        PaperThrownAway "paper-thrown-away",
        DeviceThrownAway "device-thrown-away",
        Published "published",
        WrongPersonShown "wrong-person-shown",
        WrongRecipient "wrong-recipient",
        Spoken "spoken",
        Other "other",
    }

    /// Who was at its origin, and whether they meant it.
    Cause "cause" {
        InternalMalicious "internal-malicious",
        InternalAccidental "internal-accidental",
        ExternalMalicious "external-malicious",
        ExternalAccidental "external-accidental",
        Unknown "unknown",
    }

    /// Who the persons are.
    PersonKind "person" {
        Employees "employees",
        Users "users",
        Members "members",
        Students "students",
        Military "military",
        Customers "customers",
        Patients "patients",
        Minors "minors",
        Vulnerable "vulnerable",
        /// Not users themselves: relatives, trusted third persons, contacts.
        Relatives "relatives",
        Undetermined "undetermined",
        Other "other",
    }

    /// What the data say.
    DataKind "data" {
        CivilStatus "civil-status",
        Nir "nir",
        Contact "contact",
        Access "access",
        Financial "financial",
        Documents "documents",
        Location "location",
        Offences "offences",
        Origin "ethnic-origin",
        Political "political",
        Beliefs "beliefs",
        Union "union",
        SexualOrientation "sexual-orientation",
        Health "health",
        Biometric "biometric",
        Genetic "genetic",
        Unknown "unknown",
        Other "other",
    }

    /// What may follow from the breach itself.
    Consequence "consequence" {
        WiderSpread "wider-spread",
        Linked "linked",
        Misused "misused",
        Falsified "falsified",
        UsedWrongly "used-wrongly",
        Unavailable "unavailable",
        ServiceStopped "service-stopped",
    }

    /// What may happen to persons.
    Harm "harm" {
        LossOfControl "loss-of-control",
        RightsLimited "rights-limited",
        Discrimination "discrimination",
        IdentityTheft "identity-theft",
        Fraud "fraud",
        Reidentified "reidentified",
        FinancialLoss "financial-loss",
        Reputation "reputation",
        ProfessionalSecrecy "professional-secrecy",
        Other "other",
    }

    /// The CNIL's scale of severity.
    Gravity "gravity" {
        Negligible "negligible",
        Limited "limited",
        Significant "significant",
        Maximal "maximal",
    }

    /// Why persons need not be told (art. 34(3)), or not yet thought to be at high risk.
    Exemption "exemption" {
        /// The risk is not high.
        RiskNotHigh "risk-not-high",
        /// 34(3)(a): unintelligible to whoever has them.
        Protected "protected",
        /// 34(3)(b): measures taken since make a high risk unlikely.
        Mitigated "mitigated",
        /// 34(3)(c): disproportionate effort; a public communication instead.
        Disproportionate "disproportionate",
    }
}

impl DataKind {
    /// The kind that a category of a portal map stands for, by its name; `None` when nothing fits.
    ///
    /// Maps name categories in their own words: the first word that is known decides.
    pub fn of_category(category: &str) -> Option<Self> {
        const WORDS: [(&str, DataKind); 34] = [
            ("nir", DataKind::Nir),
            ("securite-sociale", DataKind::Nir),
            ("social-security", DataKind::Nir),
            ("identit", DataKind::CivilStatus),
            ("civil", DataKind::CivilStatus),
            ("etat-civil", DataKind::CivilStatus),
            ("naissance", DataKind::CivilStatus),
            ("birth", DataKind::CivilStatus),
            ("contact", DataKind::Contact),
            ("coordonn", DataKind::Contact),
            ("adresse", DataKind::Contact),
            ("address", DataKind::Contact),
            ("phone", DataKind::Contact),
            ("telephone", DataKind::Contact),
            ("mail", DataKind::Contact),
            ("password", DataKind::Access),
            ("acces", DataKind::Access),
            ("access", DataKind::Access),
            ("bank", DataKind::Financial),
            ("iban", DataKind::Financial),
            ("financ", DataKind::Financial),
            ("revenu", DataKind::Financial),
            ("income", DataKind::Financial),
            ("indemnit", DataKind::Financial),
            ("document", DataKind::Documents),
            ("location", DataKind::Location),
            ("localisation", DataKind::Location),
            ("infraction", DataKind::Offences),
            ("offence", DataKind::Offences),
            ("health", DataKind::Health),
            ("sante", DataKind::Health),
            ("handicap", DataKind::Health),
            ("disab", DataKind::Health),
            ("syndic", DataKind::Union),
        ];
        WORDS.iter().find(|(word, _)| category.contains(word)).map(|(_, kind)| *kind)
    }

    /// A special category (art. 9), or offences (art. 10).
    pub const fn is_sensitive(self) -> bool {
        matches!(
            self,
            Self::Offences
                | Self::Origin
                | Self::Political
                | Self::Beliefs
                | Self::Union
                | Self::SexualOrientation
                | Self::Health
                | Self::Biometric
                | Self::Genetic
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_come_back() {
        for kind in DataKind::ALL {
            assert_eq!(DataKind::parse(kind.code()), Some(*kind));
        }
        assert_eq!(Origin::Hacking.key(), "origin-hacking");
        assert_eq!(serde_json::from_str::<Nature>("\"availability\"").unwrap(), Nature::Availability);
        assert!(serde_json::from_str::<Nature>("\"speed\"").is_err());
    }

    #[test]
    fn categories_of_maps_are_brought_to_the_cnils_words() {
        for (category, kind) in [
            ("identity", Some(DataKind::CivilStatus)),
            ("identite", Some(DataKind::CivilStatus)),
            ("nir", Some(DataKind::Nir)),
            ("contact", Some(DataKind::Contact)),
            ("sante", Some(DataKind::Health)),
            ("parcours", None),
        ] {
            assert_eq!(DataKind::of_category(category), kind, "{category}");
        }
    }
}
