//! Catalogs and requests out of a fixed sequence of numbers: the same size is always the same.
//!
//! 60 % of the requests are allowed; each reason to refuse is equally frequent; one refusal in
//! four breaks a later rule too. Models are drawn from the whole catalog.

use std::fmt::Write as _;

use anyhow::Context as _;
use portolan::Instant;

use crate::job::{Host, Job, Model, Reason, URL_EU, URL_US};

/// Who runs models.
const PROVIDERS: [&str; 8] = [
    "azure",
    "baseten",
    "bedrock",
    "fireworks",
    "groq",
    "openai",
    "together",
    "vertex",
];
const FAMILIES: [&str; 14] = [
    "claude-haiku",
    "claude-opus",
    "claude-sonnet",
    "command-r",
    "deepseek-chat",
    "gemini-flash",
    "gemini-pro",
    "gpt",
    "gpt-mini",
    "grok",
    "llama-instruct",
    "mistral-large",
    "nova",
    "qwen",
];
const WINDOWS: [i64; 12] = [
    8_192, 16_385, 32_768, 65_536, 128_000, 131_072, 200_000, 256_000, 262_144, 400_000, 1_000_000,
    1_048_576,
];
const OUTPUTS: [i64; 8] = [2_048, 4_096, 8_000, 8_192, 16_384, 32_768, 64_000, 128_000];
const WRONG_REGIONS: [&str; 6] = ["eu", "us", "Global", "global ", "europe-west4", "worldwide"];

const DAY: i64 = 86_400;
/// 2026-01-01 and a year of days.
const YEAR: i64 = 1_767_225_600;
const TRIES: usize = 200_000;

/// A sequence of numbers that look random and never change (`SplitMix64`).
pub(crate) struct Sequence(u64);

impl Sequence {
    /// Begins anew.
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below a bound.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).unwrap_or(0)
    }

    /// A number from one bound to the other, both included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = high.saturating_sub(low).max(0).cast_unsigned() + 1;
        low + (self.next() % span).cast_signed()
    }

    /// True so many times in a hundred.
    pub(crate) fn percent(&mut self, times: usize) -> bool {
        self.below(100) < times
    }

    /// One of several.
    pub(crate) fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// Puts things in another order.
    pub(crate) fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            things.swap(last, self.below(last + 1));
        }
    }
}

/// So many models of realistic variety.
pub(crate) fn models(count: usize) -> Vec<Model> {
    let mut sequence = Sequence::new(1);
    (0..count)
        .map(|number| model(&mut sequence, number))
        .collect()
}

fn model(sequence: &mut Sequence, number: usize) -> Model {
    let family = sequence.one_of(&FAMILIES);
    let id = format!(
        "{family}-{}.{}-{number}",
        1 + number % 6,
        sequence.below(10)
    );
    // Some of every kind even among few models.
    let (us, eu, global) = match number % 8 {
        0..3 => (true, true, false),
        3 | 4 => (true, true, true),
        5 => (true, false, false),
        6 => (true, false, true),
        _ => (false, true, false),
    };
    let late = number % 9 == 4;
    let released = YEAR
        + DAY
            * if late {
                sequence.between(60, 330)
            } else {
                sequence.between(-900, 0)
            };
    let retires = match number % 4 {
        _ if late => None,
        1 => Some(YEAR + DAY * sequence.between(30, 330)),
        3 => Some(YEAR + DAY * sequence.between(366, 1_000)),
        _ => None,
    };
    let context_window = sequence.one_of(&WINDOWS);
    let max_output = sequence.one_of(&OUTPUTS).min(context_window / 2);
    let input_cents = sequence.between(5, 1_500);
    Model {
        id,
        provider: sequence.one_of(&PROVIDERS),
        us,
        eu,
        global,
        released,
        retires,
        context_window,
        max_output,
        input_cents,
        output_cents: input_cents * sequence.between(2, 6),
        streams: sequence.percent(50),
    }
}

/// The catalog as Portolan reads it.
pub(crate) fn yaml(models: &[Model]) -> anyhow::Result<String> {
    let (us, eu) = (host_of(URL_US)?, host_of(URL_EU)?);
    let premium = "[{value: 1.00, until: 2026-07-01}, {value: 1.10, from: 2026-07-01}]";
    let mut out = format!(
        "catalog: 1
capabilities: [stream]
regions:
  us: {{processing: US, storage: US, multiplier: {premium}}}
  eu: {{processing: EU27, storage: EU27, multiplier: {premium}}}
  global: {{processing: world, storage: US, multiplier: 1.00}}
endpoints:
  us: {{host: {us}, path: /v1/chat/completions, ingress: US, region: us, default: true}}
  eu: {{host: {eu}, path: /v1/chat/completions, ingress: EU27, region: eu}}
providers:
"
    );
    for provider in PROVIDERS {
        writeln!(out, "  {provider}: {{retention: zero}}")?;
    }
    out.push_str("models:\n");
    for model in models {
        write!(
            out,
            "  {}: {{released: {}",
            model.id,
            Instant::from_unix_seconds(model.released)
        )?;
        if let Some(retires) = model.retires {
            write!(out, ", retires: {}", Instant::from_unix_seconds(retires))?;
        }
        if model.streams {
            out.push_str(", capabilities: [stream]");
        }
        write!(
            out,
            ", context_window: {}, max_output: {}, price: {{input: {}, output: {}}}, offerings: [",
            model.context_window,
            model.max_output,
            dollars(model.input_cents),
            dollars(model.output_cents),
        )?;
        let sold = [
            ("us", model.us, ""),
            ("eu", model.eu, ""),
            ("global", model.global, ", endpoints: [us]"),
        ];
        let mut before = "";
        for (region, _, through) in sold.iter().filter(|(_, sold, _)| *sold) {
            write!(
                out,
                "{before}{{region: {region}, provider: {}{through}}}",
                model.provider
            )?;
            before = ", ";
        }
        out.push_str("]}\n");
    }
    Ok(out)
}

fn host_of(url: &str) -> anyhow::Result<&str> {
    url.split('/').nth(2).context("a URL has a host")
}

fn dollars(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// So many requests over these models.
pub(crate) fn jobs(models: &[Model], count: usize) -> anyhow::Result<Vec<Job>> {
    let mut sequence = Sequence::new(2);
    let refused = count * 2 / 5;
    let reasons = Reason::ALL.into_iter().cycle().map(Some).take(refused);
    let mut wanted: Vec<Option<Reason>> = reasons
        .chain(std::iter::repeat_n(None, count - refused))
        .collect();
    sequence.shuffle(&mut wanted);
    wanted
        .into_iter()
        .map(|reason| job(&mut sequence, models, reason))
        .collect()
}

/// Draws until the rules that a request breaks are those wanted.
fn job(sequence: &mut Sequence, models: &[Model], wanted: Option<Reason>) -> anyhow::Result<Job> {
    // No later rule can be judged without a model, and none comes after the last: the others
    // make up for these two, so that it is one refusal in four.
    let alone = matches!(
        wanted,
        None | Some(Reason::ModelNotFound | Reason::ContextWindowExceeded)
    );
    let also = !alone && sequence.percent(35);
    for _ in 0..TRIES {
        let model = &models[sequence.below(models.len())];
        let mut job = legal_looking(sequence, model);
        if let Some(reason) = wanted {
            spoil(sequence, model, &mut job, reason);
        }
        if also {
            let later = sequence.one_of(&Reason::ALL[2..]);
            spoil(sequence, model, &mut job, later);
        }
        let broken = broken(model, &job);
        let first = broken.first().copied();
        if first == wanted && (broken.len() > 1) == also {
            return Ok(job);
        }
    }
    anyhow::bail!("no request found that is refused for {wanted:?} (and for more: {also})")
}

fn legal_looking(sequence: &mut Sequence, model: &Model) -> Job {
    let max_tokens = sequence.between(1, model.max_output);
    Job {
        host: sequence.one_of(&[Host::Us, Host::Eu]),
        model: model.id.clone(),
        model_region: sequence.percent(20).then(|| "global".to_owned()),
        stream: sequence.percent(50),
        input_tokens: sequence.between(1, model.context_window - max_tokens),
        max_tokens,
        at: YEAR + sequence.between(0, 365 * DAY - 1),
    }
}

/// Changes a request towards a reason; whether it got there is `broken`'s to say.
fn spoil(sequence: &mut Sequence, model: &Model, job: &mut Job, reason: Reason) {
    match reason {
        Reason::InvalidModelRegion => {
            job.model_region = Some(sequence.one_of(&WRONG_REGIONS).to_owned());
        }
        Reason::ModelNotFound => {
            // Near the real one, as misspelt ids are.
            let cut = sequence.between(1, 3);
            for _ in 0..cut {
                job.model.pop();
            }
            job.model
                .push_str(sequence.one_of(&["-latest", "-preview", "x", "@v2"]));
        }
        Reason::ModelNotAvailable => {
            let retired = model
                .retires
                .map(|retires| retires + sequence.between(0, 30 * DAY));
            job.at = retired.unwrap_or(model.released - sequence.between(1, 30 * DAY));
        }
        Reason::GlobalNotEligible => job.model_region = Some("global".to_owned()),
        Reason::ModelNotInRegion => {
            job.model_region = None;
            job.host = if model.us { Host::Eu } else { Host::Us };
        }
        Reason::MaxTokensOutOfRange => {
            job.max_tokens = model.max_output + sequence.between(1, 1_000);
            job.input_tokens = sequence.between(1, (model.context_window - job.max_tokens).max(1));
        }
        Reason::ContextWindowExceeded => {
            job.input_tokens = model.context_window - job.max_tokens + sequence.between(1, 10_000);
        }
    }
}

/// Every rule that a request for this model breaks, in order: the job in its plainest form.
pub(crate) fn broken(model: &Model, job: &Job) -> Vec<Reason> {
    let region = job.model_region.as_deref();
    let sold_here = match job.host {
        Host::Us => model.us,
        Host::Eu => model.eu,
    };
    let found = job.model == model.id;
    let available =
        job.at >= model.released && model.retires.is_none_or(|retires| job.at < retires);
    let global = model.global && job.host == Host::Us;
    let checks = [
        (
            Reason::InvalidModelRegion,
            region.is_some_and(|r| r != "global"),
        ),
        (Reason::ModelNotFound, !found),
        (Reason::ModelNotAvailable, found && !available),
        (
            Reason::GlobalNotEligible,
            found && region == Some("global") && !global,
        ),
        (
            Reason::ModelNotInRegion,
            found && region.is_none() && !sold_here,
        ),
        (
            Reason::MaxTokensOutOfRange,
            found && job.max_tokens > model.max_output,
        ),
        (
            Reason::ContextWindowExceeded,
            found && job.input_tokens + job.max_tokens > model.context_window,
        ),
    ];
    checks
        .into_iter()
        .filter(|(_, holds)| *holds)
        .map(|(reason, _)| reason)
        .collect()
}
