//! The ten plain questions of the first hour, and their answers.

use digue_types::lists;

lists! {
    /// Who are you?
    Who "who" {
        Operator "operator",
        Training "training",
        Other "other",
    }

    /// How many people?
    People "people" {
        Few "1-9",
        Some "10-49",
        Many "50-249",
        Most "250",
    }

    /// What data?
    Data "data-held" {
        Identity "identity",
        Nir "nir",
        Health "health",
        Bank "bank",
        Children "children",
    }

    /// Where are the machines?
    Hosting "hosting" {
        Own "own",
        Provider "provider",
        Both "both",
    }

    /// What else binds you?
    Bond "bond" {
        Qualiopi "qualiopi",
        Nis2 "nis2",
        Injunction "injunction",
    }
}

/// The answers to the ten questions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answers {
    /// 1. Who are you?
    pub name: String,
    /// 2. What are you?
    pub who: Who,
    /// 3. Do you have a portal?
    pub has_portal: bool,
    /// 4. Do others use it, or do you use others' portals?
    pub has_partners: bool,
    /// 5. How many people?
    pub people: People,
    /// 6. What data?
    pub data: Vec<Data>,
    /// 7. Who leads, 8. who is in charge of security and of data?
    pub head: String,
    pub ciso: String,
    pub dpo: String,
    /// 9. Where are the machines?
    pub hosting: Hosting,
    /// 10. What else binds you?
    pub bonds: Vec<Bond>,
}

impl Answers {
    pub(crate) fn has_sensitive(&self) -> bool {
        self.data
            .iter()
            .any(|data| matches!(data, Data::Nir | Data::Health | Data::Bank))
    }

    pub(crate) fn is_small(&self) -> bool {
        self.people == People::Few
    }
}

/// The role that owns a seed measure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Owner {
    Head,
    Ciso,
    Dpo,
}

impl Answers {
    /// The name of an owner; the head where the role has no holder.
    pub fn owner(&self, owner: Owner) -> &str {
        let named = match owner {
            Owner::Head => &self.head,
            Owner::Ciso => &self.ciso,
            Owner::Dpo => &self.dpo,
        };
        if named.is_empty() { &self.head } else { named }
    }
}
