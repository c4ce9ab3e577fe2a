//! Segue from outside: everything here sees only what the library shows.
mod config;
