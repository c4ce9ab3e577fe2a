//! Show files: what is loaded, and what is said about those that cannot be.

use std::{fs, path::PathBuf};

use jiff::Timestamp;
use segue::config::{Context, Loaded, explain, load, parse, render_json, render_text};

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
