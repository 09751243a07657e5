//! S2 and S3: one decision about a response of 100 persons, with a national population's caseloads
//! in memory. `cargo bench -p digue-access`
//!
//! 43,000,000 persons, 60,000 accounts, 10,000,000 relations. The bench prints the load time, the
//! resident memory and the percentiles; criterion keeps the mean.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark ends at its first fault, and prints its figures"
)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use digue_access::caseload::read_csv;
use digue_access::classes::ClassesBuilder;
use digue_access::{
    BudgetLimits, Budgets, EnforcementMode, LimitsTable, RequestFacts, RouteAccess, Snapshot,
    release,
};
use digue_types::person::PersonKeyer;
use digue_types::{
    AccountId, ClassName, OrganisationId, Outcome, PersonKey, PopulationId, PortalId, Timestamp,
};

const PERSONS: u64 = 43_000_000;
const ACCOUNTS: u64 = 60_000;
const RELATIONS: u64 = 10_000_000;

/// Scatters `number` over all 64 bits, reproducibly.
fn scatter(number: u64) -> u64 {
    let mut z = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z ^ (z >> 27)
}

fn person(account: u64, rank: u64) -> u64 {
    scatter(account * 1000 + rank) % PERSONS
}

fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS"))
        .unwrap_or_default();
    line.split_whitespace()
        .nth(1)
        .and_then(|kib| kib.parse::<u64>().ok())
        .unwrap_or(0)
        / 1024
}

fn decision(criterion: &mut Criterion) {
    let population = PopulationId::parse("demandeurs").unwrap();
    let each = RELATIONS / ACCOUNTS + 1;
    let mut csv = "account,person,reason,from,until\n".to_owned();
    for account in 0..ACCOUNTS {
        for rank in 0..each {
            let _ = writeln!(
                csv,
                "of-{:05}.a{},{:08}A,formation,,",
                account / 3,
                account % 3,
                person(account, rank)
            );
        }
    }
    let start = Instant::now();
    let caseloads = read_csv(csv.as_bytes(), &population, &|text| Ok(text.to_owned())).unwrap();
    let loaded = start.elapsed();
    drop(csv);
    println!(
        "{} relations loaded in {:.2} s, resident {} MiB",
        caseloads.relations(),
        loaded.as_secs_f64(),
        resident_mib()
    );

    let snapshot = Snapshot {
        caseloads: [(population.clone(), std::sync::Arc::new(caseloads))].into(),
        ..Snapshot::default()
    };
    let all = BudgetLimits([Some(100_000), Some(100_000), Some(100_000), None]);
    let portal_limits = BudgetLimits([None, Some(100_000_000), Some(100_000_000), None]);
    let table = LimitsTable {
        account: all,
        organisation: all,
        portal: portal_limits,
        ..LimitsTable::default()
    };
    let mut budgets = Budgets::new(table);
    let (portal, access) = (
        PortalId::parse("kairos").unwrap(),
        RouteAccess {
            needs_caseload: true,
            allows_exact_search: false,
            keeps_found: Duration::ZERO,
            allows_break_glass: false,
            proof_age_max: None,
            shows_own: false,
        },
    );
    let keyer = PersonKeyer::new(&population);
    let responses: Vec<(AccountId, OrganisationId, Vec<PersonKey>)> = (0..20_000)
        .map(|number| {
            let account = scatter(number) % ACCOUNTS;
            let keys = (0..100)
                .map(|rank| keyer.key(&format!("{:08}A", person(account, rank))))
                .collect();
            let organisation = format!("of-{:05}", account / 3);
            let id = AccountId::parse(&format!("{organisation}.a{}", account % 3)).unwrap();
            (id, OrganisationId::parse(&organisation).unwrap(), keys)
        })
        .collect();
    let decide = |budgets: &mut Budgets, number: usize, keys: &[PersonKey], now: Timestamp| {
        let (account, organisation, _) = &responses[number % responses.len()];
        let facts = RequestFacts {
            now,
            portal: &portal,
            population: &population,
            route: "liste",
            action: "list",
            access: &access,
            classes: &digue_access::ClassRules::default(),
            mode: EnforcementMode::Enforced,
            account,
            organisation,
            ip: "192.0.2.1",
            proved_at: now,
            local: (10, 2),
            categories: &[],
            is_exact_search: false,
            is_found_as_asked: false,
            own: None,
        };
        let decision = release(&snapshot, budgets, &facts, keys);
        assert_eq!(decision.outcome, Outcome::Released);
        decision
    };
    let mut times: Vec<Duration> = Vec::new();
    // Charges are sorted in between the decisions, as the server does it: not in their time, but in
    // the sum.
    let mut settling = Duration::ZERO;
    for number in 0..60_000 {
        let now = Timestamp::from_micros(1_763_812_800_000_000 + number as i64 * 500);
        // Inspection has just written them.
        let keys = responses[number % responses.len()].2.clone();
        let start = Instant::now();
        black_box(decide(&mut budgets, number, &keys, now));
        times.push(start.elapsed());
        if number % 10 == 9 {
            let start = Instant::now();
            while budgets.settle(1000) {}
            settling += start.elapsed();
        }
    }
    let deciding: Duration = times.iter().sum();
    let each = |sum: Duration| sum.as_secs_f64() * 1e6 / times.len() as f64;
    println!(
        "on average {:.1} us to decide and {:.1} us to sort in later",
        each(deciding),
        each(settling)
    );
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e6;
    println!(
        "decision on 100 persons: p50 {:.1} us, p99 {:.1} us, p99.9 {:.1} us; resident {} MiB",
        at(0.5),
        at(0.99),
        at(0.999),
        resident_mib()
    );
    let mut number = 60_000;
    criterion.bench_function("decision on 100 persons, sorting in included", |bencher| {
        bencher.iter(|| {
            number += 1;
            if number % 10 == 0 {
                while budgets.settle(1000) {}
            }
            let now = Timestamp::from_micros(1_763_812_900_000_000 + number as i64);
            black_box(decide(
                &mut budgets,
                number,
                &responses[number % responses.len()].2,
                now,
            ))
        });
    });
}

/// The classes of a nation: every person archived, and one in a thousand protected besides.
fn classes(criterion: &mut Criterion) {
    let population = PopulationId::parse("demandeurs").unwrap();
    let class = |name: &str| ClassName::parse(name).unwrap();
    let (archived, protected) = (class("archived"), class("protected"));
    let (before, began) = (resident_mib(), Instant::now());
    let mut builder = ClassesBuilder::new(&population);
    let mut text = String::new();
    for number in 0..PERSONS {
        text.clear();
        let _ = write!(text, "{number:08}A");
        builder.add(&archived, &text);
        if number % 1000 == 0 {
            builder.add(&protected, &text);
        }
    }
    let table = builder.finish();
    let (after, lasted) = (resident_mib(), began.elapsed());
    println!(
        "classes: {} rows in {lasted:.1?}, {} MiB",
        table.rows(),
        after.saturating_sub(before)
    );
    let keyer = PersonKeyer::new(&population);
    let keys: Vec<PersonKey> = (0..100_000)
        .map(|number| keyer.key(&format!("{:08}A", scatter(number) % (2 * PERSONS))))
        .collect();
    let mut place = 0;
    criterion.bench_function("the classes of 100 persons", |bencher| {
        bencher.iter(|| {
            place = (place + 100) % keys.len();
            let found = keys[place..place + 100]
                .iter()
                .map(|key| table.of(*key).count());
            black_box(found.sum::<usize>())
        });
    });
}

criterion_group! { name = benches; config = Criterion::default().sample_size(20); targets = decision, classes }
criterion_main!(benches);
