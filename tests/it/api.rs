//! The JSON interface, `/api/v1`: real answers over real connections, held against the description that is served.

mod answers;
mod changes;
mod described;
mod refusals;
mod rounds;
mod support;
