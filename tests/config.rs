//! Show files: what is loaded, and what is said about those that cannot be.

use std::{fs, path::PathBuf};

use jiff::Timestamp;
use segue::config::{Context, Loaded, Severity, explain, load, parse, render_json, render_text};

/// Tests live on one day.
fn today() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn context() -> Context<'static> {
    Context { node: "north", today: today() }
}

/// Returns the YAML files of a folder of the repository, by path from its root.
fn files(folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "yaml"))
        .collect();
    files.sort();
    files
}

#[test]
fn the_shows_that_come_with_segue_have_nothing_to_complain_about() {
    let files = files("config");
    assert!(files.len() >= 3, "{files:?}");
    for file in files {
        let Loaded { sheet, diagnostics } = load(&file, &context()).unwrap();
        assert!(diagnostics.is_empty(), "{}", render_text(&diagnostics, false));
        assert!(sheet.is_some(), "{}", file.display());
    }
}

#[test]
fn every_mistake_is_told_with_place_reason_and_hint() {
    let files = files("tests/fixtures/bad");
    assert!(files.len() >= 40, "{files:?}");
    for file in files {
        let Loaded { sheet, diagnostics } = load(&file, &context()).unwrap();
        assert!(!diagnostics.is_empty(), "{}", file.display());
        let is_error = |diagnostic: &segue::config::Diagnostic| diagnostic.severity() == Severity::Error;
        assert_eq!(sheet.is_none(), diagnostics.iter().any(is_error), "{}", file.display());
        let told = render_text(&diagnostics, false);
        assert!(!told.contains("TOPSECRET"), "{told}");
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(file.file_stem().unwrap().to_str().unwrap(), told);
        });
    }
}
