//! Runs a part of a test in a child process: the same test program, with the task in its environment.

use std::env;
use std::ffi::OsStr;
use std::process::Command;

const TASK: &str = "PLAIN_S3_TEST_TASK";

/// Returns a command that runs the test `child_process` of `module` (`module_path!()`) in a child process,
/// where [`task`] returns `task`. `before` precedes the command, such as `["timeout", "9"]`.
pub(crate) fn command(before: &[&str], module: &str, task: &str) -> Command {
    let (_crate_name, module) = module.split_once("::").unwrap();
    let test = format!("{module}::child_process");
    let this = env::current_exe().unwrap();
    let program = before.iter().map(OsStr::new).chain([this.as_os_str()]);
    let arguments = ["--exact", &test, "--nocapture", "--test-threads=1"].map(OsStr::new);
    let mut words = program.chain(arguments);
    let mut command = Command::new(words.next().unwrap());
    command.args(words).env(TASK, task);
    command
}

/// Returns the task of a child process, or `None` in the process of the test itself.
pub(crate) fn task() -> Option<String> {
    env::var(TASK).ok()
}
