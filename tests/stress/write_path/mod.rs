//! A model of the write path, small enough to explore whole: every interleaving of a few calls with whatever may go wrong.

mod bounds;
mod bug;
mod call;
mod commit;
mod document;
mod environment;
mod failure;
mod histories;
mod model;
mod planted;
mod properties;
mod search;
mod state;
mod table;
mod transaction;
mod waiting;
