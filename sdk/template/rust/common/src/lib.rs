//! The plugin acme.greeter.
mod abi;
mod answers;
mod json;
mod plugin;
