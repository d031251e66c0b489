internal import Foundation
internal import StretchSQLite
internal import StretchTestSupport

/// One change of a file, made from random numbers.
struct Mutation {
    /// The file, and what was done to it.
    private(set) var text = ""
    private var generator: SeededGenerator

    init(_ generator: SeededGenerator) { self.generator = generator }

    private mutating func pick(_ count: Int) -> Int { Int.random(in: 0..<count, using: &generator) }
    private mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[pick(elements.count)]
    }

    // MARK: Databases

    /// Changes a table that Stretch keeps.
    ///
    /// - Returns: Whether SQLite took the change.
    mutating func change(database path: String) throws -> Bool {
        let connection = try Connection.native(to: path)
        let name = (path as NSString).lastPathComponent
        try connection.execute("PRAGMA ignore_check_constraints = ON")
        let isWeak = pick(2) == 0
        if isWeak { try weaken(connection) }
        let tables = try connection.rows(
            """
            SELECT s.name FROM sqlite_schema AS s, pragma_table_info(s.name)
            WHERE s.type = 'table' AND s.name LIKE 'stretch_%'
            AND s.name NOT IN ('stretch_lock', 'stretch_event', 'stretch_principal')
            ORDER BY s.name
            """
        ).compactMap(\.[0].stringValue)
        // Once for each column: each is as likely as the others. Texts for people are left out.
        let table = pick(tables)
        let columns = try connection.rows(
            "SELECT name FROM pragma_table_info(?) ORDER BY cid", .text(table)
        ).compactMap(\.[0].stringValue)
        let places = columns.indices.map { "\($0 + 1)" }.joined(separator: ", ")
        let rows = try connection.rows("SELECT * FROM \(table) ORDER BY \(places)")
        guard !rows.isEmpty else {
            return run(
                "INSERT INTO \(table) VALUES(\(columns.map { _ in "?" }.joined(separator: ",")))",
                columns.map { _ in newValue(of: .integer(1), beside: []) }, connection, name)
        }
        let row = pick(rows)
        // A row of a table with any key is found by all its values.
        let condition = columns.map { "\($0) IS ?" }.joined(separator: " AND ")
        if pick(12) == 0 {
            return run("DELETE FROM \(table) WHERE \(condition)", row, connection, name)
        }
        let column = pick(columns.count)
        let value = newValue(of: row[column], beside: rows.map { $0[column] } + row)
        if pick(10) == 0 {
            var copy = row
            copy[column] = value
            let marks = columns.map { _ in "?" }.joined(separator: ", ")
            return run("INSERT INTO \(table) VALUES(\(marks))", copy, connection, name)
        }
        return run(
            "UPDATE \(table) SET \(columns[column]) = ? WHERE \(condition)", [value] + row,
            connection, name)
    }

    private mutating func run(
        _ sql: String, _ values: [Value], _ connection: Connection, _ name: String
    ) -> Bool {
        do {
            let statement = try connection.prepare(sql)
            try statement.bind(values)
            try statement.run()
            let shown = values.map { value in
                switch value {
                case .text(let text): "'\(text.description.prefix(120))'"
                case .blob(let bytes):
                    "x'\(bytes.prefix(80).map { String(format: "%02x", $0) }.joined())'"
                default: "\(value)"
                }
            }
            text += "  \(name): \(sql)\n    \(shown.joined(separator: ", "))\n"
            return true
        } catch {
            return false
        }
    }

    /// Takes away what SQLite would refuse a value for.
    private mutating func weaken(_ connection: Connection) throws {
        text += "  (without STRICT and NOT NULL)\n"
        try connection.execute(
            """
            PRAGMA writable_schema = ON;
            UPDATE sqlite_schema SET sql = replace(replace(replace(sql,
                ' STRICT, WITHOUT', ' WITHOUT'), ') STRICT', ')'), ' NOT NULL', '')
                WHERE type = 'table' AND name LIKE 'stretch_%';
            PRAGMA writable_schema = RESET
            """)
    }

    // MARK: Values

    private static let integers: [Int64] = [
        0, 1, -1, 2, 3, 100, 1 << 30, 1 << 30 + 1, 1 << 31 - 1, 1 << 31, -1 << 31, 1 << 32,
        1 << 40, 1 << 40 + 1, 1 << 53, 1 << 61, 1 << 61 + 1, 1 << 62 - 1, 1 << 62, -1 << 62, .max,
        .max - 1, .min, .min + 1,
    ]

    private static let texts = [
        "", "x", "0", "-1", "9223372036854775807", "2026-01-01 00:00:00.000",
        "2026-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z", "0000-00-00", "0000-01-01", "[]",
        "[1,2", "[9223372036854775807]", "{}", "null", "inbound", "outbound", "retirement",
        "DISABLED", "file:other.db", "file:cold.db", "t", "n > 0", "1; SELECT 1",
        #"{"rounds":-1}"#, "INTEGER", "NOCASE", "\u{0}", "e\u{301}",
    ]

    private mutating func newValue(of old: Value, beside others: [Value]) -> Value {
        switch pick(old.integerValue == nil ? 14 : 20) {
        case 0...4, 14...: return integer(near: old.integerValue)
        case 5: return pick([.real(1.5), .real(.infinity), .real(1e300), .real(-0.0), .null])
        case 6: return .null
        case 7: return .text(Text(pick(Self.texts)))
        case 8:
            return pick([
                .text(Text(bytes: [0xff, 0xfe, 0x80])), .blob([]),
                .text(Text(bytes: [UInt8](repeating: 0x61, count: 1 << 20))),
                .blob([UInt8](repeating: 0, count: 100_000)),
            ])
        case 9 where !others.isEmpty: return pick(others)
        default: break
        }
        switch old {
        case .text(let text): return .text(Text(bytes: changed(text.bytes)))
        case .blob(let bytes): return .blob(changed(bytes))
        default: return integer(near: old.integerValue)
        }
    }

    private mutating func integer(near old: Int64?) -> Value {
        guard let old, pick(3) == 0 else { return .integer(pick(Self.integers)) }
        return .integer(
            pick([old &+ 1, old &- 1, old &* 2, 0 &- old, old ^ (1 << Int64(pick(63)))]))
    }

    /// Bytes with a number replaced, flipped, cut or extended.
    private mutating func changed(_ old: [UInt8]) -> [UInt8] {
        guard !old.isEmpty else { return [UInt8(pick(256))] }
        var bytes = old
        switch pick(6) {
        case 0, 1: return numberReplaced(old)
        case 2: bytes[pick(bytes.count)] ^= 1 << UInt8(pick(8))
        case 3: bytes.removeLast(pick(bytes.count) + 1)
        case 4: bytes += (0...pick(20)).map { _ in UInt8(pick(256)) }
        default:
            // A number of eight bytes, as in a row's encoding.
            guard bytes.count >= 9 else { return [UInt8(pick(256))] + bytes }
            let place = pick(bytes.count - 8)
            let number = pick(Self.integers)
            for byte in 0..<8 {
                bytes[place + byte] = UInt8(truncatingIfNeeded: number >> Int64(8 * byte))
            }
        }
        return bytes
    }

    private mutating func numberReplaced(_ bytes: [UInt8]) -> [UInt8] {
        let places = bytes.indices.filter { 0x30...0x39 ~= bytes[$0] }
        guard !places.isEmpty else { return bytes.reversed() }
        let place = pick(places)
        var (first, last) = (place, place)
        while first > 0, 0x30...0x39 ~= bytes[first - 1] { first -= 1 }
        while last + 1 < bytes.count, 0x30...0x39 ~= bytes[last + 1] { last += 1 }
        return bytes[..<first] + Array("\(pick(Self.integers))".utf8) + bytes[(last + 1)...]
    }

    // MARK: Plain files

    /// Changes bytes of a file.
    mutating func change(file path: String) throws {
        let old = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        let name = (path as NSString).lastPathComponent
        if pick(15) == 0 {
            try FileManager.default.removeItem(atPath: path)
            text += "  \(name): removed\n"
            return
        }
        let new = pick(20) == 0 ? [] : changed(old)
        let place = zip(old, new).enumerated().first { $0.element.0 != $0.element.1 }?.offset
        text +=
            "  \(name): \(old.count) bytes, now \(new.count), different from byte "
            + "\(place.map(String.init) ?? "-") on\n"
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        defer { try? handle.close() }
        try handle.truncate(atOffset: 0)
        try handle.write(contentsOf: Data(new))
    }
}
