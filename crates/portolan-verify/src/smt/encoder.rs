//! What a question is put together with: formulas, and the request that they are about.

use portolan_core::catalog::{Catalog, Route};
use portolan_core::policy::{Policy, Prove, Value};

use super::formula::{Formula, Formulas};
use super::ranges::Ranges;
use super::space::{Field, Meaning, Part, Space};

/// Turns conditions into formulas over one request.
#[derive(Debug)]
pub(super) struct Encoder<'a> {
    pub(super) space: Space<'a>,
    pub(super) all: Formulas,
}

/// From where a condition looks at the request.
#[derive(Debug, Clone, Copy)]
pub(super) struct View {
    /// Whose body it reads.
    pub(super) part: Part,
    /// What the model id stands for, where that is not left open.
    pub(super) named: Option<usize>,
    /// The candidate.
    pub(super) route: Option<Route>,
}

impl View {
    /// A body, its model left open.
    pub(super) const fn of(part: Part) -> Self {
        Self {
            part,
            named: None,
            route: None,
        }
    }

    /// The same of a candidate.
    pub(super) const fn at(self, route: Route) -> Self {
        Self {
            route: Some(route),
            ..self
        }
    }
}

impl<'a> Encoder<'a> {
    pub(super) fn new(catalog: &'a Catalog, policy: &'a Policy, prove: &Prove) -> Self {
        Self {
            space: Space::new(catalog, policy, prove),
            all: Formulas::default(),
        }
    }

    /// A field lies in a set of numbers.
    pub(super) fn within(&mut self, field: Field, set: &Ranges) -> Formula {
        let variable = self.space.variable(&mut self.all, field);
        self.all.within(variable, set)
    }

    /// A flag is up.
    pub(super) fn flag(&mut self, field: Field) -> Formula {
        self.within(field, &Ranges::one(1))
    }

    /// A field has one of the values that fit.
    pub(super) fn one_of(
        &mut self,
        field: Field,
        fits: impl Fn(&Option<Value>) -> bool,
    ) -> Formula {
        let variable = self.space.variable(&mut self.all, field);
        let values = (0..).zip(self.space.values(field));
        let found = values.filter(|(_, value)| fits(value)).map(|(at, _)| at);
        let found = Ranges::of(&found.collect());
        self.all.within(variable, &found)
    }

    /// Says what a field's numbers stand for.
    pub(super) fn meaning(&self, field: Field) -> Option<&Meaning> {
        let variable = self.space.known(field)?;
        let found = self.space.fields().get(variable.0 as usize);
        found.map(|(_, meaning)| meaning)
    }
}
