//! Blocks for tables: the columns that every table has are required, others are optional.

use digue_survey::judge::PlaceVerdict;
use digue_survey::table_survey::{ColumnSurvey, TableSurvey};

use crate::draft_context::{DraftContext, pattern_among_others, prefer_primary};
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
    if table.without_header == 0 {
        let nobody = LearntBlock {
            fields: headers(table),
            counts_undescribed: true,
            ..strict
        };
        blocks.push(context.unnamed(&nobody, false, table.files));
    }
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

/// The names of all columns that were seen, each once.
fn headers(table: &TableSurvey) -> Vec<String> {
    table
        .columns()
        .map(|column| column.header.clone())
        .collect()
}

fn columns(context: &mut DraftContext<'_>, table: &TableSurvey) -> Vec<LearntRule> {
    let mut rules = Vec::new();
    for (column, verdict) in context.judge.columns(table) {
        match verdict {
            PlaceVerdict::Accepted(accepted) => {
                let is_everywhere = column.tables + table.without_header >= table.tables;
                let pattern = pattern_among_others(context.known.kind(accepted.kind), accepted);
                let rule = LearntRule::accepted(column.header.clone(), pattern, accepted);
                rules.push(match is_everywhere {
                    true => rule,
                    false => of_some_tables(context, column, table, rule),
                });
            }
            PlaceVerdict::Doubtful { kind, hits } => {
                let header = column.header.clone();
                context.doubt(&header, kind, hits);
            }
            PlaceVerdict::Nobody => {}
        }
    }
    // Where a table may lack the primary one, another kind's column is what names its persons.
    if rules.iter().any(|rule| rule.kind == 0 && !rule.optional) {
        prefer_primary(&mut rules);
    }
    rules
}

/// The rule of a column that some tables lack.
fn of_some_tables(
    context: &mut DraftContext<'_>,
    column: &ColumnSurvey,
    table: &TableSurvey,
    rule: LearntRule,
) -> LearntRule {
    let (tables, of) = (column.tables, table.tables);
    context.findings.push(LearntFinding::ColumnNotEverywhere {
        path: context.path.to_owned(),
        column: column.header.clone(),
        tables,
        of,
    });
    LearntRule {
        optional: true,
        reason: LineReason::SomeTables { tables, of },
        ..rule
    }
}

fn numbered(context: &mut DraftContext<'_>, table: &TableSurvey) -> Vec<LearntRule> {
    let mut rules = Vec::new();
    for (place, verdict) in context.judge.numbered(table) {
        if let PlaceVerdict::Accepted(accepted) = verdict {
            let at = format!("#{}", place + 1);
            rules.push(LearntRule::accepted(at, None, accepted));
        }
    }
    rules
}
