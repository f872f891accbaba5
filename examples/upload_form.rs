//! Prints a page with which a browser can upload pictures for an hour, without credentials:
//!
//!     cargo run --example upload_form > upload.html
//!
//! S3_ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set the server and the credentials.

use std::time::Duration;

use plain_s3::{Client, PostPolicy};

fn main() -> plain_s3::Result<()> {
    let client = Client::from_env()?;

    let policy = PostPolicy::new("inbox/picture.png")
        .content_type_starts_with("image/")
        .content_length_range(1..=10 << 20)
        .success_action_status(201);
    let form = client.presign_post_object("my-new-bucket", &policy, Duration::from_secs(3600))?;
    println!(
        "<!doctype html>\n<meta charset=\"utf-8\">\n<title>Upload a picture</title>\n{}",
        form.to_html()
    );
    Ok(())
}
