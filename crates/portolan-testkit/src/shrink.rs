//! Smaller examples of the same difference: what can be left out is left out, so that what is
//! reported is the smallest policy, catalog and request for which it still shows.

use portolan_core::request::{Body, Chain, Draft, State};

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

    fn size(&self) -> (usize, usize, usize, usize) {
        let Self { example, draft, .. } = self;
        (
            example.policy.len(),
            example.catalog.len(),
            draft.fallbacks.len(),
            self.state.models.len() + self.state.routes.iter().count(),
        )
    }

    /// Itself, or what is smaller and still differs.
    fn or(self, example: &Example, draft: &Draft, state: &State) -> Self {
        Self::of(example, draft, state).unwrap_or(self)
    }

    fn smaller_text(
        mut self,
        split: fn(&Example) -> Vec<String>,
        put: fn(&mut Example, String),
    ) -> Self {
        let mut index = 0;
        loop {
            let mut pieces = split(&self.example);
            if index >= pieces.len() {
                return self;
            }
            pieces.remove(index);
            let mut example = self.example.clone();
            put(&mut example, pieces.concat());
            match Self::of(&example, &self.draft, &self.state) {
                Some(smaller) => self = smaller,
                None => index += 1,
            }
        }
    }

    fn smaller_request(mut self) -> Self {
        for index in (0..self.draft.fallbacks.len()).rev() {
            let mut draft = self.draft.clone();
            draft.fallbacks.remove(index);
            draft.chain.count = i64::try_from(draft.fallbacks.len()).unwrap_or(0);
            let (example, state) = (self.example.clone(), self.state.clone());
            self = self.or(&example, &draft, &state);
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
        for plain in PLAIN {
            let mut draft = self.draft.clone();
            plain(&mut draft);
            let state = self.state.clone();
            self = self.or(&example, &draft, &state);
        }
        self
    }
}

/// Makes one part of a request plain.
const PLAIN: [fn(&mut Draft); 20] = [
    |d| d.chain = Chain::default(),
    |d| d.auth = portolan_core::request::Auth::NotJudged,
    |d| d.auth_header = None,
    |d| d.attributes.clear(),
    |d| {
        each(d, |b| {
            *b = Body {
                model: b.model.clone(),
                ..Body::default()
            };
        });
    },
    |d| each(d, |b| b.messages = true),
    |d| each(d, |b| b.prompt = false),
    |d| each(d, |b| b.model_region = None),
    |d| each(d, |b| b.max_tokens = None),
    |d| each(d, |b| b.input_tokens = 0),
    |d| each(d, |b| b.temperature = None),
    |d| each(d, |b| b.top_p = None),
    |d| each(d, |b| b.stream = false),
    |d| each(d, |b| b.service_tier = None),
    |d| each(d, |b| b.faults.clear()),
    |d| each(d, |b| b.parameters.clear()),
    |d| each(d, |b| b.content.clear()),
    |d| each(d, |b| b.tool_types.clear()),
    |d| each(d, |b| b.post_processing.clear()),
    |d| {
        each(d, |b| {
            b.tool_choice = None;
            b.response_format = None;
            b.reasoning_effort = None;
            b.transcript_id = None;
        });
    },
];

fn each(draft: &mut Draft, change: impl Fn(&mut Body)) {
    change(&mut draft.body);
    draft.fallbacks.iter_mut().for_each(change);
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
