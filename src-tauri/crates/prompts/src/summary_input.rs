//! Whether a prompt can write summaries for another one, and by which variable it takes the text.

use plumbline_model::{PromptSpec, Variable};

/// The variable by which a summarising prompt learns how many tokens its summary may have.
pub const SUMMARY_MAX_TOKENS: &str = "max_tokens";

/// The variable of `summariser` that takes the value of `variable` of `own`: the one of the same name, else the only
/// one that it needs and is not given otherwise. It is given [`SUMMARY_MAX_TOKENS`], and values of `own` by their names.
///
/// # Errors
/// Why it cannot be asked, as the end of a sentence.
pub fn summary_input<'s>(
    own: &PromptSpec,
    summariser: &'s PromptSpec,
    variable: &str,
) -> Result<&'s str, String> {
    let is_own = |name: &str| own.variables.iter().any(|own| own.name == name);
    let needs = |its: &&Variable| its.default.is_none() && its.name != SUMMARY_MAX_TOKENS;
    let named = summariser.variables.iter().find(|its| its.name == variable);
    let needed: Vec<&Variable> = summariser.variables.iter().filter(needs).collect();
    let open: Vec<&Variable> = needed
        .iter()
        .copied()
        .filter(|its| !is_own(&its.name))
        .collect();
    let takes = match (named, open.as_slice(), needed.as_slice()) {
        (Some(named), _, _) => named,
        (None, [only], _) | (None, [], [only]) => only,
        (None, [], []) => return Err("it has no variable that takes the text".to_owned()),
        (None, [], _) => return Err(format!("it has no variable `{variable}` and needs several")),
        (None, several, _) => {
            return Err(format!(
                "it has no variable `{variable}` and needs {}",
                names(several)
            ));
        }
    };
    let missing: Vec<&Variable> = open
        .into_iter()
        .filter(|its| its.name != takes.name)
        .collect();
    if missing.is_empty() {
        Ok(&takes.name)
    } else {
        Err(format!(
            "it needs {}, which nobody gives it",
            names(&missing)
        ))
    }
}

fn names(variables: &[&Variable]) -> String {
    let names: Vec<String> = variables
        .iter()
        .map(|its| format!("`{}`", its.name))
        .collect();
    names.join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;

    fn with(variables: &str) -> PromptSpec {
        parse(&format!(
            "---\nname: a\nversion: 1.0.0\nvariables: {variables}\n---\nuser:\nx\n"
        ))
        .unwrap()
    }

    #[test]
    fn the_text_goes_where_there_is_one_place_for_it() {
        let own = with("[letter, tone]");
        let takes = |variables: &str| {
            let summariser = with(variables);
            summary_input(&own, &summariser, "letter").map(str::to_owned)
        };
        assert_eq!(takes("[letter]"), Ok("letter".into()));
        assert_eq!(
            takes("[{name: letter, default: ''}, tone]"),
            Ok("letter".into())
        );
        assert_eq!(takes("[text, max_tokens]"), Ok("text".into()));
        assert_eq!(
            takes("[text, tone, {name: style, default: dry}]"),
            Ok("text".into())
        );
        assert_eq!(
            takes("[tone]"),
            Ok("tone".into()),
            "the only place there is"
        );
        for (variables, why) in [
            ("[]", "no variable that takes"),
            ("[max_tokens]", "no variable that takes"),
            ("[text, other]", "needs `text` and `other`"),
            ("[letter, other]", "needs `other`, which nobody"),
        ] {
            assert!(takes(variables).unwrap_err().contains(why), "{variables}");
        }
    }
}
