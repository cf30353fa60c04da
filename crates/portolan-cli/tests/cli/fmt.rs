//! `fmt` as people and editors meet it.

use std::fs;

use crate::run::{portolan, portolan_reading, scratch};

const LOOSE: &str = "edition 1\npolicy p\nlock storage   within EU27 when request.endpoint==eu\n";
const STYLE: &str =
    "edition 1\npolicy p\nlock storage within EU27\n  when request.endpoint == eu\n";

#[test]
fn a_directory_is_formatted_whole() {
    let directory = scratch(
        "fmt",
        &[
            ("policy.portolan", LOOSE),
            ("catalog.yaml", "catalog:   1\nregions:\n    eu:  {}\n"),
            ("tenants.csv", "tenant,  home\n"),
            ("case.yaml", "why:   not a catalog\n"),
        ],
    );
    let path = directory.to_str().unwrap();
    let checked = portolan(&["fmt", path, "--check"]);
    assert_eq!(checked.status, 1);
    assert_eq!(checked.stdout.matches("not in style: ").count(), 2);
    assert!(
        checked.stdout.ends_with("2 of 2 files\n"),
        "{}",
        checked.stdout
    );

    let shown = portolan(&["fmt", path, "--diff"]);
    assert_eq!(shown.status, 0);
    assert!(
        shown.stdout.contains("\n+  when request.endpoint == eu\n"),
        "{}",
        shown.stdout
    );
    let read = |name: &str| fs::read_to_string(directory.join(name)).unwrap();
    assert_eq!(read("policy.portolan"), LOOSE);

    let written = portolan(&["fmt", path]);
    assert_eq!(written.status, 0, "{}", written.stderr);
    assert_eq!(read("policy.portolan"), STYLE);
    assert_eq!(read("catalog.yaml"), "catalog: 1\nregions:\n  eu: {}\n");
    assert_eq!(read("tenants.csv"), "tenant,  home\n");
    assert_eq!(read("case.yaml"), "why:   not a catalog\n");
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 4);

    let again = portolan(&["fmt", path]);
    assert_eq!(again.stdout, "all 2 files are in style\n");
    let json = portolan(&["fmt", path, "--format", "json"]);
    assert_eq!(json.stdout.matches("\"changed\": false").count(), 2);
}

#[test]
fn one_file_that_cannot_be_read_keeps_all_as_they_are() {
    let directory = scratch(
        "fmt-broken",
        &[
            ("a.portolan", LOOSE),
            (
                "b.portolan",
                "edition 1\npolicy p\nrefuse 400 x\n  wehn request.stream\n",
            ),
        ],
    );
    let ran = portolan(&["fmt", directory.to_str().unwrap()]);
    assert_eq!(ran.status, 1);
    assert_eq!(ran.stdout, "");
    assert!(ran.stderr.contains("error[syntax]"), "{}", ran.stderr);
    assert!(ran.stderr.contains("b.portolan:4:3"), "{}", ran.stderr);
    assert!(
        ran.stderr.ends_with("nothing was written\n"),
        "{}",
        ran.stderr
    );
    assert_eq!(
        fs::read_to_string(directory.join("a.portolan")).unwrap(),
        LOOSE
    );
}

#[cfg(unix)]
#[test]
fn what_cannot_be_written_keeps_all_as_they_are() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = scratch("fmt-read-only", &[("a.portolan", LOOSE)]);
    let locked = directory.join("locked.portolan");
    let _ = fs::remove_file(&locked);
    fs::write(&locked, LOOSE).unwrap();
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o444)).unwrap();
    let ran = portolan(&["fmt", directory.to_str().unwrap()]);
    assert_eq!(ran.status, 1);
    assert!(
        ran.stderr.contains("it is read-only; no file was changed"),
        "{}",
        ran.stderr
    );
    assert_eq!(
        fs::read_to_string(directory.join("a.portolan")).unwrap(),
        LOOSE
    );
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 2);
}

#[test]
fn an_editor_gets_the_text_back_or_nothing() {
    let ran = portolan_reading(&["fmt", "-"], LOOSE);
    assert_eq!((ran.status, &*ran.stdout), (0, STYLE), "{}", ran.stderr);
    let yaml = portolan_reading(
        &["fmt", "-", "--stdin-filename", "rules/catalog.yaml"],
        "catalog:  1 # ours\n",
    );
    assert_eq!(yaml.stdout, "catalog: 1   # ours\n", "{}", yaml.stderr);
    let broken = portolan_reading(&["fmt", "-"], "nonsense\n");
    assert_eq!((broken.status, &*broken.stdout), (1, ""));
    assert!(broken.stderr.contains("error["), "{}", broken.stderr);
    let checked = portolan_reading(&["fmt", "-", "--check"], LOOSE);
    assert_eq!((checked.status, &*checked.stdout), (1, ""));
}

#[test]
fn what_has_no_style_is_a_wrong_input() {
    for (path, word) in [
        (
            "README.md",
            "only rules (`.portolan`) and catalogs (`.yaml`) have a style",
        ),
        ("rules/nowhere", "there is no such file"),
        ("docs", "there are no rules and no catalogs in `docs`"),
    ] {
        let ran = portolan(&["fmt", path]);
        assert_eq!(ran.status, 1, "{path}");
        assert!(ran.stderr.contains(word), "{}", ran.stderr);
    }
}
