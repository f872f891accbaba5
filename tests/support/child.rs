//! A part of a test in a process of its own: this test program once more, with the task in its environment.

use std::env;
use std::ffi::OsStr;
use std::process::Command;

const TASK: &str = "PLAIN_S3_TEST_TASK";

/// The command that does the task: the test `in_a_process_of_its_own` of this module (`module_path!()`), which
/// has to do what [`task`] says. `before` is what the command is given to, such as `["timeout", "9"]`.
pub(crate) fn command(before: &[&str], module: &str, task: &str) -> Command {
    let (_crate_name, module) = module.split_once("::").unwrap();
    let test = format!("{module}::in_a_process_of_its_own");
    let this = env::current_exe().unwrap();
    let program = before.iter().map(OsStr::new).chain([this.as_os_str()]);
    let arguments = ["--exact", &test, "--nocapture", "--test-threads=1"].map(OsStr::new);
    let mut words = program.chain(arguments);
    let mut command = Command::new(words.next().unwrap());
    command.args(words).env(TASK, task);
    command
}

/// The task of this process; `None` in that of the test itself.
pub(crate) fn task() -> Option<String> {
    env::var(TASK).ok()
}
