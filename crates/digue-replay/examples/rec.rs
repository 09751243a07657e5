use digue_replay::record::play::{Half, Options_, Player};
use digue_replay::record::rivals::RIVALS;
use digue_replay::record::theft::CLASSES;
use digue_replay::record::{Course, Record, Setting};

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let has = |name: &str| args.iter().any(|a| a == name);
    let val = |name: &str| args.iter().position(|a| a == name).map(|p| args[p + 1].clone());
    let judging = has("--judging");
    let course = match val("--course").as_deref() {
        Some("surge") => Course::Surge,
        Some("growth") => Course::Growth,
        _ => Course::AsRecorded,
    };
    let setting = Setting { course, has_one_office: has("--office"), has_no_organisations: has("--no-org") };
    let only = val("--class");
    let mut tuning = digue_detection::Tuning::default();
    for a in &args {
        if let Some((n, v)) = a.split_once('=') {
            *tuning.named(n).unwrap() = v.parse().unwrap();
        }
    }
    for path in args.iter().skip(1).filter(|a| a.ends_with(".gz")) {
        let file = std::fs::File::open(path).unwrap();
        let record = Record::read(flate2::read::MultiGzDecoder::new(file)).unwrap();
        let record = setting.apply(record);
        let opts = Options_ {
            half: if judging { Half::Judging } else { Half::Tuning },
            victims: val("--victims").map_or(20, |v| v.parse().unwrap()),
            off: vec![],
            has_one_office: setting.has_one_office,
            has_verdicts: has("--verdicts"),
            tuning,
        };
        let player = Player::new(&record, opts).unwrap();
        let t = std::time::Instant::now();
        let honest = player.honest(|f| {
            if has("--reasons") {
                println!(
                    "  {} {:?} {:?} {:.1} {:?}",
                    f.at,
                    f.weight,
                    f.account,
                    f.evidence,
                    (
                        f.around.portal_factor,
                        f.around.organisation_factor,
                        f.around.usual,
                        f.around.innocent,
                        f.persons,
                        &f.signals
                    )
                )
            }
        });
        println!(
            "== {path} {setting:?}: {} accounts {} views {} days worked; containments {} ({:.1}/10k) alerts {} ({:.2}/1k) of {} accounts; most/day {} {:?} [{:.1}s]",
            record.accounts.len(),
            record.views.len(),
            honest.days_worked,
            honest.containments,
            honest.containments as f64 * 1e4 / honest.days_worked as f64,
            honest.alerts,
            honest.alerts as f64 * 1e3 / honest.days_worked as f64,
            honest.accounts,
            honest.most_in_a_day,
            honest.leads,
            t.elapsed().as_secs_f64()
        );
        if has("--honest") {
            continue;
        }
        let classes: Vec<_> =
            CLASSES.into_iter().filter(|c| only.as_deref().is_none_or(|o| c.name.contains(o))).collect();
        let costs = player.thefts(&classes);
        for (class, costs) in classes.iter().zip(&costs) {
            let mut p: Vec<usize> = costs.iter().map(|c| c.persons).collect();
            p.sort_unstable();
            let caught = costs.iter().filter(|c| c.days.is_some()).count();
            let mut d: Vec<f64> = costs.iter().filter_map(|c| c.days).collect();
            d.sort_by(f64::total_cmp);
            let riv: Vec<String> = RIVALS
                .iter()
                .enumerate()
                .map(|(i, _r)| {
                    let mut q: Vec<usize> = costs.iter().map(|c| c.rivals[i].0).collect();
                    q.sort_unstable();
                    format!(
                        "{}:{}",
                        costs.iter().filter(|c| c.rivals[i].1).count(),
                        q.get(q.len() / 2).copied().unwrap_or(0)
                    )
                })
                .collect();
            println!(
                "{:26} {:3} of {:3}; {:5} / {:5}; d1 {:2} d3 {:2} d14 {:2} | {} {:?}",
                class.name,
                caught,
                costs.len(),
                p.get(p.len() / 2).copied().unwrap_or(0),
                p.last().copied().unwrap_or(0),
                d.iter().filter(|x| **x <= 1.0).count(),
                d.iter().filter(|x| **x <= 3.0).count(),
                d.iter().filter(|x| **x <= 14.0).count(),
                riv.join("  "),
                class.goal
            );
        }
        println!("[{:.1}s]", t.elapsed().as_secs_f64());
    }
}
