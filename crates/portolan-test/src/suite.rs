//! One policy's tests, and what each comes to: a `test` block or a case, asked of the interpreter,
//! and looked into where it fails.

use std::collections::BTreeSet;

use portolan_core::answer::Answer;
use portolan_core::engine::{About, Engine};
use portolan_core::instant::Instant;
use portolan_core::judgement::{Judgement, Outcome};
use portolan_core::policy::{self, Rule, RuleId, RuleKind};
use portolan_core::request::{Draft, Request, State};

use crate::NOW;
use crate::cases::Case;
use crate::examples;
use crate::expect::Expect;
use crate::observed::Observed;
use crate::tree::Tree;
use crate::unfold::{Unfolded, named, unfold};

/// Rules that are unfolded for one failure.
const UNFOLDED: usize = 3;

/// One test of a policy.
#[derive(Debug, Clone)]
pub struct Test {
    /// What it is for.
    pub name: String,
    /// The file that holds it, as the host or the policy names it.
    pub file: String,
    /// Its line, from 1; 0 where it is not known.
    pub line: u32,
    kind: Kind,
}

/// Where a test comes from.
#[derive(Debug, Clone)]
enum Kind {
    /// The policy's `test` block of this position.
    Block(usize),
    /// A case of a file.
    Case(Box<Case>),
}

/// A request that a policy has accepted, and what is known about now.
#[derive(Debug, Clone)]
pub struct Asked {
    /// As it came.
    pub draft: Draft,
    /// As it was accepted.
    pub request: Request,
    /// What is known about now.
    pub state: State,
}

/// What a test came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// As expected.
    Passed,
    /// Not as expected.
    Failed(Failure),
    /// Nothing is expected: this is what a snapshot would hold.
    Open(String),
}

/// What is not as expected, and why it came out so.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Failure {
    /// Expected against found, a line each.
    pub complaints: Vec<String>,
    /// The rule that decided.
    pub decided: Option<Unfolded>,
    /// The rules that the test wanted to decide, or that stand against the route it wanted.
    pub wanted: Vec<Unfolded>,
}

/// The tests of a policy that its own files hold. With an overlay, only those of the overlay: the
/// others are about the policy below it.
pub fn blocks(engine: &Engine) -> Vec<Test> {
    let entry = engine.sources().iter().next();
    let entry = entry.map_or("", |(_, source)| source.name());
    let tests = engine.policy().tests.iter().enumerate();
    let overlaid = overlaid(engine);
    let tests = tests.filter_map(|(position, test)| {
        let place = engine.sources().locate(test.span);
        if overlaid && place.file != entry {
            return None;
        }
        Some(Test {
            name: test.name.to_string(),
            file: place.file.to_owned(),
            line: place.start.line,
            kind: Kind::Block(position),
        })
    });
    tests.collect()
}

/// Says whether the entry file is an overlay.
fn overlaid(engine: &Engine) -> bool {
    use portolan_core::syntax::ast::ItemKind;
    let tree = Tree::of(engine.sources());
    let overlay =
        |item: &portolan_core::syntax::ast::Item| matches!(item.kind, ItemKind::Overlay(..));
    tree.items().iter().any(overlay)
}

impl Test {
    /// A case of a file.
    pub fn of_case(case: Case, file: &str) -> Self {
        Self {
            name: case.why.clone(),
            file: file.to_owned(),
            line: case.line,
            kind: Kind::Case(Box::new(case)),
        }
    }

    /// It is a `test` block of the policy.
    pub fn is_block(&self) -> bool {
        matches!(self.kind, Kind::Block(_))
    }

    /// The case's own expectation is left to a snapshot.
    pub fn is_open(&self) -> bool {
        matches!(&self.kind, Kind::Case(case) if case.expect.is_none())
    }

    /// The request, as a policy accepts it.
    ///
    /// # Errors
    /// Why it is none.
    pub fn ask(&self, engine: &Engine) -> Result<Asked, String> {
        let (draft, state) = match &self.kind {
            Kind::Block(position) => {
                let test = self.block(engine, *position)?;
                (examples::draft(engine, test)?, State::default())
            }
            Kind::Case(case) => {
                let now = Instant::from_unix_seconds(NOW);
                let names = engine.policy().attribute_names();
                let call = portolan_wire::read_envelope(case.envelope().as_bytes(), names, now);
                let call = call.map_err(|error| error.to_string())?;
                (call.draft, call.state)
            }
        };
        let request = engine.request(draft.clone());
        let request = request.map_err(|error| error.to_string())?;
        Ok(Asked {
            draft,
            request,
            state,
        })
    }

    fn block<'e>(&self, engine: &'e Engine, position: usize) -> Result<&'e policy::Test, String> {
        let found = engine.policy().tests.get(position);
        found.ok_or_else(|| format!("the policy has no test `{}`", self.name))
    }

    /// Says whether it passes; as `run`, and no more than that.
    pub fn passes(&self, engine: &Engine) -> bool {
        let asked = self.ask(engine);
        self.complaints(engine, asked.as_ref()).is_empty()
    }

    /// Runs it.
    pub fn run(&self, engine: &Engine) -> Verdict {
        let asked = self.ask(engine);
        if let (true, Kind::Case(case)) = (self.is_open(), &self.kind) {
            return Verdict::Open(snapshot(engine, case, asked.as_ref()));
        }
        let complaints = self.complaints(engine, asked.as_ref());
        if complaints.is_empty() {
            return Verdict::Passed;
        }
        let mut failure = Failure {
            complaints,
            ..Failure::default()
        };
        if let Ok(asked) = &asked {
            self.look(engine, asked, &mut failure);
        }
        Verdict::Failed(failure)
    }

    /// Everything about the answer that is not as expected.
    fn complaints(&self, engine: &Engine, asked: Result<&Asked, &String>) -> Vec<String> {
        let observed = match asked {
            Ok(asked) => Observed::from(&answer(engine, asked)),
            Err(why) => Observed::Error(why.clone()),
        };
        match &self.kind {
            Kind::Block(position) => match self.block(engine, *position) {
                Err(why) => vec![why],
                Ok(test) => examples::unmet_of(engine, test, &observed),
            },
            Kind::Case(case) => {
                let expect = case.expect.iter();
                expect.flat_map(|expect| expect.unmet(&observed)).collect()
            }
        }
    }

    /// Unfolds the rule that decided, and those that the test wanted.
    fn look(&self, engine: &Engine, asked: &Asked, failure: &mut Failure) {
        let tree = Tree::of(engine.sources());
        let judged = engine.judge(&asked.request, &asked.state);
        let about = |fallback, route| About {
            request: &asked.request,
            state: &asked.state,
            fallback,
            route,
        };
        let mut seen = BTreeSet::new();
        if let Outcome::Refuse(refusal) = &judged.outcome {
            seen.insert(refusal.rule);
            let about = about(refusal.fallback, refusal.route);
            failure.decided = unfold(engine, &tree, refusal.rule, about);
        }
        let against = match &judged.outcome {
            Outcome::Route(_) => against(engine, asked, &self.routes_wanted()),
            Outcome::Refuse(_) => Vec::new(),
        };
        let codes = self.codes_wanted(engine);
        let wanted = engine
            .policy()
            .rules()
            .filter(|(_, rule)| codes.contains(rule.kind.code()) || codes.contains(&*rule.name));
        let wanted = wanted.map(|(id, _)| {
            let (fallback, route) = place_of(id, &judged, engine, asked);
            (id, about(fallback, route))
        });
        let against = against
            .into_iter()
            .map(|(id, route)| (id, about(None, Some(route))));
        for (id, about) in wanted.chain(against) {
            if failure.wanted.len() < UNFOLDED && seen.insert(id) {
                failure.wanted.extend(unfold(engine, &tree, id, about));
            }
        }
    }

    /// The codes and names of rules that the test names.
    fn codes_wanted(&self, engine: &Engine) -> BTreeSet<String> {
        match &self.kind {
            Kind::Block(position) => {
                let test = self.block(engine, *position).ok();
                let expect = test.into_iter().flat_map(|test| &test.expect);
                let codes = expect.filter_map(|expect| match expect {
                    policy::Expect::Refuse(_, code)
                    | policy::Expect::Warn(code)
                    | policy::Expect::Drop(code) => Some(code.to_string()),
                    policy::Expect::Route(_) => None,
                });
                codes.collect()
            }
            Kind::Case(case) => {
                let expect = case.expect.iter();
                expect.flat_map(Expect::codes).collect()
            }
        }
    }

    /// The attempts that the test names, as `model@region`.
    fn routes_wanted(&self) -> Vec<String> {
        match &self.kind {
            Kind::Block(_) => Vec::new(),
            Kind::Case(case) => {
                let route = case.expect.as_ref().and_then(|expect| expect.route());
                route.unwrap_or_default().to_vec()
            }
        }
    }
}

/// The answer to what is asked.
pub(crate) fn answer(engine: &Engine, asked: &Asked) -> Answer {
    engine.answer(&asked.request, &asked.state)
}

/// For which fallback and candidate a rule is best looked at: where it spoke, else the first.
fn place_of(
    id: RuleId,
    judged: &Judgement,
    engine: &Engine,
    asked: &Asked,
) -> (Option<usize>, Option<portolan_core::catalog::Route>) {
    let first = || engine.candidates(&asked.request).first().copied();
    match &judged.outcome {
        Outcome::Route(plan) => {
            let dropped = plan.dropped.iter().find(|dropped| dropped.rule == id);
            if let Some(dropped) = dropped {
                return (Some(dropped.fallback), dropped.route);
            }
            (
                None,
                plan.attempts.first().map(|attempt| attempt.route.route()),
            )
        }
        Outcome::Refuse(refusal) => (None, refusal.route.or_else(first)),
    }
}

/// The rules that stand against candidates that were wanted.
fn against(
    engine: &Engine,
    asked: &Asked,
    wanted: &[String],
) -> Vec<(RuleId, portolan_core::catalog::Route)> {
    let mut found = Vec::new();
    for route in engine.candidates(&asked.request) {
        if !named(engine, route).is_some_and(|name| wanted.contains(&name)) {
            continue;
        }
        let about = About {
            request: &asked.request,
            state: &asked.state,
            fallback: None,
            route: Some(route),
        };
        let stands = |rule: &Rule| {
            let excludes = matches!(rule.kind, RuleKind::Exclude(_) | RuleKind::Lock { .. });
            excludes && engine.truth(about, &rule.when) == Some(true)
        };
        let rules = engine.policy().rules().filter(|(_, rule)| stands(rule));
        found.extend(rules.map(|(id, _)| (id, route)));
    }
    found
}

/// The answer as a snapshot holds it: without the content hash, which changes with every edit.
fn snapshot(engine: &Engine, case: &Case, asked: Result<&Asked, &String>) -> String {
    let text = match asked {
        Err(why) => format!("error: {why}"),
        Ok(asked) => {
            let body = case.body(engine);
            let json = portolan_wire::answer_json(&answer(engine, asked), body.as_ref());
            let mut value: serde_json::Value = serde_json::from_str(&json).unwrap_or_default();
            if let Some(snapshot) = value.get_mut("snapshot") {
                *snapshot = "…".into();
            }
            serde_json::to_string_pretty(&value).unwrap_or(json)
        }
    };
    format!("# {}\n{text}\n", case.why)
}
