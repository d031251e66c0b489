internal import StretchText

/// Reads a script piece by piece, and classifies batches and statements.
///
/// A SQLite statement ends at the semicolon determined by `sqlite3_complete`, or before `GO` on a
/// separate line: <https://sqlite.org/c3ref/complete.html>. A Transact-SQL statement ends where its
/// grammar does. The reader reads each byte a small, constant number of times, and copies only the
/// text that it parses or returns.
public struct ScriptReader: Sequence, IteratorProtocol, Sendable {
    private let bytes: [UInt8]
    private var offset: Int
    private let end: Int
    private var counter = PositionCounter()
    private var isBatchStart: Bool
    /// The offset before which no comment is read a second time.
    private var nestedCommentsRead = 0
    private var readCount = 0

    /// The number of byte reads so far, which measures the work.
    var workCount: Int { readCount + counter.workCount }

    /// Creates a reader of a script.
    ///
    /// - Parameters:
    ///   - script: The whole text in UTF-8.
    ///   - isBatchStart: Whether the script starts a batch; only the first statement of a batch may
    ///     call a procedure without `EXEC`.
    public init(_ script: [UInt8], isBatchStart: Bool = true) {
        self.init(script, range: 0..<script.count, isBatchStart: isBatchStart)
    }

    /// Creates a reader of a part of a script that consists of complete batches or statements.
    init(_ script: [UInt8], range: Range<Int>, isBatchStart: Bool) {
        bytes = script
        offset = range.lowerBound
        end = range.upperBound
        self.isBatchStart = isBatchStart
    }

    /// Creates a reader of a script.
    public init(_ script: String) {
        self.init(Array(script.utf8))
    }

    /// Reads the next piece, or returns `nil` at the end.
    public mutating func next() -> ScriptItem? {
        guard offset < end else { return nil }
        var scanner = PlainScanner(bytes, from: offset)
        guard let first = scanner.next() else { return blank(to: end, at: end) }
        let start = first.range.lowerBound
        readCount += start - offset
        if first.kind == .semicolon { return blank(to: first.range.upperBound, at: start) }
        if let line = goLine(first) { return batchEnd(line, at: start) }
        let item: ScriptItem
        let head = StatementHead(bytes, at: start)
        if let nested = startBehindNestedComment(first, head, scanner.metNestedComment) {
            item = administration(at: nested)
        } else {
            item = statement(head, first, at: start)
        }
        isBatchStart = false
        return item
    }

    private mutating func statement(
        _ head: StatementHead, _ first: PlainPiece, at start: Int
    ) -> ScriptItem {
        switch head.disposition {
        case .administration: return administration(at: start)
        case .refused(let refusal): return refused(refusal, at: start)
        case .plain where !head.isKnown && isProcedureName(first): return administration(at: start)
        case .plain: return plain(head, at: start)
        }
    }
}

// MARK: - Statements of either language

extension ScriptReader {
    private mutating func plain(_ head: StatementHead, at start: Int) -> ScriptItem {
        var search = PlainStatementSearch(bytes, from: start, head: head)
        search.run()
        let position = counter.position(at: start, in: bytes)
        let range = offset..<search.end
        offset = search.end
        readCount += search.end - start
        if search.isUnchanged, !head.isSelect {
            let text = String(decoding: bytes[range], as: UTF8.self)
            let statement = PlainStatement(text: text, overrides: [], assignedVariable: nil)
            return ScriptItem(kind: .plain(statement), range: range, position: position)
        }
        let analysis = PlainStatementAnalysis(
            bytes, range: range, head: head, search: search, counter: counter)
        do throws(TransactSQLError) {
            return ScriptItem(
                kind: .plain(try analysis.statement(at: position)), range: range, position: position
            )
        } catch {
            return ScriptItem(kind: .failure(error), range: range, position: position)
        }
    }

    private mutating func administration(at start: Int) -> ScriptItem {
        let position = counter.position(at: start, in: bytes)
        var parser = Parser(
            TokenReader(bytes, from: start, counter: counter), isBatchStart: isBatchStart)
        do throws(TransactSQLError) {
            let statement = try parser.parseStatement()
            return item(.statement(statement), to: parser.end, position, parser)
        } catch {
            parser.skipStatement(wholeBatch: false)
            return item(.failure(error), to: parser.end, position, parser)
        }
    }

    private mutating func refused(_ refusal: Refusal, at start: Int) -> ScriptItem {
        let position = counter.position(at: start, in: bytes)
        var parser = Parser(
            TokenReader(bytes, from: start, counter: counter), isBatchStart: isBatchStart)
        parser.skipStatement(wholeBatch: refusal.takesBatch)
        return item(.failure(refusal.error(at: position)), to: parser.end, position, parser)
    }

    private mutating func item(
        _ kind: ScriptItem.Kind, to end: Int, _ position: SourcePosition, _ parser: Parser
    ) -> ScriptItem {
        let range = offset..<end
        offset = end
        readCount += parser.workCount
        return ScriptItem(kind: kind, range: range, position: position)
    }

    private mutating func blank(to end: Int, at start: Int) -> ScriptItem {
        let range = offset..<end
        offset = end
        return ScriptItem(
            kind: .blank, range: range, position: counter.position(at: start, in: bytes))
    }

    private func isProcedureName(_ first: PlainPiece) -> Bool {
        let name: String
        switch first.kind {
        case .word: name = bytes.uppercased(first.range)
        case .quoted: name = bytes.uppercased(first.range.dropFirst().dropLast())
        case .semicolon, .symbol: return false
        }
        if name.beginsWith("SP_") || name.beginsWith("XP_") { return true }
        return ["SYS", "DBO"].contains(name)
            && bytes.byte(at: first.range.upperBound) == UInt8(ascii: ".")
    }
}

// MARK: - Batches and comments

extension ScriptReader {
    private func goLine(_ piece: PlainPiece) -> GoLine? {
        piece.kind == .word && piece.range.count == 2
            ? GoLine(bytes, at: piece.range.lowerBound) : nil
    }

    private mutating func batchEnd(_ line: GoLine, at start: Int) -> ScriptItem {
        let position = counter.position(at: start, in: bytes)
        let range = offset..<line.end
        offset = line.end
        isBatchStart = true
        guard let count = line.count else {
            let error = TransactSQLError(
                .syntax, "GO requires a number from 1 to 2147483647", at: position,
                hint: "Write how often the batch runs, or GO alone.")
            return ScriptItem(kind: .failure(error), range: range, position: position)
        }
        return ScriptItem(kind: .batchEnd(count: count), range: range, position: position)
    }

    /// Returns the start of a Transact-SQL statement after nested comments.
    ///
    /// Called if no statement is found by SQLite's rule, by which comments do not nest.
    private mutating func startBehindNestedComment(
        _ first: PlainPiece, _ head: StatementHead, _ metNestedComment: Bool
    ) -> Int? {
        guard metNestedComment, !head.isKnown, offset >= nestedCommentsRead else { return nil }
        let token = TokenReader(bytes, from: offset, counter: counter).current
        nestedCommentsRead = token.range.upperBound
        readCount += nestedCommentsRead - offset
        guard token.kind == .word,
            StatementHead(bytes, at: token.range.lowerBound).disposition == .administration
        else { return nil }
        return token.range.lowerBound
    }
}
