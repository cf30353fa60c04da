//! Random questions over all requests: as text, in every form of the language, with a `where` and
//! with dates; and of what such questions say, once they are compiled, further ones.

use portolan_core::policy::{Claim, Condition, Goal, Policy, Prove};

use super::policy::{Reach, Writer};
use super::values::DATES;
use crate::dice::Dice;

impl Writer<'_> {
    /// What every attempt of some requests fulfils.
    pub(super) fn prove_every(&mut self, dice: &mut Dice) {
        let holds = self.condition(dice, Reach::Shape, 1);
        self.asked(dice, Reach::Retry, &format!("every {holds}"));
    }

    /// A question of any kind.
    pub(super) fn prove(&mut self, dice: &mut Dice) {
        let goal = match dice.below(8) {
            0 => {
                let wanted = self.condition(dice, Reach::Shape, 1);
                let wanted = dice.chance(60).then(|| format!(" where {wanted}"));
                let goal = format!("some model routes{}", wanted.unwrap_or_default());
                // The model is what is sought: the rest says nothing about it.
                return self.asked(dice, Reach::Lock, &goal);
            }
            1 | 2 => {
                let mut premises = Vec::new();
                for _ in 0..dice.between(1, 2) {
                    premises.push(self.premise(dice));
                }
                let claim = self.claim(dice);
                format!("if {} then {claim}", premises.join(" and "))
            }
            _ => self.claim(dice),
        };
        self.asked(dice, Reach::Retry, &goal);
    }

    /// One question, with a `where` and dates by chance.
    fn asked(&mut self, dice: &mut Dice, reach: Reach, goal: &str) {
        let name = self.name();
        let mut asked = String::new();
        if dice.chance(70) {
            asked = format!(" where {}", self.condition(dice, reach, 1));
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

    fn claim(&mut self, dice: &mut Dice) -> String {
        match dice.below(8) {
            0 => "always routes".to_owned(),
            1 => "never routes".to_owned(),
            2 => "always refused".to_owned(),
            3 => format!("price at most ${}", dice.word(&["0.50", "4.00", "1000"])),
            4 | 5 => match self.code(dice) {
                Some(code) => format!("always refused with {code}"),
                None => "never routes".to_owned(),
            },
            _ => format!("every {}", self.condition(dice, Reach::Shape, 1)),
        }
    }

    fn premise(&mut self, dice: &mut Dice) -> String {
        match dice.below(4) {
            0 => "routes".to_owned(),
            1 => "refused".to_owned(),
            2 => match self.code(dice) {
                Some(code) => format!("refused with {code}"),
                None => "refused".to_owned(),
            },
            _ => format!("every ({})", self.condition(dice, Reach::Shape, 1)),
        }
    }

    /// The code of a rule that refuses for good.
    fn code(&self, dice: &mut Dice) -> Option<String> {
        let heads = self.out.lines().filter(|line| {
            let word = line.split(' ').next();
            matches!(word, Some("refuse" | "exclude" | "on"))
        });
        let codes: Vec<&str> = heads
            .filter_map(|line| line.split(' ').next_back())
            .collect();
        dice.one_of(&codes).map(|code| (*code).to_owned())
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
