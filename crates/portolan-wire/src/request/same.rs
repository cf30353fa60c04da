//! Whether two calls are the same to every rule.

use portolan_core::policy::BodyField;
use portolan_core::request::{Body, Chain, ChainFaultKind, Draft};

/// The first field that a rule may read and in which the two differ.
pub(super) fn difference(asked: &Draft, read: &Draft) -> Option<String> {
    let envelope = [
        ("endpoint", asked.endpoint == read.endpoint),
        ("at", asked.at == read.at),
        ("auth", asked.auth == read.auth),
        ("auth_header", asked.auth_header == read.auth_header),
        ("attributes", asked.attributes == read.attributes),
    ];
    let envelope = envelope.into_iter().find(|(_, same)| !same);
    let envelope = envelope.map(|(field, _)| field.to_owned());
    envelope.or_else(|| bodies(asked, read))
}

fn bodies(asked: &Draft, read: &Draft) -> Option<String> {
    let differs = |a: &Body, b: &Body| {
        let mut fields = BodyField::ALL.iter();
        fields.find(|field| !same(**field, (asked, a), (read, b)))
    };
    if asked.fallbacks.len() != read.fallbacks.len() {
        return Some(BodyField::FallbackCount.name().to_owned());
    }
    if let Some(field) = differs(&asked.body, &read.body) {
        return Some(field.name().to_owned());
    }
    let pairs = asked.fallbacks.iter().zip(&read.fallbacks).enumerate();
    pairs.into_iter().find_map(|(index, (a, b))| {
        let field = differs(a, b)?;
        Some(format!("fallbacks[{index}].{}", field.name()))
    })
}

/// Whether one field of an effective request is the same in both calls.
fn same(field: BodyField, (asked, a): (&Draft, &Body), (read, b): (&Draft, &Body)) -> bool {
    let total = |body: &Body| (body.input_tokens, body.max_tokens);
    let (first, second) = (a.faults.first(), b.faults.first());
    match field {
        BodyField::Model => a.model == b.model,
        BodyField::Messages => a.messages == b.messages,
        BodyField::Prompt => a.prompt == b.prompt,
        BodyField::ModelRegion => a.model_region == b.model_region,
        BodyField::MaxTokens => a.max_tokens == b.max_tokens,
        BodyField::InputTokens => a.input_tokens == b.input_tokens,
        BodyField::InputTokensEstimated => a.input_tokens_estimated == b.input_tokens_estimated,
        BodyField::TotalTokens => total(a) == total(b),
        BodyField::Temperature => a.temperature == b.temperature,
        BodyField::TopP => a.top_p == b.top_p,
        BodyField::Stream => a.stream == b.stream,
        BodyField::ToolChoice => a.tool_choice == b.tool_choice,
        BodyField::ResponseFormat => a.response_format == b.response_format,
        BodyField::ReasoningEffort => a.reasoning_effort == b.reasoning_effort,
        BodyField::ServiceTier => a.service_tier == b.service_tier,
        BodyField::ZeroDataRetention => a.zero_data_retention == b.zero_data_retention,
        BodyField::TranscriptId | BodyField::HasTranscriptId => a.transcript_id == b.transcript_id,
        BodyField::TranscriptIdMalformed => a.transcript_id_malformed == b.transcript_id_malformed,
        BodyField::HasTranscriptTag => a.has_transcript_tag == b.has_transcript_tag,
        BodyField::PostProcessing => a.post_processing == b.post_processing,
        BodyField::Content => a.content == b.content,
        BodyField::ToolTypes => a.tool_types == b.tool_types,
        BodyField::Parameters => a.parameters == b.parameters,
        BodyField::Fault => first.map(|f| f.kind) == second.map(|f| f.kind),
        BodyField::FaultPath => first.map(|f| &f.path) == second.map(|f| &f.path),
        BodyField::FaultDetail => first.map(|f| &f.detail) == second.map(|f| &f.detail),
        BodyField::FallbackDepth => asked.chain.depth == read.chain.depth,
        BodyField::FallbackRetry => asked.chain.retry == read.chain.retry,
        BodyField::FallbackCount => sent(asked) == sent(read),
        BodyField::FallbackFault => fault(&asked.chain) == fault(&read.chain),
    }
}

/// Entries of `fallbacks`: no fewer than there are.
fn sent(draft: &Draft) -> i64 {
    let here = i64::try_from(draft.fallbacks.len()).unwrap_or(i64::MAX);
    draft.chain.count.max(here)
}

fn fault(chain: &Chain) -> Option<ChainFaultKind> {
    chain.fault.as_ref().map(|fault| fault.kind)
}
