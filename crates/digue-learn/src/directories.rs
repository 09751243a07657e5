//! Directories that hold nothing but resources, so that one route stands for all of them.

use digue_types::path_template::{PathTemplate, TemplatePart};

/// The directory below which every route that was seen is a resource: `/static/**`.
pub(crate) fn directories(
    assets: &[&PathTemplate],
    others: &[&PathTemplate],
) -> Vec<(PathTemplate, usize)> {
    let mut chosen: Vec<(PathTemplate, usize)> = Vec::new();
    for directory in assets.iter().filter_map(|asset| highest(asset, others)) {
        match chosen.iter_mut().find(|(known, _)| *known == directory) {
            Some((_, count)) => *count += 1,
            None => chosen.push((directory, 1)),
        }
    }
    chosen
}

/// The highest directory above `asset` without variables that holds none of `others`.
fn highest(asset: &PathTemplate, others: &[&PathTemplate]) -> Option<PathTemplate> {
    let is_literal = |part: &TemplatePart| matches!(part, TemplatePart::Literal(_));
    let is_free = |start: &&[TemplatePart]| {
        start.iter().all(is_literal) && !others.iter().any(|other| other.0.starts_with(start))
    };
    let directories = asset.0.len().saturating_sub(1);
    (1..=directories)
        .map(|length| &asset.0[..length])
        .find(is_free)
        .map(|start| PathTemplate(start.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_under_the_highest_directory_that_has_nothing_else() {
        let template = |path: &str| {
            let parts = path[1..]
                .split('/')
                .map(|part| TemplatePart::Literal(part.into()));
            PathTemplate(parts.collect())
        };
        let assets = [
            "/static/a.css",
            "/static/js/b.js",
            "/media/x.png",
            "/favicon.ico",
        ]
        .map(template);
        let others = ["/media/list", "/"].map(template);
        let found = directories(
            &assets.iter().collect::<Vec<_>>(),
            &others.iter().collect::<Vec<_>>(),
        );
        let found: Vec<(String, usize)> = found
            .iter()
            .map(|(path, count)| (path.text(), *count))
            .collect();
        assert_eq!(found, [("/static".to_owned(), 2)]);
    }
}
