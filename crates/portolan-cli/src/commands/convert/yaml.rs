//! Nodes as what a YAML library writes. Text that other readers would take for a number with a
//! fraction stays text, so that money is exact for them, too.

use portolan_core::catalog::tree::{Node, Value};
use serde::ser::{Serialize, SerializeMap, Serializer};

/// A document in YAML.
///
/// # Errors
/// Never in practice: everything in it is text, lists and maps.
pub(super) fn write(root: &Node<'_>) -> serde_yaml::Result<String> {
    serde_yaml::to_string(&Plain(root))
}

/// A node as its data; as deep as it is, which `limits::YAML_NESTING` bounds.
struct Plain<'n, 'a>(&'n Node<'a>);

impl Serialize for Plain<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0.value {
            Value::Scalar { .. } if self.0.is_absent() => serializer.serialize_unit(),
            Value::Scalar { text, quoted } => scalar(text, *quoted, serializer),
            Value::Sequence(items) => serializer.collect_seq(items.iter().map(Plain)),
            Value::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for entry in entries {
                    map.serialize_entry(&*entry.key, &Plain(&entry.value))?;
                }
                map.end()
            }
        }
    }
}

/// Whole numbers and truth values need no quotes where none were written.
fn scalar<S: Serializer>(text: &str, quoted: bool, serializer: S) -> Result<S::Ok, S::Error> {
    let number = text.parse::<u64>().ok();
    let number = number.filter(|number| !quoted && number.to_string() == text);
    match (number, text) {
        (Some(number), _) => serializer.serialize_u64(number),
        (None, "true") if !quoted => serializer.serialize_bool(true),
        (None, "false") if !quoted => serializer.serialize_bool(false),
        (None, _) => serializer.serialize_str(text),
    }
}
