//! Every text of a span. Taking it apart by name makes a new field of the model an error here until it is looked at.

use super::pass::Pass;
use plumbline_model::{Content, Document, Message, OfferedTool, Span, ToolCall};
use std::collections::BTreeMap;

impl Pass<'_> {
    pub(super) fn span(&mut self, span: &mut Span) {
        let Span {
            trace_id,
            span_id,
            parent_id,
            request_id,
            kind: _,
            name,
            start_ns: _,
            end_ns: _,
            time_to_first_token_ms: _,
            status: _,
            error_type,
            error_message,
            http_status: _,
            provider,
            model_requested,
            model_returned,
            provider_fingerprint,
            parameters,
            prompt_name,
            prompt_version,
            prompt_hash,
            request_hash,
            prompt_variables,
            usage: _,
            cost_usd: _,
            attempt: _,
            retry_of,
            idempotency_key,
            cache_hit: _,
            cache_key,
            documents,
            embedding_model,
            embedding_dimensions: _,
            tool_name,
            tool_version,
            tool_arguments,
            tool_result,
            tools,
            input_messages,
            output_messages,
            finish_reason,
            user_id_hash,
            session_id,
            tenant,
            locale,
            environment,
            tags,
        } = span;
        for id in [trace_id, span_id] {
            self.id_in_place(id);
        }
        let ids = [
            parent_id,
            request_id,
            retry_of,
            model_requested,
            model_returned,
            embedding_model,
        ];
        for id in ids.into_iter().flatten() {
            self.id_in_place(id);
        }
        let texts = [
            name,
            error_type,
            error_message,
            provider,
            provider_fingerprint,
            prompt_name,
            prompt_version,
            prompt_hash,
            request_hash,
            idempotency_key,
            cache_key,
            tool_name,
            tool_version,
            finish_reason,
            user_id_hash,
            session_id,
            tenant,
            locale,
            environment,
        ];
        for text in texts.into_iter().flatten() {
            self.text_in_place(text);
        }
        self.fields(parameters);
        self.fields(prompt_variables);
        for value in [tool_arguments, tool_result].into_iter().flatten() {
            self.value(value);
        }
        for document in documents {
            self.document(document);
        }
        for tool in tools {
            self.tool(tool);
        }
        for message in input_messages.iter_mut().chain(output_messages) {
            self.message(message);
        }
        self.tags(tags);
    }

    fn document(&mut self, document: &mut Document) {
        let Document {
            id,
            score: _,
            source,
            content,
        } = document;
        self.text_in_place(id);
        for text in [source, content].into_iter().flatten() {
            self.text_in_place(text);
        }
    }

    fn tool(&mut self, tool: &mut OfferedTool) {
        let OfferedTool {
            name,
            version,
            description,
            schema,
        } = tool;
        self.text_in_place(name);
        for text in version.iter_mut().chain(description) {
            self.text_in_place(text);
        }
        self.value(schema);
    }

    fn message(&mut self, message: &mut Message) {
        let Message {
            role: _,
            content,
            tool_calls,
            tool_call_id,
            name,
        } = message;
        match content {
            Content::Text(text) => self.text_in_place(text),
            Content::Parts(parts) => parts.iter_mut().for_each(|part| self.value(part)),
        }
        for ToolCall {
            id,
            name,
            arguments,
        } in tool_calls
        {
            self.text_in_place(id);
            self.text_in_place(name);
            self.value(arguments);
        }
        for text in [tool_call_id, name].into_iter().flatten() {
            self.text_in_place(text);
        }
    }

    fn tags(&mut self, tags: &mut BTreeMap<String, String>) {
        let mut renamed = Vec::new();
        for (key, value) in tags.iter_mut() {
            let changed = self.text(key);
            if let Some(clean) = self.by_name(changed.as_deref().unwrap_or(key), value) {
                *value = clean;
            }
            renamed.extend(changed.map(|changed| (key.clone(), changed)));
        }
        for (old, new) in renamed {
            if let Some(value) = tags.remove(&old) {
                tags.insert(new, value);
            }
        }
    }

    fn text_in_place(&mut self, text: &mut String) {
        if let Some(changed) = self.text(text) {
            *text = changed;
        }
    }

    fn id_in_place(&mut self, text: &mut String) {
        if let Some(changed) = self.id(text) {
            *text = changed;
        }
    }
}
