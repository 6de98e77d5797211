//! The suite that every store must pass.

use std::sync::LazyLock;

use super::harness::Fresh;

/// As PostgreSQL is used.
mod plain {
    use super::*;

    static FRESH: LazyLock<Fresh> = LazyLock::new(|| Fresh::new(false));

    workflow_core::store_contract!(|| (FRESH.store(), ()));
}

/// As its kin are.
mod portable {
    use super::*;

    static FRESH: LazyLock<Fresh> = LazyLock::new(|| Fresh::new(true));

    workflow_core::store_contract!(|| (FRESH.store(), ()));
}
