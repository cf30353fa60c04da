//! The regions of one slice: what the policy says there, and how regions are joined.

use std::collections::BTreeMap;

use super::{Member, Standing};
use crate::catalog::EndpointId;
use crate::diagram::build::Build;
use crate::diagram::field::Field;
use crate::diagram::fold::{Fold, Subject};
use crate::diagram::intern::Memo;
use crate::diagram::locks::Locks;
use crate::diagram::shape::{End, Profile, Questions, Slots};
use crate::diagram::store::{Diagram, Inconclusive, Store};
use crate::diagram::verdict::{Answers, Verdict};
use crate::diagram::vocabulary::{Formula, Reach, Vocabulary};
use crate::instant::Instant;
use crate::policy::{Policy, RuleId, RuleKind};

/// A set of one slice's requests. It means nothing to another slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region(pub(super) Diagram);

impl Region {
    /// No request.
    pub const NONE: Self = Self(Diagram::FALSE);
    /// Every request.
    pub const ALL: Self = Self(Diagram::TRUE);

    /// Says whether no request is in it.
    pub fn is_empty(self) -> bool {
        self == Self::NONE
    }
}

type Built = Result<Region, Inconclusive>;

/// One slice: the requests whose id is of one shape, through one endpoint.
pub struct Chart<'s> {
    pub(super) build: Build<'s>,
    pub(super) end: &'s End,
    subject: Subject<'s>,
    pub(super) members: &'s [Member<'s>],
    /// By whether it is the primary: the first refuse rule that holds, as verdicts.
    refused: [Option<Diagram>; 2],
    locks: Vec<Locks>,
    /// By candidate: its own verdict.
    pub(super) candidates: Vec<Diagram>,
    known: Known,
}

/// What more than one question asks for, once it was made.
#[derive(Default)]
struct Known {
    /// By whether it is the primary.
    passes: BTreeMap<bool, Region>,
    /// By whether it is the primary.
    routes: BTreeMap<bool, Region>,
    /// By candidate.
    legal: BTreeMap<usize, Region>,
    fallen: Option<Diagram>,
}

impl<'s> Chart<'s> {
    pub(super) fn new(
        vocabulary: &'s Vocabulary<'s>,
        questions: &'s Questions,
        fold: &'s Fold<'s>,
        (store, answers): (&'s mut Store, &'s mut Answers),
        (subject, profile, end): (Subject<'s>, &'s Profile, &'s End),
        members: &'s [Member<'s>],
    ) -> Result<Self, Inconclusive> {
        let slots = &members.first().ok_or(Inconclusive)?.slots;
        let of = (subject, profile, end);
        Self::over(
            vocabulary,
            questions,
            fold,
            (store, answers),
            of,
            slots,
            members,
        )
    }

    /// As `new`, over the ranks of these numbers.
    pub(super) fn over(
        vocabulary: &'s Vocabulary<'s>,
        questions: &'s Questions,
        fold: &'s Fold<'s>,
        (store, answers): (&'s mut Store, &'s mut Answers),
        (subject, profile, end): (Subject<'s>, &'s Profile, &'s End),
        slots: &'s Slots,
        members: &'s [Member<'s>],
    ) -> Result<Self, Inconclusive> {
        let build = Build {
            vocabulary,
            questions,
            fold,
            profile,
            slots,
            fields: Build::fields(questions, slots)?,
            store,
            answers,
            truths: BTreeMap::new(),
            groups: &[],
        };
        let mut chart = Self {
            build,
            end,
            subject,
            members,
            refused: [None; 2],
            locks: Vec::new(),
            candidates: Vec::new(),
            known: Known::default(),
        };
        chart.locks = chart.gather()?;
        for (candidate, route) in end.routes.iter().enumerate() {
            let verdict = chart
                .build
                .candidate(end, candidate, *route, &chart.locks)?;
            chart.candidates.push(verdict);
        }
        Ok(chart)
    }

    /// Locks that demand the same, each group with where one of them applies.
    fn gather(&mut self) -> Result<Vec<Locks>, Inconclusive> {
        let vocabulary = self.build.vocabulary;
        let mut groups: BTreeMap<&Vec<u32>, Vec<Diagram>> = BTreeMap::new();
        for ((id, rule), demands) in vocabulary.policy.rules().zip(&vocabulary.demands) {
            if let RuleKind::Lock { .. } = rule.kind {
                let applies = self.build.holds(id, self.end, None)?;
                groups.entry(demands).or_default().push(applies);
            }
        }
        let mut locks = Vec::with_capacity(groups.len());
        for (demands, applies) in groups {
            let mut met = Vec::with_capacity(self.end.routes.len());
            for candidate in 0..self.end.routes.len() {
                met.push(self.met(demands, candidate)?);
            }
            locks.push(Locks {
                reason: 0,
                open: Vec::new(),
                met,
                applies: self.build.any_of(applies)?,
            });
        }
        Ok(locks)
    }

    /// Where a candidate meets every demand.
    fn met(&mut self, demands: &[u32], candidate: usize) -> Result<Diagram, Inconclusive> {
        let mut met = Diagram::TRUE;
        for demand in demands {
            let one = self.build.atom(*demand, true, self.end, Some(candidate))?;
            met = self.build.store.and(met, one)?;
        }
        Ok(met)
    }

    /// The endpoint called.
    pub fn endpoint(&self) -> EndpointId {
        self.end.endpoint
    }

    /// The policy.
    pub fn policy(&self) -> &'s Policy {
        self.build.vocabulary.policy
    }

    /// What the ids stand for.
    pub fn standing(&self) -> Standing {
        match self.subject {
            Subject::Absent => Standing::Absent,
            Subject::Unknown => Standing::Unknown,
            Subject::Model(..) => Standing::Model,
        }
    }

    /// The ids.
    pub fn members(&self) -> &'s [Member<'s>] {
        self.members
    }

    /// The candidates, by their positions among a member's routes.
    pub fn candidates(&self) -> &'s [u16] {
        &self.end.routes
    }

    /// Both.
    ///
    /// # Errors
    /// Past the slice's budget; so for all that follow.
    pub fn and(&mut self, a: Region, b: Region) -> Built {
        self.build.store.and(a.0, b.0).map(Region)
    }

    /// Either.
    ///
    /// # Errors
    /// As `and`.
    pub fn or(&mut self, a: Region, b: Region) -> Built {
        self.build.store.or(a.0, b.0).map(Region)
    }

    /// The first without the second.
    ///
    /// # Errors
    /// As `and`.
    pub fn without(&mut self, a: Region, b: Region) -> Built {
        let without = self.build.store.choose(b.0, Diagram::FALSE, a.0);
        without.map(Region)
    }

    /// The requests of which a topic is true; of a candidate, where the topic reads its route.
    ///
    /// # Errors
    /// As `and`.
    pub fn topic(&mut self, topic: usize, candidate: Option<usize>) -> Built {
        let formula = self.build.vocabulary.topics.get(topic);
        let formula = formula.ok_or(Inconclusive)?;
        let holds = self.build.formula(formula, true, self.end, candidate);
        holds.map(Region)
    }

    /// The instants at which a member's id stands for what it does here.
    ///
    /// # Errors
    /// As `and`.
    pub fn during(&mut self, member: &Member<'_>) -> Built {
        match member.during {
            None => Ok(Region::ALL),
            Some(topic) => self.topic(topic, None),
        }
    }

    /// The requests of which a topic may be true of the body that they are a fallback to: whatever
    /// model that one names, and whatever else it holds. More than there really are, where a
    /// field that the body has must be in the fallback too.
    ///
    /// # Errors
    /// As `and`.
    pub fn behind(&mut self, topic: usize) -> Built {
        let formula = self.build.vocabulary.topics.get(topic);
        let formula = formula.ok_or(Inconclusive)?;
        let possible = self.possible(formula, true)?;
        let fields = &self.build.fields;
        let of_body = |field: u16| {
            let field = fields.get(usize::from(field));
            field.is_none_or(|field| field.of_body())
        };
        let store = &mut *self.build.store;
        let forgotten = store.forget(&mut Memo::default(), possible, &of_body);
        forgotten.map(Region)
    }

    /// Where a formula may come to a truth for some model.
    fn possible(&mut self, formula: &Formula, truth: bool) -> Result<Diagram, Inconclusive> {
        match formula {
            Formula::Not(inner) => self.possible(inner, !truth),
            Formula::And(parts) | Formula::Or(parts) => {
                let all = matches!(formula, Formula::And(_)) == truth;
                let mut sum = if all { Diagram::TRUE } else { Diagram::FALSE };
                for part in parts {
                    let part = self.possible(part, truth)?;
                    let store = &mut *self.build.store;
                    sum = if all {
                        store.and(sum, part)?
                    } else {
                        store.or(sum, part)?
                    };
                }
                Ok(sum)
            }
            Formula::Atom(position) => {
                let place = self.build.questions.place.get(*position as usize);
                let (reach, _) = *place.ok_or(Inconclusive)?;
                if reach > Reach::Endpoint {
                    return Ok(Diagram::TRUE);
                }
                self.build.formula(formula, truth, self.end, None)
            }
            Formula::Constant(_) => self.build.formula(formula, truth, self.end, None),
        }
    }

    /// The instants at which anything in this slice may change for a member, in order.
    pub fn instants(&self, member: &Member<'_>) -> Vec<Instant> {
        let constants = self.build.questions.cuts.get(&Field::At);
        let own = member.slots.cuts.iter().filter(|(of, _)| *of == Field::At);
        let own = own.map(|(_, cut)| cut);
        let mut cuts: Vec<i64> = constants
            .into_iter()
            .flatten()
            .chain(own)
            .copied()
            .collect();
        cuts.sort_unstable();
        cuts.into_iter().map(Instant::from_unix_seconds).collect()
    }

    /// A region's requests at one instant, whatever their own is. Between two of a member's
    /// `instants` all instants are alike.
    ///
    /// # Errors
    /// As `and`.
    pub fn at(&mut self, region: Region, member: &Member<'_>, at: Instant) -> Built {
        let Ok(field) = self.build.fields.binary_search(&Field::At) else {
            return Ok(region);
        };
        let field = u16::try_from(field).map_err(|_| Inconclusive)?;
        let at = at.unix_seconds();
        let rank = member.slots.rank(self.build.questions, Field::At, at);
        let memo = &mut Memo::default();
        let restricted = self.build.store.restrict(memo, region.0, field, rank);
        restricted.map(Region)
    }

    /// The requests for which a rule is in force and its condition is true.
    ///
    /// # Errors
    /// As `and`.
    pub fn holds(&mut self, rule: RuleId, candidate: Option<usize>) -> Built {
        self.build.holds(rule, self.end, candidate).map(Region)
    }

    /// The requests for which a candidate meets all that a lock demands, whether or not the lock
    /// applies to them.
    ///
    /// # Errors
    /// As `and`.
    pub fn meets(&mut self, lock: RuleId, candidate: usize) -> Built {
        let demands = self.build.vocabulary.demands.get(lock.0 as usize);
        self.met(demands.ok_or(Inconclusive)?, candidate)
            .map(Region)
    }

    /// The first refuse rule that holds, as verdicts.
    pub(super) fn refused(&mut self, primary: bool) -> Result<Diagram, Inconclusive> {
        let [of_primary, of_fallback] = self.refused;
        if let Some(known) = if primary { of_primary } else { of_fallback } {
            return Ok(known);
        }
        let made = self.build.refused(self.end, self.subject, primary)?;
        if let Some(place) = self.refused.get_mut(usize::from(!primary)) {
            *place = Some(made);
        }
        Ok(made)
    }

    /// Where a diagram of verdicts says what is wanted.
    fn verdicts(
        &mut self,
        diagram: Diagram,
        wanted: &dyn Fn(&Verdict) -> bool,
    ) -> Result<Diagram, Inconclusive> {
        let answers = &self.build.answers.verdicts;
        self.build.store.map(diagram, &|value| {
            if answers.get(value).is_some_and(wanted) {
                Diagram::TRUE
            } else {
                Diagram::FALSE
            }
        })
    }

    /// The requests that no refuse rule refuses, as a primary or as a fallback.
    ///
    /// # Errors
    /// As `and`.
    pub fn passes(&mut self, primary: bool) -> Built {
        if let Some(known) = self.known.passes.get(&primary) {
            return Ok(*known);
        }
        let refused = self.refused(primary)?;
        let passes = |verdict: &Verdict| *verdict == Verdict::Pass;
        let made = self.verdicts(refused, &passes).map(Region)?;
        self.known.passes.insert(primary, made);
        Ok(made)
    }

    /// The requests for which a candidate survives every refuse rule, exclude and lock.
    ///
    /// # Errors
    /// As `and`.
    pub fn survives(&mut self, candidate: usize, primary: bool) -> Built {
        let passes = self.passes(primary)?;
        let legal = self.legal(candidate)?;
        self.and(passes, legal)
    }

    /// The requests for which a candidate survives every exclude and lock.
    fn legal(&mut self, candidate: usize) -> Built {
        if let Some(known) = self.known.legal.get(&candidate) {
            return Ok(*known);
        }
        let verdict = *self.candidates.get(candidate).ok_or(Inconclusive)?;
        let survives = |verdict: &Verdict| matches!(verdict, Verdict::Survive(_));
        let made = self.verdicts(verdict, &survives).map(Region)?;
        self.known.legal.insert(candidate, made);
        Ok(made)
    }

    /// The requests that route, whatever is known about now: some candidate survives.
    ///
    /// # Errors
    /// As `and`.
    pub fn routes(&mut self, primary: bool) -> Built {
        if let Some(known) = self.known.routes.get(&primary) {
            return Ok(*known);
        }
        let mut any = Region::NONE;
        for candidate in 0..self.candidates.len() {
            let legal = self.legal(candidate)?;
            any = self.or(any, legal)?;
        }
        let passes = self.passes(primary)?;
        let made = self.and(passes, any)?;
        self.known.routes.insert(primary, made);
        Ok(made)
    }

    /// The requests that one of the wanted rules refuses: it is the reason that is shown.
    ///
    /// # Errors
    /// As `and`.
    pub fn refused_by(&mut self, primary: bool, wanted: &dyn Fn(RuleId) -> bool) -> Built {
        let refused = self.refused(primary)?;
        let named = |verdict: &Verdict| matches!(verdict, Verdict::Refused(id) if wanted(*id));
        let by_refuse = self.verdicts(refused, &named)?;
        let fallen = self.fallen()?;
        let named =
            |verdict: &Verdict| matches!(verdict, Verdict::Fell { rule, .. } if wanted(*rule));
        let mut by_candidate = self.verdicts(fallen, &named)?;
        for candidate in 0..self.candidates.len() {
            let by_lock = self.locked_by(fallen, candidate, wanted)?;
            by_candidate = self.build.store.or(by_candidate, by_lock)?;
        }
        let passes = self.passes(primary)?;
        let by_candidate = self.build.store.and(passes.0, by_candidate)?;
        self.build.store.or(by_refuse, by_candidate).map(Region)
    }

    /// The verdict on all candidates; who survives is left out.
    fn fallen(&mut self) -> Result<Diagram, Inconclusive> {
        if let Some(known) = self.known.fallen {
            return Ok(known);
        }
        let nobody = self.build.terminal(Verdict::Survive(Box::default()));
        let mut own = Vec::with_capacity(self.candidates.len());
        for candidate in 0..self.candidates.len() {
            let verdict = *self.candidates.get(candidate).ok_or(Inconclusive)?;
            let survives = self.legal(candidate)?;
            own.push(self.build.store.choose(survives.0, nobody, verdict)?);
        }
        let made = self.build.furthest_of(own)?;
        self.known.fallen = Some(made);
        Ok(made)
    }

    /// Where a candidate got furthest and the first lock that it breaks is a wanted one.
    fn locked_by(
        &mut self,
        fallen: Diagram,
        candidate: usize,
        wanted: &dyn Fn(RuleId) -> bool,
    ) -> Result<Diagram, Inconclusive> {
        let route = *self.end.routes.get(candidate).ok_or(Inconclusive)?;
        let its = |verdict: &Verdict| *verdict == Verdict::Locked(route);
        let locked = self.verdicts(fallen, &its)?;
        if locked == Diagram::FALSE {
            return Ok(locked);
        }
        let reason = self.reason(candidate)?;
        let named = |verdict: &Verdict| matches!(verdict, Verdict::Refused(id) if wanted(*id));
        let named = self.verdicts(reason, &named)?;
        self.build.store.and(locked, named)
    }

    /// The first lock that a candidate breaks, as verdicts.
    pub(super) fn reason(&mut self, candidate: usize) -> Result<Diagram, Inconclusive> {
        let vocabulary = self.build.vocabulary;
        let mut reasons = Vec::new();
        for ((id, rule), demands) in vocabulary.policy.rules().zip(&vocabulary.demands) {
            if let RuleKind::Lock { .. } = rule.kind {
                let met = self.met(demands, candidate)?;
                let applies = self.build.holds(id, self.end, None)?;
                let breaks = self.build.store.choose(met, Diagram::FALSE, applies)?;
                reasons.push(self.build.labelled(breaks, Verdict::Refused(id))?);
            }
        }
        self.build.first_of(reasons)
    }
}
