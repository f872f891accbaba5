//! Requests of the caller's own, and credentials that are asked for while a client lives.

use std::io::Read as _;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use plain_s3::{
    Acl, Body, Client, Credentials, ErrorKind, GetObjectOptions, Grantee, Method, Permission, RawRequest,
};

use crate::clients::{REGION, client, client_v4, config, credentials};
use crate::fake_server::{Answer, End, FakeServer};
use crate::signatures::{assert_signed_v2, assert_signed_v4, md5_base64};
use crate::support::{TempDir, fails};

#[test]
fn a_raw_request_goes_out_as_it_was_described() {
    let request = RawRequest::new(Method::Post)
        .bucket("b")
        .key("a b/é")
        .subresource("select")
        .query("select-type", "2")
        .query("empty", "")
        .header("Content-Type", "application/xml");
    for sign in [client, client_v4] {
        let server = FakeServer::start([Answer::new(202).header("x-own", "1").body("<Done/>")]);
        let answer = sign(&server).send_raw(&request, "<Select/>").unwrap();
        assert_eq!((answer.status, answer.header("X-Own")), (202, Some("1")));
        assert_eq!(answer.text().unwrap(), "<Done/>");
        let [received] = server.finish();
        assert_eq!(received.line(), "POST /b/a%20b/%C3%A9?select&select-type=2&empty= HTTP/1.1");
        assert_eq!(received.header("content-md5"), Some(md5_base64(b"<Select/>").as_str()));
        assert_eq!(received.text(), "<Select/>");
        match received.header("x-amz-content-sha256") {
            Some(sum) => {
                assert_ne!(sum, "UNSIGNED-PAYLOAD");
                assert_signed_v4(&received);
            }
            None => assert_signed_v2(&received, None),
        }
    }
}

#[test]
fn a_raw_request_is_repeated_and_signed_anew() {
    let server = FakeServer::start([
        Answer::error(503, "SlowDown"),
        Answer::nothing(End::Fin),
        Answer::new(200).body("at last"),
    ]);
    let folder = TempDir::new();
    let path = folder.path().join("body");
    std::fs::write(&path, "from a file").unwrap();
    let request = RawRequest::new(Method::Put).bucket("b").key("k");
    let file = std::fs::File::open(&path).unwrap();
    let answer = client_v4(&server).send_raw(&request, file).unwrap();
    assert_eq!(answer.text().unwrap(), "at last");
    for received in server.finish::<3>() {
        assert_eq!(received.text(), "from a file");
        assert_signed_v4(&received);
    }
    let server = FakeServer::start([Answer::nothing(End::Fin)]);
    let reader = Body::from_reader(&b"only once"[..], 9);
    fails(ErrorKind::Network, client(&server).send_raw(&request, reader));
    let [_] = server.finish();
}

#[test]
fn a_raw_answer_that_is_cut_short_is_an_error_of_reading() {
    let server = FakeServer::start([Answer::new(200).body("0123456789").cut(4, End::Fin)]);
    let mut answer = client(&server).send_raw(&RawRequest::new(Method::Get).bucket("b"), "").unwrap();
    let mut text = String::new();
    let error = answer.read_to_string(&mut text).unwrap_err();
    let error = error.downcast::<plain_s3::Error>().unwrap();
    assert_eq!((error.kind(), text.as_str()), (ErrorKind::Network, "0123"));
}

#[test]
fn each_attempt_is_signed_with_what_the_closure_gives_then() {
    static ASKED: AtomicU32 = AtomicU32::new(0);
    let server =
        FakeServer::start([Answer::error(503, "SlowDown"), Answer::content("x"), Answer::content("x")]);
    let config = config(&server).region(REGION).credentials_provider(|| {
        let n = ASKED.fetch_add(1, Ordering::SeqCst) + 1;
        let keys = Credentials::new(format!("key{n}"), "s").session_token(format!("token{n}"));
        // the second ones last
        let hour = SystemTime::now() + Duration::from_secs(3600);
        Ok::<_, std::io::Error>(if n == 2 { keys.expires_at(hour) } else { keys })
    });
    let client = Client::new(config).unwrap();
    client.get_object("b", "k").unwrap().bytes().unwrap();
    client.get_object("b", "k").unwrap().bytes().unwrap();
    for (received, n) in server.finish::<3>().iter().zip([1, 2, 2]) {
        assert!(received.header("authorization").unwrap().contains(&format!("Credential=key{n}/")));
        assert_eq!(received.header("x-amz-security-token"), Some(format!("token{n}").as_str()));
    }
}

#[test]
fn a_closure_that_calls_its_own_client_is_an_error_and_no_deadlock() {
    let server = FakeServer::start([]);
    let own: Arc<OnceLock<Client>> = Arc::default();
    let inner = Arc::clone(&own);
    let config = config(&server).credentials_provider(move || {
        inner.get().expect("it is there by now").get_object("vault", "keys")?;
        Ok::<_, plain_s3::Error>(credentials())
    });
    let error =
        fails(ErrorKind::Credentials, own.get_or_init(|| Client::new(config).unwrap()).head_bucket("b"));
    let own =
        "GetObject vault/keys: the credentials closure called the client that it provides credentials for";
    assert!(error.to_string().contains(own), "{error}");
    let _: [_; 0] = server.finish();
}

#[test]
fn without_credentials_from_the_closure_nothing_is_sent() {
    let server = FakeServer::start([]);
    let config = config(&server).credentials_provider(|| Err::<Credentials, _>("the vault is shut"));
    let error = fails(ErrorKind::Credentials, Client::new(config).unwrap().get_object("b", "k"));
    assert!(error.to_string().starts_with("GetObject b/k: "), "{error}");
    assert!(error.to_string().contains("the vault is shut"), "{error}");
    let [] = server.finish();
}

#[test]
fn a_server_that_sends_the_object_in_place_of_its_attributes_is_asked_once() {
    let server = FakeServer::start([Answer::content(vec![7; 1 << 20])]);
    let error = fails(ErrorKind::UnexpectedResponse, client(&server).get_object_attributes("b", "k"));
    assert!(error.hint().unwrap().contains("head_object"), "{error}");
    let [received] = server.finish();
    assert_eq!(received.line(), "GET /b/k?attributes HTTP/1.1");
    assert!(received.header("x-amz-object-attributes").unwrap().contains("ObjectSize"));

    let part = GetObjectOptions::new().part_number(2);
    let server = FakeServer::start([Answer::content("whole"), Answer::content("whole")]);
    let client = client(&server);
    let error = fails(ErrorKind::UnexpectedResponse, client.get_object_with("b", "k", &part));
    assert!(error.to_string().contains("whole object"), "{error}");
    fails(ErrorKind::UnexpectedResponse, client.head_object_with("b", "k", &part));
    let [get, head] = server.finish();
    assert_eq!((get.target(), head.method()), ("/b/k?partNumber=2", "HEAD"));
}

#[test]
fn an_acl_with_grants_is_sent_as_xml_and_a_canned_one_as_a_header() {
    let server = FakeServer::start([Answer::new(200), Answer::new(200)]);
    let client = client_v4(&server);
    let acl = Acl::new("alice").grant(Grantee::user("b&b"), Permission::Read);
    client.put_object_acl("b", "k", &acl).unwrap();
    client.put_bucket_acl("b", plain_s3::CannedAcl::LogDeliveryWrite).unwrap();
    let [grants, canned] = server.finish();
    assert_eq!(grants.line(), "PUT /b/k?acl HTTP/1.1");
    assert!(grants.text().contains("<Owner><ID>alice</ID></Owner>"), "{}", grants.text());
    assert!(grants.text().contains("<ID>b&amp;b</ID></Grantee><Permission>READ</Permission>"));
    assert_eq!(grants.header("content-md5"), Some(md5_base64(grants.text().as_bytes()).as_str()));
    assert_eq!(grants.header("x-amz-acl"), None);
    assert_signed_v4(&grants);
    assert_eq!((canned.text(), canned.header("x-amz-acl")), ("", Some("log-delivery-write")));
}
