//! `useless-silence`: a silence without a finding to silence.

use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};
use crate::lints;
use crate::silence::Silence;

pub(crate) const LINT: Lint = Lint {
    code: "useless-silence",
    group: Group::Rules,
    level: Level::Warn,
    summary: "a silence of a finding that there is not",
    page: Page {
        what: "Finds codes in `allow(…)` comments whose lint ran and found nothing there.",
        why: "The reason for it is gone, and the next finding of that code would go unseen.",
        example: "```portolan\n\
                  // allow(unused-define): the overlay uses it\n\
                  define in-region = request.model_region is not set    // used below\n```",
        fix: "Delete the comment, or move it to the line above the finding. There is no machine's \
              fix: a comment is an author's.",
    },
    yields_to: &[],
    check: Check::OfSilences(check),
};

fn check(unused: &[Silence], runs: &dyn Fn(&str) -> bool, findings: &mut Findings) {
    for silence in unused {
        for (code, span) in &silence.codes {
            if lints::named(code).is_some() && runs(code) {
                let message = format!("there is no `{code}` to silence here");
                findings.push(
                    LINT.finding(*span, message)
                        .help("delete the code, or move the comment"),
                );
            }
        }
    }
}
