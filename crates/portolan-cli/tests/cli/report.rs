//! What `portolan report` writes: the same every time, and inert whatever a name holds.

use insta::assert_snapshot;

use crate::run::{portolan, scratch};

const LEAKY: &str = "rules/examples/leaky/uksouth";

/// What was written, without what changes with every edit of a policy or version.
fn written(arguments: &[&str]) -> String {
    let ran = portolan(&[&["report"], arguments].concat());
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    let lines = ran.stdout.lines().map(|line| {
        let changes = ["snapshot", "version"];
        let changes = changes.iter().find(|fact| {
            line.starts_with(&format!("| {fact} |")) || line.contains(&format!(">{fact}</th>"))
        });
        changes.map_or(line.to_owned(), |fact| format!("({fact})"))
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_report_says_what_was_proved_and_what_refutes_the_rest() {
    assert_snapshot!(written(&[LEAKY]));
}

#[test]
fn a_report_for_a_printer_says_the_same() {
    let page = written(&[LEAKY, "--format", "html"]);
    let (_, body) = page.split_once("<body>").unwrap();
    assert_snapshot!(body);
}

#[test]
fn a_report_is_the_same_every_time_and_says_whether_all_is_proved() {
    for format in ["markdown", "html"] {
        let arguments = ["report", "rules/multi-cloud-eu", "--format", format];
        let [one, other] = [portolan(&arguments), portolan(&arguments)];
        assert_eq!(one.status, 0, "{}", one.stderr);
        assert_eq!(one.stdout, other.stdout);
    }
}

const POLICY: &str = "edition 1
policy hostile
use catalog \"catalog.yaml\"
lock ingress within EU27
prove nothing-routes
  for every request where request.model is set and request.messages is set
    and (request.tool_choice is not set or request.tool_choice != \"</code></pre><script>```|\")
  never routes
";

const CATALOG: &str = r#"catalog: 1
title: t
as_of: 2026-03-15
source: t
sources: {t: {title: t}}
regions: {eu: {processing: EU27, storage: EU27}}
endpoints: {all: {host: all.example.com, path: /v1, ingress: EU27, region: eu, default: true}}
providers: {here: {retention: zero}}
models:
  "</code><script>alert(1)</script><img src=x>|`*[a](b)":
    price: {input: 2.50, output: 10.00}
    offerings: [{region: eu, provider: here}]
"#;

#[test]
fn names_that_mean_harm_are_text() {
    let files = [("policy.portolan", POLICY), ("catalog.yaml", CATALOG)];
    let directory = scratch("report-hostile", &files);
    let path = directory.to_str().unwrap();
    let page = written(&[path, "--format", "html"]);
    assert!(page.contains("&lt;script&gt;alert(1)"), "{page}");
    for tag in ["<script", "<img", "<a", "<!-"] {
        assert!(!page.contains(tag), "{tag}: {page}");
    }
    assert_eq!(
        page.matches("<pre>").count(),
        page.matches("</pre>").count()
    );
    let text = written(&[path]);
    // Outside of what stands as it is, nothing is markup.
    let mut fence: Option<&str> = None;
    for line in text.lines() {
        match fence {
            Some(end) if line == end => fence = None,
            Some(_) => {}
            None if line.starts_with("```") => fence = line.strip_suffix("text"),
            None => assert!(
                !line.contains("<script") && !line.contains("<img"),
                "{line}"
            ),
        }
    }
    assert_eq!(fence, None);
}
