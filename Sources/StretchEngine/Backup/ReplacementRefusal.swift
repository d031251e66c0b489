/// Why a file does not give way to a backup unasked; the cause of the error that says so.
package enum ReplacementRefusal: Error {
    /// It holds another database, or something else.
    case foreign
    /// It is newer than the backup.
    case newer
}
