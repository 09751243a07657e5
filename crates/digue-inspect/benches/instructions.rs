//! Instructions that inspecting one page takes: the steady measure, which a busy machine does not
//! change. `cargo bench -p digue-inspect --bench instructions [WORD]`: pages whose names hold the
//! word. Needs valgrind.
//!
//! `BINARY --repeat NAME COUNT` only inspects, for a profile of one's own under callgrind.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark ends at its first fault, and prints its figures"
)]

mod pages;

use std::env;
use std::hint::black_box;
use std::process::Command;

use digue_identifiers::ResponseReading;
use pages::Page;

/// What is counted is the difference of two runs, so that start and end of the program cancel out.
const FEW: u64 = 5;
const MANY: u64 = 25;

fn main() {
    let arguments: Vec<String> = env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    let pages = || pages::ordinary().into_iter().chain(pages::hostile());
    if let [flag, name, count] = &arguments[..]
        && flag == "--repeat"
    {
        let page = pages().find(|page| page.name == name).unwrap();
        return repeat(&page, count.parse().unwrap());
    }
    let word = arguments.first().map_or("", String::as_str);
    for page in pages::ordinary() {
        let reading = page.inspect(&pages::kinds());
        let shows_all = matches!(&reading, ResponseReading::Persons(shown) if shown.found.len() == pages::PERSONS);
        assert!(shows_all, "{}: {reading:?}", page.name);
    }
    println!("| page | bytes | instructions | for each byte |\n|---|--:|--:|--:|");
    for page in pages().filter(|page| page.name.contains(word)) {
        let each = (counted(page.name, MANY) - counted(page.name, FEW)) / (MANY - FEW);
        let rate = each as f64 / page.read_bytes as f64;
        println!(
            "| {} | {} | {each} | {rate:.2} |",
            page.name, page.read_bytes
        );
    }
}

// Not inlined, so that a profile can begin at it.
#[inline(never)]
fn repeat(page: &Page, count: u64) {
    let kinds = pages::kinds();
    for _ in 0..count {
        let _ = black_box(page.inspect(&kinds));
    }
}

fn counted(name: &str, count: u64) -> u64 {
    let own = env::current_exe().unwrap();
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(own)
        .args(["--repeat", name, &count.to_string()])
        .output()
        .unwrap();
    let told = String::from_utf8(run.stderr).unwrap();
    assert!(run.status.success(), "{told}");
    let collected = told
        .lines()
        .find_map(|line| line.split_once("Collected : "));
    collected.unwrap().1.trim().parse().unwrap()
}
