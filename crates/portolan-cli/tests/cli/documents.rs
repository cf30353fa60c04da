//! `portolan matrix rules/assemblyai` shows the tables of the gateway's own documents.
//!
//! `documents.txt` has their rows and where they stand. The catalog was written from them, so a
//! row that is missing is a hole in it; what the documents leave open or contradict is said here.

use std::collections::{BTreeMap, BTreeSet};

use crate::run::portolan;

const DOCUMENTS: &str = include_str!("documents.txt");

type Rows = Vec<Vec<String>>;

/// The rows of a document's table.
fn written(table: &str) -> Rows {
    let (_, rest) = DOCUMENTS.split_once(&format!("== {table}\n")).unwrap();
    let rows = rest.lines().take_while(|line| !line.is_empty());
    let rows = rows.filter(|line| line.contains(" | ") && !line.starts_with("columns: "));
    let cells = |row: &str| row.split(" | ").map(str::to_owned).collect();
    rows.map(cells).collect()
}

/// The tables of a day in March, by title, each row by the names of its columns.
fn shown(by: &str) -> Vec<(String, Vec<BTreeMap<String, String>>)> {
    let at = ["matrix", "rules/assemblyai", "--at", "2026-03-15"];
    let format = ["--by", by, "--format", "markdown"];
    let ran = portolan(&[&at[..], &format[..]].concat());
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let sections = ran.stdout.split("\n### ").skip(1);
    let cells = |line: &str| -> Vec<String> {
        let line = line.trim_start_matches("| ").trim_end_matches(" |");
        line.split(" | ").map(str::to_owned).collect()
    };
    let read = sections.map(|section| {
        let mut lines = section.lines();
        let title = lines.next().unwrap().to_owned();
        let mut table = lines.filter(|line| line.starts_with('|'));
        let header = cells(table.next().unwrap());
        let rows = table.skip(1).map(|line| {
            let named = header.iter().cloned().zip(cells(line));
            named.collect::<BTreeMap<String, String>>()
        });
        (title, rows.collect())
    });
    read.collect()
}

/// A score as the documents write it.
fn seconds(cell: &str) -> String {
    match cell {
        "-" => "TBD".to_owned(),
        number => format!("{number}s"),
    }
}

/// The rows that the documents have, as they write them; and the ids of those that they have not.
fn ranked(by: &str) -> (Rows, BTreeSet<String>) {
    let (_, rows) = shown(by).remove(0);
    let (scored, unscored): (Vec<_>, Vec<_>) = rows.into_iter().partition(|r| r["lmarena"] != "-");
    let told = scored.iter().map(|row| {
        let latency = seconds(&row["latency_s"]);
        let own = ["title", "maker", "model", "lmarena"].map(|column| row[column].clone());
        own.into_iter().chain([latency]).collect()
    });
    let others = unscored.iter().map(|row| row["model"].clone());
    (told.collect(), others.collect())
}

#[test]
fn by_quality_it_is_the_table_of_the_overview_row_by_row() {
    let (rows, others) = ranked("quality");
    assert_eq!(rows, written("overview: by quality"));
    // The overview of March lists none of these, and no source says on which day the gateway
    // took them up: released before that day, they are in the catalog without a start. The later
    // document does list Qwen and Kimi, so the two contradict each other about this day.
    let expected = [
        "gemini-3.1-flash-lite-preview",
        "kimi-k2.5",
        "qwen3-32B",
        "qwen3.5-4b-32k-fast",
    ];
    assert_eq!(others, expected.map(str::to_owned).into());
}

#[test]
fn by_latency_it_is_the_table_of_the_overview_as_far_as_that_is_in_order() {
    let (rows, _) = ranked("latency");
    let written = written("overview: by latency");
    let measured = written.iter().filter(|row| row[4] != "TBD").count();
    assert_eq!(rows[..measured], written[..measured]);
    // What they did not measure stands in no order of theirs: not by score, nor by name.
    let scores: Vec<&String> = written[measured..].iter().map(|row| &row[3]).collect();
    assert!(!scores.is_sorted() && !scores.iter().rev().is_sorted());
    let set = |rows: &[Vec<String>]| rows.iter().cloned().collect::<BTreeSet<_>>();
    assert_eq!(set(&rows[measured..]), set(&written[measured..]));
}

#[test]
fn by_maker_they_are_the_tables_that_the_overview_calls_by_provider() {
    let tables: BTreeMap<_, _> = shown("maker").into_iter().collect();
    for (maker, name) in [
        ("Anthropic", "overview: Anthropic Claude"),
        ("OpenAI", "overview: OpenAI GPT"),
        ("Google", "overview: Google Gemini"),
    ] {
        let rows = tables[maker].iter().filter(|row| row["lmarena"] != "-");
        let rows = rows.map(|row| {
            let latency = seconds(&row["latency_s"]);
            let own = ["title", "model", "lmarena"].map(|column| row[column].clone());
            own.into_iter().chain([latency]).collect::<Vec<String>>()
        });
        let written = written(name);
        // They follow neither score nor latency within a provider: compared as sets.
        let expected: BTreeSet<Vec<String>> = written.into_iter().collect();
        assert_eq!(rows.collect::<BTreeSet<_>>(), expected, "{maker}");
    }
    let order = |name: &str| -> Vec<String> {
        written(name)
            .into_iter()
            .map(|row| row[2].clone())
            .collect()
    };
    for name in ["overview: Anthropic Claude", "overview: OpenAI GPT"] {
        assert!(!order(name).iter().rev().is_sorted(), "{name}");
    }
}

#[test]
fn the_overview_agrees_with_itself_on_every_figure() {
    // Three tables, the same twenty-one models, no figure twice different: "15+ models", which
    // its text says, is the only number in it that is not what the tables have.
    let figures = |rows: Rows, id: usize, score: usize| -> BTreeMap<String, [String; 3]> {
        let told = |row: Vec<String>| {
            let figures = [0, score, score + 1].map(|column| row[column].clone());
            (row[id].clone(), figures)
        };
        rows.into_iter().map(told).collect()
    };
    let by_quality = figures(written("overview: by quality"), 2, 3);
    assert_eq!(by_quality.len(), 21);
    let by_latency = figures(written("overview: by latency"), 2, 3);
    assert_eq!(by_latency, by_quality);
    let providers = ["Anthropic Claude", "OpenAI GPT", "Google Gemini"];
    let tables = providers.map(|name| written(&format!("overview: {name}")));
    assert_eq!(figures(tables.concat(), 1, 2), by_quality);
}

#[test]
fn by_maker_and_region_it_is_the_table_of_the_page_on_residency() {
    let (_, makers) = shown("maker").remove(0);
    let shown: BTreeMap<&str, (&str, &str)> = makers
        .iter()
        .map(|row| (&*row["maker"], (&*row["us"], &*row["eu"])))
        .collect();
    let written = written("residency: provider by region");
    assert_eq!(shown.len(), written.len());
    for row in written {
        let maker = shown.keys().find(|maker| row[0].starts_with(**maker));
        let (us, eu) = shown[maker.unwrap()];
        let yes = |cell: &str| if cell == "-" { "No" } else { "Yes" };
        assert_eq!([yes(us), yes(eu)], [&*row[1], &*row[2]], "{}", row[0]);
    }
    // The same page: global routing is live for Claude alone, and has to be asked for.
    for row in &makers {
        let global = if row["maker"] == "Anthropic" {
            "5 opt-in"
        } else {
            "-"
        };
        assert_eq!(row["global"], global, "{}", row["maker"]);
    }
}

#[test]
fn a_claude_or_gemini_of_the_overview_is_in_the_eu_and_no_gpt_is() {
    // The overview says so in its text, and so does the page on residency. A later edition of the
    // overview says "most Gemini models", and the EU host itself listed neither Opus 4.5 nor 4.6
    // on 2026-09-24: the catalog follows the documents of March and notes it.
    let (_, rows) = shown("quality").remove(0);
    for row in rows.iter().filter(|row| row["lmarena"] != "-") {
        let expected = if row["maker"] == "OpenAI" { "-" } else { "yes" };
        assert_eq!(
            [&*row["us"], &*row["eu"]],
            ["yes", expected],
            "{}",
            row["model"]
        );
    }
}

#[test]
fn the_dates_of_the_documents_are_changes_of_the_table() {
    let ran = portolan(&[
        "matrix",
        "rules/assemblyai",
        "--from",
        "2026-03-15",
        "--until",
        "2026-07-02",
        "--maker",
        "anthropic",
        "--format",
        "csv",
    ]);
    let periods = |model: &str, region: &str, endpoint: &str| -> Vec<Vec<String>> {
        let rows = ran
            .stdout
            .lines()
            .map(|line| line.split(',').collect::<Vec<_>>());
        let rows = rows.filter(|r| [r[2], r[6], r[7]] == [model, region, endpoint]);
        let told = |r: Vec<&str>| {
            [0, 8, 13, 15, 18]
                .map(|column| r[column].to_owned())
                .to_vec()
        };
        rows.map(told).collect()
    };
    // "Anthropic will retire Claude 3.0 Haiku on April 20, 2026."
    assert_eq!(
        periods("claude-3-haiku-20240307", "us", "us")[..2],
        [
            ["2026-03-15", "yes", "", "1.25", "1.00"],
            ["2026-04-20", "no", "model-retired", "1.25", "1.00"]
        ]
    );
    // "Effective July 1, 2026, in-region requests will increase by 10%."
    assert_eq!(
        periods("claude-sonnet-4-6", "eu", "eu"),
        [
            ["2026-03-15", "yes", "", "15.00", "1.00"],
            ["2026-07-01", "yes", "", "16.50", "1.10"]
        ]
    );
    assert_eq!(
        periods("claude-sonnet-4-6", "global", "us"),
        [["2026-03-15", "yes", "", "15.00", "1.00"]]
    );
}
