//! One report, many tellings: text for people, JSON, JUnit. Pure functions of (report, snapshot): nothing here looks or
//! judges.

mod drift;
pub mod explain;
mod facts;
pub mod json;
pub mod junit;
mod page;
pub mod path;
pub mod style;
pub mod text;
