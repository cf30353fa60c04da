//! `datalogic-rs`: `JSONLogic`, compiled once, evaluated over a value that lies in an arena.
//!
//! It has no tables: the host looks the model up. The rule answers with the number of the first
//! reason, the host turns that into a status and a code.

use anyhow::anyhow;
use datalogic_rs::bumpalo::Bump;
use datalogic_rs::datavalue::{DataValue, NumberValue};
use datalogic_rs::{Engine, Logic};

use super::limit::{Packed, Way};
use crate::contender::{Contender, Entry, Kind, Runner, World};
use crate::job::{Job, Verdict};

/// Its line of the table.
pub(crate) const ENTRY: Entry = Entry {
    name: "datalogic-rs",
    gives: "reason; the host looks the model up",
    kind: Kind::Engine,
    load,
};

const RULE: &str = r#"{"if": [
  {"and": [{"!==": [{"var": "region"}, null]}, {"!==": [{"var": "region"}, "global"]}]}, 0,
  {"!": [{"var": "known"}]}, 1,
  {"or": [{"<": [{"var": "at"}, {"var": "released"}]}, {">=": [{"var": "at"}, {"var": "retires"}]}]}, 2,
  {"and": [{"===": [{"var": "region"}, "global"]},
           {"!": [{"and": [{"var": "sold_globally"}, {"===": [{"var": "host"}, "us"]}]}]}]}, 3,
  {"and": [{"===": [{"var": "region"}, null]},
           {"!": [{"if": [{"===": [{"var": "host"}, "us"]}, {"var": "sold_us"}, {"var": "sold_eu"}]}]}]}, 4,
  {">": [{"var": "max_tokens"}, {"var": "max_output"}]}, 5,
  {">": [{"+": [{"var": "input_tokens"}, {"var": "max_tokens"}]}, {"var": "context_window"}]}, 6,
  7
]}"#;

struct Datalogic {
    catalog: Packed,
    engine: Engine,
    rule: Logic,
    arena: Bump,
}

fn load(world: &World) -> anyhow::Result<Box<dyn Runner>> {
    let engine = Engine::new();
    let rule = engine.compile(RULE).map_err(|error| anyhow!("{error}"))?;
    Ok(Box::new(Datalogic {
        catalog: Packed::load(world)?,
        engine,
        rule,
        arena: Bump::new(),
    }))
}

impl Contender for Datalogic {
    fn decide<R>(&mut self, job: &Job, show: impl FnOnce(Verdict<'_>) -> R) -> R {
        self.arena.reset();
        let number = |number: i64| DataValue::Number(NumberValue::Integer(number));
        let model = self.catalog.find(&job.model);
        let region = job
            .model_region
            .as_deref()
            .map_or(DataValue::Null, DataValue::String);
        let mut fields = [("", DataValue::Null); 13];
        let request = [
            ("region", region),
            ("known", DataValue::Bool(model.is_some())),
            ("at", number(job.at)),
            ("host", DataValue::String(job.host.name())),
            ("max_tokens", number(job.max_tokens)),
            ("input_tokens", number(job.input_tokens)),
        ];
        fields[..6].copy_from_slice(&request);
        let mut used = 6;
        if let Some(model) = model {
            let facts = [
                ("released", number(model.released.into())),
                ("retires", number(model.retires.into())),
                ("sold_globally", DataValue::Bool(model.sold(Way::Global))),
                ("sold_us", DataValue::Bool(model.sold(Way::Us))),
                ("sold_eu", DataValue::Bool(model.sold(Way::Eu))),
                ("max_output", number(model.max_output.into())),
                ("context_window", number(model.context_window.into())),
            ];
            fields[6..].copy_from_slice(&facts);
            used = 13;
        }
        let fields: &[_] = self.arena.alloc_slice_copy(&fields[..used]);
        let data: &DataValue<'_> = self.arena.alloc(DataValue::Object(fields));
        let first = self
            .engine
            .evaluate(&self.rule, data, &self.arena)
            .ok()
            .and_then(DataValue::as_i64);
        show(super::numbered(first))
    }
}
