//! From an entry file to all of a policy's items: includes spliced in, overlays applied,
//! catalogs read.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "each pass takes the items that are its own and leaves the others"
)]

use std::collections::BTreeSet;

use super::diags;
use crate::catalog::{self, raw};
use crate::diagnostic::Diagnostics;
use crate::limits;
use crate::source::{Files, SourceId, Sources, Span, Spanned};
use crate::syntax;
use crate::syntax::ast::{Amend, ClauseKind, Head, Item, ItemKind, Name, Rule};

/// A policy with everything that it names.
#[derive(Debug)]
pub struct Loaded {
    /// The policy's name.
    pub name: Name,
    /// Its items, includes in their place, overlays applied.
    pub items: Vec<Item>,
    /// Its catalogs as written; `None` where one of them could not be read, so that nobody judges
    /// the others without it.
    pub catalogs: Option<Vec<raw::Catalog>>,
}

/// Reads an entry file and all that it names.
///
/// `None` when there is no policy to go on with; the reasons are in `diagnostics`.
pub fn load(
    entry: &str,
    files: &mut dyn Files,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> Option<Loaded> {
    let mut loader = Loader {
        files,
        sources,
        diagnostics,
        reading: Vec::new(),
        catalogs: Some(Vec::new()),
        catalog_paths: BTreeSet::new(),
    };
    let entry = normalize("", entry);
    let (name, items) = loader.policy(&entry, None)?;
    if loader.catalog_paths.is_empty() && !loader.diagnostics.has_errors() {
        loader
            .diagnostics
            .push(diags::missing_item(name.span, "use catalog"));
    }
    let catalogs = loader.catalogs;
    Some(Loaded {
        name,
        items,
        catalogs,
    })
}

struct Loader<'a> {
    files: &'a mut dyn Files,
    sources: &'a mut Sources,
    diagnostics: &'a mut Diagnostics,
    /// Policy files being read, outermost first.
    reading: Vec<String>,
    /// Those read so far, until one cannot be.
    catalogs: Option<Vec<raw::Catalog>>,
    catalog_paths: BTreeSet<String>,
}

impl Loader<'_> {
    /// The text of a file, as a source.
    fn read(&mut self, path: &str, named_at: Option<Span>) -> Option<SourceId> {
        let count = self.sources.iter().count();
        let nowhere = |sources: &mut Sources| {
            let id = sources.add(path, "");
            Span::new(id, 0, 0)
        };
        if count >= limits::SOURCE_FILES || self.reading.len() > limits::INCLUDE_DEPTH {
            let span = named_at.unwrap_or_else(|| nowhere(self.sources));
            self.diagnostics.push(diags::include_limit(span));
            return None;
        }
        let bytes = match self.files.read(path) {
            Ok(bytes) => bytes,
            Err(why) => {
                let span = named_at.unwrap_or_else(|| nowhere(self.sources));
                self.diagnostics
                    .push(diags::include_missing(span, path, &why));
                return None;
            }
        };
        if bytes.len() > limits::SOURCE_BYTES {
            let span = named_at.unwrap_or_else(|| nowhere(self.sources));
            self.diagnostics.push(diags::too_long(span, path));
            return None;
        }
        match String::from_utf8(bytes) {
            Ok(text) => {
                // A byte order mark says how a file is encoded and is no part of its text.
                let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
                Some(self.sources.add(path, text))
            }
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let start =
                    String::from_utf8_lossy(error.as_bytes().get(..valid).unwrap_or_default())
                        .into_owned();
                let id = self.sources.add(path, start);
                let span = Span::new(id, valid, valid);
                self.diagnostics.push(diags::not_utf8(span, path, valid));
                None
            }
        }
    }

    /// The items of one file, its edition checked and taken off.
    fn items(&mut self, path: &str, named_at: Option<Span>) -> Option<Vec<Item>> {
        let id = self.read(path, named_at)?;
        let source = self.sources.get(id)?;
        let had_errors = self.diagnostics.has_errors();
        let mut items = syntax::parse(id, source, self.diagnostics);
        let start = Span::new(
            id,
            0,
            source.text().find('\n').unwrap_or(source.text().len()),
        );
        let broken = self.diagnostics.has_errors() && !had_errors;
        let edition = items.first().and_then(|item| match &item.kind {
            ItemKind::Edition(edition) => Some(*edition),
            _ => None,
        });
        match edition {
            Some(edition) if edition.value == 1 => {}
            Some(edition) => self
                .diagnostics
                .push(diags::edition(edition.span, edition.value)),
            None if broken && items.is_empty() => {}
            None => self.diagnostics.push(diags::no_edition(start)),
        }
        if edition.is_some() {
            items.remove(0);
        }
        for item in &items {
            if let ItemKind::Edition(again) = &item.kind {
                self.diagnostics
                    .push(diags::not_first(again.span, "edition"));
            }
        }
        Some(items)
    }

    /// A policy or an overlay: its name and all its items.
    fn policy(&mut self, path: &str, named_at: Option<Span>) -> Option<(Name, Vec<Item>)> {
        if self.reading.iter().any(|p| p == path) {
            self.diagnostics.push(diags::include_cycle(named_at?, path));
            return None;
        }
        let items = self.items(path, named_at)?;
        self.reading.push(path.to_owned());
        let mut header: Option<(Name, Option<Name>)> = None;
        for item in &items {
            let found = match &item.kind {
                ItemKind::Policy(name) => (name.clone(), None),
                ItemKind::Overlay(name, base) => (name.clone(), Some(base.clone())),
                _ => continue,
            };
            if header.is_some() {
                self.diagnostics.push(diags::not_first(item.span, "policy"));
            } else {
                header = Some(found);
            }
        }
        let result = match header {
            None => {
                let id = self.sources.iter().last().map_or(SourceId(0), |(id, _)| id);
                let span = items.first().map_or(Span::new(id, 0, 0), |i| i.span);
                // Where nothing could be read at all, that has been said.
                if !(items.is_empty() && self.diagnostics.has_errors()) {
                    self.diagnostics
                        .push(diags::missing_item(span, "policy NAME"));
                }
                self.expand(path, items);
                None
            }
            Some((name, None)) => {
                let items = self.expand(path, items);
                for item in &items {
                    if matches!(item.kind, ItemKind::Amend(_) | ItemKind::Remove(_)) {
                        self.diagnostics
                            .push(diags::amend_without_overlay(item.span));
                    }
                }
                Some((name, items))
            }
            Some((name, Some(base))) => {
                let base_path = normalize(path, &base.value);
                let below = self.policy(&base_path, Some(base.span));
                let changes = self.expand(path, items);
                below.map(|(_, below)| (name, self.overlay(below, changes)))
            }
        };
        self.reading.pop();
        result
    }

    /// Splices includes in and reads catalogs.
    fn expand(&mut self, path: &str, items: Vec<Item>) -> Vec<Item> {
        let mut out = Vec::new();
        for item in items {
            match &item.kind {
                ItemKind::Include(included) => {
                    let target = normalize(path, &included.value);
                    if self.reading.contains(&target) {
                        self.diagnostics
                            .push(diags::include_cycle(included.span, &included.value));
                        continue;
                    }
                    if let Some(more) = self.items(&target, Some(included.span)) {
                        self.reading.push(target.clone());
                        out.extend(self.expand(&target, more));
                        self.reading.pop();
                    }
                }
                ItemKind::UseCatalog(catalog) => self.catalog(path, catalog, 0),
                ItemKind::Policy(_) | ItemKind::Overlay(..) | ItemKind::Edition(_) => {}
                _ => out.push(item),
            }
        }
        out
    }

    /// A catalog and those that it includes.
    fn catalog(&mut self, from: &str, named: &Spanned<String>, depth: usize) {
        let path = normalize(from, &named.value);
        if !self.catalog_paths.insert(path.clone()) {
            return;
        }
        let Some(raw) = self.raw_catalog(&path, named.span, depth) else {
            self.catalogs = None;
            return;
        };
        let includes = raw.include.clone();
        if let Some(catalogs) = &mut self.catalogs {
            catalogs.push(raw);
        }
        for include in includes {
            self.catalog(&path, &include, depth + 1);
        }
    }

    fn raw_catalog(&mut self, path: &str, named_at: Span, depth: usize) -> Option<raw::Catalog> {
        if depth > limits::INCLUDE_DEPTH {
            self.diagnostics.push(diags::include_limit(named_at));
            return None;
        }
        let id = self.read(path, Some(named_at))?;
        catalog::parse(self.sources, id, self.diagnostics)
    }

    /// Applies an overlay's changes to the items below it.
    fn overlay(&mut self, mut below: Vec<Item>, changes: Vec<Item>) -> Vec<Item> {
        let mut added = Vec::new();
        for change in changes {
            match &change.kind {
                ItemKind::Amend(amend) => {
                    if let Some(index) = self.find(&below, &amend.rule)
                        && let Some(Item {
                            kind: ItemKind::Rule(rule),
                            ..
                        }) = below.get_mut(index)
                    {
                        apply(rule, amend, change.span);
                    }
                }
                ItemKind::Remove(name) => {
                    if let Some(index) = self.find(&below, name) {
                        below.remove(index);
                    }
                }
                kind => {
                    if let Some(what) = of_the_base_alone(kind) {
                        self.diagnostics
                            .push(diags::not_in_an_overlay(change.span, what));
                    }
                    added.push(change);
                }
            }
        }
        below.extend(added);
        below
    }

    /// The rule that an overlay means; a lock cannot be meant.
    fn find(&mut self, below: &[Item], name: &Name) -> Option<usize> {
        let rules = || {
            below
                .iter()
                .enumerate()
                .filter_map(|(i, item)| match &item.kind {
                    ItemKind::Rule(rule) => Some((i, rule, rule_name(rule)?)),
                    _ => None,
                })
        };
        let found = rules().find(|(_, _, n)| **n == *name.value);
        match found {
            Some((_, rule, _)) if matches!(rule.head, Head::Lock { .. }) => {
                self.diagnostics
                    .push(diags::amend_lock(name.span, rule.head_span));
                None
            }
            Some((index, ..)) => Some(index),
            None => {
                let near = crate::near::nearest(&name.value, rules().map(|(_, _, n)| n));
                let near = near.map(str::to_owned);
                self.diagnostics.push(diags::unknown_name(
                    name.span,
                    "rule",
                    &name.value,
                    near.as_deref(),
                ));
                None
            }
        }
    }
}

/// What only the policy itself may say: an overlay never widens or reshapes what routes.
fn of_the_base_alone(kind: &ItemKind) -> Option<&'static str> {
    match kind {
        ItemKind::OptIn(_) => Some("opt-in"),
        ItemKind::Prefer(_) => Some("prefer"),
        ItemKind::Default(..) => Some("default"),
        ItemKind::ModelPrefix(_) => Some("model prefix"),
        ItemKind::ThroughAnyEndpoint => Some("through any endpoint"),
        ItemKind::Rule(rule) if matches!(rule.head, Head::Set { .. }) => Some("set"),
        _ => None,
    }
}

/// The name that a rule has before it is resolved: its `as`, else its code.
fn rule_name(rule: &Rule) -> Option<&str> {
    let named = rule.clauses.iter().find_map(|c| match &c.kind {
        ClauseKind::As(name) => Some(name.value.as_str()),
        _ => None,
    });
    named.or(match &rule.head {
        Head::On { code, .. }
        | Head::Refuse { code, .. }
        | Head::Exclude { code, .. }
        | Head::Skip { code, .. }
        | Head::Warn { code, .. } => Some(code.value.as_str()),
        Head::Set { .. } => rule.clauses.iter().find_map(|c| match &c.kind {
            ClauseKind::Noting(code, _) => Some(code.value.as_str()),
            _ => None,
        }),
        Head::Lock { .. } | Head::Limit { .. } | Head::Retry { .. } => None,
    })
}

/// Puts an overlay's clauses in the place of those of the same kind.
fn apply(rule: &mut Rule, amend: &Amend, at: Span) {
    let old_name = rule_name(rule).map(str::to_owned);
    if let Some((new_status, new_code)) = &amend.to {
        match &mut rule.head {
            Head::On { status, code, .. }
            | Head::Refuse { status, code, .. }
            | Head::Exclude { status, code }
            | Head::Skip { status, code } => {
                *status = *new_status;
                *code = new_code.clone();
                rule.head_span = at;
            }
            Head::Lock { .. }
            | Head::Set { .. }
            | Head::Warn { .. }
            | Head::Limit { .. }
            | Head::Retry { .. } => {}
        }
    }
    let replaced: BTreeSet<&str> = amend
        .clauses
        .iter()
        .map(super::rules::clause_word)
        .collect();
    rule.clauses
        .retain(|c| !replaced.contains(super::rules::clause_word(c)));
    rule.clauses.extend(amend.clauses.iter().cloned());
    // A new code does not rename the rule: the next overlay still finds it.
    let named = rule
        .clauses
        .iter()
        .any(|c| matches!(c.kind, ClauseKind::As(_)));
    if let (Some(name), false) = (old_name, named) {
        let name = Spanned::new(name, at);
        rule.clauses.push(crate::syntax::ast::Clause {
            kind: ClauseKind::As(name),
            span: at,
        });
    }
}

/// A path as seen from the file that names it, without `.` and needless `..`.
pub(crate) fn normalize(from: &str, path: &str) -> String {
    let base = from.rsplit_once('/').map_or("", |(dir, _)| dir);
    let absolute = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    let steps = base.split('/').filter(|_| !absolute).chain(path.split('/'));
    for step in steps {
        match step {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    let joined = parts.join("/");
    if absolute || from.starts_with('/') {
        format!("/{joined}")
    } else {
        joined
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_seen_from_the_file_that_names_them() {
        assert_eq!(
            normalize("rules/a/policy.portolan", "catalog.yaml"),
            "rules/a/catalog.yaml"
        );
        assert_eq!(
            normalize("rules/a/overlays/o.portolan", "../policy.portolan"),
            "rules/a/policy.portolan"
        );
        assert_eq!(
            normalize("policy.portolan", "../places/aws.yaml"),
            "../places/aws.yaml"
        );
        assert_eq!(normalize("../a/p", "../b"), "../b");
        assert_eq!(normalize("/x/p", "./c"), "/x/c");
    }
}
