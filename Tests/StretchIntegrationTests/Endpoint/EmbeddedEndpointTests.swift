import Foundation
import Stretch
import StretchLinked
import StretchSQLite
import StretchTestSupport
import Testing

@Suite struct EmbeddedEndpointConformanceTests {
    @Test(arguments: EndpointConformance.checks)
    func `the embedded endpoint keeps the contract`(_ check: EndpointConformance.Check) throws {
        try withRemotePath { path in
            try check.run(
                EndpointConformance {
                    try EmbeddedEndpoint(path: path, routines: .linked, isCreating: true)
                })
        }
    }
}

/// Runs `body` with the path of a file that does not exist yet, in a folder of its own.
func withRemotePath(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("stretch-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.appendingPathComponent("remote.db").path)
}
