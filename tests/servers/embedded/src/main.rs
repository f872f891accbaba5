//! `embedded-s3 COMMAND ARGS…` starts an S3 server and runs COMMAND against it.
//!
//! The server listens only on loopback, on a free port, and stops when COMMAND ends. COMMAND finds
//! the server through environment variables; see `set_environment`.

#![forbid(unsafe_code)]

mod signals;

use std::ffi::OsString;
use std::process::{Command, ExitCode, ExitStatus};

use embedded_s3::Server;

const USAGE: &str = "\
usage: embedded-s3 COMMAND [ARGS...]
Starts an S3 server on 127.0.0.1 (a free port, storage in a temporary folder), runs COMMAND
with S3_ENDPOINT, AWS_ACCESS_KEY_ID and the like set, stops the server, and exits as COMMAND did.";

/// The exit code if COMMAND cannot be started, as in a shell.
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
        // ExitCode has only 8 bits, but on Windows the exit code of a process has 32.
        Ok(code) => std::process::exit(code),
        Err(error) => {
            eprintln!("embedded-s3: cannot run the server: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Returns `true` if the argument looks like an option. There are none, so the usage is printed.
fn starts_with_dash(arg: &OsString) -> bool {
    arg.as_encoded_bytes().starts_with(b"-")
}

/// Runs the server and COMMAND, and returns the exit code of COMMAND. When this function returns, the server
/// has been stopped and its storage deleted.
fn run(program: &OsString, args: Vec<OsString>) -> std::io::Result<i32> {
    let server = Server::start()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let signals = {
        let _guard = runtime.enter();
        signals::Signals::catch()?
    };

    let mut command = Command::new(program);
    command.args(args);
    set_environment(&mut command, &server);
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

    runtime.shutdown_background();
    if let Err(error) = server.stop() {
        eprintln!("embedded-s3: cannot delete the storage folder: {error}");
    }
    Ok(code)
}

fn set_environment(command: &mut Command, server: &Server) {
    let (other_access_key, other_secret_key) = server.second_user();
    command
        .env("S3_TEST_SERVER", "embedded")
        .env("S3_ENDPOINT", server.endpoint())
        .env("S3_TEST_VHOST_ENDPOINT", server.virtual_hosted_endpoint())
        .env("AWS_ACCESS_KEY_ID", server.access_key())
        .env("AWS_SECRET_ACCESS_KEY", server.secret_key())
        .env("S3_TEST_OTHER_ACCESS_KEY_ID", other_access_key)
        .env("S3_TEST_OTHER_SECRET_ACCESS_KEY", other_secret_key)
        // These would direct COMMAND to another server or user.
        .env_remove("AWS_SESSION_TOKEN")
        .env_remove("AWS_PROFILE")
        .env_remove("AWS_ENDPOINT_URL")
        .env_remove("AWS_ENDPOINT_URL_S3");
    // `cargo run` sets these variables for this package. If they reached a cargo in COMMAND, it would
    // detect a change and rebuild half of its dependencies.
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
    // A process that has ended has either an exit code or a signal.
    status.code().or(killed_by).unwrap_or(1)
}

#[cfg(not(unix))]
fn exit_code(status: ExitStatus) -> i32 {
    status.code().unwrap_or(1)
}
