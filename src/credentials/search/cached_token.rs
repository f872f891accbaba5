//! The files in which aws-cli caches the results of logins in the browser.

use std::io;
use std::path::Path;

use time::OffsetDateTime;

use super::service::require_expiry;
use super::text_file;
use crate::error::{Error, ErrorKind, Result};
use crate::json::Json;
use crate::profile::Profile;

/// Returns the command by which the user logs in.
pub(super) fn login_command(program: &str, profile: &Profile<'_>) -> String {
    match profile.name {
        "default" => program.to_owned(),
        name if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.@".contains(&byte)) => {
            format!("{program} --profile {name}")
        }
        name => format!("{program} --profile '{}'", name.replace('\'', "'\\''")),
    }
}

/// Reads a file. `what` describes its content in errors, and `command` renews it.
pub(super) fn read(file: &Path, what: &str, command: &str) -> Result<Json> {
    let login = || format!("Run: {command}");
    let text = text_file::read(file).map_err(|error| {
        if error.kind() == io::ErrorKind::NotFound {
            let text = format!("there is no {what}: {} does not exist", file.display());
            return Error::new(ErrorKind::Credentials, text).with_hint(login());
        }
        Error::local(format!("cannot read the {what} {}", file.display()), error)
    })?;
    Json::parse(&text).map_err(|at| {
        let text = format!("the {what} {} is not JSON: it is wrong at byte {at}", file.display());
        Error::new(ErrorKind::Credentials, text).with_hint(login())
    })
}

/// Creates the error of a file without a member.
pub(super) fn lacks(file: &Path, name: &str, command: &str) -> Error {
    Error::new(ErrorKind::Credentials, format!("{} has no {name}", file.display()))
        .with_hint(format!("Run: {command}"))
}

/// Parses an expiry, and fails if it has passed.
pub(super) fn unexpired(expiry: &str, file: &Path, what: &str, command: &str) -> Result<OffsetDateTime> {
    let time = require_expiry(expiry).map_err(|error| {
        Error::new(ErrorKind::Credentials, format!("{}: {}", file.display(), error.summary()))
    })?;
    if time <= OffsetDateTime::now_utc() {
        let text = format!("the {what} expired at {} ({})", expiry.trim(), file.display());
        return Err(Error::new(ErrorKind::Credentials, text).with_hint(format!("Run: {command}")));
    }
    Ok(time)
}
