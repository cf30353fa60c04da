//! What is posted: calls that some reader might take for others. Hosts, heads and bodies, each
//! mostly as they should be and sometimes not.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request};
use http_body_util::Full;
use portolan_testkit::dice::Dice;

use super::careless::some_field;
use super::worlds::{KEY, World};

/// A call, and the listener that it comes to.
pub(crate) fn call(world: &World, dice: &mut Dice) -> (usize, Request<Full<Bytes>>) {
    // How many things in a hundred are odd: where too many are, nothing gets far.
    let odd = dice.pick(&[0, 0, 1, 2, 5, 15]);
    let body = Bytes::from(bytes(world, dice, odd));
    let mut request = Request::new(Full::new(body));
    let target = match dice.below(24) + if odd == 0 { 24 } else { 0 } {
        0 => "http://us.example.com/v1/chat/completions",
        1 => "http://eu.example.com/v1/chat/completions",
        2 => "http://us.llm.example.com:443/v1/chat/completions",
        3 => "/v1/chat/completions?endpoint=us&region=us&model_region=global",
        4 => "/v1/chat/completions?api_key=k",
        5 => "/v1/chat/completions/",
        6 => "/v1/decide",
        7 => "/assemblyai/v2/transcript/a-1",
        8 => "/eu.assemblyai/v2/transcript/a-1",
        _ => "/v1/chat/completions",
    };
    let reads = target.contains("/v2/");
    *request.method_mut() = if reads { Method::GET } else { Method::POST };
    *request.uri_mut() = http::Uri::from_static(target);
    let mut put = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            request
                .headers_mut()
                .append(HeaderName::from_static(name), value);
        }
    };
    let hosts = if dice.chance(2 * odd) {
        2
    } else {
        dice.below(2)
    };
    for _ in 0..hosts {
        let host = if dice.chance(3 * odd) {
            dice.word(&HOSTS)
        } else {
            "eu.example.com"
        };
        put("host", host);
    }
    match dice.below(16) + if dice.chance(4 * odd) { 0 } else { 16 } {
        0 => {}
        1 => put("authorization", "Bearer sk-south-canary"),
        2 => {
            put("authorization", KEY);
            put("authorization", "Bearer sk-south-canary");
        }
        3 => put("x-api-key", KEY),
        4 => put("authorization", KEY),
        _ => put("authorization", &format!("Bearer {KEY}")),
    }
    for _ in 0..if dice.chance(5 * odd) {
        dice.below(3)
    } else {
        0
    } {
        let (name, value) = dice.pick(&HEADERS);
        put(if name.is_empty() { "te" } else { name }, value);
    }
    let listener = dice.below(world.listeners.len());
    (listener, request)
}

const HOSTS: [&str; 12] = [
    "eu.example.com",
    "eu.example.com",
    "eu.example.com",
    "us.example.com",
    "EU.example.com:8443",
    "eu.example.com.",
    "us.example.com.",
    "eu.example.com@us.example.com",
    "us.example.com.eu.example.com",
    "eu.example.com, us.example.com",
    "eu.example.com:us.example.com",
    "",
];

const HEADERS: [(&str, &str); 20] = [
    ("content-type", "application/json"),
    ("content-type", "application/json; charset=utf-16"),
    ("content-type", "text/plain"),
    ("content-encoding", "gzip"),
    ("content-encoding", "identity"),
    ("x-forwarded-host", "us.example.com"),
    ("x-forwarded-for", "203.0.113.9-canary"),
    ("forwarded", "host=us.example.com"),
    ("x-portolan-endpoint", "us"),
    ("x-portolan-mock", "ok"),
    ("x-original-url", "http://us.llm.example.com/"),
    ("x-http-method-override", "GET"),
    ("connection", "content-type, authorization, te"),
    ("transfer-encoding", "chunked"),
    ("content-length", "3"),
    ("cookie", "key=canary"),
    ("accept", "application/problem+json"),
    ("user-agent", "fuzz/1"),
    ("x-request-id", "client-1"),
    ("proxy-authorization", "canary"),
];

/// A body in some encoding.
fn bytes(world: &World, dice: &mut Dice, odd: usize) -> Vec<u8> {
    let spoken = dice.chance(20);
    let text = body(world, dice, odd, 0, spoken);
    match dice.below(7) + if dice.chance(odd) { 0 } else { 7 } {
        0 => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        1 => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        2 => text.replace("canary", "can\u{0}ary").into(),
        3 => {
            let mut bytes = text.into_bytes();
            let at = dice.below(bytes.len());
            if let Some(byte) = bytes.get_mut(at) {
                *byte = dice.pick(&[0xff, 0xc0, b'"', b'\\', b'}', b'{', 0x0b]);
            }
            bytes
        }
        4 => {
            let mut bytes = text.into_bytes();
            bytes.truncate(dice.below(bytes.len()));
            bytes
        }
        5 => format!("{text}{}", dice.word(&["}", " {}", ",", "\u{a0}", "\n"])).into(),
        6 => format!("[{text}]").into(),
        _ => text.into(),
    }
}

/// How often a key stands.
fn times(dice: &mut Dice, odd: usize) -> usize {
    if dice.chance(odd) {
        dice.pick(&[0, 2, 2])
    } else {
        1
    }
}

/// An object such as a body or a fallback is. Where something was spoken, its transcript has a place
/// in it.
fn body(world: &World, dice: &mut Dice, odd: usize, level: usize, spoken: bool) -> String {
    let mut members = Vec::new();
    for _ in 0..times(dice, odd) {
        members.push((key(dice, odd, "model"), model(world, dice, odd)));
    }
    if level == 0 || dice.chance(20) {
        for _ in 0..times(dice, odd) {
            members.push((key(dice, odd, "messages"), messages(dice, odd, spoken)));
        }
    }
    if spoken && level == 0 {
        for _ in 0..times(dice, odd) {
            members.push((key(dice, odd, "transcript_id"), transcript_id(dice, odd)));
        }
    }
    if spoken && dice.chance(8) {
        let prompt = format!("\"{}\"", dice.word(&TAGGED));
        members.push((key(dice, odd, "prompt"), prompt));
    }
    let deeper = [40, odd, 0];
    if dice.chance(deeper.get(level).copied().unwrap_or(0)) {
        for _ in 0..times(dice, odd) {
            let entries: Vec<String> = (0..dice.pick(&[1, 1, 2, 3, 0]))
                .map(|_| body(world, dice, odd, level + 1, spoken))
                .collect();
            let entries = format!("[{}]", entries.join(dice.word(&[",", " ,\n"])));
            members.push((key(dice, odd, "fallbacks"), entries));
        }
    }
    for _ in 0..dice.pick(&[0, 0, 1, 2, 3, 5]) {
        let values = if dice.chance(4 * odd) {
            &VALUES[..]
        } else {
            &PLAIN
        };
        let (name, value) = dice.pick(values);
        members.push((key(dice, odd, name), value.to_owned()));
    }
    if dice.chance(odd) {
        let name = some_field(dice);
        let value = dice.word(&["null", "0", "\"x\"", "[]", "{}", "true", "1e400", "-0"]);
        members.push((key(dice, odd, name), value.to_owned()));
    }
    let at = dice.below(members.len());
    members.rotate_left(at);
    object(dice, &members)
}

fn object(dice: &mut Dice, members: &[(String, String)]) -> String {
    let (colon, comma) = dice.pick(&[(":", ","), (":", ","), (": ", ", "), (" :\t", "\r\n,")]);
    let members = members
        .iter()
        .map(|(key, value)| format!("{key}{colon}{value}"));
    let members: Vec<String> = members.collect();
    format!("{{{}}}", members.join(comma))
}

/// A key that is a field's name, or nearly.
fn key(dice: &mut Dice, odd: usize, name: &str) -> String {
    let at = dice.below(name.len());
    let escaped = dice.chance(8);
    let spelled = match if dice.chance(odd) { dice.below(15) } else { 99 } {
        0 => name.to_uppercase(),
        1 => name.replace('s', "\u{17f}"),
        2 => name.replace('k', "\u{212a}"),
        3 => name.replace('s', "\u{17f}").to_uppercase(),
        4 => format!("{name} "),
        5 => format!("{name}\\u0000"),
        6 => name.replace('i', "\u{130}"),
        7 => format!("\u{200b}{name}"),
        8 => name.replace('_', "-"),
        9..=11 | 99 if escaped => {
            // One letter as an escape: the same name to whoever reads JSON.
            let escape = |c: char| format!("\\u{:04X}", u32::from(c));
            let letters = name.char_indices();
            letters
                .map(|(i, c)| if i == at { escape(c) } else { c.to_string() })
                .collect()
        }
        12 | 13 => {
            let letters = name.char_indices();
            letters
                .map(|(i, c)| if i == at { c.to_ascii_uppercase() } else { c })
                .collect()
        }
        14 => name.replace('s', "\\u017F"),
        _ => name.to_owned(),
    };
    format!("\"{spelled}\"")
}

fn model(world: &World, dice: &mut Dice, odd: usize) -> String {
    let id = dice.pick(&world.models);
    match if dice.chance(2 * odd) {
        dice.below(10)
    } else {
        99
    } {
        0 => "null".to_owned(),
        1 => "7".to_owned(),
        2 => format!("[\"{id}\"]"),
        3 => format!("\"{}\"", id.to_uppercase()),
        4 => format!("\"{id} \""),
        5 => format!("\"assemblyai/{id}\""),
        6 => format!("\"acme/{id}\""),
        7 => format!("\"{}\"", id.replacen('-', "\\u002d", 1)),
        8 => "\"\\ud800\"".to_owned(),
        9 => "\"who-knows\"".to_owned(),
        _ => format!("\"{id}\""),
    }
}

fn transcript_id(dice: &mut Dice, odd: usize) -> String {
    let id = if dice.chance(odd) {
        dice.word(&[
            "../v2/us",
            "a_1",
            "",
            "a-1?host=us",
            "a-1 ",
            "\\u017f-1",
            "%61",
        ])
    } else {
        dice.word(&[
            "a-1",
            "a-1",
            "6dba9b2f-7d2a-4e11-9c1d-5a0c7f3b2e10",
            "\\u0061-1",
            "V2",
        ])
    };
    format!("\"{id}\"")
}

fn messages(dice: &mut Dice, odd: usize, spoken: bool) -> String {
    let count = dice.pick(&[1, 1, 1, 2, 3, 0]);
    let messages = (0..count).map(|_| message(dice, odd, spoken));
    let messages: Vec<String> = messages.collect();
    format!("[{}]", messages.join(","))
}

fn message(dice: &mut Dice, odd: usize, spoken: bool) -> String {
    let said = if spoken && dice.chance(75) {
        tagged(dice, odd)
    } else {
        content(dice, odd)
    };
    let mut members = vec![
        (key(dice, odd, "role"), "\"user\"".to_owned()),
        (key(dice, odd, "content"), said),
    ];
    match dice.below(4) + if dice.chance(odd) { 0 } else { 4 } {
        0 => members.push((key(dice, odd, "content"), content(dice, odd))),
        1 => members.push((key(dice, odd, "role"), "\"system\"".to_owned())),
        2 => members.push((key(dice, odd, "cache_control"), "{}".to_owned())),
        3 => members.push((
            "\"tool_calls\"".to_owned(),
            "[{\"Id\":1,\"id\":2}]".to_owned(),
        )),
        _ => {}
    }
    object(dice, &members)
}

fn content(dice: &mut Dice, odd: usize) -> String {
    match dice.below(14) + if dice.chance(3 * odd) { 0 } else { 14 } {
        0 => "null".to_owned(),
        1 => "\"{{ transcript }} canary\"".to_owned(),
        2 => {
            let mut members = vec![
                (key(dice, odd, "type"), "\"text\"".to_owned()),
                (key(dice, odd, "text"), "\"the canary sings\"".to_owned()),
            ];
            if dice.chance(30) {
                let kind = dice.word(&["\"image_url\"", "\"text\"", "null"]);
                members.push((key(dice, odd, "type"), kind.to_owned()));
            }
            format!("[{}]", object(dice, &members))
        }
        3 => "[{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://us.example.com\"}}]"
            .to_owned(),
        4 => "\"\\u0063anary \\ud83d\\ude00\"".to_owned(),
        5 => "\"canary \\udc00\"".to_owned(),
        _ => "\"the canary sings at dawn\"".to_owned(),
    }
}

/// A content with a place for a transcript, or nearly.
fn tagged(dice: &mut Dice, odd: usize) -> String {
    let text = format!("\"{}\"", dice.word(&TAGGED));
    if dice.chance(70) {
        return text;
    }
    let parts = ["\"canary\"".to_owned(), text.clone(), text];
    let parts = parts.map(|text| {
        let kind = (key(dice, odd, "type"), "\"text\"".to_owned());
        let members = [kind, (key(dice, odd, "text"), text)];
        object(dice, &members)
    });
    format!("[{}]", parts.join(","))
}

const TAGGED: [&str; 10] = [
    "sum up, canary: {{ transcript }}",
    "{{ transcript }}",
    "{{ transcript }}{{ transcript }}",
    "{{{ transcript }}}",
    "\\\"{{ transcript }}\\\\\\\"",
    "\\u007b{ \\u0074ranscript }}\\u0000",
    "\\ud83d\\ude00 {{ transcript }} \\u2028",
    "{{transcript}}",
    "{{ Transcript }} {{ tran\u{17f}cript }} {{ transcript }}",
    "{{ {{ transcript }} }}",
];

/// Values that nobody minds.
const PLAIN: [(&str, &str); 8] = [
    ("max_tokens", "100"),
    ("temperature", "0.70"),
    ("stream", "true"),
    ("stream", "false"),
    ("user", "\"canary\""),
    ("fallback_config", "{\"depth\":2}"),
    ("transcript_id", "\"a-1\""),
    ("seed", "7"),
];

const VALUES: [(&str, &str); 44] = [
    ("model_region", "\"global\""),
    ("model_region", "\"us\""),
    ("model_region", "\"eu\""),
    ("model_region", "null"),
    ("max_tokens", "100"),
    ("max_tokens", "1e2"),
    ("max_tokens", "100.0"),
    ("max_tokens", "99999999999999999999"),
    ("max_tokens", "-1"),
    ("max_completion_tokens", "100"),
    ("max_completion_tokens", "200"),
    ("temperature", "0.70"),
    ("temperature", "1e400"),
    ("temperature", "-0"),
    ("temperature", "0.1000000000000000055511151231257827"),
    ("top_p", "1"),
    ("top_p", "1E-1"),
    ("stream", "true"),
    ("stream", "true"),
    ("stream", "false"),
    ("stream", "\"true\""),
    ("stream_options", "{\"include_usage\":true}"),
    (
        "tools",
        "[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]",
    ),
    ("tools", "[{\"type\":\"web\",\"Type\":\"function\"}]"),
    ("tool_choice", "\"auto\""),
    (
        "tool_choice",
        "{\"type\":\"function\",\"function\":{\"name\":\"f\"}}",
    ),
    (
        "response_format",
        "{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\",\"schema\":{}}}",
    ),
    (
        "response_format",
        "{\"type\":\"text\",\"TYPE\":\"json_schema\"}",
    ),
    ("reasoning", "{\"effort\":\"low\",\"Effort\":\"high\"}"),
    ("reasoning_effort", "\"low\""),
    ("post_processing_steps", "[{\"type\":\"json-repair\"}]"),
    ("transcript_id", "\"a-1\""),
    ("transcript_id", "\"../v2/us\""),
    ("fallback_config", "{\"depth\":2}"),
    (
        "fallback_config",
        "{\"depth\":2,\"Depth\":9,\"retry\":true,\"RETRY\":false}",
    ),
    ("fallback_config", "{\"retry\":false}"),
    ("zero_data_retention", "true"),
    ("service_tier", "\"priority\""),
    ("cache_control", "{}"),
    ("prompt", "\"the canary sings\""),
    ("base_url", "\"https://us.llm.example.com\""),
    ("endpoint", "\"us\""),
    ("user", "\"canary\""),
    ("", "1"),
];
