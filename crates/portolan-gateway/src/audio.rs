//! Seconds of audio and what they cost, by endpoint, name of the pass-through and key, since the
//! start.
//!
//! Sums are exact: lengths are billionths of a second and prices billionths of a dollar an hour, so
//! that a product is a whole number of 1/3600 of 10⁻¹⁸ dollars. A transcript is counted once, by its
//! id, however often it is read.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use portolan_core::decimal::Decimal;
use serde_json::{Value, json};

use crate::log::Line;

/// Ids of transcripts that are remembered.
const REMEMBERED: usize = 100_000;

/// The longest id that is remembered.
const ID: usize = 128;

/// Parts of a second.
const BILLIONTHS: i128 = 1_000_000_000;

/// Audio that somebody was told the length of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heard {
    /// The transcript's; a session has none and is told once.
    pub(crate) id: Option<String>,
    pub(crate) billionths: i64,
}

impl Heard {
    /// Its length in seconds.
    pub(crate) fn seconds(&self) -> String {
        Decimal::from_billionths(self.billionths).to_string()
    }
}

/// A length in billionths of a second, exactly as an answer says it.
pub(crate) fn length(said: &Value) -> Option<i64> {
    let seconds = Decimal::from_json_number(&said.as_number()?.to_string())?;
    let length = seconds.billionths();
    // Longer than a year is no length of a recording.
    (0..=31_536_000 * 1_000_000_000)
        .contains(&length)
        .then_some(length)
}

/// What the audio of a line costs, in 10⁻¹⁵ dollars and not less than that.
pub(crate) fn cost(line: &Line) -> i128 {
    let heard = line
        .passed
        .as_ref()
        .and_then(|passed| passed.heard.as_ref());
    let Some((heard, Some(price))) = heard else {
        return 0;
    };
    let cost = i128::from(heard.billionths).saturating_mul(i128::from(price.billionths()));
    // Of an hour's 10⁻¹⁸ dollars.
    cost.saturating_add(3_600_000 - 1) / 3_600_000
}

/// All sums.
#[derive(Debug, Default)]
pub(crate) struct Audio(Mutex<Sums>);

/// Endpoint, name of the pass-through, row of the key.
type Name = (String, String, String);

#[derive(Debug, Default)]
struct Sums {
    by_name: BTreeMap<Name, Sum>,
    told: BTreeSet<(String, String)>,
    order: VecDeque<(String, String)>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    recordings: u64,
    billionths: i128,
    cost: i128,
    unpriced: u64,
}

impl Audio {
    /// Adds what one answer told; `true` where it was new.
    pub(crate) fn add(&self, line: &Line) -> bool {
        let Some(passed) = &line.passed else {
            return false;
        };
        let Some((heard, price)) = &passed.heard else {
            return false;
        };
        let mut sums = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = &heard.id {
            let told = (passed.endpoint.clone(), id.chars().take(ID).collect());
            if !sums.told.insert(told.clone()) {
                return false;
            }
            sums.order.push_back(told);
            if sums.order.len() > REMEMBERED
                && let Some(oldest) = sums.order.pop_front()
            {
                sums.told.remove(&oldest);
            }
        }
        let account = line.account.clone().unwrap_or_default();
        let name = (passed.endpoint.clone(), passed.name.clone(), account);
        let sum = sums.by_name.entry(name).or_default();
        let billionths = i128::from(heard.billionths);
        sum.recordings += 1;
        sum.billionths = sum.billionths.saturating_add(billionths);
        match price {
            Some(price) => {
                let cost = billionths.saturating_mul(i128::from(price.billionths()));
                sum.cost = sum.cost.saturating_add(cost);
            }
            None => sum.unpriced += 1,
        }
        true
    }

    /// All sums as JSON.
    pub(crate) fn json(&self) -> Value {
        let sums = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entries = sums.by_name.iter().map(|((endpoint, name, account), sum)| {
            json!({
                "endpoint": endpoint,
                "name": name,
                "account": (!account.is_empty()).then_some(account),
                "recordings": sum.recordings,
                "audio_seconds": decimal(sum.billionths, BILLIONTHS),
                "cost_usd": decimal(sum.cost, BILLIONTHS * BILLIONTHS * 3600),
                "recordings_without_price": sum.unpriced,
            })
        });
        entries.collect()
    }
}

/// A fraction as a decimal with as many digits as it has, at most 18; what is beyond is cut off.
fn decimal(value: i128, of: i128) -> String {
    let whole = value / of;
    let mut rest = value % of;
    let mut digits = String::new();
    while rest != 0 && digits.len() < 18 {
        rest *= 10;
        digits.push_str(&(rest / of).to_string());
        rest %= of;
    }
    let digits = digits.trim_end_matches('0');
    if digits.is_empty() {
        whole.to_string()
    } else {
        format!("{whole}.{digits}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_read_as_it_is_written() {
        let read = |text: &str| length(&serde_json::from_str(text).unwrap());
        assert_eq!(read("281"), Some(281_000_000_000));
        assert_eq!(read("0.5"), Some(500_000_000));
        assert_eq!(read("-1"), None);
        assert_eq!(read("\"8\""), None);
        assert_eq!(read("1e300"), None);
    }

    #[test]
    fn a_cost_has_all_its_digits() {
        let hour = BILLIONTHS * BILLIONTHS * 3600;
        // 8 seconds at 0.27 dollars an hour.
        assert_eq!(decimal(8_000_000_000 * 270_000_000, hour), "0.0006");
        assert_eq!(decimal(0, hour), "0");
        assert_eq!(decimal(hour, hour), "1");
        assert_eq!(decimal(1, 3), "0.333333333333333333");
    }
}
