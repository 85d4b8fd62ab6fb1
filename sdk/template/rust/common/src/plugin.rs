//! The plugin's side of the C interface: one table of functions, and the one exported symbol. Every call is answered before
//! invoke returns, so there is nothing to cancel, to wait for or to wake. No panic crosses.
use crate::abi::{self, Blob, Call, Host, Instance, Span, Status};
use crate::answers::{Answers, INTERFACE};
use crate::json::{self, Value};
use std::panic::{catch_unwind, AssertUnwindSafe};

/// Why a call or the creation of an instance failed: a status, and a sentence for a person.
#[derive(Debug, PartialEq)]
pub struct Failure(pub Status, pub String);

impl Failure {
    fn document(&self) -> String {
        Value::object(vec![("message", Value::text(&self.1))]).to_string()
    }
}

struct Cell {
    host: *const Host,
    answers: Answers,
}

/// Runs the body; a panic becomes INTERNAL.
fn guarded<T>(body: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|_| Err(Failure(abi::INTERNAL, "the plugin panicked".to_string())))
}

fn read(bytes: &[u8], what: &str) -> Result<Value, Failure> {
    json::parse(bytes).map_err(|fault| Failure(abi::INVALID_ARGUMENT, format!("{} is {}", what, fault)))
}

/// A version and a state; this plugin keeps none, so there is nothing to take over.
fn is_state(request: &Value) -> bool {
    let has_state = matches!(request, Value::Object(members) if members.iter().any(|(name, _)| name == "state"));
    has_state && request.get("version").as_number().map_or(false, |version| version.fract() == 0.0 && version.abs() < 9e18)
}

/// slipway.plugin/1: health, quiesce, export_state, import_state.
fn answer_own(method: u32, request: &Value) -> Result<Value, Failure> {
    match method {
        3 if !is_state(request) => Err(Failure(abi::INVALID_ARGUMENT, "want {\"version\": a whole number, \"state\": …}".to_string())),
        0 => Ok(Value::object(vec![("condition", Value::text("healthy"))])),
        1 | 3 => Ok(Value::object(vec![])),
        2 => Ok(Value::object(vec![("version", Value::Number(0.0)), ("state", Value::Null)])),
        _ => Err(Failure(abi::UNIMPLEMENTED, "slipway.plugin/1 has no such method".to_string())),
    }
}

unsafe fn answer(cell: &Cell, call: &Call) -> Result<Value, Failure> {
    let request = read(call.payload.bytes(), "the request")?;
    match call.interface_index {
        0 => cell.answers.answer(call.method, &request),
        1 => answer_own(call.method, &request),
        _ => Err(Failure(abi::UNIMPLEMENTED, "there is no such interface".to_string())),
    }
}

unsafe extern "C" fn create(host: *const Host, config: Span, instance: *mut *mut Instance, error: *mut Blob) -> Status {
    let made = guarded(|| {
        let text = if config.size == 0 { b"{}" } else { config.bytes() };
        match read(text, "the configuration")? {
            config @ Value::Object(_) => Answers::new(config),
            _ => Err(Failure(abi::INVALID_ARGUMENT, "the configuration is no object".to_string())),
        }
    });
    match made {
        Ok(answers) => {
            *instance = Box::into_raw(Box::new(Cell { host, answers })) as *mut Instance;
            abi::OK
        }
        Err(failure) => {
            *error = Blob::of(failure.document());
            failure.0
        }
    }
}

unsafe extern "C" fn start(_: *mut Instance, _: *mut Blob) -> Status {
    abi::OK
}

unsafe extern "C" fn invoke(instance: *mut Instance, call: *const Call) {
    let cell = &*(instance as *const Cell);
    let (status, document) = match guarded(|| answer(cell, &*call)) {
        Ok(reply) => (abi::OK, reply.to_string()),
        Err(failure) => (failure.0, failure.document()),
    };
    let host = &*cell.host;
    (host.complete)(host.context, (*call).id, status, Blob::of(document));
}

unsafe extern "C" fn cancel(_: *mut Instance, _: u64) {}
unsafe extern "C" fn on_reply(_: *mut Instance, _: u64, _: Status, _: Span) {}
unsafe extern "C" fn on_wake(_: *mut Instance, _: u64) {}
unsafe extern "C" fn quiesce(_: *mut Instance) {}

unsafe extern "C" fn destroy(instance: *mut Instance) {
    drop(Box::from_raw(instance as *mut Cell));
}

static INTERFACES: [Span; 2] = [Span::of(INTERFACE), Span::of("slipway.plugin/1")];
static TABLE: abi::Plugin = abi::Plugin {
    size: std::mem::size_of::<abi::Plugin>() as u32,
    abi_major: abi::ABI_MAJOR,
    abi_minor: abi::ABI_MINOR,
    min_host_minor: 0,
    interfaces: &INTERFACES as *const Span,
    interface_count: 2,
    reserved: 0,
    create,
    start,
    invoke,
    cancel,
    on_reply,
    on_wake,
    quiesce,
    destroy,
};

/// The one exported symbol.
///
/// # Safety
/// `error` is the host's, to be filled when null is returned.
#[no_mangle]
pub unsafe extern "C" fn slipway_plugin_entry(host_major: u32, host_minor: u32, error: *mut Blob) -> *const abi::Plugin {
    if host_major == abi::ABI_MAJOR {
        return &TABLE;
    }
    let refusal = format!("the host speaks ABI {}.{}, this plugin wants {}.0 or a later minor", host_major, host_minor, abi::ABI_MAJOR);
    *error = Blob::of(Failure(abi::UNIMPLEMENTED, refusal).document());
    std::ptr::null()
}
