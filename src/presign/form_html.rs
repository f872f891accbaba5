//! The HTML of an upload form.

use super::post_object::PostForm;

impl PostForm {
    /// Returns the form as HTML, ready to be placed in a page: the hidden fields, a text field for each
    /// [open field](Self::open_fields), the file and a button. All values are escaped.
    ///
    /// If the media type is an open field, the form takes it from the chosen file with a line of JavaScript.
    ///
    /// Browsers send a line break in a value as CR LF, so a form whose values contain a lone LF is rejected by
    /// the server.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// # let hour = std::time::Duration::from_secs(3600);
    /// use plain_s3::PostPolicy;
    ///
    /// let policy = PostPolicy::key_starts_with("photos/").content_type_starts_with("image/");
    /// let form = client.presign_post_object("my-new-bucket", &policy, hour)?;
    /// std::fs::write("upload.html", format!("<!doctype html><title>Upload</title>\n{}", form.to_html()))?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn to_html(&self) -> String {
        let mut html = format!(
            "<form action=\"{}\" method=\"post\" enctype=\"multipart/form-data\" accept-charset=\"utf-8\">\n",
            escape(&self.url)
        );
        for (name, value) in &self.fields {
            let (name, value) = (escape(name), escape(value));
            html += &format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">\n");
        }
        let mut on_change = String::new();
        for (name, prefix) in &self.open_fields {
            if name.eq_ignore_ascii_case("content-type") {
                on_change = format!(" onchange=\"this.form.elements['{name}'].value = this.files[0].type\"");
            }
            let (name, prefix) = (escape(name), escape(prefix));
            html +=
                &format!("<label>{name} <input type=\"text\" name=\"{name}\" value=\"{prefix}\"></label>\n");
        }
        // servers ignore every field after the file
        html += &format!("<input type=\"file\" name=\"file\" required{on_change}>\n");
        html + "<button type=\"submit\">Upload</button>\n</form>\n"
    }
}

/// Escapes a text for an attribute in double quotes and for content.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // a parser would turn them into LF
            '\r' => out.push_str("&#13;"),
            '\n' => out.push_str("&#10;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_has_every_field_escaped_and_the_file_last() {
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut form = PostForm::new("http://h/b/", vec![field("key", "a\"><b>&'\r\n${filename}")]);
        form.open_fields = vec![field("Content-Type", "image/"), field("x-amz-meta-a", "")];
        assert_eq!(
            form.to_html(),
            "<form action=\"http://h/b/\" method=\"post\" enctype=\"multipart/form-data\" accept-charset=\"utf-8\">\n\
             <input type=\"hidden\" name=\"key\" value=\"a&quot;&gt;&lt;b&gt;&amp;&#39;&#13;&#10;${filename}\">\n\
             <label>Content-Type <input type=\"text\" name=\"Content-Type\" value=\"image/\"></label>\n\
             <label>x-amz-meta-a <input type=\"text\" name=\"x-amz-meta-a\" value=\"\"></label>\n\
             <input type=\"file\" name=\"file\" required \
             onchange=\"this.form.elements['Content-Type'].value = this.files[0].type\">\n\
             <button type=\"submit\">Upload</button>\n</form>\n"
        );
        form.open_fields.clear();
        assert!(!form.to_html().contains("onchange"));
    }
}
