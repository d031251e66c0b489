/// Finds the end of a SQLite statement, and SQL Server's parts in it.
struct PlainStatementSearch {
    /// The end, after the semicolon.
    private(set) var end: Int
    /// The offsets of `REMOTE_DATA_ARCHIVE_OVERRIDE` outside quotes and comments.
    private(set) var hintOffsets: [Int] = []
    /// The offset of `REMOTE_DATA_ARCHIVE` in a `CREATE TABLE`, or `nil`.
    private(set) var tableOptionOffset: Int?

    private let bytes: [UInt8]
    private let head: StatementHead
    /// Whether the statement contains no part of SQL Server.
    var isUnchanged: Bool { tableOptionOffset == nil && hintOffsets.isEmpty }
    /// The state of `sqlite3_complete` in a trigger: the part of `; END ;` that was just read.
    private var triggerEnd = 0

    static let hint = Array("REMOTE_DATA_ARCHIVE_OVERRIDE".utf8)
    static let option = Array("REMOTE_DATA_ARCHIVE".utf8)

    init(_ bytes: [UInt8], from start: Int, head: StatementHead) {
        self.bytes = bytes
        self.head = head
        end = start
    }

    /// Reads up to the end of the statement.
    mutating func run() {
        let bytes = bytes
        bytes.withUnsafeBufferPointer { search(PlainScanner($0, from: end)) }
    }

    private mutating func search(_ scanner: PlainScanner<UnsafeBufferPointer<UInt8>>) {
        var scanner = scanner
        while true {
            // Only the end of a trigger depends on the symbols between words.
            if !head.isTrigger { scanner.skipInsignificant() }
            guard let piece = scanner.next() else { break }
            switch piece.kind {
            case .semicolon where !head.isTrigger || triggerEnd == 2:
                end = piece.range.upperBound
                return
            case .semicolon: triggerEnd = 1
            case .word:
                if isBatchEnd(piece.range) {
                    end = piece.range.lowerBound
                    return
                }
                note(piece.range)
            case .quoted, .symbol: triggerEnd = 0
            }
        }
        end = bytes.count
    }

    private func isBatchEnd(_ word: Range<Int>) -> Bool {
        word.count == 2 && (!head.isTrigger || triggerEnd == 2)
            && GoLine(bytes, at: word.lowerBound) != nil
    }

    private mutating func note(_ word: Range<Int>) {
        triggerEnd = triggerEnd == 1 && matches(Array("END".utf8), word) ? 2 : 0
        if matches(Self.hint, word) { hintOffsets.append(word.lowerBound) }
        if head.isTable, tableOptionOffset == nil, matches(Self.option, word) {
            tableOptionOffset = word.lowerBound
        }
    }

    private func matches(_ keyword: [UInt8], _ word: Range<Int>) -> Bool {
        guard word.count == keyword.count else { return false }
        return bytes[word].elementsEqual(keyword) { $0.asUppercase == $1 }
    }
}
