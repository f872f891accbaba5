//! Each test reads profile files of its own.

use std::env;
use std::path::PathBuf;

use std::fs;

use super::access_key::NEEDS_CHAIN;
use super::*;
use crate::config::CredentialsSource;
use crate::endpoint::AddressingStyle;
use crate::error::ErrorKind;
use crate::sign::SignatureVersion;

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
        Profiles::open(&self.env(more), true).readable()
    }

    fn place(&self, file: &str, line: usize) -> String {
        format!("{}:{line}", self.0.join(file).display())
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
            format!(
                "there is no profile \"stray\" ({searched}). The files have these profiles: backup, default, half, sso."
            ),
        ),
        (
            profiles.credentials(Some("half")).unwrap_err(),
            format!(
                "{}: the profile \"half\" has aws_access_key_id but no aws_secret_access_key. Add \
                 aws_secret_access_key to the same section, or remove aws_access_key_id.",
                files.place("credentials", 9)
            ),
        ),
        (
            profiles.config(None).unwrap_err(),
            format!(
                "the profile \"default\" has no endpoint_url ({searched}). Add it to the profile, or use Config::new \
                 with the endpoint, and Config::credentials with Credentials::from_profile."
            ),
        ),
        (
            Profiles::open(&Environment::new(|_| None), true).credentials(None).unwrap_err(),
            "there is no profile \"default\" (searched: no credentials file, because HOME is not set; no config \
             file, because HOME is not set)"
                .to_owned(),
        ),
    ] {
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn unsupported_properties_and_values_are_named() {
    let config = "[profile role]\nrole_arn = x\naws_access_key_id = a\naws_secret_access_key = s3cr3t\n\
        [profile style]\nendpoint_url = http://h\naws_access_key_id = a\naws_secret_access_key = s3cr3t\n\
        s3 =\n  addressing_style = host\n\
        [profile version]\nendpoint_url = http://h\naws_access_key_id = a\naws_secret_access_key = s3cr3t\n\
        s3 =\n  addressing_style = AUTO\n  signature_version = v9\n";
    let files = Files::new("unsupported", None, Some(config));
    let profiles = files.load(&[]).unwrap();
    for (name, line, problem) in [
        ("role", 2, "has role_arn, which needs Config::load"),
        ("style", 10, "has the addressing_style \"host\", not \"path\", \"virtual\" or \"auto\""),
        ("version", 17, "has the signature_version \"v9\", not \"s3\" or \"s3v4\""),
    ] {
        let error = match name {
            "role" => profiles.credentials(Some(name)).unwrap_err(),
            _ => profiles.config(Some(name)).unwrap_err(),
        };
        let text = format!("{}: the profile {name:?} {problem}", files.place("config", line));
        assert!(error.to_string().starts_with(&text), "{error}");
        assert_eq!(error.hint(), (name == "role").then_some(NEEDS_CHAIN));
    }
}

#[test]
fn config_file_sections_need_their_full_name() {
    let files = Files::new("names", None, Some(CONFIG));
    let profiles = files.load(&[]).unwrap();
    assert!(profiles.credentials(Some("stray")).is_err());
    let error = profiles.credentials(Some("stray")).unwrap_err();
    let hint = format!("{} must be written as [profile stray].", files.place("config", 15));
    assert_eq!(error.hint(), Some(hint.as_str()));
    let both =
        Files::new("default", None, Some("[profile default]\nregion = long\n[default]\nregion = short\n"));
    // as in aws-cli, the last of the two counts
    let profiles = both.load(&[]).unwrap();
    assert_eq!(profiles.profile(None).unwrap().get("region").unwrap().value, "short");
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
    let config = |more: &[(&str, &str)]| Profiles::config_with_fallback(&files.env(more));
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
    let error = Profiles::config_with_fallback(&credentials_only.env(&[])).unwrap_err();
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
fn malformed_line_matters_only_to_its_section() {
    let text = "[a]\naws_secret_access_key s3cr3t\n[b]\naws_access_key_id = b\naws_secret_access_key = s\n\
        [c]\nx = 1\n[c]\nx = 2\n";
    let files = Files::new("malformed", Some(text), None);
    let profiles = files.load(&[]).unwrap();
    assert_eq!(profiles.credentials(Some("b")).unwrap(), Credentials::new("b", "s"));
    for (name, line, text) in [
        ("a", 2, "the line is not a [section], a name = value or a # comment. Correct or remove it."),
        ("c", 8, "the section [c] exists already. Move its properties to line 6."),
    ] {
        let error = profiles.credentials(Some(name)).unwrap_err();
        assert_eq!(error.to_string(), format!("{}: {text}", files.place("credentials", line)));
    }
}

#[test]
fn comment_after_an_access_key_is_rejected() {
    let text = "[default]\naws_access_key_id = a\naws_secret_access_key = s3cr3t # mine\n";
    let files = Files::new("comment", Some(text), None);
    assert_eq!(
        files.load(&[]).unwrap().credentials(None).unwrap_err().to_string(),
        format!(
            "{}: the profile \"default\" has a comment after a value, which is part of the value. Move the comment \
             to a line of its own.",
            files.place("credentials", 3)
        )
    );
}

#[test]
fn unreadable_file_matters_only_if_something_is_missing() {
    let files = Files::new("unreadable", None, None);
    fs::create_dir(files.0.join("credentials")).unwrap();
    fs::create_dir(files.0.join("config")).unwrap();
    let complete = [
        ("S3_ENDPOINT", "http://set"),
        ("AWS_REGION", "set"),
        ("AWS_ACCESS_KEY_ID", "a"),
        ("AWS_SECRET_ACCESS_KEY", "s"),
    ];
    let config = Profiles::config_with_fallback(&files.env(&complete)).unwrap();
    assert_eq!(config.region.as_deref(), Some("set"));
    for missing in 0..3 {
        let mut env = complete.to_vec();
        env.remove(missing);
        if missing == 2 {
            env.pop();
        }
        let error = Profiles::config_with_fallback(&files.env(&env)).unwrap_err();
        let name = if missing == 2 { "credentials" } else { "config" };
        assert_eq!(error.kind(), ErrorKind::LocalIo);
        let text = format!("cannot read {}: ", files.0.join(name).display());
        assert!(error.to_string().starts_with(&text), "{error}");
    }
}

#[test]
fn nested_and_ignored_endpoints_are_honoured() {
    let text = "[default]\nendpoint_url = http://general\ns3 =\n  endpoint_url = http://nested\n\
        [profile off]\nignore_configured_endpoint_urls = true\nendpoint_url = http://general\n\
        [profile none]\nservices = x\n";
    let files = Files::new("endpoints", None, Some(text));
    let profiles = files.load(&[]).unwrap();
    let endpoint = |name: &str, service: &str| profiles.profile(Some(name)).unwrap().endpoint(service);
    assert_eq!(endpoint("default", "s3").unwrap().as_deref(), Some("http://nested"));
    assert_eq!(endpoint("default", "sts").unwrap().as_deref(), Some("http://general"));
    assert_eq!(endpoint("off", "s3").unwrap(), None);
    assert_eq!(
        endpoint("none", "s3").unwrap_err().to_string(),
        format!(
            "{}: the profile \"none\" has services = x, but there is no [services x]. Add the section to {}, or \
             remove the line.",
            files.place("config", 9),
            files.0.join("config").display()
        )
    );
}

#[test]
fn tilde_and_variables_are_expanded() {
    let env = Environment::new(|name| match name {
        "HOME" | "USERPROFILE" => Some("/nowhere".to_owned()),
        "AWS_CONFIG_FILE" => Some("~/other".to_owned()),
        "DIR" => Some("/d".to_owned()),
        _ => None,
    });
    let searched = Profiles::open(&env, true).searched();
    let separator = std::path::MAIN_SEPARATOR;
    assert_eq!(
        searched,
        format!(
            "searched: /nowhere{separator}.aws{separator}credentials, which does not exist; \
             /nowhere{separator}other, which does not exist"
        )
    );
    for (path, expanded) in [
        ("$DIR/x", "/d/x"),
        ("a${DIR}b", "a/db"),
        ("$NONE/x$", "$NONE/x$"),
        ("~", "/nowhere"),
        ("~user/x", "~user/x"),
    ] {
        assert_eq!(env.expand(path), Path::new(expanded), "{path}");
    }
}

#[test]
fn ca_bundle_of_the_profile_is_read() {
    let config = "[default]\nendpoint_url = https://h\nca_bundle = CONFIG\n";
    let credentials = "[default]\naws_access_key_id = a\naws_secret_access_key = s\n";
    let files = Files::new("ca_bundle", Some(credentials), Some(config));
    let path = files.0.join("config").display().to_string();
    fs::write(files.0.join("config"), config.replace("CONFIG", &path)).unwrap();
    let setting = |config: Config| config.ca.unwrap().setting;
    assert_eq!(
        setting(files.load(&[]).unwrap().config(None).unwrap()),
        format!("the profile's ca_bundle ({path})")
    );
    let variables = [("SSL_CERT_FILE", "/no/such"), ("AWS_CA_BUNDLE", path.as_str())];
    let env = files.env(&variables);
    assert_eq!(setting(Profiles::config_with_fallback(&env).unwrap()), format!("AWS_CA_BUNDLE ({path})"));
}
