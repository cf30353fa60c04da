//! Proofs that failed as findings, each at its `prove`, so that whatever shows findings shows them.

use portolan_core::diagnostic::Diagnostic;
use portolan_core::source::{SourceId, Span};
use portolan_core::text;
use portolan_verify::prove::{Outcome, Proof, Refutation};
use portolan_verify::theorems::{Outcome as Came, Theorem};

use super::{Shown, decided, why, written};
use crate::render::diagnostic::junit::{Case, junit};
use crate::render::theorems;

impl Shown<'_> {
    /// What did not come out as proved.
    pub(crate) fn findings(&self) -> Vec<Diagnostic> {
        let proofs = self.proofs.iter().filter_map(|proof| self.finding(proof));
        let laws = self.theorems.iter().filter_map(|law| self.broken(law));
        proofs.chain(laws).collect()
    }

    /// A case for each claim and each law.
    pub(crate) fn junit(&self) -> String {
        let case = |name: String, span: Span, finding: Option<Diagnostic>| {
            let at = self.engine.sources().locate(span);
            let text = |finding: Diagnostic| {
                let lines = std::iter::once(finding.message).chain(finding.help);
                (true, lines.collect::<Vec<_>>().join("\n"))
            };
            Case {
                file: self.policy.shown(at.file),
                line: at.start.line,
                name,
                said: finding.map(text),
            }
        };
        let proves = self.proofs.iter().filter_map(|proof| {
            let prove = self.engine.policy().proves.get(proof.prove)?;
            Some(case(
                prove.name.to_string(),
                prove.span,
                self.finding(proof),
            ))
        });
        let laws = self.theorems.iter().map(|theorem| {
            let name = theorem.law.name().to_owned();
            case(name, self.whole(), self.broken(theorem))
        });
        let cases: Vec<Case> = proves.chain(laws).collect();
        junit("portolan prove", &cases)
    }

    fn finding(&self, proof: &Proof) -> Option<Diagnostic> {
        let prove = self.engine.policy().proves.get(proof.prove)?;
        let name = text::echo(&prove.name);
        match &proof.outcome {
            Outcome::Proved => None,
            Outcome::Refuted(refutation) => {
                let message = format!("`{name}` does not hold for {}", written(refutation));
                let finding = Diagnostic::error("refuted-claim", prove.span, message);
                Some(self.told(finding, refutation))
            }
            Outcome::Inconclusive(reason) => {
                let message = format!("whether `{name}` holds is not known: {}", why(*reason));
                Some(Diagnostic::error("inconclusive-claim", prove.span, message))
            }
        }
    }

    /// What became of the request, and what to do.
    fn told(&self, mut finding: Diagnostic, refutation: &Refutation) -> Diagnostic {
        if let Some(answer) = self.answer(refutation) {
            finding = finding.label(decided(&answer, refutation.attempt));
        }
        for rule in &refutation.through {
            if let Some(rule) = self.engine.policy().rule(*rule) {
                finding = finding.related(rule.span, "does not hold for it");
            }
        }
        for condition in &refutation.mends {
            finding = finding.help(format!("it would hold with `{condition}`"));
        }
        finding
    }

    fn broken(&self, theorem: &Theorem) -> Option<Diagnostic> {
        let sentence = theorems::sentence(theorem.law);
        match &theorem.outcome {
            Came::Holds => None,
            Came::Violated(violation) => {
                let request = theorems::request(violation);
                let message = format!("not {sentence}: {request}");
                let finding = Diagnostic::error("broken-law", self.whole(), message);
                Some(finding.help(theorems::because(&violation.because, self.engine)))
            }
            Came::Unknown(unknown) => {
                let why = theorems::reason(*unknown);
                let message = format!("whether {sentence} is not known: {why}");
                Some(Diagnostic::error("unknown-law", self.whole(), message))
            }
        }
    }

    /// The first line of the policy.
    fn whole(&self) -> Span {
        let first = self.engine.sources().iter().next();
        first.map_or(Span::new(SourceId(0), 0, 0), |(id, source)| {
            let line = source.text().lines().next().unwrap_or("");
            Span::new(id, 0, line.len())
        })
    }
}
