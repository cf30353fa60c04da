//! `unique-overlap`: two rules of a `unique` that hold together.

use std::collections::BTreeMap;

use portolan_core::policy::RuleId;
use portolan_core::request::{Draft, State};

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "unique-overlap",
    group: Group::Verify,
    level: Level::Error,
    summary: "two rules of a `unique` that hold together",
    page: Page {
        what: "Goes through all requests and names rules which a `unique` lists, which come to \
               different things, and which both hold for some request; of rules that judge \
               candidates, for some candidate of it. One such request is shown.",
        why: "The `unique` says that no two of them ever do. Where two do, their order decides, \
              and whoever relies on the `unique` relies on nothing.",
        example: r"```portolan
limit 10 requests per 60s for each model
  as   small-limit
  when request.max_tokens is set and request.max_tokens >= 1000

limit 30 requests per 60s for each model
  as   large-limit
  when request.max_tokens is set and request.max_tokens <= 1000    // 1000 is in both

unique one-limit { small-limit, large-limit }
```",
        fix: "Narrow one of them until they exclude each other, or take it out of the `unique`. \
              There is no machine's fix: which of them is meant is for the author to say.",
    },
    yields_to: &["dead-rule"],
    check: Check::OfSubject(check),
};

/// An earlier rule that a later one meets, with a request for which both hold.
type Met<'a> = (RuleId, Option<&'a Draft>);

fn check(context: &Context<'_>, findings: &mut Findings) {
    let Some(surveyed) = context.surveyed() else {
        return;
    };
    // By the later rule: one that meets several others is one cause.
    let mut causes: BTreeMap<(usize, RuleId), Vec<Met<'_>>> = BTreeMap::new();
    for ((unique, earlier, later), draft) in &surveyed.overlaps {
        let others = causes.entry((*unique, *later)).or_default();
        others.push((*earlier, draft.as_ref()));
    }
    let policy = context.engine.policy();
    for ((unique, later), others) in causes {
        let (Some(unique), Some(rule)) = (policy.uniques.get(unique), policy.rule(later)) else {
            continue;
        };
        let shown = others.iter().find(|(_, draft)| draft.is_some());
        let Some((first, draft)) = shown.or(others.first()) else {
            continue;
        };
        let Some(first) = policy.rule(*first) else {
            continue;
        };
        let together = format!("`{}` and `{}`", first.name, rule.name);
        let written = draft.map(|draft| portolan_wire::write_request(draft, &State::default()));
        let message = match &written {
            Some(_) => format!("{together} both hold for some request"),
            None => format!("{together} may both hold: nothing rules it out"),
        };
        let mut finding = LINT.finding(rule.span, message);
        for other in others.iter().filter_map(|(id, _)| policy.rule(*id)) {
            finding = finding.related(other.span, format!("`{}` holds, too", other.name));
        }
        finding = finding.related(unique.span, "no two of these may hold together");
        if let Some(Ok(request)) = written {
            finding = finding.help(format!("such a request: {request}"));
        }
        findings.push(finding.help("narrow one of them until they exclude each other"));
    }
}
