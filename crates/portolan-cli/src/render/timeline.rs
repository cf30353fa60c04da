//! A timeline for people: as text, and as Markdown. For programs it is in `timeline/json.rs`, for
//! calendars in `timeline/calendar.rs`; what a change is called is in `timeline/words.rs`.

mod calendar;
mod json;
mod words;

use std::fmt::Write as _;

use portolan_core::engine::Engine;
use portolan_core::instant::Window;
use portolan_core::request::{Draft, State};
use portolan_verify::timeline::promises::Broken;
use portolan_verify::timeline::{Change, Kind, Moment, Timeline, What, Who};

use super::paint::{Paint, visible};
use words::Words;

/// What is shown.
pub(crate) struct Page<'a> {
    /// Whose answers.
    pub(crate) engine: &'a Engine,
    /// Between which instants.
    pub(crate) range: Window,
    /// What changes.
    pub(crate) timeline: &'a Timeline,
    /// What does not hold.
    pub(crate) broken: &'a [Broken],
    /// Kinds of changes of which there should be none.
    pub(crate) failing: Vec<Kind>,
    /// Show a request for each change.
    pub(crate) samples: bool,
}

/// One line of what changes, with what stands below it.
struct Line {
    kind: Kind,
    says: String,
    whose: String,
    who: Vec<String>,
    because: Option<String>,
    sample: Option<String>,
}

impl Page<'_> {
    /// Says whether something is as it must not be.
    pub(crate) fn fails(&self) -> bool {
        let mut changes = self.timeline.moments.iter().flat_map(|m| &m.changes);
        !self.broken.is_empty() || changes.any(|change| self.is_failing(change))
    }

    fn is_failing(&self, change: &Change) -> bool {
        self.failing.contains(&change.kind())
    }

    fn words(&self) -> Words<'_> {
        Words {
            engine: self.engine,
        }
    }

    /// What is said of an instant. Refusals that get another code are said in one line for each
    /// cause.
    fn lines(&self, moment: &Moment) -> Vec<Line> {
        let words = self.words();
        let mut lines = Vec::new();
        let mut otherwise: Vec<&Change> = Vec::new();
        for change in &moment.changes {
            if let What::RefusedOtherwise { .. } = change.what {
                otherwise.push(change);
                continue;
            }
            lines.push(Line {
                kind: change.kind(),
                says: words.says(change),
                whose: words.whose(&change.ids, &change.endpoints),
                who: who(&change.who),
                because: Words::because(&change.causes),
                sample: self.samples.then(|| sample(&change.sample)),
            });
        }
        while let Some(first) = otherwise.first().copied() {
            let same = |change: &&Change| change.causes == first.causes && change.ids == first.ids;
            let (these, others) = otherwise.into_iter().partition(same);
            otherwise = others;
            lines.extend(self.otherwise(first, these));
        }
        lines
    }

    /// Refusals with the same cause that get another code.
    fn otherwise(&self, first: &Change, these: Vec<&Change>) -> Vec<Line> {
        let mut endpoints: Vec<String> = Vec::new();
        let mut codes = Vec::new();
        for change in these {
            for endpoint in &change.endpoints {
                if !endpoints.contains(endpoint) {
                    endpoints.push(endpoint.clone());
                }
            }
            if let What::RefusedOtherwise { before, after } = &change.what {
                let codes_of = ((before.0, &*before.1), (after.0, &*after.1));
                if !codes.contains(&codes_of) {
                    codes.push(codes_of);
                }
            }
        }
        let whose = self.words().whose(&first.ids, &endpoints);
        let says = Words::refused_otherwise(&codes).into_iter();
        let lines = says.map(|says| Line {
            kind: Kind::Notes,
            says,
            whose: whose.clone(),
            who: Vec::new(),
            because: Words::because(&first.causes),
            sample: self.samples.then(|| sample(&first.sample)),
        });
        lines.collect()
    }

    /// For people.
    pub(crate) fn human(&self, paint: Paint) -> String {
        let words = self.words();
        let mut out = String::new();
        for moment in &self.timeline.moments {
            let _ = writeln!(out, "{}", paint.strong(&moment.at.short()));
            for line in self.lines(moment) {
                let kind = line.kind.name();
                let mark = if self.failing.contains(&line.kind) {
                    paint.error(kind)
                } else {
                    kind.to_owned()
                };
                let _ = writeln!(out, "  {mark}: {}", visible(&line.says));
                let _ = writeln!(out, "    {}", visible(&line.whose));
                for who in line.who {
                    let _ = writeln!(out, "    {}", visible(&who));
                }
                if let Some(because) = line.because {
                    let _ = writeln!(out, "    {}", paint.faint(&visible(&because)));
                }
                if let Some(sample) = line.sample {
                    let _ = writeln!(out, "    {}", visible(&sample));
                }
            }
        }
        for broken in self.broken {
            let word = paint.error("broken");
            let _ = writeln!(out, "{word}: {}", visible(&words.broken(broken)));
            for line in who(&broken.who) {
                let _ = writeln!(out, "    {}", visible(&line));
            }
            if self.samples {
                let _ = writeln!(out, "    {}", visible(&sample(&broken.sample)));
            }
        }
        let _ = writeln!(out, "{}", self.summary());
        out
    }

    /// For a pull request.
    pub(crate) fn markdown(&self) -> String {
        let words = self.words();
        let mut out = format!(
            "# Timeline of {}\n\n{}, snapshot `{}`.\n",
            code(&self.engine.policy().name),
            self.summary(),
            self.engine.snapshot()
        );
        if !self.broken.is_empty() {
            out.push_str("\n## What does not hold\n\n");
        }
        for broken in self.broken {
            let mut lines = vec![words.broken(broken)];
            lines.extend(who(&broken.who));
            let _ = writeln!(out, "- {}", plain(&lines.join("; ")));
        }
        for moment in &self.timeline.moments {
            let _ = writeln!(out, "\n## {}\n", moment.at.short());
            for line in self.lines(moment) {
                let kind = line.kind.name();
                let mark = if self.failing.contains(&line.kind) {
                    format!("**{kind}**")
                } else {
                    kind.to_owned()
                };
                let mut parts = vec![line.says, line.whose];
                parts.extend(line.who);
                parts.extend(line.because);
                let _ = writeln!(out, "- {mark}: {}", plain(&parts.join("; ")));
                if let Some(sample) = line.sample {
                    let _ = writeln!(out, "  {}", code(&sample));
                }
            }
        }
        out
    }

    fn summary(&self) -> String {
        let instants = self.timeline.moments.len();
        let changes: usize = self.timeline.moments.iter().map(|m| m.changes.len()).sum();
        let failing = self.timeline.moments.iter().flat_map(|m| &m.changes);
        let failing = failing.filter(|change| self.is_failing(change)).count() + self.broken.len();
        let mut out = format!(
            "{} {} {} {}",
            changes,
            plural(changes, "change"),
            plural_at(instants),
            words::range(self.range)
        );
        if failing > 0 {
            let _ = write!(out, ", {failing} that must not be");
        }
        out
    }
}

fn plural(count: usize, word: &str) -> String {
    if count == 1 {
        word.to_owned()
    } else {
        format!("{word}s")
    }
}

fn plural_at(instants: usize) -> String {
    format!("at {instants} {}", plural(instants, "instant"))
}

/// Who of those with the id is concerned; nothing where all are.
fn who(who: &Who) -> Vec<String> {
    match who {
        Who::All => Vec::new(),
        Who::Some { classes, whole } => {
            let mut lines: Vec<String> = classes
                .iter()
                .map(|class| format!("only where {}", class.join(" and ")))
                .collect();
            match (lines.is_empty(), whole) {
                (true, _) => lines.push("some requests".to_owned()),
                (false, true) => {}
                (false, false) => lines.push("and others".to_owned()),
            }
            lines
        }
    }
}

/// A request as a request file, or why there is none.
fn sample(draft: &Draft) -> String {
    portolan_wire::write_request(draft, &State::default()).unwrap_or_else(|error| error.to_string())
}

/// Text that Markdown leaves alone: what is in backticks stays so, the rest is escaped.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for (position, part) in visible(text).split('`').enumerate() {
        if position > 0 {
            out.push('`');
        }
        if position % 2 == 1 {
            out.push_str(part);
            continue;
        }
        for c in part.chars() {
            if "\\*_{}[]<>#|".contains(c) {
                out.push('\\');
            }
            out.push(c);
        }
    }
    out
}

/// Text as code, whatever is in it.
fn code(text: &str) -> String {
    let text = visible(text);
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    if longest == 0 {
        format!("`{text}`")
    } else {
        format!("{fence} {text} {fence}")
    }
}
