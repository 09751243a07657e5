//! Gateways of the model: some write, some want to publish.

use std::sync::{Arc, Mutex};

use digue_journal::checkpoint::Checkpoint;
use digue_journal::tree::{self, TreeEdge};
use digue_shared_journal::follower::{entries_from, halt_all};
use digue_shared_journal::lease::LeaseTerms;
use digue_shared_journal::log::{EntryBatch, JournalDatabase as _};
use digue_shared_journal::publisher::{CheckpointPublisher, PublisherStep, must_not_be_behind};
use digue_shared_journal::{BatchOutcome, SharedJournalError, writer};

use super::database::{Findings, ModelDatabase, World};
use super::schedule::{Chance, Schedule};
use crate::{batch, boot, signer};

const WRITERS: usize = 3;
const PUBLISHERS: usize = 3;
const BATCHES: u64 = 12;
const STEPS: u32 = 25;
/// Steps in which a lease runs out, with some to spare.
const STEPS_TO_TAKE_OVER: u32 = 400;

/// What a run leaves.
pub(crate) struct Run {
    pub(crate) world: World,
    pub(crate) outcomes: Vec<(EntryBatch, BatchOutcome)>,
    /// Contradictions that a publisher reported.
    pub(crate) lost: Findings,
}

/// Runs three writers and three publishers; then, with nothing going wrong any more, one publisher
/// to the end.
pub(crate) fn run(seed: u64, is_lossy: bool) -> Run {
    let world = Arc::new(Mutex::new(World::new(seed, is_lossy)));
    let schedule = Schedule::new(WRITERS + PUBLISHERS);
    let mut outcomes = Vec::new();
    let mut lost = Findings::new();
    let mut gateways = Vec::new();
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|actor| {
                let database = ModelDatabase::new(&world, &schedule, actor, boot(actor as u8));
                let schedule = schedule.clone();
                scope.spawn(move || {
                    let written = write(database, actor as u8);
                    schedule.end();
                    written
                })
            })
            .collect();
        let publishers: Vec<_> = (WRITERS..WRITERS + PUBLISHERS)
            .map(|actor| {
                let database = ModelDatabase::new(&world, &schedule, actor, boot(actor as u8));
                let schedule = schedule.clone();
                scope.spawn(move || {
                    let mut gateway = Gateway::new(database, actor as u8);
                    for _ in 0..STEPS {
                        if gateway.step().is_err() {
                            break;
                        }
                    }
                    schedule.end();
                    gateway
                })
            })
            .collect();
        schedule.run(&mut Chance::new(seed ^ 0xff));
        for writer in writers {
            outcomes.extend(writer.join().unwrap());
        }
        for publisher in publishers {
            gateways.push(publisher.join().unwrap());
        }
    });
    world.lock().unwrap().calm();
    for mut gateway in gateways {
        if is_lossy {
            look_again(&mut gateway, seed);
        }
        lost.extend(gateway.lost);
    }
    if !is_lossy {
        finish(&world, seed, &mut lost);
    }
    let world = Arc::into_inner(world).unwrap().into_inner().unwrap();
    Run {
        world,
        outcomes,
        lost,
    }
}

fn write(mut database: ModelDatabase, gateway: u8) -> Vec<(EntryBatch, BatchOutcome)> {
    let batches = (0..BATCHES).map(|number| batch(gateway, number, 1 + number % 3));
    batches
        .map(|batch| {
            let outcome = writer::commit(&mut database, &batch);
            // Time passes for the others; what it answers does not matter here.
            for _ in 0..4 {
                drop(database.halted());
            }
            (batch, outcome)
        })
        .collect()
}

/// A gateway looks at the database once more, as it does several times a second.
fn look_again(gateway: &mut Gateway, seed: u64) {
    let schedule = Schedule::new(1);
    gateway.database.join(&schedule, 0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // Until it publishes or reports: a lease may have to run out first.
            for _ in 0..STEPS_TO_TAKE_OVER {
                if gateway.step().is_err() || gateway.is_current {
                    break;
                }
            }
            schedule.end();
        });
        schedule.run(&mut Chance::new(seed));
    });
}

/// The time after the faults: everything is signed within a bound.
fn finish(world: &Arc<Mutex<World>>, seed: u64, lost: &mut Findings) {
    let schedule = Schedule::new(1);
    assert!(world.lock().unwrap().is_calm());
    std::thread::scope(|scope| {
        let last = scope.spawn(|| {
            let database = ModelDatabase::new(world, &schedule, 0, boot(99));
            let mut gateway = Gateway::new(database, 99);
            // The lease of the last one runs out first, a step at a time.
            let is_done = (0..STEPS_TO_TAKE_OVER).any(|_| {
                gateway.step().is_ok()
                    && gateway.publisher.leads(gateway.database.now())
                    && gateway.is_current
            });
            schedule.end();
            assert!(is_done, "seed {seed}: it does not come to an end");
            gateway.lost
        });
        schedule.run(&mut Chance::new(seed));
        lost.extend(last.join().unwrap());
    });
}

/// A gateway that follows in memory, and publishes when it may.
struct Gateway {
    database: ModelDatabase,
    publisher: CheckpointPublisher,
    known: TreeEdge,
    lost: Findings,
    is_current: bool,
}

impl Gateway {
    fn new(database: ModelDatabase, number: u8) -> Self {
        let name = format!("gateway {number}");
        let terms = LeaseTerms::default();
        Self {
            database,
            publisher: CheckpointPublisher::new(signer(), &name, boot(number), terms),
            known: TreeEdge::new(),
            lost: Findings::new(),
            is_current: false,
        }
    }

    /// An error is the end of this gateway: what was signed is not in the database.
    fn step(&mut self) -> Result<(), ()> {
        let stepped = self
            .follow()
            .and_then(|()| self.publisher.step(&mut self.database, &self.known));
        match stepped {
            Ok(step) => {
                self.is_current = step == PublisherStep::Current;
                Ok(())
            }
            Err(SharedJournalError::Database(_)) => Ok(()),
            Err(SharedJournalError::Lost(what) | SharedJournalError::Folder(what)) => {
                self.lost.insert(what.clone());
                halt_all(&mut self.database, &what);
                Err(())
            }
        }
    }

    /// What `JournalFollower` does, without a folder.
    fn follow(&mut self) -> Result<(), SharedJournalError> {
        let published = self.database.published()?;
        must_not_be_behind(&published, self.known.size(), &self.known.root())?;
        let Some((size, note)) = self.database.checkpoint()? else {
            return Ok(());
        };
        let signed = Checkpoint::open(&note, signer().verifier()).unwrap();
        let mut edge = self.known.clone();
        while edge.size() < size {
            let entries = entries_from(&mut self.database, edge.size())?;
            if entries.is_empty() {
                return Err(SharedJournalError::Lost(
                    "signed entries are missing".to_owned(),
                ));
            }
            for entry in &entries {
                if edge.size() < size {
                    drop(edge.push(tree::leaf_hash(entry)));
                }
            }
        }
        if edge.size() == size {
            if edge.root() != signed.root {
                return Err(SharedJournalError::Lost("another root".to_owned()));
            }
            self.known = edge;
        }
        Ok(())
    }
}
