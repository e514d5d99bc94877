//! The receiver from outside: raw bytes on a socket, byte by byte where that matters.

#[cfg(test)]
mod bounds;
#[cfg(test)]
mod hosts;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod support;
