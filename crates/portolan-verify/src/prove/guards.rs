//! The rules that guard what a claim is about, and let one request through.

use portolan_core::engine::Engine;
use portolan_core::judgement::Judgement;
use portolan_core::policy::{Claim, Condition, LockFact, RouteFact, Rule, RuleId, RuleKind, Term};
use portolan_core::request::Request;

/// Rules that guard what a claim is about and do not hold for an effective request: where the
/// claim is about attempts, locks on a fact that it reads and excludes that read one; where it is
/// about a code, the rules of this code.
pub(super) fn let_through(
    engine: &Engine,
    request: &Request,
    judgement: &Judgement,
    claim: &Claim,
    fallback: Option<usize>,
) -> Vec<RuleId> {
    let guards = |rule: &Rule| match claim {
        Claim::Routes | Claim::Refused => false,
        Claim::RefusedWith(code) => rule.kind.code() == &**code,
        Claim::Every(condition) => guards(rule, condition),
    };
    let holds = |rule: &Rule| {
        rule.window.contains(judgement.at) && engine.fulfils(request, fallback, None, &rule.when)
    };
    let rules = engine.policy().rules();
    let through = rules.filter(|(_, rule)| !rule.built_in && guards(rule) && !holds(rule));
    through.map(|(id, _)| id).take(SHOWN).collect()
}

/// Rules that are named.
const SHOWN: usize = 8;

/// Says whether a rule guards a fact that a condition reads.
fn guards(rule: &Rule, condition: &Condition) -> bool {
    let terms = condition.terms();
    let read = |fact: RouteFact| terms.contains(&&Term::Route(fact));
    if let RuleKind::Lock { facts, .. } = &rule.kind {
        return facts.iter().any(|fact| {
            read(match fact {
                LockFact::Processing => RouteFact::Processing,
                LockFact::Storage => RouteFact::Storage,
                LockFact::Ingress => RouteFact::Ingress,
                LockFact::Retention => RouteFact::Retention,
            })
        });
    }
    let of_route = |term: &&Term| matches!(term, Term::Route(_)) && terms.contains(term);
    matches!(rule.kind, RuleKind::Exclude(_)) && rule.when.terms().iter().any(of_route)
}
