//! `unmet-by-catalog`: a rule that no model of this catalog can ever concern.

use crate::survey::{Asks, Part, Role};

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "unmet-by-catalog",
    group: Group::Rules,
    level: Level::Info,
    summary: "a rule that no model of this catalog can ever concern",
    page: Page {
        what: "Finds rules whose condition reads the catalog, and which no request about any of its \
               models fulfils.",
        why: "It may well be meant for models to come. It may also compare with a name or a fact \
               that the catalog spells otherwise.",
        example: r#"```portolan
exclude 404 model-retired     // no model of the catalog has a date of retirement
  when route.model.retires is set and request.at >= route.model.retires
  say  "no"
```"#,
        fix: "Nothing, if the rule is there for what the catalog may hold one day. There is no \
               machine's fix.",
    },
    yields_to: &["constant-condition", "expired-rule"],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let Some(surveyed) = context.surveyed() else {
        return;
    };
    let whole = |part: &&Part| part.role == Role::Whole && part.asks == Asks::TheCatalog;
    for part in surveyed.parts.iter().filter(whole) {
        let holds = surveyed.get(part.rule).is_some_and(|known| known.holds);
        if !part.ever && !holds {
            let message = "no model of the catalog fulfils this condition for any request";
            findings.push(LINT.finding(part.span, message));
        }
    }
}
