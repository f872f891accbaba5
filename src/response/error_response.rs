//! Reads what a server says of a failure: XML, plain text, HTML, or nothing but a status.

use std::time::Duration;

use roxmltree::Node;

use crate::error::{Answer, Error, ErrorKind, SignedTexts};
use crate::headers::Headers;
use crate::xml;

/// What web servers say by 400 to plain HTTP at a port of TLS: nginx, Go's and Apache's.
const TLS_ONLY: [&str; 3] = [
    "plain HTTP request was sent to HTTPS port",
    "HTTP request to an HTTPS server",
    "SSL-enabled server port",
];

/// What the head of an answer tells on its own.
pub(crate) fn from_head(status: u16, headers: &Headers) -> Answer {
    let get = |name: &str| headers.get(name).map(str::to_owned);
    Answer {
        status,
        request_id: get("x-amz-request-id"),
        host_id: get("x-amz-id-2"),
        region: get("x-amz-bucket-region"),
        location: get("location"),
        date: get("date"),
        // the form with a date is rare, and then the policy's own wait is as good
        retry_after: headers.get("retry-after").and_then(|s| s.trim().parse().ok()).map(Duration::from_secs),
        ..Answer::default()
    }
}

/// The error of an answer that is not a success, whatever its body is.
pub(crate) fn error(status: u16, headers: &Headers, body: &str) -> Error {
    let escape_invalid_chars = xml::escape_invalid_chars(body);
    let document = xml::parse(&escape_invalid_chars);
    let element = document.as_ref().ok().and_then(|document| error_element(document.root_element()));
    if element.is_some() || body.trim().is_empty() {
        server_error(status, headers, element)
    } else if let Some(code) = json_text(body, "Code") {
        // how Ceph answers what it refuses before it has looked at the request as one of S3
        let mut answer = from_head(status, headers);
        answer.message = json_text(body, "Message").filter(|message| !message.is_empty());
        answer.code = Some(code);
        of_answer(answer)
    } else {
        // a proxy's words or a web page, which may happen to be well-formed
        non_s3_error(status, headers, body)
    }
}

/// `<Error>`, which some servers wrap in an element of their own.
fn error_element<'a, 'i>(root: Node<'a, 'i>) -> Option<Node<'a, 'i>> {
    if root.tag_name().name() == "Error" { Some(root) } else { xml::child(root, "Error") }
}

/// The error of an answer with an `<Error>`, or without a body.
pub(crate) fn server_error(status: u16, headers: &Headers, element: Option<Node<'_, '_>>) -> Error {
    let mut answer = from_head(status, headers);
    if let Some(root) = element {
        let get = |name: &str| xml::child_text(root, name).map(|text| text.trim().to_owned());
        answer.code = get("Code");
        answer.message = get("Message");
        answer.resource = get("Resource").or_else(|| get("Key")).or_else(|| get("BucketName"));
        answer.request_id = get("RequestId").or(answer.request_id);
        answer.host_id = get("HostId").or(answer.host_id);
        answer.region = get("Region").or(answer.region);
        answer.location = get("Endpoint").or(answer.location);
        answer.expected = xml::child_text(root, "StringToSign").map(|string_to_sign| SignedTexts {
            string_to_sign,
            canonical_request: xml::child_text(root, "CanonicalRequest"),
        });
    }
    if answer.code.is_none() {
        answer.code = default_code(status).map(str::to_owned);
    }
    of_answer(answer)
}

fn of_answer(answer: Answer) -> Error {
    let status = answer.status;
    let code = answer.code.as_deref().unwrap_or("without an error code");
    let message = match &answer.message {
        Some(words) => format!("{status} {code}: {}", one_line(words, 400).trim_end_matches('.')),
        None => format!("{status} {code}"),
    };
    Error::server(ErrorKind::Server, answer, message)
}

/// The error of a server that ignored a sub-resource it does not know.
pub(crate) fn not_implemented(status: u16, headers: &Headers) -> Error {
    let answer = Answer { code: Some("NotImplemented".to_owned()), ..from_head(status, headers) };
    let message = "the server listed the bucket where something else was asked for";
    Error::server(ErrorKind::Server, answer, message)
}

/// The error of an answer that S3 does not give.
fn non_s3_error(status: u16, headers: &Headers, text: &str) -> Error {
    let answer = from_head(status, headers);
    let message = format!("status {status} with {}", describe_body(text));
    let kind = ErrorKind::UnexpectedResponse;
    Error::server(kind, answer, message).with_hint(if TLS_ONLY.iter().any(|words| text.contains(words)) {
        "The port speaks TLS: write https:// in the endpoint."
    } else {
        "An S3 server answers with XML; check that the endpoint is one, and any proxy in between."
    })
}

/// The text of a field in a JSON object without escapes, as far as an error needs it.
fn json_text(body: &str, name: &str) -> Option<String> {
    let object = body.trim().strip_prefix('{')?;
    let (_, after) = object.split_once(&format!("\"{name}\""))?;
    let (text, _) = after.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?.split_once('"')?;
    Some(text.to_owned())
}

/// A few words that let a person verify a foreign answer.
pub(crate) fn describe_body(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    if !lower.contains("<html") {
        return format!("the text {:?}", one_line(text, 80));
    }
    // the same offsets: ASCII lower case changes no length
    let title = lower
        .find("<title>")
        .and_then(|start| Some((start + 7, start + 7 + lower[start + 7..].find("</title>")?)))
        .map(|(start, end)| one_line(&text[start..end], 80));
    match title {
        Some(title) => format!("an HTML page titled {title:?}"),
        None => "an HTML page".to_owned(),
    }
}

fn one_line(text: &str, longest: usize) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// The code for an answer without a body, such as every HEAD.
fn default_code(status: u16) -> Option<&'static str> {
    Some(match status {
        301 => "PermanentRedirect",
        304 => "NotModified",
        307 => "TemporaryRedirect",
        400 => "BadRequest",
        401 | 403 => "AccessDenied",
        404 => "NotFound",
        405 => "MethodNotAllowed",
        409 => "Conflict",
        411 => "MissingContentLength",
        412 => "PreconditionFailed",
        416 => "InvalidRange",
        429 => "TooManyRequests",
        500 => "InternalError",
        501 => "NotImplemented",
        503 => "ServiceUnavailable",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(status: u16, body: &str) -> Error {
        let mut headers = Headers::default();
        headers.set("x-amz-request-id", "from-header");
        super::error(status, &headers, body)
    }

    #[test]
    fn the_answers_of_several_servers_are_read_alike() {
        let ceph = error(
            404,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>NoSuchKey</Code><Message></Message>\
             <RequestId>tx0</RequestId><HostId>a-default</HostId></Error>",
        );
        assert_eq!((ceph.code(), ceph.message(), ceph.request_id()), (Some("NoSuchKey"), None, Some("tx0")));
        assert_eq!(ceph.to_string(), "404 NoSuchKey (request id tx0)");
        let aws = error(
            403,
            "<Error xmlns='http://s3.amazonaws.com/doc/2006-03-01/'><Code>SignatureDoesNotMatch</Code><Message>The \
             request signature\n does not match.</Message><StringToSign>AWS4\n1</StringToSign><CanonicalRequest>GET\
             </CanonicalRequest><Resource>/b/k</Resource></Error>",
        );
        assert_eq!(
            aws.to_string(),
            "403 SignatureDoesNotMatch: The request signature does not match (request id from-header)"
        );
        assert_eq!(aws.server_string_to_sign(), Some("AWS4\n1"));
        assert_eq!(aws.server_canonical_request(), Some("GET"));
        assert_eq!(aws.resource(), Some("/b/k"));
        let nested = error(400, "<ErrorResponse><Error><Code>Odd</Code></Error></ErrorResponse>");
        assert_eq!(nested.code(), Some("Odd"));
    }

    #[test]
    fn an_answer_without_a_body_has_the_code_of_its_status() {
        assert_eq!(error(404, "").code(), Some("NotFound"));
        assert_eq!(error(412, " ").code(), Some("PreconditionFailed"));
        assert_eq!(error(418, "").to_string(), "418 without an error code (request id from-header)");
    }

    #[test]
    fn cephs_early_refusals_are_json() {
        let body = r#"{"Code":"InvalidRequest","Message":"","RequestId":"tx1","HostId":"a-default"}"#;
        let json = error(400, body);
        assert_eq!(
            (json.kind(), json.code(), json.message()),
            (ErrorKind::Server, Some("InvalidRequest"), None)
        );
        assert_eq!(error(400, "{\"Code\": 7}").kind(), ErrorKind::UnexpectedResponse);
    }

    #[test]
    fn a_port_that_speaks_tls_is_told_by_the_words_of_its_server() {
        for page in [
            "<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>",
            "Client sent an HTTP request to an HTTPS server.\n",
            "<html><p>Reason: You're speaking plain HTTP to an SSL-enabled server port.<br/></html>",
        ] {
            let told = error(400, page);
            assert!(told.hint().unwrap().contains("write https://") && !told.is_retryable(), "{told}");
        }
    }

    #[test]
    fn a_page_of_a_web_server_is_named_as_such_and_its_status_survives() {
        let html = error(404, "<html><head><TITLE>404\nNot Found</TITLE></head><body><hr>é</body></html>");
        assert_eq!(html.status(), Some(404));
        assert!(html.to_string().contains("status 404 with an HTML page titled \"404 Not Found\""), "{html}");
        let text = error(502, &"upstream é ".repeat(100));
        assert!(text.to_string().contains("the text \"upstream é upstream"), "{text}");
        assert!(text.is_retryable());
    }
}
