//! How much each lint matters: its own level, unless somebody says otherwise.

use std::collections::BTreeMap;

use portolan_core::diagnostic::{Code, Severity};
use portolan_core::near;

use crate::lint::{Group, Level, Lint};
use crate::lints::{self, LINTS};

/// No lint and no group has this name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownLint {
    /// The nearest name that there is.
    pub near: Option<&'static str>,
}

/// The level of every lint.
#[derive(Debug, Clone, Default)]
pub struct Levels {
    set: BTreeMap<Code, Level>,
    /// Only these run.
    selected: Option<Vec<Code>>,
}

impl Levels {
    /// The name of all lints together.
    pub const ALL: &'static str = "all";

    /// Sets the level of a lint, of a group's lints, or of all.
    ///
    /// # Errors
    /// When nothing has that name.
    pub fn set(&mut self, name: &str, level: Level) -> Result<(), UnknownLint> {
        for code in named(name)? {
            self.set.insert(code, level);
        }
        Ok(())
    }

    /// Lets only this lint, this group's lints or all run, and those of earlier calls.
    ///
    /// # Errors
    /// When nothing has that name.
    pub fn select(&mut self, name: &str) -> Result<(), UnknownLint> {
        let codes = named(name)?;
        self.selected.get_or_insert_default().extend(codes);
        Ok(())
    }

    /// The level of a lint. One that is selected by name runs, if only as its own level says.
    pub fn level(&self, lint: &Lint) -> Level {
        let set = self.set.get(lint.code).copied();
        match &self.selected {
            Some(selected) if !selected.contains(&lint.code) => Level::Off,
            Some(_) | None => set.unwrap_or(lint.level),
        }
    }

    /// The severity of a lint's findings; none where it does not run.
    pub fn severity(&self, lint: &Lint) -> Option<Severity> {
        self.level(lint).severity()
    }

    /// Says whether the lint of this code runs.
    pub fn runs(&self, code: &str) -> bool {
        lints::named(code).is_some_and(|lint| self.severity(lint).is_some())
    }
}

/// The codes that a name stands for.
fn named(name: &str) -> Result<Vec<Code>, UnknownLint> {
    let group = Group::ALL.into_iter().find(|group| group.name() == name);
    let wanted =
        |lint: &&Lint| name == Levels::ALL || lint.code == name || group == Some(lint.group);
    let codes: Vec<Code> = LINTS.iter().filter(wanted).map(|lint| lint.code).collect();
    if codes.is_empty() {
        let groups = Group::ALL.iter().map(|group| group.name());
        let names = LINTS.iter().map(|lint| lint.code).chain(groups);
        return Err(UnknownLint {
            near: near::nearest(name, names),
        });
    }
    Ok(codes)
}
