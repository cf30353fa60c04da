//! What is wrong between the entries of a catalog, in words.

use crate::diagnostic::Diagnostic;
use crate::limits;
use crate::source::Span;
use crate::text::echo;

pub(super) fn duplicate_name(span: Span, of: &str, name: &str, first: Span) -> Diagnostic {
    let message = format!("a second {of} named `{}`", echo(name));
    Diagnostic::error("duplicate-name", span, message)
        .related(first, "first here")
        .help("rename or remove one of them")
}

pub(super) fn standard_place(span: Span, name: &str) -> Diagnostic {
    let message = format!("`{}` is a standard place", echo(name));
    Diagnostic::error("duplicate-name", span, message).help("give yours another name")
}

pub(super) fn repeated_item(span: Span, name: &str, first: Span) -> Diagnostic {
    let message = format!("`{}` stands twice in one list", echo(name));
    Diagnostic::error("duplicate-name", span, message).related(first, "first here")
}

pub(super) fn unknown_name(span: Span, of: &str, name: &str, near: Option<&str>) -> Diagnostic {
    let message = format!("no {of} is named `{}`", echo(name));
    Diagnostic::error("unknown-name", span, message).near(near)
}

pub(super) fn unknown_execution(span: Span, name: &str, near: Option<&str>) -> Diagnostic {
    let message = format!("`{}` is nothing that an endpoint executes", echo(name));
    Diagnostic::error("unknown-value", span, message)
        .near(near)
        .help("use `retry`, `fallbacks`, `json-repair` or `transcript`")
}

pub(super) fn empty_period(until: Span, from: Span) -> Diagnostic {
    let message = "this period ends before it begins";
    Diagnostic::error("empty-period", until, message).related(from, "it begins here")
}

pub(super) fn overlapping_dates(span: Span, first: Span, of: &str) -> Diagnostic {
    let message = format!("two periods of {of} overlap");
    Diagnostic::error("overlapping-dates", span, message)
        .related(first, "the other one")
        .help("end the earlier one with `until` where the later one begins")
}

pub(super) fn too_many_periods(span: Span, of: &str) -> Diagnostic {
    let message = format!("more than {} periods of {of}", limits::FACT_PERIODS);
    Diagnostic::error("too-many-periods", span, message)
}

pub(super) fn place_changes_too_often(span: Span, name: &str) -> Diagnostic {
    let most = limits::PLACE_PERIODS;
    let message = format!("`{}` changes more than {most} times", echo(name));
    Diagnostic::error("too-many-periods", span, message)
}

pub(super) fn too_many_offerings(span: Span, model: &str) -> Diagnostic {
    let most = limits::OFFERINGS;
    let message = format!("`{}` has more than {most} offerings", echo(model));
    Diagnostic::error("too-many-offerings", span, message)
}

pub(super) fn too_many_comparisons(span: Span) -> Diagnostic {
    let message = "there are too many prices and offerings to compare";
    Diagnostic::error("too-many-comparisons", span, message)
        .help("split the catalog, or give facts to regions and providers")
}

pub(super) fn place_cycle(span: Span, names: &str) -> Diagnostic {
    let message = format!("a place is made of itself: {names}");
    Diagnostic::error("place-cycle", span, message)
}

pub(super) fn alias_cycle(span: Span, names: &str) -> Diagnostic {
    let message = format!("an alias stands for itself: {names}");
    Diagnostic::error("alias-cycle", span, message).help("let it stand for a model")
}

pub(super) fn alias_of_alias(span: Span, name: &str, target: Span) -> Diagnostic {
    let message = format!("`{}` is itself an alias", echo(name));
    Diagnostic::error("alias-of-alias", span, message)
        .related(target, "declared here")
        .help("let both stand for the model")
}

pub(super) fn alias_shadows_model(span: Span, name: &str, model: Span) -> Diagnostic {
    let message = format!("`{}` is the id of a model", echo(name));
    Diagnostic::error("alias-shadows-model", span, message).related(model, "the model")
}

pub(super) fn alias_region(span: Span, region: &str, model: &str) -> Diagnostic {
    let (region, model) = (echo(region), echo(model));
    let message = format!("`{model}` is not offered in `{region}`");
    Diagnostic::error("not-offered", span, message)
}

pub(super) fn successor_cycle(span: Span, names: &str) -> Diagnostic {
    let message = format!("models succeed each other in a circle: {names}");
    Diagnostic::error("successor-cycle", span, message)
}

pub(super) fn successor_is_alias(span: Span, name: &str, alias: Span) -> Diagnostic {
    let message = format!("the successor `{}` is an alias", echo(name));
    Diagnostic::error("successor-is-alias", span, message)
        .related(alias, "declared here")
        .help("name the model that it stands for")
}

pub(super) fn retired_before_release(retires: Span, released: Span) -> Diagnostic {
    let message = "the model retires before it is released";
    Diagnostic::error("retired-before-release", retires, message).related(released, "released here")
}

pub(super) fn output_above_context(
    span: Span,
    output: u64,
    context_span: Span,
    context: u64,
) -> Diagnostic {
    let message = format!("the output limit {output} is above the context window {context}");
    Diagnostic::error("output-above-context", span, message).related(context_span, "the window")
}

pub(super) fn inexact_price(
    span: Span,
    amount: &str,
    factor: &str,
    factor_span: Span,
) -> Diagnostic {
    let message = format!("{amount} times {factor} is not exact in nine digits");
    Diagnostic::error("imprecise-money", span, message)
        .related(factor_span, "the multiplier")
        .help("give the offering a `price` of its own")
}

pub(super) fn second_default(span: Span, first: Span) -> Diagnostic {
    let message = "a second default endpoint";
    Diagnostic::error("second-default-endpoint", span, message)
        .related(first, "the first one")
        .help("remove `default` from one of them")
}

pub(super) fn ambiguous_offering(span: Span, first: Span) -> Diagnostic {
    let message = "this offering cannot be told apart from another";
    Diagnostic::error("ambiguous-offering", span, message)
        .related(first, "the other one")
        .help("let them differ in region, providers, upstream id, endpoints or dates")
}

pub(super) fn unreached_pair(span: Span, endpoint: &str) -> Diagnostic {
    let message = format!("this offering is not reached through `{}`", echo(endpoint));
    Diagnostic::error("unreached-pair", span, message).help("add it to `endpoints`")
}

pub(super) fn unknown_slot(span: Span, slot: &str, near: Option<&str>) -> Diagnostic {
    let message = format!("`{{{}}}` is not a slot of a URL", echo(slot));
    let mut found = Diagnostic::error("unknown-slot", span, message);
    if let Some(near) = near {
        found = found.help(format!("did you mean `{{{near}}}`?"));
    }
    found.help("use `{host}`, `{endpoint}`, `{region}`, `{model}` or `{upstream_id}`")
}

pub(super) fn bad_url(span: Span, url: &str, why: &str) -> Diagnostic {
    let message = format!("`{}` {why}", echo(url));
    Diagnostic::error("bad-url", span, message)
}
