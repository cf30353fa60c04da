//! Applies fixes to documents, as text.

use std::collections::BTreeMap;

use portolan_core::diagnostic::{Diagnostic, Edit, Safety};
use portolan_core::source::{SourceId, Sources};

/// The texts of all files that the findings' fixes change, after them. Of fixes that overlap the
/// first is applied; a next run finds the others again.
pub fn fixed(
    sources: &Sources,
    findings: &[Diagnostic],
    most: Safety,
) -> BTreeMap<SourceId, String> {
    let fixes = findings.iter().filter_map(|finding| finding.fix.as_ref());
    let mut applied: Vec<&Edit> = Vec::new();
    for fix in fixes.filter(|fix| fix.safety <= most) {
        let free = |edit: &Edit| !applied.iter().any(|other| overlap(edit, other));
        if fix.edits.iter().all(free) {
            applied.extend(&fix.edits);
        }
    }
    applied.sort_by_key(|edit| edit.span);
    let mut texts: BTreeMap<SourceId, String> = BTreeMap::new();
    for edit in applied.iter().rev() {
        let Some(source) = sources.get(edit.span.source) else {
            continue;
        };
        let text = texts
            .entry(edit.span.source)
            .or_insert_with(|| source.text().to_owned());
        let (start, end) = (edit.span.start as usize, edit.span.end as usize);
        if start <= end && text.get(start..end).is_some() {
            text.replace_range(start..end, &edit.replacement);
        }
    }
    texts
}

fn overlap(a: &Edit, b: &Edit) -> bool {
    let (a, b) = (a.span, b.span);
    let same = a.start == b.start;
    a.source == b.source && (same || a.start < b.end && b.start < a.end)
}
