//! The HTTP server: accepts connections and passes the requests to s3s.

use std::convert::Infallible;
use std::net::{Ipv4Addr, TcpListener as StdListener};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, EXPECT, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use s3s::host::{S3Host, VirtualHost};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, HttpResponse, S3Result};
use tokio::net::{TcpListener, TcpStream};

use crate::access::AccessByAcl;
use crate::request_body::RequestBody;
use crate::store::Store;
use crate::users::KnownUsers;

/// The domain for virtual-hosted style: `bucket.s3.localhost`.
pub const DOMAIN: &str = "s3.localhost";

/// Starts the server and returns its port. Must be called within a Tokio runtime.
pub fn start(folder: &Path) -> std::io::Result<u16> {
    let store = Store::new(folder)?;
    let access = AccessByAcl(store.index.clone());
    let listener = StdListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let port = listener.local_addr()?.port();

    let mut builder = S3ServiceBuilder::new(store);
    builder.set_auth(KnownUsers);
    builder.set_access(access);
    builder.set_host(BucketHost { suffix: format!(".{DOMAIN}:{port}") });
    tokio::spawn(accept(TcpListener::from_std(listener)?, builder.build()));
    Ok(port)
}

async fn accept(listener: TcpListener, service: S3Service) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(serve(stream, service.clone()));
            }
            // The error concerns only one connection or, if there are too many open files, is temporary.
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

async fn serve(stream: TcpStream, service: S3Service) {
    // Responses are sent in small pieces, which Nagle's algorithm would delay.
    let _ = stream.set_nodelay(true);
    let handler = service_fn(move |request| {
        let service = service.clone();
        async move { Ok::<_, Infallible>(handle(&service, request).await) }
    });
    let http = hyper::server::conn::http1::Builder::new();
    // An error means that the client closed the connection, which is not a problem of the server.
    let _ = http.serve_connection(TokioIo::new(stream), handler).await;
}

async fn handle(service: &S3Service, request: Request<Incoming>) -> HttpResponse {
    let expects_continue = request.headers().contains_key(EXPECT);
    let (head, body) = request.into_parts();
    let body = RequestBody::new(body);
    let request = Request::from_parts(head, Body::http_body(body.clone()));
    let response = match service.call(request).await {
        Ok(response) => response,
        Err(error) => {
            eprintln!("embedded-s3: s3s failed: {error:?}");
            let mut response = HttpResponse::new(Body::empty());
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        }
    };
    body.drain(expects_continue).await;
    finish_response(response)
}

/// Adds a request ID and corrects what s3s does differently from S3.
fn finish_response(mut response: HttpResponse) -> HttpResponse {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    let id = format!("embedded-{:08}", COUNT.fetch_add(1, Ordering::Relaxed));
    if let Ok(id) = HeaderValue::try_from(id) {
        response.headers_mut().insert("x-amz-request-id", id);
    }
    let xml = response.headers().get(CONTENT_TYPE).is_some_and(|t| t == "application/xml");
    if response.status() == StatusCode::NOT_MODIFIED {
        // s3s treats 304 as an error with an XML body, but a 304 must not have a body.
        *response.body_mut() = Body::empty();
        response.headers_mut().remove(CONTENT_TYPE);
    } else if xml && let Some(bytes) = response.body().bytes() {
        *response.body_mut() = Body::from(escape_controls(&bytes));
    }
    response
}

/// Replaces control characters with character references, as S3 does. s3s writes control characters
/// in keys unchanged: XML parsers reject such a response, or read a carriage return as a line feed.
fn escape_controls(xml: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(xml.len());
    for &byte in xml {
        match byte {
            b'\t' | b'\n' | b' '.. => escaped.push(byte),
            _ => escaped.extend(format!("&#x{byte:X};").bytes()),
        }
    }
    escaped
}

/// Finds the bucket in the `Host` header.
///
/// `SingleDomain` of s3s would interpret every other host name, such as `localhost`, as a bucket.
struct BucketHost {
    suffix: String,
}

impl S3Host for BucketHost {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> S3Result<VirtualHost<'a>> {
        // Host names are case-insensitive, and bucket names are in lower case.
        let lower = host.to_ascii_lowercase();
        let virtual_host = VirtualHost::new(DOMAIN);
        Ok(match lower.strip_suffix(&self.suffix) {
            Some(bucket) => virtual_host.with_bucket(bucket.to_owned()),
            None => virtual_host,
        })
    }
}
