/// A text for dictionary keys that is equal to another only if all bytes are equal.
///
/// A `String` would be equal to every canonically equivalent one.
package struct ExactText: Hashable, Sendable {
    /// The text.
    package let text: String

    /// Creates a key.
    package init(_ text: String) { self.text = text }

    package static func == (left: Self, right: Self) -> Bool {
        left.text.isSameText(as: right.text)
    }

    package func hash(into hasher: inout Hasher) {
        let isHashed: Void? = text.utf8.withContiguousStorageIfAvailable {
            hasher.combine(bytes: UnsafeRawBufferPointer($0))
        }
        // A string of another language runtime has no contiguous bytes.
        if isHashed == nil { for byte in text.utf8 { hasher.combine(byte) } }
    }
}
