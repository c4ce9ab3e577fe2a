//! What is built in: each dependency's licence, and which of them are there twice, held against `deny.toml`.
//!
//! Reads what cargo knows offline, for the machine it runs on. `cargo deny check` reads the same file and looks at every
//! machine and at advisories as well, where it is installed.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use serde_json::Value;

/// A table of `deny.toml`: the few forms of TOML that it is written in.
#[derive(Debug, Default)]
struct Table {
    lists: BTreeMap<String, Vec<BTreeMap<String, String>>>,
}

impl Table {
    /// Returns a list: of texts, or of inline tables by one of their keys.
    fn list(&self, name: &str, key: &str) -> Vec<&str> {
        let list = self.lists.get(name).unwrap_or_else(|| panic!("deny.toml has no list `{name}`"));
        list.iter().map(|entry| entry[key].as_str()).collect()
    }
}

/// Reads the lists of every table. A text alone in a list is `{ "": text }`.
fn deny() -> BTreeMap<String, Table> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("deny.toml")).unwrap();
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    let (mut table, mut list) = (String::new(), None);
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']'))
            && list.is_none()
        {
            name.clone_into(&mut table);
        } else if let Some((name, "[")) = line.split_once(" = ") {
            tables.entry(table.clone()).or_default().lists.insert(name.to_owned(), Vec::new());
            list = Some(name.to_owned());
        } else if line == "]" {
            list = None;
        } else if let Some(name) = &list {
            let entry = line.trim_end_matches(',');
            let pairs = match entry.strip_prefix('{').and_then(|entry| entry.strip_suffix('}')) {
                Some(entry) => entry.split(", ").map(|pair| pair.split_once(" = ").unwrap()).collect(),
                None => vec![("", entry)],
            };
            let plain = |text: &str| text.trim_matches(['[', ']', '"', ' ']).to_owned();
            let pairs = pairs.into_iter().map(|(key, value)| (plain(key), plain(value)));
            tables.get_mut(&table).unwrap().lists.get_mut(name).unwrap().push(pairs.collect());
        }
    }
    tables
}

/// Returns every package that is built for this machine.
fn packages() -> Vec<Value> {
    let host = Command::new("rustc").arg("-vV").output().unwrap();
    let host = String::from_utf8(host.stdout).unwrap();
    let host = host.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned();
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--locked", "--format-version", "1", "--filter-platform", &host])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let built: Vec<&Value> =
        metadata["resolve"]["nodes"].as_array().unwrap().iter().map(|node| &node["id"]).collect();
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages.filter(|package| built.contains(&&package["id"])).cloned().collect()
}

/// Returns whether a licence expression (SPDX) can be met with those that are allowed. `AND` binds closer than `OR`.
fn is_met(expression: &str, allowed: &[&str]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let met = any(&words, &mut at, allowed);
    met && at == words.len()
}

fn any(words: &[&str], at: &mut usize, allowed: &[&str]) -> bool {
    let mut met = all(words, at, allowed);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        // Both sides are read, whatever the first says.
        met |= all(words, at, allowed);
    }
    met
}

fn all(words: &[&str], at: &mut usize, allowed: &[&str]) -> bool {
    let mut met = one(words, at, allowed);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        met &= one(words, at, allowed);
    }
    met
}

fn one(words: &[&str], at: &mut usize, allowed: &[&str]) -> bool {
    let Some(word) = words.get(*at) else { return false };
    *at += 1;
    if *word == "(" {
        let met = any(words, at, allowed);
        let closed = words.get(*at) == Some(&")");
        *at += 1;
        return met && closed;
    }
    let mut name = (*word).to_owned();
    if words.get(*at) == Some(&"WITH") {
        name = format!("{name} WITH {}", words.get(*at + 1).unwrap_or(&""));
        *at += 2;
    }
    allowed.contains(&name.as_str())
}

#[test]
fn every_licence_is_one_that_is_allowed() {
    let deny = deny();
    let licenses = &deny["licenses"];
    let allowed = licenses.list("allow", "");
    let exceptions =
        licenses.list("exceptions", "crate").into_iter().zip(licenses.list("exceptions", "allow"));
    let exceptions: BTreeMap<&str, &str> = exceptions.collect();
    let packages = packages();
    assert!(packages.len() > 100, "only {} packages", packages.len());
    let mut wrong = Vec::new();
    for package in &packages {
        let (name, license) =
            (package["name"].as_str().unwrap(), package["license"].as_str().unwrap_or("none"));
        let also = exceptions.get(name).copied();
        let allowed: Vec<&str> = allowed.iter().copied().chain(also).collect();
        if !is_met(license, &allowed) {
            wrong.push(format!("{name}: {license}"));
        }
    }
    assert!(wrong.is_empty(), "deny.toml does not allow {wrong:#?}");
    let left: Vec<_> =
        exceptions.keys().filter(|name| !packages.iter().any(|package| package["name"] == **name)).collect();
    assert!(left.is_empty(), "exceptions that nobody needs: {left:?}");
}

#[test]
fn nothing_is_there_twice_but_what_is_known_and_nothing_that_is_banned() {
    let deny = deny();
    let bans = &deny["bans"];
    let mut versions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in packages() {
        let text = |key: &str| package[key].as_str().unwrap().to_owned();
        assert!(!bans.list("deny", "crate").contains(&text("name").as_str()), "{} is banned", text("name"));
        versions.entry(text("name")).or_default().push(text("version"));
    }
    let mut skipped: Vec<(&str, &str)> =
        bans.list("skip", "crate").into_iter().map(|entry| entry.split_once('@').unwrap()).collect();
    let mut twice = Vec::new();
    for (name, versions) in versions {
        let fits = |version: &String, (other, series): (&str, &str)| {
            other == name && (version == series || version.starts_with(&format!("{series}.")))
        };
        let left = versions.iter().filter(|version| !skipped.iter().any(|skip| fits(version, *skip)));
        if left.count() > 1 {
            twice.push(format!("{name} {versions:?}"));
        }
        if versions.len() > 1 {
            skipped.retain(|skip| !versions.iter().any(|version| fits(version, *skip)));
        }
    }
    assert!(twice.is_empty(), "deny.toml does not know that these are there twice: {twice:#?}");
    assert!(skipped.is_empty(), "deny.toml skips what is there once, or not at all: {skipped:?}");
}

#[test]
fn licences_are_read_as_they_are_meant() {
    let allowed = ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"];
    for (expression, met) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("GPL-3.0 OR MIT", true),
        ("MIT/Apache-2.0", true),
        ("MIT AND GPL-3.0", false),
        ("(MIT OR GPL-3.0) AND ISC", true),
        ("GPL-3.0 OR MIT AND ISC", true),
        ("(GPL-3.0 OR MIT) AND BSD", false),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("Apache-2.0", false),
        ("MIT ISC", false),
        ("", false),
    ] {
        assert_eq!(is_met(expression, &allowed), met, "{expression}");
    }
}

/// `Cargo.toml` forbids it for every target; the two roots say it as well, for whoever builds without our lints.
#[test]
fn nothing_of_ours_is_unsafe() {
    for root in ["src/lib.rs", "src/main.rs"] {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(root)).unwrap();
        assert!(text.contains("\n#![forbid(unsafe_code)]\n"), "{root}");
    }
}
