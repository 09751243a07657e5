//! The table of the classes of persons.
//!
//! A row narrows: an archived record is shown to fewer people. A row that goes widens, and waits for
//! a second person or takes from the bound of a feed, as a new row of a caseload does.

use std::sync::Arc;

use digue_access::PersonClasses;
use digue_access::classes::ClassesBuilder;
use digue_app::canonical::portal_of;
use digue_app::csv_file::{CsvColumn, CsvForm};
use digue_app::kept_files::FileDraft;
use digue_app::{App, LineFault, OperationError};
use digue_gateway::{Hosts, Portal};
use digue_types::{Act, ClassName, PopulationId, Subject};

use crate::kept_table::{KeptTable, TableChange, TableComparison, TableJob, populations};
use crate::loads::{Allowance, LoadGrowth, LoadPreview, LoadTarget};

const CLASS: usize = 0;
const PERSON: usize = 1;

const FORM: CsvForm = CsvForm {
    prefix: "class",
    columns: &[
        CsvColumn {
            name: "class",
            aliases: &["class", "classe"],
        },
        CsvColumn {
            name: "person",
            aliases: &["person", "personne"],
        },
    ],
    needed: &[CLASS, PERSON],
    one_of: &[],
};

/// The most classes of one population: each look-up of a person asks every one.
const CLASSES_MAX: usize = 32;

/// The classes of the persons of one population.
#[derive(Clone)]
pub(crate) struct ClassesTable(pub(crate) PopulationId);

impl KeptTable for ClassesTable {
    type Rows = PersonClasses;

    const FOLDER: &'static str = "classes";
    const LOADED: Act = Act::ClassesLoaded;
    const DAMAGED: &'static str = "invalid-classes-kept";
    const GRANTED: TableChange = TableChange::Remove;

    fn all(hosts: &Hosts) -> Vec<Self> {
        populations(hosts).map(Self).collect()
    }

    fn target(&self) -> LoadTarget {
        LoadTarget::Classes(self.0.clone())
    }

    fn file_name(&self) -> &str {
        self.0.as_str()
    }

    fn subject(&self) -> Subject {
        Subject::Population(self.0.clone())
    }

    fn portal(&self, app: &App) -> Result<Arc<Portal>, OperationError> {
        portal_of(app, &self.0)
    }

    /// Where they are not known, every record is held back as one of the strictest class is.
    fn in_force(&self, app: &App) -> Option<Arc<PersonClasses>> {
        app.gateway().rules().classes.get(&self.0).cloned()
    }

    async fn publish(
        &self,
        app: &App,
        rows: PersonClasses,
        _: Option<u64>,
    ) -> Result<(), OperationError> {
        let mut rules = app.rules().await;
        rules.classes.insert(self.0.clone(), Arc::new(rows));
        app.publish(&rules);
        Ok(())
    }

    fn read(csv: &[u8], portal: &Portal) -> Result<PersonClasses, OperationError> {
        let mut builder = ClassesBuilder::new(&portal.population);
        each_row(csv, portal, &mut |class, person| builder.add(class, person))?;
        if builder.classes() > CLASSES_MAX {
            let fault = LineFault::new(1, "class-fault-many");
            return Err(OperationError::Faults(vec![fault]));
        }
        Ok(builder.finish())
    }

    fn compare(job: &TableJob<Self>) -> Result<TableComparison<PersonClasses>, OperationError> {
        let sent = Self::read(&job.csv, &job.portal)?;
        let removed = match job.change {
            TableChange::Replace { .. } => number(job.base.rows_without(&sent)),
            TableChange::Add | TableChange::Remove => 0,
        };
        let may_go = match &job.allowance {
            Allowance::All => true,
            Allowance::Nothing => removed == 0,
            // All or none: taking rows out up to the bound would leave a table that nobody wrote.
            Allowance::Feed(feed) => removed <= feed.left,
        };
        let keyer = job.portal.keyer();
        let mut builder = ClassesBuilder::new(&job.portal.population);
        let (mut next, mut later) = (job.next(&FORM)?, job.later(&FORM)?);
        let mut growth = LoadGrowth::default();
        let mut gone = ClassesBuilder::new(&job.portal.population);
        let mut stay = |class: &ClassName, person: &str| {
            builder.add(class, person);
            next.push([class.as_str(), person]);
        };
        if job.change != TableChange::Remove {
            each_row(&job.csv, &job.portal, &mut stay)?;
        }
        let goes_at_once = may_go && matches!(job.change, TableChange::Replace { .. });
        if !job.kept.is_empty() && !goes_at_once {
            each_row(&job.kept, &job.portal, &mut |class, person| {
                let is_sent = sent.has(class, keyer.key(person));
                if !is_sent {
                    stay(class, person);
                }
                if !is_sent && !may_go {
                    gone.add(class, person);
                    later.push([class.as_str(), person]);
                    growth.rows += 1;
                    growth.readings += 1;
                }
            })?;
        }
        growth.persons = number(gone.finish().rows());
        let later = later.finish_draft()?;
        Ok(TableComparison {
            rows: builder.finish(),
            next: next.finish_draft()?,
            waiting: (growth.rows > 0).then_some((later, growth)),
            charged: if may_go { removed } else { 0 },
            ignored: Vec::new(),
        })
    }

    fn whole(job: &TableJob<Self>) -> Result<Option<(FileDraft, LoadGrowth)>, OperationError> {
        let sent = Self::read(&job.csv, &job.portal)?;
        let mut later = job.later(&FORM)?;
        each_row(&job.csv, &job.portal, &mut |class, person| {
            later.push([class.as_str(), person]);
        })?;
        let growth = LoadGrowth {
            rows: number(sent.rows()),
            ..LoadGrowth::default()
        };
        let later = later.finish_draft()?;
        Ok((growth.rows > 0).then_some((later, growth)))
    }

    fn preview(job: &TableJob<Self>) -> Result<LoadPreview, OperationError> {
        let sent = Self::read(&job.csv, &job.portal)?;
        Ok(LoadPreview {
            before: number(job.base.rows()),
            rows: number(sent.rows()),
            removed: number(job.base.rows_without(&sent)),
            growth: LoadGrowth {
                rows: number(sent.rows_without(&job.base)),
                ..LoadGrowth::default()
            },
            unknown: None,
        })
    }

    fn count(rows: &PersonClasses) -> usize {
        rows.rows()
    }

    fn entry(rows: &PersonClasses, _: Option<u64>) -> (String, String) {
        let sizes = rows
            .sizes()
            .map(|(class, count)| format!("{class}:{count}"));
        (String::new(), sizes.collect::<Vec<_>>().join(" "))
    }
}

fn number(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}

/// Calls `take` with each class and canonical person of a file.
fn each_row(
    csv: &[u8],
    portal: &Portal,
    take: &mut dyn FnMut(&ClassName, &str),
) -> Result<(), OperationError> {
    let primary = &portal.kinds[portal.primary];
    // Rows come grouped by class: the last one is not parsed again.
    let mut last: Option<ClassName> = None;
    let read = FORM.each_row(csv, &mut |row| {
        let cell = row.cell(CLASS);
        if last.as_ref().is_none_or(|last| last.as_str() != cell) {
            last = ClassName::parse(cell).ok();
        }
        match (&last, primary.canonical(row.cell(PERSON))) {
            (Some(class), Some(person)) => {
                take(class, &person);
                Ok(())
            }
            (None, _) => Err(FORM.fault(row, CLASS, "class-fault-class")),
            (_, None) => Err(FORM.fault(row, PERSON, "class-fault-person")),
        }
    });
    read.map(drop)
}
