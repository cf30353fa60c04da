//! Random questions over all requests: `every attempt` as text, with a `where` and with dates; and
//! of what such questions say, once they are compiled, questions of every kind.

use portolan_core::policy::{Claim, Condition, Goal, Policy, Prove};

use super::conditions::condition;
use super::policy::{Reach, Writer};
use super::values::DATES;
use crate::dice::Dice;

impl Writer<'_> {
    /// A question over all requests; every fourth is what every attempt fulfils.
    pub(super) fn prove(&mut self, dice: &mut Dice) {
        let name = self.name();
        let goal = match dice.below(12) {
            0..=2 => format!("every {}", self.condition(dice, Reach::Shape, 1)),
            3 | 4 => {
                let mut premises = Vec::new();
                for _ in 0..dice.between(1, 2) {
                    premises.push(self.premise(dice));
                }
                let premises = premises.join(" and ");
                let claim = self.claim(dice);
                format!("if {premises} then {claim}")
            }
            5 | 6 => {
                let wanted = self.condition(dice, Reach::Shape, 1);
                let wanted = dice.chance(80).then(|| format!(" where {wanted}"));
                format!("some model routes{}", wanted.unwrap_or_default())
            }
            7 => format!(
                "price at most {}",
                dice.word(&["$1.00", "$3.00", "$8", "$50"])
            ),
            _ => self.claim(dice),
        };
        let mut asked = String::new();
        if dice.chance(70) {
            let mut scope = self.scope(Reach::Retry);
            if goal.starts_with("some model") {
                let model =
                    |path: &str| path == "request.model" || path.starts_with("request.model.");
                scope.fields.retain(|field| !model(&field.path));
            }
            asked = format!(" where {}", condition(dice, &scope, 1));
        }
        let mut between = String::new();
        if dice.chance(30) {
            let split = dice.between(1, DATES.len() - 1);
            let (early, late) = DATES.split_at(split);
            between = format!(" between {} and {}", dice.word(early), dice.word(late));
        }
        self.line(&format!(
            "prove {name}\n  for every request{asked}{between}\n  {goal}"
        ));
    }

    fn claim(&self, dice: &mut Dice) -> String {
        match dice.below(6) {
            0 => "always routes".to_owned(),
            1 => "never routes".to_owned(),
            2 | 3 => format!("always refused with {}", self.code(dice)),
            _ => format!("every {}", self.condition(dice, Reach::Shape, 1)),
        }
    }

    fn premise(&self, dice: &mut Dice) -> String {
        match dice.below(5) {
            0 | 1 => "routes".to_owned(),
            2 => "refused".to_owned(),
            3 => format!("refused with {}", self.code(dice)),
            _ => format!("every ({})", self.condition(dice, Reach::Shape, 1)),
        }
    }

    /// A code that some request may be refused with.
    fn code(&self, dice: &mut Dice) -> String {
        let heads = ["refuse ", "exclude ", "on unknown-model", "on not-offered"];
        let deciding = self
            .out
            .lines()
            .filter(|line| heads.iter().any(|head| line.starts_with(head)));
        let codes: Vec<&str> = deciding
            .filter_map(|line| line.rsplit(' ').next())
            .collect();
        let code = dice.word(&codes);
        // The default of a point that the policy may not word.
        let worded = self.out.contains("on unknown-model");
        let default = if worded {
            "no-model"
        } else {
            "model-not-found"
        };
        if code.is_empty() { default } else { code }.to_owned()
    }
}

/// A question of any kind, made of what the questions of a policy say.
pub fn ask(dice: &mut Dice, policy: &Policy) -> Option<Prove> {
    let conditions = policy.proves.iter().filter_map(|prove| match &prove.goal {
        Goal::Claim {
            claim: Claim::Every(condition),
            ..
        }
        | Goal::SomeModelRoutes(condition) => Some(condition.clone()),
        Goal::Claim { .. } | Goal::SameDecisionAs { .. } => None,
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
