//! A gate that lets the rollouts of some tenants wait.
use crate::abi;
use crate::json::Value;
use crate::plugin::Failure;

/// The interface served, beside slipway.plugin/1.
pub const INTERFACE: &str = "slipway.gate/1";

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
            0 => self.check(request),
            _ => Err(Failure(abi::UNIMPLEMENTED, format!("{} has no method number {}", INTERFACE, method))),
        }
    }

    fn check(&self, request: &Value) -> Result<Value, Failure> {
        let missing = || Failure(abi::INVALID_ARGUMENT, "the request has no \"tenant\"".to_string());
        let tenant = request.get("tenant").as_text().ok_or_else(missing)?;
        let held = self.setting(request, "held").items().iter().any(|name| name.as_text() == Some(tenant));
        let reason = self.setting(request, "reason").as_text().unwrap_or("rollouts of this tenant are held");
        Ok(Value::object(vec![
            ("state", Value::text(if held { "pending" } else { "open" })),
            ("reason", Value::text(if held { reason } else { "nothing holds this tenant" })),
        ]))
    }

    /// A setting of the rollout, else of the configuration.
    fn setting<'a>(&'a self, request: &'a Value, name: &str) -> &'a Value {
        match request.get("settings").get(name) {
            Value::Null => self.config.get(name),
            own => own,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    fn check(config: &str, request: &str) -> Result<String, Failure> {
        let gate = Answers::new(parse(config.as_bytes()).unwrap())?;
        gate.answer(0, &parse(request.as_bytes()).unwrap()).map(|reply| reply.to_string())
    }

    #[test]
    fn is_open_for_a_tenant_that_nobody_holds() {
        let reply = check(r#"{"held":["globex"]}"#, r#"{"tenant":"acme"}"#);
        assert_eq!(reply.unwrap(), r#"{"state":"open","reason":"nothing holds this tenant"}"#);
    }

    #[test]
    fn holds_the_tenants_of_its_configuration_and_says_why() {
        let reply = check(r#"{"held":["acme"],"reason":"inventory"}"#, r#"{"tenant":"acme"}"#);
        assert_eq!(reply.unwrap(), r#"{"state":"pending","reason":"inventory"}"#);
    }

    #[test]
    fn takes_the_rollouts_own_settings_over_its_configuration() {
        let reply = check(r#"{"held":["acme"]}"#, r#"{"tenant":"acme","settings":{"held":[]}}"#);
        assert_eq!(reply.unwrap(), r#"{"state":"open","reason":"nothing holds this tenant"}"#);
    }

    #[test]
    fn refuses_a_request_without_a_tenant() {
        let refusal = Failure(abi::INVALID_ARGUMENT, "the request has no \"tenant\"".to_string());
        assert_eq!(check("{}", "{}"), Err(refusal));
    }
}
