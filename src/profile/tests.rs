//! Profiles from files of their own.

use std::path::PathBuf;

use super::*;
use crate::config::Keys;
use crate::endpoint::AddressingStyle;

/// A folder with the two files, removed at the end.
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

    /// The variables that name both files, and more of them.
    fn variables<'a>(&'a self, more: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        move |name| match name {
            "AWS_SHARED_CREDENTIALS_FILE" => Some(self.0.join("credentials").display().to_string()),
            "AWS_CONFIG_FILE" => Some(self.0.join("config").display().to_string()),
            _ => more.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned()),
        }
    }

    fn load(&self, more: &[(&str, &str)]) -> Result<Profiles> {
        Profiles::load_by(&self.variables(more))
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0); // the system clears it otherwise
    }
}

const CREDENTIALS: &str = "[default]\naws_access_key_id = d\naws_secret_access_key = ds3cr3t\n\
    [backup]\naws_access_key_id = b\naws_secret_access_key = bs3cr3t\naws_session_token = t0k3n\n\
    [half]\naws_access_key_id = h\n[sso]\n";
const CONFIG: &str = "[default]\nregion = eu\nendpoint_url = http://plain\n\
    [profile backup]\nregion = us\nservices = mine\nendpoint_url = http://general\naws_access_key_id = later\n\
    s3 =\n  addressing_style = virtual\n  signature_version = s3\n\
    [services mine]\ns3 =\n  endpoint_url = http://special\n\
    [stray]\naws_access_key_id = s\n[profile sso]\nsso_session = x\n";

#[test]
fn both_files_make_a_profile_and_the_credentials_file_counts_first() {
    let files = Files::new("both", Some(CREDENTIALS), Some(CONFIG));
    let profiles = files.load(&[]).unwrap();
    let config = profiles.config(None).unwrap();
    assert_eq!((config.endpoint.as_str(), config.region.as_deref()), ("http://plain", Some("eu")));
    assert!(matches!(config.keys, Some(Keys::Fixed(keys)) if keys == Credentials::new("d", "ds3cr3t")));

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
fn what_is_missing_is_told_with_every_place() {
    let files = Files::new("missing", Some(CREDENTIALS), None);
    let profiles = files.load(&[]).unwrap();
    let text = |error: Error| {
        let text = error.to_string();
        assert!(text.contains("credentials; ") && text.contains("config, which is not there)"), "{text}");
        assert!(!text.contains("s3cr3t"), "{text}");
        text
    };
    assert!(text(profiles.credentials(Some("stray")).unwrap_err()).contains("no profile \"stray\""));
    assert!(text(profiles.credentials(Some("half")).unwrap_err()).contains("no aws_secret_access_key"));
    assert!(text(profiles.config(None).unwrap_err()).contains("no endpoint_url"));
    let nothing = Profiles::load_by(&|_| None).unwrap();
    assert!(nothing.credentials(None).unwrap_err().to_string().contains("HOME is not set"));
}

#[test]
fn a_section_of_the_config_file_counts_only_under_its_full_name() {
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
fn the_environment_goes_before_the_profile() {
    let files = Files::new("order", Some(CREDENTIALS), Some(CONFIG));
    let more = [
        ("AWS_ENDPOINT_URL", "http://set"),
        ("AWS_REGION", "set"),
        ("AWS_ACCESS_KEY_ID", "a"),
        ("AWS_SECRET_ACCESS_KEY", "s"),
        ("S3_ADDRESSING_STYLE", "path"),
        ("AWS_PROFILE", "backup"),
    ];
    let config = |more: &[(&str, &str)]| files.load(more)?.config_below(&files.variables(more));
    let all = config(&more).unwrap();
    assert_eq!((all.endpoint.as_str(), all.region.as_deref()), ("http://set", Some("set")));
    assert_eq!(all.addressing, AddressingStyle::Path);
    assert!(matches!(all.keys, Some(Keys::Fixed(keys)) if keys == Credentials::new("a", "s")));

    let some = config(&more[1..2]).unwrap();
    assert_eq!((some.endpoint.as_str(), some.region.as_deref()), ("http://plain", Some("set")));
    assert!(matches!(some.keys, Some(Keys::Fixed(keys)) if keys == Credentials::new("d", "ds3cr3t")));
    // half of the environment's keys are a mistake, not a reason to take others
    assert!(config(&more[..3]).unwrap_err().to_string().contains("AWS_SECRET_ACCESS_KEY is not set"));
}

#[test]
fn where_nothing_is_found_the_error_names_every_place() {
    let files = Files::new("nothing", None, None);
    let variables = files.variables(&[]);
    let text = files.load(&[]).unwrap().credentials_below(&variables).unwrap_err().to_string();
    for place in
        ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "credentials, which is not there", "config, which"]
    {
        assert!(text.contains(place), "{text}");
    }
    let keys_only = Files::new("keys", Some(CREDENTIALS), None);
    let variables = keys_only.variables(&[]);
    let error = keys_only.load(&[]).unwrap().config_below(&variables).unwrap_err().to_string();
    assert!(error.contains("S3_ENDPOINT") && error.contains("no endpoint_url"), "{error}");
}

#[test]
fn a_line_that_cannot_be_read_is_named_and_not_shown() {
    let files = Files::new("malformed", Some("[a]\naws_secret_access_key s3cr3t\n"), None);
    let text = files.load(&[]).unwrap_err().to_string();
    assert!(
        text.contains("line 2 of ") && text.contains("credentials") && !text.contains("s3cr3t"),
        "{text}"
    );
    let tilde = Profiles::load_by(&|name| match name {
        "HOME" => Some("/nowhere".to_owned()),
        "AWS_CONFIG_FILE" => Some("~/other".to_owned()),
        _ => None,
    });
    let places = tilde.unwrap().places;
    assert!(places[0].contains("/nowhere/.aws/credentials") || cfg!(windows), "{places:?}");
    assert!(places[1].contains("/nowhere/other") || cfg!(windows), "{places:?}");
}
