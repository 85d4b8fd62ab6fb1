//! The plugin acme.greeter.
mod abi;
mod answers;
mod instant;
mod json;
mod plugin;
