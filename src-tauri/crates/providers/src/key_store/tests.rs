use super::*;
use keyring_core::{CredentialStore, Error, mock};
use plumbline_model::{Code, Problem};
use secrecy::ExposeSecret;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const KEY: &str = "sk-canary-0123456789abcd";
const HOME: &str = "https://api.example.test";

fn passphrase(text: &str) -> Option<SecretString> {
    Some(SecretString::from(text))
}

fn working() -> Keyring {
    let store: Arc<CredentialStore> = mock::Store::new().unwrap();
    Keyring::new(move || Ok(Arc::clone(&store)))
}

fn absent() -> Keyring {
    Keyring::new(|| Err(Error::PlatformFailure("no bus".into())))
}

struct Stage(TempDir);

impl Stage {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn folder(&self) -> PathBuf {
        self.0.path().join("plumbline").join("keys")
    }

    fn store(&self, keyring: &Keyring, passphrase: Option<SecretString>) -> KeyStore {
        KeyStore::with_keyring(self.folder(), passphrase, None, keyring.clone())
    }
}

fn set(store: &KeyStore, url: &str, place: Option<KeyPlace>) -> Result<StoredKey, KeyStoreError> {
    store.set(url, &SecretString::from(KEY), place)
}

/// The key that a call would carry, shown for its own origin.
fn found(store: &KeyStore, provider: &str, base_url: Option<&str>) -> Option<String> {
    let key = store.find(provider, base_url, &|_| None).unwrap()?;
    let home = Url::parse(&key.home()).unwrap();
    Some(key.secret_for(&home).unwrap().to_owned())
}

fn problem(error: KeyStoreError) -> Problem {
    let problem = Problem::from(error);
    assert!(!problem.to_string().contains("canary"), "{problem}");
    problem
}

#[test]
fn a_key_is_found_for_its_own_origin_and_for_no_other() {
    for (keyring, place) in [(working(), KeyPlace::Keyring), (absent(), KeyPlace::File)] {
        let stage = Stage::new();
        let store = stage.store(&keyring, passphrase("correct horse"));
        let kept = set(&store, "https://API.example.test:443/v1", None).unwrap();
        assert_eq!((kept.origin.as_str(), kept.place), (HOME, place));
        for (provider, base_url) in [
            ("openai", "https://api.example.test/v1"),
            ("vllm", "https://api.example.test"),
            ("azure_openai", "https://api.example.test/openai"),
        ] {
            assert_eq!(
                found(&store, provider, Some(base_url)).as_deref(),
                Some(KEY)
            );
        }
        for (provider, base_url) in [
            ("openai", Some("https://api.example.test:8443/v1")),
            ("openai", Some("https://api.example.test.evil.test/v1")),
            ("openai", Some("https://evil.test/v1")),
            ("openai", None),
            ("bedrock", Some("https://api.example.test")),
        ] {
            assert_eq!(
                found(&store, provider, base_url),
                None,
                "{provider} {base_url:?}"
            );
        }
    }
}

#[test]
fn a_vendors_key_is_found_without_a_base_url_and_azures_by_its_resource() {
    let stage = Stage::new();
    let store = stage.store(&working(), None);
    set(&store, "https://api.openai.com", None).unwrap();
    set(&store, "https://r.openai.azure.com", None).unwrap();
    assert_eq!(found(&store, "openai", None).as_deref(), Some(KEY));
    assert_eq!(found(&store, "anthropic", None), None);
    assert_eq!(found(&store, "azure_openai", None), None, "which resource?");
    let lookup = |name: &str| {
        (name == "AZURE_OPENAI_ENDPOINT").then(|| "https://r.openai.azure.com/openai".to_owned())
    };
    let key = store.find("azure_openai", None, &lookup).unwrap().unwrap();
    assert_eq!(key.home(), "https://r.openai.azure.com");
}

#[test]
fn the_list_tells_the_origin_the_place_and_four_characters_of_a_long_key_only() {
    let stage = Stage::new();
    let store = stage.store(&working(), passphrase("correct horse"));
    set(&store, "https://b.test", Some(KeyPlace::File)).unwrap();
    let short = SecretString::from("fifteen-letters");
    store
        .set("https://a.test", &short, Some(KeyPlace::Keyring))
        .unwrap();
    let sixteen = SecretString::from("sixteen-letters!");
    store.set("http://127.0.0.1:8000", &sixteen, None).unwrap();
    let listed: Vec<_> = store
        .list()
        .unwrap()
        .into_iter()
        .map(|key| (key.origin, key.place, key.last_four))
        .collect();
    let end = |text: &str| Some(text.to_owned());
    assert_eq!(
        listed,
        [
            (
                "http://127.0.0.1:8000".to_owned(),
                KeyPlace::Keyring,
                end("ers!")
            ),
            ("https://a.test".to_owned(), KeyPlace::Keyring, None),
            ("https://b.test".to_owned(), KeyPlace::File, end("abcd")),
        ]
    );
}

#[test]
fn a_key_lives_in_one_place_at_a_time() {
    let stage = Stage::new();
    let (keyring, store) = (working(), stage.store(&absent(), None));
    assert!(set(&store, HOME, Some(KeyPlace::Keyring)).is_err());
    let store = stage.store(&keyring, passphrase("correct horse"));
    set(&store, HOME, Some(KeyPlace::Keyring)).unwrap();
    let newer = SecretString::from("sk-newer-0123456789");
    store.set(HOME, &newer, Some(KeyPlace::File)).unwrap();
    assert_eq!(store.list().unwrap().len(), 1);
    assert_eq!(
        found(&store, "x", Some(HOME)).as_deref(),
        Some("sk-newer-0123456789")
    );
    assert!(
        keyring.find(HOME).unwrap().is_none(),
        "the older one is gone"
    );
    store.remove(HOME).unwrap();
    assert_eq!(found(&store, "x", Some(HOME)), None);
    let problem = problem(store.remove(HOME).unwrap_err());
    assert_eq!(problem.code, Code::NotFound);
}

#[test]
fn what_is_on_disk_holds_no_key_and_opens_with_its_passphrase_alone() {
    let stage = Stage::new();
    set(
        &stage.store(&absent(), passphrase("correct horse")),
        HOME,
        None,
    )
    .unwrap();
    for entry in std::fs::read_dir(stage.folder()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("canary"));
    }
    let again = stage.store(&absent(), passphrase("correct horse"));
    assert_eq!(found(&again, "x", Some(HOME)).as_deref(), Some(KEY));
    let wrong = stage.store(&absent(), passphrase("wrong horse"));
    let said = problem(wrong.find("x", Some(HOME), &|_| None).unwrap_err());
    assert!(said.message.contains("passphrase does not open"), "{said}");
    assert!(set(&wrong, "https://other.test", None).is_err());
    assert!(wrong.unlock(SecretString::from("wronger horse")).is_err());
    wrong.unlock(SecretString::from("correct horse")).unwrap();
    assert_eq!(found(&wrong, "x", Some(HOME)).as_deref(), Some(KEY));
}

#[test]
fn a_locked_file_is_said_to_be_locked_and_still_listed() {
    let stage = Stage::new();
    set(
        &stage.store(&absent(), passphrase("correct horse")),
        HOME,
        None,
    )
    .unwrap();
    for nothing in [None, passphrase("")] {
        let locked = stage.store(&absent(), nothing);
        assert_eq!(locked.file_state(), FileState::Locked);
        assert_eq!(locked.list().unwrap().len(), 1);
        let said = problem(locked.find("x", Some(HOME), &|_| None).unwrap_err());
        assert!(
            said.message.contains(HOME) && said.message.contains("locked"),
            "{said}"
        );
        assert!(said.hint.unwrap().contains(PASSPHRASE_VARIABLE));
        // Without a key for it, a locked file stands in nobody's way.
        assert_eq!(found(&locked, "x", Some("https://other.test")), None);
        assert!(matches!(
            locked.remove(HOME),
            Err(KeyStoreError::Locked { .. })
        ));
    }
}

#[test]
fn a_passphrase_is_asked_for_once_and_only_when_a_key_is_in_the_file() {
    let stage = Stage::new();
    let asked = Arc::new(AtomicUsize::new(0));
    let store = |keyring| {
        let asked = Arc::clone(&asked);
        let ask = move |purpose| {
            let nth = asked.fetch_add(1, Ordering::SeqCst);
            let making = if nth == 0 {
                PassphraseFor::Making
            } else {
                PassphraseFor::Opening
            };
            assert_eq!(purpose, making);
            passphrase("correct horse")
        };
        KeyStore::with_keyring(stage.folder(), None, Some(Arc::new(ask)), keyring)
    };
    set(&store(absent()), HOME, None).unwrap();
    let later = store(working());
    set(&later, "https://other.test", None).unwrap();
    assert_eq!(found(&later, "x", Some("https://third.test")), None);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    for _ in 0..2 {
        assert_eq!(found(&later, "x", Some(HOME)).as_deref(), Some(KEY));
    }
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[test]
fn a_new_file_wants_a_passphrase_worth_the_name() {
    let stage = Stage::new();
    let store = stage.store(&absent(), passphrase("7 chars"));
    assert!(matches!(
        set(&store, HOME, None),
        Err(KeyStoreError::ShortPassphrase)
    ));
    assert!(store.unlock(SecretString::from("7 chars")).is_err());
    assert_eq!(store.list().unwrap(), []);
}

#[test]
fn a_keyring_that_never_answers_costs_a_second_and_its_key_does_not_hide_behind_the_file() {
    let stage = Stage::new();
    set(&stage.store(&working(), None), HOME, None).unwrap();
    let hanging = Keyring::new(|| {
        std::thread::sleep(Duration::from_secs(600));
        Err(Error::NoEntry)
    });
    let store = stage.store(&hanging, passphrase("correct horse"));
    let begun = Instant::now();
    let said = problem(store.find("x", Some(HOME), &|_| None).unwrap_err());
    assert!(said.message.contains("no answer within 1000 ms"), "{said}");
    assert_eq!(found(&store, "x", Some("https://other.test")), None);
    // The default falls back to the file, and does not wait for the keyring again.
    assert_eq!(
        set(&store, "https://other.test", None).unwrap().place,
        KeyPlace::File
    );
    assert!(begun.elapsed() < Duration::from_secs(30), "it waited");
}

#[test]
fn what_cannot_be_a_key_or_its_origin_is_refused_without_being_repeated() {
    let stage = Stage::new();
    let store = stage.store(&working(), None);
    for (url, secret) in [
        (HOME, ""),
        (HOME, "sk-canary with a space"),
        (HOME, "sk-canary\r\nHost: evil"),
        ("http://example.test", KEY),
        ("https://user:canary@example.test", KEY),
        ("canary", KEY),
        ("https://bedrock-runtime.eu-west-1.amazonaws.com", KEY),
    ] {
        let said = problem(
            store
                .set(url, &SecretString::from(secret), None)
                .unwrap_err(),
        );
        assert_eq!(said.code, Code::BadInput, "{url}");
    }
    assert_eq!(store.list().unwrap(), []);
}

#[test]
fn damage_is_told_and_changes_nothing() {
    let stage = Stage::new();
    let store = || stage.store(&absent(), passphrase("correct horse"));
    set(&store(), HOME, None).unwrap();
    let file = stage.folder().join("keys.age");
    let whole = std::fs::read(&file).unwrap();
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for broken in [
        &whole[..whole.len() - 1],
        &whole[..40],
        b"",
        b"{}",
        &flipped[..],
    ] {
        std::fs::write(&file, broken).unwrap();
        let said = problem(store().find("x", Some(HOME), &|_| None).unwrap_err());
        assert!(said.message.contains("keys.age"), "{said}");
        assert!(set(&store(), "https://other.test", None).is_err());
        assert_eq!(std::fs::read(&file).unwrap(), broken);
    }
    std::fs::remove_file(&file).unwrap();
    assert_eq!(store().list().unwrap(), [], "its keys went with it");
    std::fs::write(&file, &whole).unwrap();
    assert_eq!(store().list().unwrap().len(), 1);
    std::fs::write(stage.folder().join("index.json"), "[").unwrap();
    assert!(matches!(store().list(), Err(KeyStoreError::Damaged { .. })));
}

#[test]
fn programs_that_set_keys_at_once_lose_none() {
    let stage = Stage::new();
    let threads = 6;
    std::thread::scope(|scope| {
        for n in 0..threads {
            let store = stage.store(&absent(), passphrase("correct horse"));
            scope.spawn(move || {
                let url = format!("https://host-{n}.test");
                while let Err(error) = set(&store, &url, None) {
                    assert!(matches!(error, KeyStoreError::Busy { .. }), "{error}");
                }
            });
        }
    });
    let store = stage.store(&absent(), passphrase("correct horse"));
    assert_eq!(store.list().unwrap().len(), threads);
    for n in 0..threads {
        let url = format!("https://host-{n}.test");
        assert_eq!(found(&store, "x", Some(&url)).as_deref(), Some(KEY));
    }
}

#[cfg(unix)]
#[test]
fn files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let stage = Stage::new();
    std::fs::create_dir_all(stage.folder()).unwrap();
    std::fs::set_permissions(stage.folder(), PermissionsExt::from_mode(0o777)).unwrap();
    set(
        &stage.store(&absent(), passphrase("correct horse")),
        HOME,
        None,
    )
    .unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&stage.folder()), 0o700);
    for entry in std::fs::read_dir(stage.folder()).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[test]
fn nothing_that_is_printed_shows_a_key() {
    let stage = Stage::new();
    let store = stage.store(&absent(), passphrase("correct horse"));
    let kept = set(&store, HOME, None).unwrap();
    let key = store.find("x", Some(HOME), &|_| None).unwrap().unwrap();
    let shown = format!("{store:?} {kept:?} {key:?} {key}");
    assert!(
        !shown.contains("canary") && !shown.contains("horse"),
        "{shown}"
    );
    let secret = SecretString::from(KEY);
    assert!(!format!("{secret:?}").contains("canary"));
    assert_eq!(secret.expose_secret(), KEY);
}
