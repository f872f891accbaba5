// The examples include this expression, and run only if S3_TEST_EXAMPLES is 1: they create, change and delete the
// buckets below on the server of S3_ENDPOINT. Each example starts with the same buckets and files, and waits until no
// other example is running. It returns a client. See CONTRIBUTING.md.
{
    use plain_s3::{Client, CreateBucketOptions, DeleteAllOptions, DeleteObjectsOptions};
    use std::{env, fs};

    if env::var_os("S3_TEST_EXAMPLES").is_none_or(|value| value != "1") {
        return Ok(());
    }
    let folder = env::temp_dir().join("plain-s3-examples");
    let lock = fs::File::create(folder.with_extension("lock"))?;
    lock.lock()?;
    std::mem::forget(lock); // until the example ends

    let client = Client::from_env()?;
    let delete = DeleteAllOptions::new()
        .delete_options(DeleteObjectsOptions::new().bypass_governance_retention());
    for bucket in ["my-new-bucket", "my-backups", "my-archive"] {
        match client.force_delete_bucket_with(bucket, &delete) {
            Err(error) if !error.is_not_found() => return Err(error.into()),
            _ => {}
        }
    }
    client.create_bucket("my-new-bucket")?;
    client.create_bucket("my-backups")?;
    // Object Lock enables versioning.
    client.create_bucket_with("my-archive", &CreateBucketOptions::new().object_lock_enabled())?;
    for key in ["hello.txt", "helo.txt", "goodbye.txt", "old/notes.txt", "secret_plans.txt", "perl_poetry.pdf"] {
        client.put_object("my-new-bucket", key, "Hello World!")?;
    }
    for key in ["index.html", "photo.jpg", "photos/2011/beach.jpg", "site/index.html"] {
        client.put_object("my-new-bucket", key, "Hello World!")?;
    }
    client.put_object("my-archive", "hello.txt", "Hello World!")?;
    client.put_object("my-archive", "contract.pdf", "Hello World!")?;
    client.create_multipart_upload("my-new-bucket", "backup.tar")?;
    client.put_object("my-new-bucket", "backup.tar", vec![0; 10 << 10])?;

    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("public"))?;
    env::set_current_dir(&folder)?;
    fs::write("backup.tar", vec![0; 10 << 10])?;
    fs::write("photo.jpg", "a photo")?;
    let variable = |name| env::var(name).unwrap_or_default();
    fs::write("config", format!("[profile backup]\nendpoint_url = {}\n", variable("S3_ENDPOINT")))?;
    let (access_key, secret_key) = (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"));
    fs::write(
        "credentials",
        format!("[backup]\naws_access_key_id = {access_key}\naws_secret_access_key = {secret_key}\n"),
    )?;
    fs::write("public/index.html", "<!doctype html><title>A page</title>")?;
    client
}
