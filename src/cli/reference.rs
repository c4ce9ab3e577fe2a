//! `segue reference`: every key of a show file and every parameter, as a page of Markdown.

use std::fmt::Write as _;

use crate::{
    config::keys::{self, Form, Params, Section},
    show::params::{
        Class, Idle, Kind, Known, OURS, Part, Profile, SEED_MAX, STEP_MAX, Spec, TABLE, models, nets,
        objects::{self, Member, Needed, SIDE, SIDE_STEP},
    },
};

/// Returns the page.
pub(super) fn text() -> String {
    let mut page = String::from("# Show file reference\n\nPrinted by `segue reference`.\n");
    for section in keys::SECTIONS {
        self::section(&mut page, section);
    }
    parameters(&mut page);
    members(&mut page, "IP adapter", &objects::ip_adapter(None));
    members(&mut page, "Cached attention", objects::CACHED_ATTENTION);
    members(&mut page, "A block of processors", &objects::processing(nets::PREPROCESSORS));
    members(&mut page, "A processor", &objects::processor(nets::PREPROCESSORS));
    models(&mut page);
    controlnets(&mut page);
    page.trim_end().to_owned()
}

fn section(page: &mut String, section: &Section) {
    heading(page, section.title);
    match section.params {
        Params::None => {}
        Params::Stream => {
            line(
                page,
                "Every parameter below, but for those that Segue sets and those that the API refuses.",
            );
        }
        Params::Fades => {
            line(page, "Besides these every live parameter below: each is a group by its own name.\n");
        }
        Params::Scene => {
            line(
                page,
                "Besides these every live parameter below, and with `allow_reload` those that reload.\n",
            );
        }
    }
    if !section.keys.is_empty() {
        table(page, &["key", "value", "without it", "what it says"]);
    }
    for key in section.keys {
        let default = match key.default {
            _ if key.required => "**required**".to_owned(),
            "" => String::new(),
            words if words.contains(' ') && !words.contains(['{', '`']) => words.to_owned(),
            words if words.contains('`') => words.to_owned(),
            word => format!("`{word}`"),
        };
        row(page, &[&format!("`{}`", key.name), &form(&key.form), &default, key.what]);
    }
    if !section.members.is_empty() {
        line(page, "A show file needs `model_id` only: for the rest there is what is usual.\n");
    }
    member_rows(page, section.members);
}

fn members(page: &mut String, title: &str, members: &[Member]) {
    heading(page, title);
    member_rows(page, members);
}

fn member_rows(page: &mut String, members: &[Member]) {
    if !members.is_empty() {
        table(page, &["key", "value", "API v1", "what it says"]);
    }
    for member in members {
        let needed = if member.needed == Needed::Never { "" } else { "required" };
        row(page, &[&format!("`{}`", member.name), &kind(member.kind), needed, member.what]);
    }
}

fn parameters(page: &mut String) {
    heading(page, "Parameters");
    line(page, "The defaults are those of the runner of December 2025, and of July 2025 where they differ.");
    line(
        page,
        "`live` changes at the next frame, `reload` takes seconds without a picture, `fixed` never changes.\n",
    );
    table(page, &["parameter", "value", "default", "July 2025", "change", "known to", "what it does"]);
    for spec in TABLE {
        let (default, july) = spec.defaults_written();
        let july = match july {
            _ if spec.default(Profile::July2025).is_none() => "unknown".to_owned(),
            Some(list) if list.contains('\n') => "five ControlNets".to_owned(),
            other => other.map(code).unwrap_or_default(),
        };
        let unit = if spec.unit.is_empty() { String::new() } else { format!(", {}", spec.unit) };
        let cells = [
            &*code(spec.name),
            &format!("{}{unit}", kind(spec.kind)),
            &code(default),
            &july,
            &class(spec),
            known(spec),
            &remarks(spec),
        ];
        row(page, &cells);
    }
}

fn class(spec: &Spec) -> String {
    let words = |class: Class| match class {
        Class::Live => "live".to_owned(),
        Class::Partly(Part::Member(member)) => format!("live; `{member}` reloads"),
        Class::Partly(Part::Length) => "live; another length reloads".to_owned(),
        Class::Partly(Part::AllButScales) => "scales live, the rest reloads".to_owned(),
        Class::Reload => "reload".to_owned(),
        Class::Fixed => "fixed".to_owned(),
    };
    let (now, july) = (spec.class(Profile::December2025), spec.class(Profile::July2025));
    if now == july { words(now) } else { format!("{} (July: {})", words(now), words(july)) }
}

fn known(spec: &Spec) -> &'static str {
    match spec.known {
        Known::Both => "both APIs",
        Known::V1 => "v1",
        Known::V1Adapters => "v1, not with SD-Turbo",
        Known::Runner => "the runner only; refused",
    }
}

fn remarks(spec: &Spec) -> String {
    let idle = match spec.idle {
        None => String::new(),
        Some(Idle::Always(why)) => format!("; **without effect**: {why}"),
        Some(Idle::Unguided(why) | Idle::Turbo(why)) => format!("; {why}"),
    };
    let ours = OURS.into_iter().find(|(name, _)| *name == spec.name);
    let ours = ours.map(|(_, why)| format!("; set by Segue: {why}")).unwrap_or_default();
    format!("{}{idle}{ours}", spec.what)
}

fn models(page: &mut String) {
    heading(page, "Models");
    table(
        page,
        &["`model_id`", "preset `t_index_list`", "ControlNets", "at most", "IP adapter", "cached attention"],
    );
    for model in models::TABLE {
        let list = |names: &[&str]| if names.is_empty() { "no".to_owned() } else { names.join(", ") };
        let short: Vec<&str> = nets::short_names(model.family).collect();
        let most = model.family.nets_max().map_or_else(String::new, |most| most.to_string());
        let adapters = model.family.ip_adapters();
        let attention = if adapters.is_empty() { "no" } else { "yes, at 512x512 with tensorrt" };
        let cells = [&*code(model.id), &code(model.preset), &list(&short), &most, &list(adapters), attention];
        row(page, &cells);
    }
}

fn controlnets(page: &mut String) {
    heading(page, "ControlNets by short name");
    table(page, &["short name", "id", "usual preprocessor"]);
    for net in nets::TABLE {
        row(page, &[&code(net.short), &code(net.id), &code(net.preprocessor)]);
    }
}

fn form(form: &Form) -> String {
    match form {
        Form::Text => "text".to_owned(),
        Form::Like(example) => format!("text, like {}", code(example)),
        Form::Bool => "`true` or `false`".to_owned(),
        Form::Number(low, high) => format!("number, {low} to {high:.4}").trim_end_matches(".0000").to_owned(),
        Form::AnyNumber => "number".to_owned(),
        Form::Words(words) => words_of(words),
        Form::Time => "duration, like `8s`".to_owned(),
        Form::Prompt => kind(Kind::Prompts),
        Form::Seed => kind(Kind::Seeds),
        Form::Literal => "text, number, `true` or `false`".to_owned(),
        Form::Off => "`off`".to_owned(),
        Form::Nothing => "nothing".to_owned(),
        Form::Anything => "anything".to_owned(),
        Form::Scales => "numbers from 0 to 1 by name".to_owned(),
        Form::Map(section) => {
            let title = section.title.split(':').next().unwrap_or_default();
            format!("map: {}", title.strip_prefix("A ").unwrap_or(title))
        }
        Form::Named(of) => format!("by name, each {}", self::form(of)),
        Form::List(of) => format!("list, each {}", self::form(of)),
        Form::Any(forms) => forms.iter().map(self::form).collect::<Vec<_>>().join("; or "),
    }
}

fn kind(kind: Kind) -> String {
    match kind {
        Kind::Number(low, high) if high - low < 1e9 => format!("number, {low} to {high}"),
        Kind::Number(..) => "number".to_owned(),
        Kind::Integer(low, i64::MAX) => format!("whole number, {low} or more"),
        Kind::Integer(low, high) => format!("whole number, {low} to {high}"),
        Kind::Size => format!("whole number, {} to {}, a multiple of {SIDE_STEP}", SIDE.0, SIDE.1),
        Kind::Bool => "`true` or `false`".to_owned(),
        Kind::Text => "text".to_owned(),
        Kind::Choice(words) => words_of(words),
        Kind::Model => "a model below".to_owned(),
        Kind::Preprocessor => words_of(nets::PREPROCESSORS),
        Kind::Indices => {
            format!(
                "1 to 4 whole numbers from 0 to {STEP_MAX} that never fall, each below `num_inference_steps`"
            )
        }
        Kind::Prompts => "text, or a list of `[text, weight]`".to_owned(),
        Kind::Seeds => format!("whole number within ±{SEED_MAX}, or a list of `[seed, weight]`"),
        Kind::Loras => "scales by name".to_owned(),
        Kind::Nets => "a list of ControlNets, or scales by name".to_owned(),
        Kind::Processing(names) if names.len() == 1 => format!("a block of processors: {}", words_of(names)),
        Kind::Processing(_) => "a block of processors".to_owned(),
        Kind::Processors(_) => "a list of processors".to_owned(),
        Kind::IpAdapter => "an IP adapter".to_owned(),
        Kind::CachedAttention => "cached attention".to_owned(),
        Kind::Free => "a map of anything".to_owned(),
    }
}

fn words_of(words: &[&str]) -> String {
    words.iter().map(|word| code(word)).collect::<Vec<_>>().join(", ")
}

/// Quotes a literal for a cell of a table.
fn code(text: &str) -> String {
    format!("`{}`", text.replace('|', "\\|"))
}

fn heading(page: &mut String, title: &str) {
    let _ = write!(page, "\n## {title}\n\n");
}

fn line(page: &mut String, text: &str) {
    let _ = writeln!(page, "{text}");
}

fn table(page: &mut String, heads: &[&str]) {
    row(page, heads);
    let _ = writeln!(page, "|{}", "---|".repeat(heads.len()));
}

fn row(page: &mut String, cells: &[&str]) {
    let _ = writeln!(page, "| {} |", cells.join(" | "));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_every_key_and_every_parameter() {
        let page = text();
        for section in keys::SECTIONS {
            for name in section.names() {
                assert!(page.contains(&format!("| `{name}` |")), "{name}");
            }
        }
        for spec in TABLE {
            assert!(page.contains(&format!("| `{}` |", spec.name)), "{}", spec.name);
        }
        insta::with_settings!({
            snapshot_path => "../../tests/snapshots/cli",
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!("reference", page);
        });
    }

    #[test]
    fn every_row_of_a_table_has_as_many_cells_as_its_head() {
        let mut cells = 0;
        for line in text().lines() {
            let bars = line.replace("\\|", "").matches('|').count();
            if bars > 0 {
                assert!(cells == 0 || cells == bars, "{line}");
            }
            cells = bars;
        }
    }
}
