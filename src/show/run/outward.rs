//! What steps do besides moving streams: variables, and what goes out to others. Works texts out and checks what comes of
//! it; sending is the shell's.

use std::{cell::Cell, fmt::Write as _, sync::Arc};

use serde_json::Value;

use super::{
    By,
    formula::Formula,
    news::RunNews,
    step::{Blend, Body, Call, CallUrl, Painted, Publish, Send},
    texts,
};
use crate::show::{
    Show,
    event::{Action, StreamIndex},
    expression::Failed,
    letters::{Letter, OscLetter, Post},
    mix::Mix,
    prompt,
    recovery::HookUrl,
    scope::Scope,
    stream::{place::Edge, queue::Going},
    text::TextPolicy,
    time::Now,
    topic::TOPIC_MAX,
    trigger::Refusal,
    variables,
    weighted::Weighted,
};

/// How much of a line for the log is told, in characters.
const LINE_CHARS_MAX: usize = 500;
/// The most arguments of an OSC message; [`crate::show::expression::RENDERED_BYTES_MAX`] bounds each.
pub const ARGS_MAX: usize = 32;
/// The longest OSC message that is sent: what every receiver takes in one datagram without a loss on the way.
const OSC_BYTES_MAX: usize = 8 * 1024;

impl Show {
    pub(in crate::show) fn blend(&mut self, blend: &Blend, by: &By, now: Now) {
        let Blend { parts, streams, fade, easing } = blend;
        let shares = parts.iter().filter(|(_, weight)| *weight > 0.0).cloned();
        let Some(mix) = Mix::from_raw(shares) else { return };
        for (index, stream) in self.streams.iter_mut().enumerate() {
            if streams.contains(StreamIndex(index)) {
                self.rota.stir(index);
                stream.blend_by(&mix, (fade.clone(), *easing), by, now, &mut self.out);
            }
        }
    }

    /// Fills in the prompt and goes there. What comes from outside has to pass the show's rules for texts.
    pub(in crate::show) fn paint(&mut self, painted: &Painted, by: &By, now: Now) {
        let Painted { pattern, prompt, streams, fade, easing, policy, hold } = painted;
        let rules = &self.sheet.venue.text;
        let (scope, denied) = admitted(self.scope((*by.occasion).clone(), now), &self.sheet.variables, rules);
        let filled = prompt.iter().map(|(template, weight)| {
            let text =
                template.render(&scope).map_err(|Failed(why)| denied.map_or(why, ToOwned::to_owned))?;
            if rules.denies(&text) {
                return Err("the text has a word in it that is denied".to_owned());
            }
            Ok((prompt::text(&text).map_err(|error| error.to_string())?, *weight))
        });
        let prompt = filled
            .collect::<Result<Vec<_>, String>>()
            .and_then(|entries| Weighted::new(entries).map_err(|error| error.to_string()));
        let prompt = match prompt {
            Ok(prompt) => prompt,
            Err(why) => return self.fail(by, "bad prompt", &why, now),
        };
        let scene = Arc::new(prompt::scene_like(pattern, prompt));
        let going = Going { scene, fade: fade.clone(), easing: *easing, policy: *policy };
        for index in 0..self.streams.len() {
            if streams.contains(StreamIndex(index)) {
                self.send(index, going.clone(), hold.as_ref(), by, now);
            }
        }
    }

    pub(in crate::show) fn set_variables(&mut self, list: &[(Arc<str>, Formula)], by: &By, now: Now) {
        for (name, formula) in list {
            let Some(old) = self.variables.get(name) else { continue };
            let value = self.worked_out(formula, by, now).map_err(|Failed(why)| why);
            match value.and_then(|value| variables::fit(&value, old)) {
                Ok(value) if value == *old => {}
                Ok(value) => {
                    self.variables.insert(Arc::clone(name), value.clone());
                    self.variables_edge = Some(Edge::Moved);
                    self.note_run(&by.name, RunNews::Set { variable: name.to_string(), value });
                }
                Err(why) => self.fail(by, "bad value", &format!("{name}: {why}"), now),
            }
        }
    }

    pub(in crate::show) fn publish(&mut self, publish: &Publish, by: &By, now: Now) {
        let Publish { topic, payload, retain, acknowledged } = publish;
        let letter = (|| {
            let topic = self.text(topic, by, now)?;
            if topic.is_empty() || topic.len() > TOPIC_MAX || topic.contains(['+', '#', '\0']) {
                return Err(Failed(format!("`{topic}` is no topic to publish to")));
            }
            let payload = self.text(payload, by, now)?;
            Ok(Letter { topic, payload, retain: *retain, acknowledged: *acknowledged })
        })();
        match letter {
            Ok(letter) => {
                self.note_run(&by.name, RunNews::Sent { way: "publish", to: letter.topic.clone() });
                self.out.push(Action::Publish(letter));
            }
            Err(Failed(why)) => self.fail(by, "not published", &why, now),
        }
    }

    pub(in crate::show) fn send_osc(&mut self, send: &Send, by: &By, now: Now) {
        let Send { address, args, to } = send;
        let letter = (|| {
            let address = self.text(address, by, now)?;
            let is_plain = |c: char| c.is_ascii_graphic() && c != '#';
            if !address.starts_with('/') || !address.chars().all(is_plain) {
                return Err(Failed(format!("`{address}` is no OSC address")));
            }
            let args: Vec<Value> =
                args.iter().map(|arg| self.worked_out(arg, by, now)).collect::<Result<_, Failed>>()?;
            let bytes = args.iter().map(|arg| arg.as_str().map_or(8, str::len));
            if address.len() + bytes.sum::<usize>() > OSC_BYTES_MAX {
                return Err(Failed(format!("the message has more than {OSC_BYTES_MAX} bytes")));
            }
            Ok(OscLetter { to: *to, address, args })
        })();
        match letter {
            Ok(letter) => {
                let to = format!("{} {}", letter.to, letter.address);
                self.note_run(&by.name, RunNews::Sent { way: "send", to });
                self.out.push(Action::SendOsc(letter));
            }
            Err(Failed(why)) => self.fail(by, "not sent", &why, now),
        }
    }

    pub(in crate::show) fn call(&mut self, call: &Call, by: &By, now: Now) {
        let Call { url, method, body, timeout } = call;
        let post = (|| {
            let url = match url {
                CallUrl::Fixed(url) => url.clone(),
                CallUrl::Filled(template) => {
                    let scope = self.scope((*by.occasion).clone(), now);
                    let occasion =
                        texts::of_occasion(scope.occasion.clone(), &|text| Some(percent_encoded(text)));
                    HookUrl::Plain(template.render(&Scope { occasion, ..scope })?.into())
                }
            };
            let body = match body {
                None => None,
                Some(Body::Json(formula)) => {
                    let value = self.worked_out(formula, by, now)?;
                    Some(("application/json", value.to_string()))
                }
                Some(Body::Text(formula)) => {
                    Some(("text/plain; charset=utf-8", self.text(formula, by, now)?))
                }
            };
            Ok(Post { name: Arc::clone(&by.name), url, method: *method, body, timeout: *timeout })
        })();
        match post {
            Ok(post) => {
                self.note_run(&by.name, RunNews::Sent { way: "call", to: post.host() });
                self.out.push(Action::Call(Box::new(post)));
            }
            Err(Failed(why)) => self.fail(by, "not called", &why, now),
        }
    }

    pub(in crate::show) fn say(&mut self, text: &Formula, by: &By, now: Now) {
        match self.text(text, by, now) {
            Ok(text) => {
                let clean = text.chars().map(|c| if c.is_control() { ' ' } else { c });
                let text = clean.take(LINE_CHARS_MAX).collect();
                self.note_run(&by.name, RunNews::Said { text });
            }
            Err(Failed(why)) => self.fail(by, "nothing to say", &why, now),
        }
    }

    /// Works a value out; what stands as it is costs nothing.
    fn worked_out(&self, formula: &Formula, by: &By, now: Now) -> Result<Value, Failed> {
        match formula.fixed() {
            Some(value) => Ok(value.clone()),
            None => formula.value(&self.scope((*by.occasion).clone(), now)),
        }
    }

    fn text(&self, formula: &Formula, by: &By, now: Now) -> Result<String, Failed> {
        match formula.fixed() {
            Some(Value::String(text)) => Ok(text.clone()),
            _ => formula.text(&self.scope((*by.occasion).clone(), now)),
        }
    }

    /// Counts and tells a step that cannot be done; the list goes on.
    fn fail(&mut self, by: &By, reason: &'static str, why: &str, now: Now) {
        let example = format!("{}: {why}", by.name);
        self.refuse(by.door, &Refusal { reason, example }, now);
    }
}

/// Returns a scope in which every text from outside is as it may be shown; what may not be is not there. The first reason
/// why something is not there comes with it.
fn admitted(scope: Scope, declared: &variables::Values, rules: &TextPolicy) -> (Scope, Option<&'static str>) {
    let denied = Cell::new(None);
    let admit = |text: &str| {
        if text.trim().is_empty() {
            return Some(String::new());
        }
        let admitted = rules.admit(text);
        if let Err(why) = admitted {
            denied.set(denied.get().or(Some(why)));
        }
        admitted.ok()
    };
    let Scope { occasion, mut state } = scope;
    let occasion = texts::of_occasion(occasion, &admit);
    for (name, value) in &mut state.vars {
        // What the show file says itself is nobody else's.
        if declared.get(name) != Some(value) {
            *value = texts::of_value(value.take(), &admit);
        }
    }
    (Scope { occasion, state }, denied.get())
}

/// Writes a text so that it stays one part of an address (RFC 3986, section 2.3).
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing into a text cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
