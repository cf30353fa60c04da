//! Where an upstream says that it served a call, held against where its plan says that it
//! processes. It is noted, counted and warned of; no answer is changed by it.
//!
//! How an upstream says so is the configuration's: a header or a field, and what its words mean.

use portolan_core::text::echo;
use serde::Serialize;
use serde_json::Value;

use crate::attempt::Answered;
use crate::clock;
use crate::config::watching::{ServedRegion, Stands};
use crate::exchange::Exchange;
use crate::heads;
use crate::log::Record;
use crate::ways::Way;

/// Characters of an upstream's word that are kept.
const WORD: usize = 64;

/// What an upstream said of where it served, and what to think of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Evidence {
    pub(crate) finding: Finding,
    /// Its word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) said: Option<String>,
    /// The place that the word means.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) place: Option<String>,
}

/// How what an upstream says compares with its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Finding {
    /// It served within where the plan says.
    AsPlanned,
    /// It served elsewhere.
    Drift,
    /// The configuration does not know its word, or nobody says where the route processes.
    Unknown,
    /// It said nothing.
    Absent,
}

impl Finding {
    /// Its word, as logs and metrics have it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::AsPlanned => "as-planned",
            Self::Drift => "drift",
            Self::Unknown => "unknown",
            Self::Absent => "absent",
        }
    }
}

/// Notes what an answer says of where it was made, at the try that was noted last.
pub(crate) fn noted(exchange: &Exchange, way: &Way, answered: &Answered, record: &mut Record) {
    let gateway = &exchange.gateway;
    let upstream = exchange.served.config.upstreams.get(&way.endpoint);
    let says = upstream.and_then(|upstream| upstream.served_region.as_ref());
    let Some(says) = says.filter(|_| !gateway.transport.is_mock()) else {
        return;
    };
    let evidence = Evidence::of(exchange, way, says, answered);
    let warns = match evidence.finding {
        Finding::Drift => Some("served-region-drift"),
        Finding::Unknown => Some("served-region-unknown"),
        Finding::AsPlanned | Finding::Absent => None,
    };
    if let Some(what) = warns {
        let said = evidence.said.as_deref().unwrap_or_default();
        let Way {
            endpoint, region, ..
        } = way;
        // Each is in the line of its call: the warning comes with the first of a kind.
        let kind = format!("{what} {endpoint} {region} {}", said.to_lowercase());
        if gateway.telemetry.is_news(kind) {
            let at = clock::instant(gateway.clock.now_ms()).to_string();
            let more = [
                ("request_id", &*exchange.id),
                ("endpoint", endpoint),
                ("region", region),
                ("said", said),
                ("place", evidence.place.as_deref().unwrap_or_default()),
            ];
            if !gateway.settings.log.warning(&at, what, &more) {
                gateway.telemetry.log_lost();
            }
        }
    }
    if let Some(tried) = record.line.attempts.last_mut() {
        tried.served_region = Some(evidence);
    }
}

impl Evidence {
    fn of(exchange: &Exchange, way: &Way, says: &ServedRegion, answered: &Answered) -> Self {
        let Some(said) = said(says, answered) else {
            return Self {
                finding: Finding::Absent,
                said: None,
                place: None,
            };
        };
        let catalog = exchange.served.engine.catalog();
        let place = says.regions.get(&said.trim().to_lowercase()).copied();
        let at = clock::instant(exchange.gateway.clock.now_ms());
        let planned = catalog.processing(way.route, at).value;
        let finding = match (place, &planned) {
            (Some(place), Some(planned)) => {
                let planned = catalog.union(Some(planned), at).value;
                let place = catalog.places.at(place, at);
                if planned.is_unknown() || place.is_unknown() {
                    Finding::Unknown
                } else if place.within(planned) {
                    Finding::AsPlanned
                } else {
                    Finding::Drift
                }
            }
            (None, _) | (_, None) => Finding::Unknown,
        };
        let kept: String = said.chars().take(WORD).collect();
        Self {
            finding,
            said: Some(echo(&kept)),
            place: place.map(|place| catalog.places.name(place).to_owned()),
        }
    }
}

/// The word of an upstream.
fn said(says: &ServedRegion, answered: &Answered) -> Option<String> {
    let (Answered::Whole { headers, .. } | Answered::Stream { headers, .. }) = answered;
    match &says.stands {
        Stands::Header(name) => heads::text(headers, &**name).map(str::to_owned),
        Stands::Field(pointer) => {
            let said = body(answered)?;
            said.pointer(pointer)?.as_str().map(str::to_owned)
        }
    }
}

/// The body of an answer, or the first event of a stream.
pub(crate) fn body(answered: &Answered) -> Option<Value> {
    match answered {
        Answered::Whole { body, .. } => serde_json::from_slice(body).ok(),
        Answered::Stream { first, .. } => {
            let text = std::str::from_utf8(first).ok()?;
            let data = text.lines().find_map(|line| line.strip_prefix("data:"))?;
            serde_json::from_str(data).ok()
        }
    }
}
