//! `regorus`: Rego, compiled for its register machine, over a catalog that is its data.
//!
//! The machine is kept and given one input after another, as its own benchmarks do.

use std::collections::BTreeMap;

use anyhow::Context as _;
use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::vm::RegoVM;
use regorus::{Engine, Rc, Value};

use crate::contender::{Contender, Entry, Kind, Runner, World};
use crate::job::{Job, Model, Verdict};

/// Its line of the table.
pub(crate) const ENTRY: Entry = Entry {
    name: "regorus",
    gives: "reason",
    kind: Kind::Engine,
    load,
};

const RULE: &str = "data.gateway.first";
const POLICY: &str = r#"
package gateway

region := object.get(input, "region", null)

first := 0 if { region != null; region != "global" }
else := 1 if not data.models[input.model]
else := 2 if input.at < data.models[input.model].released
else := 2 if input.at >= data.models[input.model].retires
else := 3 if { region == "global"; input.host != "us" }
else := 3 if { region == "global"; not data.models[input.model].sold.global }
else := 4 if { region == null; not data.models[input.model].sold[input.host] }
else := 5 if input.max_tokens > data.models[input.model].max_output
else := 6 if input.input_tokens + input.max_tokens > data.models[input.model].context_window
else := 7
"#;

struct Regorus {
    machine: RegoVM,
    names: Names,
}

/// The names of input fields, made once.
struct Names {
    region: Value,
    model: Value,
    at: Value,
    host: Value,
    max_tokens: Value,
    input_tokens: Value,
    us: Value,
    eu: Value,
}

fn load(world: &World) -> anyhow::Result<Box<dyn Runner>> {
    let mut engine = Engine::new();
    engine.add_policy("gateway.rego".to_owned(), POLICY.to_owned())?;
    let rule: Rc<str> = RULE.into();
    let policy = engine.compile_with_entrypoint(&rule)?;
    let program =
        Compiler::compile_from_policy(&policy, &[RULE]).context("the machine's program")?;
    let mut machine = RegoVM::new();
    machine.load_program(program);
    machine.set_max_instructions(usize::MAX);
    let models = world
        .models
        .iter()
        .map(|model| (Value::from(&*model.id), facts(model)));
    let models = Value::from(models.collect::<BTreeMap<_, _>>());
    machine
        .set_data(object([("models", models)]))
        .map_err(|error| anyhow::anyhow!("{error}"))?;
    let names = Names {
        region: "region".into(),
        model: "model".into(),
        at: "at".into(),
        host: "host".into(),
        max_tokens: "max_tokens".into(),
        input_tokens: "input_tokens".into(),
        us: "us".into(),
        eu: "eu".into(),
    };
    Ok(Box::new(Regorus { machine, names }))
}

fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let fields = fields
        .into_iter()
        .map(|(name, value)| (Value::from(name), value));
    Value::from(fields.collect::<BTreeMap<_, _>>())
}

fn facts(model: &Model) -> Value {
    object([
        ("released", model.released.into()),
        ("retires", model.retires.unwrap_or(i64::MAX).into()),
        ("max_output", model.max_output.into()),
        ("context_window", model.context_window.into()),
        (
            "sold",
            object([
                ("us", model.us.into()),
                ("eu", model.eu.into()),
                ("global", model.global.into()),
            ]),
        ),
    ])
}

impl Contender for Regorus {
    fn decide<R>(&mut self, job: &Job, show: impl FnOnce(Verdict<'_>) -> R) -> R {
        let names = &self.names;
        let host = match job.host {
            crate::job::Host::Us => &names.us,
            crate::job::Host::Eu => &names.eu,
        };
        let mut input = BTreeMap::from([
            (names.model.clone(), Value::from(&*job.model)),
            (names.at.clone(), job.at.into()),
            (names.host.clone(), host.clone()),
            (names.max_tokens.clone(), job.max_tokens.into()),
            (names.input_tokens.clone(), job.input_tokens.into()),
        ]);
        if let Some(region) = &job.model_region {
            input.insert(names.region.clone(), Value::from(&**region));
        }
        self.machine.set_input(Value::from(input));
        let said = self.machine.execute();
        show(super::numbered(
            said.ok().and_then(|said| said.as_i64().ok()),
        ))
    }
}
