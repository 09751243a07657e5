//! What a resource of the site is by its bytes, and whether it shows a person. The map says that
//! resources show nobody, by their addresses: a file of data under such an address is data all the
//! same.

use std::borrow::Cow;

use digue_identifiers::identifier::{IdentifierKind, Pick};
use digue_identifiers::reading::{ResponseReading, Unreadable};
use digue_tables::archive::unread_part;

use crate::html::HtmlRules;
use crate::limits::InspectionLimits;
use crate::media_type::MediaType;
use crate::pdf::{PdfRecords, PdfRules, PicturesChoice};
use crate::resource_form::{HEAD_BYTES, ResourceForm, is_markup, resource_form};
use crate::response::{BlockRules, Message, ResponseRules, RuleBlock, inspect};

/// Whom a resource shows that is no [`ResourceForm::Program`], by the shapes of `kinds` and by
/// `sweep`.
///
/// # Errors
/// Its texts cannot be read.
pub fn search_resource(
    kinds: &[IdentifierKind],
    sweep: &[Pick],
    message: &Message<'_>,
    limits: &InspectionLimits,
) -> Result<ResponseReading, Unreadable> {
    let coding = message.content_encoding;
    let bytes: Cow<'_, [u8]> =
        digue_decode::decode(coding, message.body, limits.decoded_bytes_max)?;
    let head = &bytes[..bytes.len().min(HEAD_BYTES)];
    let form = resource_form(message.content_type, Some(head));
    let is_page = is_markup(head);
    let rules = match form {
        ResourceForm::Program | ResourceForm::Data if is_page => {
            BlockRules::Html(HtmlRules::default())
        }
        ResourceForm::Program | ResourceForm::Data => BlockRules::Text {
            is_record_per_line: false,
        },
        ResourceForm::Pdf => BlockRules::Pdf(PdfRules {
            records: PdfRecords::Unsaid,
            pictures: PicturesChoice::ShowNobody,
        }),
        ResourceForm::Unknown => return Err(unread_part("resource")),
    };
    let media = MediaType::parse(message.content_type.unwrap_or_default());
    let mut block = RuleBlock::new(vec![media.essence], rules);
    block.sweep = sweep.to_vec();
    block.without_records = Some("resource".to_owned());
    block.undescribed_max = None;
    let rules = ResponseRules {
        blocks: vec![block],
        errors: None,
    };
    let decoded = Message {
        content_encoding: "",
        body: &bytes,
        ..*message
    };
    match inspect(&rules, kinds, &decoded, limits) {
        ResponseReading::Unreadable(why) => Err(why),
        reading @ (ResponseReading::Persons(_) | ResponseReading::ShowsNobody(_)) => Ok(reading),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use digue_identifiers::shape::IdentifierShape;

    #[test]
    fn a_resource_of_data_is_searched() {
        let kinds = [IdentifierKind {
            name: "id".into(),
            steps: vec![],
            shape: Some(IdentifierShape::new("^P[0-9]{4}$").unwrap()),
        }];
        let look = |content_type, body: &[u8]| {
            let message = Message {
                status: 200,
                content_type: Some(content_type),
                content_encoding: "",
                body,
            };
            search_resource(&kinds, &[], &message, &InspectionLimits::default())
        };
        for (content_type, body) in [
            ("application/json", &b"{\"a\":\"\\u00500002\"}"[..]),
            ("text/html", b"<!doctype html><p>P00<b>02</b>"),
            ("image/png", b"id;nom\nP0002;Durand"),
        ] {
            let found = look(content_type, body).unwrap();
            assert!(
                matches!(found, ResponseReading::Persons(_)),
                "{content_type}"
            );
        }
        let nobody = look("application/json", b"{\"bouton\":\"Envoyer\"}").unwrap();
        assert!(matches!(nobody, ResponseReading::ShowsNobody(_)));
        assert!(look("application/zip", b"PK\x03\x04").is_err());
    }
}
