//! `prove`: is a question's answer yes for every request, and if not, for which one is it no?
//!
//! A claim is proved where the requests that would refute it make an empty region in every slice.
//! Where they do not, a request of each is made and judged by the interpreter, until one refutes
//! the claim; nothing is called refuted without one. What chains add is in `chains.rs`, questions
//! about the whole catalog are in `availability.rs`.

mod aside;
mod availability;
mod breaks;
pub(crate) mod chains;
mod guards;
mod mends;
mod replay;
mod same;
mod topics;

pub use replay::{Refutation, refutation};

use std::collections::BTreeSet;

use portolan_core::catalog::EndpointId;
use portolan_core::diagram::survey::{Chart, Class, Inconclusive, Region, Standing, Topic};
use portolan_core::engine::Engine;
use portolan_core::limits;
use portolan_core::policy::{Claim, Goal, Prove};
use portolan_core::request::Draft;

use crate::smallest::{Boundaries, size, smallest};
use crate::theorems::{self, Inquest, Theorem};
use crate::witness::witness;
use breaks::{Kept, breaking, given, violating};
use topics::{Asked, Topics};

/// What came of one question.
#[derive(Debug, Clone)]
pub struct Proof {
    /// Its position among the policy's questions.
    pub prove: usize,
    /// The answer.
    pub outcome: Outcome,
    /// What was looked at.
    pub covered: Covered,
}

/// An answer.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It holds for every request.
    Proved,
    /// It does not, for this request.
    Refuted(Box<Refutation>),
    /// Nobody knows.
    Inconclusive(Reason),
}

/// Why nobody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The policy asks for more than a limit allows.
    TooLarge,
    /// Requests that would refute it are left, and none of those that were tried does: there are
    /// too many to try them all.
    NotReplayed,
    /// The question compares with another policy, which does not compile.
    OtherPolicy,
    /// The question compares with another policy, which declares other inputs.
    OtherInputs,
    /// A question about all models must not ask which model is called.
    NamesModel,
}

/// What was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Covered {
    /// Ids of models and aliases, each with what it stands for.
    pub ids: usize,
    /// Shapes of models, each through each endpoint.
    pub slices: usize,
    /// Classes of requests that the question distinguishes.
    pub classes: u64,
}

/// What is asked of a policy.
#[derive(Clone, Copy)]
pub struct Asking<'a> {
    /// The positions of its questions.
    pub wanted: &'a [usize],
    /// Says whether a request is one that can be posted: no other refutes anything.
    pub posted: &'a dyn Fn(&Draft) -> bool,
    /// Another policy, by the path that a question names it by.
    pub other: &'a dyn Fn(&str) -> Option<Engine>,
}

/// Answers questions of a policy, in their order.
pub fn prove(engine: &Engine, asking: Asking<'_>) -> Vec<Proof> {
    with(engine, asking, None)
}

/// Answers questions of a policy, in their order, and asks every law of it: what both need is made
/// once.
pub fn prove_and_theorems(engine: &Engine, asking: Asking<'_>) -> (Vec<Proof>, Vec<Theorem>) {
    let mut theorems = Vec::new();
    let proofs = with(engine, asking, Some(&mut theorems));
    let too_large = |theorem: &Theorem| {
        let unknown = theorems::Unknown::TooLarge;
        matches!(&theorem.outcome, theorems::Outcome::Unknown(why) if *why == unknown)
    };
    // The claims may have taken what the laws would have needed.
    if theorems.is_empty() || theorems.iter().any(too_large) {
        theorems = theorems::theorems(engine, asking.posted);
    }
    (proofs, theorems)
}

fn with(engine: &Engine, asking: Asking<'_>, theorems: Option<&mut Vec<Theorem>>) -> Vec<Proof> {
    let Asking {
        wanted,
        posted,
        other,
    } = asking;
    let proves = engine.policy().proves.iter().enumerate();
    let (positions, proves): (Vec<usize>, Vec<&Prove>) = proves
        .filter(|(position, _)| wanted.contains(position))
        .unzip();
    let answered = positions
        .into_iter()
        .zip(surveyed(engine, &proves, (posted, other), theorems));
    let proof = |(prove, (covered, outcome))| Proof {
        prove,
        outcome,
        covered,
    };
    answered.map(proof).collect()
}

/// Answers questions that need not be the policy's own, as [`prove`] does, in their order.
pub fn answers(
    engine: &Engine,
    proves: &[&Prove],
    posted: &dyn Fn(&Draft) -> bool,
    other: &dyn Fn(&str) -> Option<Engine>,
) -> Vec<(Covered, Outcome)> {
    surveyed(engine, proves, (posted, other), None)
}

/// Says whether a request can be posted, and which policy a path names.
type Outside<'a> = (
    &'a dyn Fn(&Draft) -> bool,
    &'a dyn Fn(&str) -> Option<Engine>,
);

fn surveyed(
    engine: &Engine,
    proves: &[&Prove],
    (posted, other): Outside<'_>,
    theorems: Option<&mut Vec<Theorem>>,
) -> Vec<(Covered, Outcome)> {
    let topics = Topics::new(proves);
    let mut list = topics.list();
    let mut inquest = theorems
        .is_some()
        .then(|| Inquest::new(engine, posted, &mut list));
    if engine.policy().plan_at_most.is_some() {
        list.push(Topic::Order);
    }
    let answered = engine.survey(&list, |survey| {
        let mut searches: Vec<Search<'_>> = (proves.iter().zip(&topics.asked))
            .map(|(prove, asked)| Search::new(engine, posted, prove, asked))
            .collect();
        let each = survey.each(&mut |chart| {
            for search in &mut searches {
                search.slice(chart);
            }
            if let Some(inquest) = &mut inquest {
                inquest.slice(chart);
            }
            Ok(())
        });
        // A slice past its budget is noted by each search that it concerns; one that could not be
        // opened concerns all.
        if each.is_err() {
            for search in &mut searches {
                search.reason = Some(Reason::TooLarge);
            }
        }
        if let (Some(inquest), Some(theorems)) = (inquest.take(), theorems) {
            *theorems = inquest.finish(survey, each);
        }
        chains::complete(survey, &mut searches);
        availability::complete(survey, &mut searches);
        mends::complete(survey, &mut searches);
        same::complete(&mut searches, other);
        searches
            .into_iter()
            .map(|mut search| {
                search.shrink();
                (search.covered, search.outcome())
            })
            .collect::<Vec<_>>()
    });
    answered.unwrap_or_else(|Inconclusive| {
        let unknown = || Outcome::Inconclusive(Reason::TooLarge);
        proves
            .iter()
            .map(|_| (Covered::default(), unknown()))
            .collect()
    })
}

/// Classes of one slice that are still tried once a request refutes the claim.
const FEW: usize = 64;

/// The search for a request that refutes one question.
struct Search<'a> {
    engine: &'a Engine,
    posted: &'a dyn Fn(&Draft) -> bool,
    prove: &'a Prove,
    asked: &'a Asked,
    covered: Covered,
    /// The smallest so far.
    found: Option<Box<Refutation>>,
    /// The class of what refutes it there: of the request itself, or of its fallback.
    class: Option<Class>,
    /// Why it cannot be called proved.
    reason: Option<Reason>,
    /// Classes of fallbacks of which an attempt would refute it, if some request has such a one.
    inner: Vec<Class>,
    /// Endpoints of which there are more of these than are kept.
    crowded: BTreeSet<EndpointId>,
    /// Classes that may still be tried in search of a smaller one.
    smaller: usize,
    /// What need not be looked at again.
    kept: KeptBy,
}

/// Candidates that keep the claim, as those of the request itself and of a fallback.
#[derive(Default)]
struct KeptBy {
    primaries: Kept,
    fallbacks: Kept,
}

impl<'a> Search<'a> {
    fn new(
        engine: &'a Engine,
        posted: &'a dyn Fn(&Draft) -> bool,
        prove: &'a Prove,
        asked: &'a Asked,
    ) -> Self {
        Self {
            engine,
            posted,
            prove,
            asked,
            covered: Covered::default(),
            found: None,
            class: None,
            reason: None,
            inner: Vec::new(),
            crowded: BTreeSet::new(),
            smaller: limits::SMALLER_CLASSES,
            kept: KeptBy::default(),
        }
    }

    /// Leaves out of the request whatever it does not take to refute the claim.
    fn shrink(&mut self) {
        let Goal::Claim { .. } = &self.prove.goal else {
            return;
        };
        let Some(found) = &mut self.found else {
            return;
        };
        let state = found.state.clone();
        let refutes = |draft: &Draft| {
            let refutation = replay::in_state(self.engine, self.prove, draft, &state);
            refutation.filter(|_| (self.posted)(draft))
        };
        let boundaries = Boundaries::default();
        let draft = smallest(&found.draft, &boundaries, &mut |draft| {
            refutes(draft).is_some()
        });
        if size(&draft) >= size(&found.draft) {
            return;
        }
        if let Some(mut smaller) = refutes(&draft) {
            smaller.mends = std::mem::take(&mut found.mends);
            **found = smaller;
        }
    }

    fn outcome(self) -> Outcome {
        match (self.found, self.reason) {
            (Some(found), _) => Outcome::Refuted(found),
            (None, Some(reason)) => Outcome::Inconclusive(reason),
            (None, None) => Outcome::Proved,
        }
    }

    /// Looks at one slice.
    fn slice(&mut self, chart: &mut Chart<'_>) {
        let Goal::Claim { .. } = &self.prove.goal else {
            return;
        };
        self.covered.slices += 1;
        if chart.endpoint().index() == 0 {
            self.covered.ids += chart.members().len();
        }
        let looked = self.look(chart);
        if looked.is_err() {
            self.reason = Some(Reason::TooLarge);
        }
    }

    fn look(&mut self, chart: &mut Chart<'_>) -> Result<(), Inconclusive> {
        let mut kept = std::mem::take(&mut self.kept.primaries);
        let found = self.against(chart, Some(&mut kept));
        self.kept.primaries = kept;
        let (wanted, against) = found?;
        let rest = chart.without(wanted, against)?;
        let classes = chart.count(against).saturating_add(chart.count(rest));
        self.covered.classes = self.covered.classes.saturating_add(classes);
        self.try_all(chart, against)?;
        if self.asked.every().is_some() {
            chains::suspect(self, chart)?;
        }
        Ok(())
    }

    /// The requests that the question is about, and those of them that would refute it.
    fn against(
        &self,
        chart: &mut Chart<'_>,
        mut kept: Option<&mut Kept>,
    ) -> Result<(Region, Region), Inconclusive> {
        let Goal::Claim { premises, claim } = &self.prove.goal else {
            return Ok((Region::NONE, Region::NONE));
        };
        let wanted = self.wanted(chart)?;
        if let (Claim::Routes, Standing::Absent | Standing::Unknown) = (claim, chart.standing()) {
            return Ok((wanted, Region::NONE));
        }
        let mut against = wanted;
        // A premise about all candidates lets requests into question by more than their model.
        for (premise, topic) in premises.iter().zip(&self.asked.premises) {
            if !self.is_of_attempts(premise) {
                against = given(chart, premise, *topic, true, against)?;
                kept = None;
            }
        }
        if let Claim::Every(_) = claim {
            let violating = violating(chart, self.asked, true, against, kept)?;
            return Ok((wanted, violating));
        }
        Ok((wanted, breaking(chart, claim, against)?))
    }

    /// Says whether a premise is about the same attempts as the claim is.
    fn is_of_attempts(&self, premise: &Claim) -> bool {
        matches!(premise, Claim::Every(_)) && self.asked.every().is_some()
    }

    /// The requests that the question is about.
    fn wanted(&self, chart: &mut Chart<'_>) -> Result<Region, Inconclusive> {
        let mut wanted = Region::ALL;
        for topic in &self.asked.about {
            let one = chart.topic(*topic, None)?;
            wanted = chart.and(wanted, one)?;
        }
        Ok(wanted)
    }

    /// Tries requests of a region, each id's, until one of them refutes the claim and no smaller
    /// one is likely.
    fn try_all(&mut self, chart: &mut Chart<'_>, against: Region) -> Result<(), Inconclusive> {
        if against.is_empty() || self.smaller == 0 {
            return Ok(());
        }
        let mut left = limits::PROVE_CLASSES;
        for member in chart.members() {
            let during = chart.during(member)?;
            let against = chart.and(against, during)?;
            let before = self.found.is_some();
            chart.classes(against, member, &mut |class| {
                if left == 0 {
                    return false;
                }
                // A smaller one is looked for, but not for long.
                left -= 1;
                if self.found.is_some() {
                    self.smaller -= 1;
                    left = left.min(FEW).min(self.smaller);
                }
                if let Some(draft) = witness(self.engine, class) {
                    let refutes = self.offer(&draft, class);
                    if !refutes {
                        self.reason.get_or_insert(Reason::NotReplayed);
                    }
                }
                true
            });
            if left == 0 && self.found.is_none() {
                self.reason.get_or_insert(Reason::NotReplayed);
            }
            // Ids of one shape differ in their numbers: one request of them is enough.
            if left == 0 || (self.found.is_some() && !before) {
                break;
            }
        }
        Ok(())
    }

    /// Keeps a request that refutes the claim, if it is smaller than what was found before.
    fn offer(&mut self, draft: &Draft, class: &Class) -> bool {
        let found = self.found.as_ref();
        if found.is_some_and(|found| size(&found.draft) <= size(draft)) {
            return true;
        }
        let refutation = refutation(self.engine, self.prove, draft);
        let Some(refutation) = refutation.filter(|_| (self.posted)(draft)) else {
            return false;
        };
        self.found = Some(Box::new(refutation));
        self.class = Some(class.clone());
        true
    }
}
