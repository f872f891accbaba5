//! Credentials that `aws login` has cached.

use std::path::PathBuf;

use super::cached_token::{self, login_command};
use super::context::Context;
use crate::checksum::Sha256Digest;
use crate::credentials::Credentials;
use crate::error::Result;
use crate::json::Json;
use crate::profile::Profile;

/// A session of `aws login`, whose cached credentials are used until they expire.
pub(super) struct LoginSession {
    pub(super) session: String,
    cache_folder: PathBuf,
    command: String,
}

impl LoginSession {
    /// Returns the session that a profile selects, if any.
    pub(super) fn configured(profile: &Profile<'_>, context: &Context<'_>) -> Result<Option<Self>> {
        let Some(session) = profile.selecting("login_session")? else { return Ok(None) };
        let cache_folder = match context.env.path("AWS_LOGIN_CACHE_DIRECTORY") {
            Some(folder) => folder,
            None => context.cache_folder("login")?,
        };
        let command = login_command("aws login", profile);
        Ok(Some(Self { session: session.value.clone(), cache_folder, command }))
    }

    pub(super) fn fetch(&self) -> Result<Credentials> {
        let name = Sha256Digest::of(&self.session).to_hex();
        let file = self.cache_folder.join(format!("{name}.json"));
        let cached = cached_token::read(&file, "login session", &self.command)?;
        let json = cached.get("accessToken").unwrap_or(&Json::Null);
        let text =
            |name: &str| json.text(name).ok_or_else(|| cached_token::lacks(&file, name, &self.command));
        let credentials = Credentials::new(text("accessKeyId")?, text("secretAccessKey")?);
        let expiry = cached_token::unexpired(text("expiresAt")?, &file, "login session", &self.command)?;
        Ok(credentials.session_token(text("sessionToken")?).expires_at(expiry))
    }
}
