//! What holds of every policy, or should: asked without a `prove`.
//!
//! - **`locks-hold`**: no candidate that survives, of a request itself or of a fallback, breaks a
//!   lock that applies. In every slice each lock is looked at by itself: where its own condition is
//!   true and the candidate does not meet what it demands, no request survives. A chain's attempts
//!   are those of its effective requests, so that this covers chains; a fallback that breaks one is
//!   shown with a request that it is a fallback of.
//! - **`only-opt-ins-widen`**: the body widens where it may go by an opt-in only. `opt_in.rs` says
//!   exactly what that means, and where it asks for more than that.
//! - **`help-is-legal`**: what a help line advises routes. Of every slice and every rule whose help
//!   the engine fills in, one refused request is taken, and each model that the engine names to it
//!   is put in its place and judged by the interpreter. A sample, which says how many there were.
//! - **`tenants-are-apart`**: renaming or removing one key of a table changes no decision on a
//!   request that does not name it. `tenants.rs` says why, and what is looked at.
//!
//! Claims that a policy makes itself are `prove.rs`'s.

mod advice;
mod locks;
mod opt_in;
mod tenants;
#[cfg(test)]
mod tests;

use portolan_core::catalog::Route;
use portolan_core::diagram::survey::{
    Chart, Class, Inconclusive, Likenesses, Region, Survey, Topic,
};
use portolan_core::engine::Engine;
use portolan_core::limits;
use portolan_core::policy::{BodyField, Rule, RuleId, Slot};
use portolan_core::request::{Draft, Request};

use crate::witness::witness;
use locks::Pledge;

/// What is asked of every policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Law {
    /// No survivor breaks a lock that applies.
    LocksHold,
    /// No field of the body but an opt-in widens where a request may go.
    OnlyOptInsWiden,
    /// What a help line advises routes.
    HelpIsLegal,
    /// What a table says of one key decides about requests that name it, and no other.
    TenantsAreApart,
}

impl Law {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LocksHold => "locks-hold",
            Self::OnlyOptInsWiden => "only-opt-ins-widen",
            Self::HelpIsLegal => "help-is-legal",
            Self::TenantsAreApart => "tenants-are-apart",
        }
    }
}

/// What came of one law.
#[derive(Debug, Clone)]
pub struct Theorem {
    /// Which.
    pub law: Law,
    /// The answer.
    pub outcome: Outcome,
    /// What was looked at, one by one: locks by candidate and slice, fields by candidate and
    /// slice, suggestions.
    pub looked: u64,
}

/// An answer.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It holds.
    Holds,
    /// It does not, for this request.
    Violated(Box<Violation>),
    /// Nobody knows.
    Unknown(Unknown),
}

/// Why nobody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// The policy asks for more than a limit allows.
    TooLarge,
    /// Some requests may violate it, and none that was tried does.
    NotReplayed,
    /// A rule reads a row that the request does not name.
    ReadsOthers,
}

/// A request for which a law does not hold.
#[derive(Debug, Clone)]
pub struct Violation {
    /// The request.
    pub draft: Draft,
    /// What is wrong with it.
    pub because: Because,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Because {
    /// A survivor breaks a lock.
    Lock {
        /// The lock.
        lock: RuleId,
        /// The survivor.
        route: Route,
    },
    /// A field lets it go where it could not go without.
    Field {
        /// The field.
        field: BodyField,
        /// Where it goes.
        route: Route,
    },
    /// A model that help names does not route.
    Advice {
        /// The rule whose help it is.
        rule: RuleId,
        /// The model.
        model: String,
    },
}

/// Asks every law of a policy, in the order of `Law`. Only requests that can be posted, as `posted`
/// says, violate one. With a policy's own claims: [`crate::prove::prove_and_theorems`].
pub fn theorems(engine: &Engine, posted: &dyn Fn(&Draft) -> bool) -> Vec<Theorem> {
    let mut topics = Vec::new();
    let inquest = Inquest::new(engine, posted, &mut topics);
    surveyed(engine, inquest, &topics)
}

fn surveyed(engine: &Engine, inquest: Inquest<'_>, topics: &[Topic<'_>]) -> Vec<Theorem> {
    let mut open = Some(inquest);
    let surveyed = engine.survey(topics, |survey| {
        let mut inquest = open.take()?;
        let each = survey.each(&mut |chart| {
            inquest.slice(chart);
            Ok(())
        });
        Some(inquest.finish(survey, each))
    });
    match (surveyed, open) {
        (Ok(Some(theorems)), _) => theorems,
        (_, Some(inquest)) => inquest.outcomes(true),
        (_, None) => Vec::new(),
    }
}

/// All laws, on their way through a policy's slices.
pub(crate) struct Inquest<'a> {
    inquiries: Vec<Inquiry<'a>>,
    locks: Vec<Pledge<'a>>,
    advised: Advised<'a>,
}

/// What the engine names to a refused request, for a slot of a help line.
type Advised<'a> = Box<dyn Fn(&Request, Slot) -> Vec<String> + 'a>;

impl<'a> Inquest<'a> {
    /// The laws of an engine; what they ask beside the rules is added to the topics.
    pub(crate) fn new(
        engine: &'a Engine,
        posted: &'a dyn Fn(&Draft) -> bool,
        topics: &mut Vec<Topic<'a>>,
    ) -> Self {
        let rules = engine.policy().rules();
        Self::of_locks(engine, posted, rules, topics)
    }

    /// As `new`, with these locks in the place of the policy's own.
    fn of_locks(
        engine: &'a Engine,
        posted: &'a dyn Fn(&Draft) -> bool,
        rules: impl Iterator<Item = (RuleId, &'a Rule)>,
        topics: &mut Vec<Topic<'a>>,
    ) -> Self {
        let laws = [
            Law::LocksHold,
            Law::OnlyOptInsWiden,
            Law::HelpIsLegal,
            Law::TenantsAreApart,
        ];
        let inquiry = |law| Inquiry {
            engine,
            posted,
            law,
            looked: 0,
            found: None,
            unknown: None,
            left: limits::THEOREM_REQUESTS,
            kept: Likenesses::default(),
        };
        Self {
            inquiries: laws.into_iter().map(inquiry).collect(),
            locks: locks::pledges(rules, topics),
            advised: Box::new(|request, slot| engine.advised(request, slot)),
        }
    }

    /// Looks at one slice.
    pub(crate) fn slice(&mut self, chart: &mut Chart<'_>) {
        for inquiry in &mut self.inquiries {
            if inquiry.found.is_some() {
                continue;
            }
            let looked = match inquiry.law {
                Law::LocksHold => locks::look(inquiry, &mut self.locks, chart),
                Law::OnlyOptInsWiden => opt_in::look(inquiry, chart),
                Law::HelpIsLegal => advice::look(inquiry, &self.advised, chart),
                Law::TenantsAreApart => Ok(()),
            };
            if looked.is_err() {
                inquiry.unknown = Some(Unknown::TooLarge);
            }
        }
    }

    /// What came of them, once every slice was looked at, or was past its budget.
    pub(crate) fn finish(
        mut self,
        survey: &mut Survey<'_>,
        each: Result<(), Inconclusive>,
    ) -> Vec<Theorem> {
        for inquiry in &mut self.inquiries {
            match inquiry.law {
                Law::LocksHold => locks::complete(inquiry, &self.locks, survey),
                Law::TenantsAreApart => tenants::look(inquiry, survey),
                Law::OnlyOptInsWiden | Law::HelpIsLegal => {}
            }
        }
        self.outcomes(each.is_err())
    }

    fn outcomes(self, too_large: bool) -> Vec<Theorem> {
        let theorem = |inquiry: Inquiry<'_>| Theorem {
            law: inquiry.law,
            looked: inquiry.looked,
            outcome: match (inquiry.found, inquiry.unknown) {
                (Some(found), _) => Outcome::Violated(Box::new(found)),
                (None, _) if too_large => Outcome::Unknown(Unknown::TooLarge),
                (None, Some(unknown)) => Outcome::Unknown(unknown),
                (None, None) => Outcome::Holds,
            },
        };
        self.inquiries.into_iter().map(theorem).collect()
    }
}

/// The search for a request that violates one law.
struct Inquiry<'a> {
    engine: &'a Engine,
    posted: &'a dyn Fn(&Draft) -> bool,
    law: Law,
    looked: u64,
    found: Option<Violation>,
    unknown: Option<Unknown>,
    /// Requests that may still be tried.
    left: usize,
    /// Candidates for which no field widens, by their likeness.
    kept: Likenesses,
}

impl Inquiry<'_> {
    /// Visits requests of a region that can be posted, each member's in turn, with the member's
    /// position, until a visit says that it was the last. Says whether one was.
    fn requests(
        &mut self,
        chart: &mut Chart<'_>,
        region: Region,
        visit: &mut dyn FnMut(&Draft, usize) -> bool,
    ) -> Result<bool, Inconclusive> {
        for (position, member) in chart.members().iter().enumerate() {
            let during = chart.during(member)?;
            let own = chart.and(region, during)?;
            let mut done = false;
            let mut tried = FEW.min(self.left);
            chart.classes(own, member, &mut |class: &Class| {
                if tried == 0 {
                    return false;
                }
                (tried, self.left) = (tried - 1, self.left - 1);
                let draft = witness(self.engine, class);
                if let Some(draft) = draft.filter(|draft| (self.posted)(draft)) {
                    done = visit(&draft, position);
                }
                !done
            });
            if done {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Classes of one region and one id that are tried.
const FEW: usize = 64;
