//! Built-in points that a policy does not word itself.

use super::policy::{
    Blame, BlameField, Condition, Piece, Policy, Rule, RuleKind, Slot, Template, Verdict,
};
use super::schema::BodyField;
use super::term::Term;
use crate::instant::Window;
use crate::source::Span;

/// Adds the built-in points that the policy does not word.
pub(super) fn built_in_points(policy: &mut Policy, span: Span) {
    let has = |policy: &Policy, matches: fn(&RuleKind) -> bool| {
        policy.rules.iter().any(|r| matches(&r.kind))
    };
    let model = Piece::Term(Term::Body(BodyField::Model));
    let say = |before: &str, after: &str| Template {
        pieces: vec![
            Piece::Text(before.into()),
            model.clone(),
            Piece::Text(after.into()),
        ],
    };
    let rule = |kind: RuleKind, say: Template, help: Vec<Template>| Rule {
        name: kind.code().into(),
        kind,
        window: Window::ALWAYS,
        when: Condition::Constant(true),
        blame: Some(Blame::Field(BlameField::Body(BodyField::Model))),
        say,
        help,
        span,
        built_in: true,
    };
    let verdict = |code: &str| Verdict {
        status: 404,
        code: code.into(),
    };
    if !has(policy, |k| matches!(k, RuleKind::UnknownModel { .. })) {
        let help = Template {
            pieces: vec![
                Piece::Text("did you mean ".into()),
                Piece::Slot(Slot::Near),
                Piece::Text("?".into()),
            ],
        };
        let kind = RuleKind::UnknownModel {
            chain: false,
            verdict: verdict("model-not-found"),
        };
        policy
            .rules
            .push(rule(kind, say("no model `", "`"), vec![help]));
    }
    if !has(policy, |k| matches!(k, RuleKind::NotOffered(_))) {
        let kind = RuleKind::NotOffered(verdict("model-not-offered"));
        policy.rules.insert(
            0,
            rule(
                kind,
                say("`", "` is not offered here at this date"),
                Vec::new(),
            ),
        );
    }
    let kind = RuleKind::BeyondDepth(Verdict {
        status: 400,
        code: "fallback-beyond-depth".into(),
    });
    policy.rules.push(rule(
        kind,
        say("`", "` stands beyond the depth of the fallback chain"),
        Vec::new(),
    ));
}
