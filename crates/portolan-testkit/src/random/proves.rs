//! Random questions over all requests: `every attempt` as text, with a `where` and with dates; and
//! of what such questions say, once they are compiled, questions of every kind.

use portolan_core::policy::{Claim, Condition, Goal, Policy, Prove};

use super::policy::{Reach, Writer};
use super::values::DATES;
use crate::dice::Dice;

impl Writer<'_> {
    /// What every attempt of some requests fulfils.
    pub(super) fn prove(&mut self, dice: &mut Dice) {
        let name = self.name();
        let mut asked = String::new();
        if dice.chance(70) {
            asked = format!(" where {}", self.condition(dice, Reach::Retry, 1));
        }
        let mut between = String::new();
        if dice.chance(30) {
            let split = dice.between(1, DATES.len() - 1);
            let (early, late) = DATES.split_at(split);
            between = format!(" between {} and {}", dice.word(early), dice.word(late));
        }
        let holds = self.condition(dice, Reach::Shape, 1);
        self.line(&format!(
            "prove {name}\n  for every request{asked}{between}\n  every {holds}"
        ));
    }
}

/// A question of any kind, made of what the questions of a policy say.
pub fn ask(dice: &mut Dice, policy: &Policy) -> Option<Prove> {
    let conditions = policy.proves.iter().filter_map(|prove| match &prove.goal {
        Goal::Claim {
            claim: Claim::Every(condition),
            ..
        } => Some(condition.clone()),
        Goal::Claim { .. } | Goal::SomeModelRoutes(_) | Goal::SameDecisionAs { .. } => None,
    });
    let conditions: Vec<Condition> = conditions.collect();
    let prove = dice.one_of(&policy.proves)?.clone();
    let goal = if dice.chance(15) {
        Goal::SomeModelRoutes(dice.one_of(&conditions)?.clone())
    } else {
        let mut premises = Vec::new();
        for _ in 0..dice.pick(&[0, 0, 0, 0, 1, 1, 2]) {
            premises.push(claim(dice, policy, &conditions)?);
        }
        Goal::Claim {
            premises,
            claim: claim(dice, policy, &conditions)?,
        }
    };
    let other = dice.one_of(&policy.proves)?;
    let filter = match dice.below(4) {
        0 => Condition::Constant(true),
        1 => Condition::And(vec![prove.filter.clone(), other.filter.clone()]),
        2 => Condition::Not(Box::new(prove.filter.clone())),
        _ => prove.filter.clone(),
    };
    Some(Prove {
        goal,
        filter,
        ..prove
    })
}

fn claim(dice: &mut Dice, policy: &Policy, conditions: &[Condition]) -> Option<Claim> {
    Some(match dice.below(7) {
        0 => Claim::Routes,
        1 => Claim::Refused,
        2 | 3 => {
            let codes = policy.rules.iter().filter(|r| r.kind.verdict().is_some());
            let codes: Vec<&str> = codes.map(|rule| rule.kind.code()).collect();
            Claim::RefusedWith(dice.word(&codes).into())
        }
        4 => Claim::Every(Condition::Not(Box::new(dice.one_of(conditions)?.clone()))),
        _ => Claim::Every(dice.one_of(conditions)?.clone()),
    })
}
