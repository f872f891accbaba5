//! The settings of a profile besides its credentials.

use super::Profile;
use super::ini::Kind;
use crate::config::{CaBundle, Config, Environment};
use crate::endpoint::AddressingStyle;
use crate::error::Result;
use crate::sign::SignatureVersion;

impl Profile<'_> {
    /// Returns the endpoint of a service, such as `s3` or `sts`.
    pub(crate) fn endpoint(&self, service: &str) -> Result<Option<String>> {
        if let Some(ignore) = self.get("ignore_configured_endpoint_urls")
            && ignore.value.eq_ignore_ascii_case("true")
        {
            return Ok(None);
        }
        let nested = format!("{service}.endpoint_url");
        if let Some(services) = self.get("services") {
            let wanted = Some((Kind::Services, services.value.clone()));
            let Some(section) = self.all.config.properties(|section| section.kind() == wanted)? else {
                let problem = format!("has services = {0}, but there is no [services {0}]", services.value);
                let hint = format!("Add the section to {}, or remove the line.", self.all.config.path());
                return Err(self.error(services, problem).with_hint(hint));
            };
            if let Some(property) = section.get(&nested).filter(|property| !property.value.is_empty()) {
                return Ok(Some(property.value.clone()));
            }
        }
        // aws-cli ignores an endpoint_url below `s3 =`, which is surely meant
        let own = if service == "s3" { self.get(&nested) } else { None };
        Ok(own.or_else(|| self.get("endpoint_url")).map(|property| property.value.clone()))
    }

    /// Adds the settings besides the endpoint and the credentials. The environment takes precedence.
    pub(crate) fn complete(&self, mut config: Config, env: &Environment<'_>) -> Result<Config> {
        let region = || self.get("region").map(|property| property.value.clone());
        config.region = env.region().or_else(region);
        config.addressing = match env.addressing_style()? {
            Some(style) => style,
            None => self.addressing_style()?,
        };
        config.signature = self.signature_version()?;
        config.ca = self.ca_bundle(env)?;
        Ok(config)
    }

    /// Reads the file of certificates to trust. The environment takes precedence.
    pub(crate) fn ca_bundle(&self, env: &Environment<'_>) -> Result<Option<CaBundle>> {
        env.ca_bundle(self.get("ca_bundle").map(|property| property.value.as_str()))
    }

    fn addressing_style(&self) -> Result<AddressingStyle> {
        let Some(property) = self.get("s3.addressing_style") else { return Ok(AddressingStyle::default()) };
        match property.value.to_ascii_lowercase().as_str() {
            "auto" => Ok(AddressingStyle::default()),
            "path" => Ok(AddressingStyle::Path),
            "virtual" => Ok(AddressingStyle::VirtualHosted),
            _ => Err(self.error(
                property,
                format_args!(
                    "has the addressing_style {:?}, not \"path\", \"virtual\" or \"auto\"",
                    property.value
                ),
            )),
        }
    }

    fn signature_version(&self) -> Result<Option<SignatureVersion>> {
        let Some(property) = self.get("s3.signature_version") else { return Ok(None) };
        match property.value.as_str() {
            "s3" => Ok(Some(SignatureVersion::V2)),
            "s3v4" => Ok(Some(SignatureVersion::V4)),
            other => Err(self.error(
                property,
                format_args!("has the signature_version {other:?}, not \"s3\" or \"s3v4\""),
            )),
        }
    }
}
