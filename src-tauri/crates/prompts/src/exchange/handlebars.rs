//! The Handlebars of Dotprompt as messages of ours.

use super::build::role_of;
use super::handlebars_parts::{Part, is_role, parts, stands_alone, words};
use super::handlebars_scopes::{Scope, Scopes, alias_of};
use super::jinja::{Tag, is_name, shown};
use super::jinja_write::{Writer, without_blank_start};
use plumbline_model::Role;
use std::collections::BTreeSet;

const MAX_DEPTH: usize = 32;

/// What a template says.
#[derive(Default)]
pub(super) struct Messages {
    pub(super) messages: Vec<(Role, String)>,
    /// Names that only decide something and may be left out.
    pub(super) optional: BTreeSet<String>,
    /// What has no place in a message, as Handlebars writes it.
    pub(super) dropped: Vec<String>,
}

struct Block {
    helper: &'static str,
    end: &'static str,
    has_scope: bool,
    has_else: bool,
}

struct Reader {
    done: Messages,
    role: Role,
    writer: Writer,
    open: Vec<Block>,
    scopes: Scopes,
}

pub(super) fn read(text: &str) -> Result<Messages, String> {
    let parts = parts(text)?;
    let mut reader = Reader {
        done: Messages::default(),
        role: Role::User,
        writer: Writer::default(),
        open: Vec::new(),
        scopes: Scopes::of(text),
    };
    for (index, part) in parts.iter().enumerate() {
        let alone = stands_alone(&parts, index);
        match *part {
            Part::Text(text) => {
                let after_alone = index > 0 && stands_alone(&parts, index - 1);
                let text = without_blank_start(text, after_alone);
                let after_role = index > 0 && is_role(&parts[index - 1]);
                let text = match after_role {
                    true => text
                        .strip_prefix("\r\n")
                        .or_else(|| text.strip_prefix('\n')),
                    false => None,
                }
                .unwrap_or(text);
                reader.writer.text(&text.replace("\\{{", "{{"));
            }
            Part::Comment(words) => reader.writer.comment(words, alone),
            Part::Tag { inner, left, right } => reader.tag(inner, (left, right), alone)?,
        }
    }
    if let Some(block) = reader.open.last() {
        return Err(format!("`{{{{#{}}}}}` is not closed", block.helper));
    }
    reader.next_message(Role::User);
    Ok(reader.done)
}

impl Reader {
    fn tag(&mut self, inner: &str, (left, right): (bool, bool), alone: bool) -> Result<(), String> {
        let words = words(inner)?;
        let Some((first, arguments)) = words.split_first() else {
            return Err("`{{}}` says nothing".to_owned());
        };
        let mark = |is: bool| is.then_some('-');
        if let Some(helper) = first.strip_prefix('#') {
            let block = self.opening(helper, arguments)?;
            self.block(&block, (mark(left), mark(right)), alone);
            return Ok(());
        }
        if let Some(helper) = first.strip_prefix('/') {
            let Some(block) = self.open.pop().filter(|block| block.helper == helper) else {
                return Err(format!("`{{{{/{}}}}}` closes no block", shown(helper)));
            };
            if block.has_scope {
                self.scopes.close();
            }
            self.block(block.end, (mark(left), mark(right)), alone);
            return Ok(());
        }
        if *first == "else" {
            let block = self.otherwise(arguments)?;
            self.block(&block, (mark(left), mark(right)), alone);
            return Ok(());
        }
        let expression = match (*first, arguments) {
            ("role", [role]) => {
                let word = role.trim_matches(['"', '\'']);
                let (role, _) =
                    role_of(word).ok_or_else(|| format!("`{}` is no role", shown(word)))?;
                if !self.open.is_empty() {
                    return Err("a role within a block depends on values".to_owned());
                }
                self.next_message(role);
                return Ok(());
            }
            ("history" | "section", _) | ("media", [_, ..]) => {
                self.done.dropped.push(format!("{{{{{}}}}}", shown(inner)));
                return Ok(());
            }
            ("json", [path]) => format!("{} | tojson", self.scopes.path(path)?),
            (_, []) if first.starts_with('>') => {
                return Err(format!("the partial `{}` is another file", shown(inner)));
            }
            (path, []) => self.scopes.path(path)?,
            (helper, _) => return Err(format!("the helper `{}` is not known", shown(helper))),
        };
        let (left, right) = (if left { "-" } else { "" }, if right { "-" } else { "" });
        self.writer
            .whole(&format!("{{{{{left} {expression} {right}}}}}"));
        Ok(())
    }

    fn block(&mut self, inner: &str, (left, right): (Option<char>, Option<char>), alone: bool) {
        let tag = Tag {
            left,
            right,
            ..Tag::block(inner)
        };
        self.writer.tag(tag, alone);
    }

    /// The Jinja block that opens here.
    fn opening(&mut self, helper: &str, arguments: &[&str]) -> Result<String, String> {
        if self.open.len() == MAX_DEPTH {
            return Err(format!("more than {MAX_DEPTH} blocks are nested"));
        }
        let (helper, end, block, scope) = match (helper, arguments) {
            ("if", [path]) => ("if", "endif", format!("if {}", self.condition(path)?), None),
            ("unless", [path]) => {
                let condition = self.condition(path)?;
                ("unless", "endif", format!("if not {condition}"), None)
            }
            ("ifEquals", [one, other]) => {
                let condition = format!(
                    "{} == {}",
                    self.scopes.value(one)?,
                    self.scopes.value(other)?
                );
                ("ifEquals", "endif", format!("if {condition}"), None)
            }
            ("unlessEquals", [one, other]) => {
                let condition = format!(
                    "{} != {}",
                    self.scopes.value(one)?,
                    self.scopes.value(other)?
                );
                ("unlessEquals", "endif", format!("if {condition}"), None)
            }
            ("each", [path, alias @ ..]) => {
                let list = self.scopes.path(path)?;
                let alias = alias_of(alias)?;
                let item = match &alias {
                    Some(alias) => alias.clone(),
                    None => self.scopes.free_name()?,
                };
                let scope = Scope {
                    this: item.clone(),
                    alias,
                };
                (
                    "each",
                    "endfor",
                    format!("for {item} in {list}"),
                    Some(scope),
                )
            }
            ("with", [path, alias @ ..]) => {
                let this = self.scopes.path(path)?;
                let alias = alias_of(alias)?;
                // Handlebars shows nothing where there is nothing.
                let block = format!("if {this}");
                ("with", "endif", block, Some(Scope { this, alias }))
            }
            _ => return Err(format!("the block helper `{}` is not known", shown(helper))),
        };
        self.open.push(Block {
            helper,
            end,
            has_scope: scope.is_some(),
            has_else: false,
        });
        self.scopes.open(scope);
        Ok(block)
    }

    /// The Jinja block of `{{else}}` or `{{else if …}}`.
    fn otherwise(&mut self, arguments: &[&str]) -> Result<String, String> {
        let Some(block) = self.open.last_mut() else {
            return Err("`{{else}}` stands outside of a block".to_owned());
        };
        if block.has_else {
            return Err("a block has more than one `{{else}}`".to_owned());
        }
        block.has_else = arguments.is_empty();
        // What follows is not about an item.
        if std::mem::take(&mut block.has_scope) {
            self.scopes.close();
        }
        match arguments {
            [] => Ok("else".to_owned()),
            ["if", path] if self.open.last().is_some_and(|block| block.end == "endif") => {
                Ok(format!("elif {}", self.condition(path)?))
            }
            _ => Err("`{{else}}` is followed by what is no condition".to_owned()),
        }
    }

    fn condition(&mut self, path: &str) -> Result<String, String> {
        let condition = self.scopes.path(path)?;
        if self.scopes.is_outermost()
            && let Some(name) = condition.split('.').next().filter(|name| is_name(name))
        {
            self.done.optional.insert(name.to_owned());
        }
        Ok(condition)
    }

    fn next_message(&mut self, role: Role) {
        let template = std::mem::take(&mut self.writer).finish();
        let text = template
            .strip_suffix("\n\n")
            .or_else(|| template.strip_suffix('\n'))
            .unwrap_or(&template);
        // Dotprompt sends no message without words.
        if !text.trim().is_empty() {
            self.done.messages.push((self.role, text.to_owned()));
        }
        self.role = role;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn template(text: &str) -> String {
        read(text).unwrap().messages.remove(0).1
    }

    #[test]
    fn blocks_and_paths_become_jinja() {
        for (text, ours) in [
            (
                "{{name}} {{{a.b}}} {{this.c}}",
                "{{ name }} {{ a.b }} {{ c }}",
            ),
            (
                "{{#if a}}1{{else if b}}2{{else}}3{{/if}}",
                "{% if a %}1{% elif b %}2{% else %}3{% endif %}",
            ),
            ("{{#unless a}}x{{/unless}}", "{% if not a %}x{% endif %}"),
            (
                "{{#each xs}}\n- {{this}} {{name}} {{../tone}} {{@index}}\n{{/each}}\nEnd",
                "{% for item in xs %}\n- {{ item }} {{ item.name }} {{ tone }} {{ loop.index0 }}\n{% endfor %}\nEnd",
            ),
            (
                "{{#each xs as |x|}}{{x.y}}{{@root.z}}{{else}}none{{/each}}",
                "{% for x in xs %}{{ x.y }}{{ z }}{% else %}none{% endfor %}",
            ),
            (
                "{{#with a}}{{b}}{{/with}}",
                "{% if a %}{{ a.b }}{% endif %}",
            ),
            ("a {{~x~}} b", "a {{- x -}} b"),
            ("\\{{x}} {% y %}", "{{ '{{' }}x}} {{ '{%' }} y %}"),
            ("{{json x}}", "{{ x | tojson }}"),
            (
                "{{#ifEquals a \"b c\"}}1{{/ifEquals}}",
                "{% if a == \"b c\" %}1{% endif %}",
            ),
        ] {
            assert_eq!(template(text), ours, "{text}");
        }
    }

    #[test]
    fn roles_part_messages_and_what_is_no_text_is_told() {
        let read = read("{{role \"system\"}}\nBe kind.\n\n{{history}}\n{{role \"user\"}}\nHi {{media url=pic}}{{! no }}\n{{role \"model\"}}\nYes\n").unwrap();
        assert_eq!(
            read.messages,
            [
                (Role::System, "Be kind.\n".to_owned()),
                (Role::User, "Hi {# no +#}".to_owned()),
                (Role::Assistant, "Yes".to_owned())
            ]
        );
        assert_eq!(read.dropped, ["{{history}}", "{{media url=pic}}"]);
    }

    #[test]
    fn what_has_no_equal_is_refused() {
        for text in [
            "{{> part}}",
            "{{upper x}}",
            "{{#list x}}{{/list}}",
            "{{#if x}}{{role \"user\"}}{{/if}}",
            "{{role \"judge\"}}",
            "{{../x}}",
            "{{@key}}",
            "{{#if (eq a b)}}{{/if}}",
            "{{#if a}}",
            "{{/if}}",
            "{{else}}",
            "{{#each xs}}{{else}}{{else}}{{/each}}",
            "{{x",
            "{{}}",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_a_template(parts in proptest::collection::vec("(\\{\\{#if x\\}\\}|\\{\\{/if\\}\\}|\\{\\{#each x\\}\\}|\\{\\{/each\\}\\}|\\{\\{else\\}\\}|\\{\\{this\\}\\}|\\{\\{~x~\\}\\}|\\{\\{! c \\}\\}|\\n| |a|\\{|\\}|%|#|\\\\)", 0..12)) {
            if let Ok(read) = read(&parts.concat()) {
                let environment = crate::template::environment();
                for (_, template) in &read.messages {
                    prop_assert!(environment.template_from_str(template).is_ok(), "{}", template);
                }
            }
        }
    }
}
