//! Checks that the documentation of every public method has an example, and that the examples run.
//!
//! An example runs if its code block has no attribute such as `no_run`. Those that need a server include
//! `src/documentation/client.rs`, and `tests/run` runs them against Ceph and moto.

use std::fs;
use std::path::Path;

/// The code block that includes this file runs against a server.
const WITH_SERVER: &str = "/src/documentation/client.rs";

/// A public method, or a function of a macro that defines methods.
struct Method {
    /// The type, or an empty string in a macro.
    of: String,
    name: String,
    example: Option<Example>,
}

#[derive(Clone)]
struct Example {
    runs: bool,
    code: String,
}

#[test]
fn every_method_of_the_client_has_an_example_that_runs() {
    let (methods, _) = read_source();
    let of_client = || methods.iter().filter(|method| method.of == "Client");
    assert!(of_client().count() > 120, "the parser found too few methods");
    let has_example = |method: &&Method| method.example.as_ref().is_some_and(|example| example.runs);
    let without: Vec<&str> =
        of_client().filter(|method| !has_example(method)).map(|method| &*method.name).collect();
    assert!(without.is_empty(), "methods of Client without an example that runs: {without:?}");

    let with_server = of_client()
        .filter(|method| method.example.as_ref().is_some_and(|example| example.code.contains(WITH_SERVER)));
    let (with_server, all) = (with_server.count(), of_client().count());
    println!("{with_server} of {all} methods of Client have an example that runs against a server");
    assert!(with_server * 100 >= all * 95, "only {with_server} of {all} examples run against a server");
}

#[test]
fn every_public_method_is_used_in_an_example_that_runs() {
    let (methods, examples) = read_source();
    let code: String = examples.iter().filter(|example| example.runs).map(|e| &*e.code).collect();
    let used = |name: &str| [".", "::"].iter().any(|before| calls(&code, &format!("{before}{name}")));
    assert!(methods.len() > 480, "the parser found too few methods");
    let unused: Vec<String> = methods
        .iter()
        .filter(|method| !used(&method.name))
        .map(|method| format!("{}::{}", method.of, method.name))
        .collect();
    println!("{} of {} public methods are used", methods.len() - unused.len(), methods.len());
    assert!(unused.is_empty(), "methods that no example uses: {unused:#?}");
}

/// Returns `true` if `call` is in the code and not merely the start of a longer name.
fn calls(code: &str, call: &str) -> bool {
    let is_part_of_name = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(call).any(|(at, _)| !code[at + call.len()..].starts_with(is_part_of_name))
}

/// Returns the public methods and all examples of the source.
fn read_source() -> (Vec<Method>, Vec<Example>) {
    let (mut methods, mut examples) = (vec![], vec![]);
    read_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut methods, &mut examples);
    (methods, examples)
}

fn read_folder(folder: &Path, methods: &mut Vec<Method>, examples: &mut Vec<Example>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_folder(&path, methods, examples);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            read_file(&fs::read_to_string(&path).unwrap(), methods, examples);
        }
    }
}

fn read_file(text: &str, methods: &mut Vec<Method>, examples: &mut Vec<Example>) {
    // The type of the inherent implementation, and the first example of the doc comment.
    let (mut of, mut first) = (String::new(), None);
    let mut lines = text.lines().map(str::trim_start);
    while let Some(line) = lines.next() {
        if line.starts_with("#[cfg(test)]") {
            break;
        } else if let Some(doc) = doc_line(line) {
            let Some(attribute) = doc.strip_prefix("```") else { continue };
            let body = lines.by_ref().map_while(doc_line).take_while(|line| *line != "```");
            let code = body.map(|line| format!("{line}\n")).collect();
            let example = Example { runs: attribute.is_empty(), code };
            examples.push(example.clone());
            first.get_or_insert(example);
        } else if line.starts_with("#[") || line.starts_with("//") {
            // An attribute or a comment between the documentation and the item.
        } else {
            if let Some(implemented) = line.strip_prefix("impl") {
                let is_trait = implemented.contains(" for ");
                let name = implemented.trim_start_matches("<'a>").trim_start_matches("<'_>").trim_start();
                of = if is_trait { String::new() } else { identifier(name) };
            }
            let function = ["pub fn ", "pub const fn "].iter().find_map(|start| line.strip_prefix(start));
            if let Some(name) = function.map(identifier) {
                methods.push(Method { of: of.clone(), name, example: first.take() });
            }
            first = None;
        }
    }
}

/// Returns the text of a doc comment.
fn doc_line(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let text = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"))?;
    Some(text.strip_prefix(' ').unwrap_or(text))
}

fn identifier(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}
