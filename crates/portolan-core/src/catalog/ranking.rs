//! The best-scored models at any instant, ranked when a catalog is read, so that a refusal that
//! looks for alternatives does not sort them all.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::catalog::{Catalog, Model, ModelId, ScoreId};
use super::route::Known;
use crate::decimal::Decimal;
use crate::instant::{Dated, Instant, Window};
use crate::limits;

/// Models by the first kind of score, best first, then in catalog order; models without one come
/// last. No more of them than a refusal looks at.
#[derive(Debug, Clone, Default)]
pub(super) struct Ranking {
    /// From when each list holds, the first one from ever; none where scores change too often.
    epochs: Box<[(Instant, Box<[ModelId]>)]>,
}

/// A refusal tries so many, itself not counted.
const KEPT: usize = limits::ALTERNATIVES_TRIED + 1;

/// What a model is worth, the best the least; and the model.
type Worth = (i64, ModelId);

impl Ranking {
    /// Ranks the models of a catalog.
    pub(super) fn of(catalog: &Catalog) -> Self {
        let higher = higher_is_better(catalog);
        let mut always: Vec<Worth> = Vec::new();
        let mut dated: Vec<(ModelId, &Dated<Decimal>)> = Vec::new();
        let mut starts = BTreeSet::from([Instant::MIN]);
        for (id, model) in models(catalog) {
            match score(model) {
                Some(score) if changes(score) => {
                    let windows = score.periods().iter().map(|(window, _)| *window);
                    starts.extend(windows.flat_map(|w| [w.from, w.until]).flatten());
                    dated.push((id, score));
                    if dated.len() * starts.len() > limits::SCORES_RANKED {
                        return Self::default();
                    }
                }
                fixed => {
                    let value = fixed.and_then(|score| score.at(Instant::MIN));
                    always.push((worth(value, higher), id));
                }
            }
        }
        let always = best(always);
        let epochs = starts.into_iter().map(|at| {
            let now = dated
                .iter()
                .map(|(id, score)| (worth(score.at(at), higher), *id));
            let all = best(always.iter().copied().chain(now).collect());
            (at, all.into_iter().map(|(_, id)| id).collect())
        });
        Self {
            epochs: epochs.collect(),
        }
    }
}

impl Catalog {
    /// The best-scored models at an instant, as many as a refusal looks at.
    pub fn best_scored(&self, at: Instant) -> Known<Cow<'_, [ModelId]>> {
        let epochs = &self.ranking.epochs;
        let after = epochs.partition_point(|(from, _)| *from <= at);
        if let Some((_, models)) = after.checked_sub(1).and_then(|i| epochs.get(i)) {
            return Known {
                value: Cow::Borrowed(models),
                next_change: epochs.get(after).map(|(from, _)| *from),
            };
        }
        let higher = higher_is_better(self);
        let now = |(id, model)| (worth(score(model).and_then(|s| s.at(at)), higher), id);
        let all = best(models(self).map(now).collect());
        let scores = self.models.iter().filter_map(score);
        Known {
            value: all.into_iter().map(|(_, id)| id).collect(),
            next_change: scores.filter_map(|score| score.next_change(at)).min(),
        }
    }
}

fn models(catalog: &Catalog) -> impl Iterator<Item = (ModelId, &Model)> {
    (0u32..).map(ModelId).zip(&catalog.models)
}

fn higher_is_better(catalog: &Catalog) -> bool {
    catalog.scores.first().is_some_and(|s| s.higher_is_better)
}

fn score(model: &Model) -> Option<&Dated<Decimal>> {
    model.scores.get(ScoreId(0))
}

fn changes(score: &Dated<Decimal>) -> bool {
    score
        .periods()
        .iter()
        .any(|(window, _)| *window != Window::ALWAYS)
}

fn worth(score: Option<&Decimal>, higher_is_better: bool) -> i64 {
    let billionths = score.map(|score| score.billionths());
    let more = billionths.map(|b| {
        if higher_is_better {
            b
        } else {
            b.saturating_neg()
        }
    });
    // The complement turns the order around, and has no overflow.
    !more.unwrap_or(i64::MIN)
}

fn best(mut all: Vec<Worth>) -> Vec<Worth> {
    if all.len() > KEPT {
        all.select_nth_unstable(KEPT);
        all.truncate(KEPT);
    }
    all.sort_unstable();
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{parse, validate};
    use crate::diagnostic::Diagnostics;
    use crate::source::Sources;

    fn catalog(text: &str) -> Catalog {
        let mut sources = Sources::default();
        let mut found = Diagnostics::default();
        let id = sources.add("catalog.yaml", text);
        let raw = parse(&sources, id, &mut found);
        let catalog = validate(raw.into_iter().collect(), &mut found);
        catalog.unwrap_or_else(|| panic!("{:?}", found.into_sorted()))
    }

    #[test]
    fn the_ranking_at_every_instant_is_that_of_the_scores_then() {
        for better in ["higher", "lower"] {
            let head = format!("catalog: 1\nscores: {{elo: {{better: {better}}}}}\nmodels:\n");
            let models = (0..40).map(|number| {
                let (low, high, day) = (number * 7 % 11, number * 5 % 13, 1 + number % 9);
                let score = match number % 4 {
                    0 => format!("scores: {{elo: {low}}}"),
                    1 => String::new(),
                    2 => format!("scores: {{elo: {{value: {low}, from: 2026-01-0{day}}}}}"),
                    _ => format!(
                        "scores: {{elo: [{{value: {low}, until: 2026-01-0{day}}}, {{value: {high}, from: 2026-01-0{day}}}]}}"
                    ),
                };
                format!("  m{number}: {{{score}}}\n")
            });
            let text = head + &models.collect::<String>();
            let catalog = catalog(&text);
            let unranked = Catalog {
                ranking: Ranking::default(),
                ..catalog.clone()
            };
            let mut instants = vec![Instant::MIN, Instant::MAX];
            for day in 1..11 {
                let at = Instant::parse(&format!("2026-01-{day:02}")).unwrap();
                instants.extend([at, at.plus_seconds(-1)]);
            }
            for at in instants {
                let ranked = catalog.best_scored(at);
                assert!(matches!(ranked.value, Cow::Borrowed(_)));
                assert_eq!(ranked, unranked.best_scored(at), "{at}");
            }
        }
    }
}
