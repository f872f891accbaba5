//! Error responses: XML, JSON, plain text, HTML, or nothing but a status.

use std::fmt::Write as _;
use std::time::Duration;

use roxmltree::Node;

use crate::error::{Error, ErrorKind, ErrorResponse, SignedTexts};
use crate::headers::Headers;
use crate::printable;
use crate::validate;
use crate::xml;

/// The largest values that are kept of an error response, in bytes: short names, texts for people, and the
/// texts that were signed, which contain the key and all headers.
const MAX_NAME: usize = 256;
const MAX_MESSAGE: usize = 2 << 10;
const MAX_SIGNED_TEXT: usize = 16 << 10;
/// How much of a body is searched to describe it, in bytes.
const MAX_DESCRIBED: usize = 4 << 10;

/// What nginx, Go and Apache send with a 400 if a request arrives over plain HTTP at a TLS port.
const TLS_ONLY: [&str; 3] = [
    "plain HTTP request was sent to HTTPS port",
    "HTTP request to an HTTPS server",
    "SSL-enabled server port",
];

/// Returns what the status and the headers alone report.
pub(crate) fn from_head(status: u16, headers: &Headers) -> ErrorResponse {
    let get = |name: &str, limit| headers.get(name).map(|value| printable::start_of(value, limit).to_owned());
    ErrorResponse {
        status,
        request_id: get("x-amz-request-id", MAX_NAME),
        host_id: get("x-amz-id-2", MAX_NAME),
        region: get("x-amz-bucket-region", MAX_NAME).filter(|region| validate::is_region(region)),
        location: get("location", MAX_MESSAGE),
        date: get("date", MAX_NAME),
        // the form with a date is rare, and the policy's own delay is as good
        retry_after: headers.get("retry-after").and_then(|s| s.trim().parse().ok()).map(Duration::from_secs),
        ..ErrorResponse::default()
    }
}

/// Creates the error of a response that is not a success, whatever its body is.
pub(crate) fn error(status: u16, headers: &Headers, body: &str) -> Error {
    let escaped = xml::escape_invalid_chars(body);
    let document = xml::parse_escaped(&escaped);
    let element = document.as_ref().ok().and_then(|document| error_element(document.root_element()));
    if element.is_some() || body.trim().is_empty() {
        server_error(status, headers, element)
    } else if let Some(code) = json_text(body, "Code") {
        // Ceph sends JSON if it rejects a request before it handles it as an S3 request
        let mut response = from_head(status, headers);
        response.message = json_text(body, "Message")
            .filter(|message| !message.is_empty())
            .map(|message| printable::truncate(message, MAX_MESSAGE));
        response.code = Some(printable::truncate(code, MAX_NAME));
        from_parts(response)
    } else {
        // the text of a proxy or a web page, which may happen to be well-formed XML
        non_s3_error(status, headers, body)
    }
}

/// Finds `<Error>`, which some servers wrap in another element.
fn error_element<'a, 'i>(root: Node<'a, 'i>) -> Option<Node<'a, 'i>> {
    if root.tag_name().name() == "Error" { Some(root) } else { xml::child(root, "Error") }
}

/// Creates the error of a response with an `<Error>`, or without a body.
pub(crate) fn server_error(status: u16, headers: &Headers, element: Option<Node<'_, '_>>) -> Error {
    let mut response = from_head(status, headers);
    if let Some(root) = element {
        let get = |name: &str, limit| {
            let text = xml::child_text(root, name)?;
            Some(printable::start_of(text.trim(), limit).to_owned())
        };
        let signed =
            |name: &str| xml::child_text(root, name).map(|text| printable::truncate(text, MAX_SIGNED_TEXT));
        response.code = get("Code", MAX_NAME);
        response.message = match (get("Message", MAX_MESSAGE), get("Details", MAX_MESSAGE)) {
            // Google's message is only "Invalid argument.", and its details are the cause
            (Some(message), Some(details)) if !message.contains(&details) => {
                Some(format!("{message} {details}").trim().to_owned())
            }
            (message, details) => message.or(details),
        };
        let resource = ["Resource", "Key", "BucketName"].iter().find_map(|name| get(name, MAX_MESSAGE));
        response.resource = resource;
        response.request_id = get("RequestId", MAX_NAME).or(response.request_id);
        response.host_id = get("HostId", MAX_NAME).or(response.host_id);
        let region = get("Region", MAX_NAME).filter(|region| validate::is_region(region));
        response.region = region.or(response.region);
        response.location = get("Endpoint", MAX_MESSAGE).or(response.location);
        response.expected = signed("StringToSign").map(|string_to_sign| SignedTexts {
            string_to_sign,
            canonical_request: signed("CanonicalRequest"),
        });
    }
    if response.code.is_none() {
        response.code = default_code(status).map(str::to_owned);
    }
    from_parts(response)
}

fn from_parts(response: ErrorResponse) -> Error {
    let status = response.status;
    let code = response.code.as_deref().map(|code| printable::line(code, MAX_NAME));
    let code = code.as_deref().unwrap_or("without an error code");
    let message = match &response.message {
        Some(words) => format!("{status} {code}: {}", one_line(words, 400).trim_end_matches('.')),
        None => format!("{status} {code}"),
    };
    Error::from_response(ErrorKind::Server, response, message)
}

/// Creates the error for a server that ignored a sub-resource it does not know, and did something else.
pub(crate) fn not_implemented(status: u16, headers: &Headers, did: &str) -> Error {
    let response = ErrorResponse { code: Some("NotImplemented".to_owned()), ..from_head(status, headers) };
    let message = format!("the server {did} instead of performing the operation");
    Error::from_response(ErrorKind::Server, response, message)
}

/// Creates the error for a response that is not one of S3.
fn non_s3_error(status: u16, headers: &Headers, text: &str) -> Error {
    let response = from_head(status, headers);
    let message = format!("status {status} with {}", describe_body(text));
    let kind = ErrorKind::UnexpectedResponse;
    Error::from_response(kind, response, message).with_hint(
        if TLS_ONLY.iter().any(|words| text.contains(words)) {
            "The port speaks TLS: use https:// in the endpoint."
        } else if matches!(status, 502..=504 | 520..=530) {
            "A proxy or load balancer cannot reach the server: try again later, ask its operator, or check the endpoint."
        } else {
            "An S3 server responds with XML: check the endpoint and any proxy."
        },
    )
}

/// Returns a string field of a flat JSON object without escapes, which is all that such an error contains.
fn json_text(body: &str, name: &str) -> Option<String> {
    let object = body.trim().strip_prefix('{')?;
    let (_, after) = object.split_once(&format!("\"{name}\""))?;
    let (text, _) = after.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?.split_once('"')?;
    Some(text.to_owned())
}

/// Describes a body in a few words, so that a person recognises where it came from.
pub(crate) fn describe_body(text: &str) -> String {
    let text = printable::start_of(text, MAX_DESCRIBED);
    let lower = text.to_ascii_lowercase();
    if !lower.contains("<html") {
        return format!("the text \"{}\"", one_line(text, 80));
    }
    // offsets are the same in both texts, because ASCII lower case changes no length
    let title = lower
        .find("<title>")
        .and_then(|start| Some((start + 7, start + 7 + lower[start + 7..].find("</title>")?)))
        .map(|(start, end)| one_line(&text[start..end], 80));
    match title {
        Some(title) => format!("an HTML page titled \"{title}\""),
        None => "an HTML page".to_owned(),
    }
}

/// Returns the words of a text on one line of at most `longest` bytes.
fn one_line(text: &str, longest: usize) -> String {
    let mut line = printable::Line::new(longest);
    for (i, word) in text.split_whitespace().enumerate() {
        let space = if i > 0 { " " } else { "" };
        let _ = write!(line, "{space}{word}"); // writing to a `Line` cannot fail
    }
    line.finish()
}

/// Returns the usual code for a status, for responses without a body, such as every one to HEAD.
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
    fn errors_of_several_servers_are_read() {
        let ceph = error(
            404,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>NoSuchKey</Code><Message></Message>\
             <RequestId>tx0</RequestId><HostId>a-default</HostId></Error>",
        );
        assert_eq!((ceph.code(), ceph.message(), ceph.request_id()), (Some("NoSuchKey"), None, Some("tx0")));
        assert_eq!(ceph.to_string(), "404 NoSuchKey (request ID tx0)");
        let aws = error(
            403,
            "<Error xmlns='http://s3.amazonaws.com/doc/2006-03-01/'><Code>SignatureDoesNotMatch</Code><Message>The \
             request signature\n does not match.</Message><StringToSign>AWS4\n1</StringToSign><CanonicalRequest>GET\
             </CanonicalRequest><Resource>/b/k</Resource></Error>",
        );
        assert_eq!(
            aws.to_string(),
            "403 SignatureDoesNotMatch: The request signature does not match (request ID from-header)"
        );
        assert_eq!(aws.server_string_to_sign(), Some("AWS4\n1"));
        assert_eq!(aws.server_canonical_request(), Some("GET"));
        assert_eq!(aws.resource(), Some("/b/k"));
        let google = error(
            400,
            "<?xml version='1.0' encoding='UTF-8'?><Error><Code>InvalidArgument</Code><Message>Invalid argument.</Message>\
             <Details>Invalid query parameter(s): [encoding-type]</Details></Error>",
        );
        let cause = "Invalid argument. Invalid query parameter(s): [encoding-type]";
        assert_eq!(google.message(), Some(cause));
        assert_eq!(google.to_string(), format!("400 InvalidArgument: {cause} (request ID from-header)"));
        let nested = error(400, "<ErrorResponse><Error><Code>Odd</Code></Error></ErrorResponse>");
        assert_eq!(nested.code(), Some("Odd"));
    }

    #[test]
    fn response_without_a_body_gets_the_code_of_its_status() {
        assert_eq!(error(404, "").code(), Some("NotFound"));
        assert_eq!(error(412, " ").code(), Some("PreconditionFailed"));
        assert_eq!(error(418, "").to_string(), "418 without an error code (request ID from-header)");
    }

    #[test]
    fn early_errors_of_ceph_are_read_as_json() {
        let body = r#"{"Code":"InvalidRequest","Message":"","RequestId":"tx1","HostId":"a-default"}"#;
        let json = error(400, body);
        assert_eq!(
            (json.kind(), json.code(), json.message()),
            (ErrorKind::Server, Some("InvalidRequest"), None)
        );
        assert_eq!(error(400, "{\"Code\": 7}").kind(), ErrorKind::UnexpectedResponse);
    }

    #[test]
    fn plain_http_at_a_tls_port_is_recognised() {
        for page in [
            "<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>",
            "Client sent an HTTP request to an HTTPS server.\n",
            "<html><p>Reason: You're speaking plain HTTP to an SSL-enabled server port.<br/></html>",
        ] {
            let error = error(400, page);
            assert!(error.hint().unwrap().contains("use https://") && !error.is_retryable(), "{error}");
        }
    }

    #[test]
    fn html_page_is_described_and_keeps_its_status() {
        let html = error(404, "<html><head><TITLE>404\nNot Found</TITLE></head><body><hr>é</body></html>");
        assert_eq!(html.status(), Some(404));
        assert!(html.to_string().contains("status 404 with an HTML page titled \"404 Not Found\""), "{html}");
        let text = error(502, &"upstream é ".repeat(100));
        assert!(text.to_string().contains("the text \"upstream é upstream"), "{text}");
        assert!(text.is_retryable());
    }
}
