//! What cases are put to: the core directly, and the wire with JSON in and JSON out. Adapters
//! join them with implementations of their own.

use portolan_core::engine::Engine;
use portolan_core::instant::Instant;
use portolan_wire::Call;

use crate::case::Case;
use crate::observed::Observed;

pub use portolan_test::NOW;

/// Something that answers requests.
pub trait Subject {
    /// What to call it in messages.
    fn name(&self) -> &'static str;

    /// Answers a case.
    fn decide(&self, case: &Case) -> Observed;
}

/// The core: the answer as data.
#[derive(Debug)]
pub struct Core<'a>(pub &'a Engine);

/// The wire: the answer as JSON, read back.
#[derive(Debug)]
pub struct Wire<'a>(pub &'a Engine);

impl Subject for Core<'_> {
    fn name(&self) -> &'static str {
        "core"
    }

    fn decide(&self, case: &Case) -> Observed {
        let judged = call(self.0, case).and_then(|call| {
            let request = self.0.request(call.draft).map_err(|e| e.to_string())?;
            Ok(Observed::from(&self.0.answer(&request, &call.state)))
        });
        judged.unwrap_or_else(Observed::Error)
    }
}

impl Subject for Wire<'_> {
    fn name(&self) -> &'static str {
        "wire"
    }

    fn decide(&self, case: &Case) -> Observed {
        let judged = self.json(case);
        let read = judged.and_then(|json| Observed::from_json(&json));
        read.unwrap_or_else(Observed::Error)
    }
}

impl Wire<'_> {
    /// The exact text of the answer.
    ///
    /// # Errors
    /// When the input is not a request that this policy can judge.
    pub fn json(&self, case: &Case) -> Result<String, String> {
        let call = call(self.0, case)?;
        let request = self.0.request(call.draft).map_err(|e| e.to_string())?;
        let answer = self.0.answer(&request, &call.state);
        Ok(portolan_wire::answer_json(&answer, call.body.as_ref()))
    }
}

fn call(engine: &Engine, case: &Case) -> Result<Call, String> {
    let envelope = case.envelope();
    let now = Instant::from_unix_seconds(NOW);
    portolan_wire::read_envelope(envelope.as_bytes(), engine.policy().attribute_names(), now)
        .map_err(|error| error.to_string())
}
