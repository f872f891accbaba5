//! The HTTP side: accepts connections and hands the requests to s3s.

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

/// Buckets are addressed as `bucket.s3.localhost` too.
pub const DOMAIN: &str = "s3.localhost";

/// Starts to serve and returns the port. Needs a runtime.
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
            // Of that one connection, or too many open files: others may still come.
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

async fn serve(stream: TcpStream, service: S3Service) {
    // An answer is sent in small pieces, which would wait for each other.
    let _ = stream.set_nodelay(true);
    let answer = service_fn(move |request| {
        let service = service.clone();
        async move { Ok::<_, Infallible>(answer(&service, request).await) }
    });
    let http = hyper::server::conn::http1::Builder::new();
    // It fails if the client goes away, which is the client's business.
    let _ = http.serve_connection(TokioIo::new(stream), answer).await;
}

async fn answer(service: &S3Service, request: Request<Incoming>) -> HttpResponse {
    let asks_first = request.headers().contains_key(EXPECT);
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
    body.read_rest(asks_first).await;
    finish(response)
}

/// What s3s leaves to do.
fn finish(mut response: HttpResponse) -> HttpResponse {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    let id = format!("embedded-{:08}", COUNT.fetch_add(1, Ordering::Relaxed));
    if let Ok(id) = HeaderValue::try_from(id) {
        response.headers_mut().insert("x-amz-request-id", id);
    }
    let xml = response.headers().get(CONTENT_TYPE).is_some_and(|t| t == "application/xml");
    if response.status() == StatusCode::NOT_MODIFIED {
        // An error like the others for s3s, but this one has no body.
        *response.body_mut() = Body::empty();
        response.headers_mut().remove(CONTENT_TYPE);
    } else if xml && let Some(bytes) = response.body().bytes() {
        *response.body_mut() = Body::from(escape_controls(&bytes));
    }
    response
}

/// s3s writes control characters in keys as they are. Then no XML parser takes the answer, and
/// a carriage return is read as a line feed. S3 writes character references.
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

/// Finds the bucket in the host name.
///
/// The `SingleDomain` of s3s takes any other name, say `localhost`, for a bucket.
struct BucketHost {
    suffix: String,
}

impl S3Host for BucketHost {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> S3Result<VirtualHost<'a>> {
        // Host names have no case, bucket names are in lower case.
        let lower = host.to_ascii_lowercase();
        let virtual_host = VirtualHost::new(DOMAIN);
        Ok(match lower.strip_suffix(&self.suffix) {
            Some(bucket) => virtual_host.with_bucket(bucket.to_owned()),
            None => virtual_host,
        })
    }
}
