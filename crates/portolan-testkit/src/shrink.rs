//! Smaller examples of the same difference: what can be left out is left out, so that what is
//! reported is the smallest policy, catalog and request for which it still shows.

use portolan_core::request::{Draft, State};
use portolan_verify::smallest::{Boundaries, size, smallest};

use crate::agree::agree;
use crate::random::Example;

/// A difference between the reference and the compiled form, and what it takes to see it.
#[derive(Debug, Clone)]
pub struct Difference {
    /// The policy and its catalog.
    pub example: Example,
    /// The request.
    pub draft: Draft,
    /// The state.
    pub state: State,
    /// What the two say.
    pub said: String,
}

impl Difference {
    /// Compiles and asks.
    pub fn of(example: &Example, draft: &Draft, state: &State) -> Option<Self> {
        let engine = example.compile().engine?;
        let said = agree(&engine, draft, state).err()?;
        Some(Self {
            example: example.clone(),
            draft: draft.clone(),
            state: state.clone(),
            said,
        })
    }

    /// The smallest that is found by leaving out one thing after the other.
    #[must_use]
    pub fn smallest(mut self) -> Self {
        loop {
            let size = self.size();
            self = self.smaller_request();
            self = self.smaller_text(items, |example, text| example.policy = text);
            self = self.smaller_text(lines, |example, text| example.policy = text);
            self = self.smaller_text(catalog_lines, |example, text| example.catalog = text);
            if self.size() == size {
                return self;
            }
        }
    }

    fn size(&self) -> (usize, usize, (usize, usize), usize) {
        let Self { example, draft, .. } = self;
        (
            example.policy.len(),
            example.catalog.len(),
            size(draft),
            self.state.models.len() + self.state.routes.iter().count(),
        )
    }

    /// Itself, or what is smaller and still differs.
    fn or(self, example: &Example, draft: &Draft, state: &State) -> Self {
        Self::of(example, draft, state).unwrap_or(self)
    }

    fn smaller_text(
        self,
        split: fn(&Example) -> Vec<String>,
        put: fn(&mut Example, String),
    ) -> Self {
        let differs =
            &mut |example: &Example| Self::of(example, &self.draft, &self.state).is_some();
        let example = fewer(&self.example, split, put, differs);
        let (draft, state) = (self.draft.clone(), self.state.clone());
        self.or(&example, &draft, &state)
    }

    fn smaller_request(mut self) -> Self {
        if let Some(engine) = self.example.compile().engine {
            let state = &self.state;
            let differs = &mut |draft: &Draft| agree(&engine, draft, state).is_err();
            let draft = smallest(&self.draft, &Boundaries::default(), differs);
            self = self.clone().or(&self.example, &draft, &self.state);
        }
        let nothing = State::default();
        let (example, draft) = (self.example.clone(), self.draft.clone());
        self = self.or(&example, &draft, &nothing);
        for model in self.state.models.clone().into_keys() {
            let mut state = self.state.clone();
            state.models.remove(&model);
            let draft = self.draft.clone();
            self = self.or(&example, &draft, &state);
        }
        let all = self.state.routes.clone();
        for (route, _) in all.iter() {
            let others = all.iter().filter(|(other, _)| *other != route);
            let owned = |([model, region, endpoint], usage): ([&str; 3], _)| {
                let route = (model.to_owned(), region.to_owned(), endpoint.to_owned());
                (route, usage)
            };
            let state = State {
                models: self.state.models.clone(),
                routes: others.map(owned).collect(),
            };
            let draft = self.draft.clone();
            self = self.or(&example, &draft, &state);
        }
        self
    }
}

/// The smallest example of which something is still true, found by leaving out one item, one line
/// and one line of the catalog after the other.
#[must_use]
pub fn smallest_example(example: &Example, still: &mut dyn FnMut(&Example) -> bool) -> Example {
    let mut example = example.clone();
    loop {
        let before = example.clone();
        example = fewer(&example, items, |e, text| e.policy = text, still);
        example = fewer(&example, lines, |e, text| e.policy = text, still);
        example = fewer(&example, catalog_lines, |e, text| e.catalog = text, still);
        if (example.policy.len(), example.catalog.len())
            == (before.policy.len(), before.catalog.len())
        {
            return example;
        }
    }
}

/// An example with every piece left out that can be.
fn fewer(
    example: &Example,
    split: fn(&Example) -> Vec<String>,
    put: fn(&mut Example, String),
    still: &mut dyn FnMut(&Example) -> bool,
) -> Example {
    let mut example = example.clone();
    let mut index = 0;
    loop {
        let mut pieces = split(&example);
        if index >= pieces.len() {
            return example;
        }
        pieces.remove(index);
        let mut fewer = example.clone();
        put(&mut fewer, pieces.concat());
        if still(&fewer) {
            example = fewer;
        } else {
            index += 1;
        }
    }
}

/// The items of a policy, each with its clauses or rows.
fn items(example: &Example) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for line in lines(example) {
        match out.last_mut() {
            Some(item) if line.starts_with(' ') => item.push_str(&line),
            _ => out.push(line),
        }
    }
    out
}

fn lines(example: &Example) -> Vec<String> {
    split(&example.policy)
}

fn catalog_lines(example: &Example) -> Vec<String> {
    split(&example.catalog)
}

fn split(text: &str) -> Vec<String> {
    text.lines().map(|line| format!("{line}\n")).collect()
}
