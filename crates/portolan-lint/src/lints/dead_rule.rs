//! `dead-rule`: a rule that can hold, and never does anything.

use portolan_core::text;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

/// Rules that are named in one finding.
const NAMED: usize = 5;

pub(crate) const LINT: Lint = Lint {
    code: "dead-rule",
    group: Group::Rules,
    level: Level::Warn,
    summary: "a rule that can hold, but only where other rules have decided",
    page: Page {
        what: "Goes through all requests and names each rule whose condition some request fulfils, \
               and which never does what it is for: it is never the first reason that a request or \
               a candidate falls for, never skips a legal route, is never the first to set, limit \
               or say something about an attempt. Where another rule \
               holds wherever this one does, it is shown; otherwise all that decide in its place, \
               which cover it together.",
        why: "Somebody wrote the rule for a reason, and reads it as if it were in force. Its status, \
              its words and its tests mean nothing.",
        example: "```portolan\n\
                  refuse 400 us-only\n  when request.endpoint == us\n  say  \"no\"\n\n\
                  refuse 400 eu-only\n  when request.endpoint == eu\n  say  \"no\"\n\n\
                  refuse 400 streams        // dead: the two above refuse every request\n  \
                  when request.stream\n  say  \"no\"\n```",
        fix: "Delete the rule, move it above those that decide, or narrow them. There is no \
              machine's fix: which of the three is meant is for the author to say.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let Some(surveyed) = context.surveyed() else {
        return;
    };
    let policy = context.engine.policy();
    for rule in context.rules() {
        let Some(known) = surveyed.get(rule.id) else {
            continue;
        };
        if !known.holds || known.acts {
            continue;
        }
        // Where one rule suffices, that others decide here and there is beside the point.
        let one = known.alone.iter().flatten().next();
        let behind = known
            .behind
            .iter()
            .filter(|id| one.is_none_or(|one| one == *id));
        let others = behind.filter_map(|id| policy.rule(*id));
        let others: Vec<_> = others.take(NAMED).collect();
        let names = text::quoted(others.iter().map(|other| &*other.name), "and");
        let name = &rule.typed.name;
        let what = match others.len() {
            0 => "nothing is left to decide".to_owned(),
            1 => format!("{names} decides"),
            _ => format!("{names} decide"),
        };
        let message = format!("`{name}` never decides anything: where it holds, {what}");
        let mut finding = LINT.finding(rule.typed.span, message);
        for other in others.iter().filter(|other| !other.built_in) {
            finding = finding.related(other.span, format!("`{}` decides first", other.name));
        }
        findings
            .push(finding.help("delete the rule, move it up, or narrow those that decide first"));
    }
}
