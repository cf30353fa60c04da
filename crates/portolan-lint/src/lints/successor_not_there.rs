//! `successor-not-there`: a successor that is not sold where its predecessor was.

use portolan_core::catalog::{Model, RegionId};
use portolan_core::instant::Window;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};
use crate::sales;
use crate::successions::{Succession, successions};

pub(crate) const LINT: Lint = Lint {
    code: "successor-not-there",
    group: Group::Catalog,
    level: Level::Warn,
    summary: "a successor that is not sold where its predecessor was",
    page: Page {
        what: "Finds models whose successor has no offering, when they retire, in a region in \
              which they are sold until then.",
        why: "Whoever is bound to that region cannot follow the advice: for them the model has \
              no successor.",
        example: "```yaml\n\
                  models:\n\
                  \x20 alpha-1:\n\
                  \x20   retires: 2026-06-01\n\
                  \x20   successor: alpha-2\n\
                  \x20   offerings: [{region: us, provider: acme}, {region: eu, provider: acme}]\n\
                  \x20 alpha-2: {offerings: [{region: us, provider: acme}]}    # nothing for `eu`\n\
                  ```",
        fix: "Name a successor that is sold in every region, add the missing offering, or \
              silence this with the reason.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let catalog = context.engine.catalog();
    for Succession {
        model,
        successor,
        when,
    } in successions(context)
    {
        // Nobody follows a successor that is gone: that is another finding.
        if !sales::life(successor).contains(when) {
            continue;
        }
        let there = regions(context, successor, |window| window.contains(when));
        let here = regions(context, model, |window| {
            window.until.is_none_or(|end| end >= when)
        });
        let lost: Vec<String> = here
            .iter()
            .filter(|region| !there.contains(region))
            .filter_map(|region| Some(format!("`{}`", catalog.region(*region)?.name)))
            .collect();
        if !lost.is_empty() {
            let message = format!(
                "`{}` is to replace `{}`, and is not sold in {}",
                successor.id,
                model.id,
                lost.join(", ")
            );
            findings.push(
                LINT.finding(model.span, message)
                    .related(successor.span, "the successor")
                    .help("name a successor that is sold there, or add its offering"),
            );
        }
    }
}

/// The regions in which a model is sold at a time that suits.
fn regions(context: &Context<'_>, model: &Model, suits: impl Fn(Window) -> bool) -> Vec<RegionId> {
    let catalog = context.engine.catalog();
    let mut found = Vec::new();
    for (_, offering) in sales::offerings(catalog, model) {
        if sales::sold(model, offering).is_some_and(&suits) && !found.contains(&offering.region) {
            found.push(offering.region);
        }
    }
    found
}
