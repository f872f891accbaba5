//! GetBucketLifecycleConfiguration, PutBucketLifecycleConfiguration, DeleteBucketLifecycle.

use roxmltree::Node;

use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::ops::settings::lifecycle_rule::LifecycleRule;
use crate::ops::settings::{Subresource, Target};
use crate::request::Request;
use crate::response::Response;
use crate::xml;

const LIFECYCLE: Subresource = Subresource {
    get: "GetBucketLifecycleConfiguration",
    put: "PutBucketLifecycleConfiguration",
    delete: "DeleteBucketLifecycle",
    name: "lifecycle",
    roots: &["LifecycleConfiguration"],
    unset: &["NoSuchLifecycleConfiguration"],
};

impl Client {
    /// Reads the rules by which a bucket's objects are deleted or moved; none where none are set.
    /// ([GetBucketLifecycleConfiguration](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLifecycleConfiguration.html))
    ///
    /// # Errors
    ///
    /// [`Server`](ErrorKind::Server) where the bucket is missing or its rules may not be read;
    /// [`is_not_implemented`](Error::is_not_implemented) where the server has no such rules.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// for rule in client.get_bucket_lifecycle_configuration("my-new-bucket")? {
    ///     println!("{:?}: {:?} days", rule.prefix, rule.expire_after_days);
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_bucket_lifecycle_configuration(&self, bucket: &str) -> Result<Vec<LifecycleRule>> {
        Ok(self.get_setting(&LIFECYCLE, Target::Bucket(bucket), read)?.unwrap_or_default())
    }

    /// Sets the rules by which a bucket's objects are deleted or moved, in place of all rules before.
    /// ([PutBucketLifecycleConfiguration](https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html))
    ///
    /// A rule that lost a part would delete more than it should, and some servers leave out what they do not
    /// know. So the rules are read back; where they differ, those from before are put in their place.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](ErrorKind::InvalidInput) where there are no rules, or one with parts that this
    /// crate does not know; [`Integrity`](ErrorKind::Integrity) where the server does not keep the rules as
    /// they are; otherwise as [`get_bucket_lifecycle_configuration`](Self::get_bucket_lifecycle_configuration).
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// use plain_s3::LifecycleRule;
    ///
    /// let logs = LifecycleRule::new("logs/").id("old logs").expire_after_days(30);
    /// let uploads = LifecycleRule::new("backup/").id("stale uploads").abort_uploads_after_days(7);
    /// client.put_bucket_lifecycle_configuration("my-new-bucket", &[logs, uploads])?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn put_bucket_lifecycle_configuration(&self, bucket: &str, rules: &[LifecycleRule]) -> Result<()> {
        let target = Target::Bucket(bucket);
        let request = rules_request(target, rules);
        request.validate().map_err(|error| error.with_context(|| request.describe()))?;
        let before = self.get_bucket_lifecycle_configuration(bucket)?;
        self.call(&request, Response::discard)?;
        let stored = self.get_bucket_lifecycle_configuration(bucket)?;
        // AWS may still return the old rules for a while
        if are_stored_as(rules, &stored) || stored == before {
            return Ok(());
        }
        let undo = rules_request(target, &before);
        let (undone, state) = if undo.validate().is_ok() {
            (self.call(&undo, Response::discard), "the bucket has its old rules again")
        } else {
            (self.delete_setting(&LIFECYCLE, target), "the bucket has no rules now")
        };
        let hint = match undone {
            Ok(()) => format!("The change was undone: {state}."),
            Err(error) => {
                format!("Undoing the change failed as well, so check the rules of {bucket:?} now: {error}")
            }
        };
        let message = format!("the server stored different rules: {stored:?}");
        let error = Error::new(ErrorKind::Integrity, message).with_hint(hint);
        Err(error.with_context(|| request.describe()))
    }

    /// Deletes all rules of a bucket's lifecycle. Its objects stay.
    /// ([DeleteBucketLifecycle](https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketLifecycle.html))
    ///
    /// # Errors
    ///
    /// As [`get_bucket_lifecycle_configuration`](Self::get_bucket_lifecycle_configuration), which is asked
    /// first.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// client.delete_bucket_lifecycle("my-new-bucket")?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn delete_bucket_lifecycle(&self, bucket: &str) -> Result<()> {
        self.delete_setting(&LIFECYCLE, Target::Bucket(bucket))
    }
}

/// Returns the request that stores these rules, none of which may lose a part.
fn rules_request<'a>(target: Target<'a>, rules: &[LifecycleRule]) -> Request<'a> {
    let lossy = rules.iter().find(|rule| !rule.unknown.is_empty());
    LIFECYCLE
        .put_request(target, write(rules))
        .require(!rules.is_empty(), || {
            "there are no rules; use delete_bucket_lifecycle to delete all of them".to_owned()
        })
        .require(lossy.is_none(), || match lossy {
            Some(rule) => format!(
                "the rule {:?} has parts that this crate does not support and would lose: {:?}",
                rule.id, rule.unknown
            ),
            None => String::new(),
        })
}

fn are_stored_as(rules: &[LifecycleRule], stored: &[LifecycleRule]) -> bool {
    // servers may return the rules in another order
    rules.len() == stored.len()
        && rules.iter().all(|rule| stored.iter().any(|stored| rule.is_stored_as(stored)))
}

fn write(rules: &[LifecycleRule]) -> String {
    let mut content = String::new();
    rules.iter().for_each(|rule| rule.push(&mut content));
    xml::document(LIFECYCLE.roots[0], &content)
}

fn read(root: Node<'_, '_>) -> Result<Vec<LifecycleRule>> {
    xml::children(root, "Rule").map(LifecycleRule::read).collect()
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::*;

    fn parse(text: &str) -> Vec<LifecycleRule> {
        read(xml::parse(text).unwrap().root_element()).unwrap()
    }

    #[test]
    fn rules_read_back_equal() {
        let full = LifecycleRule::new("logs/<&")
            .id("all of it")
            .enabled(false)
            .tag("a", "b & c")
            .tag("d", "")
            .size_greater_than(5)
            .size_less_than(1 << 40)
            .expire_after_days(30)
            .noncurrent_expire_after_days(7)
            .noncurrent_versions_kept(3)
            .abort_uploads_after_days(2)
            .transition(10, "STANDARD_IA")
            .transition(20, "GLACIER")
            .noncurrent_transition(5, "GLACIER");
        let rules = [
            full,
            LifecycleRule::new("").expire_at(OffsetDateTime::UNIX_EPOCH),
            LifecycleRule::new("").tag("t", "v").expire_delete_markers(),
            LifecycleRule::new("p").expire_after_days(1),
        ];
        let text = write(&rules);
        assert_eq!(parse(&text), rules);
        assert!(text.contains("<Filter><Tag><Key>t</Key><Value>v</Value></Tag></Filter>"), "{text}");
        assert!(text.contains("<Filter><Prefix></Prefix></Filter>"), "{text}");
        assert!(text.contains("<Filter><And><Prefix>logs/&lt;&amp;</Prefix><Tag>"), "{text}");
    }

    #[test]
    fn rules_are_compared_by_effect_in_any_order() {
        let rules = [
            LifecycleRule::new("a").transition(1, "X").transition(2, "Y"),
            LifecycleRule::new("b").id("named").expire_after_days(1),
        ];
        let stored =
            [rules[1].clone(), LifecycleRule::new("a").id("made up").transition(2, "Y").transition(1, "X")];
        assert!(are_stored_as(&rules, &stored));
        let more = [LifecycleRule::new("a").size_greater_than(9).expire_after_days(1)];
        assert!(!are_stored_as(&more, &[LifecycleRule::new("a").expire_after_days(1)]));
        assert!(!are_stored_as(&rules, &stored[..1]));
    }

    #[test]
    fn rule_with_unknown_parts_is_read_but_never_written() {
        let rules = parse(
            "<LifecycleConfiguration><Rule><ID>x</ID><Prefix>old/</Prefix><Status>Enabled</Status>\
             <Expiration><Days>1</Days><Whim>1</Whim></Expiration><Moon>full</Moon></Rule>\
             </LifecycleConfiguration>",
        );
        assert_eq!((rules[0].prefix.as_str(), rules[0].expire_after_days), ("old/", Some(1)));
        assert_eq!(rules[0].unknown, ["Whim", "Moon"]);
        let target = Target::Bucket("b");
        let error = rules_request(target, &rules).validate().unwrap_err();
        assert!(error.to_string().contains("Whim"), "{error}");
        assert!(rules_request(target, &[]).validate().is_err());
    }
}
