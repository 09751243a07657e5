//! The attestation of an organisation for its Qualiopi file: what the gateway measured on a day,
//! and what the organisation declared. A sheet of facts and not a certificate.

use digue_administration::accounts;
use digue_app::files::hex;
use digue_app::{Actor, App, OperationError};
use digue_casework::incidents;
use digue_casework::paper_reader::PaperReader;
use digue_casework::papers::{PaperFormat, printed_from};
use digue_documents::{Document, DocumentBlock};
use digue_evidence::checkpoints::covering_now;
use digue_evidence::paper_warning::PaperSources;
use digue_isms::assessment::{PartnerAnswer, Question};
use digue_isms::awareness::Module;
use digue_locales::{Language, Value, number, text, text_with};
use digue_types::OrganisationId;

use super::{assessment, led};

use crate::isms::{awareness, now, reviews};

/// The attestation of the actor's organisation, of today.
pub async fn file(
    app: &App,
    actor: &Actor,
    reader: &PaperReader,
    form: PaperFormat,
) -> Result<Vec<u8>, OperationError> {
    let document = document(app, actor, reader).await?;
    let organisation = led(app, actor)?;
    let accounts = app.store().accounts().await?.into_iter();
    let own = accounts
        .filter(|(_, record)| record.organisation == organisation)
        .map(|(account, _)| account);
    printed_from(app, &document, form, PaperSources::accounts(&own.collect())).await
}

async fn document(
    app: &App,
    actor: &Actor,
    reader: &PaperReader,
) -> Result<Document, OperationError> {
    let language = reader.language;
    let organisation = led(app, actor)?;
    let records = app.store().organisations().await?;
    let name = records
        .into_iter()
        .find(|record| record.id == organisation)
        .map(|record| record.name);
    let name = name.unwrap_or_else(|| organisation.to_string());
    let title = text_with(
        language,
        "attestation-title",
        &[("name", Value::from(name.as_str()))],
    );
    let made = [("at", Value::from(reader.moment(app.clock().now())))];
    let mut blocks = vec![
        DocumentBlock::Quiet(text_with(language, "attestation-made", &made)),
        DocumentBlock::Paragraph(text(language, "attestation-explain")),
    ];
    blocks.extend(of_accounts(app, actor, &organisation, language).await?);
    blocks.extend(of_reviews(app, actor, reader).await?);
    blocks.extend(of_awareness(app, actor, language).await?);
    blocks.extend(of_incidents(app, actor, reader).await?);
    blocks.extend(of_assessment(app, actor, language).await?);
    blocks.push(DocumentBlock::Heading(text(
        language,
        "attestation-qualiopi",
    )));
    blocks.push(DocumentBlock::Paragraph(text(
        language,
        "attestation-links",
    )));
    blocks.push(DocumentBlock::Quiet(proof(app, language).await?));
    let foot = format!("{title} – {}", now(app).today.strftime("%d/%m/%Y"));
    Ok(Document {
        title,
        language: language.code(),
        foot,
        blocks,
        ..Document::default()
    })
}

async fn of_accounts(
    app: &App,
    actor: &Actor,
    organisation: &OrganisationId,
    language: Language,
) -> Result<Vec<DocumentBlock>, OperationError> {
    let mut theirs = accounts::list(app, actor).await?;
    theirs.retain(|known| known.record.organisation == *organisation);
    let active = || theirs.iter().filter(|known| !known.record.is_suspended);
    let pair = |key: &str, count: usize| {
        DocumentBlock::Pair(text(language, key), number(language, count as u64))
    };
    Ok(vec![
        DocumentBlock::Heading(text(language, "attestation-accounts")),
        pair("attestation-active", active().count()),
        pair(
            "attestation-passkeys",
            active().filter(|known| known.passkeys > 0).count(),
        ),
        pair(
            "attestation-leaders",
            active()
                .filter(|known| known.record.role.leads_agents())
                .count(),
        ),
        pair(
            "attestation-suspended",
            theirs
                .iter()
                .filter(|known| known.record.is_suspended)
                .count(),
        ),
    ])
}

async fn of_reviews(
    app: &App,
    actor: &Actor,
    reader: &PaperReader,
) -> Result<Vec<DocumentBlock>, OperationError> {
    let language = reader.language;
    let mut blocks = vec![DocumentBlock::Heading(text(
        language,
        "attestation-reviews",
    ))];
    let views = reviews::list(app, actor).await?;
    for view in views.iter().filter(|view| !view.lines.is_empty()) {
        let values = [
            ("decided", Value::from(view.decided)),
            ("lines", Value::from(view.lines.len())),
        ];
        let name = format!("{} ({})", view.title, reader.date(view.opened_at));
        blocks.push(DocumentBlock::Pair(
            name,
            text_with(language, "attestation-review", &values),
        ));
    }
    if blocks.len() == 1 {
        blocks.push(DocumentBlock::Paragraph(text(language, "attestation-none")));
    }
    Ok(blocks)
}

async fn of_awareness(
    app: &App,
    actor: &Actor,
    language: Language,
) -> Result<Vec<DocumentBlock>, OperationError> {
    let learners = awareness::everybody(app, actor).await?;
    let line = |(place, module): (usize, &Module)| {
        let done = learners
            .iter()
            .filter(|one| one.done.get(place).is_some_and(Option::is_some))
            .count();
        let values = [
            ("done", Value::from(done)),
            ("people", Value::from(learners.len())),
        ];
        DocumentBlock::Pair(
            text(language, module.key()),
            text_with(language, "attestation-module", &values),
        )
    };
    let heading = DocumentBlock::Heading(text(language, "attestation-awareness"));
    Ok(std::iter::once(heading)
        .chain(Module::ALL.iter().enumerate().map(line))
        .collect())
}

async fn of_incidents(
    app: &App,
    actor: &Actor,
    reader: &PaperReader,
) -> Result<Vec<DocumentBlock>, OperationError> {
    let language = reader.language;
    let mut blocks = vec![DocumentBlock::Heading(text(
        language,
        "attestation-incidents",
    ))];
    let views = incidents::own(app, actor).await?;
    if views.is_empty() {
        blocks.push(DocumentBlock::Paragraph(text(
            language,
            "attestation-no-incident",
        )));
    }
    for view in &views {
        let state = text(
            language,
            &format!("incident-state-{}", view.incident.told_state().code()),
        );
        let name = format!(
            "{} ({})",
            view.reference(),
            reader.date(view.record.opened_at)
        );
        blocks.push(DocumentBlock::Pair(
            name,
            format!("{} – {state}", view.incident.title),
        ));
    }
    Ok(blocks)
}

async fn of_assessment(
    app: &App,
    actor: &Actor,
    language: Language,
) -> Result<Vec<DocumentBlock>, OperationError> {
    let heading = DocumentBlock::Heading(text(language, "attestation-assessment"));
    let own = assessment::show(app, actor).await?;
    let Some((_, signed)) = &own.last else {
        return Ok(vec![
            heading,
            DocumentBlock::Paragraph(text(language, "attestation-no-assessment")),
        ]);
    };
    let on = signed
        .signed_on
        .map(|on| on.strftime("%d/%m/%Y").to_string())
        .unwrap_or_default();
    let values = [
        ("on", Value::from(on)),
        ("by", Value::from(signed.signed_by.0.as_str())),
    ];
    let note = DocumentBlock::Paragraph(match own.is_altered() {
        false => text_with(language, "attestation-signed", &values),
        true => text(language, "assessment-differs"),
    });
    let answers = signed.answers();
    let rows = Question::ALL.iter().map(|question| {
        let answer = question
            .answer(&answers)
            .map(PartnerAnswer::key)
            .map(|key| text(language, key));
        let seen = own.facts.get(question);
        let seen = seen.map(|fact| assessment::fact_in_words(language, *question, *fact));
        vec![
            text(language, question.key()),
            answer.unwrap_or_default(),
            seen.unwrap_or_default(),
        ]
    });
    let header =
        ["question", "answer", "fact"].map(|column| text(language, &format!("column-{column}")));
    Ok(vec![
        heading,
        note,
        DocumentBlock::Table {
            header: header.to_vec(),
            rows: rows.collect(),
        },
    ])
}

/// The part of the journal from which the facts were read: all of it, as signed now.
async fn proof(app: &App, language: Language) -> Result<String, OperationError> {
    let size = covering_now(app).await?;
    let unknown = || OperationError::Unavailable("the journal's root cannot be read".to_owned());
    let root = app.journal().root(size).ok_or_else(unknown)?;
    let values = [
        ("size", Value::from(size)),
        ("root", Value::from(hex(&root))),
        ("origin", Value::from(app.journal().origin())),
    ];
    Ok(text_with(language, "attestation-proof", &values))
}
