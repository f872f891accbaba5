//! Uploads and downloads of folders.

use std::fs;

use plain_s3::FolderOptions;

use super::fixture::{TempDir, TestBucket};
use super::gaps;
use super::keys;
use super::server::Variant;

/// Keys that are no names of files are reported, and all others survive a download and an upload.
pub(crate) fn unusual_names(variant: &Variant<'_>) {
    let client = variant.client();
    let (bucket, copy) = (TestBucket::create(&client), TestBucket::create(&client));
    let mut keys = keys::unusual_keys();
    keys.retain(|key| key != "a"); // beside `a/b`, it would be reported as the name of a folder
    keys::store(&client, &bucket, &keys);
    let folder = TempDir::create();

    let segments = |key: &str| key.split('/').map(str::to_owned).collect::<Vec<_>>();
    let is_file = |key: &&String| {
        segments(key).iter().all(|s| !matches!(s.as_str(), "" | "." | "..") && s.len() <= 255)
    };
    let (files, others): (Vec<&String>, Vec<&String>) = keys.iter().partition(is_file);
    assert!(files.len() > 30, "{files:?} {others:?}");
    // a server whose keys are names of files has no others
    if !others.is_empty() {
        let error = client.download_prefix(&bucket, "", &*folder).unwrap_err();
        let mut reported: Vec<&String> = error.failures().iter().map(|failure| &failure.key).collect();
        reported.sort();
        assert_eq!(reported, others);
        assert!(folder.files().is_empty(), "nothing is written: {error}");
    }

    let skip = FolderOptions::new().skip_invalid();
    let summary = client.download_prefix_with(&bucket, "", &*folder, &skip).unwrap();
    assert_eq!((summary.transferred, summary.skipped.len()), (files.len() as u64, others.len()));
    for key in &files {
        assert_eq!(fs::read_to_string(folder.join(key)).unwrap(), keys::content(key));
    }
    assert_eq!(client.upload_folder(&copy, "", &*folder).unwrap().transferred, files.len() as u64);
    for key in &files {
        assert_eq!(client.get_object(&copy, key).unwrap().text().unwrap(), keys::content(key));
    }
    let again = client.upload_folder(&copy, "", &*folder).unwrap();
    assert_eq!((again.transferred, again.unchanged), (0, files.len() as u64));
}

/// A second run transfers only what changed, and `delete` removes the rest.
pub(crate) fn mirror(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let (source, target) = (TempDir::create(), TempDir::create());
    fs::create_dir_all(source.join("img/deep")).unwrap();
    fs::write(source.join("index.html"), "one").unwrap();
    fs::write(source.join("img/deep/a.png"), "two").unwrap();
    fs::write(source.join("empty"), "").unwrap();
    // larger than the default part size, so that its ETag is not its MD5
    fs::write(source.join("large"), vec![7; 20 << 20]).unwrap();
    client.put_object(&bucket, "site-old/stays", "").unwrap();
    if !gaps::FOLDER_KEYS.is_gap() {
        client.put_object(&bucket, "site/", "").unwrap();
    }

    let mirror = FolderOptions::new().delete();
    assert_eq!(client.upload_folder(&bucket, "site", &*source).unwrap().transferred, 4);
    assert_eq!(client.download_prefix(&bucket, "site/", &*target).unwrap().transferred, 4);
    for (up, down) in [(false, true), (true, false)] {
        let up = up.then(|| client.upload_folder(&bucket, "site", &*source).unwrap());
        let down = down.then(|| client.download_prefix(&bucket, "site", &*target).unwrap());
        let again = up.or(down).unwrap();
        assert_eq!((again.transferred, again.unchanged), (0, 4));
    }

    // the same size and an older time, so that only the checksum shows the change
    fs::write(source.join("index.html"), "ONE").unwrap();
    let file = fs::File::options().write(true).open(source.join("index.html")).unwrap();
    file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    fs::remove_file(source.join("img/deep/a.png")).unwrap();
    let summary = client.upload_folder_with(&bucket, "site/", &*source, &mirror).unwrap();
    assert_eq!((summary.transferred, summary.unchanged, summary.deleted), (1, 2, 1));
    let summary = client.download_prefix_with(&bucket, "site/", &*target, &mirror).unwrap();
    assert_eq!((summary.transferred, summary.unchanged, summary.deleted), (1, 2, 1));
    assert_eq!(fs::read_to_string(target.join("index.html")).unwrap(), "ONE");
    assert!(!target.join("img/deep/a.png").exists());
    assert!(client.head_object(&bucket, "site-old/stays").is_ok());
}
