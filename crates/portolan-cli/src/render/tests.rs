//! What tests came to, for people: the ones that failed with their reasons, and a count of all.

pub(crate) mod coverage;
pub(crate) mod json;
pub(crate) mod junit;
pub(crate) mod mutants;

use std::fmt::Write as _;

use portolan_test::suite::{Failure, Test};

use super::paint::{Paint, visible};
use super::unfolded;
use crate::load::Policy;

/// A test that ran.
pub(crate) struct Ran<'g> {
    pub(crate) test: &'g Test,
    pub(crate) policy: &'g Policy,
    pub(crate) came: Came,
}

/// What a test came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Came {
    /// As expected.
    Passed,
    /// Not as expected.
    Failed(Failure),
    /// Nothing is expected; its answer waits to be taken.
    Pending,
}

impl Ran<'_> {
    /// The file, as a path that can be opened from here.
    fn file(&self) -> String {
        if self.test.is_block() {
            self.policy.shown(&self.test.file)
        } else {
            self.test.file.clone()
        }
    }

    /// File and line.
    fn place(&self) -> String {
        match self.test.line {
            0 => self.file(),
            line => format!("{}:{line}", self.file()),
        }
    }
}

/// What else was asked of the tests.
#[derive(Default)]
pub(crate) struct Measured<'g> {
    /// What they leave untested.
    pub(crate) coverage: Option<coverage::Covered<'g>>,
    /// What they tell from the policy.
    pub(crate) mutants: Option<mutants::Mutants<'g>>,
}

impl Measured<'_> {
    /// Says whether fewer mutants are killed than somebody asks for.
    pub(crate) fn misses(&self, percent: Option<u8>) -> bool {
        let mutants = self.mutants.as_ref().zip(percent);
        mutants.is_some_and(|(mutants, percent)| mutants.share() < usize::from(percent) * 100)
    }
}

/// How many passed, failed and wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub(super) struct Count {
    passed: usize,
    failed: usize,
    pending: usize,
}

fn count(ran: &[Ran<'_>]) -> Count {
    let mut count = Count::default();
    for ran in ran {
        match ran.came {
            Came::Passed => count.passed += 1,
            Came::Failed(_) => count.failed += 1,
            Came::Pending => count.pending += 1,
        }
    }
    count
}

/// Prints results.
pub(crate) fn human(ran: &[Ran<'_>], paint: Paint) -> String {
    let mut out = String::new();
    for ran in ran {
        let word = match &ran.came {
            Came::Passed => continue,
            Came::Failed(_) => paint.error("failed"),
            Came::Pending => paint.warning("pending"),
        };
        let name = paint.strong(&visible(&ran.test.name));
        let _ = writeln!(out, "{word}: {name}");
        let _ = writeln!(out, "  {}", paint.faint(&visible(&ran.place())));
        if let Came::Failed(failure) = &ran.came {
            out.push_str(&indented(&explained(failure, ran.policy, paint), "  "));
        }
        out.push('\n');
    }
    let Count {
        passed,
        failed,
        pending,
    } = count(ran);
    let tests = match ran.len() {
        1 => "1 test".to_owned(),
        many => format!("{many} tests"),
    };
    let _ = write!(out, "{tests}: {passed} passed");
    if failed > 0 {
        let _ = write!(out, ", {}", paint.error(&format!("{failed} failed")));
    }
    if pending > 0 {
        let _ = write!(out, ", {}", paint.warning(&format!("{pending} pending")));
    }
    out.push('\n');
    if pending > 0 {
        let how = "look at what is pending with `portolan test POLICY --review`";
        let _ = writeln!(out, "{}: {how}", paint.help("help"));
    }
    out
}

/// Expected against found, and the rules that made it so.
fn explained(failure: &Failure, policy: &Policy, paint: Paint) -> String {
    let mut out = String::new();
    for complaint in &failure.complaints {
        for line in complaint.lines() {
            let _ = writeln!(out, "{}", visible(line));
        }
    }
    let decided = failure.decided.iter().map(|rule| ("decided", rule));
    let wanted = failure.wanted.iter().map(|rule| ("wanted", rule));
    for (word, rule) in decided.chain(wanted) {
        let about = unfolded::about(rule);
        let _ = writeln!(out, "\n{word}: {about}");
        out.push_str(&unfolded::drawn(rule, policy, paint));
    }
    out
}

fn indented(text: &str, by: &str) -> String {
    let lines = text.lines().map(|line| {
        if line.is_empty() {
            "\n".to_owned()
        } else {
            format!("{by}{line}\n")
        }
    });
    lines.collect()
}

/// The lines of which two texts do not have the same, in order, with a few around them.
pub(crate) fn changed(old: &str, new: &str) -> String {
    const AROUND: usize = 2;
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let mut marked: Vec<(char, &str)> = Vec::new();
    let (mut left, mut right) = (old.as_slice(), new.as_slice());
    while let ([a, rest @ ..], [b, others @ ..]) = (left, right) {
        if a == b {
            marked.push((' ', a));
            (left, right) = (rest, others);
            continue;
        }
        // The nearest line that both have again.
        let in_new = right.iter().position(|line| line == a);
        let in_old = left.iter().position(|line| line == b);
        match (in_new, in_old) {
            (Some(new), old) if old.is_none_or(|old| new <= old) => {
                marked.push(('+', b));
                right = others;
            }
            (None, None) => {
                marked.push(('-', a));
                marked.push(('+', b));
                (left, right) = (rest, others);
            }
            (Some(_) | None, _) => {
                marked.push(('-', a));
                left = rest;
            }
        }
    }
    marked.extend(left.iter().map(|line| ('-', *line)));
    marked.extend(right.iter().map(|line| ('+', *line)));
    let near = |position: usize| {
        let from = position.saturating_sub(AROUND);
        let around = marked.iter().skip(from).take(position + AROUND + 1 - from);
        around.into_iter().any(|(mark, _)| *mark != ' ')
    };
    let mut out = String::new();
    for (position, (mark, line)) in marked.iter().enumerate() {
        if near(position) {
            let _ = writeln!(out, "{mark} {line}");
        }
    }
    out
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn what_changed_is_shown_with_a_little_around_it() {
        let old = "a\nb\nc\nd\ne\n";
        let new = "a\nb\nc\nx\ne\n";
        assert_eq!(changed(old, new), "  b\n  c\n- d\n+ x\n  e\n");
        assert_eq!(changed("a\n", "a\n"), "");
        assert_eq!(changed("", "a\n"), "+ a\n");
    }
}
