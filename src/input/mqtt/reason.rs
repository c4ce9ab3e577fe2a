//! Why there is no session, in words for people.

use rumqttc::{ConnectReturnCode, ConnectionError, Error as MqttError, StateError};

use super::ANSWER_MAX;

/// Says why a session ended, for people.
pub(super) fn describe(error: &ConnectionError) -> String {
    match error {
        ConnectionError::ConnectionRefused(code) => {
            let reason = match code {
                ConnectReturnCode::BadUserNamePassword => "bad user name or password",
                ConnectReturnCode::NotAuthorized => "not authorised: check user and password",
                ConnectReturnCode::BadClientId => "it does not accept our client id",
                ConnectReturnCode::ServiceUnavailable => "it is not available",
                ConnectReturnCode::RefusedProtocolVersion => "it does not speak MQTT 3.1.1",
                ConnectReturnCode::Success => "it gave no reason",
            };
            format!("the broker refuses us: {reason}")
        }
        ConnectionError::Io(error)
        | ConnectionError::MqttState(
            StateError::Io(error) | StateError::Deserialization(MqttError::Io(error)),
        ) => error.to_string(),
        ConnectionError::NetworkTimeout | ConnectionError::FlushTimeout => {
            format!("no answer within {} s", ANSWER_MAX.as_secs())
        }
        ConnectionError::MqttState(StateError::AwaitPingResp) => "the broker fell silent".to_owned(),
        ConnectionError::MqttState(StateError::ConnectionAborted) => {
            "the broker ended the connection".to_owned()
        }
        error => error.to_string(),
    }
}
