//! One line an offering: through which endpoints it is reached, or why it is not.

use std::collections::{BTreeMap, BTreeSet};

use portolan_core::catalog::{ModelId, OfferingId};
use portolan_verify::matrix::{Ask, By, Row, Standing};

use super::{Section, first, region_of};
use crate::render::matrix::{Shown, amount, date, multiplier, outcome, providers, word};

/// Offerings that some endpoint gets to.
pub(super) fn available(shown: &Shown<'_>) -> Section {
    let title = format!("available {}", shown.start());
    let header = [
        "model", "region", "provider", "through", "asked as", "$ in", "$ out", "×", "until",
    ];
    let mut available = Section::new(title, &header);
    let together = shown.by != By::Endpoint;
    let mut last: Option<(OfferingId, String, Vec<String>)> = None;
    for row in &shown.matrix.rows {
        let Some(period) = first(row) else { continue };
        let Standing::Routed { ask, .. } = period.standing else {
            continue;
        };
        let how = word(&period.standing);
        let alias = match ask {
            Ask::Plain | Ask::OptIn { .. } => "",
            Ask::Alias(alias) => alias,
        };
        let tail = vec![
            alias.to_owned(),
            amount(period.price.input),
            amount(period.price.output),
            multiplier(&period.price),
            date(row.window.until),
        ];
        let endpoint = match how {
            "yes" => row.endpoint.name.to_string(),
            how => format!("{} {how}", row.endpoint.name),
        };
        let key = (row.route.offering, how.to_owned(), tail.clone());
        if together && last.as_ref() == Some(&key) {
            if let Some(through) = available.rows.last_mut().and_then(|r| r.get_mut(3)) {
                *through = joined(through, &row.endpoint.name, how);
            }
            continue;
        }
        let mut cells = vec![
            row.model.id.to_string(),
            row.region.name.to_string(),
            providers(row, "+"),
            endpoint,
        ];
        cells.extend(tail);
        available.rows.push(cells);
        last = Some(key);
    }
    available
}

/// `us, eu` or `us, eu standby`.
fn joined(through: &str, endpoint: &str, how: &str) -> String {
    match through.strip_suffix(how).filter(|_| how != "yes") {
        Some(names) => format!("{}, {endpoint} {how}", names.trim_end()),
        None => format!("{through}, {endpoint}"),
    }
}

/// Offerings that no endpoint gets to, gathered by model and reason.
pub(super) fn not_available(shown: &Shown<'_>) -> Section {
    let title = format!("not available {}", shown.start());
    let mut section = Section::new(title, &["model", "regions", "why", "when"]);
    let mut reached = BTreeSet::new();
    for row in &shown.matrix.rows {
        if first(row).is_some_and(|period| period.standing.is_routed()) {
            reached.insert(row.route.offering);
        }
    }
    // Of an offering's endpoints the one in its own region tells best why.
    let mut reasons: BTreeMap<OfferingId, (u8, &Row<'_>)> = BTreeMap::new();
    for row in &shown.matrix.rows {
        let Some(period) = first(row).filter(|_| !reached.contains(&row.route.offering)) else {
            continue;
        };
        let own = region_of(shown, row.route.offering) == Some(row.endpoint.region);
        let told = match period.standing {
            Standing::Refused { .. } if own => 0,
            Standing::Refused { .. } => 1,
            Standing::Routed { .. } | Standing::Elsewhere { .. } => 2,
        };
        let best = reasons.entry(row.route.offering).or_insert((told, row));
        if told < best.0 {
            *best = (told, row);
        }
    }
    let mut lines: BTreeMap<(ModelId, String, String), usize> = BTreeMap::new();
    for row in &shown.matrix.rows {
        let Some((_, told)) = reasons.remove(&row.route.offering) else {
            continue;
        };
        let Some(period) = first(told) else { continue };
        let why = outcome(&period.standing);
        let when = match told.window.to_string() {
            always if always == "always" => String::new(),
            when => when,
        };
        let key = (row.model_id, why.clone(), when.clone());
        let line = lines.get(&key).and_then(|line| section.rows.get_mut(*line));
        if let Some(regions) = line.and_then(|cells| cells.get_mut(1)) {
            *regions = format!("{regions}, {}", row.region.name);
        } else {
            lines.insert(key, section.rows.len());
            let model = row.model.id.to_string();
            let region = row.region.name.to_string();
            section.rows.push(vec![model, region, why, when]);
        }
    }
    section
}
