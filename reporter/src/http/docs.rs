//! `GET /docs`: the document as a page that people read. No script, nothing from elsewhere: it needs no network but ours.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// The page may load its style, and nothing else from anywhere.
pub(super) const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// How it looks.
pub(super) const STYLE: &str = include_str!("docs/style.css");
/// How deep schemas within schemas are told of in one line.
const DEPTH_MAX: usize = 4;

/// The page of an `OpenAPI` document.
pub(super) fn page(document: &Value) -> String {
    let (title, told) = (text(&document["info"]["title"]), text(&document["info"]["description"]));
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><link rel=\"stylesheet\" href=\"/docs/style.css\"></head>\
         <body><header><h1>{title}</h1><p>{told}</p><p>For machines: <a href=\"/openapi.json\">openapi.json</a></p></header><nav><ul>"
    );
    for (path, operation) in operations(document) {
        let _infallible = write!(
            page,
            "<li><a href=\"#{}\"><code>{}</code></a></li>",
            text(&operation["operationId"]),
            escaped(path)
        );
    }
    page.push_str("</ul></nav><main>");
    for (path, operation) in operations(document) {
        write_operation(&mut page, document, path, operation);
    }
    page.push_str("<h2>Shapes</h2>");
    for (name, schema) in fields(&document["components"]["schemas"]) {
        write_schema(&mut page, name, schema);
    }
    page.push_str("</main></body></html>\n");
    page
}

fn operations(document: &Value) -> impl Iterator<Item = (&str, &Value)> {
    fields(&document["paths"]).map(|(path, item)| (path, &item["get"]))
}

fn write_operation(page: &mut String, document: &Value, path: &str, operation: &Value) {
    let _infallible = write!(
        page,
        "<section id=\"{}\"><h2><code>GET {}</code></h2><p>{}</p>",
        text(&operation["operationId"]),
        escaped(path),
        text(&operation["summary"])
    );
    let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !parameters.is_empty() {
        page.push_str("<table><thead><tr><th>parameter<th>is<th></tr></thead>");
        for parameter in parameters.iter().map(|parameter| resolved(document, parameter)) {
            let needed = if parameter["required"] == true { " <em>needed</em>" } else { "" };
            let _infallible = write!(
                page,
                "<tr><td><code>{}</code>{needed}<td>{}<td>{}</tr>",
                text(&parameter["name"]),
                shape(&parameter["schema"], 0),
                text(&parameter["description"])
            );
        }
        page.push_str("</table>");
    }
    page.push_str("<table><thead><tr><th>status<th>answer<th></tr></thead>");
    for (status, response) in fields(&operation["responses"]) {
        let response = resolved(document, response);
        let content: Vec<String> = fields(&response["content"])
            .map(|(kind, content)| format!("<code>{}</code> {}", escaped(kind), shape(&content["schema"], 0)))
            .collect();
        let headers: Vec<String> =
            fields(&response["headers"]).map(|(name, _)| format!("<code>{}</code>", escaped(name))).collect();
        let headers =
            if headers.is_empty() { String::new() } else { format!(" With {}.", headers.join(", ")) };
        let _infallible = write!(
            page,
            "<tr><td>{}<td>{}<td>{}{headers}</tr>",
            escaped(status),
            content.join("<br>"),
            text(&response["description"])
        );
    }
    page.push_str("</table></section>");
}

fn write_schema(page: &mut String, name: &str, schema: &Value) {
    let name = escaped(name);
    let _infallible = write!(
        page,
        "<section id=\"shape-{name}\"><h3><code>{name}</code></h3><p>{}</p>",
        text(&schema["description"])
    );
    let parts = match schema["allOf"].as_array() {
        Some(parts) => parts.iter().collect(),
        None => vec![schema],
    };
    for part in parts {
        let properties: Vec<(&str, &Value)> = fields(&part["properties"]).collect();
        if properties.is_empty() {
            let _infallible = write!(page, "<p>{}</p>", shape(part, 0));
            continue;
        }
        page.push_str("<table><thead><tr><th>field<th>is<th></tr></thead>");
        for (field, of) in properties {
            let _infallible = write!(
                page,
                "<tr><td><code>{}</code><td>{}<td>{}</tr>",
                escaped(field),
                shape(of, 0),
                text(&of["description"])
            );
        }
        page.push_str("</table>");
    }
    page.push_str("</section>");
}

/// A schema in a few words, with links to those it names.
fn shape(schema: &Value, depth: usize) -> String {
    if depth > DEPTH_MAX {
        return "…".to_owned();
    }
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        let name = escaped(name);
        return format!("<a href=\"#shape-{name}\">{name}</a>");
    }
    for (list, word) in [("allOf", " and "), ("oneOf", " or "), ("anyOf", " or ")] {
        if let Some(parts) = schema[list].as_array() {
            let parts: Vec<String> = parts.iter().map(|part| shape(part, depth + 1)).collect();
            return parts.join(word);
        }
    }
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<String> =
            values.iter().map(|value| format!("<code>{}</code>", text(value))).collect();
        return values.join(" ");
    }
    let kinds: Vec<String> = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().map(text).collect(),
        kind => vec![text(kind)],
    };
    let mut told = kinds.join(" or ");
    if schema["items"].is_object() {
        let _infallible = write!(told, " of {}", shape(&schema["items"], depth + 1));
    }
    let own: Vec<String> = fields(&schema["properties"])
        .map(|(name, of)| format!("<code>{}</code>: {}", escaped(name), shape(of, depth + 1)))
        .collect();
    if !own.is_empty() {
        told = format!("{{ {} }}", own.join(", "));
    }
    for (word, name) in [
        ("", "format"),
        ("from ", "minimum"),
        ("to ", "maximum"),
        ("at most ", "maxItems"),
        ("like ", "pattern"),
    ] {
        if !schema[name].is_null() {
            let _infallible = write!(told, " {word}{}", text(&schema[name]));
        }
    }
    told
}

/// What a reference leads to; anything else is itself.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let place = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    place.and_then(|place| document.pointer(place)).unwrap_or(value)
}

fn fields(object: &Value) -> impl Iterator<Item = (&str, &Value)> {
    object.as_object().into_iter().flat_map(Map::iter).map(|(name, value)| (name.as_str(), value))
}

/// A text of the document, harmless in the page.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => escaped(text),
        other => escaped(&other.to_string()),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_document_says_can_not_become_a_part_of_the_page() {
        let hostile = "\"><script>alert(1)</script>";
        let document = json!({
            "info": { "title": hostile, "description": hostile },
            "paths": { hostile: { "get": {
                "operationId": hostile, "summary": hostile,
                "parameters": [{ "name": hostile, "schema": { "enum": [hostile] } }],
                "responses": { hostile: { "description": hostile, "content": { hostile: { "schema": { "$ref": hostile } } } } },
            } } },
            "components": { "schemas": { hostile: { "type": hostile, "properties": { hostile: { "pattern": hostile } } } } },
        });
        let page = page(&document);
        assert!(page.contains("&lt;script&gt;"), "{page}");
        assert!(!page.contains("<script"), "{page}");
        assert!(!page.contains("\"\">"), "{page}");
    }
}
