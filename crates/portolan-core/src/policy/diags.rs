//! What can be wrong with the meaning of a policy, in words.

use super::names::type_name;
use super::types::Type;
use crate::diagnostic::Diagnostic;
use crate::limits;
use crate::source::Span;
use crate::text::echo;

pub(super) fn unknown_field(span: Span, root: &str, name: &str, near: Option<&str>) -> Diagnostic {
    let name = echo(name);
    Diagnostic::error(
        "unknown-field",
        span,
        format!("`{root}` has no field `{name}`"),
    )
    .near(near)
}

pub(super) fn unknown_root(span: Span, name: &str, near: Option<&str>) -> Diagnostic {
    let message = format!(
        "`{}` is not a field or a name that stands for one",
        echo(name)
    );
    Diagnostic::error("unknown-name", span, message).near(near)
}

pub(super) fn unknown_name(span: Span, what: &str, name: &str, near: Option<&str>) -> Diagnostic {
    let message = format!("no {what} `{}`", echo(name));
    Diagnostic::error("unknown-name", span, message).near(near)
}

pub(super) fn not_in_the_catalog(
    span: Span,
    what: &str,
    name: &str,
    near: Option<&str>,
) -> Diagnostic {
    let message = format!("the catalog has no {what} `{}`", echo(name));
    Diagnostic::error("unknown-name", span, message).near(near)
}

pub(super) fn ambiguous_name(span: Span, name: &str, of: &Type) -> Diagnostic {
    let (name, of) = (echo(name), type_name(of));
    Diagnostic::error(
        "ambiguous-name",
        span,
        format!("`{name}` is both a `define` and {of}"),
    )
    .help("rename the `define`, or put the other one in quotes")
}

pub(super) fn type_mismatch(span: Span, expected: &Type, found: &str) -> Diagnostic {
    let expected = type_name(expected);
    Diagnostic::error(
        "type-mismatch",
        span,
        format!("expected {expected}, found {found}"),
    )
}

pub(super) fn not_comparable(span: Span, left: &Type, right: &Type) -> Diagnostic {
    let (left, right) = (type_name(left), type_name(right));
    Diagnostic::error(
        "type-mismatch",
        span,
        format!("cannot compare {left} with {right}"),
    )
}

pub(super) fn wrong_operator(span: Span, operator: &str, of: &Type) -> Diagnostic {
    let of = type_name(of);
    Diagnostic::error(
        "wrong-operator",
        span,
        format!("`{operator}` does not apply to {of}"),
    )
}

pub(super) fn only_presence(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error(
        "wrong-operator",
        span,
        format!("of `{name}` only `is set` and `is not set` can be asked"),
    )
}

pub(super) fn two_constants(span: Span) -> Diagnostic {
    Diagnostic::error("constant-condition", span, "this compares two constants")
        .help("compare a field with a constant")
}

pub(super) fn two_request_fields(span: Span) -> Diagnostic {
    Diagnostic::error("two-request-fields", span, "both sides are fields of the request")
        .help("compare with a constant or with a fact of the catalog; `request.total_tokens` is the one sum there is")
}

pub(super) fn not_boolean(span: Span, of: &Type) -> Diagnostic {
    let of = type_name(of);
    Diagnostic::error(
        "type-mismatch",
        span,
        format!("a condition is true or false, this is {of}"),
    )
}

pub(super) fn optional_read(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error("optional-field", span, format!("`{name}` may be absent"))
        .label("read without asking")
        .help(format!("ask first: `{name} is set and …`"))
}

pub(super) fn never_optional(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error("always-set", span, format!("`{name}` always has a value"))
        .help("leave out the `is set` test")
}

pub(super) fn not_here(span: Span, name: &str, here: &str) -> Diagnostic {
    Diagnostic::error(
        "field-not-here",
        span,
        format!("`{name}` is not known in {here}"),
    )
}

pub(super) fn too_large(span: Span) -> Diagnostic {
    let (nodes, depth) = (limits::CONDITION_NODES, limits::CONDITION_DEPTH);
    Diagnostic::error(
        "condition-too-large",
        span,
        format!("with its defines expanded this condition has more than {nodes} parts or nests deeper than {depth}"),
    )
    .help("move what repeats into a `table`")
}

pub(super) fn define_cycle(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error(
        "define-cycle",
        span,
        format!("`{}` is defined by itself", echo(name)),
    )
}

pub(super) fn arguments(span: Span, name: &str, expected: usize, found: usize) -> Diagnostic {
    let name = echo(name);
    Diagnostic::error(
        "wrong-arguments",
        span,
        format!("`{name}` takes {expected} arguments, found {found}"),
    )
}

pub(super) fn duplicate(span: Span, what: &str, name: &str, first: Span) -> Diagnostic {
    let name = echo(name);
    Diagnostic::error("duplicate-name", span, format!("a second {what} `{name}`"))
        .related(first, "the first one")
}

pub(super) fn duplicate_rule(span: Span, name: &str, first: Span) -> Diagnostic {
    duplicate(span, "rule", name, first).help("give one of them a name of its own: `as NAME`")
}

pub(super) fn not_provable(span: Span, name: &str, word: &str) -> Diagnostic {
    let message = format!(
        "no request shows when `{}` holds: it is a `{word}`",
        echo(name)
    );
    Diagnostic::error("not-provable", span, message).help("leave it out of the `unique`")
}

pub(super) fn duplicate_clause(span: Span, clause: &str, first: Span) -> Diagnostic {
    Diagnostic::error(
        "duplicate-clause",
        span,
        format!("a second `{clause}` in one rule"),
    )
    .related(first, "the first one")
}

pub(super) fn clause_not_here(span: Span, clause: &str, rule: &str) -> Diagnostic {
    Diagnostic::error(
        "clause-not-here",
        span,
        format!("`{clause}` means nothing in a `{rule}` rule"),
    )
}

pub(super) fn clause_missing(span: Span, clause: &str, rule: &str) -> Diagnostic {
    Diagnostic::error(
        "clause-missing",
        span,
        format!("this `{rule}` rule needs a `{clause}`"),
    )
}

pub(super) fn bad_status(span: Span, status: u16, rule: &str) -> Diagnostic {
    let found = Diagnostic::error(
        "wrong-status",
        span,
        format!("`{rule}` cannot answer {status}"),
    );
    match status {
        408 | 409 | 425 | 429 | 500..=599 if rule != "skip" => found
            .label("clients retry this status")
            .help("a permanent refusal is a 4xx that no client retries; only `skip` may answer 429 or 5xx"),
        _ if rule == "skip" => found.help("a `skip` answers 429 or 5xx: the same request may succeed later"),
        _ => found.help("use a 4xx status"),
    }
}

pub(super) fn bad_code(span: Span, code: &str) -> Diagnostic {
    Diagnostic::error("bad-code", span, format!("`{}` is not a code", echo(code)))
        .help("codes are lower-case words joined by hyphens, such as `model-not-found`")
}

pub(super) fn lock_reads_client_field(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error(
        "lock-reads-client-field",
        span,
        format!("a lock cannot depend on `{name}`, which any client may send"),
    )
    .help("read the endpoint, the instant or an attribute; or declare `opt-in` for the field")
}

pub(super) fn lock_reads_place(span: Span) -> Diagnostic {
    let message = "a lock cannot depend on a place: an unknown one would open it";
    Diagnostic::error("lock-reads-place", span, message)
        .help("compare the endpoint or an attribute by name")
}

pub(super) fn opt_in_missing(span: Span, name: &str) -> Diagnostic {
    let message = format!("`{name}` would widen where a client's request may go");
    Diagnostic::error("opt-in-missing", span, message)
        .help(format!("write `opt-in {name}`, if clients may do that"))
}

pub(super) fn lock_not_closed(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error(
        "lock-fails-open",
        span,
        format!("without `{name}` this lock would not apply"),
    )
    .label("holds only where the field is set")
    .help(format!(
        "write `{name} is not set or …`, or give the attribute a default"
    ))
}

pub(super) fn lock_too_complex(span: Span) -> Diagnostic {
    let limit = limits::LOCK_ATOMS;
    Diagnostic::error(
        "lock-too-complex",
        span,
        format!("a lock's condition may have at most {limit} comparisons"),
    )
    .help("write several locks: all of them hold")
}

pub(super) fn lock_mixed(span: Span) -> Diagnostic {
    Diagnostic::error(
        "lock-mixed",
        span,
        "`retention` and places cannot share one bound",
    )
    .help("write two locks")
}

pub(super) fn lock_bound(span: Span) -> Diagnostic {
    Diagnostic::error(
        "lock-bound",
        span,
        "a lock's bound is a constant, or a column of a table",
    )
}

pub(super) fn skip_without_state(span: Span) -> Diagnostic {
    Diagnostic::error("skip-without-state", span, "a `skip` must read a fact about now")
        .help("read `model.used`, `route.healthy` or another state field; for a lasting reason use `exclude`")
}

pub(super) fn skip_beside_state(span: Span) -> Diagnostic {
    Diagnostic::error(
        "skip-without-state",
        span,
        "this `skip` may hold where nothing is known about now",
    )
    .help("join what it reads about now with `and`; for a lasting reason use `exclude`")
}

pub(super) fn set_field(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error("set-not-allowed", span, format!("`{}` cannot be set", echo(name)))
        .help("a policy never changes the model, the region, the endpoint or the fallbacks; other body fields are `body.NAME`")
}

pub(super) fn set_read(span: Span, name: &str, reader: Span) -> Diagnostic {
    Diagnostic::error(
        "set-is-read",
        span,
        format!("`{name}` is read by a rule that decides"),
    )
    .related(reader, "read here")
    .help("a policy cannot change what it has judged")
}

pub(super) fn unknown_slot(span: Span, slot: &str, near: Option<&str>) -> Diagnostic {
    Diagnostic::error(
        "unknown-slot",
        span,
        format!("no field or slot `{}`", echo(slot)),
    )
    .near(near)
}

pub(super) fn bad_template(span: Span, why: &str) -> Diagnostic {
    Diagnostic::error("bad-template", span, why)
        .help("write `{field}`; a brace itself is `{{` or `}}`")
}

pub(super) fn slot_not_here(span: Span, slot: &str) -> Diagnostic {
    Diagnostic::error(
        "slot-not-here",
        span,
        format!("`{{{slot}}}` is advice and belongs in a `help` line"),
    )
    .help("a `help` line whose slots are empty is left out; a message cannot be")
}

pub(super) fn window(span: Span) -> Diagnostic {
    Diagnostic::error("empty-window", span, "`until` is not after `from`")
}

pub(super) fn empty_between(span: Span) -> Diagnostic {
    Diagnostic::error("empty-window", span, "no instant lies between these dates")
        .help("name the earlier date first; the second one is itself left out")
}

pub(super) fn model_is_sought(span: Span) -> Diagnostic {
    let message = "`request.model` is what this goal looks for";
    Diagnostic::error("model-is-sought", span, message).help(
        "leave it out of the `where`; `some model routes where` reads the one found as `model`",
    )
}

pub(super) fn unknown_code(span: Span, code: &str, near: Option<&str>) -> Diagnostic {
    let message = format!("no rule refuses with `{}`", echo(code));
    Diagnostic::error("unknown-code", span, message).near(near)
}

pub(super) fn refused_for_now(span: Span, code: &str, skip: Span) -> Diagnostic {
    let message = format!("no request is refused with `{}` for good", echo(code));
    Diagnostic::error("refused-for-now", span, message)
        .related(skip, "this `skip` only puts routes aside for now")
        .help("name the code of a `refuse`, an `exclude` or a `lock`")
}

pub(super) fn default_not_here(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error(
        "default-not-here",
        span,
        format!("`{}` takes no default", echo(name)),
    )
    .help("`request.max_tokens` and `request.fallback_depth` do")
}

pub(super) fn opt_in_not_here(span: Span) -> Diagnostic {
    Diagnostic::error(
        "opt-in-not-here",
        span,
        "an opt-in is an optional field of the body",
    )
    .help("write `opt-in request.model_region`")
}

pub(super) fn out_of_range(span: Span, what: &str, least: i64, most: i64) -> Diagnostic {
    Diagnostic::error(
        "out-of-range",
        span,
        format!("{what} must be between {least} and {most}"),
    )
}

pub(super) fn bad_class(span: Span, class: &str) -> Diagnostic {
    Diagnostic::error("unknown-outcome", span, format!("no outcome class `{}`", echo(class)))
        .help("outcomes are `connect`, `timeout`, `reset`, `truncated`, `garbage`, `4xx`, `5xx` or a status")
}

pub(super) fn cells(span: Span, expected: usize, found: usize) -> Diagnostic {
    Diagnostic::error(
        "wrong-cells",
        span,
        format!("this row has {found} cells, the table has {expected} columns"),
    )
}

pub(super) fn limit_key(span: Span) -> Diagnostic {
    let message = "a limit counts by `model` or by an attribute";
    Diagnostic::error("limit-key", span, message)
        .help("write `for each model` or `for each request.account`")
}

pub(super) fn glob_on_request(span: Span) -> Diagnostic {
    let message = "a pattern on a request field has one `*`, at its end";
    Diagnostic::error("bad-pattern", span, message).help("write it like `\"name-*\"`")
}

pub(super) fn not_boolean_call(span: Span, name: &str) -> Diagnostic {
    let name = echo(name);
    Diagnostic::error(
        "wrong-operator",
        span,
        format!("`{name}(…)` is a condition, not a value"),
    )
}

pub(super) fn whole(span: Span, unit: &str) -> Diagnostic {
    Diagnostic::error(
        "bad-duration",
        span,
        format!("this duration must be whole {unit}"),
    )
}

pub(super) fn bad_cell(span: Span, cell: &str, of: &Type) -> Diagnostic {
    let (cell, of) = (echo(cell), type_name(of));
    Diagnostic::error(
        "type-mismatch",
        span,
        format!("expected {of}, found `{cell}`"),
    )
}

pub(super) fn empty_key(span: Span) -> Diagnostic {
    Diagnostic::error("empty-key", span, "a row without a key")
        .help("name the row, or delete it: an unset variable must not become a tenant")
}

pub(super) fn no_other_endpoint(span: Span) -> Diagnostic {
    let message = "candidates only go through the endpoint that was called";
    Diagnostic::error("never-judged", span, message)
        .help("add `through any endpoint`, or delete the line")
}
