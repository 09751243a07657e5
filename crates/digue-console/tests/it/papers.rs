//! Every paper of a played incident, read by programs that did not write it
//! (`tests/check_papers.py`). The files stay in the folder of the build, to be looked at.

use std::path::{Path, PathBuf};
use std::process::Command;

use digue_administration::holders::{self, HolderForm};
use digue_app::names::VisibleNames;
use digue_casework::paper_reader::PaperReader;
use digue_casework::papers::{self, PAPERS, PaperFormat};
use digue_casework::{bundle, incidents, register_paper};
use digue_evidence::paper_warning::PaperSources;
use digue_locales::Language;
use digue_selfservice::persons::codes;
use digue_types::AccountId;
use jiff::tz::TimeZone;

use crate::journey::{PlayedIncident, played};
use crate::python::{python, script};
use crate::world::{CISO, DPO, ROBBED, World};

/// A folder of this test alone, empty.
fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("papers");
    // It may not be there.
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Who holds the account that was robbed.
async fn name_the_holder(world: &World) {
    let form = HolderForm {
        name: "Léa Martin".to_owned(),
        job: "conseillère en formation".to_owned(),
        telephone: "01 99 00 12 34".to_owned(),
        email: "lea.martin@formation-nord.example".to_owned(),
    };
    let account = AccountId::parse(ROBBED).unwrap();
    holders::save(&world.app, &world.actor(CISO), &account, &form)
        .await
        .unwrap();
}

#[tokio::test]
async fn every_paper_of_a_played_incident_is_right_to_programs_that_did_not_write_it() {
    let (
        mut walk,
        PlayedIncident {
            incident, campaign, ..
        },
    ) = played().await;
    walk.world.prove().await;
    let world = &walk.world;
    name_the_holder(world).await;
    let folder = folder();
    let keep = |name: String, bytes: Vec<u8>| {
        let place = folder.join(name);
        std::fs::write(&place, bytes).unwrap();
        place
    };
    let (app, dpo) = (&world.app, world.actor(DPO));
    let id = incident.trim_start_matches("/incidents/");
    let view = incidents::view(app, &dpo, id).await.unwrap();
    let views = incidents::list(app, &dpo).await.unwrap();
    let mut places = Vec::new();
    for language in Language::ALL {
        let zone = TimeZone::get("Europe/Paris").unwrap();
        let (reader, code) = (
            PaperReader {
                language,
                zone,
                names: VisibleNames::default(),
            },
            language.code(),
        );
        for name in PAPERS {
            let document = papers::paper(app, &view, &reader, name)
                .await
                .unwrap()
                .unwrap();
            for (form, ending) in [(PaperFormat::Pdf, "pdf"), (PaperFormat::Docx, "docx")] {
                let sources = PaperSources::incident(id);
                let bytes = papers::printed_from(app, &document, form, sources)
                    .await
                    .unwrap();
                places.push(keep(format!("{name}-{code}.{ending}"), bytes));
            }
        }
        for (form, ending) in [
            (PaperFormat::Pdf, "pdf"),
            (PaperFormat::Docx, "docx"),
            (PaperFormat::Xlsx, "xlsx"),
        ] {
            let bytes = register_paper::register_file(app, &views, &reader, form).await;
            places.push(keep(format!("register-{code}.{ending}"), bytes.unwrap()));
        }
        let letters = codes::make(app, &dpo, "personnes", "P1\nP2").await.unwrap();
        let bytes = codes::printed(app, &reader, &letters).await.unwrap();
        places.push(keep(format!("person-code-{code}.pdf"), bytes));
        let bytes = bundle::complaint(app, &dpo, &view, &reader).await.unwrap();
        keep(format!("complaint-{code}.zip"), bytes);
    }
    let campaign = campaign.rsplit('/').next().unwrap();
    let (bytes, _) = digue_notices::letters(app, &dpo, campaign, 0)
        .await
        .unwrap();
    places.push(keep("letters-fr.pdf".to_owned(), bytes));
    let checked = Command::new(python("python"))
        .arg(script("check_papers.py"))
        .args(&places)
        .output()
        .unwrap();
    let faults = String::from_utf8_lossy(&checked.stdout);
    let failed = String::from_utf8_lossy(&checked.stderr);
    assert!(checked.status.success(), "{faults}{failed}");
}
