//! The policy on texts that come from outside.

use crate::show::text::{CHARS_DEFAULT, CHARS_MAX, PHRASES_MAX, Phrase, TextPolicy};

use super::{
    keys,
    reader::Fields,
    report::{Problem, Report},
    scalar,
    tree::{Node, Value},
};

const OF: &str = "`text`";

/// Reads `text`; without it the usual policy holds.
pub(super) fn read(node: Option<&Node>, report: &mut Report) -> TextPolicy {
    let Some(node) = node else { return TextPolicy::default() };
    let Some(mut fields) = Fields::of(node, &node.span, OF, &keys::TEXT, report) else {
        return TextPolicy::default();
    };
    let max = fields.get("max_length", report, |node| {
        let max = scalar::integer(node)?;
        scalar::number_in(node, "max_length", 1.0, CHARS_MAX as f64)?;
        Ok(max as usize)
    });
    let allow = fields.value("allow", report).map(|node| phrases(node, "allow", report));
    let deny = fields.value("deny", report).map(|node| phrases(node, "deny", report));
    if let (Some(allow), [entry, ..]) = (&allow, fields.given(&["allow"]).as_slice())
        && matches!(&entry.value.value, Value::List(items) if items.is_empty())
        && allow.is_empty()
    {
        let problem = Problem::error(&entry.value.span, "no word is allowed");
        report.push(problem.of(OF).hint("name the words, or take `allow` out to allow all of them"));
    }
    fields.finish(report);
    TextPolicy::new(max.unwrap_or(CHARS_DEFAULT), allow.unwrap_or_default(), deny.unwrap_or_default())
}

fn phrases(node: &Node, key: &str, report: &mut Report) -> Vec<Phrase> {
    let of = format!("{OF}: `{key}`");
    let Value::List(items) = &node.value else {
        let problem = scalar::expected(node, "a list of words and phrases");
        report.push(problem.of(&of).hint(format!("write `{key}: [word, two words]`")));
        return Vec::new();
    };
    if items.len() > PHRASES_MAX {
        let message =
            format!("a list has at most {PHRASES_MAX} words and phrases, this one has {}", items.len());
        report.push(Problem::error(&node.span, message).of(&of));
    }
    let phrase = |item: &Node| {
        let text = scalar::filled(item)?;
        Phrase::new(text)
            .ok_or_else(|| Problem::error(&item.span, "there is neither a letter nor a digit in it"))
    };
    items.iter().filter_map(|item| report.take(phrase(item).map_err(|problem| problem.of(&of)))).collect()
}
