internal import StretchCore
internal import StretchSQLite

/// Decodes a value from a row; coding keys are column names.
struct RowDecoder: Decoder {
    let values: [Value]
    let index: ColumnIndex
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]

    static func decode<Result: Decodable>(
        _ type: Result.Type, _ values: [Value], _ index: ColumnIndex
    ) throws(StretchError) -> Result {
        do {
            return try Result(from: RowDecoder(values: values, index: index))
        } catch let error as StretchError {
            throw error
        } catch {
            throw StretchError(
                .invalidArgument, "a row cannot be decoded as \(Result.self): \(describe(error))",
                hint: "Select the columns that the type names.", cause: error)
        }
    }

    /// Returns a description of the error without a value of the row.
    private static func describe(_ error: any Error) -> String {
        switch error as? DecodingError {
        case .keyNotFound(let key, _): "there is no column \"\(key.stringValue)\""
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            context.debugDescription
        case .dataCorrupted(let context):
            "column \"\(context.codingPath.last?.stringValue ?? "")\" holds another value"
        default: "\(type(of: error))"
        }
    }

    func container<Key>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(RowContainer(decoder: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        throw DecodingError.noSingleValue([])
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        guard let value = values.first, values.count == 1 else {
            throw DecodingError.typeMismatch(
                Value.self,
                .init(codingPath: [], debugDescription: "the row has \(values.count) columns"))
        }
        return ValueDecoder(value: value, key: index.columns.first.map(ColumnKey.init))
    }
}

private struct RowContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: RowDecoder
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { decoder.index.columns.compactMap { Key(stringValue: $0) } }

    func contains(_ key: Key) -> Bool { decoder.index[key.stringValue] != nil }

    private func value(_ key: Key) throws -> Value {
        guard let position = decoder.index[key.stringValue] else {
            throw DecodingError.keyNotFound(key, .init(codingPath: [], debugDescription: ""))
        }
        return decoder.values[position]
    }

    func decodeNil(forKey key: Key) throws -> Bool { try value(key) == .null }

    func decode<Result: Decodable>(_ type: Result.Type, forKey key: Key) throws -> Result {
        try ValueDecoder(value: try value(key), key: key).decode(type)
    }

    func nestedContainer<NestedKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> { throw DecodingError.noSingleValue([key]) }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        throw DecodingError.noSingleValue([key])
    }

    func superDecoder() throws -> any Decoder { throw DecodingError.noSingleValue([]) }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        ValueDecoder(value: try value(key), key: key)
    }
}

/// Decodes a value from one column, such as an enumeration from its raw value.
private struct ValueDecoder: Decoder, SingleValueDecodingContainer {
    let value: Value
    let key: (any CodingKey)?
    var codingPath: [any CodingKey] { key.map { [$0] } ?? [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }
    func decodeNil() -> Bool { value == .null }

    func decode<Result: Decodable>(_ type: Result.Type) throws -> Result {
        let converted: Any?
        switch type {
        case let type as any ValueConvertible.Type: converted = type.init(sqliteValue: value)
        // The number types without a separate conversion.
        case let type as any FixedWidthInteger.Type: converted = type.init(integerIn: value)
        case is Float.Type: converted = Double(sqliteValue: value).flatMap(Float.init(exactly:))
        default: return try Result(from: self)
        }
        guard let result = converted as? Result else {
            throw DecodingError.typeMismatch(
                type,
                .init(
                    codingPath: codingPath,
                    debugDescription: "column \"\(key?.stringValue ?? "")\" holds "
                        + "\(value.className), which is not a valid \(type)"))
        }
        return result
    }

    func container<Key>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        throw DecodingError.noSingleValue(codingPath)
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        throw DecodingError.noSingleValue(codingPath)
    }
}

private struct ColumnKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { return nil }
}

extension DecodingError {
    /// Returns the error for a property that is an array or has its own properties.
    fileprivate static func noSingleValue(_ path: [any CodingKey]) -> DecodingError {
        let property = path.last.map { "property \"\($0.stringValue)\"" } ?? "the type"
        return .typeMismatch(
            Value.self,
            .init(
                codingPath: path,
                debugDescription: "\(property) has parts, and a column holds one value"))
    }
}
