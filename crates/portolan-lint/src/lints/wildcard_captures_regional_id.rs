//! `wildcard-captures-regional-id`: a pattern that takes in ids bound to one region.

use portolan_core::catalog::Alias;
use portolan_core::policy::Glob;
use portolan_core::syntax::ast::ConditionKind;

use crate::names;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "wildcard-captures-regional-id",
    group: Group::Rules,
    level: Level::Warn,
    summary: "a pattern that takes in ids bound to one region",
    page: Page {
        what: "Finds `request.model matches \"…*\"` whose pattern takes in both ids that stand for a \
               model everywhere and aliases that stand for a model's offerings in one region.",
        why: "A rule about a family of models then also decides for ids by which clients pin a \
               region, and mostly nobody thought of those.",
        example: r#"```portolan
refuse 400 no-claude
  when request.model is set and request.model matches "claude-*"   // and `claude-4-eu`, which is pinned
  say  "no"
```"#,
        fix: "Name a longer prefix, or ask for a fact of the model, such as its maker. There is no \
               machine's fix.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let catalog = context.engine.catalog();
    for (item, _) in context.items() {
        for condition in names::conditions(item) {
            let ConditionKind::Matches(operand, pattern) = &condition.kind else {
                continue;
            };
            let asked = context.slice(operand.span);
            if asked != "request.model" {
                continue;
            }
            let glob = Glob(pattern.value.as_str().into());
            let pinned = |alias: &&Alias| {
                let mut targets = alias.target.periods().iter();
                glob.matches(&alias.id) && targets.any(|(_, target)| target.region.is_some())
            };
            let alias = catalog.aliases.iter().find(pinned);
            let free = catalog.models.iter().any(|model| glob.matches(&model.id));
            if let Some(alias) = alias.filter(|_| free) {
                let message = format!(
                    "`{}` takes in `{}`, which is bound to a region",
                    pattern.value, alias.id
                );
                let finding = LINT.finding(pattern.span, message);
                let finding = finding.related(alias.span, "declared here");
                findings.push(finding.help("name a longer prefix, or ask for a fact of the model"));
            }
        }
    }
}
