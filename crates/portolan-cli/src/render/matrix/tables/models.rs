//! One line a model: its scores, and how it stands in each region.

use std::collections::{BTreeMap, BTreeSet};

use portolan_core::catalog::{ModelId, RegionId, ScoreId};
use portolan_verify::matrix::{Ask, By, Row, Standing};

use super::{Section, region_of};
use crate::render::matrix::{Shown, title, word};

/// A model that is available, and the best way to it in each region.
struct OfModel<'r, 'm> {
    row: &'r Row<'m>,
    best: BTreeMap<RegionId, &'r Standing<'m>>,
}

/// Models, and the columns that they have in common.
struct Sheet<'r, 'm> {
    models: Vec<OfModel<'r, 'm>>,
    /// Regions in which some of them is available.
    regions: BTreeSet<RegionId>,
    /// Names of scores and regions.
    columns: Vec<String>,
    /// Scores, and the digits after the point that one of them needs.
    scores: Vec<(ScoreId, usize)>,
}

/// All models, or those of each maker.
pub(super) fn sections(shown: &Shown<'_>) -> Vec<Section> {
    let sheet = Sheet::new(shown);
    if shown.by == By::Maker {
        return sheet.of_makers(shown);
    }
    let name = format!("models {}, {}", shown.order(), shown.start());
    let mut section = Section::new(name, &sheet.header(&["title", "maker", "model"]));
    for model in &sheet.models {
        let maker = title(model.row.maker).to_owned();
        let id = model.row.model.id.to_string();
        let line = [model.title().to_owned(), maker, id].into_iter();
        section
            .rows
            .push(line.chain(sheet.cells(shown, model)).collect());
    }
    vec![section]
}

impl<'r, 'm> Sheet<'r, 'm> {
    fn new(shown: &'r Shown<'m>) -> Self {
        let models = models(shown);
        let regions: BTreeSet<RegionId> =
            models.iter().flat_map(|m| m.best.keys().copied()).collect();
        let region = |id: &RegionId| shown.catalog.region(*id).map(|r| r.name.to_string());
        let names = shown.scores().map(|(_, name)| name.to_owned());
        let columns = names.chain(regions.iter().filter_map(region)).collect();
        let digits = |kind: ScoreId| {
            let scores = models.iter().filter_map(|m| shown.score(m.row, kind));
            let digits = scores.map(|score| {
                let text = score.to_string();
                text.split_once('.').map_or(0, |(_, digits)| digits.len())
            });
            digits.max().unwrap_or(0)
        };
        let scores = shown.scores().map(|(kind, _)| (kind, digits(kind)));
        Self {
            scores: scores.collect(),
            models,
            regions,
            columns,
        }
    }

    fn header(&self, first: &[&'static str]) -> Vec<&str> {
        let own = self.columns.iter().map(String::as_str);
        first.iter().copied().chain(own).collect()
    }

    /// A model's scores, then how it stands in each region.
    fn cells(&self, shown: &Shown<'_>, model: &OfModel<'_, '_>) -> Vec<String> {
        let scores = self.scores.iter().map(|(kind, digits)| {
            let score = shown.score(model.row, *kind);
            score.map_or("-".to_owned(), |score| score.to_string_with(*digits))
        });
        let stands = self.regions.iter().map(|region| {
            let best = model.best.get(region);
            best.map_or("-", |standing| word(standing)).to_owned()
        });
        scores.chain(stands).collect()
    }

    /// How many models of each maker there are in each region; then each maker's own.
    fn of_makers(&self, shown: &Shown<'_>) -> Vec<Section> {
        let columns = self.columns.iter().skip(self.scores.len());
        let header: Vec<&str> = ["maker"].into_iter().chain(columns.map(|c| &**c)).collect();
        let name = format!("models available, by maker, {}", shown.start());
        let mut makers = Section::new(name, &header);
        let mut sections = Vec::new();
        let same =
            |a: &OfModel<'_, '_>, b: &OfModel<'_, '_>| a.row.model.maker == b.row.model.maker;
        for group in self.models.chunk_by(same) {
            let maker = group.first().map_or("", |model| title(model.row.maker));
            let maker = if maker.is_empty() {
                "no maker named"
            } else {
                maker
            };
            let mut section = Section::new(maker, &self.header(&["title", "model"]));
            let counts = self.regions.iter().map(|id| counted(group, *id));
            let line = std::iter::once(maker.to_owned()).chain(counts);
            makers.rows.push(line.collect());
            for model in group {
                let id = model.row.model.id.to_string();
                let line = [model.title().to_owned(), id].into_iter();
                section
                    .rows
                    .push(line.chain(self.cells(shown, model)).collect());
            }
            sections.push(section);
        }
        sections.insert(0, makers);
        sections
    }
}

/// How many models of a group there are in a region: `8`, or `4 opt-in` where all of them are so.
fn counted(group: &[OfModel<'_, '_>], region: RegionId) -> String {
    let here = group.iter().filter_map(|model| model.best.get(&region));
    let words: Vec<&str> = here.map(|standing| word(standing)).collect();
    let first = words.first().copied().unwrap_or_default();
    let count = words.len();
    if count == 0 {
        "-".to_owned()
    } else if first != "yes" && words.iter().all(|word| *word == first) {
        format!("{count} {first}")
    } else {
        count.to_string()
    }
}

/// Models that are available somewhere, in the table's order, each once.
fn models<'r, 'm>(shown: &'r Shown<'m>) -> Vec<OfModel<'r, 'm>> {
    let mut found: Vec<OfModel<'r, 'm>> = Vec::new();
    let mut seen: BTreeMap<ModelId, usize> = BTreeMap::new();
    for row in &shown.matrix.rows {
        let position = *seen.entry(row.model_id).or_insert_with(|| {
            let best = BTreeMap::new();
            found.push(OfModel { row, best });
            found.len() - 1
        });
        let standing = row.periods.first().map(|period| &period.standing);
        let standing = standing.filter(|standing| standing.is_routed());
        let region = region_of(shown, row.route.offering);
        let (Some(standing), Some(region)) = (standing, region) else {
            continue;
        };
        if let Some(model) = found.get_mut(position) {
            let best = model.best.entry(region).or_insert(standing);
            if rank(standing) < rank(best) {
                *best = standing;
            }
        }
    }
    found.retain(|model| !model.best.is_empty());
    found
}

/// The nearer to a plain yes, the less.
fn rank(standing: &Standing<'_>) -> (usize, u8) {
    match standing {
        Standing::Routed { ask, place } => match ask {
            Ask::Plain => (*place, 0),
            Ask::OptIn { .. } => (*place, 1),
            Ask::Alias(_) => (*place, 2),
        },
        Standing::Refused { .. } | Standing::Elsewhere { .. } => (usize::MAX, 3),
    }
}

impl OfModel<'_, '_> {
    fn title(&self) -> &str {
        let model = self.row.model;
        model.title.as_deref().unwrap_or(&model.id)
    }
}
