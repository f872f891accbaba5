//! Records which actions work on the server, for docs/compatibility.md.
//!
//! The facts are appended to the file that `S3_TEST_COMPATIBILITY` names: one fact per line, each fact once, its
//! fields separated by tabs. `tests/compatibility` generates the document from them.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::sync::Mutex;

use plain_s3::{Config, Event, SignatureVersion};

use super::support::variable;

/// Records that an AWS action succeeded.
pub(crate) fn action_succeeded(action: &str, signature: SignatureVersion) {
    record(&["action", action, &format!("{signature:?}")]);
}

/// Records that a step of the tutorial succeeded.
pub(crate) fn step_succeeded(step: u8, signature: SignatureVersion) {
    record(&["step", &step.to_string(), &format!("{signature:?}")]);
}

/// Records that the server supports a feature that is not an action of its own.
pub(crate) fn feature_supported(topic: &str, feature: &str) {
    record(&["feature", topic, feature]);
}

/// Records a gap, and the actions that do not work because of it.
pub(crate) fn gap_found(topic: &str, feature: &str, reason: &str, actions: &[&str]) {
    record(&["gap", topic, feature, reason, &actions.join(" ")]);
}

/// Adds an event handler that records each successful call of the client.
pub(crate) fn recording(config: Config, signature: SignatureVersion) -> Config {
    config.on_event(move |event| {
        let Event::Succeeded { call, .. } = event else { return };
        let action = call.split(' ').next().unwrap_or_default();
        // The call of a raw request starts with its HTTP method, such as GET, which is not an action.
        if action.contains(|c: char| c.is_ascii_lowercase()) {
            action_succeeded(action, signature);
        }
    })
}

fn record(fields: &[&str]) {
    static RECORDED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let Some(path) = variable("S3_TEST_COMPATIBILITY") else { return };
    let server = variable("S3_TEST_SERVER").expect("S3_TEST_COMPATIBILITY needs S3_TEST_SERVER");
    let line = format!("{server}\t{}", fields.join("\t"));
    let mut recorded = RECORDED.lock().unwrap();
    if recorded.insert(line.clone()) {
        let file = OpenOptions::new().create(true).append(true).open(&path);
        let written = file.and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()));
        written.unwrap_or_else(|error| panic!("S3_TEST_COMPATIBILITY, {path}: {error}"));
    }
}
