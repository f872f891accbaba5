//! A part of a test in a process of its own: this test program once more, with the task in its environment.

use std::env;
use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};

const TASK: &str = "PLAIN_S3_TEST_TASK";

/// The command that does the task: this program's test `in_a_process_of_its_own`, which has to do what
/// [`task`] says. `before` is what the command is given to, such as `["timeout", "9"]`.
pub(crate) fn command(before: &[&str], task: &str) -> Command {
    let this = env::current_exe().unwrap();
    let program = before.iter().map(OsStr::new).chain([this.as_os_str()]);
    let arguments = ["--exact", "in_a_process_of_its_own", "--nocapture", "--test-threads=1"].map(OsStr::new);
    let mut words = program.chain(arguments);
    let mut command = Command::new(words.next().unwrap());
    command.args(words).env(TASK, task);
    command
}

/// Starts the task in a process of its own, which goes as far as [`begin`].
pub(crate) fn start(task: &str) -> Child {
    let mut child = command(&[], task).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
    let begun = lines.map_while(Result::ok).any(|line| line.ends_with("begins"));
    assert!(begun, "the process has not begun: {:?}", child.wait());
    child.stdin.take().unwrap().write_all(b"\n").unwrap();
    child
}

/// The task of this process; `None` in that of the test itself.
pub(crate) fn task() -> Option<String> {
    env::var(TASK).ok()
}

/// Tells the test that all is ready, and waits for it.
pub(crate) fn begin() {
    println!("\nbegins");
    std::io::stdin().read_line(&mut String::new()).unwrap();
}
