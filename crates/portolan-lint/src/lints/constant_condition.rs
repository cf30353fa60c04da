//! `constant-condition`: a condition, or a part of one, that every request or none fulfils.

use crate::survey::{Asks, Part, Role};

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "constant-condition",
    group: Group::Rules,
    level: Level::Warn,
    summary: "a condition, or a part of one, that every request or none fulfils",
    page: Page {
        what: "Finds conditions, and parts joined by `and` or `or`, that come out the same for \
               every request, whatever its model, by what they ask of the request alone. A part \
               joined by `and` that asks whether a field is set may hold always: others may only \
               be asked behind it.",
        why: "A rule that never holds protects nobody, and one that always holds hides what \
               follows. Mostly a bound was turned round, or two alternatives exclude each other.",
        example: r#"```portolan
refuse 400 odd
  when request.max_tokens is set and request.max_tokens < 10 and request.max_tokens > 20
  say  "no"
```"#,
        fix: "Say what was meant. There is no machine's fix.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let Some(surveyed) = context.surveyed() else {
        return;
    };
    for whole in surveyed
        .parts
        .iter()
        .filter(|part| part.role == Role::Whole)
    {
        // Whether a field is set must be asked, even where what comes before has settled it.
        let guard = |part: &Part| part.role == Role::Conjunct && part.asks == Asks::Presence;
        let constant = |part: &&Part| {
            part.asks != Asks::TheCatalog && (!part.ever || part.always && !guard(part))
        };
        let own = |part: &&Part| part.rule == whole.rule && part.role != Role::Whole;
        let mut parts = surveyed.parts.iter().filter(own);
        // A part that is constant by itself says more than the whole that it makes constant.
        let found = parts.find(constant).or(Some(whole).filter(constant));
        let Some(part) = found else { continue };
        let word = if part.ever {
            "every request"
        } else {
            "no request"
        };
        let what = if part.role == Role::Whole {
            "this condition"
        } else {
            "this part"
        };
        let message = format!("{word} fulfils {what}");
        findings.push(
            LINT.finding(part.span, message)
                .help("say what was meant, or leave it out"),
        );
    }
}
