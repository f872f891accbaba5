//! Checks the documents against the repository: code blocks must match the examples, and links must exist.

use std::fs;
use std::path::{Path, PathBuf};

const STEPS: [&str; 11] = [
    "create_a_connection",
    "list_owned_buckets",
    "create_a_bucket",
    "list_a_buckets_content",
    "delete_a_bucket",
    "forced_delete",
    "create_an_object",
    "change_an_objects_acl",
    "download_an_object",
    "delete_an_object",
    "generate_download_urls",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns the code blocks of a language.
fn blocks(markdown: &str, language: &str) -> Vec<String> {
    let start = format!("```{language}\n");
    let pieces = markdown.split(&start).skip(1);
    pieces.map(|piece| piece.split("```").next().unwrap().to_owned()).collect()
}

/// Returns the program, followed by the same program without the indentation of a function body.
fn with_body(program: &str) -> String {
    let body: Vec<&str> = program.lines().map(|line| line.strip_prefix("    ").unwrap_or(line)).collect();
    format!("{program}\n{}\n", body.join("\n"))
}

#[test]
fn tutorial_shows_each_example_in_order() {
    let tutorial = read("docs/tutorial.md");
    let mut rest = tutorial.as_str();
    for step in STEPS {
        let link = format!("(../examples/{step}.rs))");
        let (_, after) =
            rest.split_once(&link).unwrap_or_else(|| panic!("{step} is missing or out of order"));
        let block = &blocks(after, "rust")[0];
        assert!(with_body(&read(format!("examples/{step}.rs"))).contains(block), "{step}:\n{block}");
        rest = after;
    }
}

#[test]
fn tutorial_code_is_compiled_elsewhere() {
    let mut compiled = with_body(&blocks(&read("README.md"), "rust,no_run").join("\n"));
    for step in STEPS {
        compiled += &with_body(&read(format!("examples/{step}.rs")));
    }
    for block in blocks(&read("docs/tutorial.md"), "rust") {
        assert!(compiled.contains(&block), "{block}");
    }
}

#[test]
fn examples_are_short_and_document_how_to_run_them() {
    for step in STEPS {
        let text = read(format!("examples/{step}.rs"));
        assert!(text.lines().count() < 40, "{step}");
        assert!(text.contains(&format!("//!     cargo run --example {step}")), "{step}");
    }
}

#[test]
fn methods_named_in_the_boto_guide_exist() {
    let text = read("docs/coming-from-boto.md");
    let examples = with_body(&read("examples/grants.rs")) + &with_body(&read("examples/raw_request.rs"));
    for block in blocks(&text, "rust") {
        assert!(examples.contains(&block), "{block}");
    }
    let source = all_source(&root().join("src"));
    let mut names = 0;
    for row in text.lines().filter(|line| line.starts_with("| ") && !line.contains("| here |")) {
        let here = row.trim_end_matches('|').rsplit_once('|').unwrap().1;
        for code in here.split('`').skip(1).step_by(2) {
            // `Type::method`, `method(…)` or `method`. Methods are lower case throughout, unlike types and
            // arguments.
            let name = code.split('(').next().unwrap().rsplit("::").next().unwrap();
            if name.is_empty() || !name.chars().all(|c| c.is_ascii_lowercase() || c == '_') {
                continue;
            }
            let exists = [format!("fn {name}("), format!("fn {name}<")].iter().any(|f| source.contains(f));
            assert!(exists, "{name} does not exist: {row}");
            names += 1;
        }
    }
    assert!(names > 150, "found only {names} names");
}

#[test]
fn compatibility_table_has_every_action() {
    let table = read("docs/compatibility.md");
    let source = all_source(&root().join("src"));
    let mut actions = 0;
    for piece in source.split("/AmazonS3/latest/API/").skip(1) {
        let Some((page, _)) = piece.split_once(".html)") else { continue };
        let action = match page {
            "API_ListObjectsV2" => "ListObjects", // One method covers both versions of the API.
            "RESTObjectPOST" => "PostObject",
            page => {
                page.strip_prefix("API_").unwrap_or_else(|| panic!("{page} is not the page of an action"))
            }
        };
        assert!(table.contains(&format!("\n| {action} | ")), "{action} is not in docs/compatibility.md");
        actions += 1;
    }
    assert!(actions > 50, "found only {actions} actions");
}

fn all_source(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        text += &if path.is_dir() { all_source(&path) } else { read(&path) };
    }
    text
}

#[test]
fn links_point_to_existing_files() {
    let mut documents: Vec<PathBuf> = vec![];
    for folder in ["", "docs"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "md") {
                documents.push(path);
            }
        }
    }
    let mut links = 0;
    for document in documents {
        // Skips code: every other piece between fences is a code block.
        let text: String = read(&document).split("```").step_by(2).collect();
        for target in text.split("](").skip(1).filter_map(|piece| piece.split(')').next()) {
            if target.contains("://") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let path = if file.is_empty() { document.clone() } else { document.with_file_name(file) };
            assert!(path.exists(), "{} links to {target}", document.display());
            if !anchor.is_empty() {
                let headings = read(&path);
                let mut headings = headings.lines().filter(|line| line.starts_with('#')).map(slug);
                assert!(headings.any(|slug| slug == anchor), "{} links to {target}", document.display());
            }
            links += 1;
        }
    }
    assert!(links > 20, "found only {links} links");
}

/// Returns the anchor of a heading, in the form that code hosts generate.
fn slug(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}
