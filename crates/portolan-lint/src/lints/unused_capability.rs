//! `unused-capability`: a capability that no model has.

use std::collections::BTreeSet;

use portolan_core::catalog::Names;
use portolan_core::instant::Dated;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "unused-capability",
    group: Group::Catalog,
    level: Level::Warn,
    summary: "a capability that no model has",
    page: Page {
        what: "Finds words of `capabilities` that stand at no model and at no offering.",
        why: "A rule that asks for the capability takes every candidate, and says that none can \
              do it.",
        example: "```yaml\n\
                  capabilities: [stream, tools, vision]    # no model lists `vision`\n\
                  ```",
        fix: "Take the word out, or list it where it belongs.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let catalog = context.engine.catalog();
    let models = catalog.models.iter().map(|model| &model.capabilities);
    let offerings = catalog
        .offerings
        .iter()
        .map(|offering| &offering.capabilities);
    let used: BTreeSet<&str> = models.chain(offerings).flat_map(words).collect();
    for word in context.catalogs.iter().flat_map(|file| &file.capabilities) {
        if !used.contains(&*word.value) {
            let message = format!("no model has the capability `{}`", word.value);
            let finding = LINT.finding(word.span, message);
            findings.push(finding.help("take it out, or list it where it belongs"));
        }
    }
}

fn words(fact: &Dated<Names>) -> impl Iterator<Item = &str> {
    let periods = fact.periods().iter();
    periods.flat_map(|(_, names)| names.iter().map(|name| &**name))
}
