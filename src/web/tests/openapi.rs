//! The description of the API is what the API does.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::{House, gate::every_request};
use crate::web::{openapi::document, routes};

#[tokio::test]
async fn every_route_is_described_and_every_description_is_of_a_route() {
    let house = House::open().await;
    let told: Value = house.get("/api/openapi.json").await.json().await.unwrap();
    assert_eq!(told["openapi"], "3.1.0");
    let mut described = BTreeSet::new();
    for (path, operations) in told["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            assert!(!operation["summary"].as_str().unwrap().is_empty(), "{method} {path}");
            described.insert((path.clone(), method.to_uppercase()));
        }
    }
    let table = routes::table();
    let of_table: BTreeSet<_> =
        table.iter().map(|route| (route.path.to_owned(), route.method.to_string())).collect();
    assert_eq!(described, of_table);
    // A route answers to the methods that it says, and to no others.
    for (path, method) in every_request() {
        if method == Method::HEAD {
            continue;
        }
        let says = table.iter().any(|route| route.method == method && fits(route.path, &path));
        let exists = table.iter().any(|route| fits(route.path, &path));
        let status = house.request(method.clone(), &path).send().await.unwrap().status();
        assert_eq!(status == StatusCode::METHOD_NOT_ALLOWED, exists && !says, "{method} {path}: {status}");
    }
}

/// Whether a path is one of a pattern.
fn fits(pattern: &str, path: &str) -> bool {
    let (pattern, path): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
    pattern.len() == path.len()
        && pattern.iter().zip(path).all(|(part, own)| part.starts_with('{') || *part == own)
}

#[tokio::test]
async fn what_a_route_says_it_takes_it_takes_and_nothing_else() {
    let house = House::open().await;
    let told = document();
    for route in routes::table().iter().filter(|route| route.method == Method::POST) {
        let path =
            route.path.replace("{name}", "neon").replace("{verb}", "pause").replace("{stream}", "wall");
        let problem: Value =
            house.post(&path, r#"{"no such key": 1}"#).await.json().await.unwrap_or_default();
        let detail = problem["detail"].as_str().unwrap_or_default();
        if !detail.contains("unknown key") {
            // Takes no members: forms and offers.
            assert!(route.members.is_empty(), "{path}: {problem}");
            continue;
        }
        let body = &told["paths"][route.path]["post"]["requestBody"]["content"]["application/json"]["schema"];
        for (name, ..) in route.members {
            let is_of_progress = *name == "progress";
            assert!(
                is_of_progress || detail.contains(&format!("`{name}`")),
                "{path} does not take `{name}`: {detail}"
            );
            assert!(body["properties"][name].is_object(), "{path}: {name}");
        }
        let known = detail.matches('`').count() / 2 - 1;
        let all = route.members.iter().filter(|(name, ..)| *name != "progress").count();
        assert_eq!(known, all, "{path} takes more than it says: {detail}");
    }
}
