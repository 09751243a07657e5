//! Blocks for tables: the columns that every table has are required, others are optional.

use digue_survey::judge::PlaceVerdict;
use digue_survey::table_survey::TableSurvey;

use crate::draft_context::DraftContext;
use crate::finding::LearntFinding;
use crate::model::{BlockFormat, LearntBlock, LearntRule, LineReason};

/// The blocks to try for tables.
pub(crate) fn table_blocks(
    context: &mut DraftContext<'_>,
    empty: &LearntBlock,
    table: &TableSurvey,
) -> Vec<LearntBlock> {
    if table.is_cut {
        context.findings.push(LearntFinding::TooManyPlaces {
            path: context.path.to_owned(),
        });
    }
    let mut persons = columns(context, table);
    if persons.is_empty() {
        persons = numbered(context, table);
    }
    let titles: Vec<&str> = table.titles.iter().map(String::as_str).collect();
    let captions = (!titles.is_empty()).then(|| format!("^(?:{})$", titles.join("|")));
    let strict = LearntBlock {
        persons,
        captions,
        ..empty.clone()
    };
    let has_own = !strict.persons.is_empty();
    let mut blocks = Vec::new();
    if has_own {
        // A file in which some sheets lack a column is read by the others.
        let optional = strict
            .persons
            .iter()
            .map(|rule| LearntRule {
                optional: true,
                ..rule.clone()
            })
            .collect();
        blocks.push(strict.clone());
        blocks.push(LearntBlock {
            persons: optional,
            ..strict
        });
        return blocks;
    }
    let (path, tables, format) = (context.path.to_owned(), table.tables, empty.format);
    context
        .findings
        .push(LearntFinding::TableWithoutIdentifiers {
            path,
            format,
            tables,
        });
    // As a text: searched, and on the map's word without records. A workbook cannot be read so.
    if empty.format == BlockFormat::Csv && !context.sweep.is_empty() {
        let mut types = empty.types.clone();
        if types.is_empty() {
            types = digue_inspect::response::usual_types("csv")
                .iter()
                .map(|known| (*known).to_owned())
                .collect();
        }
        let text = LearntBlock {
            format: BlockFormat::Text,
            types,
            ..empty.clone()
        };
        blocks.push(context.unnamed(&text, false, table.files));
    }
    blocks
}

fn columns(context: &mut DraftContext<'_>, table: &TableSurvey) -> Vec<LearntRule> {
    let mut rules = Vec::new();
    for (column, verdict) in context.judge.columns(table) {
        match verdict {
            PlaceVerdict::Accepted(accepted) => {
                let kind = context.known.kind(accepted.kind);
                let is_everywhere = column.tables + table.without_header >= table.tables;
                let reason = match is_everywhere {
                    true => LineReason::Hits(accepted.evidence),
                    false => LineReason::SomeTables {
                        tables: column.tables,
                        of: table.tables,
                    },
                };
                if !is_everywhere {
                    context.findings.push(LearntFinding::ColumnNotEverywhere {
                        path: context.path.to_owned(),
                        column: column.header.clone(),
                        tables: column.tables,
                        of: table.tables,
                    });
                }
                rules.push(LearntRule {
                    at: vec![column.header.clone()],
                    take: None,
                    kind: usize::from(accepted.kind),
                    pattern: accepted
                        .has_others
                        .then(|| format!(r"^\s*({})\s*$", kind.written())),
                    own: None,
                    optional: !is_everywhere,
                    reason,
                });
            }
            PlaceVerdict::Doubtful { kind, hits } => {
                let header = column.header.clone();
                context.doubt(&header, kind, hits);
            }
            PlaceVerdict::Nobody => {}
        }
    }
    let has_primary = rules.iter().any(|rule| rule.kind == 0);
    rules.retain(|rule| rule.kind == 0 || !has_primary);
    rules
}

fn numbered(context: &mut DraftContext<'_>, table: &TableSurvey) -> Vec<LearntRule> {
    let mut rules = Vec::new();
    for (place, verdict) in context.judge.numbered(table) {
        if let PlaceVerdict::Accepted(accepted) = verdict {
            rules.push(LearntRule {
                at: vec![format!("#{}", place + 1)],
                take: None,
                kind: usize::from(accepted.kind),
                pattern: None,
                own: None,
                optional: false,
                reason: LineReason::Hits(accepted.evidence),
            });
        }
    }
    rules
}
