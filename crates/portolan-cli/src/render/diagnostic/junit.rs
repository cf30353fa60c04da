//! Checks and findings for a server that collects results: the XML of `JUnit`, a suite a file.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use portolan_core::diagnostic::Severity;

use super::Findings;
use crate::render::escape::escaped;

/// One thing that was looked at.
pub(crate) struct Case {
    /// The file, as a path that can be opened from here.
    pub(crate) file: String,
    /// The line.
    pub(crate) line: u32,
    /// What it is called.
    pub(crate) name: String,
    /// What it says; a failure, or said beside a pass.
    pub(crate) said: Option<(bool, String)>,
}

impl Findings<'_> {
    /// A case for each finding, which fails if such a severity does; a file without findings has
    /// one that passes.
    pub(crate) fn junit(&self, fails: &dyn Fn(Severity) -> bool) -> String {
        let mut cases = Vec::new();
        for (id, source) in self.sources.iter() {
            let own = |span: portolan_core::source::Span| span.source == id;
            let file = self.policy.shown(source.name());
            let before = cases.len();
            for finding in self.diagnostics.iter().filter(|f| own(f.primary.span)) {
                let at = self.sources.locate(finding.primary.span).start;
                let lines = std::iter::once(&finding.message).chain(&finding.help);
                let text: Vec<&str> = lines.map(String::as_str).collect();
                cases.push(Case {
                    file: file.clone(),
                    line: at.line,
                    name: format!("{} at {}:{}", finding.code, at.line, at.column),
                    said: Some((fails(finding.severity), text.join("\n"))),
                });
            }
            if cases.len() == before {
                cases.push(Case {
                    file,
                    line: 1,
                    name: "no findings".to_owned(),
                    said: None,
                });
            }
        }
        junit("portolan check", &cases)
    }
}

/// Writes cases.
pub(crate) fn junit(name: &str, cases: &[Case]) -> String {
    let failed = |case: &&Case| matches!(case.said, Some((true, _)));
    let mut suites: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
    for case in cases {
        suites.entry(&case.file).or_default().push(case);
    }
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        out,
        "<testsuites name=\"{}\" tests=\"{}\" failures=\"{}\">",
        escaped(name),
        cases.len(),
        cases.iter().filter(failed).count()
    );
    for (file, cases) in suites {
        let failures = cases.iter().copied().filter(|case| failed(case)).count();
        let file = escaped(file);
        let _ = writeln!(
            out,
            "  <testsuite name=\"{file}\" tests=\"{}\" failures=\"{failures}\">",
            cases.len()
        );
        for case in cases {
            let open = format!(
                "    <testcase classname=\"{file}\" name=\"{}\" file=\"{file}\" line=\"{}\"",
                escaped(&case.name),
                case.line
            );
            let _ = match &case.said {
                None => writeln!(out, "{open}/>"),
                Some((fails, text)) => {
                    let lines: Vec<String> = text.lines().map(escaped).collect();
                    let first = lines.first().map_or("", String::as_str);
                    let text = lines.join("\n");
                    let inside = if *fails {
                        format!("<failure message=\"{first}\">\n{text}\n      </failure>")
                    } else {
                        format!("<system-out>\n{text}\n      </system-out>")
                    };
                    writeln!(out, "{open}>\n      {inside}\n    </testcase>")
                }
            };
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}
