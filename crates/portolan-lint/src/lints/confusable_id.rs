//! `confusable-id`: an id with letters that look like others.

use portolan_core::source::Span;
use unicode_security::skeleton;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "confusable-id",
    group: Group::Catalog,
    level: Level::Warn,
    summary: "an id with letters that look like others",
    page: Page {
        what: "Finds ids of models, aliases, regions, endpoints and providers that hold a letter \
              outside ASCII which looks like one of ASCII, such as a Cyrillic `а`.",
        why: "Two ids that look the same are two ids. A rule that names the one does not match \
              the other, and nobody sees why.",
        example: "```yaml\n\
                  models:\n\
                  \x20 gрt-5: {offerings: [{region: us, provider: acme}]}    # the second letter is Cyrillic\n\
                  ```",
        fix: "Write the id in ASCII letters, as upstreams do.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let catalog = context.engine.catalog();
    let models = catalog.models.iter().map(|m| (&*m.id, m.span));
    let aliases = catalog.aliases.iter().map(|a| (&*a.id, a.span));
    let regions = catalog.regions.iter().map(|r| (&*r.name, r.span));
    let endpoints = catalog.endpoints.iter().map(|e| (&*e.name, e.span));
    let providers = catalog.providers.iter().map(|p| (&*p.name, p.span));
    let names = models
        .chain(aliases)
        .chain(regions)
        .chain(endpoints)
        .chain(providers);
    for (name, span) in names {
        judge(name, span, findings);
    }
}

fn judge(name: &str, span: Span, findings: &mut Findings) {
    let looks: String = skeleton(name).collect();
    if !name.is_ascii() && looks.is_ascii() {
        let message = format!("`{}` looks like `{looks}` and is not", numbered(name));
        findings.push(
            LINT.finding(span, message)
                .help("write it in ASCII letters"),
        );
    }
}

/// The name, with the letters that are others shown by their number.
fn numbered(name: &str) -> String {
    let shown = name.chars().map(|c| match c {
        c if c.is_ascii() => c.to_string(),
        c => c.escape_unicode().to_string(),
    });
    shown.collect()
}
