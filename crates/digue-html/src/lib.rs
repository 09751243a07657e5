//! The tree of an HTML page as a browser builds it (WHATWG HTML, section 13.2), in time linear in
//! its bytes and in bounded memory; and CSS selectors over it.
//!
//! Knows no persons and no rules. The parser is our own because html5ever looks for duplicate
//! attributes and element names in quadratic time; it is the oracle of a property test instead.

pub mod build;
pub mod matcher;
pub mod references;
pub mod selector;
pub mod tag;
pub mod tokens;
pub mod tree;

#[cfg(test)]
mod oracle;
