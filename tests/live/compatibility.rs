//! What worked on this server and what did not: the facts of which `tests/compatibility` makes
//! docs/compatibility.md. They go to the file that `S3_TEST_COMPATIBILITY` names, each once, a line each.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::sync::Mutex;

use plain_s3::{Config, Event, SignatureVersion};

use super::server::{Server, variable};

/// An AWS action was answered as it should be.
pub(crate) fn works(server: &str, action: &str, signature: SignatureVersion) {
    note(&[server, "works", action, &format!("{signature:?}")]);
}

/// Something beside the actions that the server does.
pub(crate) fn kept(server: &Server, what: &str) {
    note(&[&server.name, "kept", what]);
}

/// A gap that was met, and the actions that do not work for it.
pub(crate) fn gap(server: &Server, what: &str, reason: &str, actions: &[&str]) {
    note(&[&server.name, "gap", what, reason, &actions.join(" ")]);
}

/// Settings of a client whose successful calls are facts.
pub(crate) fn watched(config: Config, server: &Server, signature: SignatureVersion) -> Config {
    let name = server.name.clone();
    config.on_event(move |event| {
        let Event::Succeeded { call, .. } = event else { return };
        let action = call.split(' ').next().unwrap_or_default();
        // a raw request is called by its method: GET, and not GetObject
        if action.contains(|c: char| c.is_ascii_lowercase()) {
            works(&name, action, signature);
        }
    })
}

fn note(fields: &[&str]) {
    static NOTED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let Some(path) = variable("S3_TEST_COMPATIBILITY") else { return };
    let line = fields.join("\t");
    let mut noted = NOTED.lock().unwrap();
    if noted.insert(line.clone()) {
        let file = OpenOptions::new().create(true).append(true).open(&path);
        let written = file.and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()));
        written.unwrap_or_else(|error| panic!("S3_TEST_COMPATIBILITY, {path}: {error}"));
    }
}
