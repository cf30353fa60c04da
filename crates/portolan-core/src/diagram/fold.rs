//! A question folded for one model and route: every fact of the catalog in its place, what is
//! left is steps over the fields of a request.
//!
//! Written from the language, not from the interpreter: the two share the catalog and nothing
//! else, so that each can find the other wrong.

mod known;
mod sets;

use std::cell::{Cell, RefCell};

use super::field::{ABSENT, Field, Flag, Number, TextField, word};
use super::intern::{Interner, Memo};
use super::sketch::{NO, Sketch, UNKNOWN, YES};
use super::store::Inconclusive;
use super::vocabulary::{Asked, Atom, Vocabulary, attribute, exactly, prefix, rank};
use crate::catalog::{EndpointId, ModelId, OfferingId, ProviderId, RegionId, Route, earlier};
use crate::instant::{Instant, Window};
use crate::limits;
use crate::policy::{BodyField, Condition, LockFact, Term, Type, Value};
use crate::syntax::ast::Comparison;

type Folded = Result<Sketch, Inconclusive>;

/// What a model id of a request stands for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Subject<'a> {
    /// There is none.
    Absent,
    /// It stands for nothing.
    Unknown,
    /// A model, by this id of its own or an alias.
    Model(ModelId, &'a str),
}

/// What a question is folded for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) subject: Subject<'a>,
    pub(super) endpoint: EndpointId,
    pub(super) route: Option<Route>,
}

/// The small dimensions that are enumerated, and when anything that was read changes.
struct Moment<'a> {
    at: Instant,
    input: u64,
    tier: Option<&'a str>,
    rows: Vec<(u16, Option<u32>)>,
    next: Cell<Option<Instant>>,
}

/// Folds questions.
pub(super) struct Fold<'a> {
    pub(super) vocabulary: &'a Vocabulary<'a>,
    /// Folds that are the same for many routes, each with the cuts that it brings.
    pub(super) known: RefCell<Vec<(Sketch, Vec<(Field, i64)>)>>,
    /// Demands by question, placing and endpoint: a sketch that is known, or a leaf.
    met: RefCell<Memo<(u32, u32, EndpointId)>>,
    placings: RefCell<Interner<Placing>>,
    /// The placing that was asked for last.
    last: Cell<(Option<OfferingId>, u32)>,
    masks: RefCell<sets::Masks>,
    spent: Cell<usize>,
}

/// Marks a leaf among the demands that are known.
const LEAF: u32 = 1 << 31;

/// An offering's own facts, by where they stand; its region; its providers.
type Placing = (usize, RegionId, Vec<ProviderId>);

impl<'a> Fold<'a> {
    pub(super) fn new(vocabulary: &'a Vocabulary<'a>) -> Self {
        Self {
            vocabulary,
            known: RefCell::default(),
            met: RefCell::default(),
            placings: RefCell::default(),
            last: Cell::new((None, 0)),
            masks: RefCell::default(),
            spent: Cell::new(0),
        }
    }

    /// Folds the question at this position.
    pub(super) fn question(
        &self,
        position: u32,
        asked: &Asked<'a>,
        context: Context<'a>,
    ) -> Folded {
        match asked.atom {
            Atom::Sold => {
                let offering = context
                    .route
                    .and_then(|r| self.vocabulary.catalog.offering(r.offering));
                Ok(window(offering.map(|o| o.window).unwrap_or_default()))
            }
            Atom::InForce(period) => Ok(window(period)),
            Atom::Met(fact, bound) => self.remembered(position, asked, fact, bound, context),
            Atom::When(condition) => self.over(asked, context, &|moment| {
                self.truth(condition, context, moment)
            }),
        }
    }

    /// The order of routes by the policy's keys, as an answer that `order` numbers.
    pub(super) fn order(
        &self,
        context: Context<'a>,
        routes: &[Route],
        order: &dyn Fn(Vec<u16>) -> u32,
    ) -> Folded {
        let asked = &self.vocabulary.order;
        let facts = |moment: &Moment<'_>| {
            let mut keyed: Vec<(u16, Vec<Option<Value>>)> = Vec::new();
            for (position, route) in (0u16..).zip(routes) {
                let context = Context {
                    route: Some(*route),
                    ..context
                };
                let keys = &self.vocabulary.policy.prefer;
                let values = keys.iter().map(|k| self.value(&k.term, context, moment));
                keyed.push((position, values.collect()));
            }
            keyed.sort_by(|(_, a), (_, b)| self.compare_keys(a, b));
            Ok(Sketch::Leaf(order(
                keyed.into_iter().map(|(position, _)| position).collect(),
            )))
        };
        let tiers = routes.iter().flat_map(|route| self.tiers(*route));
        self.over_rows(&asked.rows, &asked.rows, &mut self.start(), &mut |moment| {
            if asked.priced {
                self.over_tiers(&tiers.clone().collect::<Vec<_>>(), moment, &facts)
            } else {
                self.over_time(moment, &facts)
            }
        })
    }

    fn compare_keys(&self, a: &[Option<Value>], b: &[Option<Value>]) -> std::cmp::Ordering {
        use std::cmp::Ordering;
        let keys = &self.vocabulary.policy.prefer;
        let each = a.iter().zip(b).zip(keys).map(|((a, b), key)| match (a, b) {
            (Some(a), Some(b)) if key.lowest => a.cmp(b),
            (Some(a), Some(b)) => b.cmp(a),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        });
        each.fold(Ordering::Equal, Ordering::then)
    }

    fn start(&self) -> Moment<'a> {
        Moment {
            at: Instant::MIN,
            input: 0,
            tier: None,
            rows: Vec::new(),
            next: Cell::new(None),
        }
    }

    /// Over every class of rows, price tier and stretch of time that the question reads.
    fn over(
        &self,
        asked: &Asked<'a>,
        context: Context<'a>,
        leaf: &dyn Fn(&Moment<'_>) -> Folded,
    ) -> Folded {
        let mut moment = self.start();
        if asked.rows.is_empty() && !asked.priced {
            return self.over_time(&mut moment, leaf);
        }
        self.over_rows(
            &asked.rows,
            &asked.rows,
            &mut moment,
            &mut |moment| match context.route {
                Some(route) if asked.priced => self.over_tiers(&self.tiers(route), moment, leaf),
                _ => self.over_time(moment, leaf),
            },
        )
    }

    fn over_rows(
        &self,
        all: &[u16],
        rows: &[u16],
        moment: &mut Moment<'a>,
        leaf: &mut dyn FnMut(&mut Moment<'a>) -> Folded,
    ) -> Folded {
        let Some((attribute, rest)) = rows.split_first() else {
            return leaf(moment);
        };
        let classes = self.vocabulary.classes.get(attribute);
        let classes = classes.map_or(&[][..], |c| &c.rows);
        let codes = std::iter::once((ABSENT, None));
        let present = (0i64..).zip(classes.iter().copied().map(Some));
        let mut parts = Vec::with_capacity(classes.len() + 1);
        for (code, row) in codes.chain(present) {
            moment.rows.push((*attribute, row));
            let part = self.over_rows(all, rest, moment, leaf);
            moment.rows.pop();
            parts.push((code, part?));
        }
        Ok(Sketch::steps(Field::Attribute(*attribute), parts))
    }

    /// Over service tiers and thresholds of input tokens.
    fn over_tiers(
        &self,
        tiers: &[(Option<&'a str>, u64)],
        moment: &mut Moment<'a>,
        leaf: &dyn Fn(&Moment<'_>) -> Folded,
    ) -> Folded {
        let mut thresholds: Vec<u64> = tiers.iter().map(|(_, above)| *above).collect();
        thresholds.sort_unstable();
        thresholds.dedup();
        let tier = Field::Text(TextField::ServiceTier);
        let bounds = self.vocabulary.texts.get(&tier);
        let bounds = bounds.map_or(&[][..], Vec::as_slice);
        let mut names: Vec<&str> = tiers.iter().filter_map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        let by_tokens = |moment: &mut Moment<'a>, name| {
            moment.tier = name;
            let mut parts = Vec::new();
            let first = std::iter::once((i64::MIN, 0));
            let above = thresholds.iter().filter(|above| **above > 0);
            let above =
                above.filter_map(|a| Some((i64::try_from(*a).ok()?.checked_add(1)?, a + 1)));
            for (from, input) in first.chain(above) {
                moment.input = input;
                parts.push((from, self.over_time(moment, leaf)?));
            }
            let tokens = Field::Number(Number::InputTokens);
            Ok::<_, Inconclusive>(Sketch::steps(tokens, parts))
        };
        let standard = by_tokens(moment, None)?;
        let mut parts = vec![(i64::MIN, standard.clone())];
        for name in names {
            let code = rank(bounds, name);
            parts.push((code, by_tokens(moment, Some(name))?));
            parts.push((code + 1, standard.clone()));
        }
        Ok(Sketch::steps(tier, parts))
    }

    /// The service tiers and thresholds that a route has prices for.
    fn tiers(&self, route: Route) -> Vec<(Option<&'a str>, u64)> {
        let catalog = self.vocabulary.catalog;
        let Some(offering) = catalog.offering(route.offering) else {
            return Vec::new();
        };
        let model = catalog.model(offering.model).map_or(&[][..], |m| &m.price);
        let own = offering.price.iter().chain(model);
        own.map(|row| (row.service_tier.as_deref(), row.above_input_tokens))
            .collect()
    }

    fn over_time(&self, moment: &mut Moment<'a>, leaf: &dyn Fn(&Moment<'_>) -> Folded) -> Folded {
        self.spend()?;
        moment.at = Instant::MIN;
        moment.next.set(None);
        let first = leaf(moment)?;
        let mut changes = moment.next.get();
        if changes.is_none() {
            return Ok(first);
        }
        let mut parts = vec![(i64::MIN, first)];
        while let Some(next) = changes.filter(|next| *next > moment.at) {
            self.spend()?;
            if parts.len() >= limits::DIAGRAM_PIECES {
                return Err(Inconclusive);
            }
            moment.at = next;
            moment.next.set(None);
            parts.push((next.unix_seconds(), leaf(moment)?));
            changes = moment.next.get();
        }
        Ok(Sketch::steps(Field::At, parts))
    }

    fn spend(&self) -> Result<(), Inconclusive> {
        self.spent.set(self.spent.get() + 1);
        if self.spent.get() > limits::DIAGRAM_FOLDS {
            return Err(Inconclusive);
        }
        Ok(())
    }

    /// A lock's demand: once for all offerings that are placed alike, rather than once a route.
    fn remembered(
        &self,
        position: u32,
        asked: &Asked<'a>,
        fact: LockFact,
        bound: &'a Term,
        context: Context<'a>,
    ) -> Folded {
        let route = context.route.ok_or(Inconclusive)?;
        let key = (position, self.placing(route)?, route.endpoint);
        let known = self.met.borrow().get(&key);
        if let Some(known) = known {
            return Ok(if known & LEAF == 0 {
                Sketch::Known(known)
            } else {
                Sketch::Leaf(known & !LEAF)
            });
        }
        let sketch = self.over(asked, context, &|moment| {
            Ok(self.met(fact, bound, context, moment))
        })?;
        let found = if let Sketch::Leaf(value) = sketch {
            value | LEAF
        } else {
            self.know(sketch.clone())
        };
        self.met.borrow_mut().insert(key, found);
        Ok(if found & LEAF == 0 {
            Sketch::Known(found)
        } else {
            sketch
        })
    }

    /// Keeps a sketch that many profiles have.
    pub(super) fn know(&self, sketch: Sketch) -> u32 {
        let mut cuts = Vec::new();
        super::shape::cuts(&sketch, &mut |field, cut| cuts.push((field, cut)));
        cuts.sort_unstable();
        cuts.dedup();
        let mut known = self.known.borrow_mut();
        known.push((sketch, cuts));
        u32::try_from(known.len() - 1).unwrap_or(u32::MAX)
    }

    /// What decides where an offering is and how long it is kept: equal for offerings that say
    /// nothing of their own in one region by the same providers.
    fn placing(&self, route: Route) -> Result<u32, Inconclusive> {
        let (last, placing) = self.last.get();
        if last == Some(route.offering) {
            return Ok(placing);
        }
        let offering = self.vocabulary.catalog.offering(route.offering);
        let offering = offering.ok_or(Inconclusive)?;
        let own = std::sync::Arc::as_ptr(&offering.own).addr();
        let providers = offering.providers.to_vec();
        let key = (own, offering.region, providers);
        let placing = self.placings.borrow_mut().intern(key);
        self.last.set((Some(route.offering), placing));
        Ok(placing)
    }

    /// A leaf of a condition.
    fn truth(&self, condition: &Condition, context: Context<'a>, moment: &Moment<'_>) -> Folded {
        match condition {
            Condition::IsSet(term) => Ok(self.is_set(term, context, moment)),
            Condition::Holds(term) => Ok(match self.varying(term, context) {
                Some(field) => self.ranges(field, [(1, Some(2))]),
                None => match self.value(term, context, moment) {
                    None => Sketch::Leaf(UNKNOWN),
                    Some(value) => Sketch::truth(Some(value == Value::Bool(true))),
                },
            }),
            Condition::Matches(term, glob) => {
                let Some(field) = self.varying(term, context) else {
                    let text = match (term, context.subject) {
                        (Term::Body(BodyField::Model), Subject::Model(_, text)) => {
                            Some(text.to_owned())
                        }
                        _ => self.text(term, context, moment)?,
                    };
                    return Ok(Sketch::truth(text.map(|text| glob.matches(&text))));
                };
                if !glob.0.ends_with('*') || glob.0.matches('*').count() != 1 {
                    return Err(Inconclusive);
                }
                let bounds = self.bounds(field);
                let codes: Vec<i64> = prefix(glob)
                    .iter()
                    .filter_map(|bound| bounds.iter().position(|b| b == bound))
                    .filter_map(|position| i64::try_from(position + 1).ok())
                    .collect();
                Ok(match codes.as_slice() {
                    [from] => self.ranges(field, [(*from, None)]),
                    [from, until] => self.ranges(field, [(*from, Some(*until))]),
                    _ => return Err(Inconclusive),
                })
            }
            Condition::Compare(a, comparison, b) => {
                self.compare(a, *comparison, b, context, moment)
            }
            Condition::Constant(_) | Condition::And(_) | Condition::Or(_) | Condition::Not(_) => {
                Err(Inconclusive)
            }
        }
    }

    /// The field that a term is here: none where the catalog says what it is.
    fn varying(&self, term: &Term, context: Context<'_>) -> Option<Field> {
        match (term, context.subject) {
            (Term::Body(BodyField::Model), Subject::Unknown) => Some(Field::Text(TextField::Model)),
            _ => self.vocabulary.field(term),
        }
    }

    fn is_set(&self, term: &Term, context: Context<'a>, moment: &Moment<'_>) -> Sketch {
        if let (Term::Body(BodyField::Model), Subject::Unknown) = (term, context.subject) {
            return Sketch::Leaf(YES);
        }
        match self.vocabulary.field(term) {
            Some(field) if self.absentable(field) => Sketch::steps(
                field,
                vec![(ABSENT, Sketch::Leaf(NO)), (ABSENT + 1, Sketch::Leaf(YES))],
            ),
            Some(_) => Sketch::Leaf(YES),
            None if Self::is_request_set(term) => Sketch::Leaf(YES),
            None => Sketch::truth(Some(self.value(term, context, moment).is_some())),
        }
    }

    /// Says whether a request may leave the field out.
    fn absentable(&self, field: Field) -> bool {
        let defaults = self.vocabulary.defaults;
        match field {
            Field::Flag(flag) => matches!(
                flag,
                Flag::Messages | Flag::Prompt | Flag::ZeroDataRetention | Flag::Retry
            ),
            Field::Attribute(index) => {
                let attribute = self.vocabulary.policy.attributes.get(usize::from(index));
                attribute.is_none_or(|a| a.optional)
            }
            Field::Text(TextField::Model) | Field::At | Field::Meets(..) | Field::Applies(_) => {
                false
            }
            Field::Text(_) | Field::State(..) => true,
            Field::Number(number) => match number {
                Number::Temperature | Number::TopP => true,
                Number::Depth => defaults.depth.is_none(),
                Number::MaxTokens => defaults.max_tokens.is_none(),
                Number::Count | Number::InputTokens | Number::TotalTokens => false,
            },
        }
    }

    fn ranges(&self, field: Field, ranges: impl IntoIterator<Item = (i64, Option<i64>)>) -> Sketch {
        Sketch::ranges(field, self.absentable(field), ranges)
    }

    fn bounds(&self, field: Field) -> &[Box<[u8]>] {
        self.vocabulary.texts.get(&field).map_or(&[], Vec::as_slice)
    }

    fn compare(
        &self,
        a: &Term,
        comparison: Comparison,
        b: &Term,
        context: Context<'a>,
        moment: &Moment<'_>,
    ) -> Folded {
        if Self::is_request_set(a) || Self::is_request_set(b) {
            return self.compare_sets(a, comparison, b, context, moment);
        }
        match (
            self.varying_value(a, context),
            self.varying_value(b, context),
        ) {
            (None, None) => Ok(Sketch::truth(
                self.known_comparison(a, comparison, b, context, moment),
            )),
            (Some(field), None) => match self.value(b, context, moment) {
                None => Ok(Sketch::Leaf(UNKNOWN)),
                Some(value) => self.against(a, field, comparison, &value),
            },
            (None, Some(field)) => match self.value(a, context, moment) {
                None => Ok(Sketch::Leaf(UNKNOWN)),
                Some(value) => self.against(b, field, flipped(comparison)?, &value),
            },
            (Some(_), Some(_)) => Err(Inconclusive),
        }
    }

    /// As `varying`, but an unknown model id equals no model, whatever its text.
    fn varying_value(&self, term: &Term, context: Context<'_>) -> Option<Field> {
        self.varying(term, context)
            .filter(|field| *field != Field::Text(TextField::Model))
    }

    /// A field compared with a value.
    fn against(&self, term: &Term, field: Field, comparison: Comparison, value: &Value) -> Folded {
        if let Comparison::In = comparison {
            let Value::Set(set) = value else {
                return Err(Inconclusive);
            };
            let mut ranges = Vec::new();
            for value in set {
                ranges.extend(self.equal(term, field, value)?);
            }
            return Ok(self.ranges(field, ranges));
        }
        let lowest = i64::MIN + i64::from(self.absentable(field));
        let from = |term: &Term| self.least(term, field, value);
        let after = |term: &Term| self.after(term, field, value);
        let below = |until: Option<i64>| match until {
            Some(until) if until <= lowest => vec![],
            until => vec![(lowest, until)],
        };
        let above = |from: Option<i64>| from.map(|from| (from, None)).into_iter().collect();
        let ranges: Vec<(i64, Option<i64>)> = match comparison {
            Comparison::Equal => self.equal(term, field, value)?,
            Comparison::NotEqual => match self.equal(term, field, value)?.as_slice() {
                [] => below(None),
                [(from, until)] => {
                    let mut around = below(Some(*from));
                    around.extend(until.map(|until| (until, None)));
                    around
                }
                _ => return Err(Inconclusive),
            },
            Comparison::Less => below(from(term)?),
            Comparison::AtMost => below(after(term)?),
            Comparison::AtLeast => above(from(term)?),
            Comparison::Greater => above(after(term)?),
            Comparison::In | Comparison::Within | Comparison::Overlaps | Comparison::SubsetOf => {
                return Err(Inconclusive);
            }
        };
        Ok(self.ranges(field, ranges))
    }

    /// The codes of a field at which it equals a value.
    fn equal(
        &self,
        term: &Term,
        field: Field,
        value: &Value,
    ) -> Result<Vec<(i64, Option<i64>)>, Inconclusive> {
        if let Field::At | Field::Number(_) | Field::State(..) = field
            && !matches!(value, Value::Bool(_))
        {
            let Some(from) = self.least(term, field, value)? else {
                return Ok(Vec::new());
            };
            return Ok(vec![(from, self.after(term, field, value)?)]);
        }
        let code = match (field, value) {
            (Field::Flag(flag), Value::Text(text)) => word(flag, text),
            (Field::Flag(_) | Field::State(..), Value::Bool(value)) => Some(i64::from(*value)),
            (Field::Text(_), Value::Text(text)) => Some(self.exact(field, text)?),
            (Field::Attribute(index), value) => self.attribute_code(index, field, value)?,
            _ => None,
        };
        Ok(code
            .map(|code| (code, code.checked_add(1)))
            .into_iter()
            .collect())
    }

    fn attribute_code(
        &self,
        index: u16,
        field: Field,
        value: &Value,
    ) -> Result<Option<i64>, Inconclusive> {
        let of = self.vocabulary.policy.attributes.get(usize::from(index));
        Ok(match (value, of.map(|a| &a.of)) {
            (Value::Bool(value), _) => Some(i64::from(*value)),
            (Value::Integer(value), _) => Some(*value),
            (Value::Row(table, row), Some(Type::Key(of))) if table == of => {
                let classes = self.vocabulary.classes.get(&index);
                classes.and_then(|c| c.of.get(*row as usize)).copied()
            }
            (Value::Text(text), Some(Type::Choice(words))) => words.position(text).map(i64::from),
            (Value::Text(text), Some(Type::Text)) => Some(self.exact(field, text)?),
            _ => None,
        })
    }

    /// The rank of a text that is among the bounds.
    fn exact(&self, field: Field, text: &str) -> Result<i64, Inconclusive> {
        let bounds = self.bounds(field);
        let [bound, _] = exactly(text);
        let position = bounds.binary_search(&bound).map_err(|_| Inconclusive)?;
        i64::try_from(position + 1).map_err(|_| Inconclusive)
    }

    /// The least code at which a field is at least a value; `None` where it never is.
    fn least(&self, term: &Term, field: Field, value: &Value) -> Result<Option<i64>, Inconclusive> {
        match value {
            Value::Instant(date) => Ok(reaches(term, date.unix_seconds())),
            value => {
                let number = number(value).ok_or(Inconclusive)?;
                if self.absentable(field) && number <= i64::MIN + 1 {
                    return Err(Inconclusive);
                }
                Ok(Some(number))
            }
        }
    }

    /// The least code at which a field is more than a value.
    fn after(&self, term: &Term, field: Field, value: &Value) -> Result<Option<i64>, Inconclusive> {
        match value {
            Value::Instant(date) => Ok(reaches(term, date.unix_seconds().saturating_add(1))),
            value => {
                self.least(term, field, value)?;
                Ok(number(value).and_then(|number| number.checked_add(1)))
            }
        }
    }
}

/// The first instant, in seconds, at which the request's instant, moved as the term says, is at
/// least this one; the lowest code where it always is.
fn reaches(term: &Term, date: i64) -> Option<i64> {
    let moved = |at: i64| shifted(term, Instant::from_unix_seconds(at)).unix_seconds();
    let (mut low, mut high) = (Instant::MIN.unix_seconds(), Instant::MAX.unix_seconds());
    if moved(high) < date {
        return None;
    }
    if moved(low) >= date {
        return Some(i64::MIN);
    }
    // INVARIANT: moved(low) < date <= moved(high); the distance halves.
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if moved(middle) >= date {
            high = middle;
        } else {
            low = middle;
        }
    }
    Some(high)
}

fn shifted(term: &Term, at: Instant) -> Instant {
    if let Term::Offset(inner, seconds) = term {
        shifted(inner, at).plus_seconds(*seconds)
    } else {
        at
    }
}

fn number(value: &Value) -> Option<i64> {
    if let Value::Integer(number) = value {
        Some(*number)
    } else if let Value::Decimal(number) = value {
        Some(number.billionths())
    } else {
        None
    }
}

fn flipped(comparison: Comparison) -> Result<Comparison, Inconclusive> {
    Ok(match comparison {
        Comparison::Less => Comparison::Greater,
        Comparison::AtMost => Comparison::AtLeast,
        Comparison::Greater => Comparison::Less,
        Comparison::AtLeast => Comparison::AtMost,
        Comparison::Equal => Comparison::Equal,
        Comparison::NotEqual => Comparison::NotEqual,
        Comparison::In | Comparison::Within | Comparison::Overlaps | Comparison::SubsetOf => {
            return Err(Inconclusive);
        }
    })
}

/// Yes within a window.
fn window(window: Window) -> Sketch {
    let from = window.from.map_or(i64::MIN, Instant::unix_seconds);
    let until = window.until.map(Instant::unix_seconds);
    if until.is_some_and(|until| until <= from) {
        return Sketch::Leaf(NO);
    }
    Sketch::ranges(Field::At, false, [(from, until)])
}

impl Moment<'_> {
    fn changes(&self, at: Option<Instant>) {
        self.next.set(earlier(self.next.get(), at));
    }

    fn row(&self, key: &Term) -> Option<u32> {
        let attribute = attribute(key)?;
        let found = self.rows.iter().find(|(index, _)| *index == attribute);
        found.and_then(|(_, row)| *row)
    }
}
