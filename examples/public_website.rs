//! Publishes a folder as a website, and lets the scripts of another site read it:
//!
//!     cargo run --example public_website -- public
//!
//! S3_ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set the server and the credentials.

use std::env;

use plain_s3::{
    CannedAcl, Client, CorsRule, FolderOptions, PutObjectOptions, Result, UploadOptions, WebsiteConfiguration,
};

fn main() -> Result<()> {
    let folder = env::args().nth(1).unwrap_or("public".into());
    let client = Client::from_env()?;

    // each file gets the media type of its extension
    let public = PutObjectOptions::new().acl(CannedAcl::PublicRead).cache_control("max-age=300");
    let mirror = FolderOptions::new().delete().upload_options(UploadOptions::new().object(public));
    println!("{}", client.upload_folder_with("my-new-bucket", "", folder, &mirror)?);
    println!("{}", client.object_url("my-new-bucket", "index.html")?);

    let cors = CorsRule::new("https://www.example.com", "GET").max_age_seconds(3600);
    optional("CORS", client.put_bucket_cors("my-new-bucket", &[cors]))?;
    // visitors of the website endpoint see index.html for folders, and 404.html for missing pages
    let website = WebsiteConfiguration::new("index.html").error_document("404.html");
    optional("website hosting", client.put_bucket_website("my-new-bucket", &website))
}

/// Reports a feature that this server does not have. The pages are public without it, too.
fn optional(feature: &str, result: Result<()>) -> Result<()> {
    match result {
        Err(error) if error.is_not_implemented() => println!("no {feature}: {error}"),
        result => return result,
    }
    Ok(())
}
