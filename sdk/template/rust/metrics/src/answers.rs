//! A metrics source that counts requests in access logs, <directory>/<application>-<release>.csv. A line is a moment in
//! seconds since 1970, a comma, and the status of an answer. Lines are only ever added, and only in the order of time, so a
//! window that was asked for twice has the same numbers.
use crate::abi;
use crate::instant::instant_of;
use crate::json::Value;
use crate::plugin::Failure;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

/// The interface served, beside slipway.plugin/1.
pub const INTERFACE: &str = "slipway.metrics/1";

const METRICS: [(&str, &str); 3] = [
    ("requests", "Requests answered."),
    ("failures", "Requests answered with 5xx."),
    ("error_ratio", "failures / requests"),
];

pub struct Answers {
    directory: PathBuf,
}

impl Answers {
    pub fn new(config: Value) -> Result<Answers, Failure> {
        Ok(Answers { directory: config.get("directory").as_text().unwrap_or("/var/log/slipway-access").into() })
    }

    /// Answers a call of the interface. May be called from several threads at once.
    pub fn answer(&self, method: u32, request: &Value) -> Result<Value, Failure> {
        match method {
            0 => Ok(describe()),
            1 => self.query(request),
            _ => Err(Failure(abi::UNIMPLEMENTED, format!("{} has no method number {}", INTERFACE, method))),
        }
    }

    fn query(&self, request: &Value) -> Result<Value, Failure> {
        let application = plain(request, "application")?;
        let window = request.get("window");
        let moment = |name| window.get(name).as_text().and_then(instant_of).ok_or_else(|| missing("window"));
        let (from, to) = (moment("from")?, moment("to")?);
        let mut groups = Vec::new();
        for group in request.get("groups").items() {
            let role = group.get("role").as_text().ok_or_else(|| missing("role"))?;
            let log = self.directory.join(format!("{}-{}.csv", application, plain(group, "release")?));
            groups.push(samples(role, count(&log, from, to)));
        }
        Ok(Value::object(vec![("groups", Value::List(groups))]))
    }
}

fn describe() -> Value {
    let metric = |(name, doc): &(&str, &str)| {
        Value::object(vec![("name", Value::text(name)), ("unit", Value::text("1")), ("doc", Value::text(doc))])
    };
    let schema = Value::object(vec![("type", Value::text("object")), ("additionalProperties", Value::Bool(false))]);
    Value::object(vec![("metrics", Value::List(METRICS.iter().map(metric).collect())), ("query_schema", schema)])
}

fn missing(what: &str) -> Failure {
    Failure(abi::INVALID_ARGUMENT, format!("the request has no valid \"{}\"", what))
}

/// The text of a member that can't lead out of the folder.
fn plain<'a>(object: &'a Value, name: &str) -> Result<&'a str, Failure> {
    let is_plain = |text: &&str| !text.is_empty() && !text.starts_with('.') && !text.contains(|c| matches!(c, '/' | '\\' | '\0'));
    object.get(name).as_text().filter(is_plain).ok_or_else(|| missing(name))
}

/// Requests and failures from `from` until before `to`.
fn count(log: &Path, from: f64, to: f64) -> std::io::Result<(f64, f64)> {
    let (mut requests, mut failures) = (0.0, 0.0);
    for line in BufReader::new(File::open(log)?).lines() {
        let line = line?;
        let parts = line.split_once(',').and_then(|(at, status)| Some((at.parse::<f64>().ok()?, status.parse::<u32>().ok()?)));
        match parts {
            Some((at, _)) if at >= to => break,
            Some((at, status)) if at >= from => {
                requests += 1.0;
                failures += if status >= 500 { 1.0 } else { 0.0 };
            }
            _ => {}
        }
    }
    Ok((requests, failures))
}

/// A number that could not be had is absent, never 0.
fn samples(role: &str, counted: std::io::Result<(f64, f64)>) -> Value {
    let role = ("role", Value::text(role));
    match counted {
        Err(error) => {
            let problem = format!("the access log of this release can't be read: {}", error);
            Value::object(vec![role, ("completeness", Value::Number(0.0)), ("problem", Value::text(&problem))])
        }
        Ok((requests, failures)) => {
            let mut values = vec![("requests", Value::Number(requests)), ("failures", Value::Number(failures))];
            if requests > 0.0 {
                values.push(("error_ratio", Value::Number(failures / requests)));
            }
            Value::object(vec![role, ("values", Value::object(values))])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    fn query(place: &str, release: &str) -> Result<Value, Failure> {
        let folder = std::env::temp_dir().join(format!("acme_greeter-{}-{}", std::process::id(), place));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("shop-1.2.csv"), "99.9,500\n100,200\n150.5,503\nrubbish\n199,404\n199,200\n200,500\n").unwrap();
        let source = Answers::new(Value::object(vec![("directory", Value::text(folder.to_str().unwrap()))]))?;
        let window = r#"{"id":"w","from":"1970-01-01T00:01:40Z","to":"1970-01-01T00:03:20Z"}"#;
        let group = format!(r#"{{"role":"next","release":"{}"}}"#, release);
        let request = format!(r#"{{"application":"shop","groups":[{}],"window":{}}}"#, group, window);
        let reply = source.answer(1, &parse(request.as_bytes()).unwrap());
        std::fs::remove_dir_all(folder).unwrap();
        reply
    }

    #[test]
    fn count_the_requests_of_the_window() {
        let reply = query("window", "1.2").unwrap();
        let values = r#"{"requests":4,"failures":1,"error_ratio":0.25}"#;
        assert_eq!(reply.get("groups").items()[0].get("values").to_string(), values);
    }

    #[test]
    fn are_absent_when_there_is_no_log() {
        let reply = query("absent", "1.3").unwrap();
        let group = &reply.get("groups").items()[0];
        assert_eq!(*group.get("values"), Value::Null);
        assert_eq!(group.get("completeness").as_number(), Some(0.0));
    }

    #[test]
    fn of_a_release_that_is_a_path_are_refused() {
        assert_eq!(query("path", "../1.2"), Err(missing("release")));
    }
}
