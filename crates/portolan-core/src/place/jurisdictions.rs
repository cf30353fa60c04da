//! The standard sets of countries and when who belonged to them.
//!
//! Membership is of states: territories with a code of their own (such as `RE` or `AX`) are not
//! counted in, so that a set never holds more than its name promises.

/// One membership: a country code, the date of accession and the first date after it left.
pub(super) type Membership = (&'static str, Option<&'static str>, Option<&'static str>);

/// The European Union at every date; the name is `EU27` at all of them.
///
/// Source: the accession treaties. The United Kingdom left at the end of 2020-01-31.
pub(super) const EU27: [Membership; 28] = [
    ("BE", Some("1958-01-01"), None),
    ("DE", Some("1958-01-01"), None),
    ("FR", Some("1958-01-01"), None),
    ("IT", Some("1958-01-01"), None),
    ("LU", Some("1958-01-01"), None),
    ("NL", Some("1958-01-01"), None),
    ("DK", Some("1973-01-01"), None),
    ("IE", Some("1973-01-01"), None),
    ("GB", Some("1973-01-01"), Some("2020-02-01")),
    ("GR", Some("1981-01-01"), None),
    ("ES", Some("1986-01-01"), None),
    ("PT", Some("1986-01-01"), None),
    ("AT", Some("1995-01-01"), None),
    ("FI", Some("1995-01-01"), None),
    ("SE", Some("1995-01-01"), None),
    ("CY", Some("2004-05-01"), None),
    ("CZ", Some("2004-05-01"), None),
    ("EE", Some("2004-05-01"), None),
    ("HU", Some("2004-05-01"), None),
    ("LT", Some("2004-05-01"), None),
    ("LV", Some("2004-05-01"), None),
    ("MT", Some("2004-05-01"), None),
    ("PL", Some("2004-05-01"), None),
    ("SI", Some("2004-05-01"), None),
    ("SK", Some("2004-05-01"), None),
    ("BG", Some("2007-01-01"), None),
    ("RO", Some("2007-01-01"), None),
    ("HR", Some("2013-07-01"), None),
];

/// What the European Economic Area has beside the European Union.
pub(super) const EEA_BESIDE_EU: [&str; 3] = ["IS", "LI", "NO"];

/// The European Free Trade Association, its present members at all dates.
pub(super) const EFTA: [&str; 4] = ["CH", "IS", "LI", "NO"];
