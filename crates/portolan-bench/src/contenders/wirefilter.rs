//! `wirefilter-engine`: filters compiled to closures, over fields with values.
//!
//! It has no tables and compares fields with constants only, so the host looks the model up and
//! subtracts; and a filter says yes or no, so no reason comes out. The context lives on and its
//! values are amended, as its documentation shows; it lives as long as the scheme, so the texts in
//! it are constants.

use anyhow::anyhow;
use wirefilter::{ExecutionContext, Filter, Scheme};

use super::limit::{Packed, Way};
use crate::contender::{Contender, Entry, Kind, Runner, World};
use crate::job::{Job, Verdict};

/// Its line of the table.
pub(crate) const ENTRY: Entry = Entry {
    name: "wirefilter-engine",
    gives: "yes or no; the host looks the model up and subtracts",
    kind: Kind::Engine,
    load,
};

const FILTER: &str = r#"
    known
    && since_release >= 0 && until_retirement > 0
    && ((region == "" && ((host == "us" && sold_us) || (host == "eu" && sold_eu)))
        || (region == "global" && host == "us" && sold_globally))
    && output_left >= 0 && context_left >= 0
"#;

struct Wirefilter {
    catalog: Packed,
    filter: Filter<'static>,
    context: ExecutionContext<'static>,
}

fn load(world: &World) -> anyhow::Result<Box<dyn Runner>> {
    // A filter borrows its scheme; a program has one scheme for as long as it runs.
    let scheme: &'static Scheme = Box::leak(Box::new(wirefilter::Scheme! {
        known: Bool, since_release: Int, until_retirement: Int, region: Bytes, host: Bytes,
        sold_us: Bool, sold_eu: Bool, sold_globally: Bool, output_left: Int, context_left: Int,
    }));
    let parsed = scheme.parse(FILTER).map_err(|error| anyhow!("{error}"))?;
    Ok(Box::new(Wirefilter {
        catalog: Packed::load(world)?,
        filter: parsed.compile(),
        context: ExecutionContext::new(scheme),
    }))
}

/// Its whole numbers have 32 bits.
fn narrow(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(if number < 0 { i32::MIN } else { i32::MAX })
}

impl Wirefilter {
    fn fill(&mut self, job: &Job) -> Option<()> {
        let region = match job.model_region.as_deref() {
            None => "",
            Some("global") => "global",
            Some(_) => "other",
        };
        let model = self.catalog.find(&job.model);
        let context = &mut self.context;
        context.set_field_value("known", model.is_some()).ok()?;
        context.set_field_value("region", region).ok()?;
        context.set_field_value("host", job.host.name()).ok()?;
        // Nothing else is read of a model that is not known.
        let Some(model) = model else { return Some(()) };
        let total = job.input_tokens.saturating_add(job.max_tokens);
        let mut number = |name, minuend: i64, subtrahend: i64| {
            context.set_field_value(name, narrow(minuend.saturating_sub(subtrahend)))
        };
        number("since_release", job.at, model.released.into()).ok()?;
        number("until_retirement", model.retires.into(), job.at).ok()?;
        number("output_left", model.max_output.into(), job.max_tokens).ok()?;
        number("context_left", model.context_window.into(), total).ok()?;
        context
            .set_field_value("sold_us", model.sold(Way::Us))
            .ok()?;
        context
            .set_field_value("sold_eu", model.sold(Way::Eu))
            .ok()?;
        context
            .set_field_value("sold_globally", model.sold(Way::Global))
            .ok()
    }
}

impl Contender for Wirefilter {
    fn decide<R>(&mut self, job: &Job, show: impl FnOnce(Verdict<'_>) -> R) -> R {
        let filled = self.fill(job);
        show(
            match filled.and_then(|()| self.filter.execute(&self.context).ok()) {
                Some(true) => Verdict::Allowed,
                Some(false) | None => Verdict::Denied,
            },
        )
    }
}
