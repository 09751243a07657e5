//! Made-up portals: random routes, shapes of identifiers, JSON, pages and tables, with decoys
//! beside the persons.
//!
//! Every answer comes with the truth, the persons whose identifier it shows, which no reader had a
//! part in.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;

use digue_survey::HeldExchange;
use digue_survey::known::{ColumnChoice, KnownPersons, PersonsTable};

/// A small generator (xorshift64*): the same seed makes the same portal everywhere.
pub(crate) struct Draw(u64);

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, count: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize) % count.max(1)
    }

    pub(crate) fn of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    pub(crate) fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }
}

/// How the portal numbers its persons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Numbering {
    /// `P0042`
    Prefixed,
    /// `1000042B`
    Lettered,
    Uuid,
    /// `2026042`
    Long,
    /// 1, 2, 3: also orders, pages and notes have such numbers.
    Counter,
}

const NUMBERINGS: [Numbering; 5] = [
    Numbering::Prefixed,
    Numbering::Lettered,
    Numbering::Uuid,
    Numbering::Long,
    Numbering::Counter,
];

pub(crate) struct Person {
    pub(crate) id: String,
    family: String,
    given: String,
    /// The key of the portal's own tables.
    key: usize,
}

/// One request with its answer, and the persons whom the answer shows by an identifier.
pub(crate) struct MadeExchange {
    /// The sort of address.
    of: &'static str,
    pub(crate) exchange: HeldExchange,
    pub(crate) truth: BTreeSet<usize>,
}

pub(crate) struct MadePortal {
    pub(crate) numbering: Numbering,
    pub(crate) persons: Vec<Person>,
    pub(crate) learnt_from: Vec<MadeExchange>,
    pub(crate) held_out: Vec<MadeExchange>,
}

pub(crate) const FAMILIES: [&str; 24] = [
    "Dupont", "Petit", "Martin", "Bernard", "Robert", "Richard", "Durand", "Leroy", "Moreau",
    "Simon", "Laurent", "Lefebvre", "Michel", "Garcia", "David", "Bertrand", "Roux", "Vincent",
    "Fournier", "Morel", "Girard", "Andre", "Mercier", "Blanc",
];
pub(crate) const GIVEN: [&str; 20] = [
    "Marie", "Jean", "Aoife", "Léa", "Hugo", "Chloé", "Louis", "Emma", "Adam", "Jade", "Paul",
    "Inès", "Noé", "Zoé", "Ali", "Rose", "Luc", "Nina", "Omar", "Eva",
];
const ENTITIES: [&str; 8] = [
    "eleves",
    "students",
    "patients",
    "beneficiaires",
    "candidats",
    "members",
    "usagers",
    "stagiaires",
];
pub(crate) const TOWNS: [&str; 6] = ["Évreux", "Lyon", "Brest", "Nîmes", "Pau", "Albi"];

/// The choices that make one portal differ from another.
struct Style {
    entity: &'static str,
    list: ListForm,
    id_name: &'static str,
    page_size: usize,
    /// Pages link persons by the key of their table and show the number as text.
    links_by_key: bool,
    cards: bool,
    delimiter: char,
    title_above_table: bool,
    mentions: bool,
    odd_class: bool,
}

#[derive(Clone, Copy)]
enum ListForm {
    Items,
    Bare,
    Nested,
    Hydra,
}

pub(crate) fn portal(seed: u64) -> MadePortal {
    let mut draw = Draw::new(seed);
    let numbering = NUMBERINGS[seed as usize % NUMBERINGS.len()];
    let count = 60 + draw.below(180);
    let persons = persons(&mut draw, numbering, count);
    let is_counter = numbering == Numbering::Counter;
    let style = Style {
        entity: draw.of(&ENTITIES),
        list: draw.of(&[
            ListForm::Items,
            ListForm::Bare,
            ListForm::Nested,
            ListForm::Hydra,
        ]),
        id_name: draw.of(&["id", "numero", "ref"]),
        page_size: 10 + draw.below(20),
        links_by_key: !is_counter && draw.one_in(3),
        cards: draw.one_in(2),
        delimiter: draw.of(&[';', ',', '\t']),
        title_above_table: draw.one_in(3),
        mentions: !is_counter && numbering != Numbering::Long && draw.one_in(2),
        odd_class: draw.one_in(2),
    };
    let maker = Maker {
        persons: &persons,
        style: &style,
    };
    let mut all = maker.everything(&mut draw);
    // A third of the traffic is learnt from, in no order; the rest is unseen persons, pages and
    // files.
    let mut learnt_from = Vec::new();
    let mut held_out = Vec::new();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    while let Some(made) = all.pop() {
        let count = seen.entry(made.of).or_default();
        *count += 1;
        // Of each sort of address a session shows a few.
        if *count <= 3 || draw.below(3) == 0 {
            learnt_from.push(made)
        } else {
            held_out.push(made)
        }
    }
    MadePortal {
        numbering,
        persons,
        learnt_from,
        held_out,
    }
}

fn persons(draw: &mut Draw, numbering: Numbering, count: usize) -> Vec<Person> {
    let start = draw.below(3000);
    (0..count)
        .map(|place| {
            let number = start + place * 7 % 9973;
            let id = match numbering {
                Numbering::Prefixed => format!("P{number:05}"),
                Numbering::Lettered => {
                    format!(
                        "{:07}{}",
                        1_000_000 + number,
                        (b'A' + (number % 26) as u8) as char
                    )
                }
                Numbering::Uuid => format!(
                    "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
                    number.wrapping_mul(2_654_435_761) as u32,
                    draw.below(65536),
                    draw.below(4096),
                    draw.below(4096),
                    draw.below(1 << 30) * 977 + number
                ),
                Numbering::Long => format!("{}", 2_026_000 + place * 3),
                Numbering::Counter => format!("{}", place + 1),
            };
            // Pairs of names are of one person each: a namesake confirms nobody.
            let family = format!(
                "{}{}",
                FAMILIES[place % 24],
                ["", "-Roy", "-Gil", "-Bon"][place / 480 % 4]
            );
            Person {
                id,
                family,
                given: GIVEN[place / 24 % 20].to_owned(),
                key: 10_000 + place * 3,
            }
        })
        .collect()
}

/// An archive of these entries.
pub(crate) fn packed(entries: &[(String, Vec<u8>)], method: zip::CompressionMethod) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(method);
    for (name, bytes) in entries {
        writer.start_file(name.as_str(), options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

struct Maker<'m> {
    persons: &'m [Person],
    style: &'m Style,
}

impl Maker<'_> {
    fn everything(&self, draw: &mut Draw) -> Vec<MadeExchange> {
        let mut all = Vec::new();
        let mut add = |of: &'static str, made: MadeExchange| all.push(MadeExchange { of, ..made });
        let pages = self.persons.len().div_ceil(self.style.page_size);
        for page in 0..pages {
            add("json list", self.json_list(page));
            add("html list", self.html_list(page));
            add("orders", self.orders(draw, page));
        }
        for place in 0..self.persons.len() {
            if draw.one_in(2) {
                add("json detail", self.json_detail(place));
            }
            if draw.one_in(2) {
                add("html detail", self.html_detail(draw, place));
            }
            if draw.one_in(4) {
                add("notes", self.notes(draw, place));
            }
            if draw.one_in(6) {
                add("missing", self.missing(place));
            }
        }
        for _ in 0..6 {
            add("export", self.export(draw));
            add("choice", self.choice(draw));
            add("home", self.home(draw));
            add("statistics", self.statistics(draw));
            add("config", self.config());
            add("search", self.search(draw));
            add("write", self.write(draw));
            add("archive", self.archive(draw));
            add("stream", self.stream(draw));
        }
        for name in ["app.css", "app.js", "logo.png"] {
            add("resource", self.resource(name));
            add("resource", self.resource(name));
            add("resource", self.resource(name));
        }
        all
    }

    fn page_of(&self, page: usize) -> std::ops::Range<usize> {
        let size = self.style.page_size;
        (page * size)..((page + 1) * size).min(self.persons.len())
    }

    fn url(&self, rest: &str) -> String {
        format!("https://portail.example{rest}")
    }

    fn made(&self, rest: &str, media: &str, body: String, truth: BTreeSet<usize>) -> MadeExchange {
        MadeExchange {
            of: "",
            exchange: HeldExchange::get(&self.url(rest), media, body),
            truth,
        }
    }

    fn json_id(&self, place: usize) -> String {
        let id = &self.persons[place].id;
        if id.bytes().all(|byte| byte.is_ascii_digit()) {
            id.clone()
        } else {
            format!("\"{id}\"")
        }
    }

    fn json_person(&self, place: usize) -> String {
        let person = &self.persons[place];
        format!(
            "{{\"{}\":{},\"nom\":\"{}\",\"prenom\":\"{}\",\"date_naissance\":\"19{}-0{}-1{}\",\"ville\":\"{}\",\
             \"telephone\":\"06{:08}\",\"solde\":{}.5,\"actif\":true,\"note\":null}}",
            self.style.id_name,
            self.json_id(place),
            person.family,
            person.given,
            50 + place % 50,
            1 + place % 9,
            place % 10,
            TOWNS[place % 6],
            place * 977 % 99_999_999,
            place % 300,
        )
    }

    fn json_list(&self, page: usize) -> MadeExchange {
        let range = self.page_of(page);
        let items: Vec<String> = range.clone().map(|place| self.json_person(place)).collect();
        let items = items.join(",");
        let total = self.persons.len();
        let body = match self.style.list {
            ListForm::Items => format!(
                "{{\"items\":[{items}],\"total\":{total},\"page\":{{\"numero\":{page},\"suivante\":\"/api/{}?page={}\"}}}}",
                self.style.entity,
                page + 1
            ),
            ListForm::Bare => format!("[{items}]"),
            ListForm::Nested => format!(
                "{{\"meta\":{{\"generated\":\"2026-01-0{}T10:00:00Z\",\"by\":\"api\"}},\"data\":{{\"results\":[{items}],\"count\":{total}}}}}",
                1 + page % 9
            ),
            ListForm::Hydra => format!(
                "{{\"@context\":\"/contexts\",\"hydra:member\":[{items}],\"hydra:totalItems\":{total},\"hydra:view\":{{\"@id\":\"/api?page={page}\"}}}}"
            ),
        };
        self.made(
            &format!("/api/{}?page={page}&sort=nom", self.style.entity),
            "application/json",
            body,
            range.collect(),
        )
    }

    fn json_detail(&self, place: usize) -> MadeExchange {
        let mut body = self.json_person(place);
        body.pop();
        body.push_str(
            ",\"adresse\":{\"rue\":\"12 rue des Lilas\",\"code_postal\":\"27000\"},\"contrats\":[",
        );
        for contract in 0..place % 3 {
            if contract > 0 {
                body.push(',');
            }
            write!(
                body,
                "{{\"contrat_id\":{},\"montant\":\"{},00\"}}",
                40 + contract + place,
                place * 10
            )
            .unwrap();
        }
        body.push_str("]}");
        let rest = format!("/api/{}/{}", self.style.entity, self.persons[place].id);
        self.made(
            &rest,
            "application/json; charset=utf-8",
            body,
            BTreeSet::from([place]),
        )
    }

    /// Orders of anybody: each has its own number, and names its customer.
    fn orders(&self, draw: &mut Draw, page: usize) -> MadeExchange {
        let mut truth = BTreeSet::new();
        let orders: Vec<String> = (0..8)
            .map(|order| {
                let place = draw.below(self.persons.len());
                truth.insert(place);
                let person = &self.persons[place];
                format!(
                    "{{\"id\":{},\"numero\":\"CMD-2026-{:05}\",\"montant\":{}.90,\"passee_le\":\"2026-02-1{}\",\
                     \"client\":{{\"id\":{},\"nom\":\"{}\",\"prenom\":\"{}\"}}}}",
                    900 + page * 8 + order,
                    page * 8 + order,
                    draw.below(500),
                    draw.below(10),
                    self.json_id(place),
                    person.family,
                    person.given,
                )
            })
            .collect();
        let body = format!(
            "{{\"commandes\":[{}],\"total\":{}}}",
            orders.join(","),
            page * 8
        );
        self.made(
            &format!("/api/commandes?page={page}"),
            "application/json",
            body,
            truth,
        )
    }

    /// True when the numbers of persons tell by themselves.
    fn is_searched(&self) -> bool {
        let is_number = |person: &Person| person.id.bytes().all(|byte| byte.is_ascii_digit());
        !self.persons.iter().any(is_number)
    }

    /// The files of some persons, packed: one table, one file each, a picture, an explanation.
    fn archive(&self, draw: &mut Draw) -> MadeExchange {
        let truth: BTreeSet<usize> = (0..1 + draw.below(12))
            .map(|_| draw.below(self.persons.len()))
            .collect();
        let mut table = format!("{};Nom;Prénom;Ville\n", self.style.id_name);
        let mut entries = Vec::new();
        for place in &truth {
            let person = &self.persons[*place];
            let (family, given, town) = (&person.family, &person.given, TOWNS[place % 6]);
            writeln!(table, "{};{family};{given};{town}", person.id).unwrap();
            let name = format!("fiches/fiche-{}.json", person.key);
            entries.push((name, self.json_person(*place).into_bytes()));
        }
        // Few rows of small numbers are not enough to tell them from any others.
        if self.is_searched() {
            entries.push(("personnes.csv".to_owned(), table.into_bytes()));
        }
        entries.push(("logo.png".to_owned(), b"\x89PNG\r\n\x1a\n\0\0".to_vec()));
        // A text is read by nothing but a search, and some numbers are searched for nowhere.
        if self.is_searched() {
            let explained = b"Un fichier par dossier, et leur liste.".to_vec();
            entries.push(("LISEZMOI.txt".to_owned(), explained));
        }
        let mut made = self.made(
            &format!("/archives/{}", 1 + draw.below(500)),
            "application/zip",
            String::new(),
            truth,
        );
        made.exchange.body = Ok(packed(&entries, zip::CompressionMethod::Deflated));
        made
    }

    /// News of persons, one event each, and signs of life.
    fn stream(&self, draw: &mut Draw) -> MadeExchange {
        let mut truth = BTreeSet::new();
        let mut body = String::from(": ouvert\n\n");
        for number in 0..2 + draw.below(8) {
            let place = draw.below(self.persons.len());
            truth.insert(place);
            let person = self.json_person(place);
            write!(body, "id: n{number}\nevent: dossier\ndata: {person}\n\n").unwrap();
            if self.is_searched() {
                body.push_str("event: ping\ndata: ok\n\n");
            }
        }
        self.made("/flux", "text/event-stream", body, truth)
    }

    fn notes(&self, draw: &mut Draw, place: usize) -> MadeExchange {
        let mut truth = BTreeSet::from([place]);
        let mut text = format!(
            "Appel le 0{}/03/2026 à 14h, rappeler au 06 12 34 56 78.",
            1 + draw.below(9)
        );
        if self.style.mentions {
            let other = draw.below(self.persons.len());
            truth.insert(other);
            write!(text, " Voir aussi {}.", self.persons[other].id).unwrap();
        }
        let body = format!(
            "{{\"dossier\":{{\"titulaire\":{},\"ouvert_le\":\"2025-11-02\"}},\"notes\":[{{\"note_id\":{},\"texte\":\"{text}\"}}]}}",
            self.json_id(place),
            draw.below(5000),
        );
        let rest = format!(
            "/api/{}/{}/notes",
            self.style.entity, self.persons[place].id
        );
        self.made(&rest, "application/json", body, truth)
    }

    fn missing(&self, place: usize) -> MadeExchange {
        let rest = format!("/api/{}/{}999", self.style.entity, place);
        let mut made = self.made(
            &rest,
            "application/json",
            "{\"detail\":\"Not found.\"}".into(),
            BTreeSet::new(),
        );
        made.exchange.status = 404;
        made
    }

    fn link(&self, place: usize) -> String {
        let person = &self.persons[place];
        match self.style.links_by_key {
            true => format!("/{}/{}", self.style.entity, person.key),
            false => format!("/{}/{}", self.style.entity, person.id),
        }
    }

    fn layout(&self, title: &str, main: &str) -> String {
        format!(
            "<!doctype html><html lang=fr><head><title>{title}</title><link rel=stylesheet href=/static/app.css></head>\
             <body><nav class=menu><a href=/>Accueil</a> <a href=/{e}?page=0>Liste</a> <a href=/statistiques>Chiffres</a></nav>\
             <main id=contenu><h1>{title}</h1>{main}</main><footer class=pied>Version 4.2.1, 2026</footer></body></html>",
            e = self.style.entity
        )
    }

    fn html_list(&self, page: usize) -> MadeExchange {
        let range = self.page_of(page);
        let mut main = String::new();
        if self.style.cards {
            main.push_str("<div class=liste>");
            for place in range.clone() {
                let person = &self.persons[place];
                write!(
                    main,
                    "<div class=\"carte {}\"><h2><a href=\"{}\">{} {}</a></h2><p class=num>{}</p><p>{}, 12,50 €</p></div>",
                    if self.style.odd_class && place % 2 == 1 { "odd" } else { "even" },
                    self.link(place),
                    person.family,
                    person.given,
                    person.id,
                    TOWNS[place % 6],
                )
                .unwrap();
            }
            main.push_str("</div>");
        } else {
            main.push_str(
                "<table class=\"liste table\"><thead><tr><th>Numéro<th>Nom<th>Ville</tr></thead><tbody>",
            );
            for place in range.clone() {
                let person = &self.persons[place];
                write!(
                    main,
                    "<tr{}><td>{}</td><td><a href='{}'>{} {}</a></td><td>{}</td></tr>",
                    if self.style.odd_class && place % 2 == 1 {
                        " class=odd"
                    } else {
                        ""
                    },
                    person.id,
                    self.link(place),
                    person.family,
                    person.given,
                    TOWNS[place % 6],
                )
                .unwrap();
            }
            main.push_str("</tbody></table>");
        }
        write!(
            main,
            "<p class=pages>Page {page} <a href=\"?page={}\">suivante</a></p>",
            page + 1
        )
        .unwrap();
        let rest = format!("/{}?page={page}", self.style.entity);
        self.made(
            &rest,
            "text/html; charset=utf-8",
            self.layout("Liste", &main),
            range.collect(),
        )
    }

    fn html_detail(&self, draw: &mut Draw, place: usize) -> MadeExchange {
        let person = &self.persons[place];
        let mut truth = BTreeSet::from([place]);
        let mut note = String::from("Rien à signaler depuis le 12/01/2026.");
        if self.style.mentions && draw.one_in(3) {
            let other = draw.below(self.persons.len());
            truth.insert(other);
            write!(note, " Parent de {}.", self.persons[other].id).unwrap();
        }
        let main = format!(
            "<dl class=fiche><dt>Numéro</dt><dd class=numero>{}</dd><dt>Nom</dt><dd>{} {}</dd><dt>Téléphone</dt>\
             <dd>06 {:02} 11 22 33</dd><dt>Dû</dt><dd>{},00 €</dd></dl><p>{note}</p>\
             <form action=\"{}/modifier\" method=post><input name=nom value=\"{}\"><button>Enregistrer</button></form>",
            person.id,
            person.family,
            person.given,
            place % 100,
            place * 3,
            self.link(place),
            person.family,
        );
        self.made(
            &self.link(place),
            "text/html; charset=utf-8",
            self.layout("Fiche", &main),
            truth,
        )
    }

    fn export(&self, draw: &mut Draw) -> MadeExchange {
        let d = self.style.delimiter;
        let mut text = String::new();
        if self.style.title_above_table {
            text.push_str("Export du portail\n\n");
        }
        let has_town = draw.one_in(2);
        write!(text, "numero{d}nom{d}prenom{d}commande").unwrap();
        text.push_str(&if has_town {
            format!("{d}ville\n")
        } else {
            "\n".to_owned()
        });
        let mut truth = BTreeSet::new();
        let from = draw.below(self.persons.len() / 2);
        for place in from..self.persons.len().min(from + 30) {
            let person = &self.persons[place];
            truth.insert(place);
            write!(
                text,
                "{}{d}{}{d}{}{d}CMD-2026-{:05}",
                person.id, person.family, person.given, place
            )
            .unwrap();
            text.push_str(&if has_town {
                format!("{d}{}\n", TOWNS[place % 6])
            } else {
                "\n".to_owned()
            });
        }
        let rest = format!("/export/{}.csv?from={from}", self.style.entity);
        self.made(&rest, "text/csv; charset=utf-8", text, truth)
    }

    fn choice(&self, draw: &mut Draw) -> MadeExchange {
        let mut options = String::from("<option value=\"\">Choisir…</option>");
        let mut truth = BTreeSet::new();
        for _ in 0..6 {
            let place = draw.below(self.persons.len());
            let person = &self.persons[place];
            truth.insert(place);
            write!(
                options,
                "<option value=\"{}\">{} {}</option>",
                person.id, person.family, person.given
            )
            .unwrap();
        }
        let main = format!(
            "<form><label>Pour</label><select name=\"{}_id\">{options}</select><select name=mois><option value=1>janvier\
             <option value=2>février</select></form>",
            self.style.entity.trim_end_matches('s')
        );
        self.made(
            "/rendez-vous/nouveau",
            "text/html; charset=utf-8",
            self.layout("Rendez-vous", &main),
            truth,
        )
    }

    fn home(&self, draw: &mut Draw) -> MadeExchange {
        let main = format!(
            "<p>Bonjour. {} dossiers, mis à jour le 0{}/02/2026.</p>",
            draw.below(900),
            1 + draw.below(8)
        );
        self.made(
            "/",
            "text/html; charset=utf-8",
            self.layout("Accueil", &main),
            BTreeSet::new(),
        )
    }

    fn statistics(&self, draw: &mut Draw) -> MadeExchange {
        let mut rows = String::new();
        for town in TOWNS {
            write!(
                rows,
                "<tr><td>{town}</td><td>{}</td><td>{},5 %</td></tr>",
                draw.below(300),
                draw.below(90)
            )
            .unwrap();
        }
        let main = format!("<table class=chiffres><tbody>{rows}</tbody></table>");
        self.made(
            "/statistiques",
            "text/html; charset=utf-8",
            self.layout("Chiffres", &main),
            BTreeSet::new(),
        )
    }

    fn config(&self) -> MadeExchange {
        let body = "{\"version\":\"4.2.1\",\"features\":[\"export\",\"notes\"],\"limits\":{\"page\":50,\"upload\":1048576}}";
        self.made(
            "/api/config",
            "application/json",
            body.into(),
            BTreeSet::new(),
        )
    }

    /// A search: some find one person, some nobody.
    fn search(&self, draw: &mut Draw) -> MadeExchange {
        let place = draw.below(self.persons.len());
        let finds = draw.one_in(2);
        let items = if finds {
            self.json_person(place)
        } else {
            String::new()
        };
        let body = format!(
            "{{\"resultats\":[{items}],\"nombre\":{}}}",
            usize::from(finds)
        );
        let truth = if finds {
            BTreeSet::from([place])
        } else {
            BTreeSet::new()
        };
        let rest = format!("/api/recherche?q={}", self.persons[place].family);
        self.made(&rest, "application/json", body, truth)
    }

    fn write(&self, draw: &mut Draw) -> MadeExchange {
        let place = draw.below(self.persons.len());
        let rest = format!("/api/{}/{}", self.style.entity, self.persons[place].id);
        let mut made = self.made(
            &rest,
            "application/json",
            self.json_person(place),
            BTreeSet::from([place]),
        );
        made.exchange.method = "PUT".to_owned();
        made.exchange.request_type = "application/json".to_owned();
        made.exchange.request_body = self.json_person(place).into_bytes();
        made
    }

    fn resource(&self, name: &str) -> MadeExchange {
        let (media, body): (&str, Vec<u8>) = match name.rsplit('.').next() {
            Some("css") => ("text/css", b"body{margin:0;color:#123456}".to_vec()),
            Some("js") => (
                "text/javascript",
                b"var n=2026001,p='P9';function f(a){return a+1}".to_vec(),
            ),
            _ => ("image/png", b"\x89PNG\r\n\x1a\n\0\xff".to_vec()),
        };
        let exchange = HeldExchange::get(&self.url(&format!("/static/{name}")), media, body);
        MadeExchange {
            of: "",
            exchange,
            truth: BTreeSet::new(),
        }
    }
}

impl MadePortal {
    /// The operator's list: every person, or one in `part`.
    pub(crate) fn known(&self, part: usize, with_names: bool) -> KnownPersons {
        let header: &[&str] = if with_names {
            &["id", "nom", "prenom"]
        } else {
            &["id"]
        };
        let row = |person: &Person| {
            let mut row = vec![person.id.clone()];
            if with_names {
                row.extend([person.family.clone(), person.given.clone()]);
            }
            row
        };
        let table = PersonsTable {
            header: header.iter().map(|name| (*name).to_owned()).collect(),
            rows: self.persons.iter().step_by(part).map(row).collect(),
        };
        KnownPersons::from_table(&table, &ColumnChoice::default())
            .unwrap()
            .0
    }

    pub(crate) fn learnt_from(&self) -> Vec<HeldExchange> {
        self.learnt_from
            .iter()
            .map(|made| made.exchange.clone())
            .collect()
    }

    /// The person whose number, or key in links, a found identifier is.
    pub(crate) fn person_of(&self, text: &str) -> Option<usize> {
        self.persons.iter().position(|person| {
            person.id.eq_ignore_ascii_case(text) || person.key.to_string() == text
        })
    }
}
