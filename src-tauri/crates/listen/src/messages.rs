//! The messages of an answer, in both encodings.
//!
//! `ExportTraceServiceResponse` and `ExportLogsServiceResponse` have the same fields by number and differ by one
//! name in JSON.

use crate::sink::{Accepted, Encoding, Signal};
use prost::Message;
use serde_json::json;

#[derive(Clone, PartialEq, Message)]
struct ExportResponse {
    #[prost(message, optional, tag = "1")]
    partial_success: Option<PartialSuccess>,
}

#[derive(Clone, PartialEq, Message)]
struct PartialSuccess {
    /// `rejected_spans` or `rejected_log_records`.
    #[prost(int64, tag = "1")]
    rejected: i64,
    #[prost(string, tag = "2")]
    error_message: String,
}

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
}

/// The answer to a stored batch; without a partial success where all of it was understood.
pub(crate) fn accepted(signal: Signal, encoding: Encoding, accepted: &Accepted) -> Vec<u8> {
    let is_whole = accepted.rejected == 0;
    match encoding {
        Encoding::Protobuf => ExportResponse {
            partial_success: (!is_whole).then(|| PartialSuccess {
                rejected: i64::try_from(accepted.rejected).unwrap_or(i64::MAX),
                error_message: accepted.reason.clone(),
            }),
        }
        .encode_to_vec(),
        Encoding::Json if is_whole => b"{}".to_vec(),
        Encoding::Json => {
            let name = match signal {
                Signal::Traces => "rejectedSpans",
                Signal::Logs => "rejectedLogRecords",
            };
            // 64-bit integers are text in the JSON of protobuf.
            json!({"partialSuccess": {
                name: accepted.rejected.to_string(),
                "errorMessage": accepted.reason,
            }})
            .to_string()
            .into_bytes()
        }
    }
}

/// The body of a refusal.
pub(crate) fn status(encoding: Encoding, code: i32, message: &str) -> Vec<u8> {
    match encoding {
        Encoding::Protobuf => Status {
            code,
            message: message.to_owned(),
        }
        .encode_to_vec(),
        Encoding::Json => json!({"code": code, "message": message})
            .to_string()
            .into_bytes(),
    }
}
