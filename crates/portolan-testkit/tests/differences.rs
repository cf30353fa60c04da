//! Differences between the compiled form and the reference that were found once, each with the
//! smallest policy that showed it.

use std::collections::BTreeMap;

use portolan_core::engine::Engine;
use portolan_core::instant::Instant;
use portolan_core::request::{Draft, State};
use portolan_testkit::agree::{Asked, agree};
use portolan_testkit::case::Origin;
use portolan_testkit::policies::compile;

const CATALOG: &str = "catalog: 1
regions: {eu: {processing: EU27, storage: EU27}}
endpoints: {eu: {host: a.example, path: /, region: eu, ingress: EU27, default: true}}
providers: {p: {retention: zero}}
models:
  acme-1: {offerings: [{region: eu, provider: p}]}
";

fn engine(rules: &str) -> Engine {
    let policy = format!("edition 1\npolicy found\nuse catalog \"catalog.yaml\"\n{rules}");
    let files = BTreeMap::from([
        ("policy.portolan".to_owned(), policy),
        ("catalog.yaml".to_owned(), CATALOG.to_owned()),
    ]);
    let entry = "policy.portolan".to_owned();
    compile(&Origin::Inline { entry, files }).engine.unwrap()
}

fn draft() -> Draft {
    Draft::new("acme-1", Instant::from_unix_seconds(1_780_000_000))
}

/// Found by the fuzz target: a few texts were told apart by which one they are, although what
/// they begin with was asked for as well, wherever the ends of a beginning were among them.
#[test]
fn a_beginning_is_not_one_of_the_texts_at_its_ends() {
    let some = "request.tool_choice == \"a\" or request.tool_choice == \"b\"";
    for (when, texts) in [
        (
            format!("({some} or request.tool_choice matches \"a*\")"),
            ["ab", "c"],
        ),
        (
            "(request.tool_choice == \"\" or request.tool_choice matches \"*\")".to_owned(),
            ["eu", ""],
        ),
    ] {
        let engine = engine(&format!(
            "refuse 400 odd\n  when request.tool_choice is set and {when}\n  say \"no\"\n"
        ));
        for text in texts {
            let mut draft = draft();
            draft.body.tool_choice = Some(text.to_owned());
            let refused = text != "c";
            let expected = if refused { Asked::Refuse } else { Asked::Route };
            assert_eq!(
                agree(&engine, &draft, &State::default()),
                Ok(expected),
                "{text}"
            );
        }
    }
}
