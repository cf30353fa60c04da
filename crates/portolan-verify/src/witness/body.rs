//! One body, or a body and a fallback over it: fields chosen one after the other.
//!
//! A fallback overrides fields and never takes one away. Parameters are those that are used, so
//! that a temperature is a parameter and its value. Where text stands is `said.rs`.

use std::collections::BTreeSet;

use portolan_core::decimal::Decimal;
use portolan_core::diagram::survey::{Flag, Number, SetField, TextField};
use portolan_core::request::{Body, PARAMETERS, is_transcript_id};

use super::domain::{Codes, Domain, Mask, Texts};
use super::{said, words};

const CACHE: &str = "cache_control";

/// The body of one effective request, but for its model and its fault.
pub(super) fn alone(domain: &Domain<'_>, default: Option<i64>) -> Option<Body> {
    let mut body = said::alone(domain, default)?;
    let uses = Uses::of(domain)?;
    body.parameters = uses.parameters(&BTreeSet::new(), &|_| false)?;
    uses.put(&mut body, None)?;
    rest(domain, &mut body, None)?;
    Some(body)
}

/// Two such bodies, the second of a fallback over the first.
pub(super) fn pair([outer, inner]: [&Domain<'_>; 2], default: Option<i64>) -> Option<(Body, Body)> {
    let (mut body, mut over) = said::pair([outer, inner], default)?;
    let [uses, own] = [Uses::of(outer)?, Uses::of(inner)?];
    // What the body uses its fallback uses too. A cache alone can go, with what it is kept in.
    let none = BTreeSet::new();
    let parameters = uses.parameters(&none, &|word| !own.allows(word));
    let with_cache = || uses.parameters(&none, &|word| word != CACHE && !own.allows(word));
    body.parameters = parameters.or_else(with_cache)?;
    let kept = body.parameters.iter();
    let kept = kept.filter(|word| *word != CACHE || own.allows(word));
    over.parameters = own.parameters(&kept.cloned().collect(), &|_| false)?;
    uses.put(&mut body, None)?;
    own.put(&mut over, Some(&body))?;
    rest(outer, &mut body, None)?;
    rest(inner, &mut over, Some(&body))?;
    Some((body, over))
}

/// The parameters that one effective request may use and must, and what goes with them.
struct Uses<'c> {
    masks: Vec<Mask<'c>>,
    temperature: Codes,
    top_p: Codes,
    tool_choice: Texts<'c>,
    response_format: Texts<'c>,
    effort: Texts<'c>,
    tool_types: BTreeSet<String>,
    refused: BTreeSet<&'static str>,
    forced: BTreeSet<String>,
}

impl<'c> Uses<'c> {
    fn of(domain: &Domain<'c>) -> Option<Self> {
        let types = domain.masks(SetField::ToolTypes);
        let mut uses = Self {
            masks: domain.masks(SetField::Parameters),
            temperature: domain.number(Number::Temperature),
            top_p: domain.number(Number::TopP),
            tool_choice: domain.text(TextField::ToolChoice),
            response_format: domain.text(TextField::ResponseFormat),
            effort: domain.text(TextField::ReasoningEffort),
            tool_types: words::smallest(&types, &BTreeSet::new(), None, &|_| false)?,
            refused: BTreeSet::new(),
            forced: BTreeSet::new(),
        };
        let (choice, format, effort) = (uses.tool_choice, uses.response_format, uses.effort);
        let types = uses.tool_types.is_empty();
        for (name, present, absent) in [
            (
                "temperature",
                uses.temperature.present(),
                uses.temperature.absent,
            ),
            ("top_p", uses.top_p.present(), uses.top_p.absent),
            ("tool_choice", choice.present(), choice.absent),
            ("response_format", format.present(), format.absent),
            ("reasoning", true, effort.absent),
            ("tools", true, types),
        ] {
            if !present {
                uses.refused.insert(name);
            }
            if !absent {
                uses.forced.insert(name.to_owned());
            }
        }
        Some(uses)
    }

    fn allows(&self, word: &str) -> bool {
        let mut forbidding = self.masks.iter().filter(|mask| !mask.has);
        !self.refused.contains(word) && !forbidding.any(|mask| mask.contains(word))
    }

    fn parameters(
        &self,
        kept: &BTreeSet<String>,
        refused: &dyn Fn(&str) -> bool,
    ) -> Option<BTreeSet<String>> {
        let refused = |word: &str| self.refused.contains(word) || refused(word);
        let forced = &self.forced | kept;
        words::smallest(&self.masks, &forced, Some(&PARAMETERS), &refused)
    }

    /// Gives the parameters of a body their values; those of the body below where they will do.
    fn put(&self, body: &mut Body, below: Option<&Body>) -> Option<()> {
        let has = |name: &str| body.parameters.contains(name);
        let number = |name, codes: Codes, below: Option<Decimal>| {
            let same = below.filter(|value| codes.has(value.billionths()));
            let other = || codes.value().map(Decimal::from_billionths);
            if has(name) {
                same.or_else(other).map(Some)
            } else {
                Some(None)
            }
        };
        let text = |name, texts: Texts<'_>, below: Option<&String>| {
            let same = below.filter(|text| texts.has(text)).cloned();
            if has(name) {
                same.or_else(|| texts.value()).map(Some)
            } else {
                Some(None)
            }
        };
        let temperature = below.and_then(|below| below.temperature);
        let temperature = number("temperature", self.temperature, temperature)?;
        let top_p = number("top_p", self.top_p, below.and_then(|below| below.top_p))?;
        let choice = below.and_then(|below| below.tool_choice.as_ref());
        let choice = text("tool_choice", self.tool_choice, choice)?;
        let format = below.and_then(|below| below.response_format.as_ref());
        let format = text("response_format", self.response_format, format)?;
        body.temperature = temperature;
        body.top_p = top_p;
        body.tool_choice = choice;
        body.response_format = format;
        body.reasoning_effort = self.effort.optional()?;
        body.tool_types.clone_from(&self.tool_types);
        Some(())
    }
}

/// The fields that have no ties to others.
fn rest(domain: &Domain<'_>, body: &mut Body, below: Option<&Body>) -> Option<()> {
    let text = |field, below: Option<&String>| {
        let texts = domain.text(field);
        match below {
            None => texts.optional(),
            Some(below) if texts.has(below) => Some(Some(below.clone())),
            Some(_) => texts.value().map(Some),
        }
    };
    let region = below.and_then(|below| below.model_region.as_ref());
    body.model_region = text(TextField::ModelRegion, region)?;
    let tier = below.and_then(|below| below.service_tier.as_ref());
    body.service_tier = text(TextField::ServiceTier, tier)?;
    let steps = domain.masks(SetField::PostProcessing);
    body.post_processing = words::smallest(&steps, &BTreeSet::new(), None, &|_| false)?;
    let stream = below.is_some_and(|below| below.stream);
    let same = domain.truths(Flag::Stream).find(|truth| *truth == stream);
    body.stream = same.or_else(|| domain.truths(Flag::Stream).next())?;
    let retention = domain.flag(Flag::ZeroDataRetention).within(0, 1);
    let same = below.and_then(|below| below.zero_data_retention);
    let retention = match same {
        None => retention.optional()?,
        Some(same) if retention.has(i64::from(same)) => Some(i64::from(same)),
        Some(_) => Some(retention.value()?),
    };
    body.zero_data_retention = retention.map(|code| code == 1);
    let id = below.and_then(|below| below.transcript_id.as_ref());
    body.transcript_id = transcript_id(domain, id)?;
    let id = body.transcript_id.as_deref();
    body.transcript_id_malformed = id.is_some_and(|id| !is_transcript_id(id));
    Some(())
}

/// The id, whether there is one and whether it is malformed are three fields and one thing.
fn transcript_id(domain: &Domain<'_>, below: Option<&String>) -> Option<Option<String>> {
    let texts = domain.text(TextField::TranscriptId);
    let malformed = domain.flag(Flag::MalformedTranscript);
    let there = domain.flag(Flag::HasTranscriptId);
    if below.is_none() && texts.absent && there.has(0) && malformed.has(0) {
        return Some(None);
    }
    if !there.has(1) {
        return None;
    }
    let fits = |id: &str| malformed.has(i64::from(!is_transcript_id(id)));
    let same = below.filter(|id| texts.has(id) && fits(id)).cloned();
    let well_formed = || texts.transcript_id().filter(|id| fits(id));
    // Of a text and the same with a NUL behind it one is malformed.
    let other = || texts.value_where(1, &fits);
    same.or_else(well_formed).or_else(other).map(Some)
}
