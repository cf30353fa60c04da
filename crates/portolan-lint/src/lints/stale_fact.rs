//! `stale-fact`: facts that were read long ago.

use portolan_core::catalog::raw::Aside;
use portolan_core::instant::Instant;
use portolan_core::source::Spanned;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "stale-fact",
    group: Group::Catalog,
    level: Level::Info,
    summary: "facts that were read long ago",
    page: Page {
        what: "Finds `as_of` dates, of a catalog or of one of its sources, that lie more than a \
              year before today.",
        why: "Models, prices and regions change every month. What was read a year ago is \
              history; a decision by it is a guess.",
        example: "```yaml\n\
                  catalog: 1\n\
                  as_of: 2024-11-30\n\
                  ```",
        fix: "Read the source again, and set `as_of` to the day on which you did.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

/// After so many seconds nobody should rely on a fact: a year.
const FRESH: i64 = 365 * 86_400;

fn check(context: &Context<'_>, findings: &mut Findings) {
    for file in context.catalogs {
        let sources = file
            .sources
            .iter()
            .filter_map(|source| source.aside.as_deref());
        for read in file
            .aside
            .as_deref()
            .into_iter()
            .chain(sources)
            .filter_map(as_of)
        {
            if read.value.plus_seconds(FRESH) < context.today {
                let message = format!(
                    "this was read on {}, more than a year ago",
                    read.value.short()
                );
                findings.push(
                    LINT.finding(read.span, message)
                        .help("read the source again"),
                );
            }
        }
    }
}

fn as_of(aside: &Aside) -> Option<Spanned<Instant>> {
    aside.provenance.as_of
}
