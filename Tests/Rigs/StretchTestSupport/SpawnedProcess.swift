package import Foundation
internal import StretchEndpointTesting

/// A process that inherits nothing but its standard files.
///
/// Foundation's `Process` hands a socket to its child, and waits until all who have it are gone:
/// for ever, when the child starts a server.
package struct SpawnedProcess {
    package let identifier: pid_t
    /// Where its output and its errors can be read.
    package let output: Int32

    #if canImport(Darwin)
        private static let ownSessionFlag = Int16(POSIX_SPAWN_SETSID)
    #else
        // Swift does not see what needs _GNU_SOURCE.
        private static let ownSessionFlag: Int16 = 0x80
    #endif

    /// Starts a process.
    ///
    /// - Parameters:
    ///   - input: The descriptor that becomes its standard input, or `nil` for an empty one.
    ///   - hasOwnSession: Whether it is out of reach of signals to this process's group.
    package init(
        _ path: String, _ arguments: [String], environment: [String: String] = [:],
        input: Int32? = nil, hasOwnSession: Bool = false
    ) throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw ConformanceFailure("no pipe is left") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[1]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var flags = hasOwnSession ? SpawnedProcess.ownSessionFlag : 0
        #if canImport(Darwin)
            flags |= Int16(POSIX_SPAWN_CLOEXEC_DEFAULT)
        #else
            _ = addCloseFrom(&actions, 3)
        #endif
        posix_spawnattr_setflags(&attributes, flags)
        var identifier: pid_t = 0
        let words = ([path] + arguments).map { strdup($0) } + [nil]
        let variables = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for word in words + variables { free(word) } }
        let result = posix_spawn(&identifier, path, &actions, &attributes, words, variables)
        guard result == 0 else {
            close(ends[0])
            throw ConformanceFailure("cannot start \(path): \(String(cString: strerror(result)))")
        }
        (self.identifier, output) = (identifier, ends[0])
    }

    /// Reads what the process prints until its end.
    ///
    /// - Throws: The output, when the process fails.
    package func wait() throws -> String {
        let handle = FileHandle(fileDescriptor: output, closeOnDealloc: true)
        let text = String(decoding: handle.readDataToEndOfFile(), as: UTF8.self)
        var status: Int32 = 0
        while waitpid(identifier, &status, 0) == -1, errno == EINTR {}
        guard status == 0 else { throw ConformanceFailure(text) }
        return text.trimmingCharacters(in: .newlines)
    }
}

#if !canImport(Darwin)
    @_silgen_name("posix_spawn_file_actions_addclosefrom_np")
    private func addCloseFrom(
        _ actions: UnsafeMutablePointer<posix_spawn_file_actions_t>, _ from: Int32
    ) -> Int32
#endif
