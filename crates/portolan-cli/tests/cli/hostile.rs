//! Input that means harm ends in a clear error, within a second and in bounded memory.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::run::{Ran, root, scratch_bytes};

/// What a debug build on a busy machine may take; a release build needs a fraction of it.
const PATIENCE: Duration = Duration::from_secs(5);
/// Kilobytes of address space.
const MEMORY: u32 = 1_500_000;

const POLICY: &str = "edition 1\npolicy p\nuse catalog \"catalog.yaml\"\n";

/// Checks a policy and a catalog under a bound on memory, where the platform has one.
fn check(name: &str, policy: &[u8], catalog: &[u8]) -> Ran {
    let files = [("policy.portolan", policy), ("catalog.yaml", catalog)];
    let directory = scratch_bytes(name, files.into_iter());
    bounded(&["check".as_ref(), directory.as_ref()], None)
}

fn bounded(arguments: &[&Path], input: Option<&Path>) -> Ran {
    let program = env!("CARGO_BIN_EXE_portolan");
    let mut command = if cfg!(target_os = "linux") {
        let mut shell = Command::new("sh");
        shell.args([
            "-c",
            &format!("ulimit -v {MEMORY}; exec \"$@\""),
            "sh",
            program,
        ]);
        shell
    } else {
        Command::new(program)
    };
    let stdin = input.map_or(Stdio::null(), |path| fs::File::open(path).unwrap().into());
    let started = Instant::now();
    let output = command
        .args(arguments)
        .current_dir(root())
        .stdin(stdin)
        .output()
        .unwrap();
    let took = started.elapsed();
    assert!(took < PATIENCE, "{arguments:?} took {took:?}");
    output.into()
}

/// It ends with status 1 and says something that has this word in it.
fn refused(name: &str, policy: &[u8], catalog: &[u8], word: &str) {
    let ran = check(name, policy, catalog);
    assert_eq!(ran.status, 1, "{name}: {} {}", ran.stdout, ran.stderr);
    assert!(ran.stderr.is_empty(), "{name}: {}", ran.stderr);
    let shown: String = ran.stdout.chars().take(2_000).collect();
    assert!(ran.stdout.contains("error["), "{name}: {shown}");
    assert!(ran.stdout.contains(word), "{name}: {shown}");
    assert!(
        ran.stdout.len() < 200_000,
        "{name} prints {} bytes",
        ran.stdout.len()
    );
}

const CATALOG: &str = include_str!("five/catalog.yaml");

#[test]
fn a_hundred_thousand_brackets_are_refused_before_the_grammar() {
    let brackets = "(".repeat(100_000) + "true" + &")".repeat(100_000);
    let policy = format!("{POLICY}refuse 400 deep\n  when {brackets}\n  say \"deep\"\n");
    refused("brackets", policy.as_bytes(), CATALOG.as_bytes(), "nest");
    let catalog = format!("{CATALOG}makers: {}", "[".repeat(100_000));
    refused(
        "yaml-brackets",
        POLICY.as_bytes(),
        catalog.as_bytes(),
        "nest",
    );
}

#[test]
fn a_bomb_of_aliases_does_not_go_off() {
    let mut catalog =
        String::from("catalog: 1\nplaces:\n  a0: &a0 [DE, FR, IT, ES, PT, NL, BE, LU, AT]\n");
    for i in 1..40 {
        let before = format!("*a{}", i - 1);
        let all = vec![before; 9].join(", ");
        writeln!(catalog, "  a{i}: &a{i} [{all}]").unwrap();
    }
    refused("aliases", POLICY.as_bytes(), catalog.as_bytes(), "alias");
}

#[test]
fn a_scalar_of_a_gigabyte_is_refused_without_reading_it() {
    let directory = scratch_bytes(
        "gigabyte",
        [("policy.portolan", POLICY.as_bytes())].into_iter(),
    );
    let file = fs::File::create(directory.join("catalog.yaml")).unwrap();
    file.set_len(1 << 30).unwrap();
    let ran = bounded(&["check".as_ref(), directory.as_ref()], None);
    assert_eq!(ran.status, 1, "{}", ran.stdout);
    assert!(ran.stdout.contains("larger than"), "{}", ran.stdout);
    fs::remove_file(directory.join("catalog.yaml")).unwrap();
    let long = format!("{CATALOG}title: {}\n", "x".repeat(1_000_000));
    refused("long-scalar", POLICY.as_bytes(), long.as_bytes(), "bytes");
}

#[test]
fn what_is_not_utf_8_is_said_to_be_so() {
    refused(
        "utf8-policy",
        b"edition 1\npolicy \xff\xfe\n",
        CATALOG.as_bytes(),
        "UTF-8",
    );
    let catalog = [CATALOG.as_bytes(), b"# \xc3\x28\n"].concat();
    refused("utf8-catalog", POLICY.as_bytes(), &catalog, "UTF-8");
}

#[test]
fn a_nul_is_an_error_at_its_place() {
    let policy = format!("{POLICY}\0\n");
    refused("nul-policy", policy.as_bytes(), CATALOG.as_bytes(), ":4:1");
    let catalog = CATALOG.replace("title: Two", "title: \0Two");
    let ran = check("nul-catalog", POLICY.as_bytes(), catalog.as_bytes());
    assert_eq!(ran.status, 1, "{}", ran.stdout);
    assert!(!ran.stdout.contains('\0'));
}

#[test]
fn a_byte_order_mark_at_the_start_and_carriage_returns_do_no_harm() {
    for (name, policy, catalog) in [
        (
            "bom",
            format!("\u{feff}{POLICY}"),
            format!("\u{feff}{CATALOG}"),
        ),
        (
            "crlf",
            POLICY.replace('\n', "\r\n"),
            CATALOG.replace('\n', "\r\n"),
        ),
    ] {
        let ran = check(name, policy.as_bytes(), catalog.as_bytes());
        assert_eq!(ran.status, 0, "{name}: {}", ran.stdout);
    }
    let policy = format!("{POLICY}\u{feff}define x = true\n");
    refused("bom-inside", policy.as_bytes(), CATALOG.as_bytes(), ":4:1");
}

#[test]
fn a_duplicate_key_is_an_error_that_shows_both() {
    let catalog = CATALOG.replace("  alpha:\n", "  alpha: {}\n  alpha:\n");
    refused("duplicate", POLICY.as_bytes(), catalog.as_bytes(), "alpha");
}

#[test]
fn a_number_beyond_every_bound_is_an_error() {
    let huge = format!("1{}", "0".repeat(400));
    let catalog = CATALOG.replace("context_window: 100k", &format!("context_window: {huge}"));
    refused(
        "huge-catalog",
        POLICY.as_bytes(),
        catalog.as_bytes(),
        "is not a number of tokens",
    );
    let policy = format!(
        "{POLICY}refuse 400 huge\n  when request.max_tokens is set and request.max_tokens > {huge}\n  say \"huge\"\n"
    );
    refused("huge-policy", policy.as_bytes(), CATALOG.as_bytes(), ":5:");
}

/// Decides a body that means harm by the shipped policy.
fn decide(name: &str, body: &[u8]) -> Ran {
    let envelope = [b"{\"at\": \"2026-03-01\", \"body\": ", body, b"}"].concat();
    let files = [("request.json", &envelope[..])];
    let directory = scratch_bytes(name, files.into_iter());
    let arguments = [
        "decide",
        "rules/assemblyai",
        "--request",
        "-",
        "--format",
        "json",
    ];
    let arguments: Vec<&Path> = arguments.iter().map(Path::new).collect();
    bounded(&arguments, Some(&directory.join("request.json")))
}

#[test]
fn a_body_that_means_harm_is_refused_in_words() {
    let deep = format!(
        "{{\"model\": \"gpt-5\", \"messages\": {}{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let bodies: [(&str, &[u8]); 5] = [
        ("body-deep", deep.as_bytes()),
        (
            "body-number",
            br#"{"model": "gpt-5", "messages": [], "max_tokens": 1e400}"#,
        ),
        ("body-surrogate", br#"{"model": "\ud800", "messages": []}"#),
        (
            "body-twice",
            br#"{"model": "gpt-5", "Model": "gpt-4", "messages": []}"#,
        ),
        ("body-long", br#"{"model": "gpt-5", "messages": "x"}"#),
    ];
    for (name, body) in bodies {
        let ran = decide(name, body);
        assert!(ran.status == 3 || ran.status == 1, "{name}: {}", ran.stderr);
        let said = if ran.status == 3 {
            &ran.stdout
        } else {
            &ran.stderr
        };
        assert!(said.len() > 20 && said.len() < 100_000, "{name}: {said}");
        assert!(!said.contains("panicked"), "{name}: {said}");
    }
}

#[test]
fn long_chains_and_doubling_defines_end_at_a_bound() {
    let rule = |when: &str| format!("{POLICY}refuse 400 long\n  when {when}\n  say \"long\"\n");
    for (name, word) in [("chain-and", " and "), ("chain-or", " or ")] {
        let policy = rule(&vec!["request.stream"; 100_000].join(word));
        refused(
            name,
            policy.as_bytes(),
            CATALOG.as_bytes(),
            "condition-too-large",
        );
    }
    let policy = rule(&("not ".repeat(100_001) + "request.stream"));
    let ran = check("chain-not", policy.as_bytes(), CATALOG.as_bytes());
    assert_eq!(ran.status, 0, "{}", ran.stdout);
    let mut policy = format!("{POLICY}define d0 = request.stream\n");
    for n in 0..500 {
        writeln!(policy, "define d{} = d{n} and d{n}", n + 1).unwrap();
    }
    refused(
        "doubling",
        policy.as_bytes(),
        CATALOG.as_bytes(),
        "condition-too-large",
    );
}

#[test]
fn files_that_name_each_other_or_climb_out_end_at_once() {
    let policy = format!("{POLICY}include \"policy.portolan\"\n");
    refused(
        "include-itself",
        policy.as_bytes(),
        CATALOG.as_bytes(),
        "include-cycle",
    );
    let up = "../".repeat(20_000);
    let policy = format!("{POLICY}include \"{up}etc/nothing\"\n");
    refused(
        "climbing",
        policy.as_bytes(),
        CATALOG.as_bytes(),
        "unreadable-file",
    );
}

#[test]
fn no_escape_makes_half_a_character() {
    let policy = format!("{POLICY}warn odd \"\\u{{d800}}\"\n  when request.stream\n");
    refused(
        "surrogate-policy",
        policy.as_bytes(),
        CATALOG.as_bytes(),
        "bad-escape",
    );
    let catalog = CATALOG.replace("title: Two", "title: \"\\ud800\"");
    refused(
        "surrogate-catalog",
        POLICY.as_bytes(),
        catalog.as_bytes(),
        "yaml-syntax",
    );
}
