//! What the README says is proved is proved: each test that it names is there.

use std::{fs, path::Path};

/// Adds the text of every Rust file below a directory.
fn read_all(directory: &Path, text: &mut String) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

/// Returns what stands between backticks.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

#[test]
fn each_row_of_what_happens_when_names_a_test_that_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let table = readme.split_once("## What happens when").unwrap().1.split("\n## ").next().unwrap();
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert!(rows.len() > 25, "{} rows", rows.len());
    let mut sources = String::new();
    for directory in ["src", "tests"] {
        read_all(&root.join(directory), &mut sources);
    }
    for row in rows {
        let proof = row.trim_end_matches(" |").rsplit_once(" | ").unwrap().1;
        let (places, names): (Vec<&str>, Vec<&str>) = quoted(proof).partition(|name| name.contains('/'));
        assert!(!names.is_empty(), "no test: {row}");
        for place in places {
            let found =
                [place.to_owned(), format!("tests/{place}")].iter().any(|path| root.join(path).exists());
            assert!(found, "`{place}` is nowhere: {row}");
        }
        for name in names {
            let begins = format!("fn {}", name.trim_end_matches('…'));
            let found = match name.strip_suffix('…') {
                Some(_) => sources.contains(&begins),
                None => sources.contains(&format!("{begins}(")),
            };
            assert!(found, "no test `{name}`: {row}");
        }
    }
}
