//! A second opinion: each `prove` as a question to an SMT solver, written from the typed rules
//! and the catalog alone. `unsat` means proved, `sat` means refuted, and what the solver found
//! reads back as a request. Nothing of the compiled form is used, so that a solver that agrees
//! with the prover has come to it by another way.
//!
//! # What is asked
//!
//! The solver looks for a request that speaks against the claim. One call is encoded: a variable
//! for each field that is read (`smt/space.rs`), texts as classes (`smt/texts.rs`), facts of the
//! catalog as the stretches of time in which each value holds (`smt/facts.rs`), rules in the order
//! of the language's page (`smt/decision.rs`).
//!
//! *Routes* and *refused* are about the primary for good: there is a legal route, or there is
//! none, whatever is known about now. *Every attempt* is about the primary's survivors and, where
//! the depth lets one in, those of a fallback. One fallback is enough: a route's fate depends on
//! its effective request alone, so that an attempt which speaks against a claim does so in a chain
//! of that fallback only. It has a body of its own, whose every field is the primary's or any
//! other value that is present; what a fallback cannot override is shared. The `where` is asked of
//! the primary alone, which must have a legal route, or there would be no attempt at all. So the
//! `where` is widened for a fallback as far as a client can widen it, and no further.
//!
//! What must route, or be refused for one reason, or find some model, is asked of plain requests
//! (`smt/plain.rs`). *Some model routes* is asked with every id in the place of the request's: the
//! solver looks for a request that none of them routes to where the condition holds.
//!
//! A policy that plans only so many attempts a model makes a survivor an attempt in some states
//! and not in others; then facts about now are variables too (`smt/plan.rs`).
//!
//! # Which requests there are
//!
//! Those that can be posted, as far as fields are read: a total is the sum of its parts, what a
//! body says and how it is counted fit together, parameters are used where their values are given
//! (`smt/ties.rs`), faults and chains are such as a reader finds (`smt/around.rs`).

mod around;
mod conditions;
mod decision;
mod encoder;
mod facts;
mod formula;
mod numbers;
mod plain;
mod plan;
mod ranges;
mod requests;
mod script;
mod space;
mod symbol;
mod terms;
mod texts;
mod ties;

use std::collections::BTreeMap;
use std::fmt;

use portolan_core::engine::Engine;
use portolan_core::policy::{BodyField, Claim, Condition, Goal, Prove, Term};
use portolan_core::request::{Draft, State};

pub use space::YEAR_0;

use decision::Outcome;
use encoder::{Encoder, View};
use formula::Formula;
use ranges::Ranges;
use space::{Field, Named, Part};
use ties::Ties;

/// Why a question cannot be written for a solver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsupported {
    /// It comes to more formulas than [`portolan_core::limits::SMT_NODES`].
    TooLarge,
    /// It compares two fields of a request with each other, which the language does not allow.
    OpenValue,
    /// It is about two policies, and only one of them is here.
    OtherPolicy,
    /// It is about all models, and asks which one is called.
    NamesModel,
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLarge => "the question is too large to be written for a solver",
            Self::OpenValue => "the question compares two fields of a request with each other",
            Self::OtherPolicy => "a question about two policies is not written for a solver",
            Self::NamesModel => "a question about all models asks which model is called",
        })
    }
}

impl std::error::Error for Unsupported {}

/// One `prove` as a question to a solver.
#[derive(Debug)]
pub struct Question<'a> {
    prove: &'a Prove,
    encoder: Encoder<'a>,
    /// What must hold of a request that speaks against the claim, and what each is for.
    asserted: Vec<(&'static str, Formula)>,
    /// What holds of every request that can be posted.
    ties: Ties,
    /// Where there is a fallback, it counts.
    chained: Formula,
    script: String,
}

/// Every `prove` of a policy as a question, in order.
pub fn questions(engine: &Engine) -> Vec<Result<Question<'_>, Unsupported>> {
    let proves = engine.policy().proves.iter();
    proves.map(|prove| Question::new(engine, prove)).collect()
}

/// A `prove` as an SMT-LIB 2 script. It ends by asking for a request and for each of its fields:
/// `unsat` means that there is none and the claim is proved.
///
/// # Errors
/// When it cannot be written.
pub fn smt2(engine: &Engine, prove: &Prove) -> Result<String, Unsupported> {
    Question::new(engine, prove).map(|question| question.script)
}

impl<'a> Question<'a> {
    /// Writes the question.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn new(engine: &'a Engine, prove: &'a Prove) -> Result<Self, Unsupported> {
        let mut encoder = Encoder::new(engine.catalog(), engine.policy(), prove);
        let primary = View::of(Part::Primary);
        let asked = encoder.truth(primary, &prove.filter)?.yes;
        let during = encoder.window(prove.between);
        let mut asserted = vec![
            ("the dates of the question", during),
            ("its requests", asked),
        ];
        let goal = match &prove.goal {
            Goal::Claim { premises, claim } => encoder.against(premises, claim)?,
            Goal::SomeModelRoutes(condition) => {
                let mut named = false;
                let model = Term::Body(BodyField::Model);
                plain::reads(&prove.filter, &mut |term| named |= *term == model);
                if named {
                    return Err(Unsupported::NamesModel);
                }
                encoder.none_routes(condition)?
            }
            Goal::SameDecisionAs { .. } => return Err(Unsupported::OtherPolicy),
        };
        asserted.push((
            "plain requests, where it is about those",
            encoder.plain(prove),
        ));
        asserted.push(("a fallback counts where there is one", goal.chained));
        asserted.push(("what speaks against the claim", goal.against));
        let ties = encoder.ties();
        if encoder.all.overflowed() {
            return Err(Unsupported::TooLarge);
        }
        let script = script::write(&encoder, &prove.name, &asserted, &ties);
        Ok(Self {
            prove,
            encoder,
            asserted,
            ties,
            chained: goal.chained,
            script,
        })
    }

    /// The `prove` that it is about.
    pub fn prove(&self) -> &'a Prove {
        self.prove
    }

    /// The question as SMT-LIB 2.
    pub fn script(&self) -> &str {
        &self.script
    }

    /// The question of those requests whose texts surely fit into one body. Where a body ends is
    /// known to the byte to nobody but who writes it, so that a request at that very end, which the
    /// solver may find, may be none that can be posted.
    pub fn of_short_texts(&self) -> String {
        let (before, after) = self.script.split_once(script::ASKS).unwrap_or_default();
        let short = script::short_texts(&self.encoder);
        format!("{before}{short}{}{after}", script::ASKS)
    }

    /// The request, and the state, that a solver's values of the symbols stand for; those of
    /// flags are 0 and 1.
    pub fn request(&self, values: &BTreeMap<String, i128>) -> (Draft, State) {
        let symbols = script::symbols(&self.encoder);
        self.encoder.space.draft(|field| {
            let variable = self.encoder.space.known(field)?;
            values.get(symbols.get(variable.0 as usize)?).copied()
        })
    }

    /// Says whether a request speaks against the claim, by the formulas that the solver gets, be it
    /// one that can be posted or not. Of its fallbacks the first is looked at, if the request can
    /// have that one alone.
    pub fn refuted_by(&self, draft: &Draft, state: &State) -> bool {
        let truths = self.truths(&self.numbers(draft, state));
        let mut all = self.asserted.iter();
        all.all(|(_, formula)| truths.get(formula.index()).copied() == Some(true))
    }

    /// Says whether the solver may find a request: what holds of every one that can be posted
    /// holds of this one.
    pub fn includes(&self, draft: &Draft, state: &State) -> bool {
        self.left_out_by(draft, state).is_empty()
    }

    /// The symbols at which a request is told from those that can be posted, so that the solver may
    /// not find it.
    pub fn left_out_by(&self, draft: &Draft, state: &State) -> Vec<String> {
        let numbers = self.numbers(draft, state);
        let truths = self.truths(&numbers);
        let holds = |formula: &Formula| truths.get(formula.index()).copied() == Some(true);
        let number = |variable: &formula::Variable| numbers.get(variable.0 as usize);
        let broken = self.ties.formulas.iter().filter(|(_, tie)| !holds(tie));
        let broken = broken.filter_map(|(field, _)| self.encoder.space.known(*field));
        let same = |(unless, a, b): &&(Formula, _, _)| holds(unless) || number(a) == number(b);
        let differ = self.ties.same.iter().filter(|tie| !same(tie));
        let all: Vec<formula::Variable> = broken.chain(differ.map(|(_, own, _)| *own)).collect();
        if all.is_empty() {
            return Vec::new();
        }
        let symbols = script::symbols(&self.encoder);
        let symbol = |variable: formula::Variable| symbols.get(variable.0 as usize).cloned();
        all.into_iter().filter_map(symbol).collect()
    }

    /// The question of each of these requests alone, in one script: an answer for each, `sat`
    /// where it speaks against the claim.
    pub fn about(&self, requests: &[(Draft, State)]) -> String {
        let all = self.script.split(script::ASKS).next().unwrap_or_default();
        let mut out = all.to_owned();
        for (draft, state) in requests {
            let numbers = self.numbers(draft, state);
            out.push_str("(push)\n");
            out.push_str(&script::pinned(&self.encoder, &numbers));
            out.push_str(script::ASKS);
            out.push_str("(pop)\n");
        }
        out
    }

    /// The numbers of the variables in a request.
    fn numbers(&self, draft: &Draft, state: &State) -> Vec<i128> {
        let space = &self.encoder.space;
        let with = |fallback| {
            let number = |(field, _): &(Field, _)| space.number(*field, draft, fallback, state);
            space.fields().iter().map(number).collect::<Vec<i128>>()
        };
        if draft.fallbacks.is_empty() {
            return with(None);
        }
        let chained = with(Some(0));
        let counts = self.truths(&chained).get(self.chained.index()).copied();
        if counts == Some(false) {
            with(None)
        } else {
            chained
        }
    }

    fn truths(&self, numbers: &[i128]) -> Vec<bool> {
        let number = |variable: formula::Variable| numbers.get(variable.0 as usize).copied();
        let all = &self.encoder.all;
        all.truths(|variable| number(variable).unwrap_or(0))
    }
}

/// What is asserted for a goal.
struct Against {
    against: Formula,
    chained: Formula,
}

/// The effective requests of one call, and what comes of them.
struct Call {
    primary: Outcome,
    fallback: Option<Outcome>,
    /// Where there is a fallback.
    chained: Formula,
}

impl Encoder<'_> {
    fn against(&mut self, premises: &[Claim], claim: &Claim) -> Result<Against, Unsupported> {
        let primary = self.outcome(View::of(Part::Primary), true)?;
        let attempts = premises.iter().chain([claim]);
        let attempts = attempts.filter(|claim| matches!(claim, Claim::Every(_)));
        let mut call = Call {
            primary,
            fallback: None,
            chained: Formula::FALSE,
        };
        let mut chained = Formula::TRUE;
        if attempts.count() > 0 {
            let fallback = self.outcome(View::of(Part::Fallback), false)?;
            call.chained = self.flag(Field::Chained);
            let depth = self.deep_enough();
            let counts = self.all.and([depth, call.primary.legal, fallback.legal]);
            chained = self.all.implies(call.chained, counts);
            call.fallback = Some(fallback);
        }
        let mut against = Vec::new();
        for premise in premises {
            against.push(self.claim(&call, premise)?);
            if matches!(premise, Claim::Every(_)) {
                against.push(self.planned(&call)?);
            }
        }
        let claimed = self.claim(&call, claim)?;
        against.push(self.all.not(claimed));
        if matches!(claim, Claim::Routes) {
            // Of a request that names a model.
            against.push(self.all.not(call.primary.nameless));
        }
        Ok(Against {
            against: self.all.and(against),
            chained,
        })
    }

    /// What has a legal route has an attempt: a premise about attempts is not asked of a state in
    /// which all of them are put aside.
    fn planned(&mut self, call: &Call) -> Result<Formula, Unsupported> {
        let mut some = self.attempts(View::of(Part::Primary), &call.primary)?;
        if let Some(fallback) = &call.fallback {
            let theirs = self.attempts(View::of(Part::Fallback), fallback)?;
            let theirs = self.all.or(theirs);
            some.push(self.all.and([call.chained, theirs]));
        }
        let some = self.all.or(some);
        Ok(self.all.implies(call.primary.legal, some))
    }

    /// No model in the place of the request's own routes to where a condition holds.
    fn none_routes(&mut self, condition: &Condition) -> Result<Against, Unsupported> {
        let primary = View::of(Part::Primary);
        let mut found = Vec::new();
        for (position, named) in self.names(primary) {
            if !matches!(named, Named::Model(_) | Named::Alias(_)) {
                continue;
            }
            let view = View {
                named: Some(position),
                ..primary
            };
            let outcome = self.outcome(view, true)?;
            for candidate in &outcome.candidates {
                let fulfils = self.truth(view.at(candidate.route), condition)?.yes;
                found.push(self.all.and([candidate.survives, fulfils]));
            }
        }
        let some = self.all.or(found);
        Ok(Against {
            against: self.all.not(some),
            chained: Formula::TRUE,
        })
    }

    /// The chain has a fallback that the depth lets in.
    fn deep_enough(&mut self) -> Formula {
        let depth = Field::Body(Part::Primary, BodyField::FallbackDepth);
        let count = Field::Body(Part::Primary, BodyField::FallbackCount);
        let given = self.given(Part::Primary, BodyField::FallbackDepth);
        let some = Ranges::between(1, i128::MAX);
        let deep = self.within(depth, &some);
        let deep = self.all.implies(given, deep);
        let counted = self.within(count, &some);
        self.all.and([deep, counted])
    }

    /// The claim holds of a call.
    fn claim(&mut self, call: &Call, claim: &Claim) -> Result<Formula, Unsupported> {
        match claim {
            Claim::Routes => Ok(call.primary.legal),
            Claim::Refused => Ok(self.all.not(call.primary.legal)),
            Claim::RefusedWith(code) => Ok(self.refused_with(&call.primary, code)),
            Claim::Every(condition) => {
                let own = self.every(View::of(Part::Primary), &call.primary, condition)?;
                let Some(fallback) = &call.fallback else {
                    return Ok(own);
                };
                let theirs = self.every(View::of(Part::Fallback), fallback, condition)?;
                let theirs = self.all.implies(call.chained, theirs);
                Ok(self.all.and([own, theirs]))
            }
        }
    }

    /// Every attempt of one effective request fulfils a condition.
    fn every(
        &mut self,
        view: View,
        outcome: &Outcome,
        condition: &Condition,
    ) -> Result<Formula, Unsupported> {
        let mut all = Vec::new();
        let attempts = self.attempts(view, outcome)?;
        for (candidate, attempt) in outcome.candidates.iter().zip(attempts) {
            let fulfils = self.truth(view.at(candidate.route), condition)?.yes;
            all.push(self.all.implies(attempt, fulfils));
        }
        Ok(self.all.and(all))
    }
}

#[cfg(test)]
mod tests;
