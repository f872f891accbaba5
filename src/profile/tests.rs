//! Each test reads profile files of its own.

use std::env;

use super::*;
use crate::config::CredentialsSource;

/// A folder with the two files. Dropping it removes the folder.
struct Files(PathBuf);

impl Files {
    fn new(name: &str, credentials: Option<&str>, config: Option<&str>) -> Self {
        let folder = env::temp_dir().join(format!("plain-s3-profile-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        for (file, text) in [("credentials", credentials), ("config", config)] {
            if let Some(text) = text {
                fs::write(folder.join(file), text).unwrap();
            }
        }
        Self(folder)
    }

    /// An environment with the paths of both files, and with more variables.
    fn env<'a>(&'a self, more: &'a [(&'a str, &'a str)]) -> Environment<'a> {
        Environment::new(move |name| match name {
            "AWS_SHARED_CREDENTIALS_FILE" => Some(self.0.join("credentials").display().to_string()),
            "AWS_CONFIG_FILE" => Some(self.0.join("config").display().to_string()),
            _ => more.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned()),
        })
    }

    /// The searched files in an error text.
    fn searched(&self, credentials: &str, config: &str) -> String {
        let path = |file| self.0.join(file).display().to_string();
        format!("searched: {}{credentials}; {}{config}", path("credentials"), path("config"))
    }

    fn load(&self, more: &[(&str, &str)]) -> Result<Profiles> {
        Profiles::load_from(&self.env(more))
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0); // the operating system cleans up otherwise
    }
}

const NOT_FOUND: &str = ", which does not exist";

const CREDENTIALS: &str = "[default]\naws_access_key_id = d\naws_secret_access_key = ds3cr3t\n\
    [backup]\naws_access_key_id = b\naws_secret_access_key = bs3cr3t\naws_session_token = t0k3n\n\
    [half]\naws_access_key_id = h\n[sso]\n";
const CONFIG: &str = "[default]\nregion = eu\nendpoint_url = http://plain\n\
    [profile backup]\nregion = us\nservices = mine\nendpoint_url = http://general\naws_access_key_id = later\n\
    s3 =\n  addressing_style = virtual\n  signature_version = s3\n\
    [services mine]\ns3 =\n  endpoint_url = http://special\n\
    [stray]\naws_access_key_id = s\n[profile sso]\nsso_session = x\n";

fn fixed(config: Config) -> Credentials {
    match config.credentials {
        Some(CredentialsSource::Fixed(credentials)) => credentials,
        other => panic!("{other:?}"),
    }
}

#[test]
fn profile_merges_both_files_and_the_credentials_file_takes_precedence() {
    let files = Files::new("both", Some(CREDENTIALS), Some(CONFIG));
    let profiles = files.load(&[]).unwrap();
    let config = profiles.config(None).unwrap();
    assert_eq!((config.endpoint.as_str(), config.region.as_deref()), ("http://plain", Some("eu")));
    assert_eq!(fixed(config), Credentials::new("d", "ds3cr3t"));

    let config = profiles.config(Some("backup")).unwrap();
    assert_eq!((config.endpoint.as_str(), config.region.as_deref()), ("http://special", Some("us")));
    assert_eq!(config.addressing, AddressingStyle::VirtualHosted);
    assert_eq!(config.signature, Some(SignatureVersion::V2));
    let backup = profiles.credentials(Some("backup")).unwrap();
    assert_eq!(backup, Credentials::new("b", "bs3cr3t").session_token("t0k3n"));
    let by_variable = files.load(&[("AWS_PROFILE", "backup")]).unwrap();
    assert_eq!(by_variable.credentials(None).unwrap(), backup);
    assert!(!format!("{profiles:?}").contains("s3cr3t"));
}

#[test]
fn errors_name_the_profile_and_the_searched_files() {
    let files = Files::new("missing", Some(CREDENTIALS), None);
    let profiles = files.load(&[]).unwrap();
    let searched = files.searched("", NOT_FOUND);
    for (error, text) in [
        (
            profiles.credentials(Some("stray")).unwrap_err(),
            format!("there is no profile \"stray\" ({searched})"),
        ),
        (
            profiles.credentials(Some("half")).unwrap_err(),
            format!("the profile \"half\" has no aws_secret_access_key ({searched})"),
        ),
        (
            profiles.config(None).unwrap_err(),
            format!(
                "the profile \"default\" has no endpoint_url ({searched}). Add it to the profile, or use Config::new \
                 with the endpoint, and Config::credentials with Credentials::from_profile."
            ),
        ),
        (
            Profiles::load_from(&Environment::new(|_| None)).unwrap().credentials(None).unwrap_err(),
            "there is no profile \"default\" (searched: no files, because HOME is not set)".to_owned(),
        ),
    ] {
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn unsupported_properties_and_values_are_named() {
    let config = "[profile sso]\nsso_session = x\n\
        [profile style]\nendpoint_url = http://h\naws_access_key_id = a\naws_secret_access_key = s3cr3t\n\
        s3 =\n  addressing_style = host\n\
        [profile version]\nendpoint_url = http://h\naws_access_key_id = a\naws_secret_access_key = s3cr3t\n\
        s3 =\n  addressing_style = auto\n  signature_version = v9\n";
    let files = Files::new("unsupported", None, Some(config));
    let profiles = files.load(&[]).unwrap();
    let searched = files.searched(NOT_FOUND, "");
    for (name, problem, hint) in [
        (
            "sso",
            "has no aws_access_key_id",
            ". It has sso_session, which is not supported: fetch the credentials in a closure passed to \
             Config::credentials_provider.",
        ),
        ("style", "has the addressing_style \"host\", not \"path\", \"virtual\" or \"auto\"", ""),
        ("version", "has the signature_version \"v9\", not \"s3\" or \"s3v4\"", ""),
    ] {
        let error = match name {
            "sso" => profiles.credentials(Some(name)).unwrap_err(),
            _ => profiles.config(Some(name)).unwrap_err(),
        };
        assert_eq!(error.to_string(), format!("the profile {name:?} {problem} ({searched}){hint}"));
    }
}

#[test]
fn config_file_sections_need_their_full_name() {
    let files = Files::new("names", None, Some(CONFIG));
    let profiles = files.load(&[]).unwrap();
    assert!(profiles.credentials(Some("stray")).is_err());
    let error = profiles.credentials(Some("sso")).unwrap_err();
    assert!(error.hint().unwrap().contains("sso_session"), "{error}");
    let both =
        Files::new("default", None, Some("[profile default]\nregion = long\n[default]\nregion = short\n"));
    assert_eq!(both.load(&[]).unwrap().profiles["default"]["region"], "long");
}

#[test]
fn environment_takes_precedence_over_the_profile() {
    let files = Files::new("order", Some(CREDENTIALS), Some(CONFIG));
    let more = [
        ("AWS_ENDPOINT_URL", "http://set"),
        ("AWS_REGION", "set"),
        ("AWS_ACCESS_KEY_ID", "a"),
        ("AWS_SECRET_ACCESS_KEY", "s"),
        ("S3_ADDRESSING_STYLE", "path"),
        ("AWS_PROFILE", "backup"),
    ];
    let config = |more: &[(&str, &str)]| files.load(more)?.config_with_fallback(&files.env(more));
    let all = config(&more).unwrap();
    assert_eq!((all.endpoint.as_str(), all.region.as_deref()), ("http://set", Some("set")));
    assert_eq!(all.addressing, AddressingStyle::Path);
    assert_eq!(fixed(all), Credentials::new("a", "s"));

    let some = config(&more[1..2]).unwrap();
    assert_eq!((some.endpoint.as_str(), some.region.as_deref()), ("http://plain", Some("set")));
    assert_eq!(fixed(some), Credentials::new("d", "ds3cr3t"));
    // One of two variables is a mistake, not a reason to use other credentials.
    assert!(config(&more[..3]).unwrap_err().to_string().contains("AWS_SECRET_ACCESS_KEY is not set"));
}

#[test]
fn error_without_any_source_names_variables_and_files() {
    let files = Files::new("nothing", None, None);
    let profiles = files.load(&[]).unwrap();
    let error = profiles.credentials_with_fallback(&files.env(&[])).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "there is no profile \"default\" ({}). The environment variables AWS_ACCESS_KEY_ID and \
             AWS_SECRET_ACCESS_KEY are not set either.",
            files.searched(NOT_FOUND, NOT_FOUND)
        )
    );
    let credentials_only = Files::new("credentials-only", Some(CREDENTIALS), None);
    let profiles = credentials_only.load(&[]).unwrap();
    let error = profiles.config_with_fallback(&credentials_only.env(&[])).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "none of S3_ENDPOINT, AWS_ENDPOINT_URL_S3 and AWS_ENDPOINT_URL is set. Set S3_ENDPOINT to the URL of \
             the server, for example https://s3.eu-west-1.amazonaws.com. The profile \"default\" has no \
             endpoint_url either ({}).",
            credentials_only.searched("", NOT_FOUND)
        )
    );
}

#[test]
fn syntax_error_names_the_line_without_quoting_it() {
    let files = Files::new("malformed", Some("[a]\naws_secret_access_key s3cr3t\n"), None);
    let path = files.0.join("credentials");
    assert_eq!(
        files.load(&[]).unwrap_err().to_string(),
        format!("line 2 of {} is not a [section], a name = value or a # comment", path.display())
    );
}

#[test]
fn tilde_is_the_home_directory() {
    let env = Environment::new(|name| match name {
        "HOME" => Some("/nowhere".to_owned()),
        "AWS_CONFIG_FILE" => Some("~/other".to_owned()),
        _ => None,
    });
    let searched = Profiles::load_from(&env).unwrap().searched;
    assert!(searched[0].contains("/nowhere/.aws/credentials") || cfg!(windows), "{searched:?}");
    assert!(searched[1].contains("/nowhere/other") || cfg!(windows), "{searched:?}");
}
