//! What the show file says of lanes: `panic`, `operator_idle`, `operator_release`, and `hold` with its companions in a
//! step.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use crate::show::{
    lane::{HOLD_MAX, Hold, LaneVerb, OperatorPlan, PRIORITY_MAX, PanicPlan},
    scene::Scene,
};

use super::{
    lane_keys,
    reader::Fields,
    report::{Problem, Report},
    scalar, streams, time,
    tree::{Node, Value},
    words::closest,
};

/// How long a hand may rest: less than a second is no rest between two moves of one hand.
const IDLE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_hours(24));

/// The keys that go with `hold`.
pub(super) const HOLD_KEYS: [&str; 3] = ["hold", "priority", "release"];

/// Reads where the panic button goes.
pub(super) fn panic(
    node: Option<&Node>,
    scenes: &BTreeMap<Arc<str>, Arc<Scene>>,
    report: &mut Report,
) -> PanicPlan {
    let mut plan = PanicPlan::default();
    let Some(node) = node else { return plan };
    let Some(mut fields) = Fields::of(node, &node.span, "`panic`", &lane_keys::PANIC, report) else {
        return plan;
    };
    let scene = |node: &Node| streams::scene(node, "it goes to", scenes);
    plan.scene = fields.get("scene", report, scene).flatten();
    plan.fade = fields.get("fade", report, time::fade).unwrap_or(plan.fade);
    fields.finish(report);
    plan
}

/// Reads when a hand gives a stream back; what is not said is as in `usual`.
pub(super) fn operator(fields: &mut Fields<'_>, usual: OperatorPlan, report: &mut Report) -> OperatorPlan {
    let idle = fields.get("operator_idle", report, |node| match &node.value {
        Value::Text(text) if text == "never" => Ok(None),
        Value::Text(text) if closest(text, ["never"]).is_some() => {
            Err(scalar::expected(node, "a duration or `never`").hint("did you mean `never`?"))
        }
        _ => time::duration_in(node, "operator_idle", IDLE).map(Some),
    });
    let release = fields.get("operator_release", report, time::fade);
    OperatorPlan { idle: idle.unwrap_or(usual.idle), release: release.unwrap_or(usual.release) }
}

/// Reads how long a step holds.
pub(super) fn hold(fields: &mut Fields<'_>, of: &str, report: &mut Report) -> Option<Hold> {
    let holds = fields.has("hold");
    let read = |node: &Node| time::duration_in(node, "hold", (Duration::ZERO, HOLD_MAX));
    let hold = fields.get("hold", report, read);
    let priority = fields.get("priority", report, |node| {
        scalar::integer(node)?;
        scalar::number_in(node, "priority", 0.0, f64::from(PRIORITY_MAX))
    });
    let release = fields.get("release", report, time::fade);
    let mut refuse = |keys: &[&str], says: &str, hint: &str| {
        for entry in fields.given(keys) {
            let message = format!("`{}` {says}", entry.key.text().unwrap_or_default());
            report.push(Problem::error(&entry.key.span, message).of(of).hint(hint));
        }
    };
    if holds {
        let says = "does not go with `hold`: what holds takes the stream at once";
        refuse(&["policy"], says, "take it out; `priority` says which of two that hold is on");
    } else {
        let says = "says nothing without `hold`: there is no way back";
        refuse(&["priority", "release"], says, "write `hold: 30s`, or take it out");
    }
    Some(Hold { time: hold?, priority: priority.unwrap_or_default() as u8, release })
}

/// Reads what a step does to lanes.
pub(super) fn verb(fields: &mut Fields<'_>, report: &mut Report) -> Option<LaneVerb> {
    fields.get("lane", report, |node| {
        let name = scalar::choice(node, "lane", &LaneVerb::NAMES)?;
        LaneVerb::find(name).ok_or_else(|| scalar::expected(node, "a verb"))
    })
}
