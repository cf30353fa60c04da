//! What becomes of a mutant: killed by a test that fails or a claim that is refuted, no change at
//! all, or a survivor, with a request that it decides otherwise.

use portolan_core::answer::Answer;
use portolan_core::engine::Engine;
use portolan_core::request::{Draft, State};
use portolan_core::source::{SourceId, Sources};
use portolan_verify::diff::{Affected, Direction, diff, essence};
use portolan_verify::prove::{Asking, Outcome, prove};

use super::{Mutation, mutant};
use crate::suite::Test;

/// A policy and its tests.
#[derive(Debug, Clone)]
pub struct Subject<'a> {
    /// The policy.
    pub engine: &'a Engine,
    /// Its tests.
    pub tests: Vec<&'a Test>,
}

/// What became of a mutant.
#[derive(Debug, Clone)]
pub enum Fate {
    /// It does not compile: it is no policy.
    Stillborn,
    /// Something tells it from the policy.
    Killed(Killer),
    /// It decides every request as the policy does.
    Equivalent,
    /// Nothing tells it from the policy, and a request that it decides otherwise; `None` where it
    /// is not known whether there is one.
    Survived(Option<Box<Witness>>),
}

/// What told a mutant from the policy, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Killer {
    /// A test that fails.
    Test(String),
    /// A claim that no longer holds.
    Proof(String),
}

/// A request, and what policy and mutant say to it.
#[derive(Debug, Clone)]
pub struct Witness {
    /// The request.
    pub draft: Draft,
    /// What is known about now.
    pub state: State,
    /// What the policy says, and what the mutant says.
    pub answers: [Answer; 2],
}

/// Mutants of one policy, on trial.
pub struct Trial<'a> {
    /// The policy that is mutated comes first; others may be built on the same files.
    subjects: Vec<Subject<'a>>,
    /// Claims that hold, by position.
    proved: Vec<usize>,
    /// Requests that are tried before all requests are compared.
    known: Vec<(Draft, State, Answer)>,
    other: &'a (dyn Fn(&str) -> Option<Engine> + Sync),
}

impl<'a> Trial<'a> {
    /// Prepares a trial. A test or a claim that fails already tells nothing from anything, and is
    /// left out. `tried` are more requests to try; `other` is as for a proof.
    pub fn new(
        mut subjects: Vec<Subject<'a>>,
        tried: Vec<Draft>,
        other: &'a (dyn Fn(&str) -> Option<Engine> + Sync),
    ) -> Self {
        for subject in &mut subjects {
            let engine = subject.engine;
            subject.tests.retain(|test| test.passes(engine));
        }
        let (mut proved, mut known) = (Vec::new(), Vec::new());
        if let Some(own) = subjects.first() {
            let all: Vec<usize> = (0..own.engine.policy().proves.len()).collect();
            proved = holding(own.engine, &all, other);
            let asked = own
                .tests
                .iter()
                .filter_map(|test| test.ask(own.engine).ok());
            let asked = asked.map(|asked| (asked.draft, asked.state));
            let tried = tried.into_iter().map(|draft| (draft, State::default()));
            for (draft, state) in asked.chain(tried) {
                if let Some(answer) = said(own.engine, &draft, &state) {
                    known.push((draft, state, answer));
                }
            }
        }
        Self {
            subjects,
            proved,
            known,
            other,
        }
    }

    /// Tries one mutant, and stops at whatever kills it.
    pub fn judge(&self, mutation: &Mutation) -> Fate {
        let Some((own, others)) = self.subjects.split_first() else {
            return Fate::Stillborn;
        };
        let Some((id, text)) = mutated(own.engine.sources(), mutation) else {
            return Fate::Stillborn;
        };
        let Some(engine) = mutant(own.engine, Some((id, &text))) else {
            return Fate::Stillborn;
        };
        if let Some(test) = own.tests.iter().find(|test| !test.passes(&engine)) {
            return Fate::Killed(Killer::Test(test.name.clone()));
        }
        let original = own
            .engine
            .sources()
            .get(id)
            .map_or("", |source| source.text());
        for subject in others {
            if let Some(test) = fails(subject, original, &text) {
                return Fate::Killed(Killer::Test(test.name.clone()));
            }
        }
        let holding = holding(&engine, &self.proved, self.other);
        if let Some(lost) = self.proved.iter().find(|claim| !holding.contains(claim)) {
            let claim = own.engine.policy().proves.get(*lost);
            return Fate::Killed(Killer::Proof(
                claim.map_or(String::new(), |claim| claim.name.to_string()),
            ));
        }
        self.compare(own.engine, &engine)
    }

    /// Looks for a request that both decide differently: among those that are known, then among
    /// all.
    fn compare(&self, old: &Engine, new: &Engine) -> Fate {
        for (draft, state, before) in &self.known {
            if let Some(after) = said(new, draft, state)
                && essence(before) != essence(&after)
            {
                return Fate::Survived(Some(Box::new(Witness {
                    draft: draft.clone(),
                    state: state.clone(),
                    answers: [before.clone(), after],
                })));
            }
        }
        let diff = diff(old, new);
        let changes = diff.groups.iter().flat_map(|group| &group.changes);
        let changes = changes.filter(|change| change.directions != [Direction::Rewords]);
        let regions: Vec<&Affected> = changes.flat_map(|change| &change.regions).collect();
        let sample = regions.iter().find_map(|region| region.sample.as_ref());
        match sample {
            Some(sample) => Fate::Survived(Some(Box::new(Witness {
                draft: sample.draft.clone(),
                state: sample.state.clone(),
                answers: sample.answers.clone(),
            }))),
            None if regions.is_empty()
                && diff.inconclusive.is_empty()
                && diff.declared.is_empty() =>
            {
                Fate::Equivalent
            }
            None => Fate::Survived(None),
        }
    }
}

/// A test of a policy that is built on the same file, and fails where that is mutated.
fn fails<'s>(subject: &'s Subject<'_>, original: &str, text: &str) -> Option<&'s Test> {
    let mut sources = subject.engine.sources().iter();
    let (id, _) = sources.find(|(_, source)| source.text() == original)?;
    let Some(engine) = mutant(subject.engine, Some((id, text))) else {
        return subject.tests.first().copied();
    };
    let mut tests = subject.tests.iter().copied();
    tests.find(|test| !test.passes(&engine))
}

/// The file that a mutation changes, and its new text.
fn mutated(sources: &Sources, mutation: &Mutation) -> Option<(SourceId, String)> {
    let span = mutation.span;
    let text = sources.get(span.source)?.text();
    let (before, rest) = text.split_at_checked(span.start as usize)?;
    let after = rest.get((span.end - span.start) as usize..)?;
    Some((span.source, format!("{before}{}{after}", mutation.text)))
}

/// Those of these claims that are proved.
fn holding(
    engine: &Engine,
    wanted: &[usize],
    other: &dyn Fn(&str) -> Option<Engine>,
) -> Vec<usize> {
    let posted = |draft: &Draft| portolan_wire::write_request(draft, &State::default()).is_ok();
    let asking = Asking {
        wanted,
        posted: &posted,
        other,
    };
    let proofs = prove(engine, asking).into_iter();
    let proved = proofs.filter(|proof| matches!(proof.outcome, Outcome::Proved));
    proved.map(|proof| proof.prove).collect()
}

fn said(engine: &Engine, draft: &Draft, state: &State) -> Option<Answer> {
    let request = engine.request(draft.clone()).ok()?;
    Some(engine.answer(&request, state))
}
