//! The blocks to try for the bodies of one format, by the format's own module.

use digue_survey::body_format::BodyFormat;
use digue_survey::body_survey::{BodySurvey, FormatSurvey, TextSurvey};

use crate::draft_context::{DraftContext, empty_block};
use crate::draft_html::html_blocks;
use crate::draft_json::json_blocks;
use crate::draft_parts::{parts_blocks, pdf_blocks};
use crate::draft_table::table_blocks;
use crate::draft_xml::xml_blocks;
use crate::model::{BlockFormat, LearntBlock, LearntRecords};

/// Bodies of one type of a route.
pub(crate) type TypedBody<'b> = (&'b String, BodyFormat, &'b BodySurvey);

/// The blocks to try for a format that has a reader, the strictest first.
pub(crate) fn format_blocks(
    context: &mut DraftContext<'_>,
    format: BlockFormat,
    types: Vec<String>,
    body: &BodySurvey,
) -> Vec<LearntBlock> {
    // Answers that show a name and no identifier show a person: no rule may say that they show
    // nobody.
    if body.with_known == 0 && body.with_name_only > 0 {
        return Vec::new();
    }
    let empty = LearntBlock {
        sweep: context.sweep.to_vec(),
        ..empty_block(format, types, body.responses)
    };
    match &body.format {
        FormatSurvey::Json(json) | FormatSurvey::NdJson(json) => json_blocks(context, &empty, json),
        FormatSurvey::Html(html) => html_blocks(context, &empty, html, &body.embedded),
        FormatSurvey::Csv(table) | FormatSurvey::Xlsx(table) => {
            table_blocks(context, &empty, table)
        }
        FormatSurvey::Xml(xml) => xml_blocks(context, &empty, xml),
        FormatSurvey::Pdf(pdf) => pdf_blocks(context, &empty, pdf, body),
        FormatSurvey::Zip(parts) | FormatSurvey::Events(parts) => {
            parts_blocks(context, &empty, parts, format_blocks)
        }
        FormatSurvey::Text(text) => text_blocks(context, &empty, text, body),
        FormatSurvey::Asset | FormatSurvey::Opaque => Vec::new(),
    }
}

/// A text has no places: without a shape that is searched for, nothing reads it.
fn text_blocks(
    context: &DraftContext<'_>,
    empty: &LearntBlock,
    text: &TextSurvey,
    body: &BodySurvey,
) -> Vec<LearntBlock> {
    if empty.sweep.is_empty() {
        return Vec::new();
    }
    let is_record_a_line = text.lines > 0 && text.lines == text.lines_with_known;
    let lines = is_record_a_line.then(|| LearntBlock {
        records: LearntRecords::Lines,
        ..empty.clone()
    });
    let unnamed = context.unnamed(empty, body.with_known > 0, body.responses);
    lines.into_iter().chain([unnamed]).collect()
}

/// Resources under an address that is a person's, or that hold known persons.
pub(crate) fn resource_blocks(
    context: &DraftContext<'_>,
    bodies: &[TypedBody<'_>],
) -> Vec<LearntBlock> {
    let is_resource = |(_, format, _): &&TypedBody<'_>| *format == BodyFormat::Asset;
    let resources: Vec<_> = bodies.iter().filter(is_resource).collect();
    let types: Vec<String> = resources
        .iter()
        .map(|(essence, ..)| (*essence).clone())
        .collect();
    let responses = resources.iter().map(|(_, _, body)| body.responses).sum();
    let holds_known = resources
        .iter()
        .any(|(_, _, body)| body.with_known > 0 || body.with_name_only > 0);
    if types.is_empty() || holds_known && context.sweep.is_empty() {
        return Vec::new();
    }
    let (format, sweep) = match holds_known {
        true => (BlockFormat::Text, context.sweep.to_vec()),
        false => (BlockFormat::Nobody, Vec::new()),
    };
    let empty = LearntBlock {
        sweep,
        ..empty_block(format, types, responses)
    };
    vec![context.unnamed(&empty, holds_known, responses)]
}
