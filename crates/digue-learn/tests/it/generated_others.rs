//! Answers about other things: numbers, digests and times that look like identifiers; errors,
//! redirects, writes.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::generated::{AGENTS, GeneratedExchange, GeneratedPortal, Sort, uuid};
use crate::made::{Draw, TOWNS};

pub(crate) const OTHER_SORTS: &[Sort] = &[
    ("home", home),
    ("facets", facets),
    ("things", things),
    ("thing", thing),
    ("jobs", jobs),
    ("statistics", statistics),
    ("configuration", configuration),
    ("agents", agents),
    ("things as table", things_table),
    ("chosen thing", chosen_thing),
    ("counts", counts),
    ("not found", missing),
    ("not found page", missing_page),
    ("invalid", invalid),
    ("redirect", redirect),
    ("write", write),
    ("removal", removal),
    ("things as csv", things_csv),
    ("session", session),
    ("history", history),
    ("times", times),
    ("tree", tree),
];

fn home(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let main = format!(
        "<p>Bonjour. {} dossiers, mis à jour le 0{}/02/2026 à 14:{:02}.</p>",
        draw.below(900),
        1 + draw.below(8),
        draw.below(60)
    );
    portal.html("/", "Accueil", &main, [])
}

fn facets(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let towns: Vec<Value> = TOWNS
        .iter()
        .map(|town| json!({"value": town, "count": draw.below(200)}))
        .collect();
    let body = json!({"facets": {"ville": towns, "age": [{"from": 0, "to": 18, "count": draw.below(90)}]}, "total": draw.below(233)});
    portal.json(&format!("/api/{}/facettes", portal.style.entity), &body, [])
}

fn thing_record(portal: &GeneratedPortal, draw: &mut Draw, number: usize) -> Value {
    let (_, agent) = portal.agent(draw);
    let author = portal.style.author.unwrap_or("author");
    json!({"id": portal.thing(number), "titre": format!("Chose {number}"), "ville": TOWNS[number % 6], "places": draw.below(40), author: agent, "le": portal.moment(draw)})
}

fn things(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let from = draw.below(200);
    let items: Vec<Value> = (from..from + 3 + draw.below(12))
        .map(|number| thing_record(portal, draw, number))
        .collect();
    portal.json(
        &format!("/api/{}?page={}", portal.style.things, draw.below(9)),
        &json!({"items": items, "total": 210, "page": 1}),
        [],
    )
}

fn thing(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let number = draw.below(200);
    let record = thing_record(portal, draw, number);
    portal.json(
        &format!("/api/{}/{}", portal.style.things, portal.thing_text(number)),
        &record,
        [],
    )
}

fn jobs(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let mut items = Vec::new();
    for _ in 0..2 + draw.below(6) {
        let number = draw.below(90_000);
        items.push(json!({"job": uuid(portal.seed, number, 51), "sha1": crate::generated::Way::Hashed.text(portal.seed, number, 53), "started": 1_795_000_000_000_u64 + number as u64 * 7919, "took": draw.below(4000), "state": "done"}));
    }
    portal.json("/admin/taches", &json!({"taches": items}), [])
}

fn statistics(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let mut main = String::from(
        "<table class=chiffres><thead><tr><th>Ville<th>Nombre<th>Part</tr></thead><tbody>",
    );
    for town in TOWNS {
        write!(
            main,
            "<tr><td>{town}</td><td>{}</td><td>{},5 %</td></tr>",
            draw.below(300),
            draw.below(90)
        )
        .unwrap();
    }
    main.push_str("</tbody></table>");
    portal.html("/statistiques", "Chiffres", &main, [])
}

fn configuration(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let body = json!({"version": "4.2.1", "commit": crate::generated::Way::Hashed.text(portal.seed, 3, 57), "features": {"export": true, "notes": false}, "limits": {"page": 50, "upload": 1_048_576}, "langues": ["fr", "en"], "heure": portal.moment(draw)});
    portal.json("/api/config", &body, [])
}

fn agents(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let items: Vec<Value> = AGENTS
        .iter()
        .enumerate()
        .map(|(number, name)| json!({"id": number + 1, "name": name, "actif": draw.one_in(2)}))
        .collect();
    portal.json("/api/agents", &json!(items), [])
}

fn things_table(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let mut main =
        String::from("<table class=liste><thead><tr><th>N°<th>Titre<th>Ville</tr></thead><tbody>");
    for _ in 0..3 + draw.below(8) {
        let number = draw.below(200);
        let id = portal.thing_text(number);
        write!(
            main,
            "<tr><td>{id}</td><td><a href=/{}/{id}>Chose {number}</a></td><td>{}</td></tr>",
            portal.style.things,
            TOWNS[number % 6]
        )
        .unwrap();
    }
    main.push_str("</tbody></table>");
    portal.html(
        &format!("/{}?page={}", portal.style.things, draw.below(9)),
        "Choses",
        &main,
        [],
    )
}

fn chosen_thing(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let number = draw.below(200);
    let thing = portal.style.things.trim_end_matches('s');
    let target = format!(
        "/index.php?{}={thing}&id={}",
        portal.style.chooser,
        portal.thing_text(number)
    );
    let main = format!(
        "<p class=titre>Chose {number}</p><p>{} places à {}</p>",
        draw.below(40),
        TOWNS[number % 6]
    );
    portal.html(&target, "Chose", &main, [])
}

fn counts(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let body = json!({"total": draw.below(233), "nouveaux": draw.below(12), "non_lus": draw.below(40), "par_mois": [draw.below(90), draw.below(90), draw.below(90)]});
    portal.json("/api/compteurs", &body, [])
}

fn missing(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let mut made = portal.json(
        &format!(
            "/api/{}/{}",
            portal.style.things,
            portal.thing_text(5000 + draw.below(900))
        ),
        &json!({"detail": "Pas trouvé."}),
        [],
    );
    made.exchange.status = 404;
    made
}

fn missing_page(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let mut made = portal.html(
        &format!(
            "/{}/{}",
            portal.style.things,
            portal.thing_text(7000 + draw.below(900))
        ),
        "Page introuvable",
        "<p>Cette page n’existe pas.</p>",
        [],
    );
    made.exchange.status = 404;
    made
}

fn invalid(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let mut made = portal.json(
        &format!("/api/{}?page=-{}", portal.style.entity, 1 + draw.below(9)),
        &json!({"errors": [{"field": "page", "message": "Un entier positif est attendu."}]}),
        [],
    );
    made.exchange.status = 422;
    made
}

fn redirect(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let mut made = portal.get(
        &format!("/{}/precedent?page={}", portal.style.entity, draw.below(20)),
        "text/html",
        String::new(),
        [],
    );
    made.exchange.status = 302;
    made
}

fn write(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let person = portal.one(draw);
    let record = portal.record(draw, person);
    let made = portal.json(&portal.link("/api", person), &record, [person]);
    let mut made = portal.posted(
        made,
        "application/json",
        json!({"ville": "Pau"}).to_string(),
    );
    made.exchange.method = "PUT".to_owned();
    made.is_write = true;
    made
}

fn removal(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let person = portal.one(draw);
    let made = portal.json(
        &format!(
            "/parse/classes/{}/{}",
            portal.style.entity, portal.persons[person].main
        ),
        &json!({}),
        [person],
    );
    let mut made = portal.posted(made, "text/plain", json!({"_method": "DELETE"}).to_string());
    made.is_write = true;
    made
}

fn things_csv(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let mut text = String::from("id;titre;ville;places\n");
    for _ in 0..3 + draw.below(9) {
        let number = draw.below(200);
        writeln!(
            text,
            "{};Chose {number};{};{}",
            portal.thing_text(number),
            TOWNS[number % 6],
            draw.below(40)
        )
        .unwrap();
    }
    portal.get(
        &format!("/exports/{}.csv", portal.style.things),
        "text/csv; charset=utf-8",
        text,
        [],
    )
}

/// Who is signed in: an agent.
fn session(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let (_, agent) = portal.agent(&mut Draw::new(portal.seed));
    let body = json!({"user": {"id": agent, "name": AGENTS[0], "email": "odile@portail.example"}, "csrf": uuid(portal.seed, draw.below(9999), 61), "expires": 1_795_977_639 + draw.below(99_999)});
    portal.json("/api/session", &body, [])
}

/// Versions of things, each with digests and the agents who made them.
fn history(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let mut items = Vec::new();
    for revision in 1..2 + draw.below(6) {
        let (_, agent) = portal.agent(draw);
        items.push(json!({"revision": revision, "etag": uuid(portal.seed, draw.below(9999), 67), "created_by": agent, "created_at": 1_795_977_639 + draw.below(99_999)}));
    }
    let number = draw.below(200);
    portal.json(
        &format!(
            "/api/{}/{}/historique",
            portal.style.things,
            portal.thing_text(number)
        ),
        &json!({"versions": items}),
        [],
    )
}

fn times(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let points: Vec<Value> = (0..4 + draw.below(9))
        .map(|at| json!([1_795_977_639_000_u64 + at as u64 * 60_000, draw.below(200)]))
        .collect();
    portal.json(
        &format!("/api/mesures?depuis={}", 1_795_977_639 + draw.below(9999)),
        &json!({"points": points, "unite": "ms"}),
        [],
    )
}

fn tree(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let leaf = |number: usize| json!({"id": portal.thing(number), "nom": format!("Service {number}"), "enfants": []});
    let nodes: Vec<Value> = (0..2 + draw.below(3)).map(|number| json!({"id": portal.thing(number + 20), "nom": format!("Pôle {number}"), "enfants": [leaf(number + 30), leaf(number + 40)]})).collect();
    portal.json("/api/organigramme", &json!({"services": nodes}), [])
}
