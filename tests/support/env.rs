//! Environment variables of the tests, and output that is shown even if they pass.

use std::env;
use std::io::{self, Write as _};

pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Reports that something is not tested. Panics if `S3_TEST_REQUIRED` is `1`.
pub(crate) fn skip(text: &str) {
    assert!(variable("S3_TEST_REQUIRED").as_deref() != Some("1"), "{text}");
    say(text);
}

/// Prints past the output capture of the test harness, so that the text is shown even if the test passes.
pub(crate) fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
