//! A strategy that starts all new replicas beside the old ones, and moves all traffic at once. It is pure: each answer depends
//! on the request alone, and what it has to remember travels in the state.
use crate::abi;
use crate::instant::{instant_of, instant_text};
use crate::json::Value;
use crate::plugin::Failure;

/// The interface served, beside slipway.plugin/1.
pub const INTERFACE: &str = "slipway.strategy/1";

const ALL_TRAFFIC: f64 = 1_000_000.0;

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
            0 => Ok(self.validate(request)),
            1 => Ok(plan(request)),
            2 => self.step(request),
            3 => migrate(request),
            _ => Err(Failure(abi::UNIMPLEMENTED, format!("{} has no method number {}", INTERFACE, method))),
        }
    }

    fn deadline<'a>(&'a self, request: &'a Value) -> &'a str {
        let own = request.get("settings").get("deadline").as_text();
        own.or_else(|| self.config.get("deadline").as_text()).unwrap_or("10m")
    }

    fn validate(&self, request: &Value) -> Value {
        let deadline = self.deadline(request);
        let mut problems = Vec::new();
        if duration_of(deadline).filter(|seconds| *seconds > 0.0).is_none() {
            problems.push(Value::object(vec![
                ("path", Value::text("/deadline")),
                ("value", Value::text(deadline)),
                ("message", Value::text("want a duration above 0, 10m for instance")),
            ]));
        }
        Value::object(vec![("problems", Value::List(problems))])
    }

    fn step(&self, request: &Value) -> Result<Value, Failure> {
        let invalid = |what: &str| Failure(abi::INVALID_ARGUMENT, format!("the request has no valid \"{}\"", what));
        let deadline = self.deadline(request);
        let limit = duration_of(deadline).ok_or_else(|| invalid("deadline"))?;
        let now = request.get("now").as_text().and_then(instant_of).ok_or_else(|| invalid("now"))?;
        let observation = request.get("observation");
        let replicas = observation.get("replicas").as_number().unwrap_or(0.0);
        let next = observation.get("groups").items().iter().find(|group| group.get("role").as_text() == Some("next"));
        let seen = |name| next.and_then(|group| group.get(name).as_number()).unwrap_or(0.0);

        let mut state = State::read(request.get("state"));
        if state.moved && seen("weight") == ALL_TRAFFIC {
            return Ok(promoted(&state, replicas));
        }
        let moves = !state.moved && seen("ready") >= replicas;
        if moves || seen("ready") > state.most_ready {
            state.since = now;
        }
        state.most_ready = state.most_ready.max(seen("ready"));
        state.moved |= moves;
        let late = state.since + limit;
        let mut reply = vec![("state", state.write()), ("groups", groups(request, replicas, state.moved))];
        if now >= late {
            reply.push(("outcome", Value::text("failed")));
            reply.push(("reason", Value::text(&format!("no progress for {}", deadline))));
        } else {
            reply.push(("wait", wait(state.moved, Some(late))));
            reply.extend(told(state.moved));
        }
        Ok(Value::object(reply))
    }
}

/// What a step hands to the next: whether the traffic was ordered to move, how many replicas were ready at the most, and since
/// when nothing went forward.
struct State {
    moved: bool,
    most_ready: f64,
    since: f64,
}

impl State {
    fn read(state: &Value) -> State {
        State {
            moved: *state.get("moved") == Value::Bool(true),
            most_ready: state.get("most_ready").as_number().unwrap_or(-1.0),
            since: state.get("since").as_text().and_then(instant_of).unwrap_or(0.0),
        }
    }
    fn write(&self) -> Value {
        Value::object(vec![
            ("version", Value::Number(1.0)),
            ("moved", Value::Bool(self.moved)),
            ("most_ready", Value::Number(self.most_ready)),
            ("since", Value::text(&instant_text(self.since))),
        ])
    }
}

fn group(role: &str, replicas: f64, weight: f64) -> Value {
    Value::object(vec![("role", Value::text(role)), ("replicas", Value::Number(replicas)), ("weight", Value::Number(weight))])
}

fn groups(request: &Value, replicas: f64, moved: bool) -> Value {
    let weight = if moved { ALL_TRAFFIC } else { 0.0 };
    let mut groups = vec![group("next", replicas, weight)];
    if *request.get("has_stable") != Value::Bool(false) {
        groups.push(group("stable", replicas, ALL_TRAFFIC - weight));
    }
    Value::List(groups)
}

fn wait(moved: bool, until: Option<f64>) -> Value {
    let (kind, what, next) = if moved {
        ("traffic", "all traffic to reach the new release", "finish")
    } else {
        ("replicas", "every new replica to be ready", "move all traffic")
    };
    let mut wait = vec![("kind", Value::text(kind)), ("what", Value::text(what)), ("next", Value::text(next))];
    wait.extend(until.map(|late| ("until", Value::text(&instant_text(late)))));
    Value::object(wait)
}

fn told(moved: bool) -> Vec<(&'static str, Value)> {
    let reason = if moved { "all traffic moves to the new release" } else { "the new replicas start beside the old ones" };
    vec![
        ("step", Value::Number(if moved { 1.0 } else { 0.0 })),
        ("steps", Value::Number(2.0)),
        ("reason", Value::text(reason)),
    ]
}

fn promoted(state: &State, replicas: f64) -> Value {
    Value::object(vec![
        ("state", state.write()),
        ("groups", Value::List(vec![group("next", replicas, ALL_TRAFFIC)])),
        ("outcome", Value::text("promoted")),
        ("reason", Value::text("all traffic is on the new release")),
    ])
}

fn plan(request: &Value) -> Value {
    let replicas = request.get("replicas").as_number().unwrap_or(0.0);
    let start = request.get("start_time").as_text().unwrap_or("1s");
    let moment = |at: &str, moved| {
        let mut told = told(moved);
        told.retain(|(name, _)| *name != "steps");
        let mut moment = vec![("at", Value::text(at)), ("groups", groups(request, replicas, moved)), ("wait", wait(moved, None))];
        moment.extend(told);
        Value::object(moment)
    };
    Value::object(vec![
        ("moments", Value::List(vec![moment("0s", false), moment(start, true)])),
        ("earliest_end", Value::text(start)),
    ])
}

fn migrate(request: &Value) -> Result<Value, Failure> {
    match request.get("from_version").as_number() {
        Some(version) if version == 1.0 => Ok(Value::object(vec![("state", request.get("state").clone())])),
        _ => Err(Failure(abi::FAILED_PRECONDITION, "this strategy reads states of version 1 only".to_string())),
    }
}

/// Seconds of "250ms", "1m30s", "2h".
fn duration_of(text: &str) -> Option<f64> {
    const UNITS: [(&str, f64); 6] = [("h", 3600.0), ("ms", 1e-3), ("m", 60.0), ("s", 1.0), ("us", 1e-6), ("ns", 1e-9)];
    if text == "0" {
        return Some(0.0);
    }
    let (mut rest, mut sum) = (text, 0.0);
    while !rest.is_empty() || text.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (unit, seconds) = UNITS.iter().find(|(unit, _)| rest[digits..].starts_with(unit))?;
        sum += rest[..digits].parse::<f64>().ok()? * seconds;
        rest = &rest[digits + unit.len()..];
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    fn ask(method: u32, request: &str) -> Result<Value, Failure> {
        let strategy = Answers::new(parse(br#"{"deadline":"1m30s"}"#).unwrap())?;
        strategy.answer(method, &parse(request.as_bytes()).unwrap())
    }
    /// A step after a state, in a world with so many new replicas ready and this weight.
    fn step(state: &str, ready: u32, weight: u32) -> Value {
        let group = format!(r#"{{"role":"next","ready":{},"weight":{}}}"#, ready, weight);
        let observation = format!(r#"{{"replicas":3,"groups":[{}]}}"#, group);
        let request = format!(r#"{{"state":{},"observation":{},"now":"2028-02-29T23:59:30Z"}}"#, state, observation);
        ask(2, &request).unwrap()
    }
    fn weight_of_next(reply: &Value) -> Option<f64> {
        reply.get("groups").items()[0].get("weight").as_number()
    }

    #[test]
    fn moves_no_traffic_before_every_new_replica_is_ready() {
        let reply = step("null", 2, 0);
        assert_eq!(weight_of_next(&reply), Some(0.0));
        assert_eq!(reply.get("wait").get("until").as_text(), Some("2028-03-01T00:01:00Z"));
    }

    #[test]
    fn moves_all_traffic_at_once_and_then_is_done() {
        let moved = step(r#"{"version":1,"most_ready":2,"since":"2028-02-29T23:59:00Z"}"#, 3, 0);
        assert_eq!(weight_of_next(&moved), Some(ALL_TRAFFIC));
        let done = step(&moved.get("state").to_string(), 3, 1_000_000);
        assert_eq!(done.get("outcome").as_text(), Some("promoted"));
    }

    #[test]
    fn fails_when_nothing_goes_forward() {
        let reply = step(r#"{"version":1,"most_ready":2,"since":"2028-02-29T23:58:00Z"}"#, 2, 0);
        assert_eq!(reply.get("outcome").as_text(), Some("failed"));
        assert_eq!(reply.get("reason").as_text(), Some("no progress for 1m30s"));
    }

    #[test]
    fn plans_both_moments() {
        let reply = ask(1, r#"{"replicas":3,"start_time":"2s"}"#).unwrap();
        let times: Vec<_> = reply.get("moments").items().iter().map(|moment| moment.get("at").as_text()).collect();
        assert_eq!(times, [Some("0s"), Some("2s")]);
    }

    #[test]
    fn names_the_fault_in_its_settings() {
        for (deadline, problems) in [("2h", 0), ("soon", 1), ("", 1), ("0", 1), ("5", 1), ("1m30", 1)] {
            let reply = ask(0, &format!(r#"{{"settings":{{"deadline":"{}"}}}}"#, deadline)).unwrap();
            assert_eq!(reply.get("problems").items().len(), problems, "{}", deadline);
        }
    }

    #[test]
    fn refuses_a_state_of_another_version() {
        assert_eq!(ask(3, r#"{"state":{},"from_version":2}"#).unwrap_err().0, abi::FAILED_PRECONDITION);
        assert!(ask(3, r#"{"state":{},"from_version":1}"#).is_ok());
    }
}
