//! A request made of a region: the region as classes, of which `witness` makes the smallest posted
//! request.
//!
//! What two policies say of a request in other numbers, its attributes and what is known about
//! now, is put in its place here.

use std::collections::BTreeMap;

use portolan_core::catalog::EndpointId;
use portolan_core::diagram::survey::pair::{Axis, Cell, Coding, Kind, Span};
use portolan_core::diagram::survey::{
    Bound, Bounded, Class, SetField, Standing, TextField, Values,
};
use portolan_core::engine::Engine;
use portolan_core::instant::{Instant, Window};
use portolan_core::policy::{Scope, StateFact};
use portolan_core::request::{Draft, State, Usage};

use super::boxes::{NO_ID, OTHER_ID, unknown_to};
use crate::witness::{Reader, text};

/// Makes a request of a cell.
pub(super) struct Make<'m> {
    pub(super) engines: [&'m Engine; 2],
    pub(super) coding: &'m Coding,
    pub(super) cell: Cell,
}

/// What came of it.
pub(super) enum Made {
    /// A request, and what is known about now.
    Request(Box<Draft>, State),
    /// No posted request is in the cell.
    Nobody,
    /// There are more ways to be in the cell than are looked at.
    TooMany,
}

/// The instant of a request that may be made at any.
const USUAL: &str = "2026-01-01";

/// Ways to be in a cell that are looked at: of every field one range of its values.
const WAYS: usize = 512;

impl Make<'_> {
    /// The smallest request for an id, through an endpoint.
    pub(super) fn draft(&self, id: Option<&str>, model: i64, endpoint: &str) -> Made {
        let [_, new] = self.engines;
        let of_endpoint = new.catalog().endpoint_named(endpoint);
        let (Some(of_endpoint), Some(attributes)) = (of_endpoint, self.attributes()) else {
            return Made::Nobody;
        };
        let catalogs = self.engines.map(Engine::catalog);
        let prefixes = self
            .engines
            .map(|engine| engine.policy().model_prefix.clone());
        let unknown = |id: &str, _| {
            let cut = prefixes.iter().flatten().any(|p| id.starts_with(&**p));
            !cut && unknown_to(catalogs, id)
        };
        let same = |[old, new]: [Option<i64>; 2]| old.filter(|_| old == new);
        let reader = Reader {
            engine: new,
            most: same(self.coding.max_tokens),
            depth: same(self.coding.depth),
            unknown: &unknown,
        };
        let ranges = self.ranges(model);
        let mut chosen = vec![0; ranges.len()];
        for _ in 0..WAYS {
            let bounds = ranges.iter().zip(&chosen);
            let bounds = bounds.filter_map(|(ranges, at)| ranges.get(*at).cloned());
            let class = class(of_endpoint, id, model, bounds.collect());
            if let Some(mut draft) = reader.witness(&class) {
                draft.endpoint = Some(endpoint.to_owned());
                draft.attributes = attributes;
                if let (Some(id), [old, new]) = (id, &prefixes)
                    && old != new
                {
                    draft.body.model = Some(id.to_owned());
                }
                let state = self.state(&draft);
                return Made::Request(Box::new(draft), state);
            }
            if !advance(&mut chosen, &ranges) {
                return Made::Nobody;
            }
        }
        Made::TooMany
    }

    fn spans(&self, axis: Axis) -> Option<&[Span]> {
        self.cell.bounds.get(&axis).map(Vec::as_slice)
    }

    /// The first code that is allowed.
    fn code(&self, axis: Axis) -> i64 {
        let codes = axis.codes(self.coding);
        let spans = self.spans(axis).unwrap_or(&codes);
        spans.first().map_or(0, |(from, _)| *from)
    }

    /// Of every field the ranges of its values, each as a bound.
    fn ranges(&self, model: i64) -> Vec<Vec<Bound>> {
        let mut all = vec![vec![self.at()]];
        for (axis, spans) in &self.cell.bounds {
            let coded = |field| {
                let values = apart(spans);
                let values =
                    values.map(|(absent, (from, last))| Values::Codes { absent, from, last });
                bounds(field, values)
            };
            match axis {
                Axis::Flag(flag) => all.push(coded(Bounded::Flag(*flag))),
                Axis::Number(number) => all.push(coded(Bounded::Number(*number))),
                Axis::Words(set, mask) => all.push(self.words(*set, *mask, spans)),
                Axis::Text(TextField::Model) if model != OTHER_ID => {}
                Axis::Text(field) => {
                    let known = self.coding.texts.get(field);
                    let known = known.map_or(&[][..], Vec::as_slice);
                    let values = apart(spans).map(|(absent, span)| {
                        let (from, until) = text_range(known, span);
                        Values::Texts {
                            absent,
                            from: from.map(Box::from),
                            until: until.map(Box::from),
                        }
                    });
                    all.push(bounds(Bounded::Text(*field), values));
                }
                Axis::At | Axis::Attribute(_) | Axis::State(..) => {}
            }
        }
        all
    }

    /// The instant: the usual one where it may be, else where the region begins or ends.
    fn at(&self) -> Bound {
        let (begin, end) = (Instant::MIN.unix_seconds(), Instant::MAX.unix_seconds());
        let (from, last) = self
            .spans(Axis::At)
            .and_then(|spans| spans.first().copied())
            .unwrap_or((begin, end));
        let usual = Instant::parse(USUAL).map_or(0, Instant::unix_seconds);
        let at = if (from..=last).contains(&usual) {
            usual
        } else if from > begin {
            from
        } else {
            last
        };
        Bound {
            field: Bounded::At,
            values: Values::Codes {
                absent: false,
                from: at,
                last: at,
            },
        }
    }

    /// A set that has one of the words of a mask, or none.
    fn words(&self, set: SetField, mask: u128, spans: &[Span]) -> Vec<Bound> {
        let has = match spans {
            [(1, 1)] => true,
            [(0, 0)] => false,
            _ => return Vec::new(),
        };
        let names = self.coding.words.get(&set).into_iter().flatten();
        let (mut words, mut besides) = (Vec::new(), Vec::new());
        for (bit, name) in (0u32..).zip(names) {
            let side = if mask >> bit & 1 == 1 {
                &mut words
            } else {
                &mut besides
            };
            side.push(name.clone());
        }
        let others = mask >> 127 & 1 == 1;
        if !others {
            besides.clear();
        }
        let values = Values::Words {
            words,
            others,
            besides,
            has,
        };
        bounds(Bounded::Set(set), std::iter::once(values))
    }

    /// The attributes that have to be given, or that the cell bounds.
    fn attributes(&self) -> Option<BTreeMap<String, String>> {
        let mut given = BTreeMap::new();
        for (position, shared) in (0u16..).zip(&self.coding.attributes) {
            let axis = Axis::Attribute(position);
            let spared = self.engines.iter().all(|engine| {
                let mut own = engine.policy().attributes.iter();
                let own = own.find(|a| a.name == shared.name);
                own.is_some_and(|a| a.optional || a.default.is_some())
            });
            let Some(spans) = self.spans(axis).map(<[Span]>::to_vec).or_else(|| {
                let any = || axis.codes(self.coding);
                (!spared).then(any)
            }) else {
                continue;
            };
            let left_out = |code: i64| {
                spans
                    .iter()
                    .any(|(from, last)| (*from..=*last).contains(&code))
            };
            if spared && shared.missing.is_some_and(left_out)
                || shared.absent && left_out(Axis::ABSENT)
            {
                continue;
            }
            let (from, last) = spans.first().copied()?;
            let value = match &shared.of {
                Kind::Bool => (from != 0).to_string(),
                Kind::Integer => from.max(0).min(last).to_string(),
                Kind::Words(words) => {
                    let code = usize::try_from(from).ok()?;
                    words.get(code)?.first()?.to_string()
                }
                Kind::Text(known) => {
                    let (from, until) = text_range(known, (from, last));
                    text::shortest(from?, until)?
                }
            };
            given.insert(shared.name.to_string(), value);
        }
        Some(given)
    }

    /// What is known about now, where the region asks for it: of the model, and of all its routes.
    fn state(&self, draft: &Draft) -> State {
        let mut state = State::default();
        let known = |scope: Scope| {
            let healthy = self.spans(Axis::State(scope, StateFact::Healthy));
            let used = self.spans(Axis::State(scope, StateFact::Used));
            if healthy.is_none() && used.is_none() {
                return None;
            }
            let healthy = healthy.map(|_| self.code(Axis::State(scope, StateFact::Healthy)));
            let used = used.map(|_| self.code(Axis::State(scope, StateFact::Used)));
            Some(Usage {
                healthy: healthy
                    .filter(|code| *code != Axis::ABSENT)
                    .map(|code| code == 1),
                used: used.filter(|code| *code != Axis::ABSENT),
                reset_s: None,
            })
        };
        let (of_model, of_route) = (known(Scope::Model), known(Scope::Route));
        for engine in self.engines {
            let Ok(request) = engine.request(draft.clone()) else {
                continue;
            };
            let catalog = engine.catalog();
            let target = request.primary().target;
            let Some(model) = target.and_then(|target| catalog.model(target.model)) else {
                continue;
            };
            if let Some(usage) = of_model {
                state.models.insert(model.id.to_string(), usage);
            }
            for offering in model
                .offerings
                .iter()
                .filter_map(|id| catalog.offering(*id))
            {
                let region = catalog.region(offering.region);
                for endpoint in &catalog.endpoints {
                    let (Some(region), Some(usage)) = (region, of_route) else {
                        continue;
                    };
                    let names = [&*model.id, &*region.name, &*endpoint.name];
                    let [model, region, endpoint] = names.map(str::to_owned);
                    state.routes.insert((model, region, endpoint), usage);
                }
            }
        }
        state
    }
}

fn class(endpoint: EndpointId, id: Option<&str>, model: i64, bounds: Vec<Bound>) -> Class {
    Class {
        endpoint,
        standing: match (id, model) {
            (Some(_), _) => Standing::Model,
            (None, NO_ID) => Standing::Absent,
            (None, _) => Standing::Unknown,
        },
        id: id.unwrap_or_default().into(),
        window: Window::ALWAYS,
        bounds,
    }
}

fn bounds(field: Bounded, values: impl Iterator<Item = Values>) -> Vec<Bound> {
    values.map(|values| Bound { field, values }).collect()
}

/// Ranges one by one, and whether the field may be absent beside each; one that is empty where it
/// must be.
fn apart(spans: &[Span]) -> impl Iterator<Item = (bool, Span)> {
    let absent = spans.iter().any(|(from, _)| *from == Axis::ABSENT);
    let there = spans.iter().filter(|(_, last)| *last != Axis::ABSENT);
    let there = there.map(|(from, last)| ((*from).max(Axis::ABSENT + 1), *last));
    let there: Vec<Span> = there.collect();
    let none = there.is_empty().then_some((i64::MAX, i64::MIN));
    let all = there.into_iter().chain(none);
    all.map(move |span| (absent, span))
}

/// Where texts of some ranks begin, and where they end; no beginning where there are none.
fn text_range(bounds: &[Box<[u8]>], (from, last): Span) -> (Option<&[u8]>, Option<&[u8]>) {
    let bound = |rank: i64| {
        let bytes = bounds.get(usize::try_from(rank).ok()?)?;
        Some(&**bytes)
    };
    let empty: &[u8] = &[];
    let begins = match from.max(0) {
        0 => Some(empty),
        from => bound(from - 1),
    };
    (begins.filter(|_| from <= last), bound(last))
}

/// The next choice of one range a field; none after the last.
fn advance(chosen: &mut [usize], ranges: &[Vec<Bound>]) -> bool {
    for (at, ranges) in chosen.iter_mut().zip(ranges) {
        *at += 1;
        if *at < ranges.len() {
            return true;
        }
        *at = 0;
    }
    false
}
