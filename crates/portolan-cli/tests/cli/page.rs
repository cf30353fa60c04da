//! The page that `portolan matrix` writes: sound, inert, and readable without eyes or scripts.

use std::collections::BTreeSet;

use crate::run::{portolan, scratch};

/// One tag of a page, with its attributes.
#[derive(Debug)]
struct Tag {
    name: String,
    closes: bool,
    attributes: Vec<(String, String)>,
    /// The text that follows, up to the next tag.
    text: String,
}

impl Tag {
    fn get(&self, name: &str) -> Option<&str> {
        let mut found = self.attributes.iter().filter(|(own, _)| own == name);
        found.next().map(|(_, value)| &**value)
    }
}

/// The tags of a page, as any reader takes them: the text of a script or style ends at its tag.
fn tags(page: &str) -> Vec<Tag> {
    let mut found = Vec::new();
    let mut rest = page.strip_prefix("<!DOCTYPE html>").unwrap();
    while let Some((_, after)) = rest.split_once('<') {
        let (inside, after) = after.split_once('>').unwrap();
        let closes = inside.starts_with('/');
        let inside = inside.trim_start_matches('/');
        let (name, mut given) = inside.split_once(' ').unwrap_or((inside, ""));
        let mut attributes = Vec::new();
        while !given.trim().is_empty() {
            given = given.trim_start();
            let end = given.find([' ', '=']).unwrap_or(given.len());
            let (own, more) = given.split_at(end);
            if let Some(more) = more.strip_prefix("=\"") {
                let (value, more) = more.split_once('"').unwrap();
                attributes.push((own.to_owned(), value.to_owned()));
                given = more;
            } else {
                attributes.push((own.to_owned(), String::new()));
                given = more;
            }
        }
        let raw = !closes && ["script", "style"].contains(&name);
        let end = if raw {
            after.find(&format!("</{name}")).unwrap()
        } else {
            after.find('<').unwrap_or(after.len())
        };
        found.push(Tag {
            name: name.to_owned(),
            closes,
            attributes,
            text: after.split_at(end).0.to_owned(),
        });
        rest = after.split_at(end).1;
    }
    found
}

/// The page of a shipped policy over time.
fn page() -> String {
    let dates = ["--from", "2026-03-15", "--until", "2027-06-01"];
    let ran = portolan(
        &[
            &["matrix", "rules/assemblyai"],
            &dates[..],
            &["--format", "html"],
        ]
        .concat(),
    );
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    ran.stdout
}

const HOSTILE: &str = r#"catalog: 1
scores: {"<b>": {better: higher}}
regions:
  "us\"><script>alert(1)</script>": {processing: US, storage: US, multiplier: [{value: 1.00, until: 2026-07-01}, {value: 1.10, from: 2026-07-01}]}
endpoints:
  "e'<i>": {host: us.example.com, path: /v1, ingress: US, region: "us\"><script>alert(1)</script>", default: true}
makers:
  m: {title: "</script><script>alert(2)</script>"}
providers:
  "p-->": {retention: zero}
models:
  "</script><script>alert(3)</script>":
    title: "<!-- ]]> \u202e --><img src=x onerror=alert(4)>"
    maker: m
    retires: 2026-12-31
    price: {input: 1.00, output: 2.00}
    scores: {"<b>": 1}
    offerings: [{region: "us\"><script>alert(1)</script>", provider: "p-->"}]
  "=HYPERLINK(\"http://a\")":
    title: "a|b`c`\n# d"
    maker: m
    offerings: [{region: "us\"><script>alert(1)</script>", provider: "p-->"}]
aliases:
  "</title>&amp;": {model: "</script><script>alert(3)</script>"}
"#;

const RETIRED: &str = "edition 1
policy hostile
use catalog \"catalog.yaml\"
exclude 404 model-retired
  when route.model.retires is set and request.at >= route.model.retires
  say \"gone\"
";

/// The table of a catalog whose every name means harm.
fn hostile(format: &str) -> String {
    let files = [("policy.portolan", RETIRED), ("catalog.yaml", HOSTILE)];
    let directory = scratch(&format!("matrix-hostile-{format}"), &files);
    let arguments = [
        "matrix",
        directory.to_str().unwrap(),
        "--from",
        "2026-06-01",
    ];
    let ran = portolan(&[&arguments[..], &["--format", format]].concat());
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    ran.stdout
}

/// Asserts that every tag is closed in its turn.
fn nested(tags: &[Tag]) {
    let void = ["meta", "input", "br", "img", "link"];
    let mut open: Vec<&str> = Vec::new();
    for tag in tags {
        if tag.closes {
            assert_eq!(open.pop(), Some(&*tag.name));
        } else if !void.contains(&&*tag.name) {
            open.push(&tag.name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn nothing_on_a_page_comes_from_elsewhere_or_runs_but_its_one_script() {
    for page in [page(), hostile("html")] {
        let tags = tags(&page);
        nested(&tags);
        let known = BTreeSet::from([
            "html", "head", "meta", "title", "style", "body", "header", "h1", "code", "dl", "div",
            "dt", "dd", "main", "section", "h2", "label", "button", "input", "output", "select",
            "option", "p", "table", "caption", "span", "thead", "tr", "th", "tbody", "td", "small",
            "ul", "li", "script",
        ]);
        for tag in &tags {
            assert!(known.contains(&*tag.name), "{tag:?}");
            for (name, value) in &tag.attributes {
                let loads = ["src", "href", "style", "action", "srcdoc", "background"];
                assert!(
                    !loads.contains(&&**name) && !name.starts_with("on"),
                    "{tag:?}"
                );
                assert!(!value.contains(['<', '>']), "{tag:?}");
            }
        }
        let scripts = tags
            .iter()
            .filter(|tag| tag.name == "script" && !tag.closes);
        let kinds: Vec<_> = scripts.map(|tag| tag.get("type")).collect();
        assert_eq!(kinds, [Some("application/json"), None]);
        assert_eq!(page.matches("<!").count(), 1, "no comment, no section");
        assert!(!page.contains("]]>"));
        assert!(!page.contains('\u{202e}'));
    }
}

#[test]
fn the_page_itself_forbids_what_it_does_not_name_by_its_hash() {
    let page = page();
    let tags = tags(&page);
    let csp = |tag: &&Tag| tag.get("http-equiv") == Some("Content-Security-Policy");
    let policy = tags.iter().find(csp).unwrap().get("content").unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"));
    for word in ["unsafe", "http:", "https:", "data:", "*"] {
        assert!(!policy.contains(word), "{policy}");
    }
    // It stands before everything that it is about.
    let position = |name: &str| tags.iter().position(|tag| tag.name == name).unwrap();
    let own = tags.iter().position(|tag| csp(&tag)).unwrap();
    assert!(own < position("style") && own < position("script"));
}

#[test]
fn what_names_mean_harm_by_is_read_as_text() {
    let page = hostile("html");
    let tags = tags(&page);
    let first = tags
        .iter()
        .position(|tag| tag.get("scope") == Some("row"))
        .unwrap();
    assert_eq!(
        tags[first].text,
        "&lt;/script&gt;&lt;script&gt;alert(3)&lt;/script&gt;"
    );
    let data = tags
        .iter()
        .find(|tag| tag.get("id") == Some("data"))
        .unwrap();
    let value: serde_json::Value = serde_json::from_str(&data.text).unwrap();
    assert_eq!(value["instants"].as_array().unwrap().len(), 3);
    assert_eq!(value["rows"][0]["periods"].as_array().unwrap().len(), 3);
    let markdown = hostile("markdown");
    assert!(
        !markdown.contains(['`', '<']) || !markdown.contains("<script"),
        "{markdown}"
    );
    assert!(!hostile("human").contains('\u{202e}'));
    let csv = hostile("csv");
    assert!(csv.contains("\"'=HYPERLINK"), "{csv}");
    assert!(!csv.contains(",\"=") && !csv.contains(",="), "{csv}");
}

#[test]
fn a_reader_without_eyes_finds_the_way() {
    let page = page();
    let tags = tags(&page);
    let open = || tags.iter().filter(|tag| !tag.closes);
    let named = |name: &'static str| open().filter(move |tag| tag.name == name);
    assert_eq!(named("html").next().unwrap().get("lang"), Some("en"));
    assert!(!named("title").next().unwrap().text.is_empty());
    assert_eq!(named("main").count(), 1);
    // One first heading, and none of a level that is skipped.
    let levels = open().filter(|tag| ["h1", "h2", "h3"].contains(&&*tag.name));
    let levels: Vec<&str> = levels.map(|tag| &*tag.name).collect();
    assert_eq!(levels, ["h1", "h2", "h2", "h2", "h2"]);
    // Every table says first what it is, and every head what it is the head of.
    for (position, tag) in tags.iter().enumerate() {
        if tag.name == "table" && !tag.closes {
            assert_eq!(tags[position + 1].name, "caption");
        }
    }
    assert!(named("th").all(|tag| matches!(tag.get("scope"), Some("col" | "row"))));
    // Every section has a name, every field a label, no id stands twice.
    let ids: Vec<&str> = open().filter_map(|tag| tag.get("id")).collect();
    let known: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(known.len(), ids.len());
    for section in named("section") {
        assert!(known.contains(section.get("aria-labelledby").unwrap()));
    }
    let labels: BTreeSet<&str> = named("label").filter_map(|tag| tag.get("for")).collect();
    let mut within = false;
    for tag in &tags {
        match &*tag.name {
            "label" => within = !tag.closes,
            "input" | "select" if !tag.closes => {
                assert!(within || labels.contains(tag.get("id").unwrap()), "{tag:?}");
            }
            _ => {}
        }
    }
    // A state is a symbol that is not read out, and a word that is.
    let states = named("td").filter(|tag| tag.get("class").is_some());
    assert!(states.count() > 100);
    for (position, tag) in tags.iter().enumerate() {
        let state = tag
            .get("class")
            .is_some_and(|class| class.starts_with("state "));
        if state && !tag.closes {
            assert_eq!(tags[position + 1].get("aria-hidden"), Some("true"));
            assert!(tags[position + 2].text.trim().len() > 1);
        }
    }
}

#[test]
fn without_scripts_the_start_stands_there_and_every_change_after_it() {
    let page = page();
    let tags = tags(&page);
    let controls = tags.iter().find(|tag| tag.get("id") == Some("controls"));
    assert_eq!(controls.unwrap().get("hidden"), Some(""));
    let texts: BTreeSet<&str> = tags.iter().map(|tag| tag.text.trim()).collect();
    for told in [
        "2026-04-20",
        "404 model-retired",
        "$5.00 / $25.00",
        "$5.50 / $27.50",
    ] {
        assert!(texts.contains(told), "{told}");
    }
    assert!(page.contains("<span id=\"when\">at 2026-03-15</span>"));
    assert!(page.contains(
        "portolan matrix rules/assemblyai --from 2026-03-15 --until 2027-06-01 --format html"
    ));
    assert!(page.contains("@media print"));
}
