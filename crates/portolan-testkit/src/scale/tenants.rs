//! Policies of very many tenants, each with a lock of its own: written as a table, and as rules.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Where tenants want their data processed.
const RESIDENCIES: [&str; 8] = ["EU27", "US", "world", "DE", "EEA", "CA", "JP", "FR"];

const HEAD: &str = "edition 1
policy tenants
use catalog \"catalog.yaml\"

exclude 404 model-retired
  when route.model.retires is set and request.at >= route.model.retires
  say \"`{route.model}` is retired\"
  help \"use {alternatives}\"

prefer lowest route.price.output

";

/// The name of the tenant with this number.
pub fn tenant(number: usize) -> String {
    format!("tenant-{number}")
}

/// Where that tenant wants its data processed.
pub fn residency(number: usize) -> &'static str {
    let place = RESIDENCIES.get(number * 7 % RESIDENCIES.len());
    place.copied().unwrap_or("world")
}

/// Tenants as rows of a table and one lock; the files without the catalog.
pub fn tenants_by_table(tenants: usize) -> BTreeMap<String, String> {
    let policy = format!(
        "{HEAD}table tenants from \"tenants.csv\" (residency: place)
attribute tenant: key of tenants

lock processing within request.tenant.residency
"
    );
    let mut rows = String::from("tenant,residency\n");
    for number in 0..tenants {
        let written = writeln!(rows, "{},{}", tenant(number), residency(number));
        debug_assert!(written.is_ok());
    }
    BTreeMap::from([
        ("policy.portolan".to_owned(), policy),
        ("tenants.csv".to_owned(), rows),
    ])
}

/// Tenants as words and a lock for each; the files without the catalog.
pub fn tenants_by_rules(tenants: usize) -> BTreeMap<String, String> {
    let names: Vec<String> = (0..tenants).map(tenant).collect();
    let mut policy = format!(
        "{HEAD}attribute tenant: one of {{ {} }}\n",
        names.join(", ")
    );
    for (number, name) in names.iter().enumerate() {
        let written = writeln!(
            policy,
            "\nlock processing within {}\n  as {name}-stays\n  when request.tenant == {name}",
            residency(number)
        );
        debug_assert!(written.is_ok());
    }
    BTreeMap::from([("policy.portolan".to_owned(), policy)])
}
