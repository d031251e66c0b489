/// A position in a script, for people and programs.
public struct SourcePosition: Equatable, Hashable, Sendable {
    /// The line number, starting at 1; lines end at a line feed.
    public let line: Int
    /// The number of the visible character in the line, starting at 1.
    public let column: Int
    /// The offset in the script, in UTF-8 bytes.
    public let offset: Int

    /// Creates a position.
    public init(line: Int, column: Int, offset: Int) {
        self.line = line
        self.column = column
        self.offset = offset
    }
}

extension SourcePosition: CustomStringConvertible {
    /// `line:column`.
    public var description: String { "\(line):\(column)" }
}

/// Converts offsets to positions; with ascending offsets, it counts each byte once.
struct PositionCounter: Sendable {
    private var offset = 0
    private var line = 1
    private var column = 1
    /// The number of bytes counted so far, including repeated counts.
    private(set) var workCount = 0

    /// Returns the position of a byte offset of `bytes`.
    ///
    /// - Parameter offset: `0...bytes.count`; for an offset before the last one, counting starts
    ///   again.
    mutating func position(at offset: Int, in bytes: [UInt8]) -> SourcePosition {
        if offset < self.offset { (self.offset, line, column) = (0, 1, 1) }
        workCount += offset - self.offset
        if skipsPlainBytes(to: offset, in: bytes) {
            return SourcePosition(line: line, column: column, offset: offset)
        }
        while self.offset < offset {
            let byte = bytes[self.offset]
            if byte == .lineFeed {
                line += 1
                column = 1
                self.offset += 1
            } else if byte < 0x80 {
                column += 1
                self.offset += 1
            } else {
                countCharacters(before: offset, in: bytes)
            }
        }
        return SourcePosition(line: line, column: column, offset: offset)
    }

    /// Counts bytes that are one character each; returns `false` and counts none if there are other
    /// bytes.
    private mutating func skipsPlainBytes(to end: Int, in bytes: [UInt8]) -> Bool {
        let start = offset
        guard let lineCount = bytes[start..<end].lineCountOfPlainBytes else { return false }
        if lineCount > 0 {
            line += lineCount
            var lineStart = end
            while bytes[lineStart - 1] != .lineFeed { lineStart -= 1 }
            column = 1 + end - lineStart
        } else {
            column += end - start
        }
        offset = end
        return true
    }

    /// Counts non-ASCII characters; a combining mark belongs to the preceding letter.
    private mutating func countCharacters(before end: Int, in bytes: [UInt8]) {
        let isStart = offset == 0
        var runEnd = offset
        while runEnd < end, bytes[runEnd] >= 0x80 { runEnd += 1 }
        let run = bytes[offset..<runEnd]
        // A byte order mark at the start is invisible.
        let visible = isStart && run.starts(with: [0xEF, 0xBB, 0xBF]) ? run.dropFirst(3) : run
        column += ("." + String(decoding: visible, as: UTF8.self)).count - 1
        offset = runEnd
    }
}
