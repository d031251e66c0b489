internal import StretchCore
internal import StretchOverlay

extension StretchDatabase {
    /// Makes the next statement of this connection read the table definitions from the catalog
    /// again.
    func refreshOverlay() throws(StretchError) { overlay.invalidate() }

    /// Discards the session with the remote, after a change of the keystore.
    package func forgetRemote() { overlay.forgetRemote() }
}
