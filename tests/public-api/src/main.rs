//! Compares the public API of plain-s3, with all features, with `tests/public-api/api.txt`.
//!
//!     cargo run -q -p plain-s3-public-api                      # fails if they differ
//!     S3_TEST_UPDATE=1 cargo run -q -p plain-s3-public-api     # records the API
//!
//! rustdoc lists the items as JSON. The toolchain is that of the minimum Rust version, because the format of the
//! JSON differs between releases.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

use public_api::{Builder, PublicApi};

const RECORD: &str = "tests/public-api/api.txt";

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("public-api: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).ok_or("no workspace")?;
    let record = root.join(RECORD);
    let api = lines(&Builder::from_rustdoc_json(rustdoc_json(root)?).omit_blanket_impls(true).build()?);
    if env::var("S3_TEST_UPDATE").is_ok_and(|value| value == "1") {
        fs::write(&record, api.join("\n") + "\n")?;
        return Ok(ExitCode::SUCCESS);
    }
    let recorded = fs::read_to_string(&record)?;
    let recorded: Vec<&str> = recorded.lines().collect();
    let removed: Vec<&str> =
        recorded.iter().copied().filter(|line| !api.iter().any(|new| new == line)).collect();
    let added: Vec<&String> = api.iter().filter(|line| !recorded.contains(&line.as_str())).collect();
    if removed.is_empty() && added.is_empty() {
        println!("The public API has the {} recorded items.", api.len());
        return Ok(ExitCode::SUCCESS);
    }
    for line in removed {
        println!("-{line}");
    }
    for line in added {
        println!("+{line}");
    }
    println!(
        "The public API differs from {RECORD}. If this is intended, see \"Versions\" in CONTRIBUTING.md, \
         and record the API: S3_TEST_UPDATE=1 cargo run -q -p plain-s3-public-api"
    );
    Ok(ExitCode::FAILURE)
}

/// Returns a line for each public item. Omits the guides, which are modules without code, the automatic traits whose
/// loss no program would notice, and what follows from another line, such as the methods of derived traits.
fn lines(api: &PublicApi) -> Vec<String> {
    const AUTOMATIC: [&str; 5] = [
        "::Freeze for ",
        "::RefUnwindSafe for ",
        "::StructuralPartialEq for ",
        "::Unpin for ",
        "::UnwindSafe for ",
    ];
    const METHODS: [&str; 7] =
        ["::clone(&", "::cmp(&", "::eq(&", "::fmt(&", "::hash<__H", "::partial_cmp(&", "::serialize<S: "];
    let omitted = |line: &String| {
        let contains_any = |texts: &[&str]| texts.iter().any(|text| line.contains(text));
        if line.starts_with("impl") {
            !line.contains(" for ") || contains_any(&AUTOMATIC)
        } else {
            line.starts_with("pub mod plain_s3::documentation") || contains_any(&METHODS)
        }
    };
    api.items().map(ToString::to_string).filter(|line| !omitted(line)).collect()
}

/// Runs rustdoc, and returns the path of its JSON.
fn rustdoc_json(root: &Path) -> Result<PathBuf> {
    let manifest = fs::read_to_string(root.join("Cargo.toml"))?;
    let version = manifest
        .lines()
        .find_map(|line| line.strip_prefix("rust-version = \"")?.strip_suffix('"'))
        .ok_or("Cargo.toml has no rust-version")?;
    // Shared with tests/msrv, which checks the same dependencies with the same toolchain.
    let target = root.join("target/msrv");
    let status = Command::new("rustup")
        .args(["run", version, "cargo", "rustdoc", "--quiet", "--locked", "--lib", "--all-features"])
        .args(["--", "-Z", "unstable-options", "--output-format", "json", "--cap-lints", "allow"])
        .current_dir(root)
        .env("CARGO_TARGET_DIR", &target)
        // Permits the unstable option on a stable toolchain.
        .env("RUSTC_BOOTSTRAP", "1")
        .status()?;
    if !status.success() {
        return Err("rustdoc failed".into());
    }
    Ok(target.join("doc/plain_s3.json"))
}
