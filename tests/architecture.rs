//! The direction of imports and the purity of the core, held by reading the sources.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Who may import what of ours. Siblings of the shell know only the core; the core knows nobody.
const MAY_IMPORT: [(&str, &[&str]); 11] = [
    ("main", &["cli"]),
    ("cli", &["daemon", "config", "input", "backend", "simulator", "record", "web", "clock", "show"]),
    ("daemon", &["config", "input", "backend", "simulator", "record", "web", "clock", "show"]),
    ("config", &["show"]),
    ("input", &["show"]),
    ("backend", &["show"]),
    ("simulator", &["show"]),
    ("record", &["show"]),
    ("web", &["show"]),
    ("clock", &["show"]),
    ("show", &[]),
];

/// What the core must not know of.
const IMPURE: [&str; 16] = [
    "tokio",
    "std::net",
    "std::fs",
    "std::io",
    "std::env",
    "std::thread",
    "std::process",
    "Instant",
    "SystemTime",
    "Timestamp::now",
    "Zoned::now",
    "HashMap",
    "HashSet",
    "async fn",
    "async move",
    "tracing",
];

fn sources() -> Vec<(PathBuf, String)> {
    fn walk(directory: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") && !is_test(&path) {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    let mut found = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    walk(&root.join("src"), &mut found);
    found.sort();
    assert!(found.len() > 40, "only {} sources found: is this the right folder?", found.len());
    found
}

/// Inline tests that have grown into files of their own may look around, as inline ones may.
fn is_test(path: &Path) -> bool {
    let inside = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    inside.iter().any(|part| part == "tests" || part == "tests.rs")
}

/// Returns the module path of a source file: `show/stream/mod.rs` is `[show, stream]`.
fn module(path: &Path) -> Vec<String> {
    let inner =
        path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap().with_extension("");
    let mut parts: Vec<String> = inner.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    parts
}

/// Leaves out comments and, from their attribute on, inline tests: those may look around.
fn code(text: &str) -> String {
    let product = text.split("#[cfg(test)]\nmod").next().unwrap();
    product.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Returns the first names after each `crate::`, groups included.
fn imports(code: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (start, _) in code.match_indices("crate::") {
        let rest = &code[start + "crate::".len()..];
        let is_name = |c: char| c.is_alphanumeric() || c == '_';
        if !rest.starts_with('{') {
            names.extend(rest.split(|c| !is_name(c)).next().map(ToOwned::to_owned));
            continue;
        }
        let mut depth = 0;
        let mut name = String::new();
        for c in rest.chars() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                c if depth == 1 && is_name(c) => name.push(c),
                // Only the first name of each path of the group counts.
                ':' if depth == 1 && !name.is_empty() => names.extend([std::mem::take(&mut name)]),
                ',' if depth == 1 => name.clear(),
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    names.retain(|name| MAY_IMPORT.iter().any(|(module, _)| module == name));
    names
}

#[test]
fn imports_point_one_way() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let module = module(&path);
        if module == ["lib"] {
            continue;
        }
        let (_, allowed) = MAY_IMPORT.iter().find(|(name, _)| *name == module[0]).unwrap_or_else(|| {
            panic!("{}: a new part of the house; give it a place in the table", path.display())
        });
        for name in imports(&code(&text)) {
            if name != module[0] && !allowed.contains(&name.as_str()) {
                wrong.push(format!("{} imports {name}", path.display()));
            }
        }
        // Enough `super::` in a row would leave the part by the back door.
        let climbs = "super::".repeat(module.len());
        if code(&text).contains(&climbs) {
            wrong.push(format!("{} climbs out by `{climbs}`", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_core_knows_no_clock_no_files_no_network_and_no_waiting() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        if module(&path)[0] != "show" {
            continue;
        }
        let code = code(&text);
        wrong.extend(
            IMPURE
                .iter()
                .filter(|word| code.contains(*word))
                .map(|word| format!("{} knows `{word}`", path.display())),
        );
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_reader_of_imports_reads_them() {
    let code = "use crate::{\n    backend::{Client, web},\n    show::{self, time},\n};\nfn f() { crate::record::x() }";
    assert_eq!(imports(code), BTreeSet::from(["backend", "show", "record"].map(String::from)));
}
