//! An analyzer that wants one number below a limit for some windows in a row.
use crate::abi;
use crate::json::Value;
use crate::plugin::Failure;

/// The interface served, beside slipway.plugin/1.
pub const INTERFACE: &str = "slipway.analyzer/1";

pub struct Answers {
    config: Value,
}

struct Settings {
    metric: String,
    limit: f64,
    windows: f64,
}

impl Answers {
    pub fn new(config: Value) -> Result<Answers, Failure> {
        Ok(Answers { config })
    }

    /// Answers a call of the interface. May be called from several threads at once.
    pub fn answer(&self, method: u32, request: &Value) -> Result<Value, Failure> {
        match method {
            0 => Ok(validate(&self.settings(request))),
            1 => judge(&self.settings(request), request),
            _ => Err(Failure(abi::UNIMPLEMENTED, format!("{} has no method number {}", INTERFACE, method))),
        }
    }

    fn settings(&self, request: &Value) -> Settings {
        let setting = |name| match request.get("settings").get(name) {
            Value::Null => self.config.get(name),
            own => own,
        };
        Settings {
            metric: setting("metric").as_text().unwrap_or("error_ratio").to_string(),
            limit: setting("limit").as_number().unwrap_or(0.05),
            windows: setting("windows").as_number().unwrap_or(3.0),
        }
    }
}

fn validate(settings: &Settings) -> Value {
    if settings.windows >= 1.0 && settings.windows <= 1000.0 && settings.windows.fract() == 0.0 {
        return Value::object(vec![("problems", Value::List(vec![])), ("least_windows", Value::Number(settings.windows))]);
    }
    let problem = Value::object(vec![
        ("path", Value::text("/windows")),
        ("value", Value::text(&settings.windows.to_string())),
        ("message", Value::text("want a whole number from 1 to 1000")),
    ]);
    Value::object(vec![("problems", Value::List(vec![problem]))])
}

/// The number of the judged group.
fn value_of(request: &Value, metric: &str) -> Option<f64> {
    let role = request.get("role").as_text().unwrap_or("next");
    let group = request.get("groups").items().iter().find(|group| group.get("role").as_text() == Some(role))?;
    group.get("values").get(metric).as_number()
}

fn judge(settings: &Settings, request: &Value) -> Result<Value, Failure> {
    let state = request.get("state");
    let version = state.get("version").as_number().unwrap_or(1.0);
    if version != 1.0 {
        return Err(Failure(abi::FAILED_PRECONDITION, format!("the state has version {}, this analyzer reads 1", version)));
    }
    let good = state.get("good").as_number().unwrap_or(0.0);
    // Missing data is neither success nor failure.
    let (good, verdict, reason) = match value_of(request, &settings.metric) {
        None => (good, "insufficient_data", format!("there is no {}", settings.metric)),
        Some(value) if value > settings.limit => {
            (good, "fail", format!("{} is {}, more than {}", settings.metric, value, settings.limit))
        }
        Some(value) => {
            let verdict = if good + 1.0 >= settings.windows { "pass" } else { "continue" };
            let reason = format!("{} is {}, good window {} of {}", settings.metric, value, good + 1.0, settings.windows);
            (good + 1.0, verdict, reason)
        }
    };
    Ok(Value::object(vec![
        ("state", Value::object(vec![("version", Value::Number(1.0)), ("good", Value::Number(good))])),
        ("verdict", Value::text(verdict)),
        ("reason", Value::text(&reason)),
        ("method", Value::text("acme.greeter/1")),
        ("measurements", Value::Number(good)),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    fn ask(method: u32, request: &str) -> Result<Value, Failure> {
        let analyzer = Answers::new(parse(br#"{"windows":2}"#).unwrap())?;
        analyzer.answer(method, &parse(request.as_bytes()).unwrap())
    }
    fn verdict(request: &str) -> (String, String) {
        let reply = ask(1, request).unwrap();
        let word = |name: &str| reply.get(name).as_text().unwrap().to_string();
        (word("verdict"), word("reason"))
    }

    #[test]
    fn passes_after_enough_good_windows() {
        let groups = r#""groups":[{"role":"next","values":{"error_ratio":0.01}}]"#;
        let first = verdict(&format!("{{{}}}", groups));
        assert_eq!(first, ("continue".to_string(), "error_ratio is 0.01, good window 1 of 2".to_string()));
        let second = verdict(&format!(r#"{{"state":{{"version":1,"good":1}},{}}}"#, groups));
        assert_eq!(second.0, "pass");
    }

    #[test]
    fn fails_above_the_limit_and_tells_the_numbers() {
        let seen = verdict(r#"{"settings":{"limit":0.1},"groups":[{"role":"next","values":{"error_ratio":0.5}}]}"#);
        assert_eq!(seen, ("fail".to_string(), "error_ratio is 0.5, more than 0.1".to_string()));
    }

    #[test]
    fn takes_missing_data_for_neither_success_nor_failure() {
        assert_eq!(verdict(r#"{"groups":[]}"#).0, "insufficient_data");
    }

    #[test]
    fn refuses_a_state_of_another_version() {
        let refusal = Failure(abi::FAILED_PRECONDITION, "the state has version 2, this analyzer reads 1".to_string());
        assert_eq!(ask(1, r#"{"state":{"version":2}}"#), Err(refusal));
    }

    #[test]
    fn names_the_fault_in_its_settings() {
        let reply = ask(0, r#"{"settings":{"windows":0}}"#).unwrap();
        assert_eq!(reply.get("problems").items()[0].get("path").as_text(), Some("/windows"));
        assert_eq!(ask(0, "{}").unwrap().get("least_windows").as_number(), Some(2.0));
    }
}
