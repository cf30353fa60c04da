//! A fallback whose id stands for nothing, where that refuses the whole request: whatever else
//! holds of the fallback, nothing is dropped.

use std::collections::BTreeSet;

use super::draw::{Draw, refused};
use crate::diagram::field::{Field, Flag, Number, TextField};
use crate::diagram::store::{Diagram, Inconclusive, Store};
use crate::diagram::survey::Standing;
use crate::policy::{RuleId, RuleKind};

type Built = Result<Diagram, Inconclusive>;

impl Draw<'_, '_> {
    /// The rule that refuses every request with these ids as a fallback, whatever else holds of it.
    pub(super) fn unknown_to_the_chain(&self) -> Option<RuleId> {
        if self.chart.standing() != Standing::Unknown {
            return None;
        }
        let mut rules = self.side.1.rules();
        let unknown = rules.find(|(_, rule)| matches!(rule.kind, RuleKind::UnknownModel { .. }));
        let (id, rule) = unknown?;
        matches!(rule.kind, RuleKind::UnknownModel { chain: true, .. }).then_some(id)
    }

    /// What is said of a fallback whose id refuses the whole request. Where a rule that comes first
    /// refuses whoever asks so, whatever the body is, nobody gets that far.
    pub(super) fn refused_as_a_whole(&mut self, rule: RuleId) -> Built {
        let whole = self.said.say(refused(self.side, rule, true));
        let own = self.chart.refused(false)?;
        let own = self.refusals(own, true)?;
        let policy = self.side.1;
        let before = policy.rules().take_while(|(id, _)| *id < rule);
        let mut earlier = Diagram::FALSE;
        for (id, rule) in before {
            if let RuleKind::Refuse { chain: false, .. } = rule.kind {
                let build = &mut self.chart.build;
                let holds = build.holds(id, self.chart.end, None)?;
                if of_the_envelope(build.store, holds) {
                    earlier = build.store.or(earlier, holds)?;
                }
            }
        }
        let store = &mut *self.chart.build.store;
        store.choose(earlier, own, Diagram::terminal(whole))
    }
}

/// Says whether a diagram asks for nothing that a fallback could override.
fn of_the_envelope(store: &Store, diagram: Diagram) -> bool {
    let (mut seen, mut left) = (BTreeSet::from([diagram]), vec![diagram]);
    while let Some(next) = left.pop() {
        let Some(node) = store.node(next) else {
            continue;
        };
        let own = match Field::at(node.field) {
            Some(
                Field::Flag(Flag::Auth | Flag::ChainFault | Flag::Retry)
                | Field::Text(TextField::AuthHeader)
                | Field::Number(Number::Depth | Number::Count)
                | Field::Attribute(_)
                | Field::Applies(_)
                | Field::At,
            ) => true,
            Some(
                Field::Flag(_)
                | Field::Text(_)
                | Field::Number(_)
                | Field::Meets(..)
                | Field::State(..),
            )
            | None => false,
        };
        if !own {
            return false;
        }
        let below = node.edges.iter().map(|(_, to)| *to);
        left.extend(below.filter(|to| seen.insert(*to)));
    }
    true
}
