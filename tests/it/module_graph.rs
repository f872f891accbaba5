//! Checks that the files of `src` do not depend on each other in a cycle.
//!
//! A file depends on another if its code names something that the other file defines: by a `use` declaration
//! or by a path such as `crate::xml::push(..)`. A name that is re-exported counts for the file that defines it.
//! `mod` declarations and re-exports do not count, unless the re-exporting file uses the name itself. Neither
//! does test code. Method calls are invisible to this check, because it does not know types.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The module files of a crate, by their path below its folder `src`.
type Files = BTreeMap<String, String>;

#[test]
fn source_files_have_no_dependency_cycles() {
    let mut files = Files::new();
    read_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "", &mut files);
    let uses = Crate::parse(&files).uses();
    // Guards against a parser that finds nothing.
    assert!(uses.len() > files.len(), "{} uses in {} files", uses.len(), files.len());

    let cycles = cycles(&uses);
    let report: String = cycles.iter().map(|cycle| describe(cycle, &uses)).collect();
    assert!(cycles.is_empty(), "{} dependency cycles in src:\n{report}", cycles.len());
}

fn read_folder(folder: &Path, prefix: &str, files: &mut Files) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            read_folder(&path, &format!("{name}/"), files);
        } else if name.ends_with(".rs") {
            files.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
}

/// A place in one file that names something in another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Use {
    from: String,
    line: usize,
    to: String,
    path: String,
}

/// The sets of files that depend on each other, directly or through other files.
fn cycles(uses: &BTreeSet<Use>) -> BTreeSet<BTreeSet<&str>> {
    let mut direct: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for used in uses {
        direct.entry(&used.from).or_default().insert(&used.to);
    }
    let reachable = |start: &str| {
        let mut found = BTreeSet::new();
        let mut pending: Vec<&str> = direct.get(start).into_iter().flatten().copied().collect();
        while let Some(file) = pending.pop() {
            if found.insert(file) {
                pending.extend(direct.get(file).into_iter().flatten());
            }
        }
        found
    };
    let reachable: BTreeMap<&str, BTreeSet<&str>> =
        direct.keys().map(|&file| (file, reachable(file))).collect();
    let on_cycle = reachable.iter().filter(|(file, found)| found.contains(*file));
    on_cycle
        .map(|(file, found)| {
            let returns = |other: &&str| reachable.get(other).is_some_and(|found| found.contains(file));
            found.iter().copied().filter(returns).collect()
        })
        .collect()
}

fn describe(cycle: &BTreeSet<&str>, uses: &BTreeSet<Use>) -> String {
    let mut text = format!("\n{} files:\n", cycle.len());
    for Use { from, line, to, path } in uses {
        if cycle.contains(from.as_str()) && cycle.contains(to.as_str()) {
            text += &format!("  src/{from}:{line} uses {path} of src/{to}\n");
        }
    }
    text
}

#[derive(Debug, Default)]
struct Crate {
    modules: Vec<Module>,
}

#[derive(Debug, Default)]
struct Module {
    file: String,
    parent: Option<usize>,
    children: BTreeMap<String, usize>,
    /// Names of the functions, types, constants and macros that the module defines.
    items: BTreeSet<String>,
    imports: Vec<Import>,
    /// All paths and names outside `use` declarations, with their lines.
    paths: Vec<(usize, Vec<String>)>,
}

/// One name of a `use` declaration.
#[derive(Debug)]
struct Import {
    line: usize,
    path: Vec<String>,
    /// The name that it is bound to, or `None` for `*`.
    name: Option<String>,
    reexport: bool,
}

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Target {
    Module(usize),
    /// An item of this module.
    Item(usize),
}

impl Crate {
    fn parse(files: &Files) -> Self {
        let mut parsed = Self::default();
        parsed.add_file(files, "lib.rs", None);
        parsed
    }

    fn add_module(&mut self, file: &str, parent: Option<usize>) -> usize {
        self.modules.push(Module { file: file.to_owned(), parent, ..Module::default() });
        self.modules.len() - 1
    }

    fn add_file(&mut self, files: &Files, file: &str, parent: Option<usize>) -> usize {
        let module = self.add_module(file, parent);
        let folder = match file.rsplit_once('/').unwrap_or(("", file)) {
            (folder, "mod.rs") => format!("{folder}/"),
            (_, "lib.rs") => String::new(),
            _ => format!("{}/", file.strip_suffix(".rs").unwrap()),
        };
        self.parse_module(files, module, &folder, &tokens(&files[file]));
        module
    }

    fn parse_module(&mut self, files: &Files, module: usize, folder: &str, tokens: &[Token<'_>]) {
        let text = |at: usize| tokens.get(at).map_or("", |token| token.text);
        let (mut at, mut depth, mut public) = (0, 0, false);
        while at < tokens.len() {
            let (start, was_public) = (at, public);
            public = false;
            match text(at) {
                "#" => {
                    let open = if text(at + 1) == "!" { at + 2 } else { at + 1 };
                    at = group_end(tokens, open);
                    if is_test_only(&tokens[open..at]) {
                        at = if open == start + 2 { tokens.len() } else { item_end(tokens, at) };
                    }
                }
                "pub" => {
                    at = if text(at + 1) == "(" { group_end(tokens, at + 1) } else { at + 1 };
                    public = true;
                }
                "use" if text(at + 1) != "<" => {
                    at = item_end(tokens, at);
                    self.add_imports(module, &tokens[start + 1..at - 1], &[], was_public);
                }
                "mod" if text(at + 2) == ";" => {
                    let (name, stem) = (text(at + 1), format!("{folder}{}", text(at + 1)));
                    let child = [format!("{stem}.rs"), format!("{stem}/mod.rs")];
                    let child = child.iter().find(|file| files.contains_key(*file));
                    let child = child.unwrap_or_else(|| panic!("no file for the module {stem}"));
                    let child = self.add_file(files, child, Some(module));
                    self.modules[module].children.insert(name.to_owned(), child);
                    at += 3;
                }
                "mod" if text(at + 2) == "{" => {
                    let name = text(at + 1);
                    at = group_end(tokens, at + 2);
                    let file = self.modules[module].file.clone();
                    let child = self.add_module(&file, Some(module));
                    self.modules[module].children.insert(name.to_owned(), child);
                    let folder = format!("{folder}{name}/");
                    self.parse_module(files, child, &folder, &tokens[start + 3..at - 1]);
                }
                "fn" | "struct" | "enum" | "trait" | "type" | "const" | "static" if is_name(text(at + 1)) => {
                    // Otherwise it is an associated item, or local to a function.
                    if depth == 0 {
                        self.modules[module].items.insert(text(at + 1).to_owned());
                    }
                    // The name that follows `const` may be the keyword `fn`.
                    at += if text(at + 1) == "fn" { 1 } else { 2 };
                }
                "macro_rules" => {
                    self.modules[module].items.insert(text(at + 2).to_owned());
                    at += 3;
                }
                // A field, a method, or the rest of a path that starts outside the crate or with a type.
                "." if text(at + 1) == "." => at += 2,
                "." | "::" => at += if is_name(text(at + 1)) { 2 } else { 1 },
                name if is_name(name) => {
                    let mut path = vec![name.to_owned()];
                    at += 1;
                    while text(at) == "::" && is_name(text(at + 1)) {
                        path.push(text(at + 1).to_owned());
                        at += 2;
                    }
                    self.modules[module].paths.push((tokens[start].line, path));
                }
                other => {
                    depth += i32::from(other == "{") - i32::from(other == "}");
                    at += 1;
                }
            }
        }
    }

    /// Adds what a `use` declaration, or one of its groups, imports.
    fn add_imports(&mut self, module: usize, tokens: &[Token<'_>], prefix: &[String], reexport: bool) {
        let mut at = 0;
        while at < tokens.len() {
            let mut path = prefix.to_vec();
            let line = tokens[at].line;
            let mut name = None;
            let mut group = false;
            while at < tokens.len() && tokens[at].text != "," {
                match tokens[at].text {
                    "{" => {
                        let end = group_end(tokens, at);
                        self.add_imports(module, &tokens[at + 1..end - 1], &path, reexport);
                        group = true;
                        at = end;
                        continue;
                    }
                    "as" => {
                        name = Some(tokens[at + 1].text.to_owned());
                        at += 1;
                    }
                    "self" if !path.is_empty() => {}
                    "::" => {}
                    text => path.push(text.to_owned()),
                }
                at += 1;
            }
            at += 1; // the comma
            if !group {
                let glob = path.last().is_some_and(|last| last == "*");
                if glob {
                    path.pop();
                }
                let name = if glob { None } else { name.or_else(|| path.last().cloned()) };
                self.modules[module].imports.push(Import { line, path, name, reexport });
            }
        }
    }

    fn uses(&self) -> BTreeSet<Use> {
        let mut uses = BTreeSet::new();
        for (id, module) in self.modules.iter().enumerate() {
            let mut add = |line, path: &[String], target: Option<Target>| {
                // A module that is only named, not used, is a prefix of the paths that count.
                if let Some(Target::Item(other)) = target {
                    let (from, to) = (module.file.clone(), self.modules[other].file.clone());
                    if from != to {
                        uses.insert(Use { from, line, to, path: path.join("::") });
                    }
                }
            };
            for Import { line, path, name, reexport } in &module.imports {
                let target = self.resolve(id, path);
                match (target, name) {
                    _ if *reexport => {}
                    // All names of a module.
                    (Some(Target::Module(other)), None) => add(*line, path, Some(Target::Item(other))),
                    _ => add(*line, path, target),
                }
            }
            for (line, path) in &module.paths {
                let import = module.imports.iter().find(|import| import.name.as_ref() == path.first());
                let counts = match import {
                    Some(import) if import.reexport => true,
                    // Otherwise the import itself counts already.
                    Some(import) => matches!(self.resolve(id, &import.path), Some(Target::Module(_))),
                    None => path.len() > 1,
                };
                if counts {
                    add(*line, path, self.resolve(id, path));
                }
            }
        }
        uses
    }

    /// Follows a path from a module. Returns `None` if it leads out of the crate.
    fn resolve(&self, from: usize, path: &[String]) -> Option<Target> {
        self.follow(from, path, &mut Vec::new())
    }

    /// `pending` has the names that are being looked up, because modules may import each other's names.
    fn follow<'a>(
        &'a self,
        from: usize,
        path: &'a [String],
        pending: &mut Vec<(usize, &'a str)>,
    ) -> Option<Target> {
        let mut module = from;
        for (position, segment) in path.iter().enumerate() {
            let target = match segment.as_str() {
                "crate" => Some(Target::Module(0)),
                "self" => Some(Target::Module(module)),
                "super" => self.modules[module].parent.map(Target::Module),
                name => self.lookup(module, name, pending),
            };
            match target {
                Some(Target::Module(next)) => module = next,
                Some(item) => return Some(item),
                // A name of another crate or of a local variable.
                None if position == 0 => return None,
                None => return Some(Target::Item(module)),
            }
        }
        Some(Target::Module(module))
    }

    fn lookup<'a>(&'a self, id: usize, name: &'a str, pending: &mut Vec<(usize, &'a str)>) -> Option<Target> {
        let module = &self.modules[id];
        if let Some(&child) = module.children.get(name) {
            return Some(Target::Module(child));
        }
        if module.items.contains(name) {
            return Some(Target::Item(id));
        }
        if pending.contains(&(id, name)) {
            return None;
        }
        pending.push((id, name));
        let mut named = module.imports.iter().filter(|import| import.name.as_deref() == Some(name));
        let mut globs = module.imports.iter().filter(|import| import.name.is_none());
        let found = named.find_map(|import| self.follow(id, &import.path, pending)).or_else(|| {
            globs.find_map(|import| match self.follow(id, &import.path, pending)? {
                Target::Module(other) => self.lookup(other, name, pending),
                Target::Item(_) => None, // the variants of an enum
            })
        });
        pending.pop();
        found
    }
}

/// Whether the brackets of an attribute contain `cfg(test)` or `cfg(all(test, ..))`.
fn is_test_only(attribute: &[Token<'_>]) -> bool {
    let text: Vec<&str> = attribute.iter().map(|token| token.text).collect();
    text.starts_with(&["[", "cfg", "(", "test", ")"])
        || text.starts_with(&["[", "cfg", "(", "all", "(", "test", ","])
}

/// The position after the item that starts at `at`.
fn item_end(tokens: &[Token<'_>], mut at: usize) -> usize {
    let mut in_use = false;
    while at < tokens.len() {
        match tokens[at].text {
            // Not the `use<..>` of a type.
            "use" if tokens.get(at + 1).is_some_and(|next| next.text != "<") => {
                in_use = true;
                at += 1;
            }
            ";" => return at + 1,
            "{" if !in_use => return group_end(tokens, at),
            "{" | "(" | "[" => at = group_end(tokens, at),
            _ => at += 1,
        }
    }
    at
}

/// The position after the bracket that closes the one at `at`.
fn group_end(tokens: &[Token<'_>], at: usize) -> usize {
    let mut depth = 0;
    for (position, token) in tokens.iter().enumerate().skip(at) {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return position + 1;
        }
    }
    tokens.len()
}

#[derive(Clone, Copy, Debug)]
struct Token<'a> {
    text: &'a str,
    line: usize,
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

/// Splits source text into names, `::` and single other characters. Drops comments, literals and lifetimes.
fn tokens(source: &str) -> Vec<Token<'_>> {
    let name_len = |rest: &str| rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let name_len = |rest: &str| name_len(rest).unwrap_or(rest.len());
    let (mut tokens, mut rest, mut line) = (Vec::new(), source, 1);
    while let Some(first) = rest.chars().next() {
        let quote = rest.find('"');
        let before_quote = &rest[..quote.unwrap_or(0)];
        let is_raw = matches!(before_quote.trim_end_matches('#'), "r" | "br" | "cr");
        let len = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment_len(rest)
        } else if quote.is_some() && is_raw {
            let end = format!("\"{}", "#".repeat(before_quote.matches('#').count()));
            let start = before_quote.len() + 1;
            start + rest[start..].find(&end).unwrap() + end.len()
        } else if quote.is_some() && matches!(before_quote, "" | "b" | "c") {
            before_quote.len() + quoted_len(&rest[before_quote.len()..], '"')
        } else if rest.starts_with("b'") {
            1 + quoted_len(&rest[1..], '\'')
        } else if first == '\'' {
            let mut following = rest[1..].chars();
            let is_char = following.next() == Some('\\') || following.next() == Some('\'');
            if is_char { quoted_len(rest, '\'') } else { 1 + name_len(&rest[1..]) }
        } else if rest.starts_with("r#") && is_name(&rest[2..]) {
            2
        } else if first.is_ascii_digit() {
            name_len(rest)
        } else {
            let len = if is_name(rest) {
                name_len(rest)
            } else if rest.starts_with("::") {
                2
            } else {
                first.len_utf8()
            };
            if !first.is_whitespace() {
                tokens.push(Token { text: &rest[..len], line });
            }
            len
        };
        line += rest[..len].matches('\n').count();
        rest = &rest[len..];
    }
    tokens
}

fn block_comment_len(text: &str) -> usize {
    let mut depth = 0;
    for (at, _) in text.char_indices() {
        if text[at..].starts_with("/*") {
            depth += 1;
        } else if text[..at].ends_with("*/") {
            depth -= 1;
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// The length of a literal with its quotes.
fn quoted_len(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The dependencies of a small crate, as `from:line to`.
fn found(files: &[(&str, &str)]) -> Vec<String> {
    let files = files.iter().map(|&(name, text)| (name.to_owned(), text.to_owned())).collect();
    let uses = Crate::parse(&files).uses();
    uses.iter().map(|found| format!("{}:{} {}", found.from, found.line, found.to)).collect()
}

#[test]
fn imports_and_inline_paths_are_dependencies() {
    let lib = ("lib.rs", "mod a;\nmod b;\nmod c;\nmod d;");
    let a = "use std::fmt;\nuse crate::{b::B, c::{self, C as _}};\nfn f() { crate::d::run(); c::g(); }";
    let empty = ("b.rs", "pub struct B;");
    let files = [lib, ("a.rs", a), empty, ("c.rs", "pub fn g() {}"), ("d.rs", "pub fn run() {}")];
    assert_eq!(found(&files), ["a.rs:2 b.rs", "a.rs:2 c.rs", "a.rs:3 c.rs", "a.rs:3 d.rs"]);
}

#[test]
fn reexported_name_counts_for_its_file() {
    let lib = ("lib.rs", "mod a;\nmod b;\npub use a::*;\npub use a::Renamed as Other;");
    let a = ("a/mod.rs", "mod x;\nmod y;\npub use x::X;\npub(crate) use self::y::{Y as Z};");
    let x = ("a/x.rs", "pub struct X;\npub struct Renamed;");
    let y = ("a/y.rs", "use super::X;\npub struct Y;");
    let b = ("b.rs", "use crate::X;\nuse crate::a::Z;\nuse crate::a::unknown;");
    assert_eq!(
        found(&[lib, a, x, y, b]),
        ["a/y.rs:1 a/x.rs", "b.rs:1 a/x.rs", "b.rs:2 a/y.rs", "b.rs:3 a/mod.rs"]
    );
}

#[test]
fn reexport_is_a_dependency_if_its_file_uses_the_name() {
    let lib = ("lib.rs", "mod x;\nmod y;\npub use x::X;\npub use y::Y;\nfn f(_: X) { self.Y; z::Y; }");
    assert_eq!(found(&[lib, ("x.rs", "pub struct X;"), ("y.rs", "pub struct Y;")]), ["lib.rs:5 x.rs"]);
}

#[test]
fn test_code_comments_and_literals_are_no_dependencies() {
    let a = r##"
        // crate::b::B
        /* /* crate::b::B */ crate::b::B */
        pub(in crate::b) fn f<'a>(_: &'a str) -> char { "crate::b::B \" crate::b::B"; r#"" crate::b::B"#; '"' }
        #[cfg(test)]
        use crate::{b::{B}};
        #[cfg(test)]
        #[allow(dead_code)]
        fn g() -> [u8; 1] { crate::b::B }
        #[cfg(test)]
        mod tests { use crate::b::B; }
        #[cfg(test)]
        mod more_tests;
        fn last() { crate::c::C }
    "##;
    let files = [("lib.rs", "mod a;\nmod b;\nmod c;"), ("a.rs", a), ("b.rs", ""), ("c.rs", "")];
    assert_eq!(found(&files), ["a.rs:14 c.rs"]);
}

#[test]
fn inline_module_belongs_to_its_file() {
    let lib = ("lib.rs", "mod a;\nmod inner {\n use super::a::A;\n pub struct I;\n}");
    assert_eq!(found(&[lib, ("a.rs", "use crate::inner::I;")]), ["a.rs:1 lib.rs", "lib.rs:3 a.rs"]);
}

#[test]
fn cycle_is_reported_with_its_lines() {
    let lib = ("lib.rs", "mod a;\nmod b;\nmod c;\nmod d;");
    let files = [
        lib,
        ("a.rs", "use crate::b::B;"),
        ("b.rs", "use super::c::C;\nuse crate::d::D;"),
        ("c.rs", "fn f() { crate::a::g() }"),
        ("d.rs", "pub struct D;"),
    ];
    let files = files.map(|(name, text)| (name.to_owned(), text.to_owned())).into_iter().collect();
    let uses = Crate::parse(&files).uses();
    let cycles = cycles(&uses);
    assert_eq!(cycles, BTreeSet::from([BTreeSet::from(["a.rs", "b.rs", "c.rs"])]));
    let expected = "\n3 files:\n  src/a.rs:1 uses crate::b::B of src/b.rs\n  src/b.rs:1 uses super::c::C of \
        src/c.rs\n  src/c.rs:1 uses crate::a::g of src/a.rs\n";
    assert_eq!(describe(cycles.first().unwrap(), &uses), expected);
}
