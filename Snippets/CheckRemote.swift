import Foundation
import Stretch
import StretchEndpointTesting

/// A new session with the remote at `path`, which the first session makes.
func makeSession(_ path: String, _ owner: OwnerProof?) throws -> any Endpoint {
    let request = EndpointRequest(
        address: EndpointAddress(.file(path: path)), localPath: path, isCreating: true,
        role: .administrator, owner: owner, routines: .linked, credential: { nil })
    for provider in Configuration.linked.remotes {
        if let session = try provider.endpoint(for: request) { return session }
    }
    throw ConformanceFailure("no provider serves \(request.address)")
}

let folder = FileManager.default.temporaryDirectory.appending(path: "remotes-\(UUID())")
try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
defer { try? FileManager.default.removeItem(at: folder) }

for (number, check) in EndpointConformance.checks.enumerated() {
    let path = folder.appending(path: "\(number).db").path
    do {
        try check.run(EndpointConformance { owner in try makeSession(path, owner) })
    } catch {
        print("\(check.name): \(error)")
    }
}
print(EndpointConformance.checks.count, "checks")
