//! The address: loopback, by both versions of IP where the machine has both, and nothing else.

use plumbline_model::Problem;
use std::io::{Error, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::net::{TcpListener, TcpStream};

/// How often a free port of 127.0.0.1 is looked for that is free on `[::1]` too.
const TRIES: usize = 16;

/// Open sockets on 127.0.0.1 and, where the machine has it, `[::1]`, with one port.
#[derive(Debug)]
pub struct Loopback {
    v4: TcpListener,
    v6: Option<TcpListener>,
    port: u16,
}

impl Loopback {
    /// Takes the port; 0 chooses a free one.
    ///
    /// # Errors
    /// `BadInput` when the port is taken or not allowed.
    pub async fn bind(port: u16) -> Result<Self, Problem> {
        let mut tries = if port == 0 { TRIES } else { 1 };
        loop {
            tries -= 1;
            match Self::try_bind(port).await {
                Err(error) if tries == 0 || error.kind() != ErrorKind::AddrInUse => {
                    return Err(cannot(port, &error));
                }
                Err(_) => {}
                Ok(bound) => return Ok(bound),
            }
        }
    }

    async fn try_bind(port: u16) -> Result<Self, Error> {
        let v4 = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let port = v4.local_addr()?.port();
        let v6 = match TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await {
            Ok(v6) => Some(v6),
            // `localhost` may mean `[::1]`: what is sent there must not reach another program.
            Err(error) if error.kind() == ErrorKind::AddrInUse => return Err(error),
            // A machine without IPv6.
            Err(_) => None,
        };
        Ok(Self { v4, v6, port })
    }

    /// The port that was taken.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address to give to a client, such as `http://127.0.0.1:4318`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) async fn accept(&self) -> Result<(TcpStream, SocketAddr), Error> {
        match &self.v6 {
            None => self.v4.accept().await,
            Some(v6) => tokio::select! {
                accepted = self.v4.accept() => accepted,
                accepted = v6.accept() => accepted,
            },
        }
    }
}

fn cannot(port: u16, error: &Error) -> Problem {
    match error.kind() {
        ErrorKind::AddrInUse => Problem::bad_input(format!(
            "port {port} of this machine is taken by another program"
        ))
        .hint(
            "Stop that program (an OpenTelemetry Collector and another Plumbline use the same port), or choose \
             another port (--port N of the command line); 0 takes a free one.",
        ),
        ErrorKind::PermissionDenied => {
            Problem::bad_input(format!("port {port} may not be used: {error}"))
                .hint("Choose a port above 1023 (--port N of the command line).")
        }
        _ => Problem::internal(format!("cannot listen on 127.0.0.1:{port}: {error}")),
    }
}
