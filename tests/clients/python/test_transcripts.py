"""AssemblyAI's SDK, its speech-to-text: recordings and real-time audio, which pass through the gateway
to the region of their path and to no other."""

import threading

import assemblyai as aai
import pytest
from assemblyai.streaming.v3 import (
    RealTimeEvents,
    RealTimeParameters,
    RealTimeTranscriber,
    RealTimeTranscriberOptions,
)
from gateway import POLICY, ROOT, Gateway

SAID = "This is a mock: no model was asked."
# Two seconds of silence: 16 bits a sample, 16,000 samples a second.
AUDIO = bytes(64_000)


@pytest.fixture(scope="module")
def speech(tmp_path_factory):
    """The configuration that is shipped, but for its ports; errors as this SDK reads them."""
    text = (ROOT / POLICY / "examples/gateway.yaml").read_text()
    for endpoint, port in [("us", 8080), ("eu", 8081)]:
        own = f"{{address: 127.0.0.1:{port}, endpoint: {endpoint}}}"
        assert own in text
        text = text.replace(
            own, f"{{address: '127.0.0.1:0', endpoint: {endpoint}, dialect: assemblyai-current}}"
        )
    config = tmp_path_factory.mktemp("speech") / "gateway.yaml"
    config.write_text(text)
    with Gateway("--config", config, listen=()) as gateway:
        yield gateway


def transcriber(gateway, endpoint, name):
    settings = aai.Settings(
        api_key="callers-key", base_url=f"{gateway.urls[endpoint]}/{name}", polling_interval=0.05
    )
    return aai.Transcriber(client=aai.Client(settings=settings))


@pytest.mark.parametrize("endpoint, name", [("us", "assemblyai"), ("eu", "eu.assemblyai")])
def test_a_recording_is_uploaded_and_transcribed(speech, tmp_path, endpoint, name):
    before = len(speech.lines())
    file = tmp_path / "audio.raw"
    file.write_bytes(AUDIO)
    transcript = transcriber(speech, endpoint, name).transcribe(str(file))
    assert transcript.status == aai.TranscriptStatus.completed
    assert transcript.text == SAID
    lines = speech.since(before, 3)
    assert {line["passed"]["name"] for line in lines} == {name}
    place = {"us": "US", "eu": "EU27"}[endpoint]
    assert {line["passed"]["place"] for line in lines} == {place}
    assert lines[0]["passed"]["bytes"] == len(AUDIO)
    assert lines[-1]["passed"]["audio_s"] == "8"
    assert "callers-key" not in str(lines)


def test_a_recording_does_not_leave_the_union(speech):
    before = len(speech.lines())
    with pytest.raises(aai.TranscriptError) as caught:
        transcriber(speech, "eu", "assemblyai").transcribe(AUDIO)
    assert caught.value.status_code == 403
    assert "outside the lock `eu-stays-in-eu`" in str(caught.value)
    [line] = speech.since(before)
    assert (line["status"], line["outcome"]) == (403, "refused")


def test_what_is_not_listed_is_no_path(speech):
    # It runs models that no rule would see.
    settings = aai.Settings(api_key="any", base_url=f"{speech.urls['us']}/assemblyai")
    client = aai.Client(settings=settings)
    answer = client.http_client.post("/lemur/v3/generate/task", json={})
    assert (answer.status_code, answer.headers["x-portolan-code"]) == (404, "no-such-path")


class Session:
    """One session of real-time audio, and what came of it."""

    def __init__(self, gateway, endpoint, name):
        host = gateway.urls[endpoint].replace("http://", "ws://")
        options = RealTimeTranscriberOptions(
            api_host=f"{host}/{name}", api_key="callers-key", connect_timeout=30
        )
        self.client = RealTimeTranscriber(options)
        self.events = {event: [] for event in RealTimeEvents}
        self.seen = {event: threading.Event() for event in RealTimeEvents}
        for event in RealTimeEvents:
            self.client.on(event, self.heard(event))

    def heard(self, event):
        def note(_, said):
            self.events[event].append(said)
            self.seen[event].set()

        return note

    def wait(self, event):
        assert self.seen[event].wait(60), f"no {event}: {self.events}"
        return self.events[event][0]


def asks(model):
    """A call to a model for each turn, inside a session."""
    call = {"model": model, "messages": [{"role": "user", "content": "Sum up"}], "max_tokens": 50}
    return RealTimeParameters(sample_rate=16_000, llm_gateway=call)


@pytest.mark.parametrize("endpoint, name", [("us", "assemblyai"), ("eu", "eu.assemblyai")])
def test_real_time_audio_is_heard_turn_by_turn(speech, endpoint, name):
    before = len(speech.lines())
    session = Session(speech, endpoint, name)
    session.client.connect(RealTimeParameters(sample_rate=16_000))
    assert session.wait(RealTimeEvents.Begin).id
    session.client.stream(AUDIO)
    assert session.wait(RealTimeEvents.Turn).transcript == SAID
    session.client.disconnect(terminate=True)
    assert session.wait(RealTimeEvents.Termination).audio_duration_seconds == 2
    assert session.events[RealTimeEvents.Error] == []
    [line] = speech.since(before)
    assert (line["passed"]["name"], line["passed"]["audio_s"]) == (name, "2")


def test_a_model_inside_a_session_is_judged_like_any_call(speech):
    session = Session(speech, "eu", "eu.assemblyai")
    session.client.connect(asks("claude-sonnet-4-6"))
    session.client.stream(AUDIO)
    assert session.wait(RealTimeEvents.LLMGatewayResponse).transcript == SAID
    session.client.disconnect(terminate=True)
    before = len(speech.lines())
    refused = Session(speech, "eu", "eu.assemblyai")
    refused.client.connect(asks("gpt-4.1"))
    assert refused.wait(RealTimeEvents.Error).code == 404
    [line] = speech.since(before)
    assert (line["status"], line["code"]) == (404, "model-not-in-region")
