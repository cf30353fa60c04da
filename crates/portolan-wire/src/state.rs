//! `state`: what is known now about models and routes, passed beside a request.
//!
//! ```json
//! {"models": {"gpt-5": {"used": 30, "reset_s": 12, "healthy": true}},
//!  "routes": [{"model": "gpt-5", "region": "us", "endpoint": "us", "healthy": false}]}
//! ```

use portolan_core::request::{State, Usage};

use crate::diags;
use crate::json::{self, Kind};
use crate::problems::{Problems, join};

const FIELDS: [&str; 2] = ["models", "routes"];
const MODEL_FIELDS: [&str; 3] = ["healthy", "reset_s", "used"];
const ROUTE_FIELDS: [&str; 6] = ["endpoint", "healthy", "model", "region", "reset_s", "used"];

pub(crate) fn read(value: &str, path: &str, problems: &mut Problems) -> State {
    let mut state = State::default();
    for member in problems.members(value, path) {
        let path = join(path, &member.key);
        match &*member.key {
            "models" => {
                for model in problems.members(member.value, &path) {
                    let path = join(&path, &model.key);
                    let (usage, _) = entry(model.value, &path, &MODEL_FIELDS, problems);
                    state.models.insert(model.key.into_owned(), usage);
                }
            }
            "routes" => routes(member.value, &path, &mut state, problems),
            key => diags::unknown_key(problems, &path, key, &FIELDS),
        }
    }
    state
}

fn routes(value: &str, path: &str, state: &mut State, problems: &mut Problems) {
    if Kind::of(value) != Kind::Array {
        problems.wrong_type(path, value, "an array");
        return;
    }
    let outcome = json::each_item(value, |index, item| {
        let path = format!("{path}[{index}]");
        let (usage, names) = entry(item, &path, &ROUTE_FIELDS, problems);
        if Kind::of(item) != Kind::Object {
            return;
        }
        let [model, region, endpoint] = names.map(|(field, name)| {
            if name.is_none() {
                diags::missing_key(problems, &path, field);
            }
            name.unwrap_or_default()
        });
        if state
            .routes
            .insert((model, region, endpoint), usage)
            .is_some()
        {
            problems.push(&path, diags::same_route(&path), None);
        }
    });
    if let Err(why) = outcome {
        problems.push(path, diags::envelope_not_json(&why), None);
    }
}

type Names = [(&'static str, Option<String>); 3];

fn entry(
    value: &str,
    path: &str,
    known: &[&'static str],
    problems: &mut Problems,
) -> (Usage, Names) {
    let mut usage = Usage::default();
    let mut names: Names = [("model", None), ("region", None), ("endpoint", None)];
    for member in problems.members(value, path) {
        let path = join(path, &member.key);
        let key = &*member.key;
        if !known.contains(&key) {
            diags::unknown_key(problems, &path, key, known);
            continue;
        }
        match key {
            "healthy" => usage.healthy = problems.boolean(member.value, &path),
            "used" => usage.used = problems.count(member.value, &path),
            "reset_s" => usage.reset_s = problems.count(member.value, &path),
            _ => {
                for (_, name) in names.iter_mut().filter(|(field, _)| *field == key) {
                    // Anything but a string is its own problem, not a missing key.
                    *name = Some(problems.string(member.value, &path).unwrap_or_default());
                }
            }
        }
    }
    (usage, names)
}
