//! What a reader would notice later on: routes that come, go, move or cost otherwise.

use portolan_core::instant::Instant;
use portolan_verify::matrix::{Ask, Period, Span, Standing};

use super::Section;
use crate::render::matrix::{Shown, money, multiplier, outcome, place, retention, word};

/// One line a change, by date. Nothing for a single instant.
pub(super) fn section(shown: &Shown<'_>) -> Option<Section> {
    let Span::Between { .. } = shown.matrix.span else {
        return None;
    };
    let header = ["from", "model", "region", "through", "before", "then"];
    let mut found: Vec<(Instant, [String; 5])> = Vec::new();
    for row in &shown.matrix.rows {
        for pair in row.periods.windows(2) {
            let [before, then] = pair else { continue };
            if !before.standing.is_routed() && !then.standing.is_routed() {
                continue;
            }
            let (old, new) = differences(before, then);
            let told = [
                row.model.id.to_string(),
                row.region.name.to_string(),
                row.endpoint.name.to_string(),
                old,
                new,
            ];
            found.push((then.from, told));
        }
    }
    found.sort_by_key(|(from, _)| *from);
    let mut section = Section::new("changes", &header);
    let mut last: Option<Instant> = None;
    for (from, told) in found {
        let [model, region, through, old, new] = told;
        let alike = |line: &Vec<String>| {
            line.get(1) == Some(&model)
                && line.get(3) == Some(&through)
                && line.get(4) == Some(&old)
                && line.get(5) == Some(&new)
        };
        let same_day = last == Some(from);
        if let Some(line) = section
            .rows
            .last_mut()
            .filter(|line| same_day && alike(line))
        {
            if let Some(regions) = line.get_mut(2) {
                *regions = format!("{regions}, {region}");
            }
            continue;
        }
        let day = from.short();
        section
            .rows
            .push(vec![day, model, region, through, old, new]);
        last = Some(from);
    }
    Some(section)
}

/// What differs between two stretches of time, before and after.
fn differences(before: &Period<'_>, then: &Period<'_>) -> (String, String) {
    let (mut old, mut new) = (Vec::new(), Vec::new());
    let mut tell = |before: String, then: String| {
        if before != then {
            old.push(before);
            new.push(then);
        }
    };
    tell(outcome(&before.standing), outcome(&then.standing));
    if word(&before.standing) == word(&then.standing) {
        tell(asked(&before.standing), asked(&then.standing));
    }
    // What cannot be had any more has no price worth telling.
    if before.standing.is_routed() && then.standing.is_routed() {
        let price = |period: &Period<'_>| {
            let (input, output) = (period.price.input, period.price.output);
            format!("{} / {}", money(input), money(output))
        };
        tell(price(before), price(then));
        tell(
            format!("processed in {}", place(&before.processing)),
            format!("processed in {}", place(&then.processing)),
        );
        tell(
            format!("stored in {}", place(&before.storage)),
            format!("stored in {}", place(&then.storage)),
        );
        tell(
            format!("kept {}", retention(before.retention)),
            format!("kept {}", retention(then.retention)),
        );
        // Prices of caches and the multiplier follow those told above, where any are.
        if prices_stand(before, then) {
            let caches = |period: &Period<'_>| {
                let price = &period.price;
                let (read, write) = (money(price.cache_read), money(price.cache_write));
                format!("cache {read} / {write}")
            };
            tell(caches(before), caches(then));
            let times = |period: &Period<'_>| format!("× {}", multiplier(&period.price));
            tell(times(before), times(then));
        }
    }
    (old.join(", "), new.join(", "))
}

/// What the word for a standing leaves open: the alias, and the place in the plan.
fn asked(standing: &Standing<'_>) -> String {
    match standing {
        Standing::Routed { ask, place } => {
            let place = format!("number {} in the plan", place + 1);
            match ask {
                Ask::Plain | Ask::OptIn { .. } => place,
                Ask::Alias(alias) => format!("asked as {alias}, {place}"),
            }
        }
        Standing::Refused { .. } | Standing::Elsewhere { .. } => String::new(),
    }
}

/// Says whether input and output cost what they did.
fn prices_stand(before: &Period<'_>, then: &Period<'_>) -> bool {
    before.price.input == then.price.input && before.price.output == then.price.output
}
