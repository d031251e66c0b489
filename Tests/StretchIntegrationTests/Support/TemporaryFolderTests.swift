import Foundation
import StretchTestSupport
import Testing

@Test func `a temporary folder is unique, writable, and gone with its object`() throws {
    var first: TemporaryFolder? = try TemporaryFolder()
    let second = try TemporaryFolder()
    let path = try #require(first?.path)
    #expect(path != second.path)
    let file = try #require(first?.path("file"))
    #expect(FileManager.default.createFile(atPath: file, contents: Data([1])))
    first = nil
    #expect(!FileManager.default.fileExists(atPath: path))
    #expect(FileManager.default.fileExists(atPath: second.path))
}

@Test func `equal seeds give equal numbers, as published for SplitMix64`() {
    var generator = SeededGenerator(seed: 1_234_567)
    #expect(generator.next() == 6_457_827_717_110_365_317)
    #expect(generator.next() == 3_203_168_211_198_807_973)
}
