//! What tests came to, for a server that collects results: the XML of `JUnit`, a suite a file.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Came, Ran, count, explained};
use crate::render::escape::escaped;
use crate::render::paint::Paint;

/// Writes results.
pub(crate) fn junit(ran: &[Ran<'_>]) -> String {
    let mut suites: BTreeMap<String, Vec<&Ran<'_>>> = BTreeMap::new();
    for ran in ran {
        suites.entry(ran.file()).or_default().push(ran);
    }
    let all = count(ran);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        out,
        "<testsuites name=\"portolan test\" tests=\"{}\" failures=\"{}\" skipped=\"{}\">",
        ran.len(),
        all.failed,
        all.pending
    );
    for (file, tests) in &suites {
        let of = |wanted: &dyn Fn(&Came) -> bool| tests.iter().filter(|t| wanted(&t.came)).count();
        let failed = of(&|came| matches!(came, Came::Failed(_)));
        let pending = of(&|came| *came == Came::Pending);
        let name = escaped(file);
        let _ = writeln!(
            out,
            "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{failed}\" skipped=\"{pending}\">",
            tests.len()
        );
        for test in tests {
            out.push_str(&case(test, &name));
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn case(ran: &Ran<'_>, suite: &str) -> String {
    let name = escaped(&ran.test.name);
    let line = ran.test.line;
    let open = format!(
        "    <testcase classname=\"{suite}\" name=\"{name}\" file=\"{suite}\" line=\"{line}\""
    );
    match &ran.came {
        Came::Passed => format!("{open}/>\n"),
        Came::Pending => {
            format!(
                "{open}>\n      <skipped message=\"its snapshot is pending\"/>\n    </testcase>\n"
            )
        }
        Came::Failed(failure) => {
            let first = failure.complaints.first().map_or("", String::as_str);
            let message = escaped(first.lines().next().unwrap_or(""));
            let plain = Paint { colored: false };
            // Lines are kept: only what is invisible in them is escaped.
            let all = explained(failure, ran.policy, plain);
            let lines: Vec<String> = all.lines().map(escaped).collect();
            let text = lines.join("\n");
            format!(
                "{open}>\n      <failure message=\"{message}\">\n{text}\n      </failure>\n    </testcase>\n"
            )
        }
    }
}
