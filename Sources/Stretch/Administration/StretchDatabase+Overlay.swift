extension StretchDatabase {
    /// Makes this connection show the tables as the catalog has them now, from the next statement on.
    func refreshOverlay() throws(StretchError) { overlay.invalidate() }
}
