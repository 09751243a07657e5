//! Throughput of inspecting whole responses for persons. `cargo bench -p digue-inspect`

#![allow(clippy::unwrap_used, reason = "a benchmark ends at its first fault")]

mod pages;

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn throughput(criterion: &mut Criterion) {
    let kinds = pages::kinds();
    let mut group = criterion.benchmark_group("inspect");
    for page in pages::ordinary().into_iter().chain(pages::hostile()) {
        group.throughput(Throughput::Bytes(page.read_bytes as u64));
        group.bench_function(page.name, |bencher| {
            bencher.iter(|| black_box(page.inspect(&kinds)));
        });
    }
    group.finish();
}

criterion_group!(benches, throughput);
criterion_main!(benches);
