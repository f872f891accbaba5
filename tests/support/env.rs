//! What the environment sets for the tests, and what they say whether they pass or not.

use std::env;
use std::io::{self, Write as _};

pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Says that something is not tested.
pub(crate) fn skip(text: &str) {
    assert!(variable("S3_TEST_REQUIRED").as_deref() != Some("1"), "{text}");
    say(text);
}

/// Past the capture of the tests' output: it is to be seen where they pass, too.
pub(crate) fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
