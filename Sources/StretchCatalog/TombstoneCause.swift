/// The reason why a tombstone hides its cold row; the numbers are stored in the file.
package enum TombstoneCause: Int64, Sendable {
    /// A hot row is about to replace it.
    ///
    /// Both are written in one step, so no committed state has this cause. If one does, the hidden
    /// row is lost, and `verify` reports it.
    case unfinished = 0
    /// The row was deleted.
    case deleted = 1
    /// A hot row replaced it: the row was recalled, updated or brought back.
    case replaced = 2
    /// A hot row already has its key, or the row changed while its batch was migrated.
    case shadowed = 3
    /// Its table was abandoned.
    case abandoned = 4
}
