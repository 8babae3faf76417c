//! One report, many tellings: text for people, JSON, JUnit. Pure functions of (report, snapshot): nothing here looks or
//! judges.

pub mod demo;
mod drift;
pub mod explain;
mod facts;
pub mod guide;
pub mod json;
pub mod junit;
pub mod notice;
mod page;
pub mod path;
mod similar;
pub mod style;
pub mod text;

pub use similar::similar;
