//! The search for credentials, with files of its own and a scripted server for each test.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::thread::{self, JoinHandle};

use sha1::{Digest as _, Sha1};
use time::OffsetDateTime;

use super::*;
use crate::checksum::Sha256Digest;
use crate::encode;
use crate::signer::RequestSigner;
use crate::{Method, RawRequest};

/// A home directory. Dropping it removes the folder.
struct Home(PathBuf);

impl Home {
    fn new(name: &str, credentials: &str, config: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("plain-s3-load-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder); // left by a test that was killed
        fs::create_dir_all(folder.join(".aws")).unwrap();
        for (file, text) in [("credentials", credentials), ("config", config)] {
            if !text.is_empty() {
                fs::write(folder.join(".aws").join(file), text).unwrap();
            }
        }
        Self(folder)
    }

    fn path(&self, file: &str) -> String {
        self.0.join(file).display().to_string()
    }

    fn load(&self, variables: &[(&str, &str)], options: &LoadOptions) -> Result<Config> {
        let home = self.path("");
        let home = home.trim_end_matches('/');
        load(
            options,
            &Environment::new(|name| match name {
                "HOME" | "USERPROFILE" => Some(home.to_owned()),
                "S3_ENDPOINT" => Some("http://127.0.0.1:9".to_owned()),
                _ => variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned()),
            }),
        )
    }

    /// Returns the access key that signs a request, and the source in `{:?}`.
    fn signs_with(&self, variables: &[(&str, &str)]) -> Result<(String, String)> {
        let config = self.load(variables, &LoadOptions::new())?.region("r");
        let signer = RequestSigner::new(&config)?;
        let signed = signer.sign(&RawRequest::new(Method::Get).bucket("bucket"))?;
        let (_, value) = signed.headers.iter().find(|(name, _)| name == "authorization").unwrap();
        let key = value.split("Credential=").nth(1).unwrap().split('/').next().unwrap();
        Ok((key.to_owned(), format!("{signer:?}")))
    }

    fn error(&self, variables: &[(&str, &str)]) -> String {
        self.signs_with(variables).unwrap_err().to_string()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0); // the operating system cleans up otherwise
    }
}

/// Serves these responses, one connection each. Returns its origin, and the requests as text.
fn serve(responses: Vec<(u16, String)>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let requests = responses.into_iter().map(|(status, body)| {
            let (stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(&stream);
            let mut request = String::new();
            let mut length = 0;
            loop {
                let start = request.len();
                reader.read_line(&mut request).unwrap();
                let line = request[start..].to_ascii_lowercase();
                if let Some(value) = line.strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                if line.trim().is_empty() {
                    break;
                }
            }
            let mut content = vec![0; length];
            reader.read_exact(&mut content).unwrap();
            request += std::str::from_utf8(&content).unwrap();
            let head =
                format!("HTTP/1.1 {status} x\r\nContent-Length: {}\r\nConnection: close\r\n", body.len());
            (&stream).write_all(format!("{head}\r\n{body}").as_bytes()).unwrap();
            request
        });
        requests.collect()
    });
    (origin, server)
}

fn json(key: &str) -> String {
    format!(
        "{{\"AccessKeyId\": {key:?}, \"SecretAccessKey\": \"s3cr3t\", \"Token\": \"t0k3n\", \"Expiration\": \
         \"2100-01-01T00:00:00Z\"}}"
    )
}

fn sts(action: &str, key: &str) -> String {
    format!(
        "<{action}Response><{action}Result><Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>s3cr3t\
         </SecretAccessKey><SessionToken>t0k3n</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration>\
         </Credentials></{action}Result></{action}Response>"
    )
}

const NO_METADATA: (&str, &str) = ("AWS_EC2_METADATA_DISABLED", "true");
const KEYS: &str = "aws_access_key_id = FILE\naws_secret_access_key = s3cr3t\n";

#[test]
fn sources_are_searched_in_the_order_of_botocore() {
    let both = format!("[default]\n{}", KEYS.replace("FILE", "CONFIG"));
    let home = Home::new("order", &format!("[default]\n{KEYS}"), &both);
    let env = [("AWS_ACCESS_KEY_ID", "ENV"), ("AWS_SECRET_ACCESS_KEY", "s3cr3t")];
    let (key, debug) = home.signs_with(&env).unwrap();
    assert_eq!(key, "ENV");
    assert!(debug.contains("the environment"), "{debug}");
    let (key, debug) = home.signs_with(&[]).unwrap();
    assert_eq!(key, "FILE");
    assert!(debug.contains("the profile \"default\" in ") && !debug.contains("s3cr3t"), "{debug}");
    fs::remove_file(home.path(".aws/credentials")).unwrap();
    assert_eq!(home.signs_with(&[]).unwrap().0, "CONFIG");

    // a profile that the caller names takes precedence over the environment
    let config = home.load(&env, &LoadOptions::new().profile("default")).unwrap();
    assert!(format!("{config:?}").contains("the profile \"default\""), "{config:?}");
    let config = home.load(&env, &LoadOptions::new().anonymous()).unwrap();
    assert!(config.credentials.is_none());
}

#[test]
fn error_lists_every_place_that_was_searched() {
    let home = Home::new("nothing", "", "");
    let expected = format!(
        "no credentials found (searched: AWS_ACCESS_KEY_ID; AWS_WEB_IDENTITY_TOKEN_FILE; the profile \"default\" in \
         {}, which does not exist; {}, which does not exist; AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and \
         AWS_CONTAINER_CREDENTIALS_FULL_URI; instance metadata, which AWS_EC2_METADATA_DISABLED disables). Set \
         AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or select a profile with AWS_PROFILE. For anonymous requests, \
         use LoadOptions::anonymous.",
        home.path(".aws/credentials"),
        home.path(".aws/config")
    );
    assert_eq!(home.error(&[NO_METADATA]), expected);
    // an instance without a role
    let (origin, server) = serve(vec![(200, "imds".to_owned()), (404, String::new())]);
    let error = home.error(&[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &origin)]);
    let place = format!("instance metadata at {origin}: 404, so the instance has no role)");
    assert!(error.contains(&place), "{error}");
    server.join().unwrap();
}

#[test]
fn broken_source_is_an_error_and_not_skipped() {
    let config = "[default]\nregion = r\n[profile role]\nrole_arn = r\naws_access_key_id = a\n\
        aws_secret_access_key = s\n[profile loop]\nrole_arn = r\nsource_profile = pool\n[profile pool]\nrole_arn = r\n\
        source_profile = loop\n[profile none]\nrole_arn = r\nsource_profile = missing\n[profile mfa]\nrole_arn = r\n\
        source_profile = default\nmfa_serial = m\n[profile sso]\nsso_account_id = 1\nsso_start_url = u\n\
        [profile odd]\nrole_arn = r\ncredential_source = environment\n[profile half]\nsource_profile = default\n\
        [profile process]\ncredential_process = a 'b\n";
    let home = Home::new("broken", "", config);
    for (name, line, text) in [
        (
            "role",
            4,
            "has role_arn, but neither source_profile nor credential_source. Add source_profile with",
        ),
        ("loop", 12, "has source_profile = loop, which leads back to itself. Name a profile that has"),
        ("none", 15, "has source_profile = missing, but there is no such profile (searched: "),
        ("mfa", 19, "has mfa_serial, which needs a code that cannot be asked for. Use a credential_process"),
        ("sso", 21, "uses SSO, but has no sso_role_name and no sso_region. Run aws configure sso."),
        (
            "odd",
            25,
            "has an unknown credential_source \"environment\". Write Environment, Ec2InstanceMetadata or",
        ),
        ("half", 27, "has source_profile, but no role_arn. Add role_arn to the profile, or remove the line."),
        ("process", 29, "has a credential_process with a quote that is not closed, or without a program."),
    ] {
        let owner = if name == "loop" { "pool" } else { name };
        let error = home.error(&[NO_METADATA, ("AWS_PROFILE", name)]);
        let expected = format!("{}:{line}: the profile {owner:?} {text}", home.path(".aws/config"));
        assert!(error.starts_with(&expected), "{error}\n{expected}");
    }
    let error = home.error(&[NO_METADATA, ("AWS_WEB_IDENTITY_TOKEN_FILE", "/t")]);
    assert_eq!(
        error,
        "AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not. Set AWS_ROLE_ARN, or role_arn in the profile."
    );
    let error = home.error(&[("AWS_ACCESS_KEY_ID", "a")]);
    assert!(error.starts_with("the environment variable AWS_SECRET_ACCESS_KEY is not set"), "{error}");
    let error = home.error(&[NO_METADATA, ("AWS_PROFILE", "typo")]);
    assert!(error.starts_with("there is no profile \"typo\" (searched: "), "{error}");
    assert!(error.ends_with("The environment variable AWS_PROFILE names it."), "{error}");
}

#[test]
fn role_is_assumed_with_a_signed_request() {
    let config = "[profile ci]\nrole_arn = arn:r\nsource_profile = base\nexternal_id = e/1\nduration_seconds = 900\n\
        role_session_name = me\n";
    let home = Home::new("role", &format!("[base]\n{KEYS}"), config);
    let (origin, server) = serve(vec![(200, sts("AssumeRole", "ROLE"))]);
    let env = [("AWS_PROFILE", "ci"), ("AWS_ENDPOINT_URL_STS", origin.as_str()), ("AWS_REGION", "eu")];
    let (key, debug) = home.signs_with(&env).unwrap();
    assert_eq!(key, "ROLE");
    assert!(debug.contains("the role arn:r, assumed with the profile \"base\" in "), "{debug}");
    let request = server.join().unwrap().remove(0);
    assert!(request.starts_with("POST / HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("Credential=FILE/") && request.contains("/eu/sts/aws4_request"), "{request}");
    let form = "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Ar&RoleSessionName=me&ExternalId=e%2F1&\
        DurationSeconds=900";
    assert!(request.ends_with(form), "{request}");
}

#[test]
fn web_identity_is_sent_unsigned() {
    let home = Home::new("web", &format!("[default]\n{KEYS}"), "");
    fs::write(home.path("token"), "jwt-t0k3n\n").unwrap();
    let denied =
        "<ErrorResponse><Error><Code>AccessDenied</Code><Message>jwt-t0k3n</Message></Error></ErrorResponse>";
    let (origin, server) =
        serve(vec![(200, sts("AssumeRoleWithWebIdentity", "WEB")), (403, denied.to_owned())]);
    let file = home.path("token");
    let env = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", file.as_str()),
        ("AWS_ROLE_ARN", "arn:r"),
        ("AWS_ENDPOINT_URL_STS", origin.as_str()),
    ];
    assert_eq!(home.signs_with(&env).unwrap().0, "WEB");
    // a failure is not a reason to use the access key in the file
    let error = home.error(&env);
    assert!(error.contains(": 403 AccessDenied: (hidden). Check that the trust policy"), "{error}");
    let requests = server.join().unwrap();
    assert!(requests[0].ends_with("&WebIdentityToken=jwt-t0k3n"), "{}", requests[0]);
    assert!(!requests[0].to_ascii_lowercase().contains("authorization:"), "{}", requests[0]);
}

#[test]
fn sso_uses_the_cached_token() {
    let config = "[profile dev]\nsso_session = corp\nsso_account_id = 1\nsso_role_name = R/o\n[sso-session corp]\n\
        sso_start_url = u\nsso_region = eu\n[profile old]\nsso_start_url = u\nsso_region = eu\nsso_account_id = 1\n\
        sso_role_name = R\n";
    let home = Home::new("sso", "", config);
    let answer = "{\"roleCredentials\": {\"accessKeyId\": \"SSO\", \"secretAccessKey\": \"s3cr3t\", \"sessionToken\": \
        \"t\", \"expiration\": 4102444800000}}";
    let (origin, server) = serve(vec![(200, answer.to_owned()), (401, "{}".to_owned())]);
    let env = |profile| [("AWS_PROFILE", profile), ("AWS_ENDPOINT_URL_SSO", origin.as_str()), NO_METADATA];
    let cache = home.0.join(".aws/sso/cache");
    fs::create_dir_all(&cache).unwrap();
    let missing = home.error(&env("dev"));
    assert!(
        missing.contains("there is no SSO token: ") && missing.ends_with("Run: aws sso login --profile dev")
    );
    let file =
        missing.split("there is no SSO token: ").nth(1).unwrap().split(" does not exist").next().unwrap();
    assert_eq!(PathBuf::from(file).parent().unwrap(), cache);
    fs::write(file, "{\"accessToken\": \"bearer-t0k3n\", \"expiresAt\": \"2100-01-01T00:00:00Z\"}").unwrap();
    let (key, debug) = home.signs_with(&env("dev")).unwrap();
    assert_eq!(key, "SSO");
    assert!(debug.contains("SSO (account 1, role R/o)"), "{debug}");
    let error = home.error(&env("dev"));
    assert!(
        error.ends_with("401. The SSO token is no longer valid. Run: aws sso login --profile dev"),
        "{error}"
    );
    fs::write(file, "{\"accessToken\": \"bearer-t0k3n\", \"expiresAt\": \"2020-01-01T00:00:00UTC\"}")
        .unwrap();
    let error = home.error(&env("dev"));
    assert!(error.contains("the SSO token expired at 2020-01-01T00:00:00UTC ("), "{error}");
    assert!(error.ends_with("Run: aws sso login --profile dev") && !error.contains("t0k3n"), "{error}");
    assert!(home.error(&env("old")).ends_with("Run: aws sso login --profile old"));
    let request = server.join().unwrap().remove(0);
    assert!(
        request.starts_with("GET /federation/credentials?role_name=R%2Fo&account_id=1 HTTP"),
        "{request}"
    );
    assert!(request.contains("x-amz-sso_bearer_token: bearer-t0k3n\r\n"), "{request}");
}

#[test]
fn container_endpoint_gets_the_token_in_the_file() {
    let home = Home::new("container", "", "");
    fs::write(home.path("token"), "first").unwrap();
    let (origin, server) = serve(vec![(200, json("BOX")), (403, "s3cr3t".to_owned())]);
    let url = format!("{origin}/s3cr3t-task?x=1");
    let file = home.path("token");
    let env = [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", url.as_str()),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file.as_str()),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "not used"),
    ];
    let (key, debug) = home.signs_with(&env).unwrap();
    assert_eq!(key, "BOX");
    assert!(
        debug.contains(&format!("the container endpoint {origin}")) && !debug.contains("s3cr3t"),
        "{debug}"
    );
    let error = home.error(&env);
    assert!(error.contains(&format!("container credentials at {origin}: 403. ")), "{error}");
    assert!(!error.contains("s3cr3t"), "{error}");
    let request = server.join().unwrap().remove(0);
    assert!(request.starts_with("GET /s3cr3t-task?x=1 HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("authorization: first\r\n"), "{request}");
}

#[test]
fn instance_metadata_uses_a_session_token() {
    let home = Home::new("instance", "", "");
    let (origin, server) =
        serve(vec![(200, "imds-t0k3n".to_owned()), (200, "backup\n".to_owned()), (200, json("EC2"))]);
    let (key, debug) = home.signs_with(&[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &origin)]).unwrap();
    assert_eq!(key, "EC2");
    assert!(debug.contains(&format!("the instance metadata at {origin}")), "{debug}");
    let requests = server.join().unwrap();
    let roles = "/latest/meta-data/iam/security-credentials/";
    assert!(requests[0].starts_with("PUT /latest/api/token HTTP/1.1\r\n"), "{}", requests[0]);
    assert!(requests[0].contains("x-aws-ec2-metadata-token-ttl-seconds: 21600\r\n"), "{}", requests[0]);
    for (request, path) in requests[1..].iter().zip([roles.to_owned(), format!("{roles}backup")]) {
        assert!(request.starts_with(&format!("GET {path} HTTP/1.1\r\n")), "{request}");
        assert!(request.contains("x-aws-ec2-metadata-token: imds-t0k3n\r\n"), "{request}");
    }
}

#[test]
fn metadata_redirect_is_not_followed() {
    let home = Home::new("redirect", "", "");
    // only the first connection is accepted, so a second request would fail differently
    let (origin, server) = serve(vec![(302, String::new())]);
    let error = home.error(&[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &origin)]);
    assert!(error.contains(&format!("instance metadata at {origin}: 302)")), "{error}");
    assert_eq!(server.join().unwrap().len(), 1);
}

#[test]
#[cfg(unix)]
fn process_and_login_session_are_used() {
    let config = "[profile p]\ncredential_process = printf '%s' '{\"Version\": 1, \"AccessKeyId\": \"PROC\", \
        \"SecretAccessKey\": \"s3cr3t\"}'\n[profile f]\ncredential_process = sh -c 'echo s3cr3t; exit 3'\n\
        [profile l]\nlogin_session = arn:l\n";
    let home = Home::new("process", "", config);
    assert_eq!(home.signs_with(&[("AWS_PROFILE", "p")]).unwrap().0, "PROC");
    assert_eq!(
        home.error(&[("AWS_PROFILE", "f")]),
        format!(
            "GET bucket: cannot get credentials from credential_process of the profile \"f\" ({}:4): the \
             credential_process \"sh\" failed (exit status: 3). Run the command of the profile in a terminal to see why.",
            home.path(".aws/config")
        )
    );
    let error = home.error(&[("AWS_PROFILE", "l")]);
    assert!(
        error.contains("there is no login session: ") && error.ends_with("Run: aws login --profile l"),
        "{error}"
    );
    let file =
        error.split("there is no login session: ").nth(1).unwrap().split(" does not exist").next().unwrap();
    fs::create_dir_all(PathBuf::from(file).parent().unwrap()).unwrap();
    let token = "{\"accessToken\": {\"accessKeyId\": \"LOGIN\", \"secretAccessKey\": \"s\", \"sessionToken\": \"t\", \
        \"expiresAt\": \"2100-01-01T00:00:00Z\"}}";
    fs::write(file, token).unwrap();
    assert_eq!(home.signs_with(&[("AWS_PROFILE", "l")]).unwrap().0, "LOGIN");
}

#[test]
fn rejected_access_key_of_a_file_is_read_again() {
    let home = Home::new("reread", &format!("[default]\n{KEYS}"), "");
    let config = home.load(&[], &LoadOptions::new()).unwrap();
    let Some(CredentialsSource::Provider(provider)) = config.credentials else {
        panic!("a provider is expected")
    };
    let now = OffsetDateTime::now_utc();
    let first = provider.get(now, None).unwrap();
    assert!(!provider.renew(&first, now, None).unwrap());
    fs::write(home.path(".aws/credentials"), format!("[default]\n{}", KEYS.replace("FILE", "NEW"))).unwrap();
    assert_eq!(provider.get(now, None).unwrap(), first);
    assert!(provider.renew(&first, now, None).unwrap());
    assert_eq!(provider.get(now, None).unwrap().access_key(), "NEW");
    // another thread has renewed them already
    fs::remove_file(home.path(".aws/credentials")).unwrap();
    assert!(provider.renew(&first, now, None).unwrap());
}

/// A file and an environment of tests/credentials/configurations.txt.
struct Configuration<'a> {
    name: &'a str,
    environment: Vec<(&'a str, &'a str)>,
    credentials: &'a str,
    config: &'a str,
    fails: bool,
}

impl<'a> Configuration<'a> {
    fn parse(block: &'a str) -> Self {
        let (body, expected) = block.split_once("=> ").unwrap();
        let mut sections = body.split("--- ");
        let mut head = sections.next().unwrap().lines();
        let name = head.next().unwrap();
        let environment = head.map(|line| line.split_once('=').unwrap()).collect();
        let (mut credentials, mut config) = ("", "");
        for section in sections {
            match section.split_once('\n').unwrap() {
                ("credentials", text) => credentials = text,
                ("config", text) => config = text,
                (other, _) => panic!("{other:?}"),
            }
        }
        Self { name, environment, credentials, config, fails: expected.starts_with("error") }
    }

    /// Returns the text of the error, with `~` for the home directory.
    fn error(&self) -> String {
        let home = Home::new("configuration", self.credentials, self.config);
        let folder = home.path("").trim_end_matches('/').to_owned();
        // what aws-cli caches after a login, named by a hash of the start URL and of the session
        let sso = encode::hex(&Sha1::digest("https://expired"));
        let login = Sha256Digest::of("arn:expired").to_hex();
        let expiry = "\"expiresAt\": \"2020-01-01T00:00:00Z\"";
        for (file, text) in [
            (format!(".aws/sso/cache/{sso}.json"), format!("{{\"accessToken\": \"s3cr3t\", {expiry}}}")),
            (
                format!(".aws/login/cache/{login}.json"),
                format!(
                    "{{\"accessToken\": {{\"accessKeyId\": \"a\", \"secretAccessKey\": \"s3cr3t\", {expiry}}}}}"
                ),
            ),
        ] {
            let path = home.0.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let environment: Vec<(&str, String)> =
            self.environment.iter().map(|(name, value)| (*name, value.replace("HOME", &folder))).collect();
        let mut variables: Vec<(&str, &str)> =
            environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        variables.push(NO_METADATA);
        home.error(&variables).replace(&folder, "~")
    }
}

/// The section of docs/credentials.md between these markers contains the texts.
const START: &str = "<!-- errors -->\n";
const END: &str = "<!-- end of errors -->\n";

/// Run with `S3_TEST_UPDATE=1` to rewrite the documentation.
#[test]
#[cfg(unix)]
fn error_of_each_configuration_is_documented() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("tests/credentials/configurations.txt")).unwrap();
    let all: Vec<Configuration<'_>> = text.split("\n== ").skip(1).map(Configuration::parse).collect();
    assert!(all.len() >= 40, "{}", all.len());
    let needs_server = |configuration: &Configuration<'_>| {
        configuration.environment.iter().any(|(_, value)| value.contains("SERVICE"))
    };
    let mut list = String::from("\n");
    for configuration in
        all.iter().filter(|configuration| configuration.fails && !needs_server(configuration))
    {
        let error = configuration.error();
        assert!(!error.contains("s3cr3t"), "{error}");
        assert!(!error.contains('`') && !error.contains('\n'), "{error}");
        list += &format!("- {}:\n  `{error}`\n", configuration.name);
    }
    list.push('\n');

    let path = root.join("docs/credentials.md");
    let docs = fs::read_to_string(&path).unwrap();
    let (before, rest) = docs.split_once(START).unwrap();
    let (documented, after) = rest.split_once(END).unwrap();
    if std::env::var_os("S3_TEST_UPDATE").is_some() {
        fs::write(&path, [before, START, &list, END, after].concat()).unwrap();
        return;
    }
    assert_eq!(documented, list, "run with S3_TEST_UPDATE=1 to rewrite docs/credentials.md");
}

#[test]
fn debug_hides_the_password_of_the_proxy() {
    let text = format!("{:?}", LoadOptions::new().proxy("http://user:pa55@proxy:3128"));
    assert!(text.contains("@proxy:3128") && !text.contains("pa55"), "{text}");
}
