//! `portolan.toml`: what a policy's directory says about its own checks. Every fault in it is found
//! at its place; a name that nobody knows is an error and never ignored.
//!
//! ```toml
//! deny = "warnings"
//! baseline = "baseline.toml"
//!
//! [lints]
//! catalog = "info"
//! dead-rule = "error"
//! ```

use std::ops::Range;

use portolan_core::diagnostic::Diagnostic;
use portolan_core::source::{Source, SourceId, Span};
use portolan_core::{near, text};
use toml::de::{DeTable, DeValue};

use crate::levels::{Levels, UnknownLint};
use crate::lint::{Group, Level};

/// The file's name.
pub const FILE: &str = "portolan.toml";
/// What may stand at its top.
const KEYS: [&str; 3] = ["deny", "baseline", "lints"];

/// What the file says.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// How much lints matter.
    pub levels: Levels,
    /// Warnings fail a check.
    pub deny_warnings: bool,
    /// A baseline, as a path from the policy's directory.
    pub baseline: Option<String>,
}

impl Config {
    /// Reads the file.
    ///
    /// # Errors
    /// Everything that is wrong with it, by place.
    pub fn read(id: SourceId, source: &Source) -> Result<Self, Vec<Diagnostic>> {
        let mut reader = Reader {
            id,
            config: Self::default(),
            found: Vec::new(),
        };
        match DeTable::parse(source.text()) {
            Err(error) => {
                let span = reader.span(error.span().unwrap_or(0..0));
                let message = error.message().lines().next().unwrap_or("");
                let message = format!("this is not TOML: {}", text::echo(message));
                reader
                    .found
                    .push(Diagnostic::error("bad-config", span, message));
            }
            Ok(table) => reader.top(table.get_ref()),
        }
        if reader.found.is_empty() {
            Ok(reader.config)
        } else {
            reader.found.sort_by_key(|finding| finding.primary.span);
            Err(reader.found)
        }
    }
}

struct Reader {
    id: SourceId,
    config: Config,
    found: Vec<Diagnostic>,
}

impl Reader {
    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.id, range.start, range.end)
    }

    fn top(&mut self, table: &DeTable<'_>) {
        for (key, value) in table {
            let (at, of) = (self.span(key.span()), self.span(value.span()));
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("deny", DeValue::String(what)) if what == "warnings" => {
                    self.config.deny_warnings = true;
                }
                ("deny", _) => self.expected(of, "`\"warnings\"`"),
                ("baseline", DeValue::String(path)) => {
                    self.config.baseline = Some(path.clone().into_owned());
                }
                ("baseline", _) => self.expected(of, "a path in quotes"),
                ("lints", DeValue::Table(lints)) => self.lints(lints),
                ("lints", _) => self.expected(of, "a table of lints and levels"),
                (other, _) => {
                    let message = format!("there is no setting `{}`", text::echo(other));
                    let finding = Diagnostic::error("unknown-setting", at, message);
                    let finding = finding.near(near::nearest(other, KEYS));
                    self.found.push(finding);
                }
            }
        }
    }

    /// Levels: of all first, then of groups, then of single lints, however they are written.
    fn lints(&mut self, table: &DeTable<'_>) {
        let mut levels: Vec<(u8, String, Level, Span)> = Vec::new();
        for (key, value) in table {
            let (at, of) = (self.span(key.span()), self.span(value.span()));
            let name = key.get_ref().as_ref();
            let level = if let DeValue::String(word) = value.get_ref() {
                Level::named(word)
            } else {
                None
            };
            let group = Group::ALL.iter().any(|group| group.name() == name);
            let rank = match name {
                Levels::ALL => 0,
                _ if group => 1,
                _ => 2,
            };
            if let Some(level) = level {
                levels.push((rank, name.to_owned(), level, at));
            } else {
                let names = Level::NAMES.iter().map(|(name, _)| *name);
                let message = format!("a level is {}", text::quoted(names, "or"));
                self.found
                    .push(Diagnostic::error("bad-setting", of, message));
            }
        }
        levels.sort_by_key(|(rank, ..)| *rank);
        for (_, name, level, at) in levels {
            if let Err(UnknownLint { near }) = self.config.levels.set(&name, level) {
                let message = format!("there is no lint `{}`", text::echo(&name));
                let finding = Diagnostic::error("unknown-lint", at, message);
                self.found.push(finding.near(near));
            }
        }
    }

    fn expected(&mut self, span: Span, what: &str) {
        let message = format!("expected {what}");
        self.found
            .push(Diagnostic::error("bad-setting", span, message));
    }
}

#[cfg(test)]
mod tests {
    use portolan_core::source::Sources;

    use super::*;

    fn read(text: &str) -> Result<Config, Vec<String>> {
        let mut sources = Sources::default();
        let id = sources.add(FILE, text);
        let read = Config::read(id, sources.get(id).unwrap());
        read.map_err(|found| {
            let shown = found.iter().map(|finding| {
                let at = sources.locate(finding.primary.span).start;
                let text = sources.slice(finding.primary.span);
                format!("{}:{} {} `{text}`", at.line, at.column, finding.code)
            });
            shown.collect()
        })
    }

    #[test]
    fn a_lint_has_the_level_that_is_said_of_it_rather_than_of_its_group() {
        let text = "deny = \"warnings\"\n[lints]\ndead-rule = \"error\"\nrules = \"off\"\n";
        let config = read(text).unwrap();
        assert!(config.deny_warnings);
        let level = |code| {
            let lint = crate::lints::named(code).unwrap();
            config.levels.level(lint)
        };
        assert_eq!(level("dead-rule"), Level::Error);
        assert_eq!(level("unused-define"), Level::Off);
    }

    #[test]
    fn everything_that_is_wrong_is_found_at_its_place() {
        let text = "den = 1\ndeny = 2\n[lints]\ndead-rul = \"off\"\ndead-rule = \"of\"\n";
        assert_eq!(
            read(text).unwrap_err(),
            [
                "1:1 unknown-setting `den`",
                "2:8 bad-setting `2`",
                "4:1 unknown-lint `dead-rul`",
                "5:13 bad-setting `\"of\"`",
            ]
        );
        let broken = read("lints = [").unwrap_err();
        assert!(broken[0].contains("bad-config"), "{broken:?}");
    }
}
