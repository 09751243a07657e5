//! Portals that a seed draws: a way of identifying persons, the sorts of answers, the form of
//! addresses.
//!
//! Every answer comes with the truth, the persons whom it shows or its request names. No reader had
//! a part in it.

use std::collections::BTreeSet;

use digue_survey::HeldExchange;
use digue_survey::known::{ColumnChoice, KnownPersons, PersonsTable};
use serde_json::{Map, Value, json};

use crate::generated_json::JSON_SORTS;
use crate::generated_others::OTHER_SORTS;
use crate::generated_pages::PAGE_SORTS;
use crate::generated_posts::POST_SORTS;
use crate::made::{Draw, FAMILIES, GIVEN, TOWNS};

pub(crate) const ORIGIN: &str = "https://portail.example";

/// A way of identifying persons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// 1, 2, 3: offers, agents and pages have such numbers, too.
    Counter,
    /// `2026042`
    Long,
    Uuid,
    /// Thirteen digits, as times in milliseconds have.
    Nir,
    Mail,
    /// `1000042B`
    Dossier,
    /// `P00042`
    Prefixed,
    /// `marie-dupont-42`
    Slug,
    /// `75-2024-00042`
    Composite,
    /// Forty hexadecimal digits, as builds and files have.
    Hashed,
    /// Twenty-four of them.
    ObjectId,
    Ulid,
    /// `mdupont42`
    Login,
    /// `aZ3bY7cX1d`
    Drawn,
}

pub(crate) const WAYS: [Way; 14] = [
    Way::Counter,
    Way::Long,
    Way::Uuid,
    Way::Nir,
    Way::Mail,
    Way::Dossier,
    Way::Prefixed,
    Way::Slug,
    Way::Composite,
    Way::Hashed,
    Way::ObjectId,
    Way::Ulid,
    Way::Login,
    Way::Drawn,
];

/// Splitmix64: the same numbers for the same thing, whatever was drawn before.
pub(crate) fn mixed(seed: u64, number: usize, salt: u64) -> u64 {
    let mut z = seed
        .wrapping_add((number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
        .wrapping_add(salt.wrapping_mul(0xd1b5_4a32_d192_ed03));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn hex(seed: u64, number: usize, salt: u64, digits: usize) -> String {
    let parts = (0..3).map(|part| format!("{:016x}", mixed(seed, number, salt * 7 + part)));
    parts.collect::<String>()[..digits].to_owned()
}

pub(crate) fn uuid(seed: u64, number: usize, salt: u64) -> String {
    let digits = hex(seed, number, salt, 32);
    format!(
        "{}-{}-4{}-a{}-{}",
        &digits[..8],
        &digits[8..12],
        &digits[13..16],
        &digits[17..20],
        &digits[20..]
    )
}

fn drawn_from(signs: &[u8], length: usize, seed: u64, number: usize, salt: u64) -> String {
    let sign = |place: usize| {
        let at = mixed(seed, number, salt * 64 + place as u64) as usize % signs.len();
        char::from(signs[at])
    };
    (0..length).map(sign).collect()
}

/// Without accents, as addresses and logins have names.
fn plain(text: &str) -> String {
    digue_types::written::folded(text).to_ascii_lowercase()
}

impl Way {
    /// The identifier of the thing of this number; `salt` 0 for persons.
    pub(crate) fn text(self, seed: u64, number: usize, salt: u64) -> String {
        let (family, given) = names(number);
        match self {
            Self::Counter => (number + 1).to_string(),
            Self::Long => (2_026_000 + number * 3).to_string(),
            Self::Uuid => uuid(seed, number, salt),
            Self::Nir => {
                let draw = mixed(seed, number, salt) as usize;
                let (sex, year, month) = (1 + draw % 2, draw / 2 % 90 + 5, draw / 180 % 12 + 1);
                let (part, place) = (draw / 2160 % 94 + 1, draw / 203_040 % 900 + 1);
                format!("{sex}{year:02}{month:02}{part:02}{place:03}{number:03}")
            }
            Self::Mail => format!("{}.{}{number}@exemple.fr", plain(given), plain(&family)),
            Self::Dossier => {
                let number = 1_000_000 + number * 7;
                format!("{number}{}", char::from(b'A' + (number % 23) as u8))
            }
            Self::Prefixed => format!("P{:05}", number * 3 + 7),
            Self::Slug => format!("{}-{}-{number}", plain(given), plain(&family)),
            Self::Composite => format!(
                "{:02}-20{:02}-{number:05}",
                number % 95 + 1,
                number % 20 + 5
            ),
            Self::Hashed => hex(seed, number, salt, 40),
            Self::ObjectId => hex(seed, number, salt, 24),
            Self::Ulid => {
                let signs = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
                format!("01J{}", drawn_from(signs, 23, seed, number, salt))
            }
            Self::Login => format!("{}{}{number}", &plain(given)[..1], plain(&family)),
            Self::Drawn => {
                let signs = b"aZ3bY7cX1dW9eV5fU2gT8hS4iR6jQ0kP";
                drawn_from(signs, 10, seed, number, salt)
            }
        }
    }

    pub(crate) const fn is_number(self) -> bool {
        matches!(self, Self::Counter | Self::Long)
    }

    /// The name of the member or column that holds it.
    fn member(self, is_french: bool) -> &'static str {
        match (self, is_french) {
            (Self::Counter | Self::ObjectId, _) => "id",
            (Self::Long | Self::Prefixed | Self::Dossier, true) => "numero",
            (Self::Long | Self::Prefixed | Self::Dossier, false) => "number",
            (Self::Uuid, _) => "uuid",
            (Self::Nir, _) => "nir",
            (Self::Mail, true) => "courriel",
            (Self::Mail, false) => "email",
            (Self::Slug, _) => "slug",
            (Self::Composite, true) => "identifiant",
            (Self::Composite, false) => "reference",
            (Self::Hashed, _) => "key",
            (Self::Ulid | Self::Drawn, _) => "ref",
            (Self::Login, _) => "login",
        }
    }
}

/// Family and given name: no two persons have both in common.
pub(crate) fn names(number: usize) -> (String, &'static str) {
    let family = format!(
        "{}{}",
        FAMILIES[number % 24],
        ["", "-Roy"][number / 480 % 2]
    );
    (family, GIVEN[number / 24 % 20])
}

/// Who works with the portal: no persons of its population, with numbers all the same.
pub(crate) const AGENTS: [&str; 6] = [
    "Odile Service",
    "Karim Accueil",
    "Solène Gestion",
    "Boris Instruction",
    "Wanda Contrôle",
    "Yves Astreinte",
];

pub(crate) struct GeneratedPerson {
    pub(crate) main: String,
    /// The other identifier of the same person.
    pub(crate) key: String,
    pub(crate) family: String,
    pub(crate) given: &'static str,
}

/// What makes one portal differ from another.
pub(crate) struct Style {
    pub(crate) main: Way,
    pub(crate) key: Option<Way>,
    /// The operator's list has the other identifier, too.
    pub(crate) is_key_listed: bool,
    pub(crate) links_by_key: bool,
    pub(crate) has_names: bool,
    pub(crate) is_french: bool,
    pub(crate) entity: &'static str,
    pub(crate) things: &'static str,
    pub(crate) main_name: &'static str,
    pub(crate) key_name: &'static str,
    pub(crate) numbers_are_texts: bool,
    /// The member with the number of the agent who wrote a record.
    pub(crate) author: Option<&'static str>,
    /// The parameter by which a page is chosen.
    pub(crate) chooser: &'static str,
    pub(crate) delimiter: char,
    pub(crate) class: &'static str,
    /// Details are asked for by a parameter.
    pub(crate) by_parameter: bool,
}

pub(crate) struct GeneratedPortal {
    pub(crate) seed: u64,
    pub(crate) style: Style,
    pub(crate) persons: Vec<GeneratedPerson>,
    pub(crate) learnt_from: Vec<GeneratedExchange>,
    pub(crate) held_out: Vec<GeneratedExchange>,
}

pub(crate) struct GeneratedExchange {
    pub(crate) sort: &'static str,
    pub(crate) exchange: HeldExchange,
    pub(crate) truth: BTreeSet<usize>,
    /// It changes something: no map has a route for it before a person has read it.
    pub(crate) is_write: bool,
}

/// Makes one answer of a sort.
pub(crate) type Sort = (
    &'static str,
    fn(&GeneratedPortal, &mut Draw) -> GeneratedExchange,
);

fn style(draw: &mut Draw, main: Way) -> Style {
    let is_french = draw.one_in(2);
    let other = [
        Way::Counter,
        Way::Uuid,
        Way::Long,
        Way::Mail,
        Way::ObjectId,
        Way::Prefixed,
    ];
    let key = Some(draw.of(&other)).filter(|key| *key != main && draw.one_in(2));
    let entities = match is_french {
        true => [
            "patients",
            "eleves",
            "beneficiaires",
            "usagers",
            "candidats",
            "adherents",
        ],
        false => [
            "patients",
            "students",
            "members",
            "customers",
            "contacts",
            "people",
        ],
    };
    let authors = match is_french {
        true => ["cree_par", "auteur", "redacteur", "saisi_par"],
        false => ["created_by", "author", "updatedBy", "post_author"],
    };
    let key_name = match key {
        Some(Way::Counter) => "pk",
        Some(key) => key.member(is_french),
        None => "",
    };
    let main_name = match main {
        Way::Counter | Way::ObjectId => "id",
        main if draw.one_in(2) => main.member(is_french),
        _ => "id",
    };
    Style {
        main,
        key: key.filter(|_| key_name != main_name),
        is_key_listed: draw.one_in(2),
        links_by_key: key.is_some() && draw.one_in(2),
        has_names: main == Way::Counter || !draw.one_in(3),
        is_french,
        entity: draw.of(&entities),
        things: match is_french {
            true => draw.of(&["offres", "dossiers", "commandes", "rendez-vous"]),
            false => draw.of(&["offers", "orders", "tickets", "events"]),
        },
        main_name,
        key_name,
        numbers_are_texts: draw.one_in(3),
        author: Some(draw.of(&authors)).filter(|_| !draw.one_in(3)),
        chooser: draw.of(&["page", "module", "view", "action", "p", "ecran"]),
        delimiter: draw.of(&[';', ',', '\t']),
        class: draw.of(&["card", "fiche", "item", "row-x", "css-1q2w3e"]),
        by_parameter: draw.one_in(3),
    }
}

/// The portal of a seed.
pub(crate) fn generated(seed: u64) -> GeneratedPortal {
    let mut draw = Draw::new(seed + 77);
    let main = WAYS[seed as usize % WAYS.len()];
    let style = style(&mut draw, main);
    let count = 80 + draw.below(160);
    let persons = (0..count)
        .map(|number| {
            let (family, given) = names(number);
            GeneratedPerson {
                main: main.text(seed, number, 0),
                // In another order than the persons, as tables of their own have.
                key: style
                    .key
                    .map_or_else(String::new, |key| key.text(seed, number * 7 % 9973, 5)),
                family,
                given,
            }
        })
        .collect();
    let mut portal = GeneratedPortal {
        seed,
        style,
        persons,
        learnt_from: Vec::new(),
        held_out: Vec::new(),
    };
    let sorts: Vec<Sort> = [JSON_SORTS, PAGE_SORTS, OTHER_SORTS, POST_SORTS].concat();
    for sort in sorts {
        if draw.one_in(2) {
            continue;
        }
        let count = 5 + draw.below(8);
        for number in 0..count + 8 {
            let mut made = sort.1(&portal, &mut draw);
            made.sort = sort.0;
            match number < count {
                true => portal.learnt_from.push(made),
                false => portal.held_out.push(made),
            }
        }
    }
    // In no order, as traffic comes.
    for place in (1..portal.learnt_from.len()).rev() {
        let other = draw.below(place + 1);
        portal.learnt_from.swap(place, other);
    }
    portal
}

impl GeneratedPortal {
    /// What the operator gives.
    pub(crate) fn known(&self) -> KnownPersons {
        let style = &self.style;
        let key = style.key.filter(|_| style.is_key_listed);
        let mut header = vec![style.main.member(style.is_french).to_owned()];
        header.extend(key.map(|_| style.key_name.to_owned()));
        if style.has_names {
            header.extend(["nom".to_owned(), "prenom".to_owned()]);
        }
        let mut choice = ColumnChoice {
            identifiers: vec![header[0].clone()],
            names: Vec::new(),
        };
        choice
            .identifiers
            .extend(key.map(|_| style.key_name.to_owned()));
        let row = |person: &GeneratedPerson| {
            let mut row = vec![person.main.clone()];
            row.extend(key.map(|_| person.key.clone()));
            if style.has_names {
                row.extend([person.family.clone(), person.given.to_owned()]);
            }
            row
        };
        let rows = self.persons.iter().map(row).collect();
        KnownPersons::from_table(&PersonsTable { header, rows }, &choice)
            .unwrap()
            .0
    }

    /// Whose identifier a text is.
    pub(crate) fn person_of(&self, text: &str) -> Option<usize> {
        let is_main = |person: &GeneratedPerson| person.main.eq_ignore_ascii_case(text);
        let is_key = |person: &GeneratedPerson| person.key.eq_ignore_ascii_case(text);
        let main = self.persons.iter().position(is_main);
        main.or_else(|| self.persons.iter().position(is_key))
    }

    pub(crate) fn one(&self, draw: &mut Draw) -> usize {
        draw.below(self.persons.len())
    }

    /// Some distinct persons.
    pub(crate) fn some(&self, draw: &mut Draw, most: usize) -> Vec<usize> {
        let count = 2 + draw.below(most - 1);
        let chosen: BTreeSet<usize> = (0..count).map(|_| self.one(draw)).collect();
        let mut chosen: Vec<usize> = chosen.into_iter().collect();
        chosen.sort_by_key(|person| mixed(self.seed, *person, 3));
        chosen
    }

    /// An identifier as JSON writes it.
    pub(crate) fn id(&self, person: usize) -> Value {
        self.value(self.style.main, &self.persons[person].main)
    }

    pub(crate) fn value(&self, way: Way, text: &str) -> Value {
        match text.parse::<u64>() {
            Ok(number) if way.is_number() && !self.style.numbers_are_texts => json!(number),
            _ => json!(text),
        }
    }

    /// The identifier of another thing: in the form of the persons' wherever programs number all
    /// things alike.
    pub(crate) fn thing(&self, number: usize) -> Value {
        let way = match self.style.main {
            way @ (Way::Uuid | Way::Hashed | Way::ObjectId | Way::Ulid | Way::Drawn) => way,
            Way::Long => Way::Long,
            _ => Way::Counter,
        };
        match way {
            Way::Long => json!(9_000_000 + number),
            way => self.value(way, &way.text(self.seed, number, 11)),
        }
    }

    pub(crate) fn thing_text(&self, number: usize) -> String {
        match self.thing(number) {
            Value::String(text) => text,
            other => other.to_string(),
        }
    }

    /// Small numbers as a rule, whatever numbers persons: agents are few.
    pub(crate) fn agent(&self, draw: &mut Draw) -> (usize, Value) {
        let agent = draw.below(AGENTS.len());
        let id = match self.style.main {
            Way::Uuid => json!(uuid(self.seed, agent, 23)),
            Way::Mail => json!(format!("agent{agent}@portail.example")),
            _ => json!(agent + 1),
        };
        (agent, id)
    }

    pub(crate) fn moment(&self, draw: &mut Draw) -> String {
        let (month, day, hour) = (1 + draw.below(12), 1 + draw.below(28), draw.below(24));
        format!(
            "2026-{month:02}-{day:02}T{hour:02}:{:02}:00Z",
            draw.below(60)
        )
    }

    /// A person's record.
    pub(crate) fn record(&self, draw: &mut Draw, person: usize) -> Value {
        let style = &self.style;
        let mut record = Map::new();
        let own = &self.persons[person];
        record.insert(style.main_name.to_owned(), self.id(person));
        if let Some(key) = style.key {
            record.insert(style.key_name.to_owned(), self.value(key, &own.key));
        }
        let (family, given) = match style.is_french {
            true => ("nom", "prenom"),
            false => ("lastName", "firstName"),
        };
        record.insert(family.to_owned(), json!(own.family));
        record.insert(given.to_owned(), json!(own.given));
        let (town, birth) = match style.is_french {
            true => ("ville", "date_naissance"),
            false => ("city", "birthDate"),
        };
        record.insert(town.to_owned(), json!(TOWNS[person % 6]));
        let year = 1950 + person % 60;
        record.insert(
            birth.to_owned(),
            json!(format!("{year}-{:02}-11", 1 + person % 12)),
        );
        record.insert("actif".to_owned(), json!(!person.is_multiple_of(3)));
        record.insert("points".to_owned(), json!(draw.below(200)));
        if let Some(author) = style.author {
            record.insert(author.to_owned(), self.agent(draw).1);
            let at = match style.is_french {
                true => "cree_le",
                false => "createdAt",
            };
            record.insert(at.to_owned(), json!(self.moment(draw)));
        }
        Value::Object(record)
    }

    pub(crate) fn records(&self, draw: &mut Draw, persons: &[usize]) -> Vec<Value> {
        persons
            .iter()
            .map(|person| self.record(draw, *person))
            .collect()
    }

    /// The identifier by which addresses name a person.
    pub(crate) fn link_id(&self, person: usize) -> &str {
        let own = &self.persons[person];
        match self.style.links_by_key && self.style.key.is_some() {
            true => &own.key,
            false => &own.main,
        }
    }

    /// The address of a person's page or record.
    pub(crate) fn link(&self, prefix: &str, person: usize) -> String {
        let (entity, id) = (self.style.entity, self.link_id(person));
        match self.style.by_parameter {
            true => format!("{prefix}/{entity}/fiche?id={id}"),
            false => format!("{prefix}/{entity}/{id}"),
        }
    }

    pub(crate) fn full_name(&self, person: usize) -> String {
        let own = &self.persons[person];
        format!("{} {}", own.family, own.given)
    }

    pub(crate) fn get(
        &self,
        target: &str,
        media: &str,
        body: String,
        truth: impl IntoIterator<Item = usize>,
    ) -> GeneratedExchange {
        GeneratedExchange {
            sort: "",
            exchange: HeldExchange::get(&format!("{ORIGIN}{target}"), media, body),
            truth: truth.into_iter().collect(),
            is_write: false,
        }
    }

    pub(crate) fn json(
        &self,
        target: &str,
        body: &Value,
        truth: impl IntoIterator<Item = usize>,
    ) -> GeneratedExchange {
        self.get(target, "application/json", body.to_string(), truth)
    }

    /// A page of the portal: a menu, a token, who is signed in, a footer with an address of mail.
    pub(crate) fn page(&self, title: &str, main: &str) -> String {
        let (entity, things) = (self.style.entity, self.style.things);
        let token = hex(self.seed, main.len(), 31, 32);
        let build = uuid(self.seed, 1, 37);
        format!(
            "<!doctype html><html lang=fr><head><meta charset=utf-8><title>{title}</title>\
             <meta name=csrf-token content={token}><meta name=build content={build}>\
             <link rel=stylesheet href=/static/app.css?v=1795977639123></head><body>\
             <nav class=menu><a href=/>Accueil</a><a href=/{entity}?page=1>Liste</a>\
             <a href=/{things}>Autres</a><span class=moi>Odile Service</span></nav>\
             <main id=contenu><h1>{title}</h1>{main}</main>\
             <footer class=pied>Version 4.2.1 du 12/01/2026, <a href=mailto:aide@portail.example>aide@portail.example</a>\
             </footer></body></html>"
        )
    }

    pub(crate) fn html(
        &self,
        target: &str,
        title: &str,
        main: &str,
        truth: impl IntoIterator<Item = usize>,
    ) -> GeneratedExchange {
        self.get(
            target,
            "text/html; charset=utf-8",
            self.page(title, main),
            truth,
        )
    }

    pub(crate) fn posted(
        &self,
        made: GeneratedExchange,
        request_type: &str,
        body: String,
    ) -> GeneratedExchange {
        let exchange = HeldExchange {
            method: "POST".to_owned(),
            request_type: request_type.to_owned(),
            request_body: body.into_bytes(),
            ..made.exchange
        };
        GeneratedExchange { exchange, ..made }
    }
}
