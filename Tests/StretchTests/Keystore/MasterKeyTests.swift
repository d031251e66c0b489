import Crypto
import Foundation
import Testing

@testable import StretchCore
@testable import StretchKeystore

@Suite struct MasterKeyTests {
    private let service = SymmetricKey(size: .bits256)
    private let key = SymmetricKey(size: .bits256)

    private func expect(_ code: StretchError.Code, _ body: () throws -> Void) {
        #expect { try body() } throws: { ($0 as? StretchError)?.code == code }
    }

    @Test func `passwords and the service key open it, and nothing else does`() throws {
        var master = MasterKey(key)
        #expect(try master.key(byService: service) == nil)
        try master.wrap(key, byPassword: "first")
        try master.wrap(key, byPassword: "sécond")
        try master.wrap(key, byService: service)
        #expect(try master.key(byService: service) == key)
        for password in ["first", "sécond"] {
            #expect(try master.key(byPassword: password) == key)
        }
        for password in ["", "First", "first ", "second"] {
            expect(.notPermitted) { _ = try master.key(byPassword: password) }
        }
        expect(.damaged) { _ = try master.key(byService: SymmetricKey(size: .bits256)) }
        expect(.invalidArgument) { try master.wrap(key, byPassword: "") }
    }

    @Test func `the last wrap cannot be taken away`() throws {
        var master = MasterKey(key)
        try master.wrap(key, byService: service)
        expect(.wrongState) { try master.removeServiceWrap() }
        try master.wrap(key, byPassword: "one")
        try master.removeServiceWrap()
        expect(.wrongState) { try master.removeWrap(ofPassword: "one") }
        expect(.notPermitted) { try master.removeWrap(ofPassword: "two") }
        try master.wrap(key, byService: service)
        try master.removeWrap(ofPassword: "one")
        expect(.notPermitted) { _ = try master.key(byPassword: "one") }
        #expect(try master.key(byService: service) == key)
    }

    @Test func `a changed wrap is damaged, and a wrong password is only wrong`() throws {
        var master = MasterKey(key)
        try master.wrap(key, byPassword: "one")
        let data = try JSONEncoder().encode(master)
        var object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        var wraps = try #require(object["passwordWraps"] as? [[String: Any]])
        let whole = try #require(wraps[0]["key"] as? String)
        var bytes = try #require(Data(base64Encoded: whole))
        bytes[20] ^= 1
        wraps[0]["key"] = bytes.base64EncodedString()
        object["passwordWraps"] = wraps
        let changed = try JSONDecoder().decode(
            MasterKey.self, from: JSONSerialization.data(withJSONObject: object))
        expect(.damaged) { _ = try changed.key(byPassword: "one") }
        expect(.notPermitted) { _ = try changed.key(byPassword: "two") }
        // Parameters that would take all memory are refused at once.
        var derivation = try #require(wraps[0]["derivation"] as? [String: Any])
        derivation["rounds"] = 1 << 40
        wraps[0]["derivation"] = derivation
        object["passwordWraps"] = wraps
        let greedy = try JSONDecoder().decode(
            MasterKey.self, from: JSONSerialization.data(withJSONObject: object))
        expect(.damaged) { _ = try greedy.key(byPassword: "one") }
    }
}
