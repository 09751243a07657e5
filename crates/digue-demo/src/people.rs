//! The people of the demonstration: officers, and the partners with their delegates and agents.
//! Every name is invented; telephone numbers are of the series that no one is given.

use digue_access::Role;
use digue_administration::{holders, organisations};
use digue_app::{Actor, App, OperationError};
use digue_locales::Language;
use digue_replay::Population;
use digue_replay::population::MadeUpAccount;
use digue_types::{AccountId, OrganisationId};
use futures_util::future::try_join_all;

/// What someone does, in French and in English.
struct DemoJob(&'static str, &'static str);

impl DemoJob {
    fn in_words(&self, language: Language) -> String {
        match language {
            Language::French => self.0,
            Language::English => self.1,
        }
        .to_owned()
    }
}

const LEADER: DemoJob = DemoJob("Responsable pédagogique", "Head of training");
const TRAINER: DemoJob = DemoJob("Formateur référent", "Lead trainer");

/// An officer of the operator, its auditor or its management.
pub(crate) struct DemoOfficer {
    pub(crate) account: &'static str,
    pub(crate) role: Role,
    name: &'static str,
    job: DemoJob,
    telephone: &'static str,
}

/// The organisation of those who run the portal.
pub(crate) const OPERATOR: &str = "operateur";
pub(crate) const DPO: &str = "dpo";

pub(crate) const OFFICERS: [DemoOfficer; 5] = [
    DemoOfficer {
        account: "rssi",
        role: Role::Ciso,
        name: "Nora Belmont",
        job: DemoJob("RSSI", "CISO"),
        telephone: "03 53 01 40 10",
    },
    DemoOfficer {
        account: "rssi2",
        role: Role::Ciso,
        name: "Hugo Larivière",
        job: DemoJob("RSSI adjoint", "Deputy CISO"),
        telephone: "03 53 01 40 11",
    },
    DemoOfficer {
        account: DPO,
        role: Role::Dpo,
        name: "Camille Martin",
        job: DemoJob("DPO", "DPO"),
        telephone: "03 53 01 40 20",
    },
    DemoOfficer {
        account: "audit",
        role: Role::Auditor,
        name: "Ariane Sauvet",
        job: DemoJob("Auditrice interne", "Internal auditor"),
        telephone: "03 53 01 40 30",
    },
    DemoOfficer {
        account: "direction",
        role: Role::Management,
        name: "Philippe Rouvray",
        job: DemoJob("Directeur général", "Chief executive"),
        telephone: "03 53 01 40 01",
    },
];

/// Partners whose people are named, and one whose account the played attack steals.
const NAMED_PARTNERS: usize = 12;
pub(crate) const STOLEN: &str = "of-212";

const STYLES: [&str; 25] = [
    "Les Ateliers du Lin",
    "L'Établi",
    "Cap Compétences",
    "Le Phare des Métiers",
    "Tremplin Horizon",
    "La Fabrique des Savoirs",
    "Passerelle Emploi",
    "Le Compas d'Or",
    "Grand Large Formation",
    "Le Verger des Métiers",
    "Astrolabe Conseil",
    "L'Atelier Bleu",
    "La Boussole",
    "Le Moulin des Compétences",
    "L'École du Second Souffle",
    "Les Bâtisseurs",
    "Nouvelle Page",
    "Le Quai des Talents",
    "Escale Formation",
    "La Ruche aux Métiers",
    "Le Relais des Savoirs",
    "Sillage",
    "Pont-Neuf Apprentissage",
    "La Pépinière",
    "Le Chantier-École",
];
const TOWNS: [&str; 16] = [
    "Amiens", "Angers", "Bastia", "Bobigny", "Brest", "Caen", "Dijon", "Grenoble", "Lille",
    "Limoges", "Lyon", "Nantes", "Nîmes", "Paris", "Rouen", "Toulouse",
];

/// 12 for `of-012`.
pub(crate) fn place_of(organisation: &OrganisationId) -> Option<usize> {
    organisation.as_str().strip_prefix("of-")?.parse().ok()
}

/// The name of a partner; no two have the same one.
fn partner(place: usize) -> String {
    let (style, town) = (
        STYLES[place % STYLES.len()],
        TOWNS[place / STYLES.len() % TOWNS.len()],
    );
    format!("{style} – {town}")
}

/// Partners that nobody can write to: a check names them.
const WITHOUT_ADDRESS: usize = 57;

/// Partners whose names are saved at once: their entries wait for the disk together.
const TOGETHER: usize = 16;

/// Accounts of people who have not worked with the portal since this day, and still have access.
const GONE_SINCE: i32 = -100;
const GONE: [&str; 7] = [
    "of-001.agent3",
    "of-007.agent2",
    "of-019.agent3",
    "of-044.agent2",
    "of-118.agent3",
    "of-203.agent2",
    "of-311.agent3",
];

/// The population with the accounts that work on a day.
pub fn at_work(app: &App, whole: &Population, day: i32) -> Population {
    let rules = app.gateway().rules();
    let is_there = |account: &&MadeUpAccount| {
        let record = rules.directory.find(&account.id);
        let is_gone = day > GONE_SINCE && GONE.contains(&account.id.as_str());
        record.is_some_and(|record| !record.is_suspended) && !is_gone
    };
    Population {
        persons: whole.persons.clone(),
        accounts: whole.accounts.iter().filter(is_there).cloned().collect(),
        organisations: whole.organisations,
    }
}

/// Writes the names of the partners at these places, and of those who hold the accounts.
pub(crate) async fn write(
    app: &App,
    population: &Population,
    places: &[usize],
    language: Language,
) -> Result<(), OperationError> {
    let digue = Actor::digue();
    let operator = known(OrganisationId::parse(OPERATOR).ok())?;
    organisations::save(
        app,
        &digue,
        &operator,
        "France Formation",
        "securite@formation.example",
    )
    .await?;
    for some in places.chunks(TOGETHER) {
        let saved = some.iter().map(async |place| {
            let id = known(OrganisationId::parse(&format!("of-{place:03}")).ok())?;
            let email = match (place + 1) % WITHOUT_ADDRESS {
                0 => String::new(),
                _ => format!("contact@{id}.example"),
            };
            organisations::save(app, &digue, &id, &partner(*place), &email).await
        });
        try_join_all(saved).await?;
    }
    for officer in &OFFICERS {
        let form = holders::HolderForm {
            name: officer.name.to_owned(),
            job: officer.job.in_words(language),
            telephone: officer.telephone.to_owned(),
            email: format!("{}@formation.example", officer.account),
        };
        let account = known(AccountId::parse(officer.account).ok())?;
        holders::save(app, &digue, &account, &form).await?;
    }
    let is_named = |account: &&MadeUpAccount| {
        let place = place_of(&account.organisation);
        place.is_some_and(|place| {
            places.contains(&place)
                && (place < NAMED_PARTNERS || account.organisation.as_str() == STOLEN)
        })
    };
    for account in population.accounts.iter().filter(is_named) {
        holders::save(
            app,
            &digue,
            &account.id,
            &holder(population, account, language),
        )
        .await?;
    }
    Ok(())
}

fn holder(
    population: &Population,
    account: &MadeUpAccount,
    language: Language,
) -> holders::HolderForm {
    let place = place_of(&account.organisation).unwrap_or_default();
    let rank = account
        .id
        .as_str()
        .chars()
        .last()
        .and_then(|digit| digit.to_digit(10))
        .unwrap_or_default() as usize;
    let namesake = &population.persons[(place * 131 + rank * 977) % population.persons.len()];
    holders::HolderForm {
        name: format!("{} {}", namesake.first_name, namesake.last_name),
        job: if account.is_delegate { LEADER } else { TRAINER }.in_words(language),
        telephone: format!("03 53 01 {:02} {:02}", place % 100, rank * 11),
        email: format!("{}@{}.example", account.id, account.organisation),
    }
}

fn known<T>(parsed: Option<T>) -> Result<T, OperationError> {
    parsed.ok_or(OperationError::NotFound("account"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_partners_have_one_name() {
        let names: BTreeSet<String> = (0..400).map(partner).collect();
        assert_eq!(names.len(), 400);
    }
}
