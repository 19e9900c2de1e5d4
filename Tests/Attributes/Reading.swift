import Attributes

/// A block's lines as `key=value` and `key[]=value`.
func lines(_ bytes: [UInt8]) throws(AttributeFault) -> [String] {
  try reading(bytes) { block in
    var lines: [String] = []
    block.visit { key, isList, value in
      let name = String(decoding: key, as: UTF8.self) + (isList ? "[]" : "")
      lines.append("\(name)=\(String(decoding: value, as: UTF8.self))")
    }
    return lines
  }
}

func lines(_ text: String) throws(AttributeFault) -> [String] { try lines(Array(text.utf8)) }

/// Why `text` is no block; nil when it is one.
func fault(_ text: String) -> AttributeFault? { fault(Array(text.utf8)) }

func fault(_ bytes: [UInt8]) -> AttributeFault? {
  do throws(AttributeFault) {
    _ = try lines(bytes)
    return nil
  } catch { return error }
}

/// Shows the block in `bytes` to `body`.
func reading<R>(
  _ bytes: [UInt8], _ body: (AttributeBlock) -> R
) throws(AttributeFault) -> R {
  let result: Result<R, AttributeFault> = bytes.withUnsafeBytes { bytes in
    do throws(AttributeFault) { return .success(body(try AttributeBlock(bytes))) } catch {
      return .failure(error)
    }
  }
  return try result.get()
}

func reading<R>(_ text: String, _ body: (AttributeBlock) -> R) throws(AttributeFault) -> R {
  try reading(Array(text.utf8), body)
}

/// `count` lines with different keys.
func manyLines(_ count: Int) -> String { (0..<count).map { "k\($0)=v\n" }.joined() }
