//! The wire formats against real sockets: servers that behave, servers that do not, and keys.
#![cfg(test)]

mod answers;
mod cancel;
mod client;
mod fault_server;
mod faults;
mod keys;
mod scenarios;
mod vendors;
