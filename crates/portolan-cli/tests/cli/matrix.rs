//! `portolan matrix`: every format, every order, and what it refuses.

use insta::assert_snapshot;

use crate::run::{Ran, portolan, scratch};

/// What is printed, without the content hash, which changes with every edit of a policy.
fn steady(text: &str) -> String {
    let mut out = String::new();
    for word in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let bare = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let hash = bare.len() == 32 && bare.bytes().all(|b| b.is_ascii_hexdigit());
        if hash {
            out.push_str(&word.replace(bare, "…"));
        } else {
            out.push_str(word);
        }
    }
    out
}

fn matrix(arguments: &str) -> Ran {
    let words: Vec<&str> = ["matrix"]
        .into_iter()
        .chain(arguments.split_whitespace())
        .collect();
    portolan(&words)
}

/// The table of a few models in which everything happens: standby, refusals, prices that change.
fn few(format: &str) -> String {
    let ran = matrix(&format!(
        "rules/multi-cloud-eu --from 2026-06-01 --until 2027-01-01 --maker openai --maker anthropic --format {format}"
    ));
    assert_eq!((ran.status, &*ran.stderr), (0, ""));
    steady(&ran.stdout)
}

#[test]
fn on_a_terminal_it_is_tables_and_the_words_in_them_explained() {
    assert_snapshot!(few("human"));
}

#[test]
fn in_a_pull_request_it_is_tables_of_markdown() {
    assert_snapshot!(few("markdown"));
}

#[test]
fn for_a_spreadsheet_it_is_one_line_a_route_and_stretch_of_time() {
    let text = few("csv");
    let columns: Vec<usize> = text.lines().map(|line| line.split(',').count()).collect();
    assert!(columns.iter().all(|count| *count == columns[0]));
    assert_snapshot!(text);
}

#[test]
fn for_programs_it_is_one_line_of_json() {
    let text = few("json");
    assert_eq!(text.lines().count(), 1);
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_snapshot!(serde_json::to_string_pretty(&value["routes"][2]).unwrap());
    assert_eq!(value["version"], 1);
    assert_eq!(value["instants"][0], "2026-06-01T00:00:00Z");
    let command = value["command"].as_str().unwrap();
    let again = matrix(command.strip_prefix("portolan matrix ").unwrap());
    assert_eq!(
        steady(&again.stdout),
        text,
        "the command that it names prints it"
    );
}

#[test]
fn for_a_browser_it_is_a_page() {
    let text = few("html");
    let (head, rest) = text.split_once("<style>").unwrap();
    let (_, rest) = rest.split_once("</style>").unwrap();
    let (body, script) = rest.rsplit_once("<script>").unwrap();
    let (_, end) = script.split_once("</script>").unwrap();
    // Style and script have files of their own, and so their hashes change without this.
    let head: Vec<&str> = head
        .lines()
        .filter(|line| !line.contains("sha256-"))
        .collect();
    assert_snapshot!(format!(
        "{}<style>…</style>{body}<script>…</script>{end}",
        head.join("\n")
    ));
    assert_eq!(text, few("html"), "the same bytes again");
}

#[test]
fn an_order_by_score_has_one_line_a_model_and_its_regions() {
    let ran = matrix("rules/assemblyai --at 2026-03-15 --by quality --maker google");
    assert_snapshot!(ran.out());
    let ran = matrix("rules/assemblyai --at 2026-03-15 --by maker --model claude-* --model gpt-5*");
    assert_snapshot!(ran.out());
}

#[test]
fn other_orders_have_one_line_an_offering() {
    for by in ["provider", "region", "endpoint", "price"] {
        let arguments = format!("rules/assemblyai --at 2026-08-15 --by {by} --model claude-*-5*");
        let ran = matrix(&arguments);
        let available = ran.out();
        let available = available.split("\n\n").next().unwrap();
        assert_snapshot!(by, available);
    }
}

#[test]
fn a_line_on_a_terminal_has_room_in_a_hundred_columns() {
    for by in ["model", "maker", "quality", "latency", "price"] {
        let ran = matrix(&format!("rules/assemblyai --at 2026-03-15 --by {by}"));
        let longest = ran.stdout.lines().map(|line| line.chars().count()).max();
        assert!(longest.unwrap() <= 100, "{by}: {longest:?}");
    }
}

#[test]
fn by_an_overlay_it_is_refused_in_the_words_of_the_overlay() {
    let code = |more: &str| {
        let arguments =
            "rules/assemblyai --at 2026-03-15 --model gpt-5 --endpoint eu --format json";
        let ran = matrix(&format!("{arguments} {more}"));
        let value: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        let period = &value["routes"][0]["periods"][0];
        (period["status"].clone(), period["code"].clone())
    };
    assert_eq!(code(""), (404.into(), "model-not-in-region".into()));
    let (status, _) = code("--overlay observed");
    assert_eq!(status, 400);
}

#[test]
fn what_cannot_be_asked_is_an_error_that_says_what_can() {
    let said: Vec<String> = [
        "rules/assemblyai --from 2026-07-05 --until 2026-03-15",
        "rules/assemblyai --from 2026-07-05 --until 2026-07-05",
        "rules/assemblyai --by beauty",
        "rules/assemblyai --region mars",
        "rules/assemblyai --maker gogle",
        "rules/assemblyai --endpoint e",
        "rules/assemblyai --provider vertx",
        "rules/assemblyai --model gpt-55",
        "rules/assemblyai --model gpt-9*",
        "rules/assemblyai --set account=rich",
        "rules/bedrock --at 2026-03-15",
        "rules/assemblyai/catalog.yaml",
    ]
    .into_iter()
    .map(|arguments| {
        let ran = matrix(arguments);
        assert_eq!((ran.status, &*ran.stdout), (1, ""), "{arguments}");
        ran.stderr
    })
    .collect();
    assert_snapshot!(said.concat());
    let ran = matrix("rules/assemblyai --at 2026-03-15 --from 2026-03-01");
    assert_eq!(ran.status, 2);
}

#[test]
fn an_empty_catalog_is_an_empty_table_in_every_format() {
    let directory = scratch(
        "matrix-empty",
        &[
            (
                "policy.portolan",
                "edition 1\npolicy empty\nuse catalog \"catalog.yaml\"\n",
            ),
            ("catalog.yaml", "catalog: 1\n"),
        ],
    );
    let directory = directory.to_str().unwrap();
    for (format, says) in [
        ("human", "nothing is offered"),
        ("markdown", "Nothing is offered."),
        ("csv", "from,until,model"),
        ("json", "\"routes\":[]"),
        ("html", "nothing is offered"),
    ] {
        for by in ["model", "maker"] {
            let dates = ["--from", "2026-01-01", "--by", by, "--format", format];
            let ran = portolan(&[&["matrix", directory][..], &dates[..]].concat());
            assert_eq!(ran.status, 0, "{}", ran.stderr);
            assert!(ran.stdout.contains(says), "{format}: {}", ran.stdout);
        }
    }
}

#[test]
fn a_page_that_nobody_could_read_is_not_written() {
    let endpoints = (0..100).map(|n| {
        format!("  e{n}: {{host: e{n}.example.com, path: /v1, ingress: US, region: us}}\n")
    });
    let models = (0..101).map(|n| format!("  m{n}: {{offerings: [{{region: us}}]}}\n"));
    let catalog = format!(
        "catalog: 1\nregions: {{us: {{processing: US}}}}\nendpoints:\n{}models:\n{}",
        endpoints.collect::<String>(),
        models.collect::<String>()
    );
    let policy = "edition 1\npolicy many\nuse catalog \"catalog.yaml\"\n";
    let files = [("policy.portolan", policy), ("catalog.yaml", &*catalog)];
    let directory = scratch("matrix-many", &files);
    let run = |more: &[&str]| {
        let arguments = ["matrix", directory.to_str().unwrap(), "--at", "2026-01-01"];
        portolan(&[&arguments[..], more].concat())
    };
    let ran = run(&["--format", "html"]);
    assert_eq!(ran.status, 1);
    assert!(ran.stderr.contains("10100 rows"), "{}", ran.stderr);
    assert_eq!(run(&["--format", "html", "--endpoint", "e7"]).status, 0);
    assert_eq!(run(&["--format", "csv"]).stdout.lines().count(), 10_101);
}
