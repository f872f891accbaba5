//! The fuzz targets as a property test: each seed and a fixed number of mutations of it.
//!
//! `S3_TEST_FUZZ=N` sets the number of inputs per target; CI uses one that takes about a minute. The mutations are
//! the same in each run. `fuzz/README.md` describes how to fuzz without an end.

#[path = "../../fuzz/src/harness.rs"]
#[expect(unreachable_pub, reason = "it is a crate of its own for the fuzz targets")]
mod harness;

use std::path::Path;
use std::{env, fs, thread};

use crate::support::Random;

/// Fragments that mutations insert.
const FRAGMENTS: [&[u8]; 30] = [
    b"18446744073709551615",
    b"9223372036854775808",
    b"-1",
    b"0",
    b"\0",
    b"\x1b[2J",
    b"\r\n",
    b"\n\n",
    b"\xff",
    b"\xe2\x80\xae",
    b"\xef\xb7\x90#x1;",
    b"&#x1b;",
    b"&lt;",
    b"%",
    b"%zz",
    b"<![CDATA[",
    b"]]>",
    b"<!--",
    b"<!DOCTYPE a [<!ENTITY b 'c'>]>",
    b" xmlns:a='b'",
    b"<Error><Code>SlowDown</Code></Error>",
    b"<IsTruncated>true</IsTruncated>",
    b"<Key></Key>",
    b"Content-Length: 1\n",
    b"Content-Range: bytes 1-18446744073709551615/*\n",
    b"ETag: \"\"\n",
    b"Transfer-Encoding: chunked\n",
    b"9999-12-31T23:59:59-23:59",
    b"Fri, 31 Dec 9999 23:59:59 -2359",
    b"=?UTF-8?B?/w==?=",
];

fn runs(default: u64) -> u64 {
    env::var("S3_TEST_FUZZ").ok().map_or(default, |runs| runs.parse().expect("S3_TEST_FUZZ is a number"))
}

/// Prints the input if the check of it panics.
struct Input<'a>(&'a [u8]);

impl Drop for Input<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("input: b\"{}\"", self.0.escape_ascii());
        }
    }
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut paths: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

fn mutate(random: &mut Random, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut below = |n: usize| random.below(n.max(1) as u64) as usize;
    let mut data = seeds[below(seeds.len())].clone();
    for _ in 0..1 + below(4) {
        let start = below(data.len() + 1);
        let end = (start + 1 + below(40)).min(data.len()).max(start);
        match below(7) {
            0 => drop(data.drain(start..end)),
            1 => {
                let piece = data[start..end].to_vec();
                let times = 1 + below(30);
                drop(data.splice(start..start, piece.repeat(times)));
            }
            2 => data.truncate(start),
            3 if start < data.len() => data[start] ^= 1 << below(8),
            4 => {
                let other = &seeds[below(seeds.len())];
                let from = below(other.len() + 1);
                drop(data.splice(start..end, other[from..].iter().copied()));
            }
            _ => {
                let fragment = FRAGMENTS[below(FRAGMENTS.len())];
                drop(data.splice(start..start, fragment.iter().copied()));
            }
        }
    }
    data
}

fn run(target: &str, default_runs: u64, check: fn(&[u8])) {
    let seeds = seeds(target);
    let mut random = Random::new(0x5eed);
    let check = |data: &[u8]| {
        let input = Input(data);
        check(input.0);
    };
    for seed in &seeds {
        check(seed);
    }
    for _ in 0..runs(default_runs) {
        check(&mutate(&mut random, &seeds));
    }
}

#[test]
fn harness_calls_every_operation() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let harness = fs::read_to_string(root.join("fuzz/src/harness.rs")).unwrap();
    let mut folders: Vec<_> = ["src/ops", "src/transfer"].map(|folder| root.join(folder)).into();
    let mut operations = 0;
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            for methods in text.split("\nimpl Client {\n").skip(1) {
                let methods = methods.split("\n}\n").next().unwrap();
                for method in methods.split("\n    pub fn ").skip(1) {
                    let name = method.split(['(', '<']).next().unwrap().trim_end_matches("_with");
                    let called =
                        ["(", "_with("].iter().any(|end| harness.contains(&format!("client.{name}{end}")));
                    assert!(called, "{name} is not fuzzed");
                    operations += 1;
                }
            }
        }
    }
    assert!(operations > 60, "only {operations} methods were found");
}

// promise: S4, S5, S6
#[test]
fn every_operation_survives_every_seed() {
    for mut seed in seeds("response") {
        for operation in 0..harness::OPERATIONS {
            seed[0] = operation;
            harness::response(Input(&seed).0);
        }
    }
}

// promise: S4, S5, S6
#[test]
fn mutated_responses_end_with_a_result_or_a_printable_error() {
    run("response", 4000, harness::response);
}

#[test]
fn mutated_profiles_are_read_or_rejected() {
    run("profiles", 2000, harness::profiles);
}

#[test]
fn mutated_endpoints_are_rejected_or_yield_clean_urls() {
    run("endpoint", 4000, harness::endpoint);
}

#[test]
fn mutated_policies_yield_safe_forms() {
    run("policy", 2000, harness::policy);
}
