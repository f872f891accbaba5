//! The scenarios for a real server: whatever the environment names.
//!
//!     cargo run -q -p embedded-s3 -- cargo test --test live
//!     tests/servers/ceph-rgw cargo test --test live
//!
//! Each runs in every variant that the server has: Signature V2 and V4, path and virtual-hosted style, HTTPS.
//! Buckets get names of their own and are removed at the end. What a server is known not to do stands in
//! `gaps.rs`; it is shown as `gap` and never passes silently.
//!
//! | variable | what it is for |
//! |---|---|
//! | `S3_ENDPOINT`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` | the server and a user who may make buckets; without the first, all is skipped |
//! | `AWS_REGION` | the region to sign V4 for; else `us-east-1` |
//! | `S3_TEST_SERVER` | the server's name in the table of gaps |
//! | `S3_TEST_SIGNATURE` | `v2` or `v4`, where the server takes only one of them |
//! | `S3_TEST_OTHER_ACCESS_KEY_ID`, `S3_TEST_OTHER_SECRET_ACCESS_KEY` | a second user, who owns nothing of the first |
//! | `S3_TEST_VHOST_ENDPOINT` | the endpoint to use in virtual-hosted style |
//! | `S3_TEST_TLS_ENDPOINT`, `S3_TEST_CA` | the HTTPS endpoint, and the PEM file of its authority |
//! | `S3_TEST_COMPATIBILITY` | a file to append to what worked and what did not, for `tests/compatibility` |
//! | `S3_TEST_REQUIRED` | `1`: whatever would be skipped is a failure |

#[path = "../support/mod.rs"]
mod support;

mod compatibility;
mod faulty_proxy;
mod fixture;
mod gaps;
mod http;
mod server;
mod transfer_server;

mod access;
mod buckets;
mod chaos;
mod conditions;
mod copies;
mod deletion;
mod encryption;
mod errors;
mod forms;
mod grants;
mod keys;
mod kill;
mod listing;
mod lost_responses;
mod objects;
mod presigned;
mod raw;
mod refusals;
mod settings;
mod signing;
mod stored;
mod tutorial;
mod uploads;
mod urls;
mod versions;

use server::{each_server, each_variant, variants_are_complete};

#[test]
fn all_variants_are_tested() {
    variants_are_complete();
}

#[test]
fn the_eleven_steps_of_the_tutorial() {
    each_variant(tutorial::eleven_steps);
}

#[test]
fn odd_keys_are_stored_listed_read_and_deleted_exactly() {
    each_variant(keys::by_signed_header);
}

#[test]
fn odd_keys_are_read_and_stored_exactly_by_presigned_url() {
    each_variant(keys::by_presigned_url);
}

#[test]
fn odd_keys_are_deleted_together() {
    each_variant(keys::deleted_together);
}

#[test]
fn a_listing_of_more_than_a_thousand_keys_is_whole() {
    each_server(listing::more_than_a_page);
}

#[test]
fn a_listing_by_folder() {
    each_variant(listing::folders);
}

#[test]
fn every_kind_of_body_is_stored_whole() {
    each_variant(objects::bodies);
}

#[test]
fn headers_of_an_object_come_back() {
    each_variant(objects::stored_headers);
}

#[test]
fn metadata_comes_back() {
    each_variant(objects::metadata);
}

#[test]
fn ranges_are_read() {
    each_variant(objects::ranges);
}

#[test]
fn a_download_is_whole_or_not_there() {
    each_variant(objects::downloads);
}

#[test]
fn conditions_of_reading_hold() {
    each_variant(conditions::reading);
}

#[test]
fn conditions_of_storing_hold() {
    each_variant(conditions::storing);
}

#[test]
fn unsigned_requests_reach_what_is_public_and_nothing_else() {
    each_variant(access::unsigned);
}

#[test]
fn canned_acls_of_objects_and_buckets_are_set_and_read() {
    each_variant(access::canned_acls);
}

#[test]
fn a_second_user_is_refused() {
    each_variant(access::second_user);
}

#[test]
fn buckets_are_made_looked_at_and_removed() {
    each_variant(buckets::life_of_a_bucket);
}

#[test]
fn a_forced_delete_takes_more_than_a_thousand_objects_along() {
    each_server(buckets::forced_delete);
}

#[test]
fn refused_credentials_say_what_to_change() {
    each_variant(errors::credentials);
}

#[test]
fn plain_http_to_a_port_of_tls_says_what_to_change() {
    each_variant(errors::wrong_scheme);
}

#[test]
fn what_is_missing_is_not_found() {
    each_variant(errors::missing);
}

#[test]
fn presigned_urls_override_headers_of_the_answer() {
    each_variant(urls::response_overrides);
}

#[test]
fn presigned_urls_need_the_signed_headers() {
    each_variant(urls::signed_headers);
}

#[test]
fn presigned_urls_expire_and_cannot_be_changed() {
    each_server(urls::expiry);
}

#[test]
fn grants_are_read_changed_and_written_back() {
    each_variant(grants::of_objects);
    each_variant(grants::of_buckets);
}

#[test]
fn grants_to_groups_and_by_email() {
    each_variant(grants::to_groups);
    each_variant(grants::by_email);
}

#[test]
fn a_version_has_an_acl_of_its_own() {
    each_variant(grants::of_versions);
}

#[test]
fn an_encryption_key_is_needed_to_read() {
    each_variant(encryption::with_a_key_of_ours);
    each_variant(encryption::in_parts_by_hand);
}

#[test]
fn the_server_encrypts_by_itself() {
    each_variant(encryption::with_a_key_of_the_servers);
}

#[test]
fn tags_redirects_and_metadata_are_stored_with_an_object() {
    each_variant(stored::tags_and_redirects);
    each_variant(stored::metadata_that_is_not_ascii);
}

#[test]
fn attributes_and_parts_of_an_object() {
    each_variant(stored::attributes);
    each_variant(stored::part_numbers);
}

#[test]
fn presigned_urls_of_every_object_operation() {
    each_variant(presigned::every_object_operation);
}

#[test]
fn presigned_urls_carry_out_an_upload_in_parts() {
    each_variant(presigned::an_upload_in_parts);
}

#[test]
fn a_form_uploads_what_its_policy_allows() {
    each_variant(forms::allowed);
}

#[test]
fn a_form_refuses_what_its_policy_does_not_allow() {
    each_variant(forms::refused);
}

#[test]
fn raw_requests_do_what_has_no_method() {
    each_variant(raw::own_actions);
}

#[test]
fn raw_requests_fail_like_ours() {
    each_variant(raw::own_failures);
}

#[test]
fn a_signed_request_is_sent_by_another_client() {
    each_variant(signing::sent_by_another_client);
}

#[test]
fn credentials_come_from_closures_and_profiles() {
    each_variant(signing::credentials_of_a_closure);
    each_variant(signing::credentials_of_a_profile);
}

#[test]
fn versions_and_delete_markers_are_listed_read_and_deleted() {
    each_variant(versions::listed);
}

#[test]
fn versions_are_listed_in_pages_of_any_size() {
    each_server(versions::in_pages);
}

#[test]
fn unfinished_uploads_are_listed_and_aborted() {
    each_variant(deletion::uploads);
}

#[test]
fn a_prefix_a_bucket_and_its_contents_are_deleted_with_all_versions() {
    each_variant(deletion::everything);
}

#[test]
fn what_may_not_be_deleted_is_told_and_the_bucket_stays() {
    each_variant(deletion::refused);
}

#[test]
fn a_forced_delete_of_thousands_of_versions_and_uploads() {
    each_server(deletion::thousands);
}

#[test]
fn uploads_in_parts_step_by_step() {
    each_variant(uploads::step_by_step);
}

#[test]
fn files_go_up_and_come_back_in_one_and_in_parts() {
    each_variant(uploads::whole_files);
}

#[test]
fn objects_are_copied_with_their_metadata_or_other() {
    each_variant(copies::metadata);
}

#[test]
fn copies_of_versions_and_under_conditions() {
    each_variant(copies::conditions);
}

#[test]
fn objects_are_renamed() {
    each_variant(copies::renamed);
}

#[test]
fn settings_of_a_bucket_read_back_equal() {
    each_variant(settings::of_buckets);
}

#[test]
fn tags_read_back_equal() {
    each_variant(settings::tags);
}

#[test]
fn rules_of_a_lifecycle_read_back_equal_or_are_undone() {
    each_variant(settings::lifecycle);
}

#[test]
fn a_website_reads_back_equal() {
    each_variant(settings::website);
}

#[test]
fn settings_that_were_never_made_are_read_as_none() {
    each_variant(settings::none_yet);
}

#[test]
fn deleting_a_setting_never_deletes_the_bucket() {
    each_variant(settings::deleted);
}
