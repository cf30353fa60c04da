//! `fallback-does-less`: a fallback that takes less, or can do less, than its model.

use portolan_core::instant::Instant;
use portolan_core::text::quoted;

use crate::chains::{Link, chains};
use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "fallback-does-less",
    group: Group::Rules,
    level: Level::Info,
    summary: "a fallback that takes less, or can do less, than its model",
    page: Page {
        what: "Finds fallbacks in the request of a `test` with a smaller context window than the \
               model in whose place they stand, at its instant, or without one of its capabilities. \
               Tests that expect a refusal, or a fallback to be dropped, are left alone.",
        why: "It stands in for short and plain requests only. The long ones, and those that use what \
              it lacks, are refused on the day on which the fallback was to help.",
        example: r#"```portolan
test "there is always somebody"
  request { model: "alpha", fallbacks: { "beta" } }    // `beta` takes half as much
  expect route
```"#,
        fix: "Name a model that takes as much and can do as much; nothing, if the difference is \
              known. There is no machine's fix.",
    },
    yields_to: &["repeated-fallback"],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    for chain in chains(context) {
        for (first, fallback) in chain.fallbacks() {
            if let Some(less) = less(first, fallback, chain.at) {
                let message = format!(
                    "`{}` {less}, unlike `{}`",
                    fallback.model.id, first.model.id
                );
                let finding = LINT.finding(fallback.span, message);
                findings.push(finding.help("name a model that does as much"));
            }
        }
    }
}

/// What a fallback lacks, in words.
fn less(first: &Link<'_>, fallback: &Link<'_>, at: Instant) -> Option<String> {
    let window = |link: &Link<'_>| link.model.context_window.at(at).copied();
    if let (Some(wanted), Some(has)) = (window(first), window(fallback))
        && has < wanted
    {
        return Some(format!("takes {has} tokens and not {wanted}"));
    }
    let wanted = first.model.capabilities.at(at)?;
    let has = fallback.model.capabilities.at(at)?;
    let lost: Vec<&str> = wanted.difference(has).map(|word| &**word).collect();
    (!lost.is_empty()).then(|| format!("lacks {}", quoted(lost, "and")))
}
