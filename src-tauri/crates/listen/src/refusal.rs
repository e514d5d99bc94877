//! Why a request is not answered as asked.

use hyper::StatusCode;

/// A refusal with its status.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) message: String,
    /// The rest of the body is not worth waiting for.
    pub(crate) hang_up: bool,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            hang_up: false,
        }
    }

    pub(crate) fn hang_up(mut self) -> Self {
        self.hang_up = true;
        self
    }

    /// The code of `google.rpc.Code` that says the same.
    pub(crate) fn rpc_code(&self) -> i32 {
        match self.status.as_u16() {
            403 | 421 => 7,
            404 => 5,
            405 => 12,
            408 => 4,
            500 => 13,
            503 => 14,
            _ => 3,
        }
    }
}
