//! Tokens and what they cost, by region of usage, model and key, since the start.
//!
//! Sums are exact: a price is a whole number of nano-dollars for a million tokens, so that its
//! product with a count of tokens is a whole number of 10⁻¹⁵ dollars.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use portolan_core::catalog::Price;
use portolan_core::decimal::Decimal;
use serde_json::{Value, json};

use crate::log::{Line, Used};

/// Digits behind the point of a sum.
const DIGITS: usize = 15;

/// All sums.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Mutex<BTreeMap<Name, Sum>>);

/// Region of usage, model, row of the key.
type Name = (String, String, String);

#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    calls: u64,
    input: u64,
    output: u64,
    /// In 10⁻¹⁵ dollars.
    cost: i128,
    /// Calls whose tokens have no price, so that the cost is more than it says.
    unpriced: u64,
}

impl Ledger {
    /// Adds what one answer used.
    pub(crate) fn add(&self, line: &Line) {
        let served = line.attempts.last();
        let (Some(used), Some(served)) = (line.usage, served) else {
            return;
        };
        let account = line.account.clone().unwrap_or_default();
        let way = &*served.way;
        let name = (way.usage_region.clone(), way.model.clone(), account);
        let mut sums = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sum = sums.entry(name).or_default();
        sum.calls += 1;
        sum.input = sum.input.saturating_add(used.input);
        sum.output = sum.output.saturating_add(used.output);
        match cost_of(used, &served.price) {
            Some(cost) => sum.cost = sum.cost.saturating_add(cost),
            None => sum.unpriced += 1,
        }
    }

    /// What was spent, as Prometheus reads it: exact, which its own counters are not.
    pub(crate) fn metrics(&self) -> String {
        let sums = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut out = String::new();
        if !sums.is_empty() {
            out.push_str("# TYPE portolan_cost_usd_total counter\n");
        }
        for ((region, model, account), sum) in &*sums {
            let labels = [
                ("usage_region", region),
                ("model", model),
                ("account", account),
            ];
            let labels = labels.map(|(name, value)| format!("{name}=\"{}\"", escaped(value)));
            let (labels, cost) = (labels.join(","), dollars(sum.cost));
            let _ = writeln!(out, "portolan_cost_usd_total{{{labels}}} {cost}");
        }
        out
    }

    /// All sums as JSON, beside those of audio.
    pub(crate) fn json(&self, audio: &Value) -> String {
        let sums = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entries: Vec<Value> = sums
            .iter()
            .map(|((region, model, account), sum)| {
                json!({
                    "usage_region": region,
                    "model": model,
                    "account": (!account.is_empty()).then_some(account),
                    "calls": sum.calls,
                    "input_tokens": sum.input,
                    "output_tokens": sum.output,
                    "cost_usd": dollars(sum.cost),
                    "calls_without_price": sum.unpriced,
                })
            })
            .collect();
        json!({ "usage": entries, "audio": audio }).to_string()
    }
}

/// A label's value as the text format has it.
fn escaped(value: &str) -> String {
    let value = value.replace('\\', "\\\\").replace('"', "\\\"");
    value.replace('\n', "\\n")
}

/// What an answer cost, where both of its prices are known.
pub(crate) fn cost_of(used: Used, price: &Price) -> Option<i128> {
    let input = cost(used.input, price.input)?;
    Some(input.saturating_add(cost(used.output, price.output)?))
}

/// What so many tokens cost at a price for a million; nothing is nothing, whatever its price.
pub(crate) fn cost(tokens: u64, price: Option<Decimal>) -> Option<i128> {
    if tokens == 0 {
        return Some(0);
    }
    let nano = i128::from(price?.billionths());
    nano.checked_mul(i128::from(tokens))
}

/// A sum as dollars, exact, without needless zeros.
fn dollars(cost: i128) -> String {
    let sign = if cost < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", cost.unsigned_abs(), width = DIGITS + 1);
    let (whole, fraction) = digits
        .split_at_checked(digits.len() - DIGITS)
        .unwrap_or((&digits, ""));
    let fraction = fraction.trim_end_matches('0');
    match fraction {
        "" => format!("{sign}{whole}"),
        fraction => format!("{sign}{whole}.{fraction}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_is_exact() {
        let price = Decimal::parse("1.375").ok();
        assert_eq!(cost(3, price).map(dollars).as_deref(), Some("0.000004125"));
        assert_eq!(
            cost(1_000_000, price).map(dollars).as_deref(),
            Some("1.375")
        );
        assert_eq!(cost(0, None).map(dollars).as_deref(), Some("0"));
        assert_eq!(cost(1, None), None);
        assert_eq!(dollars(-1), "-0.000000000000001");
    }
}
