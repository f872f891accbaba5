//! The rules of a bucket's lifecycle, as XML and as types.

use std::collections::BTreeMap;

use roxmltree::Node;
use time::OffsetDateTime;

use crate::error::Result;
use crate::ops::settings::missing;
use crate::ops::settings::tagging::{push_tag, read_tag};
use crate::timestamp::Timestamp;
use crate::xml;

/// What a server does by itself, once a day, with objects of some age.
///
/// A rule takes all objects of the bucket, unless a prefix, tags or sizes say which.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LifecycleRule {
    /// A name for the rule; the server makes one up where there is none.
    pub id: Option<String>,
    /// False where the rule is only kept, and not followed.
    pub enabled: bool,
    /// Only keys that begin like this.
    pub prefix: String,
    /// Only objects with all of these tags.
    pub tags: BTreeMap<String, String>,
    /// Only objects larger than this, in bytes.
    pub size_greater_than: Option<u64>,
    /// Only objects smaller than this, in bytes.
    pub size_less_than: Option<u64>,
    /// Deletes objects this many days after they were stored.
    pub expire_after_days: Option<u32>,
    /// Deletes objects from this day on.
    pub expire_at: Option<Timestamp>,
    /// Deletes the delete markers that hide nothing any more.
    pub expire_delete_markers: bool,
    /// Deletes versions this many days after a newer one was stored.
    pub noncurrent_expire_after_days: Option<u32>,
    /// Keeps this many of the newest old versions all the same.
    pub noncurrent_versions_kept: Option<u32>,
    /// Aborts multipart uploads this many days after they were begun.
    pub abort_uploads_after_days: Option<u32>,
    /// Moves objects to another storage class.
    pub transitions: Vec<LifecycleTransition>,
    /// Moves old versions to another storage class.
    pub noncurrent_transitions: Vec<LifecycleTransition>,
    /// What the server's rule has beside all this, by the names of the elements. A rule with any of them is
    /// not written, as it would then mean something else.
    pub unknown: Vec<String>,
}

/// A move to another storage class.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct LifecycleTransition {
    /// The storage class to move to.
    pub storage_class: String,
    /// After how many days.
    pub after_days: Option<u32>,
    /// From which day on.
    pub at: Option<Timestamp>,
}

impl LifecycleRule {
    /// A rule for the keys that begin like this, which does nothing yet. An empty prefix means all objects.
    pub fn new(prefix: impl Into<String>) -> Self {
        Self {
            id: None,
            enabled: true,
            prefix: prefix.into(),
            tags: BTreeMap::new(),
            size_greater_than: None,
            size_less_than: None,
            expire_after_days: None,
            expire_at: None,
            expire_delete_markers: false,
            noncurrent_expire_after_days: None,
            noncurrent_versions_kept: None,
            abort_uploads_after_days: None,
            transitions: Vec::new(),
            noncurrent_transitions: Vec::new(),
            unknown: Vec::new(),
        }
    }

    /// Gives the rule a name.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Has the rule followed, as it is by default, or only kept.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }

    /// Takes only objects that have this tag, too.
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.insert(key.into(), value.into());
        self
    }

    /// Takes only objects larger than this, in bytes. Ceph 16.2 does not know it.
    pub fn size_greater_than(mut self, bytes: u64) -> Self {
        self.size_greater_than = Some(bytes);
        self
    }

    /// Takes only objects smaller than this, in bytes. Ceph 16.2 does not know it.
    pub fn size_less_than(mut self, bytes: u64) -> Self {
        self.size_less_than = Some(bytes);
        self
    }

    /// Deletes objects this many days after they were stored.
    pub fn expire_after_days(mut self, days: u32) -> Self {
        self.expire_after_days = Some(days);
        self
    }

    /// Deletes objects from this day on; the time of day must be midnight UTC.
    pub fn expire_at(mut self, day: impl Into<OffsetDateTime>) -> Self {
        self.expire_at = Some(Timestamp::from(day.into()));
        self
    }

    /// Deletes the delete markers that hide nothing any more.
    pub fn expire_delete_markers(mut self) -> Self {
        self.expire_delete_markers = true;
        self
    }

    /// Deletes versions this many days after a newer one was stored.
    pub fn noncurrent_expire_after_days(mut self, days: u32) -> Self {
        self.noncurrent_expire_after_days = Some(days);
        self
    }

    /// Keeps this many of the newest old versions all the same. Ceph 16.2 does not know it.
    pub fn noncurrent_versions_kept(mut self, versions: u32) -> Self {
        self.noncurrent_versions_kept = Some(versions);
        self
    }

    /// Aborts multipart uploads this many days after they were begun.
    pub fn abort_uploads_after_days(mut self, days: u32) -> Self {
        self.abort_uploads_after_days = Some(days);
        self
    }

    /// Moves objects to this storage class this many days after they were stored.
    pub fn transition(mut self, days: u32, storage_class: impl Into<String>) -> Self {
        self.transitions.push(LifecycleTransition::after(days, storage_class.into()));
        self
    }

    /// Moves versions to this storage class this many days after a newer one was stored.
    pub fn noncurrent_transition(mut self, days: u32, storage_class: impl Into<String>) -> Self {
        self.noncurrent_transitions.push(LifecycleTransition::after(days, storage_class.into()));
        self
    }

    /// True where a server that was given `self` has kept it as `stored`.
    pub(crate) fn is_stored_as(&self, stored: &Self) -> bool {
        let mut expected = self.clone();
        let mut stored = stored.clone();
        if expected.id.is_none() {
            expected.id.clone_from(&stored.id);
        }
        for rule in [&mut expected, &mut stored] {
            rule.transitions.sort();
            rule.noncurrent_transitions.sort();
        }
        expected == stored
    }

    pub(crate) fn push(&self, out: &mut String) {
        out.push_str("<Rule>");
        xml::push_some(out, "ID", self.id.as_ref());
        self.push_filter(out);
        xml::push(out, "Status", if self.enabled { "Enabled" } else { "Disabled" });
        let number = |n: Option<u32>| n.map(|n| n.to_string());
        group(out, "Expiration", |out| {
            xml::push_some(out, "Days", number(self.expire_after_days));
            xml::push_some(out, "Date", self.expire_at.map(|day| day.to_string()));
            xml::push_some(out, "ExpiredObjectDeleteMarker", self.expire_delete_markers.then_some("true"));
        });
        group(out, "NoncurrentVersionExpiration", |out| {
            xml::push_some(out, "NoncurrentDays", number(self.noncurrent_expire_after_days));
            xml::push_some(out, "NewerNoncurrentVersions", number(self.noncurrent_versions_kept));
        });
        group(out, "AbortIncompleteMultipartUpload", |out| {
            xml::push_some(out, "DaysAfterInitiation", number(self.abort_uploads_after_days));
        });
        for (name, days, transitions) in [
            ("Transition", "Days", &self.transitions),
            ("NoncurrentVersionTransition", "NoncurrentDays", &self.noncurrent_transitions),
        ] {
            for transition in transitions {
                group(out, name, |out| {
                    xml::push_some(out, days, number(transition.after_days));
                    xml::push_some(out, "Date", transition.at.map(|day| day.to_string()));
                    xml::push(out, "StorageClass", &transition.storage_class);
                });
            }
        }
        out.push_str("</Rule>");
    }

    fn push_filter(&self, out: &mut String) {
        let sizes =
            [("ObjectSizeGreaterThan", self.size_greater_than), ("ObjectSizeLessThan", self.size_less_than)];
        let conditions = usize::from(!self.prefix.is_empty())
            + self.tags.len()
            + sizes.iter().filter(|(_, size)| size.is_some()).count();
        out.push_str(if conditions > 1 { "<Filter><And>" } else { "<Filter>" });
        if conditions == 0 || !self.prefix.is_empty() {
            xml::push(out, "Prefix", &self.prefix);
        }
        self.tags.iter().for_each(|(key, value)| push_tag(out, key, value));
        for (name, size) in sizes {
            xml::push_some(out, name, size.map(|bytes| bytes.to_string()));
        }
        out.push_str(if conditions > 1 { "</And></Filter>" } else { "</Filter>" });
    }

    pub(crate) fn read(node: Node<'_, '_>) -> Result<Self> {
        let mut rule = Self::new("");
        for part in node.children().filter(Node::is_element) {
            match part.tag_name().name() {
                "ID" => rule.id = Some(xml::text(part)).filter(|id| !id.is_empty()),
                "Status" => rule.enabled = xml::text(part).trim() == "Enabled",
                "Transition" => {
                    let transition = LifecycleTransition::read(part, "Days", &mut rule.unknown)?;
                    rule.transitions.push(transition);
                }
                "NoncurrentVersionTransition" => {
                    let transition = LifecycleTransition::read(part, "NoncurrentDays", &mut rule.unknown)?;
                    rule.noncurrent_transitions.push(transition);
                }
                _ => rule.read_part(part)?,
            }
        }
        Ok(rule)
    }

    fn read_part(&mut self, node: Node<'_, '_>) -> Result<()> {
        match node.tag_name().name() {
            "Filter"
            | "And"
            | "Expiration"
            | "NoncurrentVersionExpiration"
            | "AbortIncompleteMultipartUpload" => {
                node.children().filter(Node::is_element).try_for_each(|part| self.read_part(part))?;
            }
            "Prefix" => self.prefix = xml::text(node),
            "Tag" => self.tags.extend([read_tag(node)?]),
            "ObjectSizeGreaterThan" => self.size_greater_than = Some(number(node)?),
            "ObjectSizeLessThan" => self.size_less_than = Some(number(node)?),
            "Days" => self.expire_after_days = Some(number(node)?),
            "Date" => self.expire_at = Some(Timestamp::from_iso8601(&xml::text(node))),
            "ExpiredObjectDeleteMarker" => self.expire_delete_markers = xml::text(node).trim() == "true",
            "NoncurrentDays" => self.noncurrent_expire_after_days = Some(number(node)?),
            "NewerNoncurrentVersions" => self.noncurrent_versions_kept = Some(number(node)?),
            "DaysAfterInitiation" => self.abort_uploads_after_days = Some(number(node)?),
            other => self.unknown.push(other.to_owned()),
        }
        Ok(())
    }
}

impl LifecycleTransition {
    fn after(days: u32, storage_class: String) -> Self {
        Self { storage_class, after_days: Some(days), at: None }
    }

    fn read(node: Node<'_, '_>, days: &str, unknown: &mut Vec<String>) -> Result<Self> {
        let mut transition = Self { storage_class: String::new(), after_days: None, at: None };
        for part in node.children().filter(Node::is_element) {
            match part.tag_name().name() {
                "StorageClass" => transition.storage_class = xml::text(part),
                "Date" => transition.at = Some(Timestamp::from_iso8601(&xml::text(part))),
                name if name == days => transition.after_days = Some(number(part)?),
                other => unknown.push(other.to_owned()),
            }
        }
        Ok(transition)
    }
}

/// Adds an element with what `fill` puts into it, or none where that is nothing.
fn group(out: &mut String, name: &str, fill: impl FnOnce(&mut String)) {
    let mut content = String::new();
    fill(&mut content);
    if !content.is_empty() {
        out.push_str(&format!("<{name}>{content}</{name}>"));
    }
}

fn number<T: std::str::FromStr>(node: Node<'_, '_>) -> Result<T> {
    let text = xml::text(node);
    text.trim().parse().map_err(|_| missing(&format!("number in {}: {text:?}", node.tag_name().name())))
}
