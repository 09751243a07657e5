//! Notices by other channels than e-mail: letters with a signed QR code, and rows for a printing
//! service, text messages or telephone calls.

use digue_app::{ActDetails, Actor, App, OperationError};
use digue_documents::{Document, DocumentBlock, PostalAddress};
use digue_locales::{Value, text, text_with};
use digue_response::code::Code;
use digue_store::{CampaignRecord, NoticeRecord};
use digue_types::{Act, Subject};
use qrcodegen::{QrCode, QrCodeEcc};

use super::text::{NoticePart, PartBody};
use super::{blocks_of, must_be_as_prepared, parts_of, style_of};

use digue_casework::letterhead::{self, LetterTo};
use digue_casework::papers::{self, PaperFormat};
use digue_casework::{incidents, notification};

/// A PDF of up to 1,000 letters of a campaign after the number `after`; and the last number. They
/// count as exported once the PDF was made.
pub async fn letters(
    app: &App,
    actor: &Actor,
    id: &str,
    after: u32,
) -> Result<(Vec<u8>, u32), OperationError> {
    actor.must_respond()?;
    actor.must_be_fresh(app)?;
    let campaign = app
        .store()
        .campaign(id)
        .await?
        .ok_or(OperationError::NotFound("campaign"))?;
    must_be_as_prepared(app, &campaign).await?;
    // Chosen by the database: a thousand text messages in between would otherwise end the letters.
    let notices = app.store().notices_by_hand(id, "letter", after, LETTERS);
    let notices = notices.await?;
    let last = notices.last().map_or(after, |notice| notice.number);
    if notices.is_empty() {
        return Err(OperationError::NotFound("letters"));
    }
    let incident = incidents::view(app, actor, &campaign.incident).await?;
    let (reference, now) = (incident.reference(), app.clock().now());
    let mut pages = Vec::new();
    for notice in &notices {
        pages.extend(letter(app, &campaign, notice, &reference)?);
    }
    let style = style_of(&campaign)?;
    let document = Document {
        title: campaign.subject.clone(),
        has_own_titles: true,
        language: style.language().code(),
        foot: notification::controller(app, style.language()).name,
        blocks: pages,
        made_at: Some(now.to_string()),
        ..Document::default()
    };
    let printed = papers::printed(app, document, PaperFormat::Pdf).await?;
    // Journalled before they count as exported: a claim that persons were informed needs its act.
    app.write_down(actor, Act::Exported, exported(id, "letters"))
        .await?;
    let numbers: Vec<u32> = notices.iter().map(|notice| notice.number).collect();
    app.store()
        .export_notices(id, &numbers, app.clock().now())
        .await?;
    Ok((printed, last))
}

/// One letter: its head, the notice, who signs, and the code that shows that it is genuine.
fn letter(
    app: &App,
    campaign: &CampaignRecord,
    notice: &NoticeRecord,
    reference: &str,
) -> Result<Vec<DocumentBlock>, OperationError> {
    let (style, written) = (style_of(campaign)?, blocks_of(campaign)?);
    let head = letterhead::head(
        app,
        style,
        LetterTo {
            recipient: PostalAddress::of(&notice.destination),
            handling: String::new(),
            reference: format!("{reference}-{}", notice.number),
            subject: campaign.subject.clone(),
        },
    );
    let mut blocks = vec![DocumentBlock::Letter(Box::new(head))];
    for NoticePart { title, body } in parts_of(app, style, &written, campaign, notice)? {
        blocks.push(DocumentBlock::Heading(title));
        match body {
            PartBody::Text(text) => blocks.push(DocumentBlock::Paragraph(text)),
            PartBody::Steps(steps) => {
                let steps = (1..).zip(steps);
                blocks.extend(steps.map(|(n, step)| DocumentBlock::Point(Some(n), step)));
            }
        }
    }
    blocks.extend(letterhead::signature(app, style));
    blocks.push(DocumentBlock::Squares {
        says: text(style.language(), "notice-code-says"),
        beside: style.word("code-beside"),
        rows: squares(&app.journal().sign(&payload(campaign, notice))),
    });
    Ok(blocks)
}

/// The most letters in one file.
// A PDF of some megabytes; a printer, and the browser that opens it, can still handle it.
const LETTERS: u32 = 1000;

fn exported(campaign: &str, what: &str) -> ActDetails {
    ActDetails {
        subject: Subject::Campaign(campaign.to_string()),
        after: what.to_owned(),
        ..ActDetails::default()
    }
}

/// The content of the QR code on a letter: it can be verified with the journal's public key and
/// without Digue's server.
fn payload(campaign: &CampaignRecord, notice: &NoticeRecord) -> String {
    let code = Code::of(notice.code.to_be_bytes());
    // 128 bits of the hash are enough, and a larger code is harder to scan from paper.
    let hash = &notice.hash[..32.min(notice.hash.len())];
    format!(
        "digue-notice-1\n{} {code} {} {hash}\n",
        campaign.id, notice.channel
    )
}

/// A text as a QR code.
fn squares(text: &str) -> Vec<Vec<bool>> {
    // A text that does not fit gives no code: the letter still has the code in words.
    let Ok(code) = QrCode::encode_text(text, QrCodeEcc::Low) else {
        return Vec::new();
    };
    let side = code.size();
    (0..side)
        .map(|y| (0..side).map(|x| code.get_module(x, y)).collect())
        .collect()
}

/// The notices for a printing service, text messages or telephone calls, as rows of a CSV: person,
/// channel, destination, state, code, text.
pub async fn others(
    app: &App,
    actor: &Actor,
    id: &str,
) -> Result<Vec<[String; 6]>, OperationError> {
    actor.must_respond()?;
    actor.must_be_fresh(app)?;
    let campaign = app
        .store()
        .campaign(id)
        .await?
        .ok_or(OperationError::NotFound("campaign"))?;
    must_be_as_prepared(app, &campaign).await?;
    let (style, blocks) = (style_of(&campaign)?, blocks_of(&campaign)?);
    let body = notification::controller(app, style.language()).name;
    // Before the destinations are read: they leave Digue in clear text.
    app.write_down(actor, Act::Exported, exported(id, "others"))
        .await?;
    let (mut rows, mut listed) = (Vec::new(), Vec::new());
    // Those that failed by mail, too: they must be reached by another way.
    for state in [
        "listed",
        "exported",
        "failed",
        "returned",
        "uncertain",
        "unreached",
    ] {
        let mut after = 0;
        loop {
            // Page by page: a campaign of millions must not stand in one answer of the database.
            let notices = app.store().notices(id, state, after, 5000).await?;
            let Some(last) = notices.last() else { break };
            after = last.number;
            if state == "listed" {
                listed.extend(notices.iter().map(|notice| notice.number));
            }
            rows.extend(notices.into_iter().map(|notice| {
                let code = Code::of(notice.code.to_be_bytes());
                let values = [
                    ("body", Value::from(body.clone())),
                    ("address", Value::from(blocks.address.clone())),
                    ("code", Value::from(code.to_string())),
                ];
                let message = text_with(style.language(), "notice-sms", &values);
                [
                    notice.person,
                    notice.channel,
                    notice.destination,
                    state.to_owned(),
                    code.to_string(),
                    message,
                ]
            }));
        }
    }
    app.store()
        .export_notices(id, &listed, app.clock().now())
        .await?;
    Ok(rows)
}
