//! What was proved, as one document: the same policy gives the same bytes.
//!
//! `document` says what there is to say, once; `markdown.rs` and `html.rs` write it down. No clock
//! and no duration is in it.

mod html;
mod markdown;
mod places;

pub(crate) use html::html;
pub(crate) use markdown::markdown;

use portolan_verify::prove::{Outcome, Proof};
use portolan_verify::theorems;

use super::proofs::{self, Shown, covered, decided, why};
use super::theorems::{because, looked, reason, request, sentence};

/// A document.
pub(crate) struct Document {
    title: String,
    blocks: Vec<Block>,
}

/// A part of it. All text is plain; whoever writes it down escapes it.
enum Block {
    /// A heading below the title.
    Section(String),
    /// A heading below a section, with a word that sets it apart.
    Entry { name: String, outcome: &'static str },
    /// Some sentences.
    Text(String),
    /// Lines that stand as they are.
    Code(String),
    /// Names, and what each stands for.
    Facts(Vec<(String, String)>),
}

/// What was proved of a policy, which is named `of` on a command line.
pub(crate) fn document(shown: &Shown<'_>, of: &str) -> Document {
    let policy = shown.engine.policy();
    let mut blocks = Vec::new();
    let fact = |name: &str, value: String| (name.to_owned(), value);
    let mut facts = vec![fact("policy", policy.name.to_string())];
    if let Some(overlay) = shown.overlay {
        facts.push(fact("overlay", overlay.to_owned()));
    }
    facts.push(fact("snapshot", shown.engine.snapshot().to_string()));
    facts.push(fact(
        "version",
        format!("portolan {}", env!("CARGO_PKG_VERSION")),
    ));
    facts.push(fact("claims", tally(shown)));
    facts.push(fact("laws", laws(shown)));
    facts.push(fact("proved again by", format!("portolan prove {of}")));
    facts.push(fact("written again by", format!("portolan report {of}")));
    blocks.push(Block::Facts(facts));
    blocks.push(Block::Section("What the policy claims".to_owned()));
    if shown.proofs.is_empty() {
        blocks.push(Block::Text("It claims nothing.".to_owned()));
    }
    for proof in shown.proofs {
        claim(&mut blocks, shown, proof);
    }
    blocks.push(Block::Section("What holds of every policy".to_owned()));
    for theorem in shown.theorems {
        law(&mut blocks, shown, theorem);
    }
    blocks.push(Block::Section(
        "What \u{201c}every request\u{201d} means".to_owned(),
    ));
    blocks.extend(EVERY_REQUEST.map(|text| Block::Text(text.to_owned())));
    let places = places::named(shown);
    if !places.is_empty() {
        blocks.push(Block::Section("The places that the claims name".to_owned()));
        blocks.push(Block::Facts(places));
    }
    Document {
        title: format!("What was proved of {}", policy.name),
        blocks,
    }
}

const EVERY_REQUEST: [&str; 3] = [
    "Every value of every field that a rule, a fact of the catalog or the claim tells apart: every model id and alias, unknown ids, every endpoint, every declared attribute, every header that is looked at, every shape of the body, and every number of tokens. Requests that no rule tells apart are one class; the classes are counted, and each was looked at.",
    "Every instant between the dates that are given with a claim; where none are given, every instant at all, before the first and after the last date of the catalog too. Every chain of fallbacks: each fallback is judged as a request of its own. Every state: what is unhealthy or used up only takes routes away.",
    "A claim that something must route, or is refused for one reason, is about plain requests: no header judged, a well-formed body and no fallbacks, as far as its own condition says nothing else. What is refuted was refuted by the request beside it, judged by the interpreter. The catalog's facts are taken as they are written: whether a provider keeps to them is not part of the proof.",
];

/// How many claims came to what.
fn tally(shown: &Shown<'_>) -> String {
    let count = |of: fn(&Outcome) -> bool| {
        let outcomes = shown.proofs.iter().filter(|proof| of(&proof.outcome));
        outcomes.count()
    };
    format!(
        "{} proved, {} refuted, {} inconclusive",
        count(|o| matches!(o, Outcome::Proved)),
        count(|o| matches!(o, Outcome::Refuted(_))),
        count(|o| matches!(o, Outcome::Inconclusive(_)))
    )
}

/// How many laws came to what.
fn laws(shown: &Shown<'_>) -> String {
    let count = |of: fn(&theorems::Outcome) -> bool| {
        let outcomes = shown.theorems.iter().filter(|law| of(&law.outcome));
        outcomes.count()
    };
    format!(
        "{} hold, {} violated, {} unknown",
        count(|o| matches!(o, theorems::Outcome::Holds)),
        count(|o| matches!(o, theorems::Outcome::Violated(_))),
        count(|o| matches!(o, theorems::Outcome::Unknown(_)))
    )
}

fn claim(blocks: &mut Vec<Block>, shown: &Shown<'_>, proof: &Proof) {
    let Some(prove) = shown.engine.policy().proves.get(proof.prove) else {
        return;
    };
    let outcome = match &proof.outcome {
        Outcome::Proved => "proved",
        Outcome::Refuted(_) => "refuted",
        Outcome::Inconclusive(_) => "inconclusive",
    };
    blocks.push(Block::Entry {
        name: prove.name.to_string(),
        outcome,
    });
    blocks.push(Block::Code(source(
        shown.engine.sources().slice(prove.whole),
    )));
    let covered = covered(proof.covered, prove.between);
    let covered = covered.trim_matches(['(', ')']);
    blocks.push(Block::Text(format!(
        "At {}; looked at {covered}.",
        shown.place(prove)
    )));
    match &proof.outcome {
        Outcome::Proved => {}
        Outcome::Refuted(refutation) => {
            blocks.push(Block::Text("Refuted by this request:".to_owned()));
            blocks.push(Block::Code(proofs::written(refutation)));
            if let Some(answer) = shown.answer(refutation) {
                let decided = decided(&answer, refutation.attempt);
                blocks.push(Block::Text(format!("What becomes of it: {decided}.")));
            }
            for rule in &refutation.through {
                blocks.push(Block::Text(format!(
                    "Let through: {}.",
                    shown.through(*rule)
                )));
            }
            for mend in &refutation.mends {
                blocks.push(Block::Text(format!("It would hold with: {mend}.")));
            }
        }
        Outcome::Inconclusive(reason) => {
            blocks.push(Block::Text(format!("Nobody knows: {}.", why(*reason))));
        }
    }
}

/// A claim as it is written, without comments that stand after it.
fn source(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    let aside = |line: &&str| line.trim().is_empty() || line.trim().starts_with("//");
    while lines.last().is_some_and(aside) {
        lines.pop();
    }
    lines.join("\n")
}

fn law(blocks: &mut Vec<Block>, shown: &Shown<'_>, theorem: &theorems::Theorem) {
    let outcome = match &theorem.outcome {
        theorems::Outcome::Holds => "holds",
        theorems::Outcome::Violated(_) => "violated",
        theorems::Outcome::Unknown(_) => "unknown",
    };
    blocks.push(Block::Entry {
        name: theorem.law.name().to_owned(),
        outcome,
    });
    let said = sentence(theorem.law);
    blocks.push(Block::Text(format!(
        "The law: {said}. Looked at: {}.",
        looked(theorem)
    )));
    match &theorem.outcome {
        theorems::Outcome::Holds => {}
        theorems::Outcome::Violated(violation) => {
            let because = because(&violation.because, shown.engine);
            blocks.push(Block::Text(format!(
                "Violated by this request, because {because}:"
            )));
            blocks.push(Block::Code(request(violation)));
        }
        theorems::Outcome::Unknown(unknown) => {
            blocks.push(Block::Text(format!("Nobody knows: {}.", reason(*unknown))));
        }
    }
}
