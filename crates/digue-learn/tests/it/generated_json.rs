//! Answers of programs for programs that show persons: JSON in its many forms, tables, XML.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::generated::{GeneratedExchange, GeneratedPortal, Sort, Way};
use crate::made::{Draw, TOWNS};

pub(crate) const JSON_SORTS: &[Sort] = &[
    ("list", list),
    ("bare list", bare_list),
    ("nested list", nested),
    ("detail", detail),
    ("detail with others", family),
    ("keyed by person", keyed),
    ("wrapped", wrapped),
    ("hal", hal),
    ("json:api", json_api),
    ("graphql", graphql),
    ("ndjson", ndjson),
    ("rows and columns", rows),
    ("autocomplete", autocomplete),
    ("search by post", search),
    ("_method", other_method),
    ("get with body", get_with_body),
    ("messages", messages),
    ("calendar", calendar),
    ("identifiers alone", ids),
    ("csv", csv),
    ("xml list", xml_list),
    ("xml detail", xml_detail),
    ("notes of a person", notes),
    ("look-up", look_up),
];

fn list(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let page = portal.some(draw, 25);
    let items = portal.records(draw, &page);
    let body =
        json!({"items": items, "total": portal.persons.len(), "page": draw.below(9), "next": null});
    let target = format!("/api/{}?page={}", portal.style.entity, draw.below(9));
    portal.json(&target, &body, page)
}

fn bare_list(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let page = portal.some(draw, 12);
    let items = portal.records(draw, &page);
    portal.json(
        &format!("/v2/{}/recent", portal.style.entity),
        &json!(items),
        page,
    )
}

fn nested(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let groups: Vec<(usize, Vec<usize>)> = (0..2 + draw.below(3))
        .map(|_| (draw.below(40), portal.some(draw, 6)))
        .collect();
    let group = |(id, members): &(usize, Vec<usize>)| {
        let items: Vec<Value> = members
            .iter()
            .map(|person| json!({"personne": {portal.style.main_name: portal.id(*person), "nom": portal.full_name(*person)}, "role": "membre"}))
            .collect();
        json!({"groupe": {"id": portal.thing(*id), "libelle": format!("Groupe {id}")}, "membres": items})
    };
    let all: Vec<Value> = groups.iter().map(group).collect();
    let truth: Vec<usize> = groups
        .into_iter()
        .flat_map(|(_, members)| members)
        .collect();
    portal.json("/api/groupes", &json!({"data": {"groupes": all}}), truth)
}

fn detail(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let person = portal.one(draw);
    let record = portal.record(draw, person);
    portal.json(&portal.link("/api", person), &record, [person])
}

/// With a tutor, who is a person, and an instructor, who is an agent.
fn family(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let (person, tutor) = (portal.one(draw), portal.one(draw));
    let (agent, id) = portal.agent(draw);
    let mut record = portal.record(draw, person);
    record["tuteur"] = match draw.one_in(3) {
        true => Value::Null,
        false => portal.record(draw, tutor),
    };
    let truth = match record["tuteur"].is_null() {
        true => vec![person],
        false => vec![person, tutor],
    };
    record["instructeur"] = json!({"id": id, "nom_complet": crate::generated::AGENTS[agent]});
    record["historique"] = json!([{"id": draw.below(900), "le": portal.moment(draw), "par": id}]);
    portal.json(
        &format!("{}/complet", portal.link("/api", person)).replace("/fiche?id=", "/x/"),
        &record,
        truth,
    )
}

fn keyed(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let page = portal.some(draw, 15);
    let mut members = Map::new();
    for person in &page {
        let value = json!({"solde": draw.below(90), "maj": portal.moment(draw), "nom": portal.full_name(*person)});
        members.insert(portal.persons[*person].main.clone(), value);
    }
    portal.json(
        &format!("/api/{}/soldes", portal.style.entity),
        &json!({"par_personne": members}),
        page,
    )
}

fn wrapped(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let person = portal.one(draw);
    let record = portal.record(draw, person);
    let body = json!({"status": "ok", "code": 200, "trace": crate::generated::uuid(portal.seed, draw.below(9999), 41), "result": {"personne": record}});
    portal.json(
        &format!(
            "/ws/lire?{}={}",
            portal.style.main_name, portal.persons[person].main
        ),
        &body,
        [person],
    )
}

fn hal(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let page = portal.some(draw, 10);
    let item = |person: &usize| {
        let mut record = portal.record(&mut Draw::new(*person as u64), *person);
        record["_links"] = json!({"self": {"href": portal.link("/hal", *person)}});
        record
    };
    let items: Vec<Value> = page.iter().map(item).collect();
    let target = format!("/hal/{}?page={}", portal.style.entity, draw.below(9));
    let body = json!({"_embedded": {portal.style.entity: items}, "_links": {"self": {"href": target}}, "page": {"size": 20, "number": 1, "totalElements": 233}});
    let made = portal.json(&target, &body, page);
    with_type(made, "application/hal+json")
}

fn with_type(mut made: GeneratedExchange, media: &str) -> GeneratedExchange {
    made.exchange.content_type = Some(media.to_owned());
    made
}

fn json_api(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let page = portal.some(draw, 10);
    let entity = portal.style.entity;
    let item = |person: &usize| {
        let record = portal.record(&mut Draw::new(*person as u64), *person);
        json!({"type": entity, "id": portal.persons[*person].main, "attributes": record, "relationships": {"ville": {"data": {"type": "villes", "id": format!("{}", person % 6)}}}})
    };
    let items: Vec<Value> = page.iter().map(item).collect();
    let towns: Vec<Value> = (0..6).map(|town| json!({"type": "villes", "id": town.to_string(), "attributes": {"nom": TOWNS[town]}})).collect();
    let body = json!({"data": items, "included": towns, "meta": {"total": 233}});
    let made = portal.json(
        &format!("/jsonapi/{entity}?page[number]={}", draw.below(9)),
        &body,
        page,
    );
    with_type(made, "application/vnd.api+json")
}

fn graphql(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let (page, entity) = (portal.some(draw, 12), portal.style.entity);
    let edges: Vec<Value> = page.iter().map(|person| json!({"cursor": format!("c{person}x"), "node": portal.record(&mut Draw::new(*person as u64), *person)})).collect();
    let body = json!({"data": {entity: {"edges": edges, "pageInfo": {"hasNextPage": true}, "totalCount": 233}}});
    let asked = json!({"query": format!("query Liste {{ {entity}(first: 20) {{ edges {{ node {{ id }} }} }} }}"), "variables": {}});
    let made = portal.json("/graphql", &body, page);
    portal.posted(made, "application/json", asked.to_string())
}

fn ndjson(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let page = portal.some(draw, 20);
    let lines: Vec<String> = portal
        .records(draw, &page)
        .iter()
        .map(ToString::to_string)
        .collect();
    portal.get(
        "/api/flux.ndjson",
        "application/x-ndjson",
        lines.join("\n") + "\n",
        page,
    )
}

fn rows(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let page = portal.some(draw, 20);
    let row = |person: &usize| {
        json!([
            portal.id(*person),
            portal.persons[*person].family,
            portal.persons[*person].given,
            TOWNS[person % 6],
            person % 9
        ])
    };
    let rows: Vec<Value> = page.iter().map(row).collect();
    let body = json!({"columns": ["id", "nom", "prenom", "ville", "visites"], "rows": rows, "truncated": false});
    portal.json(
        &format!("/base/{}.json?_size=20", portal.style.entity),
        &body,
        page,
    )
}

fn autocomplete(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let page = portal.some(draw, 8);
    let first = portal.persons[page[0]].family.clone();
    let item =
        |person: &usize| json!({"value": portal.id(*person), "label": portal.full_name(*person)});
    let items: Vec<Value> = page.iter().map(item).collect();
    portal.json(
        &format!("/{}/autocomplete?term={}", portal.style.entity, &first[..3]),
        &json!(items),
        page,
    )
}

fn search(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let page = match draw.one_in(4) {
        true => Vec::new(),
        false => portal.some(draw, 8),
    };
    let word = &portal.persons[portal.one(draw)].family;
    let items = portal.records(draw, &page);
    let body = json!({"resultats": items, "nombre": page.len()});
    let made = portal.json(&format!("/api/{}/search", portal.style.entity), &body, page);
    portal.posted(
        made,
        "application/json",
        json!({"filtre": {"nom": word}, "taille": 20}).to_string(),
    )
}

fn other_method(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let page = portal.some(draw, 8);
    let items = portal.records(draw, &page);
    let made = portal.json(
        &format!("/parse/classes/{}", portal.style.entity),
        &json!({"results": items}),
        page,
    );
    portal.posted(
        made,
        "text/plain",
        json!({"where": {}, "limit": 20, "_method": "GET"}).to_string(),
    )
}

fn get_with_body(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let page = portal.some(draw, 8);
    let hit = |person: &usize| json!({"_index": "personnes", "_id": portal.persons[*person].main, "_score": 1.5, "_source": portal.record(&mut Draw::new(*person as u64), *person)});
    let hits: Vec<Value> = page.iter().map(hit).collect();
    let body = json!({"took": draw.below(30), "timed_out": false, "hits": {"total": {"value": 233, "relation": "eq"}, "max_score": 1.5, "hits": hits}});
    let mut made = portal.json("/index/personnes/_search", &body, page);
    made.exchange.request_type = "application/json".to_owned();
    made.exchange.request_body = json!({"query": {"match_all": {}}, "from": draw.below(90)})
        .to_string()
        .into_bytes();
    made
}

/// Messages about persons, each written by an agent.
fn messages(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let page = portal.some(draw, 8);
    let mut items = Vec::new();
    for person in &page {
        let (_, agent) = portal.agent(draw);
        items.push(json!({"id": portal.thing(draw.below(400)), "author": agent, "lu": true, "texte": "Rappeler demain.", "personne": {portal.style.main_name: portal.id(*person), "nom": portal.full_name(*person)}, "envoye_a": 1_795_977_639_123_u64 + draw.below(99_999_999) as u64}));
    }
    portal.json(
        &format!("/api/messages?page={}", draw.below(5)),
        &json!({"messages": items, "non_lus": draw.below(30)}),
        page,
    )
}

fn calendar(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let page = portal.some(draw, 8);
    let mut events = Vec::new();
    for person in &page {
        let participant = match draw.one_in(4) {
            true => Value::Null,
            false => portal.record(draw, *person),
        };
        events.push((*person, json!({"id": portal.thing(draw.below(300)), "title": "Entretien", "start": portal.moment(draw), "participant": participant})));
    }
    let truth: Vec<usize> = events
        .iter()
        .filter(|(_, event)| !event["participant"].is_null())
        .map(|(person, _)| *person)
        .collect();
    let all: Vec<Value> = events.into_iter().map(|(_, event)| event).collect();
    portal.json(
        &format!("/agenda/evenements?mois={}", draw.below(12)),
        &json!(all),
        truth,
    )
}

fn ids(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let page = portal.some(draw, 30);
    let all: Vec<Value> = page.iter().map(|person| portal.id(*person)).collect();
    portal.json(
        &format!("/api/{}/ids", portal.style.entity),
        &json!({"ids": all, "version": draw.below(80)}),
        page,
    )
}

fn csv(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let (page, d) = (portal.some(draw, 30), portal.style.delimiter);
    let mut text = format!(
        "{}{d}nom{d}prenom{d}dossier{d}montant{d}ville\n",
        portal.style.main_name
    );
    for person in &page {
        let own = &portal.persons[*person];
        let (number, amount) = (draw.below(9000), draw.below(300));
        writeln!(
            text,
            "{}{d}{}{d}{}{d}{number}{d}{amount}.50{d}{}",
            own.main,
            own.family,
            own.given,
            TOWNS[person % 6]
        )
        .unwrap();
    }
    portal.get(
        &format!("/exports/{}.csv?du={}", portal.style.entity, draw.below(28)),
        "text/csv; charset=utf-8",
        text,
        page,
    )
}

fn xml_person(portal: &GeneratedPortal, person: usize) -> String {
    let own = &portal.persons[person];
    format!(
        "<personne><{n}>{}</{n}><nom>{}</nom><prenom>{}</prenom><ville>{}</ville></personne>",
        own.main,
        own.family,
        own.given,
        TOWNS[person % 6],
        n = portal.style.main_name
    )
}

fn xml_list(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let page = portal.some(draw, 15);
    let items: String = page
        .iter()
        .map(|person| xml_person(portal, *person))
        .collect();
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><reponse date=\"2026-03-01\"><total>{}</total><personnes>{items}</personnes></reponse>",
        draw.below(300)
    );
    portal.get("/soap/liste.xml", "application/xml", body, page)
}

fn xml_detail(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let person = portal.one(draw);
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><reponse>{}</reponse>",
        xml_person(portal, person)
    );
    portal.get(
        &format!("/soap/personne/{}.xml", portal.persons[person].main),
        "application/xml",
        body,
        [person],
    )
}

/// Answers that name nobody, below an address that does.
fn notes(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let person = portal.one(draw);
    let mut items = Vec::new();
    for _ in 0..1 + draw.below(4) {
        items.push(json!({"note_id": portal.thing(draw.below(700)), "texte": "Appel du matin, à revoir.", "le": portal.moment(draw)}));
    }
    portal.json(
        &format!(
            "/api/{}/{}/notes",
            portal.style.entity, portal.persons[person].main
        ),
        &json!({"notes": items}),
        [person],
    )
}

/// A parameter that names a person in some requests and an agent in others.
fn look_up(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let (agent, _) = portal.agent(draw);
    let page = portal.some(draw, 6);
    let items = portal.records(draw, &page);
    let who = match portal.style.main {
        Way::Counter => agent + 1,
        _ => agent + 800,
    };
    portal.json(
        &format!("/api/suivis?who={who}&etat=ouvert"),
        &json!({"suivis": items}),
        page,
    )
}
