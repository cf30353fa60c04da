//! `date-without-hour`: a retirement within a day, without its hour.

use portolan_core::instant::Instant;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "date-without-hour",
    group: Group::Catalog,
    level: Level::Warn,
    summary: "a retirement within a day, without its hour",
    page: Page {
        what: "Finds models whose `retires` is a bare date that lies less than two days from \
              today.",
        why: "A bare date is midnight UTC. Hours before or after that a maker ends a model by \
              its own clock; for these two days it matters when.",
        example: "```yaml\n\
                  models:\n\
                  \x20 alpha: {retires: 2026-01-02}    # checked on 2026-01-01: at what hour?\n\
                  ```",
        fix: "Give the instant with its offset, `2026-01-02T09:00:00-08:00`, if the maker says \
              it.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

/// How near is near, in seconds.
const NEAR: i64 = 2 * 86_400;

fn check(context: &Context<'_>, findings: &mut Findings) {
    let models = context.catalogs.iter().flat_map(|file| &file.models);
    for model in models {
        let Some(retires) = model.value.retires else {
            continue;
        };
        let bare = !context.slice(retires.span).contains(['T', 't', ':']);
        if bare && near(retires.value, context.today) {
            let message = format!(
                "`{}` retires within a day or two, at midnight UTC",
                model.name.value
            );
            findings.push(
                LINT.finding(retires.span, message)
                    .help("give the hour and its offset, if the maker says it"),
            );
        }
    }
}

fn near(one: Instant, other: Instant) -> bool {
    one.unix_seconds().abs_diff(other.unix_seconds()) < NEAR.unsigned_abs()
}
