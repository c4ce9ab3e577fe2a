//! What hangs on the wall: read from the runner behind the simulated stream, never from what Segue believes.

use serde_json::Value;

use super::{
    eventually,
    house::{Daemon, KEY, Simulator, http},
    within,
};

/// A look as the runner must have it in the end: prompts and seeds with their coefficients; nothing else has any.
pub(crate) type Look = (&'static [(&'static str, f64)], &'static [(i64, f64)]);

impl Simulator {
    /// Returns every stream of the account, as the API lists them.
    pub(crate) async fn streams(&self) -> Vec<Value> {
        let request = http().get(format!("{}/v1/streams", self.url)).bearer_auth(KEY);
        let list: Value = within("the list", request.send()).await.unwrap().json().await.unwrap();
        list["data"].as_array().unwrap().clone()
    }

    /// Returns how many streams were ever created, in this run of the simulator.
    pub(crate) fn creates(&self) -> usize {
        self.requests().iter().filter(|line| line["op"] == "create").count()
    }

    /// Puts rules of faults in place of those there are.
    pub(crate) async fn fault(&self, rules: Value) {
        let request = http().post(format!("{}/_sim/faults", self.url)).json(&rules);
        assert!(within("the faults", request.send()).await.unwrap().status().is_success());
    }

    /// Returns whether the runner of a stream shows exactly this look.
    async fn is_showing(&self, id: &str, (prompts, seeds): Look) -> bool {
        let Ok(answer) = http().get(format!("{}/_sim/streams/{id}", self.url)).send().await else {
            return false;
        };
        let runner: Value = answer.json().await.unwrap();
        let side = |name: &str| runner["effective"][name]["coefficients"].as_array().cloned();
        let (Some(shown_prompts), Some(shown_seeds)) = (side("prompt"), side("seed")) else { return false };
        fits(&shown_prompts, prompts) && fits(&shown_seeds, seeds)
    }
}

/// Returns whether each thing has its coefficient and every other thing none.
fn fits<T: Into<Value> + Copy>(shown: &[Value], wanted: &[(T, f64)]) -> bool {
    let wanted: Vec<(Value, f64)> = wanted.iter().map(|(thing, part)| ((*thing).into(), *part)).collect();
    let share = |thing: &Value| -> f64 {
        shown.iter().filter(|entry| entry[0] == *thing).map(|entry| entry[1].as_f64().unwrap()).sum()
    };
    let others = shown.iter().filter(|entry| !wanted.iter().any(|(thing, _)| entry[0] == *thing));
    wanted.iter().all(|(thing, part)| (share(thing) - part).abs() < 1e-9)
        && others.into_iter().all(|entry| entry[1].as_f64().unwrap().abs() < 1e-9)
}

impl Daemon {
    /// Waits until the daemon rests on a scene and the runner shows exactly its look; returns the stream's id.
    pub(crate) async fn rests_on(&self, simulator: &Simulator, scene: &str, look: Look) -> String {
        eventually(&format!("{scene} on the runner"), async || {
            let state = self.state().await;
            let stream = &state["streams"][0];
            if stream["scene"] != scene || !stream["transition"].is_null() {
                return None;
            }
            let id = stream["id"].as_str()?;
            simulator.is_showing(id, look).await.then(|| id.to_owned())
        })
        .await
    }
}
