internal import Foundation
internal import StretchCore
internal import StretchText

extension PostgresAddress {
    /// Returns a host name that Stretch, libpq and the resolver interpret identically.
    ///
    /// The resolver reads `0x7f.1` as 127.0.0.1, and looks up `127.08.0.1` as a name, so a host
    /// that one of them takes for this machine may be another machine for the other. Therefore a
    /// number must be an IP address in canonical form, and any other text a DNS name that cannot be
    /// read as a number: <https://url.spec.whatwg.org/#ends-in-a-number-checker>.
    ///
    /// - Throws: `invalidArgument` for every other text.
    static func canonicalHost(_ name: String) throws(StretchError) -> String {
        guard !name.isEmpty else {
            throw failure("has no host", "Write postgresql://host:5432/database.")
        }
        if name.beginsWith("[") { return try canonicalAddress(inBrackets: name) }
        let labels = name.parts(between: ".")
        guard labels.allSatisfy(isLabel), name.utf8.count <= 253 else {
            throw failure(
                "has host \"\(name)\"",
                "Write the host's name with letters, digits, hyphens and single dots, the name of "
                    + "another alphabet as xn--…, and an IPv6 address in brackets.")
        }
        let isNumber = labels.last.map(isNumber) ?? false
        guard !isNumber || usualForm(name, AF_INET)?.isSameText(as: name) == true else {
            throw failure(
                "has host \"\(name)\", which is not a canonical IP address",
                "Write four numbers from 0 to 255, without zeros in front.")
        }
        return name
    }

    /// The IPv6 address of a text such as `[::1]`.
    private static func canonicalAddress(
        inBrackets name: String
    ) throws(StretchError) -> String {
        let inner = String(decoding: name.utf8.dropFirst().dropLast(), as: UTF8.self)
        guard name.endsWith("]"), let usual = usualForm(inner, AF_INET6) else {
            throw failure(
                "has host \"\(name)\", which is not an IPv6 address",
                "Write an address without a zone in brackets, such as [::1].")
        }
        guard usual.isSameText(as: inner) else {
            throw failure("has host \"\(name)\", which has a shorter form", "Write [\(usual)].")
        }
        return inner
    }

    private static func isLabel(_ label: String) -> Bool {
        let bytes = Array(label.utf8)
        return (1...63).contains(bytes.count) && bytes.first != UInt8(ascii: "-")
            && bytes.last != UInt8(ascii: "-")
            && bytes.allSatisfy {
                (0x61...0x7a).contains($0) || (0x30...0x39).contains($0)
                    || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
            }
    }

    /// Whether the resolver may read a name that ends with this label as an IPv4 address.
    private static func isNumber(_ label: String) -> Bool {
        label.beginsWith("0x") || label.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// The canonical form of an IP address, or `nil` for any other text.
    private static func usualForm(_ text: String, _ family: Int32) -> String? {
        var address = [UInt8](repeating: 0, count: 16)
        guard inet_pton(family, text, &address) == 1 else { return nil }
        var usual = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(family, address, &usual, socklen_t(usual.count)) != nil else { return nil }
        return usual.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } }
    }
}
