//! `region-elsewhere`: a region that processes outside what its name says.

use portolan_core::catalog::Region;
use portolan_core::place::Place;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "region-elsewhere",
    group: Group::Catalog,
    level: Level::Warn,
    summary: "a region that processes outside what its name says",
    page: Page {
        what: "Finds regions, and the endpoints' own names, that begin like a place that \
              everybody knows (`eu`, `europe`, `us`, `uk`, `ca`, `jp`, `au`, `ch`), and process \
              somewhere else today.",
        why: "Whoever reads the name takes it for the fact. London is not in the Union, and \
              `eu-west-2` is London: requests went there because a name said so.",
        example: "```yaml\n\
                  regions:\n\
                  \x20 eu-west-2: {processing: GB, storage: GB}\n\
                  ```",
        fix: "Correct the places; or, where the name is a cloud's own, keep it and silence this \
              with the reason.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

/// What the first part of a name means to everybody, as the name of a place.
const MEANINGS: [(&str, &str); 9] = [
    ("au", "AU"),
    ("ca", "CA"),
    ("ch", "CH"),
    ("eu", "EU27"),
    ("europe", "EU27"),
    ("jp", "JP"),
    ("uk", "GB"),
    ("us", "US"),
    ("usa", "US"),
];

fn check(context: &Context<'_>, findings: &mut Findings) {
    let regions = &context.engine.catalog().regions;
    for region in regions {
        let Some((word, place)) = meant(&region.name) else {
            continue;
        };
        let Some((usual, found)) = places(context, region, place) else {
            continue;
        };
        if !found.is_unknown() && !found.within(usual) {
            let countries: Vec<&str> = found.countries().take(4).collect();
            let message = format!(
                "region `{}` processes outside `{place}`, which `{word}` says: in {}",
                region.name,
                countries.join(", ")
            );
            findings.push(
                LINT.finding(region.span, message)
                    .help("correct its places, or give it a name that does not mislead"),
            );
        }
    }
}

fn meant(name: &str) -> Option<(&'static str, &'static str)> {
    let first = name.split(['-', '_', '.']).next().unwrap_or(name);
    let mut known = MEANINGS.into_iter();
    known.find(|(word, _)| first.eq_ignore_ascii_case(word))
}

/// What the name means today, and where the region processes.
fn places(context: &Context<'_>, region: &Region, place: &str) -> Option<(Place, Place)> {
    let catalog = context.engine.catalog();
    let usual = catalog.places.named(place)?;
    let names = region.processing.at(context.today)?;
    let found = catalog.union(Some(names), context.today).value;
    Some((catalog.places.at(usual, context.today), found))
}
