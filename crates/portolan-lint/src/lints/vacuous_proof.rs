//! `vacuous-proof`: a `prove` about no request at all.

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "vacuous-proof",
    group: Group::Verify,
    level: Level::Warn,
    summary: "a `prove` about no request at all",
    page: Page {
        what: "Finds claims whose `for every request where` and dates no request fulfils.",
        why: "The claim is proved, whatever it says, and guards nothing.",
        example: r"```portolan
prove nothing
  for every request where request.max_tokens is set and request.max_tokens < 5 and request.max_tokens > 9
  never routes
```",
        fix: "Say which requests are meant. There is no machine's fix.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let Some(surveyed) = context.surveyed() else {
        return;
    };
    for (prove, any) in context.engine.policy().proves.iter().zip(&surveyed.claims) {
        if !any {
            let message = format!("no request is one that `{}` is about", prove.name);
            findings.push(
                LINT.finding(prove.span, message)
                    .help("say which requests are meant"),
            );
        }
    }
}
