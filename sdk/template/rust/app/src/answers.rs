//! An app that serves the links of its configuration: all of them, or where one leads.
use crate::abi;
use crate::json::Value;
use crate::plugin::Failure;

/// The interface served, beside slipway.plugin/1.
pub const INTERFACE: &str = "slipway.app/1";

/// Verb, path and meaning of each route.
const ROUTES: [(&str, &str, &str); 2] = [
    ("GET", "/api/links", "All links."),
    ("GET", "/api/links/{name}", "Where one link leads."),
];

/// The configuration; the host has checked it against the schema in plugin.json.
pub struct Answers {
    config: Value,
}

impl Answers {
    pub fn new(config: Value) -> Result<Answers, Failure> {
        Ok(Answers { config })
    }

    /// Answers a call of the interface. May be called from several threads at once.
    pub fn answer(&self, method: u32, request: &Value) -> Result<Value, Failure> {
        match method {
            0 => Ok(routes()),
            1 => self.handle(request),
            2 | 3 => Ok(Value::object(vec![])), // it hears of nothing, and nothing is due
            _ => Err(Failure(abi::UNIMPLEMENTED, format!("{} has no method number {}", INTERFACE, method))),
        }
    }

    fn handle(&self, request: &Value) -> Result<Value, Failure> {
        let links = self.config.get("links");
        match request.get("route").as_number() {
            Some(route) if route == 0.0 => Ok(reply(if *links == Value::Null { Value::object(vec![]) } else { links.clone() })),
            Some(route) if route == 1.0 => one(links, request),
            _ => Err(Failure(abi::NOT_FOUND, format!("there is no such route; there are {}, counted from 0", ROUTES.len()))),
        }
    }
}

fn one(links: &Value, request: &Value) -> Result<Value, Failure> {
    let missing = || Failure(abi::INVALID_ARGUMENT, "the request has no parameter \"name\"".to_string());
    let name = request.get("parameters").get("name").as_text().ok_or_else(missing)?;
    match links.get(name) {
        Value::Null => Err(Failure(abi::NOT_FOUND, "there is no such link".to_string())),
        link => Ok(reply(link.clone())),
    }
}

fn reply(body: Value) -> Value {
    Value::object(vec![("status", Value::Number(200.0)), ("body", body)])
}

fn routes() -> Value {
    let route = |(verb, path, doc): &(&str, &str, &str)| {
        Value::object(vec![
            ("verb", Value::text(verb)),
            ("path", Value::text(path)),
            ("access", Value::text("read")),
            ("doc", Value::text(doc)),
        ])
    };
    Value::object(vec![("routes", Value::List(ROUTES.iter().map(route).collect())), ("events", Value::List(vec![]))])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    fn ask(config: &str, method: u32, request: &str) -> Result<String, Failure> {
        let app = Answers::new(parse(config.as_bytes()).unwrap())?;
        app.answer(method, &parse(request.as_bytes()).unwrap()).map(|reply| reply.to_string())
    }

    const CONFIG: &str = r#"{"links":{"docs":"https://docs.example/"}}"#;

    #[test]
    fn says_what_it_serves() {
        let reply = ask(CONFIG, 0, "{}").unwrap();
        assert!(reply.contains(r#"{"verb":"GET","path":"/api/links/{name}","access":"read","doc":"Where one link leads."}"#), "{}", reply);
    }

    #[test]
    fn shows_all_links() {
        assert_eq!(ask(CONFIG, 1, r#"{"route":0}"#).unwrap(), r#"{"status":200,"body":{"docs":"https://docs.example/"}}"#);
        assert_eq!(ask("{}", 1, r#"{"route":0}"#).unwrap(), r#"{"status":200,"body":{}}"#);
    }

    #[test]
    fn shows_where_one_link_leads() {
        let reply = ask(CONFIG, 1, r#"{"route":1,"parameters":{"name":"docs"}}"#);
        assert_eq!(reply.unwrap(), r#"{"status":200,"body":"https://docs.example/"}"#);
    }

    #[test]
    fn refuses_what_it_does_not_have() {
        let unknown_link = Failure(abi::NOT_FOUND, "there is no such link".to_string());
        assert_eq!(ask(CONFIG, 1, r#"{"route":1,"parameters":{"name":"wiki"}}"#), Err(unknown_link));
        let no_name = Failure(abi::INVALID_ARGUMENT, "the request has no parameter \"name\"".to_string());
        assert_eq!(ask(CONFIG, 1, r#"{"route":1}"#), Err(no_name));
        let unknown_route = Failure(abi::NOT_FOUND, "there is no such route; there are 2, counted from 0".to_string());
        assert_eq!(ask(CONFIG, 1, r#"{"route":2}"#), Err(unknown_route));
    }

    #[test]
    fn takes_events_and_ticks_and_does_nothing() {
        assert_eq!(ask(CONFIG, 2, "{}").unwrap(), "{}");
        assert_eq!(ask(CONFIG, 3, "{}").unwrap(), "{}");
    }
}
