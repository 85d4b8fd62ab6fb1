//! slipway/abi/plugin.h, version 1.0, in Rust. The header has the rules; names and order are its.
use std::os::raw::c_void;

pub const ABI_MAJOR: u32 = 1;
pub const ABI_MINOR: u32 = 0;

/// How a call ended: the canonical gRPC codes.
pub type Status = i32;
#[allow(dead_code)] // what one plugin does not need, another does
mod codes {
    use super::Status;
    pub const OK: Status = 0;
    pub const INVALID_ARGUMENT: Status = 3;
    pub const DEADLINE_EXCEEDED: Status = 4;
    pub const NOT_FOUND: Status = 5;
    pub const PERMISSION_DENIED: Status = 7;
    pub const RESOURCE_EXHAUSTED: Status = 8;
    pub const FAILED_PRECONDITION: Status = 9;
    pub const ABORTED: Status = 10;
    pub const UNIMPLEMENTED: Status = 12;
    pub const INTERNAL: Status = 13;
    pub const UNAVAILABLE: Status = 14;
}
pub use codes::*;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Span {
    pub data: *const u8,
    pub size: u64,
}

// A span in a static table points to static text.
unsafe impl Sync for Span {}

#[repr(C)]
pub struct Blob {
    pub data: *const u8,
    pub size: u64,
    pub owner: *mut c_void,
    pub release: Option<unsafe extern "C" fn(owner: *mut c_void)>,
}

#[repr(C)]
pub struct Call {
    pub size: u32,
    pub interface_index: u32,
    pub method: u32,
    pub reserved: u32,
    pub id: u64,
    pub budget_ns: i64,
    pub payload: Span,
    pub traceparent: Span,
    pub tenant: Span,
    pub subject: Span,
    pub roles: Span,
}

#[repr(C)]
pub struct Host {
    pub size: u32,
    pub abi_minor: u32,
    pub context: *mut c_void,
    pub complete: unsafe extern "C" fn(*mut c_void, call: u64, Status, payload: Blob),
    pub is_cancelled: unsafe extern "C" fn(*mut c_void, call: u64) -> u32,
    pub request: unsafe extern "C" fn(*mut c_void, service: Span, method: Span, token: u64, payload: Span, budget_ns: i64),
    pub wake: unsafe extern "C" fn(*mut c_void, token: u64),
    pub log: unsafe extern "C" fn(*mut c_void, level: u32, message: Span, fields: Span),
    pub metric: unsafe extern "C" fn(*mut c_void, kind: u32, name: Span, labels: Span, value: f64),
}

/// The plugin's own; the host only hands its address back.
pub type Instance = c_void;

#[repr(C)]
pub struct Plugin {
    pub size: u32,
    pub abi_major: u32,
    pub abi_minor: u32,
    pub min_host_minor: u32,
    pub interfaces: *const Span,
    pub interface_count: u32,
    pub reserved: u32,
    pub create: unsafe extern "C" fn(*const Host, config: Span, *mut *mut Instance, error: *mut Blob) -> Status,
    pub start: unsafe extern "C" fn(*mut Instance, error: *mut Blob) -> Status,
    pub invoke: unsafe extern "C" fn(*mut Instance, *const Call),
    pub cancel: unsafe extern "C" fn(*mut Instance, call: u64),
    pub on_reply: unsafe extern "C" fn(*mut Instance, token: u64, Status, payload: Span),
    pub on_wake: unsafe extern "C" fn(*mut Instance, token: u64),
    pub quiesce: unsafe extern "C" fn(*mut Instance),
    pub destroy: unsafe extern "C" fn(*mut Instance),
}

// The table points to static data only.
unsafe impl Sync for Plugin {}

impl Span {
    pub const fn of(text: &'static str) -> Span {
        Span { data: text.as_ptr(), size: text.len() as u64 }
    }

    /// # Safety
    /// The bytes are the caller's and must be there as long as they are read.
    pub unsafe fn bytes(&self) -> &[u8] {
        if self.size == 0 {
            return &[];
        }
        std::slice::from_raw_parts(self.data, self.size as usize)
    }
}

unsafe extern "C" fn release(owner: *mut c_void) {
    drop(Box::from_raw(owner as *mut String));
}

impl Blob {
    /// A blob that owns the text; its receiver releases it.
    pub fn of(text: String) -> Blob {
        let owner = Box::new(text);
        let (data, size) = (owner.as_ptr(), owner.len() as u64);
        Blob { data, size, owner: Box::into_raw(owner) as *mut c_void, release: Some(release) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::mem::size_of;

    // The sizes that a C compiler gives the header's structs on 64 bits.
    #[test]
    fn structs_are_as_large_as_the_headers() {
        assert_eq!(size_of::<Span>(), 16);
        assert_eq!(size_of::<Blob>(), 32);
        assert_eq!(size_of::<Call>(), 112);
        assert_eq!(size_of::<Host>(), 64);
        assert_eq!(size_of::<Plugin>(), 96);
    }
}
