//! Secrets from files: <directory>/<tenant>/<name>. A value goes into the reply and nowhere else.
use crate::abi;
use crate::json::Value;
use crate::plugin::Failure;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The interface served, beside slipway.plugin/1.
pub const INTERFACE: &str = "slipway.secrets/1";

const MOST_BYTES: u64 = 65536;

pub struct Answers {
    directory: PathBuf,
    names: Vec<String>, // sorted
}

impl Answers {
    pub fn new(config: Value) -> Result<Answers, Failure> {
        let directory = config.get("directory").as_text().unwrap_or("/etc/slipway/secrets").into();
        let mut names: Vec<_> = config.get("names").items().iter().filter_map(|name| name.as_text().map(String::from)).collect();
        names.sort();
        Ok(Answers { directory, names })
    }

    /// Answers a call of the interface. May be called from several threads at once.
    pub fn answer(&self, method: u32, request: &Value) -> Result<Value, Failure> {
        match method {
            0 => self.resolve(request),
            1 => Ok(Value::object(vec![("names", Value::List(self.names.iter().map(|name| Value::text(name)).collect()))])),
            _ => Err(Failure(abi::UNIMPLEMENTED, format!("{} has no method number {}", INTERFACE, method))),
        }
    }

    fn resolve(&self, request: &Value) -> Result<Value, Failure> {
        let missing_tenant = || Failure(abi::INVALID_ARGUMENT, "the request has no \"tenant\"".to_string());
        let tenant = request.get("tenant").as_text().filter(|name| is_plain(name)).ok_or_else(missing_tenant)?;
        let names: Vec<&str> = request.get("names").items().iter().filter_map(Value::as_text).collect();
        self.refuse_unknown(&names)?;
        let mut values = Vec::new();
        for name in names {
            let path = self.directory.join(tenant).join(name);
            let unreadable = |_| Failure(abi::UNAVAILABLE, format!("there is no text to read for the secret {}", name));
            values.push((name, Value::text(content_of(&path).map_err(unreadable)?.trim_end_matches('\n'))));
        }
        Ok(Value::object(vec![("values", Value::object(values))]))
    }

    /// Every one that is missing is named.
    fn refuse_unknown(&self, names: &[&str]) -> Result<(), Failure> {
        let is_known = |name: &str| is_plain(name) && self.names.iter().any(|known| known == name);
        let missing: Vec<_> = names.iter().copied().filter(|name| !is_known(name)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Failure(abi::NOT_FOUND, format!("no such secrets; add them to \"names\": {}", missing.join(", "))))
    }
}

/// A name that can't lead out of its folder.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && !name.contains(|c| matches!(c, '/' | '\\' | '\0'))
}

fn content_of(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(MOST_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    /// A folder with one secret, and a plugin over it.
    fn ask(place: &str, method: u32, request: &str) -> Result<String, Failure> {
        let folder = std::env::temp_dir().join(format!("acme_greeter-{}-{}", std::process::id(), place));
        std::fs::create_dir_all(folder.join("acme")).unwrap();
        std::fs::write(folder.join("acme/TOKEN"), "hunter2\n").unwrap();
        std::fs::write(folder.join("acme/BROKEN"), [0xff]).unwrap();
        let names = ["TOKEN", "BROKEN", "ABSENT"].iter().map(|name| Value::text(name)).collect();
        let directory = Value::text(folder.to_str().unwrap());
        let secrets = Answers::new(Value::object(vec![("directory", directory), ("names", Value::List(names))]))?;
        let reply = secrets.answer(method, &parse(request.as_bytes()).unwrap()).map(|reply| reply.to_string());
        std::fs::remove_dir_all(folder).unwrap();
        reply
    }

    #[test]
    fn come_from_the_tenants_own_folder() {
        let reply = ask("own", 0, r#"{"tenant":"acme","names":["TOKEN"]}"#);
        assert_eq!(reply.unwrap(), r#"{"values":{"TOKEN":"hunter2"}}"#);
    }

    #[test]
    fn that_are_missing_are_all_named() {
        let refusal = Failure(abi::NOT_FOUND, "no such secrets; add them to \"names\": A, B".to_string());
        assert_eq!(ask("missing", 0, r#"{"tenant":"acme","names":["A","TOKEN","B"]}"#), Err(refusal));
    }

    #[test]
    fn that_can_not_be_read_are_named_and_nothing_else_is_told() {
        for name in ["BROKEN", "ABSENT"] {
            let refusal = Failure(abi::UNAVAILABLE, format!("there is no text to read for the secret {}", name));
            assert_eq!(ask(name, 0, &format!(r#"{{"tenant":"acme","names":["{}"]}}"#, name)), Err(refusal));
        }
    }

    #[test]
    fn of_a_tenant_that_is_a_path_are_refused() {
        let refusal = Failure(abi::INVALID_ARGUMENT, "the request has no \"tenant\"".to_string());
        assert_eq!(ask("path", 0, r#"{"tenant":"../acme","names":["TOKEN"]}"#), Err(refusal));
    }

    #[test]
    fn are_listed_by_name() {
        assert_eq!(ask("list", 1, r#"{"tenant":"acme"}"#).unwrap(), r#"{"names":["ABSENT","BROKEN","TOKEN"]}"#);
    }
}
