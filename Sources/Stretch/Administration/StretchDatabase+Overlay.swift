extension StretchDatabase {
    /// Makes this connection show the tables as the catalog has them now.
    func refreshOverlay() throws(StretchError) {}
}
