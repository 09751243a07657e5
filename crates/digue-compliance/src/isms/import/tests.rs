//! Workbooks as people leave them, and every register there and back.

use digue_documents::xlsx;
use digue_isms::check::Check;
use digue_isms::tolerated_time::ToleratedTime;
use digue_locales::text;
use proptest::prelude::*;

use super::*;
use digue_isms_words::sheet_cells::choice;

use crate::isms::sheets::sheet;

/// Without an answer to any question.
fn read<'r>(
    kind: RegisterKind,
    registers: &'r Registers,
    free: u32,
    bytes: &[u8],
) -> Result<RegisterImportPlan<'r>, OperationError> {
    static NONE: ImportAnswers = ImportAnswers {
        defaults: BTreeMap::new(),
        same_numbers: None,
    };
    read_with(kind, registers, free, (bytes, &NONE))
}

fn file(name: &str) -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/registers")
        .join(name);
    std::fs::read(path).unwrap()
}

fn revision(kind: RegisterKind, id: &str, values: Values) -> Revision {
    let at = Timestamp::from_secs(1_800_000_000);
    Revision {
        kind,
        id: id.to_owned(),
        number: 1,
        at,
        by: "rssi".to_owned(),
        is_over: false,
        hash: String::new(),
        values,
    }
}

fn values(fields: &[(&str, &str)]) -> Values {
    fields
        .iter()
        .map(|(field, text)| ((*field).to_owned(), vec![(*text).to_owned()]))
        .collect()
}

/// Four measures with everything that a file could erase.
fn four_measures() -> Registers {
    let measure = |number: u32| {
        let fields = [
            ("title", "Chiffrer"),
            ("priority", "p1"),
            ("declared", "to-do"),
            ("due", "2026-12-13"),
            ("owner", "Camille"),
            ("cost", "1500"),
        ];
        revision(
            RegisterKind::Measure,
            &format!("ME-{number}"),
            values(&fields),
        )
    };
    Registers::new((1..=4).map(measure))
}

fn read_of(name: &str, registers: &Registers) -> ImportPreview {
    read(RegisterKind::Measure, registers, 5, &file(name))
        .unwrap()
        .preview
}

/// Each fault as `place field code`.
fn faults(preview: &ImportPreview) -> Vec<String> {
    let one =
        |fault: &ImportCellFault| format!("{} {} {}", fault.place, fault.field, fault.unfit.code());
    preview.faults.iter().map(one).collect()
}

/// Field by field what a change leaves.
fn after(change: &RowChange, field: &str) -> String {
    let found = change
        .fields
        .iter()
        .find(|change| change.field.code == field);
    found.map_or("-".to_owned(), |change| change.after.join("|"))
}

#[test]
fn a_day_typed_in_a_spreadsheet_is_a_day() {
    let registers = Registers::default();
    for (name, due) in [
        ("import-date-excel.xlsx", "2026-12-31"),
        ("import-date-jjmmaaaa.xlsx", "2026-12-31"),
    ] {
        let preview = read_of(name, &registers);
        assert_eq!(faults(&preview), Vec::<String>::new(), "{name}");
        assert_eq!(after(&preview.changes[0], "due"), due, "{name}");
        assert_eq!(after(&preview.changes[0], "cost"), "1500", "{name}");
    }
    let known = revision(
        RegisterKind::Measure,
        "ME-1",
        values(&[
            ("title", "La liste"),
            ("priority", "p1"),
            ("declared", "to-do"),
            ("due", "2026-11-30"),
        ]),
    );
    // The title of the file is another one: it is asked whose the record is, and nothing proposed.
    let registers = Registers::new([known]);
    let preview = read_of("date-reelle.xlsx", &registers);
    assert!(preview.changes.iter().all(|change| change.id != "ME-1"));
    assert_eq!(preview.same_numbers[0].id, "ME-1");
    let renamed = ImportAnswers {
        same_numbers: Some(SameNumbers::Renamed),
        ..ImportAnswers::default()
    };
    let bytes = file("date-reelle.xlsx");
    let plan = read_with(RegisterKind::Measure, &registers, 5, (&bytes, &renamed)).unwrap();
    let changed = plan.preview.changes.iter().find(|one| one.id == "ME-1");
    assert_eq!(after(changed.unwrap(), "due"), "2027-01-15");
}

#[test]
fn every_usual_format_of_days_and_amounts_is_read() {
    let preview = read_of("formats.xlsx", &Registers::default());
    assert_eq!(faults(&preview), Vec::<String>::new());
    for change in &preview.changes[..9] {
        assert_eq!(after(change, "due"), "2027-01-15", "row {}", change.row);
    }
    let costs: Vec<String> = preview.changes[9..]
        .iter()
        .map(|change| after(change, "cost"))
        .collect();
    assert_eq!(costs, ["1500", "1500.50", "1500", "19.99", "1500", "1500"]);
}

#[test]
fn workbooks_are_taken_as_people_leave_them() {
    let registers = Registers::default();
    for (name, cost) in [
        ("import-cout-virgule.xlsx", "1500.50"),
        ("import-cout-espace-insecable.xlsx", "1500"),
    ] {
        let preview = read_of(name, &registers);
        assert_eq!(
            (faults(&preview), after(&preview.changes[0], "cost")),
            (vec![], cost.to_owned()),
            "{name}"
        );
    }
    for (name, sheet, declared) in [
        ("import-priorite-minuscule.xlsx", "Mesures", "to-do"),
        ("import-sans-accent.xlsx", "Mesures", "in-place"),
        ("import-entete-ligne-2.xlsx", "Mesures", "to-do"),
        ("import-deuxieme-feuille.xlsx", "Mesures", "to-do"),
        ("import-cellule-erreur.xlsx", "Mesures", "to-do"),
    ] {
        let preview = read_of(name, &registers);
        assert_eq!(faults(&preview), Vec::<String>::new(), "{name}");
        assert_eq!(preview.sheet, sheet);
        let change = &preview.changes[0];
        assert_eq!(
            (after(change, "priority"), after(change, "declared")),
            ("p1".into(), declared.into()),
            "{name}"
        );
    }
    assert_eq!(
        read_of("import-deuxieme-feuille.xlsx", &registers).other_sheets,
        ["Lisez-moi"]
    );
    assert_eq!(
        read_of("import-cellule-erreur.xlsx", &registers).ignored_columns,
        ["Calcul perso"]
    );
}

#[test]
fn a_cell_that_cannot_be_read_is_a_fault_with_its_place() {
    let registers = Registers::default();
    assert_eq!(
        faults(&read_of("import-formule.xlsx", &registers)),
        ["Mesures!A2 title formula", "Mesures!E2 cost formula"]
    );
    let twice = read_of("import-dupliquees.xlsx", &registers);
    assert_eq!(
        (twice.added(), faults(&twice)),
        (1, vec!["Mesures id twice".to_owned()])
    );
    let preview = read_of("plan-en-desordre.xlsx", &registers);
    assert_eq!(
        faults(&preview),
        [
            "Plan 2026!H6 priority choice",
            "Plan 2026!C7 cost ambiguous",
            "Plan 2026!D8 due day",
            "Plan 2026!E9 title missing",
            "Plan 2026!D10 due cell-error",
        ]
    );
    assert_eq!(
        (preview.sheet.as_str(), preview.changes.len()),
        ("Plan 2026", 1)
    );
    assert_eq!(preview.ignored_columns, ["Remarques internes"]);
    let change = &preview.changes[0];
    let read =
        ["title", "owner", "due", "cost", "priority", "declared"].map(|field| after(change, field));
    assert_eq!(
        read,
        [
            "Chiffrer les postes",
            "Paul, Marie",
            "2026-12-31",
            "1500",
            "p1",
            "to-do"
        ]
    );
}

#[test]
fn a_month_written_first_is_read_where_it_is_certain() {
    let preview = read_of("english-month-first.xlsx", &Registers::default());
    assert_eq!(faults(&preview), ["Mesures!D3 due ambiguous"]);
    assert!(
        preview
            .changes
            .iter()
            .all(|change| after(change, "due") == "2026-12-31")
    );
}

#[test]
fn only_a_blank_cell_of_a_column_that_is_there_erases() {
    let registers = four_measures();
    let preview = read_of("revision.xlsx", &registers);
    let changes: Vec<String> = preview
        .changes
        .iter()
        .map(|change| {
            let fields = change.fields.iter().map(|one| {
                format!(
                    "{} {}>{}",
                    one.field.code,
                    one.before.join("|"),
                    one.after.join("|")
                )
            });
            format!("{}: {}", change.id, fields.collect::<Vec<_>>().join(", "))
        })
        .collect();
    // Costs, titles and priorities are in no column of the file.
    assert_eq!(
        changes,
        [
            "ME-1: owner Camille>Alex, due 2026-12-13>",
            "ME-3: owner Camille>, due 2026-12-13>2027-01-15"
        ]
    );
    assert_eq!(
        faults(&preview),
        [
            "Mesures!B3 due day",
            "Mesures!A5 id twice",
            "Mesures!A6 id unknown",
            "Mesures!B7 due formula",
        ]
    );
}

#[test]
fn a_table_that_is_not_there_or_twice_is_said_with_its_place() {
    let faults_of =
        |name: &str| match read(RegisterKind::Measure, &Registers::default(), 1, &file(name)) {
            Err(OperationError::Faults(faults)) => faults
                .into_iter()
                .map(|fault| {
                    format!(
                        "{} {} {}",
                        fault.line,
                        fault.column.unwrap_or_default(),
                        fault.key
                    )
                })
                .collect::<Vec<_>>(),
            Err(error) => vec![error.to_string()],
            Ok(plan) => vec![format!("{:?}", plan.preview)],
        };
    assert_eq!(
        faults_of("no-header.xlsx"),
        ["1 Intitulé table-fault-header"]
    );
    assert_eq!(
        faults_of("two-sheets.xlsx"),
        ["1 2025 table-fault-sheets", "1 2026 table-fault-sheets"]
    );
    assert_eq!(
        faults_of("column-twice.xlsx"),
        ["1 Mesures!D1, G1 table-fault-twice"]
    );
}

fn written_by_libreoffice(name: &str) -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/libreoffice")
        .join(name);
    std::fs::read(path).unwrap()
}

/// The register that the files of LibreOffice were made from: as its own export reads over records
/// of these names.
fn register_of_libreoffice() -> Registers {
    let needed = [("title", "?"), ("priority", "p1"), ("declared", "to-do")];
    let blanks = (1..=7).map(|number| {
        revision(
            RegisterKind::Measure,
            &format!("ME-{number}"),
            values(&needed),
        )
    });
    let blanks = Registers::new(blanks);
    let renamed = ImportAnswers {
        same_numbers: Some(SameNumbers::Renamed),
        ..ImportAnswers::default()
    };
    let file = written_by_libreoffice("measure-unchanged.xlsx");
    let drafts = read_with(RegisterKind::Measure, &blanks, 8, (&file, &renamed))
        .unwrap()
        .drafts;
    assert_eq!(drafts.len(), 7);
    let objective = [("title", "?"), ("indicator", "?"), ("target", "?")];
    let objectives = (1..=5).map(|number| {
        revision(
            RegisterKind::Objective,
            &format!("OB-{number}"),
            values(&objective),
        )
    });
    let measures = drafts
        .into_iter()
        .map(|draft| revision(draft.kind, &draft.id, draft.values));
    Registers::new(measures.chain(objectives))
}

/// Everything that a preview tells, in short.
fn lines_of(preview: &ImportPreview) -> Vec<String> {
    let change = |change: &RowChange| {
        let fields = change.fields.iter().map(|one| {
            format!(
                "{} {}>{}",
                one.field.code,
                one.before.join("|"),
                one.after.join("|")
            )
        });
        format!("{}: {}", change.id, fields.collect::<Vec<_>>().join(", "))
    };
    let unnamed = preview
        .unnamed_columns
        .iter()
        .map(|one| format!("unnamed {} ({})", one.letters, one.cells));
    let ignored = preview
        .ignored_columns
        .iter()
        .map(|name| format!("ignored {name}"));
    preview
        .changes
        .iter()
        .map(change)
        .chain(faults(preview))
        .chain(unnamed)
        .chain(ignored)
        .collect()
}

#[test]
fn files_that_libreoffice_wrote_come_in_as_people_see_them() {
    let registers = register_of_libreoffice();
    for (name, same, expected) in [
        ("measure-unchanged.xlsx", 7, &[][..]),
        ("measure-unchanged-1252.csv", 7, &[]),
        ("measure-header-blank.xlsx", 7, &["unnamed G (3)"]),
        (
            "measure-own-comment-column.xlsx",
            7,
            &["ignored Commentaire"],
        ),
        (
            "measure-merged-across.xlsx",
            6,
            &["Mesures!C2 description covered"],
        ),
        (
            "measure-hidden-by-format.xlsx",
            6,
            &["ME-1: cost 1500.50>77"],
        ),
        (
            "measure-due-typed.xlsx",
            6,
            &["ME-1: due 2027-01-31>2027-02-28"],
        ),
        ("measure-due-error.xlsx", 6, &["Mesures!H2 due cell-error"]),
        (
            "measure-cost-formula-zero.xlsx",
            6,
            &["Mesures!N2 cost formula"],
        ),
        ("measure-cost-dollars.xlsx", 6, &["Mesures!N3 cost unit"]),
        ("measure-cost-percent.xlsx", 6, &["Mesures!N3 cost unit"]),
    ] {
        let preview = read(
            RegisterKind::Measure,
            &registers,
            8,
            &written_by_libreoffice(name),
        )
        .unwrap()
        .preview;
        assert_eq!(
            (preview.same, lines_of(&preview)),
            (same, expected.iter().map(|one| (*one).to_owned()).collect()),
            "{name}"
        );
    }
    // A number whose format cannot be shown is no text of a field.
    for (kind, name, fault) in [
        (
            RegisterKind::Objective,
            "objective-target-exponent.xlsx",
            "Objectifs et indicateurs!D4 target unseen",
        ),
        (
            RegisterKind::Objective,
            "objective-target-duration.xlsx",
            "Objectifs et indicateurs!D4 target unseen",
        ),
        (
            RegisterKind::Measurement,
            "measurement-value-percent.xlsx",
            "Valeurs dindicateur!D7 value unseen",
        ),
    ] {
        let preview = read(kind, &registers, 8, &written_by_libreoffice(name))
            .unwrap()
            .preview;
        let found = faults(&preview).iter().any(|one| one == fault);
        assert!(found, "{name}: {:?}", faults(&preview));
    }
}

#[test]
fn every_fault_of_a_row_is_told_at_once() {
    let registers = four_measures();
    let csv = "Identifiant;Échéance;Coût;Priorité;Exigences couvertes;Responsable\n\
               ME-1;demain;12 %;urgent;iso-99;Alex\nME-2;;;P2;;Zoé\n";
    let preview = read(RegisterKind::Measure, &registers, 5, csv.as_bytes())
        .unwrap()
        .preview;
    assert_eq!(
        faults(&preview),
        [
            "CSV!B2 due day",
            "CSV!D2 priority choice",
            "CSV!C2 cost amount",
            "CSV!E2 requirements unknown"
        ]
    );
    assert_eq!(preview.changes.len(), 1);
    let campaign =
        "Intitulé;Modules;Pour;Commence le;À faire avant le\nC;;;2027-06-01;2027-01-01\n";
    let read_faults = read(
        RegisterKind::Campaign,
        &Registers::default(),
        1,
        campaign.as_bytes(),
    )
    .map(|plan| faults(&plan.preview));
    assert!(
        read_faults
            .as_ref()
            .is_ok_and(|faults| faults.contains(&"CSV!E2 due backwards".to_owned())),
        "{read_faults:?}"
    );
}

/// The statement as its export writes it, and some decisions.
fn statement_csv(registers: &Registers) -> String {
    let mut csv =
        "Mesure;Titre;Applicable;Raisons d'inclusion;Motif d'exclusion;Mesures\n".to_owned();
    for line in statement_lines(registers) {
        let of = |field: &str| line.get(field).cloned().unwrap_or_default();
        let applies = if of("applies") == ["yes"] {
            "oui"
        } else {
            "non"
        };
        let inclusion = of("inclusion")
            .iter()
            .map(|code| text(Language::French, &format!("inclusion-{code}")))
            .collect::<Vec<_>>();
        let measures: Vec<String> = of("measures")
            .iter()
            .map(|id| format!("{id} (à faire)"))
            .collect();
        let number = of("requirement").concat().replace("iso-", "");
        let cells = [
            number,
            "Titre".to_owned(),
            applies.to_owned(),
            inclusion.join(", "),
            of("exclusion").concat(),
            measures.join(", "),
        ];
        csv.push_str(&format!("{}\n", cells.join(";")));
    }
    csv
}

#[test]
fn the_statement_comes_back_and_decides_only_what_somebody_changed() {
    let measure = values(&[
        ("title", "Chiffrer"),
        ("priority", "p1"),
        ("declared", "to-do"),
        ("origin", "law"),
        ("requirements", "iso-8.24"),
    ]);
    let decided = values(&[
        ("requirement", "iso-5.3"),
        ("applies", "no"),
        ("exclusion", "personne"),
    ]);
    let registers = Registers::new([
        revision(RegisterKind::Measure, "ME-1", measure),
        revision(RegisterKind::Applicability, "AP-1", decided),
    ]);
    let csv = statement_csv(&registers);
    let preview = read(RegisterKind::Applicability, &registers, 2, csv.as_bytes())
        .unwrap()
        .preview;
    assert_eq!(
        (preview.same, lines_of(&preview)),
        (93, vec!["ignored Titre".to_owned()])
    );
    let edited = csv
        .replace("5.3;Titre;non;;personne;", "5.3;Titre;oui;;;")
        .replace("5.4;Titre;oui;;;", "5.4;Titre;non;;rien;");
    let preview = read(
        RegisterKind::Applicability,
        &registers,
        2,
        edited.as_bytes(),
    )
    .unwrap()
    .preview;
    let lines = lines_of(&preview);
    assert_eq!(preview.same, 91, "{lines:?}");
    assert_eq!(lines[0], "AP-1: applies no>yes, exclusion personne>");
    assert_eq!(
        lines[1],
        "AP-2: requirement >iso-5.4, applies >no, exclusion >rien"
    );
}

#[test]
fn the_same_file_a_second_time_changes_nothing() {
    let name = "formats.xlsx";
    let plan = read(RegisterKind::Measure, &Registers::default(), 1, &file(name))
        .unwrap()
        .drafts;
    let taken = plan
        .into_iter()
        .map(|draft| revision(draft.kind, &draft.id, draft.values));
    let again = read_of(name, &Registers::new(taken));
    assert_eq!(
        (again.changes.len(), again.same, again.fault_count),
        (0, 15, 0)
    );
}

/// A value that a field of this shape may hold.
fn text_of(shape: FieldShape) -> BoxedStrategy<Vec<String>> {
    let one = |text: BoxedStrategy<String>| text.prop_map(|text| vec![text]).boxed();
    let of = |codes: &'static [&'static str]| {
        proptest::sample::select(codes)
            .prop_map(str::to_owned)
            .boxed()
    };
    match shape {
        FieldShape::Line => one("[^\\p{C}]{0,40}".boxed()),
        FieldShape::Text => one("([^\\p{C}]{0,20}\n?){0,4}".boxed()),
        FieldShape::Day => one((0i32..30_000)
            .prop_map(|days| {
                let first = Date::constant(1990, 1, 1);
                first
                    .checked_add(jiff::Span::new().days(days))
                    .unwrap()
                    .to_string()
            })
            .boxed()),
        FieldShape::Number => one(any::<u32>().prop_map(|number| number.to_string()).boxed()),
        FieldShape::Amount => {
            let cents = (0u64..100_000_000)
                .prop_map(|cents| digue_isms::field::Amount { cents: Some(cents) });
            cents.prop_map(|amount| amount.write()).boxed()
        }
        FieldShape::Duration => {
            let times = (0u32..100_000).prop_map(ToleratedTime::of_minutes);
            times.prop_map(|time| time.write()).boxed()
        }
        FieldShape::One(_, codes) => one(of(codes)),
        FieldShape::Many(_, codes) => {
            proptest::sample::subsequence(codes.to_vec(), 0..=codes.len())
                .prop_map(|codes| codes.into_iter().map(str::to_owned).collect())
                .boxed()
        }
        FieldShape::Checks => proptest::sample::subsequence(Check::ALL.to_vec(), 0..4)
            .prop_map(|checks| {
                checks
                    .into_iter()
                    .map(|check| check.code().to_owned())
                    .collect()
            })
            .boxed(),
        FieldShape::Requirements => Just(vec!["iso-5.15".to_owned(), "recyf-2".to_owned()]).boxed(),
        // Links to the records that the test puts there.
        FieldShape::Link(to) => one(Just(format!("{}-900", to.prefix())).boxed()),
        FieldShape::Links(to) => Just(vec![
            format!("{}-900", to.prefix()),
            format!("{}-901", to.prefix()),
        ])
        .boxed(),
    }
}

fn record_of(kind: RegisterKind) -> impl Strategy<Value = Values> {
    let fields: Vec<BoxedStrategy<(String, Vec<String>)>> = kind
        .fields()
        .iter()
        .map(|field| {
            let name = field.code.to_owned();
            let filled = text_of(field.shape);
            let is_needed = field.is_needed;
            let texts = (any::<bool>(), filled).prop_map(move |(is_there, texts)| {
                if is_there || is_needed {
                    texts
                } else {
                    Vec::new()
                }
            });
            texts.prop_map(move |texts| (name.clone(), texts)).boxed()
        })
        .collect();
    fields.prop_map(|fields| fields.into_iter().collect())
}

#[test]
fn a_needed_field_is_not_filled_by_what_nobody_sees() {
    for unseen in ["\u{180b}", "\u{3164} ", "\u{200b}"] {
        let written = values(&[("objective", "OB-1"), ("period", "2026"), ("value", unseen)]);
        let refused = RegisterKind::Measurement.checked(&written).unwrap_err();
        assert!(
            refused
                .iter()
                .any(|fault| fault.field == "value" && fault.unfit == FieldError::Missing)
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_goes_out_comes_in_again_unchanged(
        records in RegisterKind::ALL.iter().map(|kind| proptest::collection::vec(record_of(*kind), 1..4)).collect::<Vec<_>>(),
    ) {
        let mut revisions = Vec::new();
        for (kind, records) in RegisterKind::ALL.iter().zip(records) {
            for (number, values) in (900..).zip(records) {
                // What the register would not hold is not in it.
                if let Ok(values) = kind.checked(&values) {
                    revisions.push(revision(*kind, &format!("{}-{number}", kind.prefix()), values));
                }
            }
        }
        let registers = Registers::new(revisions);
        for kind in RegisterKind::ALL.iter().filter(|kind| !registers.of(**kind).is_empty()) {
            for language in Language::ALL {
                let bytes = xlsx(&[sheet(language, *kind, &registers)]).unwrap();
                let preview = read(*kind, &registers, 1_000, &bytes).unwrap().preview;
                // Links to records that the generator left out are no matter of this test.
                let faults: Vec<&ImportCellFault> =
                    preview.faults.iter().filter(|fault| fault.unfit != FieldError::Unknown).collect();
                prop_assert!(faults.is_empty(), "{:?} {:?}: {:?}", kind, language, faults);
                prop_assert!(preview.changes.is_empty(), "{:?} {:?}: {:?}", kind, language, preview.changes);
            }
        }
    }
}

#[test]
fn a_choice_is_read_in_both_languages_and_never_guessed() {
    let shape = RegisterKind::Measure
        .fields()
        .iter()
        .find(|field| field.code == "declared")
        .unwrap()
        .shape;
    let FieldShape::One(prefix, codes) = shape else {
        panic!("a list")
    };
    let declared = |word: &str| choice(prefix, codes, word);
    assert_eq!(declared("À faire"), Some("to-do"));
    assert_eq!(declared("En place"), Some("in-place"));
    assert_eq!(declared("en"), None, "two begin so");
    assert_eq!(declared("bientôt"), None);
    assert_eq!(choice("likelihood", &["1", "2", "3", "4"], "v2"), Some("2"));
}

/// Thirty-six measures of another installation were proposed as changes of ours.
#[test]
fn the_numbers_of_another_installation_are_asked_about_in_one_question() {
    let registers = four_measures();
    let csv = "Identifiant;Intitulé;Priorité;Déclaré;Échéance\n\
               ME-1;Chiffrer;P1 tout de suite;à faire;13/12/2026\n\
               ME-2;La liste des autorités;P1 tout de suite;à faire;15/01/2027\n\
               ME-3;Le registre des accès;P1 tout de suite;à faire;15/01/2027\n";
    let of = |same_numbers| {
        let answers = ImportAnswers {
            same_numbers,
            ..ImportAnswers::default()
        };
        let plan = read_with(
            RegisterKind::Measure,
            &registers,
            5,
            (csv.as_bytes(), &answers),
        );
        plan.unwrap().preview
    };
    let asked = of(None);
    let rows: Vec<(&str, &str)> = asked
        .same_numbers
        .iter()
        .map(|one| (one.id.as_str(), one.theirs.as_str()))
        .collect();
    assert_eq!(
        rows,
        [
            ("ME-2", "La liste des autorités"),
            ("ME-3", "Le registre des accès")
        ]
    );
    assert!(asked.changes.is_empty() && asked.same == 1, "{asked:?}");
    let foreign = of(Some(SameNumbers::Foreign));
    assert_eq!((foreign.added(), foreign.changed()), (2, 0), "{foreign:?}");
    assert_eq!(after(&foreign.changes[0], "origin-reference"), "ME-2");
    assert_eq!(foreign.changes[0].id, "ME-5");
    let renamed = of(Some(SameNumbers::Renamed));
    assert_eq!((renamed.added(), renamed.changed()), (0, 2));
    assert_ne!(foreign.digest, renamed.digest, "each answer is confirmed");
}

#[test]
fn what_a_file_leaves_out_is_asked_once_and_is_no_fault_of_each_row() {
    let registers = Registers::default();
    let csv = "ref_id,name,description\nA.1,Encrypt exports,All of them\nA.2,Train staff,\n";
    let answered = |defaults: &[(&str, &str)]| {
        let defaults = defaults
            .iter()
            .map(|(field, value)| ((*field).to_owned(), (*value).to_owned()));
        let answers = ImportAnswers {
            defaults: defaults.collect(),
            ..ImportAnswers::default()
        };
        let plan = read_with(
            RegisterKind::Measure,
            &registers,
            5,
            (csv.as_bytes(), &answers),
        );
        plan.unwrap().preview
    };
    let asked = answered(&[]);
    assert_eq!(faults(&asked), Vec::<String>::new());
    assert_eq!(
        asked.missing,
        BTreeMap::from([("declared", 2), ("priority", 2)])
    );
    assert!(asked.changes.is_empty());
    let done = answered(&[("declared", "to-do"), ("priority", "p2")]);
    assert_eq!((done.added(), done.fault_count), (2, 0), "{done:?}");
    for (place, title, reference) in [(0, "Encrypt exports", "A.1"), (1, "Train staff", "A.2")] {
        assert_eq!(after(&done.changes[place], "title"), title);
        assert_eq!(after(&done.changes[place], "origin-reference"), reference);
        assert_eq!(after(&done.changes[place], "priority"), "p2");
    }
    let wrong = answered(&[("declared", "to-do"), ("priority", "p9")]);
    assert!(
        wrong.changes.is_empty() && wrong.fault_count == 2,
        "{wrong:?}"
    );
}

/// Our own file for MonServiceSécurisé came back as 130 faults.
#[test]
fn our_own_rows_in_the_template_of_mon_service_securise_are_ours() {
    let registers = four_measures();
    let csv = "Intitulé de la mesure *;Description de la mesure;Catégorie *\n\
               Chiffrer;ME-3 – à faire. ;Protection\n\
               Chiffrer;ME-2 – à faire. Tout;Protection\n\
               Autre mesure;ME-4 – à faire. Tout;Protection\n\
               Former;Deux fois par an;Gouvernance\n";
    let preview = read(RegisterKind::Measure, &registers, 5, csv.as_bytes())
        .unwrap()
        .preview;
    assert_eq!(preview.same, 1, "{preview:?}");
    // What somebody wrote into their copy is a change of the description, and of it alone.
    assert_eq!(preview.changes.len(), 1, "{preview:?}");
    assert_eq!(preview.changes[0].id, "ME-2");
    assert_eq!(after(&preview.changes[0], "description"), "Tout");
    assert_eq!(preview.fault_count, 0, "{preview:?}");
    assert_eq!(preview.missing["priority"], 2);
    assert_eq!(preview.ignored_columns, ["Catégorie *"]);
}

#[test]
fn the_file_for_mon_service_securise_comes_back_with_two_questions_and_no_fault() {
    let title = "La liste des autorités à prévenir";
    let fields = [
        ("title", title),
        (
            "description",
            "CNIL, police ou gendarmerie, 17Cyber, assureur, donneurs d'ordre.",
        ),
        ("priority", "p1"),
        ("declared", "to-do"),
    ];
    let known = revision(RegisterKind::Measure, "ME-1", values(&fields));
    let registers = Registers::new([known]);
    let asked = read_of("mss.xlsx", &registers);
    assert_eq!((asked.same, asked.fault_count), (1, 0), "{asked:?}");
    assert_eq!(
        asked.missing,
        BTreeMap::from([("declared", 64), ("priority", 64)])
    );
    let answers = ImportAnswers {
        defaults: [("declared", "to-do"), ("priority", "p2")]
            .map(|(field, value)| (field.to_owned(), value.to_owned()))
            .into(),
        ..ImportAnswers::default()
    };
    let bytes = file("mss.xlsx");
    let plan = read_with(RegisterKind::Measure, &registers, 5, (&bytes, &answers)).unwrap();
    assert_eq!((plan.preview.added(), plan.preview.fault_count), (64, 0));
}
