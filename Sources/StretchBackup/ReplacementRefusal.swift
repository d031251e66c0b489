/// The reason why a file is not replaced by a backup without confirmation; the cause of an error.
package enum ReplacementRefusal: Error {
    /// The file holds another database or other data.
    case foreign
    /// The file is newer than the backup.
    case newer
}
