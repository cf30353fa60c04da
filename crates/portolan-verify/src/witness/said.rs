//! Text and tokens: whether there are messages and a prompt, what they hold and how long they are.
//!
//! Tokens that nobody counted are an estimate from the text, and the transcript tag stands in
//! text, so that either needs a prompt or messages with a part that is text. A count is the posted
//! body's and that of every fallback which brings no text of its own.

use std::collections::BTreeSet;

use portolan_core::diagram::survey::{Flag, SetField};
use portolan_core::limits;
use portolan_core::request::Body;

use super::domain::{Domain, Mask};
use super::tokens::{Tokens, Way};
use super::words;

/// The fewest estimated tokens of a text that holds the transcript tag.
const TAG_TOKENS: i64 = 4;

/// No body is long enough for a higher estimate of tokens: of four characters each.
#[expect(clippy::cast_possible_wrap, reason = "the limit is some megabytes")]
const LONGEST: i64 = limits::BODY_BYTES as i64 / 4;

/// One way to say something, with the inputs that go with it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one field of the schema, as the body says it"
)]
struct Said {
    estimated: bool,
    messages: bool,
    prompt: bool,
    tagged: bool,
    content: BTreeSet<String>,
    fewest: i64,
    most: i64,
}

impl Said {
    /// How much it is with an input.
    fn size(&self, input: i64) -> u32 {
        let flags = [self.messages, self.prompt, self.tagged, !self.estimated];
        let flags = flags.into_iter().map(u32::from).sum::<u32>();
        let content = u32::try_from(self.content.len()).unwrap_or(u32::MAX);
        // A count is a field; text for an estimate is more, the longer the more.
        let text = if self.estimated && input > 0 {
            2 + input.ilog2() / 4
        } else {
            0
        };
        flags.saturating_add(content).saturating_add(text)
    }

    fn body(&self, input: i64, most: Option<i64>) -> Body {
        Body {
            messages: self.messages,
            prompt: self.prompt,
            has_transcript_tag: self.tagged,
            content: self.content.clone(),
            input_tokens: input,
            input_tokens_estimated: self.estimated,
            max_tokens: most,
            ..Body::default()
        }
    }
}

/// Every way for one effective request.
fn ways(domain: &Domain<'_>, masks: &[Mask<'_>]) -> Vec<Said> {
    let mut ways = Vec::new();
    for estimated in domain.truths(Flag::Estimated) {
        for messages in domain.presences(Flag::Messages) {
            for prompt in domain.presences(Flag::Prompt) {
                for tagged in domain.truths(Flag::HasTranscriptTag) {
                    let ranges: &[(i64, i64)] = match (estimated, tagged) {
                        (false, _) => &[(0, i64::MAX)],
                        (true, false) => &[(0, 0), (1, LONGEST)],
                        (true, true) => &[(TAG_TOKENS, LONGEST)],
                    };
                    ways.extend(ranges.iter().filter_map(|(fewest, most)| {
                        let text = tagged || estimated && *most > 0;
                        let content = content(masks, messages, text && !prompt)?;
                        Some(Said {
                            estimated,
                            messages,
                            prompt,
                            tagged,
                            content,
                            fewest: *fewest,
                            most: *most,
                        })
                    }));
                }
            }
        }
    }
    ways
}

/// The types of the messages' parts, where there are messages; with text, where there must be.
fn content(masks: &[Mask<'_>], messages: bool, text: bool) -> Option<BTreeSet<String>> {
    let forced: BTreeSet<String> = text.then(|| "text".to_owned()).into_iter().collect();
    if messages {
        return words::smallest(masks, &forced, None, &|_| false);
    }
    words::smallest(masks, &BTreeSet::new(), Some(&[]), &|_| false).filter(|_| !text)
}

/// What one body says.
pub(super) fn alone(domain: &Domain<'_>, default: Option<i64>) -> Option<Body> {
    let tokens = Tokens::of(domain, default);
    let mut best: Option<(u32, Body)> = None;
    for said in ways(domain, &domain.masks(SetField::Content)) {
        for way in tokens.ways(said.fewest, said.most) {
            let size = said.size(way.from) + 2 * u32::from(way.said);
            if best.as_ref().is_none_or(|(least, _)| size < *least) {
                let most = tokens.most(way, way.from);
                best = Some((size, said.body(way.from, most)));
            }
        }
    }
    best.map(|(_, body)| body)
}

/// What a body says and what a fallback over it does.
pub(super) fn pair([outer, inner]: [&Domain<'_>; 2], default: Option<i64>) -> Option<(Body, Body)> {
    let masks = [outer, inner].map(|domain| domain.masks(SetField::Content));
    let tokens = [outer, inner].map(|domain| Tokens::of(domain, default));
    let mut best: Option<(u32, (Body, Body))> = None;
    let mut consider = |size: u32, make: &dyn Fn() -> (Body, Body)| {
        if best.as_ref().is_none_or(|(least, _)| size < *least) {
            best = Some((size, make()));
        }
    };
    let joined: Vec<Mask<'_>> = masks.iter().flatten().copied().collect();
    let same = ways(inner, &joined);
    for said in ways(outer, &joined)
        .iter()
        .filter(|said| same.contains(said))
    {
        for [own, over] in limits(tokens, [said, said]) {
            let way = own.and(over);
            if way.is_possible() {
                let size = said.size(way.from) + 2 * u32::from(own.said) + u32::from(over.said);
                consider(size, &|| {
                    let [first, second] = tokens;
                    let body = said.body(way.from, first.most(own, way.from));
                    (body, said.body(way.from, second.most(over, way.from)))
                });
            }
        }
    }
    let [outer, inner] =
        [(outer, &masks[0]), (inner, &masks[1])].map(|(domain, masks)| ways(domain, masks));
    // A text of its own is never counted.
    let own = |said: &&Said| said.estimated && (said.messages || said.prompt);
    for over in inner.iter().filter(own) {
        let below =
            |said: &&Said| (over.messages || !said.messages) && (over.prompt || !said.prompt);
        for said in outer.iter().filter(below) {
            for [first, second] in limits(tokens, [said, over]) {
                let limits = 2 * u32::from(first.said) + u32::from(second.said);
                let size = said.size(first.from) + over.size(second.from);
                consider(size + limits, &|| {
                    let body = said.body(first.from, tokens[0].most(first, first.from));
                    (
                        body,
                        over.body(second.from, tokens[1].most(second, second.from)),
                    )
                });
            }
        }
    }
    best.map(|(_, bodies)| bodies)
}

/// The ways to say the most tokens of both: what the body says its fallback says too.
fn limits(tokens: [Tokens; 2], [said, over]: [&Said; 2]) -> Vec<[Way; 2]> {
    let [outer, inner] = tokens;
    let all = outer.ways(said.fewest, said.most).flat_map(|first| {
        let ways = inner.ways(over.fewest, over.most);
        ways.map(move |second| [first, second])
    });
    all.filter(|[first, second]| second.said || !first.said)
        .collect()
}
