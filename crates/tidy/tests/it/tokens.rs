//! Sources as the compiler reads them: comments are gone, texts are one token.

use std::collections::BTreeMap;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::repository::{root, shipped};

/// A file that ships: its crate, its module, and its tokens.
pub(crate) struct SourceFile {
    pub(crate) crate_name: String,
    /// `a::b` for `src/a/b.rs`; empty for the root.
    pub(crate) module: String,
    /// Below `crates/`, for messages.
    pub(crate) place: String,
    pub(crate) tokens: TokenStream,
}

pub(crate) fn source_files() -> Vec<SourceFile> {
    let crates = root().join("crates");
    let read = |(path, text): (std::path::PathBuf, String)| {
        let place = path
            .strip_prefix(&crates)
            .unwrap()
            .to_string_lossy()
            .into_owned();
        let (crate_name, inside) = place.split_once("/src/").expect("sources are below src");
        let inside = inside.trim_end_matches(".rs");
        let module = if matches!(inside, "lib" | "main") {
            String::new()
        } else {
            inside.replace('/', "::")
        };
        // The rest of the file may be cut within an outer block, never within a token.
        let tokens = text
            .parse()
            .unwrap_or_else(|error| panic!("{place}: {error}"));
        SourceFile {
            crate_name: crate_name.to_owned(),
            module,
            place,
            tokens,
        }
    };
    shipped().into_iter().map(read).collect()
}

/// Macros of this project that declare types: `Name "prefix" { ... }` or `Name { ... }`.
const DECLARING_MACROS: [&str; 3] = ["codes", "coded", "lists"];

/// Names of the types that a file declares.
pub(crate) fn declared_types(tokens: &TokenStream, names: &mut Vec<String>) {
    let trees: Vec<TokenTree> = tokens.clone().into_iter().collect();
    for (place, tree) in trees.iter().enumerate() {
        match tree {
            TokenTree::Ident(word)
                if matches!(
                    word.to_string().as_str(),
                    "struct" | "enum" | "trait" | "union"
                ) =>
            {
                if let Some(TokenTree::Ident(name)) = trees.get(place + 1) {
                    names.push(name.to_string());
                }
            }
            TokenTree::Group(group) => {
                let is_declaring = matches!(&trees[..place], [.., TokenTree::Ident(word), TokenTree::Punct(sign)]
                    if sign.as_char() == '!' && DECLARING_MACROS.contains(&word.to_string().as_str()));
                if is_declaring {
                    listed_types(&group.stream(), names);
                }
                // A macro's own pattern declares nothing.
                let is_definition = matches!(&trees[..place], [.., TokenTree::Ident(word), TokenTree::Punct(_), TokenTree::Ident(_)]
                    if *word == "macro_rules");
                if !is_definition {
                    declared_types(&group.stream(), names);
                }
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

fn listed_types(tokens: &TokenStream, names: &mut Vec<String>) {
    let trees: Vec<TokenTree> = tokens.clone().into_iter().collect();
    for (place, tree) in trees.iter().enumerate() {
        let TokenTree::Group(group) = tree else {
            continue;
        };
        if group.delimiter() != Delimiter::Brace {
            continue;
        }
        match &trees[..place] {
            [.., TokenTree::Ident(name), TokenTree::Literal(_)] | [.., TokenTree::Ident(name)] => {
                names.push(name.to_string());
            }
            _ => {}
        }
    }
}

/// Every name in a file.
pub(crate) fn identifiers(tokens: &TokenStream, names: &mut Vec<String>) {
    for tree in tokens.clone() {
        match tree {
            TokenTree::Ident(word) => names.push(word.to_string()),
            TokenTree::Group(group) => identifiers(&group.stream(), names),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// Paths that begin with `crate` or `super`, with all their ends: `crate::a::{b, c::D}` is two.
pub(crate) fn inner_paths(tokens: &TokenStream, paths: &mut Vec<Vec<String>>) {
    let trees: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let mut place = 0;
    while place < trees.len() {
        match &trees[place] {
            TokenTree::Ident(word) if *word == "crate" || *word == "super" => {
                place = path_from(&trees, place, Vec::new(), paths);
            }
            TokenTree::Group(group) => {
                inner_paths(&group.stream(), paths);
                place += 1;
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => place += 1,
        }
    }
}

/// Reads a path from `place` on; returns the place behind it.
fn path_from(
    trees: &[TokenTree],
    mut place: usize,
    mut head: Vec<String>,
    paths: &mut Vec<Vec<String>>,
) -> usize {
    loop {
        match trees.get(place) {
            Some(TokenTree::Ident(word)) => head.push(word.to_string()),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                let inside: Vec<TokenTree> = group.stream().into_iter().collect();
                for part in inside
                    .split(|tree| matches!(tree, TokenTree::Punct(sign) if sign.as_char() == ','))
                {
                    path_from(part, 0, head.clone(), paths);
                }
                return place + 1;
            }
            _ => break,
        }
        place += 1;
        let is_colon = |place: usize| matches!(trees.get(place), Some(TokenTree::Punct(sign)) if sign.as_char() == ':');
        if !(is_colon(place) && is_colon(place + 1)) {
            break;
        }
        place += 2;
    }
    paths.push(head);
    place
}

/// Modules of each crate, and which others each of them names.
pub(crate) fn module_graphs() -> BTreeMap<String, BTreeMap<String, Vec<String>>> {
    let files = source_files();
    let mut graphs: BTreeMap<String, BTreeMap<String, Vec<String>>> = BTreeMap::new();
    for file in &files {
        graphs
            .entry(file.crate_name.clone())
            .or_default()
            .insert(file.module.clone(), Vec::new());
    }
    for file in files {
        let modules = graphs.get_mut(&file.crate_name).expect("entered above");
        let mut paths = Vec::new();
        inner_paths(&file.tokens, &mut paths);
        let mut used: Vec<String> = Vec::new();
        for path in paths {
            let mut parts = absolute(&file.module, &path);
            while !parts.is_empty() && !modules.contains_key(&parts.join("::")) {
                parts.pop();
            }
            let name = parts.join("::");
            if !name.is_empty() && name != file.module && !used.contains(&name) {
                used.push(name);
            }
        }
        *modules.get_mut(&file.module).expect("entered above") = used;
    }
    graphs
}

fn absolute(module: &str, path: &[String]) -> Vec<String> {
    let mut parts: Vec<String> = match path.first().map(String::as_str) {
        Some("super") => module.split("::").map(ToOwned::to_owned).collect(),
        _ => Vec::new(),
    };
    for word in path {
        match word.as_str() {
            "crate" => parts.clear(),
            "super" => drop(parts.pop()),
            "self" => {}
            _ => parts.push(word.clone()),
        }
    }
    parts
}

/// The patterns of each `match` in a file, as text.
pub(crate) fn match_patterns(tokens: &TokenStream, matches: &mut Vec<Vec<String>>) {
    let trees: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let mut is_open = false;
    for tree in &trees {
        match tree {
            TokenTree::Ident(word) if *word == "match" => is_open = true,
            TokenTree::Group(group) => {
                if is_open && group.delimiter() == Delimiter::Brace {
                    matches.push(patterns_of(&group.stream()));
                    is_open = false;
                }
                match_patterns(&group.stream(), matches);
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

fn patterns_of(arms: &TokenStream) -> Vec<String> {
    let trees: Vec<TokenTree> = arms.clone().into_iter().collect();
    let is_sign = |place: usize, wanted: char| matches!(trees.get(place), Some(TokenTree::Punct(sign)) if sign.as_char() == wanted);
    let (mut patterns, mut pattern, mut place) = (Vec::new(), String::new(), 0);
    while place < trees.len() {
        if !(is_sign(place, '=') && is_sign(place + 1, '>')) {
            pattern.push_str(&trees[place].to_string());
            place += 1;
            continue;
        }
        patterns.push(std::mem::take(&mut pattern));
        place += 2;
        // A body in braces needs no comma behind it.
        let is_block = matches!(&trees.get(place), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace);
        if is_block && !is_sign(place + 1, '.') && !is_sign(place + 1, '?') {
            place += 1;
        } else {
            while place < trees.len() && !is_sign(place, ',') {
                place += 1;
            }
        }
        place += usize::from(is_sign(place, ','));
    }
    patterns
}
