//! An axum server that streams objects to its visitors, with little memory for each:
//!
//!     cargo run -p plain-s3-async-examples --bin web_server -- 127.0.0.1:8080
//!     curl http://127.0.0.1:8080/photos/1.jpg
//!
//! S3_ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set the server and the credentials.

use std::env;
use std::error::Error;
use std::io::Read as _;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{Response, StatusCode, header};
use axum::routing::get;
use plain_s3::{Client, ObjectReader};
use tokio::{net::TcpListener, sync::mpsc, task};
use tokio_stream::wrappers::ReceiverStream;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = task::spawn_blocking(Client::from_env).await??;
    let listener = TcpListener::bind(env::args().nth(1).unwrap_or("127.0.0.1:8080".into())).await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, Router::new().route("/{*key}", get(serve)).with_state(client)).await?;
    Ok(())
}

async fn serve(State(client): State<Client>, Path(key): Path<String>) -> Result<Response<Body>, StatusCode> {
    let opened = task::spawn_blocking(move || client.get_object("my-new-bucket", &key)).await;
    let object = match opened.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)? {
        Ok(object) => object,
        Err(error) if error.is_not_found() => return Err(StatusCode::NOT_FOUND),
        Err(_) => return Err(StatusCode::BAD_GATEWAY),
    };
    let media_type = object.metadata.content_type.clone().unwrap_or("application/octet-stream".into());
    // at most four pieces wait for the visitor
    let (sender, receiver) = mpsc::channel(4);
    let response = Response::builder()
        .header(header::CONTENT_TYPE, media_type)
        .header(header::CONTENT_LENGTH, object.metadata.content_length);
    task::spawn_blocking(move || send(object, &sender));
    response.body(Body::from_stream(ReceiverStream::new(receiver))).map_err(|_| StatusCode::BAD_GATEWAY)
}

/// Sends the content in pieces. An error ends the connection, so that the visitor sees that something is missing.
fn send(mut object: ObjectReader, sender: &mpsc::Sender<std::io::Result<Vec<u8>>>) {
    let mut piece = vec![0; 64 << 10];
    loop {
        let read = object.read(&mut piece).map(|n| piece[..n].to_vec());
        let is_last = !matches!(&read, Ok(piece) if !piece.is_empty());
        if sender.blocking_send(read).is_err() || is_last {
            return; // everything is sent, the object cannot be read, or the visitor has left
        }
    }
}
