//! From a request that shows something to the smallest that still shows it, by leaving out one
//! thing after the other.
//!
//! What it must go on showing is a predicate's to say. It also says whether fields that
//! contradict each other will do: a field goes here with what is derived from it, but what a
//! posted body can say at all is not looked at.

use std::collections::BTreeSet;

use portolan_core::decimal::Decimal;
use portolan_core::instant::Instant;
use portolan_core::limits;
use portolan_core::request::{Auth, Body, Chain, Draft};

/// Values that are worth trying, those that people would rather read first.
#[derive(Debug, Clone, Default)]
pub struct Boundaries {
    /// Instants.
    pub instants: Vec<Instant>,
    /// Whole numbers: tokens, and the depth of the chain.
    pub integers: Vec<i64>,
    /// Decimals: the temperature, and `top_p`.
    pub decimals: Vec<Decimal>,
}

/// The smallest request that is found for which the predicate goes on being true. It must be true
/// of the draft; it is asked at most `limits::SMALLER_REQUESTS` times.
#[must_use]
pub fn smallest(
    draft: &Draft,
    boundaries: &Boundaries,
    shows: &mut dyn FnMut(&Draft) -> bool,
) -> Draft {
    let mut search = Search {
        best: draft.clone(),
        left: limits::SMALLER_REQUESTS,
        shows,
    };
    loop {
        let before = search.best.clone();
        search.chain();
        search.envelope();
        search.fields();
        search.same_as_below();
        search.values(boundaries);
        if search.left == 0 || search.best == before {
            return search.best;
        }
    }
}

struct Search<'s> {
    best: Draft,
    left: usize,
    shows: &'s mut dyn FnMut(&Draft) -> bool,
}

impl Search<'_> {
    /// Keeps what a change makes, if that says less and still shows it.
    fn change(&mut self, change: impl FnOnce(&mut Draft)) -> bool {
        let mut other = self.best.clone();
        change(&mut other);
        size(&other) < size(&self.best) && self.offer(other)
    }

    fn offer(&mut self, other: Draft) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        let shows = (self.shows)(&other);
        if shows {
            self.best = other;
        }
        shows
    }

    fn chain(&mut self) {
        let alone = self.change(|draft| {
            draft.fallbacks.clear();
            draft.chain = Chain::default();
        });
        if alone {
            return;
        }
        for index in (0..self.best.fallbacks.len()).rev() {
            self.change(|draft| {
                draft.fallbacks.remove(index);
                let here = i64::try_from(draft.fallbacks.len()).unwrap_or(i64::MAX);
                draft.chain.count = draft.chain.count.saturating_sub(1).max(here);
            });
        }
        self.change(|draft| {
            let here = i64::try_from(draft.fallbacks.len()).unwrap_or(i64::MAX);
            draft.chain.count = here;
            draft.chain.fault = None;
        });
        self.change(|draft| draft.chain.fault = None);
        self.change(|draft| draft.chain.depth = None);
        self.change(|draft| draft.chain.retry = None);
    }

    fn envelope(&mut self) {
        self.change(|draft| {
            draft.auth = Auth::NotJudged;
            draft.auth_header = None;
        });
        self.change(|draft| draft.auth_header = None);
        self.change(|draft| draft.endpoint = None);
        let names: Vec<String> = self.best.attributes.keys().cloned().collect();
        for name in names {
            self.change(|draft| {
                draft.attributes.remove(&name);
            });
        }
    }

    /// Takes fields away, of all bodies at once and then of each.
    fn fields(&mut self) {
        let only_model = |body: &mut Body| {
            *body = Body {
                model: body.model.take(),
                messages: body.messages,
                ..Body::default()
            };
        };
        self.each_body(only_model);
        for unset in UNSET {
            self.each_body(unset);
        }
        for words in SETS {
            let bodies = std::iter::once(&mut self.best.body).chain(&mut self.best.fallbacks);
            let found: BTreeSet<String> = bodies.flat_map(|body| words(body).clone()).collect();
            for word in found {
                self.each_body(|body: &mut Body| {
                    words(body).remove(&word);
                });
            }
        }
    }

    fn each_body(&mut self, change: impl Fn(&mut Body)) {
        let all = self.change(|draft| {
            change(&mut draft.body);
            draft.fallbacks.iter_mut().for_each(&change);
        });
        if all || self.best.fallbacks.is_empty() {
            return;
        }
        for index in 0..self.best.fallbacks.len() {
            self.change(|draft| {
                if let Some(body) = draft.fallbacks.get_mut(index) {
                    change(body);
                }
            });
        }
        self.change(|draft| change(&mut draft.body));
    }

    /// A fallback that says less says the same as the body below it.
    fn same_as_below(&mut self) {
        for index in 0..self.best.fallbacks.len() {
            self.change(|draft| {
                if let Some(fallback) = draft.fallbacks.get_mut(index) {
                    *fallback = Body {
                        model: fallback.model.take(),
                        ..draft.body.clone()
                    };
                    fallback.faults.clear();
                }
            });
            for take in SAME {
                self.change(|draft| {
                    if let Some(fallback) = draft.fallbacks.get_mut(index) {
                        take(fallback, &draft.body);
                    }
                });
            }
        }
    }

    fn values(&mut self, boundaries: &Boundaries) {
        let (integers, decimals) = (&boundaries.integers, &boundaries.decimals);
        let at = self.best.at;
        for instant in boundaries.instants.iter().take_while(|own| **own != at) {
            if self.replace(|draft| draft.at = *instant) {
                break;
            }
        }
        if let Some(depth) = self.best.chain.depth {
            for other in integers.iter().take_while(|own| **own != depth) {
                if self.replace(|draft| draft.chain.depth = Some(*other)) {
                    break;
                }
            }
        }
        self.first(integers, |body| body.max_tokens.as_mut());
        self.first(integers, |body| Some(&mut body.input_tokens));
        self.first(decimals, |body| body.temperature.as_mut());
        self.first(decimals, |body| body.top_p.as_mut());
    }

    /// Keeps what another value makes, if that says no more and still shows it.
    fn replace(&mut self, change: impl FnOnce(&mut Draft)) -> bool {
        let mut other = self.best.clone();
        change(&mut other);
        size(&other) <= size(&self.best) && self.offer(other)
    }

    /// Every value that bodies have in one field becomes the first of some that will do, unless it
    /// stands before those: in all bodies that have it at once.
    fn first<T: Copy + PartialEq>(
        &mut self,
        values: &[T],
        place: impl for<'b> Fn(&'b mut Body) -> Option<&'b mut T>,
    ) {
        for index in 0..=self.best.fallbacks.len() {
            let mut bodies = std::iter::once(&mut self.best.body).chain(&mut self.best.fallbacks);
            let Some(now) = bodies.nth(index).and_then(|body| place(body).copied()) else {
                continue;
            };
            for value in values.iter().take_while(|value| **value != now) {
                let replaced = self.replace(|draft| {
                    let bodies = std::iter::once(&mut draft.body).chain(&mut draft.fallbacks);
                    let places = bodies.filter_map(&place);
                    places
                        .filter(|own| **own == now)
                        .for_each(|own| *own = *value);
                });
                if replaced {
                    break;
                }
            }
        }
    }
}

/// How much a request says: fallbacks weigh most, then every field that is said.
///
/// A fallback says what differs from the body below it.
pub fn size(draft: &Draft) -> (usize, usize) {
    // Who says nothing of tokens has them estimated.
    let none = Body {
        input_tokens_estimated: true,
        ..Body::default()
    };
    let chain = &draft.chain;
    let here = i64::try_from(draft.fallbacks.len()).unwrap_or(i64::MAX);
    let envelope = [
        draft.endpoint.is_some(),
        draft.auth != Auth::NotJudged,
        draft.auth_header.is_some(),
        chain.depth.is_some(),
        chain.retry.is_some(),
        chain.fault.is_some(),
        chain.count != here,
    ];
    let envelope = envelope.into_iter().filter(|said| *said).count();
    let fallbacks = draft.fallbacks.iter();
    let fallbacks: usize = fallbacks.map(|body| said(body, &draft.body)).sum();
    let fields = said(&draft.body, &none) + fallbacks + envelope + draft.attributes.len();
    (draft.fallbacks.len(), fields)
}

/// How many fields of a body differ from the one below it.
fn said(body: &Body, below: &Body) -> usize {
    let fields = [
        body.model != below.model,
        body.messages != below.messages,
        body.prompt != below.prompt,
        body.model_region != below.model_region,
        body.max_tokens != below.max_tokens,
        body.temperature != below.temperature,
        body.top_p != below.top_p,
        body.stream != below.stream,
        body.tool_choice != below.tool_choice,
        body.response_format != below.response_format,
        body.reasoning_effort != below.reasoning_effort,
        body.service_tier != below.service_tier,
        body.zero_data_retention != below.zero_data_retention,
        body.transcript_id != below.transcript_id,
        body.transcript_id_malformed != below.transcript_id_malformed,
        body.has_transcript_tag != below.has_transcript_tag,
        body.input_tokens != below.input_tokens,
        body.input_tokens_estimated != below.input_tokens_estimated,
    ];
    let sets = [
        (&body.post_processing, &below.post_processing),
        (&body.content, &below.content),
        (&body.tool_types, &below.tool_types),
        (&body.parameters, &below.parameters),
    ];
    let words = sets.map(|(own, below)| own.symmetric_difference(below).count());
    let fields = fields.into_iter().filter(|said| *said).count();
    fields + words.iter().sum::<usize>() + body.faults.len()
}

/// Takes one field out of a body, with what is derived from it.
const UNSET: [fn(&mut Body); 20] = [
    |body| body.faults.clear(),
    |body| body.model_region = None,
    |body| body.max_tokens = None,
    |body| {
        body.temperature = None;
        body.parameters.remove("temperature");
    },
    |body| {
        body.top_p = None;
        body.parameters.remove("top_p");
    },
    |body| {
        body.tool_choice = None;
        body.parameters.remove("tool_choice");
    },
    |body| {
        body.response_format = None;
        body.parameters.remove("response_format");
    },
    |body| {
        body.reasoning_effort = None;
        body.parameters.remove("reasoning");
    },
    |body| body.reasoning_effort = None,
    |body| {
        body.tool_types.clear();
        body.parameters.remove("tools");
    },
    |body| body.stream = false,
    |body| body.service_tier = None,
    |body| body.zero_data_retention = None,
    |body| {
        body.transcript_id = None;
        body.transcript_id_malformed = false;
    },
    |body| {
        body.prompt = false;
        body.has_transcript_tag = false;
    },
    |body| body.has_transcript_tag = false,
    |body| body.prompt = false,
    |body| {
        body.messages = false;
        body.content.clear();
    },
    |body| {
        body.input_tokens = 0;
        body.input_tokens_estimated = true;
    },
    |body| body.input_tokens = 0,
];

/// The sets of a body, of which words are taken one by one.
const SETS: [fn(&mut Body) -> &mut BTreeSet<String>; 4] = [
    |body| &mut body.parameters,
    |body| &mut body.tool_types,
    |body| &mut body.content,
    |body| &mut body.post_processing,
];

/// Takes over one field of the body below.
const SAME: [fn(&mut Body, &Body); 14] = [
    |body, below| body.model_region.clone_from(&below.model_region),
    |body, below| body.max_tokens = below.max_tokens,
    |body, below| body.temperature = below.temperature,
    |body, below| body.top_p = below.top_p,
    |body, below| body.stream = below.stream,
    |body, below| body.tool_choice.clone_from(&below.tool_choice),
    |body, below| body.response_format.clone_from(&below.response_format),
    |body, below| body.reasoning_effort.clone_from(&below.reasoning_effort),
    |body, below| body.service_tier.clone_from(&below.service_tier),
    |body, below| body.zero_data_retention = below.zero_data_retention,
    |body, below| {
        body.transcript_id.clone_from(&below.transcript_id);
        body.transcript_id_malformed = below.transcript_id_malformed;
    },
    |body, below| body.post_processing.clone_from(&below.post_processing),
    |body, below| {
        body.tool_types.clone_from(&below.tool_types);
        body.parameters.clone_from(&below.parameters);
    },
    |body, below| {
        body.messages = below.messages;
        body.prompt = below.prompt;
        body.content.clone_from(&below.content);
        body.has_transcript_tag = below.has_transcript_tag;
        body.input_tokens = below.input_tokens;
        body.input_tokens_estimated = below.input_tokens_estimated;
    },
];

#[cfg(test)]
mod tests {
    use portolan_core::request::ChainFault;

    use super::*;

    fn full() -> Draft {
        let mut draft = Draft::new("a", Instant::from_unix_seconds(77));
        draft.endpoint = Some("eu".to_owned());
        draft.auth = Auth::Misspelt;
        draft.auth_header = Some("x-api-key".to_owned());
        draft.attributes = [("account", "free"), ("tenant", "b")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        let body = &mut draft.body;
        body.temperature = Some(Decimal::ONE);
        body.max_tokens = Some(4_321);
        body.transcript_id = Some("a b".to_owned());
        body.transcript_id_malformed = true;
        body.tool_types = ["function".to_owned(), "web".to_owned()].into();
        body.parameters = ["temperature", "tools", "seed"].map(str::to_owned).into();
        body.input_tokens = 12;
        let mut other = draft.body.clone();
        other.model = Some("b".to_owned());
        other.model_region = Some("global".to_owned());
        draft.fallbacks = vec![other.clone(), other.clone(), other];
        draft.chain.count = 3;
        draft.chain.depth = Some(2);
        draft.chain.fault = Some(ChainFault {
            kind: portolan_core::request::ChainFaultKind::Nested,
            path: "fallbacks[0]".to_owned(),
        });
        draft
    }

    fn boundaries() -> Boundaries {
        Boundaries {
            instants: [0, 50, 60].map(Instant::from_unix_seconds).into(),
            integers: vec![0, 1_000, 2_000],
            decimals: vec![Decimal::ZERO, Decimal::ONE],
        }
    }

    #[test]
    fn what_shows_always_is_left_with_nothing() {
        let found = smallest(&full(), &boundaries(), &mut |_| true);
        assert_eq!(size(&found).0, 0);
        let mut expected = Draft::new("a", Instant::from_unix_seconds(0));
        expected.body.messages = false;
        expected.body.input_tokens_estimated = true;
        assert_eq!(found, expected);
    }

    #[test]
    fn what_matters_stays_and_goes_to_its_boundary() {
        let mut asked = 0;
        let found = smallest(&full(), &boundaries(), &mut |draft| {
            asked += 1;
            let fallback = draft
                .fallbacks
                .iter()
                .any(|body| body.model_region.is_some());
            let body = &draft.body;
            fallback
                && draft.at >= Instant::from_unix_seconds(45)
                && draft
                    .attributes
                    .get("tenant")
                    .is_some_and(|tenant| tenant == "b")
                && body.max_tokens.is_some_and(|most| most >= 1_000)
                && body.tool_types.contains("web")
        });
        let mut expected = Draft::new("a", Instant::from_unix_seconds(50));
        expected.attributes = [("tenant".to_owned(), "b".to_owned())].into();
        expected.body.messages = false;
        expected.body.input_tokens_estimated = true;
        expected.body.max_tokens = Some(1_000);
        expected.body.tool_types = ["web".to_owned()].into();
        let other = Body {
            model: Some("b".to_owned()),
            model_region: Some("global".to_owned()),
            ..expected.body.clone()
        };
        expected.fallbacks = vec![other];
        expected.chain.count = 1;
        assert_eq!(found, expected);
        assert!(asked < limits::SMALLER_REQUESTS, "{asked}");
    }

    #[test]
    fn nothing_is_asked_more_often_than_a_bound_allows() {
        let (mut asked, full) = (0, full());
        let found = smallest(&full, &boundaries(), &mut |_| {
            asked += 1;
            false
        });
        assert_eq!(found, full);
        assert!(asked <= limits::SMALLER_REQUESTS);
    }
}
