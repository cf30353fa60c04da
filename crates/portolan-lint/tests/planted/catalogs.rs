//! Faults in catalogs.

use crate::{ASSEMBLYAI, BEDROCK, CLOUDS, Fault, Policy};

/// Something else in its place.
const fn change(policy: Policy, code: &'static str, old: &'static str, new: &'static str) -> Fault {
    Fault {
        code,
        policy,
        file: "catalog.yaml",
        old,
        new,
    }
}

pub(crate) const FAULTS: &[Fault] = &[
    change(
        CLOUDS,
        "alias-to-nothing",
        "\naliases:\n",
        "\naliases:\n  \"gemini-2.5-flash@autumn\": {model: gemini-2.5-flash, from: 2026-11-01}\n",
    ),
    change(
        CLOUDS,
        "confusable-id",
        "\naliases:\n",
        "\naliases:\n  \"g\u{440}t-4o-eu\": {model: gpt-4o, region: azure-datazone-eu}\n",
    ),
    change(
        CLOUDS,
        "ids-differ-by-case",
        "\naliases:\n",
        "\naliases:\n  \"GPT-4o@global\": {model: gpt-4o, region: azure-global}\n",
    ),
    change(
        BEDROCK,
        "bidi-character",
        "# A handful of models",
        "# A handful of \u{202e}models",
    ),
    change(
        ASSEMBLYAI,
        "output-cheaper-than-input",
        "{input: 2.00, output: 8.00, cache_read: 0.50,",
        "{input: 8.00, output: 2.00, cache_read: 0.50,",
    ),
    change(
        ASSEMBLYAI,
        "cache-read-dearer-than-input",
        "{input: 2.00, output: 8.00, cache_read: 0.50,",
        "{input: 2.00, output: 8.00, cache_read: 5.00,",
    ),
    change(
        ASSEMBLYAI,
        "price-unit-slip",
        "{input: 2.00, output: 8.00, cache_read: 0.50,",
        "{input: 0.000002, output: 0.000008, cache_read: 0.0000005,",
    ),
    change(
        BEDROCK,
        "price-unit-slip",
        "{input: 0.24, output: 0.97,",
        "{input: 240_000, output: 970_000,",
    ),
    change(
        CLOUDS,
        "price-outlier",
        "{input: 0.275, output: 2.20,",
        "{input: 27.5, output: 220.0,",
    ),
    change(
        CLOUDS,
        "missing-premium",
        "        upstream_id: claude-sonnet-4-5-20250929\n",
        "        upstream_id: claude-sonnet-4-5-20250929\n        price: {input: 3.00, output: 15.00}\n",
    ),
    change(
        BEDROCK,
        "unpriced-offering",
        "    price: {input: 0.24, output: 0.97, source: litellm}\n",
        "",
    ),
    change(
        ASSEMBLYAI,
        "gap-in-dates",
        "{value: 1.10, from: 2026-07-01,",
        "{value: 1.10, from: 2026-08-01,",
    ),
    change(
        ASSEMBLYAI,
        "date-without-hour",
        "    retires: 2026-11-30\n    successor: claude-sonnet-4-6\n",
        "    retires: 2026-03-02\n    successor: claude-sonnet-4-6\n",
    ),
    change(
        ASSEMBLYAI,
        "never-sold",
        "- {region: us, provider: vertex}",
        "- {region: us, provider: vertex, from: 2026-07-01}",
    ),
    change(
        ASSEMBLYAI,
        "retires-without-successor",
        "    retires: 2026-06-23\n",
        "    retires: 2026-04-23\n",
    ),
    change(
        ASSEMBLYAI,
        "successor-retired",
        "    successor: claude-sonnet-4-6\n",
        "    successor: kimi-k2.5\n",
    ),
    change(
        ASSEMBLYAI,
        "successor-not-there",
        "{input: 1.00, output: 5.00, cache_read: 0.10, cache_write: 1.25, source: litellm}\n    offerings:\n      - {region: us, providers: [bedrock, anthropic]}\n      - {region: eu, provider: bedrock}\n",
        "{input: 1.00, output: 5.00, cache_read: 0.10, cache_write: 1.25, source: litellm}\n    offerings:\n      - {region: us, providers: [bedrock, anthropic]}\n",
    ),
    change(
        ASSEMBLYAI,
        "successor-fewer-capabilities",
        "    capabilities: [tools]\n    scores: {lmarena: 1450,",
        "    capabilities: [stream, tools]\n    scores: {lmarena: 1450,",
    ),
    change(
        ASSEMBLYAI,
        "successor-smaller-window",
        "{value: 200k, source: litellm}\n    max_output: {value: 64k, source: litellm}\n    capabilities: [tools]\n    scores: {lmarena: 1450,",
        "{value: 2M, source: litellm}\n    max_output: {value: 64k, source: litellm}\n    capabilities: [tools]\n    scores: {lmarena: 1450,",
    ),
    change(
        CLOUDS,
        "endpoint-without-offerings",
        "  azure-london:\n",
        "  vertex-belgium:\n    host: europe-west1-aiplatform.googleapis.com\n    url: \"https://{host}/v1/{upstream_id}\"\n    ingress: {value: \"gcp:eu\", source: vertex}\n    region: vertex-eu\n  azure-london:\n",
    ),
    change(
        CLOUDS,
        "ingress-elsewhere",
        "ingress: {value: \"azure:switzerlandnorth\", source: azure}",
        "ingress: {value: \"azure:uksouth\", source: azure}",
    ),
    change(
        BEDROCK,
        "region-elsewhere",
        "us: {title: United States profile}",
        "us: {title: United States profile, processing: CA}",
    ),
    change(
        CLOUDS,
        "unreached-region",
        "  vertex-eu:\n    title: Vertex AI, the Union's jurisdiction\n",
        "  vertex-belgium:\n    title: Vertex AI, Belgium\n    processing: BE\n    storage: BE\n  vertex-eu:\n    title: Vertex AI, the Union's jurisdiction\n",
    ),
    change(
        CLOUDS,
        "unknown-processing",
        "azure-uksouth: {title: \"Azure, Standard deployment in London\", processing: {value: \"azure:uksouth\", source: azure}}",
        "azure-uksouth: {title: \"Azure, Standard deployment in London\"}",
    ),
    change(
        BEDROCK,
        "unsold-model",
        "\nmodels:\n",
        "\nmodels:\n  \"amazon.nova-ultra-v1:0\": {title: Nova Ultra, maker: amazon}\n",
    ),
    change(
        ASSEMBLYAI,
        "unused-capability",
        "capabilities: [stream, tools]",
        "capabilities: [stream, tools, vision]",
    ),
    change(
        CLOUDS,
        "routes-in-one-domain",
        "\nmodels:\n",
        r#"
models:
  gpt-5-nano:
    title: GPT-5 nano
    maker: openai
    context_window: 400k
    capabilities: [stream, tools]
    price: {input: 0.05, output: 0.40}
    offerings:
      - region: azure-datazone-eu
        provider: azure
        endpoints: [azure-sweden]
        pairs:
          - {endpoint: azure-sweden, storage: "azure:swedencentral"}
      - region: azure-global
        provider: azure
        endpoints: [azure-sweden]
        pairs:
          - {endpoint: azure-sweden, storage: "azure:swedencentral"}
"#,
    ),
    change(
        BEDROCK,
        "unused-maker",
        "\nmakers:\n",
        "\nmakers:\n  cohere: {title: Cohere}\n",
    ),
    change(
        BEDROCK,
        "unused-provider",
        "\nproviders:\n",
        "\nproviders:\n  marketplace: {title: AWS Marketplace, retention: unknown}\n",
    ),
    change(
        ASSEMBLYAI,
        "stale-fact",
        "    as_of: 2026-03-23\n",
        "    as_of: 2024-03-23\n",
    ),
];
