//! Goal P6: persons found in responses of third-party portals (`tests/capture` made the corpus:
//! Datasette, Directus, workbooks of three libraries), with the maps of the guide.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;

use crate::instance::digue;

const WORKBOOKS: &str = r#"
[portal]
name = "classeurs"
population = "personnes"
url = "http://classeurs.test:8000"
upstream = "http://127.0.0.1:1"
[identifiers.id]
shape = "[0-9]{7}[A-Z]"
[[routes]]
name = "export"
path = "/export"
action = "export"
categories = ["identity"]
[[routes.response]]
format = "xlsx"
persons = [{ at = "Identifiant" }]
"#;

fn configure(folder: &Path, guide: &Path) {
    let settings = "[digue]\nname = \"digue.test\"\n[console]\nurl = \"http://digue.test:8000\"\n\
                    [[listeners]]\naddress = \"127.0.0.1:8000\"\n";
    std::fs::write(folder.join("digue.toml"), settings).unwrap();
    let portals = folder.join("portals");
    std::fs::create_dir(&portals).unwrap();
    for name in ["datasette", "directus"] {
        let map = std::fs::read_to_string(guide.join(format!("{name}.toml"))).unwrap();
        let map = map.replace("{url}", &format!("http://{name}.test:8000"));
        std::fs::write(
            portals.join(format!("{name}.toml")),
            map.replace("{upstream}", "http://127.0.0.1:1"),
        )
        .unwrap();
    }
    std::fs::write(portals.join("classeurs.toml"), WORKBOOKS).unwrap();
}

#[test]
fn the_persons_of_a_public_corpus_are_found_and_nobody_else() {
    #[expect(
        clippy::disallowed_methods,
        reason = "cargo says where the crate is, at run time"
    )]
    let here = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    let corpus = Path::new(&here).join("tests/corpus");
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path(), &Path::new(&here).join("../../docs/guide"));
    let (mut present, mut found, mut right) = (0usize, 0usize, 0usize);
    for line in std::fs::read_to_string(corpus.join("index.tsv"))
        .unwrap()
        .lines()
    {
        let cells: Vec<&str> = line.split('\t').collect();
        let [name, portal, route, kind, ..] = cells[..] else {
            panic!("{line}")
        };
        let mut body = Vec::new();
        let packed = std::fs::File::open(corpus.join(format!("{name}.gz"))).unwrap();
        flate2::read::GzDecoder::new(packed)
            .read_to_end(&mut body)
            .unwrap();
        std::fs::write(folder.path().join("body"), body).unwrap();
        let done = digue(
            folder.path(),
            &["inspect", portal, route, "body", "--type", kind],
        );
        assert!(
            done.status.success(),
            "{name}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
        let said = String::from_utf8(done.stdout).unwrap();
        let answers: BTreeSet<&str> = said
            .lines()
            .filter_map(|line| line.split('\t').nth(1))
            .collect();
        let truth = std::fs::read_to_string(corpus.join(format!("{name}.persons"))).unwrap();
        let truth: BTreeSet<&str> = truth.lines().collect();
        let both = truth.intersection(&answers).count();
        if both != truth.len() || both != answers.len() {
            println!(
                "{name}: {} persons, {} found, {both} of them right",
                truth.len(),
                answers.len()
            );
        }
        present += truth.len();
        found += answers.len();
        right += both;
    }
    println!("P6: {present} persons present, {found} found, {right} right");
    assert!(present > 10_000);
    // Recall >= 99.5 %, precision >= 99.9 %.
    assert!(right * 1000 >= present * 995, "recall {right}/{present}");
    assert!(right * 1000 >= found * 999, "precision {right}/{found}");
}
