//! Simulated persons, organisations and accounts, with well-formed identifiers.

use std::fmt::Write as _;

use digue_types::{AccountId, OrganisationId};

use crate::draw::Draw;

/// A simulated job seeker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeUpPerson {
    /// Seven digits and a letter, as the portal numbers them.
    pub number: String,
    /// French social security number (NIR): thirteen characters, without its key.
    pub nir: String,
    pub nir_key: u8,
    pub first_name: &'static str,
    pub last_name: String,
    /// Year, month, day.
    pub born: (u16, u8, u8),
    pub town: &'static str,
    pub email: String,
    pub phone: String,
    pub course: &'static str,
}

impl MadeUpPerson {
    /// As printed on a card: `1 85 05 78 006 084 91`.
    pub fn printed_nir(&self) -> String {
        let n = &self.nir;
        format!(
            "{} {} {} {} {} {} {:02}",
            &n[..1],
            &n[1..3],
            &n[3..5],
            &n[5..7],
            &n[7..10],
            &n[10..],
            self.nir_key
        )
    }
}

/// A simulated account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeUpAccount {
    pub id: AccountId,
    pub organisation: OrganisationId,
    pub is_delegate: bool,
    /// Indexes of its persons in the population.
    pub caseload: Vec<usize>,
}

pub struct Population {
    pub persons: Vec<MadeUpPerson>,
    pub accounts: Vec<MadeUpAccount>,
    pub organisations: usize,
}

const FIRST_NAMES: [(&str, u8); 24] = [
    ("Amina", 2),
    ("Baptiste", 1),
    ("Camille", 2),
    ("Driss", 1),
    ("Élodie", 2),
    ("Fabien", 1),
    ("Gaëlle", 2),
    ("Hugo", 1),
    ("Inès", 2),
    ("Jérôme", 1),
    ("Karima", 2),
    ("Loïc", 1),
    ("Maëva", 2),
    ("Nicolas", 1),
    ("Océane", 2),
    ("Paul", 1),
    ("Rachel", 2),
    ("Samir", 1),
    ("Thérèse", 2),
    ("Ugo", 1),
    ("Valérie", 2),
    ("Wassim", 1),
    ("Yasmine", 2),
    ("Zinédine", 1),
];
const NAME_STARTS: [&str; 20] = [
    "Ar", "Bel", "Cha", "Del", "Fau", "Gar", "Hu", "Jac", "Lam", "Mar", "Nor", "Oli", "Per", "Rou",
    "Sau", "Tes", "Val", "Vin", "Ber", "Mo",
];
const NAME_MIDDLES: [&str; 10] = [
    "", "ber", "cha", "den", "gui", "la", "li", "mon", "ni", "ret",
];
const NAME_ENDS: [&str; 12] = [
    "aud", "eau", "el", "er", "et", "ier", "in", "on", "ot", "oux", "tin", "ville",
];
const TOWNS: [(&str, &str); 16] = [
    ("Amiens", "80021"),
    ("Angers", "49007"),
    ("Bastia", "2B033"),
    ("Bobigny", "93008"),
    ("Brest", "29019"),
    ("Caen", "14118"),
    ("Dijon", "21231"),
    ("Grenoble", "38185"),
    ("Lille", "59350"),
    ("Limoges", "87085"),
    ("Lyon", "69123"),
    ("Nantes", "44109"),
    ("Nîmes", "30189"),
    ("Paris", "75056"),
    ("Rouen", "76540"),
    ("Toulouse", "31555"),
];
const COURSES: [&str; 10] = [
    "Aide-soignant",
    "Cariste CACES 3",
    "Comptabilité",
    "Développement web",
    "Électricien bâtiment",
    "Français langue étrangère",
    "Hôtellerie-restauration",
    "Soudure TIG",
    "Secrétariat médical",
    "Transport routier",
];

impl Population {
    /// The same for the same seed. Each person is in the caseload of one account.
    pub fn draw(seed: u64, persons: usize, organisations: usize, accounts: usize) -> Self {
        let mut draw = Draw::new(seed);
        let persons: Vec<MadeUpPerson> = (0..persons)
            .map(|place| draw_person(&mut draw, place))
            .collect();
        let mut accounts: Vec<MadeUpAccount> = (0..accounts)
            .map(|place| account_at(place, organisations))
            .collect();
        for place in 0..persons.len() {
            let holder = draw.below(accounts.len());
            accounts[holder].caseload.push(place);
        }
        Self {
            persons,
            accounts,
            organisations,
        }
    }

    /// The population of the demonstration: 20,000 persons, 400 organisations, 1,200 accounts.
    pub fn demonstration() -> Self {
        Self::draw(2025, 20_000, 400, 1_200)
    }

    pub fn find(&self, number: &str) -> Option<&MadeUpPerson> {
        // Numbers are in order: see `draw_person`.
        let place = self
            .persons
            .binary_search_by(|person| person.number.as_str().cmp(number))
            .ok()?;
        Some(&self.persons[place])
    }

    pub fn account(&self, id: &str) -> Option<&MadeUpAccount> {
        self.accounts
            .iter()
            .find(|account| account.id.as_str() == id)
    }

    /// The caseloads, as an operator would extract them.
    pub fn caseload_csv(&self) -> String {
        let mut out = "account,person,reason,from,until\n".to_owned();
        for account in &self.accounts {
            for &place in &account.caseload {
                let _ = writeln!(
                    out,
                    "{},{},formation,,",
                    account.id, self.persons[place].number
                );
            }
        }
        out
    }
}

fn account_at(place: usize, organisations: usize) -> MadeUpAccount {
    let (organisation, rank) = (place % organisations, place / organisations);
    let name = format!("of-{organisation:03}");
    MadeUpAccount {
        id: AccountId::parse(&format!("{name}.agent{}", rank + 1)).expect("an account id"),
        organisation: OrganisationId::parse(&name).expect("an organisation id"),
        is_delegate: rank == 0,
        caseload: Vec::new(),
    }
}

fn draw_person(draw: &mut Draw, place: usize) -> MadeUpPerson {
    let (first_name, sex) = *draw.pick(&FIRST_NAMES);
    let last_name = format!(
        "{}{}{}",
        draw.pick(&NAME_STARTS),
        draw.pick(&NAME_MIDDLES),
        draw.pick(&NAME_ENDS)
    );
    let born = (
        1960 + draw.below(47) as u16,
        1 + draw.below(12) as u8,
        1 + draw.below(28) as u8,
    );
    let (town, code) = *draw.pick(&TOWNS);
    let nir = format!(
        "{sex}{:02}{:02}{code}{:03}",
        born.0 % 100,
        born.1,
        1 + draw.below(999)
    );
    let letter = char::from(b'A' + (place % 23) as u8);
    // A stride, so that the next number can be guessed but not known.
    let number = format!("{:07}{letter}", 1_000_003 + place * 37);
    MadeUpPerson {
        nir_key: nir_key(&nir),
        email: format!("personne{place}@exemple.fr"),
        phone: format!(
            "06 99 {:02} {:02} {:02}",
            draw.below(100),
            draw.below(100),
            draw.below(100)
        ),
        course: COURSES[draw.below(COURSES.len())],
        number,
        nir,
        first_name,
        last_name,
        born,
        town,
    }
}

/// The two-digit key of a NIR: 97 minus the number modulo 97; Corsica's 2A and 2B count as 19
/// and 18.
pub fn nir_key(nir: &str) -> u8 {
    let digits = nir.replace("2A", "19").replace("2B", "18");
    let number: u64 = digits
        .parse()
        .expect("thirteen digits after replacing Corsica's letters");
    97 - (number % 97) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_the_published_example_is_right() {
        assert_eq!(nir_key("2550814168025"), 38);
    }

    #[test]
    fn the_same_seed_gives_the_same_persons_and_everyone_is_held_once() {
        let one = Population::draw(7, 500, 10, 30);
        let two = Population::draw(7, 500, 10, 30);
        assert_eq!(one.persons, two.persons);
        let mut held: Vec<usize> = one
            .accounts
            .iter()
            .flat_map(|a| a.caseload.clone())
            .collect();
        held.sort_unstable();
        assert_eq!(held, (0..500).collect::<Vec<_>>());
        assert!(
            one.persons
                .iter()
                .all(|p| p.nir.len() == 13 && one.find(&p.number) == Some(p))
        );
    }
}
