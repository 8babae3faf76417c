//! What is known of each fault, and the macro that makes the closed list of them from one table.

use super::Effect;
use crate::model::Credential;

/// All that is known of a fault.
pub(super) struct Row {
    pub id: &'static str,
    pub title: &'static str,
    pub replays: &'static str,
    pub needs: Option<Credential>,
    pub effect: Effect,
}

/// Makes the enum of all faults and the row of each from the table's rows:
/// `Name "id" "What it looks like." => effect, replays "public report", needs Credential;`, the last two as they apply.
macro_rules! faults {
    ($($name:ident $id:literal $title:literal => $effect:expr $(, replays $replays:literal)? $(, needs $needs:ident)?;)+) => {
        /// What can break. The list is closed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Fault {
            $(#[doc = $title] $name,)+
        }

        impl Fault {
            /// Every fault.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            pub(super) fn row(self) -> Row {
                match self {
                    $(Self::$name => Row {
                        id: $id,
                        title: $title,
                        replays: concat!("" $(, $replays)?),
                        needs: [$($needs)?].first().copied(),
                        effect: $effect,
                    },)+
                }
            }
        }
    };
}

pub(super) use faults;
