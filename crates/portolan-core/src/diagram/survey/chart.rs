//! One slice: what is in it, its topics, and how regions are joined. What the policy says there is
//! `ruled.rs`'s.

use super::ruled::Ruled;
use super::{Member, Standing};
use crate::catalog::EndpointId;
use crate::diagram::build::{Build, Common, Marked};
use crate::diagram::field::Field;
use crate::diagram::fold::{Fold, Subject};
use crate::diagram::intern::Memo;
use crate::diagram::profile::{End, Profile};
use crate::diagram::shape::{Questions, Slots};
use crate::diagram::store::{Diagram, Inconclusive, Store};
use crate::diagram::verdict::Answers;
use crate::diagram::vocabulary::{Formula, Reach, Vocabulary};
use crate::instant::Instant;
use crate::policy::{Policy, RuleId};

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

/// What everything that is asked of a candidate comes to. It means nothing to another survey.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Likeness(Marked);

/// A set of likenesses, of one survey.
#[derive(Debug, Clone, Default)]
pub struct Likenesses(Vec<u64>);

impl Likenesses {
    /// Says whether one is in it.
    pub fn contains(&self, Likeness(number): Likeness) -> bool {
        let word = self.0.get(number as usize / 64);
        word.is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    /// Adds one, and says whether it was new.
    pub fn insert(&mut self, Likeness(number): Likeness) -> bool {
        let at = number as usize / 64;
        if at >= self.0.len() {
            self.0.resize(at + 1, 0);
        }
        let bit = 1 << (number % 64);
        let new = |word: &mut u64| {
            let new = *word & bit == 0;
            *word |= bit;
            new
        };
        self.0.get_mut(at).is_some_and(new)
    }
}

pub(super) type Built = Result<Region, Inconclusive>;

/// What diagrams are made in, and what was made for other slices.
pub(super) type Made<'s> = (&'s mut Store, &'s mut Answers, &'s mut Common);

/// One slice: the requests whose id is of one shape, through one endpoint.
pub struct Chart<'s> {
    pub(super) build: Build<'s>,
    pub(super) end: &'s End,
    pub(super) subject: Subject<'s>,
    pub(super) members: &'s [Member<'s>],
    pub(super) ruled: Ruled,
}

impl<'s> Chart<'s> {
    pub(super) fn new(
        vocabulary: &'s Vocabulary<'s>,
        questions: &'s Questions,
        fold: &'s Fold<'s>,
        made: Made<'s>,
        (subject, profile, end): (Subject<'s>, &'s Profile, &'s End),
        members: &'s [Member<'s>],
    ) -> Result<Self, Inconclusive> {
        let slots = &members.first().ok_or(Inconclusive)?.slots;
        let of = (subject, profile, end);
        Self::over(vocabulary, questions, fold, made, of, slots, members)
    }

    /// As `new`, over the ranks of these numbers.
    pub(super) fn over(
        vocabulary: &'s Vocabulary<'s>,
        questions: &'s Questions,
        fold: &'s Fold<'s>,
        (store, answers, common): Made<'s>,
        (subject, profile, end): (Subject<'s>, &'s Profile, &'s End),
        slots: &'s Slots,
        members: &'s [Member<'s>],
    ) -> Result<Self, Inconclusive> {
        if !slots.fit(questions) {
            return Err(Inconclusive);
        }
        let build = Build {
            vocabulary,
            questions,
            fold,
            profile,
            slots,
            common: common.of(store),
            store,
            answers,
            truths: Memo::default(),
            groups: &[],
        };
        Ok(Self {
            build,
            end,
            subject,
            members,
            ruled: Ruled::default(),
        })
    }

    /// Where a candidate meets every demand.
    pub(super) fn met(
        &mut self,
        demands: &[u32],
        candidate: usize,
    ) -> Result<Diagram, Inconclusive> {
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

    /// What everything that is asked of a candidate comes to, as one thing: where it is equal, so
    /// are all regions that are about one candidate, in whatever slice. `None` where nobody knows.
    pub fn likeness(&self, candidate: usize) -> Option<Likeness> {
        Build::marked(self.end, candidate).map(Likeness)
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
        let key = (topic, self.end.endpoint.0);
        if let Some(known) = self.build.common.behind.get(&key) {
            return Ok(Region(known));
        }
        let formula = self.build.vocabulary.topics.get(topic);
        let formula = formula.ok_or(Inconclusive)?;
        let possible = self.possible(formula, true)?;
        let of_body = |field: u16| Field::at(field).is_none_or(Field::of_body);
        let store = &mut *self.build.store;
        let forgotten = store.forget(&mut Memo::default(), possible, &of_body);
        let made = forgotten?;
        self.build.common.behind.insert(key, made);
        Ok(Region(made))
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
        let field = Field::At.position().ok_or(Inconclusive)?;
        let at = at.unix_seconds();
        let rank = member.slots.rank(self.build.questions, Field::At, at);
        let restricted = self.build.store.restrict(region.0, field, rank);
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
}
