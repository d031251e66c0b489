internal import StretchCore
internal import StretchSQLite
internal import StretchText

/// Encodes the properties of a value as named values; a `nil` property becomes NULL.
final class RowEncoder: Encoder {
    private var values: [(String, Value)] = []
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]

    static func encode(_ value: some Encodable) throws(StretchError) -> [(String, Value)] {
        let encoder = RowEncoder()
        do {
            try value.encode(to: encoder)
        } catch let error as StretchError {
            throw error
        } catch {
            throw StretchError(
                .invalidArgument, "a value of type \(type(of: value)) cannot be bound",
                hint: "Its properties must be single values.", cause: error)
        }
        return encoder.values
    }

    fileprivate func add(_ value: Value, _ key: any CodingKey) {
        // A key that is encoded again keeps its last value, as in a dictionary.
        values.removeAll { $0.0.isSameText(as: key.stringValue) }
        values.append((key.stringValue, value))
    }

    fileprivate static func refusal(_ name: String?) -> StretchError {
        let what = name.map { "property \"\($0)\"" } ?? "the value"
        return StretchError(
            .invalidArgument, "\(what) has parts, and a parameter takes one value",
            hint: "Bind its parts on their own.")
    }

    func container<Key>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(PropertyContainer(encoder: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer { RefusingContainer(name: nil) }
    func singleValueContainer() -> any SingleValueEncodingContainer {
        RefusingContainer(name: nil)
    }
}

private struct PropertyContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoder: RowEncoder
    var codingPath: [any CodingKey] { [] }

    func encodeNil(forKey key: Key) { encoder.add(.null, key) }

    func encode<Property: Encodable>(_ value: Property, forKey key: Key) throws {
        if let value = value as? any ValueConvertible {
            return encoder.add(value.sqliteValue, key)
        }
        let single = ValueEncoder(name: key.stringValue)
        try value.encode(to: single)
        guard let encoded = single.value else { throw RowEncoder.refusal(key.stringValue) }
        encoder.add(encoded, key)
    }

    private func encodeOrNull<Property: Encodable>(_ value: Property?, _ key: Key) throws {
        guard let value else { return encodeNil(forKey: key) }
        try encode(value, forKey: key)
    }

    // The calls that the compiler generates for optional properties; the defaults would omit NULLs.
    func encodeIfPresent(_ value: Bool?, forKey key: Key) throws { try encodeOrNull(value, key) }
    func encodeIfPresent(_ value: String?, forKey key: Key) throws { try encodeOrNull(value, key) }
    func encodeIfPresent(_ value: Double?, forKey key: Key) throws { try encodeOrNull(value, key) }
    func encodeIfPresent(_ value: Float?, forKey key: Key) throws { try encodeOrNull(value, key) }
    func encodeIfPresent(_ value: Int?, forKey key: Key) throws { try encodeOrNull(value, key) }
    func encodeIfPresent(_ value: Int8?, forKey key: Key) throws { try encodeOrNull(value, key) }
    func encodeIfPresent(_ value: Int16?, forKey key: Key) throws { try encodeOrNull(value, key) }
    func encodeIfPresent(_ value: Int32?, forKey key: Key) throws { try encodeOrNull(value, key) }
    func encodeIfPresent(_ value: Int64?, forKey key: Key) throws { try encodeOrNull(value, key) }
    func encodeIfPresent(_ value: UInt?, forKey key: Key) throws { try encodeOrNull(value, key) }
    func encodeIfPresent(_ value: UInt8?, forKey key: Key) throws { try encodeOrNull(value, key) }
    func encodeIfPresent(_ value: UInt16?, forKey key: Key) throws { try encodeOrNull(value, key) }
    func encodeIfPresent(_ value: UInt32?, forKey key: Key) throws { try encodeOrNull(value, key) }
    func encodeIfPresent(_ value: UInt64?, forKey key: Key) throws { try encodeOrNull(value, key) }
    func encodeIfPresent<Property: Encodable>(_ value: Property?, forKey key: Key) throws {
        try encodeOrNull(value, key)
    }

    func nestedContainer<NestedKey>(
        keyedBy keyType: NestedKey.Type, forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
        KeyedEncodingContainer(RefusingKeyedContainer(name: key.stringValue))
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        RefusingContainer(name: key.stringValue)
    }

    func superEncoder() -> any Encoder { ValueEncoder(name: "super") }
    func superEncoder(forKey key: Key) -> any Encoder { ValueEncoder(name: key.stringValue) }
}

/// Encodes one value, such as the raw value of an enumeration.
private final class ValueEncoder: Encoder, SingleValueEncodingContainer {
    var value: Value?
    let name: String
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]

    init(name: String) { self.name = name }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }
    func encodeNil() { value = .null }

    func encode<Property: Encodable>(_ value: Property) throws {
        if let value = value as? any ValueConvertible {
            self.value = value.sqliteValue
        } else if let value = value as? any BinaryInteger {
            // The integer types without a separate conversion.
            guard let integer = Int64(exactly: value) else { throw RowEncoder.refusal(name) }
            self.value = .integer(integer)
        } else if let value = value as? Float {
            self.value = .real(Double(value))
        } else {
            try value.encode(to: self)
        }
    }

    func container<Key>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(RefusingKeyedContainer(name: name))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer { RefusingContainer(name: name) }
}

/// A container that refuses values with parts, because the protocol's own calls cannot throw.
private struct RefusingContainer: UnkeyedEncodingContainer, SingleValueEncodingContainer {
    let name: String?
    var codingPath: [any CodingKey] { [] }
    var count: Int { 0 }

    func encodeNil() throws { throw RowEncoder.refusal(name) }
    func encode<Property: Encodable>(_ value: Property) throws { throw RowEncoder.refusal(name) }
    func nestedContainer<NestedKey>(
        keyedBy keyType: NestedKey.Type
    ) -> KeyedEncodingContainer<NestedKey> {
        KeyedEncodingContainer(RefusingKeyedContainer(name: name))
    }
    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { self }
    func superEncoder() -> any Encoder { ValueEncoder(name: name ?? "super") }
}

private struct RefusingKeyedContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let name: String?
    var codingPath: [any CodingKey] { [] }

    func encodeNil(forKey key: Key) throws { throw RowEncoder.refusal(name) }
    func encode<Property: Encodable>(_ value: Property, forKey key: Key) throws {
        throw RowEncoder.refusal(name)
    }
    func nestedContainer<NestedKey>(
        keyedBy keyType: NestedKey.Type, forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
        KeyedEncodingContainer(RefusingKeyedContainer<NestedKey>(name: name))
    }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        RefusingContainer(name: name)
    }
    func superEncoder() -> any Encoder { ValueEncoder(name: name ?? "super") }
    func superEncoder(forKey key: Key) -> any Encoder { ValueEncoder(name: key.stringValue) }
}
