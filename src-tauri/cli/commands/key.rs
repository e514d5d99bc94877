//! `plumbline key …`

use crate::args::{Key, KeyStorePlace};
use crate::exit::ExitStatus;
use crate::printer::Printer;
use plumbline_engine::api::{KeyFileState, KeyPlace, KeyRow, KeysView};
use plumbline_engine::{AskPassphrase, ExposeSecret, KeyStore, PassphraseFor, SecretString};
use plumbline_model::Problem;
use plumbline_report::{Column, Table, clean};
use serde_json::json;
use std::io::{IsTerminal, Read};
use std::sync::Arc;

/// No key is longer, and standard input may be anything.
const LONGEST_KEY: u64 = 16 * 1024;

pub(super) fn run(args: &Key, printer: &Printer) -> Result<ExitStatus, Problem> {
    let store = store()?;
    match args {
        Key::Set {
            origin,
            store: place,
        } => set(&store, origin, *place, printer)?,
        Key::List => {
            let view = store.list()?;
            printer.answer(&view, || table(&view, printer))?;
        }
        Key::Remove { origin } => {
            let removed = store.remove(origin)?;
            let answer = json!({ "removed": removed.origin, "place": removed.place });
            printer.answer(&answer, || {
                format!("the key for {} is removed", clean(&removed.origin))
            })?;
        }
    }
    Ok(ExitStatus::Pass)
}

/// The keys of this machine. A passphrase is asked for only where somebody can type it.
pub(super) fn store() -> Result<KeyStore, Problem> {
    let ask: Option<Arc<AskPassphrase>> = match std::io::stdin().is_terminal() {
        true => Some(Arc::new(ask_passphrase)),
        false => None,
    };
    KeyStore::of_this_machine(ask)
}

fn set(
    store: &KeyStore,
    origin: &str,
    place: Option<KeyStorePlace>,
    printer: &Printer,
) -> Result<(), Problem> {
    let secret = read_key()?;
    let place = place.map(|place| match place {
        KeyStorePlace::Keyring => KeyPlace::Keyring,
        KeyStorePlace::File => KeyPlace::File,
    });
    let kept = store.set(origin, &secret, place)?;
    if place.is_none() && kept.place == KeyPlace::File {
        printer.note("no keyring answers on this machine, so the encrypted file is used");
    }
    printer.answer(&kept, || {
        let end = kept.last_four.as_ref();
        format!(
            "the key for {} is kept in the {}{}; it is sent there and nowhere else",
            clean(&kept.origin),
            word(&kept),
            end.map_or_else(String::new, |end| format!(", ending in {}", clean(end))),
        )
    })
}

fn word(key: &KeyRow) -> &'static str {
    match key.place {
        KeyPlace::Keyring => "keyring",
        KeyPlace::File => "encrypted file",
    }
}

fn table(view: &KeysView, printer: &Printer) -> String {
    if view.keys.is_empty() {
        return "no key is kept; keys of the environment are used where they are set\n".to_owned();
    }
    let mut table = Table::new([
        Column::words("origin"),
        Column::words("kept in"),
        Column::words("ends in"),
    ]);
    for key in &view.keys {
        let end = key.last_four.as_deref().unwrap_or("(short)");
        table.row([
            clean(&key.origin).into_owned(),
            word(key).to_owned(),
            clean(end).into_owned(),
        ]);
    }
    let rows = table.render(printer.room(), printer.style());
    match view.file {
        KeyFileState::Locked => format!(
            "{rows}{} is locked: set PLUMBLINE_KEY_PASSPHRASE, or type the passphrase when asked\n",
            clean(&view.file_path)
        ),
        _ => rows,
    }
}

/// The key: typed without echo at a terminal, else the whole of standard input.
fn read_key() -> Result<SecretString, Problem> {
    let stdin = std::io::stdin();
    let unread = |error: std::io::Error| {
        Problem::bad_input(format!("cannot read the key: {error}"))
            .hint("Pipe it in, such as `pass show openai | plumbline key set …`, or type it at a terminal.")
    };
    if stdin.is_terminal() {
        return rpassword::prompt_password("Key (not shown): ")
            .map(SecretString::from)
            .map_err(unread);
    }
    // Room for all of it from the start: growing would leave copies behind.
    let mut text = String::with_capacity(LONGEST_KEY as usize + 1);
    stdin
        .lock()
        .take(LONGEST_KEY + 1)
        .read_to_string(&mut text)
        .map_err(unread)?;
    if text.len() as u64 > LONGEST_KEY {
        return Err(Problem::bad_input(
            "what came on standard input is too long for a key",
        ));
    }
    Ok(SecretString::from(text))
}

/// `None` where the typing ended, as with Ctrl-D.
fn ask_passphrase(purpose: PassphraseFor) -> Option<SecretString> {
    let ask = |prompt: &str| {
        rpassword::prompt_password(prompt)
            .ok()
            .map(SecretString::from)
    };
    if purpose == PassphraseFor::Opening {
        return ask("Passphrase of the encrypted key file: ");
    }
    let mut first = ask("New passphrase for the encrypted key file: ")?;
    while !same(&first, &ask("The same again: ")?) {
        first = ask("They differ. New passphrase for the encrypted key file: ")?;
    }
    Some(first)
}

fn same(one: &SecretString, other: &SecretString) -> bool {
    one.expose_secret() == other.expose_secret()
}
