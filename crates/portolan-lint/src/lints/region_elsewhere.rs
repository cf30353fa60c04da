//! `region-elsewhere`: a region that processes outside what its name says.

use portolan_core::instant::Dated;
use portolan_core::place::PlaceId;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};
use crate::sales;

pub(crate) const LINT: Lint = Lint {
    code: "region-elsewhere",
    group: Group::Catalog,
    level: Level::Warn,
    summary: "a region that processes outside what its name says",
    page: Page {
        what: "Finds regions whose names begin like a place that everybody knows (`eu`, `europe`, \
              `us`, `uk`, `ca`, `jp`, `au`, `ch`), and that process somewhere else today; and \
              offerings in such a region that say so of themselves.",
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
    let catalog = context.engine.catalog();
    for region in &catalog.regions {
        if let Some(elsewhere) = elsewhere(context, &region.name, &region.processing) {
            let message = format!("region `{}` {elsewhere}", region.name);
            findings.push(
                LINT.finding(region.span, message)
                    .help("correct its places, or give it a name that does not mislead"),
            );
        }
    }
    for model in &catalog.models {
        for (_, offering) in sales::offerings(catalog, model) {
            let Some(region) = catalog.region(offering.region) else {
                continue;
            };
            if let Some(elsewhere) = elsewhere(context, &region.name, &offering.own.processing) {
                let message = format!("`{}` in region `{}` {elsewhere}", model.id, region.name);
                findings.push(
                    LINT.finding(offering.span, message)
                        .help("correct its places, or sell it in another region"),
                );
            }
        }
    }
}

/// That what a region's name says is not where it processes today, in words.
fn elsewhere(
    context: &Context<'_>,
    name: &str,
    processing: &Dated<Vec<PlaceId>>,
) -> Option<String> {
    let catalog = context.engine.catalog();
    let (word, place) = meant(name)?;
    let usual = catalog.places.named(place)?;
    let usual = catalog.places.at(usual, context.today);
    let names = processing.at(context.today)?;
    let found = catalog.union(Some(names), context.today).value;
    if found.is_unknown() || found.within(usual) {
        return None;
    }
    let countries: Vec<&str> = found.countries().take(4).collect();
    Some(format!(
        "processes outside `{place}`, which `{word}` says: in {}",
        countries.join(", ")
    ))
}

fn meant(name: &str) -> Option<(&'static str, &'static str)> {
    let first = name.split(['-', '_', '.']).next().unwrap_or(name);
    let mut known = MEANINGS.into_iter();
    known.find(|(word, _)| first.eq_ignore_ascii_case(word))
}
