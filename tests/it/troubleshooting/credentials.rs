//! Credentials that cannot be found or fetched.

use std::fs;
use std::sync::{Arc, OnceLock};

use plain_s3::{Client, Credentials};

use super::environment::Home;
use super::{Section, at_host, entry, text};
use crate::clients::{config, credentials};
use crate::fake_server::{FakeServer, Response};

const ENDPOINT: (&str, &str) = ("S3_ENDPOINT", "http://s3.example.com");
const NO_METADATA: (&str, &str) = ("AWS_EC2_METADATA_DISABLED", "true");
const EXPIRED: (&str, &str) = ("AWS_CREDENTIAL_EXPIRATION", "2020-01-31T12:00:00Z");
const KEY: &str = "aws_access_key_id = AKID\naws_secret_access_key = s3cr3t\n";
const ROLE: &str = "role_arn = arn:aws:iam::123456789012:role/backup\n";

pub(super) fn section() -> Section {
    let entries = [profiles(), sources(), services(), closures()].into_iter().flatten().collect();
    Section {
        title: "Credentials",
        introduction: "The sources and their order are described in [credentials.md][credentials.md].",
        entries,
    }
}

fn in_profile(credentials: &str, config: &str) -> String {
    Home::new(credentials, config).error("Credentials::from_profile", &[("AWS_PROFILE", "dev")])
}

fn loaded(credentials: &str, config: &str) -> String {
    load(&Home::new(credentials, config), &[("AWS_PROFILE", "dev"), NO_METADATA])
}

fn load(home: &Home, variables: &[(&str, &str)]) -> String {
    home.error("Config::load", &[&[ENDPOINT], variables].concat())
}

fn profiles() -> Vec<super::Entry> {
    let folder = Home::new("", "");
    fs::create_dir(folder.0.join(".aws/credentials")).unwrap();
    vec![
        entry("there is no profile", in_profile(&format!("[default]\n{KEY}"), ""), ""),
        entry(
            "must be written as profile",
            in_profile("", &format!("[dev]\n{KEY}")),
            "Only the section `[default]` has no prefix in the config file. In the credentials file, none has.",
        ),
        entry("has no aws_access_key_id", in_profile("", "[profile dev]\nregion = eu-west-1\n"), ""),
        entry("has no aws_secret_access_key", in_profile("[dev]\naws_access_key_id = AKID\n", ""), ""),
        entry(
            "has an empty value",
            in_profile("[dev]\naws_access_key_id =\naws_secret_access_key = s\n", ""),
            "",
        ),
        entry(
            "has a comment after a value",
            in_profile("[dev]\naws_access_key_id = AKID # of Larry\naws_secret_access_key = s3cr3t\n", ""),
            "",
        ),
        entry(
            "needs Config::load",
            in_profile("", &format!("[profile dev]\n{ROLE}source_profile = base\n")),
            "",
        ),
        entry("the line is in no section", in_profile(KEY, ""), ""),
        entry("the line is not a section", in_profile(&format!("[dev]\n{KEY}export X\n"), ""), ""),
        entry("the property is set a second time", in_profile(&format!("[dev]\n{KEY}{KEY}"), ""), ""),
        entry("the section exists already", in_profile(&format!("[dev]\n{KEY}[dev]\n{KEY}"), ""), ""),
        entry("the file with profiles cannot be read", folder.error("Credentials::from_profile", &[]), ""),
        entry(
            "has no endpoint_url",
            Home::new(&format!("[default]\n{KEY}"), "").error("Config::load", &[NO_METADATA]),
            "",
        ),
    ]
}

fn sources() -> Vec<super::Entry> {
    let profile = |properties: &str| loaded("", &format!("[profile dev]\n{properties}"));
    let role = |properties: &str| profile(&format!("{ROLE}{properties}"));
    let empty = Home::new("", "");
    let sso = "sso_session = corp\nsso_account_id = 123456789012\nsso_role_name = admin\n[sso-session corp]\n\
               sso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n";
    let process = |command: &str| profile(&format!("credential_process = {command}\n"));
    vec![
        entry("no credentials found", load(&empty, &[NO_METADATA]), ""),
        entry(
            "has role_arn only",
            role(""),
            "Without them, it is unknown which credentials assume the role.",
        ),
        entry("has source_profile without a profile", role("source_profile = base\n"), ""),
        entry("leads back to itself", role("source_profile = dev\n"), ""),
        entry("has mfa_serial", role("source_profile = base\nmfa_serial = arn:aws:iam::1:mfa/x\n"), ""),
        entry("has an unknown credential_source", role("credential_source = Ec2\n"), ""),
        entry(
            "there is no SSO session",
            profile("sso_session = corp\nsso_account_id = 1\nsso_role_name = a\n"),
            "",
        ),
        entry("there is no SSO token", profile(sso), "Tokens of SSO last for some hours."),
        entry("the credential_process cannot be run", process("/nonexistent/program"), ""),
        entry(
            "the credential_process failed",
            process("sh -c 'exit 3'"),
            "Its output is not shown, because it may contain secrets.",
        ),
        entry("the credential_process printed no JSON", process("echo hello"), ""),
        entry(
            "the credentials from the environment expired",
            load(&empty, &[EXPIRED, ("AWS_ACCESS_KEY_ID", "AKID"), ("AWS_SECRET_ACCESS_KEY", "s3cr3t")]),
            "",
        ),
        entry(
            "AWS_ROLE_ARN is not set",
            load(&empty, &[("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/token"), NO_METADATA]),
            "",
        ),
        entry(
            "cannot read the web identity token",
            load(
                &empty,
                &[
                    ("AWS_WEB_IDENTITY_TOKEN_FILE", "/nonexistent/token"),
                    ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/backup"),
                    NO_METADATA,
                ],
            ),
            "On Kubernetes, the token is mounted only if the service account of the pod has the annotation \
             `eks.amazonaws.com/role-arn`.",
        ),
        entry(
            "names the host over plain HTTP",
            load(&empty, &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://example.com/credentials")]),
            "",
        ),
    ]
}

fn services() -> Vec<super::Entry> {
    let denied = || {
        Response::new(403).body(
            "<ErrorResponse><Error><Code>AccessDenied</Code><Message>User: larry is not authorized to perform: \
             sts:AssumeRole</Message></Error></ErrorResponse>",
        )
    };
    let serve = |response: fn() -> Response| FakeServer::serve(move |_| response());
    let sts = FakeServer::serve(move |_| denied());
    let home = Home::new(&format!("[base]\n{KEY}"), &format!("[profile dev]\n{ROLE}source_profile = base\n"));
    let role = load(&home, &[("AWS_PROFILE", "dev"), ("AWS_ENDPOINT_URL_STS", &sts.endpoint())]);
    let container = serve(|| Response::new(403).body("{\"code\": \"AccessDenied\"}"));
    let url = format!("{}/credentials", container.endpoint());
    let empty = Home::new("", "");
    let in_container = load(&empty, &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", &url)]);
    let metadata = serve(|| Response::new(404));
    let instance = load(&empty, &[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &metadata.endpoint())]);
    vec![
        entry(
            "AssumeRole is denied",
            role.replace(&sts.endpoint(), "https://sts.amazonaws.com"),
            "The access key needs the permission sts:AssumeRole as well.",
        ),
        entry(
            "the container endpoint rejected the request",
            in_container.replace(&container.endpoint(), "http://169.254.170.2"),
            "",
        ),
        entry(
            "the instance has no role",
            instance.replace(&metadata.endpoint(), "http://169.254.169.254"),
            "",
        ),
    ]
}

fn closures() -> Vec<super::Entry> {
    let server = FakeServer::start([]);
    let client =
        Client::new(config(&server).credentials_provider(|| Err::<Credentials, _>("the vault is sealed")));
    let failed = text(client.unwrap().list_buckets());
    let own: Arc<OnceLock<Client>> = Arc::default();
    let inner = Arc::clone(&own);
    let config = config(&server).credentials_provider(move || {
        inner.get().expect("set before the first call").get_object("vault", "keys")?;
        Ok::<_, plain_s3::Error>(credentials())
    });
    let recursive = text(own.get_or_init(|| Client::new(config).unwrap()).list_buckets());
    vec![
        entry("cannot get credentials", at_host(&server, &failed), ""),
        entry("the credentials closure called its client", at_host(&server, &recursive), ""),
    ]
}
