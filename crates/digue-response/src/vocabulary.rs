//! The CNIL's vocabulary for a breach, as closed lists with stable codes.
//!
//! Source: the fields and value lists of its online notification form. Texts are in the locales,
//! under the prefix of the list and the code. Codes are stored in incident logs: add, never rename.

use digue_types::lists;

/// The longest text, in characters; a longer one is a document and is added as a file.
pub const TEXT_CHARS_MAX: usize = 8_000;

lists! {
    /// The kind of loss (GDPR art. 4(12)).
    Nature "nature" {
        Confidentiality "confidentiality",
        Integrity "integrity",
        Availability "availability",
    }

    /// How the breach happened.
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

    /// Who caused the breach, and whether on purpose.
    Cause "cause" {
        InternalMalicious "internal-malicious",
        InternalAccidental "internal-accidental",
        ExternalMalicious "external-malicious",
        ExternalAccidental "external-accidental",
        Unknown "unknown",
    }

    /// Kinds of affected persons.
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

    /// Kinds of affected data.
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

    /// Possible consequences of the breach for the data.
    Consequence "consequence" {
        WiderSpread "wider-spread",
        Linked "linked",
        Misused "misused",
        Falsified "falsified",
        UsedWrongly "used-wrongly",
        Unavailable "unavailable",
        ServiceStopped "service-stopped",
    }

    /// Possible harm to the persons.
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

    /// Why persons need not be informed: no high risk (art. 34(1)), or an exemption of art. 34(3).
    Exemption "exemption" {
        /// The risk is not high.
        RiskNotHigh "risk-not-high",
        /// 34(3)(a): the data are unintelligible to anyone not authorised, as when encrypted.
        Protected "protected",
        /// 34(3)(b): later measures make a high risk unlikely.
        Mitigated "mitigated",
        /// 34(3)(c): disproportionate effort; a public communication instead.
        Disproportionate "disproportionate",
    }
}

impl DataKind {
    /// The kind of data that a category of a portal map stands for, by its name; `None` when no
    /// word fits.
    ///
    /// Each map has its own category names: the first entry of the table that is contained in the
    /// name decides.
    pub fn of_category(category: &str) -> Option<Self> {
        const WORDS: [(&str, DataKind); 36] = [
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
            ("email", DataKind::Contact),
            ("courriel", DataKind::Contact),
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
        // From the beginning of a word: "avenir" holds no NIR, "accessibilite" no access.
        let begins = |word: &str| {
            let parts = || category.split(|sign: char| !sign.is_alphanumeric());
            match word {
                "nir" | "acces" | "access" | "location" => parts().any(|part| part == word),
                _ if word.contains('-') => category.contains(word),
                _ => parts().any(|part| part.starts_with(word)),
            }
        };
        WORDS
            .iter()
            .find(|(word, _)| begins(word))
            .map(|(_, kind)| *kind)
    }

    /// True for special categories (art. 9) and offences (art. 10).
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
        assert_eq!(
            serde_json::from_str::<Nature>("\"availability\"").unwrap(),
            Nature::Availability
        );
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
