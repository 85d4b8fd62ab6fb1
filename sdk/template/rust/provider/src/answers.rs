//! A provider that writes down what shall be, one file for each application, and reports it as done. Put the making of replicas
//! between.
use crate::abi;
use crate::instant::instant_text;
use crate::json::{self, Value};
use crate::plugin::Failure;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// The interface served, beside slipway.plugin/1.
pub const INTERFACE: &str = "slipway.provider/1";

pub struct Answers {
    directory: PathBuf,
}

impl Answers {
    pub fn new(config: Value) -> Result<Answers, Failure> {
        Ok(Answers { directory: config.get("directory").as_text().unwrap_or("/var/lib/slipway-orders").into() })
    }

    /// Answers a call of the interface. Calls of one instance never overlap: plugin.json says serial.
    pub fn answer(&self, method: u32, request: &Value) -> Result<Value, Failure> {
        match method {
            0 => Ok(Value::object(vec![("max_groups", Value::Number(2.0))])),
            1 => Ok(validate(request)),
            2 => self.apply(request),
            3 => self.observe(request),
            4 => self.remove(request),
            _ => Err(Failure(abi::UNIMPLEMENTED, format!("{} has no method number {}", INTERFACE, method))),
        }
    }

    /// May be repeated, and may come from another host: the token tells which order is the newer one.
    fn apply(&self, request: &Value) -> Result<Value, Failure> {
        let path = self.file_of(request)?;
        let known = read(&path)?;
        refuse_older(&known, request)?;
        let generation = number(request, "generation");
        let before = known.get("desired");
        if number(&known, "token") == number(request, "token") && generation < number(before, "generation") {
            let newest = number(before, "generation");
            return Err(Failure(abi::ABORTED, format!("generation {} is older than {}", generation, newest)));
        }
        write(&path, request, request.clone())
    }

    fn remove(&self, request: &Value) -> Result<Value, Failure> {
        let path = self.file_of(request)?;
        refuse_older(&read(&path)?, request)?;
        write(&path, request, Value::Null)
    }

    fn observe(&self, request: &Value) -> Result<Value, Failure> {
        let known = read(&self.file_of(request)?)?;
        let desired = known.get("desired");
        if *desired == Value::Null {
            return Err(Failure(abi::NOT_FOUND, "there is no such application".to_string()));
        }
        let groups = desired.get("groups").items().iter().map(|group| observed(group, known.get("since"))).collect();
        Ok(Value::object(vec![
            ("generation", desired.get("generation").clone()),
            ("converged", Value::Bool(true)),
            ("groups", Value::List(groups)),
        ]))
    }

    /// A dot parts tenant and application, so no name may have one; nor may a name lead out of the folder.
    fn file_of(&self, request: &Value) -> Result<PathBuf, Failure> {
        let name = |what: &str| {
            let is_plain = |text: &&str| !text.is_empty() && !text.contains(|c| matches!(c, '.' | '/' | '\\' | '\0'));
            let missing = || Failure(abi::INVALID_ARGUMENT, format!("the request has no valid \"{}\"", what));
            request.get(what).as_text().filter(is_plain).ok_or_else(missing)
        };
        Ok(self.directory.join(format!("{}.{}.json", name("tenant")?, name("application")?)))
    }
}

fn number(object: &Value, name: &str) -> f64 {
    object.get(name).as_number().unwrap_or(0.0)
}

fn refuse_older(known: &Value, request: &Value) -> Result<(), Failure> {
    let (token, newest) = (number(request, "token"), number(known, "token"));
    if token >= newest {
        return Ok(());
    }
    Err(Failure(abi::ABORTED, format!("an order under token {} came before this one under token {}", newest, token)))
}

fn validate(request: &Value) -> Value {
    let mut problems = Vec::new();
    if !request.get("routes").items().is_empty() {
        problems.push(Value::text("header_routes: this provider has none"));
    }
    if *request.get("mirror") != Value::Null {
        problems.push(Value::text("mirroring: this provider has none"));
    }
    Value::object(vec![("problems", Value::List(problems))])
}

fn observed(group: &Value, since: &Value) -> Value {
    let replicas = group.get("replicas");
    let ready_since = vec![since.clone(); number(group, "replicas").clamp(0.0, 10_000.0) as usize];
    Value::object(vec![
        ("role", group.get("role").clone()),
        ("release", group.get("release").get("version").clone()),
        ("replicas", replicas.clone()),
        ("running", replicas.clone()),
        ("ready", replicas.clone()),
        ("ready_since", Value::List(ready_since)),
        ("weight", group.get("weight").clone()),
    ])
}

/// {"token", "since", "desired"}; desired is null once it was removed. Null when nothing is known.
fn read(path: &Path) -> Result<Value, Failure> {
    match fs::read(path) {
        Ok(text) => json::parse(&text).map_err(|fault| Failure(abi::INTERNAL, format!("the application's file is {}", fault))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Value::Null),
        Err(error) => Err(Failure(abi::UNAVAILABLE, format!("can't read the application's file: {}", error))),
    }
}

/// Durable before it answers. Beside it, then in its place: a reader sees the old file or the new one.
fn write(path: &Path, order: &Value, desired: Value) -> Result<Value, Failure> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
    let record = Value::object(vec![
        ("token", order.get("token").clone()),
        ("since", Value::text(&instant_text(now))),
        ("desired", desired),
    ]);
    let beside = path.with_extension("new");
    let replace = || -> std::io::Result<()> {
        let mut file = File::create(&beside)?;
        file.write_all(record.to_string().as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    replace().map_err(|error| Failure(abi::UNAVAILABLE, format!("can't write the application's file: {}", error)))?;
    Ok(Value::object(vec![]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    /// A provider over a folder of its own, which goes with it.
    struct Place(Answers);
    impl Place {
        fn new(name: &str) -> Place {
            let folder = std::env::temp_dir().join(format!("acme_greeter-{}-{}", std::process::id(), name));
            fs::create_dir_all(&folder).unwrap();
            Place(Answers { directory: folder })
        }
        fn ask(&self, method: u32, request: &str) -> Result<Value, Failure> {
            self.0.answer(method, &parse(request.as_bytes()).unwrap())
        }
        fn apply(&self, token: u32, generation: u32) -> Result<Value, Failure> {
            let group = r#"{"role":"stable","release":{"version":"1.2"},"replicas":2,"weight":1000000}"#;
            let rest = format!(r#""token":{},"generation":{},"groups":[{}]"#, token, generation, group);
            self.ask(2, &format!(r#"{{"tenant":"acme","application":"shop",{}}}"#, rest))
        }
        fn observe(&self) -> Result<Value, Failure> {
            self.ask(3, r#"{"tenant":"acme","application":"shop"}"#)
        }
    }
    impl Drop for Place {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0.directory).unwrap();
        }
    }

    #[test]
    fn makes_true_what_was_ordered_as_often_as_it_is() {
        let place = Place::new("order");
        assert_eq!(place.observe().unwrap_err().0, abi::NOT_FOUND);
        place.apply(1, 1).unwrap();
        place.apply(1, 1).unwrap();
        let seen = place.observe().unwrap();
        assert_eq!(*seen.get("converged"), Value::Bool(true));
        let group = &seen.get("groups").items()[0];
        assert_eq!((number(group, "ready"), group.get("ready_since").items().len()), (2.0, 2));
    }

    #[test]
    fn refuses_orders_that_are_older_by_token_or_generation() {
        let place = Place::new("older");
        place.apply(2, 5).unwrap();
        let older = "an order under token 2 came before this one under token 1".to_string();
        assert_eq!(place.apply(1, 9), Err(Failure(abi::ABORTED, older)));
        assert_eq!(place.apply(2, 4), Err(Failure(abi::ABORTED, "generation 4 is older than 5".to_string())));
    }

    #[test]
    fn forgets_all_but_the_token_of_what_is_removed() {
        let place = Place::new("removed");
        place.apply(3, 1).unwrap();
        place.ask(4, r#"{"tenant":"acme","application":"shop","token":3}"#).unwrap();
        assert_eq!(place.observe().unwrap_err().0, abi::NOT_FOUND);
        assert_eq!(place.apply(2, 9).unwrap_err().0, abi::ABORTED);
    }

    #[test]
    fn refuses_a_name_that_leads_out_of_the_folder() {
        let refusal = Place::new("name").ask(3, r#"{"tenant":"..","application":"shop"}"#);
        assert_eq!(refusal, Err(Failure(abi::INVALID_ARGUMENT, "the request has no valid \"tenant\"".to_string())));
    }

    #[test]
    fn names_what_it_can_not_run() {
        let reply = Place::new("validate").ask(1, r#"{"routes":[{}],"mirror":{}}"#).unwrap();
        let problems: Vec<_> = reply.get("problems").items().iter().filter_map(Value::as_text).collect();
        assert_eq!(problems, ["header_routes: this provider has none", "mirroring: this provider has none"]);
    }
}
