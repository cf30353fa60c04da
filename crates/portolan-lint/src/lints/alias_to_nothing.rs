//! `alias-to-nothing`: an alias that stands for nothing that is sold.

use portolan_core::catalog::AliasTarget;
use portolan_core::instant::Window;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};
use crate::sales;

pub(crate) const LINT: Lint = Lint {
    code: "alias-to-nothing",
    group: Group::Catalog,
    level: Level::Warn,
    summary: "an alias that stands for nothing that is sold",
    page: Page {
        what: "Finds aliases with a period in which no offering of the model that they stand for \
              is sold: the model is not out yet, has retired, or has no offering in the region \
              that the alias names.",
        why: "The id is accepted and every request for it is refused, with a message about \
              another id than the one that was sent.",
        example: "```yaml\n\
                  models:\n\
                  \x20 alpha-1: {retires: 2026-03-01, offerings: [{region: us, provider: acme}]}\n\
                  aliases:\n\
                  \x20 alpha: {model: alpha-1, from: 2026-03-01}\n\
                  ```",
        fix: "Point the alias to a model that is sold then, or end it with `until`. There is no \
              machine's fix.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    for alias in &context.engine.catalog().aliases {
        let dead = |(window, target): &&(Window, AliasTarget)| !is_sold(context, *target, *window);
        if let Some((window, _)) = alias.target.periods().iter().find(dead) {
            let when = match (window.from, window.until) {
                (None, None) => String::new(),
                _ => format!(" {window}"),
            };
            let message = format!("alias `{}` stands for nothing that is sold{when}", alias.id);
            findings.push(
                LINT.finding(alias.span, message)
                    .help("name a model that is sold then, or end the alias with `until`"),
            );
        }
    }
}

fn is_sold(context: &Context<'_>, target: AliasTarget, window: Window) -> bool {
    let catalog = context.engine.catalog();
    let Some(model) = catalog.model(target.model) else {
        return false;
    };
    sales::offerings(catalog, model).any(|(_, offering)| {
        let here = target.region.is_none_or(|region| region == offering.region);
        let sold = sales::sold(model, offering);
        here && sold.is_some_and(|sold| sales::shared(sold, window).is_some())
    })
}
