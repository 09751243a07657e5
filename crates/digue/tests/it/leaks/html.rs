//! Pages.

use super::Shows::{Persons, Unnamed};
use super::{LeakCase, over_transports};

pub(super) fn cases() -> Vec<LeakCase> {
    let table = |rows: &str| {
        format!("<!doctype html><html><body><h1>Liste</h1><table>{rows}</table></body></html>")
    };
    let one = table("<tr><th>Id<th>Nom</tr><tr><td class=id>P0001</td><td>DUPONT</td></tr>");
    let open = table("<tr><td class=id>P0001<td>DUPONT<tr><td class=id>P0002<td>DURAND");
    let spaced = table("<tr><td class=\"x id\">\n P0001&nbsp;\n</td><td>DUPONT</td></tr>");
    let soft = table(
        "<tr><td class=id>P00&shy;01</td><td>x</td></tr><tr><td class=id>P000<wbr>2</td></tr>",
    );
    let entity = table("<tr><td class=id>&#80;0001</td><td>DUPONT</td></tr>");
    let bold = table("<tr><td class=id>P<b>00</b>01</td><td>DUPONT</td></tr>");
    let link = table("<tr><td class=id>P0001</td><td><a href='/fiche/P0002'>tuteur</a></td></tr>");
    let percent =
        table("<tr><td class=id>P0001</td><td><a href='/fiche/%50%30002'>x</a></td></tr>");
    let script = format!("{one}<script>var p = \"\\u00500002\";</script>");
    let comment = format!("{one}<!-- P0002 -->");
    let title = format!("{one}<img alt=\"P0002\">");
    let no_id = table("<tr><td>DUPONT</td></tr>");
    let blank = table("<tr><td class=id></td><td>DUPONT</td></tr>");
    let white = table("<tr><td class=id>&nbsp;&#8203;</td><td>DUPONT</td></tr>");
    let second = table("<tr><td class=id>P0001</td></tr><tr><td>DUPONT</td></tr>");
    let wrong = table("<tr><td class=id>DUPONT</td></tr>");
    let other = "<html><body><div class=carte>DUPONT Marie</div></body></html>";
    let json = r#"{"items":[{"nom":"DUPONT"}]}"#;
    let template = "<html><body><template><p>DUPONT</p></template></body></html>";
    let unclosed = "<html><body><table><tr><td>DUPONT";
    over_transports(
        "/html",
        "text/html",
        &[
            ("one", &one, Persons(&["P0001"]), true),
            ("omitted-ends", &open, Persons(&["P0001", "P0002"]), true),
            ("spaced", &spaced, Persons(&["P0001"]), true),
            ("soft", &soft, Persons(&["P0001", "P0002"]), true),
            ("entity", &entity, Persons(&["P0001"]), true),
            ("bold", &bold, Persons(&["P0001"]), true),
            ("link", &link, Persons(&["P0001", "P0002"]), true),
            ("percent", &percent, Persons(&["P0001", "P0002"]), true),
            ("script", &script, Persons(&["P0001", "P0002"]), true),
            ("comment", &comment, Persons(&["P0001", "P0002"]), true),
            ("alt", &title, Persons(&["P0001", "P0002"]), true),
            (
                "empty",
                "<html><body><p class=vide>Personne</p></body></html>",
                Persons(&[]),
                true,
            ),
            ("no-id", &no_id, Unnamed, false),
            ("blank", &blank, Unnamed, false),
            ("white", &white, Unnamed, false),
            ("second", &second, Unnamed, false),
            ("wrong", &wrong, Unnamed, false),
            ("cards", other, Unnamed, false),
            ("json-as-page", json, Unnamed, false),
            ("template", template, Unnamed, false),
            ("unclosed", unclosed, Unnamed, false),
        ],
    )
}
