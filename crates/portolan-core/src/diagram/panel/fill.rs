//! Filling a panel: for every outcome of all tests, what walks come to.

use std::collections::BTreeMap;

use super::columns::{Columns, Needs, OwnSlots, TOO_MUCH, own_slots};
use super::kinds::{Kinds, NO_ROW};
use super::{Column, Ending, FIELDS, Further, NO_ROUTE, Panel, REGION, STREAM, What, kept};
use crate::diagram::field::ABSENT;
use crate::diagram::flat::{ANSWER, Ask, At, Flat, OWN, basic};
use crate::diagram::intern::Memo;
use crate::diagram::table::Table;
use crate::diagram::verdict::Verdict;
use crate::diagram::{Does, Effect, End, Rules, Shape};
use crate::limits;

/// What walks are made over.
pub(in crate::diagram) struct Walked<'a> {
    pub(in crate::diagram) flat: &'a Flat,
    pub(in crate::diagram) shapes: &'a [Shape],
    pub(in crate::diagram) verdicts: &'a [Verdict],
    pub(in crate::diagram) orders: &'a [Vec<u16>],
    pub(in crate::diagram) rules: &'a Rules,
    /// Attempts that a plan may have of one model.
    pub(in crate::diagram) most: usize,
}

/// Builds the panel, and tells every record of the table its part of it.
pub(in crate::diagram) fn build(walked: &Walked<'_>, table: &mut Table) -> Panel {
    let mut needs = Needs::new(walked.flat);
    let mut columns = Columns::default();
    let mut tried = BTreeMap::from([(0, true)]);
    let ends = walked.shapes.first().map_or(0, |shape| shape.ends.len());
    let shapes = walked.shapes.iter();
    let plans = shapes.map(|shape| plan(shape, &mut needs, &mut columns, &mut tried));
    let plans: Vec<Option<Plan>> = plans.collect();
    let filling = Filling::new(walked, &needs, &columns);
    let (rows, filling) = filling.all(&plans, ends);
    // By set of comparisons: the number that each column compares with, where there is one.
    let mut numbers_of: BTreeMap<u32, Vec<Option<u16>>> = BTreeMap::new();
    for plan in plans.iter().flatten() {
        numbers_of.entry(plan.set).or_insert_with(|| {
            let slots = own_slots(&needs, plan.set);
            let columns = columns.own.iter().flat_map(|(ask, room)| {
                let slots: Vec<u16> = slots.get(ask).into_iter().flatten().copied().collect();
                // One too many says the same as the last.
                (0..*room).map(move |at| slots.get(at).or(slots.last()).copied())
            });
            columns.collect()
        });
    }
    let [constant_fields, own_fields] = FIELDS;
    let (constants, further) = seated(&filling.constants, constant_fields, simple);
    let (own, wider) = seated(&filling.own, own_fields, |_| true);
    let mut kinds = Kinds::new(&rows, ends, &filling);
    let mut more = Vec::new();
    table.settle(&mut |shape, stored| {
        let cuts = cuts(&plans, &numbers_of, shape, stored);
        let cut = |of: usize| cuts.as_ref().and_then(|cuts| cuts.get(of)).copied();
        let first = own.map(
            |seat| match seat.and_then(|(of, f)| Some((f.field, cut(of)?))) {
                Some((field, cut)) => kept(field, cut),
                None => Some(0),
            },
        );
        // Records without cuts keep the places of others.
        more.extend(wider.iter().map(|(of, _)| cut(*of).unwrap_or(0)));
        let [Some(a), Some(b), Some(c), Some(d)] = first else {
            return None;
        };
        Some((kinds.of(shape).filter(|_| cuts.is_some())?, [a, b, c, d]))
    });
    // Columns that add nothing, where there are fewer: the number of tests is always the same.
    let column = |seat: Option<Seat>| seat.map_or(Column::default(), |(_, f)| f.column);
    let [first, second, stream, dated] = constants.map(column);
    Panel {
        regions: [first, second],
        stream: stream.stride,
        dated,
        own: own.map(|seat| column(seat).stride),
        width: u32::try_from(filling.width).unwrap_or(0),
        cells: kinds.cells.into(),
        verdicts: kinds.verdicts.into(),
        wide: !further.is_empty() || !wider.is_empty(),
        others: columns.others().into(),
        further: further.into_iter().map(|(_, further)| further).collect(),
        wider: wider.into_iter().map(|(_, further)| further).collect(),
        more: more.into(),
    }
}

/// A column, and which one it is.
type Seat = (usize, Further);

/// What a place for constants takes for granted: no region is below every cut, and a stream is at
/// the only one.
fn simple(further: &Further) -> bool {
    let Further { column, field } = *further;
    match field {
        REGION => column.cut > ABSENT,
        STREAM => column.cut == 1,
        _ => true,
    }
}

/// Columns in the places that there are for their fields, and those for which none is left.
fn seated<const PLACES: usize>(
    columns: &[Further],
    fields: [u32; PLACES],
    simple: impl Fn(&Further) -> bool,
) -> ([Option<Seat>; PLACES], Vec<Seat>) {
    let mut places = [None; PLACES];
    let mut rest = Vec::new();
    for seat in columns.iter().copied().enumerate() {
        let field = seat.1.field;
        let mut free = places.iter_mut().zip(fields);
        let free = free.find(|(place, of)| place.is_none() && *of == field);
        match free.filter(|_| simple(&seat.1)) {
            Some((place, _)) => *place = Some(seat),
            None => rest.push(seat),
        }
    }
    (places, rest)
}

/// Somebody has to walk.
pub(super) const UNTOLD: Ending = Ending {
    rule: 0,
    route: NO_ROUTE,
    what: What::Locked,
    warnings: 0,
};

/// A model's own cuts, in the order of columns; `None` where they do not fit.
fn cuts(
    plans: &[Option<Plan>],
    numbers_of: &BTreeMap<u32, Vec<Option<u16>>>,
    shape: u32,
    numbers: &[i64],
) -> Option<Vec<u32>> {
    let plan = plans.get(shape as usize)?.as_ref()?;
    let slots = numbers_of.get(&plan.set)?.iter();
    let cut = |slot: &Option<u16>| match slot {
        Some(slot) => u32::try_from(*numbers.get(usize::from(*slot))?).ok(),
        // Nobody asks.
        None => Some(1),
    };
    slots.map(cut).collect()
}

/// How one shape is panelled.
struct Plan {
    /// By endpoint: whether it is, and whether its warnings are counted.
    ends: Vec<Option<bool>>,
    /// All comparisons that are made for it.
    set: u32,
}

/// Makes room for the diagrams of a shape, as many as fit. What was tried stays so: columns only
/// become more.
fn plan(
    shape: &Shape,
    needs: &mut Needs,
    columns: &mut Columns,
    tried: &mut BTreeMap<u32, bool>,
) -> Option<Plan> {
    let mut all = 0;
    let mut ends = Vec::with_capacity(shape.ends.len());
    for end in &shape.ends {
        let [verdict, _] = end.verdicts;
        let verdict = needs.of(verdict);
        let told = end.effects.iter().flatten().filter(|e| warns(e));
        let told = told.fold(verdict, |set, e| needs.union(set, needs.of(e.root)));
        let mut fitting =
            [(told, true), (verdict, false)]
                .into_iter()
                .filter_map(|(set, counted)| {
                    let wider = needs.union(all, set);
                    let fits = wider != TOO_MUCH
                        && *tried
                            .entry(wider)
                            .or_insert_with(|| columns.make_room(needs, wider));
                    fits.then_some((wider, counted))
                });
        let kept = fitting.next();
        ends.push(kept.map(|(_, counted)| counted));
        if let Some((wider, _)) = kept {
            all = wider;
        }
    }
    let some = ends.iter().any(Option::is_some);
    some.then_some(Plan { ends, set: all })
}

/// An effect that may tell the caller something, or keep another from it.
const fn warns(effect: &Effect) -> bool {
    matches!(effect.does, Does::Warn | Does::Set { .. })
}

/// One digit of a cell's position: how many cuts of a kind a field has reached.
struct Digit {
    stride: usize,
    /// Of the number of cuts, one more.
    base: usize,
}

/// What tells the outcome of a comparison.
#[derive(Debug, Clone, Copy)]
enum Side {
    /// No request is on the other side.
    Always { below: bool },
    /// A digit, and the highest of it that is below the cut.
    Of { digit: usize, highest: usize },
}

pub(super) struct Filling<'a> {
    walked: &'a Walked<'a>,
    needs: &'a Needs,
    digits: Vec<Digit>,
    /// By field: the digit of its constants, with these, and that of the model's own cuts.
    places: BTreeMap<Ask, (Option<usize>, Option<usize>)>,
    columns: &'a Columns,
    /// Cells of one row.
    pub(super) width: usize,
    pub(super) cells: Vec<Ending>,
    /// By cell.
    pub(super) verdicts: Vec<u32>,
    constants: Vec<Further>,
    own: Vec<Further>,
}

impl<'a> Filling<'a> {
    fn new(walked: &'a Walked<'a>, needs: &'a Needs, columns: &'a Columns) -> Self {
        let mut digits = Vec::new();
        let mut places: BTreeMap<Ask, (Option<usize>, Option<usize>)> = BTreeMap::new();
        let mut stride = 1;
        let others = columns.others();
        let field = |ask: Ask| {
            let basic = basic(ask);
            if basic != u8::MAX {
                return u32::from(basic);
            }
            let other = others.iter().position(|other| *other == ask);
            other.map_or(0, |other| u32::try_from(8 + other).unwrap_or(0))
        };
        let column = |ask: Ask, stride: usize, cut: i64| Further {
            column: Column {
                stride: u32::try_from(stride).unwrap_or(0),
                cut,
            },
            field: field(ask),
        };
        let mut constants = Vec::new();
        for (ask, cuts) in &columns.constants {
            places.entry(*ask).or_default().0 = Some(digits.len());
            constants.extend(cuts.iter().map(|cut| column(*ask, stride, *cut)));
            let base = cuts.len() + 1;
            digits.push(Digit { stride, base });
            stride *= base;
        }
        let mut own = Vec::new();
        for (ask, room) in &columns.own {
            places.entry(*ask).or_default().1 = Some(digits.len());
            own.extend((0..*room).map(|_| column(*ask, stride, 0)));
            let base = room + 1;
            digits.push(Digit { stride, base });
            stride *= base;
        }
        Self {
            walked,
            needs,
            digits,
            places,
            columns,
            width: stride,
            cells: Vec::new(),
            verdicts: Vec::new(),
            constants,
            own,
        }
    }

    /// The rows of every shape and endpoint.
    fn all(mut self, plans: &[Option<Plan>], ends: usize) -> (Vec<u32>, Self) {
        let mut rows = Vec::with_capacity(plans.len() * ends);
        let mut known: Memo<Vec<u32>> = Memo::default();
        for (shape, plan) in self.walked.shapes.iter().zip(plans) {
            for position in 0..ends {
                let end = shape.ends.get(position);
                let counted = plan.as_ref().and_then(|plan| *plan.ends.get(position)?);
                let (Some(plan), Some(end), Some(counted)) = (plan, end, counted) else {
                    rows.push(NO_ROW);
                    continue;
                };
                let key = key(end, plan, counted);
                let row = known.get(&key).or_else(|| self.row(end, plan, counted));
                if let Some(row) = row {
                    known.insert(key, row);
                }
                rows.push(row.unwrap_or(NO_ROW));
            }
        }
        (rows, self)
    }

    fn row(&mut self, end: &End, plan: &Plan, counted: bool) -> Option<u32> {
        if self.cells.len() + self.width > limits::PANEL_CELLS_IN_ALL {
            return None;
        }
        let sides = self.sides(&own_slots(self.needs, plan.set));
        let sides = sides.as_slice();
        let start = u32::try_from(self.cells.len()).ok()?;
        for cell in 0..self.width {
            let ranks: Vec<usize> = self
                .digits
                .iter()
                .map(|digit| cell / digit.stride % digit.base)
                .collect();
            let walk = |root| self.walk(root, sides, &ranks);
            let (verdict, ending) = self.ending(end, counted, &walk)?;
            self.cells.push(ending);
            self.verdicts.push(verdict);
        }
        Some(start)
    }

    /// By comparison: what tells its outcome.
    fn sides(&self, slots: &OwnSlots) -> Vec<Option<Side>> {
        let count = u32::try_from(self.needs.asked.len()).unwrap_or(0);
        let side = |asked| {
            let asked = self.needs.asked.get(asked)?;
            if asked.slot == OWN
                && let Err(below) = self.walked.flat.parts(asked.ask, asked.cut)
            {
                return Some(Side::Always { below });
            }
            let (constants, own) = self.places.get(&asked.ask)?;
            if asked.slot == OWN {
                let cuts = self.columns.constants.get(&asked.ask)?;
                let highest = cuts.iter().position(|cut| *cut == asked.cut)?;
                let digit = (*constants)?;
                return Some(Side::Of { digit, highest });
            }
            let slots = slots.get(&asked.ask)?;
            let highest = slots.iter().position(|slot| *slot == asked.slot)?;
            let digit = (*own)?;
            Some(Side::Of { digit, highest })
        };
        (0..count).map(side).collect()
    }

    /// Walks as the request would of which only ranks are known.
    fn walk(&self, from: At, sides: &[Option<Side>], ranks: &[usize]) -> Option<u32> {
        let mut at = from;
        // Ends: a test leads to tests that were laid before it.
        while at & ANSWER == 0 {
            let test = self.walked.flat.tests().get(at as usize)?;
            let asked = *self.needs.own.get(at as usize)?;
            let below = match (*sides.get(asked as usize)?)? {
                Side::Always { below } => below,
                Side::Of { digit, highest } => *ranks.get(digit)? <= highest,
            };
            at = if below == test.below {
                test.expected
            } else {
                test.other
            };
        }
        Some(at & !ANSWER)
    }

    /// A verdict and what goes with it.
    fn ending(
        &self,
        end: &End,
        counted: bool,
        walk: &dyn Fn(At) -> Option<u32>,
    ) -> Option<(u32, Ending)> {
        let [verdict, _] = end.verdicts;
        let verdict = walk(verdict)?;
        let mut ending = UNTOLD;
        match self.walked.verdicts.get(verdict as usize)? {
            Verdict::Pass => return None,
            Verdict::Locked(_) => {}
            Verdict::Refused(rule) => {
                ending.what = What::Refused;
                ending.rule = rule.0;
            }
            Verdict::Fell { rule, route, .. } => {
                ending.what = What::Refused;
                ending.rule = rule.0;
                ending.route = route.unwrap_or(NO_ROUTE);
            }
            Verdict::Survive(set) => {
                ending.what = What::Uncounted;
                ending.route = self.first(end, set).unwrap_or(NO_ROUTE);
                if counted
                    && set.len() <= self.walked.most
                    && let Some(told) = self.told(end, set, walk)
                {
                    ending.what = What::Survives;
                    ending.warnings = told;
                }
            }
        }
        Some((verdict, ending))
    }

    /// The first of those that survive, where no request changes their order.
    fn first(&self, end: &End, set: &[u16]) -> Option<u16> {
        if let [only] = set {
            return Some(*only);
        }
        if end.order & ANSWER == 0 {
            return None;
        }
        let order = self.walked.orders.get((end.order & !ANSWER) as usize)?;
        let routes = order
            .iter()
            .filter_map(|candidate| end.routes.get(usize::from(*candidate)));
        routes
            .copied()
            .find(|route| set.binary_search(route).is_ok())
    }

    /// How many warnings there are, where none of them depends on what another attempt told.
    fn told(&self, end: &End, set: &[u16], walk: &dyn Fn(At) -> Option<u32>) -> Option<u8> {
        let mut count: u8 = 0;
        for route in set {
            let effects = end.effects.get(usize::from(*route))?;
            for effect in effects.iter().filter(|e| warns(e)) {
                if walk(effect.root)? != 1 || !told_by(effect, effects, walk)? {
                    continue;
                }
                let rule = effect.rule.0 as usize;
                match self.walked.rules.warnings.get(rule) {
                    Some(Some(warns)) if warns.alone() => count = count.checked_add(1)?,
                    Some(Some(_)) => return None,
                    Some(None) | None => {}
                }
            }
        }
        Some(count)
    }
}

/// Whether an effect that holds says so: of those that set a field, the first that holds.
fn told_by(effect: &Effect, all: &[Effect], walk: &dyn Fn(At) -> Option<u32>) -> Option<bool> {
    let Does::Set { field, noting } = effect.does else {
        return Some(true);
    };
    for earlier in all.iter().take_while(|e| e.rule < effect.rule) {
        let same = matches!(earlier.does, Does::Set { field: of, .. } if of == field);
        if same && walk(earlier.root)? == 1 {
            return Some(false);
        }
    }
    Some(noting)
}

/// Everything that a row depends on.
fn key(end: &End, plan: &Plan, counted: bool) -> Vec<u32> {
    let [verdict, _] = end.verdicts;
    let mut key = vec![verdict, end.order, u32::from(counted)];
    key.extend(end.routes.iter().map(|route| u32::from(*route)));
    for effects in &end.effects {
        key.push(u32::MAX);
        for effect in effects.iter().filter(|e| warns(e)) {
            key.extend([effect.rule.0, effect.root]);
        }
    }
    key.push(plan.set);
    key
}
