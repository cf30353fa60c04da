//! From an entry file to all of a policy's items: includes spliced in, overlays applied,
//! catalogs read.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "each pass takes the items that are its own and leaves the others"
)]

pub(super) mod diags;

use std::collections::BTreeSet;

use super::overlay;
use super::rows;
use crate::catalog::{self, raw};
use crate::diagnostic::Diagnostics;
use crate::limits;
use crate::source::{Files, SourceId, Sources, Span, Spanned};
use crate::syntax;
use crate::syntax::ast::{Goal, Item, ItemKind, Name};

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
    /// Codes that an overlay put others in the place of: a `prove` of the policy below still names
    /// them.
    pub replaced: BTreeSet<String>,
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
        in_overlay: false,
        replaced: BTreeSet::new(),
    };
    let entry = normalize("", entry);
    let (name, items) = loader.policy(&entry, None)?;
    if loader.catalog_paths.is_empty() && !loader.diagnostics.has_errors() {
        loader
            .diagnostics
            .push(diags::missing_item(name.span, "use catalog"));
    }
    Some(Loaded {
        name,
        items,
        catalogs: loader.catalogs,
        replaced: loader.replaced,
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
    /// An overlay's own items are being expanded.
    in_overlay: bool,
    /// Codes that overlays put others in the place of.
    replaced: BTreeSet<String>,
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
                let marked = text.strip_prefix('\u{feff}').map(str::to_owned);
                Some(self.sources.add(path, marked.unwrap_or(text)))
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
                    if matches!(item.kind, ItemKind::Amend(_)) {
                        self.diagnostics
                            .push(diags::amend_without_overlay(item.span));
                    }
                }
                Some((name, items))
            }
            Some((name, Some(base))) => {
                let base_path = normalize(path, &base.value);
                let below = self.policy(&base_path, Some(base.span));
                let outer = std::mem::replace(&mut self.in_overlay, true);
                let changes = self.expand(path, items);
                self.in_overlay = outer;
                let replaced = &mut self.replaced;
                below.map(|(_, below)| {
                    let items = overlay::apply(below, changes, replaced, self.diagnostics);
                    (name, items)
                })
            }
        };
        self.reading.pop();
        result
    }

    /// Splices includes in and reads catalogs.
    fn expand(&mut self, path: &str, items: Vec<Item>) -> Vec<Item> {
        let mut out = Vec::new();
        for mut item in items {
            match &mut item.kind {
                ItemKind::Table(table) => {
                    if let Some(file) = table.from.clone() {
                        let target = normalize(path, &file.value);
                        if let Some(id) = self.read(&target, Some(file.span))
                            && let Some(source) = self.sources.get(id)
                        {
                            rows::read(table, id, source, self.diagnostics);
                        }
                    }
                    out.push(item);
                }
                ItemKind::Prove(prove) => {
                    if let Goal::SameDecisionAs(other) = &mut prove.goal {
                        other.value = normalize(path, &other.value);
                    }
                    out.push(item);
                }
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
                ItemKind::UseCatalog(_) if self.in_overlay => {
                    self.diagnostics
                        .push(diags::not_in_an_overlay(item.span, "use catalog"));
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
