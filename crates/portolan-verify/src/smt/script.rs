//! A question as SMT-LIB 2: what its variables stand for, in comments; the formulas that its
//! claims hang on, each defined once; and what a solver is asked.

use std::fmt::Write as _;

use portolan_core::decimal::Decimal;
use portolan_core::limits;
use portolan_core::policy::{BodyField, Value};

use super::encoder::Encoder;
use super::formula::{Formula, Node, Variable};
use super::ranges::Ranges;
use super::space::{Field, Meaning, Part};
use super::ties::Ties;

/// Asks for a request.
pub(super) const ASKS: &str = "(check-sat)\n";

/// Says what the number of each variable is.
pub(super) fn pinned(encoder: &Encoder<'_>, numbers: &[i128]) -> String {
    let mut out = String::new();
    let fields = encoder.space.fields().iter();
    for ((symbol, (_, meaning)), number) in symbols(encoder).iter().zip(fields).zip(numbers) {
        let value = match meaning {
            Meaning::Flag => (*number == 1).to_string(),
            Meaning::Values(_)
            | Meaning::Named
            | Meaning::Integer
            | Meaning::Decimal
            | Meaning::Instant => numeral(*number),
        };
        let _ = writeln!(out, "(assert (= {symbol} {value}))");
    }
    out
}

/// Says that texts which nobody counted are so short that both fit into one body.
pub(super) fn short_texts(encoder: &Encoder<'_>) -> String {
    let most = limits::BODY_BYTES / 16;
    let mut out = String::new();
    for part in [Part::Primary, Part::Fallback] {
        let known = |body| {
            let field = Field::Body(part, body);
            let known = encoder.space.known(field);
            known.map(|_| symbol(encoder, field))
        };
        if let Some(input) = known(BodyField::InputTokens)
            && let Some(estimated) = known(BodyField::InputTokensEstimated)
        {
            let _ = writeln!(out, "(assert (or (not {estimated}) (<= {input} {most})))");
        }
    }
    out
}

/// The symbol of each variable, in their order.
pub(super) fn symbols(encoder: &Encoder<'_>) -> Vec<String> {
    let fields = encoder.space.fields().iter();
    fields.map(|(field, _)| symbol(encoder, *field)).collect()
}

/// Writes what is asserted, and the sums.
pub(super) fn write(
    encoder: &Encoder<'_>,
    title: &str,
    asserted: &[(&str, Formula)],
    ties: &Ties,
) -> String {
    let mut writer = Writer {
        encoder,
        symbols: symbols(encoder),
        out: String::new(),
    };
    writer.line(&format!("; {title}"));
    writer.line("(set-logic QF_LIA)");
    writer.variables();
    for part in &ties.totals {
        writer.total(*part);
    }
    let real = ties.formulas.iter();
    let real = real.map(|(_, tie)| ("of every request", *tie));
    let asserted: Vec<(&str, Formula)> = asserted.iter().copied().chain(real).collect();
    let unless = ties.same.iter().map(|(unless, ..)| *unless);
    writer.definitions(asserted.iter().map(|(_, formula)| *formula).chain(unless));
    for (unless, a, b) in &ties.same {
        let unless = writer.name(*unless);
        let (a, b) = (writer.symbol(*a), writer.symbol(*b));
        let said = format!("(assert (or {unless} (= {a} {b})))");
        writer.line(&said);
    }
    for (what, formula) in asserted {
        writer.line(&format!("; {what}"));
        let said = format!("(assert {})", writer.name(formula));
        writer.line(&said);
    }
    writer.out.push_str(ASKS);
    let all = writer.symbols.join(" ");
    writer.line(&format!("(get-value ({all}))"));
    writer.out
}

struct Writer<'a> {
    encoder: &'a Encoder<'a>,
    symbols: Vec<String>,
    out: String,
}

impl Writer<'_> {
    fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn symbol(&self, variable: Variable) -> &str {
        let found = self.symbols.get(variable.0 as usize);
        found.map_or("false", |symbol| symbol.as_str())
    }

    fn variables(&mut self) {
        let encoder = self.encoder;
        for (number, (field, meaning)) in (0u32..).zip(encoder.space.fields()) {
            let variable = Variable(number);
            let symbol = self.symbol(variable).to_owned();
            self.line(&format!("; {symbol}: {}", told(encoder, *field, meaning)));
            if matches!(meaning, Meaning::Flag) {
                self.line(&format!("(declare-const {symbol} Bool)"));
                continue;
            }
            self.line(&format!("(declare-const {symbol} Int)"));
            if let Some((least, most)) = encoder.all.domain(variable).parts().first() {
                let (least, most) = (numeral(*least), numeral(*most));
                self.line(&format!("(assert (<= {least} {symbol} {most}))"));
            }
        }
    }

    /// Input tokens and what is left to produce, up to the largest number there is.
    fn total(&mut self, part: Part) {
        let name = |field: Field| {
            let known = self.encoder.space.known(field);
            known.map(|variable| self.symbol(variable).to_owned())
        };
        let field = |body| name(Field::Body(part, body)).unwrap_or_default();
        let (sum, input) = (field(BodyField::TotalTokens), field(BodyField::InputTokens));
        let output = field(BodyField::MaxTokens);
        let given = name(Field::Given(part, BodyField::MaxTokens));
        let positive = format!("(> {output} 0)");
        let counts = given.map_or(positive.clone(), |given| {
            format!("(and {given} {positive})")
        });
        let most = numeral(i128::from(i64::MAX));
        self.line(&format!(
            "(assert (= {sum} (let ((sum (+ {input} (ite {counts} {output} 0)))) \
             (ite (> sum {most}) {most} sum))))"
        ));
    }

    /// Every compound formula that what is asserted is made of, the smaller ones first.
    fn definitions(&mut self, asserted: impl Iterator<Item = Formula>) {
        let nodes = self.encoder.all.nodes();
        let mut used = vec![false; nodes.len()];
        let mark = |used: &mut Vec<bool>, formula: Formula| {
            if let Some(used) = used.get_mut(formula.index()) {
                *used = true;
            }
        };
        for formula in asserted {
            mark(&mut used, formula);
        }
        // Parts have lower numbers than what is made of them.
        for (index, node) in nodes.iter().enumerate().rev() {
            if !used.get(index).copied().unwrap_or(false) {
                continue;
            }
            match node {
                Node::False | Node::True | Node::In(..) => {}
                Node::Not(inner) => mark(&mut used, *inner),
                Node::And(parts) | Node::Or(parts) => {
                    for part in parts {
                        mark(&mut used, *part);
                    }
                }
            }
        }
        for (index, (node, used)) in nodes.iter().zip(used).enumerate() {
            let joined = match node {
                Node::And(parts) if used => ("and", parts),
                Node::Or(parts) if used => ("or", parts),
                Node::False
                | Node::True
                | Node::In(..)
                | Node::Not(_)
                | Node::And(_)
                | Node::Or(_) => continue,
            };
            let (word, parts) = joined;
            let parts: Vec<String> = parts.iter().map(|part| self.name(*part)).collect();
            let parts = parts.join(" ");
            self.line(&format!("(define-fun f{index} () Bool ({word} {parts}))"));
        }
    }

    /// A formula, by its name where it has one.
    fn name(&self, formula: Formula) -> String {
        match self.encoder.all.node(formula) {
            Node::False => "false".to_owned(),
            Node::True => "true".to_owned(),
            Node::In(variable, set) => self.atom(*variable, set),
            Node::Not(inner) => format!("(not {})", self.name(*inner)),
            Node::And(_) | Node::Or(_) => format!("f{}", formula.index()),
        }
    }

    fn atom(&self, variable: Variable, set: &Ranges) -> String {
        let symbol = self.symbol(variable);
        let field = self.encoder.space.fields().get(variable.0 as usize);
        if matches!(field, Some((_, Meaning::Flag))) {
            return if set.contains(1) {
                symbol.to_owned()
            } else {
                format!("(not {symbol})")
            };
        }
        let domain = self.encoder.all.domain(variable).parts();
        let first = domain.first().map(|(least, _)| *least);
        let last = domain.last().map(|(_, most)| *most);
        let part = |(least, most): &(i128, i128)| {
            let (from, to) = (numeral(*least), numeral(*most));
            if least == most {
                format!("(= {symbol} {from})")
            } else if first == Some(*least) {
                format!("(<= {symbol} {to})")
            } else if last == Some(*most) {
                format!("(<= {from} {symbol})")
            } else {
                format!("(<= {from} {symbol} {to})")
            }
        };
        let parts: Vec<String> = set.parts().iter().map(part).collect();
        match parts.as_slice() {
            [one] => one.clone(),
            _ => format!("(or {})", parts.join(" ")),
        }
    }
}

/// A number as SMT-LIB writes it.
fn numeral(n: i128) -> String {
    if n < 0 {
        format!("(- {})", n.unsigned_abs())
    } else {
        n.to_string()
    }
}

/// The symbol of a field: as rules write it, with a `?` for whether it is there.
fn symbol(encoder: &Encoder<'_>, field: Field) -> String {
    let policy = encoder.space.policy;
    let whose = |part: Part| match part {
        Part::Primary => "request",
        Part::Fallback => "fallback",
    };
    let attribute = |index: u32| {
        let found = policy.attributes.get(index as usize);
        found.map_or("", |attribute| &attribute.name)
    };
    let now = |model: portolan_core::catalog::ModelId,
               of: Option<(
        portolan_core::catalog::RegionId,
        portolan_core::catalog::EndpointId,
    )>,
               fact: portolan_core::policy::StateFact| {
        let of = of.map(|(region, endpoint)| format!(".{}.{}", region.0, endpoint.0));
        let of = of.unwrap_or_default();
        format!("state.{}{of}.{}", model.0, fact.name())
    };
    match field {
        Field::Endpoint => "request.endpoint".to_owned(),
        Field::At => "request.at".to_owned(),
        Field::Auth => "request.auth".to_owned(),
        Field::AuthHeader => "request.auth_header".to_owned(),
        Field::Attribute(index) => format!("attribute.{}", attribute(index)),
        Field::AttributeGiven(index) => format!("attribute.{}?", attribute(index)),
        Field::Chained => "fallback?".to_owned(),
        Field::OwnText => "fallback.text?".to_owned(),
        Field::Body(part, body) => format!("{}.{}", whose(part), body.name()),
        Field::Given(part, body) => format!("{}.{}?", whose(part), body.name()),
        Field::State(model, of, fact) => now(model, of, fact),
        Field::StateGiven(model, of, fact) => format!("{}?", now(model, of, fact)),
        Field::Word(part, body, word) => format!("{}.{}.{word}", whose(part), body.name()),
    }
}

/// What the numbers of a variable stand for.
fn told(encoder: &Encoder<'_>, field: Field, meaning: &Meaning) -> String {
    let space = &encoder.space;
    match meaning {
        Meaning::Flag => match field {
            Field::Word(_, _, word) => match space.texts.named().get(word as usize) {
                Some(word) => format!("it has `{}`", word.escape_debug()),
                None => "it has something else".to_owned(),
            },
            Field::Chained => "there is a fallback that is judged".to_owned(),
            Field::OwnText => "it has a text of its own".to_owned(),
            Field::AttributeGiven(_) | Field::Given(..) | Field::StateGiven(..) => {
                "it is given".to_owned()
            }
            Field::Endpoint
            | Field::At
            | Field::Auth
            | Field::AuthHeader
            | Field::Attribute(_)
            | Field::Body(..)
            | Field::State(..) => "it is so".to_owned(),
        },
        Meaning::Values(values) => {
            let mut out = String::new();
            for (position, value) in values.iter().enumerate() {
                let value = value
                    .as_ref()
                    .map_or("absent".to_owned(), |v| said(encoder, v));
                let _ = write!(out, "{}{position} {value}", comma(position));
            }
            out
        }
        Meaning::Named => {
            let mut out = String::new();
            for (position, named) in space.named.iter().enumerate() {
                let id = space
                    .id(named)
                    .map_or("absent".to_owned(), |id| format!("`{}`", id.escape_debug()));
                let _ = write!(out, "{}{position} {id}", comma(position));
            }
            out
        }
        Meaning::Integer => "a whole number".to_owned(),
        Meaning::Decimal => format!("billionths; {} is 1", Decimal::ONE.billionths()),
        Meaning::Instant => "seconds since 1970-01-01T00:00:00Z".to_owned(),
    }
}

const fn comma(position: usize) -> &'static str {
    if position == 0 { "" } else { ", " }
}

fn said(encoder: &Encoder<'_>, value: &Value) -> String {
    let (catalog, policy) = (encoder.space.catalog, encoder.space.policy);
    let name = |found: Option<&str>| found.unwrap_or_default().escape_debug().to_string();
    match value {
        Value::Bool(yes) => yes.to_string(),
        Value::Text(text) => format!("`{}`", text.escape_debug()),
        Value::Endpoint(id) => name(catalog.endpoint(*id).map(|e| &*e.name)),
        Value::Row(table, row) => {
            let table = policy.tables.get(*table as usize);
            name(
                table
                    .and_then(|t| t.keys.get(*row as usize))
                    .map(|key| &**key),
            )
        }
        Value::Integer(_)
        | Value::Decimal(_)
        | Value::Instant(_)
        | Value::Model(_)
        | Value::Maker(_)
        | Value::Provider(_)
        | Value::Region(_)
        | Value::Places(_)
        | Value::UnknownPlace
        | Value::Retention(_)
        | Value::Set(_) => String::new(),
    }
}
