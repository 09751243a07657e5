use digue_replay::benchmark::*;
use digue_replay::theft::CLASSES;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let n: u64 = a.get(1).and_then(|x| x.parse().ok()).unwrap_or(20);
    let feed = a.get(2).is_some_and(|x| x == "feed");
    let t = std::time::Instant::now();
    let r = run(TUNING_SEEDS..TUNING_SEEDS + n, &Setting { has_caseload: feed, off: vec![] }, &CLASSES, &|_| {});
    for row in &r.rows {
        let s = row.summary();
        println!("{:22} met {:4}/{:4} contained {:4} persons {:?} seconds {:?} outside {} {}", row.class.name, s.met, s.runs, s.contained, s.persons, s.seconds, s.outside, row.is_reached());
    }
    println!("{:?} {:?}", r.honest, t.elapsed());
}
