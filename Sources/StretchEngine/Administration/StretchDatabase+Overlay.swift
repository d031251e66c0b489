internal import StretchCore
internal import StretchOverlay

extension StretchDatabase {
    /// Makes the next statement of this connection see the tables as the catalog has them then.
    func refreshOverlay() throws(StretchError) { overlay.invalidate() }
}
