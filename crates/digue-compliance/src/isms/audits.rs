//! Samples for internal audits: drawn from a population of the running system with the audit's
//! seed, so that another auditor draws the same.

use digue_app::files::sha256;
use digue_app::{Actor, App, OperationError};
use digue_casework::incidents;
use digue_isms::kinds::{Audit, RegisterKind, SamplePopulation};
use digue_isms::register::RegisterRecord as _;
use digue_isms::sample::sample;
use digue_locales::{Language, Value, number, text, text_with};

use super::{in_force, must_read, save};

/// The size of a sample when the audit does not state one.
const SIZE: u32 = 10;

/// Draws the sample of an audit and writes it into its record, with the size of the population and
/// the hash of its names.
pub async fn draw(app: &App, actor: &Actor, id: &str) -> Result<(), OperationError> {
    actor.must_govern()?;
    let registers = in_force(app).await?;
    let known = registers
        .find(RegisterKind::Audit, id)
        .ok_or(OperationError::NotFound("record"))?;
    let mut values = known.values.clone();
    let invalid = || OperationError::Invalid("invalid-record");
    let audit = Audit::read(&values).map_err(|_| invalid())?;
    let of = audit.population.0.ok_or_else(invalid)?;
    let size = audit.size.unwrap_or(SIZE);
    let drawn = sampled(app, actor, of, u64::from(audit.seed.unwrap_or(1)), size).await?;
    values.insert("sample".to_owned(), vec![drawn.to_text()]);
    save(app, actor, RegisterKind::Audit, Some(id), &values).await?;
    Ok(())
}

/// A sample, and what it was drawn from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    pub of: SamplePopulation,
    pub seed: u64,
    /// The number of names in the population.
    pub population: usize,
    /// SHA-256 of the names, sorted, one a line.
    pub hash: String,
    pub names: Vec<String>,
}

impl Sample {
    fn to_text(&self) -> String {
        let Self {
            of,
            seed,
            population,
            hash,
            names,
        } = self;
        // In the operator's language, as every text that a record keeps.
        let language = Language::default();
        let values = [
            (
                "of",
                Value::from(text(language, &format!("population-{}", of.code()))),
            ),
            ("count", Value::from(number(language, *population as u64))),
            ("seed", Value::from(seed.to_string())),
            ("hash", Value::from(hash.clone())),
        ];
        let head = text_with(language, "sample-drawn", &values);
        format!("{head}\n{}", names.join("\n"))
    }
}

/// Draws a sample without storing it, for readers of the ISMS such as an auditor.
pub async fn sampled(
    app: &App,
    actor: &Actor,
    of: SamplePopulation,
    seed: u64,
    size: u32,
) -> Result<Sample, OperationError> {
    must_read(actor)?;
    let mut names = population(app, of).await?;
    // In one order, whatever that of the source: the seed must draw the same names again.
    names.sort();
    names.dedup();
    let drawn = sample(&names, seed, usize::try_from(size).unwrap_or(usize::MAX));
    Ok(Sample {
        of,
        seed,
        population: names.len(),
        hash: sha256(names.join("\n")),
        names: drawn,
    })
}

/// All names of a population.
async fn population(app: &App, of: SamplePopulation) -> Result<Vec<String>, OperationError> {
    let rules = app.gateway().rules();
    Ok(match of {
        SamplePopulation::Accounts => rules
            .directory
            .iter()
            .map(|(account, _)| account.to_string())
            .collect(),
        SamplePopulation::Organisations => rules
            .directory
            .iter()
            .map(|(_, record)| record.organisation.to_string())
            .collect(),
        SamplePopulation::Approvals => app
            .store()
            .approvals()
            .await?
            .into_iter()
            .map(|one| one.id)
            .collect(),
        SamplePopulation::BreakGlass => app
            .store()
            .break_glass()
            .await?
            .into_iter()
            .map(|one| one.id)
            .collect(),
        SamplePopulation::Incidents => {
            let views = incidents::list(app, &Actor::digue()).await?;
            views
                .iter()
                .map(incidents::IncidentView::reference)
                .collect()
        }
        SamplePopulation::Measures => in_force(app)
            .await?
            .of(RegisterKind::Measure)
            .iter()
            .map(|one| one.id.clone())
            .collect(),
    })
}
