//! Errors that depend on the environment of the process: each is provoked in a child process.

use std::env;

use plain_s3::{Client, Config, Credentials, RetryPolicy};

use super::text;
use crate::clients::config_at;
use crate::support::{TempDir, command, task};

const MARK: &str = "ERROR ";

/// A home directory with these files in `.aws`.
pub(super) struct Home(pub(super) TempDir);

impl Home {
    pub(super) fn new(credentials: &str, config: &str) -> Self {
        let folder = TempDir::new();
        std::fs::create_dir(folder.join(".aws")).unwrap();
        for (name, content) in [(".aws/credentials", credentials), (".aws/config", config)] {
            if !content.is_empty() {
                folder.file(name, content);
            }
        }
        Self(folder)
    }

    /// Returns the error of a task in this home directory, without the path.
    #[track_caller]
    pub(super) fn error(&self, task: &str, variables: &[(&str, &str)]) -> String {
        let home = self.0.path().to_str().unwrap();
        error(task, &[&[("HOME", home)], variables].concat()).replace(home, "/home/you")
    }
}

/// Returns the error of a task if only these variables of AWS, S3 and proxies are set.
#[track_caller]
pub(super) fn error(task: &str, variables: &[(&str, &str)]) -> String {
    let mut command = command(&[], module_path!(), task);
    for (name, _) in env::vars_os() {
        let lower = name.to_string_lossy().to_lowercase();
        if ["aws_", "s3_", "ssl_"].iter().any(|start| lower.starts_with(start)) || lower.ends_with("_proxy") {
            command.env_remove(name);
        }
    }
    let output = command.envs(variables.iter().copied()).output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let error = stdout.lines().find_map(|line| line.strip_prefix(MARK));
    error.unwrap_or_else(|| panic!("{stdout}{}", String::from_utf8_lossy(&output.stderr))).to_owned()
}

#[test]
fn child_process() {
    let Some(task) = task() else { return };
    let text = match task.as_str() {
        "Client::from_env" => text(Client::from_env()),
        "Config::load" => text(Config::load().and_then(|config| {
            Client::new(config.region("us-east-1").retry(RetryPolicy::none()))?.list_buckets()
        })),
        "Credentials::from_profile" => text(Credentials::from_profile(None)),
        endpoint => text(Client::new(config_at(endpoint).retry(RetryPolicy::none())).unwrap().list_buckets()),
    };
    println!("\n{MARK}{text}");
}
