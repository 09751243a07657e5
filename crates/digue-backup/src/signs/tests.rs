use super::*;
use crate::sample::KnownFormat;

/// A generator whose figures are the same in every run (SplitMix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// 0 to 1.
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn below(&mut self, count: usize) -> usize {
        (self.next() % count.max(1) as u64) as usize
    }
}

fn file(version: u64) -> ListedFile {
    let mut content = [0; 32];
    content[..8].copy_from_slice(&version.to_be_bytes());
    ListedFile {
        bytes: 20_000,
        content,
    }
}

const EXTENSIONS: [&str; 6] = ["docx", "xlsx", "pdf", "csv", "txt", "jpg"];

fn office(files: usize) -> FileListing {
    (0..files)
        .map(|number| {
            let extension = EXTENSIONS[number % EXTENSIONS.len()];
            (
                format!("service{}/dossier{number}.{extension}", number % 40),
                file(0),
            )
        })
        .collect()
}

/// What an encryptor does to a share of the files.
#[derive(Clone, Copy, Debug)]
enum Encryptor {
    Renames(&'static str),
    KeepsNames,
}

fn encrypt(before: &FileListing, part: f64, encryptor: Encryptor) -> (FileListing, SampledTypes) {
    let count = (before.len() as f64 * part).ceil() as usize;
    let mut after = before.clone();
    let mut types = SampledTypes::default();
    for path in before.keys().take(count) {
        match encryptor {
            Encryptor::Renames(extension) => {
                after.remove(path);
                after.insert(format!("{path}.{extension}"), file(u64::MAX));
            }
            Encryptor::KeepsNames => {
                after.insert(path.clone(), file(u64::MAX));
                let before = ContentKind::Format(KnownFormat::Zip);
                types.add(path, before, ContentKind::RandomLike);
            }
        }
    }
    (after, types)
}

fn judge(
    before: &FileListing,
    after: &FileListing,
    types: &SampledTypes,
    usual: &UsualChange,
) -> EncryptionScore {
    score(&SourceChange::between(before, after, &[]), types, usual)
}

#[test]
fn a_canary_that_moved_is_an_alarm_by_itself() {
    let mut before = office(1_000);
    before.insert("000_budget.docx".to_owned(), file(0));
    let mut after = before.clone();
    after.remove("000_budget.docx");
    let canaries = ["000_budget.docx".to_owned()];
    let change = SourceChange::between(&before, &after, &canaries);
    let found = score(&change, &SampledTypes::default(), &UsualChange::default());
    assert_eq!(found.level, SuspicionLevel::Alarm);
    assert_eq!(found.worst[0], "000_budget.docx");
}

#[test]
fn a_first_backup_is_not_suspect() {
    let found = judge(
        &FileListing::new(),
        &office(5_000),
        &SampledTypes::default(),
        &UsualChange::default(),
    );
    assert_eq!(
        (found.points, found.level, found.is_learning),
        (0, SuspicionLevel::Clean, true)
    );
}

#[test]
fn a_note_in_every_folder_is_suspect() {
    let before = office(500);
    let mut after = before.clone();
    for service in 0..40 {
        after.insert(format!("service{service}/HOW-TO-DECRYPT.txt"), file(1));
    }
    let found = judge(
        &before,
        &after,
        &SampledTypes::default(),
        &UsualChange::default(),
    );
    assert_eq!(found.level, SuspicionLevel::Suspect);
    assert_eq!(found.points, 4);
}

#[test]
fn a_month_end_that_is_usual_for_the_source_is_not_suspect() {
    let before = office(1_000);
    let mut after = before.clone();
    for path in before.keys().take(450) {
        after.insert(path.clone(), file(9));
    }
    let quiet = judge(
        &before,
        &after,
        &SampledTypes::default(),
        &UsualChange::new(&[0.02; 30]),
    );
    assert!(
        matches!(quiet.signs[..], [EncryptionSign::ManyTouched { .. }]),
        "{quiet:?}"
    );
    let busy = judge(
        &before,
        &after,
        &SampledTypes::default(),
        &UsualChange::new(&[0.20; 30]),
    );
    assert_eq!(busy.signs, []);
}

#[test]
fn encryption_of_a_fifth_is_seen_whichever_way_it_is_done() {
    let before = office(2_000);
    let usual = UsualChange::new(&[0.02; 30]);
    for encryptor in [Encryptor::Renames("locked"), Encryptor::KeepsNames] {
        for part in [0.25, 0.5, 1.0] {
            let (after, types) = encrypt(&before, part, encryptor);
            let found = judge(&before, &after, &types, &usual);
            assert!(
                found.level >= SuspicionLevel::Suspect,
                "{encryptor:?} {part} {found:?}"
            );
        }
    }
    // A hundredth is still seen by the types that were lost, where names are kept.
    let (after, types) = encrypt(&before, 0.01, Encryptor::KeepsNames);
    assert_eq!(
        judge(&before, &after, &types, &usual).level,
        SuspicionLevel::Suspect
    );
}

/// A year of one source: daily work, month ends, moves of whole folders, new programs, clearing up.
fn year(chance: &mut Chance, mut on_day: impl FnMut(&FileListing, &FileListing, &SampledTypes)) {
    let mut now = office(300 + chance.below(1_500));
    let mut version = 1;
    for day in 0..365 {
        let before = now.clone();
        let paths: Vec<String> = before.keys().cloned().collect();
        // Heavy tail: most days touch about a hundredth, one in forty a tenth.
        let mut part = 0.01 * (1.0 / (1.0 - chance.share() * 0.995)).powf(0.6);
        if day % 30 == 29 {
            part += 0.10 + chance.share() * 0.15;
        }
        let mut types = SampledTypes::default();
        for _ in 0..(paths.len() as f64 * part.min(0.9)) as usize {
            let path = &paths[chance.below(paths.len())];
            version += 1;
            now.insert(path.clone(), file(version));
            // Two in a thousand are replaced by something that looks like noise: an archive with a
            // password.
            let after = if chance.share() < 0.002 {
                ContentKind::RandomLike
            } else {
                ContentKind::Text
            };
            types.add(path, ContentKind::Text, after);
        }
        for _ in 0..chance.below(12) {
            version += 1;
            let extension = EXTENSIONS[chance.below(EXTENSIONS.len())];
            now.insert(
                format!("service{}/nouveau{version}.{extension}", chance.below(40)),
                file(version),
            );
        }
        let event = chance.share();
        if event < 0.01 {
            let service = format!("service{}/", chance.below(40));
            for path in paths.iter().filter(|path| path.starts_with(&service)) {
                if let Some(moved) = now.remove(path) {
                    now.insert(format!("archives/{path}"), moved);
                }
            }
        } else if event < 0.014 {
            for number in 0..60 {
                version += 1;
                now.insert(
                    format!("logiciel{day}/module{number}.x{day}"),
                    file(version),
                );
            }
        } else if event < 0.017 {
            for path in paths.iter().filter(|path| path.ends_with(".jpg")) {
                now.remove(path);
            }
        }
        on_day(&before, &now, &types);
    }
}

/// Measured, with the same figures in every run: 20 sources, a year each.
#[test]
fn false_alarms_stay_below_one_in_two_hundred_backups_and_no_incident_is_opened() {
    let (mut backups, mut suspect, mut alarms) = (0u32, 0u32, 0u32);
    for source in 0..20 {
        let mut chance = Chance(source);
        let mut shares = Vec::new();
        year(&mut chance, |before, after, types| {
            let change = SourceChange::between(before, after, &[]);
            let found = score(&change, types, &UsualChange::new(&shares));
            shares.push(change.touched_share());
            backups += 1;
            suspect += u32::from(found.level == SuspicionLevel::Suspect);
            alarms += u32::from(found.level == SuspicionLevel::Alarm);
        });
    }
    eprintln!("{backups} backups, {suspect} suspect, {alarms} alarms");
    assert_eq!(backups, 7_300);
    assert_eq!(alarms, 0);
    assert!(suspect * 200 <= backups, "{suspect} of {backups}");
}
