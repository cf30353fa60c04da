//! Where the text of a body stands: which of `messages` and `prompt` an entry brings itself, and
//! how many characters each has.
//!
//! Tokens that nobody counted are an estimate from the text, so that a body for which an estimate
//! is wanted needs that much text. A count by the caller is the posted body's, and every
//! fallback's that brings no text of its own.

use portolan_core::request::Body;

use super::body::Carrier;
use crate::messages::TRANSCRIPT_TAG;
use crate::tokens;

/// Text: how long, and whether it has the transcript tag.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Words {
    characters: u64,
    tagged: bool,
}

impl Words {
    pub(super) fn write(self) -> String {
        let mut text = if self.tagged { TRANSCRIPT_TAG } else { "" }.to_owned();
        let left = usize::try_from(self.characters).unwrap_or(0);
        let left = left.saturating_sub(text.len());
        text.push_str(&"x".repeat(left));
        text
    }

    fn and(self, other: Self) -> Self {
        Self {
            characters: self.characters.saturating_add(other.characters),
            tagged: self.tagged || other.tagged,
        }
    }
}

/// What one posted body, or one entry of `fallbacks`, says itself.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Said {
    pub(super) messages: Option<Words>,
    pub(super) prompt: Option<Words>,
}

impl Said {
    pub(super) fn posted(body: &Body) -> Self {
        let own = Own {
            messages: body.messages,
            prompt: body.prompt,
        };
        let said = own.said(body, Words::default(), body.input_tokens_estimated);
        said.unwrap_or_else(|| own.silent())
    }

    /// What an entry must say itself so that, with what it takes over, it has the body's text:
    /// the least that will do.
    pub(super) fn fallback(
        body: &Body,
        outer: &Body,
        posted: &Self,
        counted: bool,
        carrier: Carrier,
    ) -> Self {
        let uncached = carrier == Carrier::Messages
            && outer.parameters.contains("cache_control")
            && !body.parameters.contains("cache_control");
        let forced = Own {
            messages: body.messages
                && (!outer.messages || body.content != outer.content || uncached),
            prompt: body.prompt && !outer.prompt,
        };
        let estimated = body.input_tokens_estimated;
        let ways = [(false, false), (true, false), (false, true), (true, true)];
        let ways = ways.map(|(messages, prompt)| Own { messages, prompt });
        let fits = |own: &Own| {
            let enough = (own.messages || !forced.messages) && (own.prompt || !forced.prompt);
            let there = (!own.messages || body.messages) && (!own.prompt || body.prompt);
            // A text of its own is never counted.
            let counts = !counted || (own.messages || own.prompt) == estimated;
            enough && there && counts
        };
        let mut said = ways.iter().filter(|own| fits(own)).filter_map(|own| {
            let part =
                |own: bool, posted: Option<Words>| posted.filter(|_| !own).unwrap_or_default();
            let inherited =
                part(own.messages, posted.messages).and(part(own.prompt, posted.prompt));
            own.said(body, inherited, estimated)
        });
        said.next().unwrap_or_else(|| forced.silent())
    }

    pub(super) fn characters(&self) -> u64 {
        let words = [self.messages, self.prompt].into_iter().flatten();
        words.fold(0, |sum: u64, words| sum.saturating_add(words.characters))
    }
}

/// Which texts a body or an entry brings itself.
#[derive(Clone, Copy)]
struct Own {
    messages: bool,
    prompt: bool,
}

impl Own {
    /// Its texts, empty.
    fn silent(self) -> Said {
        Said {
            messages: self.messages.then(Words::default),
            prompt: self.prompt.then(Words::default),
        }
    }

    /// Its texts, the shortest with which the body has its tokens and its tag; `None` where there
    /// are none.
    fn said(self, body: &Body, inherited: Words, estimated: bool) -> Option<Said> {
        if inherited.tagged && !body.has_transcript_tag {
            return None;
        }
        let tagged = body.has_transcript_tag && !inherited.tagged;
        let tag = if tagged { TRANSCRIPT_TAG.len() } else { 0 };
        let mut characters = u64::try_from(tag).ok()?;
        if estimated {
            let fewest = tokens::fewest_characters(body.input_tokens)?;
            characters = characters.max(fewest.saturating_sub(inherited.characters));
            let all = characters.checked_add(inherited.characters)?;
            if tokens::estimate(all) != body.input_tokens {
                return None;
            }
        }
        let words = Words { characters, tagged };
        let mut said = self.silent();
        if characters > 0 {
            let spoken = said
                .messages
                .as_mut()
                .filter(|_| body.content.contains("text"));
            *spoken.or(said.prompt.as_mut())? = words;
        }
        Some(said)
    }
}
