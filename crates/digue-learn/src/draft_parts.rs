//! Blocks for PDF files, and for bodies that hold others: archives and event streams.

use std::collections::BTreeMap;

use digue_survey::body_format::BodyFormat;
use digue_survey::body_survey::{BodySurvey, PartsSurvey};
use digue_survey::pdf_survey::PdfSurvey;

use crate::draft_context::{DraftContext, empty_block};
use crate::finding::LearntFinding;
use crate::model::{BlockFormat, LearntBlock, LearntPart, LearntRecords};

/// The blocks to try for bodies of one format.
type FormatBlocks =
    fn(&mut DraftContext<'_>, BlockFormat, Vec<String>, &BodySurvey) -> Vec<LearntBlock>;

/// The blocks to try for PDF files. Without a shape that is searched for, nothing reads them.
pub(crate) fn pdf_blocks(
    context: &mut DraftContext<'_>,
    empty: &LearntBlock,
    pdf: &PdfSurvey,
    body: &BodySurvey,
) -> Vec<LearntBlock> {
    if empty.sweep.is_empty() {
        return Vec::new();
    }
    let mut blocks = Vec::new();
    for (applies, records) in [
        (
            pdf.pages > 1 && pdf.pages == pdf.pages_with_known,
            LearntRecords::Pages,
        ),
        (
            pdf.files > 0 && pdf.files == pdf.files_with_known,
            LearntRecords::Document,
        ),
    ] {
        if applies {
            blocks.push(LearntBlock {
                records,
                ..empty.clone()
            });
        }
    }
    blocks.push(context.unnamed(empty, body.with_known > 0, body.responses));
    if pdf.with_pictures == 0 {
        return blocks;
    }
    // A person looks at the pictures before the map may say that they show nobody.
    context.findings.push(LearntFinding::PicturesIgnored {
        path: context.path.to_owned(),
        files: pdf.with_pictures,
    });
    for block in &mut blocks {
        block.ignores_pictures = true;
    }
    blocks
}

/// The blocks to try for archives and event streams: those of their parts together, from the
/// strictest of each to the loosest of each. `of_format` makes those of one.
pub(crate) fn parts_blocks(
    context: &mut DraftContext<'_>,
    empty: &LearntBlock,
    survey: &PartsSurvey,
    of_format: FormatBlocks,
) -> Vec<LearntBlock> {
    if survey.is_cut {
        context.note_cut();
    }
    let mut drafted: Vec<(String, Vec<LearntBlock>)> = Vec::new();
    for ((name, format), part) in one_format_a_name(context, survey) {
        let blocks = part_blocks(context, format, &part, of_format);
        if blocks.is_empty() {
            context.findings.push(LearntFinding::UnreadPart {
                path: context.path.to_owned(),
                name: name.clone(),
                parts: part.responses,
            });
            continue;
        }
        drafted.push((name, blocks));
    }
    let most = drafted.iter().map(|(_, blocks)| blocks.len()).max();
    let block_of = |strictness: usize| LearntBlock {
        records: LearntRecords::OfParts,
        parts: joined(&drafted, strictness),
        ..empty.clone()
    };
    (0..most.unwrap_or_default()).map(block_of).collect()
}

/// Of two kinds of content under one name, the more frequent one is described.
fn one_format_a_name(
    context: &mut DraftContext<'_>,
    survey: &PartsSurvey,
) -> BTreeMap<(String, BodyFormat), BodySurvey> {
    let parts = survey.by_kind();
    let mut most: BTreeMap<String, (BodyFormat, usize)> = BTreeMap::new();
    for ((name, format), part) in &parts {
        let known = most
            .entry(name.clone())
            .or_insert((*format, part.responses));
        if known.0 != *format {
            context.findings.push(LearntFinding::MixedContent {
                path: context.path.to_owned(),
                media_type: name.clone(),
            });
            if known.1 < part.responses {
                *known = (*format, part.responses);
            }
        }
    }
    let is_chosen = |name: &String, format: BodyFormat| {
        most.get(name).is_some_and(|(chosen, _)| *chosen == format)
    };
    let mut chosen = parts;
    chosen.retain(|(name, format), _| is_chosen(name, *format));
    chosen
}

fn part_blocks(
    context: &mut DraftContext<'_>,
    format: BodyFormat,
    part: &BodySurvey,
    of_format: FormatBlocks,
) -> Vec<LearntBlock> {
    let nobody = |format| LearntBlock {
        sweep: Vec::new(),
        ..empty_block(format, Vec::new(), part.responses)
    };
    match BlockFormat::of(format) {
        Some(format) => of_format(context, format, Vec::new(), part),
        // Pictures and fonts. A script or a drawing that shows a person is a text.
        None if format == BodyFormat::Asset && part.with_known + part.with_name_only == 0 => {
            let block = nobody(BlockFormat::Nobody);
            vec![context.unnamed(&block, false, part.responses)]
        }
        None if format == BodyFormat::Asset && !context.sweep.is_empty() => {
            let block = LearntBlock {
                sweep: context.sweep.to_vec(),
                ..nobody(BlockFormat::Text)
            };
            vec![context.unnamed(&block, true, part.responses)]
        }
        None => Vec::new(),
    }
}

/// The parts with the blocks of one strictness; names that are read alike share one.
fn joined(drafted: &[(String, Vec<LearntBlock>)], strictness: usize) -> Vec<LearntPart> {
    let mut parts: Vec<LearntPart> = Vec::new();
    for (name, blocks) in drafted {
        let block = &blocks[strictness.min(blocks.len() - 1)];
        let is_alike = |part: &&mut LearntPart| reads_alike(&part.block, block);
        match parts.iter_mut().find(is_alike) {
            Some(part) => part.names.push(name.clone()),
            None => parts.push(LearntPart {
                names: vec![name.clone()],
                block: block.clone(),
            }),
        }
    }
    // The first name that fits reads an entry: those that fit fewer names come first.
    parts.sort_by_key(|part| part.names.iter().any(|name| name.starts_with('*')));
    parts
}

/// True when two blocks have the same lines, whatever speaks for them.
fn reads_alike(one: &LearntBlock, other: &LearntBlock) -> bool {
    matches!(one.format, BlockFormat::Nobody) && one.format == other.format
}
