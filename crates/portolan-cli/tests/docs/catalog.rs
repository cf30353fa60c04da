//! The catalogs that `docs/catalog.md` shows are sound.

use portolan::{MemoryFiles, compile};

use crate::blocks::{blocks, read};

#[test]
fn every_catalog_shown_is_sound() {
    let mut shown = 0;
    for block in blocks(&read("docs/catalog.md")) {
        let name = match &*block.info {
            "yaml" => "catalog.yaml",
            "portolan" => "catalog.portolan",
            _ => continue,
        };
        shown += 1;
        let policy = format!("edition 1\npolicy any\nuse catalog \"{name}\"\n");
        let places = read("rules/places/gcp.yaml");
        let named = [
            ("rules/any/policy.portolan", policy),
            (&format!("rules/any/{name}"), block.text),
            ("rules/places/gcp.yaml", places),
        ];
        let mut files: MemoryFiles = named.into_iter().collect();
        let compilation = compile("rules/any/policy.portolan", &mut files);
        let wrong = compilation.diagnostics.iter().map(|d| &d.message);
        assert_eq!(
            wrong.collect::<Vec<_>>(),
            [""; 0],
            "docs/catalog.md:{}",
            block.line
        );
    }
    assert!(shown > 0);
}
