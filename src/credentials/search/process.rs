//! `credential_process`: an external program that prints credentials.

use std::io::{self, Read as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::service::credentials;
use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind, Result};
use crate::json::Json;
use crate::profile::Profile;
use crate::shell_words;

/// How long the program may take. Other threads wait for 60 s.
const TIMEOUT: Duration = Duration::from_secs(55);
/// The largest output that is read.
const MAX_OUTPUT: u64 = 256 << 10;
/// How often the program is checked for its end once it has closed its output.
const POLL: Duration = Duration::from_millis(10);

/// A program, with its arguments.
pub(super) struct Process {
    words: Vec<String>,
    /// The profile that selects it, and the line.
    profile: String,
    place: String,
}

impl Process {
    /// Returns the program that a profile selects, if any.
    pub(super) fn configured(profile: &Profile<'_>) -> Result<Option<Self>> {
        let Some(property) = profile.selecting("credential_process")? else { return Ok(None) };
        #[cfg(windows)]
        let words = shell_words::split_windows(&property.value);
        #[cfg(not(windows))]
        let words = shell_words::split(&property.value);
        let words = words.filter(|words| words.first().is_some_and(|program| !program.is_empty()));
        let words = words.ok_or_else(|| {
            profile
                .error(
                    property,
                    "has a credential_process with a quote that is not closed, or without a program",
                )
                .with_hint("Write the program and its arguments as in a shell.")
        })?;
        Ok(Some(Self { words, profile: profile.name.to_owned(), place: property.place.to_string() }))
    }

    /// Describes where the program is set, for events and errors.
    pub(super) fn describe(&self) -> String {
        format!("credential_process of the profile {:?} ({})", self.profile, self.place)
    }

    /// Runs the program, without a shell, and reads its output.
    ///
    /// Its standard error is that of this process, because it is meant for the user. Neither that nor its output
    /// becomes part of an error: both may contain secrets.
    pub(super) fn fetch(&self) -> Result<Credentials> {
        self.run(TIMEOUT).map_err(|(text, source)| {
            let error = Error::new(
                ErrorKind::Credentials,
                format!("the credential_process {:?} {text}", self.words[0]),
            );
            let error = match source {
                Some(source) => error.with_source(source),
                None => error,
            };
            error.with_hint("Run the command of the profile in a terminal to see why.")
        })
    }

    fn run(&self, timeout: Duration) -> Result<Credentials, (String, Option<Error>)> {
        let cannot = |error: io::Error| (format!("cannot be run: {error}"), None);
        let mut child = Command::new(&self.words[0])
            .args(&self.words[1..])
            // the caller may itself be reading its standard input
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(cannot)?;
        let output = read(&mut child, timeout);
        let Some(output) = output else {
            // it may have ended by itself meanwhile
            let _ = child.kill();
            let _ = child.wait();
            return Err((format!("did not end within {timeout:?}"), None));
        };
        let output = output.map_err(cannot)?;
        if output.len() as u64 > MAX_OUTPUT {
            let _ = child.kill();
            let _ = child.wait();
            return Err((format!("printed more than {} KiB", MAX_OUTPUT >> 10), None));
        }
        let mut waited = Duration::ZERO;
        let status = loop {
            match child.try_wait().map_err(cannot)? {
                Some(status) => break status,
                None if waited >= timeout => {
                    let _ = child.kill();
                    let _ = child.wait();
                    return Err((format!("did not end within {timeout:?}"), None));
                }
                None => {
                    thread::sleep(POLL);
                    waited += POLL;
                }
            }
        };
        if !status.success() {
            return Err((format!("failed ({status})"), None));
        }
        parse(&output)
    }
}

/// Reads the output of a child, or returns `None` if that takes longer than the timeout.
fn read(child: &mut Child, timeout: Duration) -> Option<io::Result<Vec<u8>>> {
    let stdout = child.stdout.take().expect("the output is a pipe");
    let (sender, receiver) = mpsc::channel();
    // A pipe has no timeout, so another thread reads it. If the child leaves it to a process that outlives both,
    // the thread ends with that process.
    thread::spawn(move || {
        let mut output = Vec::new();
        let result = stdout.take(MAX_OUTPUT + 1).read_to_end(&mut output);
        let _ = sender.send(result.map(|_| output)); // nobody waits any longer after a timeout
    });
    receiver.recv_timeout(timeout).ok()
}

fn parse(output: &[u8]) -> Result<Credentials, (String, Option<Error>)> {
    let text =
        std::str::from_utf8(output).map_err(|_| ("printed text that is not UTF-8".to_owned(), None))?;
    let json = Json::parse(text)
        .map_err(|at| (format!("printed text that is not JSON: it is wrong at byte {at}"), None))?;
    match json.integer("Version") {
        Some(1) => {}
        Some(other) => return Err((format!("printed Version {other}, but only 1 is known"), None)),
        None => return Err(("printed no Version, which must be 1".to_owned(), None)),
    }
    credentials(&json, "SessionToken", "Expiration")
        .map_err(|error| ("printed invalid credentials".to_owned(), Some(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(output: &str) -> String {
        let (text, source) = parse(output.as_bytes()).unwrap_err();
        source.map_or_else(|| text.clone(), |source| format!("{text}: {source}"))
    }

    #[test]
    fn output_is_parsed() {
        let text = "{\"Version\": 1, \"AccessKeyId\": \"a\", \"SecretAccessKey\": \"s\"}";
        assert_eq!(parse(text.as_bytes()).unwrap(), Credentials::new("a", "s"));
        let expiry = time::OffsetDateTime::from_unix_timestamp(1_893_456_000).unwrap();
        let text = text.replace('}', ", \"SessionToken\": \"t\", \"Expiration\": \"2030-01-01T00:00:00Z\"}");
        let expected = Credentials::new("a", "s").session_token("t").expires_at(expiry);
        assert_eq!(parse(text.as_bytes()).unwrap(), expected);
    }

    #[test]
    fn invalid_output_is_rejected_without_quoting_it() {
        assert_eq!(error("s3cr3t"), "printed text that is not JSON: it is wrong at byte 0");
        assert_eq!(error("{}"), "printed no Version, which must be 1");
        assert_eq!(error("{\"Version\": 2}"), "printed Version 2, but only 1 is known");
        let text = error("{\"Version\": 1, \"AccessKeyId\": \"a\", \"Secret\": \"s3cr3t\"}");
        assert_eq!(text, "printed invalid credentials: the credentials have no SecretAccessKey");
    }

    #[test]
    #[cfg(unix)]
    fn program_is_bounded_and_runs_without_a_shell() {
        let process = |words: &[&str]| Process {
            words: words.iter().map(|&word| word.to_owned()).collect(),
            profile: String::new(),
            place: String::new(),
        };
        let text = |words: &[&str], timeout| process(words).run(timeout).unwrap_err().0;
        let long = Duration::from_secs(60);
        let short = Duration::from_millis(20);
        assert_eq!(text(&["sleep", "1000"], short), "did not end within 20ms");
        // it closes its output but does not end
        assert_eq!(text(&["sh", "-c", "exec 1>&-; exec sleep 1000"], short), "did not end within 20ms");
        assert_eq!(text(&["cat", "/dev/zero"], long), "printed more than 256 KiB");
        assert_eq!(text(&["sh", "-c", "echo s3cr3t; exit 3"], long), "failed (exit status: 3)");
        assert!(text(&["/nonexistent/program"], long).starts_with("cannot be run: "));
        let printed = "{\"Version\": 1, \"AccessKeyId\": \"$HOME;*\", \"SecretAccessKey\": \"s\"}";
        let credentials = process(&["printf", "%s", printed]).run(long).unwrap();
        assert_eq!(credentials, Credentials::new("$HOME;*", "s"));
    }
}
