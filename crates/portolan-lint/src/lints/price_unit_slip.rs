//! `price-unit-slip`: a price that looks like dollars for another number of tokens.

use portolan_core::catalog::raw::Catalog;
use portolan_core::decimal::Decimal;
use portolan_core::diagnostic::Fix;
use portolan_core::source::Spanned;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};
use crate::sales::rows;

pub(crate) const LINT: Lint = Lint {
    code: "price-unit-slip",
    group: Group::Catalog,
    level: Level::Warn,
    summary: "a price that looks like dollars for another number of tokens",
    page: Page {
        what: "Finds prices with an amount below a tenth of a cent, or above $10,000, for a million \
              tokens.",
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
    for row in rows(file) {
        // A row is copied from a list as a whole: what slipped in it is one slip.
        let slipped: Vec<Spanned<Decimal>> = row.amounts().filter(|it| slips(it.value)).collect();
        let Some(first) = slipped.first() else {
            continue;
        };
        let shown = first.value.money();
        let (word, help) = if first.value > MOST {
            (
                "more than anybody pays",
                "give dollars for a million tokens",
            )
        } else {
            (
                "less than anybody takes",
                "give dollars for a million tokens, not for one",
            )
        };
        let message = format!("${shown} for a million tokens is {word}");
        let mut finding = LINT.finding(first.span, message).help(help);
        let mut meant = slipped
            .iter()
            .filter_map(|it| Some((it.span, meant(it.value)?)));
        if let Some((span, amount)) = meant.next() {
            let fix = Fix::risky(span, amount);
            finding = finding.fix(meant.fold(fix, |fix, (span, amount)| fix.and(span, amount)));
        }
        findings.push(finding);
    }
}

fn slips(amount: Decimal) -> bool {
    amount > MOST || amount > Decimal::ZERO && amount < LEAST
}

/// What is for a million tokens, where the amount is for one and that makes a usual price.
fn meant(amount: Decimal) -> Option<String> {
    let whole = amount.billionths().checked_mul(MILLION)?;
    let whole = Decimal::from_billionths(whole);
    (LEAST..=MOST).contains(&whole).then(|| whole.money())
}
