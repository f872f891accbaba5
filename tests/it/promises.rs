//! The promises of docs/transfers.md and docs/security.md, and the tests that hold them.
//!
//! A test names its promises in a marker above its `#[test]` attribute: the word "promise", a colon, and the IDs.
//! docs/promises.md is generated from the markers by `S3_TEST_UPDATE=1 cargo test promise`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{env, fs};

const TABLE: &str = "docs/promises.md";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The promises in their order: ID and text in bold.
fn promises() -> Vec<(String, String)> {
    let pages = ["docs/transfers.md", "docs/security.md"].map(|page| read(&root().join(page)));
    let text = pages.concat().replace("\n  ", " ");
    let bold = text.lines().filter_map(|line| line.strip_prefix("- **")?.split_once("**"));
    bold.map(|(bold, _)| {
        let (id, title) = bold.split_once(": ").unwrap_or_else(|| panic!("{bold:?} has no ID"));
        (id.to_owned(), title.trim_end_matches(['.', ',']).to_owned())
    })
    .collect()
}

/// The tests with a marker: ID, file without its ending, name of the function.
fn marked_tests() -> Vec<(String, String, String)> {
    let mut files = vec![];
    rust_files(&root().join("tests"), &mut files);
    files.sort();
    let mut marked = vec![];
    for file in files {
        let name = file.strip_prefix(root().join("tests")).unwrap().with_extension("");
        let name = name.to_str().unwrap().replace('\\', "/");
        let text = read(&file);
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let Some(ids) = line.trim().strip_prefix("// promise:") else { continue };
            let mut is_test = false;
            // Attributes and comments may stand between the marker and the function.
            let function = lines.by_ref().map(str::trim).find(|line| {
                is_test |= *line == "#[test]";
                !line.starts_with("#[") && !line.starts_with("//")
            });
            let function = function.and_then(|line| line.strip_prefix("fn ")?.split_once('('));
            let Some((function, _)) = function.filter(|_| is_test) else {
                panic!("{name}: there is no test below the marker of{ids}");
            };
            for id in ids.split(',') {
                marked.push((id.trim().to_owned(), name.clone(), function.to_owned()));
            }
        }
    }
    marked
}

/// The source files of the tests, without the servers that they start.
fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("tests/servers") {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn table(promises: &[(String, String)], marked: &[(String, String, String)]) -> String {
    let mut text = "# Promises and their tests\n\n\
        This table is generated from the markers in `tests/`; see [CONTRIBUTING.md][../CONTRIBUTING.md#tests]. The\n\
        promises are explained in [transfers.md][transfers.md] and [security.md][security.md]. The tests in `live` run\n\
        against real servers.\n\n\
        [../CONTRIBUTING.md#tests]: ../CONTRIBUTING.md#tests\n\
        [transfers.md]: transfers.md\n\
        [security.md]: security.md\n\n\
        | ID | promise | tests |\n|---|---|---|\n"
        .to_owned();
    for (id, title) in promises {
        let mut files: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (_, file, function) in marked.iter().filter(|(of, ..)| of == id) {
            files.entry(file).or_default().push(format!("`{function}`"));
        }
        let tests: Vec<String> =
            files.iter().map(|(file, names)| format!("{file}: {}", names.join(", "))).collect();
        text += &format!("| {id} | {title} | {} |\n", tests.join("<br>"));
    }
    text
}

#[test]
fn every_promise_has_a_test_and_the_table_is_current() {
    let (promises, marked) = (promises(), marked_tests());
    let ids: BTreeSet<&str> = promises.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids.len(), promises.len(), "an ID is used twice");
    assert!(ids.len() > 40, "only {} promises were found", ids.len());
    for (id, file, function) in &marked {
        assert!(ids.contains(id.as_str()), "{file}::{function} is marked with {id}, which is no promise");
    }
    for id in ids {
        assert!(marked.iter().any(|(of, ..)| of == id), "the promise {id} has no test");
    }

    let (path, current) = (root().join(TABLE), table(&promises, &marked));
    if env::var_os("S3_TEST_UPDATE").is_some() {
        fs::write(&path, current).unwrap();
    } else {
        assert!(
            read(&path) == current,
            "{TABLE} is out of date; S3_TEST_UPDATE=1 cargo test promise writes it"
        );
    }
}
