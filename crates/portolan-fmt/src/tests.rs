//! What stands between a fault of ours and somebody's file: differences are noticed.

use super::*;

/// Trees without places, and comments.
fn policy(text: &str) -> (Vec<ast::Item>, Vec<String>) {
    let mut sources = Sources::default();
    let id = sources.add("p.portolan", text);
    let mut items = policy_of(&sources, id).unwrap();
    erase::spans(&mut items);
    let file = token::tokens(text, token::in_policy).unwrap();
    let comments = token::comments(&file);
    (items, comments.into_iter().map(str::to_owned).collect())
}

const RULE: &str = "edition 1\n// Why.\nrefuse 400 x\n  when request.stream and not (request.account == free or request.max_tokens > 200k)\n  say \"no\"\n";

#[test]
fn layout_is_no_difference() {
    let squeezed = RULE.replace("\n  ", "   ").replace(" == ", "==");
    assert_eq!(policy(RULE), policy(&squeezed));
}

#[test]
fn every_change_of_a_rule_is_a_difference() {
    for (from, to) in [
        ("400", "401"),
        (" x", " y"),
        ("and not", "and"),
        (" or ", " and "),
        ("==", "!="),
        ("free", "paid"),
        ("200k", "200"),
        ("\"no\"", "\"now\""),
        ("  say \"no\"\n", ""),
        ("// Why.", "// Why?"),
        ("// Why.\n", ""),
        ("// Why.", "// Why.\n// Why."),
    ] {
        let changed = RULE.replacen(from, to, 1);
        assert_ne!(changed, RULE);
        assert_ne!(policy(&changed), policy(RULE), "{changed}");
    }
}

const CATALOG: &str = "# Why.\ncatalog: 1\na: {b: \"c\", d: [e, f]}\ng: &x |\n  text\nh: *x\n";

#[test]
fn layout_and_the_kind_of_quotes_are_no_difference_in_yaml() {
    let squeezed = CATALOG.replace("  text", "      text").replace('"', "'");
    let squeezed = squeezed.replace("[e, f]", "[ e,\n   f, ]");
    assert_eq!(yaml::said(CATALOG), yaml::said(&squeezed));
}

#[test]
fn every_change_of_a_catalog_is_a_difference_in_yaml() {
    for (from, to) in [
        ("catalog: 1", "catalog: 2"),
        ("\"c\"", "c"),
        ("b: \"c\"", "b: \"c \""),
        ("[e, f]", "[f, e]"),
        ("[e, f]", "[[e], f]"),
        ("|\n", ">\n"),
        ("  text", "   text more"),
        ("*x", "x"),
        ("&x", ""),
        ("# Why.", "# Why?"),
        ("catalog: 1", "catalog: 1 # Here."),
        ("{b: \"c\", d: [e, f]}", "\n  b: \"c\"\n  d: [e, f]"),
    ] {
        let changed = CATALOG.replacen(from, to, 1);
        assert_ne!(changed, CATALOG);
        let said = yaml::said(&changed);
        assert!(said.is_none() || said != yaml::said(CATALOG), "{changed}");
    }
}

#[test]
fn what_is_written_is_told_by_its_name_and_its_words() {
    for (name, text, notation) in [
        ("a.portolan", "edition 1\npolicy p\n", Notation::Policy),
        ("a.portolan", "edition 1\nregion eu {}\n", Notation::Catalog),
        ("a.portolan", "edition 1\ncatalog x {\n", Notation::Catalog),
        ("a.portolan", "nonsense", Notation::Policy),
        ("a.yml", "catalog: 1", Notation::Yaml),
    ] {
        assert_eq!(Notation::of(name, text), notation, "{text}");
    }
}

#[test]
fn text_that_was_written_by_hand_on_windows_is_read_as_it_is_elsewhere() {
    let text = "\u{feff}catalog: 1\r\nnote: |\r\n  one\r\n  two\r\n";
    let styled = format("a.yaml", text, Notation::Yaml).unwrap();
    assert_eq!(styled, "catalog: 1\nnote: |\n  one\n  two\n");
}
