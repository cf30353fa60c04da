//! `gap`: requests that route without any lock.

use portolan_core::policy::RuleKind;
use portolan_core::text;

use crate::context::WrittenRule;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "gap",
    group: Group::Rules,
    level: Level::Warn,
    summary: "requests that route without any lock",
    page: Page {
        what: "In a policy with locks, finds endpoints through which some request routes to which \
               none of them applies.",
        why: "Excludes explain, locks guarantee. What no lock applies to goes wherever the \
               excludes happen to leave a way, today and after the next change of the catalog.",
        example: r"```portolan
lock processing within EU27
  when request.endpoint == eu    // and who guards the endpoint `us`?
```",
        fix: "Add a lock for the other requests, or drop the condition. If they may go anywhere, \
               silence the finding where the policy begins and say why. There is no machine's fix.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let Some(surveyed) = context.surveyed() else {
        return;
    };
    let lock = |rule: &WrittenRule<'_>| matches!(rule.typed.kind, RuleKind::Lock { .. });
    let Some(first) = context.rules().find(lock) else {
        return;
    };
    let endpoints = surveyed.unlocked.iter();
    let names = endpoints.filter_map(|id| {
        let endpoint = context.engine.catalog().endpoints.get(id.index())?;
        Some(&*endpoint.name)
    });
    let names: Vec<&str> = names.collect();
    if !names.is_empty() {
        let names = text::quoted(names, "and");
        let message = format!("through {names} some requests route to which no lock applies");
        let finding = LINT.finding(first.typed.span, message);
        findings.push(finding.help("add a lock for them, or say why they need none"));
    }
}
