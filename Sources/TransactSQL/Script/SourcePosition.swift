/// A place in a script, as a person and as a program find it.
public struct SourcePosition: Equatable, Hashable, Sendable {
    /// The line, from 1; it ends at a line feed.
    public let line: Int
    /// The character in the line, from 1, as a person counts.
    public let column: Int
    /// The UTF-8 bytes before it in the whole script.
    public let offset: Int

    /// Makes a position.
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

/// Turns offsets into positions; going forward, it counts each byte once.
struct PositionCounter: Sendable {
    private var offset = 0
    private var line = 1
    private var column = 1
    /// The bytes counted so far, those that were counted anew included.
    private(set) var workCount = 0

    /// The position of a byte offset of `bytes`.
    ///
    /// - Parameter offset: `0...bytes.count`; before the last one asked for, counting starts anew.
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

    /// Counts bytes that are a character each; answers `false`, and counts none, where others are
    /// among them.
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

    /// Counts characters beyond ASCII; an accent of its own belongs to the letter before it.
    private mutating func countCharacters(before end: Int, in bytes: [UInt8]) {
        let isStart = offset == 0
        var runEnd = offset
        while runEnd < end, bytes[runEnd] >= 0x80 { runEnd += 1 }
        let run = bytes[offset..<runEnd]
        // A byte order mark at the start is nothing that a person sees.
        let visible = isStart && run.starts(with: [0xEF, 0xBB, 0xBF]) ? run.dropFirst(3) : run
        column += ("." + String(decoding: visible, as: UTF8.self)).count - 1
        offset = runEnd
    }
}
