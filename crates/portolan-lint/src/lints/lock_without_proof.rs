//! `lock-without-proof`: a lock that no `prove` claims anything of.

use portolan_core::policy::{Claim, Condition, Goal, LockFact, RuleKind, Term};
use portolan_core::syntax::ast::Comparison;
use portolan_core::text;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "lock-without-proof",
    group: Group::Verify,
    level: Level::Warn,
    summary: "a lock that no `prove` claims anything of",
    page: Page {
        what: "Finds facts that a lock judges (`processing`, `storage`, `ingress`, `retention`) and \
               that no claim with `every attempt` speaks of with the same bound.",
        why: "A lock guarantees something; a proof says so in words that a reader who knows no \
               rules can check, and fails on the day that somebody narrows the lock.",
        example: r"```portolan
lock processing within EU27
  when request.endpoint == eu    // and no `prove` says so
```",
        fix: "Add a claim: `prove eu-stays for every request where request.endpoint == eu every \
               attempt.processing within EU27`. There is no machine's fix.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let proves = &context.engine.policy().proves;
    let mut claimed = Vec::new();
    for prove in proves {
        if let Goal::Claim {
            claim: Claim::Every(every),
            ..
        } = &prove.goal
        {
            comparisons(every, &mut claimed);
        }
    }
    for rule in context.rules() {
        let RuleKind::Lock { facts, bound, .. } = &rule.typed.kind else {
            continue;
        };
        let open = facts.iter().filter(|fact| {
            let fact = Term::Route(fact.fact());
            !claimed
                .iter()
                .any(|(left, right)| **left == fact && *right == bound)
        });
        let names: Vec<&str> = open.map(|fact| name(*fact)).collect();
        if !names.is_empty() {
            let names = text::quoted(names, "and");
            let message = format!(
                "no `prove` says what `{}` guarantees of {names}",
                rule.typed.name
            );
            let finding = LINT.finding(rule.typed.span, message);
            findings.push(finding.help("add a `prove` with `every attempt` and the same bound"));
        }
    }
}

/// What a condition says of attempts by `within` or `==`, wherever it says it.
fn comparisons<'a>(condition: &'a Condition, found: &mut Vec<(&'a Term, &'a Term)>) {
    match condition {
        Condition::And(parts) | Condition::Or(parts) => {
            for part in parts {
                comparisons(part, found);
            }
        }
        Condition::Compare(left, Comparison::Within | Comparison::Equal, right) => {
            found.push((left, right));
        }
        Condition::Not(_)
        | Condition::Constant(_)
        | Condition::IsSet(_)
        | Condition::Holds(_)
        | Condition::Compare(..)
        | Condition::Matches(..) => {}
    }
}

const fn name(fact: LockFact) -> &'static str {
    match fact {
        LockFact::Processing => "processing",
        LockFact::Storage => "storage",
        LockFact::Ingress => "ingress",
        LockFact::Retention => "retention",
    }
}
