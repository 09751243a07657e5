//! Pages that show persons: tables, sheets, links, choices, data for scripts.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::generated::{AGENTS, GeneratedExchange, GeneratedPortal, Sort, Way};
use crate::made::{Draw, TOWNS};

pub(crate) const PAGE_SORTS: &[Sort] = &[
    ("table", table),
    ("page of one", sheet),
    ("links", links),
    ("choices", choices),
    ("data attributes", data_attributes),
    ("script", script),
    ("json in an attribute", json_attribute),
    ("two tables", two_tables),
    ("chosen page of one", chosen_sheet),
    ("chosen list", chosen_list),
    ("form of one", form),
    ("cards", cards),
    ("fragment", fragment),
];

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
}

fn row(portal: &GeneratedPortal, person: usize) -> String {
    let own = &portal.persons[person];
    format!(
        "<tr><td>{}</td><td><a href=\"{}\">{}</a></td><td>{}</td><td>{} €</td></tr>",
        own.main,
        portal.link("", person),
        portal.full_name(person),
        TOWNS[person % 6],
        person % 90
    )
}

fn person_table(portal: &GeneratedPortal, page: &[usize]) -> String {
    let rows: String = page.iter().map(|person| row(portal, *person)).collect();
    format!(
        "<table class=liste><thead><tr><th>Numéro<th>Nom<th>Ville<th>Dû</tr></thead><tbody>{rows}</tbody></table>"
    )
}

fn table(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let page = portal.some(draw, 20);
    let main = format!(
        "{}<p class=pages>Page 2 sur 12 <a href=\"?page=3\">suivante</a></p>",
        person_table(portal, &page)
    );
    portal.html(
        &format!("/{}?page={}", portal.style.entity, draw.below(12)),
        "Liste",
        &main,
        page,
    )
}

fn definition(portal: &GeneratedPortal, person: usize) -> String {
    let own = &portal.persons[person];
    format!(
        "<dl class=fiche><dt>Numéro</dt><dd class=numero>{}</dd><dt>Nom</dt><dd>{}</dd><dt>Ville</dt><dd>{}</dd><dt>Téléphone</dt><dd>06 12 {:02} 11 22</dd></dl>",
        own.main,
        portal.full_name(person),
        TOWNS[person % 6],
        person % 100
    )
}

fn sheet(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let person = portal.one(draw);
    let mut main = definition(portal, person);
    write!(main, "<ul class=documents>").unwrap();
    for _ in 0..draw.below(4) {
        let number = draw.below(900);
        write!(
            main,
            "<li><a href=/documents/{}>Pièce {number}</a>, {} Ko</li>",
            portal.thing_text(number),
            draw.below(900)
        )
        .unwrap();
    }
    main.push_str("</ul>");
    portal.html(&portal.link("", person), "Fiche", &main, [person])
}

fn links(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let page = portal.some(draw, 12);
    let mut main = String::from("<ul class=personnes>");
    for person in &page {
        write!(
            main,
            "<li><a href=\"{}\">{}</a> <small>{}</small></li>",
            portal.link("", *person),
            portal.full_name(*person),
            TOWNS[person % 6]
        )
        .unwrap();
    }
    main.push_str("</ul>");
    portal.html(
        &format!("/{}/index", portal.style.entity),
        "Annuaire",
        &main,
        page,
    )
}

fn choices(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let page = portal.some(draw, 12);
    let entity = portal.style.entity.trim_end_matches('s');
    let mut main = format!(
        "<form action=/rdv method=post><select name={entity}><option value=\"\">Choisir</option>"
    );
    for person in &page {
        write!(
            main,
            "<option value=\"{}\">{}</option>",
            portal.persons[*person].main,
            portal.full_name(*person)
        )
        .unwrap();
    }
    main.push_str("</select><select name=agent>");
    for (number, agent) in AGENTS.iter().enumerate() {
        write!(main, "<option value={}>{agent}</option>", number + 1).unwrap();
    }
    main.push_str("</select><select name=mois><option value=1>janvier<option value=2>février</select><button>Créer</button></form>");
    portal.html("/rdv/nouveau", "Rendez-vous", &main, page)
}

fn data_attributes(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let page = portal.some(draw, 12);
    let entity = portal.style.entity.trim_end_matches('s');
    let mut main = String::from("<div class=grille>");
    for person in &page {
        write!(
            main,
            "<div class=\"{} carte\" data-{entity}-id=\"{}\" data-ordre={}><h3>{}</h3></div>",
            portal.style.class,
            portal.persons[*person].main,
            draw.below(30),
            portal.full_name(*person)
        )
        .unwrap();
    }
    main.push_str("</div>");
    portal.html("/tableau", "Tableau", &main, page)
}

fn state(portal: &GeneratedPortal, draw: &mut Draw, page: &[usize]) -> Value {
    let items = portal.records(draw, page);
    json!({"props": {"pageProps": {"personnes": items, "total": 233}}, "buildId": portal.thing_text(77), "at": 1_795_977_639_123_u64 + draw.below(9_999_999) as u64})
}

/// What a single-page application starts from.
fn script(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let page = portal.some(draw, 10);
    let data = state(portal, draw, &page)
        .to_string()
        .replace('<', "\\u003c");
    let main =
        format!("<div id=root></div><script id=__DATA__ type=application/json>{data}</script>");
    portal.html(
        &format!("/app/{}", portal.style.entity),
        "Application",
        &main,
        page,
    )
}

fn json_attribute(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let page = portal.some(draw, 10);
    let items = portal.records(draw, &page);
    let data =
        json!({"component": "Liste", "props": {"personnes": items}, "version": "7f2a"}).to_string();
    let main = format!("<div id=app data-page=\"{}\"></div>", escaped(&data));
    portal.html("/inertia/liste", "Application", &main, page)
}

/// A table of persons, and one of appointments with numbers of their own.
fn two_tables(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let page = portal.some(draw, 10);
    let mut main = person_table(portal, &page);
    main.push_str("<h2>Permanences</h2><table class=permanences><thead><tr><th>N°<th>Lieu<th>Places</tr></thead><tbody>");
    for number in 0..2 + draw.below(5) {
        write!(
            main,
            "<tr><td>{}</td><td>{}</td><td>{}</td></tr>",
            portal.thing_text(number + draw.below(60)),
            TOWNS[number % 6],
            draw.below(40)
        )
        .unwrap();
    }
    main.push_str("</tbody></table>");
    portal.html(
        &format!("/accueil/{}", portal.style.entity),
        "Accueil",
        &main,
        page,
    )
}

fn chosen_sheet(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let person = portal.one(draw);
    let (chooser, entity) = (
        portal.style.chooser,
        portal.style.entity.trim_end_matches('s'),
    );
    let target = format!(
        "/index.php?{chooser}={entity}&id={}",
        portal.persons[person].main
    );
    portal.html(&target, "Fiche", &definition(portal, person), [person])
}

fn chosen_list(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let page = portal.some(draw, 12);
    let target = format!("/index.php?{}=liste&tri=nom", portal.style.chooser);
    portal.html(&target, "Liste", &person_table(portal, &page), page)
}

fn form(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let person = portal.one(draw);
    let own = &portal.persons[person];
    let entity = portal.style.entity.trim_end_matches('s');
    let main = format!(
        "<form method=post action=/enregistrer><input type=hidden name=_token value={}><input type=hidden name={entity}_id value=\"{}\"><input name=nom value=\"{}\"><input name=prenom value=\"{}\"><input name=taille value={}><button>Enregistrer</button></form>",
        crate::generated::uuid(portal.seed, draw.below(99_999), 43),
        own.main,
        own.family,
        own.given,
        draw.below(200)
    );
    let target = match portal.style.by_parameter {
        true => format!(
            "/{}/modifier?id={}",
            portal.style.entity,
            portal.link_id(person)
        ),
        false => format!(
            "/{}/{}/modifier",
            portal.style.entity,
            portal.link_id(person)
        ),
    };
    portal.html(&target, "Modifier", &main, [person])
}

fn cards(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let page = portal.some(draw, 9);
    let mut main = String::from("<section class=cartes>");
    for person in &page {
        let own = &portal.persons[*person];
        write!(main, "<article class={}><h2><a href=\"{}\">{}</a></h2><p class=num>{}</p><p>{}, 12,50 €</p></article>", portal.style.class, portal.link("", *person), portal.full_name(*person), own.main, TOWNS[person % 6]).unwrap();
    }
    main.push_str("</section>");
    let is_small = portal.style.main == Way::Counter;
    portal.html(
        if is_small { "/cartes" } else { "/vues/cartes" },
        "Cartes",
        &main,
        page,
    )
}

/// A part of a page, as htmx asks for.
fn fragment(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let page = portal.some(draw, 8);
    let rows: String = page.iter().map(|person| row(portal, *person)).collect();
    portal.get(
        &format!("/{}/lignes?depuis={}", portal.style.entity, draw.below(90)),
        "text/html; charset=utf-8",
        rows,
        page,
    )
}
