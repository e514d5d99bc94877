//! The command line as a script and a person meet it: the built binary, real files, servers on loopback.

#[cfg(test)]
mod archives;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod campaign;
#[cfg(test)]
mod caps;
#[cfg(test)]
mod contract;
#[cfg(test)]
mod conversations;
#[cfg(test)]
mod environments;
#[cfg(test)]
mod exporting;
#[cfg(test)]
mod failing;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod importing;
#[cfg(test)]
mod interrupted;
#[cfg(test)]
mod judging;
#[cfg(test)]
mod kept_keys;
#[cfg(test)]
mod key_canaries;
#[cfg(test)]
mod keyring;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod killed;
#[cfg(test)]
mod killed_replays;
#[cfg(test)]
mod leaks;
#[cfg(test)]
mod listening;
#[cfg(test)]
mod mapping;
#[cfg(test)]
mod model_server;
#[cfg(test)]
mod money;
#[cfg(test)]
mod post;
#[cfg(test)]
mod prices;
#[cfg(test)]
mod prompt_exchange;
#[cfg(test)]
mod promptfoo;
#[cfg(test)]
mod prompts;
#[cfg(test)]
mod proxying;
#[cfg(test)]
mod raw_server;
#[cfg(test)]
mod redacting;
#[cfg(test)]
mod replaying;
#[cfg(test)]
mod reviewing;
#[cfg(test)]
mod schema_contract;
#[cfg(test)]
mod shared_workspace;
#[cfg(test)]
mod sqlite;
#[cfg(test)]
mod stage;
#[cfg(test)]
mod tools;
#[cfg(test)]
mod trimming;
#[cfg(test)]
mod usage;
#[cfg(test)]
mod way_out;
