//! Requests by POST that only read: remote calls, lists that take their filter by a form, dialogues of
//! exports. Beside each, one that changes something and looks like it.

use serde_json::{Value, json};

use crate::generated::{GeneratedExchange, GeneratedPortal, Sort};
use crate::made::Draw;

pub(crate) const POST_SORTS: &[Sort] = &[
    ("call that reads", call_reads),
    ("call of other things", call_of_things),
    ("call that finds nothing", call_finds_nothing),
    ("call that writes", call_writes),
    ("filter by a form", filter),
    ("form that saves", saved_form),
    ("export dialogue", export_dialogue),
];

const FORM: &str = "application/x-www-form-urlencoded";

/// JSON-RPC, whose calls have numbers that persons have, too.
fn call(
    portal: &GeneratedPortal,
    draw: &mut Draw,
    method: &str,
    (parameters, result): (Value, Value),
    truth: impl IntoIterator<Item = usize>,
) -> GeneratedExchange {
    let number = draw.below(400);
    let made = portal.json("/rpc/", &json!({"id": number, "result": result}), truth);
    let asked = json!({"id": number, "method": method, "params": parameters});
    portal.posted(made, "application/json", asked.to_string())
}

fn call_reads(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let persons = portal.some(draw, 9);
    let records = portal.records(draw, &persons);
    let method = format!("model.{}.read", portal.style.entity);
    let domain = json!([[["actif", "=", true]], 0, 80, {"lang": "fr"}]);
    call(portal, draw, &method, (domain, json!(records)), persons)
}

fn call_of_things(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let languages: Vec<Value> = (1..20)
        .map(|number| json!({"id": number, "nom": format!("Langue {number}")}))
        .collect();
    let asked = (json!([[], {"lang": "fr"}]), json!(languages));
    call(portal, draw, "model.langue.search_read", asked, [])
}

fn call_finds_nothing(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let asked = (json!([["pays", "=", null]]), json!([]));
    call(portal, draw, "model.commune.search_read", asked, [])
}

fn call_writes(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let person = portal.one(draw);
    let method = format!("model.{}.write", portal.style.entity);
    let asked = (json!([[portal.id(person)], {"ville": "Pau"}]), json!(true));
    let mut made = call(portal, draw, &method, asked, []);
    made.is_write = true;
    made
}

/// Answered with the list, or with a redirect to it that has the filter in its query.
fn filter(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let target = format!("/{}/liste.php?type=tous", portal.style.entity);
    let asked = portal.persons[portal.one(draw)].family.clone();
    let form = format!("jeton=a1b2c3&filtre_nom={asked}&appliquer_filtre=");
    if draw.one_in(2) {
        let persons = portal.some(draw, 9);
        let rows: String = persons
            .iter()
            .map(|person| {
                let (id, name) = (&portal.persons[*person].main, portal.full_name(*person));
                format!("<tr><td>{id}</td><td>{name}</td></tr>")
            })
            .collect();
        let table = format!(
            "<table class=resultats><thead><tr><th>Identifiant<th>Nom</tr></thead><tbody>{rows}</tbody></table>"
        );
        return portal.posted(portal.html(&target, "Liste", &table, persons), FORM, form);
    }
    let mut made = portal.get(&target, "text/html", String::new(), []);
    made.exchange.status = 302;
    made.exchange.location = Some(format!("liste.php?type=tous&page=1&filtre_nom={asked}"));
    portal.posted(made, FORM, form)
}

/// It sends its browser back to the list, too, and says nothing there of what was sent.
fn saved_form(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let target = format!("/{}/carnet/liste.php?type=tous", portal.style.entity);
    let mut made = portal.get(&target, "text/html", String::new(), []);
    made.exchange.status = 302;
    made.exchange.location = Some("liste.php?type=tous&ok=1".to_owned());
    let asked = &portal.persons[portal.one(draw)].family;
    let mut made = portal.posted(made, FORM, format!("jeton=a1b2c3&nom={asked}"));
    made.is_write = true;
    made
}

fn export_dialogue(portal: &GeneratedPortal, draw: &mut Draw) -> GeneratedExchange {
    let main = format!(
        "<p class=etat>Export de {} lignes en cours.</p><p class=suite>Il s’ouvre une fois prêt.</p>",
        draw.below(900)
    );
    let made = portal.html("/outils/echange.php?tab=export", "Export", &main, []);
    let form = "jeton=a1b2c3&createFor=tous&saveAsFile=on&format=csv&submitExport=";
    portal.posted(made, FORM, form.to_owned())
}
