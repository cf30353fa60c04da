//! `ids-differ-by-case`: two ids that differ in case only.

use std::collections::BTreeMap;

use portolan_core::source::Span;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "ids-differ-by-case",
    group: Group::Catalog,
    level: Level::Warn,
    summary: "two ids that differ in case only",
    page: Page {
        what: "Finds ids of models and aliases that are the same but for the case of their \
              letters.",
        why: "Ids are compared as they are written, so both exist; people, and upstreams that \
              fold case, take one for the other.",
        example: "```yaml\n\
                  models:\n\
                  \x20 claude-sonnet: {offerings: [{region: eu, provider: acme}]}\n\
                  \x20 Claude-Sonnet: {offerings: [{region: us, provider: acme}]}\n\
                  ```",
        fix: "Keep one, and make the other one's callers use it.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let catalog = context.engine.catalog();
    let models = catalog.models.iter().map(|model| (&*model.id, model.span));
    let aliases = catalog.aliases.iter().map(|alias| (&*alias.id, alias.span));
    let mut seen: BTreeMap<String, (&str, Span)> = BTreeMap::new();
    for (id, span) in models.chain(aliases) {
        if let Some((first, other)) = seen.get(&id.to_lowercase()) {
            let message = format!("`{id}` differs from `{first}` in case only");
            let finding = LINT.finding(span, message).related(*other, "the other one");
            findings.push(finding.help("keep one of them"));
        } else {
            seen.insert(id.to_lowercase(), (id, span));
        }
    }
}
