//! Random rules that shape a plan: what changes, warns, limits, retries and orders.

use portolan_core::policy::Type;

use super::fields::{self, Field};
use super::policy::{Reach, Writer};
use super::values::literal;
use crate::dice::Dice;

impl Writer<'_> {
    /// What changes, warns, limits or retries.
    pub(super) fn shaping(&mut self, dice: &mut Dice) {
        let name = self.name();
        let mut when = String::new();
        if dice.chance(75) {
            when = format!("\n  when {}", self.condition(dice, Reach::Shape, 1));
        }
        let words = dice.word(&[
            "soon",
            "soon `{route.model}`",
            "at `{request.endpoint}`",
            "of {request.input_tokens}",
        ]);
        let code = dice.word(&["soon", "dear", "odd"]);
        match dice.below(8) {
            0..=2 => {
                let mut sets = vec!["body.store = false".to_owned(), "body.extra = 3".to_owned()];
                for field in &self.declared.sets {
                    let value = literal(dice, &field.of(), self.world, &fields::KEYS);
                    sets.push(format!("{} = {}", field.name(), value.unwrap_or_default()));
                }
                sets.reverse();
                let set = dice.pick(&sets);
                let mut noting = String::new();
                if dice.chance(50) {
                    noting = format!("\n  noting {code} \"{words}\"");
                }
                self.line(&format!("set {set}\n  as {name}{when}{noting}"));
            }
            3..=5 => self.line(&format!("warn {code} \"{words}\"\n  as {name}{when}")),
            6 => {
                let attributes = self.declared.attributes.iter().filter(|a| !a.2);
                let mut keys: Vec<String> =
                    attributes.map(|a| format!("request.{}", a.0)).collect();
                keys.push("model".to_owned());
                let (many, key) = (dice.between(1, 30), dice.pick(&keys));
                self.line(&format!(
                    "limit {many} requests per 60s for each {key}\n  as {name}{when}"
                ));
            }
            _ => {
                let only = dice.word(&["", "\n  without fallbacks"]);
                let when = self.condition(dice, Reach::Retry, 1);
                self.line(&format!(
                    "retry on 5xx, timeout twice after 250ms\n  as {name}\n  when {when}{only}"
                ));
            }
        }
        self.window(dice);
    }

    pub(super) fn order(&mut self, dice: &mut Dice) {
        let ordered = |f: &&Field| {
            let of = matches!(
                f.of,
                Type::Money | Type::Number | Type::Tokens | Type::Instant
            );
            of && f.of_route
        };
        let mut keys: Vec<&str> = self
            .all
            .iter()
            .filter(ordered)
            .map(|f| f.path.as_str())
            .collect();
        keys.extend([
            "route.price.output",
            "route.score.quality",
            "route.context_window",
        ]);
        if dice.chance(60) {
            let mut written = Vec::new();
            for _ in 0..dice.between(1, 3) {
                let way = dice.word(&["lowest", "highest"]);
                written.push(format!("{way} {}", dice.word(&keys)));
            }
            self.line(&format!("prefer {}", written.join(", ")));
        }
        if dice.chance(25) {
            let most = dice.between(1, 3);
            self.line(&format!("plan at most {most} per model"));
        }
        self.line("advance on 429, 5xx");
    }
}
