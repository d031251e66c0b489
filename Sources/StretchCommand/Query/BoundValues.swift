internal import Foundation
internal import StretchCore
internal import StretchEngine
internal import StretchSQLite
internal import StretchText

/// The values that the command line gives for the parameters of a statement.
struct BoundValues {
    private enum Content {
        case texts([String])
        case ordered([Value])
        case named([String: Value])
    }
    private let content: Content

    /// - Parameters:
    ///   - texts: Texts in the order of the parameters, or `NAME=TEXT`.
    ///   - json: An array or an object of all values, or `nil` for the texts.
    /// - Throws: `invalidArgument` for a text that is not such JSON.
    init(texts: [String], json: String?) throws(StretchError) {
        guard let json else {
            content = .texts(texts)
            return
        }
        let (data, decoder) = (Data(json.utf8), JSONDecoder())
        if let values = try? decoder.decode([Scalar].self, from: data) {
            content = .ordered(values.map(\.value))
        } else if let values = try? decoder.decode([String: Scalar].self, from: data) {
            content = .named(values.mapValues(\.value))
        } else {
            throw StretchError(
                .invalidArgument, "the values are not JSON that can be bound",
                hint: "Give an array or an object of numbers, texts, true, false and null: "
                    + "[7, \"new\"] or {\"id\": 7}.")
        }
    }

    /// Returns the values for a statement.
    ///
    /// Whether a text is `NAME=TEXT` is decided by the parameters: all of them have names, or none.
    ///
    /// - Throws: `invalidArgument` for a statement with parameters and no values, and for a text
    ///   without the name of a parameter.
    func arguments(for statement: borrowing Statement) throws(StretchError) -> StatementArguments {
        switch content {
        case .ordered(let values): return StatementArguments(values)
        case .named(let values): return StatementArguments(values)
        case .texts(let texts):
            let count = statement.parameterCount
            guard count == 0 || !texts.isEmpty else {
                let parameters = Int64(count).counted("parameter", "parameters")
                throw StretchError(
                    .invalidArgument, "the statement has \(parameters), and no value was given",
                    hint: "Give each a value: --bind TEXT, --bind NAME=TEXT for one with a name, "
                        + "or --bind-json for all of them.")
            }
            var names: [String] = []
            for index in 0..<count {
                guard let name = statement.parameterName(index + 1), !name.beginsWith("?") else {
                    return StatementArguments(texts.map { .text($0) })
                }
                names.append(String(name.unicodeScalars.dropFirst()))
            }
            guard count > 0 else { return StatementArguments(texts.map { .text($0) }) }
            return StatementArguments(try Self.named(texts, names))
        }
    }

    private static func named(
        _ texts: [String], _ names: [String]
    ) throws(StretchError) -> [String: Value] {
        var values: [String: Value] = [:]
        for text in texts {
            let parts = text.parts(between: "=", maximumSplitCount: 1)
            guard parts.count == 2, names.contains(where: parts[0].isSameText) else {
                let list = names.map { "\"\($0)\"" }.joined(separator: ", ")
                throw StretchError(
                    .invalidArgument, "\"\(parts[0])\" is not the name of a parameter",
                    hint: "Write --bind NAME=TEXT; the parameters are \(list).")
            }
            guard values.updateValue(.text(parts[1]), forKey: parts[0]) == nil else {
                throw StretchError(
                    .invalidArgument, "parameter \"\(parts[0])\" has two values",
                    hint: "Give one value for each parameter.")
            }
        }
        return values
    }

    /// One value of JSON.
    private struct Scalar: Decodable {
        let value: Value

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                value = .null
            } else if let number = try? container.decode(Bool.self) {
                value = .integer(number ? 1 : 0)
            } else if let number = try? container.decode(Int64.self) {
                value = .integer(number)
            } else if let number = try? container.decode(Double.self) {
                value = .real(number)
            } else {
                value = .text(try container.decode(String.self))
            }
        }
    }
}
