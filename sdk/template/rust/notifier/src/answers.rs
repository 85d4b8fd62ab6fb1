//! A notifier that appends each event to a file, one JSON object a line.
use crate::abi;
use crate::json::Value;
use crate::plugin::Failure;
use std::fs::OpenOptions;
use std::io::Write;

/// The interface served, beside slipway.plugin/1.
pub const INTERFACE: &str = "slipway.notifier/1";

const FIELDS: [&str; 5] = ["id", "at", "type", "tenant", "summary"];

pub struct Answers {
    file: String,
}

impl Answers {
    pub fn new(config: Value) -> Result<Answers, Failure> {
        Ok(Answers { file: config.get("file").as_text().unwrap_or("").to_string() })
    }

    /// Answers a call of the interface. May be called from several threads at once.
    pub fn answer(&self, method: u32, request: &Value) -> Result<Value, Failure> {
        match method {
            0 => self.send(request),
            _ => Err(Failure(abi::UNIMPLEMENTED, format!("{} has no method number {}", INTERFACE, method))),
        }
    }

    fn send(&self, request: &Value) -> Result<Value, Failure> {
        if self.file.is_empty() {
            return Err(Failure(abi::FAILED_PRECONDITION, "there is no \"file\" in the configuration".to_string()));
        }
        // Who reads it twice knows by the id that it is a repetition.
        if request.get("id").as_text().unwrap_or("").is_empty() {
            return Err(Failure(abi::INVALID_ARGUMENT, "the request has no \"id\"".to_string()));
        }
        let event = Value::object(FIELDS.iter().map(|name| (*name, request.get(name).clone())).collect());
        let failed = |error| Failure(abi::UNAVAILABLE, format!("can't append to {}: {}", self.file, error));
        self.append(&format!("{}\n", event)).map_err(failed)?;
        Ok(Value::object(vec![]))
    }

    /// Opened for each event, so that the file may be rotated meanwhile; one write, so that lines stay whole.
    fn append(&self, line: &str) -> std::io::Result<()> {
        OpenOptions::new().append(true).create(true).open(&self.file)?.write_all(line.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    const EVENT: &str = r#"{"id":"ev-1","type":"rollout.succeeded","tenant":"acme","at":"2026-01-31T12:00:00Z","summary":"done","data":{}}"#;

    fn send(file: &str, event: &str) -> Result<Value, Failure> {
        let notifier = Answers::new(Value::object(vec![("file", Value::text(file))]))?;
        notifier.answer(0, &parse(event.as_bytes()).unwrap())
    }

    #[test]
    fn appends_each_event_as_a_line() {
        let file = std::env::temp_dir().join(format!("acme_greeter-{}", std::process::id()));
        let name = file.to_str().unwrap();
        send(name, EVENT).unwrap();
        send(name, EVENT).unwrap();
        let line = r#"{"id":"ev-1","at":"2026-01-31T12:00:00Z","type":"rollout.succeeded","tenant":"acme","summary":"done"}"#;
        assert_eq!(std::fs::read_to_string(&file).unwrap(), format!("{}\n{}\n", line, line));
        std::fs::remove_file(file).unwrap();
    }

    #[test]
    fn says_that_it_may_be_tried_again_when_the_file_can_not_be_opened() {
        let refusal = send("/nowhere/events", EVENT).unwrap_err();
        assert_eq!(refusal.0, abi::UNAVAILABLE);
        assert!(refusal.1.starts_with("can't append to /nowhere/events: "), "{}", refusal.1);
    }

    #[test]
    fn says_what_is_missing() {
        let refusal = Failure(abi::FAILED_PRECONDITION, "there is no \"file\" in the configuration".to_string());
        assert_eq!(send("", EVENT), Err(refusal));
        assert_eq!(send("x", "{}"), Err(Failure(abi::INVALID_ARGUMENT, "the request has no \"id\"".to_string())));
    }
}
