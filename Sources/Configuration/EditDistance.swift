/// The word that takes the fewest changes to get from `word`; nil when there are no words.
package func nearestWord(to word: String, in words: [String]) -> String? {
  words.min { editDistance(word, $0) < editDistance(word, $1) }
}

/// How many letters to insert, delete, replace, or swap with their neighbour lead from one word to
/// the other (optimal string alignment).
package func editDistance(_ a: String, _ b: String) -> Int {
  // Bytes that are compared; what is longer is no misspelling.
  let longest = 64
  let a = Array(a.utf8.prefix(longest))
  let b = Array(b.utf8.prefix(longest))
  var before: [Int] = []
  var above = Array(0...b.count)
  for i in a.indices {
    var row = [i + 1]
    for j in b.indices {
      var best = min(row[j] + 1, above[j + 1] + 1, above[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, before[j - 1] + 1) }
      row.append(best)
    }
    before = above
    above = row
  }
  return above[b.count]
}
