//! Shows in more than one file: what is included, and what is said about files that cannot be.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use segue::config::{Context, Loaded, load, render_text};

use crate::support::broker::Directory;

fn context() -> Context<'static> {
    Context { node: "north" }
}

fn told(case: &str) -> String {
    let path = Path::new("tests/fixtures/include").join(case).join("show.yaml");
    let Loaded { diagnostics, .. } = load(&path, &context()).unwrap();
    render_text(&diagnostics, false)
}

#[test]
fn scenes_cues_and_triggers_of_all_files_are_one_show() {
    assert_eq!(told("good"), "");
    let sheet = load(Path::new("tests/fixtures/include/good/show.yaml"), &context()).unwrap().sheet.unwrap();
    let scenes: Vec<&str> = sheet.scenes.keys().map(|name| &**name).collect();
    assert_eq!(scenes, ["dawn", "neon", "rain", "sea"]);
    assert_eq!(sheet.scenes["rain"].seed, sheet.scenes["neon"].seed, "an anchor holds in its own file");
    assert_eq!(&*sheet.triggers[0].name, "pad");
}

#[test]
fn what_is_wrong_in_an_included_file_is_told_with_its_place() {
    for case in ["keys", "duplicates", "nothing", "syntax"] {
        let told = told(case);
        assert!(!told.contains("TOPSECRET"), "{told}");
        insta::with_settings!({
            snapshot_path => "snapshots/config",
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!(format!("include_{case}"), told);
        });
    }
}

const SHOW: &str = "include: \"*/*.yaml\"\nstreams: { wall: { backend: simulator } }\n";

/// Writes a show with two included files and returns its path.
fn show(directory: &Directory) -> PathBuf {
    for folder in ["a", "b"] {
        fs::create_dir(directory.path().join(folder)).unwrap();
        directory.write(&format!("{folder}/one.yaml"), &format!("scenes: {{ {folder}: {{}} }}\n"));
    }
    directory.write("show.yaml", SHOW).into()
}

#[test]
fn the_hash_tells_a_change_from_a_touch() {
    let directory = Directory::new();
    let show = show(&directory);
    let files = load(&show, &context()).unwrap().files.unwrap();
    assert_eq!(files.hash_now(), files.hash());
    directory.write("a/one.yaml", "scenes: { a: {} }\n");
    assert_eq!(files.hash_now(), files.hash(), "the same again is nothing new");
    directory.write("a/one.yaml", "scenes: { c: {} }\n");
    assert_ne!(files.hash_now(), files.hash());
    directory.write("a/one.yaml", "scenes: { a: {} }\n");
    directory.write("b/two.yaml", "scenes: { c: {} }\n");
    assert_ne!(files.hash_now(), files.hash(), "a new file fits the pattern");
    fs::remove_file(directory.path().join("b/two.yaml")).unwrap();
    directory.write("b/.two.yaml.swp", "");
    assert_eq!(files.hash_now(), files.hash(), "an editor's own file does not");
    fs::remove_file(&show).unwrap();
    assert_ne!(files.hash_now(), files.hash(), "a missing file is a change");
}

#[test]
fn every_folder_where_something_can_change_is_named() {
    let (directory, elsewhere) = (Directory::new(), Directory::new());
    let show = show(&directory);
    elsewhere.write("real.yaml", "scenes: { far: {} }\n");
    symlink(elsewhere.path().join("real.yaml"), directory.path().join("b/far.yaml")).unwrap();
    let files = load(&show, &context()).unwrap().files.unwrap();
    let folders = files.folders();
    for folder in ["", "a", "b"] {
        let folder = directory.path().join(folder);
        let path = folder.components().collect::<PathBuf>();
        assert!(folders.contains(&path), "{} is not in {folders:?}", path.display());
    }
    assert!(folders.contains(&elsewhere.path().canonicalize().unwrap()), "{folders:?}");
}

#[test]
fn a_file_that_is_found_in_two_ways_is_read_once_and_a_circle_of_links_ends() {
    let directory = Directory::new();
    let show = show(&directory);
    symlink("one.yaml", directory.path().join("a/two.yaml")).unwrap();
    symlink("../show.yaml", directory.path().join("a/show.yaml")).unwrap();
    let Loaded { sheet, diagnostics, .. } = load(&show, &context()).unwrap();
    assert_eq!(render_text(&diagnostics, false).replace(&*show.to_string_lossy(), "show.yaml"), "");
    assert_eq!(sheet.unwrap().scenes.len(), 2);
    symlink("round.yaml", directory.path().join("a/round.yaml")).unwrap();
    let Loaded { sheet, diagnostics, .. } = load(&show, &context()).unwrap();
    assert!(sheet.is_none());
    assert!(diagnostics[0].message().contains("Too many levels of symbolic links"), "{diagnostics:?}");
}

#[test]
fn too_much_is_refused() {
    let directory = Directory::new();
    let show = show(&directory);
    let message = || load(&show, &context()).unwrap().diagnostics[0].message().to_owned();
    for number in 0..256 {
        directory.write(&format!("a/{number}.yaml"), &format!("scenes: {{ s{number}: {{}} }}\n"));
    }
    assert_eq!(message(), "a show includes at most 256 files");
    for number in 0..256 {
        fs::remove_file(directory.path().join(format!("a/{number}.yaml"))).unwrap();
    }
    directory.write("a/big.yaml", &format!("#{}\n", "x".repeat(5 << 20)));
    assert!(message().ends_with("the files of a show are at most 4 MiB together"), "{}", message());
}
