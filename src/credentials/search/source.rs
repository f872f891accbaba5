//! The sources of credentials, and how to get credentials from each.

use std::path::PathBuf;

use time::OffsetDateTime;

use super::container::Container;
use super::instance::Instance;
use super::login_session::LoginSession;
use super::process::Process;
use super::sso::Sso;
use super::sts::Role;
use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind, Result};
use crate::profile::{Profile, Profiles};

/// Where credentials come from.
pub(super) enum Source {
    Environment(Credentials),
    /// The access key of a profile.
    File(FileSource),
    /// A role that is assumed with the credentials of another source.
    Role {
        role: Role,
        base: Box<Self>,
    },
    WebIdentity {
        role: Role,
        token_file: PathBuf,
    },
    Sso(Sso),
    LoginSession(LoginSession),
    Process(Process),
    Container(Container),
    Instance(Instance),
}

/// An access key in a profile file, which is read again if the server reports that it has expired.
pub(super) struct FileSource {
    pub(super) credentials: Credentials,
    profile: String,
    credentials_file: Option<PathBuf>,
    config_file: Option<PathBuf>,
    file: File,
}

/// One of the two profile files.
pub(super) enum File {
    Credentials,
    Config,
}

impl Source {
    /// Gets credentials. May read files, run a program, and send requests.
    pub(super) fn fetch(&self) -> Result<Credentials> {
        let credentials = match self {
            Self::Environment(credentials) => credentials.clone(),
            Self::File(file) => file.read()?,
            Self::Role { role, base } => role.assume(&base.fetch()?)?,
            Self::WebIdentity { role, token_file } => role.assume_with_web_identity(token_file)?,
            Self::Sso(sso) => sso.fetch()?,
            Self::LoginSession(login) => login.fetch()?,
            Self::Process(process) => process.fetch()?,
            Self::Container(container) => container.fetch()?,
            Self::Instance(instance) => instance.fetch()?,
        };
        if credentials.expired(OffsetDateTime::now_utc()) {
            let text = format!("{} returned credentials that have already expired", self.describe());
            return Err(
                Error::new(ErrorKind::Credentials, text).with_hint("Check the clock of this machine.")
            );
        }
        Ok(credentials.found_in(self.describe()))
    }

    /// Describes the source for events and errors, without secrets.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Environment(credentials) | Self::File(FileSource { credentials, .. }) => {
                credentials.source().unwrap_or_default().to_owned()
            }
            Self::Role { role, base } => format!("the role {}, assumed with {}", role.arn, base.describe()),
            Self::WebIdentity { role, token_file } => {
                format!("the role {}, assumed with the web identity in {}", role.arn, token_file.display())
            }
            Self::Sso(sso) => format!("SSO (account {}, role {})", sso.account, sso.role),
            Self::LoginSession(login) => format!("the login session {}", login.session),
            Self::Process(process) => process.describe(),
            Self::Container(container) => format!("the container endpoint {}", container.url.origin),
            Self::Instance(instance) => format!("the instance metadata at {}", instance.url.origin),
        }
    }
}

impl FileSource {
    pub(super) fn new(profile: &Profile<'_>, credentials: Credentials, file: File) -> Self {
        let (credentials_file, config_file) = profile.profiles().paths();
        Self { credentials, profile: profile.name.to_owned(), credentials_file, config_file, file }
    }

    fn read(&self) -> Result<Credentials> {
        let profiles = Profiles::from_files(self.credentials_file.as_deref(), self.config_file.as_deref())?;
        let profile = profiles.profile(Some(&self.profile))?;
        let found = match self.file {
            File::Credentials => profile.credentials_file(),
            File::Config => profile.config_file(),
        };
        found?.ok_or_else(|| profile.lacks("no longer has an access key"))
    }
}
