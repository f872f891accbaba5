//! The page: an index, and the errors by situation.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::{env, fs, path};

use super::{Entry, Section, sections};

const PAGE: &str = "docs/troubleshooting.md";

const INTRODUCTION: &str = "# Troubleshooting

Search this page for the code or for a few words of your error. Each text is followed by what it does not say itself.

An error text has these parts, if they are known:

| part | example |
|---|---|
| the method that you called, and what it was applied to | `upload_file b/backup.tar` |
| in parentheses, the request that failed, if it has another name | `(UploadPart, part 3)` |
| what happened: the status and the code of the server, or the cause | `403 AccessDenied` |
| the request ID, by which the operator of the server finds the request | `(request ID tx-fake)` |
| what to do | `The access key needs the permission s3:PutObject: …` |

The server is `s3.example.com` here, the bucket `b`, the key `k` and the access key `AKID`. In code, use
`Error::kind`, `Error::code` and predicates such as `is_not_found`; `Error::hint` is the last part. To see every attempt
and retry, set `Config::on_event`.

A test provokes each of these errors on Linux and generates this page, so the texts are current.
";

const LINKS: &str = "
[compatibility.md]: compatibility.md
[credentials.md]: credentials.md
[providers.md]: providers.md
";

const LINE: usize = 116;

#[test]
fn troubleshooting_shows_the_errors_that_users_meet() {
    let file = path::Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let before = fs::read_to_string(&file).unwrap_or_default();
    let sections = sections();
    let mut page = format!("{INTRODUCTION}\n## Index\n{}", index(&sections));
    for Section { title, introduction, entries } in &sections {
        let _ = write!(page, "\n## {title}\n");
        if !introduction.is_empty() {
            page += &format!("\n{}", wrapped(introduction.split(' '), " "));
        }
        let mut current = "";
        for Entry { title, text, notes } in entries {
            if current != *title {
                let _ = write!(page, "\n### {title}\n");
                current = title;
            }
            let text = text.clone().unwrap_or_else(|| kept(&before, title));
            let fixed = text.replace("127.0.0.1:8080", "");
            assert!(!fixed.contains("127.0.0.1:") && !text.contains("/tmp"), "this varies: {text}");
            let _ = write!(page, "\n```text\n{text}\n```\n");
            if !notes.is_empty() {
                page += &format!("\n{}", wrapped(notes.split(' '), " "));
            }
        }
    }
    page += LINKS;
    if env::var("S3_TEST_UPDATE").is_ok_and(|value| value == "1") {
        fs::write(&file, &page).unwrap();
    }
    let update = format!("update {PAGE} with S3_TEST_UPDATE=1 cargo test troubleshooting");
    let differing = page.lines().zip(before.lines()).find(|(new, old)| new != old);
    assert!(fs::read_to_string(&file).unwrap_or_default() == page, "{update}: {differing:#?}");
}

#[test]
fn every_code_with_a_hint_is_on_the_page() {
    let root = path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join(PAGE)).unwrap();
    let mut codes = 0;
    for topic in ["access", "buckets", "objects", "service"] {
        let source = fs::read_to_string(root.join(format!("src/hints/{topic}.rs"))).unwrap();
        // The first function selects the hint by the code.
        let (_, function) = source.split_once("match code {").unwrap();
        let (function, _) = function.split_once("\n}\n").unwrap();
        for code in function.split('"').skip(1).step_by(2).filter(|text| is_code(text)) {
            assert!(page.contains(code), "{code} is not on the page");
            codes += 1;
        }
    }
    assert!(codes > 50, "found only {codes} codes");
}

/// Returns the error codes in their order, and the other titles by section.
fn index(sections: &[Section]) -> String {
    let titles: Vec<&str> =
        sections.iter().flat_map(|section| &section.entries).map(|entry| entry.title).collect();
    let unique: BTreeSet<&str> = titles.iter().copied().collect();
    let slugs: BTreeSet<String> = unique.iter().map(|title| slug(title)).collect();
    assert_eq!(slugs.len(), unique.len(), "two titles have the same anchor");
    let blocks = titles.chunk_by(|one, next| one == next).count();
    assert_eq!(blocks, unique.len(), "the texts with one title are not beside each other");
    let codes: Vec<String> = unique.iter().filter(|title| is_code(title)).map(|title| link(title)).collect();
    let mut out = format!("\nError codes:\n{}", wrapped(codes.iter().map(String::as_str), " · "));
    for Section { title, entries, .. } in sections {
        let mut seen = BTreeSet::new();
        let links: Vec<String> = entries
            .iter()
            .filter(|entry| !is_code(entry.title) && seen.insert(entry.title))
            .map(|entry| link(entry.title))
            .collect();
        if !links.is_empty() {
            let _ = write!(out, "\n{title}:\n{}", wrapped(links.iter().map(String::as_str), " · "));
        }
    }
    out
}

/// Returns `true` for a code of a server, such as `NoSuchKey`.
fn is_code(title: &str) -> bool {
    title.starts_with(|c: char| c.is_ascii_uppercase())
        && title.chars().all(|c| c.is_ascii_alphanumeric() || c == '.')
}

fn link(title: &str) -> String {
    format!("[{title}](#{})", slug(title))
}

fn slug(title: &str) -> String {
    let title = title.to_lowercase();
    let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// Joins words to lines.
fn wrapped<'a>(words: impl IntoIterator<Item = &'a str>, separator: &str) -> String {
    let (mut out, mut length) = (String::new(), 0);
    for word in words {
        if length == 0 {
            length = word.len();
        } else if length + separator.len() + word.len() > LINE {
            let _ = writeln!(out, "{}", separator.trim_end());
            length = word.len();
        } else {
            out += separator;
            length += separator.len() + word.len();
        }
        out += word;
    }
    out + "\n"
}

/// Returns the first text with this title on the page as it is, for an error that cannot be provoked on this machine.
fn kept(page: &str, title: &str) -> String {
    let text = page
        .split_once(&format!("\n### {title}\n\n```text\n"))
        .and_then(|(_, rest)| rest.split_once("\n```"));
    text.map_or(String::new(), |(text, _)| text.to_owned())
}
