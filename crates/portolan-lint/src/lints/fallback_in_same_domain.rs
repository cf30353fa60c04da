//! `fallback-in-same-domain`: a fallback that fails where its model does.

use portolan_core::text::quoted;

use crate::chains::{chains, providers};
use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "fallback-in-same-domain",
    group: Group::Rules,
    level: Level::Info,
    summary: "a fallback that fails where its model does",
    page: Page {
        what: "Finds fallbacks in the request of a `test` all of whose offerings, at its instant, \
               go through providers of the model in whose place they stand. Tests that expect a \
               refusal, or a fallback to be dropped, are left alone.",
        why: "A fallback is for the day on which a provider does not answer. This one does not \
              answer either.",
        example: r#"```portolan
test "there is always somebody"
  request { model: "gpt-5", fallbacks: { "gpt-5-mini" } }    // both are one provider's
  expect route
```"#,
        fix: "Name a model that another provider runs; nothing, if it is there for other failures, \
              such as a rate limit of the model. There is no machine's fix.",
    },
    yields_to: &["repeated-fallback"],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let catalog = context.engine.catalog();
    for chain in chains(context) {
        for (first, fallback) in chain.fallbacks() {
            let ours = providers(context, first, chain.at);
            let theirs = providers(context, fallback, chain.at);
            if theirs.is_empty() || !theirs.is_subset(&ours) {
                continue;
            }
            let names = theirs
                .iter()
                .filter_map(|id| catalog.providers.get(id.index()));
            let message = format!(
                "`{}` goes through {} only, as `{}` does",
                fallback.model.id,
                quoted(names.map(|provider| &*provider.name), "and"),
                first.model.id
            );
            let finding = LINT.finding(fallback.span, message);
            findings.push(finding.help("name a model that another provider runs"));
        }
    }
}
