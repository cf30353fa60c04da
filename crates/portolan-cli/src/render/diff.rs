//! A comparison of two policies, for people, for a pull request and for programs.

mod markdown;

pub(crate) use markdown::markdown;

use std::fmt::Write as _;

use portolan_core::answer::{Answer, Outcome};
use portolan_core::request::Draft;
use portolan_verify::diff::{Affected, Cause, Change, Diff, Direction, Group, Named, Sample};
use serde::Serialize;

use super::paint::{Paint, visible};

/// Models or endpoints that a line names before it counts.
const NAMED: usize = 6;

/// Regions of one change that are shown before the others are counted.
const REGIONS: usize = 3;

/// For people.
pub(crate) fn human(diff: &Diff, all: bool, paint: Paint) -> String {
    let mut out = String::new();
    let mut line = |indent: usize, text: &str| {
        let _ = writeln!(out, "{:indent$}{text}", "");
    };
    for declared in &diff.declared {
        let name = visible(&declared.name);
        let directions = painted(&declared.directions, paint);
        let change = visible(&declared.change);
        line(
            0,
            &format!("{directions}: {} `{name}` {change}", declared.what),
        );
    }
    for (cause, changes) in shown(diff, all) {
        line(0, &paint.strong(&because(cause)));
        for (change, affected) in changes {
            line(
                2,
                &format!("{}: {}", painted(&change.directions, paint), what(change)),
            );
            for text in regions(affected, all) {
                line(4, &visible(&text));
            }
            let samples = affected.iter().filter_map(|r| r.sample.as_ref());
            for sample in samples.take(if all { usize::MAX } else { 1 }) {
                let request = format!("such as {}", visible(&request(sample)));
                line(4, &paint.faint(&request));
                let [old, new] = &sample.answers;
                let decided = format!("old: {}; new: {}", decision(old), decision(new));
                line(4, &paint.faint(&visible(&decided)));
            }
        }
    }
    if let Some(hidden) = hidden(diff, all) {
        line(0, &hidden);
    }
    for reason in &diff.inconclusive {
        line(
            0,
            &format!("{}: {}", paint.error("inconclusive"), visible(reason)),
        );
    }
    line(0, &summary(diff));
    out
}

/// For programs.
///
/// # Errors
/// When it cannot be written as JSON.
pub(crate) fn json(diff: &Diff) -> anyhow::Result<String> {
    let groups = diff.groups.iter().map(|group| JsonGroup {
        rules: group.cause.rules.iter().cloned().collect(),
        facts: group.cause.facts.iter().cloned().collect(),
        changes: group.changes.iter().map(json_change).collect(),
    });
    let declared = diff.declared.iter().map(|declared| JsonDeclared {
        what: declared.what,
        name: &declared.name,
        change: &declared.change,
        directions: names(&declared.directions),
    });
    let all = Json {
        version: 1,
        equal: diff.is_empty(),
        declared: declared.collect(),
        groups: groups.collect(),
        inconclusive: &diff.inconclusive,
    };
    Ok(serde_json::to_string(&all)? + "\n")
}

#[derive(Serialize)]
struct Json<'d> {
    version: u32,
    equal: bool,
    declared: Vec<JsonDeclared<'d>>,
    groups: Vec<JsonGroup<'d>>,
    inconclusive: &'d [String],
}

#[derive(Serialize)]
struct JsonDeclared<'d> {
    what: &'static str,
    name: &'d str,
    change: &'d str,
    directions: Vec<&'static str>,
}

#[derive(Serialize)]
struct JsonGroup<'d> {
    rules: Vec<String>,
    facts: Vec<String>,
    changes: Vec<JsonChange<'d>>,
}

#[derive(Serialize)]
struct JsonChange<'d> {
    directions: Vec<&'static str>,
    what: Vec<JsonNamed<'d>>,
    regions: Vec<JsonRegion<'d>>,
}

#[derive(Serialize)]
struct JsonNamed<'d> {
    direction: &'static str,
    of: &'d str,
    route: Option<&'d str>,
    old: &'d str,
    new: &'d str,
}

#[derive(Serialize)]
struct JsonRegion<'d> {
    models: &'d [String],
    endpoints: &'d [String],
    role: Option<&'static str>,
    conditions: &'d [String],
    /// None where no posted body is in the region.
    sample: Option<String>,
    old: serde_json::Value,
    new: serde_json::Value,
}

fn json_change(change: &Change) -> JsonChange<'_> {
    let what = change.what.iter().map(|named| JsonNamed {
        direction: named.direction.name(),
        of: &named.of,
        route: named.route.as_deref(),
        old: &named.old,
        new: &named.new,
    });
    let regions = change.regions.iter().map(|affected| {
        let sample = affected.sample.as_ref();
        let parsed = |side: usize| {
            let answer = sample.and_then(|sample| sample.answers.get(side));
            let text = answer.map(|answer| portolan_wire::answer_json(answer, None));
            text.and_then(|text| serde_json::from_str(&text).ok())
                .unwrap_or_default()
        };
        JsonRegion {
            models: &affected.models,
            endpoints: &affected.endpoints,
            role: affected.role.map(role),
            conditions: &affected.conditions,
            sample: sample.map(request),
            old: parsed(0),
            new: parsed(1),
        }
    });
    JsonChange {
        directions: names(&change.directions),
        what: what.collect(),
        regions: regions.collect(),
    }
}

const fn role(role: portolan_core::diagram::survey::pair::Role) -> &'static str {
    match role {
        portolan_core::diagram::survey::pair::Role::Primary => "primary",
        portolan_core::diagram::survey::pair::Role::Fallback => "fallback",
    }
}

/// How many changes there are, and of which kind.
fn summary(diff: &Diff) -> String {
    if diff.is_empty() {
        return "nothing changes".to_owned();
    }
    let changes = diff.groups.iter().flat_map(|group| &group.changes);
    let (mut count, mut regions) = (0, 0);
    for change in changes {
        count += 1;
        regions += change.regions.len();
    }
    let names = names(&diff.directions());
    let mut text = format!(
        "{} in {}",
        plural(count, "change"),
        plural(regions, "region")
    );
    if !names.is_empty() {
        let _ = write!(text, ": {}", names.join(", "));
    }
    text
}

fn plural(count: usize, word: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {word}{s}")
}

fn because(cause: &Cause) -> String {
    let listed = |words: &std::collections::BTreeSet<String>| {
        let words: Vec<String> = words
            .iter()
            .map(|word| format!("`{}`", visible(word)))
            .collect();
        words.join(", ")
    };
    match (cause.rules.is_empty(), cause.facts.is_empty()) {
        (false, true) => listed(&cause.rules),
        (false, false) => format!("{} by {}", listed(&cause.rules), listed(&cause.facts)),
        (true, _) => listed(&cause.facts),
    }
}

fn names(directions: &[Direction]) -> Vec<&'static str> {
    directions.iter().map(|d| d.name()).collect()
}

fn painted(directions: &[Direction], paint: Paint) -> String {
    let one = |direction: &Direction| match direction {
        Direction::Loosens => paint.warning(direction.name()),
        Direction::Tightens => paint.error(direction.name()),
        Direction::Reroutes
        | Direction::Reprices
        | Direction::Recodes
        | Direction::Reshapes
        | Direction::Rewords => paint.strong(direction.name()),
    };
    let names: Vec<String> = directions.iter().map(one).collect();
    names.join(", ")
}

fn what(change: &Change) -> String {
    let parts: Vec<String> = change.what.iter().map(Named::text).collect();
    visible(&parts.join("; "))
}

/// One change, and those of its regions that are shown.
type Shown<'d> = (&'d Change, &'d [Affected]);

/// What is shown of each cause: everything, or the changes that a posted body shows.
fn shown(diff: &Diff, all: bool) -> impl Iterator<Item = (&Cause, Vec<Shown<'_>>)> {
    let groups = diff.groups.iter().map(move |Group { cause, changes }| {
        let changes = changes.iter().map(move |change| {
            let regions = if all {
                &change.regions
            } else {
                change.posted()
            };
            (change, regions)
        });
        let changes = changes.filter(|(_, regions)| !regions.is_empty());
        (cause, changes.collect::<Vec<_>>())
    });
    groups.filter(|(_, changes)| !changes.is_empty())
}

/// How many regions are left out for being of no posted body.
fn hidden(diff: &Diff, all: bool) -> Option<String> {
    let changes = diff.groups.iter().flat_map(|group| &group.changes);
    let hidden = changes.map(|change| change.regions.len() - change.posted().len());
    let hidden: usize = hidden.sum();
    (hidden > 0 && !all).then(|| {
        let hidden = plural(hidden, "region");
        format!("{hidden} of what no posted body says: `--all` shows them")
    })
}

/// Whom a change is for: what is true of all of them once, then what tells them apart.
fn regions(affected: &[Affected], all: bool) -> Vec<String> {
    let mut lines = Vec::new();
    let mut same: Vec<&String> = Vec::new();
    if let [first, rest @ ..] = affected {
        let common = first.conditions.iter();
        let common = common.filter(|c| rest.iter().all(|other| other.conditions.contains(c)));
        same = common.collect();
    }
    let shown = if all { affected.len() } else { REGIONS };
    for region in affected.iter().take(shown) {
        let own = region.conditions.iter().filter(|c| !same.contains(c));
        let own: Vec<&str> = own.map(String::as_str).collect();
        let own = if own.is_empty() {
            String::new()
        } else {
            format!(" where {}", own.join(" and "))
        };
        lines.push(format!("{}{own}", whom(region)));
    }
    let left = affected.len().saturating_sub(shown);
    if left > 0 {
        let left = plural(left, "more region");
        lines.push(format!("and in {left}, which `--all` shows"));
    }
    if !same.is_empty() {
        let same: Vec<&str> = same.into_iter().map(String::as_str).collect();
        lines.push(format!("always where {}", same.join(" and ")));
    }
    lines
}

fn whom(affected: &Affected) -> String {
    let few = |names: &[String]| {
        let shown = names.get(..NAMED.min(names.len())).unwrap_or_default();
        let more = names.len() - shown.len();
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        format!("{}{more}", shown.join(", "))
    };
    let role = affected.role.map(role);
    let role = role.map_or(String::new(), |role| format!(" as a {role}"));
    format!(
        "for {} on {}{role}",
        few(&affected.models),
        few(&affected.endpoints)
    )
}

/// A sample as it is posted, or in a few words where no posted request says it.
fn request(sample: &Sample) -> String {
    if let Ok(text) = portolan_wire::write_request(&sample.draft, &sample.state) {
        return text;
    }
    let Draft {
        endpoint,
        at,
        attributes,
        body,
        ..
    } = &sample.draft;
    let mut parts = Vec::new();
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            parts.push(format!("{name} {value}"));
        }
    };
    add("endpoint", endpoint.clone());
    add("model", body.model.clone());
    add("at", Some(at.short()));
    for (name, value) in attributes {
        add(name, Some(value.clone()));
    }
    add("model_region", body.model_region.clone());
    add("max_tokens", body.max_tokens.map(|n| n.to_string()));
    let input = (body.input_tokens != 0).then(|| body.input_tokens.to_string());
    add("input_tokens", input);
    add("stream", body.stream.then(|| "true".to_owned()));
    parts.join(", ")
}

fn decision(answer: &Answer) -> String {
    match &answer.outcome {
        Outcome::Route(plan) => {
            let attempts = plan.attempts.iter();
            let attempts = attempts.map(|a| format!("{} in {}", a.providers.join("+"), a.region));
            format!("routes to {}", attempts.collect::<Vec<_>>().join(", then "))
        }
        Outcome::Refuse(refusal) => format!("refused {} {}", refusal.status, refusal.code),
    }
}
