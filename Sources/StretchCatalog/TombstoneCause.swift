/// Why a tombstone hides its cold row; the numbers are in the file.
package enum TombstoneCause: Int64, Sendable {
    /// A hot row is about to take its place. Both are written in one step, so that no committed
    /// state has this cause: a row that it hides is lost, and `verify` finds it.
    case unfinished = 0
    /// The row was deleted.
    case deleted = 1
    /// A hot row took its place: it was recalled, updated or brought back.
    case replaced = 2
    /// A hot row has its key already, or it changed while its batch moved.
    case shadowed = 3
    /// Its table was abandoned.
    case abandoned = 4
}
