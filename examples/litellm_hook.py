"""LiteLLM's router, told by Portolan which of its deployments a call may use.

Before LiteLLM picks a deployment this asks `POST /v1/decide` for each of them, all in one call, and
drops those that are not in a plan. What may be called where stays in the policy; LiteLLM keeps its
keys, its balancing and its logs. Where Portolan gives no answer, nothing is called.

In the proxy's `config.yaml`:

    litellm_settings:
      callbacks: litellm_hook.portolan

    model_list:
      - model_name: claude
        litellm_params: {model: openai/claude-sonnet-4-6, api_base: …, api_key: …}
        model_info: {portolan: {endpoint: eu}}

`model_info.portolan` is what the envelope says of a deployment beside its model, such as the
`endpoint` that its `api_base` is, or an attribute of the policy. `PORTOLAN_URL` is where a gateway
listens (`http://127.0.0.1:8080`), `PORTOLAN_KEY` a key of it.
"""

import os

import httpx
from litellm.exceptions import BadRequestError, ServiceUnavailableError
from litellm.integrations.custom_logger import CustomLogger

# Of what LiteLLM holds about a call: the fields that policies read. The rest is its own.
BODY = {
    "fallback_config",
    "max_completion_tokens",
    "max_tokens",
    "model_region",
    "post_processing_steps",
    "response_format",
    "stream",
    "temperature",
    "tool_choice",
    "tools",
    "top_p",
    "transcript_id",
}


class Portolan(CustomLogger):
    """Keeps the deployments that the policy would route a call to."""

    def __init__(self, url=None, key=None, timeout=5.0):
        super().__init__()
        url = url or os.environ.get("PORTOLAN_URL", "http://127.0.0.1:8080")
        key = key or os.environ.get("PORTOLAN_KEY", "any-key")
        self.client = httpx.AsyncClient(
            base_url=url,
            headers={"authorization": f"Bearer {key}"},
            timeout=timeout,
            trust_env=False,
        )

    async def async_filter_deployments(
        self, model, healthy_deployments, messages, request_kwargs=None, parent_otel_span=None
    ):
        if not healthy_deployments:
            return healthy_deployments
        asked = [self.envelope(one, messages, request_kwargs or {}) for one in healthy_deployments]
        try:
            answer = await self.client.post("/v1/decide", json=asked)
            answer.raise_for_status()
            decisions = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise ServiceUnavailableError(
                message=f"portolan gave no decision: {error}", llm_provider="portolan", model=model
            ) from error
        pairs = list(zip(healthy_deployments, decisions, strict=True))
        kept = [one for one, decision in pairs if decision.get("outcome") == "route"]
        if not kept:
            reasons = [said(decision) for _, decision in pairs]
            raise BadRequestError(
                message="; ".join(dict.fromkeys(reasons)), model=model, llm_provider="portolan"
            )
        return kept

    def envelope(self, deployment, messages, given):
        """A call through one deployment, as the policy is asked about it."""
        params = deployment["litellm_params"]
        body = {**(given.get("extra_body") or {}), **{k: given[k] for k in BODY & given.keys()}}
        # The model without the provider that LiteLLM knows it by.
        body["model"] = params["model"].split("/", 1)[-1]
        body["messages"] = messages or []
        known = (deployment.get("model_info") or {}).get("portolan") or {}
        return {**known, "body": body}


def said(decision):
    """Why a deployment may not be used."""
    if "error" in decision:
        return decision["error"]
    help = "; ".join(decision.get("help", []))
    return f"{decision['code']}: {decision['message']}" + (f"; {help}" if help else "")


portolan = Portolan()
