//! `embedded-s3 COMMAND ARGS…` runs COMMAND with an S3 server of its own.
//!
//! The server listens on loopback only, on a port the system picks. It lives as long as COMMAND.
//! COMMAND finds it through its environment; see `environment` below.

#![forbid(unsafe_code)]

mod access;
mod acl;
mod buckets;
mod conditions;
mod folder;
mod index;
mod listing;
mod multipart;
mod objects;
mod request_body;
mod server;
mod signals;
mod store;
mod uploads;
mod users;

use std::ffi::OsString;
use std::process::{Command, ExitCode, ExitStatus};
use std::time::Duration;

use folder::Folder;
use users::{ALICE, BOB};

const USAGE: &str = "\
usage: embedded-s3 COMMAND [ARGS...]
Starts an S3 server on 127.0.0.1 (a free port, storage in a temporary folder), runs COMMAND
with S3_ENDPOINT, AWS_ACCESS_KEY_ID and the like set, stops the server, and exits as COMMAND did.";

/// As a shell does for a command it cannot start.
const CANNOT_START: i32 = 127;

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    let Some(program) = args.next().filter(|arg| !arg.is_empty() && !starts_with_dash(arg)) else {
        for line in USAGE.lines() {
            eprintln!("embedded-s3: {line}");
        }
        return ExitCode::from(2);
    };
    match run(&program, args.collect()) {
        // Not ExitCode: on Windows the code of a process has 32 bits.
        Ok(code) => std::process::exit(code),
        Err(error) => {
            eprintln!("embedded-s3: cannot run the server: {error}");
            ExitCode::FAILURE
        }
    }
}

/// We have no options, so anything that looks like one asks for the usage.
fn starts_with_dash(arg: &OsString) -> bool {
    arg.as_encoded_bytes().starts_with(b"-")
}

/// Everything of ours is stopped and deleted when this returns.
fn run(program: &OsString, args: Vec<OsString>) -> std::io::Result<i32> {
    let folder = Folder::create()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (port, signals) = {
        let _guard = runtime.enter();
        (server::start(folder.path())?, signals::Signals::catch()?)
    };

    let mut command = Command::new(program);
    command.args(args);
    environment(&mut command, port);
    let code = match command.spawn() {
        Ok(mut child) => {
            runtime.spawn(signals.forward_to(child.id()));
            exit_code(child.wait()?)
        }
        Err(error) => {
            eprintln!("embedded-s3: cannot start {}: {error}", program.display());
            CANNOT_START
        }
    };

    runtime.shutdown_timeout(Duration::from_secs(2));
    if let Err(error) = folder.delete() {
        eprintln!("embedded-s3: cannot delete the storage folder: {error}");
    }
    Ok(code)
}

fn environment(command: &mut Command, port: u16) {
    command
        .env("S3_TEST_SERVER", "embedded")
        .env("S3_ENDPOINT", format!("http://127.0.0.1:{port}"))
        .env("S3_TEST_VHOST_ENDPOINT", format!("http://{}:{port}", server::DOMAIN))
        .env("AWS_ACCESS_KEY_ID", ALICE.access_key)
        .env("AWS_SECRET_ACCESS_KEY", ALICE.secret_key)
        .env("S3_TEST_OTHER_ACCESS_KEY_ID", BOB.access_key)
        .env("S3_TEST_OTHER_SECRET_ACCESS_KEY", BOB.secret_key)
        // Whatever would point COMMAND at another server or user.
        .env_remove("AWS_SESSION_TOKEN")
        .env_remove("AWS_PROFILE")
        .env_remove("AWS_ENDPOINT_URL")
        .env_remove("AWS_ENDPOINT_URL_S3");
    // What `cargo run` tells us of our own package. A cargo within COMMAND would take it for a change and
    // build half of its dependencies again.
    for (name, _) in std::env::vars_os() {
        let bytes = name.as_encoded_bytes();
        if bytes.starts_with(b"CARGO_PKG_") || bytes.starts_with(b"CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
}

#[cfg(unix)]
fn exit_code(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    let killed_by = status.signal().map(|signal| 128 + signal);
    // One of the two is always there for a process that has ended.
    status.code().or(killed_by).unwrap_or(1)
}

#[cfg(not(unix))]
fn exit_code(status: ExitStatus) -> i32 {
    status.code().unwrap_or(1)
}
