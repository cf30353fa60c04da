//! `price-unit-slip`: an amount that looks like dollars for another number of tokens.

use portolan_core::catalog::raw::{Catalog, PriceRow};
use portolan_core::decimal::Decimal;
use portolan_core::diagnostic::Fix;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};
use crate::sales::rows;

pub(crate) const LINT: Lint = Lint {
    code: "price-unit-slip",
    group: Group::Catalog,
    level: Level::Warn,
    summary: "an amount that looks like dollars for another number of tokens",
    page: Page {
        what: "Finds amounts below a tenth of a cent, and above $10,000, for a million tokens.",
        why: "Price lists give dollars for one token, for a thousand and for a million. Costs \
              are then wrong by a factor of a thousand or a million.",
        example: "```yaml\n\
                  price: {input: 0.000003, output: 0.000015}    # dollars for one token\n\
                  ```",
        fix: "Give dollars for a million tokens: multiply by 1,000,000 what is for one, and by \
              1,000 what is for a thousand. The machine's fix does the former where it gives a \
              usual price, and is unsafe.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

/// Less than this for a million tokens nobody takes.
const LEAST: Decimal = Decimal::from_billionths(1_000_000);

/// More than this nobody pays.
const MOST: Decimal = Decimal::from_billionths(10_000_000_000_000);

/// Tokens in what prices are for.
const MILLION: i64 = 1_000_000;

fn check(context: &Context<'_>, findings: &mut Findings) {
    for file in context.catalogs {
        in_file(file, findings);
    }
}

fn in_file(file: &Catalog, findings: &mut Findings) {
    for amount in rows(file).flat_map(PriceRow::amounts) {
        let shown = amount.value.money();
        if amount.value > MOST {
            let message = format!("${shown} for a million tokens is more than anybody pays");
            let finding = LINT.finding(amount.span, message);
            findings.push(finding.help("give dollars for a million tokens"));
        } else if amount.value > Decimal::ZERO && amount.value < LEAST {
            let message = format!("${shown} for a million tokens is less than anybody takes");
            let finding = LINT.finding(amount.span, message);
            let finding = finding.help("give dollars for a million tokens, not for one");
            let meant = amount.value.billionths().checked_mul(MILLION);
            let meant = meant.map(Decimal::from_billionths);
            findings.push(match meant.filter(|meant| (LEAST..=MOST).contains(meant)) {
                Some(meant) => finding.fix(Fix::risky(amount.span, meant.money())),
                None => finding,
            });
        }
    }
}
