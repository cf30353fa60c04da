//! `illegal-advice`: a `help` that names a model which never routes where the help is shown.

use portolan_core::catalog::EndpointId;
use portolan_core::syntax::ast::ClauseKind;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "illegal-advice",
    group: Group::Rules,
    level: Level::Warn,
    summary: "a `help` that names a model which never routes where the help is shown",
    page: Page {
        what: "Finds a model's id in backticks in a `help` line of a rule that refuses requests \
               through an endpoint through which no request for that model ever routes.",
        why: "The client does what it was told, and is refused again.",
        example: r#"```portolan
exclude 404 not-here
  when route.region != request.endpoint.region
  say  "not sold here"
  help "use `beta`"                  // `beta` is sold in one region only
```"#,
        fix: "Use `{alternatives}`, which names what is legal for the very request. There is no \
               machine's fix: it changes what is said.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let Some(surveyed) = context.surveyed() else {
        return;
    };
    let catalog = context.engine.catalog();
    for rule in context.rules() {
        let shown = surveyed.refuses.get(&rule.id);
        for clause in &rule.written.clauses {
            let ClauseKind::Help(help) = &clause.kind else {
                continue;
            };
            let named = help.value.split('`').skip(1).step_by(2);
            let models = named.filter_map(|name| catalog.model_named(name));
            for model in models {
                let routes =
                    |endpoint: &&EndpointId| surveyed.routes.contains(&(**endpoint, model));
                let never = shown
                    .into_iter()
                    .flatten()
                    .find(|endpoint| !routes(endpoint));
                let endpoint = never.and_then(|id| catalog.endpoints.get(id.index()));
                let model = catalog.models.get(model.index());
                if let (Some(endpoint), Some(model)) = (endpoint, model) {
                    let message = format!(
                        "`{}` never routes through `{}`, where this is shown",
                        model.id, endpoint.name
                    );
                    let finding = LINT.finding(help.span, message);
                    findings.push(finding.help("use `{alternatives}`, which names what is legal"));
                }
            }
        }
    }
}
