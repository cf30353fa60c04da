//! Mutants: a policy with one small change in a rule, or in a fact that rules read. One that no
//! test and no proof tells from the policy says what is not tested.

mod facts;
mod fate;
mod rules;
mod values;

use std::collections::BTreeSet;

use portolan_core::diagnostic::Diagnostics;
use portolan_core::engine::{Engine, compile};
use portolan_core::source::{Files, SourceId, Sources, Span};
use portolan_core::syntax::ast::ItemKind;
use portolan_core::syntax::parse;

pub use fate::{Fate, Killer, Subject, Trial, Witness};

use crate::tree::Tree;

/// One small change of a policy's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutation {
    /// The file, as the policy names it.
    pub file: String,
    /// The line of what changes, from 1.
    pub line: u32,
    /// What changes, in words.
    pub what: String,
    span: Span,
    text: String,
}

/// Every mutation of a policy: of its rules as they are written, then of facts in its catalogs
/// that they read by name.
pub fn mutations(engine: &Engine) -> Vec<Mutation> {
    let tree = Tree::of(engine.sources());
    let mut found = Found {
        sources: engine.sources(),
        seen: BTreeSet::new(),
        mutations: Vec::new(),
    };
    rules::of(engine, &tree, &mut found);
    facts::of(&tree, &mut found);
    found.mutations
}

/// The mutations so far, each change once.
struct Found<'a> {
    sources: &'a Sources,
    seen: BTreeSet<(Span, String)>,
    mutations: Vec<Mutation>,
}

impl<'a> Found<'a> {
    fn text(&self, span: Span) -> &'a str {
        self.sources.slice(span)
    }

    /// Puts a text in the place of another.
    fn put(&mut self, span: Span, text: impl Into<String>, what: impl Into<String>) {
        let text = text.into();
        if text == self.text(span) || !self.seen.insert((span, text.clone())) {
            return;
        }
        let place = self.sources.locate(span);
        self.mutations.push(Mutation {
            file: place.file.to_owned(),
            line: place.start.line,
            what: what.into(),
            span,
            text,
        });
    }

    /// Puts a text in the place of another, and says just that.
    fn swap(&mut self, span: Span, text: impl Into<String>) {
        let text = text.into();
        let old = short(self.text(span));
        let what = match short(&text) {
            new if new.is_empty() => format!("`{old}` is dropped"),
            new => format!("`{old}` becomes `{new}`"),
        };
        self.put(span, text, what);
    }
}

/// A text on one line, and not too long for one.
fn short(text: &str) -> String {
    const MOST: usize = 60;
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    if line.chars().count() <= MOST {
        return line;
    }
    let start: String = line.chars().take(MOST).collect();
    format!("{}…", start.trim_end())
}

/// Compiles the files of a policy again, with one of them changed; `None` where that does not
/// compile. Of a policy that does not hold the changed text it is the policy itself.
fn mutant(of: &Engine, changed: Option<(SourceId, &str)>) -> Option<Engine> {
    let entry = of.sources().iter().next()?.1.name();
    let mut files = Changed {
        sources: of.sources(),
        changed,
    };
    compile(entry, &mut files).engine
}

/// Files that were read before, one of them with another text.
struct Changed<'a> {
    sources: &'a Sources,
    changed: Option<(SourceId, &'a str)>,
}

impl Files for Changed<'_> {
    fn read(&mut self, path: &str) -> Result<Vec<u8>, String> {
        let mut sources = self.sources.iter();
        let (id, source) = sources
            .find(|(_, source)| source.name() == path)
            .ok_or_else(|| "there is no such file".to_owned())?;
        let text = match self.changed {
            Some((changed, text)) if changed == id => text,
            Some(_) | None => source.text(),
        };
        Ok(without_uniques(path, text).into_bytes())
    }
}

/// A policy's text without its `unique` items: they decide nothing, and one that lists a rule would
/// keep a mutant without that rule from compiling.
fn without_uniques(path: &str, text: &str) -> String {
    let mut out = text.to_owned();
    if !text.contains("unique") {
        return out;
    }
    let mut sources = Sources::default();
    let id = sources.add(path, text);
    let items = sources
        .get(id)
        .map(|source| parse(id, source, &mut Diagnostics::default()));
    let items = items.into_iter().flatten();
    let uniques = items.filter(|item| matches!(item.kind, ItemKind::Unique(_)));
    for span in uniques
        .map(|item| item.span)
        .collect::<Vec<_>>()
        .iter()
        .rev()
    {
        let range = span.start as usize..span.end as usize;
        if text.get(range.clone()).is_some() {
            out.replace_range(range, "");
        }
    }
    out
}
