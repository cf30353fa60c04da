//! What the hardware allows: one cache line a model, one probe, comparisons without branches.
//!
//! An honest attempt, by somebody who knows this job and nothing else: ids of at most 32 bytes,
//! prices in cents, dates in 32 bits. It is what the others are divided by.

#![expect(
    clippy::needless_bitwise_bool,
    reason = "a comparison too many is cheaper than a branch that is guessed wrong"
)]

use std::borrow::Cow;

use anyhow::anyhow;

use crate::contender::{Contender, Entry, Kind, Runner, World};
use crate::job::{Host, Job, Model, PREMIUM_FROM, Reason, Shipment, URL_EU, URL_US, Verdict};

/// Its line of the table.
pub(crate) const ENTRY: Entry = Entry {
    name: "hand-written limit",
    gives: "everything",
    kind: Kind::Limit,
    load,
};

const NEVER: u32 = u32::MAX;
const STREAMS: u8 = 1 << 4;
/// By host and then by whether global processing is asked for: the bit of `Slot::flags` that
/// must be set. The fourth never is.
const WAYS: [&str; 4] = ["us", "eu", "global", "global"];

/// One of the first three.
#[cfg(feature = "engines")]
#[derive(Clone, Copy)]
pub(crate) enum Way {
    /// In the United States.
    Us,
    /// In the European Union.
    Eu,
    /// Anywhere.
    Global,
}

/// An id of 1 to 32 bytes in words; with its length, no two ids have the same.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Key {
    words: [u64; 4],
    length: u8,
}

impl Key {
    /// Reads an id in words that overlap, so that nothing is copied byte by byte.
    pub(crate) fn of(id: &str) -> Option<Self> {
        let bytes = id.as_bytes();
        let length = u8::try_from(bytes.len())
            .ok()
            .filter(|length| matches!(*length, 1..=32))?;
        let words = if let (Some(first), Some(last)) =
            (bytes.first_chunk::<16>(), bytes.last_chunk::<16>())
        {
            let (first, last) = (u128::from_le_bytes(*first), u128::from_le_bytes(*last));
            [low(first), high(first), low(last), high(last)]
        } else if let (Some(first), Some(last)) =
            (bytes.first_chunk::<8>(), bytes.last_chunk::<8>())
        {
            [u64::from_le_bytes(*first), u64::from_le_bytes(*last), 0, 0]
        } else {
            let word = bytes
                .iter()
                .fold(0, |word, byte| word << 8 | u64::from(*byte));
            [word, 0, 0, 0]
        };
        Some(Self { words, length })
    }

    /// Spreads over all of a word.
    pub(crate) fn hash(self) -> usize {
        let [a, b, c, d] = self.words;
        let left = u128::from(a ^ 0x9E37_79B9_7F4A_7C15) * u128::from(b ^ 0xBF58_476D_1CE4_E5B9);
        let right = u128::from(c ^ 0x94D0_49BB_1331_11EB) * u128::from(d ^ 0x2545_F491_4F6C_DD1D);
        let mixed = low(left) ^ high(left) ^ low(right).rotate_left(23) ^ high(right);
        let spread = u128::from(mixed ^ u64::from(self.length)) * 0x9E37_79B9_7F4A_7C15;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a hash loses bits by design"
        )]
        let hash = (low(spread) ^ high(spread)) as usize;
        hash
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the low half")]
const fn low(wide: u128) -> u64 {
    wide as u64
}

const fn high(wide: u128) -> u64 {
    low(wide >> 64)
}

/// All there is to know of one model, in one cache line.
#[repr(align(64))]
#[derive(Clone, Copy, Default)]
pub(crate) struct Slot {
    key: [u64; 4],
    /// As in the catalog.
    pub(crate) released: u32,
    /// As in the catalog; a retirement of `u32::MAX` never comes.
    pub(crate) retires: u32,
    /// As in the catalog.
    pub(crate) context_window: u32,
    /// As in the catalog.
    pub(crate) max_output: u32,
    input_cents: u32,
    output_cents: u32,
    length: u8,
    /// Where it is sold, in the order of `WAYS`, and `STREAMS`.
    flags: u8,
}

impl Slot {
    /// Sold for processing where the way says.
    #[cfg(feature = "engines")]
    pub(crate) fn sold(&self, way: Way) -> bool {
        self.flags >> way as usize & 1 == 1
    }
}

/// A table of models, which is also what the host looks into for engines without one.
pub(crate) struct Packed {
    /// A power of two of them, at least a fifth free; free ones have no length.
    slots: Vec<Slot>,
}

struct Limit(Packed);

fn load(world: &World) -> anyhow::Result<Box<dyn Runner>> {
    Ok(Box::new(Limit(Packed::load(world)?)))
}

fn slot(model: &Model) -> anyhow::Result<(Key, Slot)> {
    let key = Key::of(&model.id).ok_or_else(|| anyhow!("`{}` is empty or too long", model.id))?;
    let sold = u8::from(model.us) | u8::from(model.eu) << 1 | u8::from(model.global) << 2;
    let slot = Slot {
        key: key.words,
        length: key.length,
        flags: sold | if model.streams { STREAMS } else { 0 },
        released: model.released.try_into()?,
        retires: model.retires.map_or(Ok(NEVER), TryInto::try_into)?,
        context_window: model.context_window.try_into()?,
        max_output: model.max_output.try_into()?,
        input_cents: model.input_cents.try_into()?,
        output_cents: model.output_cents.try_into()?,
    };
    Ok((key, slot))
}

impl Packed {
    /// Packs a catalog.
    pub(crate) fn load(world: &World) -> anyhow::Result<Self> {
        let models = world.models.len();
        // Roomy while that stays in the second cache, else as small as probing allows.
        let places = if models <= 8_192 {
            models * 2
        } else {
            models * 5 / 4
        };
        let count = places.next_power_of_two();
        let mut slots = vec![Slot::default(); count];
        for model in &world.models {
            let (key, slot) = slot(model)?;
            let mut at = key.hash() & (count - 1);
            while slots[at].length != 0 {
                at = (at + 1) & (count - 1);
            }
            slots[at] = slot;
        }
        Ok(Self { slots })
    }

    /// Finds a model.
    #[inline]
    pub(crate) fn find(&self, id: &str) -> Option<&Slot> {
        let key = Key::of(id)?;
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = key.hash();
        loop {
            let slot = self.slots.get(at & mask)?;
            if slot.key == key.words && slot.length == key.length {
                return Some(slot);
            }
            if slot.length == 0 {
                return None;
            }
            at = at.wrapping_add(1);
        }
    }
}

impl Contender for Limit {
    fn decide<R>(&mut self, job: &Job, show: impl FnOnce(Verdict<'_>) -> R) -> R {
        show(self.verdict(job))
    }
}

impl Limit {
    #[inline]
    fn verdict(&self, job: &Job) -> Verdict<'static> {
        let global = match &job.model_region {
            None => false,
            Some(region) if region == "global" => true,
            Some(_) => return Verdict::refuse(Reason::InvalidModelRegion),
        };
        let Some(slot) = self.0.find(&job.model) else {
            return Verdict::refuse(Reason::ModelNotFound);
        };
        let on_eu = job.host == Host::Eu;
        let way = usize::from(on_eu) | usize::from(global) << 1;
        // Before 1970 nothing is released, and after 2106 nothing changes.
        let at = u32::try_from(job.at.max(0))
            .unwrap_or(NEVER - 1)
            .min(NEVER - 1);
        let total = job.input_tokens.saturating_add(job.max_tokens);
        let unavailable = (at < slot.released) | (at >= slot.retires);
        let unsold = slot.flags >> way & 1 == 0;
        let broken = u32::from(unavailable)
            | u32::from(unsold) << 1
            | u32::from(job.max_tokens > i64::from(slot.max_output)) << 2
            | u32::from(total > i64::from(slot.context_window)) << 3;
        if broken != 0 {
            return Verdict::refuse(match broken.trailing_zeros() {
                0 => Reason::ModelNotAvailable,
                1 if global => Reason::GlobalNotEligible,
                1 => Reason::ModelNotInRegion,
                2 => Reason::MaxTokensOutOfRange,
                _ => Reason::ContextWindowExceeded,
            });
        }
        let premium = i64::from(!global & (job.at >= PREMIUM_FROM));
        let billionths_per_cent = 10_000_000 + 1_000_000 * premium;
        Verdict::Route(Shipment {
            url: Cow::Borrowed(if on_eu { URL_EU } else { URL_US }),
            usage_region: WAYS[way],
            input: i64::from(slot.input_cents) * billionths_per_cent,
            output: i64::from(slot.output_cents) * billionths_per_cent,
            warnings: usize::from(job.stream & (slot.flags & STREAMS == 0)),
        })
    }
}
